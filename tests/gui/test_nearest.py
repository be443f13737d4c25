"""What stands next to a decoding in the whole program, and pictures around the handle."""

import math
import shutil

import numpy as np
import pytest
from hands import at, drag, problem, shown, wait_for_plane
from hearing import SECONDS, told
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from training.neighbour_features import BASIS_FILE, TABLE_FILE
from vae_desktop.jitter_session import COUNT, FIRST
from vae_desktop.nearest_view import GUESS


@pytest.fixture
def exploring(qtbot, app, trained):
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    wait_for_answer(qtbot, app)
    return app


def wait_for_answer(qtbot, app, check=lambda answer: answer.seen):
    """Wait until what is shown belongs to where the handle is, and passes the check."""
    plane, where, nearest = app.window.plane, app.plane.where, app.explorer.nearest

    def is_there():
        answer = nearest.answer
        is_of_now = answer is not None and answer.question.point == where.latent(plane.active_handle)
        return is_of_now and bool(check(answer))

    qtbot.waitUntil(is_there, timeout=SECONDS)
    return nearest.answer


def rows(app):
    found = app.window.decoding.nearest.findChildren(QAbstractButton)
    return [button for button in found if button.isVisible()]


def test_both_nearest_pictures_are_the_right_ones_and_open_their_folders(
    qtbot, exploring, monkeypatch, trained
):
    app = exploring
    store = app.plane.pictures.store
    drag(qtbot, app, (0.7, -0.4))
    answer = wait_for_answer(qtbot, app)
    pixels = store.read(np.arange(40)).astype(float)
    rms = np.sqrt(np.square(pixels - answer.question.pixels).mean(axis=(1, 2, 3))) / 255
    assert [each.number for each in answer.seen] == np.argsort(rms, kind="stable")[:3].tolist()
    assert answer.seen[0].distance == pytest.approx(rms.min())
    where = app.plane.where
    from_means = np.linalg.norm(where.means - np.array(where.latent(1)), axis=1)
    assert answer.placed == (from_means.argmin(), pytest.approx(from_means.min(), rel=1e-5))
    names = [f"Nearest of yours: {app.plane.pictures.name(n)}" for n in (answer.placed[0], rms.argmin())]
    assert [row.accessibleName() for row in rows(app)] == list(dict.fromkeys(names))
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()) or True)
    QTest.mouseClick(rows(app)[-1], Qt.MouseButton.LeftButton)
    assert opened == [str(app.plane.pictures.path(int(rms.argmin())).parent)]
    assert {TABLE_FILE, BASIS_FILE} <= {file.name for file in trained.iterdir()}


def test_whether_it_is_new_is_told_and_on_a_picture_itself_it_is_no_guess(qtbot, exploring):
    view = exploring.window.decoding.nearest
    exploring.plane.go_to_picture(5)
    answer = wait_for_answer(qtbot, exploring)
    assert not answer.is_guess
    assert answer.novelty is not None
    assert answer.novelty.sentence(held_out=False)[:8] in view.accessibleDescription() or "Very like" in (
        view.accessibleDescription()
    )
    assert GUESS not in view.accessibleDescription()
    assert GUESS not in exploring.window.plane.accessibleDescription()


def test_far_from_all_pictures_the_model_is_said_to_guess(qtbot, exploring):
    exploring.plane.put_handle(1, (3.0, 3.0))
    assert wait_for_answer(qtbot, exploring).is_guess
    assert GUESS in exploring.window.decoding.nearest.accessibleDescription()
    assert GUESS in exploring.window.plane.accessibleDescription()
    exploring.plane.go_to_picture(0)
    wait_for_answer(qtbot, exploring)
    assert GUESS not in exploring.window.plane.accessibleDescription()


def test_another_handle_and_another_project_have_their_own(qtbot, exploring, untrained):
    app = exploring
    app.window.plane.add_handle(1.5, -1.5)
    second = wait_for_answer(qtbot, app)
    assert second.question.handle == 2
    app.window.plane.select_handle(1)
    assert wait_for_answer(qtbot, app).question.handle == 1
    app.open_project(str(untrained))
    assert app.explorer.nearest.answer is None
    assert rows(app) == []


def test_a_damaged_pixel_file_is_told_and_what_the_model_knows_is_still_shown(qtbot, app, trained, caplog):
    shutil.rmtree(trained / "pixels")
    with told(qtbot, app.engine, "decoded"):
        app.open_project(str(trained))
    qtbot.waitUntil(lambda: "missing or damaged" in problem(app), timeout=SECONDS)


def test_nothing_is_looked_for_when_nothing_moves(qtbot, exploring):
    qtbot.wait(500)  # the handles that were kept are decoded, too
    with qtbot.assertNotEmitted(exploring.explorer.nearest.answered, wait=400):
        pass


