"""Choosing how pictures are read, before a folder is imported or again afterwards."""

import os
from collections.abc import Callable
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from training.events import Control
from training.image_format import ImageFormat
from training.language import tr
from training.preview import Plain, in_format, read_plainly
from training.project import Project
from training.source_scan import scan
from training.survey import Survey, spread, survey
from vae_desktop.application import come_forward
from vae_desktop.format_dialog import FormatDialog
from vae_desktop.latest_look import LatestLook, Tell
from vae_desktop.main_window import MainWindow

_MOST_LOOKED_AT = 5_000  # files, from which a preview and a suggestion are taken

OnFormat = Callable[[ImageFormat, int], None]  # and of animations and films, every so many-th frame


class FormatSession(QObject):
    """Shows the dialog, and looks into the folder in a thread.

    Args:
        window: whose actions open it.
        project: that is open, or None.
        import_anew: imports the open project's folder in another format.
        import_folder: imports a folder in a format.

    Attributes:
        view: the dialog; None while it is closed.
    """

    def __init__(
        self,
        window: MainWindow,
        *,
        project: Callable[[], Project | None],
        import_anew: OnFormat,
        import_folder: Callable[[str, ImageFormat, int], None],
    ) -> None:
        super().__init__(window)
        self._window, self._project = window, project
        self._import_anew, self._import_folder = import_anew, import_folder
        self.view: FormatDialog | None = None
        self._pictures: list[Plain] = []
        self._look = LatestLook("preview", self)
        window.action("open_as").triggered.connect(self._ask_for_folder)
        window.action("picture_format").triggered.connect(self._choose_for_project)
        window.library.format_requested.connect(window.action("picture_format").trigger)

    def choose_for(self, folder: Path) -> None:
        """Ask how the pictures of a folder are to be read, then import it."""
        view = self._open(folder, partial(self._import_folder, str(folder)))
        view.show_waiting()

    def close(self) -> None:
        """Give up looking, and close the dialog."""
        self._look.close()
        if self.view is not None:
            self.view.hide()
            self.view.deleteLater()
            self.view = None
        self._pictures = []

    def _ask_for_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self._window, tr("Choose a folder of pictures"))
        if folder:
            self.choose_for(Path(folder))

    def _choose_for_project(self) -> None:
        project = self._project()
        if project is None:
            return
        view = self._open(project.source, self._import_anew)
        image_format = project.image_format
        if image_format is not None:
            view.begin_with(
                image_format, project.every_frame, tr("Now: {format}", format=project.format_words)
            )
        view.show_note(
            tr(
                "The folder is read again. Trainings with pictures of another size or colours stay, but do"
                " not go on."
            )
        )

    def _open(self, folder: Path, chosen: OnFormat) -> FormatDialog:
        self.close()
        view = self.view = FormatDialog(self._window, folder.name, self._preview)
        view.chosen.connect(chosen)
        view.finished.connect(lambda _result: self.close())
        self._look.begin(lambda control, tell: self._look_into(folder, control, tell), view.show_problem)
        view.show()
        come_forward(view)
        return view

    def _look_into(self, folder: Path, control: Control, tell: Tell) -> None:
        """In the look's thread: some pictures first, as they are what one waits for."""
        found_files = islice(scan(folder, should_stop=lambda: control.should_stop), _MOST_LOOKED_AT)
        paths = [folder / os.fsdecode(file.path) for file in found_files]
        tell(self._show_pictures, read_plainly(spread(paths), lambda: control.should_stop))
        found = survey(paths, len(paths), with_films=True, should_stop=lambda: control.should_stop)
        if found is not None:
            tell(self._suggest, found)

    def _preview(self, number: int, image_format: ImageFormat) -> NDArray[np.uint8]:
        return in_format(self._pictures[number], image_format)

    def _show_pictures(self, pictures: list[Plain]) -> None:
        if self.view is not None:
            self._pictures = pictures
            self.view.show_pictures(len(pictures))

    def _suggest(self, found: Survey) -> None:
        if self.view is not None:
            words = tr("Suggested: {format}", format=f"{found.image_format}. {found.reason}")
            self.view.suggest(found.image_format, words)
