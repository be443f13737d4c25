"""Draws what the model takes for the same as the active handle, over and over while that is wished."""

import time

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QTimer

from training.language import mark, tr
from training.posteriors import Posteriors
from vae_desktop.decode_lane import Decoded
from vae_desktop.jitter_overlay import Jitter, JitterOverlay
from vae_desktop.jitter_view import COUNT
from vae_desktop.nearest_session import NearestSession
from vae_desktop.plane_session import PlaneSession
from vae_desktop.window_state import WindowState

TURN_MS = 250
CHEAP_SECONDS = 0.008  # pictures that take no longer are drawn in a drag too
SHARE = 0.06  # of the time may go into them while a training wants the machine
FIRST = -2_000
"""The decode lane knows them as handles from this number downwards."""

_UNKNOWN = mark("Known as soon as the model has placed your pictures.")


class JitterSession(QObject):
    """z = handle + σ·ε for eight draws of ε, with σ of the posterior of the picture nearest to the handle.

    Args:
        session: whose plane it is.
        nearest: knows the nearest picture.
    """

    def __init__(self, session: PlaneSession, nearest: NearestSession) -> None:
        super().__init__(session)
        self._session, self._nearest, self._window = session, nearest, session.window
        self._overlay = JitterOverlay()
        self._window.plane.overlays.append(self._overlay)
        self._random = np.random.default_rng()
        self._noise = np.zeros((COUNT, 2))
        self._asked_at = 0.0
        self._waiting: set[int] = set()  # handles of pictures that were asked for
        self._seconds = 0.0  # that the last ones took
        self._in_drag = False
        self._turn = QTimer(self, interval=TURN_MS)
        self._turn.timeout.connect(self._begin_turn)
        self._action = self._window.action("jitter")
        self._action.toggled.connect(self._show)
        plane = self._window.plane
        plane.drag_started.connect(lambda _handle: self._set_drag(True))
        plane.drag_finished.connect(lambda _handle: self._set_drag(False))
        nearest.answered.connect(self._follow)
        plane.handle_moved.connect(lambda *_place: self._follow())
        session.shown.connect(self._show_on_plane)
        session.closing.connect(self._forget)
        session.engine.decoded.connect(self._on_decoded)
        self._window.decoding.jitter.installEventFilter(self)
        self._window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stop while nobody can see them."""
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide, QEvent.Type.WindowStateChange):
            QTimer.singleShot(0, self, self._update)
        return super().eventFilter(watched, event)

    @property
    def is_seen(self) -> bool:
        """Whether somebody wants them and can see them."""
        view = self._window.decoding.jitter
        return self._action.isChecked() and view.isVisible() and not self._window.isMinimized()

    def _show(self, wished: bool) -> None:
        self._window.decoding.jitter.setVisible(wished)
        self._update()

    def _update(self) -> None:
        if self.is_seen == self._turn.isActive():
            return
        if self.is_seen:
            self._turn.start()
            self._begin_turn()
        else:
            self._turn.stop()
            self._forget()

    def _forget(self) -> None:
        """Have none; the decode lane need not draw them again when the weights change."""
        for place in range(COUNT):
            self._session.engine.remove_handle(FIRST - place)
        self._waiting.clear()
        self._window.decoding.jitter.clear()
        self._show_on_plane()

    def _set_drag(self, begins: bool) -> None:
        self._in_drag = begins

    def _spread(self) -> Posteriors | None:
        """The nearest picture's posterior."""
        answer, where = self._nearest.answer, self._session.where
        if answer is None or answer.placed is None:
            return None
        row = int(np.searchsorted(where.numbers, answer.placed[0]))
        is_known = row < len(where.numbers) and where.numbers[row] == answer.placed[0]
        return where.posteriors[row : row + 1] if is_known else None

    def _begin_turn(self) -> None:
        """Draw other ones; the same, elsewhere, while the handle is dragged."""
        if not self._in_drag:
            shape = COUNT, self._session.where.basis.latent_dim
            self._noise = self._random.standard_normal(shape)
            self._ask()

    def _follow(self) -> None:
        """Go with the handle."""
        if not self.is_seen:
            return
        self._show_on_plane()
        if self._in_drag and self._seconds <= CHEAP_SECONDS:
            self._ask()

    def _points(self) -> NDArray[np.float64] | None:
        """[8, d]."""
        handle, spread = self._window.plane.active_handle, self._spread()
        if handle is None or spread is None or self._noise.shape[1] != spread.means.shape[1]:
            return None
        moved: NDArray[np.float64] = np.array(self._session.where.latent(handle)) - spread.means[0]
        return moved + spread.samples_of(0, self._noise)

    def _ask(self) -> None:
        points = self._points()
        self._show_on_plane()
        if points is None:
            self._window.decoding.jitter.show_hint(tr(_UNKNOWN))
            return
        if self._waiting or time.monotonic() < self._due():
            return
        self._asked_at = time.monotonic()
        for place, point in enumerate(points.tolist()):
            self._waiting.add(FIRST - place)
            self._session.engine.decode(FIRST - place, tuple(point))

    def _due(self) -> float:
        """When the next ones may be drawn."""
        is_training = self._window.state == WindowState.TRAINING and not self._in_drag
        return self._asked_at + (self._seconds / SHARE if is_training else 0.0)

    def _on_decoded(self, decoded: Decoded) -> None:
        place = FIRST - decoded.handle
        if not (0 <= place < COUNT and self.is_seen):
            return
        self._window.decoding.jitter.show_picture(place, decoded.pixels)
        if decoded.handle in self._waiting:
            self._waiting.discard(decoded.handle)
            if not self._waiting:
                self._seconds = time.monotonic() - self._asked_at

    def _show_on_plane(self) -> None:
        points, spread = (self._points(), self._spread()) if self.is_seen else (None, None)
        handle, basis = self._window.plane.active_handle, self._session.where.basis
        was = self._overlay.jitter
        self._overlay.jitter = None
        if points is not None and spread is not None and handle is not None:
            axes, angles = basis.ellipses(spread)
            across, along = axes[0].tolist()
            places = basis.on_plane(points.astype(np.float32))
            middle = self._session.where.place(handle)
            self._overlay.jitter = Jitter(middle, (across, along), float(angles[0]), places)
        if was is not None or self._overlay.jitter is not None:
            self._window.plane.update()
