"""The program as a person meets it: real window, real engine, real training of tiny pictures."""

import json
import os
import sys
import threading
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hands import (
    LEFT,
    NONE,
    action,
    answer_save_dialog,
    at,
    button,
    click,
    differ,
    drag,
    drop,
    on_plane,
    open_recent,
    problem,
    shown,
    wait_for,
    wait_for_plane,
)
from hearing import SECONDS, falls_silent, told
from pictures import write_pictures
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication

from training.config import TrainConfig
from training.posteriors import Posteriors
from training.project import Project, default_project_path, is_project
from training.run import POSTERIORS_FILE, latest_run
from vae_desktop.engine import Engine
from vae_desktop.main_window import WindowState
from vae_desktop.settings import RecentProject


def is_free(project):
    """Whether another program could open the project for writing; raises VaeError when not."""
    Project.open(project, write=True).close()
    return True


def history(project):
    return latest_run(Path(project) / "runs").history()


def still_works(qtbot, app, project):
    """The window can be used: it opens a project, and shows it."""
    app.open_project(str(project))
    assert app.window.state in (WindowState.READY, WindowState.TRAINED)
    assert not problem(app)


# --- from a folder to a plane that is explored --------------------------------------------------------------


def test_a_dropped_folder_is_imported_learned_and_explored_while_it_learns(qtbot, app, tmp_path):
    write_pictures(tmp_path / "discs", 24)
    drop(app, tmp_path / "discs")
    assert app.window.state == WindowState.IMPORTING
    wait_for(qtbot, app, WindowState.READY)
    assert app.window.windowTitle().startswith("discs")
    thumbnails = app.window.library.pictures.model()
    assert thumbnails.rowCount() == 24
    first = thumbnails.index(0, 0).data(Qt.ItemDataRole.DecorationRole)
    assert isinstance(first, QPixmap)
    assert first.width() == 32

    with told(qtbot, app.engine, "backdrop"):
        click(qtbot, app, "Train")
    wait_for_plane(qtbot, app, 24)
    seen = drag(qtbot, app, (1.5, 1.0), (-1.5, -1.0), (1.5, -1.0))
    assert app.window.state == WindowState.TRAINING
    assert differ(seen[0], seen[1])
    assert differ(seen[1], seen[2])
    with told(qtbot, app.engine, "epoch_finished"):
        pass  # it goes on after the drag


def test_a_dropped_project_is_opened_as_it_was_left(qtbot, app, trained):
    drop(app, trained)
    assert app.window.state == WindowState.TRAINED
    wait_for_plane(qtbot, app, 40)


def test_a_training_is_paused_resumed_stopped_and_taken_up_again(qtbot, app, untrained):
    app.open_project(str(untrained))
    with told(qtbot, app.engine, "epoch_finished"):
        click(qtbot, app, "Train")

    click(qtbot, app, "Pause")
    assert app.window.state == WindowState.PAUSED
    assert falls_silent(qtbot, app.engine, "epoch_finished")
    with told(qtbot, app.engine, "epoch_finished"):
        click(qtbot, app, "Resume")
    assert app.window.state == WindowState.TRAINING

    with told(qtbot, app.engine, "model_loaded"):
        click(qtbot, app, "Stop and keep")
    assert app.window.state == WindowState.TRAINED
    first = history(untrained)
    assert first
    # A stop keeps the training and still finds out where every picture lies.
    assert (latest_run(untrained / "runs").path / POSTERIORS_FILE).is_file()
    wait_for_plane(qtbot, app, 24)

    with told(qtbot, app.engine, "trained"):
        app.train(4 / 60)  # a minute is the shortest on offer
    more = history(untrained)
    assert len(list((untrained / "runs").iterdir())) == 1
    assert more[: len(first)] == first
    assert [record.epoch for record in more] == list(range(1, len(more) + 1))
    assert len(more) > len(first)
    wait_for(qtbot, app, WindowState.TRAINED)


