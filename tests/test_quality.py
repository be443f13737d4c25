"""The benchmark of training quality: its split, its estimator and its clock."""

import gzip
import struct

import numpy as np
import pytest

from benchmarks.quality import Training
from benchmarks.quality_judge import CALIBRATING, Judge, Stopwatch, cross_entropy, kl_divergence
from benchmarks.quality_ours import Ours
from benchmarks.quality_pictures import Pictures, prepare
from training.backend import tf
from training.config import ModelConfig
from training.model import VAE
from training.project import Project


@pytest.fixture
def random():
    return np.random.default_rng(5)


class Fixed:
    """A network that thinks the same of every picture and draws along fixed directions."""

    def __init__(self, start, directions, mean, log_variance):
        self.start, self.directions = start, directions
        self.mean, self.log_variance = np.asarray(mean), np.asarray(log_variance)

    def posterior(self, pixels):
        return (np.broadcast_to(part, (len(pixels), 2)) for part in (self.mean, self.log_variance))

    def decode(self, points):
        return self.start + np.einsum("nd,dyxc->nyxc", points, self.directions)


def same_pictures(random, shape, margin=0):
    """The same picture so often that one sample each is a good estimate."""
    picture = random.integers(0, 256, shape, np.uint8)
    pixels = np.repeat(picture[None], 20_000, axis=0)
    return Pictures(pixels, pixels, margin), picture / 255.0


def test_the_gaussian_figure_is_its_closed_form(random):
    pictures, picture = same_pictures(random, (4, 4, 3))
    start, directions = random.normal(0.5, 0.1, picture.shape), random.normal(0, 0.05, (2, *picture.shape))
    mean, log_variance = np.array([0.7, -1.1]), np.array([-1.0, 0.4])
    found = Judge(pictures).figures(Fixed(start, directions, mean, log_variance))

    miss = picture - start - np.tensordot(mean, directions, 1)
    spread = (np.exp(log_variance) * np.square(directions).sum((1, 2, 3))).sum()
    squares = np.square(miss).sum() + spread
    kl = 0.5 * (mean**2 + np.exp(log_variance) - log_variance - 1).sum()
    nats = 0.5 * picture.size * (1 + np.log(2 * np.pi * squares / picture.size))  # at its best variance
    assert found.kl == pytest.approx(kl, rel=1e-6)
    assert found.error == pytest.approx(np.square(miss).mean(), rel=1e-6)
    assert found.reconstruction == pytest.approx(nats, abs=0.3)
    assert found.elbo == pytest.approx(found.reconstruction + found.kl)


def test_the_bernoulli_figure_is_its_closed_form(random):
    pictures, picture = same_pictures(random, (4, 4, 1))
    start = random.uniform(0.1, 0.9, picture.shape)
    found = Judge(pictures).figures(Fixed(start, np.zeros((2, *picture.shape)), [0.0, 2.0], [0.0, 0.0]))
    p = start.astype(np.float64)
    assert found.reconstruction == pytest.approx(
        -(picture * np.log(p) + (1 - picture) * np.log(1 - p)).sum(), rel=1e-6
    )
    assert found.kl == pytest.approx(2.0)


def test_our_network_is_judged_by_the_posteriors_that_it_has(random):
    network = Ours(ModelConfig(32, 1))
    pixels = random.integers(0, 256, (30, 32, 32, 1), np.uint8)
    found = Judge(Pictures(pixels, pixels, 0)).figures(network)
    own = VAE(ModelConfig(32, 1)).posterior(tf.constant(pixels / 255.0, tf.float32)).kl_terms()
    assert found.kl == pytest.approx(float(tf.reduce_mean(own[0] + own[1])), rel=1e-4)
    assert found.kl > 0.0
    assert np.isfinite(found.elbo)


def test_certainty_costs_no_more_than_float32_can_tell():
    surely = cross_entropy(np.array([[[[0.0], [1.0]]]]), np.array([[[[0.0], [1.0]]]]))
    wrongly = cross_entropy(np.array([[[[0.0], [1.0]]]]), np.array([[[[1.0], [0.0]]]]))
    assert surely == pytest.approx([0.0], abs=1e-6)
    assert np.isfinite(wrongly).all()
    assert wrongly > 30


def test_the_kl_is_zero_at_the_prior_alone(random):
    assert kl_divergence(np.zeros((1, 2)), np.zeros((1, 2))) == [0.0]
    assert (kl_divergence(random.normal(size=(9, 2)), random.normal(size=(9, 2))) > 0).all()


