"""What a measurement looks at: a model, its pictures, and what it draws of samples of the prior."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from training.aggregate_posterior import Mixture
from training.backend import tf
from training.completeness import HOLE_BLUR
from training.decoder_metric import hold
from training.events import Control
from training.latent import LatentModel
from training.measured import Neighbour
from training.measures import DRAWN, MOST_JUDGED, MOST_LEARNT, MOST_POSTERIORS, NOISES
from training.neighbours import squared_distances
from training.pixel_store import PixelStore, evenly
from training.posteriors import Posteriors
from training.random_features import FITTED, Kind, PictureFeatures
from training.split import Split

NEIGHBOURS_SHOWN = 8
_CHUNK = 250
_SEED = 0


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Pictures as features, float32 [n, k] each.

    Attributes:
        features: what makes them.
        learnt, held_out, drawn: of pictures that were learnt from, that were not, and that are drawn.
    """

    features: PictureFeatures
    learnt: NDArray[np.float32]
    held_out: NDArray[np.float32]
    drawn: NDArray[np.float32]


class Subject:
    """What is measured. What takes long is told to wait or stop between two of its parts.

    Args:
        model: the model, in the thread that uses it.
        posteriors: of all pictures.
        pictures: all of them.
        split: which of them are learnt from.
        control: holds and stops it.
    """

    def __init__(
        self,
        model: LatentModel,
        posteriors: Posteriors,
        pictures: PixelStore,
        split: Split,
        control: Control,
    ) -> None:
        self.model, self.pictures, self.control = model, pictures, control
        self.posteriors = posteriors[posteriors.are_finite]
        self._fitted: dict[Kind, PictureFeatures] = {}
        self.learnt = split.learnt[evenly(len(split.learnt), MOST_LEARNT)]
        self.held_out = split.judging[evenly(len(split.judging), MOST_JUDGED)]
        self.points = np.random.default_rng(_SEED).standard_normal((DRAWN, model.config.latent_dim))

    @cached_property
    def some_posteriors(self) -> Posteriors:
        """Evenly chosen ones, those of the aggregate posterior."""
        return self.posteriors[evenly(len(self.posteriors), MOST_POSTERIORS)]

    @cached_property
    def mixture(self) -> Mixture:
        """The aggregate posterior."""
        return Mixture.of(self.some_posteriors)

    @cached_property
    def blurred(self) -> Mixture:
        """The same, blurred as holes are looked for."""
        return Mixture.of(self.some_posteriors, HOLE_BLUR)

    @cached_property
    def drawn(self) -> NDArray[np.uint8]:
        """What is drawn at :attr:`points`, uint8 [n, S, S, C]."""
        return self.draw(self.points)

    def draw(self, points: NDArray[np.floating]) -> NDArray[np.uint8]:
        """What is drawn at latent points [n, d]."""
        return np.concatenate([self.model.decode(points[part]) for part in self._parts(len(points))])

    @cached_property
    def encoded(self) -> Posteriors:
        """The posteriors of what is drawn."""
        return Posteriors.joined([self.model.encode(self.drawn[part]) for part in self._parts(DRAWN)])

    def features(self, kind: Kind) -> PictureFeatures:
        """Features that are fitted on pictures that are learnt from.

        Raises:
            VaeError: they are fewer than two, or all the same.
        """
        if kind not in self._fitted:
            some = self.learnt[evenly(len(self.learnt), FITTED)]
            self._fitted[kind] = PictureFeatures.fitted_on(self.pictures.read(some), kind)
        return self._fitted[kind]

    def space(self, kind: Kind) -> FeatureSpace:
        """A feature space; raises as :meth:`features` does."""
        features = self.features(kind)

        def of(numbers: NDArray[np.int64]) -> NDArray[np.float32]:
            return self.features_of(features, len(numbers), lambda part: self.pictures.read(numbers[part]))

        drawn = self.features_of(features, len(self.drawn), lambda part: self.drawn[part])
        return FeatureSpace(features, of(self.learnt), of(self.held_out), drawn)

    def features_of(
        self, features: PictureFeatures, count: int, read: Callable[[slice], NDArray[np.uint8]]
    ) -> NDArray[np.float32]:
        """Features [count, k] of pictures that are read part by part."""
        parts = [features.of(read(part)) for part in self._parts(count)]
        width = features.directions.shape[1]
        return np.concatenate([np.zeros((0, width), np.float32), *parts])

    def elbo_terms(self, numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        """The negative ELBO's three terms of pictures, [n, 3], each by the same few noises for all."""
        latent_dim = self.model.config.latent_dim
        noises = (
            np.random.default_rng(_SEED).standard_normal((NOISES, MOST_JUDGED, latent_dim)).astype(np.float32)
        )
        network = self.model.network
        compiled = tf.function(
            lambda pixels, noise: tf.stack(
                network.elbo_terms(pixels, training=False, noise=noise)[:3], axis=1
            ),
            input_signature=[
                tf.TensorSpec((None, *self.model.config.shape), tf.uint8),
                tf.TensorSpec((None, latent_dim), tf.float32),
            ],
            autograph=False,
        )
        terms = [np.zeros((0, 3))]
        for part in self._parts(len(numbers)):
            pixels = self.pictures.read(numbers[part])
            terms.append(np.mean([compiled(pixels, noise[part]).numpy() for noise in noises], axis=0))
        return np.concatenate(terms)

    def neighbours(self) -> tuple[Neighbour, ...]:
        """Some drawn pictures with the nearest that was learnt from, by their pixels and exactly."""
        drawn = self.drawn[:NEIGHBOURS_SHOWN]
        squares = np.full(len(drawn), np.inf)
        which = np.zeros(len(drawn), np.int64)
        for part in self._parts(len(self.learnt)):
            pixels = self.pictures.read(self.learnt[part])
            for number, picture in enumerate(drawn):
                found = squared_distances(pixels, picture)
                if found.min() < squares[number]:
                    squares[number], which[number] = found.min(), self.learnt[part][found.argmin()]
        distances = np.sqrt(squares / np.prod(self.pictures.shape)) / 255.0
        rows = zip(self.points.tolist(), which.tolist(), distances.tolist(), strict=False)
        return tuple(Neighbour(tuple(point), number, distance) for point, number, distance in rows)

    def _parts(self, count: int) -> Iterator[slice]:
        for start in range(0, count, _CHUNK):
            hold(self.control)
            yield slice(start, min(start + _CHUNK, count))
