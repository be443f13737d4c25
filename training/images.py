"""Decoding a picture, or saying why it was skipped.

Pillow and NumPy only: the worker processes of :mod:`training.decode_pool` import this file when they start.
"""

import functools
import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, PngImagePlugin, UnidentifiedImageError, features

from training.errors import VaeError
from training.language import mark, tr

MAX_PIXELS = 200_000_000
MIN_SIDE = 8

# Why a picture was skipped. People act on these and the window counts them, so they are few.
EMPTY = mark("empty file")
NOT_A_PICTURE = mark("not a picture")
UNSUPPORTED = mark("unsupported format")
DAMAGED = mark("damaged or cut short")
TOO_LARGE = mark("too large (over 200 megapixels)")
TOO_SMALL = mark("too small (under 8 pixels)")
NO_PERMISSION = mark("no permission to read")
UNREADABLE = mark("could not be read from the disk")

# Pillow raises its DecompressionBombError above twice this figure, in nested pictures (icons) as well.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2
# Has Pillow say what it disliked about a file it could not identify; _quietly collects it.
Image.WARN_POSSIBLE_FORMATS = True
# Image generators store their whole recipe in a PNG's text; Pillow's limit of 1 MB refuses such pictures.
PngImagePlugin.MAX_TEXT_CHUNK = 16 * 1024 * 1024

_FORMATS = (
    *("JPEG", "PNG", "GIF", "BMP", "TIFF", "PPM", "ICO"),
    *(name for name, feature in (("WEBP", "webp"), ("AVIF", "avif")) if features.check(feature)),
)
# How files begin (from which byte on), and what they are then; the lower part Pillow is not asked to read.
_SIGNATURES = (
    *((0, b"\xff\xd8\xff", "JPEG"), (0, b"\x89PNG", "PNG"), (0, b"GIF8", "GIF"), (0, b"BM", "BMP")),
    *((0, b"II*\0", "TIFF"), (0, b"MM\0*", "TIFF"), (0, b"II+\0", "TIFF"), (0, b"MM\0+", "TIFF")),
    *((0, b"\0\0\1\0", "ICO"), (8, b"WEBP", "WEBP"), (4, b"ftypavi", "AVIF")),
    *((4, b"ftyphe", "HEIC"), (4, b"ftypmif1", "HEIC"), (4, b"ftypmsf1", "HEIC"), (4, b"ftypcrx", "CR3")),
    *((4, b"jP  ", "JPEG 2000"), (0, b"\xffO\xffQ", "JPEG 2000"), (4, b"JXL ", "JPEG XL")),
    *((0, b"\xff\n", "JPEG XL"), (0, b"qoif", "QOI"), (0, b"<svg", "SVG"), (0, b"DDS ", "DDS")),
    *((0, b"8BPS", "Photoshop"), (0, b"gimp xcf", "GIMP"), (0, b"%!PS", "EPS"), (0, b"icns", "ICNS")),
    *((0, b"SIMPLE  =", "FITS"), (0, b"v/1\1", "OpenEXR"), (0, b"#?RADIANCE", "HDR")),
)
_UNSIGNED_SUFFIXES = (
    *(".tga", ".pcx", ".sgi", ".rgb", ".svg", ".svgz", ".eps", ".wmf", ".emf", ".xpm", ".xbm"),
    *(".raf", ".orf", ".rw2"),
)
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_warnings_lock = threading.Lock()


