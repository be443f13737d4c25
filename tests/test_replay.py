"""A training to slide through: what is seen at a time, and which weights are near it."""

import math

import numpy as np
import pytest

from training.posteriors import Posteriors
from training.replay import Replay
from training.timeline import Frame, Timeline, scale_of, step_of

IDS = np.array([10, 11, 12, 13, 14])


def frame(step, ids=IDS, latent_dim=2):
    rng = np.random.default_rng(step)
    means = rng.normal(0, 2, (len(ids), latent_dim)).astype(np.float32)
    sigmas = rng.uniform(0.01, 1, (len(ids), latent_dim)).astype(np.float32)
    return Frame(step, 0.5 * step, np.array(ids), Posteriors(means, sigmas))


def replay(*frames, weight_steps=(), ids=IDS, latent_dim=2):
    return Replay(frames, weight_steps, ids, latent_dim)


def test_the_scale_is_linear_at_first_then_logarithmic_and_can_be_turned_back():
    assert scale_of(1) == pytest.approx(0.01, rel=0.01)
    assert scale_of(10**6) - scale_of(10**5) == pytest.approx(math.log(10), rel=0.001)
    for step in (0, 1, 77, 12345):
        assert step_of(scale_of(step)) == pytest.approx(step, abs=1e-9)


def test_at_a_kept_step_the_pictures_lie_as_they_were_kept():
    frames = [frame(step) for step in (1, 40, 900)]
    sliding = replay(*frames)
    for kept in frames:
        moment = sliding.moment(scale_of(kept.step))
        assert (moment.step, moment.seconds) == (kept.step, kept.seconds)
        np.testing.assert_array_equal(moment.numbers, range(5))
        np.testing.assert_allclose(moment.posteriors.means, kept.posteriors.means, atol=1e-6)
        np.testing.assert_allclose(moment.posteriors.sigmas, kept.posteriors.sigmas, atol=1e-6)
        assert moment.posteriors.means.dtype == moment.posteriors.sigmas.dtype == np.float32


def test_between_two_kept_steps_they_lie_on_the_straight_line_between():
    first, second = frame(100), frame(1000)
    sliding = replay(first, second)
    moment = sliding.moment(sliding.at_share(0.25))
    found, one, other = moment.posteriors, first.posteriors, second.posteriors
    np.testing.assert_allclose(found.means, 0.75 * one.means + 0.25 * other.means, rtol=1e-5)
    np.testing.assert_allclose(found.sigmas, 0.75 * one.sigmas + 0.25 * other.sigmas, rtol=1e-5)
    step = 100 * (math.exp(0.75 * math.log(2) + 0.25 * math.log(11)) - 1)
    assert moment.step == round(step)
    assert moment.seconds == pytest.approx(0.5 * step)


def test_before_the_first_and_after_the_last_step_nothing_moves():
    sliding = replay(frame(5), frame(50))
    assert sliding.moment(sliding.start - 1).step == 5
    assert sliding.moment(sliding.end + 1).step == 50


def test_pictures_are_found_by_what_the_index_calls_them_now():
    """11 is gone, 99 is new, and the order is another one."""
    ids = np.array([14, 10, 99, 13, 12])
    kept = frame(5)
    moment = replay(kept, frame(9), ids=ids).moment(scale_of(5))
    np.testing.assert_array_equal(moment.numbers, [0, 1, 3, 4])
    np.testing.assert_array_equal(moment.posteriors.means, kept.posteriors.means[[4, 0, 3, 2]])


def test_between_frames_of_other_pictures_those_of_both_are_shown():
    first, second = frame(1, ids=[10, 11, 12]), frame(9, ids=[11, 12, 13])
    sliding = replay(first, second)
    moment = sliding.moment(sliding.at_share(0.5))
    np.testing.assert_array_equal(moment.numbers, [1, 2])
    one, other = first.posteriors, second.posteriors
    np.testing.assert_allclose(moment.posteriors.means, (one.means[1:] + other.means[:2]) / 2, rtol=1e-5)
    apart = replay(frame(1, ids=[10]), frame(9, ids=[14]))
    assert [apart.moment(apart.at_share(share)).numbers[0] for share in (0.4, 0.6)] == [0, 4]


def test_what_cannot_be_shown_is_left_out():
    odd = frame(7)
    odd.posteriors.means[2, 1] = np.nan
    sliding = replay(frame(1), odd, frame(8, latent_dim=3), frame(9, ids=[77]), frame(10))
    assert sliding.steps == [1, 7, 10]
    np.testing.assert_array_equal(sliding.moment(scale_of(7)).numbers, [0, 1, 3, 4])
    assert not replay(frame(1, ids=[])).can_play
    assert not replay(frame(1)).can_play
    assert not replay(frame(1), frame(2), ids=np.zeros(0, np.int64)).can_play


def test_weights_that_are_near_in_time_come_first():
    sliding = replay(frame(1), frame(2000), weight_steps=(1, 100, 1000, 3000))
    assert sliding.weights_near(scale_of(90)) == [100, 1, 1000, 3000]
    assert sliding.weight_shares[0] == 0
    assert len(sliding.weight_shares) == 3  # there is no place for the last
    assert sliding.frame_shares == [0, 1]


def test_it_is_read_from_a_run_whatever_became_of_its_files(tmp_path):
    timeline = Timeline(tmp_path)
    for step in (1, 50, 400):
        timeline.add(frame(step), {"w": np.full(3, step, np.float32)})
    files = sorted((tmp_path / "timeline").glob("*"))
    files[1].write_bytes(b"torn")
    files[-1].write_bytes(b"torn")
    read = Replay.read(tmp_path, IDS, 2)
    assert (read.steps, read.weight_steps) == ([1, 400], (1, 50, 400))
    readable = list(timeline.readable_weights(read.weights_near(read.end)))
    assert [values["w"][0] for values in readable] == [50, 1]
    assert Replay.read(tmp_path / "none", IDS, 2).steps == []
