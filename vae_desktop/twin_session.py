"""Two planes side by side: opens their window, trains what they show, and ends all of it."""

import logging
from pathlib import Path

from PySide6.QtCore import QObject

from training.errors import VaeError
from training.language import tr
from training.project import Project
from training.run import Run, latest_run
from training.runs import fits
from vae_desktop.application import come_forward
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow
from vae_desktop.plane_session import PlaneSession
from vae_desktop.settings import Settings
from vae_desktop.training_session import TrainingSession
from vae_desktop.twin_window import TwinWindow
from vae_desktop.twins import Twins

_log = logging.getLogger(__name__)


class TwinSession(QObject):
    """At most one such window, for the open project. While it trains, the main window does not.

    Args:
        window, engine, plane, training: what it is opened from.
        settings: where the settings that were chosen for a project are kept.

    Attributes:
        twins: the window's two planes and what is behind them; None while none is open.
    """

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        plane: PlaneSession,
        training: TrainingSession,
        settings: Settings,
    ) -> None:
        super().__init__(window)
        self._window, self._plane, self._training = window, plane, training
        self._settings = settings
        self.twins: Twins | None = None
        self._ending: list[Twins] = []  # closed, while what they trained is being saved
        window.action("twins").triggered.connect(self.open)
        window.runs.explore_requested.connect(self.explore)
        engine.gated.connect(self._on_gated)
        self._other_refusal = training.refusal
        training.refusal = self._why_none_may_begin
        training.changed.connect(self._tell_refusal)

    @property
    def is_training(self) -> bool:
        """Whether two runs are being trained or saved."""
        return any(twins.is_training for twins in (*self._ending, *filter(None, [self.twins])))

    def open(self) -> None:
        """Show the window in which two objectives can be trained."""
        if self.twins is not None and self.twins.window.bar is None:
            self._close_window()
        if self.twins is None:
            self._open(trains=True)
        self._come_forward()
        self._tell_refusal()

    def explore(self, first: Path, second: Path) -> None:
        """Show two runs of the project side by side."""
        project = self._training.project
        if project is None:
            return
        if self.is_training:
            self._window.messages.show_note(self._why_none_may_begin())
            return
        try:
            runs = _usable(project, first), _usable(project, second)
        except VaeError as error:
            self._window.show_problem(str(error))
            return
        self._close_window()
        twins = self._open(trains=False)
        if twins is not None:
            twins.show(project, runs)
        self._come_forward()

    def close(self) -> None:
        """Close the window; what was trained is kept, and saved when this returns."""
        self._close_window()
        for twins in tuple(self._ending):
            self._end(twins)

    # ------------------------------------------------------------------ the window

    def _open(self, *, trains: bool) -> Twins | None:
        if self._plane.held_out is None or self._training.project is None:
            return None
        window = TwinWindow(self._window, trains=trains)
        twins = self.twins = Twins(window, self._plane, self._plane.held_out)
        window.closed.connect(self._on_closed)
        twins.engine.begun.connect(self._on_begun)
        twins.engine.ended.connect(self._on_ended)
        if window.bar is not None:
            window.bar.begin_requested.connect(self._begin)
            window.bar.stop_requested.connect(twins.stop)
        return twins

    def _come_forward(self) -> None:
        if self.twins is not None:
            self.twins.window.show()
            come_forward(self.twins.window)

    def _close_window(self) -> None:
        """Close it if there is one."""
        if self.twins is not None:
            self.twins.window.close()

    def _on_closed(self) -> None:
        twins, self.twins = self.twins, None
        if twins is None:
            return
        self._ending.append(twins)
        twins.stop()
        if not twins.is_training:
            self._end(twins)

    def _end(self, twins: Twins) -> None:
        """End its threads, once what it trained is saved."""
        self._ending.remove(twins)
        twins.end()

    # ------------------------------------------------------------------ training

    def _begin(self) -> None:
        project = self._training.project
        if self.twins is None or self.twins.window.bar is None or project is None:
            return
        if not self._training.is_running and not self._training.refusal():
            order = self.twins.window.bar.order(self._settings.chosen(str(project.path)))
            self.twins.train(project, order)

    def _on_begun(self, _one: Run, _other: Run) -> None:
        self._training.changed.emit()  # they are in the list from now on

    def _on_ended(self) -> None:
        _log.info("The trainings side by side have ended")
        for twins in tuple(self._ending):
            if not twins.is_training:
                self._end(twins)
        self._show_newest()

    def _show_newest(self) -> None:
        """Show in the list what was trained, and on the plane where it shows nothing yet."""
        project = self._training.project
        if project is None or self._training.is_running:
            return
        run = latest_run(project.runs_folder) if self._training.run is None else None
        if run is not None:
            self._training.show(run)
        else:
            self._training.changed.emit()

    def _why_none_may_begin(self) -> str:
        if not self.is_training:
            return self._other_refusal()
        return tr("Two trainings run side by side in a window of their own. Stop them there first.")

    def _tell_refusal(self) -> None:
        """Say in the window whether the main one trains just now."""
        if self.twins is not None and self.twins.window.bar is not None:
            why = "" if self.is_training else self._training.refusal()
            if self._training.is_running:
                why = tr("A training runs in the main window. Both can begin when it has ended.")
            self.twins.window.bar.set_refused(bool(why))
            if why:
                self.twins.window.messages.show_note(why)
            elif not self.twins.is_training and not self.twins.has_failed:
                self.twins.window.messages.clear()

    def _on_gated(self, closed: bool) -> None:
        """A drag in the main window has the machine, too."""
        if self.twins is not None:
            self.twins.engine.gate(closed)


def _usable(project: Project, path: Path) -> Run:
    """A run that can be shown; raises :class:`VaeError` for any other."""
    run = Run.open(path)
    if not run.has_weights():
        raise VaeError(tr("“{title}” ended before anything was kept of it.", title=run.title))
    if not fits(run, project):
        raise VaeError(tr("“{title}” is of pictures of another size.", title=run.title))
    return run
