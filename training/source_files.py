"""The files of a source folder beside what the index knows of them, however many there are.

Both are compared by SQLite, in temporary tables that it keeps on disk: nothing here grows with the number of
files.

    found    the files below the folder now
    lost     files of the index that are not as they were: changed, touched, moved or gone
    hashed   found files that may be a lost one, by their content
    moved    lost files that were found again, maybe elsewhere
    waiting  files to decode, numbered in the order of their paths
"""

import hashlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from training.errors import SourceMissingError
from training.events import Control
from training.index import UNFINISHED
from training.places import cache_folder, projects_folder
from training.project import Project
from training.skipping import NO_PERMISSION, UNREADABLE
from training.source_scan import FoundFile, is_there, require_folder, scan

_TABLES = """
CREATE TEMP TABLE found (path BLOB PRIMARY KEY, size INTEGER, mtime_ns INTEGER) WITHOUT ROWID;
CREATE TEMP TABLE lost (path BLOB PRIMARY KEY, size INTEGER, sha256 TEXT) WITHOUT ROWID;
CREATE TEMP TABLE hashed (path BLOB PRIMARY KEY, sha256 TEXT) WITHOUT ROWID;
CREATE TEMP TABLE moved (old BLOB PRIMARY KEY, new BLOB NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TEMP TABLE waiting (number INTEGER PRIMARY KEY, path BLOB NOT NULL);
"""
_CACHE_KIB = 32 * 1024  # for the temporary tables; the rest of them is on disk
_STEPS_BETWEEN_LOOKS = 20_000  # of SQLite's virtual machine: some milliseconds
_STOPPING_SECONDS = 0.4  # for keeping what was recognised; whoever stops an import is not to wait
_PIECE = 2**20  # bytes hashed between two looks at whether to stop
_AS_IT_WAS = (
    "EXISTS (SELECT 1 FROM found WHERE found.path = pictures.path"
    " AND found.size = pictures.size AND found.mtime_ns = pictures.mtime_ns)"
)
# Such a file may be readable now, with its time and size as they were.
_WORTH_ANOTHER_TRY = (NO_PERMISSION, UNREADABLE)


class Stopped(Exception):  # noqa: N818 - no error: somebody wished it
    """Told to stop; nothing was done by halves."""


@dataclass(frozen=True)
class Changes:
    """How the files of a source folder differ from those that were imported last, in numbers of files.

    A file that was moved counts as one that was added and one that was removed.
    """

    added: int
    changed: int
    removed: int

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def changes(project: Project, control: Control | None = None) -> Changes | None:
    """What has changed in a project's source folder since the last import; nothing is decoded or written.

    Returns:
        None when it was stopped.

    Raises:
        SourceMissingError: the folder is not there.
        VaeError: it cannot be listed, or the index cannot be read.
    """
    control = control or Control()
    try:
        with project.index() as index:
            files = SourceFiles(index, project.source, control)
            files.find(project.path)
            return files.changes()
    except Stopped:
        return None


