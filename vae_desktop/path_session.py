"""Joins the path to the plane, its bar, the decoding and the engine: shows and plays it."""

import numpy as np
from PySide6.QtCore import QObject, QTimer

from training.errors import VaeError
from training.language import tr
from training.paths import Curve, Floats, Journey
from vae_desktop.decode_lane import Decoded
from vae_desktop.exploration import Exploration
from vae_desktop.path_editing import PathEditing
from vae_desktop.path_menus import PathMenus
from vae_desktop.path_player import PathPlayer
from vae_desktop.path_ways import PathWays, stops_of
from vae_desktop.plane_path import Latent, PlanePath
from vae_desktop.plane_session import PlaneSession

TRAVELLER = 0  # as which the engine decodes what a path passes; handles count from 1
_GATE_MS = 300  # a frame that takes longer does not come: the training goes on


class PathSession(QObject):
    """The path of what is open.

    Args:
        session: whose plane it is.
        exploration: where edits go to.

    Attributes:
        path: its stops and settings.
        player: plays it.
    """

    def __init__(self, session: PlaneSession, exploration: Exploration) -> None:
        super().__init__(session)
        self._session, self._engine = session, session.engine
        self._window, self._plane, self._bar = session.window, session.window.plane, session.window.path_bar
        self.path = PlanePath(exploration.edits, lambda: session.where.basis.latent_dim, self)
        self.player = PathPlayer(self)
        self._ways = PathWays(session)
        self._editing = PathEditing(session, self.path)
        self._overlay = self._editing.overlay
        self._menus = PathMenus(session, self.path, self._editing)
        self._gate = QTimer(self, singleShot=True, interval=_GATE_MS)
        self._gate.timeout.connect(self._open_gate)
        self._join()
        self._show()

    def _join(self) -> None:
        session, plane, bar, engine = self._session, self._plane, self._bar, self._engine
        self.path.changed.connect(self._show)
        self.path.replaced.connect(self._show)
        self._editing.changed.connect(self._show)
        self._editing.held.connect(self._travel_to)
        self._menus.surprised.connect(self._play_anew)
        self._ways.found.connect(self._show_line)
        self._ways.failed.connect(self._window.show_problem)
        self.player.moved.connect(self._on_moved)
        self.player.playing_changed.connect(bar.show_playing)
        session.shown.connect(self._show_places)
        engine.network_changed.connect(lambda _dim: self.path.clear())
        engine.model_loaded.connect(self._ways.forget_model)
        engine.decoded.connect(self._on_decoded)
        plane.tool_changed.connect(self._on_tool_changed)
        plane.drag_started.connect(lambda _handle: self.leave())
        plane.handle_selected.connect(lambda _handle: self.leave())
        self._window.action("play_path").triggered.connect(self.player.toggle)
        bar.play_toggled.connect(self.player.toggle)
        bar.sought.connect(self._seek)
        bar.repeat_toggled.connect(self._set_repeats)
        bar.settings_changed.connect(self.path.set_settings)

    @property
    def line(self) -> Curve | None:
        """The line of the path as it is; None while it has none."""
        return self._ways.curve if len(self._editing.laid.stops) > 1 else None

    def leave(self) -> None:
        """Play no more, and show the active handle's picture again."""
        self.player.pause()
        self._engine.remove_handle(TRAVELLER)
        if self._overlay.traveller is not None:
            self._open_gate()
            self._overlay.traveller = None
            self._plane.update()
            self._session.show_traveller(None)

    # ------------------------------------------------------------------ what is shown

    def _show(self) -> None:
        """Show the path as it is, or is for the time being."""
        laid, overlay = self._editing.laid, self._overlay
        self._bar.show_settings(laid.settings)
        self._bar.setVisible(bool(laid.stops) or self._editing.is_on)
        if overlay.selected is not None and overlay.selected >= len(laid.stops):
            overlay.selected = len(laid.stops) - 1 if laid.stops else None
        hint = tr("Click on the plane for stops")
        try:
            if laid.stops:
                self._ways.lay(laid, search=not self._editing.is_trying)
                hint = ""
            else:
                self._ways.stop()
        except VaeError as error:
            hint = error.what
        self._show_line()
        if hint:
            self._bar.show_hint(hint)

    def _show_line(self) -> None:
        line = self.line
        journey = None if line is None else Journey(line, self._editing.laid.settings)
        if journey is None and not self._editing.is_trying:
            self.leave()
        self.player.set_journey(journey)
        self._window.action("play_path").setEnabled(journey is not None)
        self._show_places()

    def _show_places(self) -> None:
        """Show stops and line where they are on the plane that is shown."""
        overlay, line, place = self._overlay, self.line, self.player.place
        overlay.is_pending = self._ways.is_pending
        overlay.stops = self._on_plane(stops_of(self._editing.laid))
        overlay.line = np.zeros((0, 2)) if line is None else self._on_plane(line.points)
        overlay.legs = np.zeros(0, np.int64) if line is None else line.legs
        if overlay.traveller is not None and place is not None and not self._editing.is_trying:
            overlay.traveller = self._place(place)
        self._plane.update()

    def _on_plane(self, latent: Floats) -> Floats:
        basis = self._session.where.basis
        if latent.shape[1] != basis.latent_dim:  # of another model, which is about to go
            return np.zeros((0, 2))
        places: Floats = (latent - basis.middle) @ basis.directions[:2].T
        return places

    def _place(self, latent: Latent) -> tuple[float, float] | None:
        places = self._on_plane(np.array([latent])).tolist()
        return (places[0][0], places[0][1]) if places else None

    def _on_tool_changed(self) -> None:
        if not self._editing.is_on and not self.player.is_playing:
            self.leave()

    # ------------------------------------------------------------------ playing

    def _play_anew(self) -> None:
        self.player.seek(0.0)
        self.player.play()

    def _set_repeats(self, repeats: bool) -> None:
        self.player.repeats = repeats

    def _seek(self, share: float) -> None:
        self.player.seek(share * self.player.total)
        if self.player.place is not None:
            self._travel_to(self.player.place)

    def _on_moved(self) -> None:
        player = self.player
        self._bar.show_position(player.seconds, player.total)
        if player.place is not None and player.is_playing:
            self._travel_to(player.place)

    def _travel_to(self, latent: Latent) -> None:
        """Show the dot there, and ask for the picture; the training waits for no more than that."""
        self._overlay.traveller = self._place(latent)
        self._plane.update()
        self._gate.start()
        self._engine.gate(True)
        self._engine.decode(TRAVELLER, latent)

    def _on_decoded(self, decoded: Decoded) -> None:
        if decoded.handle == TRAVELLER:
            self._open_gate()
            if self._overlay.traveller is not None:
                self._session.show_traveller(decoded.point, decoded.pixels)

    def _open_gate(self) -> None:
        """The training has the machine until the next frame, unless a hand has it."""
        if self._gate.isActive():
            self._gate.stop()
        if not self._session.is_busy:
            self._engine.gate(False)
