import contextlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSystemTrayIcon

from training.events import ImportReport, RunResult
from vae_desktop import job_notices
from vae_desktop.desktop_notice import show_notice
from vae_desktop.desktop_session import DesktopSession
from vae_desktop.job_notices import JobNotices
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.settings import Settings

SECONDS = 60


@pytest.fixture
def window(qtbot, settings):
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.set_project_name("Birds")
    return window


@pytest.fixture
def shown(window, idle_engine, monkeypatch):
    """The notices that were shown; jobs count as long however short they were."""
    monkeypatch.setattr(job_notices, "LONG_SECONDS", 0.0)
    shown = []
    JobNotices(window, idle_engine, lambda: True, lambda *notice: shown.append(notice))
    return shown


def result(*, stopped=False):
    return RunResult(Path("run"), stopped, 40, 60.0, 1000.0, None, ())


def report(*, cancelled=False):
    return ImportReport(1204, 1204, 0, {}, cancelled=cancelled)


def test_the_end_of_a_training_is_told_with_what_came_of_it(window, idle_engine, shown):
    window.set_state(WindowState.TRAINING)
    idle_engine.trained.emit(result())
    assert shown == [("Birds – VAE Desktop", "The training is done, after 40 epochs.")]


def test_the_end_of_an_import_and_of_saving_are_told(window, idle_engine, shown):
    window.set_state(WindowState.IMPORTING)
    idle_engine.imported.emit(report())
    idle_engine.files.shared_saved.emit("/somewhere/my birds.vae")
    idle_engine.files.exported.emit("/somewhere/my birds.onnx")
    assert [text for _, text in shown] == [
        "The pictures are read: 1,204 pictures.",
        "Saved my birds.vae.",
        "Saved my birds.onnx.",
    ]


@pytest.mark.parametrize(
    ("signal", "arguments"),
    [
        ("training_failed", ("no",)),
        ("memory_ran_out", ("no", 8)),
        ("gpu_failed", ("no",)),
        ("import_failed", ("no",)),
        ("sharing_failed", ("no",)),
        ("export_failed", ("no",)),
    ],
)
def test_a_failure_is_told_without_details_on_the_lock_screen(window, idle_engine, shown, signal, arguments):
    window.set_state(WindowState.TRAINING)
    window.set_project_name("")  # it may be closed by then
    teller = idle_engine if hasattr(idle_engine, signal) else idle_engine.files
    getattr(teller, signal).emit(*arguments)
    ((_, text),) = shown
    assert text.endswith("The window tells more.")


def test_whoever_looks_or_has_ended_it_is_not_told(window, idle_engine, shown):
    window.set_state(WindowState.TRAINING)
    idle_engine.trained.emit(result(stopped=True))
    idle_engine.imported.emit(report(cancelled=True))
    window.show()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    idle_engine.trained.emit(result())
    assert shown == []


def test_a_short_job_is_not_told(window, idle_engine):
    shown = []
    JobNotices(window, idle_engine, lambda: True, lambda *notice: shown.append(notice))
    window.set_state(WindowState.TRAINING)
    idle_engine.trained.emit(result())
    assert shown == []


def test_it_can_be_turned_off_for_good(window, idle_engine, settings, tmp_path, monkeypatch):
    monkeypatch.setattr(job_notices, "LONG_SECONDS", 0.0)
    shown = []
    monkeypatch.setattr("vae_desktop.desktop_session.show_notice", lambda *notice: shown.append(notice))
    DesktopSession(window, idle_engine, settings)
    action = window.action("notices")
    assert action.isChecked()
    window.set_state(WindowState.TRAINING)
    idle_engine.trained.emit(result())
    action.trigger()
    idle_engine.trained.emit(result())
    assert len(shown) == 1
    assert not Settings(tmp_path / "settings.ini").wants_notices


def test_without_a_desktop_there_is_no_notice_and_no_icon(window, monkeypatch, tmp_path):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert not show_notice(window, "Title", "Text", window.activateWindow)
    assert not window.findChildren(QSystemTrayIcon)


@pytest.fixture
def bus(monkeypatch):
    """What is sent on a session bus of one's own, line by line, as dbus-monitor writes it."""
    missing = [tool for tool in ("dbus-daemon", "dbus-monitor", "gdbus") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}")
    with contextlib.ExitStack() as ending:

        def start(*command):
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            ending.callback(process.communicate, timeout=SECONDS)
            ending.callback(process.terminate)
            return process.stdout

        address = start("dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address").readline()
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address.strip())
        monitor = start("dbus-monitor", "--session", "member='Notify'")
        monitor.readline()  # once it listens
        yield monitor


@pytest.mark.timeout(60)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a bus of Linux desktops")
def test_the_desktop_is_sent_a_silent_notice_in_plain_text(window, bus, monkeypatch, tmp_path):
    (tmp_path / "gdbus").symlink_to(shutil.which("gdbus"))
    monkeypatch.setenv("PATH", str(tmp_path))  # whether or not there is notify-send
    title, text = 'Größe "x" \\ 日本 – VAE Desktop', "Saved <b>a & b</b>."
    assert show_notice(window, title, text, window.activateWindow)
    said = ""
    for line in bus:
        said += line
        if "int32 -1" in line:
            break
    assert "interface=org.freedesktop.Notifications; member=Notify" in said
    assert f'string "{title}"' in said
    assert 'string "Saved &lt;b&gt;a &amp; b&lt;/b&gt;."' in said
    assert "suppress-sound" in said
