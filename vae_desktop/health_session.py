"""Joins the health of the pictures to the window: looks at them in a thread, leaves out and takes back."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from training.errors import VaeError
from training.events import Control
from training.files import write_atomically
from training.health import Health, Kind, as_csv, leave_out, look_at, take_back
from training.language import tr
from training.project import Project
from vae_desktop.application import come_forward
from vae_desktop.health_window import HealthWindow, PictureSource
from vae_desktop.latest_look import LatestLook, Tell
from vae_desktop.main_window import MainWindow
from vae_desktop.project_pictures import ProjectPictures
from vae_desktop.save_dialog import ask_where_to_save

_Answer = TypeVar("_Answer")
_log = logging.getLogger(__name__)


class HealthSession(QObject):
    """Opened from the menu, for the project that is open.

    Args:
        window: whose action opens it.
        pictures: of the open project.
        show_anew: has the window show the project again, after other pictures are used.

    Attributes:
        view: the window; None while it is closed.
    """

    def __init__(self, window: MainWindow, pictures: ProjectPictures, show_anew: Callable[[], None]) -> None:
        super().__init__(window)
        self._window, self._pictures, self._show_anew = window, pictures, show_anew
        self.view: HealthWindow | None = None
        self._health: Health | None = None
        self._look = LatestLook("health", self)
        window.action("health").triggered.connect(self.open)
        window.state_changed.connect(self._on_state)

    def open(self) -> None:
        """Show the window and look at the pictures."""
        if self._pictures.project is None:
            return
        if self.view is None:
            view = self.view = HealthWindow(self._window)
            view.closed.connect(self.close)
            view.leave_out_requested.connect(self._leave_out)
            view.take_back_requested.connect(self._take_back)
            view.reveal_requested.connect(self._reveal)
            view.csv_requested.connect(self._ask_for_csv)
        self._on_state()
        self.view.show()
        come_forward(self.view)
        self._look_at_pictures()

    def close(self) -> None:
        """Give up looking, and close the window."""
        self._look.close()
        if self.view is not None:
            self.view.hide()
            self.view.deleteLater()
            self.view = None
        self._health = None

    def _look_at_pictures(self) -> None:
        project, view = self._pictures.project, self.view
        if project is None or view is None:
            return
        view.show_busy()

        def look(control: Control, tell: Tell) -> None:
            found = look_at(project, lambda: control.should_stop)
            if found is not None:
                tell(self._show, found)

        self._look.begin(look, view.show_problem)

    def _show(self, found: Health) -> None:
        if self.view is not None:
            self._health = found
            self.view.show_health(found, PictureSource(self._name, self._pixels))

    def _on_state(self) -> None:
        if self.view is not None:
            self.view.set_refusal(self._why_not())

    def _why_not(self) -> str:
        """Why nothing can be left out now; '' where it can."""
        if self._window.state.is_running:
            return tr("Not while a training runs: stop it first.")
        return self._window.why_read_only

    # ------------------------------------------------------------------ pictures by the index's id

    def _path(self, picture: int) -> Path | None:
        return self._ask(Project.picture_path, picture)

    def _name(self, picture: int) -> str:
        return self._ask(Project.picture_name, picture) or ""

    def _ask(self, question: Callable[[Project, int], _Answer], picture: int) -> _Answer | None:
        project = self._pictures.project
        try:
            return None if project is None else question(project, picture)
        except (KeyError, VaeError):  # imported anew meanwhile
            return None

    def _pixels(self, picture: int) -> NDArray[np.uint8] | None:
        store = self._pictures.store
        if store is None:
            return None
        number = int(np.searchsorted(store.ids, picture))
        is_there = number < len(store) and store.ids[number] == picture
        return self._pictures.pixels(number) if is_there else None

    def _reveal(self, picture: int) -> None:
        path = self._path(picture)
        if path is not None:
            self._window.show_file(path.parent)

    # ------------------------------------------------------------------ what is asked for

    def _leave_out(self, kind: Kind) -> None:
        found = self._health
        if found is not None:
            self._change(lambda project: leave_out(project, found.superfluous(kind), kind))

    def _take_back(self, kind: Kind) -> None:
        self._change(lambda project: take_back(project, kind))

    def _change(self, change: Callable[[Project], None]) -> None:
        project = self._pictures.project
        if project is None or self._why_not():
            return
        try:
            change(project)
        except VaeError as error:
            self._window.show_problem(str(error))
            return
        self._show_anew()
        self._look_at_pictures()

    def _ask_for_csv(self) -> None:
        project, found = self._pictures.project, self._health
        if self.view is None or project is None or found is None:
            return
        name = f"{project.source.name}.csv"
        ask_where_to_save(
            self.view,
            tr("Save a table of all files"),
            tr("Tables (*.csv)"),
            name,
            lambda path: self._save(project, found, Path(path)),
        )

    def _save(self, project: Project, found: Health, path: Path) -> None:
        try:
            write_atomically(path, as_csv(project, found).encode())
        except VaeError as error:
            self._window.show_problem(str(error))
            return
        _log.info("Wrote a table of all files to %s", path)
        self._window.show_note(tr("The table is saved as {name}.", name=path.name))
