"""Writes HEIC and AVIF files for the tests: own containers around pictures encoded elsewhere."""

import base64
import struct

from PIL import Image

_ROTATION, _MIRROR = b"irot", b"imir"
# What turns a picture upright as EXIF's orientations do: quarters anticlockwise, then the axis of the mirror
# (0: top becomes bottom, 1: left becomes right).
_TRANSFORMS: dict[int, tuple[tuple[bytes, int], ...]] = {
    1: (),
    2: ((_MIRROR, 1),),
    3: ((_ROTATION, 2),),
    4: ((_MIRROR, 0),),
    5: ((_ROTATION, 1), (_MIRROR, 0)),
    6: ((_ROTATION, 3),),
    7: ((_ROTATION, 3), (_MIRROR, 0)),
    8: ((_ROTATION, 1),),
}

# pictures.four_corners(64, 48) in HEVC: the decoder's configuration, and the one picture.
SIZE = (64, 48)
_HEVC_CONFIGURATION = base64.b64decode(
    b"AQQIAAAAn6gAAAAAHvAA/P34+AAADwOgAAEAF0ABDAH//wQIAAADAJ+oAAADAAAeugJAoQABAClCAQEECAAAAwCfqAAAAwAA"
    b"HqAggxZbq5Mrm4EBAoIAAAMAAgAAAwAyEKIAAQAGRAHBc8CJ"
)
_HEVC_PICTURE = base64.b64decode(
    b"AAAA+igBrwV45cor7T+MfZ3mPbPTL74P8CJuxlJmQqdJ5/gS8uRFrb+sgNSDq8CxVQvWIu9wrlVJugAbZZ8380lnki/IP4es"
    b"7PUgC9yyjFjDfP/xN///s1v//nmCXrpDy8Lbed2cLn+SqtHJfxjGX3ifw918OTAs/5F7lZzofmJm+i4kn5+CZC7TL2YMN+ML"
    b"5AAVR/n8YRn+W2/ETjm/lae5KgOphct3WupIU6lGwnLqFB58WeH4aPWv5kE9lhhZ9rDlHIBOBj7cERPCQUlI+TkgMbjQGbvz"
    b"dxkhuxCL9CbqkwlBplpU/vQDRVVY2S2qLRaa8VlPhL2lm1OG4Zw="
)


def heic(orientation: int, exif_orientation: int | None = None) -> bytes:
    """The four corners as an HEIC file, to be turned as the container says; EXIF may say otherwise."""
    configuration = _box(b"hvcC", _HEVC_CONFIGURATION)
    return _still(b"hvc1", configuration, _HEVC_PICTURE, SIZE, orientation, exif_orientation)


def avif(
    written: bytes, size: tuple[int, int], orientation: int, exif_orientation: int | None = None
) -> bytes:
    """An AVIF file that Pillow wrote, of one picture without profile or EXIF, in a container of our own."""
    at = written.index(b"av1C") - 4
    (length,) = struct.unpack_from(">I", written, at)
    picture = written[written.index(b"mdat") + 4 :]
    configuration = written[at : at + length]
    return _still(b"av01", configuration, picture, size, orientation, exif_orientation)


def _still(  # noqa: PLR0917 - one after the other is how they are made
    codec: bytes,
    configuration: bytes,
    picture: bytes,
    size: tuple[int, int],
    orientation: int,
    exif_orientation: int | None,
) -> bytes:
    """A still picture in the form of ISO/IEC 23008-12: a list of items and of their properties, then data."""
    exif = b"" if exif_orientation is None else _exif_item(exif_orientation)
    properties = [configuration, _full_box(b"ispe", struct.pack(">II", *size))]
    properties += [_box(kind, bytes([value])) for kind, value in _TRANSFORMS[orientation]]
    numbers = bytes(number | 0x80 for number in range(1, len(properties) + 1))  # all of them essential
    association = struct.pack(">IHB", 1, 1, len(numbers)) + numbers
    entries = [_item(1, codec), *([_item(2, b"Exif")] if exif else [])]
    reference = _full_box(b"iref", _box(b"cdsc", struct.pack(">HHH", 2, 1, 1))) if exif else b""

    def meta(begin: int) -> bytes:
        places = [(1, begin, len(picture)), *([(2, begin + len(picture), len(exif))] if exif else [])]
        located = b"".join(struct.pack(">HHHII", number, 0, 1, *place) for number, *place in places)
        return _full_box(
            b"meta",
            _full_box(b"hdlr", struct.pack(">I4s12xx", 0, b"pict")),
            _full_box(b"pitm", struct.pack(">H", 1)),
            _full_box(b"iloc", struct.pack(">HH", 0x4400, len(places)), located),
            _full_box(b"iinf", struct.pack(">H", len(entries)), *entries),
            reference,
            _box(b"iprp", _box(b"ipco", *properties), _full_box(b"ipma", association)),
        )

    brand = {b"hvc1": b"heic", b"av01": b"avif"}[codec]
    head = _box(b"ftyp", brand, bytes(4), b"mif1", brand)
    begin = len(head) + len(meta(0)) + 8
    return head + meta(begin) + _box(b"mdat", picture, exif)


def _box(kind: bytes, *content: bytes) -> bytes:
    whole = b"".join(content)
    return struct.pack(">I", 8 + len(whole)) + kind + whole


def _full_box(kind: bytes, *content: bytes, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24), *content)


def _item(number: int, kind: bytes) -> bytes:
    return _full_box(b"infe", struct.pack(">HH", number, 0), kind, b"\0", version=2)


def _exif_item(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return struct.pack(">I", 6) + exif.tobytes()  # where the TIFF header is: after "Exif\0\0"
