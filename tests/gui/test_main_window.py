import subprocess
import sys

import numpy as np
import pytest
from PySide6 import __version_info__
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QColor, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPalette
from PySide6.QtWidgets import QApplication, QDockWidget, QFileDialog, QLabel, QMenu, QPushButton, QToolButton

from vae_desktop.dropping import DropFrame
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.settings import RecentProject, Settings
from vae_desktop.welcome import SampleCard


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def window(qtbot, settings):
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    return window


def action(window, text):
    return next(each for each in window.findChildren(QAction) if each.text().replace("&", "") == text)


def entries(window, title):
    menu = next(each for each in window.findChildren(QMenu) if each.title().replace("&", "") == title)
    return menu.actions()


def docks(window):
    return {dock.objectName(): dock for dock in window.findChildren(QDockWidget)}


def fill_plane(window):
    means = np.array([[0, 0], [1, 1], [-1, 0.5]], np.float32)
    window.plane.set_points(means, np.full((3, 2), 0.1, np.float32), np.zeros(3, np.bool_), np.arange(3))


# --- states -------------------------------------------------------------------------------------------------

ALWAYS = {"Open folder…", "Open project…", "Open model…", "Quit", "About VAE Desktop"}
PLANE = {
    "Pictures and map",
    "Only your pictures",
    "Only the map",
    "Fit all pictures",
    "Reset view",
    "Zoom in",
    "Zoom out",
    "Add handle",
    "Remove handle",
    "Save picture…",
}
POSSIBLE = {
    WindowState.EMPTY: set(),
    WindowState.IMPORTING: set(),
    WindowState.READY: {"Close project", "Train", "Settings…"},
    WindowState.TRAINING: {"Close project", "Pause", "Stop and keep", *PLANE},
    WindowState.PAUSED: {"Close project", "Resume", "Stop and keep", *PLANE},
    WindowState.TRAINED: {
        "Close project",
        "Train more",
        "Settings…",
        "New training…",
        "Save model to share…",
        *PLANE,
    },
    WindowState.SHARED: {"Close project", "Continue with pictures…", *PLANE},
}


@pytest.mark.parametrize("state", list(WindowState))
def test_each_state_enables_what_can_be_done_in_it_and_nothing_else(window, state):
    window.set_state(state)
    everything = set().union(*POSSIBLE.values()) | ALWAYS
    enabled = {each.text().replace("&", "") for each in window.findChildren(QAction) if each.isEnabled()}
    assert enabled & everything == POSSIBLE[state] | ALWAYS
    assert window.state == state


def test_while_the_engine_starts_nothing_can_be_trained(window):
    window.set_loading(True)
    window.set_state(WindowState.READY)
    assert not action(window, "Train").isEnabled()
    window.set_loading(False)
    assert action(window, "Train").isEnabled()


def test_the_panels_belong_to_a_project(window):
    assert window.welcome.isVisible()
    assert not any(dock.isVisible() for dock in docks(window).values())
    window.set_state(WindowState.IMPORTING)
    assert not window.welcome.isVisible()
    assert window.plane.isVisible()
    hidden = {name for name, dock in docks(window).items() if not dock.isVisible()}
    assert hidden == {"Measures"}, "they are there once they are asked for"
    window.set_state(WindowState.EMPTY)
    assert window.welcome.isVisible()
    assert not any(dock.isVisible() for dock in docks(window).values())


def test_a_closed_panel_stays_closed_and_comes_back_from_the_menu(window):
    window.set_state(WindowState.READY)
    docks(window)["Decoding"].close()
    window.set_state(WindowState.EMPTY)
    window.set_state(WindowState.READY)
    assert {name for name, dock in docks(window).items() if dock.isVisible()} == {
        "Library",
        "Runs",
        "Groups",
        "Training",
    }
    action(window, "Decoding").trigger()
    assert docks(window)["Decoding"].isVisible()


@pytest.mark.parametrize("size", [(1280, 800), (900, 600)])
def test_the_plane_gets_most_of_the_window(window, qtbot, size):
    window.resize(*size)
    window.set_state(WindowState.TRAINED)
    qtbot.waitUntil(lambda: window.plane.height() > 0 and window.training.height() < 200)
    assert window.size().width() == size[0]
    assert window.plane.width() * window.plane.height() > 0.3 * size[0] * size[1]
    assert window.plane.width() > window.library.width() + window.decoding.width() - 40


# --- what goes out ------------------------------------------------------------------------------------------


def test_the_menus_ask_for_what_they_say(window, qtbot, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: "/chosen")
    window.set_state(WindowState.TRAINED)
    asked = {
        "Open folder…": (window.open_requested, ["/chosen"]),
        "Open project…": (window.open_project_requested, ["/chosen"]),
        "Close project": (window.close_project_requested, []),
        "Save picture…": (window.save_picture_requested, []),
        "Train more": (window.train_requested, [10.0]),
    }
    for text, (signal, args) in asked.items():
        with qtbot.waitSignal(signal) as blocker:
            action(window, text).trigger()
        assert blocker.args == args
    window.set_state(WindowState.TRAINING)
    for text, signal, args in (
        ("Pause", window.pause_requested, [True]),
        ("Stop and keep", window.stop_requested, []),
    ):
        with qtbot.waitSignal(signal) as blocker:
            action(window, text).trigger()
        assert blocker.args == args
    window.set_state(WindowState.PAUSED)
    with qtbot.waitSignal(window.pause_requested) as blocker:
        action(window, "Resume").trigger()
    assert blocker.args == [False]


