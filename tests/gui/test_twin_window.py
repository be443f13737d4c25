"""Two planes side by side, in the whole program: trained in turns, linked, ended cleanly."""

import shutil
import threading

import numpy as np
import pytest
from hands import action, button, wait_for
from hearing import SECONDS, told
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QRadioButton, QSpinBox

from training.config import TrainConfig
from training.errors import VaeError
from training.project import Project
from training.run import Run, run_folders
from vae_desktop.main_window import WindowState

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
LANES = {"twin", "twins"}


@pytest.fixture(scope="session")
def twins_once(trained_once, tmp_path_factory):
    from training.fit import train
    from training.runs import start_run

    path = tmp_path_factory.mktemp("twins") / "project"
    shutil.copytree(trained_once, path)
    with Project.open(path, write=True) as project:
        train(project, start_run(project, TrainConfig(epochs=6), objective="autoencoder"))
    return path


@pytest.fixture
def both(twins_once, tmp_path):
    """A project of one's own with 40 pictures, a VAE and an autoencoder."""
    return shutil.copytree(twins_once, tmp_path / "both")


def lanes():
    return [thread.name for thread in threading.enumerate() if thread.name in LANES]


def opened(qtbot, app, project, state):
    app.open_project(str(project))
    wait_for(qtbot, app, state)
    qtbot.waitUntil(app.window.action("twins").isEnabled, timeout=SECONDS)
    return app


def open_twins(qtbot, app):
    app.window.action("twins").trigger()
    return shown_twins(qtbot, app)


def shown_twins(qtbot, app):
    twins = app.companions.twins.twins
    twins.window.resize(1200, 760)
    qtbot.waitExposed(twins.window)
    return twins


def drawn(twins):
    """The pictures at both handles; None where there is none."""
    return [view.drawn for view in twins.window.views]


def both_drawn(twins):
    return all(plane.has_handle for plane in twins.planes) and None not in drawn(twins)


@pytest.fixture
def explored(qtbot, app, both):
    """The window on the two trained runs, with all that it shows."""
    opened(qtbot, app, both, WindowState.TRAINED)
    runs = run_folders(app.project.runs_folder)
    app.window.runs.explore_requested.emit(runs[0], runs[1])
    twins = shown_twins(qtbot, app)
    qtbot.waitUntil(lambda: both_drawn(twins) and len(twins.planes[0].where.numbers) == 40, timeout=SECONDS)
    return twins


def pixel(plane, place):
    x, y = plane.view.plane.view.to_screen(*place)
    return QPoint(round(x), round(y))


def drag(qtbot, twins, side, *places):
    """Drag a side's handle with the mouse through places of its plane."""
    plane = twins.planes[side]
    widget = plane.view.plane
    QTest.mousePress(widget, LEFT, NONE, pixel(plane, widget.handles[1]))
    for place in places:
        QTest.mouseMove(widget, pixel(plane, place))
    QTest.mouseRelease(widget, LEFT, NONE, pixel(plane, places[-1]))


def radio(twins, text):
    (found,) = (
        each for each in twins.window.findChildren(QRadioButton) if text in each.text().replace("&", "")
    )
    return found


def far_picture(plane):
    """A picture away from the handle, and by itself, so that it is the one that a handle snaps to."""
    where = plane.where
    for row in np.argsort(-np.linalg.norm(where.means - np.array(plane.latent), axis=1)).tolist():
        alone = where.surroundings.nearest(where.means[row], but=row)[1]
        if alone > 12 / plane.view.plane.view.scale:
            return int(where.numbers[row]), tuple(where.means[row].tolist())
    raise AssertionError("no picture lies by itself")


