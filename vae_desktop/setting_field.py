"""One setting of a form: what it is set to, what the program would choose, and why a value cannot be."""

import re
from typing import Any

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QVBoxLayout

from training.errors import VaeError
from training.language import mark, separators, tr
from training.setting import Setting, number_text
from training.setting_help import RUN_SETTINGS
from vae_desktop.labels import QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import tooltip_text
from vae_desktop.setting_slider import SettingSlider
from vae_desktop.style import GRID, held_out_colour, icon

_SWITCH = {True: mark("on"), False: mark("off")}
_FIELD_WIDTH, _SHORT_WIDTH = 176, 72
FIELD_HEIGHT = 32


class SettingField(PaletteFollower):
    """Numbers are typed, everything else is picked from a list; a value that cannot be is told in place.

    Args:
        setting: what it is and may be.
        usual: the value that leaves the choice to the program, or is right for almost everyone.
        usual_words: what ``usual`` comes to now, such as "automatic: 64".
    """

    changed = Signal()

    def __init__(self, setting: Setting, usual: Any, usual_words: str) -> None:
        super().__init__()
        self.setting, self._usual, self._usual_words = setting, usual, usual_words
        self._box: QComboBox | None = None
        self._line: QLineEdit | None = None
        self.editor: QComboBox | QLineEdit = self._make_editor()
        self.slider = SettingSlider(setting) if setting.slider else None
        self._reset = QToolButton()
        self._reset.setAutoRaise(True)
        self._reset.setIconSize(QSize(16, 16))
        back = tr("Back to automatic") if usual is None else tr("Back to the usual value")
        self._reset.setToolTip(back)
        self._reset.setAccessibleName(f"{back}: {tr(setting.label)}")
        self._reset.clicked.connect(self.reset)
        self._problem = QLabel()
        self._problem.setWordWrap(True)
        self._use_nearest = QPushButton()
        self._use_nearest.clicked.connect(self._take_nearest)
        self._lay_out()
        self.set_value(usual)
        self.recolour()

    @property
    def value(self) -> Any:
        """What it is set to; text that is no number is given as it is."""
        if self._box is not None:
            return self._box.currentData()
        text = self._line.text().strip() if self._line is not None else ""
        return _number(text) if text else self._usual

    def set_value(self, value: Any) -> None:
        """Show a value."""
        if self._box is not None:
            self._box.setCurrentIndex(max(self._box.findData(value), 0))
        elif self._line is not None:
            self._line.setText("" if value == self._usual else _typed(value))
        self._show_state()

    def reset(self) -> None:
        """Leave the choice to the program again."""
        self.set_value(self._usual)
        self.editor.setFocus()

    def check(self) -> bool:
        """Tell in place what is wrong with the value, if anything; whether it can be used."""
        problem = self._problem_of(self.value)
        self._problem.setVisible(problem is not None)
        nearest = None if problem is None else self.setting.nearest(self.value)
        self._use_nearest.setVisible(nearest is not None)
        if problem is not None:
            self._problem.setText(problem.what)
            self.editor.setAccessibleDescription(str(problem))
        if nearest is not None:
            self._use_nearest.setText(tr("Use {value}", value=number_text(nearest)))
        return problem is None

    def set_fixed(self, why: str) -> None:
        """Show the value without letting it be changed, and say why; '' lets it be changed."""
        self.editor.setEnabled(not why)
        if self.slider is not None:
            self.slider.setEnabled(not why)
        self.editor.setToolTip(tooltip_text(f"{tr(self.setting.help)} {why}".strip()))
        self._show_state()

    def recolour(self) -> None:
        """Take up the palette's colours."""
        self._reset.setIcon(icon("reset", self.palette()))
        problem = QPalette()
        problem.setColor(QPalette.ColorRole.WindowText, held_out_colour(self.palette()))
        self._problem.setPalette(problem)

    def _make_editor(self) -> QComboBox | QLineEdit:
        if self.setting.kind in ("whole", "number"):
            line = self._line = QLineEdit()
            line.setPlaceholderText(self._usual_words)
            line.textChanged.connect(self._on_typed)
            line.editingFinished.connect(self.check)
            editor: QComboBox | QLineEdit = line
        else:
            box = self._box = QComboBox()
            for value, words in _entries(self.setting, self._usual, self._usual_words):
                box.addItem(words, value)
            box.currentIndexChanged.connect(self._on_picked)
            editor = box
        editor.setMinimumHeight(FIELD_HEIGHT)
        editor.setMinimumWidth(_FIELD_WIDTH)
        editor.setAccessibleName(tr(self.setting.label))
        editor.setAccessibleDescription(tr(self.setting.help))
        editor.setToolTip(tooltip_text(tr(self.setting.help)))
        return editor

    def _lay_out(self) -> None:
        place = self._reset.sizePolicy()
        place.setRetainSizeWhenHidden(True)  # the fields stay aligned
        self._reset.setSizePolicy(place)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        unit = QuietLabel(tr(self.setting.unit))
        widest = max(self.fontMetrics().horizontalAdvance(tr(each.unit)) for each in RUN_SETTINGS.values())
        unit.setFixedWidth(widest + 2)  # fields of one width
        row.addWidget(self.editor, 1)
        if self.slider is not None:
            self.editor.setMinimumWidth(_SHORT_WIDTH)
            row.addWidget(self.slider, 2)
            self.slider.picked.connect(self.set_value)
        row.addWidget(unit)
        row.addWidget(self._reset)
        wrong = QHBoxLayout()
        wrong.setSpacing(GRID)
        wrong.addWidget(self._problem, 1)
        wrong.addWidget(self._use_nearest)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(row)
        column.addLayout(wrong)
        self._problem.hide()
        self._use_nearest.hide()

    def _problem_of(self, value: Any) -> VaeError | None:
        if self._box is not None or value == self._usual:
            return None
        try:
            self.setting.check(value)
        except VaeError as error:
            return error
        return None

    def _on_typed(self) -> None:
        if self._problem_of(self.value) is None:
            self.check()  # takes back what was told; what is wrong is not told before the typing is done
        self._show_state()
        self.changed.emit()

    def _on_picked(self) -> None:
        self._show_state()
        self.changed.emit()

    def _take_nearest(self) -> None:
        self.set_value(self.setting.nearest(self.value))
        self.check()
        self.editor.setFocus()

    def _show_state(self) -> None:
        if self.slider is not None:
            self.slider.show_value(self.value)
        self._reset.setVisible(self.editor.isEnabled() and self.value != self._usual)


def _entries(setting: Setting, usual: Any, usual_words: str) -> list[tuple[Any, str]]:
    """(value, words) of a list, the usual one first."""
    values = (True, False) if setting.kind == "switch" else tuple(setting.choices)
    others = [value for value in values if value != usual]
    words = [tr(_SWITCH[value]) if value in _SWITCH else setting.value_words(value) for value in others]
    return [(usual, usual_words), *zip(others, words, strict=True)]


def _number(text: str) -> int | float | str:
    thousands, decimal = separators()
    if re.fullmatch(rf"[1-9]\d{{0,2}}({re.escape(thousands)}\d{{3}})+", text):
        text = text.replace(thousands, "")
    plain = text.replace(decimal, ".")
    for kind in (int, float):
        try:
            return kind(plain)
        except ValueError:
            continue
    return text


def _typed(value: object) -> str:
    """A value as one would type it."""
    thousands, _decimal = separators()
    return number_text(value).replace(thousands, "") if isinstance(value, int | float) else str(value)
