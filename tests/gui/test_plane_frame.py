import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QSlider, QSpinBox, QWidget

from vae_desktop.plane_frame import PlaneFrame

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def frame(qtbot):
    widget = PlaneFrame(QWidget())
    qtbot.addWidget(widget)
    widget.resize(700, 400)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def sliders(frame):
    return frame.sliders.findChildren(QSlider)


def recorded(signal):
    told = []
    signal.connect(lambda *arguments: told.append(arguments if len(arguments) > 1 else arguments[0]))
    return told


def visible_texts(frame):
    return [label.text() for label in frame.findChildren(QLabel) if label.isVisible()]


def test_there_is_nothing_beside_the_plane_until_there_is_something_to_choose(frame):
    assert visible_texts(frame) == []
    frame.show_main(3, (0, 1), 0.71)
    assert "71% of the differences" in visible_texts(frame)
    frame.clear()
    assert visible_texts(frame) == []


def test_every_other_direction_has_a_slider_that_tells_where_the_handle_is(frame):
    frame.show_main(6, (0, 1), 0.5)
    frame.sliders.show_values([1.5, -0.25, 0.0, 12.345])
    assert [slider.accessibleName() for slider in sliders(frame)] == [f"Direction {n}" for n in (3, 4, 5, 6)]
    assert {"Other directions", "1.50", "−0.25", "0.00", "12.35"} <= set(visible_texts(frame))
    right, left, middle, beyond = (slider.value() for slider in sliders(frame))
    assert left < middle == 0 < right < beyond == sliders(frame)[3].maximum()


def test_showing_where_the_handle_is_moves_nothing(frame):
    frame.show_main(4, (0, 1), 0.5)
    told = recorded(frame.sliders.moved)
    frame.sliders.show_values([1.0, 9.0])
    frame.show_main(4, (0, 1), 0.6)
    assert told == []


def test_a_slider_is_moved_by_key_and_set_back_by_a_double_click(frame):
    frame.show_main(5, (0, 1), 0.5)
    frame.sliders.show_values([0.0, 2.0, 0.0])
    told = recorded(frame.sliders.moved)
    slider = sliders(frame)[1]
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert told == [(1, pytest.approx(2.05))]
    QTest.mouseDClick(slider, LEFT, NONE, slider.rect().center())
    assert told[-1] == (1, 0.0)


def test_a_drag_of_a_slider_tells_when_it_begins_and_ends(frame):
    frame.show_main(3, (0, 1), 0.5)
    frame.sliders.show_values([0.0])
    order = []
    frame.sliders.grabbed.connect(lambda: order.append("grabbed"))
    frame.sliders.moved.connect(lambda *_: order.append("moved"))
    frame.sliders.released.connect(lambda: order.append("released"))
    (slider,) = sliders(frame)
    middle = slider.rect().center()
    QTest.mousePress(slider, LEFT, NONE, middle)
    QTest.mouseMove(slider, middle + QPoint(20, 0))
    QTest.mouseRelease(slider, LEFT, NONE, middle + QPoint(20, 0))
    assert order[0] == "grabbed"
    assert order[-1] == "released"
    assert set(order[1:-1]) == {"moved"}


def test_a_slider_leaves_the_wheel_to_the_list_that_it_is_in(frame):
    frame.show_main(128, (0, 1), 0.1)
    frame.sliders.show_values([0.0] * 126)
    told = recorded(frame.sliders.moved)
    slider = sliders(frame)[2]
    at = QPointF(slider.rect().center())
    no_buttons, no_phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        at, slider.mapToGlobal(at), QPoint(), QPoint(0, -240), no_buttons, NONE, no_phase, False
    )
    QApplication.sendEvent(slider, event)
    assert not event.isAccepted()  # so Qt passes it on to the list
    assert told == []


def test_all_are_set_back_at_once(frame, qtbot):
    frame.show_main(4, (0, 1), 0.5)
    told = []
    frame.sliders.reset_requested.connect(lambda: told.append("reset"))
    (button,) = (each for each in frame.findChildren(QPushButton) if each.text() == "Reset")
    QTest.mouseClick(button, LEFT)
    assert told == ["reset"]


def test_two_numbers_are_chosen_beginning_with_those_that_differ_most(frame):
    frame.show_main(8, (2, 6), 0.5)
    told = recorded(frame.choice.chosen)
    frame.findChild(QComboBox).setCurrentIndex(1)
    assert told == [(2, 6)]
    frame.show_numbers((2, 6, 0, 1, 3, 4, 5, 7), 0.4)
    assert [box.value() for box in frame.findChildren(QSpinBox)] == [3, 7]
    assert sliders(frame)[0].accessibleName() == "Number 1"
    frame.findChildren(QSpinBox)[0].setValue(5)
    assert told[-1] == (4, 6)


def test_choosing_the_number_of_the_other_direction_swaps_the_two(frame):
    frame.show_numbers((2, 6, 0, 1, 3, 4, 5, 7), 0.4)
    told = recorded(frame.choice.chosen)
    frame.findChildren(QSpinBox)[0].setValue(7)
    assert told == [(6, 2)]


def test_the_sliders_can_be_put_away_and_stay_so_when_the_plane_turns(frame):
    frame.show_main(4, (0, 1), 0.5)
    assert sliders(frame)[0].isVisible()
    frame.choice.findChild(QWidget, "sliders").click()
    assert not sliders(frame)[0].isVisible()
    frame.show_numbers((2, 3, 0, 1), 0.4)
    assert not sliders(frame)[0].isVisible()


def test_a_narrow_plane_keeps_its_place_until_the_sliders_are_asked_for(frame):
    frame.resize(420, 400)
    frame.show_main(4, (0, 1), 0.5)
    assert not sliders(frame)[0].isVisible()
    frame.choice.findChild(QWidget, "sliders").click()
    assert sliders(frame)[0].isVisible()
    frame.show_main(4, (0, 1), 0.6)
    assert sliders(frame)[0].isVisible()
