"""Joins one side's plane and pictures to what trains and decodes it."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from training.events import TrainProgress
from training.objectives import Objective
from training.posteriors import Posteriors
from training.run import Run
from vae_desktop.decode_lane import Decoded, Point, Tiles
from vae_desktop.latent_positions import LatentPositions
from vae_desktop.plane_view import PlaneView
from vae_desktop.twin_engine import HANDLE, TwinSide
from vae_desktop.twin_view import TwinView
from vae_desktop.twin_words import Facts, Standing, distance_words, progress_words, sentence

PixelsOf = Callable[[int], NDArray[np.uint8]]
Bounds = tuple[float, float, float, float]


class TwinPlane(QObject):
    """Where one model's pictures lie, and what its handle decodes to.

    Args:
        side: trains and decodes it.
        view: shows it.
        pixels_of: a picture's original by its number.
        held_out: [n], which pictures are held out.

    Attributes:
        where: pictures and the handle in the latent space.
    """

    moved = Signal()  # the handle, by the hand
    placed = Signal()  # pictures lie elsewhere now
    ended = Signal(int, bool)  # its training, after how many steps, and whether it was stopped
    failed = Signal(str)  # its training or its showing did, and why
    turned_away = Signal()  # the view is another one by the hand

    def __init__(
        self, side: TwinSide, view: TwinView, pixels_of: PixelsOf, held_out: NDArray[np.bool_]
    ) -> None:
        super().__init__(view)
        self.side, self.view = side, view
        self._pixels_of, self._held_out = pixels_of, held_out
        self.where = LatentPositions()
        self._objective: Objective | None = None
        self._is_training = False
        self._holes: float | None = None
        self._looks: PlaneView | None = None  # as it was set here, not by the hand
        side.network_changed.connect(self._on_network_changed)
        side.positions.connect(self._on_positions)
        side.progress.connect(self._on_progress)
        side.ended.connect(self._on_ended)
        side.failed.connect(self._on_failed)
        side.decoded.connect(self._on_decoded)
        side.backdrop.connect(self._on_tiles)
        plane = view.plane
        plane.tiles_wanted.connect(side.decoding.want)
        plane.handle_added.connect(self._on_handle_added)
        plane.handle_removed.connect(self._on_handle_removed)
        plane.handle_moved.connect(self._on_handle_moved)
        plane.view_changed.connect(self._on_view_changed)
        plane.picture_activated.connect(self._on_picture_activated)

    def begin(self, run: Run, placeholder: str, *, training: bool) -> None:
        """Turn to a run."""
        self.view.clear(placeholder)
        self.where.begin(run.model.latent_dim)  # what the network before still draws is not shown
        self.view.set_title(run.title)
        self._objective, self._is_training = run.model.parts, training
        self.view.plane.set_has_prior(run.model.parts.mean_term)

    # ------------------------------------------------------------------ the handle

    @property
    def has_handle(self) -> bool:
        """Whether there is something to show, and pictures to go by."""
        return self.view.plane.active_handle is not None and len(self.where.numbers) > 0

    @property
    def latent(self) -> Point:
        """Where the handle is, in latent numbers."""
        return self.where.latent(HANDLE)

    @property
    def picture(self) -> int | None:
        """The picture that the handle is exactly on; None for none."""
        found = self.where.nearest(HANDLE)
        return found[0] if found is not None and found[1] == 0.0 else None

    def put(self, latent: Point) -> None:
        """Put the handle to a point of the latent space, without telling it."""
        if self.view.plane.active_handle is None:
            return
        self.where.put(HANDLE, latent)
        self.view.plane.move_handle(HANDLE, *self.where.place(HANDLE))
        self.refresh()

    def put_on(self, number: int) -> bool:
        """Put the handle exactly on a picture; whether it is known where that lies."""
        latent = self.where.latent_of(number)
        if latent is not None:
            self.put(latent)
        return latent is not None

    def refresh(self) -> None:
        """Decode and describe where the handle is."""
        self.where.select(HANDLE)
        self.side.decoding.show_slice(self.where.slice)
        self.side.decode(self.latent)
        self.show_words()

    def show_words(self) -> None:
        """Say what there is to see at the handle."""
        if not self.has_handle or self._objective is None:
            return
        facts, number = self._facts()
        self.view.show_nearest(self._pixels_of(number), distance_words(facts))
        self.view.show_sentence(sentence(self._objective, facts, training=self._is_training))

    def _facts(self) -> tuple[Facts, int]:
        """Of the plane and its handle, and the nearest picture."""
        around, at = self.where.surroundings, np.array(self.latent)
        found = self.where.nearest(HANDLE)
        if found is None:
            raise RuntimeError("there are no pictures")
        number, distance = found
        standing = Standing.NEAR
        if distance == 0.0:
            standing = Standing.ON_PICTURE
        elif around.is_empty_at(at):
            standing = Standing.IN_HOLE
        elif distance > around.usual_spacing:
            standing = Standing.WITHIN_POSTERIOR
        spacings = distance / around.usual_spacing if around.usual_spacing > 0.0 else 0.0
        return Facts(standing, spacings, self._holes), number

    @property
    def _is_held(self) -> bool:
        return self.view.plane.dragged_handle is not None

    def _on_handle_added(self, _handle: int, z1: float, z2: float) -> None:
        self.where.add(HANDLE, (z1, z2))
        self.refresh()

    def _on_handle_removed(self, handle: int) -> None:
        self.where.remove(handle)
        self.side.decoding.remove_handle(handle)

    def _on_handle_moved(self, _handle: int, z1: float, z2: float) -> None:
        number = self.where.picture_at((z1, z2)) if self.view.plane.snaps else None
        if number is None or not self.where.move_to_picture(HANDLE, number):
            self.where.move(HANDLE, (z1, z2))
        self.refresh()
        self.moved.emit()

    def _on_picture_activated(self, number: int) -> None:
        if self.put_on(number):
            self.moved.emit()

    # ------------------------------------------------------------------ the view

    @property
    def bounds(self) -> Bounds | None:
        """z1_min, z1_max, z2_min, z2_max of the pictures; None without any."""
        on_plane = self.where.basis.on_plane(self.where.means)
        on_plane = on_plane[np.isfinite(on_plane).all(axis=1)]
        if len(on_plane) == 0:
            return None
        (left, bottom), (right, top) = on_plane.min(axis=0).tolist(), on_plane.max(axis=0).tolist()
        return left, right, bottom, top

    def fitted(self, bounds: Bounds | None = None) -> PlaneView:
        """The view in which all pictures are seen, or all within these bounds."""
        bounds = bounds or self.bounds
        view = self.view.plane.view
        return view.home() if bounds is None else view.fitted(*bounds)

    def look(self, z1: float, z2: float, span: float) -> None:
        """Look at another part of the plane, without telling it."""
        view = self.view.plane.view
        self._looks = PlaneView(z1, z2, span, view.left, view.top, view.width, view.height)
        self.view.plane.set_view(self._looks)

    def _on_view_changed(self) -> None:
        view, known = self.view.plane.view, self._looks
        # A window of another size shows the same in another area.
        if known is not None and (view.z1, view.z2, view.span) != (known.z1, known.z2, known.span):
            self._looks = view
            self.turned_away.emit()

    # ------------------------------------------------------------------ what the side tells

    def _on_network_changed(self, latent_dim: int) -> None:
        self.where.begin(latent_dim)

    def _on_positions(self, numbers: NDArray[np.int64], posteriors: Posteriors) -> None:
        if not len(numbers) or posteriors.means.shape[1] != self.where.basis.latent_dim:
            return
        where = self.where
        is_first = len(where.numbers) == 0
        where.set_pictures(numbers, posteriors, may_turn=not self._is_held)
        self._holes = where.surroundings.holes_half_way()
        self.show_pictures()
        if is_first:
            self.refresh()
        self.placed.emit()
        self.show_words()

    def show_pictures(self) -> None:
        """Show where the pictures lie on the plane, and the handle."""
        where, plane = self.where, self.view.plane
        plane.set_prior_mean(*where.basis.prior_mean)
        plane.set_axis_names(*where.basis.names)
        sigmas, angles = where.basis.ellipses(where.posteriors)
        held_out = self._held_out[where.numbers]
        plane.set_points(where.basis.on_plane(where.means), sigmas, held_out, where.numbers, angles)
        if plane.active_handle is not None:
            plane.move_handle(HANDLE, *where.place(HANDLE))

    def _on_progress(self, progress: TrainProgress) -> None:
        self.view.show_state(progress_words(progress))

    def _on_ended(self, steps: int, stopped: bool) -> None:
        self._is_training = False
        self.show_words()
        self.ended.emit(steps, stopped)

    def _on_failed(self, why: str) -> None:
        self._is_training = False
        self.show_words()
        self.failed.emit(why)

    def _on_decoded(self, decoded: Decoded) -> None:
        if len(self.where.numbers):
            self.view.show_decoded(decoded.pixels)

    def _on_tiles(self, tiles: Tiles) -> None:
        if len(self.where.numbers):
            self.view.plane.put_tiles(tiles.block, tiles.pixels, tiles.generation)
