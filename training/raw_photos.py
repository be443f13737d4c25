"""Raw photos of cameras, through the preview inside them; only with the extra ``raw`` (rawpy, LibRaw)."""

import importlib.util
import io
from typing import BinaryIO

from PIL import ExifTags, Image

from training.skipping import RAW_PHOTO, UNSUPPORTED, SkippedPicture

SUFFIXES = frozenset(
    (
        *(".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".iiq", ".kdc", ".mef", ".mos"),
        *(".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf", ".raw", ".rw2", ".rwl", ".sr2", ".srf", ".srw"),
        ".x3f",
    )
)
_SIGNATURES = (
    *((8, b"CR\2"), (4, b"ftypcrx"), (0, b"FUJIFILMCCD-RAW"), (0, b"IIRO"), (0, b"IIRS"), (0, b"MMOR")),
    *((0, b"IIU\0"), (0, b"FOVb"), (0, b"\0MRM"), (6, b"HEAPCCDR")),
)
_LIKE_TIFF = (b"II*\0", b"MM\0*")  # most of them are: a TIFF reader would take a tiny preview for the picture
_ORIENTATION_BY_FLIP = {3: 3, 5: 8, 6: 6}  # LibRaw's to EXIF's


def is_raw_photo(head: bytes, suffix: str) -> bool:
    """Whether a file is a raw photo.

    Args:
        head: how it begins, 16 bytes or more.
        suffix: of its name, in lower case, for those that begin like any TIFF.
    """
    return any(head[offset:].startswith(signature) for offset, signature in _SIGNATURES) or (
        suffix in SUFFIXES and head.startswith(_LIKE_TIFF)
    )


def open_preview(source: BinaryIO) -> Image.Image:
    """The preview inside a raw photo, not decoded yet where it is a JPEG; it tells its orientation in EXIF.

    Raises:
        SkippedPicture: when rawpy is not installed, or there is no preview that can be read.
    """
    if importlib.util.find_spec("rawpy") is None:
        raise SkippedPicture(RAW_PHOTO)
    import rawpy

    try:
        with rawpy.imread(source) as photo:
            thumb, flip = photo.extract_thumb(), photo.sizes.flip
    except rawpy.LibRawError as error:
        raise SkippedPicture(UNSUPPORTED) from error
    if thumb.format != rawpy.ThumbFormat.JPEG:
        preview = Image.fromarray(thumb.data)
    else:
        preview = Image.open(io.BytesIO(thumb.data), formats=("JPEG",))
    exif = preview.getexif()
    # As LibRaw does when it writes a preview to a file: where that says nothing, the photo's own counts.
    if ExifTags.Base.Orientation not in exif:
        exif[ExifTags.Base.Orientation] = _ORIENTATION_BY_FLIP.get(flip, 1)
    return preview
