"""Projects that may not be written to, on the command line: what reads works, what writes says why not."""

import os
import shutil
import subprocess
import sys

import pytest

from training.check import check_project
from training.project import Project

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs setpriv")


@pytest.fixture
def unwritable(imported, tmp_path):
    """A project whose folders and files may only be read, by whoever the permissions hold for."""
    path = shutil.copytree(imported(24, 32, False), tmp_path / "project")
    for place in (path, *path.rglob("*")):
        place.chmod(0o555 if place.is_dir() else 0o444)
    yield path
    for place in (path, *(each for each in path.rglob("*") if each.is_dir())):
        place.chmod(0o755)


def vae(*arguments):
    """The command, without root's leave to pass over permissions."""
    command = [sys.executable, "-m", "training", *map(str, arguments)]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root heeds permissions only with setpriv")
        command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_an_unwritable_project_is_read_and_checked(unwritable):
    done = vae("check", unwritable)
    assert done.returncode == 0, done.stderr
    assert "The project is whole: 24 pictures" in done.stdout
    assert vae("runs", "list", unwritable).returncode == 0


@pytest.mark.parametrize("command", [["train", "--epochs", "1"], ["runs", "rename"]])
def test_what_would_write_to_it_says_why_not(unwritable, command):
    arguments = ["1", "name"] if "rename" in command else []
    done = vae(*command, unwritable, *arguments)
    assert done.returncode == 2
    assert "cannot be written to: Permission denied" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_a_killed_program_wrote_last_is_read_from_its_log(unwritable):
    """The last transaction is only in the log, and SQLite may not make the file that it reads one with."""
    unwritable.chmod(0o755)
    script = f"""
import os, signal
from pathlib import Path
from training.project import Project
project = Project.open(Path({str(unwritable)!r}), write=False)
with project.index() as index:
    index.execute("PRAGMA wal_autocheckpoint = 0")
    skip = "UPDATE pictures SET status = 'skipped', reason = 'x', shard = NULL, row = NULL WHERE row > 19"
    index.execute(skip)
    index.commit()
    os.kill(os.getpid(), signal.SIGKILL)
"""
    (unwritable / "index.sqlite").chmod(0o644)
    subprocess.run([sys.executable, "-c", script], check=False)
    log = unwritable / "index.sqlite-wal"
    assert log.stat().st_size > 0
    (unwritable / "index.sqlite-shm").unlink()
    for path in (log, unwritable / "index.sqlite", unwritable):
        path.chmod(0o555 if path.is_dir() else 0o444)
    done = vae("check", unwritable)
    assert "20 pictures" in done.stdout
    assert done.returncode == 0, done.stdout
    unwritable.chmod(0o755)
    with Project.open(unwritable, write=False) as project:
        assert project.count_used() == 20
    assert check_project(unwritable).is_whole
