"""Nearest pictures: from a decoding to the three nearest, as a share of what a drag can wait for, 50 ms.

A million grey pictures of 32 pixels, a hundred thousand coloured ones of 64, and a million places in a latent
space. The pictures are the bundled ones, turned, moved and scaled a little at random, in shards as an import
writes them: about a gigabyte in a temporary folder, which the system keeps in memory if it has enough of it.

What is looked for are pictures as a decoder draws them: others of the same kind, of which only the coarse
part is left, as by a linear autoencoder of 64 numbers. The ratio is the 99th percentile over the limit; the
numbers also give the times for pictures with all their details, for noise, which no table of features can
foresee, and the seconds that the preparation took.
"""

import io
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.result import Options, Result, of_limit
from training.neighbour_features import measure as measure_features
from training.neighbours import Neighbours
from training.pixel_store import SHARD_BYTES, PixelStore, shard_path
from training.samples import find_sample, sample_pictures
from training.surroundings import Surroundings

LIMIT_MS, TURNS, QUERIES, HARD_QUERIES, NEAREST = 50.0, 3, 100, 10, 3
CASES = {"fashion": (32, 1_000_000), "emoji": (64, 100_000)}
PLACES, DIMENSIONS = 1_000_000, (2, 16)
_CODE = 64
_GROUP = 128  # pictures that are turned and moved alike
SPARE_BYTES = 2**30  # of the disk are left alone

Pixels = NDArray[np.uint8]


def measure(options: Options) -> list[Result]:
    """In pixels for each kind of picture, then in the latent space."""
    results = []
    for name, (size, usual) in CASES.items():
        count = options.pictures[0] if options.pictures else usual
        if (not options.sizes or size in options.sizes) and _has_room(name, size, count):
            results.append(measure_pixels(name, size, count))
    places = options.pictures[0] if options.pictures else PLACES
    return results + [measure_latent(places, dimensions) for dimensions in DIMENSIONS]


def _has_room(name: str, size: int, count: int) -> bool:
    needed = count * size**2 * find_sample(name).channels + SPARE_BYTES
    if needed <= shutil.disk_usage(tempfile.gettempdir()).free:
        return True
    print(f"nearest: no room for {count:,} pictures of {name}", file=sys.stderr)
    return False


def measure_pixels(name: str, size: int, count: int) -> Result:
    """The times among ``count`` pictures like those of a sample."""
    random = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        known, others = _bundled(name, size)
        store = _make_store(Path(folder), known, count, random)
        started = time.perf_counter()
        features = measure_features(store)
        prepared = time.perf_counter() - started
        if features is None:
            raise RuntimeError("nobody told it to stop")
        neighbours = Neighbours(store, features)

        def look(picture: Pixels) -> object:
            return neighbours.nearest(picture, NEAREST)

        drawn = _coarse(_varied(others, QUERIES, random), known)
        turns = [_times(look, drawn) for _ in range(TURNS)]
        detailed = _times(look, _varied(others, HARD_QUERIES, random))
        noise = _times(look, random.integers(0, 256, (HARD_QUERIES, *store.shape)).astype(np.uint8))
    return of_limit(
        f"nearest of {count:,} pictures, {size} px {'grey' if store.shape[2] == 1 else 'colour'}, p99",
        f"{LIMIT_MS:.0f} ms",
        [float(np.quantile(times, 0.99)) / LIMIT_MS for times in turns],
        details={
            "p50 ms": float(np.median(turns)),
            "p99 ms": float(np.quantile(turns, 0.99)),
            "detailed p50 ms": float(np.median(detailed)),
            "noise p50 ms": float(np.median(noise)),
            "prepared s": prepared,
        },
    )


def measure_latent(count: int, dimensions: int) -> Result:
    """The times among so many places of a latent space."""
    random = np.random.default_rng(0)
    means = random.standard_normal((count, dimensions)).astype(np.float32)
    around = Surroundings(means, np.full_like(means, 0.1))
    points = random.standard_normal((QUERIES, dimensions))
    turns = [_times(around.nearest, points) for _ in range(TURNS)]
    return of_limit(
        f"nearest of {count:,} places in {dimensions} numbers, p99",
        f"{LIMIT_MS:.0f} ms",
        [float(np.quantile(times, 0.99)) / LIMIT_MS for times in turns],
        details={"p50 ms": float(np.median(turns)), "p99 ms": float(np.quantile(turns, 0.99))},
    )


