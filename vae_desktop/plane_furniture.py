"""What helps to read the plane: prior rings, axes with ticks and ellipses."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetricsF, QPainter, QPen

from vae_desktop.plane_layers import PlaneColours, area_of, faint
from vae_desktop.plane_view import PlaneView, signed, tick_values
from vae_desktop.style import mix

Place = tuple[float, float]
"""A point of the plane."""

RULER_LEFT, RULER_BOTTOM = 40, 24
"""Width and height in pixels of the bands that carry the tick numbers."""

_TICK_GAP = 70  # at least so many pixels between two tick numbers


def draw_axes(
    painter: QPainter, view: PlaneView, colours: PlaneColours, prior_mean: Place, *, on_tiles: bool
) -> None:
    """Draw the two lines through the prior's mean."""
    x, y = view.to_screen(*prior_mean)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    # Mid-grey is seen on tiles of any brightness and on the ground beside them.
    painter.setPen(QPen(QColor(128, 128, 128, 130) if on_tiles else faint(colours.text, 0.14), 1))
    if view.left <= x <= view.left + view.width:
        painter.drawLine(QPointF(x, view.top), QPointF(x, view.top + view.height))
    if view.top <= y <= view.top + view.height:
        painter.drawLine(QPointF(view.left, y), QPointF(view.left + view.width, y))


def draw_rings(
    painter: QPainter, view: PlaneView, colours: PlaneColours, prior_mean: Place, *, on_tiles: bool
) -> None:
    """Draw the prior's rings at 1σ, 2σ and 3σ around its mean."""
    centre = QPointF(*view.to_screen(*prior_mean))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for sigma in (1, 2, 3):
        radius = sigma * view.scale
        if on_tiles:
            painter.setPen(QPen(QColor(0, 0, 0, 70), 3))
            painter.drawEllipse(centre, radius, radius)
        colour = QColor(255, 255, 255, 204) if on_tiles else faint(colours.text, 0.26)
        painter.setPen(QPen(colour, 1.2))
        painter.drawEllipse(centre, radius, radius)
        if view.scale > 24:
            # On the diagonal, where neither an axis nor a ruler is in the way.
            at = QPointF(centre.x() + radius * 0.7071, centre.y() - radius * 0.7071)
            _draw_plate(painter, at, f"{sigma}σ", colours)


def _draw_plate(painter: QPainter, centre: QPointF, text: str, colours: PlaneColours) -> None:
    metrics = QFontMetricsF(painter.font())
    plate = QRectF(0, 0, metrics.horizontalAdvance(text) + 10, metrics.height() + 2)
    plate.moveCenter(centre)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint(colours.ground, 0.86))
    painter.drawRoundedRect(plate, plate.height() / 2, plate.height() / 2)
    painter.setPen(colours.quiet)
    painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, text)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def draw_rulers(painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
    """Draw the tick numbers beside the area."""
    area = area_of(view)
    z1_min, z1_max, z2_min, z2_max = view.extent
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    edge = QPen(mix(colours.text, colours.ground, 0.82), 1)
    painter.setPen(edge)
    painter.drawLine(area.bottomLeft(), area.bottomRight())
    painter.drawLine(area.topLeft(), area.bottomLeft())
    values, decimals = tick_values(z1_min, z1_max, int(view.width / _TICK_GAP))
    for value in values:
        x, _ = view.to_screen(value, 0.0)
        painter.setPen(edge)
        painter.drawLine(QPointF(x, area.bottom()), QPointF(x, area.bottom() + 4))
        painter.setPen(colours.quiet)
        box = QRectF(x - 30, area.bottom() + 5, 60, RULER_BOTTOM - 6)
        if x - 12 > area.left():
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, signed(value, decimals))
    values, decimals = tick_values(z2_min, z2_max, int(view.height / _TICK_GAP))
    texts = [signed(value, decimals) for value in values]
    # Long numbers, of a view from very near, stand upright along the ruler.
    room = RULER_LEFT - 8
    upright = any(painter.fontMetrics().horizontalAdvance(text) > room for text in texts)
    for value, text in zip(values, texts, strict=True):
        _, y = view.to_screen(0.0, value)
        painter.setPen(edge)
        painter.drawLine(QPointF(area.left() - 4, y), QPointF(area.left(), y))
        painter.setPen(colours.quiet)
        if upright and 30 < y < area.bottom() - 30:
            _draw_upright(painter, QPointF(room / 2, y), text)
        elif not upright and 8 < y < area.bottom() - 6:
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 10, room, 20), align, text)
    corner = QRectF(0, area.bottom() + 2, RULER_LEFT - 8, RULER_BOTTOM - 4)
    painter.drawText(corner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, "σ")


def _draw_upright(painter: QPainter, middle: QPointF, text: str) -> None:
    """Draw a text turned by a quarter, to be read from the right."""
    painter.save()
    painter.translate(middle)
    painter.rotate(-90.0)
    painter.drawText(QRectF(-40, -10, 80, 20), Qt.AlignmentFlag.AlignCenter, text)
    painter.restore()


def draw_placeholder(
    painter: QPainter, view: PlaneView, colours: PlaneColours, font: QFont, text: str
) -> None:
    """Draw the empty map: the prior's rings, faintly, and a text in their middle."""
    area = area_of(view)
    painter.setOpacity(0.5)
    draw_rings(painter, view, colours, (0.0, 0.0), on_tiles=False)
    painter.setOpacity(1.0)
    painter.setFont(font)
    wrapped = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    room = area.adjusted(32, 32, -32, -32)
    box = painter.boundingRect(room, wrapped, text).adjusted(-16, -10, 16, 10)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colours.ground)
    painter.drawRoundedRect(box, 8, 8)
    painter.setPen(colours.quiet)
    painter.drawText(room, wrapped, text)


def draw_posterior(
    painter: QPainter,
    view: PlaneView,
    mean: tuple[float, float],
    sigma: tuple[float, float],
    angle: float,
    *,
    colour: QColor,
    colours: PlaneColours,
) -> None:
    """Draw one picture's posterior: its mean and the ellipses at 1σ and 2σ, to scale, turned by an angle."""
    painter.save()
    painter.setClipRect(area_of(view), Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(QPointF(*view.to_screen(*mean)))
    painter.rotate(-math.degrees(angle))
    centre = QPointF()
    for times, fill in ((2, 0.16), (1, 0.22)):
        width, height = (times * part * view.scale for part in sigma)
        painter.setBrush(faint(colour, fill))
        for pen in (QPen(faint(colours.ground, 0.8), 3), QPen(colour, 1.4)):
            painter.setPen(pen)
            painter.drawEllipse(centre, width, height)
            painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colours.ground, 2))
    painter.setBrush(QBrush(colour))
    painter.drawEllipse(centre, 5, 5)
    painter.restore()
