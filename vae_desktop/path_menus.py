"""Where stops of a path come from besides clicks: menus of the plane, the library and the bar."""

import secrets

import numpy as np
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu

from training.errors import VaeError
from training.language import tr
from training.paths import random_walk, surprise_loop
from vae_desktop.path_editing import PathEditing
from vae_desktop.plain_words import menu_text
from vae_desktop.plane_overlay import Spot
from vae_desktop.plane_path import Latent, PlanePath, Stops
from vae_desktop.plane_session import PlaneSession

_SURPRISE_STOPS, _WALK_STOPS = 8, 12


class PathMenus(QObject):
    """Offers what can be done with a path.

    Args:
        session: whose plane it is.
        path: what is changed.
        editing: tells what is pointed at.
    """

    surprised = Signal()  # stops were chosen by chance; they are to be seen at once

    def __init__(self, session: PlaneSession, path: PlanePath, editing: PathEditing) -> None:
        super().__init__(session)
        self._session, self._path, self._editing = session, path, editing
        window = session.window
        window.plane.menu_wanted.connect(self._fill_plane_menu)
        window.library.pictures.menu_wanted.connect(self._fill_library_menu)
        window.action("add_stop").triggered.connect(self._add_active)
        window.path_bar.stops_menu.aboutToShow.connect(self._fill_stops_menu)

    def add(self, stop: Latent | None) -> None:
        """Add a stop at the end; None for a picture of which it is not known where it lies."""
        if stop is None:
            self._session.window.statusBar().showMessage(self._session.why_unknown, 4000)
        else:
            self._path.insert(len(self._path.stops), stop)

    def surprise(self) -> None:
        """Go through random ones of the person's own pictures, and back."""
        means = self._session.where.means
        try:
            stops = surprise_loop(means, _SURPRISE_STOPS, secrets.randbelow(2**31))
        except VaeError as error:
            self._session.window.statusBar().showMessage(str(error), 4000)
            return
        self._replace(tr("surprise path"), stops, closed=True)

    def walk(self) -> None:
        """Walk about at random, where pictures are expected."""
        dim = self._session.where.basis.latent_dim
        stops = random_walk(_WALK_STOPS, dim, secrets.randbelow(2**31))
        self._replace(tr("random walk"), stops, closed=False)

    def _replace(self, text: str, stops: np.ndarray, *, closed: bool) -> None:
        laid: Stops = tuple(tuple(stop) for stop in stops.tolist())
        self._path.set_stops(text, laid, closed=closed)
        self.surprised.emit()

    def _add_active(self) -> None:
        handle = self._session.window.plane.active_handle
        if handle is not None:
            self.add(self._session.where.latent(handle))

    def _fill_plane_menu(self, menu: QMenu, spot: Spot) -> None:
        plane, path, stop = self._session.window.plane, self._path, self._editing.overlay.stop_at(spot)
        menu.addSeparator()
        handle = plane.handle_at(spot)
        if handle is not None:
            latent = self._session.where.latent(handle)
            title = menu_text(plane.handle_title(handle))
            add = menu.addAction(tr("Add {name} as a &stop", name=title))
            add.triggered.connect(lambda: self.add(latent))
        elif stop is not None:
            self._editing.select(stop)
            remove = menu.addAction(tr("&Remove stop {number}", number=stop + 1))
            remove.triggered.connect(lambda: path.remove(stop))
        else:
            latent, before = self._editing.latent_at(spot), self._editing.overlay.before(spot)
            place = len(path.stops) if before is None else before
            words = self._words(plane.picture_at(spot), inserts=before is not None)
            menu.addAction(words).triggered.connect(lambda: path.insert(place, latent))

    def _words(self, picture: int, *, inserts: bool) -> str:
        if inserts:
            return tr("Add a &stop to the path here")
        if picture >= 0:
            name = menu_text(self._session.pictures.name(picture)) or tr("this picture")
            return tr("Add {name} as a &stop", name=name)
        return tr("Add a &stop here")

    def _fill_library_menu(self, menu: QMenu, picture: int) -> None:
        if self._session.window.action("add_stop").isEnabled():
            stop = self._session.where.latent_of(picture)
            menu.addAction(tr("Add to the path as a stop")).triggered.connect(lambda: self.add(stop))

    def _fill_stops_menu(self) -> None:
        menu, path = self._session.window.path_bar.stops_menu, self._path
        menu.clear()
        surprise = menu.addAction(tr("&Surprise me: through pictures of mine"))
        surprise.triggered.connect(self.surprise)
        surprise.setEnabled(len(self._session.where.means) > 1)
        menu.addAction(tr("Random &walk")).triggered.connect(self.walk)
        where, handles = self._session.where, sorted(self._session.window.plane.handles)
        of_handles = menu.addAction(tr("From the &handles, in their order"))
        stops = tuple(where.latent(handle) for handle in handles)
        of_handles.triggered.connect(lambda: path.set_stops(tr("path from handles"), stops))
        of_handles.setEnabled(len(handles) > 1)
        menu.addSeparator()
        turn = menu.addAction(tr("Turn &around"))
        turn.triggered.connect(lambda: path.set_stops(tr("turn path around"), path.stops[::-1]))
        turn.setEnabled(len(path.stops) > 1)
        remove = menu.addAction(tr("&Remove all stops"))
        remove.triggered.connect(lambda: path.set_stops(tr("remove path"), ()))
        remove.setEnabled(bool(path.stops))
