"""Finding pictures that look nearly the same."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.near_copies import MOST_BITS, alike_pairs, groups_of, near_copies
from training.pixel_store import PixelStore, shard_path


def differing(one, other):
    return (int(one) ^ int(other)).bit_count()


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2**64 - 1), st.sets(st.integers(0, 63), max_size=5)), max_size=12))
def test_the_pairs_are_those_that_comparing_all_finds(made):
    """Each hash comes with one that differs in the given bits."""
    hashes = [each for first, bits in made for each in (first, first ^ sum(1 << bit for bit in bits))]
    expected = [
        pair
        for pair in combinations(range(len(hashes)), 2)
        if differing(hashes[pair[0]], hashes[pair[1]]) <= MOST_BITS
    ]
    found = alike_pairs(np.array(hashes, np.uint64))
    assert sorted(map(tuple, found.tolist())) == expected


def test_one_pair_among_very_many():
    hashes = np.random.default_rng(0).integers(0, 2**64, 200_000, dtype=np.uint64)
    hashes[150_000] = hashes[3] ^ np.uint64(0b10000001)
    assert alike_pairs(hashes).tolist() == [[3, 150_000]]


def test_what_hangs_together_is_one_group():
    pairs = np.array([(7, 3), (1, 2), (3, 9), (2, 1), (20, 21)])
    assert groups_of(pairs) == [[1, 2], [3, 7, 9], [20, 21]]
    assert groups_of(np.empty((0, 2), np.int64)) == []


@pytest.fixture
def store(tmp_path):
    """0 and 2 are alike but for noise, 4 has the same hash and is another picture."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (6, 16, 16, 1), dtype=np.uint8)
    pixels[2] = np.clip(pixels[0].astype(int) + random.integers(-5, 6, pixels[0].shape), 0, 255)
    np.save(shard_path(tmp_path, 0), pixels)
    numbers = np.arange(6)
    return PixelStore(
        tmp_path,
        (16, 16, 1),
        ids=numbers,
        shards=np.zeros(6, int),
        rows=numbers,
        held_out=np.zeros(6, bool),
    )


def test_hashes_alone_do_not_make_a_copy(store):
    compared = np.array([0, 2, 4, 5])
    hashes = np.array([5, 5 ^ 2, 5, 2**63], np.uint64)
    assert near_copies(store, compared, hashes) == [[0, 2]]
    assert near_copies(store, compared, hashes, should_stop=lambda: True) == []
