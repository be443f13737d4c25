"""A screen of one's own (Xvfb), what is on it, and a hand on mouse and keyboard (xdotool)."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image

ARTIFACTS = Path(__file__).parent / "artifacts"
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


def missing_tools():
    """Which of the tools are not there."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


@contextmanager
def virtual_screen():
    """The environment variables of a screen of one's own: DISPLAY and QT_QPA_PLATFORM."""
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
    yield {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb"}
    server.terminate()
    server.wait(SECONDS)


@contextmanager
def camera(variables, folder):
    """take(keep_as=None): what is on the screen now, uint8 [height, width, 3]."""
    grabber = subprocess.Popen(
        [sys.executable, "-c", GRAB],
        env=os.environ | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def take(keep_as=None):
        path = folder / "screen.png"
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

    def __init__(self, variables, screen):
        self._environment, self.screen = os.environ | variables, screen
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

    def type(self, text):
        """Type into whatever has the keyboard, and press Enter."""
        self._do("type", "--delay", 20, text)
        self._do("key", "Return")

    def wait_for_window(self, title):
        """Wait until a window of this title is to be seen, and give it the keyboard."""
        found = self._do("search", "--sync", "--onlyvisible", "--name", title).split()
        self._do("windowfocus", "--sync", found[-1])

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
