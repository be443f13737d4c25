"""What the long jobs report while they run, and how they are told to wait or stop.

Plain objects without TensorFlow or Qt, so that the command line, the window and the tests share them.
"""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.language import size_words, tr
from training.posteriors import Posteriors


@dataclass(frozen=True)
class DiskFull:
    """A job waits until there is space on the disk.

    Attributes:
        needed: bytes; 0 where that is not known.
        free: bytes that are free.
    """

    needed: int
    free: int

    @property
    def sentence(self) -> str:
        """What to tell."""
        if self.needed <= self.free:  # a quota is full
            return tr("There is no space left on the disk. This goes on by itself once some is free.")
        return tr(
            "The disk is full: {needed} are needed, {free} are free. This goes on by itself once there is"
            " space.",
            needed=size_words(self.needed),
            free=size_words(self.free),
        )


@dataclass(frozen=True)
class ImportProgress:
    """How far an import is.

    Attributes:
        found: pictures found so far; final once ``scanning`` is false.
        done: pictures decided on so far (used or skipped).
        seconds_left: None while it cannot be known.
        fresh: some of the pictures decoded since the last report, uint8 [S, S, C] each.
        disk_full: what it waits for just now; None while it gets on.
    """

    found: int
    done: int
    used: int
    skipped: int
    scanning: bool
    seconds_left: float | None = None
    fresh: tuple[NDArray[np.uint8], ...] = ()
    disk_full: DiskFull | None = None


@dataclass(frozen=True)
class ImportReport:
    """What an import came to. Always found == used + skipped == used + sum(reasons.values()).

    Attributes:
        reasons: why files were skipped, and how many for each reason.
        format_words: what size and colours the pictures have in the project, and why.
    """

    found: int
    used: int
    skipped: int
    reasons: dict[str, int]
    cancelled: bool = False
    format_words: str = ""


@dataclass(frozen=True)
class Terms:
    """The parts of the negative ELBO in nats per picture; lower is better.

    Attributes:
        kl_mean, kl_variance: the KL's two terms, whether they count or not; of points the second is 0.
        kl_weights: by how much each counts in what was minimised.
    """

    reconstruction: float
    kl_mean: float
    kl_variance: float
    kl_weights: tuple[float, float] = (1.0, 1.0)

    @property
    def kl(self) -> float:
        """KL divergence of the posteriors from the prior, nats per picture."""
        return self.kl_mean + self.kl_variance

    @property
    def elbo(self) -> float:
        """Negative ELBO, nats per picture: what a VAE minimises."""
        return self.reconstruction + self.kl

    @property
    def loss(self) -> float:
        """What is minimised, nats per picture: of a VAE the negative ELBO, else as the objective has it."""
        mean, variance = self.kl_weights
        return self.reconstruction + mean * self.kl_mean + variance * self.kl_variance

    def as_json(self) -> dict[str, float]:
        """The five figures by name."""
        return {
            "elbo": self.elbo,
            "reconstruction": self.reconstruction,
            "kl": self.kl,
            "kl_mean": self.kl_mean,
            "kl_variance": self.kl_variance,
        }


@dataclass(frozen=True)
class EpochRecord:
    """One line of a run's history.

    Attributes:
        seconds: training time of the run up to here, pauses left out.
        held_out: None where no picture is held out.
        axis_kl: the KL of each latent axis, nats per picture, on the pictures that judge: the held-out ones,
            or all where there are none. Empty in histories that were written without it.
        learning_rate: of the epoch's last step; None in histories that were written without it.
        images_per_second: pictures learnt from per second of training; None likewise.
    """

    epoch: int
    step: int
    seconds: float
    train: Terms
    held_out: Terms | None
    axis_kl: tuple[float, ...] = ()
    learning_rate: float | None = None
    images_per_second: float | None = None

    @property
    def judged(self) -> Terms:
        """The figures that judge the weights: of held-out pictures where there are any."""
        return self.held_out or self.train


@dataclass(frozen=True)
class TrainProgress:
    """How far a training is; sent a few times a second.

    Attributes:
        epoch: the running epoch, counted from 1.
        seconds: training time of this run so far, pauses left out.
        seconds_left: None when the run has no end ("until I stop") or it cannot be known yet.
        images_per_second: learnt from per second, of late.
        loss: what the epoch so far minimised, nats per picture: the negative ELBO, but at a run's start
            with the KL weighted less, as it is warmed up; the figures of an epoch do without that weight.
        until_good: whether it ends by itself once it is good enough.
        disk_full: what it waits for just now; None while it gets on.
    """

    epoch: int
    step: int
    step_in_epoch: int
    steps_per_epoch: int
    seconds: float
    seconds_left: float | None
    images_per_second: float
    loss: float
    until_good: bool = False
    disk_full: DiskFull | None = None


