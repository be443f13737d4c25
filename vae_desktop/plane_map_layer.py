"""A measured map of the plane as colours or as lines."""

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from training.completeness import HOLE_REACH
from training.language import tr
from training.plane_basis import PlaneBasis
from training.plane_map import PlaneMap, nodes_of, square_grid
from vae_desktop.map_meaning import MAPS, MapScale, few_digits, value_words
from vae_desktop.plane_colouring import Scale, viridis
from vae_desktop.plane_layers import PlaneColours, faint
from vae_desktop.plane_view import PlaneView

Floats = NDArray[np.float64]
_COLOUR_SIDE, _LINE_SIDE = 256, 96  # nodes that there are at least, once there are finer ones between
_LEVELS = 7  # lines over the tiles
_STEPS = 256
_LINE = 1.7  # pixels wide
_SAME_PLANE = 0.98  # the cosine of the largest angle between two planes that show the same
_SAME_MIDDLE = 0.1  # σ of the prior


class MapLayer:
    """A map to be drawn, at most once for each view.

    Args:
        shown: the map in the coordinates of the plane that is shown; named in :data:`map_meaning.MAPS`.
        prior_mean: where the prior's mean is seen on it.

    Attributes:
        name: of the map.
        scale: from its values to colours.
    """

    def __init__(self, shown: PlaneMap, prior_mean: tuple[float, float]) -> None:
        self.name, self._map, self._middle = shown.name, shown, np.array(prior_mean)
        self._meaning = MAPS[shown.name]
        self.scale = MapScale.of(shown.values, self._meaning)

    @property
    def ramp(self) -> list[QColor]:
        """The colours from the scale's low end to its high one."""
        return [QColor(name) for name in viridis(0.0, 1.0)]

    @property
    def legend(self) -> tuple[Scale, list[QColor]]:
        """What the colours mean."""
        return self.scale.words(tr(self._meaning.legend)), self.ramp

    @property
    def note(self) -> str:
        """What else there is to say."""
        return tr(self._meaning.note)

    @property
    def words(self) -> str:
        """What it shows, and from where to where most of its values go."""
        title, note = tr(self._meaning.legend), self.note
        ends = few_digits(self.scale.low), few_digits(self.scale.high)
        return tr(
            "Map: {title}, mostly {low} to {high} ({note}).",
            title=title,
            low=ends[0],
            high=ends[1],
            note=note,
        )

    def value_at(self, place: tuple[float, float]) -> float:
        """At a place of the plane; NaN where it is not known."""
        return float(self._map.at(np.array([place]))[0])

    def words_at(self, place: tuple[float, float]) -> str:
        """The same in words; "" where it is not known."""
        is_within = math.dist(place, self._middle) <= HOLE_REACH or not self._meaning.is_beyond_below
        return value_words(self.name, self.value_at(place), within_reach=is_within)

    def draw(self, painter: QPainter, view: PlaneView) -> None:
        """Draw the colours."""
        left, right, bottom, top = self._map.extent
        target = QRectF(QPointF(*view.to_screen(left, top)), QPointF(*view.to_screen(right, bottom)))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, self._image)

    def draw_border(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """Draw the line that parts what is to be told apart, if there is one."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for line in self._border:
            _draw_line(painter, view, line, (colours.text, colours.ground))

    def draw_lines(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """Draw lines of equal value, in the colours of these."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ramp = self.ramp
        for level, lines in self._levels:
            share = float(self.scale.shares(np.array([level]))[0])
            for line in lines:
                colour = ramp[round(share * (len(ramp) - 1))]
                _draw_line(painter, view, line, (colour, colours.ground))

    @cached_property
    def _image(self) -> QImage:
        """Smooth between the nodes, the top row first; transparent where nothing is known."""
        finer = _finer(self.scale.shares(self._map.values), _COLOUR_SIDE)[::-1]
        known = np.isfinite(finer)
        steps = np.rint(np.clip(np.where(known, finer, 0.0), 0.0, 1.0) * (_STEPS - 1)).astype(np.intp)
        colours = np.array([QColor(name).rgba() for name in viridis(0.0, 1.0, _STEPS)], np.uint32)
        pixels = np.where(known, colours[steps], np.uint32(0)).astype(np.uint32)
        rows, columns = pixels.shape
        kind = QImage.Format.Format_ARGB32
        whole = QImage(pixels.tobytes(), columns, rows, columns * 4, kind)
        return whole.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)

    @cached_property
    def _border(self) -> list[Floats]:
        meaning = self._meaning
        if meaning.border is None:
            return []
        low, step, values = self._fine_grid()
        if meaning.is_beyond_below:
            # Below the level and within reach: the larger of both distances is negative there.
            rows, columns = values.shape
            off = np.linalg.norm(nodes_of(low, step, rows, columns) - self._middle, axis=1)
            values = np.maximum(values - meaning.border, off.reshape(rows, columns) - HOLE_REACH)
            return _lines_at(values, 0.0, low, step)
        return _lines_at(values, meaning.border, low, step)

    @cached_property
    def _levels(self) -> list[tuple[float, list[Floats]]]:
        low, step, values = self._fine_grid()
        wanted = self.scale.levels(_LEVELS) if self._meaning.has_levels else []
        return [(level, _lines_at(values, level, low, step)) for level in wanted]

    def _fine_grid(self) -> tuple[Floats, float, Floats]:
        """First node, step and values of a finer grid."""
        values = _finer(self._map.values.astype(np.float64), _LINE_SIDE)
        factor = len(values) / len(self._map.values)
        step = self._map.step / factor
        return self._map.low - self._map.step / 2 + step / 2, step, values


