"""Joins what stands next to a decoding to the plane and the panel: found in the background, when asked."""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from training.errors import VaeError
from training.language import tr
from training.pixel_store import PixelStore
from training.project import Project
from vae_desktop.decode_lane import Decoded
from vae_desktop.nearest_lane import Answer, NearestLane, Question
from vae_desktop.nearest_view import GUESS, NearPicture
from vae_desktop.plane_session import Latent, PlaneSession
from vae_desktop.window_state import WindowState

_log = logging.getLogger(__name__)


class NearestSession(QObject):
    """Asks what stands next to the active handle's decoding, and shows what is found.

    Args:
        session: whose plane it is.

    Attributes:
        answer: what was found last for the active handle; None while there is nothing.
    """

    answered = Signal()  # :attr:`answer` is another one
    _found = Signal(object)  # nearest_lane.Answer, from the lane's thread
    _prepared = Signal(float)
    _failed = Signal(object)

    def __init__(self, session: PlaneSession) -> None:
        super().__init__(session)
        self._session, self._window = session, session.window
        self.answer: Answer | None = None
        self._store: PixelStore | None = None
        self._decoded: dict[int, Decoded] = {}
        self._asked: Question | None = None  # the newest
        self._has_failed = False
        self._lane = NearestLane(self._found.emit, self._prepared.emit, self._failed.emit)
        self._found.connect(self._show)
        self._prepared.connect(self._show_progress)
        self._failed.connect(self._tell_failure)
        session.opened.connect(self._open)
        session.closing.connect(self._leave)
        session.engine.decoded.connect(self._on_decoded)
        session.engine.gated.connect(self._lane.gate)
        session.engine.network_changed.connect(lambda _dim: self._forget())
        plane, window = self._window.plane, self._window
        plane.handle_selected.connect(lambda _handle: self._ask())
        plane.handle_removed.connect(lambda handle: self._decoded.pop(handle, None))
        session.shown.connect(self._ask)
        session.passed.connect(self._ask)
        window.decoding.nearest.activated.connect(session.pictures.reveal)
        window.state_changed.connect(self._on_state)

    def close(self) -> None:
        """End the threads."""
        self._lane.close()

    def _open(self, project: Project) -> None:
        self._store, self._has_failed = self._session.pictures.store, False
        if self._store is not None:
            self._lane.open(Path(project.path), self._store)

    def _leave(self) -> None:
        self._lane.leave()
        self._store = None
        self._forget()

    def _forget(self) -> None:
        self._decoded.clear()
        self._show_none()

    def _on_state(self) -> None:
        self._lane.set_training(self._window.state == WindowState.TRAINING)

    def _on_decoded(self, decoded: Decoded) -> None:
        if decoded.handle in self._window.plane.handles:
            self._decoded[decoded.handle] = decoded
            if decoded.handle == self._window.plane.active_handle:
                self._ask()

    def _ask(self) -> None:
        """Ask for the newest of what the panel shows large."""
        shown, where = self._shown(), self._session.where
        if shown is None or len(shown[1]) != where.basis.latent_dim or not len(where.numbers):
            self._show_none()
            return
        self._asked = Question(*shown, where.numbers, where.surroundings)
        self._lane.ask(self._asked)

    def _shown(self) -> tuple[int, Latent, NDArray[np.uint8]] | None:
        """What a path passes (as handle 0) or else the active handle's decoding, and where that is."""
        if self._session.passing is not None:
            return 0, *self._session.passing
        active = self._window.plane.active_handle
        decoded = None if active is None else self._decoded.get(active)
        return None if decoded is None else (decoded.handle, decoded.point, decoded.pixels)

    def _show_none(self) -> None:
        self.answer = self._asked = None
        self._window.decoding.nearest.clear()
        self._window.plane.set_note("")
        self.answered.emit()

    def _show(self, answer: Answer) -> None:
        asked = self._asked
        if asked is None or (asked.handle, asked.around) != (answer.question.handle, answer.question.around):
            return  # of another handle or another time; where the handle was a moment ago will do in a drag
        self.answer = answer
        view = self._window.decoding.nearest
        if self._store is not None:
            placed, seen = answer.placed, answer.seen[:1]
            view.show_nearest(
                None if placed is None else (self._near(placed[0]), placed[1]),
                (self._near(seen[0].number), seen[0].distance) if seen else None,
            )
        view.show_novelty(self._sentence(answer), is_guess=answer.is_guess)
        self._window.plane.set_note(GUESS if answer.is_guess else "")
        self.answered.emit()

    def _near(self, number: int) -> NearPicture:
        pictures = self._session.pictures
        return NearPicture(number, pictures.pixels(number), pictures.name(number))

    def _sentence(self, answer: Answer) -> str:
        if answer.novelty is None or self._store is None:
            return ""
        return answer.novelty.sentence(held_out=bool(self._store.held_out[answer.seen[0].number]))

    def _show_progress(self, share: float) -> None:
        self._window.decoding.nearest.show_progress(share)

    def _tell_failure(self, error: Exception) -> None:
        told = isinstance(error, VaeError)  # meant for people, and no fault of the program
        _log.log(logging.INFO if told else logging.WARNING, "Nearest pictures are not known", exc_info=error)
        if not self._has_failed:
            self._has_failed = True
            self._window.show_problem(
                tr("Which pictures are nearest in pixels is not shown: {error}", error=error)
            )
