"""Checks the open project in the background, and shows what was found."""

from PySide6.QtCore import QObject

from training.check import check_project
from training.events import Control
from training.findings import CheckReport
from vae_desktop.check_dialog import CheckDialog
from vae_desktop.latest_look import LatestLook, Tell
from vae_desktop.main_window import MainWindow
from vae_desktop.training_session import TrainingSession


class CheckSession(QObject):
    """One check at a time; closing its dialog, or the project, ends it.

    Args:
        window: whose action begins it.
        training: whose project is checked.
    """

    def __init__(self, window: MainWindow, training: TrainingSession) -> None:
        super().__init__(window)
        self._window, self._training = window, training
        self._dialog: CheckDialog | None = None
        self._look = LatestLook("check", self)
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
        path = project.path

        def look(control: Control, tell: Tell) -> None:
            def on_progress(done: int, files: int) -> None:
                tell(dialog.show_progress, done, files)

            tell(self._on_checked, check_project(path, on_progress=on_progress, control=control))

        self._look.begin(look, dialog.show_problem)

    def close(self) -> None:
        """End the check and the thread."""
        self._look.close()

    def _on_changed(self) -> None:
        if self._training.project is None and self._dialog is not None:
            self._dialog.reject()

    def _leave(self) -> None:
        self._look.give_up()
        self._dialog = None

    def _on_checked(self, report: CheckReport) -> None:
        if self._dialog is not None and not report.cancelled:
            self._dialog.show_report(report)
