"""The archive on a stranger's desktop: unpacked, put into the menu, started as by a double-click.

xdg-open does what a double-click in a file manager does: it asks the desktop's own opener. GNOME's (gio)
shows a .desktop file as a text, as GNOME's file manager does, and where there is no desktop nothing starts
one; Xfce's (exo-open) does. So this is an Xfce as far as xdg-open can tell.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from built_program import BUILT, FIRST_START_SECONDS, missing_program
from pictures import write_pictures
from real_screen import SECONDS, Window, missing_tools, virtual_screen

from training import __version__

pytestmark = [
    pytest.mark.frozen,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux desktops only"),
]

INSTALLER = Path(__file__).parents[2] / "installer"
TOP = f"vae-desktop-{__version__}"
PICTURES = "Scheiben – 円盤"
DESKTOP_TOOLS = {
    "dbus-daemon": "dbus",
    "exo-open": "exo-utils",
    "gio": "libglib2.0-bin",
    "openbox": "openbox",
    "update-desktop-database": "desktop-file-utils",
    "update-mime-database": "shared-mime-info",
    "xdg-open": "xdg-utils",
}


@pytest.fixture(scope="module", autouse=True)
def _needs():
    if problem := missing_program():
        pytest.fail(problem)
    packages = [package for tool, package in DESKTOP_TOOLS.items() if shutil.which(tool) is None]
    if missing := [*missing_tools(), *packages]:
        message = f"a desktop needs {', '.join(missing)}"
        if os.environ.get("VAE_REQUIRE_REAL_WINDOW") == "1":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home of Jürgen")


@pytest.fixture(scope="module")
def unpacked(home, tmp_path_factory):
    """What is in the archive, unpacked by tar as people do, without the minutes that xz takes."""
    share, place = tmp_path_factory.mktemp("made") / "share", home / "Programme & mehr"
    place.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(INSTALLER)
        from archive import write_tar
        from share import make_share
    make_share(share)
    tar = subprocess.Popen(["tar", "-x", "-C", place], stdin=subprocess.PIPE)
    with tar.stdin as stream:
        write_tar(BUILT, share, stream, top=TOP, date=1_700_000_000)
    assert tar.wait(SECONDS) == 0
    yield place / TOP
    shutil.rmtree(place)  # a gigabyte


@pytest.fixture(scope="module")
def model(unpacked, home):
    """A shared model of the pictures, which lies in the home."""
    write_pictures(home / PICTURES, 24)
    path = home / "mein Modell 100%.vae"
    for arguments in (("train", home / PICTURES, "--epochs", "1"), ("save", home / PICTURES, "--out", path)):
        subprocess.run([unpacked / "vae", *arguments], env={"HOME": home}, check=True, capture_output=True)
    return path


@contextmanager
def session_bus():
    """The address of a session bus, as everybody who has logged in has one."""
    command = ["dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address"]
    bus = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield bus.stdout.readline().strip()  # once it is ready
    finally:
        bus.terminate()
        bus.communicate(timeout=SECONDS)


class Desktop:
    """Somebody who has just logged in: nothing of the builder's environment is there."""

    def __init__(self, home, unpacked, **variables):
        self.home, self._unpacked = home, unpacked
        self.entry = home / ".local" / "share" / "applications" / "vae-desktop.desktop"
        self.environment = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "XDG_CURRENT_DESKTOP": "XFCE",
            **variables,
        }

    def run(self, *command):
        """What a command says; it must succeed."""
        # A pipe would stay open for as long as the program that xdg-open has started.
        said = self.home / "said.txt"
        with said.open("w") as out:
            done = subprocess.run(
                [*map(str, command)],
                env=self.environment,
                cwd=self.home,
                stdout=out,
                stderr=subprocess.STDOUT,
                timeout=SECONDS,
                check=False,
            )
        text = said.read_text("utf-8", errors="replace")
        assert done.returncode == 0, text
        return text

    def install(self, *options):
        self.run(self._unpacked / "install-desktop.sh", *options)

    def wait_for_window(self, title):
        """The process of the window of this title (a regular expression), once it is to be seen.

        By the window's class, docks and task lists know that it belongs to the menu entry.
        """
        (of_class,) = re.findall(r"^StartupWMClass=(.+)$", self.entry.read_text("utf-8"), re.MULTILINE)
        deadline = time.monotonic() + FIRST_START_SECONDS
        while not (found := self._windows("--classname", f"^{of_class}$") & self._windows("--name", title)):
            assert time.monotonic() < deadline, f"there is no window {title!r}"
        return int(self._ask("xdotool", "getwindowpid", found.pop()))

    def _windows(self, *condition):
        # Not --sync, which gives up when another window goes away while it looks.
        return set(self._ask("xdotool", "search", "--onlyvisible", *condition).split())

    def _ask(self, *command):
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        return done.stdout if done.returncode == 0 else ""


@pytest.fixture
def desktop(home, unpacked, tmp_path):
    """A desktop with the program in its menu."""
    tmp_path.chmod(0o700)
    with virtual_screen() as screen, session_bus() as bus:
        desktop = Desktop(
            home,
            unpacked,
            DISPLAY=screen["DISPLAY"],
            DBUS_SESSION_BUS_ADDRESS=bus,
            XDG_RUNTIME_DIR=str(tmp_path),
        )
        manager = subprocess.Popen(["openbox"], env=desktop.environment, stderr=subprocess.DEVNULL)
        try:
            desktop.install()
            yield desktop
        finally:
            manager.terminate()
            manager.wait(SECONDS)


def end(process):
    """Ask a process that is not our child to end, and wait until it has."""
    handle = os.pidfd_open(process)
    try:
        signal.pidfd_send_signal(handle, signal.SIGTERM)
        ended, _, _ = select.select([handle], [], [], SECONDS)
        assert ended, "it did not end"
    finally:
        os.close(handle)


def test_the_menu_entry_starts_the_program(desktop):
    desktop.run("xdg-open", desktop.entry)
    end(desktop.wait_for_window("VAE Desktop$"))


def test_a_shared_model_opens_in_the_program(desktop, model):
    desktop.run("xdg-open", model)
    end(desktop.wait_for_window(f"^{PICTURES} – VAE Desktop$"))


def test_the_program_puts_itself_into_the_menu(desktop, unpacked):
    desktop.install("--remove")
    program = subprocess.Popen([unpacked / "vae-desktop"], env=desktop.environment, stderr=subprocess.DEVNULL)
    try:
        window = Window(desktop.environment, screen=None)
        window.press("alt+h")
        window.press("m")
        deadline = time.monotonic() + SECONDS
        while not desktop.entry.exists():
            assert time.monotonic() < deadline, "there is no entry"
        program.terminate()
        assert program.wait(SECONDS) == 0
    finally:
        program.kill()
        program.wait()


def test_what_was_put_into_the_menu_is_taken_out_again(desktop, model):
    assert desktop.entry.exists()
    assert "vae-desktop.desktop" in desktop.run("gio", "mime", "application/x-vae-model")
    desktop.install("--remove")
    assert not desktop.entry.exists()
    assert "vae-desktop.desktop" not in desktop.run("gio", "mime", "application/x-vae-model")
    assert model.exists()
