"""The draggable points of the plane: where they are, which one is active, how they look."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from vae_desktop.plane_layers import PlaneColours
from vae_desktop.plane_view import PlaneView

RADIUS = 9.0
"""Of a handle on the screen, in pixels, at any zoom."""

MOUSE_REACH, TOUCH_REACH = 14.0, 22.0
"""How far from its centre a handle can be grabbed, in pixels."""


class Handles:
    """Handles by id. An id is the number written on the handle; the lowest free one is given out."""

    def __init__(self) -> None:
        self.positions: dict[int, tuple[float, float]] = {}
        self.active: int | None = None

    def add(self, z1: float, z2: float) -> int:
        """A new handle, which becomes the active one."""
        number = next(n for n in range(1, len(self.positions) + 2) if n not in self.positions)
        self.positions[number] = (z1, z2)
        self.active = number
        return number

    def remove(self, number: int) -> None:
        """Take a handle away; the one before it becomes active if it was. KeyError for an unknown id."""
        before = self.neighbour(-1) if number == self.active else self.active
        del self.positions[number]
        self.active = before if before in self.positions else None

    def clear(self) -> None:
        """Take all handles away."""
        self.positions.clear()
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


def handle_area(view: PlaneView, position: tuple[float, float]) -> QRectF:
    """What has to be painted again when a handle moves from or to a position."""
    x, y = view.to_screen(*position)
    return QRectF(x - RADIUS - 6, y - RADIUS - 6, 2 * RADIUS + 12, 2 * RADIUS + 12)


def draw_handles(painter: QPainter, view: PlaneView, handles: Handles, colours: PlaneColours) -> None:
    """Draw the handles, the active one on top, numbered when there are several."""
    font = painter.font()
    font.setPixelSize(11)
    font.setBold(True)
    painter.setFont(font)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for number in sorted(handles.positions, key=lambda number: number == handles.active):
        centre = QPointF(*view.to_screen(*handles.positions[number]))
        active = number == handles.active
        painter.setPen(Qt.PenStyle.NoPen)
        # A soft shadow, then dark, white and filled discs: one of the edges stands out on any backdrop.
        for grow, alpha in ((5.0, 16), (3.5, 28), (2.2, 60)):
            painter.setBrush(QColor(0, 0, 0, alpha))
            painter.drawEllipse(centre + QPointF(0, 1), RADIUS + grow, RADIUS + grow)
        fill = colours.accent if active else QColor(52, 56, 62)
        painter.setBrush(fill)
        painter.setPen(QPen(QColor(16, 18, 22, 200), 1))
        painter.drawEllipse(centre, RADIUS + 1.5, RADIUS + 1.5)
        painter.setPen(QPen(QColor(255, 255, 255), 2.4))
        painter.drawEllipse(centre, RADIUS, RADIUS)
        if len(handles.positions) > 1:
            painter.setPen(colours.on_accent if active else QColor(255, 255, 255))
            box = QRectF(centre.x() - 12, centre.y() - 12, 24, 24)
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number))
