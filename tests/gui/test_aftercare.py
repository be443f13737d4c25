"""The whole program as a process that is killed, crashes or errs, and what the next one says in it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from training.config import TrainConfig
from training.events import Control, EpochRecord
from training.project import Project
from training.run import latest_run
from vae_desktop.settings import Settings

SECONDS = 120
# The program as it is, but for a window that tells what it shows whenever that changes.
PROGRAM = """
import json, os, signal, sys, threading
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QPushButton
# A shell has what runs in the background ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)
import vae_desktop.__main__ as program
from vae_desktop import app

class TellingApp(app.App):
    def start(self, folder="", sample=""):
        super().start(folder, sample)
        self.told = None
        self.timer = QTimer(self)
        self.timer.timeout.connect(self.tell)
        self.timer.start(20)
        self.engine.epoch_finished.connect(lambda record: setattr(self, "epoch", record.epoch))

    def tell(self):
        strips = (self.window.messages, self.window.welcome.strip)
        said = " ".join(strip.text for strip in strips).strip()
        buttons = [b.text() for s in strips for b in s.findChildren(QPushButton) if b.isVisible()]
        shown = [self.window.state.value, said, buttons, getattr(self, "epoch", 0)]
        if shown != self.told and sys.stdout is not None:
            self.told = shown
            print(json.dumps(shown), flush=True)

