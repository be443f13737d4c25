"""What the hand does to the path: stops are added, moved and removed, by pointer and by keys."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent

from training.language import tr
from vae_desktop.path_overlay import AddStop, PathOverlay
from vae_desktop.plane_overlay import Spot
from vae_desktop.plane_path import Laid, Latent, PlanePath
from vae_desktop.plane_session import PlaneSession

_ARROW_STEP = 0.05  # σ, as of a handle
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_TO_OTHERS = {
    Qt.Key.Key_BracketLeft: -1,
    Qt.Key.Key_PageUp: -1,
    Qt.Key.Key_BracketRight: 1,
    Qt.Key.Key_PageDown: 1,
}
_REMOVES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class PathEditing(QObject):
    """Shows what the hand is doing for the time being, and makes an edit of it when it is done.

    Args:
        session: whose plane it is.
        path: what is edited.

    Attributes:
        overlay: the path on the plane.
    """

    changed = Signal()  # what is shown for the time being
    held = Signal(object)  # the point of the latent space that a stop is held over

    def __init__(self, session: PlaneSession, path: PlanePath) -> None:
        super().__init__(session)
        self._session, self._plane, self._path = session, session.window.plane, path
        self._trial: Laid | None = None
        self._added: int | None = None  # the stop that is being added
        self.overlay = PathOverlay(self)
        self._tool = AddStop(self, self.overlay.before)
        self._plane.overlays.append(self.overlay)
        self._plane.installEventFilter(self)
        action = session.window.action("path")
        action.toggled.connect(lambda on: self._plane.set_tool(self._tool) if on else self._put_away())
        self._plane.tool_changed.connect(self._on_tool_changed)

    @property
    def laid(self) -> Laid:
        """The path as it is, or is for the time being."""
        return self._trial or self._path.laid

    @property
    def is_trying(self) -> bool:
        """Whether something is shown for the time being."""
        return self._trial is not None

    @property
    def is_on(self) -> bool:
        """Whether a click on the plane adds a stop."""
        return self._plane.tool is self._tool

    def latent_at(self, spot: Spot) -> Latent:
        """The point of the latent space that is pointed at: exactly that of a picture, where one is."""
        picture = self._plane.picture_at(spot)
        known = None if picture < 0 else self._session.where.latent_of(picture)
        return known or tuple(self._session.where.slice.latent(np.array(spot.place)).tolist())

    # ------------------------------------------------------------------ path_overlay.PathHand

    def begin_stop(self, before: int | None) -> int:
        """A stop is about to be added before another one, or at the end: which one it will be."""
        stops = self._path.stops
        self._added = len(stops) if before is None else before
        if self._path.is_full:
            self._session.window.statusBar().showMessage(
                tr("This path has as many stops as it can have."), 4000
            )
        return self._added

    def move_stop(self, stop: int, spot: Spot) -> None:
        """Show a stop there, for the time being."""
        laid = self._path.laid
        if stop == self._added:
            if self._path.is_full:
                return
            latent, after = self.latent_at(spot), laid.stops[stop:]
        else:
            latent, after = self._moved(laid.stops[stop], spot), laid.stops[stop + 1 :]
        self._trial = replace(laid, stops=(*laid.stops[:stop], latent, *after))
        self.changed.emit()
        self.held.emit(latent)

    def settle(self) -> None:
        """Keep what was shown for the time being."""
        trial, self._trial = self._trial, None
        added, self._added = self._added, None
        if trial is None:
            return
        if added is not None:
            self._path.insert(added, trial.stops[added])
            return
        moved = [i for i, (a, b) in enumerate(zip(trial.stops, self._path.stops, strict=True)) if a != b]
        if moved:
            self._path.move(moved[0], trial.stops[moved[0]])
        else:
            self.changed.emit()

    def give_up(self) -> None:
        """Forget what was shown for the time being."""
        self._added = None
        if self._trial is not None:
            self._trial = None
            self.changed.emit()

    def select(self, stop: int | None) -> None:
        """Keys mean this stop."""
        self.overlay.selected = stop
        if stop is not None and stop < len(self.laid.stops):
            self.held.emit(self.laid.stops[stop])
        self._plane.update()

    def _moved(self, stop: Latent, spot: Spot) -> Latent:
        """A stop moved along the plane; what lies off it stays, unless it snaps to a picture."""
        if self._plane.snaps and self._plane.picture_at(spot) >= 0:
            return self.latent_at(spot)
        return self._along(stop, spot.place)

    def _along(self, stop: Latent, place: tuple[float, float]) -> Latent:
        plane = self._session.where.basis.slice_through(np.array(stop))
        return tuple(plane.latent(np.array(place)).tolist())

    # ------------------------------------------------------------------ keys

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the plane mean the chosen stop while the path is edited."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self.is_on:
            return self._key(event)
        return super().eventFilter(watched, event)

    def _key(self, event: QKeyEvent) -> bool:
        key, selected, count = event.key(), self.overlay.selected, len(self._path.stops)
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier or self.is_trying or not count:
            return False
        if key in _TO_OTHERS:
            self.select(0 if selected is None else (selected + _TO_OTHERS[Qt.Key(key)]) % count)
        elif selected is None or selected >= count:
            return False
        elif key in _REMOVES:
            self._path.remove(selected)
        elif key in _ARROWS:
            self._nudge(selected, Qt.Key(key), event.modifiers())
        else:
            return False
        return True

    def _nudge(self, stop: int, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> None:
        step = _ARROW_STEP * (5.0 if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0)
        step *= 0.2 if modifiers & Qt.KeyboardModifier.AltModifier else 1.0
        right, up = _ARROWS[key]
        latent, basis = self._path.stops[stop], self._session.where.basis
        across, along = basis.coordinates(np.array(latent))[:2].tolist()
        self._path.move(stop, self._along(latent, (across + right * step, along + up * step)), merges=True)
        self.held.emit(self._path.stops[stop])

    # ------------------------------------------------------------------ the tool

    def _put_away(self) -> None:
        if self.is_on:
            self._plane.set_tool(None)

    def _on_tool_changed(self) -> None:
        self._session.window.action("path").setChecked(self.is_on)
        self.overlay.is_editing = self.is_on
        if not self.is_on:
            self.overlay.selected = None
        self.changed.emit()
