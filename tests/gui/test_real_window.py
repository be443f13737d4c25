"""The program as a process with a window on a real (virtual) screen, driven by mouse and keyboard."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from pictures import write_pictures
from PIL import Image

ARTIFACTS = Path(__file__).parents[1] / "artifacts"
TOOLS = ("Xvfb", "xdotool")
SECONDS = 90
SCREEN = (1400, 900)
GRAB = """
import sys
from PySide6.QtGui import QGuiApplication
application = QGuiApplication(sys.argv[:1])
for path in sys.stdin:
    taken = application.primaryScreen().grabWindow(0).save(path.strip())
    print("taken" if taken else "failed", flush=True)
"""

pytestmark = pytest.mark.real_window


@pytest.fixture(scope="module", autouse=True)
def _tools():
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        message = f"a real window needs {' and '.join(missing)}"
        if os.environ.get("VAE_REQUIRE_REAL_WINDOW") == "1":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture
def environment():
    """Environment variables of a screen of one's own."""
    reading, writing = os.pipe()
    size = f"{SCREEN[0]}x{SCREEN[1]}x24"
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp"],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as numbers:
        number = numbers.readline().strip()  # once it is ready
    assert number, "Xvfb did not start"
    yield os.environ | {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    server.terminate()
    server.wait(SECONDS)


@pytest.fixture
def screen(environment, tmp_path):
    """screen(): what is on the screen now, uint8 [height, width, 3]."""
    grabber = subprocess.Popen(
        [sys.executable, "-c", GRAB],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def take(keep_as=None):
        path = tmp_path / "screen.png"
        grabber.stdin.write(f"{path}\n")
        grabber.stdin.flush()
        assert grabber.stdout.readline() == "taken\n"
        if keep_as:
            ARTIFACTS.mkdir(exist_ok=True)
            shutil.copy(path, ARTIFACTS / keep_as)
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))

    yield take
    grabber.communicate(timeout=SECONDS)


class Window:
    """The program's window: where it is, and a hand on mouse and keyboard."""

    def __init__(self, environment, screen):
        self._environment, self.screen = environment, screen
        found = self._do("search", "--sync", "--onlyvisible", "--name", "VAE Desktop").split()
        self.number = found[-1]
        geometry = self._do("getwindowgeometry", "--shell", self.number).split()
        values = dict(line.split("=") for line in geometry)
        self.x, self.y, self.width = (int(values[name]) for name in ("X", "Y", "WIDTH"))

    def _do(self, *command):
        return subprocess.run(
            ["xdotool", *map(str, command)],
            env=self._environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        ).stdout

    def press(self, keys):
        self._do("windowfocus", self.number, "key", keys)

    def click(self, place):
        self._do("mousemove", *place, "click", 1)

    def drag(self, start, end):
        """Press at a place of the screen and move to another one in steps; the button stays down."""
        self._do("mousemove", *start, "mousedown", 1)
        for step in range(1, 9):
            self._do("mousemove", *(round(a + (b - a) * step / 8) for a, b in zip(start, end, strict=True)))

    def release(self):
        self._do("mouseup", 1)

    def decoding(self):
        """The part of the screen where the decoded picture is, [h, w, 3]; the panel is 216 to 288 wide."""
        right = self.x + self.width
        return self.screen()[self.y + 60 : self.y + 200, right - 200 : right - 60].astype(int)

    def corners(self):
        """Two places on the plane, lower left and upper right, clear of rulers, docks and tool bars."""
        return (self.x + 400, self.y + 480), (self.x + self.width - 400, self.y + 150)

    def wait(self, condition):
        """Look at the decoded picture until it is as it should be."""
        deadline = time.monotonic() + SECONDS
        while not condition(self.decoding()):
            assert time.monotonic() < deadline, "the window did not come to it"

    def still(self):
        """The decoded picture, once it does not change any more."""
        seen = [self.decoding()]

        def same(now):
            seen.append(now)
            return np.array_equal(seen[-2], now)

        self.wait(same)
        return seen[-1]


def difference(first, second):
    """Mean difference of a pixel, 0 to 255."""
    return float(np.abs(first - second).mean())


def test_a_folder_is_learned_dragged_through_and_left_by_mouse_and_keyboard(environment, screen, tmp_path):
    write_pictures(tmp_path / "discs", 48)
    program = subprocess.Popen(
        [sys.executable, "-m", "vae_desktop", str(tmp_path / "discs")],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        window = Window(environment, screen)
        learn(window)
        drag_while_it_learns(window)
        stop_and_explore(window)
        window.press("ctrl+q")
        _, complaints = program.communicate(timeout=SECONDS)
    finally:
        program.kill()
        program.wait(SECONDS)
    assert program.returncode == 0
    assert complaints == ""


def learn(window):
    def has_picture(now):
        if now.mean() < 160:  # the discs stand on dark ground; without a picture the panel is light
            return True
        # Pressed until it is heard: the key does nothing before the pictures and TensorFlow are there.
        window.press("ctrl+t")
        return False

    window.wait(has_picture)


def drag_while_it_learns(window):
    start, end = window.corners()
    window.click(start)  # puts the handle there
    for there, here in ((start, end), (end, start)):
        before = window.decoding()
        window.drag(there, here)
        window.wait(lambda now, before=before: difference(before, now) > 2)
        window.screen(keep_as="training.png")
        window.release()


def stop_and_explore(window):
    window.press("ctrl+period")
    start, end = window.corners()
    deadline = time.monotonic() + SECONDS
    at_end, kept = visit(window, start, end, "trained-1.png"), False
    # While it learned, no place kept its picture from one visit to the next; soon it does.
    while not kept:
        assert time.monotonic() < deadline, "the same place never gives the same picture"
        at_start, earlier = visit(window, end, start, "trained-2.png"), at_end
        at_end = visit(window, start, end, "trained-1.png")
        kept = difference(earlier, at_end) < 1
    assert difference(at_start, at_end) > 4


def visit(window, there, here, keep_as):
    """Drag the handle from there to here; the picture here."""
    window.drag(there, here)
    picture = window.still()
    window.screen(keep_as=keep_as)
    window.release()
    return picture
