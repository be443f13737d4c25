"""What the panel tells of the nearest pictures."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel

from vae_desktop.nearest_view import GUESS, NearestView, NearPicture


@pytest.fixture
def view(qtbot):
    widget = NearestView()
    qtbot.addWidget(widget)
    widget.resize(288, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def near(number, name="tree.jpg", red=9):
    return NearPicture(number, np.full((32, 32, 3), (red, 2, 3), np.uint8), name)


def buttons(view):
    return [button for button in view.findChildren(QAbstractButton) if button.isVisible()]


def texts(view):
    return [label.text() for label in view.findChildren(QLabel) if label.isVisible()]


def test_both_ways_of_being_near_are_shown_and_open_their_own_folder(view, qtbot):
    assert buttons(view) == []
    view.show_nearest((near(3, "/pictures/tree & sea.jpg"), 0.31), (near(5, "moon.jpg"), 0.0416))
    placed, seen = buttons(view)
    assert placed.accessibleName() == "Nearest of yours: tree & sea.jpg"
    assert placed.accessibleDescription() == "to the model, 0.31 σ away"
    assert seen.accessibleDescription() == "in pixels, 4.2 % off"
    assert "root mean square" in seen.toolTip()
    with qtbot.waitSignal(view.activated) as activated:
        QTest.mouseClick(placed, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    assert activated.args == [3]
    with qtbot.waitSignal(view.activated) as activated:
        QTest.keyClick(seen, Qt.Key.Key_Space)
    assert activated.args == [5]
    assert placed.shortcut().isEmpty()
    view.clear()
    assert buttons(view) == []
    assert texts(view) == []


def test_a_picture_that_is_nearest_both_ways_is_shown_once(view):
    view.show_nearest((near(3), 0.31), (near(3), 0.05))
    (button,) = buttons(view)
    assert button.accessibleDescription() == "to the model and in pixels, 0.31 σ away, 5.0 % off"


def test_nothing_moves_when_one_becomes_two(view):
    view.show_nearest((near(3), 0.31), (near(3), 0.05))
    view.show_novelty("Between.", is_guess=False)
    view.grab()
    (between,) = (label for label in view.findChildren(QLabel) if label.text() == "Between.")
    before = between.pos()
    view.show_nearest((near(3), 0.31), (near(4), 0.05))
    view.show_novelty("Between.", is_guess=True)
    view.grab()
    assert between.pos() == before


def test_no_row_begins_with_the_sign_of_a_per_cent(view):
    view.show_novelty("Farther than 70 % of them.", is_guess=False)
    assert "Farther than 70\u00a0% of them." in texts(view)
    assert view.accessibleDescription() == "Farther than 70 % of them."


def test_a_guess_is_told_and_read_out_and_else_it_is_quiet(view):
    view.show_nearest((near(3), 0.31), None)
    view.show_novelty("Something new.", is_guess=True)
    assert {"Something new.", GUESS} <= set(texts(view))
    assert view.accessibleDescription() == f"Something new. {GUESS}"
    view.show_novelty("", is_guess=False)
    assert texts(view) == ["Nearest of yours"]
    assert view.accessibleDescription() == ""


def test_the_picture_itself_is_shown(view):
    view.show_nearest((near(3, red=250), 0.31), (near(4, red=10), 0.2))
    placed, seen = (button.grab().toImage() for button in buttons(view))
    assert placed.pixelColor(28, 30).getRgb()[:3] == (250, 2, 3)
    assert seen.pixelColor(28, 30).getRgb()[:3] == (10, 2, 3)


def test_hostile_file_names_stay_plain(view):
    name = "<img src=x>\n\u202egpj.exe\udcff" + "x" * 300
    view.show_nearest((near(1, name), 1.0), None)
    view.grab()
    (button,) = buttons(view)
    assert "\n" not in button.accessibleName()
    assert "\u202e" not in button.accessibleName()
    assert "<img" not in button.toolTip()
    assert "&lt;img" in button.toolTip()
    assert view.minimumSizeHint().width() < 288


def test_how_far_the_preparation_is_stands_there_until_it_is_done(view):
    view.show_nearest((near(3), 0.31), None)
    view.show_progress(0.4)
    assert "Comparing your pictures with each other: 40 %" in texts(view)
    view.show_progress(1.0)
    assert texts(view) == ["Nearest of yours"]
