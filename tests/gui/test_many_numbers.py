"""A model with more than two latent numbers in the whole program."""

import numpy as np
import pytest
from hands import LEFT, NONE, shown, wait_for_plane
from hearing import told
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSlider

from training.config import TrainConfig
from training.latent import load_model
from training.run import latest_run
from training.runs import start_run
from vae_desktop.latent_plane import PlaneMode


@pytest.fixture
def exploring(qtbot, app, make_project):
    """The program with a model of four latent numbers, and its network."""
    from training.fit import train

    project = make_project(24, 32, True)
    train(project, start_run(project, TrainConfig(epochs=3), latent_dim=4))
    path, run = project.path, latest_run(project.runs_folder)
    project.close()
    with told(qtbot, app.engine, "backdrop"):
        app.open_project(str(path))
        wait_for_plane(qtbot, app, 24)
    return app, load_model(run)


def picture(app):
    """The picture under the active handle, [S, S, 3]."""
    image = app.window.decoding.current_image()
    return shown(app)[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def test_a_picture_is_gone_to_in_all_numbers_and_left_by_slider_and_by_hand(qtbot, exploring):
    app, network = exploring
    plane, (third, _fourth) = app.window.plane, app.window.plane_frame.sliders.findChildren(QSlider)
    grid = app.window.library.pictures
    with told(qtbot, app.engine, "decoded") as decoded:
        place = grid.visualRect(grid.model().index(5, 0)).center()
        QTest.mouseClick(grid.viewport(), LEFT, NONE, place)
    posterior = network.encode(app.project.pictures().read([5]))
    np.testing.assert_allclose(decoded[0].point, posterior.means[0], atol=1e-4)
    np.testing.assert_array_equal(picture(app), network.decode(np.array([decoded[0].point]))[0])

    at = plane.handles[plane.active_handle]
    with told(qtbot, app.engine, "decoded") as moved, told(qtbot, app.engine, "backdrop"):
        third.setFocus()
        QTest.keyClick(third, Qt.Key.Key_PageUp)
    assert plane.handles[plane.active_handle] == at
    assert moved[0].point != decoded[0].point
    np.testing.assert_array_equal(picture(app), network.decode(np.array([moved[0].point]))[0])

    value = third.value()
    with told(qtbot, app.engine, "decoded") as dragged:
        QTest.keyClick(plane, Qt.Key.Key_Right)
    assert plane.handles[plane.active_handle] == pytest.approx((at[0] + 0.05, at[1]))
    assert np.linalg.norm(np.subtract(dragged[0].point, moved[0].point)) == pytest.approx(0.05)
    assert third.value() == value


def test_another_plane_shows_the_same_picture_elsewhere(qtbot, exploring):
    app, _ = exploring
    plane, choice = app.window.plane, app.window.plane_frame.choice
    with told(qtbot, app.engine, "decoded") as decoded:
        app.window.library.picture_selected.emit(7)
    latent = decoded[0].point
    with told(qtbot, app.engine, "decoded", lambda decoded: decoded.point == latent):
        choice.chosen.emit((3, 1))
    with told(qtbot, app.engine, "backdrop"):
        choice.chosen.emit((0, 2))
    assert plane.handles[plane.active_handle] == pytest.approx((latent[0], latent[2]))


def test_a_path_is_of_latent_points_and_drawn_where_they_are_on_the_plane_that_is_shown(qtbot, exploring):
    app, _network = exploring
    plane, where = app.window.plane, app.plane.where
    paths = app.explorer.paths
    paths._menus.surprise()
    stops = np.array(paths.path.stops)
    assert stops.shape == (8, 4)
    seen = where.basis.on_plane(stops.astype(np.float32))
    np.testing.assert_allclose(paths._overlay.stops, seen, atol=1e-5)
    paths.player.pause()

    app.window.show_mode(PlaneMode.TILES)
    app.window.action("path").trigger()
    plane.fit()
    plane.zoom_by(0.5)
    pixels = [QPoint(*(round(each) for each in plane.view.to_screen(*place))) for place in seen.tolist()]
    alone = max(range(8), key=lambda number: min(_apart(pixels[number], p) for p in _others(pixels, number)))
    before = stops[alone]
    QTest.mousePress(plane, LEFT, NONE, pixels[alone])
    QTest.mouseMove(plane, pixels[alone] + QPoint(20, 5))
    QTest.mouseRelease(plane, LEFT, NONE, pixels[alone] + QPoint(40, 10))
    after = np.array(paths.path.stops[alone])
    off, basis = np.array(where.basis.coordinates(after) - where.basis.coordinates(before)), where.basis
    assert np.abs(off[:2]).max() > 0.01
    np.testing.assert_allclose(off[2:], 0, atol=1e-9)  # what lies off the plane stays

    where_before = paths._overlay.stops
    app.window.plane_frame.choice.chosen.emit((2, 3))
    assert where.basis is not basis
    assert not np.allclose(paths._overlay.stops, where_before)
    np.testing.assert_allclose(paths._overlay.stops, np.array(paths.path.stops)[:, [2, 3]], atol=1e-6)


def _apart(first, second):
    return np.hypot(first.x() - second.x(), first.y() - second.y())


def _others(points, number):
    return points[:number] + points[number + 1 :]
