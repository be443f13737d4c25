"""How `quality` judges every network: the same estimator on the same held-out pictures, off the clock.

Negative ELBO in nats per picture, lower is better: one sample of the posterior a picture (the same noise for
every network and every time), the KL in closed form, everything summed over pixels, in NumPy for all. Grey
pictures are soft Bernoulli targets. Colour is scored with a Gaussian of one shared variance, which for each
network is the best one for pictures that it was trained on (Rybkin, Daniilidis & Levine 2021, eq. 5): the
networks were trained on different likelihoods, and this is the one that they all have in common.
"""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality_pictures import Pictures, inner
from training.pixel_store import evenly

BATCH = 250
CALIBRATING = 2000  # pictures of the training set that the variance is found with
PRIOR_POINTS = 1000  # at which dead zones of the plane are looked for
MOST_NEIGHBOURS = 20_000  # pictures of the training set that something may be like
USUAL_SHARE = 0.95  # of reconstructions
LEAST_PROBABILITY = 1e-7  # float32 knows no probability between 1 − 6e-8 and 1

Floats = NDArray[np.floating]


class Network(Protocol):
    """What is judged."""

    def posterior(self, pixels: NDArray[np.float32]) -> tuple[Floats, Floats]:
        """μ and ln σ², [n, d] each, of pictures in [0, 1], [n, S, S, C]."""

    def decode(self, points: NDArray[np.float32]) -> Floats:
        """What is drawn at points [n, d], in [0, 1], [n, S, S, C]."""


