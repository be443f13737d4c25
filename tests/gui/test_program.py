"""`python -m vae_desktop` as a process: what it does before there is a window, and where there is none."""

import os
import subprocess
import sys

import pytest

from training import __version__


@pytest.fixture
def program(tmp_path):
    """program(*arguments, **environment): run it in a folder of its own, without a display."""

    def run(*arguments, **environment):
        clean = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
        }
        return subprocess.run(
            [sys.executable, "-m", "vae_desktop", *map(str, arguments)],
            env=clean | environment,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    return run


def test_it_tells_its_version(program):
    found = program("--version")
    assert (found.returncode, found.stdout.strip()) == (0, f"vae-desktop {__version__}")


def test_without_a_display_it_says_so_and_learns_the_sample_to_files(program, tmp_path):
    found = program("--sample", "fashion", "--minutes", "0.02")
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines()[0].startswith("There is no display here")
    written = {path.name for path in (tmp_path / "demo-output").iterdir()}
    assert written >= {"latent-map.png", "reconstructions.png", "walk.gif", "held-out.json"}


def test_without_a_display_a_folder_is_pointed_to_the_command_line(program, tmp_path):
    found = program(tmp_path)
    assert found.returncode == 2
    assert "vae train FOLDER" in found.stderr


def test_an_unknown_sample_is_told_with_those_there_are(program):
    found = program("--sample", "nonsense")
    assert found.returncode == 2
    message = found.stdout + found.stderr
    assert "nonsense" in message
    assert "fashion" in message
    assert "Traceback" not in message


@pytest.mark.parametrize(
    ("library", "package"), [("libEGL.so.1", "libegl1"), ("libunheard-of.so.9", "libxcb-cursor0")]
)
def test_a_missing_library_is_named_with_the_package_that_has_it(program, tmp_path, library, package):
    fake = tmp_path / "fake" / "PySide6"
    fake.mkdir(parents=True)
    text = f"{library}: cannot open shared object file: No such file or directory"
    (fake / "__init__.py").write_text(f"raise ImportError({text!r})\n")
    found = program(DISPLAY=":0", PYTHONPATH=str(fake.parent))
    assert found.returncode == 2
    assert library in found.stderr
    assert package in found.stderr
    assert "Traceback" not in found.stderr


def test_what_macos_wants_opened_is_heard(tmp_path):
    # In a process of its own: there is one application object to a process, and the tests have theirs.
    script = """
import sys
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFileOpenEvent
from vae_desktop.application import Application
application = Application(sys.argv[:1])
application.file_opened.connect(print)
QCoreApplication.sendEvent(application, QFileOpenEvent(sys.argv[1]))
"""
    path = str(tmp_path / "Größe.vae")
    found = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, timeout=60, check=False
    )
    assert (found.returncode, found.stdout.strip(), found.stderr) == (0, path, "")
