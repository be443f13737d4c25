from itertools import islice

import numpy as np
import pytest

from training import data
from training.data import batches_in_order, training_batches
from training.errors import VaeError
from training.pixel_store import PixelStore, shard_path


@pytest.fixture
def store(tmp_path):
    """23 pictures in shards of 10; the first pixel of each is its number, the others are noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (23, 32, 32, 3), np.uint8)
    pixels[:, 0, 0, :] = np.arange(23)[:, None]
    for shard in range(3):
        np.save(shard_path(tmp_path, shard), pixels[10 * shard : 10 * shard + 10])
    numbers = np.arange(23)
    held_out = np.zeros(23, bool)
    return PixelStore(
        tmp_path, (32, 32, 3), ids=numbers, shards=numbers // 10, rows=numbers % 10, held_out=held_out
    )


def read(store, count, **options):
    """The first batches of a training."""
    options = {"batch_size": 4, "seed": 5} | options
    with training_batches(store, np.arange(len(store)), **options).opened() as batches:
        return [batch.numpy() for batch in islice(batches, count)]


def epoch(store, number=0, **options):
    return read(store, 5 - options.get("skip", 0), epoch=number, **options)


def shown(batches):
    return [int(number) for batch in batches for number in batch[:, 0, 0, 0]]


def test_an_epoch_has_every_picture_once_but_the_few_that_fill_no_batch(store):
    whole = epoch(store)
    assert [len(batch) for batch in whole] == [4] * 5
    assert len(set(shown(whole))) == 20
    assert set().union(*(shown(epoch(store, number)) for number in range(5))) == set(range(23))


def test_the_order_differs_by_epoch_and_seed_and_is_otherwise_the_same(store):
    assert shown(epoch(store, 1)) == shown(epoch(store, 1))
    assert shown(epoch(store, 1)) != shown(epoch(store, 2))
    assert shown(epoch(store, 1)) != shown(epoch(store, 1, seed=6))


def test_figures_are_read_in_order_and_to_the_last_picture(store):
    batches = batches_in_order(store, np.arange(23), batch_size=4)
    for _ in range(2):  # which are the same each time
        with batches.opened() as data:
            assert shown(batch.numpy() for batch in data) == list(range(23))


def test_pixels_are_the_bytes_of_the_shards(store):
    with batches_in_order(store, np.array([3, 20]), batch_size=8).opened() as batches:
        (batch,) = batches
    assert batch.dtype == np.uint8
    np.testing.assert_array_equal(batch.numpy(), store.read([3, 20]))


def test_epochs_follow_each_other_without_end(store):
    three = read(store, 15, mirror=True, epoch=2)
    one_by_one = [batch for number in (2, 3, 4) for batch in epoch(store, number, mirror=True)]
    assert all(np.array_equal(a, b) for a, b in zip(three, one_by_one, strict=True))
    rest = read(store, 12, mirror=True, epoch=2, skip=3)
    assert all(np.array_equal(a, b) for a, b in zip(three[3:], rest, strict=True))


def test_an_epoch_that_was_interrupted_at_its_end_goes_on_with_the_next(store):
    assert shown(read(store, 5, epoch=2, skip=5)) == shown(epoch(store, 3))


@pytest.mark.parametrize("mirror", [False, True])
def test_an_interrupted_epoch_goes_on_with_the_same_batches(store, mirror):
    whole = epoch(store, mirror=mirror)
    rest = epoch(store, mirror=mirror, skip=2)
    assert len(rest) == 3
    assert all(np.array_equal(a, b) for a, b in zip(whole[2:], rest, strict=True))


def test_a_mirrored_picture_is_flipped_exactly_or_not_at_all(store):
    """With a fair coin: of 400 flips, 200 ± 60 (six standard deviations)."""
    seen, flipped = 0, 0
    for number in range(20):
        plain = np.concatenate(epoch(store, number))
        for picture, read in zip(plain, np.concatenate(epoch(store, number, mirror=True)), strict=True):
            is_flipped = np.array_equal(read, picture[:, ::-1])
            assert is_flipped or np.array_equal(read, picture)
            seen, flipped = seen + 1, flipped + is_flipped
    assert seen == 400
    assert abs(flipped - 200) < 60


def test_a_shard_that_went_missing_is_told_in_plain_words(store, tmp_path):
    shard_path(tmp_path, 1).unlink()
    with pytest.raises(VaeError, match=r"00001\.npy is missing or damaged"):
        epoch(store)


def test_batches_are_brought_to_the_device_as_they_are(store, monkeypatch):
    """To the processor, in the place of a GPU, by the same transformation."""
    plain = read(store, 12, mirror=True)
    monkeypatch.setattr(data, "first_gpu", lambda: "/device:CPU:0")
    brought = read(store, 12, mirror=True)
    assert all(np.array_equal(a, b) for a, b in zip(plain, brought, strict=True))
