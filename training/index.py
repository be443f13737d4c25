"""The project's index: one SQLite row per source picture, and the image format of the pixels."""

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from training.errors import DiskFullError, VaeError
from training.language import tr

INDEX_FILE = "index.sqlite"
FORMAT = 2  # of a project
UNFINISHED = "unfinished"  # in meta: the file of which more frames may have to come

SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pictures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given twice: posteriors are kept by it
    path BLOB NOT NULL,             -- relative to the source folder, in the file system's own bytes
    frame INTEGER NOT NULL DEFAULT 0,  -- of an animation or a film, from 0
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL,           -- of the file
    status TEXT NOT NULL CHECK (status IN ('used', 'skipped')),
    reason TEXT,                    -- why it was skipped
    shard INTEGER, row INTEGER,     -- where its pixels are
    held_out INTEGER NOT NULL DEFAULT 0,
    width INTEGER, height INTEGER,  -- in the file, upright, NULL where nobody has looked
    likeness INTEGER,               -- a perceptual hash, 64 bits with a sign, NULL likewise
    is_blank INTEGER NOT NULL DEFAULT 0,
    UNIQUE (path, frame)
);
CREATE INDEX IF NOT EXISTS pictures_by_content ON pictures (sha256);
CREATE TABLE IF NOT EXISTS shards (  -- none of a shard that an earlier version wrote
    shard INTEGER PRIMARY KEY,
    sha256 TEXT NOT NULL            -- of its file
);
"""

# An index of format 1 as today's, which whoever may not bring it up to date can look at.
_TODAY_OF_1 = """
CREATE TEMP VIEW pictures AS
SELECT *, 0 AS frame, NULL AS width, NULL AS height, NULL AS likeness, 0 AS is_blank FROM main.pictures;
CREATE TEMP VIEW shards AS SELECT 0 AS shard, '' AS sha256 WHERE FALSE;
"""
_NO_SPACE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}


def make_index(path: Path) -> None:
    """Make an empty index, or what is missing of one that was not finished."""
    with telling_index_problems(path), contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"{SCHEMA} PRAGMA user_version = {FORMAT};")


@contextlib.contextmanager
def telling_index_problems(path: Path) -> Iterator[None]:
    """Turn what SQLite says of a damaged index or a full disk into a :class:`VaeError`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        what = tr("The project's index cannot be used: {error}.", error=error)
        kept = tr("The source pictures are untouched.")
        if getattr(error, "sqlite_errorcode", 0) in _NO_SPACE:
            advice = tr("Free some space, then try again.")
            raise DiskFullError(what, kept=kept, advice=advice, folder=path.parent) from error
        advice = tr("Free some space and try again, or import the folder into a new project.")
        raise VaeError(what, kept=kept, advice=advice) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open an index, also one in a folder that cannot be written to, or on a full disk.

    One of an earlier format is shown as one of today's; only :mod:`training.migration` can write to it.
    """
    connection = sqlite3.connect(path, timeout=30)
    try:
        connection.execute("SELECT 1 FROM sqlite_schema")
    except sqlite3.OperationalError as error:
        connection.close()
        code = error.sqlite_errorcode
        if code & 0xFF not in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN) and code not in _NO_SPACE:
            raise
        connection = _connect_without_writing(path)
    if connection.execute("PRAGMA user_version").fetchone()[0] < FORMAT:
        connection.executescript(_TODAY_OF_1)
    return connection


def _connect_without_writing(path: Path) -> sqlite3.Connection:
    """SQLite cannot make the files there that would tell it of a writer: it has to be told there is none."""
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or log.stat().st_size == 0:
        return sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)
    # A program was killed: what it had written last is in the log alone, which needs a place to be read.
    with tempfile.TemporaryDirectory() as folder:
        for file in (path, log):
            shutil.copyfile(file, Path(folder) / file.name)
        with contextlib.closing(sqlite3.connect(Path(folder) / path.name)) as copy:
            connection = sqlite3.connect(":memory:")
            copy.backup(connection)
    return connection
