"""What the index knows of the pictures besides their pixels."""

import os
import shutil

import numpy as np
import pytest

from training.events import Control
from training.picture_facts import read_facts
from training.project import Project


@pytest.fixture
def project(imported, tmp_path):
    """With 24 pictures, whose places and dates a test may change in the index."""
    with Project.open(shutil.copytree(imported(24, 32, False), tmp_path / "project"), write=True) as opened:
        yield opened


def move(project, paths):
    """Have the pictures lie at these paths below the source folder."""
    with project.index() as index:
        ids = [number for (number,) in index.execute("SELECT id FROM pictures ORDER BY id")]
        for number, path in zip(ids, paths, strict=True):
            index.execute("UPDATE pictures SET path = ? WHERE id = ?", (os.fsencode(path), number))


def folders_of(facts):
    return [facts.folders[number] for number in facts.folder_of]


def test_facts_are_in_the_order_of_the_pictures(project):
    folders = ["cats", "dogs", "dogs"] * 8
    move(project, [f"{folder}/{number}.png" for number, folder in enumerate(folders)])
    facts = read_facts(project)
    assert facts.ids.tolist() == project.pictures().ids.tolist()
    assert folders_of(facts) == folders
    assert facts.folders == ("dogs", "cats"), "the one with most pictures comes first"
    path = project.picture_path(int(facts.ids[5]))
    assert path.parent.name == "dogs"


def test_dates_are_those_of_the_files(project):
    facts = read_facts(project)
    with project.index() as index:
        index.execute("UPDATE pictures SET mtime_ns = 86400000000500 * id")
    days = read_facts(project).times / 86400.0000005
    assert days.tolist() == pytest.approx(facts.ids.tolist())


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ([f"a{n % 2}/b{n % 3}/{n}.png" for n in range(24)], [f"a{n % 2}/b{n % 3}" for n in range(24)]),
        ([f"year{n % 2}/day{n}/{n}.png" for n in range(24)], [f"year{n % 2}" for n in range(24)]),
        ([f"day{n}/{n}.png" for n in range(24)], [f"day{n}" for n in range(24)]),
        ([f"{n}.png" for n in range(24)], [""] * 24),
        ([f"{'deep/' * (n % 2)}{n}.png" for n in range(24)], ["", "deep"] * 12),
        ([f"caf\udce9/{n}.png" for n in range(24)], ["caf\udce9"] * 24),
    ],
    ids=["two levels", "too many below", "too many anyway", "none", "above and below", "not UTF-8"],
)
def test_folders_are_told_apart_as_deep_down_as_there_are_few(project, paths, expected):
    move(project, paths)
    assert folders_of(read_facts(project)) == expected


def test_the_error_of_a_reconstruction_is_its_root_mean_square(project):
    from training.config import ModelConfig
    from training.latent import LatentModel
    from training.reconstruction import reconstruction_errors

    pictures = project.pictures()
    model = LatentModel(ModelConfig(size=32, channels=1, latent_dim=2))
    means = np.random.default_rng(0).normal(size=(24, 2)).astype(np.float32)
    told = []
    found = reconstruction_errors(model, pictures, means, Control(), lambda *done: told.append(done))
    off = model.decode(means) / 255.0 - pictures.read(range(24)) / 255.0
    assert found == pytest.approx(np.sqrt((off**2).mean(axis=(1, 2, 3))), rel=1e-4)
    assert told[-1] == (24, 24)


def test_finding_errors_out_stops_when_told(project):
    from training.config import ModelConfig
    from training.latent import LatentModel
    from training.reconstruction import reconstruction_errors

    control = Control()
    control.stop()
    model = LatentModel(ModelConfig(size=32, channels=1, latent_dim=2))
    assert reconstruction_errors(model, project.pictures(), np.zeros((24, 2), np.float32), control) is None
