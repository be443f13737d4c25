"""The figures by which a training is judged."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from training.data import batches_in_order
from training.events import Terms
from training.learner import Learner
from training.model import VAE
from training.pixel_store import PixelStore, evenly

MOST_JUDGED = 10_000  # of a million held-out pictures; more would hardly change the figures
JUDGED_BATCH = 64


@dataclass(frozen=True)
class Figures:
    """What a network's running means came to.

    Attributes:
        axis_kl: the KL of each latent axis, nats per picture.
        spread: the variance of the pixels, in [0, 1], about what is drawn that suits the likelihood best.
    """

    terms: Terms
    axis_kl: tuple[float, ...]
    spread: float

    @classmethod
    def of(cls, vae: VAE) -> Self:
        """Read them."""
        means = (vae.reconstruction_mean, vae.kl_mean_mean, vae.kl_variance_mean)
        reconstruction, kl_mean, kl_variance = (float(mean.result()) for mean in means)
        terms = Terms(reconstruction, kl_mean, kl_variance, vae.config.kl_weights)
        axis_kl = tuple(vae.axis_kl_mean.result().numpy().tolist())
        return cls(terms, axis_kl, float(vae.spread_mean.result()))

    @property
    def numbers(self) -> tuple[float, ...]:
        """All of them, in a fixed order."""
        terms = self.terms
        return (terms.reconstruction, terms.kl_mean, terms.kl_variance, self.spread, *self.axis_kl)

    @classmethod
    def of_numbers(cls, numbers: Sequence[float], kl_weights: tuple[float, float]) -> Self:
        """From :attr:`numbers`."""
        reconstruction, kl_mean, kl_variance, spread, *axis_kl = numbers
        return cls(Terms(reconstruction, kl_mean, kl_variance, kl_weights), tuple(axis_kl), spread)


class Judge:
    """Judges the averaged weights by held-out pictures: the same ones, with the same noise, each time.

    Where very many are held out, it is by some of them, evenly chosen.

    Args:
        learner: before any step is taken.
        held_out: int64 [n], which of the pictures may judge; of none, those that are learnt from must.

    Attributes:
        judged_on: stands for the pictures; figures of others do not compare.
    """

    def __init__(self, learner: Learner, pictures: PixelStore, held_out: NDArray[np.int64]) -> None:
        self._learner = learner
        self._numbers = held_out[evenly(len(held_out), MOST_JUDGED)]
        self._noise = learner.average.noise.state.numpy()
        self._batches = batches_in_order(pictures, self._numbers, batch_size=JUDGED_BATCH)
        ids = pictures.ids[self._numbers]
        self.judged_on = hashlib.sha256(ids.tobytes()).hexdigest() if len(ids) else "train"

    @property
    def has_pictures(self) -> bool:
        """Whether any are held out."""
        return len(self._numbers) > 0

    def figures(self, goes_on: Callable[[], bool] = lambda: True) -> Figures | None:
        """The figures of now, which the chief finds for all workers.

        None without held-out pictures, or where ``goes_on``, asked amid, denied.
        """
        if not self.has_pictures:
            return None
        cluster = self._learner.cluster
        own = self._own_figures(goes_on) if cluster.is_chief else None
        config = self._learner.average.config
        size = 4 + config.latent_dim
        is_whole, *numbers = cluster.chiefs((False, *[0.0] * size) if own is None else (True, *own.numbers))
        return Figures.of_numbers(numbers, config.kl_weights) if is_whole else None

    def _own_figures(self, goes_on: Callable[[], bool]) -> Figures | None:
        average = self._learner.average
        average.noise.state.assign(self._noise)
        average.reset_metrics()
        with self._batches.opened() as data:
            for pixels in data:
                if not goes_on():
                    return None
                self._learner.test_step(pixels)
        return Figures.of(average)
