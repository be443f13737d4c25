"""Models in `.vae` files: opens and shows one that came from somebody, saves the open project's."""

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from training.errors import VaeError
from training.files import SHARED_SUFFIX
from training.language import mark, tr, trn
from training.project import Project
from training.run import Run
from training.vae_file import About, SharedModel
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.plain_words import epochs, figure, long_date, one_line, pictures
from vae_desktop.plane_session import PlaneSession
from vae_desktop.save_dialog import ask_where_to_save
from vae_desktop.settings import RecentProject, Settings

if TYPE_CHECKING:
    from training.latent import LatentModel

_NATS_HELP = mark(
    "How well it describes pictures that it never learned from: the negative ELBO in nats a picture. Lower "
    "is better, but only models of the same pictures at the same size can be compared."
)
_LATENT_HELP = mark("In how many numbers every picture is encoded; two of them make the plane.")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Continuation:
    """A training that is to begin with a shared model, once its pictures are imported.

    Attributes:
        minutes: how long; None until stopped.
        note: what else the import changes; '' for nothing.
    """

    shared: SharedModel
    minutes: float | None
    note: str

    @classmethod
    def in_project(cls, project: Project, shared: SharedModel, minutes: float | None) -> Self:
        """What is to come in a project that may have been imported at another size before."""
        known, wanted = None, shared.about.image_format
        with contextlib.suppress(VaeError):  # the import will tell
            known = project.image_format
        note = ""
        if known not in (None, wanted):
            note = tr(
                "Your pictures were read anew in {format}, for this model. Earlier trainings are kept.",
                format=wanted,
            )
        return cls(shared, minutes, note)


class SharedSession(QObject):
    """At most one shared model is open, and then no project is.

    Args:
        window, engine, plane: what shows it.
        settings: where it is remembered as recent.
        make_room: closes whatever is open, once a file has turned out to be good.
    """

    failed = Signal(str)  # why a file could not be opened

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        plane: PlaneSession,
        settings: Settings,
        make_room: Callable[[], None],
    ) -> None:
        super().__init__(window)
        self._window, self._engine, self._plane, self._settings = window, engine, plane, settings
        self._make_room = make_room
        self._awaited = ""  # the file being read
        self.model: SharedModel | None = None
        engine.files.shared_read.connect(self._on_read)
        engine.files.shared_failed.connect(self._on_failed)
        engine.files.shared_saved.connect(self._on_saved)
        engine.files.sharing_failed.connect(self._on_not_saved)

    def announce(self, path: Path) -> None:
        """Let the first paint show that a model is about to be opened."""
        self._window.set_state(WindowState.SHARED)
        self._window.library.show_opening(path.stem)

    def open(self, path: Path) -> None:
        """Read a file; what is open stays so until the file has turned out to be good."""
        path = path.absolute()  # it is remembered, and the next start may be in another folder
        self._awaited = str(path)
        self._window.statusBar().showMessage(tr("Opening {name}…", name=one_line(path.name)))
        self._engine.files.read_shared(path)

    def forget_reading(self) -> None:
        """Something else is opened: a file that is still being read no longer matters."""
        if self._awaited:
            self._awaited = ""
            self._window.statusBar().clearMessage()

    def close(self) -> None:
        """Let go of the model."""
        self.model = None

    def choose_pictures(self) -> str:
        """Ask for the folder of pictures to go on with; '' for none."""
        return QFileDialog.getExistingDirectory(self._window, tr("Choose a folder of pictures to go on with"))

    def ask_and_save(self, project: Project, run: Run | None) -> None:
        """Ask for a file and write the model of a project's run to it, in the background."""

        def save(path: str) -> None:
            self._window.statusBar().showMessage(tr("Saving the model…"))
            self._engine.files.save_shared(project, Path(path), run)

        name = one_line(project.source.name) + SHARED_SUFFIX
        kinds = f"{tr('Models')} (*{SHARED_SUFFIX})"
        ask_where_to_save(self._window, tr("Save model to share"), kinds, name, save)

    def _on_read(self, path: str, shared: SharedModel, network: "LatentModel") -> None:
        if path != self._awaited:
            return
        self.forget_reading()
        self._make_room()
        self.model = shared
        window, about = self._window, shared.about
        _log.info("A shared model is open: %s", about.program)
        window.welcome.clear_problem()
        window.set_project_name(about.title)
        window.set_state(WindowState.SHARED)
        window.library.show_shared(about.title, path, shared.preview, _facts(about))
        self._plane.open_shared(shared.held_out)
        self._engine.show_shared(shared, network)
        self._settings.add_recent(RecentProject(path, about.title, tr("shared model")))
        self._settings.save_session(path, training=False)
        window.refresh_recent()

    def _on_failed(self, path: str, text: str) -> None:
        if path == self._awaited:
            self.forget_reading()
            self.failed.emit(text)

    def _on_saved(self, path: str) -> None:
        self._window.statusBar().clearMessage()
        self._window.messages.show_note(
            tr(
                "Saved {name}. It contains the model and where the pictures lie, not the pictures.",
                name=one_line(Path(path).name),
            )
        )

    def _on_not_saved(self, text: str) -> None:
        self._window.statusBar().clearMessage()
        self._window.show_problem(text)


def _facts(about: About) -> list[tuple[str, str]]:
    """What to tell of a model, as (line, tooltip)."""
    learnt = f"{pictures(about.pictures)}, {epochs(about.epochs)}"
    facts = [
        (learnt, tr("How many pictures it has learned, and how often each was looked at.")),
        (str(about.image_format), tr("What every picture was turned into.")),
        (
            trn("{count} latent number", "{count} latent numbers", about.model.latent_dim),
            tr(_LATENT_HELP),
        ),
    ]
    if about.figures is not None:
        nats = tr("{figure} nats on held-out pictures", figure=figure(about.figures.loss))
        facts.append((nats, tr(_NATS_HELP)))
    day = about.created.astimezone()
    facts.append(
        (
            tr("Saved on {day}", day=long_date(day)),
            tr("At {time:%H:%M} with {program}.", time=day, program=about.program),
        )
    )
    return facts