def test_a_drag_to_a_picture_puts_both_handles_exactly_on_it_and_draws_both_anew(qtbot, explored):
    one, other = explored.planes
    number, place = far_picture(one)
    before = drawn(explored)
    drag(qtbot, explored, 0, (0.0, 0.0), place)
    assert one.picture == other.picture == number
    assert one.latent == one.where.latent_of(number)
    assert other.latent == other.where.latent_of(number)
    qtbot.waitUntil(
        lambda: all(a != b for a, b in zip(drawn(explored), before, strict=True)), timeout=SECONDS
    )
    assert all("exactly on a picture" in view.sentence for view in explored.window.views)
    assert explored.window.views[0].sentence in explored.window.views[0].plane.accessibleDescription()
    # The other way round, and between pictures.
    number, place = far_picture(other)
    drag(qtbot, explored, 1, place)
    assert one.picture == number
    way = one.view.plane.view.span * 0.02
    drag(qtbot, explored, 1, (place[0] + way, place[1] + way))
    assert other.picture is None
    assert one.picture is None
    low, high = one.where.means.min(axis=0), one.where.means.max(axis=0)
    assert (low <= one.latent).all(), "it never leaves the ground of the pictures"
    assert (high >= one.latent).all()


def test_at_the_same_place_both_have_the_same_numbers_and_see_the_same(qtbot, explored):
    radio(explored, "same place").click()
    one, other = explored.planes
    assert one.latent == other.latent
    drag(qtbot, explored, 1, (0.4, -0.3))
    assert one.latent == other.latent == pytest.approx((0.4, -0.3), abs=0.05)
    assert one.view.plane.visible_extent() == pytest.approx(other.view.plane.visible_extent())
    turn_wheel(one.view.plane, notches=3)
    assert one.view.plane.visible_extent() == pytest.approx(other.view.plane.visible_extent())
    assert [view.plane.handles[1] for view in explored.window.views] == [one.where.place(1)] * 2
    before = one.latent
    QTest.keyClick(one.view.plane, Qt.Key.Key_Up)
    assert other.latent == one.latent == pytest.approx((before[0], before[1] + 0.05))
    QTest.mouseClick(other.view.plane, LEFT, Qt.KeyboardModifier.ControlModifier, pixel(other, (0.2, 0.2)))
    assert list(other.view.plane.handles) == [1], "there is no second handle"
    assert one.latent == other.latent == pytest.approx((0.2, 0.2), abs=0.05)


def turn_wheel(plane, notches):
    middle = QPointF(plane.width() / 2, plane.height() / 2)
    event = QWheelEvent(
        middle,
        QPointF(plane.mapToGlobal(middle.toPoint())),
        QPoint(),
        QPoint(0, 120 * notches),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plane, event)


def test_of_the_same_picture_both_are_zoomed_by_a_common_factor_from_where_all_is_seen(qtbot, explored):
    wholes = [plane.fitted().span for plane in explored.planes]
    assert [plane.view.plane.view.span for plane in explored.planes] == pytest.approx(wholes)
    turn_wheel(explored.planes[0].view.plane, notches=4)
    seen = [plane.view.plane.view.span / whole for plane, whole in zip(explored.planes, wholes, strict=True)]
    assert seen == pytest.approx([1.2**-4] * 2)
    explored.window.fit_requested.emit()
    assert [plane.view.plane.view.span for plane in explored.planes] == pytest.approx(wholes)


def test_the_compare_window_leads_to_both_planes(qtbot, app, both):
    opened(qtbot, app, both, WindowState.TRAINED)
    runs = run_folders(app.project.runs_folder)
    app.window.runs.compare_requested.emit(runs[0], runs[1])
    button(app.runs._comparing, "Explore both").click()
    assert [view.title for view in app.companions.twins.twins.window.views] == [
        "Training 2: autoencoder",
        "Training 1",
    ]
    assert app.companions.twins.twins.window.bar is None
    app.window.action("twins").trigger()
    assert button(app.companions.twins.twins.window, "Train both").isEnabled()


