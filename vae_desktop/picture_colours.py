"""What the points on the plane are coloured by, and the finding out of it."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from training.errors import VaeError
from training.language import mark, tr
from training.picture_facts import PictureFacts, read_facts
from training.project import Project
from training.run import Run
from vae_desktop.choice_menu import ChoiceMenu
from vae_desktop.colour_values import by_error, by_folder, by_time, share_of
from vae_desktop.lane import Lane
from vae_desktop.plane_colouring import Colouring, unknown
from vae_desktop.plane_session import PlaneSession

_HELD_OUT, _FOLDER, _ERROR, _TIME = "held out", "folder", "error", "time"
_MODES = (
    (
        _HELD_OUT,
        mark("&Learned or held out"),
        mark("Which pictures the program learns from, and which it keeps aside"),
    ),
    (_FOLDER, mark("By &folder"), mark("Which folder below yours each picture comes from")),
    (_ERROR, mark("By &reconstruction"), mark("How well the program can draw each picture itself")),
    (_TIME, mark("By &date"), mark("When each picture's file was last changed")),
)
_AFTER_TRAINING = mark("How far reconstructions are off is known after the training.")
_log = logging.getLogger(__name__)


class PictureColours(QObject):
    """Chosen in a menu and a drop-down, kept with the project.

    Args:
        session: whose plane is coloured.
        shown_run: the run whose model is shown, if any.
        more: other things to colour by: (name, words, help) and what has the colours.
    """

    changed = Signal()
    _facts_read = Signal(object, object)  # the project's folder, picture_facts.PictureFacts or why not

    def __init__(
        self,
        session: PlaneSession,
        shown_run: Callable[[], Run | None],
        more: Sequence[tuple[tuple[str, str, str], Callable[[], Colouring]]] = (),
    ) -> None:
        super().__init__(session)
        self._session, self._shown_run = session, shown_run
        window, engine = session.window, session.engine
        self._makers: dict[str, Callable[[], Colouring]] = {
            _FOLDER: lambda: self._of_facts(lambda facts, project: by_folder(facts, project.source.name)),
            _ERROR: self._error_colouring,
            _TIME: lambda: self._of_facts(lambda facts, _project: by_time(facts.times)),
            **{entry[0]: colouring for entry, colouring in more},
        }
        known = [(name, tr(words), tr(tip)) for name, words, tip in _MODES]
        entries = (*known, *(entry for entry, _ in more))
        self._menu = ChoiceMenu(
            tr("&Colour points"), tr("What the points are coloured by"), "colours", entries, window
        )
        self._menu.add_to(window.plane_tools)
        self._menu.chosen.connect(self.choose)
        window.plane_menu.addSeparator()
        window.plane_menu.addMenu(self._menu.menu)
        window.state_changed.connect(self._on_state)
        self.mode = _HELD_OUT
        self._facts: PictureFacts | str | None = None  # why not; None while it is not known
        self._errors: tuple[Path, NDArray[np.float32]] | None = None  # of which run
        self._error_note = ""
        self._asked_for: Path | None = None  # the run whose errors are being found out
        self._is_reading = False
        self._made: dict[str, Colouring] = {}  # of what is known, by mode
        self._lane = Lane("facts", lambda error: _log.error("The folders are not known", exc_info=error))
        self._facts_read.connect(self._on_facts)
        engine.errors_progress.connect(self._on_progress)
        engine.errors_found.connect(self._on_errors)
        engine.errors_failed.connect(self._on_errors_failed)
        session.opened.connect(lambda _project: self.choose(_HELD_OUT))
        session.closing.connect(self._forget)
        session.engine.trained.connect(lambda _result: self._forget_errors())
        session.shown.connect(self._on_shown)
        self._on_state()

    def choose(self, mode: str) -> None:
        """Colour by something else; raises KeyError where there is no such thing."""
        self._menu.select(mode)
        if mode != self.mode:
            if self.mode == _ERROR:
                self._session.engine.stop_finding_errors()
                self._asked_for = None
            self.mode = mode
            self.changed.emit()
        self.refresh()

    def refresh(self) -> None:
        """Colour the points by what is known now."""
        self._session.window.plane.set_colouring(self._colouring())

    def close(self) -> None:
        """End the thread."""
        self._lane.close()

    def state(self) -> dict[str, Any]:
        """For :class:`exploration.Exploration`."""
        return {"by": self.mode}

    def restore(self, state: dict[str, Any]) -> None:
        """The same."""
        self.choose(str(state["by"]))

    # ------------------------------------------------------------------ what is known

    def _colouring(self) -> Colouring | None:
        if self.mode == _HELD_OUT:
            return None
        if self._session.pictures.project is None:
            return unknown(tr("This model came without its pictures: nothing more is known of them."))
        return self._makers[self.mode]()

    def _of_facts(self, colouring: Callable[[PictureFacts, Project], Colouring]) -> Colouring:
        project = self._session.pictures.project
        if project is None or self._facts is None:
            self.facts()
            return unknown(tr("Looking it up…"))
        if isinstance(self._facts, str):
            return unknown(self._facts)
        if self.mode not in self._made:
            self._made[self.mode] = colouring(self._facts, project)
        return self._made[self.mode]

    def facts(self) -> PictureFacts | None:
        """Folders and dates, as far as they are known; else they are asked for."""
        project = self._session.pictures.project
        if self._facts is None and project is not None:
            self._ask_for_facts(project)
        return self._facts if isinstance(self._facts, PictureFacts) else None

    def _ask_for_facts(self, project: Project) -> None:
        if self._is_reading:
            return
        self._is_reading = True

        def read() -> None:
            try:
                found: PictureFacts | str = read_facts(project)
            except VaeError as error:
                found = str(error)
            self._facts_read.emit(project.path, found)

        self._lane.submit(read)

    def _on_facts(self, path: Path, facts: PictureFacts | str) -> None:
        self._is_reading = False
        project = self._session.pictures.project
        if project is not None and project.path == path:
            self._facts = facts
        self.refresh()  # which asks again, where another project is open by now
        self.changed.emit()

    def _error_colouring(self) -> Colouring:
        run = self._shown_run()
        if run is None or self._session.window.state.is_running:
            return unknown(tr(_AFTER_TRAINING))
        if self._errors is not None and self._errors[0] == run.path:
            if _ERROR not in self._made:
                self._made[_ERROR] = by_error(self._errors[1])
            return self._made[_ERROR]
        self._ask_for_errors(run)
        return unknown(self._error_note)

    def _ask_for_errors(self, run: Run) -> None:
        session = self._session
        project, store = session.pictures.project, session.pictures.store
        if project is None or store is None or self._asked_for == run.path:
            return
        if len(session.present_means) != len(store):
            self._error_note = tr("Where your pictures lie is not known yet.")
            return
        self._asked_for = run.path
        self._error_note = tr("Comparing your pictures with their reconstructions…")
        session.engine.find_errors(project, run, session.present_means)

    def _on_progress(self, run: Path, done: int, of: int) -> None:
        if self._asked_for == run and self._is_shown(run):
            self._error_note = tr(
                "Comparing your pictures with their reconstructions… {share}", share=share_of(done, of)
            )
            self.refresh()

    def _on_errors(self, run: Path, errors: NDArray[np.float32]) -> None:
        if self._asked_for == run and self._is_shown(run):
            self._asked_for = None
            self._errors = run, errors
            self._made.pop(_ERROR, None)
            self.refresh()

    def _on_errors_failed(self, run: Path, why: str) -> None:
        if self._is_shown(run):
            self._error_note = why  # and is not asked for again until something changes
            self.refresh()

    def _is_shown(self, path: Path) -> bool:
        run = self._shown_run()
        return run is not None and run.path == path

    # ------------------------------------------------------------------ what changes it

    def _on_shown(self) -> None:
        if self.mode != _HELD_OUT and not self._session.shows_past:  # nothing more is known by that
            self.refresh()

    def _on_state(self) -> None:
        self._menu.set_enabled(self._session.window.state.has_model)
        if self.mode == _ERROR:
            self.refresh()

    def _forget_errors(self) -> None:
        self._session.engine.stop_finding_errors()
        self._errors, self._error_note, self._asked_for = None, "", None
        self._made.pop(_ERROR, None)

    def _forget(self) -> None:
        self._forget_errors()
        self._facts = None
        self._made.clear()
        self._menu.select(_HELD_OUT)
        self.mode = _HELD_OUT
        self.changed.emit()
