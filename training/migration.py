"""Bringing a project of an earlier version up to date, after a copy of what is changed was put aside.

    PROJECT/backup-format-1/  project.json and index.sqlite as they were

Each step leads from one format to the next one. What it does to the index is one transaction, which also
counts `user_version` up; project.json comes last. A crash in between is made up for at the next opening.
"""

import contextlib
import logging
import shutil
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from training.files import write_json, writing_folder
from training.index import FORMAT, INDEX_FILE, SCHEMA, telling_index_problems

PROJECT_FILE = "project.json"
_log = logging.getLogger(__name__)

_PICTURES_1 = "id, path, size, mtime_ns, sha256, status, reason, shard, row, held_out"
_STEPS: Mapping[int, tuple[str, ...]] = {  # from this format to the next one
    # Files may have several frames; facts of pictures; hashes of shards, but none of those that are there:
    # reading all pixels would take minutes, and what is already damaged must not pass for whole.
    1: (
        "ALTER TABLE pictures RENAME TO pictures_1",
        *(statement for statement in SCHEMA.split(";") if statement.strip()),
        f"INSERT INTO pictures ({_PICTURES_1}) SELECT {_PICTURES_1} FROM pictures_1",
        # No id may be given twice, be it of a row that is gone.
        "DELETE FROM sqlite_sequence WHERE name = 'pictures'",
        "UPDATE sqlite_sequence SET name = 'pictures' WHERE name = 'pictures_1'",
        "DROP TABLE pictures_1",
    ),
}


def bring_up_to_date(project: Path, data: Mapping[str, Any]) -> None:
    """Turn a project into one of today's format. Its lock must be held.

    Args:
        data: its project.json.

    Raises:
        VaeError: the disk is full or cannot be written to, or the index is damaged. The project is then as
            it was, or the next opening goes on.
    """
    version = int(data["format"])
    backup = project / f"backup-format-{version}"
    if not backup.exists():
        with writing_folder(backup) as folder:
            _copy(project, folder)
    file = project / INDEX_FILE
    with telling_index_problems(file), contextlib.closing(sqlite3.connect(file)) as index:
        index.isolation_level = None
        for step in range(version, FORMAT):
            if index.execute("PRAGMA user_version").fetchone()[0] <= step:
                _take(index, step)
    write_json(project / PROJECT_FILE, {**data, "format": FORMAT})
    _log.info("%s was of format %d and is of format %d now", project, version, FORMAT)


def _copy(project: Path, folder: Path) -> None:
    shutil.copy2(project / PROJECT_FILE, folder)
    with (
        telling_index_problems(project / INDEX_FILE),
        contextlib.closing(sqlite3.connect(project / INDEX_FILE)) as index,
        contextlib.closing(sqlite3.connect(folder / INDEX_FILE)) as copy,
    ):
        index.backup(copy)  # with what still lies in its log


def _take(index: sqlite3.Connection, step: int) -> None:
    index.execute("BEGIN IMMEDIATE")
    try:
        for statement in _STEPS[step]:
            index.execute(statement)
        index.execute(f"PRAGMA user_version = {step + 1}")
        index.execute("COMMIT")
    except BaseException:
        if index.in_transaction:
            index.execute("ROLLBACK")
        raise
