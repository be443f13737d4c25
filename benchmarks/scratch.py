"""Pictures, pixel shards and projects to measure with, made anew in a temporary folder."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.image_format import ImageFormat
from training.importer import import_folder
from training.pixel_store import SHARD_BYTES, PixelStore, shard_path
from training.project import Project

STORE_BYTES = 100 * 2**20  # more than any processor's cache, little enough for a temporary folder
_KNOTS = 5  # a picture is smooth between so many points a side


def pictures(count: int, size: int, seed: int = 0) -> NDArray[np.uint8]:
    """Smooth coloured pictures with a little grain, uint8 [count, size, size, 3]."""
    random = np.random.default_rng(seed)
    knots = random.random((count, _KNOTS, _KNOTS, 3), np.float32)
    at = np.linspace(0, _KNOTS - 1, size, dtype=np.float32)
    blend = np.maximum(1.0 - np.abs(at[:, None] - np.arange(_KNOTS, dtype=np.float32)), 0.0)
    smooth = np.einsum("yi,nijc,xj->nyxc", blend, knots, blend, optimize=True)
    grain = random.integers(0, 8, smooth.shape, np.uint8)
    grained: NDArray[np.uint8] = (smooth * 247.0).astype(np.uint8) + grain
    return grained


def make_store(folder: Path, size: int, count: int | None = None) -> PixelStore:
    """Shards as an import writes them, none of the pictures held out.

    Args:
        folder: for the shards.
        size: side of the pictures.
        count: how many; None for as many as :data:`STORE_BYTES` have room for, up to 8,192.
    """
    shape = (size, size, 3)
    each = int(np.prod(shape))
    count = min(8192, STORE_BYTES // each) if count is None else count
    per_shard = SHARD_BYTES // each
    # Every shard has the same pictures: making a million would take longer than reading them.
    drawn = pictures(min(per_shard, count), size)
    for shard, start in enumerate(range(0, count, per_shard)):
        np.save(shard_path(folder, shard), drawn[: count - start])
    return open_store(folder, size, count)


def open_store(folder: Path, size: int, count: int) -> PixelStore:
    """The shards of :func:`make_store`."""
    per_shard = SHARD_BYTES // (size * size * 3)
    numbers = np.arange(count)
    return PixelStore(
        folder,
        (size, size, 3),
        ids=numbers,
        shards=numbers // per_shard,
        rows=numbers % per_shard,
        held_out=np.zeros(count, bool),
    )


def make_project(folder: Path, size: int, count: int) -> Path:
    """A project whose pictures came through the importer. Returns its folder."""
    source = folder / "pictures"
    source.mkdir()
    for number, pixels in enumerate(pictures(count, size)):
        Image.fromarray(pixels).save(source / f"{number:05d}.png", compress_level=1)
    with Project.create(folder / "project", source) as project:
        import_folder(project, image_format=ImageFormat(size, 3))
        return project.path
