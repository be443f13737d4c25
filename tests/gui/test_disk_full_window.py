"""A disk that is full while the window imports or trains: a line in the panel, and it goes on by itself."""

import shutil

import pytest
from disks import fill, free, small_disk
from hands import button, click, problem, wait_for
from hearing import SECONDS, told
from pictures import write_pictures
from PySide6.QtWidgets import QLabel

from training import disk_space, fit
from training.check import check_project
from training.events import DiskFull, TrainProgress
from training.project import Project
from vae_desktop.main_window import WindowState
from vae_desktop.twin_words import progress_words


@pytest.fixture
def disk(tmp_path, monkeypatch):
    monkeypatch.setattr(disk_space, "POLL_SECONDS", 0.05)
    with small_disk(tmp_path / "disk", 256 * 2**20) as folder:
        yield folder


def says(widget, text):
    return any(text in label.text() for label in widget.findChildren(QLabel) if label.isVisible())


def wait_until_it_says(qtbot, widget, text):
    qtbot.waitUntil(lambda: says(widget, text), timeout=SECONDS)


@pytest.fixture
def waiting_import(qtbot, app, disk, tmp_path):
    write_pictures(tmp_path / "discs", 12)
    Project.create(disk / "project", tmp_path / "discs").close()
    fill(disk)
    app.open_project(str(disk / "project"))
    wait_until_it_says(qtbot, app.window.library, "The disk is full")
    return disk / "project"


def test_an_import_waits_in_sight_and_goes_on_once_there_is_space(qtbot, app, disk, waiting_import):
    free(disk)
    wait_for(qtbot, app, WindowState.READY)
    assert not problem(app)
    assert app.window.library.pictures.model().rowCount() == 12
    assert check_project(waiting_import).is_whole


def test_an_import_that_waits_can_be_cancelled(qtbot, app, waiting_import):
    button(app.window, "Cancel").click()
    wait_for(qtbot, app, WindowState.EMPTY)


def test_a_training_waits_in_sight_and_goes_on_once_there_is_space(qtbot, app, disk, untrained, monkeypatch):
    monkeypatch.setattr(fit, "CHECKPOINT_SECONDS", 0.0)
    project = shutil.copytree(untrained, disk / "project")
    app.open_project(str(project))
    with told(qtbot, app.engine, "epoch_finished"):
        click(qtbot, app, "Train")
    fill(disk, leave=2**12)
    wait_until_it_says(qtbot, app.window.training, "The disk is full")
    free(disk)
    with told(qtbot, app.engine, "epoch_finished"):
        pass
    qtbot.waitUntil(lambda: not says(app.window.training, "The disk is full"), timeout=SECONDS)
    assert not problem(app)
    with told(qtbot, app.engine, "trained"):
        click(qtbot, app, "Stop and keep")
    app.close_project()
    assert check_project(project).is_whole


def test_trainings_side_by_side_tell_what_they_wait_for():
    waiting = TrainProgress(1, 2, 2, 3, 4.0, None, 5.0, 6.0, disk_full=DiskFull(2_000_000, 1_000))
    assert "2.0 MB are needed, 1.0 kB are free" in progress_words(waiting)