def test_the_margin_counts_only_when_it_is_asked_for(random):
    pictures, picture = same_pictures(random, (8, 8, 1), margin=2)
    start = random.uniform(0.1, 0.9, picture.shape)
    network = Fixed(start, np.zeros((2, *picture.shape)), [0.0, 0.0], [0.0, 0.0])
    inside = Judge(pictures).figures(network)
    cropped = Fixed(start[2:6, 2:6], np.zeros((2, 4, 4, 1)), [0.0, 0.0], [0.0, 0.0])
    assert Judge(pictures.without_margin()).figures(cropped) == inside
    assert Judge(pictures, whole=True).figures(network).elbo > inside.elbo


def test_the_variance_is_that_of_known_pictures_and_not_of_held_out_ones(random):
    held_out, shape = random.integers(0, 256, (50, 4, 4, 3), np.uint8), (4, 4, 3)
    flat = Fixed(np.full(shape, 0.5), np.zeros((2, *shape)), [0.0, 0.0], [0.0, 0.0])
    near = np.full((CALIBRATING, *shape), 140, np.uint8)  # the network is nearly right of these
    easy = Judge(Pictures(near, held_out, 0)).figures(flat)
    fair = Judge(Pictures(held_out, held_out, 0)).figures(flat)
    assert easy.error == fair.error
    assert easy.elbo > 10 * abs(fair.elbo)


def test_fashion_keeps_the_split_of_its_authors(tmp_path, monkeypatch, random):
    """Pixel for pixel, with a copy of a held-out picture among those that are learnt from."""
    known, held_out = (random.integers(0, 256, (n, 28, 28), np.uint8) for n in (40, 15))
    known[7] = held_out[3]
    (tmp_path / "data" / "fashion").mkdir(parents=True)
    for name, pixels in (("train", known), ("t10k", held_out)):
        data = struct.pack(">4i", 2051, len(pixels), 28, 28) + pixels.tobytes()
        (tmp_path / "data" / "fashion" / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(data))
    monkeypatch.setenv("VAE_DATA", str(tmp_path / "data"))
    prepare("fashion", tmp_path / "scratch")

    pictures = Pictures.load(tmp_path / "scratch")
    assert pictures.train.shape == (40, 32, 32, 1)
    inside = pictures.without_margin()
    assert {p.tobytes() for p in inside.train} == {p.tobytes() for p in known}
    assert {p.tobytes() for p in inside.held_out} == {p.tobytes() for p in held_out}
    with Project.open(tmp_path / "scratch" / "project", write=False) as project:
        store = project.pictures()
    np.testing.assert_array_equal(store.read(np.flatnonzero(store.held_out)), pictures.held_out)


def test_judging_is_off_the_clock():
    time, judged = [0.0], []

    def judge(spent):
        judged.append(spent)
        time[0] += 100.0

    stopwatch = Stopwatch(10.0, 4.0, judge, now=lambda: time[0])
    trained = 0.0
    while not stopwatch.is_over:
        time[0] += 1.5
        trained += 1.5
        stopwatch.judge_if_due()
    assert judged == [4.5, 9.0, 10.5]
    assert trained == 10.5
    assert not stopwatch.judge_if_due()


def test_when_a_figure_is_reached():
    points = [{"seconds": 10.0 * n, "elbo": elbo} for n, elbo in enumerate((300.0, 280.0, 285.0, 260.0), 1)]
    training = Training(0, points, {})
    assert training.seconds_to(290.0) == pytest.approx(15.0)
    assert training.seconds_to(280.0) == pytest.approx(20.0)
    assert training.seconds_to(272.5) == pytest.approx(35.0)
    assert training.seconds_to(310.0) == 10.0
    assert training.seconds_to(259.9) is None


def test_dead_zones_are_where_what_is_drawn_is_like_no_picture():
    """A plane whose left half draws the one picture there is, and whose right half draws its negative."""
    picture = np.zeros((4, 4, 1), np.uint8)
    picture[:2] = 255
    pixels = np.repeat(picture[None], 30, axis=0)

    class HalfDead(Fixed):
        def decode(self, points):
            is_right = (points[:, 0] > 0)[:, None, None, None]
            return np.abs(is_right - picture[None] / 255.0 + 0.01)

    network = HalfDead(None, None, [-1.0, 0.0], [-9.0, -9.0])
    alive = HalfDead(None, None, [1.0, 0.0], [-9.0, -9.0])  # which is as bad at its own pictures
    assert Judge(Pictures(pixels, pixels, 0)).dead_share(network) == pytest.approx(0.5, abs=0.05)
    assert Judge(Pictures(pixels, pixels, 0)).dead_share(alive) == 0.0
