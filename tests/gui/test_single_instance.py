"""Second starts: real processes, and messages that no second start of ours would send."""

import contextlib
import json
import os
import queue
import stat
import subprocess
import sys
import threading
from multiprocessing.connection import Client
from pathlib import Path

import pytest

from vae_desktop import single_instance
from vae_desktop.single_instance import MOST_BYTES, Request, begin

SECONDS = 60
ROOT = Path(single_instance.__file__).parents[1]
pytestmark = pytest.mark.skipif(os.name == "nt", reason="looks at sockets and kills")

# The program as it is, but for a window that tells its title and what it complains of.
PROGRAM = """
import sys
from PySide6.QtCore import QTimer
import vae_desktop.__main__ as program
from vae_desktop import app

class TellingApp(app.App):
    def start(self, folder="", sample=""):
        super().start(folder, sample)
        self.window.windowTitleChanged.connect(lambda title: print("title", title, flush=True))
        self.engine.ready.connect(lambda *_: print("ready", flush=True))

    def _after_first_paint(self):
        super()._after_first_paint()
        print("shown", flush=True)

    def take_over(self, request):
        taken = super().take_over(request)
        print("asked for", request.open or request.sample or "nothing", flush=True)
        return taken

app.App = TellingApp
sys.exit(program.main(sys.argv[1:]))
"""


@pytest.fixture(autouse=True)
def runtime_folder(tmp_path, monkeypatch):
    """A folder for sockets of one's own, as systemd makes one for whoever logs in."""
    folder = Path(os.environ.get("TMPDIR", "/tmp")) / f"vae-test-{os.getpid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    for left in folder.iterdir():
        left.unlink()
    folder.rmdir()


class Running:
    """A program that tells on stdout."""

    def __init__(self, *arguments):
        self._process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONPATH": str(ROOT)},  # wherever it is started
        )
        self.seen, self._lines = [], queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        with self._process.stdout as lines:
            for line in lines:
                self._lines.put(line.strip())

    def wait_for(self, text):
        while not any(text in line for line in self.seen):
            self.seen.append(self._lines.get(timeout=SECONDS))

    def ended(self):
        """How it ended, and what it complained of."""
        self._reader.join(SECONDS)
        with self._process.stderr as complaints:
            said = complaints.read()
        return self._process.wait(SECONDS), said

    def terminate(self):
        self._process.terminate()
        return self.ended()

    def kill(self):
        self._process.kill()
        self._reader.join(SECONDS)
        self._process.stderr.close()
        self._process.wait(SECONDS)


@pytest.fixture
def program():
    """program(*arguments): a program, which is killed at the end."""
    started = []

    def start(*arguments):
        started.append(Running(*arguments))
        return started[-1]

    yield start
    for running in started:
        running.kill()


def test_a_second_start_hands_over_what_it_was_to_open_and_ends(program, untrained, monkeypatch):
    first = program()
    first.wait_for("shown")
    assert program().ended() == (0, "")
    first.wait_for("asked for nothing")
    monkeypatch.chdir(untrained.parent)
    assert program(untrained.name).ended() == (0, "")  # a relative path, of the folder of the second start
    first.wait_for(f"asked for {untrained}")
    first.wait_for("– VAE Desktop")
    first.wait_for("ready")
    assert first.terminate()[0] == 0


def test_a_program_that_was_killed_does_not_stand_in_the_way(program):
    first = program()
    first.wait_for("shown")
    first.kill()
    second = program()
    second.wait_for("shown")
    assert program().ended() == (0, "")
    second.wait_for("asked for nothing")


def test_another_one_can_be_wished_for_and_other_folders_are_another_program(program, monkeypatch, tmp_path):
    first = program()
    first.wait_for("shown")
    program("--new-window").wait_for("shown")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "other"))
    program().wait_for("shown")
    assert not any("asked" in line for line in first.seen)


BEGIN = """
import sys
from vae_desktop.single_instance import Request, begin
start = begin(Request(), patience=1.0)
print("first" if start.first else "handed over" if start.is_handed_over else "neither", flush=True)
sys.stdin.read()
"""


