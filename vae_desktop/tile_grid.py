"""The endless backdrop in blocks of tiles, on levels each twice as dense as the one before; without Qt."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vae_desktop.plane_view import HOME_HALF_SPAN, PlaneView

BLOCK = 4  # tiles a side of a block, which is decoded, kept and drawn as one
HOME_TILES = 12  # of level 0, a side of the first view
TILE_WIDTH = 2 * HOME_HALF_SPAN / HOME_TILES  # of level 0, latent units
SMALLEST_TILE, LARGEST_TILE = 24.0, 40.0  # pixels at least that a tile of the fine level has on the screen
SHARE_OF_SIDE = 1 / 3  # of its own pixels that a tile has on the screen at least, within these bounds


@dataclass(frozen=True)
class Block:
    """BLOCK × BLOCK tiles of a level, counted from the plane's (0, 0) to the right and upwards."""

    level: int
    column: int
    row: int

    @property
    def width(self) -> float:
        """Of the whole block, latent units."""
        return BLOCK * TILE_WIDTH * 2.0**-self.level

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """z1_min, z1_max, z2_min, z2_max."""
        # Neighbours have the same edge to the last bit.
        left, right, bottom, top = (
            edge * self.width for edge in (self.column, self.column + 1, self.row, self.row + 1)
        )
        return left, right, bottom, top

    @property
    def centres(self) -> NDArray[np.float32]:
        """Where its tiles are decoded, [BLOCK, BLOCK, 2], row 0 at the top."""
        left, right, bottom, top = self.bounds
        return _centres(left, right, bottom, top, BLOCK)


def even_grid(side: int) -> NDArray[np.float32]:
    """Centres of side × side tiles that cover the first view, [side, side, 2], row 0 at the top."""
    return _centres(-HOME_HALF_SPAN, HOME_HALF_SPAN, -HOME_HALF_SPAN, HOME_HALF_SPAN, side)


def _centres(left: float, right: float, bottom: float, top: float, side: int) -> NDArray[np.float32]:
    at = (np.arange(side) + 0.5) / side
    across, up = np.meshgrid(left + (right - left) * at, top - (top - bottom) * at)
    return np.stack([across, up], axis=-1).astype(np.float32)


def fine_level(view: PlaneView, side: int) -> int:
    """The level whose tiles are as small on the screen as pictures of this side can be told apart."""
    least = min(max(SHARE_OF_SIDE * side, SMALLEST_TILE), LARGEST_TILE)
    return math.floor(math.log2(TILE_WIDTH * view.scale / least))


def blocks_over(extent: tuple[float, float, float, float], level: int) -> list[Block]:
    """All blocks of a level that overlap z1_min, z1_max, z2_min, z2_max."""
    width = Block(level, 0, 0).width
    z1_min, z1_max, z2_min, z2_max = extent
    columns, rows = _cells(z1_min, z1_max, width), _cells(z2_min, z2_max, width)
    return [Block(level, column, row) for row in rows for column in columns]


def _cells(low: float, high: float, width: float) -> range:
    """The numbers of the cells between two places, without those that are only touched."""
    first, end = math.floor(low / width), math.ceil(high / width)
    # A quotient is rounded: by the cells' own edges it may be one too few or too many.
    first += ((first + 1) * width <= low) - (first * width > low)
    end += (end * width < high) - ((end - 1) * width >= high)
    return range(first, end)


def wanted_blocks(view: PlaneView, side: int, about: tuple[float, float]) -> list[Block]:
    """What a view is to show, the most urgent first: a coarse level, then the fine one, each from a point on.

    Args:
        side: of the pictures, pixels.
        about: the point of the plane that is looked at.
    """

    def distance(block: Block) -> float:
        left, right, bottom, top = block.bounds
        return math.hypot((left + right) / 2 - about[0], (bottom + top) / 2 - about[1])

    fine = fine_level(view, side)
    levels = (fine - 1, fine)
    return [block for level in levels for block in sorted(blocks_over(view.extent, level), key=distance)]