app.App = TellingApp
"""
RUN = "sys.exit(program.main(sys.argv[1:]))\n"

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills with POSIX signals")


class Shown:
    """A running program: what its window showed last, and how it ended."""

    def __init__(self, script, *arguments, **options):
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            **options,
        )
        self.seen, self.errors, self.news = [], [], threading.Event()
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, self.seen)),
            threading.Thread(target=self._read, args=(self.process.stderr, self.errors)),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream, lines):
        for line in stream:
            lines.append(line)
            self.news.set()

    def wait(self, check):
        """Until check(state, said, buttons, epoch) is true of what is shown; returns that."""
        found = []

        def look():
            found.extend(shown for line in list(self.seen) if check(*(shown := json.loads(line))))
            return found

        self.until(look)
        return found[0]

    def until(self, check):
        """Until check() is true, while the program runs."""
        deadline = time.monotonic() + SECONDS
        while not check():
            assert self.process.poll() is None, f"it ended: {''.join(self.errors)}"
            assert time.monotonic() < deadline, f"it never came; at last: {self.seen[-1:]}"
            self.news.wait(0.1)  # files change without news
            self.news.clear()

    def end(self, number):
        """Send a signal; its exit code."""
        self.process.send_signal(number)
        return self.finish()

    def finish(self):
        code = self.process.wait(SECONDS)
        for reader in self._readers:
            reader.join(SECONDS)
        self.process.stdout.close()
        self.process.stderr.close()
        return code


@pytest.fixture
def start():
    """start(*arguments, before=""): the program, after some lines of Python."""
    started = []

    def run(*arguments, before="", **options):
        started.append(Shown(PROGRAM + before + RUN, *arguments, **options))
        return started[-1]

    yield run
    for each in started:
        if each.process.poll() is None:
            each.end(signal.SIGKILL)


@pytest.fixture
def unfinished(untrained):
    """The folder of a project with a training that was stopped after 3 of very many epochs."""
    from training.fit import train
    from training.runs import start_run

    control = Control()

    def stop(event):
        if isinstance(event, EpochRecord) and event.epoch == 3:
            control.stop()

    with Project.open(untrained, write=True) as project:
        train(project, start_run(project, TrainConfig(epochs=1_000_000)), stop, control)
    return untrained


def logs():
    return Path(os.environ["XDG_STATE_HOME"]) / "vae-desktop" / "log"


def log():
    return (logs() / "vae-desktop.log").read_text()


def markers():
    return list((logs() / "running").glob("*.json"))


def is_shown(_state, _said, _buttons, _epoch):
    return True


def settings():
    return Settings(Path(os.environ["XDG_CONFIG_HOME"]) / "vae-desktop" / "settings.ini")


def epochs(project):
    """How many epochs the training of a project has on the disk."""
    return latest_run(project / "runs").history()[-1].epoch


def test_a_program_that_crashed_says_so_at_the_next_start_and_only_then(start):
    first = start()
    first.wait(is_shown)
    assert first.end(signal.SIGSEGV) == -signal.SIGSEGV
    second = start()
    _, said, buttons, _ = second.wait(lambda _state, said, *_rest: said)
    assert said.startswith("The program did not end properly last time (")
    assert "while" not in said
    assert buttons == ["Show report"]
    (report,) = logs().glob("crash-*.txt")
    assert "Segmentation fault" in report.read_text()
    assert second.end(signal.SIGTERM) == 0
    assert markers() == []
    third = start()
    third.wait(is_shown)
    assert third.end(signal.SIGTERM) == 0
    assert not any("properly" in line for line in third.seen)
    assert list(logs().glob("crash-*.txt")) == [report]


def test_a_training_cut_short_goes_on_but_not_a_third_time_when_it_ends_the_program_each_time(
    start, unfinished
):
    settings().save_session(str(unfinished), training=True)
    with Project.open(unfinished, write=False) as project:
        title = project.source.name
    for times in (1, 2):
        program = start()
        program.wait(lambda state, _said, _buttons, epoch: state == "training" and epoch > 3)
        program.until(lambda: settings().resume_training)
        assert program.end(signal.SIGKILL) == -signal.SIGKILL
        if times == 2:
            said = " ".join(json.loads(line)[1] for line in program.seen)
            assert f"while it was training “{title}”" in said
            assert "The training goes on after epoch " in said
            assert "at most its last minute was lost" in said
    third = start()
    state, said, buttons, _ = third.wait(lambda _state, said, *_rest: "properly" in said)
    assert state == "trained"
    assert "second time" in said
    assert "press Train more" in said
    assert buttons[0] == "Show report"
    assert third.end(signal.SIGTERM) == 0
    assert not settings().resume_training


def test_asked_to_end_by_the_system_it_saves_and_goes_on_at_the_next_start(start, unfinished):
    settings().save_session(str(unfinished), training=True)
    first = start()
    first.wait(lambda state, _said, _buttons, epoch: state == "training" and epoch > 3)
    first.until(lambda: settings().resume_training)
    assert first.end(signal.SIGTERM) == 0
    assert markers() == []
    before = epochs(unfinished)
    second = start()
    _, said, buttons, _ = second.wait(lambda state, said, *_rest: state == "training" and said)
    assert said == "The training goes on where it was when the program was closed."
    assert buttons == []
    second.wait(lambda *shown: shown[-1] > before)
    assert second.end(signal.SIGINT) == 0


def test_an_import_cut_short_is_told_and_goes_on(start, tmp_path):
    from pictures import write_pictures

    write_pictures(tmp_path / "many", 400, 32, colour=True)
    first = start(tmp_path / "many")
    first.wait(lambda state, *_: state == "importing")
    first.until(lambda: any("importing" in path.read_text() for path in markers()))
    first.end(signal.SIGKILL)
    second = start()
    _, said, *_ = second.wait(lambda _state, said, *_rest: "properly" in said)
    assert "while it was reading the pictures of “many”" in said
    assert "the reading goes on" in said
    second.wait(lambda state, *_: state == "ready")
    assert second.end(signal.SIGTERM) == 0


ERRING = """
class Dying:
    def __del__(self):
        raise KeyError("in a finaliser")

def in_a_slot():
    raise RuntimeError("in a slot")

def in_a_thread():
    raise LookupError("in a thread")

class ErringApp(TellingApp):
    def start(self, folder="", sample=""):
        super().start(folder, sample)
        self.steps = [in_a_slot, lambda: threading.Thread(target=in_a_thread).start(), Dying, self.often]
        self.shown = ["", "in a slot", "in a thread", "in a finaliser"]
        self.erring = QTimer(self)
        self.erring.timeout.connect(self.step)
        self.erring.start(20)

    def step(self):
        if self.steps and self.told and self.shown[0] in self.told[1]:
            self.shown.pop(0)
            self.steps.pop(0)()

    def often(self):
        for _ in range(150):
            QTimer.singleShot(0, self, self.broken_paint)

    def broken_paint(self):
        raise ArithmeticError("in every paint")

