"""The project folder: what it is made of, how it is created, opened, locked and read.

    PROJECT/project.json      format version, source folder, when created
    PROJECT/index.sqlite      one row per source picture, and the image format of the pixels
    PROJECT/pixels/NNNNN.npy  uint8 [n, S, S, C], never changed once written
    PROJECT/runs/NAME/        see training.run
    PROJECT/lock              held by the one program that may write

The image format stands in the index and not in project.json, so that importing again at another size is
one SQLite transaction: a crash leaves the old pictures or the new ones.
"""

import contextlib
import datetime
import errno
import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from training.errors import DiskFullError, NotWritableError, VaeError
from training.files import read_json, remove_leftovers, write_json
from training.image_format import ImageFormat
from training.index import FORMAT, INDEX_FILE, connect, make_index, telling_index_problems
from training.language import tr
from training.migration import PROJECT_FILE, bring_up_to_date
from training.pixel_store import PixelStore
from training.places import projects_folder

if TYPE_CHECKING:
    import filelock

LOCK_FILE = "lock"
PIXELS_FOLDER, RUNS_FOLDER = "pixels", "runs"


def default_project_path(source: Path) -> Path:
    """Where the project of a source folder lives when the user names no place for it."""
    source = source.resolve()
    digest = hashlib.sha256(os.fsencode(source)).hexdigest()[:8]
    name = re.sub(r"[^\w-]+", "-", source.name).strip("-")[:40] or "pictures"
    return projects_folder() / f"{name}-{digest}"


def is_project(path: Path) -> bool:
    """Whether a folder is one of our projects."""
    return (path / PROJECT_FILE).is_file() and (path / INDEX_FILE).is_file()


