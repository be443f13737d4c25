"""The log window and the report of a problem."""

import logging
import os
from pathlib import Path

import pytest
from hands import answer_save_dialog
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
)

from training import __version__
from training.project import Project
from vae_desktop.app import App
from vae_desktop.crash_report import LOG_NAME
from vae_desktop.log_lines import log_entries
from vae_desktop.log_window import LogWindow
from vae_desktop.report_dialog import ReportDialog
from vae_desktop.settings import RecentProject

LEFT = Qt.MouseButton.LeftButton
LOG = """2026-11-25 10:00:00,001 INFO vae_desktop.app: The window is shown
2026-11-25 10:00:01,002 WARNING training.images: cannot list '/home/anna/Holiday birds': Permission denied
2026-11-25 10:00:02,003 ERROR vae_desktop.engine: A background job failed
Traceback (most recent call last):
  File "/home/anna/x/vae_desktop/engine.py", line 12, in go
    raise OSError(path)
OSError: /home/anna/Holiday birds/cat 1.png
 is not a picture
which is a pity for anna
2026-11-25 10:00:03,004 INFO qt: done
"""


@pytest.fixture
def logs(tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / LOG_NAME).write_text(LOG, encoding="utf-8")
    return tmp_path / "logs"


@pytest.fixture
def app(qtbot, settings, logs):
    app = App(settings, logs)
    qtbot.addWidget(app.window)
    app.window.show()
    yield app
    app.window.close()


@pytest.fixture
def log_window(app):
    app.window.action("log").trigger()
    return app.window.findChild(LogWindow)


@pytest.fixture
def report(app):
    app.window.action("report").trigger()
    return app.window.findChild(ReportDialog)


def text(widget):
    return widget.findChild(QPlainTextEdit).toPlainText()


def button(widget, title):
    return next(each for each in widget.findChildren(QPushButton) if each.text() == title)


def test_the_log_is_shown_by_level_and_by_what_is_looked_for(log_window):
    assert text(log_window) == LOG.rstrip("\n")
    level = log_window.findChild(QComboBox)
    level.setCurrentIndex(1)
    assert text(log_window).startswith("2026-11-25 10:00:01,002 WARNING")
    assert "which is a pity" in text(log_window)
    assert "INFO" not in text(log_window)
    level.setCurrentIndex(2)
    assert text(log_window).startswith("2026-11-25 10:00:02,003 ERROR")
    level.setCurrentIndex(0)
    QTest.keyClicks(log_window.findChild(QLineEdit), "DONE qt")
    assert text(log_window) == "2026-11-25 10:00:03,004 INFO qt: done"


def test_what_is_logged_meanwhile_comes_into_sight(log_window, logs, qtbot):
    with (logs / LOG_NAME).open("a", encoding="utf-8") as file:
        file.writelines(f"2026-11-25 10:01:00,000 INFO x: line {number}\n" for number in range(300))
    qtbot.waitUntil(lambda: text(log_window).endswith("line 299"))
    bar = log_window.findChild(QPlainTextEdit).verticalScrollBar()
    assert bar.value() == bar.maximum() > 0
    log_window.findChild(QCheckBox).setChecked(False)
    bar.setValue(5)
    with (logs / LOG_NAME).open("a", encoding="utf-8") as file:
        file.write("2026-11-25 10:02:00,000 INFO x: the last one\n")
    qtbot.waitUntil(lambda: text(log_window).endswith("the last one"))
    assert bar.value() == 5


def test_a_log_that_goes_away_or_begins_anew_is_followed(log_window, logs, qtbot):
    (logs / LOG_NAME).unlink()
    qtbot.waitUntil(lambda: text(log_window) == "")
    assert any(label.text() == "Nothing is in the log." for label in log_window.findChildren(QLabel))
    (logs / LOG_NAME).write_bytes(b"2026-11-25 10:00:00,001 INFO x: \xff\x00 new\n")
    qtbot.waitUntil(lambda: text(log_window).endswith("new"))


def test_all_that_is_shown_or_what_is_marked_can_be_copied(log_window, qtbot):
    log_window.findChild(QComboBox).setCurrentIndex(2)
    qtbot.mouseClick(button(log_window, "&Copy"), LEFT)
    assert QGuiApplication.clipboard().text() == text(log_window)
    cursor = QTextCursor(log_window.findChild(QPlainTextEdit).document())
    cursor.movePosition(QTextCursor.MoveOperation.Down, QTextCursor.MoveMode.KeepAnchor, 2)
    log_window.findChild(QPlainTextEdit).setTextCursor(cursor)
    qtbot.mouseClick(button(log_window, "&Copy"), LEFT)
    assert QGuiApplication.clipboard().text() == "\n".join(text(log_window).split("\n")[:2]) + "\n"


