"""How evenly decoders change, of decoders for which it is known."""

import json

import numpy as np
import pytest

from training import continuity
from training.backend import tf
from training.continuity import cliffs, continuity_of, on_steepest
from training.errors import VaeError
from training.events import Control
from training.plane_basis import PlaneBasis
from training.posteriors import Posteriors
from training.random_features import PIXEL_PCA, PictureFeatures

SIZE = 32
NUMBERS = SIZE * SIZE


@pytest.fixture(autouse=True)
def _little_work(monkeypatch):
    for name, value in (("SIDE", 12), ("SAMPLES", 400), ("PATHS", 200), ("PAIRS", 12)):
        monkeypatch.setattr(continuity, name, value)


def patterns(dim, seed=0):
    """Orthonormal changes of a picture, [dim, D]."""
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(NUMBERS, dim)))[0].T


def drawing(columns):
    """A decoder that adds up patterns, as strongly as ``columns`` tells by points: [n, d] → [n, k]."""

    def decode(points):
        strengths = columns(points)
        basis = tf.constant(patterns(int(strengths.shape[1])), tf.float32)
        return tf.reshape(0.5 + strengths @ basis, (-1, SIZE, SIZE, 1))

    return decode


even = drawing(lambda z: 2.0 * z)
"""An isometry but for its scale: ‖J‖₂ = 2 / √D, everywhere and in every direction."""


def stepped(z):
    """As even, but with a cliff along z1 = 0, some 0.2 wide."""
    return tf.stack([2.0 * z[:, 0] + 4.0 * tf.tanh(z[:, 0] / 0.1), 2.0 * z[:, 1]], axis=1)


def clouds(dim=2, n=300, sigma=0.1, scale=1.0):
    random = np.random.default_rng(3)
    means = scale * random.normal(size=(n, dim))
    return Posteriors(means.astype(np.float32), np.full((n, dim), scale * sigma, np.float32))


@pytest.fixture(scope="module")
def features():
    """Linear ones, so that paths have a closed form."""
    pictures = np.random.default_rng(4).integers(0, 256, (80, SIZE, SIZE, 1), np.uint8)
    return PictureFeatures.fitted_on(pictures, PIXEL_PCA)


def measured(decode, posteriors, features, **options):
    basis = PlaneBasis.of_numbers(posteriors.means, 0, 1)
    return continuity_of(decode, basis, posteriors, features, **options)


def test_of_an_even_decoder_all_is_known(features):
    found = measured(even, clouds(), features)
    steepness = 2 / np.sqrt(NUMBERS)
    for over in (found.prior, found.posterior):
        for estimate, expected in (
            (over.median, steepness),
            (over.p95, steepness),
            (over.median_by_sigma, 0.1 * steepness),
            (over.p95_by_sigma, 0.1 * steepness),
            (over.cliffs, 1.0),
            (over.on_steepest, 0.05),
        ):
            ends = (estimate.low, estimate.value, estimate.high)
            assert ends == pytest.approx(3 * (expected,), rel=1e-4)
    assert [each.values.shape for each in found.maps] == [(12, 12), (12, 12)]
    np.testing.assert_allclose(found.steepness.values, steepness, rtol=1e-4)
    np.testing.assert_allclose(found.magnification.values, steepness**2, rtol=1e-4)
    assert found.detour.value == pytest.approx(1.0, abs=1e-6)
    assert found.detour.high == pytest.approx(1.0, abs=1e-6)


def test_a_paths_length_is_the_squared_way_of_its_features(features):
    """Of linear features: E‖(b − a) M‖² = 2 tr(MᵀM) for a, b of the prior and M from z to features."""
    found = measured(even, clouds(), features)
    leading = 2.0 * patterns(2) @ features.directions
    expected = 2 * np.square(leading).sum()
    assert found.prior_paths.whole.low < expected < found.prior_paths.whole.high
    # By squared σ of the way, it lies between the least and the greatest change in any direction.
    squares = np.linalg.svd(leading)[1] ** 2 * 0.1**2
    assert squares[-1] < found.prior_paths.by_sigma.value < squares[0]


def test_a_step_is_told_from_an_even_decoder(features):
    with_step = measured(drawing(stepped), clouds(), features)
    without = measured(even, clouds(), features)
    for name in ("cliffs", "on_steepest", "p95"):
        sharp, smooth = getattr(with_step.prior, name), getattr(without.prior, name)
        assert sharp.value > smooth.value
        assert sharp.apart_from(smooth)
    # The slope at the cliff is 2 + 4 / 0.1, on flat ground 2.
    assert with_step.prior.median.value == pytest.approx(2 / np.sqrt(NUMBERS), rel=0.01)
    assert 2.0 < with_step.prior.cliffs.value < 21.0
    # It runs up through the middle of the map.
    highest = with_step.steepness.values.argmax(axis=1)
    assert np.isin(highest, [5, 6]).all()
    assert with_step.prior_paths.whole.low > without.prior_paths.whole.high


