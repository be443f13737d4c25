"""An import or a saving that is killed at any moment leaves the old project or the new one, both whole.

strace kills at the N-th call of the kind that matters: of each, before the kernel carries it out.
"""

import collections
import os
import random
import re
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from pictures import write_pictures

from training.check import check_project
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project
from training.run import BEST_FILE, LATEST_FILE, Run
from training.tensors import load_notes, load_tensors, save_tensors

pytestmark = pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")

COUNT = 24
CALLS = "write,pwrite64,fsync,fdatasync,ftruncate,rename,unlink,mkdir"

IMPORTING = """
import sys
from pathlib import Path
import training.picture_writer as picture_writer
from training.importer import import_folder
from training.image_format import ImageFormat
from training.project import Project, is_project
folder, source, size = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
picture_writer.SHARD_BYTES = 8 * size * size
made = Project.open(folder, write=True) if is_project(folder) else Project.create(folder, source)
with made as project:
    import_folder(project, image_format=ImageFormat(size, 1))
"""

SAVING = """
import json, sys
from pathlib import Path
import numpy as np
from training.events import EpochRecord, Terms
from training.files import write_json
from training.project import Project
from training.run import BEST_FILE, LATEST_FILE, Run
from training.tensors import load_tensors, save_tensors
with Project.open(Path(sys.argv[1]), write=True) as project:
    run = Run.open(project.runs_folder / "run-001")
    for name in (BEST_FILE, LATEST_FILE):
        tensors, notes = load_tensors(run.path / name)
        later = {key: value + 1 for key, value in tensors.items()}
        save_tensors(run.path / name, later, {"step": notes["step"] + 1})
    run.append_history(EpochRecord(2, 2, 2.0, Terms(1.0, 1.0, 1.0), None))
    run.save_config()
    write_json(project.path / "exploration.json", {"format": 1, "project": {}, "runs": {}})
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("source") / "pictures"
    write_pictures(folder, COUNT, 32)
    return folder


@pytest.fixture(scope="module")
def saved_once(source, tmp_path_factory):
    """A project with a run whose weights are a few numbers: how networks look does not matter here."""
    from training.config import ModelConfig, TrainConfig

    path = tmp_path_factory.mktemp("saved") / "project"
    with Project.create(path, source) as project:
        import_folder(project, image_format=ImageFormat(32, 1))
        run = Run.create(project.runs_folder, ModelConfig(32, 1), TrainConfig())
    weights = {"a": np.zeros(30_000, np.float32)}
    save_tensors(run.path / BEST_FILE, weights, {"step": 1})
    averages = {f"average/{name}": each for name, each in weights.items()}
    save_tensors(run.path / LATEST_FILE, averages, {"step": 1})
    return path


def strace(*options):
    """How to run a program under strace, where that can be; else the test is skipped."""
    found = shutil.which("strace")
    probe = [found, "-qq", "-o", os.devnull, "true"]
    if found is None or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("needs strace, and leave to trace")
    # Of one thread, the main one: a worker that dies costs a picture, which is tested elsewhere.
    return [found, "-qq", "-o", os.devnull, *options]


def moments(script, *arguments):
    """(call, how often) for all calls that a script makes when nothing kills it."""
    log = arguments[0].with_name("calls")
    command = [*strace(f"--trace={CALLS}"), sys.executable, "-c", script, *map(str, arguments)]
    command[command.index(os.devnull)] = str(log)
    subprocess.run(command, check=True)
    return collections.Counter(re.findall(r"^(\w+)\(", log.read_text(), re.MULTILINE))


def killed_at(call, number, script, *arguments):
    """Run a script until a call is made for so many times; whether it got so far."""
    inject = f"--inject={call}:signal=KILL:when={number}"
    command = [*strace(f"--trace={call}", inject), sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode != 0


def is_whole(path):
    report = check_project(path)
    assert report.is_whole, [finding.text for finding in report.findings]


def check_after_an_import(path, source, earlier):
    """The old pictures are there, the new ones or, the first time, some; the next import ends it."""
    if not (path / "project.json").exists():
        assert not earlier  # it was being made
        Project.create(path, source).close()
    with Project.open(path, write=True) as project:
        is_whole(path)
        if earlier:
            assert project.count_used() == COUNT
            assert project.image_format in (ImageFormat(32, 1), ImageFormat(64, 1))
        if project.count_used():
            assert project.pictures().read(range(project.count_used())).any(axis=(1, 2, 3)).all()
        assert import_folder(project, image_format=ImageFormat(64, 1)).used == COUNT
    is_whole(path)


def import_killed(path, source, earlier, rng):
    counted = path.parent / "counted" / "project"
    for project in (path, counted) if earlier else ():
        shutil.copytree(earlier, project)
    calls = moments(IMPORTING, counted, source, 64)
    call = rng.choice(sorted(calls))
    killed_at(call, rng.randint(1, calls[call]), IMPORTING, path, source, 64)
    check_after_an_import(path, source, earlier)


@pytest.mark.parametrize(("call", "number"), [("rename", 2), ("pwrite64", 25)])
def test_a_first_import_that_is_killed_is_gone_on_with(tmp_path, source, call, number):
    path = tmp_path / "project"
    assert killed_at(call, number, IMPORTING, path, source, 64)
    check_after_an_import(path, source, earlier=None)


@pytest.mark.parametrize(("call", "number"), [("rename", 3), ("unlink", 1)])
def test_an_import_at_another_size_that_is_killed_leaves_old_or_new_pictures(
    tmp_path, source, saved_once, call, number
):
    path = tmp_path / "project"
    shutil.copytree(saved_once, path)
    assert killed_at(call, number, IMPORTING, path, source, 64)
    check_after_an_import(path, source, earlier=saved_once)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_an_import_killed_at_a_random_call(tmp_path, source, saved_once, seed):
    rng = random.Random(seed)
    (tmp_path / "counted").mkdir()
    import_killed(tmp_path / "project", source, saved_once if seed % 2 else None, rng)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_an_import_killed_at_a_random_time(tmp_path, source, saved_once, seed):
    rng, path = random.Random(seed), tmp_path / "project"
    earlier = saved_once if seed % 2 else None
    if earlier:
        shutil.copytree(earlier, path)
    command = [sys.executable, "-c", IMPORTING, str(path), str(source), "64"]
    with subprocess.Popen(command) as importing:
        try:
            importing.wait(timeout=rng.uniform(0.3, 4.0))
        except subprocess.TimeoutExpired:
            importing.kill()
    check_after_an_import(path, source, earlier)


def check_after_a_saving(path):
    with Project.open(path, write=True):
        is_whole(path)
    run = path / "runs" / "run-001"
    for name in (BEST_FILE, LATEST_FILE):
        step = load_notes(run / name)["step"]
        assert all((tensor == step - 1).all() for tensor in load_tensors(run / name)[0].values())
    assert [record.epoch for record in Run.open(run).history()] in ([], [2])


def savings(saved_once, tmp_path):
    """(call, number, the project's folder) for every moment of a saving that matters."""
    counted = shutil.copytree(saved_once, tmp_path / "counted" / "project")
    for call, count in sorted(moments(SAVING, counted).items()):
        for number in range(1, count + 1):
            yield call, number, tmp_path / f"{call}-{number}"


@pytest.mark.parametrize(("call", "numbers"), [("rename", (1, 2, 4)), ("write", (1, 3, 5))])
def test_a_saving_that_is_killed_leaves_the_old_files_or_the_new_ones(tmp_path, saved_once, call, numbers):
    for number in numbers:
        path = shutil.copytree(saved_once, tmp_path / str(number))
        assert killed_at(call, number, SAVING, path)
        check_after_a_saving(path)


@pytest.mark.slow
def test_a_saving_killed_at_every_call(tmp_path, saved_once):
    killed = 0
    for call, number, path in savings(saved_once, tmp_path):
        shutil.copytree(saved_once, path)
        killed += killed_at(call, number, SAVING, path)
        check_after_a_saving(path)
        shutil.rmtree(path)
    assert killed > 15
