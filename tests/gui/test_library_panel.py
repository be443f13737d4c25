import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton, QToolButton, QTreeWidget

from training.events import ImportProgress
from vae_desktop.library_panel import LibraryPanel
from vae_desktop.style import held_out_colour


@pytest.fixture
def panel(qtbot):
    panel = LibraryPanel()
    qtbot.addWidget(panel)
    panel.resize(256, 600)
    panel.show()
    return panel


def plain(colour):
    return np.full((32, 32, 3), colour, np.uint8)


def show(panel, count, *, pixels=None, held_out=None, names=None):
    panel.show_pictures(
        "Birds",
        "/pictures/Birds",
        count=count,
        pixels=pixels or (lambda _number: plain((0, 255, 0))),
        held_out=np.zeros(count, np.bool_) if held_out is None else held_out,
        names=names or (lambda number: f"bird {number}.jpg"),
        side=32,
        format_words="32×32 pixels in colour. A typical picture is <b>40</b> pixels on its shorter side.",
    )


def texts(panel):
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def tile_centre(panel, row):
    view = panel.pictures
    return view.visualRect(view.model().index(row, 0)).center()


def colour_at(panel, row):
    return panel.pictures.viewport().grab().toImage().pixelColor(tile_centre(panel, row))


def test_the_pictures_are_shown_with_their_count_and_folder(panel, qtbot):
    shades = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    show(panel, 1204, pixels=lambda number: plain(shades[number % 3]))
    assert colour_at(panel, 0).name() == "#ff0000"
    assert colour_at(panel, 4).name() == "#00ff00"
    assert colour_at(panel, 0).name() == "#ff0000"  # and again from the cache
    assert "1,204 used" in texts(panel)
    assert "Birds" in texts(panel)
    title = next(label for label in panel.findChildren(QLabel) if label.text() == "Birds")
    assert "/pictures/Birds" in title.toolTip()


def test_sixty_thousand_pictures_are_there_at_once_and_only_those_in_sight_are_read(panel):
    asked = set()

    def pixels(number):
        asked.add(number)
        return plain((10, 20, 30))

    began = time.perf_counter()
    show(panel, 60_000, pixels=pixels, held_out=np.arange(60_000) % 10 == 0)
    panel.grab()
    panel.pictures.scrollToBottom()
    panel.grab()
    assert time.perf_counter() - began < 1.0
    assert 59_999 in asked
    assert len(asked) < 200


def test_held_out_pictures_are_marked_and_counted(panel):
    held_out = np.array([True, False, False])
    show(panel, 3, held_out=held_out)
    mark = held_out_colour(panel.palette()).name()
    picture = panel.pictures.viewport().grab().toImage()

    def has_mark(row):
        area = panel.pictures.visualRect(panel.pictures.model().index(row, 0))
        points = ((x, y) for x in range(area.left(), area.right()) for y in range(area.top(), area.bottom()))
        return any(picture.pixelColor(x, y).name() == mark for x, y in points)

    assert [has_mark(row) for row in range(3)] == [True, False, False]
    assert "1 held out" in texts(panel)


def test_choosing_and_double_clicking_a_picture_tell_its_number(panel, qtbot):
    show(panel, 12)
    port = panel.pictures.viewport()
    with qtbot.waitSignal(panel.picture_selected) as chosen:
        qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=tile_centre(panel, 4))
    assert chosen.args == [4]
    with qtbot.waitSignal(panel.picture_selected) as moved:
        qtbot.keyClick(panel.pictures, Qt.Key.Key_Right)
    assert moved.args == [5]
    with qtbot.waitSignal(panel.reveal_requested) as revealed:
        qtbot.mouseClick(port, Qt.MouseButton.LeftButton, pos=tile_centre(panel, 7))
        qtbot.mouseDClick(port, Qt.MouseButton.LeftButton, pos=tile_centre(panel, 7))
    assert revealed.args == [7]
    with qtbot.waitSignal(panel.reveal_requested):
        qtbot.keyClick(panel.pictures, Qt.Key.Key_Return)


@pytest.mark.parametrize("width", [160, 200, 208, 256, 300, 420])
def test_there_are_at_least_two_whole_columns_at_any_width(panel, qtbot, width):
    panel.resize(width, 600)
    show(panel, 30)
    panel.grab()
    view = panel.pictures
    first_row = view.visualRect(view.model().index(0, 0)).top()
    columns = [n for n in range(30) if view.visualRect(view.model().index(n, 0)).top() == first_row]
    assert len(columns) >= 2
    assert view.visualRect(view.model().index(columns[-1], 0)).right() < view.viewport().width()