@dataclass(frozen=True)
class ImageFormat:
    """What every picture of a project is turned into.

    Attributes:
        size: S, the side in pixels; a multiple of 16 from 32 to 128.
        channels: C; 1 for grey, 3 for colour.

    Raises:
        VaeError: for any other values.
    """

    size: int
    channels: int

    def __post_init__(self) -> None:
        if type(self.size) is not int or not 32 <= self.size <= 128 or self.size % 16:
            raise VaeError(
                tr("Pictures cannot be {size!r} pixels wide.", size=self.size),
                advice=tr("Choose a multiple of 16 from 32 to 128."),
            )
        if type(self.channels) is not int or self.channels not in (1, 3):
            raise VaeError(
                tr("Pictures cannot have {channels!r} channels.", channels=self.channels),
                advice=tr("Choose 1 (grey) or 3 (colour)."),
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """(S, S, C)."""
        return self.size, self.size, self.channels

    def __str__(self) -> str:
        words = (
            mark("{size}×{size} pixels in grey")
            if self.channels == 1
            else mark("{size}×{size} pixels in colour")
        )
        return tr(words, size=self.size)

    def to_json(self) -> dict[str, int]:
        """The two fields by name."""
        return {"size": self.size, "channels": self.channels}

    @classmethod
    def from_json(cls, value: object) -> "ImageFormat":
        """The opposite of :meth:`to_json`; a VaeError for anything that :meth:`to_json` would not write."""
        if not isinstance(value, dict) or set(value) != {"size", "channels"}:
            raise VaeError(tr("The description of the picture format is damaged."))
        return cls(value["size"], value["channels"])


class SkippedPicture(Exception):  # noqa: N818 - it says what became of the picture, not what broke
    """A picture that cannot be used.

    Args:
        reason: one of the few categories above, in plain words.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def read_picture(path: Path, image_format: ImageFormat) -> NDArray[np.uint8]:
    """Read and decode one picture.

    Returns:
        uint8 [S, S, C].

    Raises:
        SkippedPicture: whatever is wrong with the file.
    """
    try:
        with path.open("rb") as source:
            return decode_picture(source, image_format, path.suffix)[0]
    except (OSError, ValueError) as error:
        raise skipped_by(error) from error


def skipped_by(error: OSError | ValueError) -> SkippedPicture:
    """Why a file that could not be opened or read is skipped."""
    return SkippedPicture(NO_PERMISSION if isinstance(error, PermissionError) else UNREADABLE)


def decode_picture(
    source: BinaryIO, image_format: ImageFormat, suffix: str = ""
) -> tuple[NDArray[np.uint8], int]:
    """Decode one picture: turned upright, in sRGB, over white, its centre square at the wanted size.

    Of an animation, the first frame. The content decides on the file's format; its name does not.

    Args:
        source: seekable, at its beginning.
        suffix: of the file's name, only to tell an unsupported format from what is no picture.

    Returns:
        uint8 [S, S, C], and the length in pixels of the shorter side of the picture in the file.

    Raises:
        SkippedPicture: whatever is wrong with the file.
    """
    with _quietly() as complaints:
        head = b""
        try:
            head = source.read(32)
            source.seek(0)
            if not head:
                raise SkippedPicture(EMPTY)
            with Image.open(source, formats=_FORMATS) as image:
                short_side = _checked_short_side(image.size)
                return _render(image, image_format), short_side
        except SkippedPicture:
            raise
        except UnidentifiedImageError as error:
            text = "; ".join(str(complaint.message) for complaint in complaints)
            raise SkippedPicture(_why_unidentified(head, suffix.lower(), text)) from error
        except (Image.DecompressionBombError, MemoryError) as error:
            raise SkippedPicture(TOO_LARGE) from error
        except Exception as error:  # a broken file can raise anything: struct.error, KeyError, RecursionError
            raise SkippedPicture(_why_undecodable(str(error))) from error


@contextmanager
def _quietly() -> Iterator[list[warnings.WarningMessage]]:
    """Collect Pillow's warnings; one thread at a time, because Python's warning filters are global."""
    with _warnings_lock, warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        yield complaints


def _why_unidentified(head: bytes, suffix: str, text: str) -> str:
    for offset, signature, name in _SIGNATURES:
        if head[offset:].startswith(signature):
            return _why_undecodable(text) if name in _FORMATS else UNSUPPORTED
    return UNSUPPORTED if suffix in _UNSIGNED_SUFFIXES else NOT_A_PICTURE


def _why_undecodable(text: str) -> str:
    words = ("nsupported", "unknown", "not available", "not yet supported")
    return UNSUPPORTED if any(word in text for word in words) else DAMAGED


def _checked_short_side(size: tuple[int, int]) -> int:
    if size[0] * size[1] > MAX_PIXELS:
        raise SkippedPicture(TOO_LARGE)
    if min(size) < MIN_SIDE:
        raise SkippedPicture(TOO_SMALL)
    return min(size)


def _render(image: Image.Image, image_format: ImageFormat) -> NDArray[np.uint8]:
    """Everything after the crop but the modes' conversion happens at the small size, where it is cheap."""
    image.draft(None, (2 * image_format.size, 2 * image_format.size))  # JPEG alone: decodes at 1/2, 1/4, 1/8
    image.load()
    orientation = _orientation(image)
    profile = image.info.get("icc_profile")
    square = _resized(_eight_bit(_centre_square(image), image.format), image_format.size)
    if orientation in _TURNS:
        square = square.transpose(_TURNS[orientation])
    if isinstance(profile, bytes) and profile:
        square = _in_srgb(square, profile)
    if square.mode == "RGBA":
        square = Image.alpha_composite(Image.new("RGBA", square.size, "white"), square)
    if square.mode == "CMYK":
        square = square.convert("RGB")
    square = square.convert("L" if image_format.channels == 1 else "RGB")
    return _padded(np.asarray(square).reshape(*square.size, image_format.channels), image_format.size)


def _orientation(image: Image.Image) -> int:
    """The EXIF orientation, after loading: by then Pillow has turned TIFF itself and told AVIF's apart."""
    try:
        value = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # broken EXIF data is no reason to skip a picture
        return 1
    return value if isinstance(value, int) else 1


def _centre_square(image: Image.Image) -> Image.Image:
    width, height = image.size
    side = min(width, height)
    left, top = (width - side) // 2, (height - side) // 2
    return image.crop((left, top, left + side, top + side))


def _eight_bit(image: Image.Image, file_format: str | None) -> Image.Image:
    """The picture in mode L, RGB, RGBA or CMYK."""
    if image.mode[0] in "IF":
        return _scaled_to_eight_bit(image, file_format)
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _scaled_to_eight_bit(image: Image.Image, file_format: str | None) -> Image.Image:
    """16 and 32 bits of grey. In PNG and PPM they go from black to white by definition; an instrument's
    TIFF uses an unknown part of its range, often 10 or 12 bits, and is stretched to what it holds.
    """
    values = np.asarray(image, dtype=np.float32)
    low, high = 0.0, 65535.0
    if image.mode == "F" or file_format not in ("PNG", "PPM"):
        step = max(values.shape[0] // 512, 1)
        sample = values[::step, ::step]
        sample = sample[np.isfinite(sample)]
        if image.mode == "F" and sample.size and sample.min() >= 0 and sample.max() <= 1:
            low, high = 0.0, 1.0
        elif sample.size:
            low, high = (float(value) for value in np.percentile(sample, (0.1, 99.9)))
    with np.errstate(all="ignore"):
        scaled = (values - low) * (255.0 / max(high - low, 1e-12))
    whole = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0).clip(0, 255).round()
    return Image.fromarray(whole.astype(np.uint8))


def _resized(square: Image.Image, size: int) -> Image.Image:
    """At ``size`` pixels, except a picture only somewhat smaller: padding keeps it sharper than enlarging."""
    side = square.size[0]
    if side > size:
        return square.resize((size, size), Image.Resampling.LANCZOS, reducing_gap=3.0)
    if side >= 0.75 * size:
        return square
    return square.resize((size, size), Image.Resampling.BICUBIC)


def _padded(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    side = pixels.shape[0]
    if side == size:
        return np.array(pixels)
    border = np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
    canvas = np.empty((size, size, pixels.shape[2]), np.uint8)
    canvas[:] = np.median(border, axis=0).astype(np.uint8)
    start = (size - side) // 2
    canvas[start : start + side, start : start + side] = pixels
    return canvas


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    transform = _transform_to_srgb(profile, colours.mode)
    if transform is None:
        return image
    result = transform.apply(colours)
    if image.mode == "RGBA":
        result.putalpha(image.getchannel("A"))
    return result


@functools.cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))


@functools.lru_cache(maxsize=16)
def _transform_to_srgb(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """None where the profile is broken or belongs to other channels than the picture has."""
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != {"L": "GRAY"}.get(mode, mode):
            return None
        return ImageCms.ImageCmsTransform(source, _srgb(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