def test_quitting_while_it_trains_saves_and_the_next_start_goes_on(qtbot, start_app, untrained):
    app = start_app(untrained)
    wait_for(qtbot, app, WindowState.READY)
    with told(qtbot, app.engine, "epoch_finished", lambda record: record.epoch == 2):
        click(qtbot, app, "Train")
    app.window.close()
    before = history(untrained)
    assert is_free(untrained)

    again = start_app()
    with told(qtbot, again.engine, "epoch_finished") as epoch:
        pass
    assert again.window.state == WindowState.TRAINING
    assert again.window.messages.text.startswith("The training goes on")
    assert epoch[0].epoch == before[-1].epoch + 1
    again.window.close()
    assert history(untrained)[: len(before)] == before


def test_a_project_that_cannot_be_taken_up_again_does_not_make_the_next_one_train(
    qtbot, start_app, settings, trained, untrained
):
    settings.save_session(str(untrained), training=True)
    with Project.open(untrained, write=True):
        app = start_app()
        qtbot.waitUntil(lambda: "another program" in app.window.access.text, timeout=SECONDS)
        wait_for(qtbot, app, WindowState.READY)  # to look at, without a training
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(trained))
    assert app.window.state == WindowState.TRAINED


def test_a_training_that_kills_the_program_is_not_taken_up_at_every_start(
    qtbot, start_app, settings, trained, monkeypatch
):
    settings.save_session(str(trained), training=True)
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "train", lambda *_args, **_kwargs: None)  # it never comes to its first step
        app = start_app()
        wait_for(qtbot, app, WindowState.TRAINING)
        assert not settings.resume_training  # what a start after a crash would find
    app.close_project()
    app.open_project(str(trained))
    with told(qtbot, app.engine, "training_progress"):
        click(qtbot, app, "Train more")
    assert settings.resume_training


def test_a_closed_project_is_free_and_opens_again_from_the_recent_ones(qtbot, app, trained):
    app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    epochs = history(trained)
    action(app, "Close project").trigger()
    assert app.window.state == WindowState.EMPTY
    assert (on_plane(app), shown(app)) == (0, None)
    assert is_free(trained)
    assert not app.settings.last_project

    open_recent(qtbot, app, "source")
    assert app.window.state == WindowState.TRAINED
    wait_for_plane(qtbot, app, 40)
    assert history(trained) == epochs


def test_nothing_of_a_project_left_in_the_middle_of_its_training_reaches_the_next_one(
    qtbot, app, untrained, trained
):
    app.open_project(str(untrained))
    click(qtbot, app, "Train")
    wait_for_plane(qtbot, app, 24)

    def tell():
        app.engine.positions.emit(np.arange(24), Posteriors(*np.ones((2, 24, 2), np.float32)))
        app.engine.import_failed.emit("trouble with the other project")

    late = threading.Thread(target=tell)
    late.start()
    late.join()  # both are on their way to the window now
    app.open_project(str(trained))
    QApplication.processEvents()
    assert app.window.state == WindowState.TRAINED
    assert on_plane(app) in (0, 40)
    wait_for_plane(qtbot, app, 40)
    assert is_free(untrained)
    assert not problem(app)


# --- exploring ----------------------------------------------------------------------------------------------


@pytest.fixture
def exploring(qtbot, app, trained):
    """The program with the trained project on its plane."""
    app.open_project(str(trained))
    with told(qtbot, app.engine, "backdrop"):
        wait_for_plane(qtbot, app, 40)
    return app


