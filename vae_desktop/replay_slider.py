"""A slider over a training: a tick where weights are kept; keys go from one kept step to the next."""

import bisect
from collections.abc import Sequence

from PySide6.QtCore import QRect, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSlider, QStyle, QStyleOptionSlider, QWidget

from training.language import tr
from vae_desktop.style import GRID, accent, mix

_FINENESS = 10_000  # places that a slider can have
_TICK = 5  # pixels
_NEARLY = 1e-6


class ReplaySlider(QSlider):
    """Places are shares of the way from the first kept step to the last one, 0 to 1.

    A press anywhere takes the slider there. Left and Right go to the neighbouring kept step, Page Up and Page
    Down to the neighbouring kept weights, Home and End to the ends, Space asks to play or to pause.
    """

    moved = Signal(float)  # by hand, to this share
    space_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, _FINENESS)
        self.setAccessibleName(tr("Training step that is shown"))
        self._frames: list[float] = []
        self._weights: list[float] = []
        self._share = 1.0
        self.valueChanged.connect(self._on_value)

    @property
    def share(self) -> float:
        """Where the slider is."""
        return self._share

    def set_stops(self, frames: Sequence[float], weights: Sequence[float]) -> None:
        """Where steps and where weights are kept, ascending each."""
        self._frames, self._weights = list(frames), list(weights)
        self.update()

    def show_share(self, share: float) -> None:
        """Go somewhere without reporting it."""
        self._share = share
        with QSignalBlocker(self):
            self.setValue(round(share * _FINENESS))

    def minimumSizeHint(self) -> QSize:
        """Still something to slide on."""
        return QSize(8 * GRID, super().minimumSizeHint().height() + _TICK)

    def sizeHint(self) -> QSize:
        """With room for the ticks below."""
        return QSize(40 * GRID, super().sizeHint().height() + _TICK)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to where is pressed, and follow from there."""
        if event.button() == Qt.MouseButton.LeftButton:
            groove, handle = self._areas()
            room = groove.width() - handle.width()
            at = round(event.position().x()) - groove.left() - handle.width() // 2
            self.setValue(QStyle.sliderValueFromPosition(0, _FINENESS, at, room))
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to a neighbour, play or pause."""
        jumps = {
            Qt.Key.Key_Left: (self._frames, -1),
            Qt.Key.Key_Right: (self._frames, 1),
            Qt.Key.Key_PageUp: (self._weights, 1),
            Qt.Key.Key_PageDown: (self._weights, -1),
        }
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Space:
            self.space_pressed.emit()
        elif key in jumps and event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            self._jump(*jumps[key])
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The ticks below the slider as the style draws it."""
        super().paintEvent(event)
        groove, handle = self._areas()
        room, left = groove.width() - handle.width(), groove.left() + handle.width() // 2
        palette = self.palette()
        ground = palette.window().color()
        with QPainter(self) as painter:
            for share in self._weights:
                passed = share <= self._share + _NEARLY
                painter.setPen(mix(accent(palette) if passed else palette.windowText().color(), ground, 0.35))
                x = left + round(share * room)
                painter.drawLine(x, self.height() - _TICK, x, self.height() - 2)

    def _areas(self) -> tuple[QRect, QRect]:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, whole = self.style(), QStyle.ComplexControl.CC_Slider
        groove = style.subControlRect(whole, option, QStyle.SubControl.SC_SliderGroove, self)
        return groove, style.subControlRect(whole, option, QStyle.SubControl.SC_SliderHandle, self)

    def _jump(self, stops: Sequence[float], direction: int) -> None:
        if direction > 0:
            place = bisect.bisect_right(stops, self._share + _NEARLY)
        else:
            place = bisect.bisect_left(stops, self._share - _NEARLY) - 1
        if 0 <= place < len(stops):
            self.show_share(stops[place])
            self.moved.emit(self._share)

    def _on_value(self, value: int) -> None:
        # Where a kept step is as near as the slider is fine, that step is meant.
        self._share = next(
            (stop for stop in self._frames if round(stop * _FINENESS) == value), value / _FINENESS
        )
        self.moved.emit(self._share)
