import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QListView

from vae_desktop.command_palette import CommandPalette
from vae_desktop.commands import Command
from vae_desktop.desktop_session import DesktopSession
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.settings import RecentProject
from vae_desktop.welcome import SampleCard

Key = Qt.Key
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(qtbot, idle_engine, settings, tmp_path):
    (tmp_path / "Birds").mkdir()
    settings.add_recent(RecentProject(str(tmp_path / "Birds"), "Birds & bees", "12 pictures"))
    window = MainWindow(settings)
    qtbot.addWidget(window)
    DesktopSession(window, idle_engine, settings)
    window.set_samples([SampleCard("fashion", "Clothes", "Shirts and shoes")])
    window.show()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    return window


@pytest.fixture
def palette(window):
    palette = window.findChild(CommandPalette)
    QTest.keyClick(window, Key.Key_P, CONTROL | SHIFT)
    assert palette.isVisible()
    return palette


def line(palette):
    return palette.findChild(QLineEdit)


def listed(palette):
    model = palette.findChild(QListView).model()
    return [model.index(row).data() for row in range(model.rowCount())]


def heard(palette):
    """What a screen reader is told of the chosen line."""
    return line(palette).accessibleDescription()


def press(palette, *keys):
    for key in keys:
        QTest.keyClick(line(palette), key)


def test_it_lists_every_action_of_the_menus_with_recent_projects_and_samples(window, palette):
    in_menus = {
        each.text().replace("&&", "\0").replace("&", "").replace("\0", "&")
        for each in window.findChildren(QAction)
        if each.text() and each.isVisible() and each.menu() is None and each.associatedObjects()
    }
    assert {"Open folder…", "Train", "Library", "Birds & bees", "Clothes"} <= set(listed(palette))
    assert set(listed(palette)) <= in_menus
    missing = in_menus - set(listed(palette))
    assert not missing & {
        each.text().replace("&", "") for each in window.findChildren(QAction) if each.statusTip()
    }


def test_typing_some_letters_and_enter_does_it(window, palette, qtbot):
    QTest.keyClicks(line(palette), "bees")
    assert listed(palette)[0] == "Birds & bees"
    with qtbot.waitSignal(window.open_project_requested) as asked:
        press(palette, Key.Key_Return)
    assert asked.args[0].endswith("Birds")
    assert not palette.isVisible()


def test_the_arrows_go_round_and_the_screen_reader_hears_where_they_are(palette):
    QTest.keyClicks(line(palette), "open")
    first = heard(palette)
    assert first.startswith("Open folder…, File, Ctrl+O. 1 of ")
    press(palette, Key.Key_Up)
    assert heard(palette) != first
    press(palette, Key.Key_Down)
    assert heard(palette) == first
    press(palette, Key.Key_PageDown)
    assert heard(palette) != first


def test_what_cannot_be_done_now_is_listed_and_does_nothing(window, palette, qtbot):
    QTest.keyClicks(line(palette), "train")
    assert listed(palette)[0] == "Train"
    assert "not possible now" in heard(palette)
    with qtbot.assertNotEmitted(window.train_requested):
        press(palette, Key.Key_Return)
    assert palette.isVisible()


def test_an_action_that_becomes_possible_while_it_is_open_can_be_done(window, palette, qtbot):
    QTest.keyClicks(line(palette), "train")
    window.set_state(WindowState.READY)
    with qtbot.waitSignal(window.train_requested):
        press(palette, Key.Key_Return)


def test_a_click_does_it(window, palette, qtbot):
    QTest.keyClicks(line(palette), "only the map")
    window.set_state(WindowState.TRAINED)
    view = palette.findChild(QListView)
    place = view.visualRect(view.model().index(0)).center()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, place)
    assert window.action("tiles").isChecked()
    assert not palette.isVisible()


def test_escape_gives_the_keyboard_back(window, qtbot):
    window.set_state(WindowState.TRAINED)
    window.plane.setFocus()
    QTest.keyClick(window, Key.Key_P, CONTROL | SHIFT)
    palette = window.findChild(CommandPalette)
    assert QApplication.focusWidget() is line(palette)
    press(palette, Key.Key_Escape)
    assert not palette.isVisible()
    assert QApplication.focusWidget() is window.plane


def test_it_goes_away_when_the_keyboard_goes_elsewhere(window, palette):
    window.welcome.setFocus()
    assert not palette.isVisible()


def test_its_key_closes_it_again(window, palette):
    QTest.keyClick(line(palette), Key.Key_P, CONTROL | SHIFT)
    assert not palette.isVisible()


def test_what_was_done_last_comes_first_the_next_time(window, palette):
    window.set_state(WindowState.TRAINED)
    QTest.keyClicks(line(palette), "zoom out")
    press(palette, Key.Key_Return)
    window.findChild(CommandPalette).open()
    assert listed(palette)[0] == "Zoom out"


def test_nothing_found_is_said(palette):
    QTest.keyClicks(line(palette), "qqqq")
    assert listed(palette) == []
    assert heard(palette) == "No action is called that."
    press(palette, Key.Key_Return, Key.Key_Down)
    assert palette.isVisible()


def test_it_stays_within_a_small_window(window, palette, qtbot):
    window.resize(720, 540)
    qtbot.waitUntil(lambda: window.width() == 720)
    qtbot.waitUntil(lambda: window.rect().contains(palette.geometry()))


def test_it_takes_commands_from_any_source_and_hostile_titles_stay_one_line(window, qtbot):
    done = []
    palette = CommandPalette(window, [lambda: [Command("Evil\n\u202etitle <b>", lambda: done.append(1))]])
    palette.open()
    assert listed(palette) == ["Evil  title <b>"]
    press(palette, Key.Key_Return)
    assert done == [1]
    assert not palette.grab().isNull()
