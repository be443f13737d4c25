"""What the index knows of the pictures besides their pixels: the folder each comes from, and its date."""

import os
from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.project import Project

MOST_FOLDERS = 10  # of a deeper level that are still told apart
_SEPARATORS = (os.sep, os.altsep or os.sep)


@dataclass(frozen=True, eq=False)
class PictureFacts:
    """Of the used pictures, in the order of :meth:`Project.pictures`.

    Attributes:
        ids: int64 [n], what the index calls each.
        folders: names of folders below the source folder, those with most pictures first; "" for itself.
        folder_of: int64 [n], in which of these each picture is.
        times: float64 [n], when each file was last changed, seconds since 1970 in UTC.
    """

    ids: NDArray[np.int64]
    folders: tuple[str, ...]
    folder_of: NDArray[np.int64]
    times: NDArray[np.float64]


def read_facts(project: Project) -> PictureFacts:
    """Read them. Folders are told apart as deep down as there are no more than MOST_FOLDERS of them.

    Raises:
        VaeError: the index cannot be read.
    """
    ids, times, parent_of = (
        array("q"),
        array("q"),
        array("q"),
    )  # 8 bytes a number, of which there are millions
    parents: dict[bytes, int] = {}
    with project.index() as index:
        for picture, path, mtime_ns in index.execute(
            "SELECT id, path, mtime_ns FROM pictures WHERE status = 'used' ORDER BY id"
        ):
            ids.append(picture)
            times.append(mtime_ns)
            parent = os.path.dirname(path)  # noqa: PTH120 - a Path for each of a million
            parent_of.append(parents.setdefault(parent, len(parents)))
    names = list(_told_apart(parents).values())
    counts = Counter[str]()
    for name, count in zip(names, np.bincount(parent_of, minlength=len(names)).tolist(), strict=True):
        counts[name] += count
    folders = tuple(sorted(counts, key=lambda name: (-counts[name], name)))
    place = {name: number for number, name in enumerate(folders)}
    place_of = np.array([place[name] for name in names], np.int64)
    return PictureFacts(
        ids=np.array(ids, np.int64),
        folders=folders,
        folder_of=place_of[np.array(parent_of, np.int64)],
        times=np.array(times, np.float64) / 1e9,
    )


def _told_apart(parents: Iterable[bytes]) -> dict[bytes, str]:
    """What each folder is called: itself, or the one above it that keeps the number of names small."""
    parts = {parent: _parts(os.fsdecode(parent)) for parent in parents}
    depth = max((len(each) for each in parts.values()), default=0)
    while depth > 1 and len({each[:depth] for each in parts.values()}) > MOST_FOLDERS:
        depth -= 1
    return {parent: "/".join(each[:depth]) for parent, each in parts.items()}


def _parts(folder: str) -> tuple[str, ...]:
    for separator in _SEPARATORS:
        folder = folder.replace(separator, "/")
    return tuple(part for part in folder.split("/") if part)
