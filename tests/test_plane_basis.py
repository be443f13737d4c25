import numpy as np
import pytest

from training.errors import VaeError
from training.plane_basis import PlaneBasis, PlaneSlice, require_plane
from training.posteriors import Posteriors


def cloud(spreads, n=400, seed=0, middle=0.0):
    """n pictures whose means differ by these standard deviations along the latent numbers."""
    random = np.random.default_rng(seed)
    return (random.normal(size=(n, len(spreads))) * spreads + middle).astype(np.float32)


def rotation(dim, seed=1):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(dim, dim)))[0]


def test_principal_directions_are_orthonormal_and_go_from_most_to_least():
    means = cloud([0.3, 2.0, 0.1, 1.0, 0.6]) @ rotation(5).astype(np.float32)
    basis = PlaneBasis.principal(means)
    np.testing.assert_allclose(basis.directions @ basis.directions.T, np.eye(5), atol=1e-12)
    assert (np.diff(basis.spreads) < 0).all()
    np.testing.assert_allclose(basis.spreads, np.linalg.svd(means - means.mean(0))[1] / 20, rtol=1e-4)
    assert np.abs(np.corrcoef((means @ basis.directions.T).T) - np.eye(5)).max() < 1e-4


def test_it_finds_the_plane_that_the_pictures_were_spread_on():
    turned = rotation(16)
    means = cloud([2.0, 1.0] + [0.05] * 14) @ turned.T.astype(np.float32)
    basis = PlaneBasis.principal(means)
    seen = np.linalg.svd(basis.directions[:2] @ turned[:, :2])[1]
    assert seen == pytest.approx([1, 1], abs=1e-3)  # the cosines of the angles between both planes
    assert basis.share_on_plane(means) == pytest.approx(5 / (5 + 14 * 0.05**2), abs=0.01)


def test_two_latent_numbers_are_shown_as_they_are():
    means = cloud([0.1, 3.0], middle=2.0)
    basis = PlaneBasis.first(means)
    np.testing.assert_array_equal(basis.on_plane(means), means)
    assert basis.prior_mean == (0.0, 0.0)
    sigmas = np.array([[0.5, 0.1], [0.2, 0.4]], np.float32)
    axes, angles = basis.ellipses(Posteriors(np.zeros_like(sigmas), sigmas))
    np.testing.assert_allclose(axes, sigmas, rtol=1e-6)
    assert angles.tolist() == [0.0, 0.0]
    assert basis.share_on_plane(means) == pytest.approx(1.0)
    assert not basis.has_drifted(cloud([9.0, 0.1], middle=-5.0))


def test_the_plane_of_two_numbers_has_these_as_coordinates_and_the_others_by_their_spread():
    means = cloud([0.3, 2.0, 0.1, 1.0, 0.6], middle=3.0)
    basis = PlaneBasis.of_numbers(means, 3, 0)
    assert basis.numbers == (3, 0, 1, 4, 2)
    np.testing.assert_allclose(basis.on_plane(means), means[:, [3, 0]], atol=1e-6)
    assert basis.prior_mean == (0.0, 0.0)
    on_slice = basis.slice_through(basis.middle).latent(np.array([[0.7, -0.2]]))[0]
    assert on_slice[[3, 0]] == pytest.approx([0.7, -0.2])
    np.testing.assert_allclose(on_slice[[1, 4, 2]], means.mean(0)[[1, 4, 2]], atol=1e-5)


@pytest.mark.parametrize("numbers", [(0, 0), (0, 3), (-1, 1)])
def test_numbers_that_make_no_plane_are_refused(numbers):
    with pytest.raises(VaeError, match="from 1 to 3"):
        PlaneBasis.of_numbers(cloud([1, 1, 1]), *numbers)


def test_one_latent_number_makes_no_plane():
    with pytest.raises(VaeError, match="at least two"):
        require_plane(1)
    with pytest.raises(VaeError, match="at least two"):
        PlaneBasis.first(np.zeros((5, 1), np.float32))


@pytest.mark.parametrize("n", [0, 1, 2])
def test_hardly_any_pictures_still_make_a_plane(n):
    basis = PlaneBasis.first(cloud([1.0] * 6, n=n))
    np.testing.assert_allclose(basis.directions @ basis.directions.T, np.eye(6), atol=1e-12)
    assert (basis.spreads > 0).all()


def test_without_pictures_the_prior_tells_the_middle_and_the_spread():
    basis = PlaneBasis.of_numbers(np.zeros((0, 3), np.float32), 0, 1)
    assert basis.middle.tolist() == [0, 0, 0]
    assert basis.spreads.tolist() == [1, 1, 1]


def test_pictures_that_are_lost_do_not_spoil_the_plane():
    means = cloud([2.0, 1.0, 0.1])
    broken = np.concatenate([means, np.full((1, 3), np.nan, np.float32)])
    np.testing.assert_allclose(PlaneBasis.first(broken).directions, PlaneBasis.first(means).directions)


