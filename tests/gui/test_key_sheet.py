import string

import numpy as np
import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QTreeWidget

from vae_desktop import plane_controls
from vae_desktop.desktop_session import DesktopSession
from vae_desktop.key_sheet import KeySheet
from vae_desktop.main_window import MainWindow

Key, NONE = Qt.Key, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def window(qtbot, idle_engine, settings):
    window = MainWindow(settings)
    qtbot.addWidget(window)
    DesktopSession(window, idle_engine, settings)
    window.show()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    return window


@pytest.fixture
def sheet(window):
    QTest.keyClick(window, Key.Key_F1)
    sheet = window.findChild(KeySheet)
    assert sheet.isVisible()
    return sheet


def lines(sheet, *, hidden=False):
    """(group, what it does, keys) of every line that is to be seen."""
    tree = sheet.findChild(QTreeWidget)
    heads = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return [
        (head.text(0), head.child(row).text(0), head.child(row).text(1))
        for head in heads
        for row in range(head.childCount())
        if hidden or not (head.isHidden() or head.child(row).isHidden())
    ]


def test_every_action_with_a_key_is_in_it_below_its_menu(window, sheet):
    listed = {(does, keys) for _, does, keys in lines(sheet)}
    actions = [
        each for each in window.findChildren(QAction) if each.isVisible() and not each.shortcut().isEmpty()
    ]
    assert len(actions) > 20
    for each in actions:
        keys = "   ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in each.shortcuts())
        assert (each.text().replace("&", ""), keys) in listed
    assert ("Help menu", "Keyboard and mouse", "F1   Ctrl+/") in lines(sheet)
    assert ("Plane menu", "Fit all pictures", "Ctrl+9") in lines(sheet)


def test_no_two_actions_share_a_key(window):
    keys = [
        key.toString()
        for each in window.findChildren(QAction)
        for key in each.shortcuts()
        if not key.isEmpty()
    ]
    assert len(keys) == len(set(keys))


def test_the_other_key_opens_it_too(window):
    QTest.keyClick(window, Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)
    assert window.findChild(KeySheet).isVisible()


def keys_of_the_plane(plane):
    """The keys that the plane takes for itself, found by pressing all of them."""
    tried = [Key[f"Key_{name}"] for name in string.ascii_uppercase + string.digits]
    tried += [Key[name] for name in Key.__members__ if name.startswith(("Key_F", "Key_Page", "Key_B"))]
    tried += [Key.Key_Delete, Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down, Key.Key_Escape]
    tried += [Key.Key_Plus, Key.Key_Minus, Key.Key_Equal, Key.Key_Home, Key.Key_End, Key.Key_Comma]
    taken = set()
    for key in tried:
        event = QKeyEvent(QEvent.Type.KeyPress, key, NONE)
        plane.keyPressEvent(event)
        plane.keyReleaseEvent(QKeyEvent(QEvent.Type.KeyRelease, key, NONE))
        if event.isAccepted():
            taken.add(QKeySequence(key).toString())
    return taken


def test_the_keys_of_the_plane_are_those_that_it_takes(white_plane):
    means = np.zeros((3, 2), np.float32)
    white_plane.set_points(means, means + 0.1, np.zeros(3, np.bool_), np.arange(3))
    told = {key for control in plane_controls.KEYS for key in control.how if "arrow" not in key}
    assert told == keys_of_the_plane(white_plane)


def test_what_is_typed_leaves_only_what_fits(sheet):
    line = sheet.findChild(QLineEdit)
    QTest.keyClicks(line, "zoom")
    assert {does for _, does, _ in lines(sheet)} >= {"Zoom in", "Zoom out"}
    assert "Pause" not in {does for _, does, _ in lines(sheet)}
    line.setText("ctrl+9")
    assert lines(sheet) == [("Plane menu", "Fit all pictures", "Ctrl+9")]
    line.setText("no such thing at all")
    assert lines(sheet) == []
    QTest.keyClick(sheet, Key.Key_Escape)
    assert not sheet.isVisible()


def test_it_shows_what_became_of_an_action(window, sheet):
    window.action("fit").setShortcut("Ctrl+8")
    sheet.close()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    QTest.keyClick(window, Key.Key_F1)
    assert ("Plane menu", "Fit all pictures", "Ctrl+8") in lines(sheet)
