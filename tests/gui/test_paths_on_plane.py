"""A path on the plane: laid by clicks, moved, undone, played, and kept with the project."""

import numpy as np
import pytest
from hands import LEFT, NONE, action, at, shown, wait_for_plane
from hearing import SECONDS, told
from PySide6.QtCore import Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDoubleSpinBox, QLineEdit, QMenu, QSlider, QToolButton

from training.paths import Easing, Journey, PathKind, PathSettings, curve
from vae_desktop.command_palette import CommandPalette
from vae_desktop.latent_plane import PlaneMode
from vae_desktop.path_player import PathPlayer
from vae_desktop.path_session import TRAVELLER

CORNERS = ((-1.5, -1.0), (1.5, -1.0), (1.0, 1.2))


@pytest.fixture
def exploring(qtbot, app, trained):
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    app.window.show_mode(PlaneMode.TILES)  # where a click means no picture
    app.window.plane.setFocus()
    return app


@pytest.fixture
def laid(exploring):
    """A path with three stops, and the tool still chosen."""
    exploring.window.action("path").trigger()
    for place in CORNERS:
        click(exploring, place)
    return exploring


def click(app, place, button=LEFT):
    QTest.mouseClick(app.window.plane, button, NONE, at(app, *place))


def drag(app, start, end):
    plane = app.window.plane
    QTest.mousePress(plane, LEFT, NONE, at(app, *start))
    for share in (0.5, 1.0):
        QTest.mouseMove(plane, at(app, *(np.array(start) + share * np.subtract(end, start))))
    QTest.mouseRelease(plane, LEFT, NONE, at(app, *end))


def stops(app):
    return np.array(app.explorer.paths.path.stops)


def is_laid(app, *places):
    found = stops(app)
    return found.shape == (len(places), 2) and np.allclose(found, places, atol=0.02)


def undo(app):
    app.window.action("undo").trigger()


def part(app, kind, name):
    found = app.window.path_bar.findChildren(kind)
    return next(each for each in found if each.accessibleName().startswith(name))


def menu_at(app, place):
    plane, pixel = app.window.plane, at(app, *place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, pixel, plane.mapToGlobal(pixel))
    QApplication.sendEvent(plane, event)
    return {each.text().replace("&", ""): each for each in plane.findChildren(QMenu)[-1].actions()}


# ---------------------------------------------------------------------- stops by the hand


def test_clicks_add_stops_and_each_is_undone_by_itself(laid):
    assert is_laid(laid, *CORNERS)
    assert laid.window.path_bar.isVisible()
    assert action(laid, "Undo add stop 3").isEnabled()
    undo(laid)
    assert is_laid(laid, *CORNERS[:2])
    laid.window.action("redo").trigger()
    assert is_laid(laid, *CORNERS)
    for _ in range(3):
        undo(laid)
    assert len(stops(laid)) == 0


def test_the_line_is_seen_through_the_stops(laid):
    plane = laid.window.plane
    before = plane.grab().toImage()
    undo(laid)
    undo(laid)
    after = plane.grab().toImage()
    middle = at(laid, 0.0, -1.0 - 0.3)  # the smooth line bends outwards there
    column = [(middle.x(), y) for y in range(middle.y() - 40, middle.y() + 40)]
    assert any(before.pixel(*pixel) != after.pixel(*pixel) for pixel in column)


def test_a_click_on_a_picture_adds_a_stop_exactly_there(exploring):
    where = exploring.plane.where
    exploring.window.show_mode(PlaneMode.POINTS)
    exploring.window.plane.fit()
    exploring.window.action("path").trigger()
    far = int(np.abs(where.basis.on_plane(where.means)).sum(axis=1).argmax())
    place = where.basis.on_plane(where.means)[far].tolist()
    QTest.mouseClick(exploring.window.plane, LEFT, NONE, at(exploring, *place))
    assert any((stops(exploring)[0] == mean).all() for mean in where.means.astype(np.float64))


def test_a_drag_moves_a_stop_as_one_edit_and_escape_gives_it_up(laid):
    drag(laid, CORNERS[1], (2.0, 0.0))
    assert is_laid(laid, CORNERS[0], (2.0, 0.0), CORNERS[2])
    undo(laid)
    assert is_laid(laid, *CORNERS)
    plane = laid.window.plane
    QTest.mousePress(plane, LEFT, NONE, at(laid, *CORNERS[0]))
    QTest.mouseMove(plane, at(laid, 0.0, 2.0))
    QTest.keyClick(plane, Qt.Key.Key_Escape)
    QTest.mouseRelease(plane, LEFT, NONE, at(laid, 0.0, 2.0))
    assert is_laid(laid, *CORNERS)
    assert laid.window.action("path").isChecked()
    QTest.keyClick(plane, Qt.Key.Key_Escape)
    assert not laid.window.action("path").isChecked()
    click(laid, (0.5, 0.5))
    assert is_laid(laid, *CORNERS)


