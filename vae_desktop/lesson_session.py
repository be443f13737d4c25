"""The lesson: six steps on a sample, in a project of their own; what was open before comes back."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QDockWidget, QWidget

from training.errors import VaeError
from training.events import TrainProgress
from training.language import tr
from training.project import Project, is_project
from training.run import Run
from training.samples import find_sample, unpack
from vae_desktop.explorer import Explorer
from vae_desktop.lesson_panel import LessonPanel
from vae_desktop.lesson_steps import LENGTH, SAMPLE, STEPS, LessonRun, LessonStep, is_enough, lesson_project
from vae_desktop.lesson_tasks import LessonTasks
from vae_desktop.plain_words import duration
from vae_desktop.plane_session import PlaneSession
from vae_desktop.settings import Settings
from vae_desktop.training_session import TrainingSession
from vae_desktop.window_state import WindowState

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Door:
    """What opens and closes projects.

    Attributes:
        current: the path of the project or model that is open, or "".
        open: another one, or the same again.
        close: what is open.
    """

    current: Callable[[], str]
    open: Callable[[str], None]
    close: Callable[[], None]


class LessonSession(QObject):
    """Goes from step to step: has its trainings made, puts the window into its state, notices its task.

    Args:
        session, explorer, training: what the steps use.
        settings: keeps what was open before for the next start.
        door: opens the lesson's project, and what was open before.

    Attributes:
        source: the folder of pictures; None for the sample's.
        length: of each training, as a setting.
    """

    prepared = Signal(int)  # this step's state is shown
    ended = Signal()

    def __init__(
        self,
        session: PlaneSession,
        explorer: Explorer,
        training: TrainingSession,
        settings: Settings,
        door: Door,
    ) -> None:
        super().__init__(session)
        self._session, self._training, self._settings, self._door = session, training, settings, door
        self._window, self._engine = session.window, session.engine
        self.source: Path | None = None
        self.length: Mapping[str, Any] = LENGTH
        self.step = -1  # none: there is no lesson
        self._before: tuple[str, Path | None] = ("", None)
        self._is_turning = self._is_pending = self._is_loading = False
        self._tried: set[str] = set()
        self._more = 0  # trainings that are to come after the one that runs
        self.panel = LessonPanel()
        self._dock = self._make_dock()
        self.tasks = LessonTasks(session, explorer, training)
        self._join()

    def _make_dock(self) -> QDockWidget:
        dock = QDockWidget(tr("Lesson"), self._window)
        dock.setObjectName("Lesson")  # saveState knows docks by it
        dock.setFeatures(QDockWidget.DockWidgetFeature.NoDockWidgetFeatures)
        dock.setTitleBarWidget(QWidget())
        dock.setWidget(self.panel)
        self._window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, dock)
        dock.hide()
        return dock

    def _join(self) -> None:
        panel, engine = self.panel, self._engine
        self._window.action("lesson").triggered.connect(self.begin)
        self._window.state_changed.connect(self._on_changed)
        self._training.changed.connect(self._on_changed)
        engine.model_loaded.connect(self._on_loaded)
        engine.training_progress.connect(self._on_progress)
        engine.training_failed.connect(lambda _why: self._on_changed())
        panel.back_requested.connect(lambda: self.go_to(self.step - 1))
        panel.next_requested.connect(self._go_on)
        panel.reset_requested.connect(self.reset)
        panel.leave_requested.connect(self.leave)
        panel.variant_requested.connect(self._show_variant)
        self.tasks.done.connect(self._on_done)

    @property
    def is_active(self) -> bool:
        """Whether the lesson is on."""
        return self.step >= 0

    @property
    def _step(self) -> LessonStep:
        return STEPS[self.step]

    @property
    def _project(self) -> Project | None:
        """The lesson's, once its pictures are there."""
        project = self._training.project
        return project if project is not None and project.path == lesson_project().resolve() else None

    # ------------------------------------------------------------------ beginning and leaving

    def begin(self) -> None:
        """Begin at the first step; not while something is under way."""
        if self.is_active:
            self.go_to(0)
            return
        if self._window.state.is_running or self._window.state == WindowState.IMPORTING:
            self._window.messages.show_note(tr("The lesson can begin when this has ended or was stopped."))
            return
        path = lesson_project()
        run = self._training.run
        before = self._door.current(), None if run is None else run.path
        try:
            if not is_project(path):
                Project.create(path, self.source or unpack(find_sample(SAMPLE))).close()
        except VaeError as error:
            self._window.show_problem(str(error))
            return
        self._before = before
        self._settings.save_has_seen_tour()  # who takes the lesson needs no tour beside it
        self.step, self._is_pending, self._is_loading = 0, True, True
        self._turn(lambda: self._door.open(str(path)))
        if self._door.current() != str(path.resolve()):
            self._end()  # it could not be opened, which was told
            return
        self.go_to(0)

    def leave(self) -> None:
        """End it, and open what was open before."""
        if not self.is_active:
            return
        path, run = self._before
        self._end()
        self._turn(self._door.close)
        if path:
            self._door.open(path)
        shown = self._training.run
        if run is not None and shown is not None and shown.path != run:
            try:
                self._training.show(Run.open(run))
            except VaeError as error:
                self._window.show_problem(str(error))

    def on_quit(self) -> None:
        """The program ends: the next start opens what was open before the lesson."""
        if self.is_active:
            self._settings.save_session(self._before[0], training=False)
            self._settings.remove_recent(str(lesson_project().resolve()))

    def _end(self) -> None:
        self.step = -1
        self._is_pending = False
        self.tasks.rest()
        self._dock.hide()
        self._settings.remove_recent(str(lesson_project().resolve()))
        self._window.refresh_recent()
        self.ended.emit()

    def _turn(self, job: Callable[[], None]) -> None:
        """Close or open a project without taking that for the person's doing."""
        self._is_turning = True
        try:
            job()
        finally:
            self._is_turning = False

    # ------------------------------------------------------------------ steps

    def go_to(self, step: int) -> None:
        """Show a step, counted from 0, as it begins."""
        if not self.is_active or not 0 <= step < len(STEPS):
            return
        self.step = step
        self._tried.clear()
        variants = [run.label for run in self._step.runs] if len(self._step.runs) > 1 else []
        self.panel.show_step(step, len(STEPS), tr(self._step.title), tr(self._step.words), variants)
        self.reset()

    def reset(self) -> None:
        """Bring the step back to how it begins."""
        self.tasks.rest()
        self._is_pending = True
        self._dock.show()
        self._tell_waiting(None)
        self._advance()

    def _go_on(self) -> None:
        if self.step + 1 == len(STEPS):
            self.leave()
        else:
            self.go_to(self.step + 1)

    def _on_changed(self) -> None:
        if not self.is_active or self._is_turning:
            return
        project = self._training.project
        elsewhere = project is not None and self._project is None
        if elsewhere or self._window.state in (WindowState.EMPTY, WindowState.SHARED):
            self._end()  # the person opened something else, or closed the project
            return
        self._dock.show()  # restoring the places of docks may have hidden it
        # Not within the signal: whoever tells it is not done yet.
        QTimer.singleShot(0, self, self._advance)

    def _on_loaded(self) -> None:
        self._is_loading = False
        if self.is_active:
            self._mark_variant()
            self.tasks.note_run()
            QTimer.singleShot(0, self, self._advance)

    def _advance(self) -> None:
        """Do what the step lacks, one thing after the other: trainings, the first of them shown, its
        state."""
        project, state = self._project, self._window.state
        if not (self.is_active and self._is_pending) or project is None or state.is_running:
            return
        if state == WindowState.READY:
            self._is_loading = False  # there is nothing to load
        if self._is_loading or state not in (WindowState.READY, WindowState.TRAINED):
            return
        lacking = self._lacking(project)
        if lacking:
            self._more = len(lacking) - 1
            self._train(*lacking[0])
            return
        run = self._step.runs[0].found_in(project)
        if run is None:
            self.panel.show_task(tr("The training of this step failed. Reset tries it again."), done=False)
            self._tried.clear()
        elif self._training.run is None or self._training.run.path != run.path:
            self._show(run)
        else:
            self._is_pending = False
            self.tasks.begin(self.step)
            self._mark_variant()
            self.panel.show_task(tr(self._step.task), done=False)
            self.prepared.emit(self.step)

    def _lacking(self, project: Project) -> list[tuple[LessonRun, Run | None]]:
        """The step's trainings that are still to be made, each with what was begun of it."""
        found = [(wanted, wanted.found_in(project)) for wanted in self._step.runs]
        return [
            (wanted, run)
            for wanted, run in found
            if (run is None or not is_enough(run)) and wanted.name not in self._tried
        ]

    def _train(self, wanted: LessonRun, begun: Run | None) -> None:
        self._tried.add(wanted.name)
        self._is_loading = True  # it ends with that
        chosen = {**wanted.settings, **self.length, "stop_when_good": False}
        _log.info("The lesson needs “%s”", wanted.name)
        if begun is not None:
            self._training.begin(None, run=begun, new_length=False)
        else:
            self._training.begin(None, run=None, chosen=chosen, name=tr(wanted.name))
        self._tell_waiting(None)

    def _show(self, run: Run) -> None:
        self._is_loading = True
        self._training.show(run)

    def _show_variant(self, place: int) -> None:
        project = self._project
        run = None if project is None else self._step.runs[place].found_in(project)
        if run is not None and not self._is_loading:
            self._show(run)

    def _mark_variant(self) -> None:
        run = self._training.run
        for place, wanted in enumerate(self._step.runs):
            if run is not None and wanted.is_of(run):
                self.panel.show_variant(place)

    # ------------------------------------------------------------------ what is told

    def _on_progress(self, progress: TrainProgress) -> None:
        if self.is_active and self._is_pending:
            self._tell_waiting(progress)

    def _tell_waiting(self, progress: TrainProgress | None) -> None:
        more = tr(", {count} more after it", count=self._more) if self._more else ""
        if not self._tried:
            self.panel.show_progress(tr("One moment: the pictures are being made ready."), None)
        elif progress is None or progress.seconds_left is None:
            self.panel.show_progress(tr("A short training for this step begins{more}.", more=more), None)
        else:
            share = progress.seconds / max(progress.seconds + progress.seconds_left, 1e-9)
            left = duration(progress.seconds_left)
            words = tr(
                "A short training for this step, kept for the next time: {left} left{more}.",
                left=left,
                more=more,
            )
            self.panel.show_progress(words, share)

    def _on_done(self) -> None:
        self.panel.show_task(tr(self._step.praise), done=True)
