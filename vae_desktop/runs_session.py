"""Joins the list of runs, the settings and the comparison to the open project."""

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject

from training.automatic import Circumstances, automatic_words
from training.comparison import compare_runs
from training.config import ModelConfig, TrainConfig
from training.errors import VaeError
from training.language import tr
from training.project import Project
from training.run import Run
from training.runs import RunSummary, delete_run, list_runs, rename_run
from training.setting import Setting
from training.setting_help import RUN_SETTINGS
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow
from vae_desktop.plain_words import one_line
from vae_desktop.settings import Settings
from vae_desktop.settings_dialog import Chosen, Entry, RunInForm, SettingsDialog
from vae_desktop.training_session import TrainingSession

if TYPE_CHECKING:
    from training.drawn_plane import DrawnPlane
    from vae_desktop.compare_window import CompareWindow

_BESIDE_TRAIN = ("minutes", "stop_when_good")  # chosen where the training is begun, not in the form
_log = logging.getLogger(__name__)


class RunsSession(QObject):
    """Lists the open project's runs, and does what is asked of them.

    Args:
        window, engine, training: what is joined.
        settings: where the settings that were chosen for a project are kept.
        show_anew: shows the open project again, after the run that was shown is gone.
    """

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        training: TrainingSession,
        settings: Settings,
        show_anew: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window, self._engine, self._training, self._settings = window, engine, training, settings
        self._show_anew = show_anew
        self._runs: list[RunSummary] = []
        self._comparing: CompareWindow | None = None
        self._on_gpu: bool | None = None
        training.changed.connect(self.refresh)
        engine.ready.connect(self._on_ready)
        engine.plane_drawn.connect(self._show_plane)
        engine.plane_not_drawn.connect(self._show_no_plane)
        panel = window.runs
        panel.show_requested.connect(self._show)
        panel.rename_requested.connect(self._rename)
        panel.compare_requested.connect(self._compare)
        panel.delete_requested.connect(self._delete)
        panel.settings_requested.connect(self._ask_about)
        window.settings_requested.connect(self._ask_about_shown)
        window.new_run_requested.connect(self._ask_about_new)

    @property
    def _project(self) -> Project | None:
        return self._training.project

    def refresh(self) -> None:
        """Show the runs as they are now."""
        self._runs = [] if self._project is None else list_runs(self._project)
        shown = self._training.run
        self._window.runs.show_runs(
            self._runs, None if shown is None else shown.path, training=self._training.is_running
        )

    def _on_ready(self, _device: str, why_not_gpu: str) -> None:
        self._on_gpu = not why_not_gpu

    def _summary(self, path: Path) -> RunSummary | None:
        return next((run for run in self._runs if run.path == path), None)

    def _run(self, path: Path) -> Run | None:
        summary = self._summary(path)
        return None if summary is None else summary.run

    # ------------------------------------------------------------------ what is asked of a run

    def _show(self, path: Path) -> None:
        run = self._run(path)
        if run is None:
            return
        if self._training.is_running:
            self._window.statusBar().showMessage(
                tr("Another training can be shown when this one has ended."), 4000
            )
        elif not run.has_weights():
            self._window.messages.show_note(tr("This training ended before anything was kept of it."))
        else:
            self._training.show(run)

    def _rename(self, path: Path, name: str) -> None:
        run = self._run(path)
        if run is None:
            return
        if self._window.why_read_only:
            self._window.messages.show_note(self._window.why_read_only)
            self.refresh()
            return
        try:
            renamed = rename_run(run, name)
        except VaeError as error:
            self._window.show_problem(str(error))
        else:
            self._training.take_name(renamed)
        self.refresh()

    def _delete(self, path: Path) -> None:
        summary, project = self._summary(path), self._project
        if summary is None or project is None or self._training.is_running:
            return
        if refusal := self._training.refusal():  # it may be one of those that are being trained
            self._window.messages.show_note(refusal)
            return
        was_shown = self._training.run is not None and self._training.run.path == path
        if was_shown:
            self._engine.close_project()  # nothing may be written to the folder any more
        try:
            delete_run(path)
        except VaeError as error:
            self._window.show_problem(str(error))
        else:
            _log.info("%s is in the bin", path.name)
            title = one_line(summary.title)
            self._window.messages.show_note(
                tr(
                    "“{title}” is in the bin. To undo that, put it back from there and open the project"
                    " again.",
                    title=title,
                )
            )
        if was_shown:
            self._show_anew()
        self.refresh()

    # ------------------------------------------------------------------ comparing

    def _compare(self, first: Path, second: Path) -> None:
        from vae_desktop.compare_window import CompareWindow  # noqa: PLC0415 - pyqtgraph is slow to load

        found = (self._summary(first), self._summary(second))
        project, (one, other) = self._project, found
        if project is None or one is None or other is None or one.run is None or other.run is None:
            return
        if self._comparing is not None:
            self._comparing.close()
        window = CompareWindow(self._window, (one, other), compare_runs([one.run, other.run]))
        window.destroyed.connect(lambda: self._forget(window))
        self._comparing = window
        explore = self._window.runs.explore_requested
        window.explore_requested.connect(lambda: explore.emit(one.path, other.path))
        window.show()
        for run in (one.run, other.run):
            self._engine.draw_plane(project, run)

    def _forget(self, window: "CompareWindow") -> None:
        if self._comparing is window:
            self._comparing = None

    def _show_plane(self, path: Path, plane: "DrawnPlane") -> None:
        if self._comparing is not None:
            self._comparing.show_plane(path, plane)

    def _show_no_plane(self, path: Path, text: str) -> None:
        if self._comparing is not None:
            self._comparing.show_problem(path, text)

    # ------------------------------------------------------------------ settings

    def _ask_about(self, path: Path) -> None:
        self._ask(self._run(path))

    def _ask_about_shown(self) -> None:
        self._ask(self._training.run)

    def _ask_about_new(self) -> None:
        self._ask(self._training.run, afresh=True)

    def _ask(self, run: Run | None, *, afresh: bool = False) -> None:
        """Ask for the settings of the next training, which may go on with ``run``."""
        project = self._project
        if project is None or self._training.is_running:
            return
        summary = None if run is None else self._summary(run.path)
        dialog = SettingsDialog(
            self._window,
            self._entries(project),
            remembered=self._settings.chosen(str(project.path)),
            run=None if run is None or summary is None or summary.problem else _in_form(run, summary),
            length=self._window.training.length_words,
            afresh=afresh,
        )
        dialog.decided.connect(lambda chosen: self._begin(chosen, run))
        dialog.open()

    def _begin(self, chosen: Chosen, run: Run | None) -> None:
        if self._project is None:
            return
        if chosen.afresh:
            self._settings.save_chosen(str(self._project.path), chosen.settings)
        self._training.begin(
            self._window.training.budget.minutes,
            run=None if chosen.afresh else run,
            chosen=chosen.settings,
            name=chosen.name,
        )

    def _entries(self, project: Project) -> dict[str, Entry]:
        image_format = project.image_format
        size, _, channels = (64, 64, 3) if image_format is None else image_format.shape
        at = Circumstances(project.count_learnt(), channels, self._on_gpu, size)
        usual = {field.name: field.default for field in dataclasses.fields(TrainConfig)}
        usual |= {field.name: field.default for field in dataclasses.fields(ModelConfig)}
        usual["likelihood"] = None
        entries = {}
        for name, setting in RUN_SETTINGS.items():
            if name not in _BESIDE_TRAIN:
                entries[name] = Entry(
                    _for_window(name, setting), usual[name], _usual_words(name, setting, usual[name], at)
                )
        return entries


def _in_form(run: Run, summary: RunSummary) -> RunInForm:
    return RunInForm(summary.title, {**run.model.to_json(), **run.training.to_json(), "epochs": None})


def _for_window(name: str, setting: Setting) -> Setting:
    """The setting as the window can use it: a plane needs two numbers."""
    return dataclasses.replace(setting, low=2) if name == "latent_dim" else setting


def _usual_words(name: str, setting: Setting, usual: Any, at: Circumstances) -> str:
    if name == "epochs":
        return tr("automatic: as long as chosen beside Train")
    if words := automatic_words(name, at):
        return tr("automatic: {words}", words=words)
    value = (tr("on") if usual else tr("off")) if isinstance(usual, bool) else setting.value_words(usual)
    return tr("usual: {value}", value=value)
