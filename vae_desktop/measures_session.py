"""Joins measuring to the window: the button, the figures, and what of them is still true."""

import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from training.errors import VaeError
from training.files import write_atomically
from training.language import mark, tr
from training.run import Run
from vae_desktop.figure_rows import figures_as_text
from vae_desktop.kept_measures import KeptMeasures
from vae_desktop.plane_session import PlaneSession
from vae_desktop.save_dialog import ask_where_to_save
from vae_desktop.window_state import WindowState

_WHY_NOT = {
    WindowState.READY: mark("There is nothing to measure before the first training."),
    WindowState.TRAINING: mark("Not while a training runs: it can be measured afterwards."),
    WindowState.PAUSED: mark("Not while a training runs, paused or not: stop it first."),
    WindowState.SHARED: mark("Measuring needs the pictures, and a shared model comes without them."),
}
_NOT_NOW = mark("There is nothing to measure yet.")
_STOPPED = mark("Stopped; nothing new was kept.")


class MeasuresSession(QObject):
    """Measures the run that is shown, and shows what was measured of it before.

    Args:
        session: whose plane and pictures it is.
        shown_run: the run whose model is shown, if any.
    """

    changed = Signal()  # :attr:`kept` is another one

    def __init__(self, session: PlaneSession, shown_run: Callable[[], Run | None]) -> None:
        super().__init__(session)
        self._session, self._shown_run = session, shown_run
        self._window, self._lane = session.window, session.engine.measuring
        self._all: list[KeptMeasures] = []
        self._runs_folder: Path | None = None
        self._measured: Path | None = None  # the run that is being measured
        self._was_stopped = False
        self._note = ""
        panel, window = self._window.measures, self._window
        panel.measure_requested.connect(self.measure)
        panel.stop_requested.connect(self.stop)
        panel.copy_requested.connect(self._copy)
        panel.save_requested.connect(self._ask_to_save)
        window.action("measure").triggered.connect(self._show_and_measure)
        window.state_changed.connect(self._on_state)
        self._lane.progress.connect(self._on_progress)
        self._lane.ended.connect(self._on_ended)
        self._lane.kept.connect(self._on_kept)
        engine = session.engine
        window.action("measure").enabledChanged.connect(self._on_state)
        engine.model_loaded.connect(self._read)
        engine.run_begun.connect(lambda _run: self._show())
        session.closing.connect(self._leave)
        self._on_state()

    @property
    def kept(self) -> KeptMeasures | None:
        """What was measured of the run that is shown; not current while it learns on."""
        run = self._shown_run()
        found = next((each for each in self._all if run is not None and each.path == run.path), None)
        if found is None or not self._window.state.is_running:
            return found
        return KeptMeasures(found.path, found.title, found.found, is_current=False)

    def measure(self) -> None:
        """Measure the run that is shown, unless something is in the way, which the panel tells."""
        run, store = self._shown_run(), self._session.pictures.store
        if self._why_not() or run is None or store is None or self._measured is not None:
            return
        self._measured, self._was_stopped, self._note = run.path, False, ""
        self._window.measures.show_measuring(0.0)
        self._lane.measure(run, store)

    def stop(self) -> None:
        """Give up what is being measured."""
        if self._measured is not None:
            self._was_stopped = True
            self._lane.stop()

    def _show_and_measure(self) -> None:
        self._window.show_measures()
        self.measure()

    def _why_not(self) -> str:
        state = self._window.state
        if self._window.why_read_only:
            return self._window.why_read_only
        if state == WindowState.TRAINED:
            return "" if self._window.action("measure").isEnabled() else tr(_NOT_NOW)
        return tr(_WHY_NOT.get(state, _NOT_NOW))

    # ------------------------------------------------------------------ what is told

    def _on_state(self) -> None:
        self._window.measures.set_ready(self._why_not())
        if self._window.state.is_running:
            self.stop()  # what it would find were of weights that are gone soon
        self._show()

    def _on_progress(self, share: float) -> None:
        if self._measured is not None and not self._was_stopped:
            self._window.measures.show_measuring(share)

    def _on_ended(self, path: Path, problem: str) -> None:
        if path != self._measured:
            return
        self._measured = None
        self._note = problem or (tr(_STOPPED) if self._was_stopped else "")
        self._window.measures.show_measuring(None)
        self._show()
        self._read()

    def _read(self) -> None:
        project = self._session.pictures.project
        if project is not None:
            self._runs_folder = project.runs_folder
            self._lane.read(project.runs_folder)

    def _on_kept(self, runs_folder: Path, kept: list[KeptMeasures]) -> None:
        if runs_folder == self._runs_folder:
            self._all = kept
            self._show()

    def _leave(self) -> None:
        self._all, self._runs_folder, self._measured, self._note = [], None, None, ""
        self._window.measures.show_measuring(None)
        self._show()

    def _show(self) -> None:
        panel = self._window.measures
        if self._measured is None:
            panel.show_found(self.kept, self._note)
        panel.show_runs(self._all)
        self.changed.emit()

    # ------------------------------------------------------------------ taking it along

    def _copy(self) -> None:
        if self.kept is not None:
            QApplication.clipboard().setText(figures_as_text(self.kept.found, self.kept.title))
            self._window.show_note(tr("The figures are copied."))

    def _ask_to_save(self) -> None:
        kept = self.kept
        if kept is not None:
            ask_where_to_save(
                self._window,
                tr("Save the figures"),
                f"{tr('Measured figures')} (*.json)",
                f"{kept.path.name}-measures.json",
                lambda path: self._save(kept, path),
            )

    def _save(self, kept: KeptMeasures, path: str) -> None:
        content = json.dumps({"run": kept.title, **kept.found.to_json()}, indent=1, ensure_ascii=False)
        try:
            write_atomically(Path(path), content.encode())
        except VaeError as error:
            self._window.show_problem(str(error))
