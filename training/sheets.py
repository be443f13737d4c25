"""Pictures of a trained model to look at: its map, its reconstructions."""

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from training.latent import LatentModel
from training.plane_basis import PlaneBasis, PlaneSlice
from training.posteriors import Posteriors
from training.stills import FAINT, INK, PAPER, tile

TRAINING_COLOUR, HELD_OUT_COLOUR = (47, 111, 208), (224, 122, 31)
PLANE_RADIUS = 3.2  # the scatter shows the prior's ±3σ and a little more


def sheet_plane(means: NDArray[np.float32]) -> tuple[PlaneBasis, PlaneSlice]:
    """The plane that a sheet shows of pictures with means [n, d], the principal one through their middle.

    With two latent numbers, it is all there is.

    Raises:
        VaeError: d is 1.
    """
    basis = PlaneBasis.first(means)
    return basis, basis.slice_through(basis.middle)


def quantile_grid(side: int) -> NDArray[np.float32]:
    """side² points at the prior's quantiles, each standing for an equal share of it, top row first."""
    prior = NormalDist()
    at = np.array([prior.inv_cdf((number + 0.5) / side) for number in range(side)], np.float32)
    across, up = np.meshgrid(at, at[::-1])
    return np.stack([across, up], axis=-1).reshape(-1, 2)


def latent_map(
    model: LatentModel,
    posteriors: Posteriors,
    held_out: NDArray[np.bool_],
    height: int = 960,
    basis: PlaneBasis | None = None,
) -> Image.Image:
    """Left: decodings over the prior's quantiles. Right: where all pictures lie, in the prior's 1, 2, 3 σ.

    With more than two latent numbers, both show one plane, by default the principal one; the left one about
    its middle.
    """
    size = model.config.size
    side = max(height // max(size, 48), 8)
    basis = basis or PlaneBasis.first(posteriors.means)
    plane = basis.slice_through(basis.middle)
    pictures = model.decode(plane.latent(quantile_grid(side)))
    decodings = tile(pictures, side).resize((height, height), Image.Resampling.LANCZOS)
    sheet = Image.new("RGB", (2 * height + 24, height), PAPER)
    sheet.paste(decodings, (0, 0))
    scatter = _scatter(basis.on_plane(posteriors.means), basis.prior_mean, held_out, height)
    sheet.paste(scatter, (height + 24, 0))
    return sheet


def _scatter(
    means: NDArray[np.float32], prior_mean: tuple[float, float], held_out: NDArray[np.bool_], side: int
) -> Image.Image:
    oversampling = 2
    pixels = side * oversampling
    image = Image.new("RGB", (pixels, pixels), PAPER)
    draw = ImageDraw.Draw(image, "RGBA")
    scale = pixels / (2 * PLANE_RADIUS)
    middle = pixels / 2
    x, y = middle + prior_mean[0] * scale, middle - prior_mean[1] * scale
    for sigma in (1, 2, 3):
        radius = sigma * scale
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=FAINT)
        draw.text((x + 4, y - radius + 2), f"{sigma} sd", fill=INK, font_size=11 * oversampling)
    opacity = int(np.clip(255 * 35 / np.sqrt(max(len(means), 1)), 40, 200))
    radius = 2.0 * oversampling
    for chosen, colour in ((~held_out, TRAINING_COLOUR), (held_out, HELD_OUT_COLOUR)):
        for z1, z2 in means[chosen]:
            x, y = middle + z1 * scale, middle - z2 * scale
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=(*colour, opacity))
    for row, (text, colour) in enumerate((("learned from", TRAINING_COLOUR), ("held out", HELD_OUT_COLOUR))):
        y = pixels - (2 - row) * 18 * oversampling
        draw.ellipse((12, y + 8, 12 + 4 * radius, y + 8 + 4 * radius), fill=colour)
        draw.text((20 + 5 * radius, y), text, fill=INK, font_size=12 * oversampling)
    return image.resize((side, side), Image.Resampling.LANCZOS)


def reconstruction_sheet(model: LatentModel, pixels: NDArray[np.uint8], columns: int = 16) -> Image.Image:
    """Rows of pictures, each above its own reconstruction; the last row is filled up with paper."""
    rows = max(-(-len(pixels) // columns), 1)
    paper = np.full((rows * columns - len(pixels), *model.config.shape), PAPER[0], np.uint8)
    pairs = [np.concatenate([shown, paper]) for shown in (pixels, model.decode(model.encode(pixels).means))]
    in_rows = np.stack([shown.reshape(rows, columns, *model.config.shape) for shown in pairs], axis=1)
    sheet = tile(in_rows.reshape(-1, *model.config.shape), columns, gap=2)
    factor = 2 if sheet.width < 1000 else 1
    return sheet.resize((sheet.width * factor, sheet.height * factor), Image.Resampling.BICUBIC)
