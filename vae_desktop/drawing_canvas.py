"""The sheet that is drawn on with mouse, pen, finger or keys."""

import math

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPointingDevice,
    QTabletEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from training.language import tr
from vae_desktop.drawing import Drawing
from vae_desktop.style import accent, hairline

_LIGHTEST = 0.3  # of the brush's width, under a pen that hardly touches
_ARROWS = {
    Qt.Key.Key_Left: QPointF(-1, 0),
    Qt.Key.Key_Right: QPointF(1, 0),
    Qt.Key.Key_Up: QPointF(0, -1),
    Qt.Key.Key_Down: QPointF(0, 1),
}


class DrawingCanvas(QWidget):
    """Shows a drawing, and changes it by strokes.

    The right button and the other end of a pen erase. By keys: the arrows move the brush by half a pixel of
    the model's picture (with Shift by four), the space bar puts it down and lifts it.

    Attributes:
        drawing: what is drawn on; call ``update`` after changing it.
        brush: its width, in pixels of the model's picture.
        erases: whether the brush erases.
    """

    changed = Signal()

    def __init__(self, drawing: Drawing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawing, self.brush, self.erases = drawing, 1.0, False
        self._last: QPointF | None = None  # of the stroke that is being drawn
        self._stroke_erases = False
        self._at: QPointF | None = None  # where the brush is shown
        self._key_down = False
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName(tr("Drawing"))
        self.setAccessibleDescription(
            tr("Arrow keys move the brush, the space bar puts it down and lifts it.")
        )

    def hasHeightForWidth(self) -> bool:
        """It is a square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """It is a square."""
        return width

    def sizeHint(self) -> QSize:
        """Room for a hand."""
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        """Still room enough to draw."""
        return QSize(160, 160)

    def _square(self) -> QRectF:
        side = min(self.width(), self.height())
        return QRectF((self.width() - side) / 2, 0, side, side)

    def _to_drawing(self, at: QPointF) -> QPointF:
        square = self._square()
        return (at - square.topLeft()) * (self.drawing.size / square.width())

    # ------------------------------------------------------------------ strokes

    def _put_down(self, at: QPointF, *, pressure: float = 1.0, erases: bool = False) -> None:
        self.drawing.begin_stroke()
        self._stroke_erases = erases or self.erases
        self._last = at
        self._move_to(at, pressure)

    def _move_to(self, at: QPointF, pressure: float = 1.0) -> None:
        self._at = at
        if self._last is not None:
            width = self.brush * (_LIGHTEST + (1 - _LIGHTEST) * pressure)
            self.drawing.draw(self._last, at, width, erases=self._stroke_erases)
            self._last = at
            self.changed.emit()
        self.update()

    def _lift(self) -> None:
        self._last = None
        self._key_down = False
        self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke, or begin to erase."""
        if self._last is None and event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            erases = event.button() == Qt.MouseButton.RightButton
            self._put_down(self._to_drawing(event.position()), erases=erases)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the stroke, or show where one would begin."""
        if not event.buttons() and not self._key_down:
            self._last = None  # the release went to another window
        if not self._key_down:
            self._move_to(self._to_drawing(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        del event
        self._lift()

    def tabletEvent(self, event: QTabletEvent) -> None:
        """The same with a pen, which draws the wider the harder it is pressed."""
        at = self._to_drawing(event.position())
        erases = event.pointerType() == QPointingDevice.PointerType.Eraser
        match event.type():
            case QEvent.Type.TabletPress:
                self._put_down(at, pressure=event.pressure(), erases=erases)
            case QEvent.Type.TabletMove:
                self._move_to(at, event.pressure())
            case QEvent.Type.TabletRelease:
                self._lift()
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the brush, put it down, lift it."""
        middle = QPointF(self.drawing.size / 2, self.drawing.size / 2)
        at = middle if self._at is None else self._at
        if event.key() in _ARROWS:
            step = 4.0 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.5
            target = at + _ARROWS[Qt.Key(event.key())] * step
            edge = float(self.drawing.size)
            self._move_to(QPointF(min(max(target.x(), 0.0), edge), min(max(target.y(), 0.0), edge)))
        elif event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            if self._key_down:
                self._lift()
            else:
                self._put_down(at)
                self._key_down = True
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys lift the brush when they go elsewhere."""
        super().focusOutEvent(event)
        if self._key_down:
            self._lift()

    def leaveEvent(self, event: QEvent) -> None:
        """Show no brush where there is no pointer."""
        super().leaveEvent(event)
        if self._last is None:
            self._at = None
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The drawing, its edge, and the brush as a circle."""
        square = self._square()
        with QPainter(self) as painter:
            painter.setRenderHints(
                QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing
            )
            painter.drawImage(square, self.drawing.image)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            if self._at is not None:
                painter.setClipRect(square)
                self._draw_brush(painter, square, self._at)
                painter.setClipping(False)
            edge = accent(self.palette()) if self.hasFocus() else hairline(self.palette())
            painter.setPen(QPen(edge, 2 if self.hasFocus() else 1))
            painter.drawRect(square.adjusted(0.5, 0.5, -0.5, -0.5))

    def _draw_brush(self, painter: QPainter, square: QRectF, at: QPointF) -> None:
        scale = square.width() / self.drawing.size
        radius = max(self.brush * scale / 2, math.sqrt(2))
        for colour, width in ((QColor(0, 0, 0, 160), 2.4), (QColor(255, 255, 255, 220), 1.0)):
            painter.setPen(QPen(colour, width))
            painter.drawEllipse(square.topLeft() + at * scale, radius, radius)
