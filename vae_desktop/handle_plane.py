"""The plane with its handles: which there are, and the drags that move them. No mouse and no keys here."""

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from training.language import tr
from vae_desktop.plain_words import one_line, pictures
from vae_desktop.plane_canvas import PlaneCanvas
from vae_desktop.plane_handles import Handles, handle_area
from vae_desktop.plane_view import signed


class HandlePlane(PlaneCanvas):
    """A plane with draggable handles; the first one is there as soon as there is a point or a tile.

    Every move by the hand is reported as drag_started, handle_moved (any number of times), drag_finished.
    """

    drag_started = Signal(int)
    handle_moved = Signal(int, float, float)
    drag_finished = Signal(int)
    drag_refused = Signal(int)  # of a locked handle
    handle_selected = Signal(int)
    handle_added = Signal(int, float, float)
    handle_leaving = Signal(int)  # about to be removed by itself
    handle_removed = Signal(int)
    handle_changed = Signal(int)  # its name, or whether it is locked

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._handles = Handles()
        self._dragged: int | None = None
        self._axis_names = ("z1", "z2")
        self._note = ""
        self._describe()

    def set_axis_names(self, across: str, up: str) -> None:
        """What a screen reader calls the plane's two coordinates."""
        self._axis_names = (across, up)
        self._describe()

    def set_note(self, text: str) -> None:
        """What a screen reader says of the place of the active handle besides; '' for nothing."""
        if text != self._note:
            self._note = text
            self._describe()

    @property
    def handles(self) -> dict[int, tuple[float, float]]:
        """Latent coordinates of every handle by id."""
        return dict(self._handles.positions)

    @property
    def active_handle(self) -> int | None:
        """The id of the handle that clicks and keys move; None while there is nothing to show."""
        return self._handles.active

    @property
    def dragged_handle(self) -> int | None:
        """The id of the handle that the hand moves; None for none."""
        return self._dragged

    def add_handle(self, z1: float, z2: float, number: int | None = None) -> int:
        """Add a handle, which becomes the active one, and return its id: the one asked for, if it is free.

        Raises:
            ValueError: a coordinate is not finite.
        """
        _check_finite(z1, z2)
        self._end_drag()
        number = self._handles.add(z1, z2, number)
        self.handle_added.emit(number, z1, z2)
        self._selected()
        return number

    def remove_handle(self, number: int) -> None:
        """Remove a handle; the last one stays. Raises KeyError for an unknown id."""
        if number not in self._handles.positions:
            raise KeyError(number)
        if len(self._handles.positions) == 1:
            return
        self._end_drag()
        self.handle_leaving.emit(number)
        was_active = number == self._handles.active
        self._handles.remove(number)
        self.handle_removed.emit(number)
        if was_active:
            self._selected()
        self.update()

    def handle_title(self, number: int) -> str:
        """What a handle is called: the name that it was given, else "Handle" and its number."""
        return self._handles.title(number)

    def handle_name(self, number: int) -> str:
        """The name that a handle was given, or ''."""
        return self._handles.names.get(number, "")

    def name_handle(self, number: int, name: str) -> None:
        """Give a handle a name; '' takes it away. Raises KeyError for an unknown id."""
        if number not in self._handles.positions:
            raise KeyError(number)
        self._handles.names.pop(number, None)
        if name:
            self._handles.names[number] = one_line(name)
        self._handle_changed(number)

    def is_locked(self, number: int) -> bool:
        """Whether no hand moves this handle."""
        return number in self._handles.locked

    def lock_handle(self, number: int, locked: bool) -> None:
        """Keep a handle where it is, or let it be moved again. Raises KeyError for an unknown id."""
        if number not in self._handles.positions:
            raise KeyError(number)
        self._end_drag()
        (self._handles.locked.add if locked else self._handles.locked.discard)(number)
        self._handle_changed(number)

    def _handle_changed(self, number: int) -> None:
        self._describe()
        self.update()
        self.handle_changed.emit(number)

    def move_handle(self, number: int, z1: float, z2: float) -> None:
        """Put a handle somewhere without reporting it.

        Raises:
            KeyError: there is no such handle.
            ValueError: a coordinate is not finite.
        """
        _check_finite(z1, z2)
        if number not in self._handles.positions:
            raise KeyError(number)
        self._put(number, z1, z2)
        self._describe()

    def select_handle(self, number: int) -> None:
        """Make a handle the active one. Raises KeyError for an unknown id."""
        if number not in self._handles.positions:
            raise KeyError(number)
        if number != self._handles.active:
            self._end_drag()
            self._handles.active = number
            self._selected()

    def clear(self) -> None:
        """Show the placeholder again; every handle goes, each reported by handle_removed."""
        self._end_drag()
        gone = list(self._handles.positions)
        self._handles.clear()
        super().clear()
        for number in gone:
            self.handle_removed.emit(number)
        self._describe()

    def _data_changed(self, *, tiles: bool = True) -> None:
        super()._data_changed(tiles=tiles)
        if not self.is_empty and not self._handles.positions:
            self.add_handle(0.0, 0.0)
        self._describe()

    def _selected(self) -> None:
        if self._handles.active is not None:
            self.handle_selected.emit(self._handles.active)
        self._describe()
        self.update()

    def _select_neighbour(self, step: int) -> None:
        number = self._handles.neighbour(step)
        if number is not None:
            self.select_handle(number)

    def _remove_active(self) -> None:
        if self._handles.active is not None:
            self.remove_handle(self._handles.active)

    def _put(self, number: int, z1: float, z2: float) -> None:
        for position in (self._handles.positions[number], (z1, z2)):
            named = number in self._handles.names
            self.update(handle_area(self._view, position, is_named=named).toAlignedRect())
        self._handles.positions[number] = (z1, z2)

    def _describe(self) -> None:
        parts = [f"{pictures(len(self._scene.cloud))}."]
        if self._handles.active is not None:
            z1, z2 = self._handles.positions[self._handles.active]
            across, up = self._axis_names
            place = f"{across} {signed(z1, 2)}, {up} {signed(z2, 2)}"
            number, of_all = self._handles.active, len(self._handles.positions)
            title = tr("Handle {number} of {count}", number=number, count=of_all)
            name = self.handle_name(number)
            named = f"{title}, {name}," if name else title
            parts.append(tr("{handle} at {place}.", handle=named, place=place))
            if self.is_locked(number):
                parts.append(tr("It is locked."))
        parts += [self._note] if self._note else []
        parts.append(tr("Arrow keys move the handle, plus and minus zoom."))
        self.setAccessibleDescription(" ".join(parts))

    # Drags: from drag_started to drag_finished

    def _begin_drag(self, number: int) -> None:
        """Let the hand move a handle from now on; a locked one stays."""
        self._end_drag()
        if self.is_locked(number):
            self.drag_refused.emit(number)
            return
        self._dragged = number
        self._hand_busy = True
        self.drag_started.emit(number)

    def _drag_to(self, z1: float, z2: float) -> None:
        if self._dragged is not None and self._handles.positions[self._dragged] != (z1, z2):
            self._put(self._dragged, z1, z2)
            self.handle_moved.emit(self._dragged, z1, z2)

    def _end_drag(self) -> None:
        self._hand_busy = False
        if self._dragged is not None:
            number, self._dragged = self._dragged, None
            self._describe()
            self.drag_finished.emit(number)


def _check_finite(z1: float, z2: float) -> None:
    if not (math.isfinite(z1) and math.isfinite(z2)):
        raise ValueError(f"a handle needs finite coordinates, got {z1}, {z2}")
