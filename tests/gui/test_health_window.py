"""The health of the pictures in the window, with the mouse."""

import csv
import shutil

import pytest
from hands import LEFT, NONE, answer_save_dialog, button, wait_for
from hearing import SECONDS
from pictures import write_pictures
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QTreeWidget

from vae_desktop.window_state import WindowState


@pytest.fixture
def opened(qtbot, start_app, tmp_path):
    """The program with 20 discs, two copies and a blank picture."""
    folder = tmp_path / "discs"
    paths = write_pictures(folder, 20)
    for number in range(2):
        shutil.copy(paths[4], folder / f"copy-{number}.png")
    Image.new("RGB", (32, 32), "white").save(folder / "white.png")
    app = start_app(folder)
    wait_for(qtbot, app, WindowState.READY)
    return app


def view_of(qtbot, app):
    """The window of its own, once it shows what was found."""
    app.window.action("health").trigger()
    wait_until_looked(qtbot, app)
    return app.companions.health.view


def wait_until_looked(qtbot, app):
    view = app.companions.health.view
    qtbot.waitUntil(lambda: "files found" in summary(view), timeout=SECONDS)


def summary(view):
    return view.findChildren(QLabel)[0].text()


def row(view, beginning):
    tree = view.findChild(QTreeWidget)
    found = tree.findItems(beginning, Qt.MatchFlag.MatchStartsWith | Qt.MatchFlag.MatchRecursive)
    return found[0] if found else None


def choose(view, item):
    tree = view.findChild(QTreeWidget)
    tree.scrollToItem(item)
    QTest.mouseClick(tree.viewport(), LEFT, NONE, tree.visualItemRect(item).center())
    return tree


def shown_pictures(view):
    return sum(not label.pixmap().isNull() for label in view.findChildren(QLabel))


def test_copies_are_left_out_and_taken_back(qtbot, opened):
    view = view_of(qtbot, opened)
    assert summary(view) == "23 files found = 23 used + 0 skipped"
    assert opened.window.library.pictures.model().rowCount() == 23
    group = row(view, "00004.png = copy-0.png")
    choose(view, group)
    assert shown_pictures(view) == 3
    QTest.mouseClick(button(view, "&Leave out 2"), LEFT)
    qtbot.waitUntil(lambda: "2 skipped" in summary(view), timeout=SECONDS)
    assert row(view, "Copies of the same file") is None
    assert opened.window.library.pictures.model().rowCount() == 21
    assert opened.window.state == WindowState.READY
    choose(view, row(view, "Skipped: left out: a copy"))
    QTest.mouseClick(button(view, "&Take back 2"), LEFT)
    qtbot.waitUntil(lambda: "0 skipped" in summary(view), timeout=SECONDS)
    assert opened.window.library.pictures.model().rowCount() == 23


def test_a_double_click_reveals_the_file(qtbot, opened, monkeypatch):
    revealed = []
    monkeypatch.setattr(opened.window, "show_file", revealed.append)
    view = view_of(qtbot, opened)
    item = row(view, "white.png")
    tree = choose(view, item)
    QTest.mouseDClick(tree.viewport(), LEFT, NONE, tree.visualItemRect(item).center())
    assert revealed == [opened.project.source]


def test_a_table_is_saved(qtbot, opened, tmp_path):
    view = view_of(qtbot, opened)
    QTest.mouseClick(button(view, "&Save as a table…"), LEFT)
    answer_save_dialog(qtbot, opened, tmp_path / "all.csv")
    with (tmp_path / "all.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 23


def test_nothing_is_left_out_while_a_training_runs(qtbot, opened):
    view = view_of(qtbot, opened)
    choose(view, row(view, "Blank"))
    leave = button(view, "&Leave out 1")
    assert leave.isEnabled()
    qtbot.waitUntil(lambda: opened.window.action("train").isEnabled(), timeout=SECONDS)
    opened.window.action("train").trigger()
    wait_for(qtbot, opened, WindowState.TRAINING)
    assert not leave.isEnabled()
    assert "training" in leave.toolTip()
    opened.window.action("stop").trigger()
    wait_for(qtbot, opened, WindowState.TRAINED)
    assert leave.isEnabled()


def test_it_closes_with_the_project(qtbot, opened):
    view = view_of(qtbot, opened)
    opened.close_project()
    assert opened.companions.health.view is None
    assert not view.isVisible()
