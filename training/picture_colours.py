"""The colours of pictures: from what files hold to eight bits of grey, sRGB or both with transparency."""

import functools
import io

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms

_ADOBE_RGB = b"Adobe RGB (1998)"  # stands for its profile, which pictures that only name it do not bring
_UNCALIBRATED = 65535


def eight_bit(image: Image.Image, factor: int, file_format: str | None) -> Image.Image:
    """A picture in mode L, RGB, RGBA, CMYK or LAB, ``factor`` times smaller.

    It is made smaller, by the mean of ``factor`` × ``factor`` pixels, before its colours are converted where
    its mode allows that.

    Args:
        file_format: as Pillow names it, of the file.
    """
    if image.mode.startswith("I;16"):
        return _by_table(image, file_format).reduce(factor)
    if image.mode in ("I", "F"):
        return _scaled(image.reduce(factor), file_format)
    if image.mode in ("1", "P", "PA") or "transparency" in image.info:
        image = image.convert("RGBA" if image.has_transparency_data else "L" if image.mode == "1" else "RGB")
    image = image.reduce(factor) if factor > 1 else image
    if image.has_transparency_data and image.mode != "RGBA":
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "RGBA", "CMYK", "LAB") else image.convert("RGB")


def _by_table(image: Image.Image, file_format: str | None) -> Image.Image:
    values = np.asarray(image)
    table = _eight_bits_of(np.arange(65536, dtype=np.float32), *_range_of(values, image.mode, file_format))
    return Image.fromarray(table[values])


def _scaled(image: Image.Image, file_format: str | None) -> Image.Image:
    values = np.asarray(image, dtype=np.float32)
    return Image.fromarray(_eight_bits_of(values, *_range_of(values, image.mode, file_format)))


def _range_of(values: NDArray[np.generic], mode: str, file_format: str | None) -> tuple[float, float]:
    """Which values are black and white. In PNG and PPM that is the whole range by definition; an instrument's
    TIFF uses an unknown part of its range, often 10 or 12 bits, and is stretched to what it holds.
    """
    if mode != "F" and file_format in ("PNG", "PPM"):
        return 0.0, 65535.0
    step = max(values.shape[0] // 512, 1)
    sample = np.asarray(values[::step, ::step], np.float32)
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return 0.0, 65535.0
    if mode == "F" and sample.min() >= 0 and sample.max() <= 1:
        return 0.0, 1.0
    low, high = np.percentile(sample, (0.1, 99.9))
    return float(low), float(high)


def _eight_bits_of(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.uint8]:
    with np.errstate(all="ignore"):
        scaled = (values - low) * (255.0 / max(high - low, 1e-12))
    whole: NDArray[np.float32] = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0).clip(0, 255).round()
    return whole.astype(np.uint8)


def profile_of(image: Image.Image) -> bytes:
    """The colour profile of a picture; b"" where it is sRGB as far as one knows.

    Cameras set to Adobe RGB may say so in EXIF alone, by an uncalibrated colour space and the
    interoperability index R03 (DCF 2.0).
    """
    profile = image.info.get("icc_profile")
    if isinstance(profile, bytes) and profile:
        return profile
    if image.mode != "RGB" or "exif" not in image.info:
        return b""
    try:
        exif = image.getexif()
        colour_space = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.ColorSpace)
        if colour_space == _UNCALIBRATED and exif.get_ifd(ExifTags.IFD.Interop).get(1) == "R03":
            return _ADOBE_RGB
    except Exception:  # broken EXIF data is no reason to skip a picture
        return b""
    return b""


def in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """A picture of mode L, RGB, RGBA, CMYK or LAB as L, RGB or RGBA with the colours of sRGB."""
    if profile == _ADOBE_RGB:
        return _from_adobe_rgb(image)
    if not profile and image.mode != "LAB":
        return image.convert("RGB") if image.mode == "CMYK" else image
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    transform = _transform_to_srgb(profile, colours.mode)
    if transform is None:
        return image.convert("RGB") if image.mode == "CMYK" else image
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
        if mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        else:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip().upper() != {"L": "GRAY"}.get(mode, mode):
            return None
        return ImageCms.ImageCmsTransform(source, _srgb(), mode, "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None


# Linear Adobe RGB (1998) to linear sRGB, both under D65: the product of the matrices that the two standards
# (Adobe RGB (1998) Color Image Encoding, 2005; IEC 61966-2-1) give to and from XYZ.
_TO_LINEAR_SRGB = np.array(((1.39836, -0.39836, 0.0), (0.0, 1.0, 0.0), (0.0, -0.04293, 1.04293)), np.float32)
_ADOBE_GAMMA = 563 / 256


def _from_adobe_rgb(image: Image.Image) -> Image.Image:
    linear = (np.asarray(image, np.float32) / 255) ** _ADOBE_GAMMA @ _TO_LINEAR_SRGB.T
    linear = linear.clip(0, 1)
    encoded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return Image.fromarray((255 * encoded).round().astype(np.uint8))
