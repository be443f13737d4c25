import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QLabel, QListWidget, QPlainTextEdit, QPushButton, QTabWidget

import training
from training.places import projects_folder
from vae_desktop.about import AboutDialog
from vae_desktop.main_window import MainWindow


class Opener(QObject):
    """Stands in for the system's programs that open files."""

    def __init__(self):
        super().__init__()
        self.opened = []

    @Slot(QUrl)
    def open(self, url):
        self.opened.append(Path(url.toLocalFile()))


@pytest.fixture
def opener(qapp):
    opener = Opener()
    QDesktopServices.setUrlHandler("file", opener, "open")
    yield opener
    QDesktopServices.unsetUrlHandler("file")


@pytest.fixture
def dialog(qtbot, tmp_path):
    dialog = AboutDialog(logs=tmp_path / "log")
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def tabs(dialog):
    return dialog.findChild(QTabWidget)


def texts(dialog):
    return " ".join(label.text() for label in dialog.findChildren(QLabel) if label.isVisible())


def button(dialog, text):
    return next(each for each in dialog.findChildren(QPushButton) if each.text() == text)


def test_it_says_what_the_program_is_and_what_it_never_does(dialog):
    said = texts(dialog)
    assert training.__version__ in said
    assert "never changed, moved or uploaded" in said
    assert "MIT licence" in said


def test_the_version_details_can_be_copied(dialog, qtbot):
    qtbot.mouseClick(button(dialog, "&Copy version details"), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert f"VAE Desktop {training.__version__}" in copied
    assert "tensorflow 2." in copied
    assert "Python 3." in copied
    assert "unknown" not in copied


def test_every_licence_can_be_read(dialog):
    tabs(dialog).setCurrentIndex(1)
    listed = dialog.findChild(QListWidget)
    shown = dialog.findChild(QPlainTextEdit)
    names = [listed.item(row).text().split(" ")[0] for row in range(listed.count())]
    assert {"tensorflow", "numpy", "Qt", "Python"} <= set(names)
    listed.setCurrentRow(names.index("numpy"))
    assert "NumPy Developers" in shown.toPlainText()
    assert "numpy: BSD-3-Clause" in texts(dialog)


def test_whoever_wants_to_replace_qt_is_told_where_it_is_and_where_its_source_is(dialog):
    tabs(dialog).setCurrentIndex(1)
    listed = dialog.findChild(QListWidget)
    (row,) = (row for row in range(listed.count()) if listed.item(row).text().startswith("Qt "))
    listed.setCurrentRow(row)
    said = dialog.findChild(QPlainTextEdit).toPlainText()
    folder = next(Path(line) for line in said.splitlines() if line.endswith("PySide6"))
    assert list(folder.glob("QtCore.*"))
    assert list(folder.rglob("*Qt6Core*"))
    assert "download.qt.io" in said
    assert "unmodified" in said
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in said
    assert "GNU GENERAL PUBLIC LICENSE" in said


def test_it_tells_how_to_update_and_remove_and_what_stays(dialog, qtbot, opener):
    tabs(dialog).setCurrentIndex(2)
    said = texts(dialog)
    assert "no network connection" in said
    assert str(projects_folder()) in said
    assert "projects and settings stay" in said
    assert not button(dialog, "Open projects &folder").isEnabled()  # there is none yet


def test_a_frozen_program_names_the_folder_that_it_is_in(qtbot, monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "VAE <b>Desktop</b>" / "vae-desktop"))
    dialog = AboutDialog()
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    tabs(dialog).setCurrentIndex(2)
    said = texts(dialog)
    assert said.count(str(tmp_path / "VAE <b>Desktop</b>")) == 2
    assert "make uninstall-desktop" not in said


def test_the_projects_folder_is_opened_when_there_is_one(qtbot, opener):
    projects_folder().mkdir(parents=True)
    dialog = AboutDialog()
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)
    qtbot.addWidget(dialog)
    dialog.show()
    tabs(dialog).setCurrentIndex(2)
    qtbot.mouseClick(button(dialog, "Open projects &folder"), Qt.MouseButton.LeftButton)
    assert opener.opened == [projects_folder()]


def test_escape_closes_it_and_tabs_turn_by_keyboard(dialog, qtbot):
    tabs(dialog).tabBar().setFocus()
    qtbot.keyClick(tabs(dialog).tabBar(), Qt.Key.Key_Right)
    assert tabs(dialog).currentIndex() == 1
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


@pytest.mark.parametrize("index", [0, 1, 2])
def test_nothing_is_cut_off_at_a_small_size(dialog, qtbot, index):
    dialog.resize(600, 450)
    tabs(dialog).setCurrentIndex(index)
    qtbot.waitExposed(dialog)
    for label in tabs(dialog).currentWidget().findChildren(QLabel):
        if label.wordWrap() and label.isVisible():
            assert label.height() >= label.heightForWidth(label.width()), label.text()


def test_the_help_menu_opens_it_and_the_window_stays_usable(qtbot, settings):
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    window._actions["about"].trigger()
    dialog = window.findChild(AboutDialog)
    assert dialog.isVisible()
    assert not dialog.isModal()
    dialog.close()


def test_a_report_is_opened_or_said_to_be_where_it_is(qtbot, settings, tmp_path, opener):
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    report = tmp_path / "crash.txt"
    report.write_text("what happened", encoding="utf-8")
    window.show_file(report)
    assert opener.opened == [report]
    assert window.welcome.strip.text == ""
