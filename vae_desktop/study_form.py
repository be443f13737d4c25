"""What a study is to compare, with how many seeds and for how long; how far it is; and one button."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from training.events import StudyProgress
from training.language import tr, trn
from training.objectives import OBJECTIVE_NAMES, OBJECTIVES, ObjectiveName
from training.study_plan import Wish
from training.twin_order import title_of
from vae_desktop.labels import QuietLabel
from vae_desktop.plain_words import duration, tooltip_text
from vae_desktop.primary_button import PrimaryButton
from vae_desktop.style import GRID

MOST_SEEDS, MOST_MINUTES = 10, 24 * 60
_SEEDS, _MINUTES = 3, 60
_ROWS = 4  # of objectives
_LATENT_DIM = 2


class StudyForm(QWidget):
    """Emits what is wished; :meth:`show_running` turns the button into one that stops."""

    begin_requested = Signal()
    stop_requested = Signal()
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._arms = {name: _check(name) for name in OBJECTIVE_NAMES}
        self._seeds = _spin(1, MOST_SEEDS, _SEEDS, tr("How many trainings of each objective"))
        self._seeds.setToolTip(
            tooltip_text(tr("So many trainings of each. With one alone nothing is known of chance."))
        )
        self._minutes = _spin(1, MOST_MINUTES, _MINUTES, tr("Minutes for all together"))
        self._minutes.setToolTip(
            tooltip_text(tr("For all trainings together, measuring included. All make as many epochs."))
        )
        self._words = QuietLabel()
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setAccessibleName(tr("How far the study is"))
        self._button = PrimaryButton("", "train")
        self._button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self._button.clicked.connect(self._on_clicked)
        self._is_running = self._is_refused = self._is_stopping = False
        self._can_go_on = self._can_begin = False
        self._lay_out()
        for box in self._arms.values():
            box.toggled.connect(self._on_changed)
        for spin in (self._seeds, self._minutes):
            spin.valueChanged.connect(self._on_changed)
        self.show_running(False)

    @property
    def arms(self) -> tuple[ObjectiveName, ...]:
        """The objectives that are chosen, in order."""
        return tuple(name for name, box in self._arms.items() if box.isChecked())

    @property
    def words(self) -> str:
        """What is said of the time that it takes, or of how far it is."""
        return self._words.text()

    def wish(self, pictures: str) -> Wish | None:
        """What is chosen, for the pictures of a digest; None without any objective."""
        if not self.arms:
            return None
        minutes = float(self._minutes.value())
        return Wish(self.arms, self._seeds.value(), minutes, None, _LATENT_DIM, pictures)

    def show_wish(self, wish: Wish) -> None:
        """Choose what was wished, as far as it can be chosen here."""
        for name, box in self._arms.items():
            box.setChecked(name in wish.arms)
        self._seeds.setValue(wish.seeds)
        if wish.minutes is not None:
            self._minutes.setValue(round(wish.minutes))

    def show_known(self, done: int, total: int, seconds_left: float) -> None:
        """Say what is done already of what is chosen."""
        self._can_go_on = self._can_begin = done < total
        text = (
            tr("This study is done. Other objectives, seeds or minutes make another one.")
            if done == total
            else tr(
                "{done} of {total} trainings are done; the others take about {time}.",
                done=done,
                total=total,
                time=duration(seconds_left),
            )
        )
        self._words.setText(text)
        self._show_button()

    def show_running(self, running: bool, *, stopping: bool = False) -> None:
        """Offer to begin, or to stop what was begun."""
        self._is_running, self._is_stopping = running, stopping
        for widget in (*self._arms.values(), self._seeds, self._minutes):
            widget.setEnabled(not running)
        self._progress.setVisible(running)
        if running:
            self._show_button()
            if stopping:
                self._words.setText(tr("Stopping… what is done is kept."))
        else:
            self.show_estimate()

    def show_probing(self) -> None:
        """Say that it is being found out how long things take."""
        if not self._is_stopping:
            self._progress.setValue(0)
            self._words.setText(tr("A short training tells how many epochs there is time for…"))

    def show_progress(self, progress: StudyProgress) -> None:
        """Say how far it is."""
        self._progress.setValue(round(1000 * progress.done / max(progress.total, 1)))
        if self._is_stopping:
            return
        text = tr(
            "Training {number} of {total}: {objective}, seed {seed} – {stage}.",
            number=min(progress.done + 1, progress.total),
            total=progress.total,
            objective=progress.arm,
            seed=progress.seed,
            stage=progress.stage,
        )
        if progress.seconds_left is not None:
            text += " " + tr("About {time} left.", time=duration(progress.seconds_left))
        self._words.setText(text)
        self._progress.setAccessibleDescription(text)

    def show_estimate(self) -> None:
        """Say how many trainings what is chosen comes to, and how long each may take."""
        count = len(self.arms) * self._seeds.value()
        self._can_go_on, self._can_begin = False, count > 0
        if not count:
            self._words.setText(tr("Choose one objective at least."))
        else:
            words = trn("{count} training", "{count} trainings", count)
            each = duration(60.0 * self._minutes.value() / count)
            self._words.setText(
                tr(
                    "{trainings} take about {time} in all, {each} each with measuring.",
                    trainings=words,
                    time=duration(60.0 * self._minutes.value()),
                    each=each,
                )
            )
        self._show_button()

    def set_refused(self, refused: bool) -> None:
        """Whether nothing may be begun now."""
        self._is_refused = refused
        self._show_button()

    def _show_button(self) -> None:
        if self._is_running:
            self._button.set_role(tr("Stop and keep"), "stop")
        elif self._can_go_on:
            self._button.set_role(tr("Go on with the study"), "train")
        else:
            self._button.set_role(tr("Begin the study"), "train")
        self._button.updateGeometry()
        may_begin = self._can_begin and not self._is_refused
        self._button.setEnabled(not self._is_stopping if self._is_running else may_begin)

    def _on_changed(self) -> None:
        if not self._is_running:
            self.show_estimate()
            self.changed.emit()

    def _on_clicked(self) -> None:
        (self.stop_requested if self._is_running else self.begin_requested).emit()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * GRID)
        grid.setVerticalSpacing(GRID // 2)
        for number, box in enumerate(self._arms.values()):
            grid.addWidget(box, number % _ROWS, number // _ROWS)
        for row, (text, spin) in enumerate(
            ((tr("&Seeds"), self._seeds), (tr("&Minutes for all"), self._minutes))
        ):
            label = QLabel(text)
            label.setBuddy(spin)
            grid.addWidget(label, row, 2)
            grid.addWidget(spin, row, 3)
        grid.setColumnStretch(1, 1)
        grid.addWidget(self._button, 2, 2, 2, 2, Qt.AlignmentFlag.AlignBottom)
        below = QHBoxLayout()
        below.setSpacing(2 * GRID)
        below.addWidget(self._words, 2)
        below.addWidget(self._progress, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(grid)
        column.addLayout(below)


def _check(name: ObjectiveName) -> QCheckBox:
    box = QCheckBox(title_of(name).replace("&", "&&"))
    box.setChecked(True)
    box.setToolTip(tooltip_text(tr(OBJECTIVES[name].meaning)))
    box.setAccessibleDescription(tr(OBJECTIVES[name].meaning))
    return box


def _spin(low: int, high: int, value: int, name: str) -> QSpinBox:
    spin = QSpinBox()
    spin.setRange(low, high)
    spin.setValue(value)
    spin.setAccessibleName(name)
    return spin
