"""Input pipeline: training steps per second fed from shards, against the same step on one batch in memory.

Does the training ever wait for its pictures? At 1.00 it never does; the figure to reach is 0.97, with a
thousand pictures, where epochs are so short that beginning one counts, and with a million, where every batch
gathers from most shards. The pictures are mirrored at random, which is the pipeline's dearest setting.

The shards have just been written, so that the system keeps them in memory, if it has enough of it. With
`--cold` it is made to forget them before each turn: then the disk is measured, too. Each case has its own
process, `python -m benchmarks.pipeline SIZE COUNT COLD`, within which the two kinds of turn alternate on the
same compiled step.
"""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.child import Child, Parent
from benchmarks.result import Options, Result, of_turns
from benchmarks.scratch import make_store, open_store
from training.config import ModelConfig, TrainConfig

SECONDS, ROUNDS, REACH = 4.0, 5, 0.97
SIZES, FEW, MANY = (32, 64, 128), 1_000, 1_000_000
WARM_UP_STEPS, STARTS = 3, 5
SPARE_BYTES = 2**30  # of the disk are left alone


def measure(options: Options) -> list[Result]:
    """One ratio for each size and number of pictures; the million is of the smallest size alone."""
    sizes = options.sizes or SIZES
    counts = options.pictures or (FEW, MANY)
    cases = [(size, count) for count in counts for size in sizes if count < MANY or size == min(sizes)]
    seconds = options.seconds or SECONDS
    return [
        measure_case(size, count, seconds, cold=options.cold)
        for size, count in cases
        if _has_room(size, count)
    ]


def _has_room(size: int, count: int) -> bool:
    needed, free = 3 * size**2 * count, shutil.disk_usage(tempfile.gettempdir()).free
    if needed + SPARE_BYTES > free:
        print(
            f"pipeline: {count:,} pictures of {size} px are left out: {needed / 1e9:.1f} GB do not fit into"
            f" {tempfile.gettempdir()}.",
            file=sys.stderr,
        )
        return False
    return True


def measure_case(size: int, count: int, seconds: float, *, cold: bool) -> Result:
    """The ratio of one size and number of pictures."""
    rates: dict[str, list[float]] = {"pipeline": [], "constant": []}
    with Child("benchmarks.pipeline", str(size), str(count), str(int(cold))) as child:
        details = child.answer()
        for _ in range(ROUNDS):
            for kind, found in rates.items():
                found.append(child.ask(kind=kind, seconds=seconds)["steps_per_second"])
    ratios = [fed / constant for fed, constant in zip(rates["pipeline"], rates["constant"], strict=True)]
    speeds = {f"{kind} steps/s": float(np.median(found)) for kind, found in rates.items()}
    return of_turns(
        f"pipeline, {size} px, {count:,} pictures, {'cold' if cold else 'warm'}",
        "a constant batch",
        ratios,
        reach=REACH,
        details=speeds | details,
    )


class Feed:
    """Batches for ever, epoch after epoch, as the Trainer makes them."""

    def __init__(self, folder: Path, size: int, count: int, batch_size: int) -> None:
        self._folder, self._size, self._count = folder, size, count
        self._batch_size = batch_size
        self._open = ExitStack()
        self.batches = self._begun(0)

    def close(self) -> None:
        """Leave off."""
        self._open.close()

    def forget(self) -> None:
        """Begin an epoch with nothing of the shards in memory (Linux)."""
        self._open.close()
        for shard in self._folder.glob("*.npy"):
            file = os.open(shard, os.O_RDONLY)
            os.fsync(file)
            os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(file)
        self.batches = self._begun(0)

    def milliseconds_to_begin(self) -> float:
        """Until a training's first batch."""
        found = []
        for number in range(STARTS):
            self._open.close()
            start = time.perf_counter()
            self.batches = self._begun(number)
            next(self.batches)
            found.append(1000.0 * (time.perf_counter() - start))
        return float(np.median(found))

    def _begun(self, seed: int) -> Iterator[Any]:
        from training.data import training_batches

        store = open_store(self._folder, self._size, self._count)
        numbers = np.arange(self._count)
        batches = training_batches(store, numbers, batch_size=self._batch_size, seed=seed, mirror=True)
        return self._open.enter_context(batches.opened())


def _milliseconds_to_shuffle(count: int) -> float:
    start = time.perf_counter()
    np.random.default_rng((0, 0)).permutation(np.arange(count))
    return 1000.0 * (time.perf_counter() - start)


def _serve(size: int, count: int, *, cold: bool) -> None:
    from training.learner import Learner

    parent = Parent()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_store(folder, size, count)
        batch_size = TrainConfig().batch_size_for(count)
        learner = Learner(ModelConfig(size, 3, likelihood="gaussian"), 0)
        feed = Feed(folder, size, count, batch_size)
        constant = next(feed.batches)
        for _ in range(WARM_UP_STEPS):
            learner.take_step(constant)
        begin, shuffle = feed.milliseconds_to_begin(), _milliseconds_to_shuffle(count)
        parent.answer(**{"batch": batch_size, "first batch ms": begin, "of which order ms": shuffle})
        for command in parent.commands():
            is_fed = command["kind"] == "pipeline"
            if is_fed and cold:
                feed.forget()
            start, steps = time.perf_counter(), 0
            while (seconds := time.perf_counter() - start) < command["seconds"] or steps == 0:
                float(learner.take_step(next(feed.batches) if is_fed else constant)["loss"])
                steps += 1
            parent.answer(steps_per_second=steps / seconds)
        feed.close()


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]), cold=sys.argv[3] == "1")
