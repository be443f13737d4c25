"""Where the pictures around a handle lie on the plane."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from vae_desktop.plane_layers import PlaneColours, faint
from vae_desktop.plane_overlay import PlaneOverlay
from vae_desktop.plane_view import PlaneView

_DOT = 3.0  # pixels


@dataclass(frozen=True, eq=False)
class Jitter:
    """A handle's surroundings on the plane.

    Attributes:
        middle: the handle, in coordinates of the plane, as all of these.
        axes: standard deviations along the axes of the ellipse.
        angle: how far it is turned, radians counter-clockwise.
        places: [n, 2], the pictures around it.
    """

    middle: tuple[float, float]
    axes: tuple[float, float]
    angle: float
    places: NDArray[np.float32]


class JitterOverlay(PlaneOverlay):
    """A dashed ellipse at one standard deviation, and faint dots.

    Attributes:
        jitter: what is shown; None for nothing.
    """

    def __init__(self) -> None:
        self.jitter: Jitter | None = None

    def draw(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """Paint it."""
        if self.jitter is None:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.save()
        painter.translate(QPointF(*view.to_screen(*self.jitter.middle)))
        painter.rotate(-math.degrees(self.jitter.angle))
        across, along = (axis * view.scale for axis in self.jitter.axes)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for pen in (
            QPen(faint(colours.ground, 0.7), 3),
            QPen(faint(colours.accent, 0.9), 1.3, Qt.PenStyle.DashLine),
        ):
            painter.setPen(pen)
            painter.drawEllipse(QPointF(), across, along)
        painter.restore()
        painter.setPen(QPen(faint(colours.ground, 0.8), 1))
        painter.setBrush(faint(colours.accent, 0.7))
        for x, y in view.place(self.jitter.places):
            painter.drawEllipse(QPointF(x, y), _DOT, _DOT)
