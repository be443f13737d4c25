"""The person's own pictures as thumbnails where they lie on the plane."""

import math
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPixmap

from vae_desktop.pixels import to_qimage
from vae_desktop.plane_dots import Paint
from vae_desktop.plane_layers import PlaneColours
from vae_desktop.plane_points import PointCloud
from vae_desktop.plane_view import PlaneView

PixelsOf = Callable[[int], NDArray[np.uint8]]  # a picture's, [S, S, C], by its number

_SIDE = 38.0  # pixels, of a thumbnail with its frame
_SMALLEST_CELL = 42.0  # pixels; cells grow to twice that, then each becomes four
_FRAME = 1.5
_MOST_KEPT = 4_000


class Thumbnails:
    """One picture for each cell of a grid that halves as one zooms in, so that none hides another.

    Of the pictures in a cell it is always the one with the lowest rank, which has the lowest in the smaller
    cell within it, too: zooming in adds thumbnails and takes none away.
    """

    def __init__(self) -> None:
        self._pixels_of: PixelsOf | None = None
        self._kept: OrderedDict[int, QPixmap] = OrderedDict()
        self._placed: list[tuple[QRectF, int]] = []

    def set_pictures(self, pixels_of: PixelsOf | None) -> None:
        """Show these pictures; None where there are none to show."""
        self._pixels_of = pixels_of
        self._kept.clear()
        self._placed.clear()

    @property
    def has_pictures(self) -> bool:
        """Whether there are any to show."""
        return self._pixels_of is not None

    def draw(
        self,
        painter: QPainter,
        view: PlaneView,
        cloud: PointCloud,
        colours: PlaneColours,
        *,
        paint: Paint,
        selected: NDArray[np.int64],
    ) -> None:
        """Draw those of a view; the frames of the selected ones stand out."""
        width = _cell_width(view)
        rows, corners = cloud.one_a_cell(width, view.extent)
        numbers = cloud.indices[rows]
        chosen = set(numbers[np.isin(numbers, selected)].tolist())
        self._placed = []
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        for row, corner in zip(rows.tolist(), corners.tolist(), strict=True):
            place, number = _within(view, cloud.means[row], corner, width), int(cloud.indices[row])
            self._placed.append((place, number))
            picture = self._picture(number)
            inner = place.adjusted(_FRAME, _FRAME, -_FRAME, -_FRAME)
            painter.drawPixmap(inner, picture, QRectF(picture.rect()))
            self._draw_frame(painter, place, paint.colours[int(paint.classes[row])], _FRAME)
            if number in chosen:
                self._draw_frame(painter, place.adjusted(-1, -1, 1, 1), colours.ground, 3 * _FRAME)
                self._draw_frame(painter, place, colours.text, 2 * _FRAME)

    def at(self, x: float, y: float) -> int | None:
        """The number of the picture that was drawn at a place of the widget."""
        return next((number for place, number in self._placed if place.contains(x, y)), None)

    def _draw_frame(self, painter: QPainter, place: QRectF, colour: QColor, width: float) -> None:
        painter.setPen(QPen(colour, width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        half = width / 2
        painter.drawRoundedRect(place.adjusted(half, half, -half, -half), 2, 2)

    def _picture(self, number: int) -> QPixmap:
        picture = self._kept.get(number)
        if picture is None:
            assert self._pixels_of is not None
            picture = QPixmap.fromImage(to_qimage(self._pixels_of(number)))
            self._kept[number] = picture
            if len(self._kept) > _MOST_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return picture


def _cell_width(view: PlaneView) -> float:
    """Of the grid's cells, latent units: a power of two that is from once to twice _SMALLEST_CELL wide."""
    return 2.0 ** math.ceil(math.log2(_SMALLEST_CELL / view.scale))


def _within(view: PlaneView, mean: NDArray[np.float32], corner: list[float], width: float) -> QRectF:
    """A thumbnail about where its picture lies, but not beyond its cell, whose lower left corner is given."""
    left, bottom = view.to_screen(*corner)
    right, top = view.to_screen(corner[0] + width, corner[1] + width)
    x, y = view.to_screen(float(mean[0]), float(mean[1]))
    half = _SIDE / 2
    centre = QPointF(min(max(x, left + half), right - half), min(max(y, top + half), bottom - half))
    return QRectF(centre.x() - half, centre.y() - half, _SIDE, _SIDE)
