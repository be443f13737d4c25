"""The program as a process with a window on a real (virtual) screen, driven by mouse and keyboard."""

import os
import subprocess
import sys
import time

import pytest
from pictures import write_pictures
from real_screen import SECONDS, Window, difference, missing_tools, virtual_screen

from training.project import Project

pytestmark = pytest.mark.real_window


@pytest.fixture(scope="module", autouse=True)
def _tools():
    missing = missing_tools()
    if missing:
        message = f"a real window needs {' and '.join(missing)}"
        if os.environ.get("VAE_REQUIRE_REAL_WINDOW") == "1":
            pytest.fail(message)
        pytest.skip(message)


def test_a_folder_is_learned_dragged_through_and_left_by_mouse_and_keyboard(variables, screen, tmp_path):
    write_pictures(tmp_path / "discs", 48)
    program = subprocess.Popen(
        [sys.executable, "-m", "vae_desktop", str(tmp_path / "discs")],
        env=os.environ | variables,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        window = Window(variables, screen)
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


def test_it_ends_and_lets_go_of_the_project_when_its_screen_goes_away(untrained):
    with virtual_screen() as variables:
        program = subprocess.Popen(
            [sys.executable, "-m", "vae_desktop", "--verbose", str(untrained)],
            env=os.environ | variables,
            stderr=subprocess.PIPE,
            text=True,
        )
        for line in program.stderr:
            if "TensorFlow is ready" in line:
                break
    program.communicate(timeout=SECONDS)
    Project.open(untrained, write=True).close()  # nobody holds it
