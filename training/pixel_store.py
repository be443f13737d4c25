"""The decoded pictures of a project, read from memory-mapped shards."""

import errno
import hashlib
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.language import tr

SHARD_BYTES = 16 * 2**20  # written in one piece: small enough to lose little, large enough to read fast


def shard_path(folder: Path, shard: int) -> Path:
    """The file of a shard."""
    return folder / f"{shard:05d}.npy"


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def evenly(count: int, most: int) -> NDArray[np.int64]:
    """Up to ``most`` of the numbers from 0 to ``count`` − 1, evenly spread, ascending."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).astype(np.int64))


class PixelStore:
    """Random access to pictures by number.

    Args:
        folder: where the shards are.
        shape: (S, S, C) of one picture.
        ids: int64 [n], what the index calls each picture; a picture keeps its id until its file changes.
        shards: int64 [n], the shard of each picture.
        rows: int64 [n], its row within the shard.
        held_out: bool [n], whether it is kept out of training.
    """

    def __init__(
        self,
        folder: Path,
        shape: tuple[int, int, int],
        *,
        ids: NDArray[np.int64],
        shards: NDArray[np.int64],
        rows: NDArray[np.int64],
        held_out: NDArray[np.bool_],
    ) -> None:
        self.shape = shape
        self.ids = ids
        self.held_out = held_out
        self._folder = folder
        self._shards = shards
        self._rows = rows
        self._open: dict[int, NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def read(self, numbers: Iterable[int] | NDArray[np.integer]) -> NDArray[np.uint8]:
        """Pictures by number, uint8 [n, S, S, C].

        Raises:
            VaeError: when a shard is missing or damaged.
            MemoryError: when the pictures do not fit into it.
        """
        wanted = np.asarray(numbers, np.int64)
        pixels = np.empty((len(wanted), *self.shape), np.uint8)
        shards, rows = self._shards[wanted].tolist(), self._rows[wanted].tolist()
        # One by one: hardly two of a shuffled batch are of one shard where there are many pictures.
        for place, (shard, row) in enumerate(zip(shards, rows, strict=True)):
            stored = self._shard(shard)
            if row >= len(stored):
                raise _damaged(shard_path(self._folder, shard))
            pixels[place] = stored[row]
        return pixels

    def _shard(self, shard: int) -> NDArray[np.uint8]:
        pixels = self._open.get(shard)
        if pixels is None:
            # As a plain array, of which a picture is had in half the time.
            pixels = self._open[shard] = np.asarray(open_shard(self._folder, shard, self.shape))
        return pixels


def open_shard(folder: Path, shard: int, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """A shard's pictures, uint8 [n, S, S, C], memory-mapped.

    Raises:
        VaeError: when the shard is missing or damaged.
        MemoryError: when it cannot be mapped.
    """
    path = shard_path(folder, shard)
    try:
        pixels: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOMEM:
            raise MemoryError from error
        raise _damaged(path) from error
    if pixels.dtype != np.uint8 or pixels.shape[1:] != shape:
        raise _damaged(path)
    return pixels


def _damaged(path: Path) -> VaeError:
    return VaeError(
        tr("The project's pixel file {name} is missing or damaged.", name=path.name),
        kept=tr("The source pictures and the trainings are untouched."),
        advice=tr("Import the folder again."),
    )
