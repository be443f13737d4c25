"""The thread that decodes: only the newest position of each handle counts, tiles fill the time between."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.plane_basis import PlaneSlice

if TYPE_CHECKING:
    from training.latent import LatentModel

Point = tuple[float, ...]  # in latent numbers
Pixels = NDArray[np.uint8]

TILE_REACH = 3.2  # the backdrop covers the prior's ±3.2σ
COARSE_TILES, FINE_TILES = 12, 24  # a side, while training or when another slice is shown, and at rest
TILES_AT_ONCE = 12  # a drag waits for no more than these
TILE_SHARE = 0.06  # of the time may go into the backdrop while a training wants the machine


@dataclass(frozen=True)
class Decoded:
    """A handle's picture: where it was when it was asked for, and uint8 [S, S, C]."""

    handle: int
    point: Point
    pixels: Pixels


@dataclass(frozen=True)
class Backdrop:
    """Decodings on a grid of the plane.

    Attributes:
        tiles: uint8 [rows, columns, S, S, C], row 0 at the top.
        centres: float32 [rows, columns, 2], where on the plane they are.
    """

    tiles: Pixels
    centres: NDArray[np.float32]


@dataclass(frozen=True)
class Weights:
    """What to decode with from now on.

    Attributes:
        make_model: called once, on the lane's thread, for a model of another network; None keeps the model.
        values: the weights by name.
        latent_dim: how many latent numbers a point has.
        training: whether a training is using the machine at the same time.
    """

    make_model: "Callable[[], LatentModel] | None"
    values: Mapping[str, NDArray[np.float32]]
    latent_dim: int
    training: bool


def grid(side: int) -> NDArray[np.float32]:
    """Centres of side × side tiles that cover the plane, [side, side, 2], row 0 at the top."""
    width = 2 * TILE_REACH / side
    at = (-TILE_REACH + width * (np.arange(side) + 0.5)).astype(np.float32)
    across, up = np.meshgrid(at, at[::-1])
    return np.stack([across, up], axis=-1)


