"""After an end that was not a proper one: says what happened, what was kept, and what goes on now."""

import contextlib
import datetime
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

from training.errors import VaeError
from training.language import mark, tr
from training.project import Project
from training.run import LATEST_FILE, latest_run
from training.tensors import load_notes
from vae_desktop.crash_report import BEAT_SECONDS, Activity, BadEnd, Session
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.message_strip import StripButton
from vae_desktop.plain_words import one_line, short_date

_DOING = {
    WindowState.IMPORTING: "importing",
    WindowState.TRAINING: "training",
    WindowState.PAUSED: "training",
}
_WHAT = {
    "": mark("The program did not end properly last time ({when})."),
    "training": mark("The program did not end properly last time ({when}, while it was training “{title}”)."),
    "importing": mark(
        "The program did not end properly last time ({when}, while it was reading the pictures of “{title}”)."
    ),
}


class Aftercare(QObject):
    """Keeps the session's marker up to date, and tells of the last program's bad end, once.

    Args:
        window: where it is told.
        session: None where no marker can be kept; then nothing is known and nothing is told.
        project: what is open now.
    """

    def __init__(
        self, window: MainWindow, session: Session | None, project: Callable[[], Project | None]
    ) -> None:
        super().__init__(window)
        self._window, self._session, self._project = window, session, project
        self._untold: BadEnd | None = None
        window.state_changed.connect(self.note)
        if session is not None:
            beat = QTimer(self)
            beat.timeout.connect(session.beat)
            beat.start(round(BEAT_SECONDS * 1000))

    def begin(self) -> None:
        """Look how the last program ended; to be called once the window is painted."""
        if self._session is not None:
            self._untold = self._session.hold()

    @property
    def may_resume(self) -> bool:
        """Whether a training may be taken up unasked: not when that just ended the program, twice."""
        return self._untold is None or not self._untold.is_crash_loop

    def note(self) -> None:
        """Keep what the program does from now on."""
        if self._session is not None:
            self._session.note(self._activity())

    def note_resumed(self) -> None:
        """A training was taken up unasked."""
        if self._session is not None:
            self._session.note_resumed(self._activity())

    def note_step(self) -> None:
        """The training has made its first step."""
        if self._session is not None:
            self._session.note_step()

    def tell(self) -> bool:
        """Tell of the bad end that was not told yet, if there is one, in a window that shows what is open."""
        end, self._untold = self._untold, None
        if end is None:
            return False
        values = {"when": _when(end.at), "title": one_line(end.activity.title)}
        what = tr(_WHAT.get(end.activity.doing, _WHAT[""]), **values)
        button = None
        if (report := end.report) is not None:
            tip = tr("A text file on this computer; it is not sent to anybody")
            button = StripButton(tr("Show report"), lambda: self._window.show_file(report), tip)
        self._window.show_problem(" ".join(filter(None, (what, self._kept(end)))), button)
        return True

    def _kept(self, end: BadEnd) -> str:
        project, state = self._project(), self._window.state
        if project is None or project.path.name != end.activity.project:
            was_training = end.activity.doing == "training"
            return tr("What it learned until a minute before is kept.") if was_training else ""
        if end.activity.doing == "importing":
            return tr("The pictures read until then are kept, and the reading goes on.")
        if end.activity.doing != "training":
            return tr("Nothing of this project was lost.")
        epoch = saved_epoch(project)
        if state.is_running:
            return tr(
                "The training goes on after epoch {epoch}; at most its last minute was lost.", epoch=epoch
            )
        kept = tr("What was learned until epoch {epoch} is kept: press Train more to go on.", epoch=epoch)
        if not end.is_crash_loop:
            return kept
        again = tr("That was the second time just after the training went on by itself, so now it does not.")
        return f"{again} {kept}"

    def _activity(self) -> Activity:
        project = self._project()
        if project is None:
            return Activity()
        return Activity(_DOING.get(self._window.state, ""), project.path.name, project.source.name)


def _when(moment: datetime.datetime) -> str:
    return f"{short_date(moment)}, {moment:%H:%M}"


def saved_epoch(project: Project) -> int:
    """How many epochs the newest checkpoint of a project holds; 0 when there is none that can be read."""
    run = latest_run(project.runs_folder)
    if run is not None:
        with contextlib.suppress(VaeError, ValueError, LookupError, TypeError):
            return int(load_notes(run.path / LATEST_FILE)["epoch"])
    return 0
