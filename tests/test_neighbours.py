"""The nearest pictures: those that a comparison with all finds, whatever is looked for; and what is kept."""

import io
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.events import Control
from training.neighbour_features import BASIS_FILE, TABLE_FILE, kept_or_measured, measure
from training.neighbours import Features, Neighbours, squared_distances
from training.pixel_store import PixelStore, shard_path
from training.samples import find_sample, sample_pictures

PER_SHARD = 64


def store_of(folder, pixels):
    for shard, start in enumerate(range(0, len(pixels), PER_SHARD)):
        np.save(shard_path(folder, shard), pixels[start : start + PER_SHARD])
    numbers = np.arange(len(pixels))
    return PixelStore(
        folder,
        pixels.shape[1:],
        ids=numbers,
        shards=numbers // PER_SHARD,
        rows=numbers % PER_SHARD,
        held_out=np.zeros(len(pixels), bool),
    )


def brute_force(pixels, picture, count, *, different=False):
    differences = pixels.astype(np.int64) - picture.astype(np.int64)
    squares = (differences**2).sum(axis=(1, 2, 3))
    order = [n for n in np.lexsort((np.arange(len(pixels)), squares)) if squares[n] > 0 or not different]
    rms = np.sqrt(squares / picture.size) / 255
    return [(int(n), pytest.approx(rms[n], rel=1e-12, abs=1e-15)) for n in order[:count]]


def found(neighbours, picture, count, **options):
    return [(each.number, each.distance) for each in neighbours.nearest(picture, count, **options)]


def smooth(random, n, size, channels, knots=4):
    """Pictures as decodings are: few numbers tell them."""
    at = np.linspace(0, knots - 1, size)
    blend = np.maximum(1 - abs(at[:, None] - np.arange(knots)), 0)
    values = random.random((n, knots, knots, channels))
    return (255 * np.einsum("yi,nijc,xj->nyxc", blend, values, blend)).astype(np.uint8)


def noise(random, n, size, channels):
    return random.integers(0, 256, (n, size, size, channels)).astype(np.uint8)


KINDS = {"smooth": smooth, "noise": noise}


