"""What can be done with handles besides dragging them: naming, locking, snapping; all of it can be undone."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog, QMenu

from training.language import tr
from vae_desktop.exploration import Exploration, finite_numbers
from vae_desktop.plain_words import menu_text, one_line
from vae_desktop.plane_overlay import Spot
from vae_desktop.plane_session import Latent, PlaneSession

_LONGEST_NAME = 60
_MOST_KEPT = 1_000


class HandleEdits(QObject):
    """Makes edits of what happens to handles, keeps them with the project, and offers the rest in a menu.

    Args:
        session: moves the handles.
        exploration: where edits go to.
    """

    changed = Signal()

    def __init__(self, session: PlaneSession, exploration: Exploration) -> None:
        super().__init__(session)
        self._session, self._exploration = session, exploration
        self._window, self._plane = session.window, session.window.plane
        plane, window = self._plane, self._window
        self._leaving: _Kept | None = None
        session.handle_put.connect(self._on_put)
        plane.handle_added.connect(self._on_added)
        plane.handle_leaving.connect(self._on_leaving)
        plane.handle_removed.connect(self._on_removed)
        plane.menu_wanted.connect(self._fill_menu)
        for signal in (plane.handle_added, plane.handle_removed, plane.handle_selected, plane.handle_changed):
            signal.connect(lambda *_told: self.changed.emit())
        plane.handle_selected.connect(lambda _handle: self._show_lock())
        plane.handle_changed.connect(lambda _handle: self._show_lock())
        window.action("name_handle").triggered.connect(lambda: self._with_active(self.ask_name))
        window.action("lock_handle").triggered.connect(
            lambda locked: self._with_active(lambda handle: self.lock(handle, locked))
        )
        window.action("snap").toggled.connect(self._set_snaps)
        window.action("to_nearest").triggered.connect(lambda: self._with_active(self.move_to_nearest))

    # ------------------------------------------------------------------ edits

    def name(self, handle: int, name: str) -> None:
        """Give a handle a name; '' takes it away."""
        before, after = self._plane.handle_name(handle), one_line(name).strip()[:_LONGEST_NAME]
        if after != before:
            self._do(
                tr("name handle {handle}", handle=handle),
                lambda: self._name(handle, after),
                lambda: self._name(handle, before),
            )

    def lock(self, handle: int, locked: bool) -> None:
        """Keep a handle where it is, or let it be moved again."""
        if locked != self._plane.is_locked(handle):
            self._do(
                tr("lock handle {handle}", handle=handle)
                if locked
                else tr("unlock handle {handle}", handle=handle),
                lambda: self._lock(handle, locked),
                lambda: self._lock(handle, not locked),
            )

    def move_to_nearest(self, handle: int) -> None:
        """Put a handle exactly where the picture nearest to it lies."""
        found = self._session.where.nearest(handle)
        if found is None:
            self._window.statusBar().showMessage(tr("Where your pictures lie is not known yet."), 4000)
            return
        self._plane.select_handle(handle)
        self._session.go_to_picture(found[0])

    def ask_name(self, handle: int) -> None:
        """Ask for a name in a small dialog."""
        title, before = tr("Name handle {handle}", handle=handle), self._plane.handle_name(handle)
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(title)
        dialog.setLabelText(tr("A word or two that it is shown with:"))
        dialog.setTextValue(before)
        dialog.setInputMode(QInputDialog.InputMode.TextInput)
        dialog.textValueSelected.connect(lambda text: self._name_if_there(handle, text))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _name_if_there(self, handle: int, text: str) -> None:
        if handle in self._plane.handles:
            self.name(handle, text)

    def _on_put(self, handle: int, before: Latent, after: Latent) -> None:
        put = self._session.put_handle
        self._do(
            tr("move handle {handle}", handle=handle),
            lambda: put(handle, after),
            lambda: put(handle, before),
            merges=f"move {handle}",
        )
        self.changed.emit()

    def _on_added(self, handle: int, _z1: float, _z2: float) -> None:
        if len(self._plane.handles) > 1:  # the first one is there by itself
            kept = self._kept(handle)
            self._do(
                tr("add handle {handle}", handle=handle),
                lambda: self._bring(kept),
                lambda: self._take_away(handle),
            )

    def _on_leaving(self, handle: int) -> None:
        self._leaving = self._kept(handle)

    def _on_removed(self, handle: int) -> None:
        kept, self._leaving = self._leaving, None
        if kept is not None:  # else the plane was cleared
            self._do(
                tr("remove handle {handle}", handle=handle),
                lambda: self._take_away(handle),
                lambda: self._bring(kept),
            )

    def _do(self, text: str, do: Callable[[], None], undo: Callable[[], None], merges: str = "") -> None:
        """Make an edit, unless this happens because of one."""
        if not self._exploration.edits.is_busy:
            self._exploration.edits.do(text, do, undo, merges)

    def _kept(self, handle: int) -> "_Kept":
        plane = self._plane
        latent = self._session.where.latent(handle)
        return _Kept(handle, latent, plane.handle_name(handle), plane.is_locked(handle))

    def _bring(self, kept: "_Kept") -> None:
        """Have a handle as it was."""
        if kept.number not in self._plane.handles:
            self._plane.add_handle(0.0, 0.0, kept.number)
        self._session.put_handle(kept.number, kept.latent)
        self._name(kept.number, kept.name)
        self._lock(kept.number, kept.locked)

    def _take_away(self, handle: int) -> None:
        if handle in self._plane.handles:
            self._plane.remove_handle(handle)

    def _name(self, handle: int, name: str) -> None:
        if handle in self._plane.handles:
            self._plane.name_handle(handle, name)

    def _lock(self, handle: int, locked: bool) -> None:
        if handle in self._plane.handles:
            self._plane.lock_handle(handle, locked)

    # ------------------------------------------------------------------ menu and actions

    def _fill_menu(self, menu: QMenu, spot: Spot) -> None:
        plane = self._plane
        handle = plane.handle_at(spot)
        if handle is None:
            place, picture = spot.place, plane.picture_at(spot)
            menu.addAction(tr("Add a &handle here")).triggered.connect(lambda: plane.add_handle(*place))
            if picture >= 0:
                self._offer_picture(menu, picture)
            return
        plane.select_handle(handle)
        menu.addSection(menu_text(plane.handle_title(handle)))
        for name in ("name_handle", "lock_handle", "to_nearest", "remove_handle"):
            menu.addAction(self._window.action(name))

    def _offer_picture(self, menu: QMenu, picture: int) -> None:
        session = self._session
        name = menu_text(session.pictures.name(picture)) or tr("this picture")
        menu.addAction(tr("Put the handle on {name}", name=name)).triggered.connect(
            lambda: session.go_to_picture(picture)
        )
        if session.pictures.path(picture) is not None:
            reveal = menu.addAction(tr("Open the folder of {name}", name=name))
            reveal.triggered.connect(lambda: session.pictures.reveal(picture))

    def _with_active(self, job: Callable[[int], None]) -> None:
        if self._plane.active_handle is not None:
            job(self._plane.active_handle)

    def _show_lock(self) -> None:
        active = self._plane.active_handle
        self._window.action("lock_handle").setChecked(active is not None and self._plane.is_locked(active))

    def _set_snaps(self, snaps: bool) -> None:
        self._plane.snaps = snaps

    # ------------------------------------------------------------------ kept with the project

    def state(self) -> dict[str, Any]:
        """For :class:`exploration.Exploration`."""
        kept = [asdict(self._kept(handle)) for handle in sorted(self._plane.handles)]
        return {"handles": kept, "active": self._plane.active_handle}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The same; the handles that are there make room."""
        dim = self._session.where.basis.latent_dim
        kept = [_Kept.of(each, dim) for each in state["handles"][:_MOST_KEPT]]
        for each in kept:
            self._bring(each)
        numbers = {each.number for each in kept}
        for number in set(self._plane.handles) - numbers if kept else ():
            self._plane.remove_handle(number)
        if state["active"] in self._plane.handles:
            self._plane.select_handle(state["active"])


@dataclass(frozen=True)
class _Kept:
    """A handle, enough to bring it back."""

    number: int
    latent: Latent
    name: str
    locked: bool

    @classmethod
    def of(cls, state: Mapping[str, Any], latent_dim: int) -> "_Kept":
        """From a state; raises ValueError, TypeError or KeyError where it is none of ours."""
        number = int(state["number"])
        if number < 1:
            raise ValueError(f"handle {number}")
        name = one_line(str(state["name"]))[:_LONGEST_NAME]
        return cls(number, finite_numbers(state["latent"], latent_dim), name, bool(state["locked"]))
