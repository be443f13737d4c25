import numpy as np
import pytest

from training.data import batches
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


def epoch(store, number=0, **options):
    options = {"batch_size": 4, "shuffle_seed": (5, number)} | options
    return [batch.numpy() for batch in batches(store, np.arange(len(store)), **options)]


def shown(read):
    return [int(number) for batch in read for number in np.rint(batch[:, 0, 0, 0] * 255)]


def test_an_epoch_has_every_picture_once_but_the_few_that_fill_no_batch(store):
    read = epoch(store)
    assert [len(batch) for batch in read] == [4] * 5
    assert len(set(shown(read))) == 20
    assert set().union(*(shown(epoch(store, number)) for number in range(5))) == set(range(23))


def test_the_order_differs_by_epoch_and_seed_and_is_otherwise_the_same(store):
    assert shown(epoch(store, 1)) == shown(epoch(store, 1))
    assert shown(epoch(store, 1)) != shown(epoch(store, 2))
    assert shown(epoch(store, 1)) != shown(epoch(store, shuffle_seed=(6, 1)))


def test_figures_are_read_in_order_and_to_the_last_picture(store):
    assert shown(epoch(store, shuffle_seed=None)) == list(range(23))


def test_pixels_are_the_bytes_over_255(store):
    (batch,) = batches(store, np.array([3, 20]), batch_size=8)
    assert batch.dtype == np.float32
    np.testing.assert_array_equal(batch.numpy(), store.read([3, 20]).astype(np.float32) / np.float32(255))


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


def test_held_out_pictures_are_never_mirrored(store):
    plain = epoch(store, shuffle_seed=None)
    assert all(
        np.array_equal(a, b) for a, b in zip(plain, epoch(store, shuffle_seed=None, mirror=True), strict=True)
    )


def test_a_shard_that_went_missing_is_told_in_plain_words(store, tmp_path):
    shard_path(tmp_path, 1).unlink()
    with pytest.raises(VaeError, match=r"00001\.npy is missing or damaged"):
        epoch(store)