def test_two_handles_show_a_picture_each(qtbot, exploring):
    app = exploring
    drag(qtbot, app, (-1.5, 1.0))
    with told(qtbot, app.engine, "decoded"):
        QTest.mouseClick(app.window.plane, LEFT, Qt.KeyboardModifier.ControlModifier, at(app, 1.5, -1.0))
    second = shown(app)
    assert len(app.window.plane.handles) == 2
    squares = [
        each
        for each in app.window.decoding.findChildren(QAbstractButton)
        if each.accessibleName().startswith("Handle ") and each.isVisible()
    ]
    assert len(squares) == 2
    QTest.mouseClick(squares[0], LEFT)
    first = shown(app)
    assert differ(first, second)
    (moved,) = drag(qtbot, app, (-0.5, -1.0))
    assert differ(moved, first)
    QTest.mouseClick(squares[1], LEFT)
    np.testing.assert_array_equal(shown(app), second)


def names_of_buttons(app):
    return [each.accessibleName() for each in app.window.decoding.findChildren(QAbstractButton)]


def test_a_click_in_the_library_moves_the_handle_to_that_picture(qtbot, exploring):
    app = exploring
    grid, plane = exploring.window.library.pictures, exploring.window.plane
    before = plane.handles[plane.active_handle]
    for number in (5, 2):
        place = grid.visualRect(grid.model().index(number, 0)).center()
        with told(qtbot, app.engine, "decoded") as decoded:
            QTest.mouseClick(grid.viewport(), LEFT, NONE, place)
        assert plane.handles[plane.active_handle] != before
        assert decoded[0].point == plane.handles[plane.active_handle]
        nearest = f"Nearest of yours: {number:05d}.png"
        qtbot.waitUntil(lambda nearest=nearest: nearest in names_of_buttons(app), timeout=SECONDS)


def test_a_click_on_a_picture_that_is_not_followed_now_says_so_and_moves_nothing(qtbot, exploring):
    app = exploring
    grid, plane = app.window.library.pictures, app.window.plane
    some = np.array([0, 2, 4], np.int64)  # as while 200,000 pictures are learned
    app.engine.positions.emit(some, Posteriors(*np.ones((2, 3, 2), np.float32)))
    before = plane.handles
    QTest.mouseClick(grid.viewport(), LEFT, NONE, grid.visualRect(grid.model().index(1, 0)).center())
    assert plane.handles == before
    assert "after the training" in app.window.statusBar().currentMessage()


def save_picture_as(qtbot, app, path):
    action(app, "Save picture…").trigger()
    answer_save_dialog(qtbot, app, path)


def test_a_picture_is_saved_under_a_name_without_a_suffix_too(qtbot, exploring, tmp_path):
    save_picture_as(qtbot, exploring, tmp_path / "mine")
    assert QPixmap(str(tmp_path / "mine.png")).size() == exploring.window.decoding.current_image().size()
    save_picture_as(qtbot, exploring, tmp_path / "mine.webp")
    assert (tmp_path / "mine.webp").exists()
    assert not problem(exploring)


def test_a_picture_that_cannot_be_saved_says_so(qtbot, exploring, tmp_path):
    save_picture_as(qtbot, exploring, tmp_path / "mine.nonsense")
    assert "could not be written" in problem(exploring)


# --- imports that end early ---------------------------------------------------------------------------------


def test_cancelling_an_import_at_once_goes_back_to_the_first_page(qtbot, app, untrained, tmp_path):
    folder = tmp_path / "many"
    write_pictures(folder, 200)
    drop(app, folder)
    click(qtbot, app, "Cancel")
    qtbot.waitUntil(lambda: app.window.state == WindowState.EMPTY, timeout=5_000)
    assert is_free(default_project_path(folder))
    still_works(qtbot, app, untrained)