def test_an_import_shows_skeletons_then_pictures_and_how_far_it_is(panel):
    panel.start_import("Birds")
    bar = panel.findChild(QProgressBar)
    assert bar.isVisible()
    assert bar.maximum() == 0  # moving, not yet known
    skeleton = colour_at(panel, 0).name()
    panel.show_progress(ImportProgress(300, 20, 20, 0, True, None, (plain((255, 0, 0)),)))
    assert any("20 of 300 and counting" in text for text in texts(panel))
    panel.show_progress(ImportProgress(1204, 602, 590, 12, False, 20.0, (plain((0, 0, 255)),)))
    assert (bar.value(), bar.maximum()) == (602, 1204)
    assert any(
        "602 of 1,204" in text and "12 skipped" in text and "20 s left" in text for text in texts(panel)
    )
    assert [colour_at(panel, row).name() for row in range(3)] == ["#ff0000", "#0000ff", skeleton]


def test_more_fresh_pictures_than_places_do_no_harm(panel):
    panel.start_import("Birds")
    for _ in range(5):
        panel.show_progress(ImportProgress(900, 50, 50, 0, False, 9.0, (plain((1, 2, 3)),) * 40))
    assert colour_at(panel, 0).name() == "#010203"


def test_a_skeleton_is_not_a_picture_that_could_be_chosen(panel, qtbot):
    panel.start_import("Birds")
    with qtbot.assertNotEmitted(panel.picture_selected), qtbot.assertNotEmitted(panel.reveal_requested):
        qtbot.mouseClick(panel.pictures.viewport(), Qt.MouseButton.LeftButton, pos=tile_centre(panel, 1))
        qtbot.keyClick(panel.pictures, Qt.Key.Key_Return)


def test_cancel_is_heard_once_and_a_late_report_does_not_take_it_back(panel, qtbot):
    panel.start_import("Birds")
    cancel = next(each for each in panel.findChildren(QPushButton) if each.text() == "Cancel")
    with qtbot.waitSignal(panel.cancel_requested):
        qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    assert not cancel.isEnabled()
    panel.show_progress(ImportProgress(100, 60, 60, 0, False, 3.0))
    assert any("Stopping…" in text for text in texts(panel))


def test_the_skipped_files_unfold_by_reason(panel, qtbot):
    show(panel, 5)
    panel.show_skipped(
        {"not a picture": 1, "damaged or cut short": 1200},
        [("notes.txt", "not a picture"), ("a\nb<b>.jpg", "damaged or cut short")],
    )
    tree = panel.findChild(QTreeWidget)
    toggle = next(each for each in panel.findChildren(QToolButton) if "skipped" in each.text())
    assert toggle.text() == "1,201 skipped: why?"
    assert not tree.isVisible()
    qtbot.mouseClick(toggle, Qt.MouseButton.LeftButton)
    assert tree.isVisible()
    worst = tree.topLevelItem(0)
    assert (worst.text(0), worst.text(1)) == ("damaged or cut short", "1,200")
    assert [worst.child(row).text(0) for row in range(worst.childCount())] == ["a b<b>.jpg", "and 1,199 more"]
    qtbot.mouseClick(toggle, Qt.MouseButton.LeftButton)
    assert not tree.isVisible()


def test_nothing_skipped_shows_nothing_about_it(panel):
    show(panel, 5)
    panel.show_skipped({}, [])
    assert not any(each.isVisible() and "skipped" in each.text() for each in panel.findChildren(QToolButton))


def test_file_names_with_markup_and_line_breaks_are_inert(panel):
    show(panel, 1, names=lambda _number: "<img src='http://x'>\n\u202egnp.jpg")
    tooltip = panel.pictures.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "<img" not in tooltip
    assert "&lt;img" in tooltip
    assert "\n" not in tooltip
    assert "\u202e" not in tooltip


def test_clear_leaves_nothing_of_the_last_project(panel):
    show(panel, 50, held_out=np.ones(50, np.bool_))
    panel.show_skipped({"empty file": 2}, [])
    panel.clear()
    assert panel.pictures.model().rowCount() == 0
    assert [text for text in texts(panel) if text] == []
