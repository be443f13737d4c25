"""Single pictures: made of arrays, enlarged, laid side by side, written."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.errors import VaeError
from training.files import replacing, require_space
from training.language import tr
from training.recipe import save_with_recipe

PAPER, INK, FAINT = (255, 255, 255), (40, 44, 52), (200, 204, 210)
MOST_ENLARGED = 8
MOST_PIXELS = 200_000_000  # of one picture: 600 MB while it is made
_CAPTION = 14  # pixels high
_LEAST_CAPTION_WIDTH = 24  # narrower pictures have no room for one


def to_image(pixels: NDArray[np.uint8]) -> Image.Image:
    """One picture [H, W, C], C = 1 or 3."""
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels).convert("RGB")


def enlarged(pixels: NDArray[np.uint8], factor: int, *, smooth: bool) -> NDArray[np.uint8]:
    """A picture [H, W, C] a whole number of times as large, [factor·H, factor·W, C].

    Args:
        smooth: by Lanczos' filter; else every pixel becomes a square.
    """
    if factor == 1:
        return pixels
    if not smooth:
        return pixels.repeat(factor, axis=0).repeat(factor, axis=1)
    image = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    large = image.resize((factor * image.width, factor * image.height), Image.Resampling.LANCZOS)
    return np.asarray(large).reshape(large.height, large.width, pixels.shape[-1])


def tile(pixels: NDArray[np.uint8], columns: int, gap: int = 0, captions: Sequence[str] = ()) -> Image.Image:
    """Pictures [n, H, W, C] side by side, row by row, with a line below each where there are captions.

    Raises:
        VaeError: the whole would be larger than can be made.
    """
    height, width = pixels.shape[1:3]
    line = _CAPTION if captions and width >= _LEAST_CAPTION_WIDTH else 0
    across, down = width + gap, height + gap + line
    rows = -(-len(pixels) // columns)
    check_pixels(columns * across - gap, rows * down - gap)
    sheet = Image.new("RGB", (columns * across - gap, rows * down - gap), PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, picture in enumerate(pixels):
        x, y = number % columns * across, number // columns * down
        sheet.paste(to_image(picture), (x, y))
        if line and number < len(captions):
            middle = (x + width / 2, y + height + line / 2)
            draw.text(middle, captions[number], fill=INK, font_size=10, anchor="mm")
    return sheet


def check_pixels(width: int, height: int) -> None:
    """Raise :class:`VaeError` where a picture would be larger than can be made."""
    if width * height > MOST_PIXELS:
        raise VaeError(
            tr(
                "A picture of {width:,} × {height:,} pixels is too large to be made.",
                width=width,
                height=height,
            ),
            advice=tr("Choose a smaller size or fewer pictures."),
        )


def save_image(image: Image.Image, path: Path, recipe: str = "") -> None:
    """Write a picture in the format that its name tells; raises :class:`VaeError` when that fails.

    Args:
        recipe: how it was made, kept within PNG, WebP and GIF files: see :mod:`training.recipe`.
    """
    kind = Image.registered_extensions().get(path.suffix.lower())
    if kind not in Image.SAVE:
        raise VaeError(tr("{path} cannot be written as a picture.", path=path), advice=tr("Name it map.png."))
    require_space(path, image.width * image.height * len(image.getbands()))
    with replacing(path) as temporary:
        try:
            save_with_recipe(image, temporary, kind, recipe)
        except ValueError as error:
            raise VaeError(
                tr("{path} cannot be written as a picture.", path=path), advice=tr("Name it map.png.")
            ) from error
