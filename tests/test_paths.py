"""Curves through stops, how they are travelled, and stops that come by themselves."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.errors import VaeError
from training.paths import (
    Curve,
    Easing,
    Journey,
    PathKind,
    PathSettings,
    curve,
    random_walk,
    smooth_legs,
    surprise_loop,
)

KINDS = [PathKind.STRAIGHT, PathKind.SMOOTH]
CORNERS = np.array([[0.0, 0.0, 1.0], [2.0, 0.5, 0.0], [2.5, 2.0, -1.0], [-1.0, 1.0, 0.5]])


def some_stops(seed, count, dim):
    return np.random.default_rng(seed).normal(size=(count, dim))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("closed", [False, True])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(2, 7), dim=st.integers(2, 5))
def test_a_curve_passes_through_its_stops_in_order(kind, closed, seed, count, dim):
    stops = some_stops(seed, count, dim)
    found = curve(stops, kind, closed=closed)
    expected = np.concatenate([stops, stops[:1]]) if closed else stops
    np.testing.assert_allclose(found.at(found.stops), expected, atol=1e-12)
    assert (np.diff(found.stops) > 0).all()


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), closed=st.booleans())
def test_equal_steps_along_a_curve_are_equally_long(kind, seed, closed):
    found = curve(some_stops(seed, 5, 3), kind, closed=closed)
    points = found.at(np.linspace(0, found.length, 20_001))
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1) * 20_000 / found.length
    assert (steps < 1 + 1e-9).all()
    assert np.quantile(steps, 0.005) > 0.995  # shorter only across the corners of a straight path


def test_a_smooth_curve_is_the_one_of_the_definition():
    """Against the pyramid of Barry & Goldman written out for one point, with knots √distance apart."""
    first, second, third, fourth = CORNERS
    leg = smooth_legs(CORNERS, closed=False)[1]
    t = np.cumsum([0, *(np.linalg.norm(b - a) ** 0.5 for a, b in pairwise(CORNERS))])
    at = t[1] + (t[2] - t[1]) * 0.25
    a1 = (t[1] - at) / (t[1] - t[0]) * first + (at - t[0]) / (t[1] - t[0]) * second
    a2 = (t[2] - at) / (t[2] - t[1]) * second + (at - t[1]) / (t[2] - t[1]) * third
    a3 = (t[3] - at) / (t[3] - t[2]) * third + (at - t[2]) / (t[3] - t[2]) * fourth
    b1 = (t[2] - at) / (t[2] - t[0]) * a1 + (at - t[0]) / (t[2] - t[0]) * a2
    b2 = (t[3] - at) / (t[3] - t[1]) * a2 + (at - t[1]) / (t[3] - t[1]) * a3
    np.testing.assert_allclose(
        leg[len(leg) // 4], (t[2] - at) / (t[2] - t[1]) * b1 + (at - t[1]) / (t[2] - t[1]) * b2
    )


def test_a_smooth_curve_turns_no_corner_and_a_closed_one_none_at_its_seam():
    closed = curve(CORNERS, PathKind.SMOOTH, closed=True)
    tiny = closed.length / 2_000
    for at in closed.stops:
        before = closed.at(np.array([(at - tiny) % closed.length]))[0]
        after = closed.at(np.array([(at + tiny) % closed.length]))[0]
        here = closed.at(np.array([at]))[0]
        # As much as it bends within so short a piece; a corner would be some 0.5 and more.
        np.testing.assert_allclose((here - before) / tiny, (after - here) / tiny, atol=0.05)


def test_a_closed_path_ends_where_it_began():
    closed = curve(CORNERS, PathKind.SMOOTH, closed=True)
    np.testing.assert_array_equal(closed.at(np.array([0.0])), closed.at(np.array([closed.length])))


def test_two_stops_are_joined_by_a_straight_line():
    leg = smooth_legs(CORNERS[:2], closed=False)[0]
    shares = np.linalg.norm(leg - CORNERS[0], axis=1) / np.linalg.norm(CORNERS[1] - CORNERS[0])
    np.testing.assert_allclose(leg, CORNERS[0] + shares[:, None] * (CORNERS[1] - CORNERS[0]), atol=1e-12)


@pytest.mark.parametrize("closed", [False, True])
def test_a_stop_twice_in_a_row_does_no_harm(closed):
    stops = np.concatenate([CORNERS[:1], CORNERS[:2], CORNERS[1:], CORNERS[-1:]])
    found = curve(stops, PathKind.SMOOTH, closed=closed)
    assert np.isfinite(found.points).all()
    np.testing.assert_allclose(found.at(found.stops)[: len(stops)], stops, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_one_stop_is_no_path_and_neither_is_one_place(kind):
    with pytest.raises(VaeError, match="A path needs two stops"):
        curve(CORNERS[:1], kind, closed=False)
    with pytest.raises(VaeError, match="all lie at one place"):
        curve(np.zeros((3, 2)), kind, closed=True)


# ---------------------------------------------------------------------- in time


def line(*xs):
    return curve(np.array([[x, 0.0] for x in xs]), PathKind.STRAIGHT, closed=False)


def test_the_speed_is_even_and_as_asked_for():
    journey = Journey(line(0, 1, 4), PathSettings(PathKind.STRAIGHT, speed=2.0))
    assert journey.seconds == pytest.approx(2.0)
    times = np.linspace(0, 2, 9)
    np.testing.assert_allclose(journey.at(times)[:, 0], 2 * times)


def test_the_whole_takes_as_long_as_asked_for_pauses_included():
    journey = Journey(line(0, 1, 4), PathSettings(PathKind.STRAIGHT, pause=1.0, seconds=7.0))
    assert journey.seconds == pytest.approx(7.0)
    np.testing.assert_allclose(journey.arrivals, [0, 2, 6])
    at = np.array([0.0, 0.9, 1.5, 2.0, 2.9, 4.5, 6.0, 7.0])
    np.testing.assert_allclose(journey.at(at)[:, 0], [0, 0, 0.5, 1, 1, 2.5, 4, 4])


def test_pauses_that_are_longer_than_the_whole_leave_half_of_it():
    journey = Journey(line(0, 1, 4), PathSettings(PathKind.STRAIGHT, pause=100.0, seconds=6.0))
    assert journey.seconds == pytest.approx(6.0)
    np.testing.assert_allclose(journey.arrivals, [0, 1.75, 5])


def test_a_closed_path_pauses_once_at_every_stop():
    square = curve(np.array([[0.0, 0], [1, 0], [1, 1], [0, 1]]), PathKind.STRAIGHT, closed=True)
    journey = Journey(square, PathSettings(PathKind.STRAIGHT, closed=True, pause=0.5))
    assert journey.seconds == pytest.approx(4 * 1.5)
    np.testing.assert_allclose(journey.arrivals, [0, 1.5, 3, 4.5])
    assert len(journey.frame_times(10)) == 60
    last_step = journey.at(np.array([0.0])) - journey.frames(10)[-1]
    np.testing.assert_allclose(last_step, [[0, -0.1]], atol=1e-9)  # none is there twice


def test_easing_is_slow_at_stops_and_fast_between_them():
    journey = Journey(line(0, 1), PathSettings(PathKind.STRAIGHT, easing=Easing.LEGS))
    at = journey.at(np.linspace(0, 1, 101))[:, 0]
    speeds = np.diff(at) * 100
    np.testing.assert_allclose(at[[0, -1]], [0, 1])
    assert speeds[0] < 0.05 > speeds[-1]
    assert speeds.max() == pytest.approx(1.5, abs=0.01)  # of 3u² − 2u³
    np.testing.assert_allclose(at, 1 - at[::-1], atol=1e-12)


def test_an_open_film_shows_both_ends():
    frames = Journey(line(0, 3), PathSettings(PathKind.STRAIGHT)).frames(5)
    assert len(frames) == 16
    np.testing.assert_allclose(frames[[0, -1], 0], [0, 3])


def test_times_before_and_after_are_the_ends():
    journey = Journey(line(0, 3), PathSettings(PathKind.STRAIGHT))
    np.testing.assert_allclose(journey.at(np.array([-5.0, 99.0]))[:, 0], [0, 3])


# ---------------------------------------------------------------------- settings


def test_settings_come_back_from_json():
    chosen = PathSettings(PathKind.DATA, True, Easing.LEGS, 0.5, 2.0, 12.0)
    assert PathSettings.from_json(chosen.as_json()) == chosen


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "round"},
        {"speed": 0.0},
        {"speed": float("nan")},
        {"seconds": 1e9},
        {"pause": -1.0},
        {"more": 1},
        {"seconds": "soon"},
    ],
)
def test_settings_that_are_none_of_ours_are_refused(change):
    with pytest.raises((ValueError, TypeError)):
        PathSettings.from_json(PathSettings().as_json() | change)


# ---------------------------------------------------------------------- stops by themselves


def test_a_random_walk_has_the_priors_distribution_and_the_asked_nearness():
    stops = random_walk(200_000, 2, seed=3, nearness=0.6)
    np.testing.assert_allclose(stops.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(np.cov(stops.T), np.eye(2), atol=0.02)
    np.testing.assert_allclose((stops[1:] * stops[:-1]).mean(axis=0), 0.6, atol=0.02)
    np.testing.assert_array_equal(random_walk(5, 2, seed=3), random_walk(5, 2, seed=3))


def test_a_surprise_goes_through_ones_own_pictures_each_once_on_a_short_way():
    means = some_stops(1, 100, 2).astype(np.float32)
    stops = surprise_loop(means, 12, seed=5)
    rows = [np.flatnonzero((means == stop.astype(np.float32)).all(axis=1)) for stop in stops]
    assert len({int(row[0]) for row in rows}) == 12

    def round_trip(order):
        return np.linalg.norm(order - np.roll(order, 1, axis=0), axis=1).sum()

    shuffled = [round_trip(np.random.default_rng(seed).permutation(stops)) for seed in range(200)]
    assert round_trip(stops) <= min(shuffled)


def test_a_surprise_takes_what_there_is_and_says_when_that_is_too_little():
    assert len(surprise_loop(some_stops(0, 3, 2), 12, seed=0)) == 3
    with pytest.raises(VaeError, match="not two pictures"):
        surprise_loop(some_stops(0, 1, 2), 12, seed=0)


def test_a_curve_of_legs_knows_its_stops():
    found = Curve([np.array([[0.0, 0], [1, 0], [1, 1]]), np.array([[1.0, 1], [1, 4]])])
    np.testing.assert_allclose(found.stops, [0, 2, 5])
    np.testing.assert_allclose(found.at(np.array([1.5, 3.0])), [[1, 0.5], [1, 2]])
