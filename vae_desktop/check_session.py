"""Checks the open project in the background, and shows what was found."""

from PySide6.QtCore import QObject, Signal

from training.check import check_project
from training.events import Control
from training.findings import CheckReport
from vae_desktop.check_dialog import CheckDialog
from vae_desktop.error_words import error_sentence
from vae_desktop.lane import Lane
from vae_desktop.main_window import MainWindow
from vae_desktop.training_session import TrainingSession


class CheckSession(QObject):
    """One check at a time; closing its dialog, or the project, ends it.

    Args:
        window: whose action begins it.
        training: whose project is checked.
    """

    _progress = Signal(int, int)
    _checked = Signal(object)  # CheckReport
    _failed = Signal(str)

    def __init__(self, window: MainWindow, training: TrainingSession) -> None:
        super().__init__(window)
        self._window, self._training = window, training
        self._control = Control()
        self._dialog: CheckDialog | None = None
        self._lane: Lane | None = None
        self._progress.connect(self._on_progress)
        self._checked.connect(self._on_checked)
        self._failed.connect(self._on_failed)
        window.action("check").triggered.connect(self.check)
        training.changed.connect(self._on_changed)

    def check(self) -> None:
        """Begin, and show how far it is."""
        project = self._training.project
        if project is None or self._dialog is not None:
            return
        dialog = self._dialog = CheckDialog(self._window, project.source.name)
        dialog.left.connect(self._leave)
        dialog.show()
        control, path = Control(), project.path
        self._control = control

        def job() -> None:
            report = check_project(path, on_progress=self._progress.emit, control=control)
            self._checked.emit(report)

        self._lane = self._lane or Lane("check", lambda error: self._failed.emit(error_sentence(error)))
        self._lane.submit(job)

    def close(self) -> None:
        """End the check and the thread."""
        self._control.stop()
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    def _on_changed(self) -> None:
        if self._training.project is None and self._dialog is not None:
            self._dialog.reject()

    def _leave(self) -> None:
        self._control.stop()
        self._dialog = None

    def _on_progress(self, done: int, files: int) -> None:
        if self._dialog is not None:
            self._dialog.show_progress(done, files)

    def _on_checked(self, report: CheckReport) -> None:
        if self._dialog is not None and not report.cancelled:
            self._dialog.show_report(report)

    def _on_failed(self, text: str) -> None:
        if self._dialog is not None:
            self._dialog.show_problem(text)
