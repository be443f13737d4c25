"""The thread that decodes: only the newest position of each handle counts, tiles fill the time between.

Single pictures are encoded there, too: the model is used from one thread.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.language import tr
from training.plane_basis import PlaneSlice
from training.timeline import take_first
from vae_desktop.encode_queue import Encoded, EncodeQueue, Shape
from vae_desktop.tile_grid import BLOCK, Block

if TYPE_CHECKING:
    from training.latent import LatentModel

Point = tuple[float, ...]  # in latent numbers
Pixels = NDArray[np.uint8]
Values = Mapping[str, NDArray[np.float32]]  # weights by name

TILES_AT_ONCE = 8  # a drag waits for no more than these
TILE_SHARE = 0.06  # of the time may go into newer tiles while a training wants the machine
PICTURES_AT_ONCE = 8  # are encoded; a drag waits for no more than these
PICTURE_SHARE = 0.03  # of the time may go into encoding pictures again while a training wants the machine


@dataclass(frozen=True)
class Decoded:
    """A handle's picture: where it was when it was asked for, and uint8 [S, S, C]."""

    handle: int
    point: Point
    pixels: Pixels


@dataclass(frozen=True)
class Tiles:
    """Decodings of a block of the backdrop.

    Attributes:
        pixels: uint8 [BLOCK, BLOCK, S, S, C], row 0 at the top.
        generation: larger than that of all tiles of other weights or another slice that came before.
        is_last: whether nothing else is to be decoded for the backdrop now.
    """

    block: Block
    pixels: Pixels
    generation: int
    is_last: bool


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
    values: Values
    latent_dim: int
    training: bool


@dataclass(frozen=True)
class _UnderWay:
    """A block of which some parts are decoded."""

    block: Block
    generation: int
    plane: PlaneSlice
    parts: list[Pixels]

    @property
    def next_points(self) -> NDArray[np.floating]:
        """Of the next part, in latent numbers; none when all are decoded."""
        done = sum(len(part) for part in self.parts)
        return self.plane.latent(self.block.centres.reshape(-1, 2)[done : done + TILES_AT_ONCE])

    @property
    def pixels(self) -> Pixels:
        """Of the whole block, uint8 [BLOCK, BLOCK, S, S, C]."""
        tiles = np.concatenate(self.parts)
        return tiles.reshape(BLOCK, BLOCK, *tiles.shape[1:])