class DecodeLane:
    """Decodes in a thread of its own; every result goes to a callback on that thread.

    Args:
        on_decoded: a handle's picture.
        on_backdrop: a complete backdrop.
        on_error: whatever went wrong; the lane goes on.
    """

    def __init__(
        self,
        on_decoded: Callable[[Decoded], None],
        on_backdrop: Callable[[Backdrop], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._on_decoded, self._on_backdrop, self._on_error = on_decoded, on_backdrop, on_error
        self._changed = threading.Condition()
        self._closing = False
        self._weights: Weights | None = None  # new ones, not yet taken over
        self._asked: dict[int, Point] = {}  # newest positions, not yet decoded
        self._handles: dict[int, Point] = {}  # every handle's last position
        self._forget = False
        self._is_working = False
        self._model: LatentModel | None = None
        self._latent_dim = 0
        self._training = False
        self._asked_dim = 0  # latent numbers of the newest weights
        self._asked_slice: PlaneSlice | None = None  # what the backdrop is to show; None for no backdrop
        self._slice: PlaneSlice | None = None  # the same, as far as the thread has taken notice
        self._drawn_slice: PlaneSlice | None = None  # of the backdrop under way, or of the last one
        self._done: list[Pixels] = []  # tiles of the backdrop under way
        self._tiles_due = float("inf")
        self._tile_seconds = 0.0
        self._side = COARSE_TILES
        self._last_backdrop = float("-inf")
        self._thread = threading.Thread(target=self._work, name="decode")
        self._thread.start()

    def set_weights(self, weights: Weights) -> None:
        """Decode with these from now on; every handle and the backdrop are drawn anew."""
        with self._changed:
            if self._weights is not None and self._weights.make_model and not weights.make_model:
                # The model that these belong to has not been made yet.
                weights = replace(weights, make_model=self._weights.make_model)
            self._weights = weights
            if weights.latent_dim != self._asked_dim:
                # Two latent numbers are the plane; of more, somebody has to choose.
                self._asked_dim = weights.latent_dim
                self._asked_slice = PlaneSlice(np.zeros(2), np.eye(2)) if self._asked_dim == 2 else None
            self._changed.notify_all()

    def show_slice(self, plane: PlaneSlice) -> None:
        """Let the backdrop show another plane through the latent space.

        One that it shows is left alone, and one of another model's space ignored.
        """
        with self._changed:
            if len(plane.middle) == self._asked_dim and not plane.is_close(self._asked_slice):
                self._asked_slice = plane
                self._changed.notify_all()

    def request(self, handle: int, point: Point) -> None:
        """Decode a handle's position; an older position that still waits is forgotten."""
        with self._changed:
            self._handles[handle] = self._asked[handle] = point
            self._changed.notify_all()

    def remove_handle(self, handle: int) -> None:
        """Decode this handle no more."""
        with self._changed:
            self._handles.pop(handle, None)
            self._asked.pop(handle, None)

    def forget(self) -> None:
        """Let go of the model and all handles, as when a project is closed; no results come after this."""
        with self._changed:
            self._weights, self._forget = None, True
            self._asked_slice, self._asked_dim = None, 0
            self._asked.clear()
            self._handles.clear()
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closing or not (self._forget or self._is_working))

    def close(self) -> None:
        """End the thread and wait for it."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._is_working = False
                self._changed.notify_all()
                while not (self._closing or self._has_work()):
                    self._changed.wait(self._patience())
                if self._closing:
                    return
                self._is_working = True
                weights, self._weights = self._weights, None
                forget, self._forget = self._forget, False
                plane = self._asked_slice
                asked = {}
                if weights is not None or self._model is not None:
                    asked, self._asked = self._asked, {}
            try:
                self._work_once(weights, forget, plane, asked)
            except Exception as error:
                self._tiles_due = float("inf")
                self._on_error(error)

    def _has_work(self) -> bool:
        can_decode = self._model is not None
        turned = self._asked_slice is not self._slice
        waits = bool(self._asked) or turned or time.monotonic() >= self._tiles_due
        return self._weights is not None or self._forget or (can_decode and waits)

    def _patience(self) -> float | None:
        left = self._tiles_due - time.monotonic()
        return None if left == float("inf") or self._model is None else max(left, 0.0)

    def _work_once(
        self, weights: Weights | None, forget: bool, plane: PlaneSlice | None, asked: dict[int, Point]
    ) -> None:
        if forget:
            self._model, self._drawn_slice, self._tiles_due = None, None, float("inf")
        if plane is not self._slice:
            self._turn_to(plane)
        if weights is not None:
            self._take(weights)
            with self._changed:
                asked = self._handles | asked
        if self._model is None:
            return
        # A place in another model's latent space is out of date.
        asked = {handle: point for handle, point in asked.items() if len(point) == self._latent_dim}
        if asked:
            pictures = self._decode(np.array(list(asked.values())))
            for (handle, point), pixels in zip(asked.items(), pictures, strict=True):
                self._on_decoded(Decoded(handle, point, pixels))
        elif time.monotonic() >= self._tiles_due:
            self._decode_tiles()

    def _take(self, weights: Weights) -> None:
        if weights.make_model is not None:
            self._model = weights.make_model()
        if self._model is None:
            return
        self._model.set_weights(weights.values)
        self._latent_dim, self._training = weights.latent_dim, weights.training
        if self._slice is None:
            return
        now = time.monotonic()
        if not weights.training:
            self._done, self._tiles_due = [], now
        elif self._tiles_due == float("inf"):
            # A backdrop under way is finished first; the next one waits until its share of time is there.
            self._done = []
            self._tiles_due = max(now, self._last_backdrop + self._tile_seconds / TILE_SHARE)

    def _turn_to(self, plane: PlaneSlice | None) -> None:
        self._slice = plane
        if plane is None or self._side == FINE_TILES:
            self._done = []  # but a coarse backdrop is finished first: the hand may go on turning
        if not self._done:
            self._tiles_due = float("inf") if plane is None else time.monotonic()

    def _decode(self, points: NDArray[np.floating]) -> Pixels:
        if self._model is None:
            raise RuntimeError("there is nothing to decode with")
        return self._model.decode(np.asarray(points, np.float32))

    def _decode_tiles(self) -> None:
        started = time.monotonic()
        if not self._done:
            self._begin_backdrop()
        if self._drawn_slice is None:
            raise RuntimeError("there is no plane to draw")
        centres = grid(self._side)
        start = sum(len(part) for part in self._done)
        points = self._drawn_slice.latent(centres.reshape(-1, 2)[start : start + TILES_AT_ONCE])
        self._done.append(self._decode(points))
        self._tile_seconds += time.monotonic() - started
        if start + TILES_AT_ONCE < self._side**2:
            return
        tiles = np.concatenate(self._done)
        self._done, self._last_backdrop = [], time.monotonic()
        is_last = self._drawn_slice is self._slice and (self._training or self._side == FINE_TILES)
        self._tiles_due = float("inf") if is_last else self._last_backdrop
        self._on_backdrop(Backdrop(tiles.reshape(self._side, self._side, *tiles.shape[1:]), centres))

    def _begin_backdrop(self) -> None:
        is_turned = self._drawn_slice is not None and self._drawn_slice is not self._slice
        self._side = COARSE_TILES if self._training or is_turned else FINE_TILES
        self._drawn_slice, self._tile_seconds = self._slice, 0.0
