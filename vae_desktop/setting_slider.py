"""A slider for a number that one tries out rather than types."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QSlider, QWidget

from training.language import tr
from training.setting import Setting

_POSITIONS = 100


class SettingSlider(QSlider):
    """Finer at its low end: halfway lies a quarter of the range, so that 1 is in the middle of 0 to 4.

    Args:
        setting: one that has a ``slider``.
    """

    picked = Signal(float)  # by the person, with two decimals

    def __init__(self, setting: Setting, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._low, self._high = setting.slider or (setting.low, setting.high)
        self.setRange(0, _POSITIONS)
        self.setPageStep(_POSITIONS // 10)
        self.setAccessibleName(tr("{setting}, slider", setting=tr(setting.label)))
        self.valueChanged.connect(self._on_moved)
        self._is_told = False

    def show_value(self, value: object) -> None:
        """Stand where a value is; values beyond the slider's ends are at these."""
        if isinstance(value, int | float):
            share = (value - self._low) / (self._high - self._low)
            self._is_told = True
            self.setValue(round(_POSITIONS * min(max(share, 0.0), 1.0) ** 0.5))
            self._is_told = False

    def _on_moved(self, position: int) -> None:
        if not self._is_told:
            self.picked.emit(round(self._low + (self._high - self._low) * (position / _POSITIONS) ** 2, 2))
