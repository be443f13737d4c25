"""Import and training on a disk that is full, which a small one of its own is."""

import os
import shutil
import subprocess
import sys
import threading
from contextlib import suppress

import pytest
from disks import fill, free, small_disk
from pictures import write_pictures

from training import disk_space, fit
from training.check import check_project
from training.config import TrainConfig
from training.errors import DiskFullError
from training.events import Control, TrainProgress
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project
from training.runs import start_run

FEW = 24  # pictures; of 64 pixels in colour they take 295 kB


@pytest.fixture
def disk(tmp_path, monkeypatch):
    monkeypatch.setattr(disk_space, "POLL_SECONDS", 0.05)
    with small_disk(tmp_path / "disk", 192 * 2**20) as folder:
        yield folder


@pytest.fixture
def source(tmp_path):
    write_pictures(tmp_path / "source", FEW, 64, colour=True)
    return tmp_path / "source"


class Waiting:
    """Listens to a job; once it waits for space, does something, once."""

    def __init__(self, act):
        self.told = []
        self._act = act

    def __call__(self, event):
        disk_full = getattr(event, "disk_full", None)
        if disk_full is not None:
            self.told.append(disk_full)
            if len(self.told) == 1:
                self._act()


def test_an_import_waits_for_space_and_loses_nothing(disk, source):
    with Project.create(disk / "project", source) as project:
        fill(disk, leave=2**20 + 2**16)
        waiting = Waiting(lambda: free(disk))
        report = import_folder(project, waiting, Control(waits_for_space=True))
        assert waiting.told
        assert waiting.told[0].needed > waiting.told[0].free > 0
        assert "1.4 MB are needed" in waiting.told[0].sentence
        assert report.used == FEW
    assert check_project(disk / "project", sources=True).findings == ()


def test_an_import_that_waits_is_cancelled_at_once_and_gone_on_with(disk, source):
    with Project.create(disk / "project", source) as project:
        fill(disk)
        control = Control(waits_for_space=True)
        report = import_folder(project, Waiting(control.stop), control)
        assert report.cancelled
        assert report.used == 0
        free(disk)
        assert import_folder(project).used == FEW
    assert check_project(disk / "project").findings == ()


def test_what_was_read_before_the_disk_filled_stays(disk, source, monkeypatch):
    monkeypatch.setattr("training.picture_writer.SHARD_BYTES", 8 * 64 * 64 * 3)
    with Project.create(disk / "project", source) as project:
        control = Control(waits_for_space=True)

        def fill_after_the_first_shard(event):
            if event.disk_full is not None:
                control.stop()
            elif any(project.pixels_folder.iterdir()) and not (disk / "ballast").exists():
                fill(disk)

        monkeypatch.setattr("training.importer.REPORT_SECONDS", 0.0)
        report = import_folder(project, fill_after_the_first_shard, control)
        assert report.cancelled
        assert 0 < report.used < FEW
        free(disk)
        kept = set(project.pictures().ids.tolist())
        assert import_folder(project).used == FEW
        assert kept < set(project.pictures().ids.tolist())
    assert check_project(disk / "project").findings == ()


def test_at_another_size_the_old_pictures_stay_where_there_is_no_space_for_new_ones(disk, source):
    with Project.create(disk / "project", source) as project:
        import_folder(project, image_format=ImageFormat(32, 3))
        fill(disk)
        control = Control(waits_for_space=True)
        report = import_folder(project, Waiting(control.stop), control, ImageFormat(64, 3))
        assert report.cancelled
        assert (project.image_format, project.count_used()) == (ImageFormat(32, 3), FEW)
        assert check_project(project.path).findings == ()
        waiting = Waiting(lambda: free(disk))
        import_folder(project, waiting, Control(waits_for_space=True), ImageFormat(64, 3))
        assert waiting.told
        assert (project.image_format, project.count_used()) == (ImageFormat(64, 3), FEW)
    assert check_project(disk / "project").findings == ()


def test_nobody_waits_for_a_script(disk, source):
    with Project.create(disk / "project", source) as project:
        fill(disk, leave=2**16)
        with pytest.raises(DiskFullError, match="no space") as caught:
            import_folder(project)
        assert caught.value.advice
        free(disk)
        assert import_folder(project).used == FEW


@pytest.fixture
def learnable(disk, imported):
    shutil.copytree(imported(24, 32, False), disk / "project")
    with Project.open(disk / "project", write=True) as project:
        yield project


def test_a_training_waits_for_space_at_its_checkpoints_and_loses_nothing(disk, learnable, monkeypatch):
    monkeypatch.setattr(fit, "CHECKPOINT_SECONDS", 0.0)
    run = start_run(learnable, TrainConfig(epochs=4, batch_size=8))

    class FillingTwice(Waiting):
        def __call__(self, event):
            if isinstance(event, TrainProgress) and event.disk_full is None and event.step == 1:
                fill(disk, leave=2**12)
            super().__call__(event)

    waiting = FillingTwice(lambda: free(disk))
    result = fit.train(learnable, run, waiting, Control(waits_for_space=True))
    assert waiting.told
    assert (result.epochs, result.stopped) == (4, False)
    assert [record.epoch for record in run.history()] == [1, 2, 3, 4]
    assert check_project(learnable.path).is_whole


def test_a_training_that_waits_is_stopped_at_once_and_its_last_checkpoint_stays(disk, learnable, monkeypatch):
    monkeypatch.setattr(fit, "CHECKPOINT_SECONDS", 0.0)
    run = start_run(learnable, TrainConfig(epochs=8, batch_size=8))
    control = Control(waits_for_space=True)

    class FillingLate(Waiting):
        def __call__(self, event):
            if isinstance(event, TrainProgress) and event.disk_full is None and event.epoch == 2:
                fill(disk, leave=2**12)
            super().__call__(event)

    with pytest.raises(DiskFullError):
        fit.train(learnable, run, FillingLate(control.stop), control)
    assert check_project(learnable.path).is_whole
    free(disk)
    assert fit.train(learnable, run).epochs == 8


def test_a_stop_ends_the_waiting_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(disk_space, "POLL_SECONDS", 3600.0)  # the test would time out
    control, waits = Control(waits_for_space=True), threading.Event()

    def write():
        raise DiskFullError("full", kept="", advice="", folder=tmp_path, needed=2**62)

    def tell(_disk_full):
        waits.set()

    def stop():
        waits.wait()
        control.stop()

    stopping = threading.Thread(target=stop)
    stopping.start()
    try:
        with pytest.raises(DiskFullError):
            disk_space.written_when_there_is_space(write, control, tell)
    finally:
        stopping.join()


def import_command(disk, source):
    return [sys.executable, "-m", "training", "import", str(source), "--project", str(disk / "project")]


def test_the_command_waits_on_a_terminal(disk, source):
    fill(disk, leave=2**20 + 2**16)
    ours, its = os.openpty()
    with subprocess.Popen(import_command(disk, source), stderr=its, stdout=subprocess.PIPE) as importing:
        os.close(its)
        shown = b""
        while b"The disk is full" not in shown:
            shown += os.read(ours, 4096)
        free(disk)
        with suppress(OSError):  # the terminal is gone once nobody writes to it any more
            while os.read(ours, 4096):
                pass
        assert f"{FEW} used".encode() in importing.stdout.read()
    os.close(ours)
    assert importing.returncode == 0


def test_the_command_fails_at_once_in_a_script(disk, source):
    fill(disk, leave=2**20 + 2**16)
    done = subprocess.run(import_command(disk, source), check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "There is no space" in done.stderr
    assert "Traceback" not in done.stderr
