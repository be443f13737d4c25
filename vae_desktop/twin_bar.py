"""What is to be trained side by side, for how long, and the button that begins or ends it."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSizePolicy, QSpinBox, QWidget

from training.language import tr
from training.objectives import OBJECTIVE_NAMES, OBJECTIVES, ObjectiveName
from training.twin_order import TwinOrder, title_of
from vae_desktop.plain_words import tooltip_text
from vae_desktop.primary_button import PrimaryButton
from vae_desktop.style import GRID

_EPOCHS, _MINUTES = 0, 1
_USUAL = {_EPOCHS: 20, _MINUTES: 4}
_FIRST: tuple[ObjectiveName, ObjectiveName] = ("autoencoder", "vae")


class TwinBar(QWidget):
    """Two objectives, a length, and one button."""

    begin_requested = Signal()
    stop_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._objectives = (
            _objectives(_FIRST[0], tr("Objective on the left")),
            _objectives(_FIRST[1], tr("Objective on the right")),
        )
        self._amount = QSpinBox()
        self._amount.setRange(1, 9999)
        self._amount.setAccessibleName(tr("How long to train"))
        self._unit = QComboBox()
        self._unit.addItems([tr("epochs each"), tr("minutes together")])
        self._unit.setAccessibleName(tr("Unit of the length"))
        self._unit.setToolTip(
            tooltip_text(
                tr(
                    "Both make the same number of steps. How many epochs the minutes come to is measured"
                    " before they begin."
                )
            )
        )
        self._unit.currentIndexChanged.connect(lambda unit: self._amount.setValue(_USUAL[unit]))
        self._amount.setValue(_USUAL[_EPOCHS])
        self._button = PrimaryButton("", "train")
        self._button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._button.clicked.connect(self._on_clicked)
        self._is_running = False
        self._lay_out()
        self.show_running(False)

    def _lay_out(self) -> None:
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        beside = QLabel(tr("beside"))
        length = QLabel(tr("for"))
        length.setBuddy(self._amount)
        for widget in (self._objectives[0], beside, self._objectives[1], length, self._amount, self._unit):
            layout.addWidget(widget)
        layout.addStretch(1)
        layout.addWidget(self._button)

    def order(self, chosen: Mapping[str, Any]) -> TwinOrder:
        """What was chosen, with other settings of both by name."""
        one, other = (box.currentData() for box in self._objectives)
        in_minutes = self._unit.currentIndex() == _MINUTES
        amount = self._amount.value()
        return TwinOrder(
            (one, other),
            epochs=None if in_minutes else amount,
            minutes=float(amount) if in_minutes else None,
            chosen=chosen,
        )

    def show_running(self, running: bool, *, stopping: bool = False) -> None:
        """Offer to begin, or to end what was begun."""
        self._is_running = running
        if running:
            self._button.set_role(tr("Stop and keep both"), "stop")
        else:
            self._button.set_role(tr("Train both"), "train")
        self._button.updateGeometry()
        self._button.setEnabled(not stopping)
        for widget in (*self._objectives, self._amount, self._unit):
            widget.setEnabled(not running)

    def set_refused(self, refused: bool) -> None:
        """Whether nothing may be begun now."""
        self._button.setEnabled(not refused or self._is_running)

    def _on_clicked(self) -> None:
        (self.stop_requested if self._is_running else self.begin_requested).emit()


def _objectives(first: ObjectiveName, name: str) -> QComboBox:
    box = QComboBox()
    for number, objective in enumerate(OBJECTIVE_NAMES):
        box.addItem(title_of(objective), objective)
        meaning = tooltip_text(tr(OBJECTIVES[objective].meaning))
        box.setItemData(number, meaning, Qt.ItemDataRole.ToolTipRole)
    box.setCurrentIndex(OBJECTIVE_NAMES.index(first))
    box.setAccessibleName(name)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(12)
    return box