def test_a_cancelled_import_keeps_what_was_read_and_goes_on_later(qtbot, app, tmp_path):
    folder = tmp_path / "many"
    paths = write_pictures(folder, 10)
    picture = paths[0].read_bytes()
    for number in range(3000):  # no two the same file, but quickly written
        (folder / f"copy-{number}.png").write_bytes(picture + number.to_bytes(4, "big"))

    def cancel(progress):
        if progress.used:
            button(app.window, "Cancel").click()

    app.engine.import_progress.connect(cancel)
    drop(app, folder)
    wait_for(qtbot, app, WindowState.READY)
    app.engine.import_progress.disconnect(cancel)
    kept = app.window.library.pictures.model().rowCount()
    assert 0 < kept < 3010
    assert f"{kept:,} pictures kept" in app.window.messages.text

    drop(app, folder)
    wait_for(qtbot, app, WindowState.READY)
    assert app.window.library.pictures.model().rowCount() == 3010


def test_an_import_cut_short_by_quitting_goes_on_at_the_next_start(qtbot, start_app, tmp_path):
    write_pictures(tmp_path / "discs", 60)
    app = start_app(tmp_path / "discs")
    qtbot.waitUntil(lambda: is_project(default_project_path(tmp_path / "discs")), timeout=SECONDS)
    app.window.close()
    assert is_free(default_project_path(tmp_path / "discs"))

    again = start_app()
    wait_for(qtbot, again, WindowState.IMPORTING)
    wait_for(qtbot, again, WindowState.READY)
    assert again.window.library.pictures.model().rowCount() == 60


class QuitAtFirstPaint(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, watched.close)
        return False


def test_a_program_quit_as_soon_as_it_is_painted_begins_nothing(qtbot, start_app, tmp_path):
    write_pictures(tmp_path / "discs", 24)
    app = start_app(tmp_path / "discs")
    quitting = QuitAtFirstPaint()
    app.window.installEventFilter(quitting)
    qtbot.waitUntil(lambda: not app.window.isVisible())
    QApplication.processEvents()
    assert not default_project_path(tmp_path / "discs").exists()


# --- what goes wrong is told in the window, which goes on working -------------------------------------------


def empty_folder(folder):
    folder.mkdir()


def only_texts(folder):
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.txt").write_text("no picture")


def one_picture(folder):
    write_pictures(folder, 1)


def a_file(folder):
    folder.write_text("no folder")


@pytest.mark.parametrize(
    "case",
    [
        (empty_folder, "is empty"),
        (only_texts, "None of the 3 files"),
        (one_picture, "Only 1 picture was found"),
        (a_file, "single file"),
    ],
)
def test_a_drop_that_cannot_be_learned_says_why(qtbot, app, untrained, tmp_path, case):
    make, expected = case
    make(tmp_path / "dropped")
    drop(app, tmp_path / "dropped")
    qtbot.waitUntil(lambda: expected in problem(app), timeout=SECONDS)
    assert app.window.state == WindowState.EMPTY
    assert not default_project_path(tmp_path / "dropped").exists()
    still_works(qtbot, app, untrained)


def test_a_project_stays_when_its_folder_has_no_pictures_any_more(qtbot, app, tmp_path):
    paths = write_pictures(tmp_path / "discs", 24)
    drop(app, tmp_path / "discs")
    wait_for(qtbot, app, WindowState.READY)
    for path in paths[1:]:
        path.unlink()
    drop(app, tmp_path / "discs")
    qtbot.waitUntil(lambda: "Only 1 picture" in problem(app), timeout=SECONDS)
    assert is_project(default_project_path(tmp_path / "discs"))


def test_a_folder_that_may_not_be_read_says_so(qtbot, app, untrained, tmp_path):
    folder = tmp_path / "locked"
    write_pictures(folder, 9)
    folder.chmod(0)
    if os.access(folder, os.R_OK):
        folder.chmod(0o700)
        pytest.skip("this user may read everything")
    drop(app, folder)
    assert "permission" in problem(app)
    folder.chmod(0o700)
    still_works(qtbot, app, untrained)


def newer(project):
    data = json.loads((project / "project.json").read_text())
    (project / "project.json").write_text(json.dumps(data | {"format": 99}))


def torn(project):
    (project / "project.json").write_text('{"format": 1, "sou')