app.App = ErringApp
"""


def test_errors_in_a_slot_a_thread_and_a_finaliser_are_told_and_logged_and_the_program_goes_on(start):
    program = start(before=ERRING)
    for what in ("in a slot", "in a thread", "in a finaliser", "in every paint"):
        _, said, buttons, _ = program.wait(lambda _state, said, *_rest, what=what: what in said)
        assert said.startswith("Something unexpected went wrong")
        assert buttons == ["Open log folder"]
    program.until(lambda: "time 100" in log())
    assert program.end(signal.SIGTERM) == 0
    text = log()
    for where in ("in_a_slot", "in_a_thread", "__del__", "broken_paint"):
        assert where in text
    assert text.count("ArithmeticError: in every paint") == 3  # the first, tenth and hundredth time
    assert "Traceback" in "".join(program.errors)  # a pipe: somebody reads it


def test_without_any_streams_it_works_and_what_native_code_says_is_in_the_log(start, tmp_path):
    said = """
class NativeApp(TellingApp):
    def start(self, folder="", sample=""):
        super().start(folder, sample)
        assert sys.stdout is None and sys.stderr is None and sys.stdin is None
        print("to nobody")
        print("to nobody", file=sys.stderr)
        os.write(2, b"corrupted double-linked list")
        import warnings
        warnings.warn("an odd thing")
        self.engine.ready.connect(lambda *_: self.window.close())

app.App = NativeApp
"""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM + said + RUN)
    command = 'exec "$0" "$1" 0<&- 1>&- 2>&-'
    done = subprocess.run(["sh", "-c", command, sys.executable, str(script)], check=False, timeout=SECONDS)
    assert done.returncode == 0, log()
    assert "corrupted double-linked list" in log()
    assert "an odd thing" in log()
    assert "TensorFlow is ready" in log()
    assert "ERROR" not in log()
    assert "CRITICAL" not in log()


def test_the_log_begins_with_version_system_and_arguments_without_folders(start, tmp_path):
    (tmp_path / "secret place" / "cats").mkdir(parents=True)
    program = start(tmp_path / "secret place" / "cats")
    program.wait(lambda _state, said, *_rest: "empty" in said)
    program.end(signal.SIGTERM)
    first = log().splitlines()[0]
    assert "VAE Desktop 0." in first
    assert "Python 3." in first
    assert first.endswith("arguments: cats")
    assert "secret" not in log()


def test_two_programs_at_once_do_not_take_each_other_for_crashed(start):
    first = start()
    first.wait(is_shown)
    first.until(lambda: list((logs() / "running").glob("*.lock")))
    second = start("--new-window")
    second.wait(is_shown)
    assert second.end(signal.SIGTERM) == 0
    assert len(markers()) == 1
    assert first.end(signal.SIGTERM) == 0
    assert not any("properly" in line for line in first.seen + second.seen)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's display server")
def test_a_display_that_cannot_be_reached_is_told_and_nothing_aborts(start):
    program = start(env=os.environ | {"QT_QPA_PLATFORM": "xcb", "DISPLAY": ":4242"})
    assert program.finish() == 2
    said = "".join(program.errors)
    assert "The window cannot be opened" in said
    assert "Traceback" not in said
    assert markers() == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's message windows")
def test_what_is_missing_is_told_in_a_window_where_nobody_reads_stderr(tmp_path):
    fake = tmp_path / "modules" / "PySide6"
    fake.mkdir(parents=True)
    (fake / "__init__.py").write_text("raise ImportError('libEGL.so.1: cannot open shared object file')\n")
    zenity = tmp_path / "bin" / "zenity"
    zenity.parent.mkdir()
    told = tmp_path / "told"
    zenity.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >"{told}.part"\nmv "{told}.part" "{told}"\n')
    zenity.chmod(0o755)
    environment = os.environ | {
        "PYTHONPATH": str(fake.parent),
        "PATH": f"{zenity.parent}:{os.environ['PATH']}",
        "DISPLAY": ":0",
    }
    done = subprocess.run(
        [sys.executable, "-m", "vae_desktop"],
        env=environment,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 2
    deadline = time.monotonic() + SECONDS
    while not told.exists():
        assert time.monotonic() < deadline
    assert "sudo apt-get install libegl1" in told.read_text()
