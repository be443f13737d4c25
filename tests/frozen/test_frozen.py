"""The built program (`make app`) as it would be on a stranger's machine: `make test-app`.

It is copied to a folder with spaces and letters of several scripts, made read-only, and started with an empty
environment, another home and another working folder. strace tells whether it asked for a network connection.
"""

import contextlib
import json
import queue
import re
import shutil
import subprocess
import threading
import time

import pytest
from built_program import BUILT, FIRST_START_SECONDS, missing_program
from pictures import write_pictures
from PIL import Image
from real_screen import SECONDS, Window, difference, missing_tools

from training import __version__
from training.export_formats import EXPORT_FORMATS

pytestmark = pytest.mark.frozen

MISSING_MODULE = re.compile(
    r"ModuleNotFoundError|No module named|ImportError|cannot open shared object|undefined symbol|"
    r"Could not load the Qt platform plugin|Failed to execute script"
)
INTERNET = re.compile(r"AF_INET6?\b")


@pytest.fixture(scope="session", autouse=True)
def _needs():
    if problem := missing_program():
        pytest.fail(problem)
    missing = [*missing_tools(), *(["strace"] if shutil.which("strace") is None else [])]
    if missing:
        pytest.fail(f"these tests need {', '.join(missing)}")


def listing(folder):
    """Every file below a folder with its size and time of change."""
    return {
        path.relative_to(folder): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if not path.is_dir()
    }


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A read-only copy of the program, which nothing may have written to at the end."""
    place = tmp_path_factory.mktemp("computer") / "Program Files – Größe 日本 語"
    shutil.copytree(BUILT, place, symlinks=True)
    subprocess.run(["chmod", "-R", "a-w", place], check=True)
    before = listing(place)
    yield place
    after = listing(place)
    subprocess.run(["chmod", "-R", "u+w", place], check=True)
    assert after == before  # the superuser may write to what is read-only


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home of Jürgen")


@pytest.fixture(scope="session")
def discs(home):
    """A folder of pictures with a name of its own."""
    write_pictures(home / "Bilder & Fotos" / "Scheiben – 円盤", 48)
    return home / "Bilder & Fotos" / "Scheiben – 円盤"


class Frozen:
    """Starts the built programs; keeps what they say and which sockets they ask for."""

    def __init__(self, installed, home, folder):
        self._installed, self._home, self._folder = installed, home, folder
        self._trace = folder / "sockets.txt"

    def start(self, program, *arguments, **variables):
        """A running program with text pipes."""
        # Nothing of the builder's environment; strace follows workers, too, and only stops them at sockets.
        command = [
            shutil.which("strace"),
            "-f",
            "-qq",
            "--seccomp-bpf",
            "-e",
            "trace=socket",
            "-o",
            self._trace,
        ]
        return subprocess.Popen(
            [*map(str, command), str(self._installed / program), *map(str, arguments)],
            # Where dbus-launch is installed, a bus would be started, and strace would wait for its end.
            env={"HOME": str(self._home), "DBUS_SESSION_BUS_ADDRESS": "disabled:", **variables},
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, program, *arguments, **variables):
        """What a program says on stdout; it must succeed."""
        process = self.start(program, *arguments, **variables)
        said, complaints = process.communicate(timeout=FIRST_START_SECONDS)
        assert process.returncode == 0, said + complaints
        self.check(said + complaints)
        return said

    def check(self, text):
        """Nothing was missing, and nobody asked for the network."""
        assert not MISSING_MODULE.search(text), text
        asked = self._trace.read_text(encoding="utf-8", errors="replace")
        assert not INTERNET.search(asked), asked


@pytest.fixture
def frozen(installed, home, tmp_path):
    return Frozen(installed, home, tmp_path)


class Lines:
    """What a program says on stderr, line by line."""

    def __init__(self, process):
        self.all, self._fresh = [], queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, args=(process.stderr,))
        self._reader.start()

    def _read(self, stream):
        for line in stream:
            self._fresh.put(line)
        self._fresh.put(None)

    def wait_for(self, text, seconds=SECONDS):
        """Read until a line has this text in it."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                line = self._fresh.get(timeout=max(deadline - time.monotonic(), 0.01))
            except queue.Empty:
                pytest.fail(f"it never said {text!r}; it said:\n{''.join(self.all)}")
            assert line is not None, f"it ended before it said {text!r}; it said:\n{''.join(self.all)}"
            self.all.append(line)
            if text in line:
                return

    def rest(self):
        """Everything until the end, once it has ended."""
        self._reader.join(SECONDS)
        while (line := self._fresh.get_nowait()) is not None:
            self.all.append(line)
        return "".join(self.all)


