"""A project that can only be looked at: on a disk that cannot be written to, or open in another program."""

import logging
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from disks import small_disk, write_protect
from hands import LEFT, action, button, click, problem, wait_for_plane
from hearing import SECONDS, told
from PySide6.QtTest import QTest

from training.project import Project
from vae_desktop.exploration import EXPLORATION_FILE
from vae_desktop.main_window import WindowState

GOLDEN = Path(__file__).parent.parent / "recorded" / "project-format-1.zip"
WRITING = [
    *("Train more", "Settings…", "New training…", "Measure the model", "Autoencoder beside VAE…"),
    "How pictures are read…",
]

HOLDING = """
import sys
from pathlib import Path
from training.project import Project
project = Project.open(Path(sys.argv[1]), write=True)
print("locked", flush=True)
input()
"""


@pytest.fixture
def held(trained):
    """A trained project that another program has open."""
    command = [sys.executable, "-c", HOLDING, str(trained)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline().strip() == b"locked"
        yield trained, holder
        holder.kill()


@pytest.fixture
def protected(tmp_path):
    """protected(project): a copy of it on a disk that cannot be written to."""
    with small_disk(tmp_path / "disk", 256 * 2**20) as disk:

        def copy(project):
            shutil.copytree(project, disk / "project")
            write_protect(disk)
            return disk / "project"

        yield copy


def is_told_to_be_read_only(app, why):
    assert "(read-only)" in app.window.windowTitle()
    assert app.window.access.isVisible()
    assert why in app.window.access.text
    assert not any(action(app, text).isEnabled() for text in WRITING)
    assert not button(app.window, "Train more").isEnabled()


def test_a_project_that_another_program_holds_is_looked_at_and_taken_over(qtbot, app, held):
    project, holder = held
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(project))
    is_told_to_be_read_only(app, "open in another program")
    wait_for_plane(qtbot, app, 40)
    assert not problem(app)

    click(qtbot, app, "Try again")  # too early
    is_told_to_be_read_only(app, "open in another program")

    holder.kill()  # even so nothing of its lock is left
    holder.wait()
    with told(qtbot, app.engine, "model_loaded"):
        click(qtbot, app, "Try again")
    assert "read-only" not in app.window.windowTitle()
    assert not app.window.access.isVisible()
    qtbot.waitUntil(lambda: button(app.window, "Train more").isEnabled(), timeout=SECONDS)
    assert action(app, "Measure the model").isEnabled()
    with told(qtbot, app.engine, "epoch_finished"):
        click(qtbot, app, "Train more")


def test_nothing_is_written_to_a_project_that_another_program_holds(qtbot, app, held):
    project, _holder = held
    for path in project.rglob("posteriors.npz"):
        path.unlink()
    before = {path: path.stat().st_mtime_ns for path in (project / "runs").rglob("*")}
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(project))
    wait_for_plane(qtbot, app, 40)
    app.window.plane.add_handle(0.5, 0.5)
    app.train(1.0)
    assert app.window.state == WindowState.TRAINED
    app.close_project()
    assert {path: path.stat().st_mtime_ns for path in (project / "runs").rglob("*")} == before
    assert not (project / EXPLORATION_FILE).exists()


def test_a_project_on_a_write_protected_disk_is_shown_and_explored(qtbot, app, trained, protected, caplog):
    project = protected(trained)
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(project))
    is_told_to_be_read_only(app, "cannot be written to (Read-only file system)")
    wait_for_plane(qtbot, app, 40)
    with told(qtbot, app.engine, "decoded"):
        app.window.plane.add_handle(0.5, 0.5)
    app.close_project()
    assert "read-only" not in app.window.windowTitle()
    assert not app.window.access.isVisible()
    assert not problem(app)
    assert "xploration" not in caplog.text


def test_an_old_project_on_a_write_protected_disk_is_shown(qtbot, app, tmp_path, protected, caplog):
    with zipfile.ZipFile(GOLDEN) as archive:
        archive.extractall(tmp_path / "old")
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(protected(tmp_path / "old")))
    is_told_to_be_read_only(app, "cannot be written to")
    wait_for_plane(qtbot, app, 24)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_folder_whose_project_is_held_is_shown_without_importing_again(qtbot, app, tmp_path):
    from pictures import write_pictures

    from training.importer import import_folder
    from training.project import default_project_path

    write_pictures(tmp_path / "discs", 12)
    with Project.create(default_project_path(tmp_path / "discs"), tmp_path / "discs") as project:
        import_folder(project)
        app.open_folder(str(tmp_path / "discs"))
        assert app.window.state == WindowState.READY
        assert "open in another program" in app.window.access.text
        assert app.window.library.pictures.model().rowCount() == 12
        QTest.mouseClick(button(app.window, "Train"), LEFT)
        assert app.window.state == WindowState.READY
