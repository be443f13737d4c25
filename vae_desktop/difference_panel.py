"""What tells one group of pictures from another, to be added to the handle by a slider."""

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from training.language import mark, tr
from vae_desktop.labels import QuietLabel
from vae_desktop.plane_view import signed
from vae_desktop.style import GRID, scaled_font, tabular_font

REACH = 2.0
"""The slider goes this far to both sides, in differences."""

_STEPS = 100  # of the slider for one difference
_HELP = mark(
    "The mean of the second group less that of the first one, in latent numbers. Added to a picture it makes"
    " it more like the second group, taken away more like the first."
)


class _Strength(QSlider):
    """Leaves the wheel to what it lies in, and goes to the middle on a double click."""

    def __init__(self) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(round(-REACH * _STEPS), round(REACH * _STEPS))
        self.setSingleStep(_STEPS // 20)
        self.setPageStep(_STEPS // 2)
        self.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.setTickInterval(_STEPS)
        self.setAccessibleName(tr("How much of the difference is added to the handle"))
        self.setToolTip(tr("How much of the difference is added to the handle; double-click for none"))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Nothing is moved by accident."""
        event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the picture itself."""
        self.setValue(0)
        event.accept()


class DifferencePanel(QWidget):
    """Two groups to choose, what is known of their difference, and a slider."""

    chosen = Signal(int, int)  # the groups' keys: from, to
    grabbed = Signal()  # the slider is held by the mouse …
    moved = Signal(float)  # how many differences to add
    released = Signal()  # … until now

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(tr("Difference"))
        title.setFont(scaled_font(title.font(), 1.0, bold=True))
        title.setToolTip(tr(_HELP))
        self._from, self._to = QComboBox(), QComboBox()
        for box, name in (
            (self._from, tr("Difference from group")),
            (self._to, tr("Difference to group")),
        ):
            box.setAccessibleName(name)
            box.setToolTip(tr(_HELP))
            box.setMinimumContentsLength(6)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.currentIndexChanged.connect(lambda _index: self.chosen.emit(*self.pair))
        self._note = QuietLabel()
        self._slider = _Strength()
        self._value = QLabel()
        self._value.setFont(tabular_font(self._value.font()))
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._value.setMinimumWidth(self.fontMetrics().horizontalAdvance("−0.00"))
        self._slider.sliderPressed.connect(self.grabbed)
        self._slider.sliderReleased.connect(self.released)
        self._slider.valueChanged.connect(self._on_moved)
        self._lay_out(title)
        self.show_strength(0.0)

    @property
    def pair(self) -> tuple[int, int]:
        """The keys of the two groups, −1 for none."""
        first, second = (box.currentData() for box in (self._from, self._to))
        return (-1 if first is None else int(first)), (-1 if second is None else int(second))

    @property
    def is_held(self) -> bool:
        """Whether the mouse holds the slider."""
        return self._slider.isSliderDown()

    def show_groups(self, groups: Sequence[tuple[int, str]]) -> None:
        """Offer these groups, (key, name) each; the chosen ones stay so, if they are there."""
        before = self.pair
        for box, key, place in ((self._from, before[0], 0), (self._to, before[1], 1)):
            with QSignalBlocker(box):
                box.clear()
                for of_group, name in groups:
                    box.addItem(name, of_group)
                found = box.findData(key)
                box.setCurrentIndex(found if found >= 0 else min(place, len(groups) - 1))
        if self.pair[0] == self.pair[1] and len(groups) > 1:
            with QSignalBlocker(self._to):
                self._to.setCurrentIndex((self._from.currentIndex() + 1) % len(groups))
        self.chosen.emit(*self.pair)

    def show_note(self, note: str, *, usable: bool) -> None:
        """Tell of the difference, and whether there is one to add."""
        self._note.setText(note)
        self._slider.setEnabled(usable)

    def show_strength(self, strength: float) -> None:
        """Show how much is added to the handle now."""
        with QSignalBlocker(self._slider):
            self._slider.setValue(round(strength * _STEPS))
        self._value.setText(signed(strength, 2))

    def _on_moved(self, value: int) -> None:
        self._value.setText(signed(value / _STEPS, 2))
        self.moved.emit(value / _STEPS)

    def _lay_out(self, title: QLabel) -> None:
        boxes = QGridLayout()
        boxes.setSpacing(GRID // 2)
        for row, (word, box) in enumerate(((tr("from"), self._from), (tr("to"), self._to))):
            label = QLabel(word)
            label.setBuddy(box)
            boxes.addWidget(label, row, 0)
            boxes.addWidget(box, row, 1)
        boxes.setColumnStretch(1, 1)
        strength = QHBoxLayout()
        strength.setSpacing(GRID // 2)
        strength.addWidget(self._slider, 1)
        strength.addWidget(self._value)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(title)
        layout.addLayout(boxes)
        layout.addWidget(self._note)
        layout.addWidget(QLabel(tr("Add to the handle")))
        layout.addLayout(strength)
