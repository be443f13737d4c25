"""The drawing, its pad, and what of it is seen on the plane."""

import numpy as np
import pytest
from hands import LEFT, NONE, action, button, wait_for, wait_for_plane
from hearing import SECONDS
from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QSize, Qt
from PySide6.QtGui import QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QToolButton

from training.config import TrainConfig
from training.latent import load_model
from training.run import latest_run
from training.runs import start_run
from vae_desktop.drawing import Drawing, is_white_on_black
from vae_desktop.drawing_pad import DrawingPad
from vae_desktop.drawing_session import place_beside
from vae_desktop.main_window import WindowState

RIGHT = Qt.MouseButton.RightButton


# --- a drawing ----------------------------------------------------------------------------------------------


def test_what_is_drawn_is_averaged_over_the_area_of_each_pixel():
    drawing = Drawing(32, white_on_black=True)
    drawing.draw(QPointF(16, 16), QPointF(16, 16), 10.0)
    pixels = drawing.pixels()
    assert pixels.shape == (32, 32, 1)
    assert pixels[16, 16, 0] == 255
    assert pixels[2, 2, 0] == 0
    # As much light as a disc of that size has, whatever the pixels.
    assert pixels.sum() / 255 == pytest.approx(np.pi * 25, rel=0.02)
    rows, columns = np.mgrid[0:32, 0:32] + 0.5
    weights = pixels[..., 0] / pixels.sum()
    assert ((rows * weights).sum(), (columns * weights).sum()) == pytest.approx((16, 16), abs=0.05)


def test_a_line_is_as_long_and_wide_as_it_was_drawn():
    drawing = Drawing(64, white_on_black=False)
    drawing.draw(QPointF(10, 32), QPointF(50, 32), 6.0)
    ink = (255 - drawing.pixels()[..., 0].astype(float)) / 255
    assert ink.sum() == pytest.approx(40 * 6 + np.pi * 9, rel=0.02)  # with its round ends
    assert ink[32, 20] == 1
    assert ink[20, 20] == 0


def test_strokes_are_undone_one_by_one_and_so_is_clearing():
    drawing = Drawing(32, white_on_black=False)
    states = [drawing.pixels()]
    for place in (8, 16, 24):
        drawing.begin_stroke()
        drawing.draw(QPointF(place, 8), QPointF(place, 20), 3.0)
        states.append(drawing.pixels())
    drawing.clear()
    assert drawing.is_blank
    for state in reversed(states):
        drawing.undo()
        np.testing.assert_array_equal(drawing.pixels(), state)
    assert drawing.is_blank
    assert not drawing.can_undo
    drawing.undo()  # nothing is left to undo


def test_black_and_white_are_exchanged_and_erasing_leaves_the_ground():
    drawing = Drawing(32, white_on_black=False)
    drawing.begin_stroke()
    drawing.draw(QPointF(8, 8), QPointF(20, 20), 4.0)
    before = drawing.pixels()
    drawing.turn(white_on_black=True)
    assert abs(drawing.pixels().astype(int) - (255 - before.astype(int))).max() <= 1
    drawing.draw(QPointF(4, 4), QPointF(24, 24), 10.0, erases=True)
    assert drawing.is_blank
    drawing.undo()
    assert drawing.is_blank  # of the other colour, too


def test_the_ground_is_that_of_most_pictures_borders():
    dark, light = np.zeros((1, 32, 32, 1), np.uint8), np.full((1, 32, 32, 1), 250, np.uint8)
    dark[0, 8:24, 8:24] = 255
    assert is_white_on_black(np.concatenate([dark, dark, light]))
    assert not is_white_on_black(np.concatenate([dark, light, light]))
    assert not is_white_on_black(np.zeros((0, 32, 32, 1), np.uint8))


# --- the pad ------------------------------------------------------------------------------------------------


@pytest.fixture
def pad(qtbot):
    pad = DrawingPad(32, white_on_black=False)
    pad.told = []
    pad.drawn.connect(pad.told.append)
    qtbot.addWidget(pad)
    pad.show()
    qtbot.waitExposed(pad)
    return pad


