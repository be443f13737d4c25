"""A short tour: callouts beside the parts of the window, which stays usable meanwhile."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QKeyEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from training.language import tr
from vae_desktop.labels import QuietLabel
from vae_desktop.style import GRID, accent, mix, scaled_font

_WIDTH, _ARROW, _RADIUS, _MARGIN = 336, 10, 8, GRID
_FOLLOWED = (QEvent.Type.Resize, QEvent.Type.LayoutRequest)


@dataclass(frozen=True)
class TourStep:
    """One callout.

    Attributes:
        title: what it is about.
        words: asked for its text whenever something has changed.
        spot: where it points to, in the window; None where that is not to be seen.
        above: whether it lies above the spot rather than beside it, where there is room.
    """

    title: str
    words: Callable[[], str]
    spot: Callable[[], QRect | None]
    above: bool = False


class Tour(QWidget):
    """A callout that goes from step to step; its keyboard is that of any part of the window.

    Args:
        window: in which it floats.
        steps: at least one.
    """

    ended = Signal()

    def __init__(self, window: QWidget, steps: Sequence[TourStep]) -> None:
        super().__init__(window)
        self._window, self._steps, self._number = window, steps, 0
        self._tip: QPointF | None = None  # of the arrow, in this widget
        self._title, self._text, self._where = QLabel(), QLabel(), QuietLabel()
        self._title.setFont(scaled_font(self.font(), 1.1, bold=True))
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._where.setWordWrap(False)
        self._skip, self._back, self._next = (
            QPushButton(tr("Skip")),
            QPushButton(tr("Back")),
            QPushButton(tr("Next")),
        )
        for button, slot in ((self._skip, self.end), (self._back, self._go_back), (self._next, self._go_on)):
            button.setAutoDefault(True)  # Return presses the one with the keyboard
            button.clicked.connect(slot)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self._where, 1)
        for button in (self._skip, self._back, self._next):
            row.addWidget(button)
        self._layout = layout = QVBoxLayout(self)
        inner = _ARROW + GRID * 3 // 2
        layout.setContentsMargins(inner, inner, inner, inner)
        layout.setSpacing(GRID)
        layout.addWidget(self._title)
        layout.addWidget(self._text, 1)
        layout.addSpacing(GRID // 2)
        layout.addLayout(row)
        self.setFixedWidth(_WIDTH + 2 * _ARROW)
        self.hide()
        window.installEventFilter(self)

    def begin(self) -> None:
        """Show the first step, and give it the keyboard."""
        self._number = 0
        self.show()
        self._show()
        self._next.setFocus(Qt.FocusReason.PopupFocusReason)

    def refresh(self) -> None:
        """Something has changed that the present step may tell of."""
        if self.isVisible() and self._text.text() != self._steps[self._number].words():
            self._show()
        elif self.isVisible():
            self._place()

    def end(self) -> None:
        """Go away."""
        if self.isVisible():
            self.hide()
            self.ended.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay beside what it points to."""
        if watched is self._window and event.type() in _FOLLOWED and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows go on and back, Esc ends it."""
        if event.key() == Qt.Key.Key_Escape:
            self.end()
        elif event.key() == Qt.Key.Key_Right:
            self._go_on()
        elif event.key() == Qt.Key.Key_Left:
            self._go_back()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A rounded ground in a hint of the accent, and an arrow to what it is about."""
        palette = self.palette()
        area = self.rect().toRectF().adjusted(_ARROW, _ARROW, -_ARROW, -_ARROW)
        shape = QPainterPath()
        shape.addRoundedRect(area, _RADIUS, _RADIUS)
        if self._tip is not None:
            shape = shape.united(_arrow(self._tip, QPointF(area.center()), area.width(), area.height()))
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(accent(palette), 1.5))
            painter.setBrush(mix(palette.color(QPalette.ColorRole.Base), accent(palette), 0.08))
            painter.drawPath(shape)

    def _go_on(self) -> None:
        if self._number + 1 == len(self._steps):
            self.end()
        else:
            self._number += 1
            self._show()

    def _go_back(self) -> None:
        if self._number:
            self._number -= 1
            self._show()

    def _show(self) -> None:
        step, last = self._steps[self._number], len(self._steps) - 1
        self._title.setText(step.title)
        self._text.setText(step.words())
        self._where.setText(tr("{number} of {count}", number=self._number + 1, count=last + 1))
        self._back.setVisible(self._number > 0)
        self._skip.setVisible(self._number < last)
        self._next.setText(tr("Done") if self._number == last else tr("Next"))
        said = tr(
            "Tour, {place}. {title}. {words}", place=self._where.text(), title=step.title, words=step.words()
        )
        self.setAccessibleName(said)
        self._next.setAccessibleDescription(said)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, said))
        self._place()

    def _place(self) -> None:
        height = self._layout.totalHeightForWidth(self.width())
        size = QSize(self.width(), height)
        room = self._window.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        step = self._steps[self._number]
        spot = step.spot()
        corner, points = _beside(spot, size, room, step.above) if spot is not None else (None, False)
        if corner is None:
            corner = QPoint(room.center().x() - size.width() // 2, room.bottom() - size.height())
        self._tip = None
        if spot is not None and points:
            self._tip = QPointF(_nearest(QRect(corner, size), spot.center()) - corner)
        self.setGeometry(QRect(corner, size))
        self.raise_()
        self.update()


def _beside(spot: QRect, size: QSize, room: QRect, above: bool) -> tuple[QPoint, bool]:
    """Where a callout of this size lies beside a spot, and whether it points to it; else within the spot."""
    across = _clamp(spot.center().x() - size.width() // 2, room.left(), room.right() - size.width())
    down = _clamp(spot.center().y() - size.height() // 2, room.top(), room.bottom() - size.height())
    over = QPoint(across, spot.top() - size.height())
    beside = [QPoint(spot.right(), down), QPoint(spot.left() - size.width(), down)]
    for corner in (*([over] if above else []), *beside, over, QPoint(across, spot.bottom())):
        if room.contains(QRect(corner, size)):
            return corner, True
    return QPoint(across, down), False


def _nearest(area: QRect, point: QPoint) -> QPoint:
    """The point on the border of an area that is nearest to a point outside."""
    inner = area.adjusted(
        _ARROW + _RADIUS * 2, _ARROW + _RADIUS * 2, -_ARROW - _RADIUS * 2, -_ARROW - _RADIUS * 2
    )
    x, y = _clamp(point.x(), area.left(), area.right()), _clamp(point.y(), area.top(), area.bottom())
    if x in (area.left(), area.right()):
        return QPoint(x, _clamp(y, inner.top(), inner.bottom()))
    return QPoint(_clamp(x, inner.left(), inner.right()), y)


def _arrow(tip: QPointF, centre: QPointF, width: float, height: float) -> QPainterPath:
    """A triangle from the border of the ground to the tip."""
    sideways = abs(tip.x() - centre.x()) / width > abs(tip.y() - centre.y()) / height
    wide = QPointF(0, _ARROW) if sideways else QPointF(_ARROW, 0)
    back = QPointF(0, 0)
    if sideways:
        back.setX(_ARROW + 2 if tip.x() < centre.x() else -_ARROW - 2)
    else:
        back.setY(_ARROW + 2 if tip.y() < centre.y() else -_ARROW - 2)
    path = QPainterPath()
    path.addPolygon(QPolygonF([tip, tip + back + wide, tip + back - wide, tip]))
    return path


def _clamp(value: int, low: int, high: int) -> int:
    return max(low, min(value, high))