class Project:
    """An open project. Use as a context manager, or call :meth:`close`.

    Reading methods may be called from any thread; each call opens its own connection to the index.

    Attributes:
        why_read_only: where it was to be changed and can only be looked at, the reason as a sentence.
    """

    def __init__(self, path: Path, source: Path, lock: "filelock.BaseFileLock | None") -> None:
        self.path = path
        self.source = source
        self.why_read_only = ""
        self._lock = lock

    @classmethod
    def create(cls, path: Path, source: Path) -> Self:
        """Make a project for a source folder and open it for writing.

        Raises:
            VaeError: when the place is taken by something else, lies inside the source folder, or cannot
                be written to.
        """
        path, source = path.resolve(), source.resolve()
        if is_project(path):
            raise VaeError(tr("{path} is already a project.", path=path))
        # The program's own folder may lie below the source, as it does below one's home; imports pass it by.
        if path.is_relative_to(source) and not path.is_relative_to(projects_folder().resolve()):
            raise VaeError(
                tr(
                    "The project {path} cannot lie in the folder of pictures itself, which is never written"
                    " to.",
                    path=path,
                ),
                advice=tr("Choose another place for the project, or a folder of pictures further down."),
            )
        try:
            if path.exists() and not all(_is_left_over(entry) for entry in path.iterdir()):
                raise VaeError(
                    tr("{path} is not empty and not a project.", path=path),
                    advice=tr("Choose a new or empty folder."),
                )
            (path / PIXELS_FOLDER).mkdir(parents=True, exist_ok=True)
            (path / RUNS_FOLDER).mkdir(exist_ok=True)
        except OSError as error:
            raise VaeError(
                tr(
                    "The project folder {path} cannot be made: {reason}.",
                    path=path,
                    reason=error.strerror or error,
                ),
                advice=tr("Choose another folder for it."),
            ) from error
        lock = _lock(path)
        try:
            make_index(path / INDEX_FILE)
            created = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            # Written last: it is what makes the folder a project.
            write_json(path / PROJECT_FILE, {"format": FORMAT, "source": str(source), "created": created})
        except BaseException:
            lock.release()
            raise
        return cls(path, source, lock)

    @classmethod
    def open(cls, path: Path, *, write: bool) -> Self:
        """Open a project, with ``write`` as the only program that may change it.

        Raises:
            NotWritableError: another program holds it, or it lies where nothing can be written.
            VaeError: no project, a damaged one, or one of a newer version.
        """
        path = path.resolve()
        if not is_project(path):
            raise VaeError(
                tr("{path} is not a VAE Desktop project.", path=path),
                advice=tr("Import a folder of pictures to make one."),
            )
        data = read_json(path / PROJECT_FILE)
        version = data.get("format") if isinstance(data, dict) else None
        if not isinstance(version, int) or not isinstance(data.get("source"), str):
            raise VaeError(
                tr("{file} is damaged.", file=path / PROJECT_FILE), kept=tr("Nothing was changed.")
            )
        if version > FORMAT:
            raise VaeError(
                tr(
                    "This project was made by a newer version of VAE Desktop (its format is {version}, this"
                    " version knows {known}).",
                    version=version,
                    known=FORMAT,
                ),
                kept=tr("Nothing was changed."),
                advice=tr("Update VAE Desktop to open it."),
            )
        lock = _lock(path) if write else None
        if lock is not None:
            try:
                if version < FORMAT:
                    bring_up_to_date(path, data)
            except BaseException:
                lock.release()
                raise
            remove_leftovers(path)
        return cls(path, Path(data["source"]), lock)

    @classmethod
    def open_as_can_be(cls, path: Path) -> Self:
        """Open a project for writing or else, as :attr:`why_read_only` tells, to look at.

        Raises:
            VaeError: no project, a damaged one, or one of a newer version.
        """
        try:
            return cls.open(path, write=True)
        except (NotWritableError, DiskFullError) as error:  # there may be no space to bring it up to date
            project = cls.open(path, write=False)
            project.why_read_only = error.brief if isinstance(error, NotWritableError) else error.what
            return project

    def close(self) -> None:
        """Let another program write to the project."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def remove(self) -> None:
        """Close the project and delete its folder; the source pictures are not in it."""
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def runs_folder(self) -> Path:
        """Where the trainings are kept."""
        return self.path / RUNS_FOLDER

    @property
    def pixels_folder(self) -> Path:
        """Where the shards are kept."""
        return self.path / PIXELS_FOLDER

    @contextlib.contextmanager
    def index(self) -> Iterator[sqlite3.Connection]:
        """A connection to the index; what is done in the block is one transaction."""
        with telling_index_problems(self.path / INDEX_FILE):
            connection = connect(self.path / INDEX_FILE)
            with contextlib.closing(connection), connection:
                yield connection

    @property
    def image_format(self) -> ImageFormat | None:
        """The format of the pixels, or None before the first import."""
        with self.index() as index:
            found = index.execute("SELECT value FROM meta WHERE key = 'image_format'").fetchone()
        return None if found is None else ImageFormat.from_json(json.loads(found[0]))

    @property
    def every_frame(self) -> int:
        """Every so many-th frame of animations and films is a picture; 0: of animations the first alone."""
        with self.index() as index:
            found = index.execute("SELECT value FROM meta WHERE key = 'every_frame'").fetchone()
        return int(found[0]) if found else 0

    @property
    def format_words(self) -> str:
        """The format of the pixels and why it was chosen, in words; '' before the first import."""
        with self.index() as index:
            found = index.execute("SELECT value FROM meta WHERE key = 'format_reason'").fetchone()
        image_format = self.image_format
        return "" if image_format is None else f"{image_format}. {found[0] if found else ''}".rstrip()

    def count_used(self) -> int:
        """How many pictures are used."""
        with self.index() as index:
            return int(index.execute("SELECT COUNT(*) FROM pictures WHERE status = 'used'").fetchone()[0])

    def count_learnt(self) -> int:
        """How many of them a training learns from, the others being held out."""
        with self.index() as index:
            query = "SELECT COUNT(*) FROM pictures WHERE status = 'used' AND NOT held_out"
            return int(index.execute(query).fetchone()[0])

    def count_different(self) -> int:
        """How many different pictures are used: copies of a file count once."""
        with self.index() as index:
            found = index.execute(
                "SELECT COUNT(*) FROM (SELECT DISTINCT sha256, frame FROM pictures WHERE status = 'used')"
            )
            return int(found.fetchone()[0])

    def reasons(self) -> dict[str, int]:
        """How many pictures were skipped for each reason, the commonest first."""
        with self.index() as index:
            rows = index.execute(
                "SELECT reason, COUNT(*) FROM pictures WHERE status = 'skipped'"
                " GROUP BY reason ORDER BY COUNT(*) DESC, reason"
            )
            return dict(rows.fetchall())

    def skipped(self, limit: int = 10_000) -> list[tuple[str, str]]:
        """Up to ``limit`` skipped pictures: path below the source folder, reason."""
        with self.index() as index:
            rows = index.execute(
                "SELECT path, frame, reason FROM pictures WHERE status = 'skipped'"
                " ORDER BY path, frame LIMIT ?",
                (limit,),
            )
            return [(with_frame(os.fsdecode(path), frame), reason) for path, frame, reason in rows]

    def pictures(self) -> PixelStore:
        """The used pictures, in a fixed order.

        Raises:
            VaeError: when nothing has been imported.
        """
        image_format = self.image_format
        if image_format is None:
            raise VaeError(tr("This project has no pictures yet."), advice=tr("Import a folder first."))
        with self.index() as index:
            found = index.execute(
                "SELECT id, shard, row, held_out FROM pictures WHERE status = 'used' ORDER BY id"
            )
            # Not by way of a list: a million rows of Python's numbers are some 200 MB.
            table: NDArray[np.int64] = np.fromiter(found, np.dtype((np.int64, 4)))
        ids, shards, rows, held_out = table.T
        return PixelStore(
            self.pixels_folder,
            image_format.shape,
            ids=ids,
            shards=shards,
            rows=rows,
            held_out=held_out.astype(bool),
        )

    def file_names(self) -> Iterator[str]:
        """Where every file that was found lies below the source folder, used and skipped ones, lazily."""
        with self.index() as index:
            for (path,) in index.execute("SELECT path FROM pictures WHERE frame = 0"):
                yield os.fsdecode(path)

    def picture_path(self, picture_id: int) -> Path:
        """The source file of a picture, by the index's id of it (see :class:`PixelStore`)."""
        return self.source / self._file_of(picture_id)[0]

    def picture_name(self, picture_id: int) -> str:
        """Where that file lies below the source folder, and which frame of it the picture is."""
        return with_frame(*self._file_of(picture_id))

    def _file_of(self, picture_id: int) -> tuple[str, int]:
        with self.index() as index:
            query = "SELECT path, frame FROM pictures WHERE id = ?"
            row = index.execute(query, (int(picture_id),)).fetchone()
        if row is None:
            raise KeyError(picture_id)
        return os.fsdecode(row[0]), row[1]


