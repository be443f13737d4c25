"""Training on several devices and computers: real worker processes, which meet on the loopback."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from itertools import islice

import numpy as np
import pytest

from training import workers
from training.config import TrainConfig
from training.data import training_batches
from training.errors import VaeError
from training.events import Control
from training.fit import train
from training.project import Project
from training.run import LATEST_FILE, latest_run
from training.runs import continue_run, start_run
from training.tensors import load_tensors
from training.workers import Team, gather, join

SECONDS = 240  # for worker processes on a busy machine; a loss is told within half a minute
EACH = 4  # pictures a step on each worker

WORKER = """
import os, shutil, signal, sys
from pathlib import Path
from training import fit, teamwork
from training.console import EXIT_PROBLEM
from training.errors import VaeError
from training.events import Control, TrainProgress
from training.project import Project
from training.run import LATEST_FILE, Run
from training.workers import Team

project, addresses, index, action, at_step, out = sys.argv[1:]
fit.CHECKPOINT_SECONDS = fit.PROGRESS_SECONDS = 0.0  # a checkpoint after every step
team, control, folder = Team.parse(addresses, int(index)), Control(), []

def train(project, run, *rest, **options):
    folder.append(run.path)
    return fit.train(project, run, *rest, **options)

def watch(event):
    if isinstance(event, TrainProgress) and event.step == int(at_step):
        shutil.copy(folder[0] / LATEST_FILE, out)  # of the step before
        if action == "stop":
            control.stop()
        if action == "die":
            os.kill(os.getpid(), signal.SIGKILL)

teamwork.train = train
try:
    with Project.open(Path(project), write=team.is_chief) as opened:
        if team.is_chief:
            run = Run.open(opened.runs_folder / "run-001")
            result = teamwork.train_as_chief(opened, run, team, watch, control)
        else:
            result = teamwork.train_as_worker(opened, team, watch, control)
    print("stopped" if result.stopped else "finished", result.epochs)
except VaeError as error:
    print(error)
    sys.exit(EXIT_PROBLEM)
"""


def free_address():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def work(project, tmp_path, *actions, at_step):
    """Train with one process for each action ("stop", "die" or ""), which it takes at a step.

    Returns:
        Exit code and output of each, and what each had learnt by the step before.
    """
    addresses = ",".join(free_address() for _ in actions)
    processes, files = [], []
    for index, action in enumerate(actions):
        files.append(tmp_path / f"worker-{index}.safetensors")
        command = [sys.executable, "-c", WORKER, project, addresses, index, action, at_step, files[-1]]
        processes.append(
            subprocess.Popen(
                list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        )
    try:
        said = [process.communicate(timeout=SECONDS)[0] for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()
    return [(p.returncode, text) for p, text in zip(processes, said, strict=True)], files


def curve(history):
    """All figures of a history, float64 [epochs, 6 + latent_dim]."""
    rows = [(*r.train.as_json().values(), *r.held_out.as_json().values(), *r.axis_kl) for r in history]
    return np.array(rows)


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="uses SIGKILL and loopback as Linux has them"
)
def test_two_workers_train_as_one_with_twice_the_batch_whatever_interrupts_them(make_project, tmp_path):
    """Stopped at one, gone on with, one killed, gone on with alone: it comes to what one process does."""
    settings = TrainConfig(epochs=2, batch_size=EACH, mirror=True)
    project, alone = make_project(32, 32, colour=True), make_project(32, 32, colour=True)
    run = start_run(project, settings)
    whole = train(alone, start_run(alone, TrainConfig(epochs=2, batch_size=2 * EACH, mirror=True)))
    steps = whole.history[0].step
    project.close()

    ended, files = work(project.path, tmp_path, "", "stop", at_step=2)
    assert [code for code, _ in ended] == [0, 0], ended
    assert all("stopped 0" in text for _, text in ended)
    assert load_tensors(run.path / LATEST_FILE)[1]["step"] == 2

    ended, files = work(project.path, tmp_path, "", "die", at_step=steps + 1)
    assert [code for code, _ in ended] == [2, -signal.SIGKILL], ended
    assert "Another worker has ended" in ended[0][1]
    chiefs, others = (load_tensors(file)[0] for file in files)
    assert set(chiefs) == set(others)
    different = [name for name in chiefs if not np.array_equal(chiefs[name], others[name])]
    assert different == []
    assert load_tensors(run.path / LATEST_FILE)[1]["step"] == steps + 1  # not a step is lost

    with Project.open(project.path, write=True) as opened:
        going_on = continue_run(opened, latest_run(opened.runs_folder), {"batch_size": 2 * EACH})
        result = train(opened, going_on.run, length=going_on.length)
    # Sums over two halves are rounded otherwise than over the whole, by 1e-7 of each, and Adam's first steps
    # make steps of the same size out of the smallest gradients.
    assert curve(result.history) == pytest.approx(curve(whole.history), rel=1e-3, abs=1e-3)


@pytest.mark.slow
@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="uses SIGKILL and loopback as Linux has them"
)
def test_without_the_chief_the_others_end_and_the_training_can_be_gone_on_with(make_project, tmp_path):
    project = make_project(32, 32, colour=True)
    run = start_run(project, TrainConfig(epochs=2, batch_size=EACH))
    project.close()
    ended, _ = work(project.path, tmp_path, "die", "", at_step=3)
    assert [code for code, _ in ended] == [-signal.SIGKILL, 2], ended
    assert "Another worker has ended" in ended[1][1]
    assert load_tensors(run.path / LATEST_FILE)[1]["step"] == 2
    with Project.open(project.path, write=True) as opened:
        result = train(opened, latest_run(opened.runs_folder))
    assert (result.stopped, result.history[0].epoch) == (False, 1)


DEVICES = """
import sys
import numpy as np
from training.backend import tf

cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from training.cluster import Cluster
from training.config import ModelConfig
from training.learner import Learner

pixels = np.random.default_rng(0).random((2, 8, 32, 32, 1), np.float32)
spoilt = pixels[0].copy()
spoilt[-1] = np.nan  # on one device alone
curves = []
for cluster in (Cluster.of_one_device(), Cluster.of_all_devices()):
    learner = Learner(ModelConfig(32, 1), 0, cluster=cluster)
    batches = (pixels[0], spoilt, pixels[1])
    curves.append([float(learner.take_step(tf.constant(b))["reconstruction"]) for b in batches[:1]])
    losses = [float(learner.take_step(tf.constant(b))["loss"]) for b in batches[1:]]
    assert np.isnan(losses[0]), losses
    curves[-1].append(float(learner.vae.decoder(tf.ones((1, 2))).numpy().sum()))
assert cluster.replicas == 2
for variable in learner.vae.optimizer.variables + learner.vae.weights:
    first, second = (copy.numpy() for copy in variable.value.values)
    assert np.array_equal(first, second), variable.path
    assert np.isfinite(first).all() or "mean" in variable.path, variable.path
assert np.allclose(*curves, rtol=1e-4), curves
"""


def test_devices_of_one_computer_share_a_batch_and_skip_a_step_together():
    done = subprocess.run([sys.executable, "-c", DEVICES], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]


def test_the_workers_parts_of_a_batch_make_up_the_whole(make_project):
    pictures = make_project(24).pictures()

    def first_three(part):
        options = {"batch_size": 6, "seed": 3, "mirror": True, "epoch": 1, "skip": 1, "part": part}
        with training_batches(pictures, np.arange(24), **options).opened() as batches:
            return [batch.numpy() for batch in islice(batches, 3)]

    whole, parts = first_three((0, 1)), [first_three((k, 3)) for k in range(3)]
    for step, batch in enumerate(whole):
        assert np.array_equal(np.concatenate([part[step] for part in parts]), batch)


@pytest.mark.parametrize(
    ("addresses", "index", "told"),
    [
        ("host", 0, "'host' in the list of workers is no HOST:PORT"),
        ("host:5000,host:http", 0, "'host:http' in the list"),
        ("host:5000,host:70000", 0, "'host:70000' in the list"),
        ("host:5000,", 0, "'' in the list"),
        ("host:5000", 0, "at least two"),
        ("host:5000,other:5000,host:5000", 0, "host:5000 stands twice"),
        ("host:5000,other:5000", None, "Which of the workers this is"),
        ("host:5000,other:5000", 2, "no worker 2 among 2"),
        ("host:5000,other:5000", -1, "no worker -1"),
    ],
)
def test_a_wrong_list_of_workers_is_told(addresses, index, told):
    with pytest.raises(VaeError, match=re.escape(told)) as caught:
        Team.parse(addresses, index)
    assert caught.value.advice


def test_a_list_of_workers_is_understood():
    team = Team.parse(" 192.168.1.10:5000, [fe80::1]:5001,cat.local:5000", 1)
    assert team == Team(("192.168.1.10:5000", "[fe80::1]:5001", "cat.local:5000"), 1)
    assert not team.is_chief


class Meeting:
    """A chief that waits in a thread for others; ``ended`` is what it came to, None when all went well."""

    def __init__(self, run, alike, count=2):
        self.addresses = tuple(free_address() for _ in range(count))
        self.control, self.ended, self.missing = Control(), None, []
        self._thread = threading.Thread(target=self._wait, args=(run, alike))

    def _wait(self, run, alike):
        try:
            team, waiting = Team(self.addresses, 0), self.missing.append
            gather(team, alike, run, {"length": None}, control=self.control, on_wait=waiting)
        except VaeError as error:
            self.ended = error

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self.control.stop()
        self._thread.join()

    def join(self, index, alike, folder):
        folder.mkdir()
        return join(Team(self.addresses, index), alike, folder, Control())


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / "run-007"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    (folder / LATEST_FILE).write_bytes(os.urandom(3 * 2**20))
    (folder / "posteriors.npz").write_bytes(b"not for others")
    return folder


def test_who_does_not_fit_is_told_why_and_may_come_again(run_folder, tmp_path):
    alike = {"pictures": "abc", "version": "1"}
    with Meeting(run_folder, alike) as meeting:
        with pytest.raises(VaeError, match="do not have the same pictures"):
            meeting.join(1, {**alike, "pictures": "xyz"}, tmp_path / "wrong")
        stray = Team((meeting.addresses[0], free_address()), 1)
        with pytest.raises(VaeError, match="not started with the same list"):
            join(stray, alike, tmp_path, Control())
        host, port = meeting.addresses[0].split(":")
        with socket.create_connection((host, int(port))) as passer_by:
            passer_by.sendall(b"GET / HTTP/1.1\r\n\r\n")
        path, notes = meeting.join(1, alike, tmp_path / "fits")
    assert meeting.ended is None
    assert set(meeting.missing) == {1}
    assert path.name == run_folder.name
    assert notes == {"length": None}
    assert {file.name for file in path.iterdir()} == {"config.json", LATEST_FILE}
    assert (path / LATEST_FILE).read_bytes() == (run_folder / LATEST_FILE).read_bytes()


def test_nobody_waits_for_ever(run_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "MEETING_SECONDS", 0.3)
    monkeypatch.setattr(workers, "POLL_SECONDS", 0.02)
    with pytest.raises(VaeError, match="Not all workers have come"):
        gather(Team((free_address(), free_address()), 0), {}, run_folder, {}, control=Control())
    with pytest.raises(VaeError, match=r"Worker 0 at .* cannot be reached"):
        join(Team((free_address(), free_address()), 1), {}, tmp_path, Control())
    stopped = Control()
    stopped.stop()
    with pytest.raises(VaeError, match="stopped before all workers had come"):
        gather(Team((free_address(), free_address()), 0), {}, run_folder, {}, control=stopped)


def test_a_port_in_use_and_an_unknown_computer_are_told(run_folder, tmp_path):
    with socket.create_server(("", 0)) as taken:
        team = Team((f"127.0.0.1:{taken.getsockname()[1]}", free_address()), 0)
        with pytest.raises(VaeError, match="cannot use port") as caught:
            gather(team, {}, run_folder, {}, control=Control())
        assert "Another program" in caught.value.advice
    with pytest.raises(VaeError, match=r"No computer called no-such\.invalid"):
        join(Team(("no-such.invalid:5000", free_address()), 1), {}, tmp_path, Control())
