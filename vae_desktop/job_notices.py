"""Tells of the end of a long job when the person is at something else."""

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from training.events import ImportReport, RunResult
from training.language import mark, tr
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.plain_words import epochs, one_line, pictures

LONG_SECONDS = 10.0
"""A job that took no longer is one that the person has waited for."""

_LOOK = mark("The window tells more.")
Show = Callable[[str, str], object]


class JobNotices(QObject):
    """Marks the window in the task bar, and has a notice shown, unless a window of ours has the keyboard.

    Args:
        window, engine: what is listened to.
        is_wanted: whether the person wants to be told.
        show: shows a notice: its title and its text.
    """

    def __init__(self, window: MainWindow, engine: Engine, is_wanted: Callable[[], bool], show: Show) -> None:
        super().__init__(window)
        self._window, self._is_wanted, self._show = window, is_wanted, show
        self._began = 0.0
        self._title = ""
        self._state = window.state
        window.state_changed.connect(self._on_state_changed)
        engine.imported.connect(self._on_imported)
        engine.import_failed.connect(
            lambda _why: self._tell_of_long(tr("Reading the pictures failed. {look}", look=tr(_LOOK)))
        )
        engine.trained.connect(self._on_trained)
        for failed in (engine.training_failed, engine.memory_ran_out, engine.gpu_failed):
            failed.connect(
                lambda *_why: self._tell_of_long(tr("The training could not go on. {look}", look=tr(_LOOK)))
            )
        for saved in (engine.files.shared_saved, engine.files.exported):
            saved.connect(self.tell_saved)
        engine.films.ended.connect(self._on_film_ended)
        for failed in (engine.files.sharing_failed, engine.files.export_failed):
            failed.connect(lambda _why: self.tell(tr("The model could not be saved. {look}", look=tr(_LOOK))))

    def tell(self, text: str, title: str = "") -> None:
        """Tell of the end of something, if the person is elsewhere and wants to be told."""
        if self._is_wanted() and QApplication.activeWindow() is None:
            QApplication.alert(self._window)
            self._show(title or self._window.windowTitle(), text)

    def tell_saved(self, path: str | Path) -> None:
        """Tell that something was written."""
        self.tell(tr("Saved {name}.", name=one_line(Path(path).name)))

    def _on_film_ended(self, path: Path, is_written: bool, _why: str) -> None:
        if is_written:
            self.tell_saved(path)

    def _on_state_changed(self) -> None:
        before, self._state = self._state, self._window.state
        begins = self._state == WindowState.IMPORTING or (self._state.is_running and not before.is_running)
        if begins:
            self._began = time.monotonic()
            self._title = self._window.windowTitle()  # after a failure the project may be closed by now

    def _on_imported(self, report: ImportReport) -> None:
        if not report.cancelled:
            self._tell_of_long(tr("The pictures are read: {pictures}.", pictures=pictures(report.used)))

    def _on_trained(self, result: RunResult) -> None:
        if not result.stopped:
            self._tell_of_long(tr("The training is done, after {epochs}.", epochs=epochs(result.epochs)))

    def _tell_of_long(self, text: str) -> None:
        if time.monotonic() - self._began >= LONG_SECONDS:
            self.tell(text, self._title)
