"""The run that the window shows: its plane and curve, and its training."""

import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QObject, Signal

from training.coach import Facts
from training.errors import VaeError
from training.events import RunResult, TrainProgress
from training.language import mark, tr
from training.project import Project
from training.run import Run, latest_run
from training.vae_file import SharedModel
from vae_desktop.aftercare import Aftercare
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.message_strip import StripButton
from vae_desktop.plain_words import epochs
from vae_desktop.settings import Settings

_MAP_IS_COMING = mark("The map that was learned appears here.")
_log = logging.getLogger(__name__)


class TrainingSession(QObject):
    """Of the open project, one run is shown; "train more" goes on with that one.

    Args:
        window, engine: what is joined.
        settings: where it is remembered that a training runs.
        aftercare: what is told once a project is open, and what a crash would leave behind.

    Attributes:
        project: what is open; None while there are no pictures to train on.
        run: what is shown, or trained just now; None before the first training.
        refusal: why no training may begin now, a sentence; "" where one may.
    """

    changed = Signal()  # another run is shown, or there is more to tell of this one
    restart_wished = Signal()  # to go on in a new process, without the graphics card

    def __init__(self, window: MainWindow, engine: Engine, settings: Settings, aftercare: Aftercare) -> None:
        super().__init__(window)
        self._window, self._engine = window, engine
        self._settings, self._aftercare = settings, aftercare
        self.project: Project | None = None
        self.run: Run | None = None
        self.refusal: Callable[[], str] = lambda: window.why_read_only
        engine.run_begun.connect(self._on_begun)
        engine.training_progress.connect(self._on_progress)
        engine.epoch_finished.connect(window.training.add_epoch)
        engine.epoch_finished.connect(lambda record: _log.debug("Epoch %d is done", record.epoch))
        engine.trained.connect(self._on_trained)
        engine.training_failed.connect(self._on_failed)
        engine.memory_ran_out.connect(self._on_memory_ran_out)
        engine.gpu_failed.connect(self._on_gpu_failed)
        window.pause_requested.connect(self._pause)
        window.stop_requested.connect(engine.stop)

    @property
    def is_running(self) -> bool:
        """Whether a training is under way, paused or not."""
        return self._window.state.is_running

    def open(self, project: Project, *, resume: bool = False) -> None:
        """Show a project's run, its newest one; with ``resume``, the training of the last start goes on."""
        self.project = project
        run = self.run = self._run_to_open(project, resume=resume)
        self._window.set_state(WindowState.READY if run is None else WindowState.TRAINED)
        if run is None:
            self._window.training.set_history([])
            self._aftercare.tell()
        elif resume:
            self._show_curve(project, run)
            self._aftercare.note_resumed()
            self.begin(None, run=run, new_length=False)
            if not self._aftercare.tell():
                self._window.messages.show_note(
                    tr("The training goes on where it was when the program was closed.")
                )
        else:
            self._aftercare.tell()
            self.show(run)
        self.changed.emit()

    def remember(self, *, training: bool) -> None:
        """Keep for the next start what is open, and whether a run of it was in training."""
        if self.project is not None:
            run = self.run.path.name if training and self.run is not None else ""
            self._settings.save_session(str(self.project.path), training=training, run=run)

    def begin_shared(self, project: Project, shared: SharedModel, minutes: float | None) -> None:
        """Train a project that is just being opened, from what a shared model has learnt."""
        self.project = project
        self.begin(minutes, run=None, shared=shared)

    def close(self) -> None:
        """The project is closed; what the engine still tells of it is no longer listened to."""
        self.project = self.run = None
        self.changed.emit()

    def take_name(self, run: Run) -> None:
        """A run was renamed; it is the one that is shown, or another."""
        if self.run is not None and self.run.path == run.path:
            self.run = run

    def show(self, run: Run) -> None:
        """Show another run: its curve at once, its plane and pictures as soon as they are there."""
        if self.project is None or self.is_running:
            return
        self.run = run
        self._window.set_state(WindowState.TRAINED)
        self._show_curve(self.project, run)
        self._window.plane.set_placeholder(tr(_MAP_IS_COMING))
        self._engine.load_model(self.project, run)
        self.changed.emit()

    def begin(
        self,
        minutes: float | None,
        *,
        run: Run | None,
        chosen: Mapping[str, Any] | None = None,
        name: str = "",
        new_length: bool = True,
        shared: SharedModel | None = None,
    ) -> None:
        """Go on with a run, or begin one.

        Args:
            minutes: how long from now on; None until stopped.
            run: what to go on with; None begins one.
            chosen: settings by name, where the person chose others than the run or the program would.
            name: of a run that is begun.
            new_length: False for what is left of the run's own length.
            shared: begin a run with what this model has learnt.
        """
        if self.project is None:
            return
        if refusal := self.refusal():
            self._window.messages.show_note(refusal)
            return
        settings = dict(chosen or {})
        if new_length:
            settings.setdefault("stop_when_good", self._window.training.budget.until_good)
        self._window.messages.clear()
        self._window.set_state(WindowState.TRAINING)
        self._engine.train(
            self.project,
            minutes,
            new_length=new_length,
            shared=shared,
            run=run,
            chosen=settings,
            name=name,
        )
        self.changed.emit()

    def _show_curve(self, project: Project, run: Run) -> None:
        facts = Facts.of(run, project.count_different())
        self._window.training.set_history(run.history(), facts)

    def _run_to_open(self, project: Project, *, resume: bool) -> Run | None:
        if resume and self._settings.run_in_training:
            with contextlib.suppress(VaeError):
                run = Run.open(project.runs_folder / self._settings.run_in_training)
                if run.has_weights():
                    return run
        return latest_run(project.runs_folder)

    # ------------------------------------------------------------------ what the engine tells

    def _on_begun(self, run: Run) -> None:
        if self.project is None:
            return
        if self.run is None or self.run.path != run.path:
            self._show_curve(self.project, run)
        self.run = run
        self.changed.emit()

    def _on_progress(self, progress: TrainProgress) -> None:
        self._window.training.show_progress(progress)
        # Not before it has made a step: a training that kills the program must not do so at every start.
        if self.project is not None and self.is_running and not self._settings.resume_training:
            self.remember(training=True)
            self._aftercare.note_step()

    def _on_trained(self, result: RunResult) -> None:
        if self.project is None:
            return
        _log.info("The training ended after %d epochs", result.epochs)
        text = mark("Finished after {epochs}")
        if result.stopped:
            text = mark("Stopped and kept after {epochs}")
        elif result.good_enough:
            text = mark("Good enough after {epochs}")
        self._window.training.show_result(tr(text, epochs=epochs(result.epochs)))
        self._end()

    def _on_failed(self, text: str) -> None:
        project = self.project
        if project is None:
            return
        self._window.show_problem(text)
        self._end()
        if self.run is not None:
            self._engine.load_model(project, self.run)

    def _on_memory_ran_out(self, text: str, smaller_batch: int) -> None:
        if self.project is None:
            return
        run = self.run if self.run is not None and self.run.has_weights() else None
        self._on_failed(text)
        go_on = StripButton(
            tr("Go on with smaller batches"),
            lambda: self.begin(None, run=run, chosen={"batch_size": smaller_batch}, new_length=False),
            tr(
                "Goes on where the training was, with {count:,} pictures a step",
                count=smaller_batch,
            ),
        )
        self._window.show_problem(text, go_on)

    def _on_gpu_failed(self, text: str) -> None:
        """This process cannot use the graphics card any more, nor forget it; another one can do without."""
        if self.project is None:
            return
        self._end()
        go_on = StripButton(
            tr("Go on without the graphics card"),
            self.restart_wished.emit,
            tr("Starts the program again, and the training goes on where it was, more slowly"),
        )
        self._window.show_problem(text, go_on)

    def _end(self) -> None:
        if self.project is None:
            return
        if self.run is not None and not self.run.has_weights():
            self.run = latest_run(self.project.runs_folder)
        self._window.set_state(WindowState.READY if self.run is None else WindowState.TRAINED)
        self.remember(training=False)
        self.changed.emit()

    def _pause(self, paused: bool) -> None:
        self._engine.pause(paused)
        self._window.set_state(WindowState.PAUSED if paused else WindowState.TRAINING)
