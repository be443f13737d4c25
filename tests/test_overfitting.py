"""Overfitting and copying, on decoders that do and that do not."""

import math

import numpy as np
import pytest

from training.overfitting import copied_share, copying_measures, copying_z, gap_measures


@pytest.fixture
def random():
    return np.random.default_rng(7)


def named(measures):
    return {measure.name: measure for measure in measures}


def test_z_counts_pairs(random):
    drawn, held_out = random.integers(0, 9, 12).astype(float), random.integers(0, 9, 15).astype(float)
    pairs = sum((a > b) + 0.5 * (a == b) for a in drawn for b in held_out)
    expected = (pairs - 90) / math.sqrt(12 * 15 * 28 / 12)
    assert copying_z(drawn, held_out) == pytest.approx(expected)
    assert copying_z(held_out, drawn) == pytest.approx(-expected)


def test_a_memorising_decoder_is_told_from_one_that_draws_others(random):
    learnt, held_out, others = (random.normal(size=(400, 8)) for _ in range(3))
    copies = learnt[random.integers(400, size=400)] + 1e-3 * random.normal(size=(400, 8))
    resampled = held_out[random.integers(400, size=400)]
    by_decoder = {
        name: named(copying_measures("features", learnt, held_out, drawn))
        for name, drawn in (("copies", copies), ("others", others), ("resampled", resampled))
    }
    assert by_decoder["copies"]["features_copying_z"].estimate.value < -3
    for name in ("others", "resampled"):
        assert abs(by_decoder[name]["features_copying_z"].estimate.value) < 3
    copied, fair = (by_decoder[name]["features_copied"].estimate for name in ("copies", "others"))
    assert copied.value == pytest.approx(2.0)  # all of them, where half were by chance
    assert copied.apart_from(fair)
    assert fair.value == pytest.approx(1.0, abs=0.25)  # some four standard errors


def test_smoothness_is_no_copying(random):
    """Half as far from the middle, decodings are nearer to all pictures, and to both kinds alike."""
    learnt, held_out, others = (random.normal(size=(500, 16)) for _ in range(3))
    smooth = 0.5 * others
    found = named(copying_measures("pixels", learnt, held_out, smooth))
    assert found["pixels_copying_z"].estimate.value < -3
    assert "smoother" in found["pixels_copying_z"].note
    assert found["pixels_copied"].estimate.low < 1 < found["pixels_copied"].estimate.high


def test_drawings_that_have_one_picture_as_their_nearest_tell_as_one(random):
    learnt, held_out = np.array([[0.0], [10.0]]), np.array([[20.0], [30.0]])
    once = copied_share(learnt, held_out, np.array([[0.0], [10.0], [20.0], [30.0]]))
    often = copied_share(learnt, held_out, np.repeat([[0.0], [10.0], [20.0], [30.0]], 50, axis=0))
    assert once == often
    assert once.value == 1.0


def test_the_gap_is_what_held_out_pictures_cost_more(random):
    learnt = random.normal(size=(800, 3)) * [5, 0.5, 0.1] + [100, 3, 2]
    held_out = random.normal(size=(700, 3)) * [5, 0.5, 0.1] + [104, 3, 2.5]
    found = {name: measure.estimate for name, measure in named(gap_measures(learnt, held_out)).items()}
    for name, truth in (("elbo", 4.5), ("reconstruction", 4.0), ("kl_mean", 0.0), ("kl_variance", 0.5)):
        gap = found[f"gap_{name}"]
        assert gap.low < truth < gap.high
    # Of a difference of two means, by their standard error.
    error = 5 * math.sqrt(1 / 800 + 1 / 700)
    width = found["gap_reconstruction"].high - found["gap_reconstruction"].low
    assert width == pytest.approx(2 * 1.96 * error, rel=0.15)
    none = named(gap_measures(learnt, learnt[::2]))["gap_reconstruction"].estimate
    assert none.apart_from(found["gap_reconstruction"])


def test_too_few_held_out_pictures_are_said_to_be_too_few(random):
    rows = random.normal(size=(50, 3))
    told = [*gap_measures(rows, rows[:4]), *copying_measures("features", rows, rows[:4], rows)]
    for measure in told:
        assert not measure.estimate.is_known
        assert "there are 4" in measure.note
