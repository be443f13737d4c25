"""Joins the guests, pictures that are no part of the project, to the plane, the engine and the menus."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QMimeData, QObject, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from training.errors import VaeError
from training.image_format import ImageFormat
from training.language import mark, tr, trn
from training.pixel_store import evenly
from vae_desktop.edits import Edits
from vae_desktop.encode_queue import Encoded
from vae_desktop.guest_hand import GuestHand
from vae_desktop.guest_overlay import GuestOverlay
from vae_desktop.guest_reader import GuestReader, Reading, Wanted
from vae_desktop.guest_words import comparison_text, full_text, numbers_text, problem_text, summary
from vae_desktop.guests import MOST_GUESTS, Guest, Guests, HeldOutErrors
from vae_desktop.offered_pictures import Offered, dropped_pictures, pasted_pictures
from vae_desktop.picture_card import Found, PictureCard, Subject
from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import menu_text, one_line, pictures
from vae_desktop.plane_overlay import Spot
from vae_desktop.plane_session import PlaneSession
from vae_desktop.window_state import WindowState

_MOST_COMPARED = 64  # held-out pictures, evenly chosen
_TOLD_MS = 6_000
_LONGEST_NAMED = 30  # letters of a name in a menu
_NO_MAP = mark("There is no map yet to place pictures on.")


class GuestsSession(QObject):
    """The guests of the model that is shown; they go when it is closed.

    Args:
        session: whose plane they lie on.
        edits: by which placing and removing them can be taken back.
        card: shows what is pointed at.
        model_format: what the pictures of the model that is shown are like; None where there is none.

    Attributes:
        guests: what there is.
    """

    changed = Signal()  # other guests are there
    encoded = Signal(object)  # Encoded, of a guest

    def __init__(
        self,
        session: PlaneSession,
        edits: Edits,
        card: PictureCard,
        model_format: Callable[[], ImageFormat | None],
    ) -> None:
        super().__init__(session)
        self._session, self._engine, self._window = session, session.engine, session.window
        self._edits, self._model_format = edits, model_format
        self._plane = plane = session.window.plane
        self.guests = Guests()
        self._held_out = HeldOutErrors()
        self._reader = GuestReader(self)
        self._stopped = threading.Event()  # of what is being read
        self._coming = 0  # pictures that are being read
        self._new = 0  # the number of one that is to be seen as soon as it is known where it lies
        self._pasted = 0  # so many so far, to tell them apart
        self._awaited: list[Path] = []  # to be placed once there is a model
        basis = lambda: session.where.basis  # noqa: E731
        overlay = GuestOverlay(plane, self.guests, basis, self._comparison, self.select)
        plane.overlays.append(overlay)
        self._overlay = overlay
        self._hand = GuestHand(plane, overlay.at, self._promise, has_chosen=lambda: self.guests.selected > 0)
        card.add_source(self._pointed_at)
        self._join()

    def _join(self) -> None:
        hand, window = self._hand, self._window
        hand.dropped.connect(self._on_dropped)
        hand.hovered.connect(self._on_hovered)
        hand.activated.connect(self._go_to)
        hand.left.connect(lambda: self.select(0))
        hand.remove_requested.connect(self._remove_selected)
        self._reader.done.connect(self._on_read)
        self._engine.encoded.connect(self._on_encoded)
        self._engine.network_changed.connect(self._on_network_changed)
        self._session.closing.connect(self.clear)
        self._plane.menu_wanted.connect(self._fill_menu)
        window.state_changed.connect(self._compare_anew)
        window.action("paste_picture").triggered.connect(self.paste)
        window.action("place_pictures").triggered.connect(self._choose)
        window.action("next_guest").triggered.connect(lambda: self.select(self.guests.neighbour(1)))
        window.action("remove_guests").triggered.connect(lambda: self.remove(list(self.guests)))
        self.changed.connect(self._show_possible)
        self._show_possible()

    # ------------------------------------------------------------------ coming and going

    @property
    def is_full(self) -> bool:
        """Whether no more guests are taken."""
        return len(self.guests) + self._coming >= MOST_GUESTS

    def place(self, offered: Offered, again: str) -> None:
        """Place what was dropped or pasted on the plane, or say why not.

        Args:
            again: what to do once there is a model, to stand after a semicolon.
        """
        if offered.problem:
            self._window.show_problem(offered.problem)
        elif self._plane.is_empty or self._model_format() is None:
            first = tr("Wait for the first one") if self._window.state.has_model else tr("Train first")
            self._window.show_problem(f"{tr(_NO_MAP)} {first}; {again}.")
        else:
            self._read(self._wanted(offered))

    def paste(self) -> None:
        """Place the picture that is in the clipboard."""
        self.place(pasted_pictures(QGuiApplication.clipboard().mimeData()), tr("then paste again"))

    def add(self, guests: Sequence[Guest]) -> None:
        """Have these guests from now on; it can be undone."""
        self._new = guests[0].number
        self._edits.do(
            tr("place {guests}", guests=_named(guests)), lambda: self._put(guests), lambda: self._take(guests)
        )

    def remove(self, guests: Sequence[Guest]) -> None:
        """Have these guests no more; it can be undone."""
        if guests:
            self._edits.do(
                tr("remove {guests}", guests=_named(guests)),
                lambda: self._take(guests),
                lambda: self._put(guests),
            )

    def change(self, guest: Guest, pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
        """Let a guest be another picture, uint8 [S, S, C], as one that is still being drawn."""
        guest.pixels = pixels
        self._engine.encode(guest.number, pixels)

    def forget(self, guest: Guest) -> None:
        """Have a guest no more, as if it had never been there."""
        self._take([guest])

    def clear(self) -> None:
        """Have none, and wait for none."""
        self._stopped.set()
        self._stopped = threading.Event()
        self._coming, self._pasted, self._awaited = 0, 0, []
        self._take(list(self.guests))
        self._compare_with([])

    def close(self) -> None:
        """End the thread that reads pictures."""
        self._stopped.set()
        self._reader.close()

    def state(self) -> Any:
        """The files that guests came from; those without a file cannot be kept."""
        return {"paths": [str(guest.path) for guest in self.guests if guest.path is not None]}

    def restore(self, state: Any) -> None:
        """Have the guests of these files, as far as they are still there.

        Raises:
            ValueError, TypeError, KeyError: that is not what :meth:`state` tells.
        """
        paths = [Path(path) for path in state["paths"]]
        self.clear()
        self._awaited = paths
        self._read_awaited()

    def _read_awaited(self) -> None:
        if self._awaited and self._model_format() is not None:
            paths, self._awaited = self._awaited, []
            self._read([Wanted(one_line(path.name), path) for path in paths], is_edit=False)

    def _put(self, guests: Sequence[Guest]) -> None:
        self.guests.add(guests)
        self._encode(guests)
        self._tell_changed()

    def _take(self, guests: Sequence[Guest]) -> None:
        self.guests.remove(guests)
        for guest in guests:
            guest.encoded = None
            self._engine.remove_picture(guest.number)
        self._tell_changed()

    def _tell_changed(self) -> None:
        self._compare_anew()
        self._plane.update()
        self.changed.emit()

    def _encode(self, guests: Sequence[Guest]) -> None:
        """Have these encoded; those that the model takes at another size are read anew first."""
        image_format = self._model_format()
        if image_format is None:
            return
        other = [guest for guest in guests if guest.pixels.shape != image_format.shape]
        for guest in guests:
            if guest not in other:
                self._engine.encode(guest.number, guest.pixels)
        if other:
            self._read(
                [
                    Wanted(
                        guest.name, to_qimage(guest.pixels) if guest.source is None else guest.source, guest
                    )
                    for guest in other
                ]
            )

    # ------------------------------------------------------------------ reading

    def _wanted(self, offered: Offered) -> list[Wanted]:
        if offered.paths:
            return [Wanted(one_line(path.name), path) for path in offered.paths]
        self._pasted += 1
        source = offered.content if offered.image is None else offered.image
        return [Wanted(tr("Picture {number}", number=self._pasted), source)]

    def _read(self, wanted: Sequence[Wanted], *, is_edit: bool = True) -> None:
        image_format = self._model_format()
        if image_format is None:
            return
        is_new = wanted[0].guest is None
        if is_new and self.is_full:
            self._window.show_problem(full_text(len(wanted)))
            return
        taken = tuple(wanted[: MOST_GUESTS - len(self.guests) - self._coming] if is_new else wanted)
        self._coming += len(taken) if is_new else 0
        self._window.statusBar().showMessage(tr("Placing {pictures}…", pictures=pictures(len(taken))))
        self._reader.read(Reading(taken, image_format, len(wanted), is_edit, self._stopped))

    def _on_read(self, reading: Reading) -> None:
        if reading.stopped.is_set():
            return
        self._window.statusBar().clearMessage()
        self._coming -= sum(wanted.guest is None for wanted in reading.wanted)
        if problem := problem_text(reading):
            self._window.show_problem(problem)
        came, gone = [], []
        for each in reading.results:
            guest = each.wanted.guest
            if each.pixels is None:
                gone += [guest] if guest is not None else []
            elif guest is None:
                came.append(Guest(self.guests.next_number(), each.wanted.name, each.pixels, each.source))
            elif guest in self.guests:
                guest.pixels = each.pixels
                self._encode([guest])
        if gone:
            self._take(gone)
        if came and reading.is_edit:
            self.add(came)
        elif came:
            self._put(came)

    def _choose(self) -> None:
        paths, _kind = QFileDialog.getOpenFileNames(self._window, tr("Choose pictures to place on the plane"))
        if paths:
            self.place(Offered(paths=tuple(Path(path) for path in paths)), tr("then choose them again"))

    # ------------------------------------------------------------------ what the engine tells

    def _on_encoded(self, batch: list[Encoded]) -> None:
        for encoded in batch:
            guest = self.guests.get(encoded.key)
            if guest is not None and np.isfinite(encoded.mean).all() and np.isfinite(encoded.sigma).all():
                guest.encoded = encoded
                self.encoded.emit(encoded)
                if guest.number == self._new:
                    self._new = 0
                    self._overlay.bring_into_sight(guest.number)
            self._held_out.take(encoded)
        if len(self.guests):
            self._plane.update()

    def _on_network_changed(self, _latent_dim: int) -> None:
        """Where they were in another latent space says nothing in this one."""
        for guest in self.guests:
            guest.encoded = None
        self._encode(list(self.guests))
        self._compare_anew()
        self._read_awaited()

    # ------------------------------------------------------------------ compared with held-out pictures

    def _compare_anew(self) -> None:
        """Compare with the project's held-out pictures, but not while they change with every snapshot."""
        store, image_format = self._session.pictures.store, self._model_format()
        is_settled = self._window.state == WindowState.TRAINED and len(self.guests) > 0
        if store is None or image_format is None or not is_settled or store.shape != image_format.shape:
            self._compare_with([])
            return
        (held_out,) = np.nonzero(store.held_out)
        numbers = held_out[evenly(len(held_out), _MOST_COMPARED)].tolist()
        self._compare_with(numbers)

    def _compare_with(self, numbers: Sequence[int]) -> None:
        store = self._session.pictures.store
        keys = [-1 - number for number in numbers]  # below those of guests
        if keys == self._held_out.keys:
            return
        for key in self._held_out.keys:
            self._engine.remove_picture(key)
        try:
            pictures = store.read(numbers) if store is not None else ()
        except VaeError:  # the library tells of it; nothing is compared then
            keys, pictures = [], ()
        self._held_out.expect(keys)
        for key, pixels in zip(keys, pictures, strict=True):
            self._engine.encode(key, pixels)

    def _comparison(self, guest: Guest) -> str:
        found = None if guest.encoded is None else self._held_out.worse_than(guest.encoded)
        return "" if found is None else comparison_text(*found)

    # ------------------------------------------------------------------ under the hand

    def select(self, number: int) -> None:
        """Choose a guest, or none (0); one that is chosen already is chosen no more."""
        guests = self.guests
        guests.selected = 0 if number == guests.selected else number
        guest = guests.get(guests.selected)
        if guest is not None:
            self._overlay.bring_into_sight(guest.number)
            self._window.statusBar().showMessage(summary(guest, self._comparison(guest)), _TOLD_MS)
        self._plane.update()

    def _on_hovered(self, number: int) -> None:
        if number != self.guests.hovered:
            self.guests.hovered = number
            self._plane.update()

    def _pointed_at(self, spot: Spot) -> Found | None:
        number = self._overlay.at(spot.at)
        return (("guest", number), lambda: self._about(number)) if number else None

    def _about(self, number: int) -> Subject | None:
        """For the card of what is pointed at; a guest that was chosen has its own."""
        guest = self.guests.get(number)
        if guest is None or guest.encoded is None or number == self.guests.selected:
            return None
        mean, sigma = numbers_text(guest.encoded.mean), numbers_text(guest.encoded.sigma)
        comparison = self._comparison(guest)
        lines = [
            tr("lies at {mean}, give or take {sigma}", mean=mean, sigma=sigma),
            *([comparison] if comparison else []),
        ]
        latent = tuple(guest.encoded.mean.astype(float).tolist())
        captions = (tr("original"), tr("reconstruction"))
        return Subject(guest.name, lines, latent, to_qimage(guest.pixels), captions)

    def _on_dropped(self, data: QMimeData) -> None:
        self.place(dropped_pictures(data), tr("then drop them again"))

    def _promise(self) -> str:
        has_map = not self._plane.is_empty and self._model_format() is not None
        return tr("Let go to place on the plane") if has_map else tr("Train first, then place pictures here")

    def _remove_selected(self) -> None:
        guest = self.guests.get(self.guests.selected)
        if guest is not None:
            self.remove([guest])

    def _go_to(self, number: int) -> None:
        guest = self.guests.get(number)
        if guest is not None and guest.encoded is not None:
            self._session.move_active(tuple(guest.encoded.mean.astype(float).tolist()))

    def _fill_menu(self, menu: QMenu, spot: Spot) -> None:
        number = self._overlay.at(spot.at)
        guest = self.guests.get(number) or self.guests.get(self.guests.selected)
        if not menu.isEmpty():
            menu.addSeparator()
        if guest is not None:
            menu.addAction(tr("Put the handle where this &guest lies"), lambda: self._go_to(guest.number))
            if (path := guest.path) is not None:
                menu.addAction(
                    tr("Show this guest in its &folder"), lambda: self._window.show_file(path.parent)
                )
            menu.addAction(tr("&Remove this guest"), lambda: self.remove([guest]))
        if len(self.guests) > 1:
            menu.addAction(self._window.action("remove_guests"))
        menu.addAction(self._window.action("paste_picture"))

    def _show_possible(self) -> None:
        for name in ("next_guest", "remove_guests"):
            self._window.action(name).setEnabled(len(self.guests) > 0)


def _named(guests: Sequence[Guest]) -> str:
    if len(guests) != 1:
        return trn("{count} guest", "{count} guests", len(guests))
    name = guests[0].name
    return menu_text(f"“{name[:_LONGEST_NAMED]}…”" if len(name) > _LONGEST_NAMED else f"“{name}”")
