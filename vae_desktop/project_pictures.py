"""The person's pictures of the open project, for those who show them."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from training.errors import VaeError
from training.pixel_store import PixelStore
from training.project import Project

_UNKNOWN_GREY = 128
_Answer = TypeVar("_Answer")
_log = logging.getLogger(__name__)


class ProjectPictures(QObject):
    """Pictures by number, with their files.

    Attributes:
        project: whose they are; None while none is open.
        store: their pixels; None while none is open.
    """

    revealed = Signal(object)  # Path of the folder to open
    damaged = Signal(str)  # a copy of a picture cannot be read, and why; once for a project

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.store: PixelStore | None = None
        self._names: dict[int, str] = {}
        self._told_damage = False

    def open(self, project: Project, store: PixelStore) -> None:
        """Turn to a project's pictures."""
        self.close()
        self.project, self.store = project, store

    def close(self) -> None:
        """Have none."""
        self.project = self.store = None
        self._names, self._told_damage = {}, False

    def pixels(self, number: int) -> NDArray[np.uint8]:
        """A picture, uint8 [S, S, C]; grey where the project's copy of it is damaged, which is told once."""
        if self.store is None:
            return np.full((1, 1, 1), _UNKNOWN_GREY, np.uint8)
        try:
            pixels: NDArray[np.uint8] = self.store.read([number])[0]
            return pixels
        except VaeError as error:
            if not self._told_damage:
                self._told_damage = True
                text = str(error)
                # Not at once: this may be called while the library paints.
                QTimer.singleShot(0, self, lambda: self.damaged.emit(text))
            return np.full(self.store.shape, _UNKNOWN_GREY, np.uint8)

    def path(self, number: int) -> Path | None:
        """Of a picture's file; None where it is not known."""
        return self._ask(Project.picture_path, number)

    def name(self, number: int) -> str:
        """Of a picture's file, and which frame of it, if it has several; '' where it is not known."""
        if number not in self._names:
            self._names[number] = Path(self._ask(Project.picture_name, number) or "").name
        return self._names[number]

    def _ask(self, question: Callable[[Project, int], _Answer], number: int) -> _Answer | None:
        """Ask the project about the file of a picture; None where that is not known."""
        try:
            if self.project is None or self.store is None:
                return None
            return question(self.project, self.store.ids[number])
        except VaeError:
            _log.exception("The file of picture %d is not known", number)
            return None

    def reveal(self, number: int) -> None:
        """Have the folder opened that a picture's file is in."""
        path = self.path(number) if number >= 0 else None
        if path is not None:
            self.revealed.emit(path.parent)
