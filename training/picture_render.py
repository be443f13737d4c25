"""From an opened picture to pixels of a project's format, and to what is told of it besides.

Pictures are first brought to a working size, the same for all formats, at which everything else is cheap.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.image_format import ImageFormat
from training.picture_colours import eight_bit, in_srgb, profile_of
from training.picture_files import orientation_of
from training.setting_help import LARGEST_SIZE, Background, Framing

_WORKING_SIDE = 2 * LARGEST_SIZE  # of the shorter side; never reduced to less
_HASHED = (9, 8)  # cells
_FACTS_SIDE = 72
_BLANK_SPAN = 24
# From the third darkest to the third lightest cell of the hash. The quantiles leave out at most five pixels
# at either end, of blank pictures in which a cell has 19 or more: they lift three cells by 22 at most.
_PLAINLY_NOT_BLANK = 72
_OPAQUE = 128
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A decoded picture, and what its file shows of it at any size.

    Attributes:
        pixels: uint8 [S, S, C].
        width: of the upright picture in the file, pixels; of a raw photo, of its preview.
        height: likewise.
        likeness: a hash of 64 bits, 0 ≤ likeness < 2⁶⁴, the whole picture's and the same at all sizes and
            framings: the fewer bits differ, the more alike pictures look. It is dHash (N. Krawetz, "Kind of
            Like That", hackerfactor.com 2013): of 8 rows of 9 grey cells each, whether a cell is darker than
            its right neighbour, by rows, the first bit the highest.
        is_blank: whether hardly anything is on it: in 72 × 72 cells, from the 0.1 % to the 99.9 % quantile,
            no channel spans more than 24 of 255.
        edge_lightness: 0 to 255, the mean luma of what is opaque beside what is transparent; None where
            nothing is transparent.
    """

    pixels: NDArray[np.uint8]
    width: int
    height: int
    likeness: int
    is_blank: bool
    edge_lightness: float | None


def render(image: Image.Image, image_format: ImageFormat) -> Picture:
    """Turn a picture upright, into sRGB and into the wanted format, over the wanted background.

    Raises:
        Exception: of any kind, when the file is broken.
    """
    width, height = image.size
    small, profile, orientation = _upright(image)
    if orientation >= 5:
        width, height = height, width
    framed = in_srgb(_framed(small, image_format.framing, image_format.size), profile)

    def cells(columns: int, rows: int) -> Image.Image:
        means = in_srgb(small.resize((columns, rows), Image.Resampling.BOX), profile)
        return _opaque(means, image_format.background)

    grey = np.frombuffer(cells(*_HASHED).convert("L").tobytes(), np.uint8)
    in_order = sorted(grey.tolist())
    is_plain = in_order[-3] - in_order[2] <= _PLAINLY_NOT_BLANK
    return Picture(
        pixels=_square(framed, image_format),
        width=width,
        height=height,
        likeness=_likeness(grey.reshape(_HASHED[::-1])),
        is_blank=is_plain and _is_blank(cells(_FACTS_SIDE, _FACTS_SIDE)),
        edge_lightness=_edge_lightness(framed),
    )


def at_working_size(image: Image.Image, most: int) -> NDArray[np.uint8]:
    """A picture before it is brought into any format: upright and in sRGB, uint8 [h, w, 4] with its alpha.

    Args:
        most: pixels of its longer side; it is not enlarged.

    Raises:
        Exception: of any kind, when the file is broken.
    """
    small, profile, _ = _upright(image)
    small.thumbnail((most, most))
    return np.array(in_srgb(small, profile).convert("RGBA"))


def _upright(image: Image.Image) -> tuple[Image.Image, bytes, int]:
    """At the working size and upright; its colour profile, and how it was turned in the file."""
    image.draft(None, (_WORKING_SIDE, _WORKING_SIDE))  # JPEG alone: decodes at 1/2, 1/4 or 1/8
    image.load()
    orientation, profile = orientation_of(image), profile_of(image)
    small = eight_bit(image, max(min(image.size) // _WORKING_SIDE, 1), image.format)
    if orientation in _TURNS:
        small = small.transpose(_TURNS[orientation])
    return small, profile, orientation


def _framed(image: Image.Image, framing: Framing, size: int) -> Image.Image:
    """At most ``size`` pixels wide and high. A picture only somewhat smaller is left to be padded, which
    keeps it sharper than enlarging.
    """
    if framing == "crop" and image.width != image.height:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
    longest = max(image.size)
    if framing == "stretch":
        wanted = (size, size)
    elif 0.75 * size <= longest <= size:
        wanted = image.size
    else:
        wanted = (max(round(image.width * size / longest), 1), max(round(image.height * size / longest), 1))
    if wanted == image.size:
        return image
    if longest > size:
        return image.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=3.0)
    return image.resize(wanted, Image.Resampling.BICUBIC)


def _is_transparent(image: Image.Image) -> bool:
    return image.mode == "RGBA" and image.getchannel("A").getextrema() != (255, 255)


def _opaque(image: Image.Image, background: Background) -> Image.Image:
    """In mode L or RGB."""
    if _is_transparent(image):
        image = Image.alpha_composite(Image.new("RGBA", image.size, background), image)
    return image if image.mode in ("L", "RGB") else image.convert("RGB")


def _square(framed: Image.Image, image_format: ImageFormat) -> NDArray[np.uint8]:
    """uint8 [S, S, C]: what is missing is filled with the background of transparent pictures, and with the
    median colour of the border of others.
    """
    size, channels = image_format.size, image_format.channels
    opaque = _opaque(framed, image_format.background).convert("L" if channels == 1 else "RGB")
    # As np.asarray gives them, which takes a detour.
    pixels = np.frombuffer(opaque.tobytes(), np.uint8).reshape(opaque.height, opaque.width, channels)
    if pixels.shape == image_format.shape:
        return pixels
    canvas = np.empty(image_format.shape, np.uint8)
    if _is_transparent(framed):
        canvas[:] = 255 if image_format.background == "white" else 0
    else:
        border = np.concatenate((pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]))
        canvas[:] = np.median(border, axis=0).astype(np.uint8)
    top, left = (size - opaque.height) // 2, (size - opaque.width) // 2
    canvas[top : top + opaque.height, left : left + opaque.width] = pixels
    return canvas


def _likeness(grey: NDArray[np.uint8]) -> int:
    return int.from_bytes(np.packbits(grey[:, :-1] < grey[:, 1:]).tobytes(), "big")


def _is_blank(cells: Image.Image) -> bool:
    counts = np.cumsum(np.reshape(cells.histogram(), (-1, 256)), axis=1)
    few = cells.width * cells.height / 1000
    spans = (counts >= counts[:, -1:] - few).argmax(axis=1) - (counts > few).argmax(axis=1)
    return bool(spans.max() <= _BLANK_SPAN)


def _edge_lightness(framed: Image.Image) -> float | None:
    if not _is_transparent(framed):
        return None
    opaque = np.pad(np.asarray(framed.getchannel("A")) >= _OPAQUE, 1, mode="edge")
    inner = opaque[:-2, 1:-1] & opaque[2:, 1:-1] & opaque[1:-1, :-2] & opaque[1:-1, 2:]
    edge = opaque[1:-1, 1:-1] & ~inner
    luma = np.asarray(framed.convert("RGB").convert("L"))
    return float(luma[edge].mean()) if edge.any() else None
