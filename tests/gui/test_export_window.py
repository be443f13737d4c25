"""Taking a model elsewhere from the window: the choice of a format, what is written, and what cannot be."""

import pytest
from hands import LEFT, action, answer_save_dialog, button, drop, problem, wait_for, wait_for_plane
from hearing import SECONDS
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QFileDialog, QRadioButton

from training.export_formats import EXPORT_FORMATS
from training.project import Project
from training.sharing import share
from vae_desktop.export_dialog import ExportDialog
from vae_desktop.main_window import WindowState


@pytest.fixture
def exploring(qtbot, start_app, trained):
    """The program with a trained project."""
    app = start_app(trained)
    wait_for(qtbot, app, WindowState.TRAINED)
    wait_for_plane(qtbot, app, 40)
    qtbot.waitUntil(action(app, "Export model…").isEnabled, timeout=SECONDS)
    return app


def open_dialog(app):
    action(app, "Export model…").trigger()
    (dialog,) = [each for each in app.window.findChildren(ExportDialog) if each.isVisible()]
    return dialog


def choose(qtbot, app, name):
    """Answer the first question."""
    dialog = open_dialog(app)
    (choice,) = [
        each for each in dialog.findChildren(QRadioButton) if each.text() == EXPORT_FORMATS[name].title
    ]
    choice.click()
    QTest.mouseClick(button(dialog, "Choose where…"), LEFT)
    qtbot.waitUntil(lambda: len(app.window.findChildren(QFileDialog)) == 1)


def export(qtbot, app, name, path):
    choose(qtbot, app, name)
    answer_save_dialog(qtbot, app, path)
    qtbot.waitUntil(lambda: app.window.messages.text != "", timeout=SECONDS)


@pytest.mark.parametrize("name", list(EXPORT_FORMATS))
def test_a_trained_model_is_exported(qtbot, exploring, tmp_path, name):
    path = tmp_path / f"discs{EXPORT_FORMATS[name].ending}"
    export(qtbot, exploring, name, path)
    assert f"Exported {path.name}" in exploring.window.messages.text
    assert path.is_dir() == EXPORT_FORMATS[name].is_folder
    assert button(exploring.window.messages, "Open" if name == "html" else "Open folder")


def test_a_model_that_somebody_shared_is_exported_without_its_points(qtbot, app, trained, tmp_path):
    with Project.open(trained, write=False) as project:
        share(project, tmp_path / "discs.vae", "Red <b>discs</b>")
    drop(app, tmp_path / "discs.vae")
    wait_for_plane(qtbot, app, 40)
    qtbot.waitUntil(action(app, "Export model…").isEnabled, timeout=SECONDS)
    dialog = open_dialog(app)
    points = dialog.findChild(QCheckBox)
    QTest.mouseClick(points, LEFT, pos=QPoint(8, points.height() // 2))
    assert not points.isChecked()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    (files,) = app.window.findChildren(QFileDialog)
    assert files.selectedFiles()[0].endswith("/Red-b-discs-b.html")
    answer_save_dialog(qtbot, app, tmp_path / "page.html")
    qtbot.waitUntil(lambda: app.window.messages.text != "", timeout=SECONDS)
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "<h1>Red &lt;b&gt;discs&lt;/b&gt;</h1>" in page
    assert '"learned":[]' in page


def test_what_cannot_be_written_is_told_in_place(qtbot, exploring, tmp_path):
    (tmp_path / "discs-onnx").mkdir()
    (tmp_path / "discs-onnx" / "diary.txt").write_text("dear diary")
    choose(qtbot, exploring, "onnx")
    (files,) = exploring.window.findChildren(QFileDialog)
    files.fileSelected.emit(str(tmp_path / "discs-onnx"))
    files.reject()
    qtbot.waitUntil(lambda: problem(exploring) != "", timeout=SECONDS)
    assert "exists already" in problem(exploring)
    assert [each.name for each in (tmp_path / "discs-onnx").iterdir()] == ["diary.txt"]


def test_the_last_choice_is_proposed_again_and_points_belong_to_the_page_alone(qtbot, exploring):
    dialog = open_dialog(exploring)
    page, onnx = dialog.findChildren(QRadioButton)[:2]
    points = dialog.findChild(QCheckBox)
    assert page.isChecked()
    assert points.isEnabled()
    qtbot.waitUntil(page.hasFocus)
    QTest.keyClick(page, Qt.Key.Key_Down)
    assert onnx.isChecked()
    assert not points.isEnabled()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    (files,) = exploring.window.findChildren(QFileDialog)
    files.reject()
    again = open_dialog(exploring)
    assert [each.text() for each in again.findChildren(QRadioButton) if each.isChecked()] == ["ONNX"]
    QTest.keyClick(again, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not exploring.window.findChildren(ExportDialog))


def test_without_a_model_nothing_can_be_exported(qtbot, start_app, untrained):
    app = start_app(untrained)
    wait_for(qtbot, app, WindowState.READY)
    assert not action(app, "Export model…").isEnabled()
