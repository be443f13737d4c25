"""How a training's plane came about: posteriors and weights of spaced steps, kept for replaying.

    RUN/timeline/posteriors-000001234.safetensors   where a sample of the pictures lay after 1,234 steps
    RUN/timeline/weights-000001234.safetensors      the averaged weights then, in half precision

Dense at first, then ever sparser: the steps are even on a scale that is linear up to SCALE_STEPS and
logarithmic beyond. Which are kept follows from the files alone, so that a resumed training goes on likewise.
"""

import contextlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.files import telling_write_problems
from training.posteriors import Posteriors
from training.tensors import Tensors, load_tensors, save_tensors

TIMELINE_FOLDER = "timeline"
MOST_POSTERIORS, MOST_WEIGHTS = 64, 24
MOST_POSTERIOR_BYTES, MOST_WEIGHT_BYTES = 50 * 10**6, 150 * 10**6
SCALE_STEPS = 100.0
_HEADER_BYTES = 2**15  # names and shapes, generously
_LARGEST = float(np.finfo(np.float16).max)
_SUFFIX = ".safetensors"
Weights = Mapping[str, NDArray[np.float32]]  # by name


@dataclass(frozen=True)
class Frame:
    """Where a sample of the pictures lay.

    Attributes:
        step: training steps taken until then.
        seconds: training time until then.
        ids: int64 [n], what the project's index calls the pictures.
        posteriors: of those.
    """

    step: int
    seconds: float
    ids: NDArray[np.int64]
    posteriors: Posteriors


class Timeline:
    """What a run's folder keeps for replaying; at most some 200 MB.

    Args:
        run_folder: of the run; nothing is made in it before there is something to keep.
    """

    def __init__(self, run_folder: Path) -> None:
        folder = run_folder / TIMELINE_FOLDER
        self._posteriors = _Series(folder, "posteriors", MOST_POSTERIORS, MOST_POSTERIOR_BYTES)
        self._weights = _Series(folder, "weights", MOST_WEIGHTS, MOST_WEIGHT_BYTES)

    def frames(self) -> list[Frame]:
        """The posteriors that are kept, the earliest first; files that cannot be read are left out."""
        found = []
        for step in self._posteriors.steps():
            with contextlib.suppress(VaeError, KeyError, TypeError, ValueError):
                tensors, notes = load_tensors(self._posteriors.path(step))
                found.append(_frame(step, tensors, notes))
        return found

    def weight_steps(self) -> list[int]:
        """The steps of which the averaged weights are kept, ascending."""
        return self._weights.steps()

    def weights(self, step: int) -> dict[str, NDArray[np.float32]]:
        """The averaged weights by name, float32, of one of :meth:`weight_steps`.

        Raises:
            VaeError: when they are not there, or cannot be read.
        """
        tensors, _ = load_tensors(self._weights.path(step))
        return {name: tensor.astype(np.float32) for name, tensor in tensors.items()}

    def readable_weights(self, steps: Iterable[int]) -> Iterator[dict[str, NDArray[np.float32]]]:
        """As :meth:`weights`, read one by one; what is not there or cannot be read is left out."""
        for step in steps:
            with contextlib.suppress(VaeError):
                yield self.weights(step)

    def is_due(self, step: int) -> bool:
        """Whether this step is far enough from the last one that is kept."""
        return self._posteriors.is_due(step)

    def begins_before(self, step: int) -> bool:
        """Whether anything is kept, and all of it of earlier steps."""
        kept = self._posteriors.steps()
        return bool(kept) and kept[-1] < step

    def add(self, frame: Frame, weights: Tensors) -> None:
        """Keep a frame, and the averaged weights by name where they are due; others may have to go.

        Raises:
            VaeError: when the disk is full or the folder cannot be written to.
        """
        arrays = frame.posteriors.arrays
        tensors: Tensors = {"ids": frame.ids} | {name: _half(value) for name, value in arrays.items()}
        notes = {"step": frame.step, "seconds": frame.seconds}
        self._posteriors.add(frame.step, tensors, notes)
        if self._weights.is_due(frame.step):
            self._weights.add(frame.step, {name: _half(value) for name, value in weights.items()}, notes)

    def forget_after(self, step: int) -> None:
        """Drop what belongs to later steps: they are lost, and will be taken again."""
        for series in (self._posteriors, self._weights):
            for later in [kept for kept in series.steps() if kept > step]:
                series.remove(later)


def take_first(kept: Iterable[Weights], take: Callable[[Weights], object]) -> bool:
    """Take the first of the kept weights that fit, and pass over damaged ones; whether there were any.

    Args:
        kept: weights by name, the best ones first.
        take: raises :class:`VaeError` for weights that do not fit.
    """
    for weights in kept:
        with contextlib.suppress(VaeError):
            take(weights)
            return True
    return False


class _Series:
    """Files of one kind, numbered by steps: at most so many, and at most so many bytes."""

    def __init__(self, folder: Path, kind: str, most: int, most_bytes: int) -> None:
        self._folder = folder
        self._kind = kind
        self._most = most
        self._most_bytes = most_bytes

    def path(self, step: int) -> Path:
        return self._folder / f"{self._kind}-{step:09d}{_SUFFIX}"

    def steps(self) -> list[int]:
        names = (path.name for path in self._folder.glob(f"{self._kind}-*{_SUFFIX}"))
        digits = (name.removeprefix(f"{self._kind}-").removesuffix(_SUFFIX) for name in names)
        return sorted(int(text) for text in digits if text.isdecimal())

    def is_due(self, step: int) -> bool:
        kept = self.steps()
        if not kept:
            return True
        spacing = (scale_of(step) - scale_of(kept[0])) / (self._most - 1)
        return step > kept[-1] and scale_of(step) - scale_of(kept[-1]) >= spacing

    def add(self, step: int, tensors: Tensors, notes: dict[str, Any]) -> None:
        size = _HEADER_BYTES + sum(tensor.nbytes for tensor in tensors.values())
        most = min(self._most, self._most_bytes // size)
        if most < 2:  # a beginning and an end
            return
        with telling_write_problems(self._folder):
            self._folder.mkdir(exist_ok=True)
        save_tensors(self.path(step), tensors, notes)
        kept = self.steps()
        while len(kept) > most:
            crowded = min(
                range(1, len(kept) - 1),
                key=lambda i: scale_of(kept[i + 1]) - scale_of(kept[i - 1]),
                default=0,
            )
            self.remove(kept.pop(crowded))

    def remove(self, step: int) -> None:
        with contextlib.suppress(OSError):  # another try comes with the next one
            self.path(step).unlink()


def scale_of(step: float) -> float:
    """A step on the scale on which the kept ones are even: linear up to SCALE_STEPS, then logarithmic."""
    return math.log1p(step / SCALE_STEPS)


def step_of(at: float) -> float:
    """The step at a place of the scale: the inverse of :func:`scale_of`."""
    return math.expm1(at) * SCALE_STEPS


def _half(values: NDArray[Any]) -> NDArray[np.float16]:
    half: NDArray[np.float16] = np.clip(values, -_LARGEST, _LARGEST).astype(np.float16)
    return half


def _frame(step: int, tensors: Tensors, notes: dict[str, Any]) -> Frame:
    """Rebuild what was kept; raises KeyError, TypeError or ValueError when it is something else."""
    ids, posteriors = tensors["ids"], Posteriors.of_arrays(tensors)
    if ids.shape != (len(posteriors),):
        raise ValueError(f"no frame: {ids.shape}, {posteriors.means.shape}")
    return Frame(step, float(notes["seconds"]), ids.astype(np.int64), posteriors)
