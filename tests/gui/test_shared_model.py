"""Models to share in the window: saved, opened, explored, gone on with; and files that are none."""

import shutil

import numpy as np
import pytest
from hands import (
    LEFT,
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
from hearing import SECONDS, told
from pictures import write_pictures
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel
from shared_models import small_model

from training.importer import import_folder
from training.project import Project, default_project_path
from training.run import Run, latest_run
from training.sharing import share
from training.vae_file import read_vae, write_vae
from vae_desktop.dropping import DropFrame
from vae_desktop.main_window import WindowState


@pytest.fixture(scope="module")
def shared_once(trained_once, tmp_path_factory):
    path = tmp_path_factory.mktemp("shared") / "discs.vae"
    with Project.open(trained_once, write=False) as project:
        share(project, path, "My discs")
    return path


@pytest.fixture
def shared_file(shared_once, tmp_path):
    """A model of 40 pictures at 32 pixels in colour, in a file of one's own."""
    return shutil.copy(shared_once, tmp_path / "discs.vae")


@pytest.fixture
def exploring(qtbot, app, shared_file):
    """The program with a shared model on its plane."""
    with told(qtbot, app.engine, "backdrop"):
        drop(app, shared_file)
        wait_for_plane(qtbot, app, 40)
    return app


def texts(widget):
    return [each.text() for each in widget.findChildren(QLabel) if each.isVisible()]


# --- opening and exploring ----------------------------------------------------------------------------------


def test_a_dropped_model_is_explored_without_its_pictures(qtbot, exploring):
    app = exploring
    assert app.window.state == WindowState.SHARED
    assert app.window.windowTitle().startswith("My discs")
    seen = drag(qtbot, app, (1.5, 1.0), (-1.5, -1.0))
    assert differ(*seen)
    library = " ".join(texts(app.window.library))
    for words in ("My discs", "without its pictures", "40 pictures, 10 epochs", "32×32 pixels in colour"):
        assert words in library
    assert not app.window.library.pictures.isVisible()
    assert "Nearest of yours" not in texts(app.window.decoding)
    assert not problem(app)


def test_its_dots_show_their_posteriors_and_can_be_gone_to(qtbot, exploring, shared_file):
    app, shared = exploring, read_vae(shared_file)
    plane = app.window.plane
    inner = int(np.argmin(np.hypot(*(shared.posteriors.means - (0.7, 0.7)).T)))
    place = at(app, *map(float, shared.posteriors.means[inner]))
    before = plane.grab().toImage()
    move = QMouseEvent(
        QMouseEvent.Type.MouseMove,
        QPointF(place),
        plane.mapToGlobal(QPointF(place)),
        Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(plane, move)
    assert plane.grab().toImage() != before  # the ellipse
    with told(qtbot, app.engine, "decoded"):
        QTest.mouseDClick(plane, LEFT, Qt.KeyboardModifier.NoModifier, place)
    at_handle = np.array(plane.handles[plane.active_handle])
    nearest = np.abs(shared.posteriors.means - at_handle).sum(axis=1).min()
    assert nearest < 1e-5
    assert not problem(app)


def test_a_picture_that_a_shared_model_draws_is_saved(qtbot, exploring, tmp_path):
    action(exploring, "Save picture…").trigger()
    answer_save_dialog(qtbot, exploring, tmp_path / "drawn.png")
    assert (tmp_path / "drawn.png").stat().st_size > 0
    assert not action(exploring, "Save model to share…").isEnabled()


def test_a_model_given_at_the_start_is_opened_and_is_there_again_at_the_next(qtbot, start_app, shared_file):
    app = start_app(shared_file)
    assert app.window.state == WindowState.SHARED
    assert "Opening the model…" in texts(app.window.library)
    wait_for_plane(qtbot, app, 40)
    app.window.close()
    again = start_app()
    wait_for_plane(qtbot, again, 40)
    assert again.window.windowTitle().startswith("My discs")
    again.window.close()
    shared_file.unlink()
    without = start_app()
    qtbot.waitUntil(lambda: without.window.state == WindowState.EMPTY)
    assert not problem(without)
    assert not without.settings.recent()


def test_a_model_given_by_a_path_from_here_is_found_from_elsewhere(
    qtbot, start_app, shared_file, monkeypatch
):
    monkeypatch.chdir(shared_file.parent)
    app = start_app(shared_file.name)
    wait_for_plane(qtbot, app, 40)
    assert app.settings.last_project == str(shared_file)
    assert [recent.path for recent in app.settings.recent()] == [str(shared_file)]


def test_a_model_that_is_still_being_opened_can_be_closed(qtbot, start_app, shared_file):
    app = start_app(shared_file)
    with told(qtbot, app.engine, "shared_read"):
        qtbot.waitUntil(lambda: "Opening discs.vae" in app.window.statusBar().currentMessage())
        action(app, "Close project").trigger()
        assert app.window.state == WindowState.EMPTY
        assert not app.window.statusBar().currentMessage()
    QApplication.processEvents()
    assert app.window.state == WindowState.EMPTY
    assert (on_plane(app), shown(app)) == (0, None)
    assert not app.settings.last_project


def test_a_model_is_chosen_closed_and_opened_again_from_the_recent_ones(qtbot, app, shared_file, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_args: (str(shared_file), ""))
    action(app, "Open model…").trigger()
    wait_for_plane(qtbot, app, 40)
    action(app, "Close project").trigger()
    assert app.window.state == WindowState.EMPTY
    assert (on_plane(app), shown(app)) == (0, None)
    assert not app.settings.last_project
    open_recent(qtbot, app, "My discs")
    wait_for_plane(qtbot, app, 40)


def test_a_project_and_a_model_take_each_others_place(qtbot, exploring, trained, shared_file):
    app = exploring
    drop(app, trained)
    wait_for_plane(qtbot, app, 40)
    assert app.window.state == WindowState.TRAINED
    assert app.window.library.pictures.isVisible()
    qtbot.waitUntil(lambda: "Nearest of yours" in texts(app.window.decoding), timeout=SECONDS)
    with told(qtbot, app.engine, "shared_read"):
        drop(app, shared_file)
    wait_for(qtbot, app, WindowState.SHARED)
    wait_for_plane(qtbot, app, 40)
    assert "Nearest of yours" not in texts(app.window.decoding)
    Project.open(trained, write=True).close()  # nobody holds it


def test_a_model_opened_in_the_middle_of_a_training_ends_and_keeps_it(qtbot, app, untrained, shared_file):
    app.open_project(str(untrained))
    with told(qtbot, app.engine, "epoch_finished"):
        click(qtbot, app, "Train")
    drop(app, shared_file)
    wait_for(qtbot, app, WindowState.SHARED)
    wait_for_plane(qtbot, app, 40)
    with Project.open(untrained, write=True) as project:
        assert latest_run(project.runs_folder).history()


def test_a_file_that_turns_out_good_too_late_opens_nothing(qtbot, app, shared_file, untrained):
    with told(qtbot, app.engine, "shared_read"):
        drop(app, shared_file)
        app.open_project(str(untrained))
    assert app.window.state == WindowState.READY
    assert on_plane(app) == 0


def test_the_frame_says_what_letting_go_would_open(app, shared_file, tmp_path):
    frame = app.window.findChild(DropFrame)
    for path, word in ((shared_file, "model"), (tmp_path, "folder")):
        drop(app, path, let_go=False)
        assert frame.accessibleName() == f"Let go to open this {word}"


# --- files that are none ------------------------------------------------------------------------------------


@pytest.fixture
def bad_files(tmp_path, shared_file):
    content = shared_file.read_bytes()
    files = {"cut.vae": content[:-9], "text.vae": b"hello" * 99, "more.vae": content + b"!"}
    for name, bad in files.items():
        (tmp_path / name).write_bytes(bad)
    write_vae(tmp_path / "strange.vae", small_model())  # whole, but its weights make no network
    write_vae(tmp_path / "line.vae", small_model(latent_dim=1))
    return [tmp_path / name for name in (*files, "strange.vae", "line.vae")]


def test_bad_files_are_told_and_the_window_stays_as_it_was(qtbot, app, trained, bad_files):
    for path in bad_files:
        with told(qtbot, app.engine, "shared_failed"):
            drop(app, path)
        qtbot.waitUntil(lambda: bool(problem(app)), timeout=SECONDS)
        assert app.window.state == WindowState.EMPTY
        app.window.welcome.clear_problem()
    app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    for path in bad_files:
        app.window.messages.clear()
        drop(app, path)
        qtbot.waitUntil(lambda: bool(problem(app)), timeout=SECONDS)
        assert app.window.state == WindowState.TRAINED
        assert on_plane(app) == 40
    assert app.settings.last_project == str(trained)


def test_a_bad_file_does_not_take_the_place_of_a_good_one(qtbot, exploring, bad_files):
    drop(exploring, bad_files[0])
    qtbot.waitUntil(lambda: "cut short" in problem(exploring), timeout=SECONDS)
    assert exploring.window.state == WindowState.SHARED
    assert on_plane(exploring) == 40


def test_a_bad_file_at_the_start_leads_to_the_first_page(qtbot, start_app, bad_files):
    app = start_app(bad_files[0])
    assert app.window.state == WindowState.SHARED
    wait_for(qtbot, app, WindowState.EMPTY)
    assert "cut short" in problem(app)


# --- saving -------------------------------------------------------------------------------------------------


def test_a_project_is_saved_to_share_and_opens_on_another_computer(qtbot, app, trained, tmp_path):
    assert not action(app, "Save model to share…").isEnabled()
    app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    with told(qtbot, app.engine, "shared_saved"):
        action(app, "Save model to share…").trigger()
        answer_save_dialog(qtbot, app, tmp_path / "given away")
    qtbot.waitUntil(lambda: "Saved given away.vae" in app.window.messages.text, timeout=SECONDS)
    assert "not the pictures" in app.window.messages.text
    assert read_vae(tmp_path / "given away.vae").about.title == "source"
    drop(app, tmp_path / "given away.vae")
    wait_for(qtbot, app, WindowState.SHARED)
    wait_for_plane(qtbot, app, 40)


def test_a_place_that_cannot_be_written_to_is_told(qtbot, app, trained, tmp_path):
    app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    (tmp_path / "taken.vae").mkdir()
    app.engine.files.save_shared(app.project, tmp_path / "taken.vae")
    qtbot.waitUntil(lambda: "cannot be saved" in problem(app), timeout=SECONDS)
    action(app, "Save model to share…").trigger()
    longest = tmp_path / ("x" * 250 + ".vae")  # no room for the letters that a temporary file needs
    answer_save_dialog(qtbot, app, longest)
    qtbot.waitUntil(lambda: "could not be written" in problem(app), timeout=SECONDS)
    assert "Saving" not in app.window.statusBar().currentMessage()


# --- going on -----------------------------------------------------------------------------------------------


def test_a_shared_model_goes_on_learning_with_a_folder_of_pictures(
    qtbot, exploring, shared_file, tmp_path, monkeypatch
):
    app, source = exploring, tmp_path / "my discs"
    write_pictures(source, 30, 48, seed=3)
    with Project.create(default_project_path(source), source) as project:
        import_folder(project)  # at their own size, before
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(source))
    with told(qtbot, app.engine, "epoch_finished"):
        click(qtbot, app, "Continue with pictures…")
    assert app.window.state == WindowState.TRAINING
    assert app.window.windowTitle().startswith("my discs")
    assert "read anew in 32×32 pixels in colour" in app.window.messages.text
    assert app.window.library.pictures.isVisible()
    with told(qtbot, app.engine, "model_loaded"):
        click(qtbot, app, "Stop and keep")
    wait_for_plane(qtbot, app, 30)
    assert button(app.window.training, "Train more").isVisible()
    app.close_project()
    with Project.open(default_project_path(source), write=False) as project:
        run = latest_run(project.runs_folder)
        assert run.begins_from_weights()
        assert Run.open(run.path).model == read_vae(shared_file).about.model
        assert project.image_format == read_vae(shared_file).about.image_format


def test_without_a_folder_it_stays_as_it_is(qtbot, exploring, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    for folder in ("", str(tmp_path / "empty")):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args, folder=folder: folder)
        click(qtbot, exploring, "Continue with pictures…")
        assert exploring.window.state == WindowState.SHARED
        assert on_plane(exploring) == 40
    assert "is empty" in problem(exploring)


def test_a_training_that_a_cancelled_import_should_have_begun_is_not_begun(
    qtbot, exploring, tmp_path, monkeypatch
):
    app, source = exploring, tmp_path / "many"
    write_pictures(source, 300)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: str(source))
    click(qtbot, app, "Continue with pictures…")
    assert app.window.state == WindowState.IMPORTING
    click(qtbot, app, "Cancel")
    qtbot.waitUntil(lambda: app.window.state != WindowState.IMPORTING, timeout=SECONDS)
    assert app.window.state in (WindowState.EMPTY, WindowState.READY)
    app.open_folder(str(source))
    wait_for(qtbot, app, WindowState.READY)
