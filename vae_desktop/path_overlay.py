"""A path as it is seen on the plane, and what the pointer does with it."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from vae_desktop.plane_layers import PlaneColours
from vae_desktop.plane_overlay import PlaneOverlay, PlaneTool, Spot
from vae_desktop.plane_view import PlaneView

_HALF = 8.5  # of a stop's square, pixels
_DOT = 7.0
_LINE_REACH = 8.0  # pixels from the line within which it is meant
_MOST_DRAWN = 3_000  # points of the line
_DARK, _WHITE = QColor(16, 18, 22, 150), QColor(255, 255, 255)

Points = NDArray[np.float64]


class PathHand(Protocol):
    """What the tools do to the path; places are told as they are pointed at."""

    def begin_stop(self, before: int | None) -> int:
        """A stop is about to be added before another one, or at the end: which one it will be."""

    def move_stop(self, stop: int, spot: Spot) -> None:
        """Show a stop there, for the time being."""

    def settle(self) -> None:
        """Keep what was shown for the time being."""

    def give_up(self) -> None:
        """Forget what was shown for the time being."""

    def select(self, stop: int | None) -> None:
        """Keys mean this stop."""


class AddStop(PlaneTool):
    """Adds a stop where it is let go: at the end, or within the line."""

    def __init__(self, hand: PathHand, before: Callable[[Spot], int | None]) -> None:
        self._hand, self._before = hand, before
        self._stop = 0

    def press(self, spot: Spot) -> None:
        """Show it at once."""
        self._stop = self._hand.begin_stop(self._before(spot))
        self._hand.move_stop(self._stop, spot)

    def drag(self, spot: Spot) -> None:
        """Show it there."""
        self._hand.move_stop(self._stop, spot)

    def release(self, spot: Spot, *, is_click: bool) -> None:
        """Add it."""
        del spot, is_click
        self._hand.settle()
        self._hand.select(self._stop)

    def cancel(self) -> None:
        """Add none."""
        self._hand.give_up()


class MoveStop(PlaneTool):
    """Moves a stop; a click chooses it."""

    cursor = Qt.CursorShape.OpenHandCursor

    def __init__(self, hand: PathHand, stop: int) -> None:
        self._hand, self._stop = hand, stop

    def press(self, spot: Spot) -> None:
        """Choose it."""
        del spot
        self._hand.select(self._stop)

    def drag(self, spot: Spot) -> None:
        """Show it there."""
        self._hand.move_stop(self._stop, spot)

    def release(self, spot: Spot, *, is_click: bool) -> None:
        """Keep it there; a trembling click moves nothing."""
        del spot
        if is_click:
            self._hand.give_up()
        else:
            self._hand.settle()

    def cancel(self) -> None:
        """Leave it where it was."""
        self._hand.give_up()


class PathOverlay(PlaneOverlay):
    """The line, its numbered stops, and the dot that travels along it.

    Attributes:
        stops: [n, 2] on the plane.
        line: [m, 2] on the plane, none while there is no path.
        legs: [m], which leg each point of the line belongs to.
        is_pending: the line is not yet the one that was asked for.
        selected: the stop that keys mean.
        traveller: where the dot is, on the plane.
        is_editing: whether a press on the line adds a stop there.
    """

    def __init__(self, hand: PathHand) -> None:
        self._hand = hand
        self.is_editing = False
        self.is_pending = False
        self.clear()

    def clear(self) -> None:
        """Show nothing."""
        self.stops: Points = np.zeros((0, 2))
        self.line: Points = np.zeros((0, 2))
        self.legs = np.zeros(0, np.int64)
        self.selected: int | None = None
        self.traveller: tuple[float, float] | None = None

    def draw(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """Paint all of it."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_line(painter, view, colours)
        if self.traveller is not None:
            _draw_dot(painter, QPointF(*view.to_screen(*self.traveller)), colours)
        font = painter.font()
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        for number, (x, y) in enumerate(self._on_screen(view, self.stops), 1):
            self._draw_stop(painter, QPointF(x, y), number, colours)

    def tool_at(self, spot: Spot) -> PlaneTool | None:
        """A stop can be moved always, the line be added to while it is edited."""
        stop = self.stop_at(spot)
        if stop is not None:
            return MoveStop(self._hand, stop)
        if self.is_editing and self.leg_at(spot) is not None:
            return AddStop(self._hand, self.before)
        return None

    def stop_at(self, spot: Spot) -> int | None:
        """The stop that is pointed at; of several the last one, which lies on top."""
        if len(self.stops) == 0:
            return None
        apart = self._on_screen(spot.view, self.stops) - (spot.at.x(), spot.at.y())
        distances = np.hypot(apart[:, 0], apart[:, 1])
        near = np.flatnonzero(distances <= min(distances.min() + 1e-6, spot.reach))
        return int(near[-1]) if len(near) else None

    def leg_at(self, spot: Spot) -> int | None:
        """The leg of the line that is pointed at."""
        if len(self.line) < 2:
            return None
        places = self._on_screen(spot.view, self.line) - (spot.at.x(), spot.at.y())
        start, move = places[:-1], np.diff(places, axis=0)
        squares = np.maximum((move**2).sum(axis=1), 1e-12)
        share = np.clip(-(start * move).sum(axis=1) / squares, 0.0, 1.0)[:, None]
        nearest = np.hypot(*(start + share * move).T)
        best = int(nearest.argmin())
        return int(self.legs[best + 1]) if nearest[best] <= _LINE_REACH else None

    def before(self, spot: Spot) -> int | None:
        """Before which stop one is added there; None for at the end."""
        leg = self.leg_at(spot)
        return None if leg is None else leg + 1

    @staticmethod
    def _on_screen(view: PlaneView, places: Points) -> Points:
        pixels: Points = places * (view.scale, -view.scale) + np.array(view.to_screen(0.0, 0.0))
        return pixels

    def _draw_line(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        if len(self.line) < 2:
            return
        every = -(-len(self.line) // _MOST_DRAWN)
        shown = np.concatenate([self.line[:-1:every], self.line[-1:]])
        places = np.clip(self._on_screen(view, shown), -1e5, 1e5)
        path = QPainterPath()
        path.addPolygon(QPolygonF([QPointF(x, y) for x, y in places.tolist()]))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        # Dark, white and coloured: one of them stands out on any backdrop.
        for colour, width in ((_DARK, 6.5), (_WHITE, 4.5), (colours.accent, 2.5)):
            pen = QPen(
                colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
            )
            if self.is_pending and colour is colours.accent:
                pen.setDashPattern([2.0, 3.0])
            painter.setPen(pen)
            painter.drawPath(path)

    def _draw_stop(self, painter: QPainter, centre: QPointF, number: int, colours: PlaneColours) -> None:
        """A rounded square, so that nobody takes it for a handle."""
        is_selected = number - 1 == self.selected
        half = _HALF + (3 if number >= 100 else 0)
        box = QRectF(centre.x() - half, centre.y() - _HALF, 2 * half, 2 * _HALF)
        painter.setPen(QPen(_DARK, 1))
        painter.setBrush(_WHITE)
        painter.drawRoundedRect(box.adjusted(-1.5, -1.5, 1.5, 1.5), 5, 5)
        painter.setPen(QPen(colours.accent, 1.5))
        painter.setBrush(colours.accent if is_selected else _WHITE)
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(colours.on_accent if is_selected else QColor(24, 28, 34))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))


def _draw_dot(painter: QPainter, centre: QPointF, colours: PlaneColours) -> None:
    painter.setPen(QPen(_DARK, 1))
    painter.setBrush(_WHITE)
    painter.drawEllipse(centre, _DOT + 2, _DOT + 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.accent)
    painter.drawEllipse(centre, _DOT - 1, _DOT - 1)
