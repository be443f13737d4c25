"""How evenly the decoded picture changes as one moves through the latent space.

Three views of it, each figure with its interval:

- Steepness ‖J‖₂ (see training/decoder_metric.py) over the prior and over the aggregate posterior: its median
  and 95th percentile. *Cliffs* are where it is far beyond what is usual: their ratio, p95 / p50, is 1 for a
  decoder that changes evenly. A cliff that is too narrow to hold a twentieth of the mass shows in the share
  of all change (of E‖J‖₂) that takes place in the steepest twentieth: 0.05 for an even decoder, 1 for one
  that jumps between flat ground. Neither depends on the scale of the latent space or of the pictures.
- Perceptual path length of Karras, Laine & Aila, "A style-based generator architecture for generative
  adversarial networks" (CVPR 2019), eq. 3: E[d(g(lerp(a, b; t)), g(lerp(a, b; t + ε))) / ε²] with d the
  squared distance by features and t uniform. Here the features are random convolutions
  (training/random_features.py) instead of VGG's, and it is the limit ε → 0, taken exactly: the squared length
  of the features' derivative along the way. A unit is the squared usual distance between two real pictures;
  no way between two so far apart has less than 1 (by Cauchy & Schwarz). Lines are straight between samples of
  the prior, too: only where there are hundreds of dimensions do these lie on a sphere, along which theirs go
  (eq. 2).
- Straight ÷ geodesic: how much longer, measured by the change of the picture, the straight line between two
  pictures' means is than the shortest way by the decoder's metric (Arvanitidis et al. 2018): 1 for an even
  decoder. It is measured on the plane, by the metric of the maps, so that what is finer than their step does
  not count.

Figures by latent unit would improve if only the latent space were stretched. So they are also given by σ, the
median posterior standard deviation of each latent number: J diag(σ) instead of J. Those over the posterior do
not change when the latent space is rescaled along its axes. Where pictures are encoded as points, which have
no σ, there are none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.aggregate_posterior import SMALLEST_SIGMA
from training.decoder_metric import (
    Decode,
    DecoderMetric,
    Stopped,
    batches,
    forward_mode,
    hold,
    in_sigmas,
    magnification,
    steepest,
)
from training.errors import VaeError
from training.estimate import Estimate, bootstrap, of_mean
from training.events import Control
from training.geodesics import PlaneMetric, covered
from training.language import tr
from training.plane_basis import PlaneBasis
from training.plane_map import PlaneMap, nodes_of, square_grid
from training.posteriors import Posteriors
from training.random_features import PictureFeatures

SIDE = 40  # nodes of the maps along each side
FINER = 2  # the metric is averaged over so many places across and up about each node
SAMPLES, FEWEST_SAMPLES = (
    1_024,
    128,
)  # of the prior and of the posterior, by how many latent numbers there are
PATHS = 512
PAIRS = 40  # of pictures between which the geodesic is sought

_PRODUCTS = 2_048  # Jacobian-vector products for each set of samples
_OUTLIERS = 0.005  # of the pictures at each edge, which the maps need not cover
_LEAST = 1e-3  # of the metric's mean, so that no way is free
_PAIR_WORK = 80  # in Jacobian-vector products
_BATCH = 64
Floats = NDArray[np.float64]
_Done = Callable[[int], None]


@dataclass(frozen=True)
class Steepness:
    """‖J‖₂, the change of the picture along the steepest direction, over some distribution of points.

    Attributes:
        median, p95: root mean square intensity (0 to 1) by latent unit.
        median_by_sigma, p95_by_sigma: by σ; None where pictures are encoded as points.
        cliffs: p95 / median.
        on_steepest: the share of E‖J‖₂ in the steepest twentieth.
        samples: how many points.
    """

    median: Estimate
    p95: Estimate
    median_by_sigma: Estimate | None
    p95_by_sigma: Estimate | None
    cliffs: Estimate
    on_steepest: Estimate
    samples: int


@dataclass(frozen=True)
class PathLength:
    """Perceptual path length, in squared usual distances between two real pictures.

    Attributes:
        whole: of a way from end to end, if it were as steep all along as it is on average, squared.
        by_sigma: by squared σ along the way; None where pictures are encoded as points.
        paths: how many.
    """

    whole: Estimate
    by_sigma: Estimate | None
    paths: int


@dataclass(frozen=True, eq=False)
class Continuity:
    """How evenly a decoder changes its picture.

    Attributes:
        prior, posterior: steepness over the prior and over the aggregate posterior.
        prior_paths, posterior_paths: between samples of the prior, and between pictures' means.
        detour: straight ÷ geodesic length between pictures' means, at least 1; mean over :data:`PAIRS` pairs.
        magnification: √det G along the plane, by squared latent unit.
        steepness: ‖J‖₂ along the plane, by latent unit. Both by the mean of G about a node of the map.
    """

    prior: Steepness
    posterior: Steepness
    prior_paths: PathLength
    posterior_paths: PathLength
    detour: Estimate
    magnification: PlaneMap
    steepness: PlaneMap

    @property
    def maps(self) -> tuple[PlaneMap, PlaneMap]:
        """√det G and ‖J‖₂."""
        return self.magnification, self.steepness

    def to_json(self) -> dict[str, Any]:
        """The figures by name, without the maps."""
        parts = {name: getattr(self, name) for name in _PARTS}
        figures = {
            name: {key: _json(value) for key, value in vars(part).items()} for name, part in parts.items()
        }
        return {**figures, "detour": self.detour.to_json()}


_PARTS = ("prior", "posterior", "prior_paths", "posterior_paths")


def _json(value: Estimate | int | None) -> Any:
    return value.to_json() if isinstance(value, Estimate) else value


def continuity_of(
    decode: Decode,
    basis: PlaneBasis,
    posteriors: Posteriors,
    features: PictureFeatures,
    *,
    seed: int = 0,
    control: Control | None = None,
    on_progress: Callable[[float], None] = lambda _share: None,
) -> Continuity | None:
    """Measure a decoder.

    Args:
        decode: the graph; :func:`training.decoder_metric.unrounded` of a model.
        basis: the plane of the maps, d ≥ 2; they show the one through its middle.
        posteriors: of the pictures, at least two.
        features: by which paths are measured, fitted on real pictures.
        seed: of all samples.
        control: holds or ends it between two batches.
        on_progress: told the share that is done, 0 to 1.

    Returns:
        None when told to stop.

    Raises:
        VaeError: there are not two pictures.
    """
    dim, random, control = basis.latent_dim, np.random.default_rng(seed), control or Control()
    known = posteriors[posteriors.are_finite]
    if len(known) < 2:
        raise VaeError(tr("Too few pictures to measure the model by."))
    means, sigmas = known.means.astype(np.float64), _usual_sigmas(known.sigmas.astype(np.float64))
    samples = int(np.clip(_PRODUCTS // dim, FEWEST_SAMPLES, SAMPLES))
    work = 2 * samples * dim + 2 * PATHS + 2 * (FINER * SIDE) ** 2 + PAIRS * _PAIR_WORK
    tell = _Progress(work, on_progress).tell
    metric = DecoderMetric(decode, dim)
    steepness = partial(_steepness, metric, sigmas=sigmas, control=control, tell=tell)
    push = forward_mode(lambda points: features.of_floats(decode(points)), dim)
    path_length = partial(_path_length, push, sigmas=sigmas, random=random, control=control, tell=tell)
    rows, noise = random.integers(len(means), size=samples), random.normal(size=(2, samples, dim))
    places = basis.on_plane(means.astype(np.float32)).astype(np.float64)
    try:
        plane, maps = _maps(metric, basis, places, control, tell)
        return Continuity(
            steepness(noise[0]),
            steepness(known[rows].samples(noise[1])),
            path_length(*random.normal(size=(2, PATHS, dim))),
            path_length(*means[_pairs(len(means), PATHS, random)]),
            _detour(plane, places, random, control, tell),
            *maps,
        )
    except Stopped:
        return None


class _Progress:
    """Adds up what is done.

    Args:
        work: all there is to do, in Jacobian-vector products.
        on_progress: told the share that is done.
    """

    def __init__(self, work: int, on_progress: Callable[[float], None]) -> None:
        self._work, self._done, self._on_progress = work, 0, on_progress

    def tell(self, products: int) -> None:
        self._done += products
        self._on_progress(min(self._done / self._work, 1.0))


def _usual_sigmas(sigmas: Floats) -> Floats | None:
    """The median σ of each latent number, [d], by [n, d]; None for points."""
    usual: Floats = np.median(sigmas, axis=0)
    return usual if (usual > SMALLEST_SIGMA).all() else None


def _pairs(count: int, pairs: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Pairs of different numbers below ``count``, [2, pairs]."""
    first = random.integers(count, size=pairs)
    return np.stack([first, (first + random.integers(1, count, size=pairs)) % count])