@pytest.mark.parametrize("of", KINDS)
@pytest.mark.parametrize(("size", "channels"), [(32, 1), (48, 3)])
def test_what_is_found_is_what_a_comparison_with_all_finds(tmp_path, of, size, channels):
    random = np.random.default_rng(0)
    pixels = KINDS[of](random, 300, size, channels)
    pixels[100:110] = pixels[7]  # the same several times
    neighbours = Neighbours(store_of(tmp_path, pixels), measure(store_of(tmp_path, pixels)))
    queries = [
        *smooth(random, 5, size, channels),
        *noise(random, 3, size, channels),
        np.zeros_like(pixels[0]),
        np.full_like(pixels[0], 255),
        pixels[7],
        pixels[299],
        np.clip(pixels[5].astype(int) + random.integers(-3, 4, pixels[5].shape), 0, 255).astype(np.uint8),
        (pixels[3] // 2 + pixels[4] // 2),
    ]
    for picture in queries:
        for count in (1, 3, 20):
            assert found(neighbours, picture, count) == brute_force(pixels, picture, count)
        assert found(neighbours, picture, 3, different=True) == brute_force(
            pixels, picture, 3, different=True
        )


@pytest.mark.parametrize(("name", "size"), [("fashion", 32), ("emoji", 64)])
def test_with_the_pictures_of_the_samples(tmp_path, name, size):
    pixels = bundled(name, size)
    picture_of = np.random.default_rng(1).integers(0, len(pixels), (10, 2))
    store = store_of(tmp_path, pixels)
    neighbours = Neighbours(store, measure(store))
    for first, second in picture_of:
        mixed = ((pixels[first].astype(int) + pixels[second]) // 2).astype(np.uint8)
        assert found(neighbours, mixed, 3) == brute_force(pixels, mixed, 3)
        assert found(neighbours, pixels[first], 3, different=True) == brute_force(
            pixels, pixels[first], 3, different=True
        )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**32 - 1),
    n=st.integers(1, 90),
    levels=st.sampled_from([2, 3, 256]),
    lit=st.integers(1, 1024),
    count=st.integers(1, 5),
)
def test_however_few_or_alike_the_pictures_are(tmp_path_factory, *, seed, n, levels, lit, count):
    random = np.random.default_rng(seed)
    pixels = np.zeros((n, 1024), np.uint8)
    pixels[:, :lit] = random.integers(0, levels, (n, lit)) * (255 // (levels - 1))
    pixels = pixels.reshape(n, 32, 32, 1)
    store = store_of(tmp_path_factory.mktemp("store"), pixels)
    neighbours = Neighbours(store, measure(store))
    for picture in (pixels[random.integers(n)], noise(random, 1, 32, 1)[0]):
        assert found(neighbours, picture, count) == brute_force(pixels, picture, count)
        assert found(neighbours, picture, count, different=True) == brute_force(
            pixels, picture, count, different=True
        )


def test_features_that_tell_nothing_or_almost_all_only_change_how_long_it_takes(tmp_path):
    random = np.random.default_rng(2)
    pixels = noise(random, 200, 32, 1)
    store = store_of(tmp_path, pixels)
    directions = np.eye(1024)[:1]
    blind = Features(np.full(1024, 127.5), directions, np.zeros((0, 3), np.float32), np.zeros(0))
    blind = Features(blind.middle, directions, blind.of(pixels), np.zeros(0))
    neighbours = Neighbours(store, blind)
    picture = noise(random, 1, 32, 1)[0]
    assert found(neighbours, picture, 3) == brute_force(pixels, picture, 3)


def test_a_bound_never_exceeds_the_distance(tmp_path):
    """By which few are compared: of smooth pictures hardly any but those that are told."""
    random = np.random.default_rng(3)
    pixels = smooth(random, 2_000, 32, 1)
    store = store_of(tmp_path, pixels)
    features = measure(store)
    compared = []
    read = store.read
    store.read = lambda numbers: compared.append(len(numbers)) or read(numbers)
    for picture in smooth(random, 10, 32, 1):
        compared.clear()
        Neighbours(store, features).nearest(picture, 3)
        assert sum(compared) < 200
        of_picture = features.of(picture[None])[0, :-1].astype(np.float64)
        bounds = np.square(features.table[:, :-1].astype(np.float64) - of_picture).sum(axis=1)
        assert (bounds <= squared_distances(pixels, picture) * (1 + 1e-5) + 1).all()


def test_squared_distances_are_exact_where_single_precision_is_not():
    black, white = np.zeros((1, 128, 128, 3), np.uint8), np.full((128, 128, 3), 255, np.uint8)
    odd = white.copy()
    odd[0, 0, 0] = 254
    assert squared_distances(black, white).tolist() == [128 * 128 * 3 * 255**2]
    assert squared_distances(black, odd).tolist() == [128 * 128 * 3 * 255**2 - 255**2 + 254**2]
    assert squared_distances(black[:0], white).shape == (0,)


def test_a_search_stops_when_told(tmp_path):
    pixels = noise(np.random.default_rng(0), 3_000, 32, 1)
    store = store_of(tmp_path, pixels)
    neighbours = Neighbours(store, measure(store))
    asked = []
    assert neighbours.nearest(pixels[0], 3, should_stop=lambda: asked.append(1) or len(asked) > 1) is None
    assert len(asked) == 2


def test_gaps_are_distances_to_the_nearest_other_picture(tmp_path):
    random = np.random.default_rng(4)
    pixels = smooth(random, 60, 32, 1)
    pixels[1] = pixels[0]
    store = store_of(tmp_path, pixels)
    expected = sorted(brute_force(pixels, picture, 1, different=True)[0][1].expected for picture in pixels)
    np.testing.assert_allclose(measure(store).gaps, expected, rtol=1e-12)
    same = store_of(tmp_path, np.repeat(pixels[:1], 5, axis=0))
    assert len(measure(same).gaps) == 0


def test_measuring_tells_how_far_it_is_rests_and_stops(tmp_path):
    pixels = smooth(np.random.default_rng(0), 3_000, 32, 1)
    store, told, rested = store_of(tmp_path, pixels), [], []
    assert measure(store, None, told.append, rested.append) is not None
    assert told == sorted(told)
    assert told[-1] == pytest.approx(1.0)
    assert len(rested) == len(told)
    assert min(rested) > 0
    control = Control()

    def stop_soon(share):
        told.append(share)
        control.stop()

    told.clear()
    assert measure(store, control, stop_soon) is None
    assert len(told) == 1


# ---------------------------------------------------------------------- kept with the project


@pytest.fixture
def kept(tmp_path):
    """A folder with pictures and what was worked out of them."""
    pixels = smooth(np.random.default_rng(5), 80, 32, 1)
    store = store_of(tmp_path, pixels)
    return tmp_path, store, kept_or_measured(tmp_path, store)


def is_measured_again(folder, store):
    told = []
    features = kept_or_measured(folder, store, on_progress=told.append)
    assert features is not None
    return bool(told)


def test_what_was_worked_out_is_kept_and_mapped(kept):
    folder, store, features = kept
    assert isinstance(features.table, np.memmap)
    again = kept_or_measured(folder, store, on_progress=lambda _share: pytest.fail("worked out again"))
    assert np.array_equal(again.table, features.table)
    assert np.array_equal(again.directions, features.directions)
    assert not list(folder.glob("*.part"))


@pytest.mark.parametrize("file", [TABLE_FILE, BASIS_FILE])
@pytest.mark.parametrize("damage", ["gone", "empty", "cut", "flipped", "pickle", "foreign"])
def test_what_is_damaged_is_worked_out_again(kept, file, damage):
    folder, store, _ = kept
    path = folder / file
    content = bytearray(path.read_bytes())
    path.unlink()  # what is mapped stays whole
    if damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    elif damage == "pickle":
        trap = np.array([Trap()], object)
        np.save(path, trap) if file == TABLE_FILE else np.savez(path, format=trap)
    elif damage == "foreign":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("format.npy", io.BytesIO(b"nothing of ours").read())
    assert is_measured_again(folder, store)
    assert not is_measured_again(folder, store)


class Trap:
    """Fails whoever unpickles it."""

    def __reduce__(self):
        return pytest.fail, ("something was unpickled",)


def test_other_pictures_or_another_format_are_worked_out_again(kept):
    folder, store, _ = kept
    others = store_of(folder, smooth(np.random.default_rng(6), 80, 32, 1))
    others.ids = store.ids + 80
    assert is_measured_again(folder, others)
    larger = store_of(folder, smooth(np.random.default_rng(6), 80, 48, 1))
    larger.ids = others.ids
    assert is_measured_again(folder, larger)


def test_the_table_of_another_time_is_not_taken(kept):
    """As a crash between the two files leaves it."""
    folder, store, _ = kept
    old = (folder / TABLE_FILE).read_bytes()
    others = store_of(folder, smooth(np.random.default_rng(7), 80, 32, 1))
    others.ids = store.ids + 80
    kept_or_measured(folder, others)
    (folder / TABLE_FILE).unlink()
    (folder / TABLE_FILE).write_bytes(old)
    assert is_measured_again(folder, others)


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path[:0] = ["tests"]
import numpy as np
from test_neighbours import smooth, store_of
from training.neighbour_features import kept_or_measured
folder = Path(sys.argv[1])
store = store_of(folder, smooth(np.random.default_rng(0), 200, 32, 1))
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
features = kept_or_measured(folder, store)
print(features.table.shape, len(features.gaps), sorted(p.name for p in folder.iterdir()))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_a_full_disk_costs_only_that_it_is_not_kept(tmp_path):
    script = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n" + FULL_DISK
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, check=False
    )
    shards = [shard_path(tmp_path, shard).name for shard in range(4)]
    assert done.stdout.strip() == f"(200, 32) 200 {shards}", done.stderr
    assert "not kept" in done.stderr


def test_it_works_where_nothing_can_be_kept(tmp_path, caplog):
    store = store_of(tmp_path, smooth(np.random.default_rng(0), 20, 32, 1))
    features = kept_or_measured(tmp_path / "not" / "there", store)
    assert len(features.table) == 20
    assert "not kept" in caplog.text


def bundled(name, size):
    from PIL import Image

    sample = find_sample(name)
    channels = "L" if sample.channels == 1 else "RGB"
    pictures = [
        np.asarray(Image.open(io.BytesIO(png)).convert(channels).resize((size, size)))
        for png in sample_pictures(sample, 250)
    ]
    return np.stack(pictures).reshape(len(pictures), size, size, -1)
