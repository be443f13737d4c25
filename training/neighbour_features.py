"""The features by which nearest pictures are found: worked out once, and kept with the project.

    PROJECT/neighbours.npy   float32 [n, k + 2], the table; mapped into memory
    PROJECT/neighbours.npz   everything else, with the ids of the pictures and the table's digest

They are made again when the pictures have changed, and when a file is damaged or of another time than the
other one: nothing is lost with them but the seconds that they took.
"""

import hashlib
import logging
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.events import Control
from training.files import write_atomically
from training.neighbours import CHUNK_NUMBERS, Features, Neighbours
from training.pixel_store import PixelStore, evenly

TABLE_FILE, BASIS_FILE = "neighbours.npy", "neighbours.npz"
SMALL_PICTURE = 4_096  # numbers, up to which it is soon compared
DIRECTIONS, MORE_DIRECTIONS = 30, 62  # a row of the table is two numbers longer: 128 bytes, or 256
GAPS = 300  # pictures whose own nearest neighbours tell what is near

_FORMAT = 1
_FITTED, _FITTED_NUMBERS = 1_024, 2**24  # pictures for the principal directions, and numbers in them
_TABLE_SHARE = 0.8  # of the work
_Thing = TypeVar("_Thing")
_log = logging.getLogger(__name__)


def kept_or_measured(
    folder: Path,
    store: PixelStore,
    control: Control | None = None,
    on_progress: Callable[[float], None] = lambda _share: None,
    rest: Callable[[float], None] = lambda _seconds: None,
) -> Features | None:
    """The features of all pictures: those kept in a project's folder, else worked out and kept there.

    That they cannot be kept is logged, and costs no more than working them out again. For the other
    arguments and what is raised see :func:`measure`.
    """
    kept = _read(folder, store)
    if kept is not None:
        return kept
    features = measure(store, control, on_progress, rest)
    if features is None:
        return None
    try:
        _keep(folder, store, features)
    except VaeError as error:
        _log.warning("how near the pictures are to each other is not kept: %s", error.what)
        return features
    return _read(folder, store) or features


def _keep(folder: Path, store: PixelStore, features: Features) -> None:
    content = BytesIO()
    np.save(content, features.table, allow_pickle=False)
    table = content.getvalue()
    write_atomically(folder / TABLE_FILE, table)
    content = BytesIO()
    np.savez(
        content,
        format=_FORMAT,
        shape=np.array(store.shape),
        ids=store.ids,
        middle=features.middle,
        directions=features.directions,
        gaps=features.gaps,
        table=hashlib.sha256(table).hexdigest(),
    )
    write_atomically(folder / BASIS_FILE, content.getvalue())


def _read(folder: Path, store: PixelStore) -> Features | None:
    """What was kept, if it is whole and belongs to these pictures."""
    names = ("format", "shape", "ids", "middle", "directions", "gaps", "table")
    try:
        with (folder / BASIS_FILE).open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            of_format, shape, ids, middle, directions, gaps, digest = (file[name] for name in names)
        is_ours = of_format == _FORMAT and tuple(shape) == store.shape and np.array_equal(ids, store.ids)
        if not is_ours or _digest(folder / TABLE_FILE) != str(digest):
            return None
        table = np.load(folder / TABLE_FILE, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile):
        return None
    return Features(middle, directions, table, gaps)


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def measure(
    store: PixelStore,
    control: Control | None = None,
    on_progress: Callable[[float], None] = lambda _share: None,
    rest: Callable[[float], None] = lambda _seconds: None,
) -> Features | None:
    """Work out the features of all pictures.

    Args:
        store: at least one picture.
        control: holds or ends it between two parts.
        on_progress: told the share that is done, 0 to 1.
        rest: called between two parts with the seconds that the last one took, to leave others some time.

    Returns:
        None when told to stop.

    Raises:
        VaeError: when pictures cannot be read.
    """
    control = control or Control()
    n = len(store)
    middle, directions = _fit(store)
    features = Features(middle, directions, np.empty((n, len(directions) + 2), np.float32), np.zeros(0))
    at_once = max(CHUNK_NUMBERS // len(middle), 1)
    starts = range(0, n, at_once)
    for start in _steps(starts, control, rest):
        numbers = np.arange(start, min(start + at_once, n))
        features.table[numbers] = features.of(store.read(numbers))
        on_progress(_TABLE_SHARE * (numbers[-1] + 1) / n)
    if control.should_stop:
        return None
    neighbours, gaps = Neighbours(store, features), []
    judged = evenly(n, GAPS).tolist()
    for number in _steps(judged, control, rest):
        gaps.append(neighbours.gap(number, lambda: control.should_stop))
        on_progress(_TABLE_SHARE + (1.0 - _TABLE_SHARE) * len(gaps) / len(judged))
    if control.should_stop:
        return None
    known = [gap for gap in gaps if gap is not None]
    return replace(features, gaps=np.sort(np.array(known, np.float64)))


def _steps(things: Iterable[_Thing], control: Control, rest: Callable[[float], None]) -> Iterator[_Thing]:
    """The things one after the other, waiting between them as told, and ending when told."""
    for thing in things:
        control.wait_while_held()
        if control.should_stop:
            return
        started = time.perf_counter()
        yield thing
        rest(time.perf_counter() - started)


def _fit(store: PixelStore) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The middle [D] of evenly chosen pictures, and their principal directions [k, D]."""
    length = int(np.prod(store.shape))
    # With twice as many directions, a quarter of the pictures has to be compared.
    count = DIRECTIONS if length <= SMALL_PICTURE else MORE_DIRECTIONS
    some = store.read(evenly(len(store), min(_FITTED, _FITTED_NUMBERS // length)))
    off_middle = some.reshape(len(some), length).astype(np.float32)
    middle = off_middle.mean(axis=0, dtype=np.float64)
    off_middle -= middle.astype(np.float32)
    # By way of the pictures' products: there are fewer of them than numbers in one.
    strongest = np.linalg.eigh(off_middle @ off_middle.T)[1][:, -count:]
    directions = np.linalg.qr((off_middle.T @ strongest).astype(np.float64))[0].T
    return middle, np.ascontiguousarray(directions)
