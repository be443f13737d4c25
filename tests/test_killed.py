"""A training that is killed at any moment goes on as if nothing had happened."""

import os
import random
import signal
import subprocess
import sys

import numpy as np
import pytest

from training.check import check_project
from training.config import TrainConfig
from training.fit import train
from training.project import Project
from training.run import LATEST_FILE
from training.runs import resume_run, start_run
from training.tensors import load_tensors
from training.timeline import Timeline

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")

SETTINGS = TrainConfig(epochs=3, batch_size=8, mirror=True)

# Trains until a function is called for the n-th time; whether every step is saved or none but the first.
KILLED = """
import itertools, math, os, pathlib, signal, sys
from training import fit, snapshots
from training.config import TrainConfig
from training.project import Project
from training.run import latest_run
from training.runs import resume_run, start_run

folder, moment, calls, saving = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
fit.CHECKPOINT_SECONDS = 0.0 if saving == "often" else math.inf
snapshots.SNAPSHOT_SECONDS, snapshots.WATCHED_SHARE = 0.0, 1e9
owner, name = {
    "saving": (pathlib.Path, "replace"),
    "writing": (os, "fsync"),
    "judging": (fit.Trainer, "_goes_on_judging"),
    "looking": (snapshots, "posteriors_of"),
    "ending an epoch": (fit.Run, "append_history"),
}[moment]
real, count = getattr(owner, name), itertools.count(1)

def dying(*arguments, **named):
    if next(count) == calls:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*arguments, **named)

with Project.open(folder, write=True) as project:
    settings = TrainConfig(epochs=3, batch_size=8, mirror=True)
    run = resume_run(project) if latest_run(project.runs_folder) else start_run(project, settings)
    setattr(owner, name, dying)
    fit.train(project, run, snapshot_pictures=10)
"""


def killed(project, moment, calls, saving):
    command = [sys.executable, "-c", KILLED, project, moment, str(calls), saving]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr


def state(run):
    tensors, notes = load_tensors(run / LATEST_FILE)
    counted = {name: notes[name] for name in ("step", "epoch", "step_in_epoch", "rate_factor", "length")}
    return tensors, counted


@pytest.fixture(scope="module")
def uninterrupted(imported, tmp_path_factory):
    """(figures of all epochs, the last state) of a training that nothing disturbs."""
    path = tmp_path_factory.mktemp("uninterrupted") / "project"
    subprocess.run(["cp", "-r", imported(32, 32, True), path], check=True)
    with Project.open(path, write=True) as project:
        result = train(project, start_run(project, SETTINGS))
    return figures(result), state(result.run)


def figures(result):
    terms = [(record.train, record.held_out) for record in result.history]
    return np.array([[*t.as_json().values(), *h.as_json().values()] for t, h in terms])


def check_that_it_goes_on_as_if_nothing_had_happened(path, uninterrupted):
    assert check_project(path).is_whole
    with Project.open(path, write=True) as project:
        result = train(project, resume_run(project))
    assert check_project(path).is_whole
    theirs_figures, (theirs, theirs_counted) = uninterrupted
    np.testing.assert_allclose(figures(result), theirs_figures, rtol=1e-4, atol=1e-4)
    ours, ours_counted = state(result.run)
    assert ours_counted == theirs_counted
    assert set(ours) == set(theirs)
    for name, value in ours.items():  # weights, averages, optimiser, metrics, noise, σ² and its floor
        np.testing.assert_allclose(value, theirs[name], rtol=1e-3, atol=1e-4, err_msg=name)
    steps = [frame.step for frame in Timeline(result.run).frames()]
    assert steps == sorted(set(steps))
    assert max(steps, default=0) <= theirs_counted["step"]


def test_killed_amid_a_checkpoint_and_again_amid_the_figures(make_project, uninterrupted):
    project = make_project(32, 32, colour=True)
    project.close()
    killed(project.path, "saving", 7, "often")
    killed(project.path, "judging", 1, "seldom")
    check_that_it_goes_on_as_if_nothing_had_happened(project.path, uninterrupted)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(8))
def test_killed_at_random_moments(make_project, uninterrupted, seed):
    rng = random.Random(seed)
    project = make_project(32, 32, colour=True)
    project.close()
    moments = {"saving": 6, "writing": 12, "judging": 2, "looking": 5, "ending an epoch": 1}
    for _ in range(2):
        moment = rng.choice(sorted(moments))
        calls = rng.randint(1, moments[moment])
        killed(project.path, moment, calls, rng.choice(["often", "seldom"]))
    check_that_it_goes_on_as_if_nothing_had_happened(project.path, uninterrupted)
