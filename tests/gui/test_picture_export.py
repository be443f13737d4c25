"""Exporting the picture, the plane, sheets and films, and coming back to where one was made."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hands import LEFT, action, answer_save_dialog, at, drop, problem, wait_for_plane
from hearing import SECONDS, told
from PIL import Image
from PySide6.QtCore import QMimeData, QSize, Qt, QUrl
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from training.paths import PathKind, PathSettings
from training.recipe import read_recipe
from training.stills import MOST_PIXELS
from vae_desktop.latent_plane import PlaneMode
from vae_desktop.offered_pictures import is_for_plane
from vae_desktop.picture_export_dialog import Export, Kind, PictureExportDialog, Sizes, proposed
from vae_desktop.pixels import from_qimage
from vae_desktop.plane_path import Laid

SETTINGS = PathSettings(PathKind.STRAIGHT, seconds=1.0)
STOPS = ((-1.0, 0.5), (1.0, -0.5), (0.5, 1.5))


@pytest.fixture
def exploring(qtbot, app, trained):
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    app.window.show_mode(PlaneMode.TILES)
    app.explorer.paths.path.lay("lay path", Laid(STOPS, SETTINGS))
    return app


def exported(qtbot, app, export, path):
    app.explorer.exports.export(export, path)
    qtbot.waitUntil(lambda: app.explorer.exports._order is None, timeout=SECONDS)
    return path


def cancel_button(app):
    found = app.window.statusBar().findChildren(QPushButton)
    return next(each for each in found if each.text() == "Cancel" and each.isVisible())


def test_the_dialog_asks_what_and_where_and_a_film_is_written(qtbot, exploring, tmp_path):
    exploring.window.path_bar.export_requested.emit()
    dialog = exploring.window.findChild(PictureExportDialog)
    assert dialog.chosen.kind is Kind.FILM
    qtbot.waitUntil(dialog.isVisible)
    export = next(each for each in dialog.findChildren(QPushButton) if each.text() == "Export…")
    QTest.mouseClick(export, LEFT)
    answer_save_dialog(qtbot, exploring, tmp_path / "walk.gif")
    qtbot.waitUntil(lambda: "walk.gif is written." in problem(exploring), timeout=SECONDS)
    with Image.open(tmp_path / "walk.gif") as film:
        assert film.size == (256, 256)
        assert film.n_frames > 10


def test_a_still_is_the_picture_under_the_handle_enlarged(qtbot, exploring, tmp_path):
    path = exported(qtbot, exploring, Export(Kind.STILL, 3, smooth=False), tmp_path / "still.png")
    with Image.open(path) as image:
        large = np.asarray(image)
    image = exploring.window.decoding.current_image()
    assert large.shape == (96, 96, 3)
    shown = image.pixelColor(5, 7)
    for y, x in ((21, 15), (23, 17)):
        np.testing.assert_allclose(large[y, x], (shown.red(), shown.green(), shown.blue()), atol=1)


def test_the_plane_is_written_as_it_is_seen(qtbot, exploring, tmp_path):
    plane = exploring.window.plane
    exploring.window.show_mode(PlaneMode.POINTS)
    seen = plane.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
    path = exported(qtbot, exploring, Export(Kind.PLANE, 2), tmp_path / "plane.png")
    with Image.open(path) as image:
        assert image.size == (2 * seen.width(), 2 * seen.height())
        drawn = np.asarray(image.resize((seen.width(), seen.height()), Image.Resampling.BOX)).astype(float)
    assert np.abs(drawn - from_qimage(seen)).mean() < 8


def test_a_sheet_and_frames_are_written(qtbot, exploring, tmp_path):
    sheet = exported(qtbot, exploring, Export(Kind.SHEET, 2, pictures=6), tmp_path / "sheet.png")
    with Image.open(sheet) as image:
        assert image.width == 3 * 66 - 2
    folder = exported(qtbot, exploring, Export(Kind.FRAMES, ending="", fps=10), tmp_path / "frames")
    assert len(list(folder.iterdir())) == 11


def test_cancel_works_at_once_and_leaves_nothing(qtbot, exploring, tmp_path):
    long = PathSettings(seconds=600.0)
    exploring.explorer.paths.path.lay("lay path", Laid(STOPS, long))
    exploring.explorer.exports.export(Export(Kind.FILM, 8, ending=".webp", fps=30), tmp_path / "walk.webp")
    qtbot.waitUntil(lambda: any(tmp_path.glob("walk*.part")), timeout=SECONDS)
    QTest.mouseClick(cancel_button(exploring), LEFT)
    assert exploring.explorer.exports._order is None
    assert "was not written" in exploring.window.statusBar().currentMessage()
    qtbot.waitUntil(lambda: not list(tmp_path.glob("walk*")), timeout=SECONDS)
    exported(qtbot, exploring, Export(Kind.STILL), tmp_path / "still.png")  # it goes on after it
    assert (tmp_path / "still.png").exists()


def test_closing_the_program_ends_an_export_and_leaves_nothing(qtbot, exploring, tmp_path):
    exploring.explorer.paths.path.lay("lay path", Laid(STOPS, PathSettings(seconds=600.0)))
    exploring.explorer.exports.export(Export(Kind.FILM, 8, ending=".webp", fps=30), tmp_path / "walk.webp")
    qtbot.waitUntil(lambda: any(tmp_path.glob("walk*.part")), timeout=SECONDS)
    exploring.window.close()
    assert not list(tmp_path.glob("walk*"))


def test_what_goes_wrong_is_told_and_leaves_nothing(qtbot, exploring, tmp_path):
    exported(qtbot, exploring, Export(Kind.FILM, ending=".gif"), tmp_path / "gone" / "walk.gif")
    assert "could not be written" in problem(exploring)
    (tmp_path / "frames").mkdir()
    (tmp_path / "frames" / "mine.txt").write_text("mine")
    exported(qtbot, exploring, Export(Kind.FRAMES, ending=""), tmp_path / "frames")
    assert "has something in it" in problem(exploring)
    assert [path.name for path in (tmp_path / "frames").iterdir()] == ["mine.txt"]


@pytest.mark.skipif(not sys.platform.startswith("linux") or os.geteuid() != 0, reason="needs to mount a disk")
def test_a_disk_that_is_too_small_is_told(qtbot, exploring, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        exported(qtbot, exploring, Export(Kind.FILM, 8, ending=".gif"), disk / "walk.gif")
        assert "may take" in problem(exploring)
        assert list(disk.iterdir()) == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_without_a_model_there_is_nothing_to_export(app, untrained):
    assert not app.window.action("export_picture").isEnabled()
    app.explorer.exports.ask(Kind.STILL)
    assert "no picture yet" in problem(app)


# ---------------------------------------------------------------------- the form


@pytest.fixture
def form(qtbot):
    def make(kind, find_mp4=lambda: "ffmpeg", **sizes):
        of = {"picture": 32, "plane": QSize(700, 500), "seconds": 8.0} | sizes
        sizes = Sizes(**of)
        dialog = PictureExportDialog(None, sizes, proposed(kind, sizes, None), find_mp4)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return make


def summary(dialog):
    return dialog._summary.text()


def can_begin(dialog):
    return dialog._begin.isEnabled()


def test_the_form_says_what_will_come_of_it(form):
    dialog = form(Kind.FILM)
    assert summary(dialog).startswith("201 frames, 8.0 s, at most about ")
    assert can_begin(dialog)
    dialog._kind.setCurrentIndex(dialog._kind.findData(Kind.SHEET.name))
    assert "24 pictures" in summary(dialog) or "× " in summary(dialog)


def test_the_form_refuses_what_cannot_be(form):
    without = form(Kind.FILM, seconds=None)
    assert summary(without) == "A path needs two stops."
    assert not can_begin(without)
    no_mp4 = form(Kind.FILM, find_mp4=lambda: None)
    assert can_begin(no_mp4)
    no_mp4._format.setCurrentIndex(no_mp4._format.findData(".mp4"))
    assert "pip install 'vae-desktop[video]'" in summary(no_mp4)
    assert not can_begin(no_mp4)
    endless = form(Kind.FILM, seconds=3_600.0)
    assert "the most are" in summary(endless)
    side = int((MOST_PIXELS / 16) ** 0.5) + 10
    huge = form(Kind.PLANE, plane=QSize(side, side))
    huge._scale.setCurrentIndex(3)
    assert "too large to be made" in summary(huge)


def test_a_still_larger_by_squares_or_smoothly_is_chosen_by_keys(form, qtbot):
    dialog = form(Kind.STILL)
    dialog._look.setFocus()
    QTest.keyClick(dialog._look, Qt.Key.Key_Down)
    assert not dialog.chosen.smooth
    dialog._scale.setCurrentIndex(0)
    assert not dialog._look.isVisible()  # nothing is enlarged


# ---------------------------------------------------------------------- coming back


@pytest.mark.parametrize("name", ["walk.gif", "sheet.png", "walk.webp"])
def test_a_dropped_export_brings_back_handles_path_and_view(qtbot, exploring, tmp_path, name):
    plane, path = exploring.window.plane, exploring.explorer.paths.path
    QTest.mouseClick(plane, LEFT, Qt.KeyboardModifier.ControlModifier, at(exploring, 1.0, 1.0))
    plane.zoom_by(2.0)
    kind = Kind.SHEET if name.endswith("png") else Kind.FILM
    ending = name[name.index(".") :]
    exported(qtbot, exploring, Export(kind, ending=ending, fps=5, pictures=4), tmp_path / name)
    exploring.explorer.handles.name(1, "smile")
    handles, view = plane.handles, plane.view
    path.lay("lay path", Laid((STOPS[0], STOPS[2]), PathSettings()))
    plane.remove_handle(2)
    plane.reset_view()
    drop(exploring, tmp_path / name)
    qtbot.waitUntil(lambda: plane.view == view, timeout=SECONDS)
    assert list(plane.handles) == [1, 2]
    assert plane.active_handle == 2  # its picture was shown
    assert plane.handle_name(1) == "smile"
    np.testing.assert_allclose(list(plane.handles.values()), list(handles.values()))
    assert path.laid == Laid(STOPS, SETTINGS)
    assert "as they were" in problem(exploring)
    action(exploring, f"Undo come back to {name}").trigger()
    assert set(plane.handles) == {1}
    assert path.laid == Laid((STOPS[0], STOPS[2]), PathSettings())


def test_one_of_another_model_changes_nothing_and_says_so(qtbot, exploring, tmp_path, recipe):
    path = exploring.explorer.paths.path
    Image.new("RGB", (8, 8)).save(tmp_path / "plain.png")
    from training.stills import save_image

    save_image(Image.new("RGB", (8, 8)), tmp_path / "other.png", recipe.as_text())
    drop(exploring, tmp_path / "other.png")
    qtbot.waitUntil(lambda: "another model" in problem(exploring), timeout=SECONDS)
    assert path.laid == Laid(STOPS, SETTINGS)
    assert read_recipe(tmp_path / "plain.png") is None


def test_with_nothing_open_it_says_what_to_open(app, tmp_path, recipe):
    from training.stills import save_image

    save_image(Image.new("RGB", (8, 8)), tmp_path / "other.png", recipe.as_text())
    drop(app, tmp_path / "other.png")
    assert "Open its project first" in problem(app)


def test_a_damaged_one_is_told(app, tmp_path):
    from training.stills import save_image

    save_image(Image.new("RGB", (8, 8)), tmp_path / "bad.png", "{}")
    drop(app, tmp_path / "bad.png")
    assert "damaged" in problem(app)


def test_on_the_plane_too_it_is_brought_back_and_placed_nowhere(tmp_path, recipe):
    from training.stills import save_image

    save_image(Image.new("RGB", (8, 8)), tmp_path / "other.png", recipe.as_text())
    save_image(Image.new("RGB", (8, 8)), tmp_path / "plain.png")
    for name, is_a_guest in (("other.png", False), ("plain.png", True)):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / name))])
        assert is_for_plane(data) is is_a_guest
