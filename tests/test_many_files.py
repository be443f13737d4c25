"""An import of very many files: in bounded memory, stopped within a second, taken up again."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from pictures import write_pictures

MANY = int(os.environ.get("VAE_MANY_FILES", "1000000"))
MOST_MB = 600
LINKS = 50_000  # names of one file; ext4 allows 65,000

STAGES = """
import json, sys, threading, time
from pathlib import Path
import training.importer
from training.events import Control
from training.image_format import ImageFormat
from training.project import Project
from training.source_files import changes

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()  # not getrusage: that begins with the parent's
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))

def import_until(project, control, when):
    told, began = [], time.monotonic()
    def listen(progress):
        if not control.should_stop and when(progress):
            told.append(time.monotonic())
            control.stop()
    report = training.importer.import_folder(project, listen, control, ImageFormat(32, 1))
    ended = time.monotonic()
    return {"found": report.found, "used": report.used, "skipped": report.skipped,
            "seconds": ended - began, "stopped_after": ended - told[0] if told else 0.0}

if __name__ == "__main__":
    bare = peak()
    path, source, stage, share = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
    project = Project.open(path, write=True) if path.exists() else Project.create(path, source)
    with project:
        if stage == "changes":
            began = time.monotonic()
            result = vars(changes(project)) | {"seconds": time.monotonic() - began}
        else:
            when = {
                "stop scanning": lambda progress: progress.scanning and progress.found >= share,
                "stop comparing": lambda progress: progress.scanning and progress.found >= 10 * share,
                "stop decoding": lambda progress: progress.done >= share,
                "stop late": lambda progress: progress.done >= 9 * share,
            }.get(stage, lambda progress: False)
            if stage == "stop comparing":
                training.importer.REPORT_SECONDS = 0  # the very last file found is to be told
            result = import_until(project, Control(), when)
        result["pictures"] = len(project.pictures()) if project.image_format else 0
    print(json.dumps(result | {"peak_mb": peak() - bare}))
"""


def make_many(source, seeds, count):
    """Half of the files in one folder, the others in a hundred nested ones."""
    pictures = write_pictures(seeds, -(-count // LINKS) + 8, 32, colour=False)
    nested = [source / f"{ten}" / f"{one}" for ten in range(10) for one in range(10)]
    for folder in (source / "flat", *nested):
        folder.mkdir(parents=True)
    for number in range(count):
        folder = source / "flat" if number % 2 else nested[number // 2 % 100]
        os.link(pictures[number % len(pictures)], folder / f"{number:07d}.png")


@pytest.mark.slow
@pytest.mark.timeout(4 * 3600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is read from /proc")
def test_a_million_files_are_imported_stopped_and_gone_on_with_in_bounded_memory(tmp_path):
    source, project, script = tmp_path / "source", tmp_path / "project", tmp_path / "stages.py"
    make_many(source, tmp_path / "seeds", MANY)
    script.write_text(STAGES)

    def do(stage):
        command = [sys.executable, script, project, source, stage, str(MANY // 10)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        result = json.loads(done.stdout)
        figures = "  ".join(f"{name} {value:,.4g}" for name, value in result.items())
        print(f"{stage:>15}: {figures}")
        assert result["peak_mb"] <= MOST_MB
        if stage != "changes":
            assert result["found"] == result["used"] + result["skipped"]
            assert result["stopped_after"] < 1.0
        return result

    for stage in ("stop scanning", "stop comparing"):
        assert do(stage)["used"] == 0
    assert MANY // 10 <= do("stop decoding")["used"] < MANY
    assert MANY * 9 // 10 <= do("stop late")["used"] < MANY
    assert do("go on")["used"] == MANY
    assert do("again")["used"] == MANY
    (source / "flat").rename(source / "moved")
    (source / "moved" / f"{MANY // 2 * 2 - 1:07d}.png").unlink()
    half = MANY // 2
    found = do("changes")
    assert (found["added"], found["changed"], found["removed"]) == (half - 1, 0, half)
    assert do("moved")["used"] == MANY - 1
    shutil.rmtree(source)  # not left for pytest, which would count its files again
