"""What `vae check` finds in a project, and that importing again mends what it says it does."""

import json
import os
import shutil
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from pictures import write_pictures

from training.check import check_project
from training.config import TrainConfig
from training.events import Control
from training.findings import Severity
from training.fit import train
from training.importer import import_folder
from training.index import INDEX_FILE
from training.project import Project
from training.run import BEST_FILE, CONFIG_FILE, HISTORY_FILE, LATEST_FILE, POSTERIORS_FILE, latest_run
from training.runs import start_run
from training.tensors import load_tensors, save_tensors

GOLDEN = Path(__file__).parent / "recorded" / "project-format-1.zip"


@pytest.fixture(scope="module")
def trained_once(imported, tmp_path_factory):
    from training.latent import all_posteriors, load_model

    path = tmp_path_factory.mktemp("trained") / "project"
    shutil.copytree(imported(24, 32, False), path)
    with Project.open(path, write=True) as project:
        train(project, run := start_run(project, TrainConfig(epochs=2)))
        all_posteriors(run, load_model(run), project.pictures())
    return path


@pytest.fixture
def trained(trained_once, tmp_path):
    """The folder of a project of one's own with 24 pictures, a training and where it puts them."""
    return shutil.copytree(trained_once, tmp_path / "trained")


def run_of(project):
    return latest_run(project / "runs").path


def change_byte(path, at):
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)


def change_index(project, *statements):
    with closing(sqlite3.connect(project / INDEX_FILE)) as index, index:
        for statement in statements:
            index.execute(statement)


def found(project):
    return {finding.place: finding.severity for finding in check_project(project).findings}


def import_again(project):
    with Project.open(project, write=True) as opened:
        return import_folder(opened)


def test_a_whole_project_is_told_to_be_whole_and_is_not_touched(trained):
    before = {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()}
    seen = []
    report = check_project(trained, sources=True, on_progress=lambda done, of: seen.append((done, of)))
    assert report.is_whole
    assert not report.findings
    assert (report.pictures, report.pixel_files) == (24, 1)
    assert seen[-1] == (report.files, report.files)
    assert report.files == 24 + 1 + 4  # sources, pixels, and of the training settings, weights, posteriors
    after = {path: path.read_bytes() for path in trained.rglob("*") if path.is_file()}
    assert {path: after[path] for path in before} == before


@pytest.mark.parametrize(
    "damage", ["one bit", "cut short", "gone", "another shape", "a swap of two pictures"]
)
def test_damaged_pixels_are_found_and_mended_by_importing_again(trained, damage):
    shard = trained / "pixels" / "00000.npy"
    pixels = np.load(shard)
    if damage == "one bit":
        change_byte(shard, -1)
    elif damage == "cut short":
        shard.write_bytes(shard.read_bytes()[:-100])
    elif damage == "gone":
        shard.unlink()
    elif damage == "another shape":
        np.save(shard, pixels.reshape(24, 16, 64, 1))
    else:
        np.save(shard, pixels[::-1])
    assert found(trained) == {"pixels/00000.npy": Severity.MENDABLE}
    assert import_again(trained).used == 24
    assert found(trained) == {}
    assert (np.load(shard) == pixels).all()


def test_a_shard_that_is_too_short_for_its_rows_is_found_without_a_hash(trained):
    change_index(trained, "DELETE FROM shards")
    shard = trained / "pixels" / "00000.npy"
    assert found(trained) == {"pixels": Severity.HARMLESS}  # that nothing was noted
    np.save(shard, np.load(shard)[:20])
    assert found(trained)["pixels/00000.npy"] == Severity.MENDABLE
    import_again(trained)
    assert found(trained) == {}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE pictures SET row = 3 WHERE row = 5",
        "UPDATE pictures SET shard = NULL WHERE row = 5",
        "UPDATE pictures SET status = 'skipped' WHERE row = 5",
        "UPDATE pictures SET row = -1 WHERE row = 5",
        "UPDATE meta SET value = 'x' WHERE key = 'image_format'",
    ],
)
def test_an_index_that_contradicts_itself_is_damaged(trained, statement):
    change_index(trained, statement)
    assert found(trained) == {INDEX_FILE: Severity.LOST}