def seen_on(found: PlaneMap, measured: PlaneBasis, shown: PlaneBasis) -> PlaneMap | None:
    """A map of one plane in the coordinates of another one, where both show the same but turned or moved.

    Returns:
        None where they are different planes through the latent space.
    """
    if measured.latent_dim != shown.latent_dim:
        return None
    ours, theirs = measured.directions[:2], shown.directions[:2]
    turn = theirs @ ours.T
    way = shown.middle - measured.middle
    off = way - (way @ ours.T) @ ours
    if np.linalg.svd(turn, compute_uv=False).min() < _SAME_PLANE or np.linalg.norm(off) > _SAME_MIDDLE:
        return None
    moved = way @ ours.T
    if np.allclose(turn, np.eye(2), atol=1e-6) and np.allclose(moved, 0.0, atol=1e-6):
        return found
    corners = found.extent
    square = np.array([[x, y] for x in corners[:2] for y in corners[2:]])
    placed = (square - moved) @ turn.T
    side = max(found.values.shape)
    low, step = square_grid(placed.min(axis=0), placed.max(axis=0), side)
    values = found.at(nodes_of(low, step, side, side) @ turn + moved).reshape(side, side)
    return PlaneMap(found.name, values, low, step)


def _finer(values: Floats, least: int) -> Floats:
    """Values [rows, columns] on a grid that is some whole times as fine, smoothly (Catmull & Rom 1974)."""
    factor = max(-(-least // max(values.shape)), 1)
    up, across = (_between(count, factor) for count in values.shape)
    finer: Floats = up @ values @ across.T
    return finer


def _between(count: int, factor: int) -> Floats:
    """By how much each of ``count`` nodes counts for those of a finer grid, [count · factor, count]."""
    places = np.clip((np.arange(count * factor) + 0.5) / factor - 0.5, 0.0, count - 1)
    first = np.minimum(places.astype(int), max(count - 2, 0))
    t = places - first
    weights = (
        (-t + 2 * t**2 - t**3) / 2,
        (2 - 5 * t**2 + 3 * t**3) / 2,
        (t + 4 * t**2 - 3 * t**3) / 2,
        (t**3 - t**2) / 2,
    )
    matrix = np.zeros((count * factor, count))
    for offset, weight in enumerate(weights, start=-1):
        nodes = np.clip(first + offset, 0, count - 1)
        np.add.at(matrix, (np.arange(len(places)), nodes), weight)
    return matrix


def _lines_at(values: Floats, level: float, low: Floats, step: float) -> list[Floats]:
    """Lines [n, 2] of the plane along which values [rows, columns] are at a level."""
    import pyqtgraph as pg  # noqa: PLC0415 - it must not slow the start

    known = np.where(np.isfinite(values), values, np.nanmin(values) if np.isfinite(values).any() else 0.0)
    lines = pg.isocurve(known.T, level, connected=True)  # it puts the first node at (0.5, 0.5)
    return [low + (np.array(line) - 0.5) * step for line in lines]


def _draw_line(painter: QPainter, view: PlaneView, line: Floats, colours: tuple[QColor, QColor]) -> None:
    """A line in the first colour, with a rim in the second that parts it from whatever is below."""
    places = QPolygonF([QPointF(x, y) for x, y in view.place(line.astype(np.float32)).tolist()])
    colour, rim = colours
    for pen in (QPen(faint(rim, 0.7), _LINE + 2.2), QPen(colour, _LINE)):
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.drawPolyline(places)