def test_parts_of_a_log_are_entries_again():
    for cut in range(len(LOG)):
        entries = log_entries(LOG[cut:])
        assert "\n".join(entry.text for entry in entries).rstrip() == LOG[cut:].rstrip()
    assert [entry.level for entry in log_entries(LOG)] == [
        logging.INFO,
        logging.WARNING,
        logging.ERROR,
        logging.INFO,
    ]


def test_a_report_tells_what_helps_and_nothing_of_the_person(report):
    said = text(report)
    assert f"VAE Desktop {__version__}" in said
    assert "tensorflow 2." in said
    assert 'File "vae_desktop/engine.py", line 12, in go' in said
    assert "OSError: [file]" in said
    assert "WARNING training.images: cannot list [name]: Permission denied" in said
    assert "What I did:" in said
    for secret in ("anna", "Holiday", "birds", "cat", "pity"):
        assert secret not in said.replace("cannot", "")
    assert os.uname().nodename not in said


def test_of_an_open_project_it_tells_the_settings_and_no_name(app, trained, logs, settings, tmp_path):
    with Project.open(trained, write=False) as project:
        names = [Path(name).stem for name in project.file_names()]
    assert len(names) == 40
    (tmp_path / "Aunt Ida & co").mkdir()
    settings.add_recent(RecentProject(str(tmp_path / "Aunt Ida & co"), "Aunt Ida & co"))
    with (logs / LOG_NAME).open("a", encoding="utf-8") as file:
        file.write(f"2026-11-25 10:02:00,000 INFO x: {names[7]} looks odd in Aunt Ida & co\n")
    app.open_project(str(trained))
    app.window.action("report").trigger()
    said = text(app.window.findChild(ReportDialog))
    assert "latent_dim: 2" in said
    assert "--- The window showed\ntrained" in said
    assert "INFO x: [name] looks odd in [name]" in said
    for secret in (str(tmp_path), tmp_path.name, trained.name, names[7], "Ida"):
        assert secret not in said.replace("--- The window showed\ntrained", "")


def test_the_newest_crash_is_in_it_without_its_log(app, logs):
    (logs / "crash-20250101-000000.txt").write_text("old\n")
    (logs / "crash-20261124-000000.txt").write_text(
        "VAE Desktop: report of an end that was not a proper one.\n\nVersion:    0.1\n\n"
        "--- What native code said\n"
        'Fatal Python error: Segmentation fault\n  File "/home/anna/vae_desktop/app.py", line 3 in start\n'
        "corrupted /home/anna/cat\n\n--- The end of the log\nanna\n"
    )
    app.window.action("report").trigger()
    said = text(app.window.findChild(ReportDialog))
    assert "Fatal Python error: Segmentation fault" in said
    assert 'File "vae_desktop/app.py", line 3 in start' in said
    assert "anna" not in said
    assert "old" not in said.splitlines()


def test_the_report_as_it_was_changed_is_copied_and_saved(report, app, qtbot, tmp_path):
    report.findChild(QPlainTextEdit).setPlainText("Größe\nmine")
    qtbot.mouseClick(button(report, "&Copy"), LEFT)
    assert QGuiApplication.clipboard().text() == "Größe\nmine"
    qtbot.mouseClick(button(report, "&Save…"), LEFT)
    answer_save_dialog(qtbot, app, tmp_path / "told.txt")
    assert (tmp_path / "told.txt").read_text("utf-8") == "Größe\nmine"
    assert "Saved as told.txt." in [label.text() for label in report.findChildren(QLabel)]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="a place where nobody can write")
def test_where_it_cannot_be_written_that_is_told_and_the_text_stays(report, app, qtbot):
    report.findChild(QPlainTextEdit).setPlainText("mine")
    qtbot.mouseClick(button(report, "&Save…"), LEFT)
    answer_save_dialog(qtbot, app, "/proc/told.txt")
    assert "/proc/told.txt could not be written" in " ".join(
        label.text() for label in report.findChildren(QLabel)
    )
    assert text(report) == "mine"


def test_without_a_log_there_is_none_to_show_but_a_report(qtbot, settings):
    app = App(settings)
    qtbot.addWidget(app.window)
    assert not app.window.action("log").isVisible()
    app.window.action("report").trigger()
    assert "--- Last errors\n(nothing)" in text(app.window.findChild(ReportDialog))
    app.window.close()
