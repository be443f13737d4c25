"""What is told of decodings: of a decoder that has memorised its pictures, and of others."""

import numpy as np
import pytest
from test_neighbours import store_of

from training.neighbour_features import measure
from training.neighbours import Neighbours
from training.novelty import FEWEST_GAPS, Novelty, Verdict, judge

PICTURES = 400


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Smooth parts, pictures that are these with details of their own, others of the kind, and neighbours."""
    random = np.random.default_rng(0)
    coarse = shades(random, 2 * PICTURES)
    pixels = with_details(random, coarse)
    store = store_of(tmp_path_factory.mktemp("store"), pixels[:PICTURES])
    return coarse[:PICTURES], pixels[:PICTURES], pixels[PICTURES:], Neighbours(store, measure(store))


def shades(random, n):
    """Smooth pictures, densely drawn from a plane of them."""
    across, up = np.meshgrid(np.linspace(-1, 1, 32), np.linspace(-1, 1, 32))
    z1, z2 = random.uniform(-1, 1, (2, n, 1, 1))
    return (128 + 40 * (z1 * across + z2 * up))[..., None]


def with_details(random, coarse):
    return np.clip(coarse + random.normal(0, 25, coarse.shape), 0, 255).astype(np.uint8)


def verdicts(neighbours, decodings):
    told = []
    for picture in decodings:
        (nearest,) = neighbours.nearest(picture)
        told.append(judge(nearest.distance, neighbours.gap(nearest.number), neighbours.features.gaps))
    return [each.verdict for each in told]


def share(told, verdict):
    return told.count(verdict) / len(told)


def test_a_decoder_that_has_memorised_draws_copies(world):
    _, pixels, _, neighbours = world
    random = np.random.default_rng(1)
    decoded = np.clip(pixels[:50] + random.normal(0, 6, pixels[:50].shape), 0, 255).astype(np.uint8)
    assert share(verdicts(neighbours, decoded), Verdict.COPY) == 1.0
    blurred = ((coarse_of(world) + 2.0 * pixels) / 3)[:50].astype(np.uint8)  # with two thirds of the details
    assert share(verdicts(neighbours, blurred), Verdict.COPY) > 0.95


def test_smoothness_alone_is_no_copying(world):
    """Without the details a decoding is nearer to its picture than any other is, and yet no copy."""
    _, _, _, neighbours = world
    coarse = coarse_of(world)[:50].astype(np.uint8)
    nearest = [neighbours.nearest(picture)[0] for picture in coarse]
    gaps = neighbours.features.gaps
    assert np.mean([each.distance < np.quantile(gaps, 0.05) for each in nearest]) > 0.9
    assert set(verdicts(neighbours, coarse)) == {Verdict.BETWEEN}


def coarse_of(world):
    return world[0].astype(float)


def test_other_pictures_of_the_kind_are_new_or_between_but_no_copies(world):
    _, _, others, neighbours = world
    told = verdicts(neighbours, others)
    assert Verdict.COPY not in told
    assert 0.3 < share(told, Verdict.NEW) < 0.7  # half, as the median says


def test_pictures_unlike_all_are_new(world):
    _, pixels, _, neighbours = world
    stripes = np.zeros_like(pixels[0])
    stripes[::4] = 255
    decoded = [pixels[0] // 4, stripes, np.zeros_like(pixels[0]), np.full_like(pixels[0], 255)]
    told = verdicts(neighbours, decoded)
    assert told == 4 * [Verdict.NEW]


def test_a_blurred_picture_unlike_all_others_is_no_copy_of_it():
    gaps = np.linspace(0.05, 0.15, 100)
    assert judge(0.14, 0.4, gaps).verdict is Verdict.NEW
    assert judge(0.09, 0.4, gaps).verdict is Verdict.COPY


def test_what_is_said_is_true_of_the_gaps():
    gaps = np.linspace(0.1, 0.2, 200)
    assert "than 79 % of them" in judge(0.1797, 0.15, gaps).sentence(held_out=False)
    assert "than 99 % of them" in judge(0.9, 0.15, gaps).sentence(held_out=False)
    copy = judge(0.01, 0.15, gaps)
    assert "copy" in copy.sentence(held_out=False)
    assert "never learnt" in copy.sentence(held_out=True)
    assert judge(0.14, 0.15, gaps) == Novelty(Verdict.BETWEEN, 0.4)


def test_too_few_pictures_tell_nothing():
    assert judge(0.1, None, np.linspace(0.1, 0.2, 100)) is None
    assert judge(0.1, 0.1, np.linspace(0.1, 0.2, FEWEST_GAPS - 1)) is None
