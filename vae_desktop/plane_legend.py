"""What the colours on the plane mean, in its lower left corner."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QLinearGradient, QPainter

from vae_desktop.plane_colouring import Scale
from vae_desktop.plane_layers import PlaneColours, faint
from vae_desktop.plane_view import PlaneView

_MARGIN = 8.0
_LONGEST_NAME = 180.0  # pixels
_BAR_WIDTH, _BAR_HEIGHT = 200.0, 8.0
_MOST_SHARE = 0.45  # of the plane's height


@dataclass(frozen=True)
class Legend:
    """What is written there, from top to bottom.

    Attributes:
        entries: words with the colour of their dot.
        scale: of a continuous value, with its colours.
        notes: lines of their own.
    """

    entries: Sequence[tuple[str, QColor]] = ()
    scale: tuple[Scale, Sequence[QColor]] | None = None
    notes: Sequence[str] = ()


def draw_legend(painter: QPainter, view: PlaneView, legend: Legend, colours: PlaneColours) -> None:
    """Draw it; what does not fit is left out."""
    metrics = QFontMetricsF(painter.font())
    line = metrics.height() + 4
    room = view.width - 4 * _MARGIN
    notes = [metrics.elidedText(note, Qt.TextElideMode.ElideRight, room) for note in legend.notes if note]
    scale_height = 2 * line + _BAR_HEIGHT if legend.scale and room >= _BAR_WIDTH else 0.0
    most_rows = int((view.height * _MOST_SHARE - scale_height) / line) - len(notes)
    rows = _rows(legend.entries, metrics, room)[: max(most_rows, 0)]
    widths = [sum(width for *_, width in row) for row in rows] + [metrics.horizontalAdvance(n) for n in notes]
    widths += [_BAR_WIDTH + 2 * _MARGIN] if scale_height else []
    if not widths:
        return
    height = (len(rows) + len(notes)) * line + scale_height + 4
    plate = QRectF(view.left + _MARGIN, view.top + view.height - _MARGIN - height, max(widths) + 14, height)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(faint(colours.ground, 0.88))
    painter.drawRoundedRect(plate, 6, 6)
    at = QPointF(plate.left() + 10, plate.top() + 2)
    if scale_height and legend.scale:
        _draw_scale(painter, at, line, legend.scale, colours)
        at += QPointF(0, scale_height)
    for row in rows:
        _draw_row(painter, at, line, row, colours)
        at += QPointF(0, line)
    painter.setPen(colours.quiet)
    for note in notes:
        painter.drawText(QRectF(at.x(), at.y(), room, line), Qt.AlignmentFlag.AlignVCenter, note)
        at += QPointF(0, line)


_Entry = tuple[str, QColor, float]  # words, colour, width


def _rows(entries: Sequence[tuple[str, QColor]], metrics: QFontMetricsF, room: float) -> list[list[_Entry]]:
    """The entries beside each other as far as there is room; of several rows, in columns."""
    longest = _LONGEST_NAME if len(entries) > 1 else room - 26
    shown = [
        (metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, longest), colour) for text, colour in entries
    ]
    widths = [metrics.horizontalAdvance(text) + 26 for text, _ in shown]
    if sum(widths) > room:
        widths = [max(widths)] * len(widths)
    in_row = max(int(room / max(widths, default=1.0)), 1)
    if sum(widths) <= room:
        in_row = max(len(widths), 1)
    whole = [(text, colour, width) for (text, colour), width in zip(shown, widths, strict=True)]
    return [whole[start : start + in_row] for start in range(0, len(whole), in_row)]


def _draw_row(
    painter: QPainter, at: QPointF, height: float, row: list[_Entry], colours: PlaneColours
) -> None:
    x = at.x()
    for text, colour, width in row:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(QPointF(x + 3.5, at.y() + height / 2), 3.5, 3.5)
        painter.setPen(colours.text)
        painter.drawText(QRectF(x + 12, at.y(), width, height), Qt.AlignmentFlag.AlignVCenter, text)
        x += width


def _draw_scale(
    painter: QPainter,
    at: QPointF,
    line: float,
    scale_and_ramp: tuple[Scale, Sequence[QColor]],
    colours: PlaneColours,
) -> None:
    scale, ramp = scale_and_ramp
    metrics = QFontMetricsF(painter.font())
    painter.setPen(colours.text)
    title = metrics.elidedText(scale.title, Qt.TextElideMode.ElideRight, _BAR_WIDTH + _MARGIN)
    painter.drawText(QRectF(at.x(), at.y(), _BAR_WIDTH + _MARGIN, line), Qt.AlignmentFlag.AlignVCenter, title)
    bar = QRectF(at.x(), at.y() + line, _BAR_WIDTH, _BAR_HEIGHT)
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    for number, colour in enumerate(ramp):
        gradient.setColorAt(number / max(len(ramp) - 1, 1), colour)
    painter.fillRect(bar, gradient)
    painter.setPen(colours.quiet)
    for share, text in scale.ticks:
        width = metrics.horizontalAdvance(text)
        x = min(max(bar.left() + share * bar.width() - width / 2, bar.left()), bar.right() - width)
        painter.drawText(QRectF(x, bar.bottom(), width + 1, line), Qt.AlignmentFlag.AlignVCenter, text)
