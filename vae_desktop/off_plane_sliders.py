"""A slider for every direction of the latent space that the plane does not show."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from training.language import mark, tr
from vae_desktop.plane_view import signed
from vae_desktop.style import GRID, tabular_font

REACH = 4.0
"""A slider goes this far to both sides, in the pictures' standard deviations along its direction."""

_STEPS = 100  # of a slider for one standard deviation
_WIDTH = 22  # of the panel, in letters
_TITLES = {"direction": mark("Other directions"), "number": mark("Other numbers")}
_NAMES = {"direction": mark("Direction {number}"), "number": mark("Number {number}")}
_HELP = mark(
    "What the plane does not show of the active handle, the most important first. 0 is the middle of your"
    " pictures, 1 their standard deviation in this direction. Double-click sets one back to the middle."
)


class _Slider(QSlider):
    """Leaves the wheel to the list that it is in, and goes to the middle on a double click."""

    def __init__(self, name: str) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setRange(round(-REACH * _STEPS), round(REACH * _STEPS))
        self.setSingleStep(_STEPS // 20)
        self.setPageStep(_STEPS // 2)
        self.setAccessibleName(name)
        self.setToolTip(tr("{name}: double-click for the middle", name=name))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll the list."""
        event.ignore()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the middle."""
        self.setValue(0)
        event.accept()


class OffPlaneSliders(QWidget):
    """The sliders in a list to scroll, for the active handle."""

    grabbed = Signal()  # a slider is held by the mouse …
    moved = Signal(int, float)  # which direction, counted from 0, and where to, as in show_values
    released = Signal()  # … until now
    reset_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._directions: tuple[str, tuple[int, ...]] = ("", ())
        self._sliders: list[_Slider] = []
        self._values: list[QLabel] = []
        self._title = QLabel()
        self._title.setToolTip(tr(_HELP))
        reset = QPushButton(tr("Reset"))
        reset.setToolTip(tr("Set all of them to the middle of your pictures"))
        reset.setAccessibleName(tr("Reset to the middle"))
        reset.clicked.connect(self.reset_requested)
        header = QHBoxLayout()
        header.addWidget(self._title, 1)
        header.addWidget(reset)
        self._list = QScrollArea()
        self._list.setWidgetResizable(True)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, 0, GRID // 2, GRID // 2)
        layout.setSpacing(GRID // 2)
        layout.addLayout(header)
        layout.addWidget(self._list, 1)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Wide enough for a slider between two numbers, at any font."""
        return QSize(self.fontMetrics().averageCharWidth() * _WIDTH + 4 * GRID, 200)

    def set_directions(self, kind: str, numbers: Sequence[int]) -> None:
        """Have one slider for each of these, in this order.

        Args:
            kind: what they are, "direction" or "number".
            numbers: which ones, as people count them.
        """
        if (kind, tuple(numbers)) == self._directions:
            return
        self._directions, self._sliders, self._values = (kind, tuple(numbers)), [], []
        self._title.setText(tr(_TITLES[kind]))
        rows = QWidget()
        grid = QGridLayout(rows)
        grid.setContentsMargins(0, 0, GRID, 0)
        grid.setVerticalSpacing(GRID // 2)
        grid.setColumnStretch(1, 1)
        for row, number in enumerate(numbers):
            self._add_row(grid, row, kind, number)
        grid.setRowStretch(len(numbers), 1)
        self._list.setWidget(rows)

    def show_values(self, values: Sequence[float]) -> None:
        """Show where the active handle is, in the pictures' standard deviations; beyond the ends, too."""
        for slider, label, value in zip(self._sliders, self._values, values, strict=True):
            with QSignalBlocker(slider):
                slider.setValue(round(min(max(value, -REACH), REACH) * _STEPS))
            label.setText(signed(value, 2))

    def _add_row(self, grid: QGridLayout, row: int, kind: str, number: int) -> None:
        slider, value = _Slider(tr(_NAMES[kind], number=number)), QLabel()
        value.setFont(tabular_font(self.font()))
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        value.setMinimumWidth(self.fontMetrics().horizontalAdvance("−00.00"))
        slider.sliderPressed.connect(self.grabbed)
        slider.sliderReleased.connect(self.released)
        slider.valueChanged.connect(lambda at: self.moved.emit(row, at / _STEPS))
        label = QLabel(str(number))
        label.setBuddy(slider)
        for column, widget in enumerate((label, slider, value)):
            grid.addWidget(widget, row, column)
        self._sliders.append(slider)
        self._values.append(value)

    def changeEvent(self, event: QEvent) -> None:
        """Stay wide enough when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self.updateGeometry()
