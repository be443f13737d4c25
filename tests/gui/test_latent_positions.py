import numpy as np
import pytest

from training.posteriors import Posteriors
from vae_desktop.latent_positions import LatentPositions


def pictures(spreads=(2.0, 1.0, 0.5, 0.2), n=60, seed=0, middle=0.0):
    random = np.random.default_rng(seed)
    means = (random.normal(size=(n, len(spreads))) * spreads + middle).astype(np.float32)
    return np.arange(n) * 2, Posteriors(means, np.full_like(means, 0.1))


@pytest.fixture
def where():
    positions = LatentPositions()
    positions.begin(4)
    assert positions.set_pictures(*pictures(), may_turn=True)
    return positions


def test_a_handle_goes_exactly_to_a_picture_and_finds_it_nearest(where):
    numbers, posteriors = pictures()
    means = posteriors.means
    where.add(1, (0.0, 0.0))
    for row in (0, 17, 59):
        assert where.move_to_picture(1, int(numbers[row]))
        assert where.latent(1) == tuple(means[row].tolist())
        assert where.nearest(1) == (numbers[row], 0.0)
        assert where.place(1) == pytest.approx(where.basis.on_plane(means[row : row + 1])[0], abs=1e-6)
        on_slice = where.slice.latent(np.array([where.place(1)]))[0]
        np.testing.assert_allclose(on_slice, means[row], atol=1e-6)


def test_a_picture_that_is_not_known_moves_nothing(where):
    where.add(1, (0.5, 0.5))
    before = where.latent(1)
    assert not where.move_to_picture(1, 3)
    assert not where.move_to_picture(1, 1000)
    assert where.latent(1) == before


def test_nearest_counts_what_lies_off_the_plane(where):
    numbers, posteriors = pictures()
    means = posteriors.means
    where.add(1, (0.3, -0.2))
    where.move_off_plane(1, 0, 3.0)
    number, distance = where.nearest(1)
    distances = np.linalg.norm(means - np.array(where.latent(1)), axis=1)
    assert (number, distance) == (numbers[distances.argmin()], pytest.approx(distances.min(), rel=1e-5))
    on_plane = np.linalg.norm(where.basis.on_plane(means) - np.array(where.place(1)), axis=1)
    assert on_plane.argmin() != distances.argmin()


def test_a_drag_leaves_what_is_off_the_plane_and_a_slider_what_is_on_it(where):
    where.add(1, (0.0, 0.0))
    where.move_off_plane(1, 1, -1.5)
    where.move(1, (1.0, -2.0))
    assert where.off_plane(1) == pytest.approx([0.0, -1.5])
    where.move_off_plane(1, 0, 2.0)
    assert where.off_plane(1) == pytest.approx([2.0, -1.5])
    assert where.place(1) == pytest.approx((1.0, -2.0))


def test_a_slider_counts_in_the_pictures_standard_deviations_from_their_middle(where):
    means = pictures()[1].means
    where.add(1, (0.0, 0.0))
    assert where.latent(1) == pytest.approx(means.mean(axis=0), abs=1e-5)
    where.move_off_plane(1, 0, 1.0)
    third = np.linalg.svd(means - means.mean(axis=0))[1][2] / np.sqrt(len(means))
    assert np.linalg.norm(np.array(where.latent(1)) - means.mean(axis=0)) == pytest.approx(third, rel=1e-4)


def test_every_handle_has_its_own_slice_and_a_new_one_begins_on_that_shown(where):
    where.add(1, (0.0, 0.0))
    where.move_off_plane(1, 0, 2.0)
    where.add(2, (1.0, 1.0))
    assert where.off_plane(2) == pytest.approx([2.0, 0.0])
    where.move_off_plane(2, 0, -1.0)
    assert where.off_plane(1) == pytest.approx([2.0, 0.0])
    where.select(1)
    np.testing.assert_allclose(where.slice.latent(np.zeros((1, 2)))[0], where.latent(1), atol=1e-9)


def test_the_middle_resets_what_is_off_the_plane_only(where):
    where.add(1, (0.4, -0.7))
    where.move_off_plane(1, 0, 2.0)
    where.move_off_plane(1, 1, 1.0)
    where.move_to_middle(1)
    assert where.off_plane(1) == pytest.approx([0.0, 0.0])
    assert where.place(1) == pytest.approx((0.4, -0.7))


def test_choosing_a_plane_leaves_what_a_handle_decodes_to(where):
    means = pictures()[1].means
    where.add(1, (0.4, -0.7))
    where.move_off_plane(1, 0, 2.0)
    latent = where.latent(1)
    where.choose((3, 1))
    assert where.latent(1) == latent
    assert where.place(1) == pytest.approx((latent[3], latent[1]))
    np.testing.assert_allclose(where.basis.on_plane(means), means[:, [3, 1]], atol=1e-6)
    assert not where.set_pictures(*pictures((0.1, 0.1, 5.0, 5.0)), may_turn=True), "it was asked for"
    where.choose(None)
    assert where.latent(1) == latent


def test_the_plane_turns_when_the_pictures_have_but_not_under_the_hand(where):
    where.add(1, (0.4, -0.7))
    latent = where.latent(1)
    assert not where.set_pictures(*pictures(seed=1), may_turn=True)
    turned = pictures((0.2, 0.5, 1.0, 2.0))
    assert not where.set_pictures(*turned, may_turn=False)
    assert where.share_on_plane < 0.2
    assert where.set_pictures(*turned, may_turn=True)
    assert where.share_on_plane > 0.9
    assert where.latent(1) == latent


def test_handles_from_before_the_first_pictures_come_to_lie_among_them():
    where = LatentPositions()
    where.begin(4)
    where.add(1, (0.5, 0.0))
    assert where.nearest(1) is None
    where.set_pictures(*pictures(middle=7.0), may_turn=True)
    assert where.place(1) == pytest.approx((0.5, 0.0))
    assert where.off_plane(1) == pytest.approx([0.0, 0.0])


def test_two_latent_numbers_are_places_on_the_plane_bit_for_bit():
    where = LatentPositions()
    assert not where.set_pictures(*pictures((1.0, 1.0), middle=3.0), may_turn=True)
    where.add(1, (0.1, -0.7))
    assert where.latent(1) == where.place(1) == (0.1, -0.7)
    where.move(1, (1 / 3, 2 / 3))
    assert where.latent(1) == where.place(1) == (1 / 3, 2 / 3)
    assert where.off_plane(1).shape == (0,)