@dataclass(frozen=True)
class Snapshot:
    """Copied weights, and where a sample of the pictures lies under them.

    Attributes:
        step: training steps taken.
        weights: averaged (EMA) weights by name.
        indices: int64 [n], which pictures of the project the posteriors belong to.
        posteriors: of those.
    """

    step: int
    weights: dict[str, NDArray[np.float32]]
    indices: NDArray[np.int64]
    posteriors: Posteriors


@dataclass(frozen=True)
class Setback:
    """The loss had run away, and the training went back to its last good weights, to go on by smaller steps.

    Attributes:
        step: the one that it went back to.
        learning_rate: its highest from now on.
    """

    step: int
    learning_rate: float

    @property
    def sentence(self) -> str:
        """What to tell."""
        return tr(
            "The numbers ran away, so the training went back to step {step:,} and goes on by smaller"
            " steps (learning rate {learning_rate:.3g}).",
            step=self.step,
            learning_rate=self.learning_rate,
        )


@dataclass(frozen=True)
class StudyProgress:
    """How far a study is.

    Attributes:
        done, total: cells.
        arm: the objective, by its label.
        seed: counted from 0.
        stage: what is done, in some words.
        seconds_left: until all is done; None while that cannot be known.
    """

    done: int
    total: int
    arm: str
    seed: int
    stage: str
    seconds_left: float | None


@dataclass(frozen=True)
class RunResult:
    """What a training came to.

    Attributes:
        run: the run's folder.
        stopped: whether it was told to stop before its length was reached.
        epochs: complete epochs of the run, earlier sessions counted in.
        seconds: training time of the run, pauses left out.
        images_per_second: pictures learnt from per second, on average over this session.
        held_out: figures of the weights that are kept, the best ones; None without held-out pictures, or
            when a stop left no time for any.
        good_enough: whether it ended before its length because going on would hardly have helped.
    """

    run: Path
    stopped: bool
    epochs: int
    seconds: float
    images_per_second: float
    held_out: Terms | None
    history: tuple[EpochRecord, ...] = field(repr=False)
    good_enough: bool = False


class Control:
    """Tells a long job, from another thread, to stop, to pause, or to hold while a handle is dragged.

    The job calls :meth:`wait_while_held` between two steps; everything else may come from any thread.

    Args:
        waits_for_space: whether the job waits where the disk is full, as it may while somebody looks on.

    Attributes:
        waits_for_space: as above.
    """

    def __init__(self, *, waits_for_space: bool = False) -> None:
        self.waits_for_space = waits_for_space
        self._condition = threading.Condition()
        self._stopped_at: float | None = None
        self._paused = False
        self._gated = False

    @property
    def should_stop(self) -> bool:
        """Whether :meth:`stop` was called."""
        return self._stopped_at is not None

    @property
    def seconds_since_stop(self) -> float:
        """How long ago :meth:`stop` was first called; 0 before."""
        return 0.0 if self._stopped_at is None else time.monotonic() - self._stopped_at

    def stop(self) -> None:
        """Ask the job to end at the next step boundary; ends a pause and the gate too."""
        with self._condition:
            if self._stopped_at is None:
                self._stopped_at = time.monotonic()
            self._condition.notify_all()

    def pause(self, paused: bool) -> None:
        """Hold the job at the next step boundary until it is told otherwise."""
        with self._condition:
            self._paused = paused
            self._condition.notify_all()

    def gate(self, closed: bool) -> None:
        """Hold the job for as long as a handle is being dragged, so that the drag gets the machine."""
        with self._condition:
            self._gated = closed
            self._condition.notify_all()

    @property
    def is_paused(self) -> bool:
        """Whether the job is asked to pause."""
        return self._paused

    def wait_while_held(self) -> bool:
        """Block while paused or gated. Returns whether it had to wait."""
        with self._condition:
            waited = False
            while (self._paused or self._gated) and not self.should_stop:
                waited = True
                self._condition.wait()
            return waited

    def wait_a_moment(self, seconds: float) -> None:
        """Block so long, or until it is told to stop."""
        with self._condition:
            self._condition.wait_for(lambda: self.should_stop, seconds)

    def wait_for_turn(self, _step: int) -> bool:
        """Block until a training may take this step, counted from 0. Returns whether it had to wait.

        Only one that takes turns with another has to: see :class:`training.turns.TurnControl`.
        """
        return False
