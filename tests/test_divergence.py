import math

import pytest

from training.divergence import LossBounds

VALUES = 32 * 32


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_out_of_bounds_from_the_first(loss):
    assert not LossBounds(VALUES).hold(loss)


@pytest.mark.parametrize(
    "losses",
    [
        [710.0, 400.0, 262.0, 262.5, 261.0],  # Bernoulli, from an untrained network
        [2e6, 5e4, 900.0, -1200.0, -1650.0, -900.0],  # Gaussian, whose σ² starts small
        [-1795.0, -1790.0, -1500.0, 300.0],  # gone on with, and disturbed by a fresh optimiser
        [3.0, -3.0, 5.0],  # near nought by chance
    ],
)
def test_what_trainings_come_through_is_within_bounds(losses):
    bounds = LossBounds(VALUES)
    assert all(bounds.hold(loss) for loss in losses)


@pytest.mark.parametrize(("start", "runaway"), [(710.0, 2e4), (-1795.0, 5e4), (2e6, 1e9)])
def test_a_finite_explosion_is_out_of_bounds(start, runaway):
    bounds = LossBounds(VALUES)
    assert bounds.hold(start)
    assert not bounds.hold(runaway)
    assert bounds.hold(start)
