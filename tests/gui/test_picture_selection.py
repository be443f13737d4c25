"""Selected pictures are the same on the plane and in the library."""

import numpy as np
import pytest
from hands import LEFT, NONE, at, show_points, wait_for_plane
from hearing import told
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

CTRL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def exploring(qtbot, app, trained):
    return show_points(qtbot, app, trained)


def selected(app):
    return app.explorer.selection.numbers.tolist()


def outermost(app, how_many=2):
    """The pictures farthest out, which lie alone, and where."""
    where = app.plane.where
    means = where.basis.on_plane(where.means)
    order = np.argsort(-((means - means.mean(axis=0)) ** 2).sum(axis=1))[:how_many]
    return [(int(where.numbers[row]), means[row].tolist()) for row in order]


def click(app, place, modifiers=NONE):
    QTest.mouseClick(app.window.plane, LEFT, modifiers, at(app, *place))


def click_listed(app, number, modifiers=NONE):
    grid = app.window.library.pictures
    index = grid.model().index(number, 0)
    grid.scrollTo(index)
    QTest.mouseClick(grid.viewport(), LEFT, modifiers, grid.visualRect(index).center())


def marked(app):
    return app.window.library.pictures.model().selected.tolist()


def test_a_click_on_the_plane_selects_in_the_library_too(exploring):
    (first, place), (second, other) = outermost(exploring)
    click(exploring, place)
    assert selected(exploring) == marked(exploring) == [first]
    click(exploring, other, CTRL)
    assert selected(exploring) == marked(exploring) == sorted([first, second])
    click(exploring, other, CTRL)
    assert selected(exploring) == marked(exploring) == [first]
    QTest.keyClick(exploring.window.plane, Qt.Key.Key_Escape)
    assert selected(exploring) == marked(exploring) == []


def test_a_selection_in_the_library_is_that_of_the_plane_and_only_one_moves_the_handle(exploring):
    click_listed(exploring, 3)
    assert selected(exploring) == [3]
    placed = exploring.window.plane.handles
    click_listed(exploring, 6, SHIFT)
    assert selected(exploring) == [3, 4, 5, 6]
    click_listed(exploring, 4, CTRL)
    assert selected(exploring) == [3, 5, 6]
    assert exploring.window.plane.handles == placed
    assert exploring.window.plane._scene.selected.tolist() == [3, 5, 6]
    click_listed(exploring, 9)
    assert selected(exploring) == [9]
    assert exploring.window.plane.handles != placed


def test_a_selection_of_the_plane_goes_on_in_the_library(exploring):
    exploring.explorer.selection.select(np.array([2, 4, 8]))
    click_listed(exploring, 4, CTRL)
    assert selected(exploring) == [2, 8]


def test_a_selection_too_scattered_for_the_list_goes_on_there_too(exploring, monkeypatch):
    monkeypatch.setattr("vae_desktop.thumbnails._MOST_RANGES", 2)
    exploring.explorer.selection.select(np.array([2, 4, 8]))
    assert marked(exploring) == [2, 4, 8]
    click_listed(exploring, 6, CTRL)
    assert selected(exploring) == [2, 4, 6, 8]
    click_listed(exploring, 4)
    assert selected(exploring) == [4]


def test_the_list_shows_very_many_scattered_pictures_as_selected_at_once(qtbot):
    from vae_desktop.thumbnails import PictureModel, ThumbnailList

    grid = ThumbnailList(PictureModel())
    qtbot.addWidget(grid)
    n = 100_000
    grid.model().show_pictures(n, lambda _: np.zeros((8, 8, 1), np.uint8), np.zeros(n, bool), str)
    grid.show_selected(np.arange(0, n, 2))  # minutes, if Qt compared its ranges
    assert not grid.grab().isNull()


def test_a_closed_project_takes_its_selection_along(exploring, untrained):
    exploring.explorer.selection.select(np.array([2, 4, 8]))
    exploring.open_project(str(untrained))
    assert selected(exploring) == []


def test_a_drag_over_a_picture_selects_nothing(exploring):
    plane, (_, place) = exploring.window.plane, outermost(exploring, 1)[0]
    start = at(exploring, *place)
    QTest.mousePress(plane, LEFT, NONE, start)
    QTest.mouseMove(plane, start + QPoint(40, 0))
    QTest.mouseRelease(plane, LEFT, NONE, start + QPoint(40, 0))
    assert selected(exploring) == []


def test_the_choice_of_ellipses_comes_back_with_the_project(qtbot, start_app, trained):
    first = start_app()
    with told(qtbot, first.engine, "model_loaded"):
        first.open_project(str(trained))
    wait_for_plane(qtbot, first, 40)
    menu = first.explorer.ellipses._menu.menu
    menu.actions()[2].trigger()
    first.window.close()
    second = start_app()
    wait_for_plane(qtbot, second, 40)
    assert second.window.plane.ellipses_of.name == "ALL"
    assert second.explorer.ellipses._menu.menu.actions()[2].isChecked()
