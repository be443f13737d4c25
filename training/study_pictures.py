"""A study's pictures: where the holes in the prior are."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.completeness import HOLE_RATIO
from training.plane_map import PlaneMap

SIDE = 288  # pixels of a picture in the report
_MOST_NATS = 4.0  # at which the colours of the map end
_HOLE, _EVEN, _FULL = (178, 74, 10), (247, 247, 247), (33, 88, 160)  # told apart by colour-blind people, too
_UNKNOWN = (120, 120, 120)


def hole_picture(ratio: PlaneMap) -> bytes:
    """ln q̄/p as a PNG: holes in orange, where pictures are as dense as the prior in white, denser in blue."""
    values = np.clip(ratio.values[::-1].astype(np.float64) / _MOST_NATS, -1.0, 1.0)
    weight = np.abs(np.nan_to_num(values))[..., None]
    ends = np.where((np.nan_to_num(values) < 0)[..., None], np.array(_HOLE), np.array(_FULL))
    colours = (1.0 - weight) * np.array(_EVEN) + weight * ends
    colours[np.isnan(values)] = _UNKNOWN
    image = Image.fromarray(_outlined(colours.round().astype(np.uint8), ratio))
    return png_of(image.resize((SIDE, SIDE), Image.Resampling.NEAREST))


def _outlined(colours: NDArray[np.uint8], ratio: PlaneMap) -> NDArray[np.uint8]:
    """With a line where holes begin: at a tenth of the prior's density."""
    is_hole = np.nan_to_num(ratio.values[::-1]) < np.log(HOLE_RATIO)
    edge = np.zeros_like(is_hole)
    edge[1:] |= is_hole[1:] != is_hole[:-1]
    edge[:, 1:] |= is_hole[:, 1:] != is_hole[:, :-1]
    colours[edge] = (40, 44, 52)
    return colours


def png_of(image: Image.Image) -> bytes:
    """A picture as the content of a PNG file."""
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
