"""Writes a raw photo for the tests: a grey sensor and a JPEG preview in the form of Adobe's DNG 1.4."""

import struct

_SENSOR = 64  # cells a side
_KINDS = {1: "B", 3: "H", 4: "I", 10: "i"}
_Entries = list[tuple[int, int, tuple[int, ...] | bytes]]


def dng(preview: bytes, size: tuple[int, int], orientation: int) -> bytes:
    """A raw photo that lies as EXIF's ``orientation`` says; so does its preview, which does not say it."""
    photo = 8 + len(_directory(_of_preview(preview, size, orientation, 0, 0), 8))
    pixels = photo + len(_directory(_of_sensor(0), photo))
    at = pixels + 2 * _SENSOR**2
    return b"".join(
        (
            b"II*\0" + struct.pack("<I", 8),
            _directory(_of_preview(preview, size, orientation, photo, at), 8),
            _directory(_of_sensor(pixels), photo),
            struct.pack("<H", 20_000) * _SENSOR**2,
            preview,
        )
    )


def _of_preview(preview: bytes, size: tuple[int, int], orientation: int, photo: int, at: int) -> _Entries:
    width, height = size
    unit = (1, 1, 0, 1, 0, 1)
    return [
        *((254, 4, (1,)), (256, 4, (width,)), (257, 4, (height,)), (258, 3, (8, 8, 8)), (259, 3, (7,))),
        *((262, 3, (6,)), (271, 2, b"Acme\0"), (272, 2, b"One\0"), (273, 4, (at,)), (274, 3, (orientation,))),
        *((277, 3, (3,)), (278, 4, (height,)), (279, 4, (len(preview),)), (330, 4, (photo,))),
        *((50706, 1, (1, 4, 0, 0)), (50708, 2, b"Acme One\0"), (50778, 3, (21,))),
        (50721, 10, (*unit, 0, 1, *unit, 0, 1, *unit[:2])),  # XYZ to the camera's colours: as they are
    ]


def _of_sensor(at: int) -> _Entries:
    side = (_SENSOR,)
    return [
        *(
            (254, 4, (0,)),
            (256, 4, side),
            (257, 4, side),
            (258, 3, (16,)),
            (259, 3, (1,)),
            (262, 3, (32803,)),
        ),
        *((273, 4, (at,)), (277, 3, (1,)), (278, 4, side), (279, 4, (2 * _SENSOR**2,))),
        *((33421, 3, (2, 2)), (33422, 1, (0, 1, 1, 2)), (50714, 3, (0,)), (50717, 3, (65535,))),
    ]


def _directory(entries: _Entries, begin: int) -> bytes:
    """A directory of a TIFF file that begins at a byte, with the longer values after it."""
    listed, longer = b"", b""
    behind = begin + 2 + 12 * len(entries) + 4
    for tag, kind, values in sorted(entries):
        packed = (
            values if isinstance(values, bytes) else struct.pack(f"<{len(values)}{_KINDS[kind]}", *values)
        )
        entry = struct.pack("<HHI", tag, kind, len(values))
        if len(packed) <= 4:
            listed += entry + packed.ljust(4, b"\0")
        else:
            listed += entry + struct.pack("<I", behind + len(longer))
            longer += packed + b"\0" * (len(packed) % 2)
    return struct.pack("<H", len(entries)) + listed + bytes(4) + longer
