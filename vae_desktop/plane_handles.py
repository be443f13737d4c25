"""The draggable points of the plane: where they are, which one is active, how they look."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from training.language import tr
from vae_desktop.plane_layers import PlaneColours, faint
from vae_desktop.plane_view import PlaneView

RADIUS = 9.0
"""Of a handle on the screen, in pixels, at any zoom."""

LONGEST_NAME = 160.0
"""Pixels; longer ones are cut short."""

MOUSE_REACH, TOUCH_REACH = 14.0, 22.0
"""How far from its centre a handle can be grabbed, in pixels."""


class Handles:
    """Handles by id. An id is the number written on the handle; the lowest free one is given out.

    Attributes:
        positions: on the plane.
        names: of those that a person gave one.
        locked: those that no hand moves.
        active: the one that clicks and keys move.
    """

    def __init__(self) -> None:
        self.positions: dict[int, tuple[float, float]] = {}
        self.names: dict[int, str] = {}
        self.locked: set[int] = set()
        self.active: int | None = None

    def title(self, number: int) -> str:
        """What a handle is called."""
        return self.names.get(number) or tr("Handle {number}", number=number)

    def add(self, z1: float, z2: float, number: int | None = None) -> int:
        """A new handle, which becomes the active one; with a number of one's own if that is free."""
        if number is None or number in self.positions:
            number = next(n for n in range(1, len(self.positions) + 2) if n not in self.positions)
        self.positions[number] = (z1, z2)
        self.active = number
        return number

    def remove(self, number: int) -> None:
        """Take a handle away; the one before it becomes active if it was. KeyError for an unknown id."""
        before = self.neighbour(-1) if number == self.active else self.active
        del self.positions[number]
        self.names.pop(number, None)
        self.locked.discard(number)
        self.active = before if before in self.positions else None

    def clear(self) -> None:
        """Take all handles away."""
        self.positions.clear()
        self.names.clear()
        self.locked.clear()
        self.active = None

    def neighbour(self, step: int) -> int | None:
        """The id that many places after the active one, going round."""
        if self.active is None:
            return None
        order = sorted(self.positions)
        return order[(order.index(self.active) + step) % len(order)]

    def at(self, view: PlaneView, x: float, y: float, reach: float) -> int | None:
        """The handle nearest to a pixel and no farther than ``reach`` from it."""
        distances = [
            (math.dist(view.to_screen(*position), (x, y)), number != self.active, number)
            for number, position in self.positions.items()
        ]
        near = [entry for entry in distances if entry[0] <= reach]
        return min(near)[2] if near else None


def handle_area(view: PlaneView, position: tuple[float, float], *, is_named: bool) -> QRectF:
    """What has to be painted again when a handle moves from or to a position."""
    x, y = view.to_screen(*position)
    beside = LONGEST_NAME + 14 if is_named else 0.0
    return QRectF(x - RADIUS - 6, y - RADIUS - 6, 2 * RADIUS + 14 + beside, 2 * RADIUS + 14)


def draw_handles(painter: QPainter, view: PlaneView, handles: Handles, colours: PlaneColours) -> None:
    """Draw the handles, the active one on top, numbered when there are several, with their names."""
    font = painter.font()
    font.setPixelSize(11)
    font.setBold(True)
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for number in sorted(handles.positions, key=lambda number: number == handles.active):
        centre = QPointF(*view.to_screen(*handles.positions[number]))
        active = number == handles.active
        _draw_disc(painter, centre, colours.accent if active else QColor(52, 56, 62))
        on_disc = colours.on_accent if active else QColor(255, 255, 255)
        if len(handles.positions) > 1:
            painter.setPen(on_disc)
            box = QRectF(centre.x() - 12, centre.y() - 12, 24, 24)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))
        if number in handles.locked:
            draw_lock(painter, centre + QPointF(RADIUS, RADIUS))
        if name := handles.names.get(number):
            _draw_name(painter, centre, name, colours)


def _draw_disc(painter: QPainter, centre: QPointF, fill: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    # A soft shadow, then dark, white and filled discs: one of the edges stands out on any backdrop.
    for grow, alpha in ((5.0, 16), (3.5, 28), (2.2, 60)):
        painter.setBrush(QColor(0, 0, 0, alpha))
        painter.drawEllipse(centre + QPointF(0, 1), RADIUS + grow, RADIUS + grow)
    painter.setBrush(fill)
    painter.setPen(QPen(QColor(16, 18, 22, 200), 1))
    painter.drawEllipse(centre, RADIUS + 1.5, RADIUS + 1.5)
    painter.setPen(QPen(QColor(255, 255, 255), 2.4))
    painter.drawEllipse(centre, RADIUS, RADIUS)


def draw_lock(painter: QPainter, centre: QPointF) -> None:
    """A padlock in a small white disc at the handle's lower right."""
    painter.setPen(QPen(QColor(16, 18, 22, 200), 1))
    painter.setBrush(QColor(255, 255, 255))
    painter.drawEllipse(centre, 6.5, 6.5)
    ink = QColor(16, 18, 22)
    painter.setPen(QPen(ink, 1.3))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawArc(QRectF(centre.x() - 2, centre.y() - 4.2, 4, 5), 0, 180 * 16)
    painter.fillRect(QRectF(centre.x() - 3, centre.y() - 1, 6, 4.2), ink)


def _draw_name(painter: QPainter, centre: QPointF, name: str, colours: PlaneColours) -> None:
    """The name on a plate at the handle's right."""
    metrics = QFontMetricsF(painter.font())
    shown = metrics.elidedText(name, Qt.TextElideMode.ElideRight, LONGEST_NAME)
    plate = QRectF(centre.x() + RADIUS + 7, centre.y() - 9, metrics.horizontalAdvance(shown) + 12, 18)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint(colours.ground, 0.86))
    painter.drawRoundedRect(plate, 9, 9)
    painter.setPen(colours.text)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, shown)
