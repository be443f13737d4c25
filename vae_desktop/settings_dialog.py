"""The settings of a training, each with what the program would choose by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from training.language import mark, tr
from training.objectives import OBJECTIVES
from training.setting import Setting
from training.setting_help import MODEL_SETTINGS, WEIGHING_SETTINGS
from vae_desktop.labels import QuietLabel
from vae_desktop.plain_words import menu_text, one_line, tooltip_text
from vae_desktop.primary_button import PrimaryButton
from vae_desktop.setting_field import FIELD_HEIGHT, SettingField
from vae_desktop.style import GRID, icon

_SIZE, _SMALLEST = QSize(560, 560), QSize(440, 400)
_MOST_NAME = 80
_OF_THE_NETWORK = [name for name in MODEL_SETTINGS if name not in WEIGHING_SETTINGS]
_FIXED = mark("It stays as it is for as long as a training goes on: begin a new one to change it.")
_HELP = mark(
    "Point at a setting, or go to it with the Tab key, to read what it does. Nothing needs to be set."
)


@dataclass(frozen=True)
class Entry:
    """A setting of the form, and the value that leaves it to the program, also in words."""

    setting: Setting
    usual: Any
    usual_words: str


@dataclass(frozen=True)
class RunInForm:
    """The run that could be gone on with: what it is called, and its settings by name."""

    title: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Chosen:
    """What the person decided: settings by name where they differ, whether to begin a run, and its name."""

    settings: Mapping[str, Any]
    afresh: bool
    name: str


class SettingsDialog(QDialog):
    """Simple settings first, the rest under "More"; one button begins.

    Args:
        entries: the settings by name, in order.
        remembered: what was chosen the last time for a new run of this project.
        run: what could be gone on with; None where there is none.
        length: for how long it will train, in words, such as "for 10 minutes".
        afresh: whether to propose a new run although there is one to go on with.
    """

    decided = Signal(object)  # Chosen

    def __init__(
        self,
        parent: QWidget | None,
        entries: Mapping[str, Entry],
        *,
        remembered: Mapping[str, Any],
        run: RunInForm | None,
        length: str,
        afresh: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Training settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._entries, self._remembered, self._run, self._length = entries, remembered, run, length
        self._fields = {name: SettingField(*_parts(entry)) for name, entry in entries.items()}
        self._go_on = QRadioButton(menu_text(tr("Go on with “{title}”", title=run.title) if run else ""))
        self._afresh = QRadioButton(tr("Begin a new training"))
        self._name = QLineEdit(maxLength=_MOST_NAME, placeholderText=tr("named by its number"))
        self._name.setMinimumHeight(FIELD_HEIGHT)
        self._name.setAccessibleName(tr("Name of the new training"))
        self._name.setToolTip(tr("What it is called in the list of trainings; it can be changed there"))
        self._outcome, self._help = QuietLabel(), QuietLabel(tr(_HELP))
        self._begin = PrimaryButton("", "train")
        self._begin.setDefault(True)
        self._begin.clicked.connect(self._decide)
        self._form, self._scrolled = QFormLayout(), QScrollArea()
        self._unfold = QToolButton()
        self._is_unfolded = False
        self._lay_out()
        for name, field in self._fields.items():
            field.changed.connect(self._tell_outcome)
            if field.setting.meanings:
                field.changed.connect(partial(self._tell_help, name))
            field.editor.installEventFilter(self)
        if "objective" in self._fields:
            self._fields["objective"].changed.connect(self._follow_objective)
            self._follow_objective()
        (self._afresh if afresh or run is None else self._go_on).setChecked(True)
        self._afresh.toggled.connect(self._fill)
        self._fill()
        self._unfold_more(any(not self._entries[name].setting.simple for name in self._chosen()))
        next(iter(self._fields.values())).editor.setFocus()

    @property
    def is_afresh(self) -> bool:
        """Whether a new run would be begun."""
        return self._afresh.isChecked()

    def show_setting(self, name: str) -> None:
        """Bring a setting into sight and give it the keyboard."""
        field = self._fields[name]
        self._unfold_more(self._is_unfolded or not field.setting.simple)
        field.editor.setFocus()
        self._tell_help(name)
        # Once the rows that were just unfolded have their places.
        QTimer.singleShot(0, self, lambda: self._scrolled.ensureWidgetVisible(field))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell what the setting does that has the keyboard or the pointer."""
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.Enter):
            for name, field in self._fields.items():
                if watched is field.editor:
                    self._tell_help(name)
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._unfold_more(self._is_unfolded)

    def _tell_help(self, name: str) -> None:
        self._help.setText(self._help_of(name))

    def _help_of(self, name: str) -> str:
        setting, usual = self._entries[name].setting, self._entries[name].usual_words
        sentences = [tr(setting.help)]
        if meaning := setting.meanings.get(self._fields[name].value):
            sentences.append(tr(meaning))
        if setting.kind not in ("switch", "choice"):
            sentences.append(tr("Allowed: {range}.", range=setting.range_words))
        return " ".join([*sentences, f"{usual[:1].upper()}{usual[1:]}."])

    def _fill(self) -> None:
        """Show the values of what would be trained: a new run, or the one there is."""
        afresh = self.is_afresh
        for name, field in self._fields.items():
            if name not in WEIGHING_SETTINGS:
                field.set_fixed("" if afresh or name not in _OF_THE_NETWORK else tr(_FIXED))
            field.set_value(self._first_value(name))
            field.check()
        self._form.setRowVisible(self._name, afresh and self._run is not None)
        self._tell_outcome()

    def _follow_objective(self) -> None:
        """Weights of what the objective leaves out cannot be chosen."""
        objective = OBJECTIVES[self._fields["objective"].value]
        has = {
            "beta_mean": objective.mean_term,
            "beta_variance": objective.variance_term,
            "constant_sigma": objective.encoding == "constant",
        }
        for name in has.keys() & self._fields.keys():
            self._fields[name].set_fixed(
                "" if has[name] else tr("The objective that is chosen is without it.")
            )

    def _first_value(self, name: str) -> Any:
        usual = self._entries[name].usual
        return self._remembered.get(name, usual) if self.is_afresh else self._base(name)

    def _base(self, name: str) -> Any:
        """The value that would hold if nothing were chosen."""
        usual = self._entries[name].usual
        return usual if self.is_afresh or self._run is None else self._run.settings.get(name, usual)

    def _chosen(self) -> dict[str, Any]:
        values = {name: field.value for name, field in self._fields.items()}
        return {name: value for name, value in values.items() if value != self._base(name)}

    def _tell_outcome(self) -> None:
        chosen = self._chosen()
        epochs = chosen.get("epochs")
        length = self._length if epochs is None else tr("for these epochs")
        if self._run is None:
            words = ""
        elif self.is_afresh:
            words = tr("It starts from nothing. “{title}” is kept.", title=self._run.title)
        elif any(self._entries[name].setting.lifelong for name in chosen):
            words = tr(
                "A new training begins with what “{title}” has learned; that one is kept.",
                title=self._run.title,
            )
        else:
            words = tr("It goes on from where it is.")
        self._outcome.setText(one_line(words))
        self._begin.set_role(tr("Train {length}", length=length), "train")

    def _decide(self) -> None:
        wrong = [name for name, field in self._fields.items() if not field.check()]
        if wrong:
            first = self._fields[wrong[0]]
            self._unfold_more(self._is_unfolded or not first.setting.simple)
            first.editor.setFocus()
            self._scrolled.ensureWidgetVisible(first)
            return
        self.decided.emit(Chosen(self._chosen(), self.is_afresh, self._name.text().strip()))
        self.accept()

    # ------------------------------------------------------------------ layout

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.setSpacing(GRID)
        layout.addWidget(self._which_run())
        layout.addWidget(self._scrolled_form(), 1)
        layout.addWidget(_rule())
        self._help.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        self._help.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._help)
        layout.addLayout(self._buttons())
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)

    def _which_run(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self._go_on)
        column.addWidget(self._afresh)
        column.addWidget(self._outcome)
        column.addWidget(_rule())
        page.setVisible(self._run is not None)
        return page

    def _scrolled_form(self) -> QScrollArea:
        content = QWidget()
        form = self._form
        content.setLayout(form)
        form.setContentsMargins(0, 0, GRID, 0)
        form.setHorizontalSpacing(GRID * 2)
        form.setVerticalSpacing(GRID)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        form.addRow(_label(tr("name")), self._name)
        simple = [name for name, entry in self._entries.items() if entry.setting.simple]
        for name in simple:
            self._add_row(name)
        self._unfold.setText(tr("More settings"))
        self._unfold.setAutoRaise(True)
        self._unfold.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._unfold.setIconSize(QSize(16, 16))
        self._unfold.clicked.connect(lambda: self._unfold_more(not self._is_unfolded))
        form.addRow(self._unfold)
        for name in self._entries:
            if name not in simple:
                self._add_row(name)
        area = self._scrolled
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        return area

    def _add_row(self, name: str) -> None:
        label = _label(tr(self._entries[name].setting.label))
        label.setToolTip(tooltip_text(self._help_of(name)))
        label.setBuddy(self._fields[name].editor)
        self._form.addRow(label, self._fields[name])

    def _buttons(self) -> QHBoxLayout:
        cancel = QPushButton(tr("Cancel"))
        cancel.setMinimumHeight(36)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._begin)
        return row

    def _unfold_more(self, unfolded: bool) -> None:
        self._is_unfolded = unfolded
        for name, entry in self._entries.items():
            self._form.setRowVisible(self._fields[name], unfolded or entry.setting.simple)
        self._unfold.setIcon(icon("chevron-down" if unfolded else "chevron-right", self.palette()))
        self._unfold.setAccessibleDescription(
            tr("The list is open") if unfolded else tr("Shows the settings that few ever need")
        )


def _parts(entry: Entry) -> tuple[Setting, Any, str]:
    return entry.setting, entry.usual, entry.usual_words


def _label(text: str) -> QLabel:
    label = QLabel(text[:1].upper() + text[1:])
    label.setFixedHeight(FIELD_HEIGHT)  # beside the field even where a problem is told below that
    return label


def _rule() -> QFrame:
    rule = QFrame()
    rule.setFrameShape(QFrame.Shape.HLine)
    rule.setFrameShadow(QFrame.Shadow.Plain)
    rule.setForegroundRole(QPalette.ColorRole.Mid)
    return rule
