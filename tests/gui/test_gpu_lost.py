"""A graphics card that fails in the midst of a training: the window offers to go on without it.

No such card is needed: TensorFlow's own error, as a lost one causes it, is raised in the place of a step.
"""

import os
import subprocess
import sys

import pytest

from training.project import Project
from training.run import latest_run

LOSE_THE_GPU = """
import sys
from pathlib import Path
from PySide6.QtCore import QProcess, QTimer
from PySide6.QtWidgets import QPushButton
import vae_desktop.__main__
from training.backend import tf
from training.errors import {error} as Failure
from training.learner import Learner
from vae_desktop.app import App

steps, take_step = [], Learner.take_step

def fail_at_last(learner, pixels):
    steps.append(1)
    if len(steps) > 40:
        raise {raised}
    return take_step(learner, pixels)

Learner.take_step = fail_at_last
QProcess.startDetached = lambda program, arguments: print(program, *arguments, sep="\\n", flush=True)

def accept_offer(app, text):
    print(text, flush=True)
    offer = next(button for button in app.window.messages.findChildren(QPushButton) if button.isVisible())
    print(offer.text(), flush=True)
    offer.click()

start = App.start
def start_and_train(app, *what):
    app.engine.gpu_failed.connect(lambda text: accept_offer(app, text))
    how = {{"run": None, "chosen": {{"epochs": 60}}, "new_length": False}}
    begun = []
    def begin():
        if app.training.project is not None and not begun:
            begun.append(QTimer.singleShot(0, app, lambda: app.training.begin(None, **how)))
    app.training.changed.connect(begin)
    start(app, *what)

App.start = start_and_train
sys.exit(vae_desktop.__main__.main(sys.argv[1:]))
"""
_OF_A_SCREEN = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
LOST = """tf.errors.InternalError(None, None, "CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure")"""
FULL = """Failure(4, 32, kept="The training so far is kept in run-001.", on_gpu=True)"""


@pytest.mark.parametrize(
    ("error", "raised", "told"),
    [
        ("DeviceLostError", LOST, "The GPU failed and does not answer any more."),
        ("OutOfMemoryError", FULL, "not enough memory on the graphics card for batches of 4 pictures"),
    ],
)
def test_the_training_goes_on_in_a_new_process_without_the_card(make_project, tmp_path, error, raised, told):
    project = make_project(48)
    path = project.path
    project.close()
    environment = os.environ | {"XDG_CONFIG_HOME": str(tmp_path / "settings"), "QT_QPA_PLATFORM": "offscreen"}
    script = LOSE_THE_GPU.format(error=error, raised=raised)
    lost = subprocess.run(
        [sys.executable, "-c", script, path], env=environment, check=False, capture_output=True, text=True
    )
    assert lost.returncode == 0, lost.stdout + lost.stderr[-3000:]
    text, offer, *command = lost.stdout.splitlines()
    assert told in text
    assert "kept in run-001" in text
    assert offer == "Go on without the graphics card"
    assert command == [sys.executable, "-m", "vae_desktop", "--without-gpu"]

    with Project.open(path, write=False) as opened:
        run = latest_run(opened.runs_folder)
    assert run is not None
    assert len(run.history()) < 60
    with subprocess.Popen(
        [*command, "--verbose"], env=environment, stderr=subprocess.PIPE, text=True
    ) as program:
        try:
            assert any("The training ended after" in line for line in program.stderr)
        finally:
            program.terminate()
    assert len(run.history()) == 60
    with Project.open(path, write=False) as opened:
        assert latest_run(opened.runs_folder).path == run.path


def test_without_the_card_means_that_tensorflow_sees_none():
    script = """
import os
from vae_desktop.__main__ import main
main(["--without-gpu", "folder"])
print(os.environ["CUDA_VISIBLE_DEVICES"])
"""
    no_screen = {name: value for name, value in os.environ.items() if name not in _OF_A_SCREEN}
    done = subprocess.run(
        [sys.executable, "-c", script], env=no_screen, check=False, capture_output=True, text=True
    )
    assert done.stdout.strip() == "-1", done.stderr