def test_cancelling_an_import_is_passed_on(window, qtbot):
    window.set_state(WindowState.IMPORTING)
    window.library.start_import("Birds")
    cancel = next(each for each in window.library.findChildren(QPushButton) if each.text() == "Cancel")
    with qtbot.waitSignal(window.cancel_import_requested):
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)


def test_samples_and_recent_projects_are_in_the_menu_and_on_the_page(window, qtbot, settings, tmp_path):
    assert (
        not next(each for each in window.findChildren(QMenu) if each.title() == "&Recent")
        .menuAction()
        .isEnabled()
    )
    window.set_samples([SampleCard("emoji", "Emoji", "x"), SampleCard("fashion", "Clothes & shoes", "y")])
    settings.add_recent(RecentProject(str(tmp_path), "Birds <b>\n& cats", "12 pictures"))
    window.refresh_recent()
    assert [each.text() for each in entries(window, "Open sample")] == ["Emoji", "Clothes && shoes"]
    assert [each.text() for each in entries(window, "Recent")] == ["Birds <b> && cats"]
    with qtbot.waitSignal(window.open_sample_requested) as sample:
        entries(window, "Open sample")[1].trigger()
    assert sample.args == ["fashion"]
    with qtbot.waitSignal(window.open_project_requested) as project:
        entries(window, "Recent")[0].trigger()
    assert project.args == [str(tmp_path)]
    window.welcome.recent_removed.emit(str(tmp_path))
    assert settings.recent() == []
    assert entries(window, "Recent") == []


def test_keys_are_given_once_and_menus_have_mnemonics(window):
    keys = [
        each.shortcut().toString() for each in window.findChildren(QAction) if not each.shortcut().isEmpty()
    ]
    assert len(keys) == len(set(keys))
    assert {"Ctrl+O", "Ctrl+T", "Ctrl+S"} <= set(keys)
    titles = [each.text() for each in window.menuBar().actions()]
    assert all("&" in title for title in titles)


def test_keys_work(window, qtbot):
    window.set_state(WindowState.READY)
    window.activateWindow()
    with qtbot.waitSignal(window.train_requested):
        qtbot.keyClick(window, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)


# --- the plane ----------------------------------------------------------------------------------------------


def test_handles_are_added_apart_and_removed_but_never_the_last(window):
    window.set_state(WindowState.TRAINED)
    fill_plane(window)
    for _ in range(4):
        action(window, "Add handle").trigger()
    places = np.array(list(window.plane.handles.values()))
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1)[np.triu_indices(len(places), 1)]
    assert len(places) == 5
    assert distances.min() > 0.2
    for _ in range(8):
        action(window, "Remove handle").trigger()
    assert len(window.plane.handles) == 1


def test_zoom_and_reset_change_what_is_seen(window):
    window.set_state(WindowState.TRAINED)
    fill_plane(window)
    action(window, "Reset view").trigger()
    before = window.plane.visible_extent()
    action(window, "Zoom in").trigger()
    closer = window.plane.visible_extent()
    assert closer[1] - closer[0] < before[1] - before[0]
    action(window, "Reset view").trigger()
    assert window.plane.visible_extent() == pytest.approx(before)


def test_the_modes_change_the_picture(window, qtbot):
    window.set_state(WindowState.TRAINED)
    fill_plane(window)
    centres = np.stack(np.meshgrid([-1.0, 1.0], [1.0, -1.0]), -1).astype(np.float32)
    window.plane.set_tiles(np.full((2, 2, 8, 8, 3), 200, np.uint8), centres)
    seen = set()
    for text in ("Only the map", "Only your pictures", "Pictures and map"):
        action(window, text).trigger()
        QCoreApplication.processEvents()
        image = window.plane.grab().toImage()
        seen.add(bytes(image.constBits()))
    assert len(seen) == 3
    assert action(window, "Pictures and map").isChecked()
    assert not action(window, "Only the map").isChecked()


# --- dropping -----------------------------------------------------------------------------------------------