def _steepness(
    metric: DecoderMetric, points: Floats, *, sigmas: Floats | None, control: Control, tell: _Done
) -> Steepness:
    """Over points [n, d]."""
    dim = metric.latent_dim
    tensors = metric.at(points, control=control, on_done=lambda count: tell(count * dim))
    norms = steepest(tensors)
    by_sigma = None if sigmas is None else steepest(in_sigmas(tensors, sigmas))
    return Steepness(
        median=bootstrap(norms, np.median),
        p95=bootstrap(norms, _p95),
        median_by_sigma=None if by_sigma is None else bootstrap(by_sigma, np.median),
        p95_by_sigma=None if by_sigma is None else bootstrap(by_sigma, _p95),
        cliffs=bootstrap(norms, cliffs),
        on_steepest=bootstrap(norms, on_steepest),
        samples=len(points),
    )


def _p95(values: Floats) -> float:
    return float(np.quantile(values, 0.95))


def cliffs(norms: Floats) -> float:
    """The 95th percentile of ‖J‖₂ [n] over their median; ∞ where most ground is flat, NaN where all is."""
    median, p95 = np.quantile(norms, (0.5, 0.95))
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.divide(p95, median))


def on_steepest(norms: Floats) -> float:
    """The share of all change, of the sum of ‖J‖₂ [n], in the steepest twentieth; NaN where there is none."""
    count = max(round(len(norms) / 20), 1)
    with np.errstate(invalid="ignore"):
        return float(np.divide(np.sort(norms)[-count:].sum(), norms.sum()))


