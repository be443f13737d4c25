"""Which picture files can be opened, and what is wrong with those that cannot.

A file's content decides on its format; its name does so only where contents are alike.
"""

import re
from typing import BinaryIO

import pi_heif
from PIL import AvifImagePlugin, ExifTags, Image, PngImagePlugin, features

from training.raw_photos import SUFFIXES as RAW_SUFFIXES
from training.raw_photos import is_raw_photo, open_preview
from training.skipping import (
    DAMAGED,
    EMPTY,
    NEEDS_MEMORY,
    NOT_A_PICTURE,
    TOO_LARGE,
    TOO_SMALL,
    UNSUPPORTED,
    SkippedPicture,
)

MAX_PIXELS = 200_000_000
MIN_SIDE = 8
HEAD_BYTES = 32

# Pillow raises its DecompressionBombError above twice this figure, in nested pictures (icons) as well.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
# Has Pillow say what it disliked about a file it could not identify.
Image.WARN_POSSIBLE_FORMATS = True
# Image generators store their whole recipe in a PNG's text; Pillow's limit of 1 MB refuses such pictures.
PngImagePlugin.MAX_TEXT_CHUNK = 16 * 1024 * 1024
# There are as many decoding processes as processors: threads would only be in each other's way.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
pi_heif.register_heif_opener(decode_threads=1, thumbnails=False)

_FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM", "ICO"),
    *(name for name, feature in (("WEBP", "webp"), ("AVIF", "avif")) if features.check(feature)),
    "HEIF",
)
# How files begin (from which byte on), and what they are then; the lower part Pillow is not asked to read.
_SIGNATURES = (
    *((0, b"\xff\xd8\xff", "JPEG"), (0, b"\x89PNG", "PNG"), (0, b"GIF8", "GIF"), (0, b"BM", "BMP")),
    *((0, b"II*\0", "TIFF"), (0, b"MM\0*", "TIFF"), (0, b"II+\0", "TIFF"), (0, b"MM\0+", "TIFF")),
    *((0, b"\0\0\1\0", "ICO"), (8, b"WEBP", "WEBP"), (4, b"ftypavi", "AVIF")),
    *((4, b"ftyphe", "HEIF"), (4, b"ftypmif1", "HEIF"), (4, b"ftypmsf1", "HEIF")),
    *((4, b"jP  ", "JPEG 2000"), (0, b"\xffO\xffQ", "JPEG 2000"), (4, b"JXL ", "JPEG XL")),
    *((0, b"\xff\n", "JPEG XL"), (0, b"qoif", "QOI"), (0, b"<svg", "SVG"), (0, b"DDS ", "DDS")),
    *((0, b"8BPS", "Photoshop"), (0, b"gimp xcf", "GIMP"), (0, b"%!PS", "EPS"), (0, b"icns", "ICNS")),
    *((0, b"SIMPLE  =", "FITS"), (0, b"v/1\1", "OpenEXR"), (0, b"#?RADIANCE", "HDR")),
)
_UNSIGNED_SUFFIXES = RAW_SUFFIXES.union(
    (".tga", ".pcx", ".sgi", ".rgb", ".svg", ".svgz", ".eps", ".wmf", ".emf", ".xpm", ".xbm", ".cur", ".dcx"),
    (".dib", ".fli", ".flc", ".ras", ".bw", ".blp", ".pcd", ".msp"),
)


def open_picture(source: BinaryIO, head: bytes, suffix: str) -> Image.Image:
    """Open a picture without decoding its pixels. Of a raw photo, its preview.

    Args:
        source: seekable, at its beginning.
        head: its first ``HEAD_BYTES`` bytes, or fewer where it has no more.
        suffix: of the file's name, in lower case.

    Raises:
        SkippedPicture: when it is empty, too large or too small, or a raw photo that cannot be read.
        UnidentifiedImageError: when it is none of the formats; see :func:`why_unidentified`.
        Exception: any other, when it is broken; see :func:`why_undecodable`.
    """
    if not head:
        raise SkippedPicture(EMPTY)
    image = open_preview(source) if is_raw_photo(head, suffix) else Image.open(source, formats=_FORMATS)
    if image.width * image.height > MAX_PIXELS:
        raise SkippedPicture(TOO_LARGE)
    if image.info.get("compression") == "webp":  # in a TIFF, for which Pillow's libtiff lacks it
        raise SkippedPicture(UNSUPPORTED)
    if min(image.size) < MIN_SIDE:
        raise SkippedPicture(TOO_SMALL)
    return image


def why_unidentified(head: bytes, suffix: str, complaints: str) -> str:
    """Why a file could not be opened, as one of the reasons of :mod:`training.skipping`."""
    for offset, signature, name in _SIGNATURES:
        if head[offset:].startswith(signature):
            return why_undecodable(complaints) if name in _FORMATS else UNSUPPORTED
    return UNSUPPORTED if suffix in _UNSIGNED_SUFFIXES else NOT_A_PICTURE


def why_undecodable(complaint: str) -> str:
    """Why a file that could be opened could not be decoded, likewise."""
    if "Decompressed data too large" in complaint:  # a PNG's text or colour profile, not its pixels
        return NEEDS_MEMORY
    if re.search(r"TIFF opening failed\. \d+(;|$)", complaint):  # a compression that Pillow's table lacks
        return UNSUPPORTED
    words = ("nsupported", "unknown", "not available", "not yet supported")
    return UNSUPPORTED if any(word in complaint for word in words) else DAMAGED


def orientation_of(image: Image.Image) -> int:
    """How a picture lies, as EXIF numbers it, 1 to 8. To be asked after loading: Pillow turns TIFF itself.

    In HEIF and AVIF the container alone tells it, as their standard (ISO/IEC 23008-12) says; what EXIF and
    XMP tell there may be stale. libheif turns pictures itself; Pillow writes AVIF's orientation into EXIF.
    """
    if image.format == "HEIF":
        return 1
    try:
        if image.format == "AVIF":
            exif = Image.Exif()
            exif.load(image.info.get("exif") or b"")
        else:
            exif = image.getexif()
        value = exif.get(ExifTags.Base.Orientation)
    except Exception:  # broken EXIF data is no reason to skip a picture
        return 1
    return value if isinstance(value, int) else 1
