"""What the index knows of the pictures besides their pixels: the folder each comes from, and its date."""

import os
from collections import Counter
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
    with project.index() as index:
        rows = index.execute(
            "SELECT id, path, mtime_ns FROM pictures WHERE status = 'used' ORDER BY id"
        ).fetchall()
    parents = [os.path.dirname(path) for _, path, _ in rows]  # noqa: PTH120 - a Path for each of a million
    names = _told_apart(Counter(parents))
    counts = Counter(names[parent] for parent in parents)
    folders = tuple(sorted(counts, key=lambda name: (-counts[name], name)))
    place = {name: number for number, name in enumerate(folders)}
    return PictureFacts(
        ids=np.array([row[0] for row in rows], np.int64),
        folders=folders,
        folder_of=np.array([place[names[parent]] for parent in parents], np.int64),
        times=np.array([row[2] for row in rows], np.float64) / 1e9,
    )


def _told_apart(parents: Counter[bytes]) -> dict[bytes, str]:
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