def _path_length(
    push: Any,
    starts: Floats,
    ends: Floats,
    *,
    sigmas: Floats | None,
    random: np.random.Generator,
    control: Control,
    tell: _Done,
) -> PathLength:
    """Of straight ways from starts to ends, [n, d] each, one place on each; ``push`` leads to features."""
    ways = ends - starts
    places = starts + random.uniform(size=(len(starts), 1)) * ways
    squares = []
    for some in batches(np.stack([places, ways], axis=1), _BATCH, control):
        speeds = push(some[:, 0], some[:, 1])[1].numpy().astype(np.float64)
        squares.append(np.square(speeds).sum(axis=1))
        tell(len(some))
    whole = np.concatenate(squares)
    if sigmas is None:
        return PathLength(of_mean(whole), None, len(whole))
    with np.errstate(invalid="ignore"):  # two pictures at the same place have no way between them
        by_sigma = whole / np.square(ways / sigmas).sum(axis=1)
    return PathLength(of_mean(whole), of_mean(by_sigma), len(whole))


def _maps(
    metric: DecoderMetric, basis: PlaneBasis, places: Floats, control: Control, tell: _Done
) -> tuple[PlaneMetric, tuple[PlaneMap, PlaneMap]]:
    """The metric on the plane where pictures [n, 2] or the prior are, and the maps of √det G and ‖J‖₂."""
    seen = np.quantile(places, (_OUTLIERS, 1 - _OUTLIERS), axis=0)
    low, step = square_grid(*covered(seen, basis.prior_mean), SIDE)
    finer = step / FINER
    around = nodes_of(low - step / 2 + finer / 2, finer, FINER * SIDE, FINER * SIDE)
    shown = basis.slice_through(basis.middle)
    found = metric.at(shown.latent(around), shown.directions, control, lambda count: tell(2 * count))
    tensors = found.reshape(SIDE, FINER, SIDE, FINER, 2, 2).mean(axis=(1, 3))
    grown, steep = (
        PlaneMap(name, of(tensors).astype(np.float32), low, step)
        for name, of in (("magnification", magnification), ("steepness", steepest))
    )
    components = np.stack([tensors[..., 0, 0], tensors[..., 0, 1], tensors[..., 1, 1]], axis=-1)
    components[..., [0, 2]] += _LEAST * components[..., [0, 2]].mean()
    return PlaneMetric(low, step, components), (grown, steep)


def _detour(
    along: PlaneMetric, places: Floats, random: np.random.Generator, control: Control, tell: _Done
) -> Estimate:
    """Straight ÷ geodesic length between pairs of the places [n, 2] that the metric covers."""
    last = along.low + along.step * (len(along.tensors) - 1)
    inside = places[((places >= along.low) & (places <= last)).all(axis=1)]
    if len(inside) < 2:  # of very few pictures all may be called outliers
        inside = places
    ratios = []
    for pair in _pairs(len(inside), PAIRS, random).T:
        hold(control)
        ratios.append(_ratio(along, *inside[pair]))
        tell(_PAIR_WORK)
    return of_mean(np.array(ratios))


def _ratio(along: PlaneMetric, start: Floats, end: Floats) -> float:
    """NaN where they are at the same place, or nothing changes anywhere."""
    if along.length(np.stack([start, end])) == 0.0:
        return np.nan
    line = along.shortest(start, end)
    return along.length(np.linspace(start, end, len(line))) / along.length(line)
