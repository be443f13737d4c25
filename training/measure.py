"""Measuring a model's ideas: distributions, continuity, completeness, overfitting.

Everything is measured on pictures and points that are chosen by fixed seeds: measuring again gives the same
figures. From how many a figure is, it says itself. docs/measures.md has formulas and sources.
"""

import logging
import time
from collections.abc import Callable, Mapping

import numpy as np

from training.aggregate_posterior import are_points
from training.completeness import (
    cycle_measures,
    hole_map,
    hole_measure,
    likeness_measures,
    mmd_measure,
    near_map,
    near_measure,
    no_likeness,
)
from training.continuity import continuity_of
from training.continuity_figures import continuity_measures, no_continuity
from training.curvature import fisher_information
from training.decoder_metric import Stopped, hold, unrounded
from training.distances import Rows
from training.distributions import (
    axis_measures,
    information_measures,
    kl_measures,
    law_measures,
    law_variances,
)
from training.errors import VaeError
from training.events import Control
from training.latent import LatentModel, all_posteriors
from training.measured import Measure, SigmaLaw
from training.measures import MOST_JUDGED, Measures, keep
from training.overfitting import copying_measures, gap_measures, no_copying
from training.pixel_store import PixelStore, evenly
from training.plane_basis import Floats, PlaneBasis
from training.plane_map import PlaneMap
from training.random_features import PIXEL_PCA, RANDOM_CONVOLUTIONS, Kind
from training.run import Run
from training.split import split
from training.subject import Subject

SAMPLES, FEWEST_SAMPLES = 4_000, 500  # of the aggregate posterior and the prior, by how many latent numbers

_SAMPLED_NUMBERS = 64_000
_LAW_NUMBERS, _FEWEST_LAWS = 1_000, 20  # derivatives for the σ law, and pictures at least
_ENCODING = 0.2  # of the work
_SPACES: Mapping[str, Kind] = {"features": RANDOM_CONVOLUTIONS, "pixels": PIXEL_PCA}
_NO_PLANE = "This is measured on the plane, for which it takes two latent numbers."
_log = logging.getLogger(__name__)


def measure(
    run: Run,
    model: LatentModel,
    pictures: PixelStore,
    control: Control | None = None,
    on_progress: Callable[[float], None] = lambda _share: None,
) -> Measures | None:
    """Measure a model by its project's pictures, and keep what was found with its run.

    That it cannot be kept is logged.

    Args:
        run: where it is kept.
        model: the run's, in the thread that uses it.
        pictures: the project's.
        control: holds or stops it.
        on_progress: told the share that is done, 0 to 1.

    Returns:
        None when told to stop.

    Raises:
        VaeError: there are no pictures, other ones than the model is for, or they cannot be read.
    """
    control = control or Control()
    started = time.monotonic()
    chosen = split(pictures, run.model)

    def encoded(done: int, count: int) -> None:
        on_progress(_ENCODING * done / count)

    posteriors = all_posteriors(run, model, pictures, control, encoded)
    if posteriors is None:
        return None
    measuring = _Measuring(Subject(model, posteriors, pictures, chosen, control))
    try:
        for number, part in enumerate(measuring.parts):
            hold(control)
            part()
            on_progress(_ENCODING + (1.0 - _ENCODING) * (number + 1) / len(measuring.parts))
        found = measuring.found(time.monotonic() - started)
    except Stopped:
        return None
    try:
        keep(run, found)
    except VaeError as error:
        _log.warning("what was measured is not kept: %s", error.what)
    return found