def test_the_share_on_the_steepest_sees_a_cliff_too_narrow_for_the_percentile():
    norms = np.ones(1_000)
    norms[:20] = 1_000.0
    assert cliffs(norms) == 1.0
    assert on_steepest(norms) == pytest.approx((20 * 1_000 + 30) / (20 * 1_000 + 980))
    assert cliffs(np.concatenate([np.zeros(900), np.ones(100)])) == np.inf
    assert np.isnan(cliffs(np.zeros(9)))
    assert np.isnan(on_steepest(np.zeros(9)))


def test_stretching_the_latent_space_does_not_change_what_is_told_by_sigma(features):
    """z → 10 z with σ → 10 σ: by latent unit all is ten times as even, by σ nothing has changed."""
    curved = drawing(lambda z: tf.sin(3.0 * z) + z)
    here = measured(curved, clouds(), features)
    wide = measured(lambda z: curved(z / 10.0), clouds(scale=10.0), features)
    assert wide.posterior.median.value == pytest.approx(here.posterior.median.value / 10, rel=1e-3)
    for name in ("median_by_sigma", "p95_by_sigma", "cliffs", "on_steepest"):
        one, other = getattr(here.posterior, name), getattr(wide.posterior, name)
        assert (other.low, other.value, other.high) == pytest.approx((one.low, one.value, one.high), rel=1e-3)
    for name in ("whole", "by_sigma"):
        one, other = getattr(here.posterior_paths, name), getattr(wide.posterior_paths, name)
        assert other.value == pytest.approx(one.value, rel=1e-3)


def test_a_way_around_a_hill_is_shorter_than_the_one_over_it(features):
    hill = drawing(
        lambda z: tf.concat([2.0 * z, 8.0 * tf.exp(-2.0 * tf.reduce_sum(z**2, 1, keepdims=True))], axis=1)
    )
    assert measured(hill, clouds(), features).detour.low > 1.01


def test_off_the_plane_only_the_maps_are_blind(features):
    """Of three numbers, the picture changes most with the one that the plane does not show."""
    found = measured(drawing(lambda z: z * [1.0, 2.0, 5.0]), clouds(dim=3), features)
    assert found.prior.median.value == pytest.approx(5 / np.sqrt(NUMBERS), rel=1e-3)
    np.testing.assert_allclose(found.steepness.values, 2 / np.sqrt(NUMBERS), rtol=1e-4)
    assert found.prior.samples == 400


def test_points_have_no_figures_by_sigma(features):
    found = measured(even, clouds(sigma=1e-13), features)
    assert found.posterior.median_by_sigma is None
    assert found.posterior_paths.by_sigma is None
    told = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert told["posterior"]["p95_by_sigma"] is None
    assert told["posterior"]["p95"]["value"] == pytest.approx(2 / np.sqrt(NUMBERS), rel=1e-4)
    assert set(told) == {"prior", "posterior", "prior_paths", "posterior_paths", "detour"}


def test_a_collapsed_decoder_tells_that_nothing_is_known(features):
    found = measured(lambda z: tf.zeros((tf.shape(z)[0], SIZE, SIZE, 1)), clouds(), features)
    assert found.prior.median.value == 0.0
    assert not found.prior.cliffs.is_known
    assert not found.detour.is_known
    json.dumps(found.to_json(), allow_nan=False)


def test_the_same_seed_measures_the_same_and_progress_reaches_the_end(features):
    shares = []
    first = measured(even, clouds(), features, seed=7, on_progress=shares.append)
    assert first.to_json() == measured(even, clouds(), features, seed=7).to_json()
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert max(np.diff(shares)) < 0.3


def test_two_pictures_far_from_the_prior_are_enough(features):
    posteriors = Posteriors(np.float32([[-20, 5], [30, 9]]), np.full((2, 2), 0.1, np.float32))
    found = measured(even, posteriors, features)
    assert found.detour.value == pytest.approx(1.0, abs=1e-6)
    assert found.steepness.at(np.array([[-19.0, 6.0], [3.2, -3.2]])) == pytest.approx(2 / np.sqrt(NUMBERS))


def test_it_stops_when_told_to_and_needs_pictures(features):
    control = Control()
    assert measured(even, clouds(), features, control=control, on_progress=lambda _: control.stop()) is None
    with pytest.raises(VaeError):
        measured(even, clouds(n=1), features)
