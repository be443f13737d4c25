"""Blocks of decodings as pictures: the newest and finest of each place are drawn, the least used ones go."""

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

from vae_desktop.pixels import tiles_to_qimage
from vae_desktop.plane_view import PlaneView
from vae_desktop.tile_grid import Block, blocks_over, fine_level

MOST_BYTES = 192 * 2**20
_COARSER, _FINER = 4, 1  # levels beside the fine one that may stand in for it


@dataclass(frozen=True)
class _Kept:
    image: QImage
    generation: int


class TilePyramid:
    """Keeps blocks of tiles up to a bound of memory.

    Args:
        most_bytes: of pixels; what was not drawn or asked for the longest goes first.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._kept: OrderedDict[Block, _Kept] = OrderedDict()  # the least recently used first
        self._bytes = 0
        self.side = 0  # of a tile, pixels; 0 before there is one

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, block: Block, tiles: NDArray[np.uint8], generation: int) -> None:
        """Keep a block's tiles, uint8 [BLOCK, BLOCK, S, S, C], in place of older ones.

        Args:
            generation: tiles of a larger one are newer; at least 1.
        """
        if self.generation_of(block) > generation:
            return
        image = tiles_to_qimage(tiles)
        self._remove(block)
        self._kept[block] = _Kept(image, generation)
        self._bytes += image.sizeInBytes()
        self.side = tiles.shape[2]
        while self._bytes > self._most_bytes and len(self._kept) > 1:
            self._remove(next(iter(self._kept)))

    def generation_of(self, block: Block) -> int:
        """Of the tiles that are kept of a block, which thereby counts as used; 0 for none."""
        kept = self._kept.get(block)
        if kept is None:
            return 0
        self._kept.move_to_end(block)
        return kept.generation

    def clear(self) -> None:
        """Keep nothing."""
        self._kept.clear()
        self._bytes = self.side = 0

    def draw(self, painter: QPainter, view: PlaneView, within: QRectF | None = None) -> None:
        """Draw what there is of a view.

        Older tiles first, of equally old ones the coarser: what is newest and finest stays on top. Those that
        are too fine for the view stand in where there are no others.

        Args:
            within: draw no block that does not overlap this part of the widget.
        """
        if not self._kept:
            return
        extent = view.extent if within is None else _extent_of(view, within)
        fine = fine_level(view, self.side)
        levels = range(fine - _COARSER, fine + _FINER + 1)
        shown = [block for level in levels for block in blocks_over(extent, level) if block in self._kept]
        shown.sort(key=lambda block: (self._kept[block].generation, block.level <= fine, block.level))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for block in shown:
            painter.drawImage(rectangle_of(block, view), self._kept[block].image)
            self._kept.move_to_end(block)

    def _remove(self, block: Block) -> None:
        kept = self._kept.pop(block, None)
        if kept is not None:
            self._bytes -= kept.image.sizeInBytes()


def rectangle_of(block: Block, view: PlaneView) -> QRectF:
    """Where a block is in the widget, to whole pixels: neighbours leave no gap."""
    left, right, bottom, top = block.bounds
    corners = (view.to_screen(left, top), view.to_screen(right, bottom))
    upper_left, lower_right = (QPointF(round(x), round(y)) for x, y in corners)
    return QRectF(upper_left, lower_right)


def _extent_of(view: PlaneView, within: QRectF) -> tuple[float, float, float, float]:
    left, top = view.to_latent(within.left(), within.top())
    right, bottom = view.to_latent(within.right(), within.bottom())
    return left, right, bottom, top