class DecodeLane:
    """Decodes in a thread of its own; every result goes to a callback on that thread.

    Args:
        on_decoded: a handle's picture.
        on_tiles: a block of the backdrop.
        on_encoded: pictures that were encoded together.
        on_error: whatever went wrong; the lane goes on.
    """

    def __init__(
        self,
        on_decoded: Callable[[Decoded], None],
        on_tiles: Callable[[Tiles], None],
        on_encoded: Callable[[list[Encoded]], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._on_decoded, self._on_tiles, self._on_encoded = on_decoded, on_tiles, on_encoded
        self._on_error = on_error
        self._changed = threading.Condition()
        self._closing = False
        self._to_make: Callable[[], object] | None = None  # ahead of its weights
        self._weights: Weights | None = None  # new ones, not yet taken over
        self._present: Weights | None = None  # the newest ones, taken over or held back
        self._past: Iterable[Values] | None = None  # earlier ones, not yet taken over
        self._is_past = False
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
        self._wanted: dict[Block, int] = {}  # and the generation that is shown of each, 0 for none
        self._generation = 0
        self._tiles_due = 0.0  # newer tiles may be decoded from then on
        self._failed = 0  # the generation of which no more is tried
        self._under_way: _UnderWay | None = None
        self._pictures = EncodeQueue()
        self._shape: Shape = ()  # of the pictures that the model takes
        self._weights_taken = 0  # so often; the generation of what is encoded
        self._pictures_due = 0.0  # those encoded with older weights may be encoded again from then on
        self._thread = threading.Thread(target=self._work, name="decode")
        self._thread.start()

    def prepare(self, make_model: "Callable[[], LatentModel]") -> None:
        """Make a model ahead of its weights, so that its first picture comes sooner.

        Args:
            make_model: the same that the first of its weights will come with; makes it once.
        """
        with self._changed:
            self._to_make = make_model
            self._changed.notify_all()

    def set_weights(self, weights: Weights) -> None:
        """Decode with these from now on; every handle and the backdrop are drawn anew."""
        with self._changed:
            if self._weights is not None and self._weights.make_model and not weights.make_model:
                # The model that these belong to has not been made yet.
                weights = replace(weights, make_model=self._weights.make_model)
            self._present = replace(weights, make_model=None)
            if self._is_past and weights.make_model is None:
                return  # held back
            self._weights = weights
            self._past, self._is_past = None, False
            if weights.latent_dim != self._asked_dim:
                # Two latent numbers are the plane; of more, somebody has to choose.
                self._asked_dim = weights.latent_dim
                self._asked_slice = PlaneSlice(np.zeros(2), np.eye(2)) if self._asked_dim == 2 else None
            self._changed.notify_all()

    def show_past(self, kept: Iterable[Values]) -> None:
        """Decode with earlier weights of the same network, the first of these that fit it.

        They are read on the lane's thread, and only if no others were asked for meanwhile. New weights of
        this network are held back until :meth:`show_present`; those of another one end the past.
        """
        with self._changed:
            if self._present is not None:
                self._past, self._is_past = kept, True
                self._changed.notify_all()

    def show_present(self) -> None:
        """Decode with the newest weights again."""
        with self._changed:
            if self._is_past and self._present is not None:
                make_model = None if self._weights is None else self._weights.make_model
                self._weights = replace(self._present, make_model=make_model)
                self._changed.notify_all()
            self._past, self._is_past = None, False

    def show_slice(self, plane: PlaneSlice) -> None:
        """Let the backdrop show another plane through the latent space.

        One that it shows is left alone, and one of another model's space ignored.
        """
        with self._changed:
            if len(plane.middle) == self._asked_dim and not plane.is_close(self._asked_slice):
                self._asked_slice = plane
                self._changed.notify_all()

    def want(self, blocks: Sequence[tuple[Block, int]]) -> None:
        """Decode these blocks of the backdrop instead of those before, and again when they are out of date.

        Args:
            blocks: each with the generation of the tiles that are shown of it, 0 for none.
        """
        with self._changed:
            self._wanted = dict(blocks)
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

    def encode(self, key: int, pixels: Pixels) -> None:
        """Encode a picture, uint8 [S, S, C], now and with all later weights; of one key the newest counts."""
        with self._changed:
            self._pictures.put(key, pixels)
            self._changed.notify_all()

    def remove_picture(self, key: int) -> None:
        """Encode this picture no more."""
        with self._changed:
            self._pictures.remove(key)

    def forget(self) -> None:
        """Let go of model, handles and pictures, as when a project is closed; no results come after this."""
        with self._changed:
            self._weights = self._to_make = self._present = self._past = None
            self._is_past, self._forget = False, True
            self._asked_slice, self._asked_dim = None, 0
            self._wanted = dict.fromkeys(self._wanted, 0)
            self._asked.clear()
            self._handles.clear()
            self._pictures.clear()
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
                past, self._past = self._past, None
                to_make, self._to_make = self._to_make, None
                forget, self._forget = self._forget, False
                plane = self._asked_slice
                asked = {}
                if weights is not None or self._model is not None:
                    asked, self._asked = self._asked, {}
            try:
                self._take_notice(weights, past, forget=forget, plane=plane)
                self._work_once(asked, all_handles=weights is not None or past is not None)
                if to_make is not None:
                    to_make()
            except Exception as error:
                self._failed, self._under_way = self._generation, None
                self._on_error(error)

    def _has_work(self) -> bool:
        turned = self._asked_slice is not self._slice
        can_decode = self._model is not None
        has_tiles = self._under_way is not None or self._next_block() is not None
        waits = bool(self._asked) or turned or has_tiles or bool(self._next_pictures())
        told = (self._weights, self._past, self._to_make)
        has_news = self._forget or any(each is not None for each in told)
        return has_news or (can_decode and waits)

    def _patience(self) -> float | None:
        now = time.monotonic()
        return min((due - now for due in (self._tiles_due, self._pictures_due) if due > now), default=None)

    def _take_notice(
        self,
        weights: Weights | None,
        past: Iterable[Values] | None,
        *,
        forget: bool,
        plane: PlaneSlice | None,
    ) -> None:
        """Turn to what was told since the last time; None where that is nothing new."""
        if forget:
            self._model = self._under_way = None
        if plane is not self._slice:
            self._slice = plane
            self._generation += 1
        if weights is not None:
            self._take(weights)
        if past is not None and self._model is not None:
            self._take_past(self._model, past)

    def _work_once(self, asked: dict[int, Point], *, all_handles: bool) -> None:
        if self._model is None:
            return
        if all_handles:
            with self._changed:
                asked = self._handles | asked
        # A place in another model's latent space is out of date.
        asked = {handle: point for handle, point in asked.items() if len(point) == self._latent_dim}
        if asked:
            pictures = self._decode(np.array(list(asked.values())))
            for (handle, point), pixels in zip(asked.items(), pictures, strict=True):
                self._on_decoded(Decoded(handle, point, pixels))
        elif not self._encode_pictures():
            self._decode_tiles()

    def _take(self, weights: Weights) -> None:
        if weights.make_model is not None:
            self._under_way = None
            self._model = weights.make_model()
        if self._model is None:
            return
        self._model.set_weights(weights.values)
        self._latent_dim, self._training = weights.latent_dim, weights.training
        self._shape = self._model.config.shape
        self._generation += 1
        self._weights_taken += 1

    def _take_past(self, model: "LatentModel", kept: Iterable[Values]) -> None:
        self._training = False  # these will not be old in a moment
        self._generation += 1
        self._weights_taken += 1
        if take_first(kept, model.set_weights):
            return
        raise VaeError(
            tr("What was kept of this training's network cannot be read."),
            kept=tr("The points are shown as they lay; the pictures are drawn as before."),
        )

    def _decode(self, points: NDArray[np.floating]) -> Pixels:
        if self._model is None:
            raise RuntimeError("there is nothing to decode with")
        return self._model.decode(np.asarray(points, np.float32))

    # ------------------------------------------------------------------ pictures

    def _next_pictures(self) -> list[int]:
        """The keys of those that are to be encoded next; while a training runs, only now and then again."""
        only_new = self._training and time.monotonic() < self._pictures_due
        waiting = self._pictures.waiting(self._weights_taken, self._shape, only_new=only_new)
        return waiting[:PICTURES_AT_ONCE]

    def _encode_pictures(self) -> bool:
        """Encode the next ones together. Returns whether there were any."""
        with self._changed:
            taken = self._pictures.take(self._next_pictures(), self._weights_taken)
        if not taken or self._model is None:
            return False
        started = time.monotonic()
        pictures = np.stack(list(taken.values()))
        posteriors = self._model.encode(pictures)
        drawn = self._decode(posteriors.means)
        if self._training:
            spent = time.monotonic() - started
            self._pictures_due = max(self._pictures_due, started) + spent / PICTURE_SHARE
        self._on_encoded(
            [
                Encoded(key, self._weights_taken, pictures[row], posteriors[row : row + 1], drawn[row])
                for row, key in enumerate(taken)
            ]
        )
        return True

    # ------------------------------------------------------------------ the backdrop

    def _next_block(self) -> Block | None:
        """The wanted block to decode next: coarse ones first, of these the oldest; None where none waits."""
        if self._slice is None or not self._wanted or self._failed == self._generation:
            return None
        coarsest = min(block.level for block in self._wanted)
        is_late = time.monotonic() >= self._tiles_due
        waiting = (
            block
            for block, shown in self._wanted.items()
            if shown < self._generation
            # A training soon makes them old again: then none but the coarse ones, and newer ones only in a
            # share of the time; the oldest first, so that each has its turn.
            and (not self._training or (block.level == coarsest and (is_late or shown == 0)))
        )
        return min(waiting, key=lambda block: (block.level, self._wanted[block]), default=None)

    def _decode_tiles(self) -> None:
        """The next part of a block, which is told with its last one.

        A block that was begun is finished, whatever changes: else a slice that turns all the time would never
        be shown. It is out of date then and has its turn again.
        """
        with self._changed:
            it = self._under_way
            if it is None or it.block not in self._wanted:
                block, plane = self._next_block(), self._slice
                it = _UnderWay(block, self._generation, plane, []) if block and plane else None
            self._under_way = it
        if it is None:
            return
        started = time.monotonic()
        it.parts.append(self._decode(it.next_points))
        if self._training:
            spent = time.monotonic() - started
            self._tiles_due = max(self._tiles_due, started) + spent / TILE_SHARE
        if len(it.next_points):
            return
        self._under_way = None
        with self._changed:
            if it.block in self._wanted:
                self._wanted[it.block] = it.generation
            is_last = self._next_block() is None
        self._on_tiles(Tiles(it.block, it.pixels, it.generation, is_last))
