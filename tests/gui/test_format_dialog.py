"""Choosing how pictures are read, with the mouse, before an import and after one."""

import numpy as np
import pytest
from hands import LEFT, button, wait_for
from hearing import SECONDS
from pictures import four_corners, write_pictures
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLabel, QRadioButton, QToolButton

from training.image_format import ImageFormat
from training.project import default_project_path, is_project
from vae_desktop.window_state import WindowState


@pytest.fixture
def long_pictures(tmp_path):
    """14 pictures twice as wide as high, in colour."""
    folder = tmp_path / "long"
    folder.mkdir()
    for number in range(14):
        four_corners(200, 100).rotate(number, fillcolor="gray").save(folder / f"{number:02d}.png")
    return folder


def dialog_for(qtbot, app, folder):
    app.formats.choose_for(folder)
    dialog = app.formats.view
    qtbot.waitUntil(button(dialog, "&Read the pictures").isEnabled, timeout=SECONDS)
    return dialog


def choose(dialog, words):
    radio = next(each for each in dialog.findChildren(QRadioButton) if each.text() == words)
    QTest.mouseClick(radio, LEFT)


def previews(dialog):
    return [label.pixmap().toImage() for label in dialog.findChildren(QLabel) if not label.pixmap().isNull()]


def test_what_was_chosen_is_imported(qtbot, app, long_pictures):
    dialog = dialog_for(qtbot, app, long_pictures)
    assert dialog.image_format == ImageFormat(128, 3, "fit")  # suggested, as they are so long
    assert not is_project(default_project_path(long_pictures))  # nothing was imported before
    whole = previews(dialog)
    assert len(whole) == 12
    choose(dialog, "the middle")
    choose(dialog, "in grey")
    assert all(one != other for one, other in zip(whole, previews(dialog), strict=True))
    QTest.mouseClick(button(dialog, "&Read the pictures"), LEFT)
    wait_for(qtbot, app, WindowState.READY)
    assert app.project.image_format == ImageFormat(128, 1, "crop")
    assert app.formats.view is None


def test_the_suggestion_comes_back(qtbot, app, long_pictures):
    dialog = dialog_for(qtbot, app, long_pictures)
    suggested = button(dialog, "As &suggested")
    assert not suggested.isEnabled()
    choose(dialog, "stretched")
    assert dialog.image_format.framing == "stretch"
    QTest.mouseClick(suggested, LEFT)
    assert dialog.image_format == ImageFormat(128, 3, "fit")


def test_a_project_is_read_again_in_another_way(qtbot, start_app, tmp_path):
    app = start_app(write_pictures(tmp_path / "discs", 20)[0].parent)
    wait_for(qtbot, app, WindowState.READY)
    before = app.project.image_format
    label = next(each for each in app.window.library.findChildren(QToolButton) if "×" in each.text())
    QTest.mouseClick(label, LEFT)
    dialog = app.formats.view
    assert dialog.image_format == before
    qtbot.waitUntil(button(dialog, "&Read the pictures").isEnabled, timeout=SECONDS)
    assert dialog.image_format == before  # what suits the folder is only proposed
    choose(dialog, "in grey")
    QTest.mouseClick(button(dialog, "&Read the pictures"), LEFT)
    wait_for(qtbot, app, WindowState.READY)
    assert app.project.image_format == ImageFormat(before.size, 1, before.framing, before.background)
    assert app.window.library.pictures.model().rowCount() == 20


def test_a_folder_without_pictures_is_told_in_place(qtbot, app, tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("no picture")
    app.formats.choose_for(tmp_path / "texts")
    dialog = app.formats.view
    qtbot.waitUntil(
        lambda: any("None of the 1 files" in label.text() for label in dialog.findChildren(QLabel)),
        timeout=SECONDS,
    )
    assert not button(dialog, "&Read the pictures").isEnabled()


def test_a_picture_that_is_cut_out_shows_its_background(qtbot, app, tmp_path):
    folder = tmp_path / "sprites"
    folder.mkdir()
    for number in range(12):
        sprite = Image.new("RGBA", (48, 48), (0, 0, 0, 0))
        sprite.paste((200, 40 + 10 * number, 40, 255), (16, 16, 32, 32))
        sprite.save(folder / f"{number:02d}.png")
    dialog = dialog_for(qtbot, app, folder)
    corners = []
    for words in ("white", "black"):
        choose(dialog, words)
        corners.append([image.pixelColor(1, 1).lightness() for image in previews(dialog)])
    assert np.array_equal(corners, [[255] * 12, [0] * 12])


def test_frames_of_animations_are_pictures_where_that_is_chosen(qtbot, app, tmp_path):
    folder = write_pictures(tmp_path / "moving", 9)[0].parent
    first, *others = [four_corners(64, 64).rotate(20 * number) for number in range(5)]
    first.save(folder / "turning.gif", save_all=True, append_images=others)
    dialog = dialog_for(qtbot, app, folder)
    frames = next(
        each for each in dialog.findChildren(QComboBox) if each.currentText().startswith("the first")
    )
    frames.setFocus()
    QTest.keyClick(frames, Qt.Key.Key_Down)
    assert (frames.currentText(), dialog.every_frame) == ("every picture", 1)
    QTest.mouseClick(button(dialog, "&Read the pictures"), LEFT)
    wait_for(qtbot, app, WindowState.READY)
    pictures = app.plane.pictures
    names = [pictures.name(number) for number in range(14)]
    assert names[9:] == ["turning.gif", *(f"turning.gif, frame {number}" for number in range(2, 6))]
    assert pictures.path(13) == folder / "turning.gif"
    app.window.action("picture_format").trigger()
    assert app.formats.view.every_frame == 1
