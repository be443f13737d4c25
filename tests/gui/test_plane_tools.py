"""What a press on the plane does where a tool was chosen, or a feature has something of its own."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from vae_desktop.plane_overlay import PlaneOverlay, PlaneTool

LEFT = Qt.MouseButton.LeftButton


class Recorder(PlaneTool):
    def __init__(self):
        self.told = []

    def press(self, spot):
        self.told.append(("press", spot.place, spot.modifiers))

    def drag(self, spot):
        self.told.append(("drag", spot.place))

    def release(self, spot, *, is_click):
        self.told.append(("release", spot.place, is_click))

    def cancel(self):
        self.told.append(("cancel",))


class Square(PlaneOverlay):
    """A black square of 20 pixels about a place, with a tool of its own."""

    def __init__(self, place, tool):
        self.place, self.tool = place, tool

    def draw(self, painter, view, colours):
        x, y = view.to_screen(*self.place)
        painter.fillRect(QRectF(x - 10, y - 10, 20, 20), QColor("black"))

    def tool_at(self, spot):
        return self.tool if spot.is_near(*self.place) else None


@pytest.fixture
def plane(white_plane):
    white_plane.set_points(
        np.array([[2.0, 2.0]], np.float32),
        np.full((1, 2), 0.1, np.float32),
        np.array([False]),
        np.array([7], np.int64),
    )
    white_plane.setFocus()
    return white_plane


@pytest.fixture
def tool():
    return Recorder()


def kinds(tool):
    return [entry[0] for entry in tool.told]


def drag(plane, start, end):
    QTest.mousePress(plane, LEFT, pos=start)
    QTest.mouseMove(plane, (start + end) / 2)
    QTest.mouseMove(plane, end)
    QTest.mouseRelease(plane, LEFT, pos=end)


def test_a_chosen_tool_has_the_drag_and_the_view_stays(plane, tool):
    plane.set_tool(tool)
    before = plane.visible_extent()
    drag(plane, QPoint(100, 100), QPoint(200, 140))
    assert kinds(tool) == ["press", "drag", "drag", "release"]
    assert tool.told[-1][2] is False
    assert plane.visible_extent() == before


def test_places_told_to_a_tool_are_those_of_the_plane(plane, tool):
    plane.set_tool(tool)
    QTest.mouseClick(plane, LEFT, Qt.KeyboardModifier.ShiftModifier, QPoint(440, 120))
    z1_min, z1_max, z2_min, z2_max = plane.visible_extent()
    (_, place, modifiers), (_, _, is_click) = tool.told
    assert place[0] == pytest.approx(z1_min + (440 - 40) / 600 * (z1_max - z1_min))
    assert z2_min < place[1] < z2_max
    assert modifiers == Qt.KeyboardModifier.ShiftModifier
    assert is_click


def test_a_handle_is_grabbed_whatever_the_tool(plane, tool, qtbot):
    plane.set_tool(tool)
    moved = []
    plane.handle_moved.connect(lambda *told: moved.append(told))
    centre = QPoint(40 + 300, (480 - plane_rulers(plane)) // 2)
    drag(plane, centre, centre + QPoint(40, 0))
    assert moved
    assert not tool.told


def plane_rulers(plane):
    """The height of the rulers below the plane."""
    z1_min, z1_max, z2_min, z2_max = plane.visible_extent()
    return round(480 - 600 * (z2_max - z2_min) / (z1_max - z1_min))


def test_the_middle_button_pans_whatever_the_tool(plane, tool):
    plane.set_tool(tool)
    before = plane.visible_extent()
    QTest.mousePress(plane, Qt.MouseButton.MiddleButton, pos=QPoint(100, 100))
    QTest.mouseMove(plane, QPoint(150, 100))
    QTest.mouseRelease(plane, Qt.MouseButton.MiddleButton, pos=QPoint(150, 100))
    assert plane.visible_extent() != before
    assert not tool.told


def test_escape_gives_up_first_the_drag_then_the_tool(plane, tool):
    plane.set_tool(tool)
    QTest.mousePress(plane, LEFT, pos=QPoint(100, 100))
    QTest.keyClick(plane, Qt.Key.Key_Escape)
    assert kinds(tool) == ["press", "cancel"]
    assert plane.tool is tool
    QTest.mouseRelease(plane, LEFT, pos=QPoint(100, 100))
    QTest.keyClick(plane, Qt.Key.Key_Escape)
    assert plane.tool is None


def test_clearing_the_plane_cancels_what_a_tool_was_doing(plane, tool):
    plane.set_tool(tool)
    QTest.mousePress(plane, LEFT, pos=QPoint(100, 100))
    plane.clear()
    assert kinds(tool) == ["press", "cancel"]
    assert plane.tool is None


def test_an_overlay_is_seen_and_takes_presses_on_it_alone(plane, tool):
    square = Square((-1.0, -1.0), tool)
    plane.overlays.append(square)
    plane.update()
    x, y = (round(value) for value in plane._view.to_screen(-1.0, -1.0))
    seen = plane.grab().toImage()
    assert seen.pixelColor(x, y) == QColor("black")
    drag(plane, QPoint(x, y), QPoint(x + 30, y))
    assert kinds(tool) == ["press", "drag", "drag", "release"]
    tool.told.clear()
    before = plane.visible_extent()
    drag(plane, QPoint(x + 60, y), QPoint(x + 90, y))
    assert not tool.told
    assert plane.visible_extent() != before


def test_the_menu_key_and_the_right_button_show_what_is_offered(plane, qtbot):
    spots = []

    def offer(menu, spot):
        spots.append(spot)
        menu.addAction("Do something")

    plane.menu_wanted.connect(offer)
    for reason, at in (
        (QContextMenuEvent.Reason.Mouse, QPoint(100, 120)),
        (QContextMenuEvent.Reason.Keyboard, QPoint(0, 0)),
    ):
        QApplication.sendEvent(plane, QContextMenuEvent(reason, at, plane.mapToGlobal(at)))
        menu = plane.findChild(QMenu)
        assert menu is not None
        assert menu.isVisible()
        menu.close()
        qtbot.waitUntil(lambda: plane.findChild(QMenu) is None)
    assert spots[0].at == QPointF(100, 120)
    assert spots[1].place == pytest.approx((0.0, 0.0))  # at the active handle


def test_no_menu_where_nothing_is_offered(plane):
    at = QPoint(100, 120)
    QApplication.sendEvent(
        plane, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, plane.mapToGlobal(at))
    )
    assert not [menu for menu in plane.findChildren(QMenu) if menu.isVisible()]
