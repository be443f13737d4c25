"""Asks where the film of a replay is to be written, and follows its writing, which takes a while."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from training.language import mark, tr
from training.mp4 import find_ffmpeg
from training.run import Run
from vae_desktop.engine import Engine
from vae_desktop.film_progress import FilmProgress
from vae_desktop.main_window import MainWindow
from vae_desktop.message_strip import StripButton
from vae_desktop.plain_words import one_line
from vae_desktop.replay_film import ReplayFilm
from vae_desktop.save_dialog import ask_where_to_save

_NAME = "replay"
_KINDS = {".webp": mark("WebP films"), ".gif": mark("GIF films"), ".mp4": mark("MP4 films")}


class ReplaySaver(QObject):
    """One film at a time.

    Args:
        window: where it is asked, and told how far it is.
        engine: writes it, in the background.
    """

    def __init__(self, window: MainWindow, engine: Engine) -> None:
        super().__init__(window)
        self._window, self._engine = window, engine
        self._progress = FilmProgress()
        window.statusBar().addPermanentWidget(self._progress)
        self._progress.cancelled.connect(engine.films.stop)
        engine.films.progress.connect(self._progress.show_done)
        engine.films.ended.connect(self._on_ended)

    def ask(self, run: Run, film: ReplayFilm, *, as_pictures: bool) -> None:
        """Ask for a name, and write a film, or its frames into a new folder of this name."""
        if not self._progress.isHidden():
            self._window.show_note(tr("A film is being written; the next one can be begun after it."))
        elif as_pictures:
            title = tr("Save the replay's pictures in a new folder")
            parent = QFileDialog.getExistingDirectory(self._window, title)
            if parent:
                self._save(run, film, _free_folder(Path(parent)))
        else:
            kinds = [kind for kind in _KINDS if kind != ".mp4" or find_ffmpeg()]
            ask_where_to_save(
                self._window,
                tr("Save replay"),
                ";;".join(f"{tr(_KINDS[kind])} (*{kind})" for kind in kinds),
                f"{_NAME}.webp",
                lambda path: self._save(run, film, Path(path)),
            )

    def _save(self, run: Run, film: ReplayFilm, path: Path) -> None:
        self._progress.begin(tr("Saving {name}…", name=one_line(path.name)), len(film.shares))
        self._engine.films.save(run, film, path)

    def _on_ended(self, path: Path, written: bool, problem: str) -> None:
        self._progress.hide()
        if problem:
            self._window.show_problem(problem)
        elif written:
            show = StripButton(tr("Show in its folder"), lambda: self._window.show_file(path.parent))
            self._window.messages.show_note(tr("Saved {name}.", name=one_line(path.name)), show)


def _free_folder(parent: Path) -> Path:
    """A name for a new folder."""
    names = (_NAME, *(f"{_NAME}-{number}" for number in range(2, 10_000)))
    return next(parent / name for name in names if not (parent / name).exists())
