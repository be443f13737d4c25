"""The bottom panel: one button to train, pause and resume, how long, and how it goes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from training.coach import Facts, verdict
from training.events import EpochRecord, TrainProgress
from training.language import mark, number, tr
from vae_desktop.labels import ElidedLabel, QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import duration, kept_together, one_line, tooltip_text
from vae_desktop.primary_button import PrimaryButton
from vae_desktop.style import GRID, icon, tabular_font
from vae_desktop.window_state import WindowState

if TYPE_CHECKING:
    from vae_desktop.curves import LossCurves


@dataclass(frozen=True)
class Budget:
    """How long a training may be.

    Attributes:
        words: say it, in English.
        minutes: None for no end.
        until_good: whether it ends by itself once it is good enough.
    """

    words: str
    minutes: float | None = None
    until_good: bool = False


BUDGETS = (
    Budget(mark("1 minute"), 1.0),
    Budget(mark("3 minutes"), 3.0),
    Budget(mark("10 minutes"), 10.0),
    Budget(mark("30 minutes"), 30.0),
    Budget(mark("2 hours"), 120.0),
    Budget(mark("until good enough"), until_good=True),
    Budget(mark("until I stop")),
)
_USUAL_BUDGET = 2

_ROLES = {
    WindowState.TRAINING: (mark("Pause"), "pause"),
    WindowState.PAUSED: (mark("Resume"), "resume"),
    WindowState.TRAINED: (mark("Train more"), "train"),
    WindowState.SHARED: (mark("Continue with pictures…"), "open-folder"),
}
_WAITING = mark("The learning curve appears here after the first rounds.")
_LOADING = mark("Starting TensorFlow…")
_ENCOURAGEMENT = mark("It can be paused, stopped and continued at any time; nothing is lost.")
_GOES_ON = mark("It goes on from what the model has learned. The model's own file stays as it is.")
_CONTROLS_WIDTH = 384
_CONTROLS_LETTERS = 52
_COACH_EVERY = 2.0  # seconds of training: short epochs must not make the sentence flicker


class TrainingPanel(PaletteFollower):
    """Its primary button is the window's primary action once pictures are there."""

    train_requested = Signal(object)  # minutes as float, None for "until I stop"
    pause_requested = Signal(bool)
    stop_requested = Signal()
    settings_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = WindowState.EMPTY
        self._loading = False
        self._why_read_only = ""
        self._history: list[EpochRecord] = []
        self._facts = Facts()
        self._epoch = 0
        self._coached_at = 0.0
        self._curves: LossCurves | None = None
        self._primary = PrimaryButton(tr("Train"), "train")
        self._primary.setMinimumWidth(GRID * 16)
        self._primary.clicked.connect(self.trigger_primary)
        self._stop = QPushButton(tr("Stop and keep"))
        self._stop.setMinimumHeight(36)
        self._stop.setToolTip(tr("End this training now and keep what it has learned"))
        self._stop.clicked.connect(self.stop_requested)
        self._budget = QComboBox()
        self._budget.setMinimumHeight(36)
        self._budget.setAccessibleName(tr("How long to train"))
        self._budget.setToolTip(tr(_BUDGET_HELP))
        self._budget.addItems([tr(budget.words) for budget in BUDGETS])
        self._budget.setCurrentIndex(_USUAL_BUDGET)
        self._budget_label = QLabel(tr("for"))
        self._budget_label.setBuddy(self._budget)
        self._settings = QToolButton()
        self._settings.setAutoRaise(True)
        self._settings.setIconSize(QSize(20, 20))
        self._settings.setFixedSize(36, 36)
        self._settings.setAccessibleName(tr("Training settings"))
        self._settings.setToolTip(tr("Settings: how to train. Nothing needs to be set."))
        self._settings.clicked.connect(self.settings_requested)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID // 2)
        kept_place = self._bar.sizePolicy()
        kept_place.setRetainSizeWhenHidden(True)  # nothing below may jump
        self._bar.setSizePolicy(kept_place)
        self._bar.setAccessibleName(tr("Training progress"))
        self._line = ElidedLabel()
        self._line.setFont(tabular_font(self._line.font()))
        self._coach = QuietLabel()
        self._coach.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._coach.setMinimumHeight(3 * self._coach.fontMetrics().lineSpacing())  # nothing may jump
        self._coach.setAccessibleName(tr("How the training goes"))
        self._device = QuietLabel()
        self._device.setWordWrap(False)
        self._placeholder = QuietLabel(tr(_WAITING))
        self._placeholder.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()
        self._update()

    @property
    def primary_button(self) -> QWidget:
        """The button that trains, holds, or goes on."""
        return self._primary

    @property
    def coach_line(self) -> QWidget:
        """Where the coach speaks."""
        return self._coach

    def set_state(self, state: WindowState) -> None:
        """Show the buttons of a state."""
        self._state = state
        if not state.has_pictures:
            self.set_history([])
            self._say(tr(_LOADING) if self._loading else "")
            if state == WindowState.SHARED:
                self.show_coach(tr(_GOES_ON))
        elif state == WindowState.READY and not self._history:
            self.show_coach(tr(_ENCOURAGEMENT))
        elif state == WindowState.PAUSED:
            self._say(tr("Paused in epoch {epoch:,}", epoch=self._epoch) if self._epoch else tr("Paused"))
        self._update()

    def set_loading(self, loading: bool) -> None:
        """Whether the engine is still starting; training waits for it."""
        self._loading = loading
        if loading and not self._line.text():
            self._say(tr(_LOADING))
        elif not loading and self._line.text() == tr(_LOADING):
            self._say("")
        self._update()

    def set_read_only(self, why: str) -> None:
        """Whether nothing may be trained as the project can only be looked at, and why, as a sentence."""
        self._why_read_only = why
        self._update()

    def set_device(self, text: str, tooltip: str = "") -> None:
        """Say in a few words what it trains on; the tooltip says why."""
        self._device.setText(one_line(text))
        self._device.setToolTip(tooltip_text(tooltip))

    @property
    def budget(self) -> Budget:
        """The chosen length of a training."""
        return BUDGETS[self._budget.currentIndex()]

    @property
    def length_words(self) -> str:
        """The chosen length of a training, to stand after "Train"."""
        words = tr(self.budget.words)
        return words if self.budget.minutes is None else tr("for {words}", words=words)

    def trigger_primary(self) -> None:
        """Do what the primary button does now: train, pause or resume."""
        if self._state == WindowState.TRAINING:
            self.pause_requested.emit(True)
        elif self._state == WindowState.PAUSED:
            self.pause_requested.emit(False)
        elif self._can_train:
            self.train_requested.emit(self.budget.minutes)

    def show_progress(self, progress: TrainProgress) -> None:
        """Show how far the training is; the bar shows the budget, or the epoch when there is no end."""
        self._epoch = progress.epoch
        if self._state == WindowState.PAUSED:
            return  # a late report must not take back "Paused"
        if progress.disk_full is not None:
            self._say(progress.disk_full.sentence)
            return
        if progress.seconds_left is None:
            share = progress.step_in_epoch / max(progress.steps_per_epoch, 1)
        else:
            share = progress.seconds / max(progress.seconds + progress.seconds_left, 1e-9)
        self._bar.setValue(round(1000 * share))
        left = tr("until good enough") if progress.until_good else tr("until you stop")
        if progress.seconds_left is not None:
            left = tr("{time} left", time=duration(progress.seconds_left))
        speed = tr("{count} pictures/s", count=_rounded(progress.images_per_second))
        self._say(
            tr("epoch {epoch:,} · {speed} · {left}", epoch=progress.epoch, speed=speed, left=left),
            tr(_PROGRESS_HELP),
        )

    def add_epoch(self, record: EpochRecord) -> None:
        """Add a finished epoch to the curve and let the coach speak."""
        while self._history and self._history[-1].epoch >= record.epoch:
            self._history.pop()  # done again, from the last save: after a crash, or numbers that were none
        self._history.append(record)
        self._curve().set_history(self._history)
        if abs(record.seconds - self._coached_at) >= _COACH_EVERY:
            self._coached_at = record.seconds
            self._coach_speaks()

    def set_history(self, history: Sequence[EpochRecord], facts: Facts | None = None) -> None:
        """Replace the curve, as when a project is opened; the facts are what the coach knows of the run."""
        self._history, self._facts = list(history), facts or Facts()
        if history or self._curves is not None:
            self._curve().set_history(history)
        if not history:
            self._graph.setCurrentWidget(self._placeholder)
        self._coached_at = history[-1].seconds if history else 0.0
        self._coach_speaks()

    def show_result(self, text: str) -> None:
        """Say what the training came to, in place of its progress."""
        self._say(text)

    def show_coach(self, text: str, explanation: str = "") -> None:
        """Show a sentence or two about how it goes; the explanation is the tooltip."""
        self._coach.setText(kept_together(one_line(text)))
        self._coach.setToolTip(tooltip_text(explanation))

    def recolour(self) -> None:
        """Load the icons in the palette's colours."""
        self._stop.setIcon(icon("stop", self.palette()))
        self._settings.setIcon(icon("settings", self.palette()))

    def _coach_speaks(self) -> None:
        found = verdict(self._history, self._facts)
        if found is None:
            self.show_coach("")
        else:
            self.show_coach(found.text, found.explanation)

    def _say(self, text: str, tooltip: str | None = None) -> None:
        """Show how it goes; without words, the device moves to their place."""
        self._line.show_text(text, tooltip)
        self._line.setVisible(bool(text))

    def _curve(self) -> "LossCurves":
        if self._curves is None:
            from vae_desktop.curves import LossCurves  # noqa: PLC0415 - pyqtgraph must not slow the start

            self._curves = LossCurves()
            self._graph.addWidget(self._curves)
        self._graph.setCurrentWidget(self._curves)
        return self._curves

    def _lay_out(self) -> None:
        self.recolour()
        self._stop.setIconSize(QSize(20, 20))
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for widget in (self._primary, self._stop, self._budget_label, self._budget, self._settings):
            buttons.addWidget(widget)
        buttons.addStretch(1)
        words = QHBoxLayout()
        words.setSpacing(GRID)
        words.addWidget(self._line, 1)
        words.addWidget(self._device)
        controls = QWidget()
        letters = self.fontMetrics().averageCharWidth()  # large fonts need more room
        controls.setFixedWidth(max(_CONTROLS_WIDTH, letters * _CONTROLS_LETTERS, self._buttons_width()))
        controls.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        column = QVBoxLayout(controls)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(buttons)
        column.addWidget(self._bar)
        column.addLayout(words)
        column.addWidget(self._coach, 1)
        self._graph = QStackedLayout()
        self._graph.addWidget(self._placeholder)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID * 3 // 2, GRID, GRID * 3 // 2, GRID)
        layout.setSpacing(GRID * 3)
        layout.addWidget(controls)
        layout.addLayout(self._graph, 1)

    def _buttons_width(self) -> int:
        """What the buttons need where they are widest; words are longer in other languages."""
        length = self._budget_label.sizeHint().width() + self._budget.sizeHint().width() + 2 * GRID
        widest = 0
        for state, (words, sign) in _ROLES.items():
            beside = self._stop.sizeHint().width() + GRID if state.is_running else length
            if not state.is_running and state != WindowState.SHARED:
                beside += self._settings.width() + GRID
            widest = max(widest, PrimaryButton(tr(words), sign).sizeHint().width() + beside)
        return widest

    def _update(self) -> None:
        running = self._state.is_running
        words, sign = _ROLES.get(self._state, (mark("Train"), "train"))
        self._primary.set_role(tr(words), sign)
        self._primary.setEnabled(running or self._can_train)
        self._primary.setToolTip(self._why_not() or tr(_PRIMARY_HELP.get(self._state, "")))
        self._stop.setVisible(running)
        self._budget.setVisible(not running)
        self._budget_label.setVisible(not running)
        self._budget.setEnabled(self._state.can_train)
        self._settings.setVisible(not running and self._state != WindowState.SHARED)
        self._settings.setEnabled(self._state.has_pictures and self._can_train)
        self._bar.setRange(0, 1000)
        self._bar.setVisible(running)
        if not running:
            self._bar.setValue(0)

    @property
    def _can_train(self) -> bool:
        return self._state.can_train and not self._loading and not self._why_read_only

    def _why_not(self) -> str:
        running = self._state.is_running
        if self._why_read_only:
            return self._why_read_only
        if not (running or self._state.can_train):
            return tr("Open a folder of pictures first")
        if self._loading and not running:
            return tr("Starting TensorFlow: this takes a few seconds")
        return ""


_PRIMARY_HELP = {
    WindowState.READY: mark("Learn these pictures"),
    WindowState.TRAINING: mark("Hold the training; nothing is lost"),
    WindowState.PAUSED: mark("Go on where it was paused"),
    WindowState.TRAINED: mark("Go on from what has been learned"),
    WindowState.SHARED: mark(
        "Choose a folder of pictures; the training begins with what this model has learned"
    ),
}
_BUDGET_HELP = mark(
    "How long to train. It can be stopped, paused and continued at any time. It is good enough when 1 % more"
    " of what was gained would take longer than a fifth of the time so far."
)
_PROGRESS_HELP = mark("One epoch: every picture has been looked at once.")


def _rounded(speed: float) -> str:
    """Two leading digits: more of them would only flicker."""
    digits = max(len(str(int(speed))) - 2, 0)
    return number(round(speed, -digits), ",.0f") if speed >= 10 else number(speed, ".1f")
