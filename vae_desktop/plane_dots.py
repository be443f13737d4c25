"""The points of the plane: as dots, as a picture of very many dots, or as a density; for a cached layer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPaintDevice, QPainter, QPen, QPixmap

from vae_desktop.plane_colouring import Classes
from vae_desktop.plane_layers import PlaneColours, area_of, faint
from vae_desktop.plane_points import PointCloud
from vae_desktop.plane_view import PlaneView
from vae_desktop.style import mix

MOST_DOTS = 8_000
"""Of more visible points a density is drawn, or one picture of all dots where they have colours."""

_REACH = 8.0  # pixels; dots centred just outside are still seen in part

_RASTER_OPACITY = 0.9
_QUIET = 0.45  # times the usual diameter

_DENSITY_CELL = 2.0  # pixels; independent of the screen's density, so that the cost is too
_WIDE_PASSES, _WIDE_CELLS = (
    3,
    4,
)  # three running means are close to a normal distribution, here of σ = 9 pixels


@dataclass(frozen=True, eq=False)
class Paint:
    """What colours the points have.

    Attributes:
        classes: uint8 [n], which colour each has, in the cloud's order.
        colours: of the classes.
        shows_density: whether a density may be seen in its place, where there are too many points.
        scattered: one more than the class, in the order of ``PointCloud.scattered``.
    """

    classes: Classes
    colours: Sequence[QColor]
    shows_density: bool
    scattered: Classes

    @classmethod
    def of(
        cls, cloud: PointCloud, classes: Classes, colours: Sequence[QColor], *, shows_density: bool
    ) -> "Paint":
        """Of a cloud, with a class for each point."""
        return cls(classes, colours, shows_density, classes[cloud.scattered.rows] + np.uint8(1))


def draw_points(
    painter: QPainter,
    view: PlaneView,
    cloud: PointCloud,
    paint: Paint,
    colours: PlaneColours,
    *,
    on_tiles: bool,
    as_density: bool = False,
    is_quiet: bool = False,
) -> bool:
    """Draw the means as dots, or as a density where there are too many to tell apart; whether the latter.

    Args:
        as_density: draw a smooth one of few points, too.
        is_quiet: draw small dots, because what is below matters more.
    """
    reach = _REACH / view.scale
    z1_min, z1_max, z2_min, z2_max = view.extent
    is_many = cloud.count_within(z1_min - reach, z1_max + reach, z2_min - reach, z2_max + reach) > MOST_DOTS
    if as_density or (paint.shows_density and is_many):
        most, colour = 0.92, mix(colours.accent, colours.text, 0.25)
        if on_tiles:  # thin enough to see them through it
            most, colour = 0.6, _for_any_backdrop(colours.accent)
        density = _density_image(cloud, view, colour, most, wide=as_density)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area_of(view), density)
        return True
    if is_many:
        _draw_raster(painter, view, cloud, paint)
    else:
        size = _QUIET if is_quiet else 1.0
        _draw_dots(painter, view, cloud, paint, colours, on_tiles=on_tiles, size=size)
    return False


def _draw_dots(
    painter: QPainter,
    view: PlaneView,
    cloud: PointCloud,
    paint: Paint,
    colours: PlaneColours,
    *,
    on_tiles: bool,
    size: float,
) -> None:
    places, visible = _in_sight(view, cloud.means)
    classes = paint.classes[visible]
    diameter = size * dot_diameter(len(places))
    halo = faint(colours.ground, 0.75 if on_tiles else 0.0)
    for number, colour in enumerate(paint.colours):
        of_class = places[classes == number]
        if len(of_class):
            dot = _dot(diameter, faint(colour, 0.92 if on_tiles else 0.72), halo, painter.device())
            _put(painter, dot, of_class)


def draw_selected(
    painter: QPainter, view: PlaneView, cloud: PointCloud, rows: NDArray[np.intp], colours: PlaneColours
) -> None:
    """Draw a ring around some of the points, by their rows; where they are very many, a dot on each."""
    places, visible = _in_sight(view, cloud.means[rows])
    if len(places) > MOST_DOTS:
        chosen = np.zeros(len(cloud), np.uint8)
        chosen[rows[visible]] = 1
        nothing = faint(colours.text, 0.0)
        paint = Paint.of(cloud, chosen, [nothing, colours.text], shows_density=False)
        _draw_raster(painter, view, cloud, paint)
    elif len(places):
        _put(painter, _ring(dot_diameter(len(cloud)) + 5.0, colours, painter.device()), places)


def dot_diameter(n: int) -> float:
    """The size in pixels of one of n dots."""
    return 6.4 if n <= 400 else 5.2 if n <= 1_500 else 4.3 if n <= 4_000 else 3.0


def _in_sight(view: PlaneView, means: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Pixels of the points in sight, [m, 2], and which of all these are, [n]."""
    places = view.place(means)
    low = np.array((view.left, view.top))
    high = low + np.array((view.width, view.height))
    visible = ((places > low - _REACH) & (places < high + _REACH)).all(axis=1)
    return places[visible], visible


def _cells(cloud: PointCloud, view: PlaneView, columns: int, rows: int) -> NDArray[np.int32]:
    """In which cell of a grid over the area each point lies, [n], counted row by row, in scattered order.

    The grid has a frame of one cell, which takes up what lies beyond without a search for it: with single
    precision ten times as fast as to place all points and take those in sight. The frame is counted, too.
    """
    z1_min, _, _, z2_max = view.extent
    scattered = cloud.scattered
    across, up = columns / view.width * view.scale, rows / view.height * view.scale
    x = scattered.z1 * np.float32(across) + np.float32(1 - z1_min * across)
    y = scattered.z2 * np.float32(-up) + np.float32(1 + z2_max * up)
    np.clip(x, 0, columns + 1, out=x)
    np.clip(y, 0, rows + 1, out=y)
    cells: NDArray[np.int32] = y.astype(np.int32) * np.int32(columns + 2) + x.astype(np.int32)
    return cells