# ---------------------------------------------------------------------- pictures around the handle


def jitter(app):
    return app.window.decoding.jitter


def test_jitter_draws_around_the_handle_and_stops(qtbot, exploring):
    app = exploring
    asked = {}
    app.engine.decoded.connect(lambda d: asked.setdefault(d.handle, []).append(d.point))
    app.window.action("jitter").trigger()
    assert jitter(app).isVisible()
    qtbot.waitUntil(lambda: len(jitter(app).images()) == COUNT, timeout=SECONDS)
    qtbot.waitUntil(lambda: len(asked.get(FIRST, ())) > 12, timeout=SECONDS)
    where = app.plane.where
    points = np.array([point for place in range(COUNT) for point in asked[FIRST - place]])
    sigma = where.sigmas[where.nearest(1)[0]]
    standard = (points - np.array(where.latent(1))) / sigma
    n = len(standard)
    assert abs(standard.mean(axis=0)).max() < 4 / math.sqrt(n)
    assert standard.std(axis=0) == pytest.approx(1.0, abs=4 / math.sqrt(2 * n))
    app.window.action("jitter").trigger()
    assert not jitter(app).isVisible()
    qtbot.wait(300)  # what was under way
    before = {handle: len(points) for handle, points in asked.items()}
    qtbot.wait(600)
    assert {handle: len(points) for handle, points in asked.items()} == before


def test_jitter_is_seen_on_the_plane_and_follows_a_drag_with_the_same_noise(qtbot, exploring):
    app = exploring
    plane = app.window.plane
    before = plane.grab().toImage()
    app.window.action("jitter").trigger()
    qtbot.waitUntil(lambda: len(jitter(app).images()) == COUNT, timeout=SECONDS)
    assert plane.grab().toImage() != before
    overlay = app.explorer.jitter._overlay
    start = at(app, *plane.handles[1])
    QTest.mousePress(plane, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(plane, at(app, 0.02, 0.02))
    first = overlay.jitter
    QTest.mouseMove(plane, at(app, 0.06, 0.03))
    second = overlay.jitter
    moved = second.places - first.places
    np.testing.assert_allclose(
        moved, np.tile(np.subtract(second.middle, first.middle), (COUNT, 1)), atol=1e-5
    )
    qtbot.wait(400)
    np.testing.assert_allclose(overlay.jitter.places, second.places, atol=1e-5)
    QTest.mouseRelease(plane, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not np.allclose(overlay.jitter.places, second.places), timeout=SECONDS)
    app.window.action("jitter").trigger()
    assert overlay.jitter is None


def test_jitter_rests_while_the_panel_is_closed_or_the_window_minimised(qtbot, exploring):
    app = exploring
    app.window.action("jitter").trigger()
    qtbot.waitUntil(lambda: len(jitter(app).images()) == COUNT, timeout=SECONDS)
    session = app.explorer.jitter
    panel = next(dock for dock in app.window._docks.all if dock.windowTitle() == "Decoding")
    panel.hide()
    qtbot.waitUntil(lambda: not session.is_seen and not session._turn.isActive())
    panel.show()
    qtbot.waitUntil(session._turn.isActive)
    app.window.showMinimized()
    qtbot.waitUntil(lambda: not session._turn.isActive())
    app.window.showNormal()
    qtbot.waitUntil(session._turn.isActive)


def test_equal_pictures_are_kept_in_the_settings(qtbot, exploring, settings):
    app = exploring
    app.window.plane.add_handle(1.0, 1.0)
    qtbot.waitUntil(lambda: shown(app) is not None)
    app.window.plane.lock_handle(2, True)
    app.window.plane.name_handle(2, "far")
    app.window.action("equal_pictures").trigger()
    assert settings.equal_pictures
    squares = [b for b in app.window.decoding.findChildren(QAbstractButton) if b.isVisible()]
    locked = next(button for button in squares if button.accessibleName() == "far, locked")
    handle_1 = next(button for button in squares if button.accessibleName() == "Handle 1")
    assert locked.width() == handle_1.width() > 90
    QTest.mouseClick(handle_1, Qt.MouseButton.LeftButton)
    assert app.window.plane.active_handle == 1


def test_a_folder_that_is_gone_is_told_when_it_is_to_be_opened(qtbot, exploring):
    answer = wait_for_answer(qtbot, exploring)
    folder = exploring.plane.pictures.path(answer.placed[0]).parent
    folder.rename(folder.with_name("elsewhere"))
    try:
        QTest.mouseClick(rows(exploring)[0], Qt.MouseButton.LeftButton)
        assert "is no longer there" in problem(exploring)
    finally:
        folder.with_name("elsewhere").rename(folder)
