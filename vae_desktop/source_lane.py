"""The thread that looks whether the pictures of the open project have changed on the disk."""

import logging

from PySide6.QtCore import QObject, Signal

from training.errors import VaeError
from training.events import Control
from training.project import Project
from training.source_files import changes
from vae_desktop.lane import Lane

_log = logging.getLogger(__name__)


class SourceLane(QObject):
    """Compares source folders with what was imported of them; nothing is decoded or written."""

    looked = Signal(object, object)  # the project, source_files.Changes
    missing = Signal(object, str)  # the project, why its source folder cannot be looked into

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._control = Control()
        self._lane = Lane("source", lambda error: _log.error("Looking for changes failed", exc_info=error))

    def look(self, project: Project) -> None:
        """Look now; an earlier look that has not ended is given up."""
        self._control.stop()
        control = self._control = Control()
        self._lane.submit(lambda: self._look(project, control))

    def leave(self) -> None:
        """Let go of the project: stop and wait."""
        self._control.stop()
        self._lane.wait()

    def close(self) -> None:
        """Stop, and end the thread."""
        self._control.stop()
        self._lane.close()

    def _look(self, project: Project, control: Control) -> None:
        try:
            found = changes(project, control)
        except VaeError as error:
            self.missing.emit(project, str(error))
        else:
            if found is not None:
                self.looked.emit(project, found)
