"""A training to slide through: where its pictures lay at every time, between the kept steps, too."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from training.posteriors import Posteriors
from training.timeline import Frame, Timeline, scale_of, step_of


@dataclass(frozen=True)
class Moment:
    """Where pictures of the project lay at one time.

    Attributes:
        step: training steps taken until then; between two that were kept, rounded.
        seconds: training time until then.
        numbers: int64 [n], ascending, which pictures of the project these are.
        posteriors: of those.
    """

    step: int
    seconds: float
    numbers: NDArray[np.int64]
    posteriors: Posteriors


class Replay:
    """The frames of a timeline, in terms of the pictures that the project has now.

    Times are told on the timeline's scale (:func:`training.timeline.scale_of`), on which kept steps are even.
    Between two frames means and standard deviations are interpolated linearly. Nothing is aligned: the frames
    have the same axes, and if the latent space turned during the training, that is what is seen.

    Args:
        frames: the earliest first.
        weight_steps: the steps of which weights are kept, ascending.
        ids: int64 [n], what the project's index calls its pictures; those of frames that are no longer among
            them are left out.
        latent_dim: of the run; frames of another one are left out.

    Attributes:
        weight_steps: as given.
    """

    def __init__(
        self, frames: Sequence[Frame], weight_steps: Sequence[int], ids: NDArray[np.int64], latent_dim: int
    ) -> None:
        of_run = (_moment(frame, ids) for frame in frames if frame.posteriors.means.shape[1] == latent_dim)
        self._moments = [moment for moment in of_run if len(moment.numbers)]
        self._at = [scale_of(moment.step) for moment in self._moments]
        self.weight_steps = tuple(weight_steps)

    @classmethod
    def read(cls, run_folder: Path, ids: NDArray[np.int64], latent_dim: int) -> Self:
        """What a run's folder keeps; files that are missing or damaged are left out."""
        timeline = Timeline(run_folder)
        return cls(timeline.frames(), timeline.weight_steps(), ids, latent_dim)

    @property
    def steps(self) -> list[int]:
        """The steps that were kept, ascending."""
        return [moment.step for moment in self._moments]

    @property
    def can_play(self) -> bool:
        """Whether there is a beginning and an end."""
        return len(self._moments) > 1

    @property
    def start(self) -> float:
        """The time of the first frame; there must be one."""
        return self._at[0]

    @property
    def end(self) -> float:
        """The time of the last frame; there must be one."""
        return self._at[-1]

    @property
    def frame_shares(self) -> list[float]:
        """Where the frames are between start and end, 0 to 1."""
        return [self.share_of(at) for at in self._at]

    @property
    def weight_shares(self) -> list[float]:
        """Where the kept weights are between start and end, 0 to 1; those outside are left out."""
        shares = (self.share_of(scale_of(step)) for step in self.weight_steps)
        return [share for share in shares if 0 <= share <= 1]

    def share_of(self, at: float) -> float:
        """How much of the way from start to end a time is, 0 to 1 between them."""
        return (at - self.start) / (self.end - self.start) if self.can_play else 0.0

    def at_share(self, share: float) -> float:
        """The time that is so much of the way from start to end."""
        return self.start + share * (self.end - self.start)

    def moment(self, at: float) -> Moment:
        """Where the pictures lay at a time; before the first frame and after the last one, as in these."""
        after = bisect.bisect_right(self._at, at)
        if after == 0 or after == len(self._at):
            return self._moments[max(after - 1, 0)]
        before, then = self._at[after - 1 : after + 1]
        first, second = self._moments[after - 1 : after + 1]
        return _between(first, second, (at - before) / (then - before), step_of(at))

    def weights_near(self, at: float) -> list[int]:
        """The steps of which weights are kept, those nearest to a time first."""
        return sorted(self.weight_steps, key=lambda step: abs(scale_of(step) - at))


def _moment(frame: Frame, ids: NDArray[np.int64]) -> Moment:
    """A frame in terms of the project's pictures; those that are gone or not finite are left out."""
    (rows,) = np.nonzero(frame.posteriors.are_finite)
    _, of_rows, numbers = np.intersect1d(frame.ids[rows], ids, return_indices=True)
    order = np.argsort(numbers)
    rows = rows[of_rows[order]]
    return Moment(frame.step, frame.seconds, numbers[order], frame.posteriors[rows])


def _between(first: Moment, second: Moment, share: float, step: float) -> Moment:
    """What lies between two frames; pictures that only one of them has are left out.

    Where they have none in common, the nearer one.
    """
    numbers, earlier, later = first.numbers, first.posteriors, second.posteriors
    if not np.array_equal(numbers, second.numbers):
        numbers, *rows = np.intersect1d(numbers, second.numbers, assume_unique=True, return_indices=True)
        earlier, later = earlier[rows[0]], later[rows[1]]
    if len(numbers) == 0:
        return first if share < 0.5 else second
    seconds = np.interp(step, (first.step, second.step), (first.seconds, second.seconds))
    return Moment(round(step), float(seconds), numbers, earlier.mixed(later, share))
