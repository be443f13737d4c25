"""Intervals that hold what they claim to hold."""

import json
import math

import numpy as np
import pytest

from training.errors import VaeError
from training.estimate import Estimate, bootstrap, of_mean, of_share


def test_the_interval_of_a_mean_is_that_of_the_normal_law():
    values = np.random.default_rng(0).normal(3.0, 2.0, 2_000)
    found = of_mean(values)
    half = 1.96 * values.std() / np.sqrt(len(values))
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_of_a_hundred_intervals_about_ninety_five_hold_the_truth():
    random = np.random.default_rng(1)
    estimates = [bootstrap(random.exponential(1.0, 200), np.median, draws=300) for _ in range(100)]
    held = sum(each.low <= math.log(2) <= each.high for each in estimates)
    assert 88 <= held <= 99  # 5 fail on average; less than 1 in 200 binomials is outside


def test_rows_are_drawn_as_a_whole():
    pairs = np.random.default_rng(2).uniform(1, 9, (50, 1)) * [1.0, 2.0]
    found = bootstrap(pairs, lambda rows: rows[:, 1].sum() / rows[:, 0].sum())
    assert (found.low, found.value, found.high) == pytest.approx((2.0, 2.0, 2.0))


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(3).normal(size=40)
    assert bootstrap(values, seed=5) == bootstrap(values, seed=5)
    assert bootstrap(values, seed=5) != bootstrap(values, seed=6)


def test_what_could_not_be_measured_is_left_out():
    values = np.array([1.0, np.nan, 2.0, 3.0])
    assert bootstrap(values) == bootstrap(np.array([1.0, 2.0, 3.0]))


def test_one_value_has_no_interval_and_none_no_value():
    one = of_mean(np.array([4.0]))
    assert (one.value, one.low, one.high) == (4.0, -math.inf, math.inf)
    nothing = of_mean(np.full(3, np.nan))
    assert not nothing.is_known
    assert nothing.to_json() == {"value": None, "low": None, "high": None}


def test_infinite_values_and_undefined_statistics_are_told_of():
    one_infinite = bootstrap(np.array([1.0] * 99 + [np.inf]), np.median)
    assert (one_infinite.low, one_infinite.high) == (1.0, 1.0)
    undefined = bootstrap(np.array([0, 1]), lambda draw: math.nan if not draw.any() else 1.0)
    assert (undefined.value, undefined.low) == (1.0, -math.inf)


@pytest.mark.parametrize("estimate", [Estimate(1.5, 1.0, 2.0), Estimate(4.0), Estimate(math.inf, 3.0)])
def test_json_and_back(estimate):
    again = Estimate.from_json(json.loads(json.dumps(estimate.to_json(), allow_nan=False)))
    assert (again.low, again.high) == (estimate.low, estimate.high)
    assert again.value == estimate.value or (math.isnan(again.value) and not estimate.is_known)


@pytest.mark.parametrize(
    "data",
    [None, {}, {"value": 1}, {"value": "1", "low": 0, "high": 1}, {"value": True, "low": 0, "high": 1}],
)
def test_other_json_is_refused(data):
    with pytest.raises(VaeError):
        Estimate.from_json(data)


def test_a_share_of_all_is_not_certain():
    found = of_share(np.ones(100, np.bool_))
    # Wilson's lower end for k = n is n / (n + z²).
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(100 / (100 + 1.959964**2), abs=1e-6)
    half = of_share(np.arange(100) < 50)
    assert half.high - half.low == pytest.approx(2 * 1.96 * 0.5 / np.sqrt(100 + 1.96**2), rel=1e-3)
    assert not of_share(np.zeros(0, np.bool_)).is_known


def test_intervals_are_apart_when_nothing_is_in_both():
    assert Estimate(1, 0, 2).apart_from(Estimate(4, 3, 5))
    assert not Estimate(1, 0, 3.5).apart_from(Estimate(4, 3, 5))
