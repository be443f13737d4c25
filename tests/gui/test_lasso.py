"""Selecting pictures by drawing around them."""

import numpy as np
import pytest
from hands import LEFT, NONE, at, show_points
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from vae_desktop.lasso import _inside
from vae_desktop.plane_view import PlaneView

SHIFT, ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier


@pytest.fixture
def exploring(qtbot, app, trained):
    show_points(qtbot, app, trained)
    app.window.plane.zoom_by(0.8)
    app.window.plane.move_handle(1, 50.0, 50.0)  # out of the way
    return app


def draw(app, rectangle, modifiers=NONE):
    """Draw a rectangle: z1_min, z1_max, z2_min, z2_max."""
    plane, (z1_min, z1_max, z2_min, z2_max) = app.window.plane, rectangle
    corners = [(z1_min, z2_min), (z1_max, z2_min), (z1_max, z2_max), (z1_min, z2_max)]
    pixels = [at(app, *corner) for corner in corners]
    QTest.mousePress(plane, LEFT, modifiers, pixels[0])
    for pixel in pixels[1:]:
        QTest.mouseMove(plane, pixel)
    QTest.mouseRelease(plane, LEFT, modifiers, pixels[-1])


def selected(app):
    return set(app.explorer.selection.numbers.tolist())


def halves(app):
    """A border with half of the pictures at each side, all of them, and those on the left."""
    where = app.plane.where
    means = where.basis.on_plane(where.means)
    x = np.sort(means[:, 0])
    gap = 12 + int(np.diff(x[12:28]).argmax())
    border = float((x[gap] + x[gap + 1]) / 2)
    left = set(where.numbers[means[:, 0] < border].tolist())
    return border, set(where.numbers.tolist()), left


def edge_distance(place, corners):
    """Of a point to the nearest edge of a closed line."""
    starts, ends = corners, np.roll(corners, -1, axis=0)
    along = ends - starts
    lengths = np.maximum((along**2).sum(axis=1), 1e-12)
    shares = np.clip(((place - starts) * along).sum(axis=1) / lengths, 0, 1)[:, None]
    return np.linalg.norm(starts + shares * along - place, axis=1).min()


@given(
    st.lists(st.tuples(st.floats(60, 560), st.floats(20, 400)), min_size=3, max_size=12),
    st.integers(0, 10),
)
def test_what_lies_within_a_line_is_within_its_polygon(corners, seed):
    from PySide6.QtGui import QPolygonF

    view = PlaneView(0.3, -0.2, 5.0, 40, 0, 560, 420)
    line = [QPointF(*corner) for corner in corners]
    means = np.random.default_rng(seed).uniform(-4, 4, size=(200, 2)).astype(np.float32)
    found = _inside(view, line, means)
    polygon = QPolygonF(line)
    for place, inside in zip(view.place(means), found.tolist(), strict=True):
        if edge_distance(place, np.array(corners)) > 2:  # nearer a hand does not mean it exactly
            seen = view.contains(*place)
            assert inside == (seen and polygon.containsPoint(QPointF(*place), Qt.FillRule.WindingFill))


def test_the_lasso_selects_what_it_was_drawn_around(exploring):
    border, _, left = halves(exploring)
    exploring.window.action("lasso").trigger()
    z1_min, _, z2_min, z2_max = exploring.window.plane.visible_extent()
    before = exploring.window.plane.handles, exploring.window.plane.view
    draw(exploring, (z1_min + 0.01, border, z2_min + 0.01, z2_max - 0.01))
    assert selected(exploring) == left
    assert (exploring.window.plane.handles, exploring.window.plane.view) == before
    assert exploring.window.plane.tool is not None, "for another one"


def test_shift_adds_and_alt_takes_out(exploring):
    border, every, left = halves(exploring)
    exploring.window.action("lasso").trigger()
    z1_min, z1_max, z2_min, z2_max = exploring.window.plane.visible_extent()
    draw(exploring, (z1_min + 0.01, border, z2_min + 0.01, z2_max - 0.01))
    draw(exploring, (border, z1_max - 0.01, z2_min + 0.01, z2_max - 0.01), SHIFT)
    assert selected(exploring) == every
    draw(exploring, (z1_min + 0.01, border, z2_min + 0.01, z2_max - 0.01), ALT)
    assert selected(exploring) == every - left


def test_a_lasso_around_nothing_leaves_the_selection_and_says_so(exploring):
    exploring.explorer.selection.select(np.array([1, 2]))
    exploring.window.action("lasso").trigger()
    z1_min, z1_max, z2_min, _ = exploring.window.plane.visible_extent()
    draw(exploring, (z1_min + 0.01, z1_min + 0.1, z2_min + 0.01, z2_min + 0.1))
    assert selected(exploring) == {1, 2}
    assert "No picture lies there" in exploring.window.statusBar().currentMessage()
    QTest.mouseClick(exploring.window.plane, LEFT, NONE, at(exploring, z1_max - 0.1, z2_min + 0.1))
    assert selected(exploring) == {1, 2}


def test_a_line_is_seen_while_it_is_drawn_and_escape_gives_it_up_then_the_tool(exploring):
    plane, act = exploring.window.plane, exploring.window.action("lasso")
    act.trigger()
    before = plane.grab().toImage()
    QTest.mousePress(plane, LEFT, NONE, QPoint(120, 60))
    for pixel in (QPoint(220, 60), QPoint(220, 160)):
        QTest.mouseMove(plane, pixel)
    assert plane.grab().toImage() != before
    QTest.keyClick(plane, Qt.Key.Key_Escape)
    assert plane.grab().toImage() == before
    QTest.mouseRelease(plane, LEFT, NONE, QPoint(220, 160))
    assert act.isChecked()
    QTest.keyClick(plane, Qt.Key.Key_Escape)
    assert not act.isChecked()
    assert plane.tool is None
    assert selected(exploring) == set()


def test_the_action_turns_the_tool_off_again(exploring):
    act = exploring.window.action("lasso")
    assert act.shortcut().toString() == "L"
    act.trigger()
    act.trigger()
    assert exploring.window.plane.tool is None


def test_a_closed_project_leaves_the_lasso(exploring):
    exploring.window.action("lasso").trigger()
    exploring.close_project()
    assert not exploring.window.action("lasso").isChecked()