def test_both_are_trained_for_as_many_steps_while_the_main_window_may_not_train(qtbot, app, untrained):
    opened(qtbot, app, untrained, WindowState.READY)
    twins = open_twins(qtbot, app)
    twins.window.findChild(QSpinBox).setValue(6)
    button(twins.window, "Train both").click()
    app.train(1.0)
    assert app.window.state is WindowState.READY
    assert "side by side" in app.window.messages.text
    qtbot.waitUntil(lambda: not twins.is_training, timeout=SECONDS)
    qtbot.waitUntil(lambda: both_drawn(twins), timeout=SECONDS)
    states = {view.state for view in twins.window.views}
    assert len(states) == 1, "they ended after as many steps"
    assert states.pop().startswith("Trained for ")
    runs = [Run.open(path) for path in run_folders(app.project.runs_folder)]
    assert [run.model.objective for run in runs] == ["vae", "autoencoder"]
    assert {run.last_epoch().epoch for run in runs} == {6}
    assert app.training.run.path == runs[0].path, "the main window shows the newest one now"
    twins.window.close()
    qtbot.waitUntil(lambda: not lanes())
    app.train(1.0)
    wait_for(qtbot, app, WindowState.TRAINING)


def test_closed_amid_the_training_both_are_kept_and_every_thread_ends(qtbot, app, untrained):
    opened(qtbot, app, untrained, WindowState.READY)
    before = threading.active_count()
    twins = open_twins(qtbot, app)
    twins.window.findChild(QSpinBox).setValue(9_999)
    button(twins.window, "Train both").click()
    qtbot.waitUntil(lambda: both_drawn(twins), timeout=SECONDS)
    drag(qtbot, twins, 0, (0.3, 0.3))
    twins.window.close()
    qtbot.waitUntil(lambda: not lanes(), timeout=SECONDS)
    controls = twins.engine._turns.controls
    assert controls[0].steps == controls[1].steps > 0
    runs = [Run.open(path) for path in run_folders(app.project.runs_folder)]
    assert all(run.has_weights() for run in runs)
    assert [run.title for run in app.window.runs._runs] == ["VAE", "Autoencoder"]
    qtbot.waitUntil(lambda: threading.active_count() <= before)


def test_where_one_fails_the_other_ends_and_it_is_said(qtbot, app, untrained, monkeypatch):
    from training import twins as training_twins

    def train(project, run, *arguments, **options):
        if run.model.objective == "autoencoder":
            raise VaeError("No room.")
        return real(project, run, *arguments, **options)

    real = training_twins.train
    opened(qtbot, app, untrained, WindowState.READY)
    twins = open_twins(qtbot, app)
    monkeypatch.setattr(training_twins, "train", train)
    button(twins.window, "Train both").click()
    qtbot.waitUntil(lambda: not twins.is_training and twins.window.messages.text != "", timeout=SECONDS)
    assert "“Autoencoder” failed, so the other one was ended, too." in twins.window.messages.text
    assert button(twins.window, "Train both").isEnabled()


def test_while_the_main_window_trains_nothing_can_be_begun(qtbot, app, untrained):
    opened(qtbot, app, untrained, WindowState.READY)
    with told(qtbot, app.engine, "training_progress"):
        app.train(5.0)
    twins = open_twins(qtbot, app)
    assert not button(twins.window, "Train both").isEnabled()
    assert "main window" in twins.window.messages.text
    action(app, "Stop and keep").trigger()
    wait_for(qtbot, app, WindowState.TRAINED)
    assert button(twins.window, "Train both").isEnabled()
    assert twins.window.messages.text == ""


def test_a_closed_project_takes_its_planes_along(qtbot, app, explored):
    window = explored.window
    app.close_project()
    assert not window.isVisible()
    assert not lanes()
    assert app.companions.twins.twins is None


def test_runs_of_another_number_of_latent_numbers_share_pictures_but_no_places(qtbot, app, both):
    from training.fit import train
    from training.runs import start_run

    with Project.open(both, write=True) as project:
        train(project, start_run(project, TrainConfig(epochs=1), latent_dim=3))
    opened(qtbot, app, both, WindowState.TRAINED)
    runs = run_folders(app.project.runs_folder)
    app.window.runs.explore_requested.emit(runs[0], runs[1])
    twins = shown_twins(qtbot, app)
    qtbot.waitUntil(lambda: both_drawn(twins) and twins.link.knows_both, timeout=SECONDS)
    assert not radio(twins, "same place").isEnabled()
    number = int(twins.planes[1].where.numbers[7])
    twins.planes[1].view.plane.picture_activated.emit(number)
    assert twins.planes[0].picture == twins.planes[1].picture == number
    assert len(twins.planes[0].latent) == 3