def test_a_click_on_the_line_adds_a_stop_between(laid):
    straight = part(laid, QComboBox, "How the path goes")
    straight.setCurrentIndex(straight.findData(PathKind.STRAIGHT))
    click(laid, (0.3, -1.0))
    assert is_laid(laid, CORNERS[0], (0.3, -1.0), *CORNERS[1:])
    drag(laid, (1.2, 0.32), (2.5, 0.5))  # pressed on the line: the new stop goes along
    assert is_laid(laid, CORNERS[0], (0.3, -1.0), CORNERS[1], (2.5, 0.5), CORNERS[2])


def test_keys_choose_move_and_remove_stops(laid):
    plane = laid.window.plane
    click(laid, CORNERS[0])
    for _ in range(2):
        QTest.keyClick(plane, Qt.Key.Key_Right)
    assert is_laid(laid, (-1.4, -1.0), *CORNERS[1:])
    undo(laid)  # both at once
    assert is_laid(laid, *CORNERS)
    QTest.keyClick(plane, Qt.Key.Key_BracketRight)
    QTest.keyClick(plane, Qt.Key.Key_Delete)
    assert is_laid(laid, CORNERS[0], CORNERS[2])
    assert set(plane.handles) == {1}


def test_menus_add_and_remove_stops(qtbot, exploring):
    exploring.window.show_mode(PlaneMode.TILES)
    menu_at(exploring, (1.0, 1.0))["Add a stop here"].trigger()
    menu_at(exploring, exploring.window.plane.handles[1])["Add Handle 1 as a stop"].trigger()
    assert is_laid(exploring, (1.0, 1.0), (0.0, 0.0))
    exploring.window.plane.move_handle(1, -2.0, 2.0)
    menu_at(exploring, (0.0, 0.0))["Remove stop 2"].trigger()
    assert is_laid(exploring, (1.0, 1.0))


def test_a_picture_of_the_library_becomes_a_stop(exploring):
    grid = exploring.window.library.pictures
    centre = grid.visualRect(grid.model().index(3, 0)).center()
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, centre, grid.mapToGlobal(centre))
    QApplication.sendEvent(grid.viewport(), event)
    added = [each for each in grid.findChildren(QMenu)[-1].actions() if "path" in each.text()]
    added[0].trigger()
    assert tuple(stops(exploring)[0]) == exploring.plane.where.latent_of(3)


def test_one_stop_is_no_path_and_the_bar_says_so(exploring):
    exploring.window.action("path").trigger()
    click(exploring, CORNERS[0])
    assert not part(exploring, QToolButton, "Play").isEnabled()
    texts = [
        each.text() for each in exploring.window.path_bar.findChildren(type(exploring.window.path_bar._time))
    ]
    assert "A path needs two stops." in texts


# ---------------------------------------------------------------------- by chance


def test_what_the_menu_of_stops_offers_is_found_by_typing(laid):
    stops = laid.explorer.paths.path.stops
    action(laid, "Find an action…").trigger()
    line = laid.window.findChild(CommandPalette).findChild(QLineEdit)
    QTest.keyClicks(line, "turn around")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert laid.explorer.paths.path.stops == stops[::-1]


def test_a_surprise_goes_through_ones_own_pictures_and_is_played(qtbot, exploring):
    menu = exploring.window.path_bar.stops_menu
    menu.aboutToShow.emit()
    with told(qtbot, exploring.engine, "decoded", lambda decoded: decoded.handle == TRAVELLER):
        next(each for each in menu.actions() if "Surprise" in each.text()).trigger()
    means = exploring.plane.where.means.astype(np.float64)
    assert len(stops(exploring)) == 8
    assert all((means == stop).all(axis=1).any() for stop in stops(exploring))
    assert exploring.explorer.paths.path.settings.closed
    assert exploring.explorer.paths.player.is_playing
    undo(exploring)
    assert len(stops(exploring)) == 0
    assert not exploring.explorer.paths.player.is_playing


# ---------------------------------------------------------------------- how it goes


def test_the_bar_says_how_the_path_goes(laid):
    path, bar = laid.explorer.paths.path, laid.window.path_bar
    QTest.mouseClick(part(laid, QToolButton, "Closed"), LEFT)
    QTest.mouseClick(part(laid, QToolButton, "Ease"), LEFT)
    timing = part(laid, QComboBox, "Speed or duration")
    timing.setFocus()
    QTest.keyClick(timing, Qt.Key.Key_Down)
    amount = part(laid, QDoubleSpinBox, "How long the whole")
    amount.setValue(6.0)
    part(laid, QDoubleSpinBox, "Pause").setValue(0.5)
    assert path.settings == PathSettings(closed=True, easing=Easing.LEGS, pause=0.5, seconds=6.0)
    assert laid.explorer.paths.player.total == pytest.approx(6.0)
    undo(laid)  # changes in a row are one edit
    assert path.settings == PathSettings()
    assert not part(laid, QToolButton, "Closed").isChecked()
    assert bar.isVisible()


