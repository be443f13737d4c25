"""Projects of earlier versions, opened by this one."""

import json
import signal
import sqlite3
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from training.check import check_project
from training.errors import VaeError
from training.image_format import ImageFormat
from training.index import FORMAT, INDEX_FILE, make_index
from training.latent import LatentModel
from training.migration import PROJECT_FILE
from training.project import Project
from training.run import latest_run, load_latest_weights

GOLDEN = (
    Path(__file__).parent / "recorded" / "project-format-1.zip"
)  # its weights are noughts, but for small ones
BACKUP = "backup-format-1"


@pytest.fixture
def golden(tmp_path):
    """24 discs and two files that are none, learnt for two epochs by the version of format 1."""
    path = tmp_path / "golden"
    with zipfile.ZipFile(GOLDEN) as archive:
        archive.extractall(path)
    return path


def rows(path):
    with closing(sqlite3.connect(path / INDEX_FILE)) as index:
        return index.execute("SELECT id, path, sha256, status, shard, row, held_out FROM pictures").fetchall()


def is_of_today(path):
    with closing(sqlite3.connect(path / INDEX_FILE)) as index:
        columns = {row[1] for row in index.execute("PRAGMA table_info(pictures)")}
        version = index.execute("PRAGMA user_version").fetchone()[0]
    written = json.loads((path / PROJECT_FILE).read_text())["format"]
    assert (written == FORMAT) == (version == FORMAT) == ("frame" in columns)
    return written == FORMAT


def test_an_old_project_is_read_as_it_is(golden):
    before = sorted((path, path.stat().st_mtime_ns) for path in golden.rglob("*") if path.is_file())
    with Project.open(golden, write=False) as project:
        assert (project.count_used(), project.reasons()) == (
            24,
            {"damaged or cut short": 1, "not a picture": 1},
        )
        assert project.image_format == ImageFormat(32, 1)
        pictures = project.pictures()
        assert pictures.read(range(24)).any(axis=(1, 2, 3)).all()
        run = latest_run(project.runs_folder)
        assert run is not None
        decoded = LatentModel(run.model, load_latest_weights(run)).decode(np.zeros((1, 2), np.float32))
        assert decoded.shape == (1, 32, 32, 1)
    after = sorted((path, path.stat().st_mtime_ns) for path in golden.rglob("*") if path.is_file())
    assert [each for each in after if not each[0].name.endswith(("-wal", "-shm"))] == before


def test_an_old_project_is_brought_up_to_date_and_kept_as_it_was(golden):
    before = rows(golden)
    Project.open(golden, write=True).close()
    assert is_of_today(golden)
    assert rows(golden) == before
    assert rows(golden / BACKUP) == before
    assert json.loads((golden / BACKUP / PROJECT_FILE).read_text())["format"] == 1
    # Whoever wants to go back copies the two files back.
    for name in (PROJECT_FILE, INDEX_FILE):
        (golden / BACKUP / name).replace(golden / name)
    with Project.open(golden, write=False) as project:
        assert project.count_used() == 24


def test_an_id_that_was_given_before_is_not_given_again(golden):
    with closing(sqlite3.connect(golden / INDEX_FILE)) as index, index:
        last = index.execute("SELECT MAX(id) FROM pictures").fetchone()[0]
        index.execute("DELETE FROM pictures WHERE id = ?", (last,))
    with Project.open(golden, write=True) as project, project.index() as index:
        added = index.execute(
            "INSERT INTO pictures (path, size, mtime_ns, sha256, status) VALUES (?, 1, 1, '', 'skipped')",
            (b"new",),
        )
        assert added.lastrowid == last + 1


KILLED = """
import os, signal, sqlite3, sys
from pathlib import Path
import training.migration as migration
from training.project import Project

def die_at(statement):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

left, connect, replace = int(sys.argv[2]), sqlite3.connect, Path.replace

def traced(*args, **options):
    connection = connect(*args, **options)
    connection.set_trace_callback(die_at)
    return connection

def replace_traced(*args):
    die_at("rename")
    replace(*args)
    die_at("renamed")

sqlite3.connect, Path.replace = traced, replace_traced
Project.open(Path(sys.argv[1]), write=True).close()
print("whole")
"""


def test_killed_at_any_statement_it_is_old_or_new_and_opens(golden, tmp_path):
    before = rows(golden)
    for moment in range(1, 100):
        path = tmp_path / "tries" / f"{moment}"
        with zipfile.ZipFile(GOLDEN) as archive:
            archive.extractall(path)
        command = [sys.executable, "-c", KILLED, str(path), str(moment)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.stdout:
            break
        assert done.returncode == -signal.SIGKILL, done.stderr
        assert rows(path) == before
        Project.open(path, write=True).close()
        assert is_of_today(path)
        assert rows(path) == rows(path / BACKUP) == before
    assert 10 < moment < 99


def test_a_full_disk_leaves_the_old_project(golden):
    before = rows(golden)
    code = (
        "import resource, signal, sys; from pathlib import Path; from training.project import Project\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))\n"
        "Project.open(Path(sys.argv[1]), write=True)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(golden)], capture_output=True, text=True, check=False
    )
    assert "DiskFullError" in done.stderr
    assert rows(golden) == before
    assert not is_of_today(golden)
    assert not (golden / BACKUP).exists()
    Project.open(golden, write=True).close()
    assert is_of_today(golden)


def test_a_project_of_the_future_is_refused(golden):
    written = json.loads((golden / PROJECT_FILE).read_text())
    (golden / PROJECT_FILE).write_text(json.dumps(written | {"format": FORMAT + 1}))
    for write in (False, True):
        with pytest.raises(VaeError, match="newer version"):
            Project.open(golden, write=write)


KEPT = sorted((Path(__file__).parent / "recorded").glob("project-format-*.zip"))


@pytest.mark.parametrize("archive", KEPT, ids=[path.stem for path in KEPT])
def test_a_project_of_every_version_opens_and_is_whole(tmp_path, archive):
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    for write in (False, True):
        with Project.open(tmp_path, write=write) as project:
            assert project.count_used() == 24
            assert sum(project.reasons().values()) == 2
            assert project.pictures().read(range(24)).any(axis=(1, 2, 3)).all()
            run = latest_run(project.runs_folder)
            assert [record.epoch for record in run.history()] == [1, 2]
            decoded = LatentModel(run.model, load_latest_weights(run)).decode(np.zeros((1, 2), np.float32))
            assert decoded.shape == (1, 32, 32, 1)
        assert check_project(tmp_path).is_whole
    assert is_of_today(tmp_path)


def test_the_newest_kept_project_is_one_of_today(tmp_path):
    """Else: python tests/make_golden_project.py."""

    def tables(path):
        with closing(sqlite3.connect(path)) as index:
            names = [row[0] for row in index.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
            return {name: {row[1:] for row in index.execute(f"PRAGMA table_info({name})")} for name in names}

    with zipfile.ZipFile(GOLDEN.with_name(f"project-format-{FORMAT}.zip")) as packed:
        packed.extractall(tmp_path)
    make_index(tmp_path / "new.sqlite")
    assert tables(tmp_path / INDEX_FILE) == tables(tmp_path / "new.sqlite")