def stroke(canvas, *places, button=LEFT):
    """Draw from place to place, given as parts of the sheet."""
    side = min(canvas.width(), canvas.height())
    left = (canvas.width() - side) / 2
    points = [QPoint(round(left + x * side), round(y * side)) for x, y in places]
    QTest.mousePress(canvas, button, NONE, points[0])
    for point in points[1:]:
        QTest.mouseMove(canvas, point)
    QTest.mouseRelease(canvas, button, NONE, points[-1])


def ink(pad):
    """Where it is drawn, 0 to 1, [32, 32]."""
    return (255 - pad.canvas.drawing.pixels()[..., 0].astype(float)) / 255


def tool(pad, name):
    return next(each for each in pad.findChildren(QToolButton) if each.text() == name)


def test_strokes_are_told_while_they_are_drawn_erased_undone_and_cleared(qtbot, pad):
    stroke(pad.canvas, (0.25, 0.5), (0.75, 0.5))
    qtbot.waitUntil(lambda: len(pad.told) > 0)
    np.testing.assert_array_equal(pad.told[-1], pad.canvas.drawing.pixels())
    assert ink(pad)[16, 16] == 1
    assert ink(pad)[4, 4] == 0
    stroke(pad.canvas, (0.5, 0.3), (0.5, 0.7), button=RIGHT)
    assert ink(pad)[16, 16] == 0
    QTest.mouseClick(tool(pad, "Undo"), LEFT)
    assert ink(pad)[16, 16] == 1
    QTest.keyClick(pad, Qt.Key.Key_E)
    stroke(pad.canvas, (0.5, 0.3), (0.5, 0.7))
    assert ink(pad)[16, 16] == 0
    QTest.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert ink(pad)[16, 16] == 1
    QTest.mouseClick(tool(pad, "Delete"), LEFT)
    qtbot.waitUntil(lambda: pad.told[-1] is None)
    assert not tool(pad, "Delete").isEnabled()


def test_the_sheet_turns_white_on_black(pad):
    stroke(pad.canvas, (0.25, 0.5), (0.75, 0.5))
    pad.findChild(QCheckBox).click()
    assert pad.canvas.drawing.pixels()[16, 16, 0] == 255
    assert pad.canvas.drawing.pixels()[2, 2, 0] == 0