def test_a_way_along_the_data_is_searched_for_in_the_background(qtbot, laid):
    kind = part(laid, QComboBox, "How the path goes")
    paths = laid.explorer.paths
    smooth = paths.line.points
    kind.setCurrentIndex(kind.findData(PathKind.DATA))
    np.testing.assert_array_equal(paths.line.points, smooth)  # meanwhile
    qtbot.waitUntil(lambda: not paths._ways.is_pending, timeout=SECONDS)
    np.testing.assert_allclose(paths.line.at(paths.line.stops), CORNERS, atol=0.02)
    assert not np.array_equal(paths.line.points, smooth)
    drag(laid, CORNERS[1], (2.0, 0.0))
    qtbot.waitUntil(lambda: not paths._ways.is_pending, timeout=SECONDS)
    np.testing.assert_allclose(paths.line.at(paths.line.stops)[1], (2.0, 0.0), atol=0.02)


# ---------------------------------------------------------------------- played


def test_playing_shows_what_the_path_passes_and_leaves_handles_and_edits_alone(qtbot, laid):
    paths, decoding = laid.explorer.paths, laid.window.decoding
    handles, edits = laid.window.plane.handles, laid.explorer.exploration.edits.count()
    of_handle = shown(laid)
    with told(qtbot, laid.engine, "decoded", lambda decoded: decoded.handle == TRAVELLER):
        QTest.mouseClick(part(laid, QToolButton, "Play"), LEFT)
    assert paths.player.is_playing
    qtbot.waitUntil(lambda: decoding._passing is not None, timeout=SECONDS)
    QTest.keyClick(laid.window.path_bar, Qt.Key.Key_Space)
    assert not paths.player.is_playing
    slider = part(laid, QSlider, "Position")
    half = paths.player.total / 2
    point = paths.player.journey.at(np.array([half]))[0]
    with told(qtbot, laid.engine, "decoded", lambda decoded: np.allclose(decoded.point, point, atol=0.01)):
        slider.setValue(500)
    assert laid.window.plane.handles == handles
    assert laid.explorer.exploration.edits.count() == edits
    assert np.array_equal(shown(laid), of_handle)  # what would be saved
    click(laid, laid.window.plane.handles[1])  # a hand on a handle ends it
    assert decoding._passing is None


def test_a_training_waits_only_for_frames(qtbot, laid, monkeypatch):
    told_gate = []
    monkeypatch.setattr(laid.engine, "gate", told_gate.append)
    with told(qtbot, laid.engine, "decoded", lambda decoded: decoded.handle == TRAVELLER):
        laid.window.action("play_path").trigger()
    qtbot.waitUntil(lambda: told_gate.count(False) >= 3, timeout=SECONDS)
    laid.window.action("play_path").trigger()
    qtbot.waitUntil(lambda: told_gate[-1] is False, timeout=SECONDS)


def test_the_player_keeps_time_repeats_and_ends(qtbot, app):
    now = [0.0]
    player = PathPlayer(app, lambda: now[0])
    stops = np.array([[0.0, 0.0], [4.0, 0.0]])
    player.set_journey(Journey(curve(stops, PathKind.STRAIGHT, closed=False), PathSettings(speed=2.0)))
    player.play()
    for seconds, place in ((0.5, 1.0), (1.5, 3.0), (2.25, 0.5)):
        now[0] = seconds
        player._tick()
        assert player.place == pytest.approx((place, 0.0))
    player.repeats = False
    now[0] = 10.0
    player._tick()
    assert player.place == pytest.approx((4.0, 0.0))
    assert not player.is_playing
    player.play()  # from the beginning
    assert player.seconds == 0.0
    player.pause()


# ---------------------------------------------------------------------- kept


def test_a_path_comes_back_with_the_project_and_not_in_another_one(qtbot, laid, trained, untrained):
    part(laid, QToolButton, "Closed").click()
    laid.close_project()
    assert len(stops(laid)) == 0
    with told(qtbot, laid.engine, "model_loaded"):
        laid.open_project(str(trained))
    qtbot.waitUntil(lambda: is_laid(laid, *CORNERS), timeout=SECONDS)
    assert laid.explorer.paths.path.settings.closed
    assert not laid.window.action("undo").isEnabled()


@pytest.mark.parametrize(
    "state",
    [{}, {"stops": [[0.0]], "settings": PathSettings().as_json()}, {"stops": [], "settings": {}}, [], None],
)
def test_what_was_kept_and_is_none_of_ours_is_refused(laid, state):
    with pytest.raises((ValueError, TypeError, KeyError)):
        laid.explorer.paths.path.restore(state)