def mime(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


# Qt 6.12 deprecated the whole-number place and takes a fractional one instead.
_PLACE = QPointF(50, 50) if __version_info__ >= (6, 12) else QPoint(50, 50)


def enter(window, data):
    event = QDragEnterEvent(
        _PLACE,
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, event)
    return event


def drop(window, data):
    enter(window, data)
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(window, event)


def test_a_folder_held_over_the_window_shows_where_it_would_go(window, tmp_path):
    frame = window.findChild(DropFrame)
    data = mime(tmp_path)
    assert enter(window, data).isAccepted()
    assert frame.isVisible()
    assert frame.size() == window.size()
    QApplication.sendEvent(window, QDragLeaveEvent())
    assert not frame.isVisible()


def test_text_is_not_taken(window):
    data = QMimeData()
    data.setText("hello")
    enter(window, data)
    assert not window.findChild(DropFrame).isVisible()


@pytest.mark.parametrize("state", [WindowState.EMPTY, WindowState.TRAINING])
def test_a_dropped_folder_is_opened(window, qtbot, tmp_path, state):
    window.set_state(state)
    folder = tmp_path / "bïrds & <b>cats"
    folder.mkdir()
    with qtbot.waitSignal(window.open_requested) as asked:
        drop(window, mime(folder))
    assert asked.args == [str(folder)]
    assert not window.findChild(DropFrame).isVisible()


def test_several_files_mean_the_folder_they_are_in(window, qtbot, tmp_path):
    files = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    for file in files:
        file.write_bytes(b"x")
    with qtbot.waitSignal(window.open_requested) as asked:
        drop(window, mime(*files))
    assert asked.args == [str(tmp_path)]
    assert tmp_path.name in window.messages.text


@pytest.mark.parametrize("state", [WindowState.EMPTY, WindowState.READY])
def test_a_single_file_or_two_folders_are_explained_in_place(window, qtbot, tmp_path, state):
    window.set_state(state)
    strip = window.welcome.strip if state == WindowState.EMPTY else window.messages
    picture = tmp_path / "holiday.jpg"
    picture.write_bytes(b"x")
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with qtbot.assertNotEmitted(window.open_requested):
        drop(window, mime(picture))
        assert "holiday.jpg" in strip.text
        assert tmp_path.name in strip.text
        drop(window, mime(tmp_path / "one", tmp_path / "two"))
        assert "more than one folder" in strip.text
    assert strip.isVisible()


def test_a_link_to_the_internet_is_not_opened(window, qtbot):
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/picture.jpg")])
    with qtbot.assertNotEmitted(window.open_requested):
        drop(window, data)
    assert "on this computer" in window.welcome.strip.text


# --- title, closing, colours, start -------------------------------------------------------------------------


def test_the_title_names_the_project_on_one_line(window):
    assert window.windowTitle() == "VAE Desktop"
    window.set_project_name("Birds\n\u202e2026")
    assert window.windowTitle() == "Birds  2026 – VAE Desktop"
    window.set_project_name("[*]")
    assert window.windowTitle().startswith("[*]")
    window.set_project_name("")
    assert window.windowTitle() == "VAE Desktop"


def test_the_guard_can_keep_the_window_open(window):
    window.close_guard = lambda: False
    assert not window.close()
    assert window.isVisible()
    window.close_guard = lambda: True
    assert window.close()


def test_size_and_panels_are_the_same_at_the_next_start(window, qtbot, tmp_path):
    window.resize(760, 610)  # the offscreen platform's screen is 800 pixels wide
    window.set_state(WindowState.READY)
    docks(window)["Library"].close()
    window.set_state(WindowState.EMPTY)
    window.close()
    second = MainWindow(Settings(tmp_path / "settings.ini"))
    qtbot.addWidget(second)
    second.show()
    assert (second.width(), second.height()) == (760, 610)
    second.set_state(WindowState.READY)
    assert {name for name, dock in docks(second).items() if dock.isVisible()} == {
        "Runs",
        "Groups",
        "Decoding",
        "Training",
    }


def test_icons_follow_a_change_to_dark(window):
    window.set_state(WindowState.TRAINED)
    arrow = window.plane_tools.findChild(QToolButton, "qt_toolbar_ext_button")  # where not all have room

    def ink(shown):
        image = shown.icon().pixmap(24).toImage()
        pixels = [image.pixelColor(x, y) for x in range(image.width()) for y in range(image.height())]
        return np.mean([pixel.lightness() for pixel in pixels if pixel.alpha() > 200])

    icons = (action(window, "Zoom in"), arrow)
    assert max(map(ink, icons)) < 100
    dark = QPalette(QColor("#333333"), QColor("#222222"))
    for role in (QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText, QPalette.ColorRole.Text):
        dark.setColor(role, QColor("#eeeeee"))
    window.setPalette(dark)
    assert min(map(ink, icons)) > 150


def test_a_problem_is_shown_on_the_page_in_sight(window):
    window.show_problem("<b>That</b> did not work.")
    assert window.welcome.strip.text == "<b>That</b> did not work."
    window.set_state(WindowState.READY)
    window.show_problem("That neither.")
    assert window.messages.isVisible()
    label = next(each for each in window.messages.findChildren(QLabel) if each.text() == "That neither.")
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_importing_the_window_loads_neither_tensorflow_nor_pyqtgraph():
    code = (
        "import sys, vae_desktop.main_window\n"
        "loaded = {'tensorflow', 'keras', 'pyqtgraph', 'PIL'} & set(sys.modules)\n"
        "sys.exit(', '.join(sorted(loaded)) or None)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
