"""Joins the log, and reports of problems, to what the program knows of itself."""

import logging
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject

from training.errors import VaeError
from vae_desktop.about import version_details
from vae_desktop.crash_report import LOG_NAME, newest_report, tail
from vae_desktop.engine import Engine
from vae_desktop.log_window import MOST_BYTES, LogWindow
from vae_desktop.main_window import MainWindow
from vae_desktop.problem_report import Facts, names_in, report_text, this_person
from vae_desktop.report_dialog import ReportDialog
from vae_desktop.settings import Settings
from vae_desktop.training_session import TrainingSession

_log = logging.getLogger(__name__)


class HelpSession(QObject):
    """What helps when something is wrong.

    Args:
        window, engine, training: what is told of.
        settings: whose recent projects' names are kept out of reports.
        log_folder: where the log is; None for no log.
    """

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        training: TrainingSession,
        settings: Settings,
        log_folder: Path | None,
    ) -> None:
        super().__init__(window)
        self._window, self._training, self._settings = window, training, settings
        self._log_folder = log_folder
        self._log_window: LogWindow | None = None
        self._device = "not known yet"
        engine.ready.connect(self._on_ready)
        action = window.action
        action("log").setVisible(log_folder is not None)
        action("log").triggered.connect(self._show_log)
        action("report").triggered.connect(self._report)

    def _on_ready(self, device: str, why_not_gpu: str) -> None:
        self._device = "\n".join(filter(None, (device, why_not_gpu)))

    def _show_log(self) -> None:
        if self._log_folder is None:
            return
        if self._log_window is None:
            self._log_window = LogWindow(self._window, self._log_folder, self._report)
        self._log_window.show()
        self._log_window.activateWindow()

    def _report(self) -> None:
        ReportDialog(self._window, self._write).show()

    def _write(self) -> str:
        run, logs = self._training.run, self._log_folder
        facts = Facts(
            versions=version_details(),
            device=self._device,
            activity=self._window.state.value,
            settings={} if run is None else {**run.model.to_json(), **run.training.to_json()},
            log="" if logs is None else tail(logs / LOG_NAME, MOST_BYTES),
            crash="" if logs is None else newest_report(logs),
        )
        return report_text(facts, this_person(self._names()))

    def _names(self) -> Iterator[str]:
        for recent in self._settings.recent():
            yield recent.title
            yield from names_in([recent.path])
        project = self._training.project
        if project is not None:
            yield from names_in([project.path, project.source])
            try:
                yield from names_in(project.file_names())
            except VaeError:
                _log.exception("The names of the pictures are not known")