class _Measuring:
    """Measures part by part, each of some seconds."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._measures: list[Measure] = []
        self._maps: list[PlaneMap] = []
        self._law: SigmaLaw | None = None
        means = subject.posteriors.means
        self._basis = PlaneBasis.first(means) if means.shape[1] > 1 else None
        self._samples = int(np.clip(_SAMPLED_NUMBERS // means.shape[1], FEWEST_SAMPLES, SAMPLES))

    @property
    def parts(self) -> list[Callable[[], None]]:
        """What there is to do, in order."""
        return [
            self._distributions,
            self._sigma_law,
            self._continuity,
            self._prior,
            self._cycle,
            *(lambda space=space: self._space(space) for space in _SPACES),
            self._gap,
        ]

    def _distributions(self) -> None:
        some, mixture = self._subject.some_posteriors, self._subject.mixture
        self._measures += kl_measures(some)
        self._measures += information_measures(mixture, of_points=are_points(some), samples=self._samples)

    def _sigma_law(self) -> None:
        subject, config = self._subject, self._subject.model.config
        count = max(_LAW_NUMBERS // config.latent_dim, _FEWEST_LAWS)
        some = subject.posteriors[evenly(len(subject.posteriors), count)]
        information = fisher_information(subject.model.network, some.means, subject.control)
        beta = config.kl_weights[1] or 1.0
        predicted = law_variances(information, beta, full=some.correlations is not None)
        measures, self._law = law_measures(predicted, some)
        self._measures += measures

    def _continuity(self) -> None:
        subject = self._subject
        if self._basis is None:
            self._measures += no_continuity(_NO_PLANE)
            return
        decode = unrounded(subject.model)
        try:
            features = subject.features(RANDOM_CONVOLUTIONS)
            found = continuity_of(decode, self._basis, subject.posteriors, features, control=subject.control)
        except VaeError as error:  # the pictures are all the same, or there is but one
            self._measures += no_continuity(error.what)
            return
        if found is None:
            raise Stopped
        self._measures += continuity_measures(found)
        self._maps += found.maps

    def _prior(self) -> None:
        blurred = self._subject.blurred
        directions = np.eye(1) if self._basis is None else self._basis.directions[:2]
        self._measures.append(mmd_measure(self._subject.posteriors, self._samples))
        self._measures.append(hole_measure(directions, blurred, SAMPLES))
        if self._basis is not None:
            self._maps.append(hole_map(self._basis, blurred))

    def _cycle(self) -> None:
        self._measures += cycle_measures(self._subject.points, self._subject.encoded)

    def _space(self, name: str) -> None:
        kind = _SPACES[name]
        try:
            space = self._subject.space(kind)
        except VaeError as error:  # as above
            self._measures += no_likeness(name, error.what) + no_copying(name, error.what)
            return
        learnt, held_out, drawn = space.learnt, space.held_out, space.drawn
        self._measures += likeness_measures(name, held_out, learnt, drawn)
        self._measures.append(near_measure(f"{name}_near", held_out, learnt, drawn))
        self._measures += copying_measures(name, learnt, held_out, drawn)
        if self._basis is not None and kind == RANDOM_CONVOLUTIONS and len(held_out):
            self._maps.append(near_map(self._basis, self._features_at, held_out, learnt))

    def _features_at(self, points: Floats) -> Rows:
        features = self._subject.features(RANDOM_CONVOLUTIONS)
        pictures = self._subject.draw(points)
        return self._subject.features_of(features, len(points), lambda part: pictures[part])

    def _gap(self) -> None:
        subject = self._subject
        learnt = subject.learnt[evenly(len(subject.learnt), MOST_JUDGED)]
        self._measures += gap_measures(subject.elbo_terms(learnt), subject.elbo_terms(subject.held_out))

    def found(self, seconds: float) -> Measures:
        """All together."""
        subject = self._subject
        return Measures(
            weights=subject.model.weights_digest(),
            pictures=len(subject.pictures),
            held_out=int(np.count_nonzero(subject.pictures.held_out)),
            seconds=seconds,
            measures=tuple(self._measures),
            axes=tuple(axis_measures(subject.some_posteriors)),
            law=self._law,
            neighbours=subject.neighbours(),
            maps=tuple(self._maps),
        )
