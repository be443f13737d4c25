"""Pictures that come, change and go while a project of theirs is open."""

import pytest
from hands import LEFT, button, click, drop, wait_for
from hearing import SECONDS
from pictures import write_pictures
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from training.held_out import FEWEST_PICTURES
from vae_desktop import source_watch
from vae_desktop.main_window import WindowState


@pytest.fixture
def folder(tmp_path):
    write_pictures(tmp_path / "discs", 12)
    return tmp_path / "discs"


@pytest.fixture
def opened(qtbot, app, folder):
    drop(app, folder)
    wait_for(qtbot, app, WindowState.READY)
    return app


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(source_watch, "LOOK_SECONDS", 0.0)
    monkeypatch.setattr(source_watch, "_REST", 0)


def turn_to(app):
    """Turn to the window from another program."""
    QApplication.instance().applicationStateChanged.emit(Qt.ApplicationState.ApplicationActive)


def turn_to_and_wait(qtbot, app):
    looks = []
    app.engine.sources.looked.connect(lambda *_: looks.append(1))
    app.engine.sources.missing.connect(lambda *_: looks.append(1))
    turn_to(app)
    qtbot.waitUntil(lambda: bool(looks), timeout=SECONDS)
    return app.window.messages.text


def dismiss(app):
    strip = app.window.messages
    closing = next(
        each for each in strip.findChildren(QToolButton) if each.accessibleName() == "Dismiss this message"
    )
    QTest.mouseClick(closing, LEFT)
    assert not strip.isVisible()


def pictures(app):
    return app.window.library.pictures.model().rowCount()


def test_new_changed_and_lost_pictures_are_offered_and_taken_over_when_wished(
    qtbot, opened, folder, impatient
):
    write_pictures(folder / "new", 3, seed=1)
    write_pictures(folder, 1, seed=2)
    (folder / "00003.png").unlink()
    (folder / "00004.png").unlink()
    assert turn_to_and_wait(qtbot, opened) == "3 pictures were added, 1 changed, 2 are gone."
    assert pictures(opened) == 12  # offered, not done
    click(qtbot, opened, "Bring up to date")
    assert opened.window.state == WindowState.IMPORTING
    wait_for(qtbot, opened, WindowState.READY)
    assert pictures(opened) == 13
    assert turn_to_and_wait(qtbot, opened) == ""


def test_what_was_declined_is_not_offered_again_but_other_news_are(qtbot, opened, folder, impatient):
    write_pictures(folder / "new", 1, seed=1)
    assert turn_to_and_wait(qtbot, opened) == "1 picture was added."
    dismiss(opened)
    assert turn_to_and_wait(qtbot, opened) == ""
    (folder / "00003.png").unlink()
    assert turn_to_and_wait(qtbot, opened) == "1 picture was added, 1 is gone."


def test_an_offer_that_came_to_nothing_is_taken_back(qtbot, opened, folder, impatient):
    write_pictures(folder / "new", 1, seed=1)
    assert turn_to_and_wait(qtbot, opened)
    (folder / "new" / "00000.png").unlink()
    assert turn_to_and_wait(qtbot, opened) == ""


def test_an_offer_does_not_push_another_message_aside(qtbot, opened, folder, impatient):
    write_pictures(folder / "new", 1, seed=1)
    opened.window.show_problem("Something that must be read.")
    assert turn_to_and_wait(qtbot, opened) == "Something that must be read."
    dismiss(opened)
    assert turn_to_and_wait(qtbot, opened) == "1 picture was added."


def test_it_looks_no_more_often_than_every_half_minute(qtbot, opened, folder):
    looks = []
    opened.engine.sources.looked.connect(lambda *_: looks.append(1))
    for _ in range(3):
        turn_to(opened)
    qtbot.waitUntil(lambda: bool(looks), timeout=SECONDS)
    turn_to(opened)
    opened.engine.sources.leave()
    QApplication.processEvents()
    assert looks == [1]


def test_a_folder_that_is_gone_is_told_once_and_the_project_stays_usable(qtbot, opened, folder, impatient):
    away = folder.with_name("away")
    folder.rename(away)
    text = turn_to_and_wait(qtbot, opened)
    assert "does not exist" in text
    assert "What was imported of it is here as before." in text
    assert opened.window.state == WindowState.READY
    assert pictures(opened) == 12
    dismiss(opened)
    assert turn_to_and_wait(qtbot, opened) == ""
    away.rename(folder)
    assert turn_to_and_wait(qtbot, opened) == ""
    folder.rename(away)
    assert "does not exist" in turn_to_and_wait(qtbot, opened)
    away.rename(folder)
    QTest.mouseClick(button(opened.window, "Try again"), LEFT)
    qtbot.waitUntil(lambda: not opened.window.messages.isVisible(), timeout=SECONDS)


def test_a_folder_that_goes_away_during_the_import_can_be_tried_again(qtbot, app, tmp_path, monkeypatch):
    monkeypatch.setattr("training.importer.REPORT_SECONDS", 0)  # each picture is told of
    folder, away = tmp_path / "discs", tmp_path / "away"
    write_pictures(folder, 600)

    def unplug(progress):
        if progress.used >= FEWEST_PICTURES and folder.exists():
            folder.rename(away)

    app.engine.import_progress.connect(unplug, Qt.ConnectionType.DirectConnection)
    drop(app, folder)
    wait_for(qtbot, app, WindowState.READY)
    app.engine.import_progress.disconnect(unplug)
    kept = pictures(app)
    assert 8 <= kept < 600
    assert "went away while its pictures were being read" in app.window.messages.text
    assert f"{kept} pictures are kept" in app.window.messages.text

    click(qtbot, app, "Try again")  # too early
    qtbot.waitUntil(lambda: "does not exist" in app.window.messages.text, timeout=SECONDS)
    assert pictures(app) == kept
    away.rename(folder)
    click(qtbot, app, "Try again")
    qtbot.waitUntil(lambda: app.window.state == WindowState.READY and pictures(app) == 600, timeout=SECONDS)
    assert not app.window.messages.isVisible()