class SourceFiles:
    """The files of a source folder in temporary tables of a connection, which may be one to an index.

    Methods end early, by raising :class:`Stopped`, once ``control`` says so.

    Args:
        index: of the folder's project, or any other connection if nothing is to be compared.
        source: the folder.

    Raises:
        VaeError: the folder cannot be listed.
    """

    def __init__(self, index: sqlite3.Connection, source: Path, control: Control) -> None:
        self._index = index
        self.source = source
        self._identity = require_folder(source)
        self._control = control
        index.execute("PRAGMA temp_store = FILE")
        index.executescript(_TABLES)
        index.execute(f"PRAGMA temp.cache_size = -{_CACHE_KIB}")

    def is_there(self) -> bool:
        """Whether the folder is still the one that it was."""
        return is_there(self.source, self._identity)

    def find(self, *exclude: Path, on_found: Callable[[], object] = lambda: None) -> None:
        """Look what files there are now.

        Args:
            exclude: folders to leave out besides the program's own.
            on_found: called after each file.

        Raises:
            SourceMissingError: the folder went away meanwhile.
        """
        own = (projects_folder(), cache_folder())
        found = scan(self.source, exclude=(*exclude, *own), should_stop=lambda: self._control.should_stop)
        with self._stoppable():
            self._index.executemany("INSERT OR IGNORE INTO found VALUES (?, ?, ?)", _each(found, on_found))
        if self._control.should_stop:
            raise Stopped

    def changes(self) -> Changes:
        """How the found files differ from those of the index."""
        known, found = "SELECT path FROM pictures", "SELECT path FROM found"
        differs = "found.size <> pictures.size OR found.mtime_ns <> pictures.mtime_ns"
        with self._stoppable():
            added = self._count(f"found WHERE path NOT IN ({known})")
            changed = self._count(f"found JOIN pictures USING (path) WHERE frame = 0 AND ({differs})")
            removed = self._count(f"pictures WHERE frame = 0 AND path NOT IN ({found})")
        return Changes(added, changed, removed)

    def compare(self) -> None:
        """Tell the files that are not as the index has them, found ones and lost ones."""
        retried = ", ".join("?" * len(_WORTH_ANOTHER_TRY))
        with self._stoppable():
            self._index.execute(
                "DELETE FROM pictures WHERE path = (SELECT value FROM meta WHERE key = ?)", (UNFINISHED,)
            )
            self._index.execute(
                "INSERT OR IGNORE INTO lost SELECT path, size, sha256 FROM pictures"
                f" WHERE NOT {_AS_IT_WAS} OR reason IN ({retried})",
                _WORTH_ANOTHER_TRY,
            )
            self._wait_for("path NOT IN (SELECT path FROM pictures) OR path IN (SELECT path FROM lost)")

    def expect_all(self) -> None:
        """Let all found files wait to be decoded."""
        with self._stoppable():
            self._wait_for("TRUE")

    def recognise(self, on_hashed: Callable[[], object] = lambda: None) -> None:
        """Give lost pictures the path and time of found files of the same content, and forget the others.

        When it is stopped, what was recognised by then is kept if that is done in a moment, and nothing is
        forgotten.

        Args:
            on_hashed: called after each file that had to be looked into.

        Raises:
            SourceMissingError: the folder went away meanwhile; nothing was changed.
        """
        try:
            self._hash_candidates(on_hashed)
        except Stopped:
            deadline = time.monotonic() + _STOPPING_SECONDS
            with self._until(lambda: time.monotonic() > deadline):
                _match(self._index, only_new_places=True)
                _move(self._index)
            raise
        with self._stoppable():
            _match(self._index)
            _move(self._index)
            self._index.execute("DELETE FROM pictures WHERE path IN (SELECT path FROM lost)")
            self._index.execute("DELETE FROM waiting WHERE path IN (SELECT new FROM moved)")

    @property
    def waiting(self) -> "WaitingFiles":
        """The files to decode, in the order of their paths."""
        return WaitingFiles(self._index, self.source)

    def _hash_candidates(self, on_hashed: Callable[[], object]) -> None:
        """Hash those of the waiting files that are as long as a lost one."""
        candidates = self._index.execute(
            "SELECT path FROM waiting JOIN found USING (path)"
            " WHERE size IN (SELECT size FROM lost WHERE sha256 <> '')"
        )
        for (path,) in candidates:
            digest = self._sha256(self.source / os.fsdecode(path))
            self._index.execute("INSERT INTO hashed VALUES (?, ?)", (path, digest))
            on_hashed()
        self._index.commit()

    def _sha256(self, path: Path) -> str:
        """Of a file's content, in hexadecimal; '' where it cannot be read."""
        digest = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while piece := file.read(_PIECE):
                    if self._control.should_stop:
                        raise Stopped
                    digest.update(piece)
        except OSError as error:
            if not self.is_there():
                raise SourceMissingError.while_reading(self.source) from error
            return ""
        return digest.hexdigest()

    def _wait_for(self, condition: str) -> None:
        self._index.execute(
            f"INSERT INTO waiting (path) SELECT path FROM found WHERE {condition} ORDER BY path"
        )

    def _count(self, of: str) -> int:
        return int(self._index.execute(f"SELECT COUNT(*) FROM {of}").fetchone()[0])

    def _stoppable(self) -> AbstractContextManager[None]:
        """A transaction that is given up, and Stopped raised, once the control says so."""
        return self._until(lambda: self._control.should_stop)

    @contextmanager
    def _until(self, is_over: Callable[[], bool]) -> Iterator[None]:
        self._index.set_progress_handler(is_over, _STEPS_BETWEEN_LOOKS)
        try:
            with self._index:
                yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
                raise
            raise Stopped from None
        finally:
            self._index.set_progress_handler(None, 0)


