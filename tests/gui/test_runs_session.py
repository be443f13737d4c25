"""The runs of a project in the whole program: shown, gone on with, begun anew, named, compared, deleted."""

import shutil

import pytest
from hands import click, on_plane, problem, shown, wait_for, wait_for_plane
from hearing import SECONDS, told
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from training.run import Run, latest_run
from vae_desktop.compare_window import CompareWindow
from vae_desktop.main_window import WindowState
from vae_desktop.plane_canvas import PlaneCanvas
from vae_desktop.settings_dialog import SettingsDialog

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def runs(trained):
    """The folders of two runs of one project, the older one first."""
    first = trained / "runs" / "run-001"
    return first, shutil.copytree(first, trained / "runs" / "run-002")


@pytest.fixture
def two_runs(qtbot, app, trained, runs):
    """The program with a project of two runs; the newer one is shown."""
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    return app


def listed(app):
    model = app.window.runs.list.model()
    return [model.index(row, 0).data() for row in range(model.rowCount())]


def click_run(app, row):
    runs = app.window.runs.list
    QTest.mouseClick(runs.viewport(), LEFT, pos=runs.visualRect(runs.model().index(row, 0)).center())


def press(widget, text):
    wanted = next(each for each in widget.findChildren(QPushButton) if each.text() == text)
    wanted.click()


def in_dialog(app):
    return app.window.findChild(SettingsDialog)


def test_another_run_is_shown_and_gone_on_with(qtbot, two_runs, runs):
    first, second = runs
    before = shown(two_runs)
    with told(qtbot, two_runs.engine, "model_loaded"):
        click_run(two_runs, 1)
    assert two_runs.training.run.path == first
    assert (shown(two_runs) == before).all()  # it is a copy
    epochs = len(Run.open(first).history())
    with told(qtbot, two_runs.engine, "epoch_finished"):
        two_runs.train(None)
    with told(qtbot, two_runs.engine, "trained") as result:
        click(qtbot, two_runs, "Stop and keep")
    assert result[0].run == first
    assert len(Run.open(first).history()) > epochs
    assert len(Run.open(second).history()) == epochs
    assert two_runs.training.run.path == first


def test_a_new_run_is_begun_beside_the_others_with_other_settings(qtbot, two_runs, trained):
    two_runs.window.new_run_requested.emit()
    dialog = in_dialog(two_runs)
    fields = {each.accessibleName(): each for each in dialog.findChildren(QLineEdit)}
    fields["Name of the new training"].setText("Sixteen")
    fields["batch size"].setText("16")
    with told(qtbot, two_runs.engine, "epoch_finished") as epoch:
        press(dialog, "Train for 10 minutes")
    assert epoch[0].epoch == 1
    assert listed(two_runs)[0] == "Sixteen"
    with told(qtbot, two_runs.engine, "trained"):
        click(qtbot, two_runs, "Stop and keep")
    wait_for(qtbot, two_runs, WindowState.TRAINED)
    begun = latest_run(trained / "runs")
    assert (begun.path.name, begun.training.batch_size) == ("run-003", 16)
    assert two_runs.settings.chosen(str(trained)) == {"batch_size": 16}


def test_a_name_is_kept(two_runs, runs):
    model = two_runs.window.runs.list.model()
    model.setData(model.index(0, 0), "Discs & squares")
    assert listed(two_runs) == ["Discs & squares", "Training 1"]
    assert Run.open(runs[1]).name == "Discs & squares"


def test_two_runs_are_compared_with_their_planes(qtbot, two_runs, runs):
    two_runs.window.runs.compare_requested.emit(*runs)
    window = two_runs.window.findChild(CompareWindow)
    planes = window.findChildren(PlaneCanvas)
    assert len(planes) == 2
    qtbot.waitUntil(lambda: not any(plane.is_empty for plane in planes), timeout=SECONDS)
    images = [plane.grab().toImage() for plane in planes]
    assert images[0] == images[1]  # one is a copy of the other
    assert two_runs.training.run.path == runs[1]


def test_deleted_runs_go_to_the_bin_and_the_rest_is_shown(qtbot, two_runs, runs):
    with told(qtbot, two_runs.engine, "model_loaded"):
        two_runs.window.runs.delete_requested.emit(runs[1])
    assert not runs[1].exists()
    assert "is in the bin" in two_runs.window.messages.text
    assert two_runs.training.run.path == runs[0]
    wait_for_plane(qtbot, two_runs, 40)
    two_runs.window.runs.delete_requested.emit(runs[0])
    assert two_runs.window.state == WindowState.READY
    assert (on_plane(two_runs), listed(two_runs), two_runs.training.run) == (0, [], None)


def test_a_run_that_cannot_be_deleted_is_kept_and_shown_again(qtbot, two_runs, runs, monkeypatch):
    def no_bin(_path):
        raise OSError("there is no bin here")

    monkeypatch.setattr("send2trash.send2trash", no_bin)
    with told(qtbot, two_runs.engine, "model_loaded"):
        two_runs.window.runs.delete_requested.emit(runs[1])
    assert "could not be moved to the bin" in problem(two_runs)
    assert two_runs.training.run.path == runs[1]
    wait_for_plane(qtbot, two_runs, 40)