def test_a_damaged_index_is_found_and_the_trainings_are_checked_nevertheless(trained):
    change_index(trained, "PRAGMA wal_checkpoint(TRUNCATE)")
    index = trained / INDEX_FILE
    content = bytearray(index.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    index.write_bytes(content)
    (run_of(trained) / BEST_FILE).write_bytes(b"")
    findings = found(trained)
    assert findings[INDEX_FILE] == Severity.LOST
    assert findings[f"runs/run-001/{BEST_FILE}"] == Severity.MENDABLE


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        (CONFIG_FILE, Severity.LOST),
        (LATEST_FILE, Severity.LOST),
        (BEST_FILE, Severity.MENDABLE),
        (POSTERIORS_FILE, Severity.MENDABLE),
    ],
)
@pytest.mark.parametrize("damage", ["cut short", "garbage"])
def test_damaged_files_of_a_training_are_found(trained, name, severity, damage):
    file = run_of(trained) / name
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 2] if damage == "cut short" else os.urandom(len(content)))
    assert found(trained) == {f"runs/run-001/{name}": severity}


def test_weights_that_are_no_numbers_or_of_another_network_are_found(trained):
    best = run_of(trained) / BEST_FILE
    tensors, notes = load_tensors(best)
    name = next(iter(tensors))
    save_tensors(best, {**tensors, name: np.full_like(tensors[name], np.nan)}, notes)
    assert found(trained) == {f"runs/run-001/{BEST_FILE}": Severity.MENDABLE}
    save_tensors(best, {name: tensors[name]}, notes)
    assert found(trained) == {f"runs/run-001/{BEST_FILE}": Severity.LOST}


def test_a_torn_last_line_of_the_history_is_fine_and_a_torn_line_before_it_is_not(trained):
    history = run_of(trained) / HISTORY_FILE
    whole = history.read_bytes()
    history.write_bytes(whole + b'{"epoch": 3, "st')
    assert found(trained) == {}
    history.write_bytes(b'{"epoch": 1, "st\n' + whole)
    assert found(trained) == {f"runs/run-001/{HISTORY_FILE}": Severity.LOST}


def test_what_a_killed_program_left_is_harmless(trained):
    (trained / "pixels" / "00007.npy").write_bytes(b"half")
    (trained / "runs" / "run-002").mkdir()
    (run_of(trained) / "best.safetensors.0123.part").write_bytes(b"half")
    report = check_project(trained)
    assert report.is_whole
    assert len(report.findings) == 2


def test_source_pictures_that_changed_or_went_away_are_told_and_are_no_damage(tmp_path):
    write_pictures(tmp_path / "source", 12)
    with Project.create(tmp_path / "project", tmp_path / "source") as project:
        import_folder(project)
    assert check_project(project.path, sources=True).findings == ()
    first, second, *_ = sorted(project.source.iterdir())
    first.write_bytes(first.read_bytes() + b" ")
    second.unlink()
    report = check_project(project.path, sources=True)
    assert report.is_whole
    assert [finding.severity for finding in report.findings] == [Severity.HARMLESS] * 2
    assert first.name in report.findings[0].what
    assert second.name in report.findings[1].what
    assert check_project(project.path).findings == ()


def test_an_old_project_is_checked_as_it_is(tmp_path):
    with zipfile.ZipFile(GOLDEN) as archive:
        archive.extractall(tmp_path)
    report = check_project(tmp_path)
    assert report.is_whole
    assert [finding.place for finding in report.findings] == ["pixels"]  # no hashes
    Project.open(tmp_path, write=True).close()
    assert check_project(tmp_path).is_whole


def test_a_stopped_check_says_so(trained):
    control = Control()
    control.stop()
    report = check_project(trained, control=control)
    assert report.cancelled
    assert report.files == 0


def test_the_command_tells_by_its_exit_code(trained, vae_here):
    done = vae_here("check", trained)
    assert done.returncode == 0
    assert "whole" in done.stdout
    (run_of(trained) / LATEST_FILE).write_bytes(b"")
    done = vae_here("check", trained)
    assert done.returncode == 2
    assert "latest.safetensors" in done.stdout
    told = json.loads(vae_here("check", trained, "--json").stdout)
    assert told["whole"] is False
    assert [finding["severity"] for finding in told["findings"]] == ["lost"]
    assert vae_here("check", trained.parent).returncode == 2  # no project
