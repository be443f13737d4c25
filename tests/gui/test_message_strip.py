import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QToolButton

from vae_desktop.message_strip import MessageStrip, StripButton

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def strip(qtbot):
    strip = MessageStrip()
    qtbot.addWidget(strip)
    return strip


def button(strip):
    return strip.findChild(QPushButton)


def test_a_message_may_have_a_button_that_does_what_it_says(strip, qtbot):
    done = []
    strip.show_problem(
        "It did not end properly.", StripButton("Show report", lambda: done.append(1), "A file")
    )
    assert (button(strip).text(), button(strip).toolTip()) == ("Show report", "A file")
    qtbot.mouseClick(button(strip), LEFT)
    assert done == [1]
    assert strip.isVisible()  # whoever has read the report may want to read the message again
    button(strip).setFocus()
    qtbot.keyClick(button(strip), Qt.Key.Key_Space)
    assert done == [1, 1]


def test_the_next_message_has_a_button_only_if_it_brings_one(strip, qtbot):
    done = []
    strip.show_problem("one", StripButton("First", lambda: done.append("first"), "tip"))
    strip.show_note("two")
    assert not button(strip).isVisible()
    strip.show_note("three", StripButton("Third", lambda: done.append("third")))
    assert button(strip).toolTip() == ""
    qtbot.mouseClick(button(strip), LEFT)
    assert done == ["third"]


def test_it_is_put_away_with_its_button(strip, qtbot):
    strip.show_problem("one", StripButton("First", lambda: None))
    (close,) = strip.findChildren(QToolButton)
    qtbot.mouseClick(close, LEFT)
    assert not strip.isVisible()
    assert strip.text == ""