def _times(look: Callable[..., object], wanted: NDArray) -> list[float]:
    """Milliseconds for each."""
    times = []
    for each in wanted:
        started = time.perf_counter()
        look(each)
        times.append(1000.0 * (time.perf_counter() - started))
    return times


def _bundled(name: str, size: int) -> tuple[Pixels, Pixels]:
    """The pictures of a sample, and a tenth of them kept apart; uint8 [n, S, S, C] each."""
    sample = find_sample(name)
    kind = "L" if sample.channels == 1 else "RGB"
    drawn = []
    for png in sample_pictures(sample, sample.pictures):
        with Image.open(io.BytesIO(png)) as image:
            drawn.append(np.asarray(image.convert(kind).resize((size, size))))
    pixels = np.stack(drawn).reshape(len(drawn), size, size, sample.channels)
    apart = np.arange(len(pixels)) % 10 == 0
    return pixels[~apart], pixels[apart]


def _make_store(folder: Path, known: Pixels, count: int, random: np.random.Generator) -> PixelStore:
    per_shard = SHARD_BYTES // known[0].size
    for shard, start in enumerate(range(0, count, per_shard)):
        np.save(shard_path(folder, shard), _varied(known, min(per_shard, count - start), random))
    numbers = np.arange(count)
    return PixelStore(
        folder,
        known.shape[1:],
        ids=numbers,
        shards=numbers // per_shard,
        rows=numbers % per_shard,
        held_out=np.zeros(count, bool),
    )


def _varied(pictures: Pixels, count: int, random: np.random.Generator) -> Pixels:
    """Some of the pictures, turned, moved and scaled a little."""
    chosen = pictures[random.integers(0, len(pictures), count)]
    groups = [_moved(chosen[start : start + _GROUP], random) for start in range(0, count, _GROUP)]
    return np.concatenate(groups)


def _moved(pictures: Pixels, random: np.random.Generator) -> Pixels:
    """All in one way, by bilinear interpolation."""
    _, side, _, channels = pictures.shape
    angle, scale = random.normal(0.0, 0.12), np.exp(random.normal(0.0, 0.06))
    cos, sin = np.cos(angle) / scale, np.sin(angle) / scale
    middle, shift = (side - 1) / 2, random.normal(0.0, side / 32, 2)
    up, across = np.mgrid[:side, :side] - middle
    x = np.clip(cos * across - sin * up + middle + shift[0], 0, side - 1.001).ravel()
    y = np.clip(sin * across + cos * up + middle + shift[1], 0, side - 1.001).ravel()
    left, top = x.astype(int), y.astype(int)
    right, down = ((part - part.astype(int)).astype(np.float32)[:, None] for part in (x, y))
    corner, flat = top * side + left, pictures.reshape(-1, side * side, channels)
    upper = flat[:, corner] * (1 - right) + flat[:, corner + 1] * right
    lower = flat[:, corner + side] * (1 - right) + flat[:, corner + side + 1] * right
    mixed = upper * (1 - down) + lower * down
    moved: Pixels = (mixed + 0.5).astype(np.uint8).reshape(pictures.shape)
    return moved


def _coarse(pictures: Pixels, known: Pixels) -> Pixels:
    """What :data:`_CODE` principal directions of known pictures leave of some."""
    some = known[:: max(len(known) // 1_000, 1)].reshape(-1, pictures[0].size).astype(np.float32)
    middle = some.mean(axis=0)
    directions = np.linalg.svd(some - middle, full_matrices=False)[2][:_CODE]
    drawn = middle + (pictures.reshape(len(pictures), -1) - middle) @ directions.T @ directions
    return np.clip(drawn, 0, 255).astype(np.uint8).reshape(pictures.shape)
