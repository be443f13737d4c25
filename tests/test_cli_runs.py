"""The commands `vae runs …`, and `--run` where a training is meant: without TensorFlow."""

import json

import numpy as np
import pytest
from command_line import problem, result, vae

from training.config import TrainConfig
from training.events import EpochRecord, Terms
from training.project import Project
from training.run import BEST_FILE, CONFIG_FILE, LATEST_FILE
from training.runs import list_runs, start_run
from training.tensors import save_tensors


def add_run(project, name, elbo, **settings):
    run = start_run(project, TrainConfig(epochs=2, **settings), name=name)
    figures = Terms(elbo, 0.0, 0.0)
    for epoch in (1, 2):
        run.append_history(EpochRecord(epoch, 10 * epoch, 6.0 * epoch, figures, figures))
    save_tensors(run.path / LATEST_FILE, {"a": np.zeros(3, np.float32)}, {})
    save_tensors(run.path / BEST_FILE, {}, {"judged_on": "these", "figures": figures.as_json()})
    return run


@pytest.fixture
def project(make_project):
    """A closed project with two runs."""
    project = make_project(12)
    add_run(project, "Cats [red]", 100.0)
    add_run(project, "", 90.5, seed=7)
    project.close()
    return project


def test_list_tells_all_about_each_run(project, poisoned):
    found = result(vae("runs", "list", project.path, "--json", env=poisoned))
    assert [run["run"] for run in found["runs"]] == ["run-002", "run-001"]
    first = found["runs"][1]
    assert first["name"] == "Cats [red]"
    assert (first["epochs"], first["steps"], first["seconds"]) == (2, 20, 12.0)
    assert first["held_out"]["elbo"] == 100.0
    assert first["problem"] == ""
    assert (first["settings"]["epochs"], first["settings"]["size"]) == (2, 32)
    assert first["bytes"] > 0


def test_list_tells_people_the_same(project, vae_here):
    (project.runs_folder / "run-002" / CONFIG_FILE).write_text("{}")
    listed = vae_here("runs", "list", project.path).stdout
    assert "Cats [red]" in listed
    assert "100.0" in listed
    assert "damaged" in listed


def test_an_empty_list_says_so(make_project, vae_here):
    assert "not been trained yet" in vae_here("runs", "list", make_project(12).path).stdout


def test_rename_gives_and_takes_a_name(project, vae_here):
    assert result(vae_here("runs", "rename", project.path, "2", "Dogs\n", "--json")) == {
        "run": "run-002",
        "name": "Dogs",
    }
    assert "run-002 is now called “Training 2”" in vae_here("runs", "rename", project.path, "Dogs", "").stdout


def test_delete_moves_runs_to_the_bin(project, tmp_path, poisoned):
    poisoned |= {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "data")}
    done = vae("runs", "delete", project.path, "Cats [red]", "--json", env=poisoned)
    assert result(done) == {"deleted": ["run-001"]}
    with Project.open(project.path, write=False) as now:
        assert [each.path.name for each in list_runs(now)] == ["run-002"]
    assert (tmp_path / "data" / "Trash" / "files" / "run-001" / LATEST_FILE).is_file()


def test_where_there_is_no_bin_nothing_is_deleted(project, tmp_path, poisoned):
    (tmp_path / "file").write_text("")
    poisoned |= {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / "file")}
    told = problem(vae("runs", "delete", project.path, "1", env=poisoned)).replace("\n", " ")
    assert "could not be moved to the bin" in told
    assert "Nothing was deleted" in told
    assert (project.runs_folder / "run-001" / LATEST_FILE).is_file()


def test_compare_shows_what_differs_and_what_came_of_it(project, vae_here):
    found = result(vae_here("runs", "compare", project.path, "1", "2", "--json"))
    assert found["settings"] == {"seed": [0, 7]}
    assert [held_out["elbo"] for held_out in found["held_out"]] == [100.0, 90.5]
    assert found["curves"][1] == {
        "steps": [10, 20],
        "seconds": [6, 12],
        "train": [90.5, 90.5],
        "held_out": [90.5, 90.5],
    }
    told = vae_here("runs", "compare", project.path).stdout
    for words in ("Cats [red]", "seed", "after 12 s", "after 20 steps", "100.0", "90.5"):
        assert words in told


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["runs", "compare", "{project}", "1"], "two trainings"),
        (["runs", "rename", "{project}", "Cast [red]", "x"], "Did you mean “Cats [red]”"),
        (["runs", "delete", "{project}", "1", "3"], "no training called “3”"),
        (["runs", "list", "{project}/nowhere"], "not a VAE Desktop project"),
        (["decode", "{project}", "--run=3", "--at=0,0", "--out=x.png"], "no training called “3”"),
        (["map", "{project}", "--run=cats", "--out=x.png"], "Did you mean"),
        (["decode", "model.vae", "--run=1", "--at=0,0", "--out=x.png"], "--run cannot be given"),
        (["train", "{project}", "--run=3"], "no training called “3”"),
        (["train", "{project}", "--run=1", "--latent-dim=5"], "cannot be changed from 2 to 5"),
        (["train", "{project}", "--run=1", "--size=48"], "--size cannot be given with --run"),
        (["train", "{project}", "--device=tpu"], "devices must be"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_wrong_arguments_are_told_and_nothing_is_changed(project, vae_here, arguments, word):
    before = {path.name for path in project.runs_folder.iterdir()}
    told = problem(vae_here(*(argument.format(project=project.path) for argument in arguments)))
    assert word in told.replace("\n", " ")
    assert {path.name for path in project.runs_folder.iterdir()} == before


@pytest.mark.parametrize("command", [["rename", "1", "x"], ["delete", "1"]])
def test_runs_of_a_project_that_is_open_elsewhere_are_not_changed(project, vae_here, command):
    with Project.open(project.path, write=True):
        told = problem(vae_here("runs", command[0], project.path, *command[1:]))
    assert "open in another program" in told.replace("\n", " ")
    assert json.loads((project.runs_folder / "run-001" / CONFIG_FILE).read_text())["name"] == "Cats [red]"
