"""A project that can only be looked at: says so in the window, and tries again when it is told to."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from training.errors import NotWritableError, VaeError
from training.language import tr
from training.project import Project
from vae_desktop.main_window import MainWindow
from vae_desktop.message_strip import StripButton


class AccessSession(QObject):
    """What may be done with the open project.

    Args:
        window: where it is told.
        open_again: opens a project that can be changed now.
    """

    def __init__(self, window: MainWindow, open_again: Callable[[str], None]) -> None:
        super().__init__(window)
        self._window, self._open_again = window, open_again

    def show(self, project: Project | None) -> None:
        """Tell of the project that is open now; None for none."""
        if project is None:
            self._window.set_read_only("")
        else:
            self._show(project.path, project.why_read_only)

    def _show(self, path: Path, why: str) -> None:
        again = StripButton(
            tr("Try again"),
            lambda: self._try_again(path),
            tr("Opens the project to be changed, if that can be now"),
        )
        self._window.set_read_only(why, again)

    def _try_again(self, path: Path) -> None:
        try:
            Project.open(path, write=True).close()
        except NotWritableError as error:
            self._show(path, error.brief)
            self._window.statusBar().showMessage(tr("It still cannot be changed."), 4000)
        except VaeError as error:
            self._window.show_problem(str(error))
        else:
            self._open_again(str(path))
