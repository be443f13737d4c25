import numpy as np
import pytest

from training.errors import VaeError
from training.pixel_store import PixelStore, shard_path


@pytest.fixture
def pixels():
    return np.random.default_rng(1).integers(0, 256, (12, 32, 32, 1), np.uint8)


@pytest.fixture
def store(tmp_path, pixels):
    """Twelve pictures, every other one in the second shard, in turn from its end."""
    np.save(shard_path(tmp_path, 0), pixels[0::2])
    np.save(shard_path(tmp_path, 7), pixels[1::2][::-1])
    numbers = np.arange(12)
    return PixelStore(
        tmp_path,
        (32, 32, 1),
        ids=numbers + 100,
        shards=np.where(numbers % 2, 7, 0),
        rows=np.where(numbers % 2, 5 - numbers // 2, numbers // 2),
        held_out=numbers == 3,
    )


def test_pictures_are_read_by_number_in_any_order_and_more_than_once(store, pixels):
    wanted = [11, 0, 0, 5, 4, 10, 11]
    np.testing.assert_array_equal(store.read(wanted), pixels[wanted])
    np.testing.assert_array_equal(store.read(np.arange(12)), pixels)
    assert len(store) == 12


def test_nothing_is_read_for_nothing(store):
    assert store.read([]).shape == (0, 32, 32, 1)


@pytest.mark.parametrize(
    "damage", ["gone", "empty", "cut short", "another size", "floats", "objects", "text"]
)
def test_a_damaged_shard_is_told_in_plain_words(store, tmp_path, damage, pixels):
    path = shard_path(tmp_path, 7)
    content = path.read_bytes()
    path.unlink()
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut short":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "another size":
        np.save(path, pixels[:, :16])
    elif damage == "floats":
        np.save(path, pixels.astype(np.float32))
    elif damage == "objects":
        np.save(path, np.array([{}], object), allow_pickle=True)
    elif damage == "text":
        path.write_text("not an array")
    with pytest.raises(VaeError, match=r"00007\.npy is missing or damaged") as caught:
        store.read([1])
    assert "Import" in caught.value.advice
    np.testing.assert_array_equal(store.read([0]), pixels[[0]])  # the other shard still serves


def test_a_shard_with_fewer_pictures_than_the_index_says_is_damaged(store, tmp_path, pixels):
    np.save(shard_path(tmp_path, 7), pixels[:2])
    with pytest.raises(VaeError, match="missing or damaged"):
        store.read([1])