def _put(painter: QPainter, dot: QPixmap, places: NDArray[np.float64]) -> None:
    corners = places - dot.width() / dot.devicePixelRatio() / 2
    for x, y in corners.tolist():
        painter.drawPixmap(QPointF(x, y), dot)


def _ring(diameter: float, colours: PlaneColours, device: QPaintDevice) -> QPixmap:
    ratio = device.devicePixelRatioF()
    side = math.ceil((diameter + 4) * ratio) | 1
    ring = _empty(side, ratio)
    with QPainter(ring) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        centre = QPointF(side, side) / ratio / 2
        for pen in (QPen(colours.ground, 3.4), QPen(colours.text, 1.6)):
            painter.setPen(pen)
            painter.drawEllipse(centre, diameter / 2, diameter / 2)
    return ring


def _empty(side: int, ratio: float) -> QPixmap:
    pixmap = QPixmap(side, side)
    pixmap.fill(Qt.GlobalColor.transparent)
    pixmap.setDevicePixelRatio(ratio)
    return pixmap


def _dot(diameter: float, colour: QColor, halo: QColor, device: QPaintDevice) -> QPixmap:
    """One dot, drawn once and copied to every place: three to ten times as fast as drawing each."""
    ratio = device.devicePixelRatioF()
    side = math.ceil((diameter + 4) * ratio) | 1  # odd: a dot centred on a pixel looks rounder
    dot = _empty(side, ratio)
    with QPainter(dot) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        centre = QPointF(side, side) / ratio / 2
        for radius, fill in ((diameter / 2 + 0.8, halo), (diameter / 2, colour)):
            painter.setBrush(fill)
            painter.drawEllipse(centre, radius, radius)
    return dot


def _draw_raster(painter: QPainter, view: PlaneView, cloud: PointCloud, paint: Paint) -> None:
    """Draw very many points at once, each as a cross of three pixels; where they meet, any one is seen.

    In the order of the files those of the last folder would hide all others.
    """
    columns, rows = max(1, round(view.width)), max(1, round(view.height))
    framed = np.zeros((rows + 2, columns + 2), np.uint8)  # the class and one; 0 where there is no point
    framed.reshape(-1)[_cells(cloud, view, columns, rows)] = paint.scattered
    for edge in (framed[0], framed[-1], framed[:, 0], framed[:, -1]):
        edge[...] = 0
    image = framed[1:-1, 1:-1].copy()
    for beside in (framed[:-2, 1:-1], framed[2:, 1:-1], framed[1:-1, :-2], framed[1:-1, 2:]):
        np.copyto(image, beside, where=image == 0)
    table = np.zeros(256, np.uint32)
    table[1 : len(paint.colours) + 1] = [faint(colour, _RASTER_OPACITY).rgba() for colour in paint.colours]
    pixels = table[image]
    kind = QImage.Format.Format_ARGB32
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(area_of(view), QImage(pixels.data, columns, rows, columns * 4, kind))


def _for_any_backdrop(colour: QColor) -> QColor:
    """The same hue at half lightness: it is told apart from bright tiles and from dark ones."""
    return QColor.fromHslF(colour.hslHueF(), colour.hslSaturationF(), 0.5)


def _density_image(cloud: PointCloud, view: PlaneView, colour: QColor, most: float, *, wide: bool) -> QImage:
    """How many points lie where, as transparency of a colour.

    Args:
        colour: of the points.
        most: opacity (0 to 1) where points lie densest.
        wide: smooth it so far that single points cannot be told apart.
    """
    columns = max(1, round(view.width / _DENSITY_CELL))
    rows = max(1, round(view.height / _DENSITY_CELL))
    # Several times as fast as histogram2d, which cannot know that all points are near.
    framed = np.bincount(_cells(cloud, view, columns, rows), minlength=(rows + 2) * (columns + 2))
    counts = framed.reshape(rows + 2, columns + 2)[1:-1, 1:-1]
    smooth = _blurred(counts.astype(np.float32))
    if wide:
        for _ in range(_WIDE_PASSES):
            smooth = _averaged(_averaged(smooth, _WIDE_CELLS).T, _WIDE_CELLS).T
        alpha = np.sqrt(np.maximum(smooth, 0.0) / max(float(smooth.max(initial=0.0)), 1e-6))
    else:
        # Relative to what is usual where there are points at all, so that one heap does not pale the rest.
        usual = smooth.sum() / max(np.count_nonzero(smooth), 1)
        alpha = 1.0 - np.exp(-smooth / max(1.2 * usual, 1e-6))
    pixels = np.empty((rows, columns, 4), np.uint8)
    strength = alpha * np.float32(255 * most)
    pixels[..., 3] = strength
    for channel, value in enumerate((colour.red(), colour.green(), colour.blue())):
        pixels[..., channel] = strength * (value / 255)
    kind = QImage.Format.Format_RGBA8888_Premultiplied
    return QImage(pixels.data, columns, rows, columns * 4, kind).copy()


def _blurred(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smoothed by 1-2-1 along both axes, so that single points become small soft dots."""
    padded = np.pad(counts, 1)
    across = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    result: NDArray[np.float32] = (across[:-2] + 2 * across[1:-1] + across[2:]) / 16
    return result


def _averaged(counts: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """The mean of each cell and those up to ``radius`` above and below it; beyond the edges are noughts."""
    width = 2 * radius + 1
    sums = np.pad(counts, ((radius + 1, radius), (0, 0))).cumsum(axis=0)
    result: NDArray[np.float32] = (sums[width:] - sums[:-width]) / width
    return result