def without_index(project):
    (project / "index.sqlite").write_bytes(b"not a database, whatever its name says" * 9)


@pytest.mark.parametrize(
    "case",
    [
        (newer, "newer version"),
        (torn, "damaged"),
        (without_index, "index cannot be used"),
    ],
)
def test_a_project_that_cannot_be_opened_says_why(qtbot, app, trained, untrained, case):
    harm, expected = case
    harm(untrained)
    app.settings.add_recent(RecentProject(str(untrained), "source", ""))
    app.window.refresh_recent()
    open_recent(qtbot, app, "source")
    assert expected in problem(app)
    assert app.window.state == WindowState.EMPTY
    still_works(qtbot, app, trained)


def test_the_open_project_that_cannot_be_opened_again_says_why(qtbot, app, trained, untrained):
    app.open_project(str(untrained))
    torn(untrained)
    drop(app, untrained)
    assert "damaged" in problem(app)
    assert app.window.state == WindowState.EMPTY
    still_works(qtbot, app, trained)


def test_a_project_that_vanished_while_the_window_was_open_says_so(qtbot, app, trained, untrained):
    app.settings.add_recent(RecentProject(str(untrained), "source", ""))
    app.window.refresh_recent()
    untrained.rename(untrained.with_name("elsewhere"))
    open_recent(qtbot, app, "source")
    assert "is not a VAE Desktop project" in problem(app)
    still_works(qtbot, app, trained)


def test_a_project_of_a_newer_version_says_so_and_leaves_the_open_one_as_it_is(qtbot, exploring, untrained):
    (untrained / "project.json").write_text('{"format": 99, "source": "/"}')
    exploring.open_project(str(untrained))
    assert "newer version" in problem(exploring)
    assert exploring.window.state == WindowState.TRAINED
    assert on_plane(exploring) == 40


def test_an_unknown_sample_says_so(qtbot, start_app):
    app = start_app(sample="nonsense")
    qtbot.waitUntil(lambda: "nonsense" in problem(app), timeout=SECONDS)


@pytest.mark.parametrize("colour", [False, True])
def test_damaged_pixels_are_told_and_neither_the_library_nor_a_training_break(
    qtbot, app, trained, untrained, colour
):
    project = trained if colour else untrained
    (shard,) = (project / "pixels").glob("*.npy")
    shard.write_bytes(shard.read_bytes()[:200])
    app.open_project(str(project))
    qtbot.waitUntil(lambda: "missing or damaged" in problem(app), timeout=SECONDS)
    assert app.window.library.pictures.model().rowCount() == (40 if colour else 24)
    app.window.messages.clear()
    with told(qtbot, app.engine, "training_failed"):
        qtbot.waitUntil(action(app, "Train more" if colour else "Train").isEnabled, timeout=SECONDS)
        app.train(1.0)
    assert "missing or damaged" in problem(app)
    assert not app.window.state.is_running


def test_a_training_that_diverges_says_so_and_keeps_the_last_good_weights(qtbot, app, untrained, monkeypatch):
    monkeypatch.setattr("vae_desktop.training_order.TrainConfig", partial(TrainConfig, learning_rate=100.0))
    monkeypatch.setattr("training.fit.SMALLER_STEP", 1.0)  # else it would find a rate that suits
    app.open_project(str(untrained))
    with told(qtbot, app.engine, "model_loaded"):
        click(qtbot, app, "Train")
    assert "out of all bounds" in problem(app)
    assert app.window.state == WindowState.TRAINED
    wait_for_plane(qtbot, app, 24)


def test_a_tensorflow_that_cannot_be_loaded_is_told(qtbot, app, monkeypatch, caplog):
    monkeypatch.setitem(sys.modules, "training.fit", None)
    qtbot.waitUntil(lambda: "training.fit" in problem(app), timeout=SECONDS)
    assert "ImportError" in caplog.text or "ModuleNotFoundError" in caplog.text
