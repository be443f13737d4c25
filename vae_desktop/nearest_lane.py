"""The threads that find what of one's own stands next to a decoding: one looks, one prepares for it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.events import Control
from training.neighbour_features import kept_or_measured
from training.neighbours import Features, Neighbour, Neighbours
from training.novelty import Novelty, judge
from training.pixel_store import PixelStore
from training.surroundings import Surroundings
from vae_desktop.lane import Lane

NEAREST = 3
PATIENCE = 0.25  # seconds that a search may take while a newer one waits
SHARE = 0.1  # of the time goes into the preparation while a training wants the machine
DRAG_SHARE, LONGEST_REST = 0.01, 1.0  # of the time goes into searches in a drag; seconds between two at most


@dataclass(frozen=True)
class Question:
    """What stands next to this?

    Attributes:
        handle: whose it is; 0 for a path's.
        point: latent numbers.
        pixels: what they decode to, uint8 [S, S, C].
        numbers: int64 [n], which pictures :attr:`around` is of.
        around: where they lie.
    """

    handle: int
    point: tuple[float, ...]
    pixels: NDArray[np.uint8]
    numbers: NDArray[np.int64]
    around: Surroundings


@dataclass(frozen=True)
class Answer:
    """What stands next to a decoding.

    Attributes:
        question: what was asked.
        placed: the picture that the model places nearest, and how far it is in σ of the prior; None where
            none is known.
        seen: the pictures nearest in pixels, the nearest first; empty before that is known.
        novelty: whether it is a copy or new; None where that is not known.
        is_guess: whether no picture lies near the point.
    """

    question: Question
    placed: tuple[int, float] | None
    seen: tuple[Neighbour, ...]
    novelty: Novelty | None
    is_guess: bool


class NearestLane:
    """Finds in a thread of its own; only the newest question counts. Callbacks come from its threads.

    Args:
        on_answer: told what was found.
        on_progress: told how far the preparation is, 0 to 1; 1 when there is nothing more to prepare.
        on_error: whatever went wrong; once for a project.
    """

    def __init__(
        self,
        on_answer: Callable[[Answer], None],
        on_progress: Callable[[float], None],
        on_error: Callable[[Exception], None],
    ) -> None:
        self._on_answer, self._on_progress, self._on_error = on_answer, on_progress, on_error
        self._changed = threading.Condition()
        self._asked: Question | None = None  # the newest, not yet looked at
        self._last: Question | None = None
        self._neighbours: Neighbours | None = None
        self._gaps: dict[int, float | None] = {}  # of pictures that were nearest
        self._is_working = self._closing = False
        self._control = Control()  # of the preparation
        self._stopped = threading.Event()  # the same, to rest with
        self._gated = self._training = False
        self._rests_until = 0.0
        self._preparing = Lane("prepare nearest", on_error)
        self._thread = threading.Thread(target=self._work, name="nearest")
        self._thread.start()

    def open(self, folder: Path, store: PixelStore) -> None:
        """Prepare for searches among a project's pictures, in the background; see neighbour_features."""
        control, stopped = self._control, self._stopped = Control(), threading.Event()
        control.gate(self._gated)

        def rest(seconds: float) -> None:
            if self._training:
                stopped.wait(seconds * (1.0 / SHARE - 1.0))

        def tell(share: float) -> None:
            self._on_progress(min(share, 0.99))  # until searches can use it

        def prepare() -> None:
            features = kept_or_measured(folder, store, control, tell, rest)
            if features is not None and not control.should_stop:
                self._take(store, features)
                self._on_progress(1.0)

        if len(store):
            self._preparing.submit(prepare)

    def leave(self) -> None:
        """Let go of the project's pictures; no answers come after this."""
        self._stop()
        self._preparing.wait()
        with self._changed:
            self._asked = self._last = self._neighbours = None
            self._gaps = {}
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closing or not self._is_working)

    def close(self) -> None:
        """End the threads and wait for them."""
        self._stop()
        self._preparing.close()
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def gate(self, closed: bool) -> None:
        """Leave the machine to a drag: the preparation waits, and searches take only a share of the time."""
        self._control.gate(closed)
        with self._changed:
            self._gated = closed
            self._changed.notify_all()

    def set_training(self, training: bool) -> None:
        """Whether a training is using the machine at the same time."""
        self._training = training

    def ask(self, question: Question) -> None:
        """Look what stands next to a decoding; an older question that still waits is forgotten."""
        with self._changed:
            self._asked = question
            self._changed.notify_all()

    def _stop(self) -> None:
        self._control.stop()
        self._stopped.set()

    def _take(self, store: PixelStore, features: Features) -> None:
        with self._changed:
            self._neighbours = Neighbours(store, features)
            self._asked = self._asked or self._last  # which has been answered in part
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._is_working = False
                self._changed.notify_all()
                while not self._closing and (self._asked is None or self._rest_left() > 0.0):
                    self._changed.wait(self._rest_left() or None)
                question, self._asked = self._asked, None
                self._last, neighbours = question, self._neighbours
                if self._closing or question is None:
                    return
                self._is_working = True
            began = time.monotonic()
            try:
                answer = self._answer(question, neighbours)
            except Exception as error:
                with self._changed:
                    if self._neighbours is not None:  # without them it is answered in part
                        self._asked = self._asked or question
                    self._neighbours = None
                self._on_error(error)
                continue
            if answer is not None:
                self._on_answer(answer)
            ended = time.monotonic()
            self._rests_until = ended + min((ended - began) / DRAG_SHARE, LONGEST_REST)

    def _rest_left(self) -> float:
        """Seconds that a drag is left alone for, so that few of its pictures come later for a search."""
        return max(self._rests_until - time.monotonic(), 0.0) if self._gated else 0.0

    def _answer(self, question: Question, neighbours: Neighbours | None) -> Answer | None:
        """What is found, or None when it is no longer wanted."""
        until = time.monotonic() + PATIENCE

        def should_stop() -> bool:
            is_left = self._neighbours is not neighbours
            return self._closing or is_left or (self._asked is not None and time.monotonic() > until)

        point = np.array(question.point)
        found = question.around.nearest(point)
        placed = None if found is None else (int(question.numbers[found[0]]), found[1])
        is_guess = question.around.is_empty_at(point)
        if neighbours is None or neighbours.shape != question.pixels.shape:
            return Answer(question, placed, (), None, is_guess)
        seen = neighbours.nearest(question.pixels, NEAREST, should_stop=should_stop)
        if not seen:
            return None
        gap = self._gap(neighbours, seen[0].number, should_stop)
        if should_stop():
            return None
        novelty = judge(seen[0].distance, gap, neighbours.features.gaps)
        return Answer(question, placed, tuple(seen), novelty, is_guess)

    def _gap(self, neighbours: Neighbours, number: int, should_stop: Callable[[], bool]) -> float | None:
        if number not in self._gaps:
            gap = neighbours.gap(number, should_stop)
            if should_stop():
                return None
            self._gaps[number] = gap
        return self._gaps[number]