def with_frame(name: str, frame: int) -> str:
    """The name of a file, and which frame of it is meant, from 0, unless that is the first."""
    return tr("{name}, frame {number}", name=name, number=frame + 1) if frame else name


def _is_left_over(entry: Path) -> bool:
    """Whether what lies in a folder may come from a :meth:`Project.create` that failed midway."""
    if entry.name in (PIXELS_FOLDER, RUNS_FOLDER):
        return entry.is_dir() and not any(entry.iterdir())
    ours = (LOCK_FILE, *(INDEX_FILE + end for end in ("", "-wal", "-shm", "-journal")))
    return entry.is_file() and (entry.name in ours or entry.match(f"{PROJECT_FILE}.*.part"))


def _lock(path: Path) -> "filelock.BaseFileLock":
    import filelock  # it brings asyncio along, which the first paint need not wait for

    if problem := _why_not_writable(path):
        raise _not_writable(path, problem)
    # The operating system drops this lock when its owner dies, so a crash never leaves a project locked.
    lock = filelock.FileLock(path / LOCK_FILE, thread_local=False)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout as error:
        raise NotWritableError(
            tr("The project {name} is open in another program.", name=path.name),
            kept=tr("Nothing was changed."),
            advice=tr("Close it there first."),
            brief=tr("It is open in another program: you can look, not change."),
        ) from error
    except OSError as error:
        raise _not_writable(path, error.strerror or str(error)) from error
    return lock


def _why_not_writable(path: Path) -> str:
    """What the system would say of writing to a part of the project; "" where it may let us."""
    for part in (path, path / PIXELS_FOLDER, path / RUNS_FOLDER, path / INDEX_FILE):
        if part.exists() and not os.access(part, os.W_OK):
            is_read_only_disk = hasattr(os, "statvfs") and os.statvfs(part).f_flag & os.ST_RDONLY
            return os.strerror(errno.EROFS if is_read_only_disk else errno.EACCES)
    return ""


def _not_writable(path: Path, reason: str) -> NotWritableError:
    return NotWritableError(
        tr("The project {path} cannot be written to: {reason}.", path=path, reason=reason),
        kept=tr("Nothing was changed."),
        advice=tr("Check the folder's permissions."),
        brief=tr("Its folder cannot be written to ({reason}): you can look, not change.", reason=reason),
    )