def test_of_many_that_start_at_once_one_becomes_the_first():
    many = [
        subprocess.Popen(
            [sys.executable, "-c", BEGIN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(5)
    ]
    said = [process.stdout.readline().strip() for process in many]
    for process in many:
        process.communicate()
    assert said.count("first") == 1
    assert said.count("neither") == 4  # it does not answer, as it runs no event loop: nobody is locked out


@pytest.fixture
def first(qapp):
    first = begin(Request()).first
    assert first is not None
    taken = first.requests = []
    first.take = lambda request: taken.append(request) or True
    yield first
    first.close()


def send(qtbot, first, message):
    """What the first program answers to these bytes."""
    answers = []

    def talk():
        # It may hang up before all is sent.
        with contextlib.suppress(OSError, EOFError), Client(first._listener.address) as connection:
            connection.send_bytes(message)
            answers.append(connection.recv_bytes() if connection.poll(SECONDS) else b"")

    talking = threading.Thread(target=talk)
    talking.start()
    qtbot.waitUntil(lambda: not talking.is_alive(), timeout=SECONDS * 1000)
    return answers


GOOD = {"open": "", "sample": "", "token": ""}


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"hello",
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        json.dumps({"open": "/x"}).encode(),
        json.dumps(GOOD | {"more": ""}).encode(),
        json.dumps(GOOD | {"open": 1}).encode(),
        json.dumps(GOOD | {"open": "relative/path"}).encode(),
        json.dumps(GOOD | {"open": "/a\0b"}).encode(),
        b"[" * 20_000,
    ],
)
def test_anything_else_than_a_request_is_refused_and_does_no_harm(qtbot, first, message):
    assert send(qtbot, first, message) == [b"refused"]
    assert first.requests == []
    assert send(qtbot, first, Request("/pictures").to_bytes()) == [b"taken"]


def test_a_message_without_end_is_not_read(qtbot, first):
    assert send(qtbot, first, b"x" * (MOST_BYTES + 1)) == []
    assert send(qtbot, first, Request("/pictures").to_bytes()) == [b"taken"]
    assert first.requests == [Request("/pictures")]


@pytest.mark.parametrize("name", ["Größe 日本", "a b\n\"c'", os.fsdecode(b"caf\xe9"), "x" * 250])
def test_any_path_there_can_be_arrives_as_it_is(qtbot, first, name):
    request = Request(f"/pictures/{name}", "fashion", "token-1")
    assert send(qtbot, first, request.to_bytes()) == [b"taken"]
    assert first.requests == [request]


def test_nobody_else_can_reach_the_socket(first, runtime_folder):
    mode = stat.S_IMODE(runtime_folder.stat().st_mode)
    assert mode == 0o700
    assert Path(first._listener.address).parent == runtime_folder


def test_a_folder_that_others_can_write_to_is_not_used(qapp, runtime_folder, monkeypatch, tmp_path):
    runtime_folder.chmod(0o777)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    begun = begin(Request()).first
    folder = Path(begun._listener.address).parent
    begun.close()
    assert folder != runtime_folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_one_that_is_about_to_end_makes_room(qapp, first, qtbot):
    first.take = lambda _request: False
    starts = []
    waiting = threading.Thread(target=lambda: starts.append(handed_over_or_first()))
    waiting.start()
    qtbot.wait(300)  # it has asked, and was refused
    first.close()
    waiting.join(SECONDS)
    assert starts == ["first"]


def handed_over_or_first():
    done = subprocess.run(
        [sys.executable, "-c", BEGIN.replace("patience=1.0", "patience=60")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return done.stdout.strip()


def test_where_no_socket_can_be_made_the_program_starts_all_the_same(monkeypatch):
    monkeypatch.setattr(single_instance, "_private_folders", lambda: iter(()))
    start = begin(Request())
    assert start.first is None
    assert not start.is_handed_over


def test_it_lets_go_of_the_socket_when_it_is_closed(qapp):
    for _ in range(3):
        first = begin(Request()).first
        assert first is not None
        first.close()
        first.close()
