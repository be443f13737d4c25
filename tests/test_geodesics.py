"""Paths along the data, with decoders whose geodesics are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.geodesics import covered, data_legs, metric

LOW, HIGH = np.full(2, -3.2), np.full(2, 3.2)


def as_pictures(values):
    """Values [n, D] about 0 as fake pictures of D pixels; not rounded, so that results are exact."""
    return (values * 40 + 128).reshape(len(values), -1, 1, 1)


def flat(places):
    """An isometry of the plane into 8 pixels."""
    directions = np.linalg.qr(np.random.default_rng(0).normal(size=(8, 2)))[0]
    return as_pictures(places @ directions.T)


def hill(places):
    """A plane with a steep hill in its middle, which it is shorter to go around."""
    height = 3 * np.exp(-2 * (places**2).sum(axis=1))
    return as_pictures(np.column_stack([places, height]))


@pytest.fixture(scope="module")
def hilly():
    return metric(hill, LOW, HIGH)


def test_the_metric_is_the_jacobians_square():
    found = metric(hill, LOW, HIGH, side=200)
    place = np.array([[0.4, -0.3]])
    slope = -4 * place[0] * 3 * np.exp(-2 * (place**2).sum())
    jacobian = np.vstack([np.eye(2), slope])
    expected = jacobian.T @ jacobian * (40 / 255) ** 2 / 3  # the mean over three pixels
    g11, g12, g22 = found.at(place)[0]
    np.testing.assert_allclose([[g11, g12], [g12, g22]], expected, rtol=0.02, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_way_is_straight_where_the_decoder_is_an_isometry(seed):
    start, end = np.random.default_rng(seed).uniform(-3, 3, (2, 2))
    line = metric(flat, LOW, HIGH).shortest(start, end)
    direction = (end - start) / np.linalg.norm(end - start)
    across = (line - start) @ np.array([-direction[1], direction[0]])
    assert abs(across).max() < 0.02
    assert ((line[1:] - line[:-1]) @ direction > 0).all()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_way_is_never_longer_than_the_straight_one(seed, hilly):
    start, end = np.random.default_rng(seed).uniform(-4, 4, (2, 2))  # beyond the grid, too
    line = hilly.shortest(start, end)
    np.testing.assert_array_equal(line[[0, -1]], [start, end])
    assert hilly.length(line) <= hilly.length(np.linspace(start, end, len(line))) * (1 + 1e-9)


def test_it_goes_around_what_is_far_from_alike(hilly):
    start, end = np.array([-2.0, 0.0]), np.array([2.0, 0.05])
    line = hilly.shortest(start, end)
    assert hilly.length(line) < 0.7 * hilly.length(np.linspace(start, end, len(line)))
    assert np.linalg.norm(line, axis=1).min() > 0.8
    # On flat ground it goes straight, whatever the grid.
    moves = np.diff(line[(line[:, 0] < 0) & (np.linalg.norm(line, axis=1) > 1.7)], axis=0)
    assert np.ptp(np.arctan2(moves[:, 1], moves[:, 0])) < 0.02


def test_it_keeps_away_from_where_no_picture_lies():
    """On a decoder that draws nothing new anywhere but a slope, only the pictures tell the way."""
    angles = np.random.default_rng(0).uniform(0, np.pi, 2_000)
    arc = 2 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    start, end = np.array([2.0, 0.0]), np.array([-2.0, 0.0])
    with_pictures = metric(flat, LOW, HIGH, arc).shortest(start, end)
    without = metric(flat, LOW, HIGH).shortest(start, end)
    assert with_pictures[:, 1].max() > 1.0
    assert abs(without[:, 1]).max() < 0.02


def test_legs_join_latent_stops_and_change_evenly_off_the_plane(hilly):
    directions = np.linalg.qr(np.random.default_rng(1).normal(size=(4, 2)))[0].T
    middle = np.array([0.5, -1.0, 2.0, 0.0])
    places = np.array([[-2.0, 0.0], [2.0, 0.1], [1.0, 2.0]])
    off = np.linalg.svd(directions)[2][2]
    stops = middle + places @ directions + np.array([[0.0], [3.0], [1.0]]) * off
    legs = data_legs(stops, directions, places, hilly, closed=True)
    assert len(legs) == 3
    for leg, start, end in zip(legs, stops, np.roll(stops, -1, axis=0), strict=True):
        np.testing.assert_array_equal(leg[[0, -1]], [start, end])
    np.testing.assert_allclose((legs[0] - middle) @ directions.T, hilly.shortest(*places[:2]), atol=1e-9)
    height = (legs[0] - middle) @ off
    assert (np.diff(height) > 0).all()


def test_what_is_covered_holds_the_prior_and_all_stops():
    low, high = covered(np.array([[7.0, 0.0], [0.0, -1.0]]), (1.0, 0.5))
    np.testing.assert_allclose(low, [-2.2, -2.7])
    np.testing.assert_allclose(high, [7.0, 3.7])