def test_it_is_no_larger_than_it_may_be():
    sizes = [path.stat().st_size for path in BUILT.rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(sizes) <= 900e6
    assert [path for path in BUILT.rglob("*") if path.is_symlink() and not path.exists()] == []


def test_everything_is_there(frozen):
    said = frozen.run("vae-desktop", "--self-test", QT_QPA_PLATFORM="offscreen")
    assert said.splitlines()[-1] == "Everything is there."
    assert "ok      vae_desktop.curves" in said


def test_the_doctor_knows_the_program_and_its_machine(frozen):
    found = json.loads(frozen.run("vae", "doctor", "--json"))
    assert found["versions"]["vae-desktop"] == __version__
    assert "not installed" not in found["versions"].values()
    assert found["onednn"] is True


def test_a_folder_is_imported_learned_and_drawn_by_the_command(frozen, home, tmp_path):
    pictures = home / "cards"
    write_pictures(pictures, 24)
    imported = json.loads(frozen.run("vae", "import", pictures, "--json"))
    assert (imported["used"], imported["skipped"]) == (24, 0)
    trained = json.loads(frozen.run("vae", "train", pictures, "--epochs", 2, "--json"))
    assert trained["epochs"] == 2
    frozen.run("vae", "map", pictures, "--out", tmp_path / "map.png")
    frozen.run("vae", "walk", pictures, "--out", tmp_path / "walk.gif")
    frozen.run("vae", "save", pictures, "--out", tmp_path / "cards.vae")
    told = json.loads(frozen.run("vae", "inspect", tmp_path / "cards.vae", "--json"))
    assert told["pictures"] == 24
    for to in EXPORT_FORMATS.values():
        out = tmp_path / f"cards{to.ending}"
        done = frozen.run("vae", "export", tmp_path / "cards.vae", "--to", to.name, "--output", out, "--json")
        assert json.loads(done)["largest_difference"] < 0.01
        assert out.exists()
    with Image.open(tmp_path / "walk.gif") as walk:
        assert walk.n_frames > 10
    with Image.open(tmp_path / "map.png") as drawn:
        drawn.load()


def test_a_folder_is_learned_dragged_through_saved_and_found_again(
    frozen, discs, variables, screen, tmp_path
):
    opener = fake_opener(tmp_path / "bin")
    program = frozen.start("vae-desktop", "--verbose", discs, **variables, PATH=str(opener.parent))
    try:
        lines = Lines(program)
        lines.wait_for("The window is shown", FIRST_START_SECONDS)
        lines.wait_for("Imported: 48 used, 0 skipped")
        lines.wait_for("TensorFlow is ready", FIRST_START_SECONDS)
        window = Window(variables, screen)
        window.press("ctrl+t")
        lines.wait_for("Epoch 2 is done")
        window.wait(lambda now: now.mean() < 160)  # the discs stand on dark ground
        drag(window)
        window.press("ctrl+period")
        lines.wait_for("The training ended")
        save_picture(window, tmp_path / "kept.png")
        open_logs(window, opener.with_name("environment"))
        assert quit_by_key(window, program) == 0
        frozen.check(lines.rest())
    finally:
        program.kill()
        program.communicate()
    with Image.open(tmp_path / "kept.png") as kept:
        kept.load()
        assert kept.size == (32, 32)
    find_again(frozen, variables)


def drag(window):
    start, end = window.corners()
    window.click(start)
    before = window.decoding()
    window.drag(start, end)
    window.wait(lambda now: difference(before, now) > 2)
    window.screen(keep_as="frozen.png")
    window.release()


def fake_opener(folder):
    """What opens folders on this machine: it writes its own environment beside itself."""
    folder.mkdir()
    opener = folder / "xdg-open"
    opener.write_text(
        '#!/bin/sh\n/usr/bin/env > "${0%/*}/environment.part"\n'
        '/bin/mv "${0%/*}/environment.part" "${0%/*}/environment"\n'
    )
    opener.chmod(0o755)
    return opener


def open_logs(window, environment):
    """Have the program open a folder, and see that it hands on none of its own libraries."""
    window.press("alt+h")
    window.press("o")  # Open log folder
    wait_until(environment.exists, "the folder was not opened")
    assert "_internal" not in environment.read_text()


def quit_by_key(window, program):
    """Press Ctrl+Q until it is heard: a menu that is closing may still have the keyboard. The exit code."""
    deadline = time.monotonic() + SECONDS
    while True:
        with contextlib.suppress(subprocess.CalledProcessError):  # the window is gone
            window.press("ctrl+q")
        try:
            return program.wait(5)
        except subprocess.TimeoutExpired:
            assert time.monotonic() < deadline, "it did not end"


def wait_until(condition, complaint):
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, complaint


def save_picture(window, path):
    window.press("ctrl+s")
    window.wait_for_window("Save picture")
    window.type(str(path))
    wait_until(path.exists, "the picture was not saved")


def find_again(frozen, variables):
    program = frozen.start("vae-desktop", "--verbose", **variables)
    try:
        lines = Lines(program)
        lines.wait_for("The first picture is decoded", FIRST_START_SECONDS)
        window = Window(variables, None)
        assert quit_by_key(window, program) == 0
        frozen.check(lines.rest())
    finally:
        program.kill()
        program.communicate()