def test_a_point_is_the_same_by_its_coordinates_and_by_the_slice_through_it():
    basis = PlaneBasis.principal(cloud([0.3, 2.0, 0.1, 1.0], middle=-1.0) @ rotation(4).astype(np.float32))
    point = np.array([0.4, -1.0, 2.0, 0.1])
    coordinates = basis.coordinates(point)
    np.testing.assert_allclose(basis.middle + coordinates @ basis.directions, point, atol=1e-12)
    np.testing.assert_allclose(basis.slice_through(point).latent(coordinates[None, :2])[0], point, atol=1e-12)
    np.testing.assert_allclose(basis.on_plane(point[None].astype(np.float32))[0], coordinates[:2], atol=1e-6)
    np.testing.assert_allclose(basis.on_plane(np.zeros((1, 4), np.float32))[0], basis.prior_mean, atol=1e-6)


def test_ellipses_have_the_covariance_that_the_posteriors_have_on_the_plane():
    basis = PlaneBasis.principal(cloud([0.3, 2.0, 0.1, 1.0]) @ rotation(4, seed=3).astype(np.float32))
    sigmas = np.array([[1.0, 0.1, 0.4, 0.05], [0.2, 0.9, 0.1, 0.7], [0.5, 0.5, 0.5, 0.5]], np.float32)
    axes, angles = basis.ellipses(Posteriors(np.zeros_like(sigmas), sigmas))
    for sigma, axis, angle in zip(sigmas, axes, angles, strict=True):
        expected = basis.directions[:2] * sigma**2 @ basis.directions[:2].T
        turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        np.testing.assert_allclose(turned * axis**2 @ turned.T, expected, atol=1e-5)
    assert (np.abs(angles) <= np.pi / 4 + 1e-6).all()
    assert np.abs(angles[:2]).min() > 0.01  # this does tilt them
    np.testing.assert_allclose(axes[2], 0.5, rtol=1e-5)


def test_ellipses_of_correlated_numbers_have_their_covariance_on_the_plane():
    random = np.random.default_rng(0)
    factors = random.normal(size=(20, 4, 4))
    covariances = factors @ factors.transpose(0, 2, 1)
    sigmas = np.sqrt(np.einsum("nii->ni", covariances))
    matrices = covariances / (sigmas[:, :, None] * sigmas[:, None, :])
    first, second = np.triu_indices(4, 1)
    parts = (sigmas, sigmas, matrices[:, first, second])
    posteriors = Posteriors(*(part.astype(np.float32) for part in parts))
    basis = PlaneBasis.principal(cloud([0.3, 2.0, 0.1, 1.0]) @ rotation(4, seed=3).astype(np.float32))
    expected = basis.directions[:2] @ covariances @ basis.directions[:2].T
    axes, angles = basis.ellipses(posteriors)
    cosines, sines = np.cos(angles), np.sin(angles)
    turned = np.array([[cosines, -sines], [sines, cosines]]).transpose(2, 0, 1)
    found = turned * axes[:, None, :] ** 2 @ turned.transpose(0, 2, 1)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_a_plane_that_is_fitted_again_neither_flips_nor_spins():
    spreads = [1.01, 1.0, 0.3, 0.2, 0.1]  # nearly round: nothing but the plane before fixes its angle
    before = PlaneBasis.principal(cloud(spreads, seed=0))
    for seed in range(1, 9):
        after = PlaneBasis.principal(cloud(spreads, seed=seed), before)
        np.testing.assert_allclose(after.directions @ after.directions.T, np.eye(5), atol=1e-12)
        same = (after.directions * before.directions).sum(axis=1)
        assert (same[:2] > 0.98).all()
        assert (same[2:] > 0.9).all()


def test_only_a_plane_that_shows_much_less_or_is_off_the_middle_has_drifted():
    means = cloud([2.0, 1.0, 0.5, 0.1])
    basis = PlaneBasis.principal(means)
    assert not basis.has_drifted(means)
    assert not basis.has_drifted(cloud([1.8, 1.2, 0.7, 0.1], seed=1))
    assert basis.has_drifted(cloud([0.5, 1.0, 2.0, 0.1], seed=1))
    assert basis.has_drifted(means + np.float32(2.0))
    assert not PlaneBasis.of_numbers(means, 0, 1).has_drifted(cloud([0.1, 0.1, 2.0, 2.0]))


def test_slices_are_close_when_they_differ_by_rounding_only():
    plane = PlaneSlice(np.zeros(3), np.eye(3)[:2])
    assert plane.is_close(PlaneSlice(np.full(3, 1e-9), np.eye(3)[:2]))
    assert not plane.is_close(PlaneSlice(np.array([0, 0, 0.01]), np.eye(3)[:2]))
    assert not plane.is_close(PlaneSlice(np.zeros(3), np.eye(3)[1:]))
    assert not plane.is_close(PlaneSlice(np.zeros(2), np.eye(2)))
    assert not plane.is_close(None)