@dataclass(frozen=True)
class Figures:
    """How good a network is.

    Attributes:
        elbo: negative ELBO, nats per picture.
        reconstruction: its reconstruction term.
        kl: its KL term.
        error: squared error of a pixel, drawn from the posterior's mean.
    """

    elbo: float
    reconstruction: float
    kl: float
    error: float

    def as_json(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


class Judge:
    """Judges networks by held-out pictures.

    Args:
        pictures: what is learnt from and judged by.
        whole: count the pixels of the margin too.
    """

    def __init__(self, pictures: Pictures, *, whole: bool = False) -> None:
        self._held_out = pictures.held_out
        self._train = pictures.train
        self._known = pictures.train[evenly(len(pictures.train), CALIBRATING)]
        self._grey = pictures.is_grey
        self._margin = 0 if whole else pictures.margin

    def figures(self, network: Network) -> Figures:
        """Judge it by every held-out picture."""
        parts = [self._of_batch(network, batch) for batch in _batches(self._held_out)]
        nats, squares, kl, error = (float(np.mean(np.concatenate(part))) for part in zip(*parts, strict=True))
        reconstruction = nats if self._grey else self._gaussian(squares, self._variance(network))
        return Figures(reconstruction + kl, reconstruction, kl, error / self._pixels())

    def dead_share(self, network: Network) -> float:
        """Of the prior, by samples of it, the share where what is drawn is like no picture.

        Which is to say that it is farther (in summed squares) from the nearest picture that was learnt from
        than all but 5 of 100 held-out pictures are from what is drawn of their posterior's mean.
        """
        misses = np.concatenate([self._of_batch(network, batch)[3] for batch in _batches(self._held_out)])
        points = np.random.default_rng(1).standard_normal((PRIOR_POINTS, 2))
        drawn = np.concatenate(
            [self._drawn(network, points[at : at + BATCH]) for at in range(0, len(points), BATCH)]
        )
        pictures = self._train[evenly(len(self._train), MOST_NEIGHBOURS)]
        nearest = _squares_to_nearest(drawn, inner(pictures, self._margin))
        return float(np.mean(nearest > np.quantile(misses, USUAL_SHARE)))

    def _of_batch(self, network: Network, batch: tuple[Floats, Floats]) -> tuple[Floats, ...]:
        """Cross-entropy, squared error of a sample, KL, squared error of the mean; [n] each."""
        pixels, noise = batch
        mean, log_variance = (np.asarray(part, np.float64) for part in network.posterior(pixels))
        drawn = self._drawn(network, mean + np.exp(0.5 * log_variance) * noise)
        counted = inner(pixels, self._margin)
        return (
            cross_entropy(counted, drawn),
            _squares(counted, drawn),
            kl_divergence(mean, log_variance),
            _squares(counted, self._drawn(network, mean)),
        )

    def _variance(self, network: Network) -> float:
        squares = [self._of_batch(network, batch)[1] for batch in _batches(self._known)]
        return float(np.mean(np.concatenate(squares))) / self._pixels()

    def _gaussian(self, squares: float, variance: float) -> float:
        return 0.5 * (squares / variance + self._pixels() * np.log(2.0 * np.pi * variance))

    def _drawn(self, network: Network, points: Floats) -> Floats:
        drawn = np.asarray(network.decode(points.astype(np.float32)), np.float64)
        return inner(drawn, self._margin)

    def _pixels(self) -> int:
        return int(np.prod(inner(self._held_out[:1], self._margin).shape))


def _batches(pixels: NDArray[np.uint8]) -> list[tuple[NDArray[np.float32], Floats]]:
    """Pictures in [0, 1] and the noise of their samples, which is the same each time."""
    noise = np.random.default_rng(0).standard_normal((len(pixels), 2))
    return [
        (pixels[at : at + BATCH].astype(np.float32) / 255.0, noise[at : at + BATCH])
        for at in range(0, len(pixels), BATCH)
    ]


def cross_entropy(pixels: Floats, probabilities: Floats) -> Floats:
    """Of soft Bernoulli targets in [0, 1], summed over the pixels of [n, S, S, C]; [n], nats."""
    p = np.clip(probabilities, LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY)
    return -np.sum(pixels * np.log(p) + (1.0 - pixels) * np.log1p(-p), axis=(1, 2, 3))


def kl_divergence(mean: Floats, log_variance: Floats) -> Floats:
    """Of N(μ, σ²) from the standard normal prior (Kingma & Welling 2014, appendix B); [n], nats."""
    return 0.5 * np.sum(np.square(mean) + np.exp(log_variance) - log_variance - 1.0, axis=1)


def _squares(pixels: Floats, drawn: Floats) -> Floats:
    return np.sum(np.square(pixels - drawn), axis=(1, 2, 3))


def _squares_to_nearest(drawn: Floats, pictures: NDArray[np.uint8]) -> Floats:
    """Summed squares of each drawn picture's distance from the nearest of the bytes' pictures, [n]."""
    flat = drawn.reshape(len(drawn), -1)
    nearest = np.full(len(flat), np.inf)
    for at in range(0, len(pictures), BATCH):
        others = pictures[at : at + BATCH].reshape(-1, flat.shape[1]) / 255.0
        # ‖a − b‖² = ‖a‖² + ‖b‖² − 2 a·b
        squares = np.square(others).sum(axis=1) - 2.0 * flat @ others.T
        nearest = np.minimum(nearest, squares.min(axis=1))
    return nearest + np.square(flat).sum(axis=1)


class Stopwatch:
    """Training time, without what judging takes. It runs from the start.

    Args:
        seconds: of training.
        every: seconds of training from one judgement to the next; there is one at the end too.
        judge: told how many seconds were trained.

    Attributes:
        judged_at: seconds of training at the last judgement.
        is_over: whether the seconds have been trained.
    """

    def __init__(
        self,
        seconds: float,
        every: float,
        judge: Callable[[float], None],
        now: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.judged_at = 0.0
        self.is_over = False
        self._seconds = seconds
        self._every = every
        self._judge = judge
        self._now = now
        self._next = min(every, seconds)
        self._start = now()

    def judge_if_due(self) -> bool:
        """To be called between two steps. Returns whether it took time."""
        spent = self._now() - self._start
        if self.is_over or spent < self._next:
            return False
        self._judge(spent)
        self.judged_at = spent
        self.is_over = spent >= self._seconds
        self._next = min((spent // self._every + 1) * self._every, self._seconds)
        self._start = self._now() - spent
        return True
