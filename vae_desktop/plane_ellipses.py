"""Posteriors of many pictures at once as ellipses to scale, for a cached layer."""

import math
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from vae_desktop.plane_dots import Paint
from vae_desktop.plane_layers import faint
from vae_desktop.plane_points import PointCloud
from vae_desktop.plane_view import PlaneView

MOST_ELLIPSES = 2_000
"""More at once would be neither told apart nor drawn soon."""

_FEW, _FAINTEST, _STRONGEST = 40, 0.16, 0.85


class EllipsesOf(Enum):
    """Whose posteriors are shown as ellipses."""

    POINTED_AT = "pointed at"
    SELECTED = "selected"
    ALL = "all"


def rows_in_sight(view: PlaneView, cloud: PointCloud, numbers: NDArray[np.int64] | None) -> NDArray[np.intp]:
    """Which of a cloud's points are in sight, by their rows, in scattered order.

    Args:
        numbers: of these pictures only; None for all.
    """
    z1_min, z1_max, z2_min, z2_max = view.extent
    scattered = cloud.scattered
    z1, z2 = scattered.z1, scattered.z2
    rows = scattered.rows[(z1 > z1_min) & (z1 < z1_max) & (z2 > z2_min) & (z2 < z2_max)]
    return rows if numbers is None else rows[np.isin(cloud.indices[rows], numbers)]


def draw_ellipses(
    painter: QPainter,
    view: PlaneView,
    cloud: PointCloud,
    rows: NDArray[np.intp],
    paint: Paint,
    *,
    halo: QColor | None = None,
) -> None:
    """Draw the ellipses of some points, by their rows, at 1σ and 2σ, the fainter the more there are.

    Args:
        halo: around the lines of few, so that they are seen on any backdrop.
    """
    strength = max(_STRONGEST * math.sqrt(_FEW / max(len(rows), _FEW)), _FAINTEST)
    pens = [
        (QPen(faint(colour, strength), 1.2), QPen(faint(colour, 0.6 * strength), 1.0))
        for colour in paint.colours
    ]
    around = QPen(faint(halo, 0.7), 3.0) if halo is not None and len(rows) <= 5 * _FEW else None
    places = view.place(cloud.means[rows])
    sizes = cloud.sigmas[rows].astype(np.float64) * view.scale
    turns = -np.degrees(cloud.angles[rows].astype(np.float64))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    whole, centre = painter.transform(), QPointF()
    columns = (places, sizes, turns, paint.classes[rows])
    for (x, y), (width, height), turn, number in zip(*(each.tolist() for each in columns), strict=True):
        painter.setTransform(whole)
        painter.translate(x, y)
        if turn:
            painter.rotate(turn)
        near, far = pens[number]
        if around is not None:
            painter.setPen(around)
            painter.drawEllipse(centre, width, height)
            painter.drawEllipse(centre, 2 * width, 2 * height)
        painter.setPen(near)
        painter.drawEllipse(centre, width, height)
        painter.setPen(far)
        painter.drawEllipse(centre, 2 * width, 2 * height)
    painter.restore()
