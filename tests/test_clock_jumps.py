"""The computer's clock is set while pictures are imported and learnt: libfaketime does it for a process."""

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from pictures import write_pictures

from training.check import check_project
from training.importer import import_folder
from training.project import Project
from training.runs import list_runs

JUMPS = ["-700d", "+1100d", "-1d", "+0", "+5000d"]

# Whatever is reported, the clock is somewhere else at the next look.
JUMPING = """
import itertools, json, pathlib, sys, time
from training import fit, importer, snapshots
from training.config import TrainConfig
from training.image_format import ImageFormat
from training.project import Project
from training.runs import start_run

if __name__ == "__main__":
    source, folder, clock, *jumps = sys.argv[1:]
    jumps, days, told = itertools.cycle(jumps), set(), []

    def jump(progress):
        days.add(int(time.time() // 86400))
        told.append([getattr(progress, "seconds_left", None), getattr(progress, "seconds", None)])
        pathlib.Path(clock).write_text(next(jumps) + "\\n")

    importer.REPORT_SECONDS = fit.REPORT_SECONDS = snapshots.SNAPSHOT_SECONDS = 0.0
    with Project.create(pathlib.Path(folder), pathlib.Path(source)) as project:
        importer.import_folder(project, jump, image_format=ImageFormat(32, 1))
        for _ in range(3):
            run = start_run(project, TrainConfig(epochs=2, batch_size=8))
            fit.train(project, run, jump)
    print(json.dumps({"days": sorted(days), "told": told}))
"""


@pytest.fixture
def fake_clock(tmp_path):
    """The environment of a process whose clock a file sets, and that file."""
    libraries = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    if not libraries:
        pytest.skip("needs libfaketime (Debian's package faketime)")
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    faking = {
        "LD_PRELOAD": str(libraries[0]),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "NO_FAKE_STAT": "1",
        "PYTHONPATH": str(Path(__file__).parent.parent),
    }
    return os.environ | faking, clock


def test_a_clock_that_is_set_reorders_nothing_and_makes_no_time_negative(tmp_path, fake_clock):
    environment, clock = fake_clock
    source, folder = write_pictures(tmp_path / "pictures", 24, colour=False)[0].parent, tmp_path / "project"
    command = [sys.executable, "-c", JUMPING, source, folder, clock, *JUMPS]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert len(found["days"]) == len(JUMPS)  # it has seen all these days
    assert all(0 <= number < 3600 for pair in found["told"] for number in pair if number is not None)

    assert check_project(folder).is_whole
    with Project.open(folder, write=True) as project:
        runs = list_runs(project)
        assert [run.path.name for run in runs] == [f"run-00{number}" for number in (3, 2, 1)]
        for run in runs:
            lines = (run.path / "history.jsonl").read_text().splitlines()
            seconds = [json.loads(line)["seconds"] for line in lines]
            assert all(0 < before < after for before, after in itertools.pairwise(seconds))
        ids = project.pictures().ids.tolist()
        report = import_folder(project)
        assert (report.used, project.pictures().ids.tolist()) == (24, ids)