def test_a_picture_is_drawn_with_keys_alone(qtbot, pad):
    canvas = pad.canvas
    canvas.setFocus()
    QTest.keyClick(canvas, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    for _ in range(2):
        QTest.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(canvas, Qt.Key.Key_Space)
    for _ in range(3):
        QTest.keyClick(canvas, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    drawn = ink(pad)
    assert drawn[16, 12:20].min() > 0.9
    assert drawn[24:].max() == 0
    qtbot.waitUntil(lambda: len(pad.told) > 0)


def test_a_pen_draws_the_wider_the_harder_it_is_pressed(pad):
    device = QPointingDevice(
        "pen",
        1,
        QPointingDevice.DeviceType.Stylus,
        QPointingDevice.PointerType.Pen,
        QPointingDevice.Capability.Pressure,
        1,
        1,
    )

    def drawn_with(pressure):
        pad.canvas.drawing.clear()
        middle = QPointF(pad.canvas.width() / 2, pad.canvas.width() / 2)
        for kind, held in ((QEvent.Type.TabletPress, LEFT), (QEvent.Type.TabletRelease, Qt.MouseButton(0))):
            event = QTabletEvent(kind, device, middle, middle, pressure, 0, 0, 0, 0, 0, NONE, held, held)
            QApplication.sendEvent(pad.canvas, event)
        return ink(pad).sum()

    light, hard = drawn_with(0.1), drawn_with(1.0)
    assert 0 < light < hard / 2


# --- in the whole program -----------------------------------------------------------------------------------


@pytest.fixture
def grey(qtbot, app, make_project):
    """The program with a model of grey pictures, and its network."""
    from training.fit import train

    project = make_project(24, 32, False)
    train(project, start_run(project, TrainConfig(epochs=3)))
    path, run = project.path, latest_run(project.runs_folder)
    project.close()
    app.open_project(str(path))
    wait_for_plane(qtbot, app, 24)
    return app, load_model(run)


def the_guests(app):
    return list(app.explorer.guests.guests)


@pytest.mark.parametrize(
    ("window", "place"),
    [
        (QRect(0, 0, 1000, 800), (1000, 400)),
        (QRect(900, 0, 1000, 800), (200, 400)),
        (QRect(300, 100, 1300, 800), (300, 500)),
        (QRect(-50, 400, 1900, 900), (0, 600)),
    ],
)
def test_the_pad_lies_beside_the_window_or_over_its_lower_left_corner(window, place):
    assert place_beside(window, QSize(700, 400), QRect(0, 0, 1920, 1000)) == QPoint(*place)


def test_the_plane_stays_in_sight_beside_the_pad(grey):
    app, _ = grey
    action(app, "Draw a picture…").trigger()
    (pad,) = app.window.findChildren(DrawingPad)
    plane = app.window.plane
    area = QRect(plane.mapToGlobal(QPoint()), plane.size())
    covered = area & pad.frameGeometry()
    assert covered.width() * covered.height() < 0.5 * area.width() * area.height()


def test_what_is_drawn_is_a_guest_at_once_and_moves_as_it_changes(qtbot, grey):
    app, network = grey
    action(app, "Draw a picture…").trigger()
    (pad,) = app.window.findChildren(DrawingPad)
    assert pad.isVisible()
    assert not pad.isModal()
    assert pad.canvas.drawing.white_on_black  # as the project's discs are

    def lies_where_the_model_encodes_it():
        if len(the_guests(app)) != 1 or the_guests(app)[0].encoded is None:
            return False
        pixels = pad.canvas.drawing.pixels()
        mean = network.encode(pixels[None]).means[0]
        return np.allclose(the_guests(app)[0].encoded.mean, mean, atol=1e-4)

    stroke(pad.canvas, (0.25, 0.5), (0.75, 0.5))
    qtbot.waitUntil(lies_where_the_model_encodes_it, timeout=SECONDS)
    first = the_guests(app)[0].encoded.mean
    shown = pad.grab().toImage()
    stroke(pad.canvas, (0.5, 0.1), (0.5, 0.9), (0.9, 0.9))
    qtbot.waitUntil(lies_where_the_model_encodes_it, timeout=SECONDS)
    assert not np.allclose(the_guests(app)[0].encoded.mean, first)
    assert pad.grab().toImage() != shown

    button(pad, "&Keep it and draw another").click()
    stroke(pad.canvas, (0.25, 0.25), (0.75, 0.25))
    qtbot.waitUntil(lambda: [guest.name for guest in the_guests(app)] == ["Drawing 1", "Drawing 2"])
    QTest.mouseClick(tool(pad, "Delete"), LEFT)
    qtbot.waitUntil(lambda: [guest.name for guest in the_guests(app)] == ["Drawing 1"])
    pad.close()
    assert len(the_guests(app)) == 1  # what was drawn stays
    app.close_project()
    assert not the_guests(app)


def test_a_drawing_that_was_removed_comes_back_with_the_next_stroke(qtbot, grey):
    app, _ = grey
    action(app, "Draw a picture…").trigger()
    (pad,) = app.window.findChildren(DrawingPad)
    stroke(pad.canvas, (0.25, 0.5), (0.75, 0.5))
    qtbot.waitUntil(lambda: len(the_guests(app)) == 1)
    app.explorer.guests.remove(the_guests(app))
    stroke(pad.canvas, (0.25, 0.7), (0.75, 0.7))
    qtbot.waitUntil(lambda: len(the_guests(app)) == 1)


def test_the_pad_is_for_grey_models_and_closes_with_the_project(qtbot, grey, trained):
    app, _ = grey
    draw = action(app, "Draw a picture…")
    assert draw.isEnabled()
    draw.trigger()
    (pad,) = app.window.findChildren(DrawingPad)
    app.open_project(str(trained))
    wait_for(qtbot, app, WindowState.TRAINED)
    assert not pad.isVisible()
    assert not draw.isEnabled()
    assert draw.statusTip() == "Drawing is for models of grey pictures, and this one's are in colour"
    app.close_project()
    assert draw.statusTip() == "Draw a picture, once a model has been trained"
