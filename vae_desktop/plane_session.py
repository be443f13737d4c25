"""Joins the plane, the decoding and the library of the open project to the engine."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from training.language import tr
from training.pixel_store import PixelStore
from training.plane_basis import widest_numbers
from training.posteriors import Posteriors
from training.project import Project
from training.replay import Moment
from vae_desktop.decode_lane import Decoded, Tiles
from vae_desktop.engine import Engine
from vae_desktop.latent_positions import LatentPositions
from vae_desktop.main_window import MainWindow
from vae_desktop.project_pictures import ProjectPictures
from vae_desktop.save_dialog import ask_where_to_save

REST_MS = 300  # a held handle that rests this long lets the training go on
Latent = tuple[float, ...]  # a point of the latent space

# Which pictures, [n], and their means and standard deviations, [n, latent_dim].
_Placed = tuple[NDArray[np.int64], Posteriors]


class PlaneSession(QObject):
    """Where the open project's pictures lie, and what its handles decode to.

    Args:
        window: its plane, decoding and library are joined.
        engine: decodes, and tells where pictures lie.

    Attributes:
        pictures: those of the open project.
        where: pictures and handles in the latent space, and the plane that is shown of it.
        passing: what is shown of a path that is played, with where it is; None while none is played.
    """

    opened = Signal(object)  # project.Project
    closing = Signal()
    explorable = Signal()  # a model of the open project is there, and its pictures' places if they are known
    shown = Signal()  # pictures or the plane are elsewhere now
    passed = Signal()  # :attr:`passing` is another one
    handle_shown = Signal(int)  # it was put somewhere, not dragged on the plane
    handle_put = Signal(int, object, object)  # by the hand or a click: latent numbers before and after

    def __init__(self, window: MainWindow, engine: Engine) -> None:
        super().__init__(window)
        self.window, self.engine = window, engine
        self.pictures = ProjectPictures(self)
        self.pictures.damaged.connect(window.show_problem)
        self.pictures.revealed.connect(window.show_file)
        self._held_out: NDArray[np.bool_] | None = None  # there is none where nothing is open
        self.where = LatentPositions()
        self._present: _Placed | None = None  # while the past is shown, what is held back
        self.passing: tuple[Latent, NDArray[np.uint8]] | None = None
        self._is_explorable = False
        self._before: dict[int, Latent] = {}  # of the handle that is dragged
        self._is_held = False  # a handle or a slider, by the hand
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._rest_hand)
        self._join()

    def _join(self) -> None:
        engine, plane, decoding, library = (
            self.engine,
            self.window.plane,
            self.window.decoding,
            self.window.library,
        )
        engine.network_changed.connect(self._on_network_changed)
        engine.positions.connect(self._on_positions)
        engine.model_loaded.connect(self._on_model_loaded)
        engine.decoded.connect(self._on_decoded)
        engine.backdrop.connect(self._on_tiles)
        plane.tiles_wanted.connect(engine.want_tiles)
        plane.view_changed.connect(self._on_view_changed)
        plane.drag_started.connect(self.grab)
        plane.drag_finished.connect(self.let_go_of)
        plane.drag_refused.connect(self._tell_locked)
        plane.handle_moved.connect(self._on_handle_moved)
        plane.handle_added.connect(self._on_handle_added)
        plane.handle_removed.connect(self.where.remove)
        plane.handle_removed.connect(engine.remove_handle)
        plane.handle_removed.connect(decoding.remove)
        plane.handle_selected.connect(decoding.set_active)
        plane.handle_changed.connect(self._on_handle_changed)
        plane.handle_selected.connect(self._on_handle_selected)
        frame = self.window.plane_frame
        frame.choice.chosen.connect(self._on_plane_chosen)
        frame.sliders.grabbed.connect(lambda: self.grab(plane.active_handle))
        frame.sliders.released.connect(lambda: self.let_go_of(plane.active_handle))
        frame.sliders.moved.connect(self._on_slider_moved)
        frame.sliders.reset_requested.connect(self._on_sliders_reset)
        plane.picture_activated.connect(self.go_to_picture)
        decoding.handle_chosen.connect(plane.select_handle)
        library.picture_selected.connect(self.go_to_picture)
        library.reveal_requested.connect(self.pictures.reveal)

    def open(self, project: Project, pictures: PixelStore, format_words: str) -> None:
        """Turn to a project's pictures and show them in the library.

        Args:
            format_words: what size and colours the pictures have in the project, and why.
        """
        self.pictures.open(project, pictures)
        self._held_out = pictures.held_out
        self._is_explorable = False
        self.opened.emit(project)
        self.window.plane.set_pictures(self.pictures.pixels)
        self.window.library.show_pictures(
            project.source.name,
            str(project.source),
            count=len(pictures),
            pixels=self.pictures.pixels,
            held_out=pictures.held_out,
            names=self.pictures.name,
            side=pictures.shape[0],
            format_words=format_words,
        )

    def open_shared(self, held_out: NDArray[np.bool_]) -> None:
        """Turn to a model whose pictures are elsewhere; ``held_out`` [n] tells them apart."""
        self._held_out = held_out

    def close(self) -> None:
        """Show an empty plane, decoding and library."""
        self._let_go()
        self.closing.emit()
        self.pictures.close()
        self._held_out = self._present = None
        self.window.plane.clear()
        self.where.begin(2)
        self.window.plane_frame.clear()
        self.window.decoding.clear()
        self.window.library.clear()

    # ------------------------------------------------------------------ what the engine tells

    def _on_network_changed(self, latent_dim: int) -> None:
        """Begin anew with the handles where they are on the plane; where the pictures are is told next."""
        if self._held_out is None:
            return
        self._is_explorable = False
        self._present = None
        self.where.begin(latent_dim)
        for handle, place in self.window.plane.handles.items():
            self.where.add(handle, place)
        self.window.plane_frame.clear()
        self._show_pictures()
        self._show_plane()

    def _on_positions(self, numbers: NDArray[np.int64], posteriors: Posteriors) -> None:
        if self._held_out is None or not len(numbers):
            return
        if self._present is not None:
            self._present = (numbers, posteriors)
            return
        self._take((numbers, posteriors), may_turn=not self._is_held)

    def _take(self, placed: _Placed, *, may_turn: bool) -> None:
        turned = self.where.set_pictures(*placed, may_turn=may_turn)
        self._show_pictures()
        if turned:
            self._show_plane()
        self._tell_explorable()

    @property
    def held_out(self) -> NDArray[np.bool_] | None:
        """Which pictures of what is open are held out, [n]; None where nothing is open."""
        return self._held_out

    @property
    def shows_past(self) -> bool:
        """Whether pictures are shown where they lay earlier."""
        return self._present is not None

    @property
    def why_unknown(self) -> str:
        """Why it is not known where a picture lies: of many, trainings and replays follow a sample only."""
        if self._present is None:
            return tr("Where this picture lies is known after the training.")
        return tr("Where this picture lies is known at present, not at this step.")

    @property
    def present_means(self) -> NDArray[np.float32]:
        """Where the pictures lie now as far as it is known, [n, latent_dim], while the past is shown, too."""
        return (self.where.posteriors if self._present is None else self._present[1]).means

    def show_past(self, moment: Moment) -> None:
        """Show where pictures lay earlier, on the plane as it is; what is told meanwhile is held back."""
        where = self.where
        if self._held_out is None or moment.posteriors.means.shape[1] != where.basis.latent_dim:
            return
        if self._present is None:
            self._present = (where.numbers, where.posteriors)
        self._take((moment.numbers, moment.posteriors), may_turn=False)

    def show_present(self) -> None:
        """Show where the pictures lie now, as it was told last."""
        present, self._present = self._present, None
        if present is not None:
            self._take(present, may_turn=not self._is_held)

    def _on_model_loaded(self) -> None:
        self._show_frame()  # where the pictures are may not be known, as when they are of another size now
        self._show_slice()
        self._tell_explorable()

    def _tell_explorable(self) -> None:
        if self.pictures.project is not None and not self._is_explorable:
            self._is_explorable = True
            self.explorable.emit()

    def _show_pictures(self) -> None:
        """Show where the pictures lie on the plane, and how much of that is seen there."""
        where, basis = self.where, self.where.basis
        if self._held_out is not None:
            sigmas, angles = basis.ellipses(where.posteriors)
            held_out, of_all = self._held_out[where.numbers], len(self._held_out)
            means = basis.on_plane(where.means)
            self.window.plane.set_points(means, sigmas, held_out, where.numbers, angles, of_all=of_all)
        if len(where.numbers):
            self._show_frame()
        self.shown.emit()

    def _show_frame(self) -> None:
        """With more than two latent numbers, show which plane is seen, and the sliders for the others."""
        where, basis, frame = self.where, self.where.basis, self.window.plane_frame
        if basis.latent_dim == 2:
            frame.clear()
        elif basis.numbers is None:
            frame.show_main(basis.latent_dim, widest_numbers(where.means), where.share_on_plane)
        else:
            frame.show_numbers(basis.numbers, where.share_on_plane)

    def _show_plane(self) -> None:
        """Show another plane, and the handles where they are on it."""
        where, plane = self.where, self.window.plane
        plane.set_prior_mean(*where.basis.prior_mean)
        plane.set_axis_names(*where.basis.names)
        for handle in plane.handles:
            plane.move_handle(handle, *where.place(handle))
            self._decode(handle)
        if plane.active_handle is not None:
            where.select(plane.active_handle)
        self._show_slice()

    def _show_slice(self) -> None:
        """Show the slice through the active handle as the backdrop, and what is off it on the sliders."""
        self.engine.show_slice(self.where.slice)
        handle, frame = self.window.plane.active_handle, self.window.plane_frame
        if handle is not None and frame.is_choosing:
            frame.sliders.show_values(self.where.off_plane(handle).tolist())

    def _on_plane_chosen(self, numbers: tuple[int, int] | None) -> None:
        self.where.choose(numbers)
        self._show_pictures()
        self._show_plane()

    def _on_tiles(self, tiles: Tiles) -> None:
        if self._held_out is not None:
            self.window.plane.put_tiles(tiles.block, tiles.pixels, tiles.generation)

    def _on_decoded(self, decoded: Decoded) -> None:
        if decoded.handle in self.window.plane.handles:
            self.window.decoding.show_picture(decoded.handle, decoded.point, decoded.pixels)

    # ------------------------------------------------------------------ handles

    def grab(self, handle: int | None) -> None:
        """The hand takes hold of a handle, on the plane or by a slider, …"""
        self._is_held = True
        if handle is not None:
            self._before = {handle: self.where.latent(handle)}
        self.hold_training()

    def drag_to(self, handle: int, latent: Latent) -> bool:
        """… moves it anywhere in the latent space; False where it is locked …"""
        if self.window.plane.is_locked(handle):
            return False
        self.hold_training()
        self.put_handle(handle, latent)
        return True

    def hold_training(self) -> None:
        """Leave the machine to the hand, until it lets go or rests."""
        self.engine.gate(True)
        self._rest.start()

    def _let_go(self) -> None:
        self._is_held = False
        self._rest_hand()

    def let_go_of(self, handle: int | None) -> None:
        """… and lets go of it, which is told where it moved."""
        self._let_go()
        before = self._before.pop(handle, None) if handle is not None else None
        if handle is None or before is None:
            return
        if self.window.plane.snaps:
            self._snap(handle)
        self._tell_put(handle, before)

    def _snap(self, handle: int) -> None:
        """Be exactly where a picture lies, off the plane too, if the handle was let go on its place."""
        place = self.where.place(handle)
        found = self.where.picture_at(place)
        if found is not None and self.where.move_to_picture(handle, found):
            self._decode(handle)
            self._show_slice()

    def _tell_put(self, handle: int, before: Latent) -> None:
        after = self.where.latent(handle)
        if after != before:
            self.handle_put.emit(handle, before, after)

    def is_held_out(self, number: int) -> bool:
        """Whether a picture is kept aside."""
        return self._held_out is not None and number < len(self._held_out) and bool(self._held_out[number])

    def put_handle(self, handle: int, latent: Latent) -> None:
        """Move a handle to a point of the latent space; one that is not there is left alone."""
        if handle in self.window.plane.handles and len(latent) == self.where.basis.latent_dim:
            self.where.put(handle, latent)
            self._show_handle(handle)

    def _show_handle(self, handle: int) -> None:
        """Show a handle where it has been put."""
        self.window.plane.move_handle(handle, *self.where.place(handle))
        self._decode(handle)
        self.handle_shown.emit(handle)
        if handle == self.window.plane.active_handle:
            self.where.select(handle)
            self._show_slice()

    def _on_view_changed(self) -> None:
        if self._held_out is not None:
            self.hold_training()  # what comes into sight is decoded at once

    def _rest_hand(self) -> None:
        self._rest.stop()
        self.engine.gate(False)

    def _decode(self, handle: int) -> None:
        self.engine.decode(handle, self.where.latent(handle))

    def _on_handle_added(self, handle: int, z1: float, z2: float) -> None:
        self.where.add(handle, (z1, z2))
        self._decode(handle)

    def _on_handle_moved(self, handle: int, z1: float, z2: float) -> None:
        self.hold_training()
        self.where.move(handle, (z1, z2))
        self._decode(handle)

    def _on_handle_changed(self, handle: int) -> None:
        plane = self.window.plane
        name, is_locked = plane.handle_name(handle), plane.is_locked(handle)
        self.window.decoding.describe_handle(handle, name, is_locked=is_locked)

    def _on_handle_selected(self, handle: int) -> None:
        self.where.select(handle)
        self._show_slice()

    def _on_slider_moved(self, direction: int, value: float) -> None:
        handle = self.window.plane.active_handle
        if handle is not None:
            self.hold_training()
            self.where.move_off_plane(handle, direction, value)
            self._decode(handle)
            self._show_slice()

    def _on_sliders_reset(self) -> None:
        handle = self.window.plane.active_handle
        if handle is not None:
            before = self.where.latent(handle)
            self.where.move_to_middle(handle)
            self._decode(handle)
            self._show_slice()
            self._tell_put(handle, before)

    def go_to_picture(self, number: int) -> None:
        """Put the active handle where a picture lies."""
        row = self.where.row_of(number)
        if row is None:
            if self.window.plane.active_handle is not None:
                self._say(self.why_unknown)
        else:
            self.move_active(tuple(self.where.means[row].astype(np.float64).tolist()))

    def move_active(self, latent: Latent) -> bool:
        """Put the active handle to a point of the latent space, as by the hand; whether that was possible."""
        plane = self.window.plane
        handle = plane.active_handle
        if handle is None or len(latent) != self.where.basis.latent_dim:
            return False
        if plane.is_locked(handle):
            plane.drag_refused.emit(handle)
            return False
        before = self.where.latent(handle)
        self.put_handle(handle, latent)
        self._tell_put(handle, before)
        return True

    def _tell_locked(self, handle: int) -> None:
        self._say(tr("{title} is locked.", title=self.window.plane.handle_title(handle)))

    def _say(self, text: str) -> None:
        self.window.statusBar().showMessage(text, 4000)

    def save_picture(self) -> None:
        """Ask for a file and write the picture under the active handle to it."""
        image = self.window.decoding.current_image()
        if image is not None:
            kinds = f"{tr('Pictures')} (*.png *.jpg *.webp)"
            ask_where_to_save(
                self.window, tr("Save picture"), kinds, "decoded.png", lambda path: self._write(image, path)
            )

    def _write(self, image: QImage, path: str) -> None:
        if not image.save(path):
            self.window.show_problem(
                tr(
                    "The picture could not be written to {path}. Choose another place, or a name ending in"
                    " .png.",
                    path=path,
                )
            )

    # ------------------------------------------------------------------ the person's pictures

    def show_traveller(self, latent: Latent | None, pixels: NDArray[np.uint8] | None = None) -> None:
        """Show what a path passes, uint8 [S, S, C], in place of the active handle's picture; None ends it."""
        self.passing = None if latent is None or pixels is None else (latent, pixels)
        self.window.decoding.show_passing(latent or (), pixels)
        self.passed.emit()

    @property
    def is_busy(self) -> bool:
        """Whether a hand has the machine to itself: see :meth:`Engine.gate`."""
        return self._rest.isActive()