class WaitingFiles(Sequence[Path]):
    """Files that wait to be decoded, read from the table when they are asked for."""

    def __init__(self, index: sqlite3.Connection, source: Path) -> None:
        self._index, self._source = index, source

    def __len__(self) -> int:
        return int(self._index.execute("SELECT COUNT(*) FROM waiting").fetchone()[0])

    @overload
    def __getitem__(self, place: int) -> Path: ...
    @overload
    def __getitem__(self, place: slice) -> list[Path]: ...
    def __getitem__(self, place: int | slice) -> Path | list[Path]:
        """By the place in the order. The numbers must have no gaps: nothing may have been recognised."""
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        row = self._index.execute("SELECT path FROM waiting WHERE number = ?", (place + 1,)).fetchone()
        if row is None:
            raise IndexError(place)
        return self._path(row[0])

    def __iter__(self) -> Iterator[Path]:
        return (self._path(row[0]) for row in self._index.execute("SELECT path FROM waiting ORDER BY number"))

    def _path(self, path: bytes) -> Path:
        return self._source / os.fsdecode(path)


def _each(found: Iterable[FoundFile], on_found: Callable[[], object]) -> Iterator[FoundFile]:
    for file in found:
        yield file
        on_found()


def _match(index: sqlite3.Connection, *, only_new_places: bool = False) -> None:
    """Tell which lost file each hashed one is: the one at its path if it can be, else any of its content.

    Args:
        only_new_places: leave out those in the place of another lost one, which may not be forgotten.
    """
    numbered = "SELECT path, sha256, ROW_NUMBER() OVER (PARTITION BY sha256 ORDER BY path) AS number FROM"
    index.execute(
        "INSERT INTO moved SELECT path, path FROM hashed JOIN lost USING (path, sha256) WHERE sha256 <> ''"
    )
    index.execute(
        "INSERT INTO moved SELECT was.path, now.path"
        f" FROM ({numbered} lost WHERE sha256 <> '' AND path NOT IN (SELECT old FROM moved)) AS was"
        f" JOIN ({numbered} hashed WHERE path NOT IN (SELECT new FROM moved)) AS now"
        " USING (sha256, number)"
    )
    if only_new_places:
        index.execute("DELETE FROM moved WHERE old <> new AND new IN (SELECT path FROM lost)")
    index.execute("DELETE FROM lost WHERE path IN (SELECT old FROM moved)")


def _move(index: sqlite3.Connection) -> None:
    """Frames stand below zero on the way, because two files may have changed places."""
    index.execute("UPDATE pictures SET frame = -1 - frame WHERE path IN (SELECT old FROM moved)")
    index.execute(
        "UPDATE pictures SET frame = -1 - frame, path = found.path, mtime_ns = found.mtime_ns"
        " FROM moved JOIN found ON found.path = moved.new"
        " WHERE pictures.frame < 0 AND pictures.path = moved.old"
    )
