import json
import os
import subprocess
from dataclasses import replace

import numpy as np
import pytest

from training.config import ModelConfig, TrainConfig
from training.errors import VaeError
from training.events import EpochRecord, Terms
from training.project import Project
from training.run import BEST_FILE, CONFIG_FILE, INITIAL_FILE, LATEST_FILE, Run, latest_run
from training.runs import (
    continue_run,
    find_folder,
    find_run,
    list_runs,
    rename_run,
    resume_run,
    start_run,
)
from training.tensors import load_tensors, save_tensors

WEIGHTS = {"encoder/a": np.arange(4, dtype=np.float32), "pixel_variance": np.array(0.5, np.float32)}


TWO_EPOCHS = TrainConfig(epochs=2)


def trained_run(project, name="", training=TWO_EPOCHS, elbo=100.0):
    """A run as a training leaves it, but for the weights, which are no network's."""
    run = start_run(project, training, name=name)
    figures = Terms(elbo - 3.0, 2.0, 1.0)
    run.append_history(EpochRecord(1, 10, 6.0, figures, figures))
    run.append_history(EpochRecord(2, 20, 12.5, figures, figures))
    save_tensors(run.path / LATEST_FILE, {"a": np.zeros(1000, np.float32)}, {})
    notes = {"judged_on": "these", "figures": figures.as_json()}
    save_tensors(run.path / BEST_FILE, WEIGHTS, notes)
    return run


@pytest.fixture
def project(make_project):
    return make_project(12)


# ---------------------------------------------------------------------- listing and finding


def test_runs_are_listed_the_newest_first_with_what_they_came_to(project):
    trained_run(project, "Cats")
    trained_run(project, elbo=90.0)
    second, first = list_runs(project)
    assert (first.title, second.title) == ("Cats", "Training 2")
    assert (first.epochs, first.steps, first.seconds) == (2, 20, 12.5)
    assert first.held_out == Terms(97.0, 2.0, 1.0)
    assert second.held_out.elbo == 90.0
    assert first.size_bytes == sum(path.stat().st_size for path in first.path.iterdir()) > 4000
    assert first.problem == second.problem == ""
    assert first.created == first.run.created


def test_runs_of_one_name_are_told_apart(project):
    for name in ("Cats", "Dogs", "Cats"):
        trained_run(project, name)
    assert [each.title for each in list_runs(project)] == ["Cats (run-003)", "Dogs", "Cats (run-001)"]


def test_a_run_that_cannot_be_gone_on_with_says_why(project):
    runs = [trained_run(project) for _ in range(5)]
    (runs[0].path / CONFIG_FILE).write_text("{}")
    (runs[1].path / LATEST_FILE).unlink()
    (runs[2].path / LATEST_FILE).write_bytes(b"no weights")
    model = replace(runs[3].model, size=64)
    replace(runs[3], model=model).save_config()
    (runs[4].path / CONFIG_FILE).unlink()
    told = [each.problem for each in reversed(list_runs(project))]
    words = ["is damaged", "before anything was kept", "cannot be read", "another size", "could not be read"]
    for problem, word in zip(told, words, strict=True):
        assert word in problem
    assert [each.run is None for each in reversed(list_runs(project))] == [True, False, False, False, True]


def test_a_run_of_a_newer_version_is_listed_and_left_alone(project):
    run = trained_run(project)
    path = run.path / CONFIG_FILE
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    assert "newer version" in list_runs(project)[0].problem
    assert latest_run(project.runs_folder) is None


def test_a_run_is_found_by_folder_number_and_name(project):
    cats, dogs = trained_run(project, "Cats"), trained_run(project)
    for wanted in ("run-001", "1", "Cats", " Cats\n"):
        assert find_run(project, wanted) == cats
    assert find_run(project, "Training 2") == dogs


@pytest.mark.parametrize(
    ("wanted", "word"),
    [
        ("Cast", "Did you mean “Cats”"),
        ("run-01", "Did you mean “run-001”"),
        ("zebra", "It has Cats, Cats, run-002, run-001"),
        ("Cats", "2 trainings are called “Cats”: run-002, run-001"),
        ("../run-001", "no training called"),
    ],
)
def test_a_run_that_is_not_there_is_told_with_the_nearest(project, wanted, word):
    trained_run(project, "Cats")
    trained_run(project, "Cats")
    with pytest.raises(VaeError, match=word):
        find_run(project, wanted)


def test_a_damaged_run_is_found_to_be_deleted(project):
    run = trained_run(project)
    (run.path / CONFIG_FILE).write_text("scratched")
    assert find_folder(project, "1") == run.path
    with pytest.raises(VaeError, match="damaged"):
        find_run(project, "1")


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Katzen 🐈 <b>", "Katzen 🐈 <b>"),
        ("a\nb\x1b[31m", "a b [31m"),
        ("x" * 999, "x" * 200),
        (" ", "Training 1"),
    ],
)
def test_a_name_may_be_any_text_and_is_shown_as_one_line(project, name, shown):
    run = rename_run(trained_run(project, "before"), name)
    assert run.title == Run.open(run.path).title == shown


# ---------------------------------------------------------------------- going on


def test_nothing_is_chosen_so_the_run_goes_on_for_what_is_left(project):
    run = trained_run(project)
    going_on = continue_run(project, run, {})
    assert (going_on.run, going_on.length) == (run, None)
    assert "goes on where it was" in going_on.words


@pytest.mark.parametrize(
    ("chosen", "length"),
    [
        ({"minutes": 5.0}, TrainConfig(minutes=5.0)),
        ({"epochs": 3}, TrainConfig(epochs=3)),
        ({"stop_when_good": True}, TrainConfig(stop_when_good=True)),
        ({"epochs": None}, TrainConfig()),
    ],
)
def test_a_new_length_is_counted_from_now_on_and_not_written_yet(project, chosen, length):
    run = trained_run(project, training=TrainConfig(epochs=2, stop_when_good=True))
    going_on = continue_run(project, run, chosen)
    assert going_on.length == length
    assert going_on.run == Run.open(run.path) == run


def test_other_batches_are_the_same_run_s_from_now_on(project):
    run = trained_run(project)
    going_on = continue_run(project, run, {"batch_size": 4, "precision": "float32"})
    assert going_on.run.path == run.path
    assert going_on.length is None
    assert Run.open(run.path).training == replace(run.training, batch_size=4, precision="float32")


def test_a_setting_for_life_begins_a_new_run_with_the_best_weights(project):
    run = trained_run(project, "Cats")
    going_on = continue_run(project, run, {"learning_rate": 1e-4, "mirror": False, "minutes": 2.0})
    new = going_on.run
    assert (new.path.name, going_on.length) == ("run-002", None)
    assert new.training == TrainConfig(minutes=2.0, learning_rate=1e-4)
    assert new.begins_from_weights()
    begun, _ = load_tensors(new.path / INITIAL_FILE)
    for name, weights in WEIGHTS.items():
        np.testing.assert_array_equal(begun[name], weights)
    assert "begins with what Cats has learnt" in going_on.words
    assert "learning rate" in going_on.words
    assert "mirroring" not in going_on.words  # it is as it was
    assert Run.open(run.path) == run
    assert latest_run(project.runs_folder) == run  # the new one has not been trained yet


def test_other_weights_of_the_kl_begin_a_new_run_with_what_was_learnt(project):
    run = trained_run(project, "Cats")
    going_on = continue_run(project, run, {"beta_mean": 4.0, "beta_variance": 1.0})
    assert going_on.run.model == replace(run.model, beta_mean=4.0)
    assert going_on.run.begins_from_weights()
    assert "weight of the KL mean term" in going_on.words
    assert "variance" not in going_on.words
    with pytest.raises(VaeError, match="objective of a trained network cannot be changed"):
        continue_run(project, run, {"objective": "noise"})


def test_a_run_is_called_by_its_objective_unless_it_is_a_vae(project):
    titles = [start_run(project, TrainConfig(), objective=name).title for name in ("vae", "autoencoder")]
    assert titles == ["Training 1", "Training 2: autoencoder"]
    assert start_run(project, TrainConfig(), objective="noise", name="Mine").title == "Mine"


def test_what_fixes_the_network_cannot_be_changed(project):
    run = trained_run(project)
    assert continue_run(project, run, {"latent_dim": 2}).run == run
    with pytest.raises(VaeError, match="latent dimension of a trained network cannot be changed from 2 to 8"):
        continue_run(project, run, {"latent_dim": 8})
    with pytest.raises(VaeError, match="batch size must be"):
        continue_run(project, run, {"batch_size": 0})
    assert len(list_runs(project)) == 1


def test_any_run_is_resumed_and_the_newest_by_default(project):
    first, second = trained_run(project), trained_run(project)
    assert resume_run(project) == second
    assert resume_run(project, first) == first


def test_what_cannot_be_resumed_is_told(project):
    with pytest.raises(VaeError, match="no training to resume"):
        resume_run(project)
    untrained = start_run(project, TrainConfig(epochs=1))
    with pytest.raises(VaeError, match="before anything was kept"):
        resume_run(project, untrained)
    other = Run.create(project.runs_folder, ModelConfig(64, 1), TrainConfig(epochs=1))
    save_tensors(other.path / LATEST_FILE, WEIGHTS, {})
    with pytest.raises(VaeError, match="another size"):
        continue_run(project, other, {"learning_rate": 1e-4})


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="becomes another user, as root may")
def test_a_project_that_may_only_be_read_can_be_listed_but_not_changed(project, tmp_path):
    trained_run(project, "Cats")
    project.close()
    subprocess.run(["chmod", "-R", "a+rX,go-w", tmp_path], check=True)
    for folder in tmp_path.parents[:3]:  # up to pytest's own, wherever it runs in several processes
        folder.chmod(0o755)
    os.seteuid(65534)
    try:
        with Project.open(project.path, write=False) as readable:
            listed = list_runs(readable)
            with pytest.raises(VaeError, match="could not be written"):
                rename_run(listed[0].run, "Dogs")
        with pytest.raises(VaeError, match="cannot be written to"):
            Project.open(project.path, write=True)
    finally:
        os.seteuid(0)
    assert [each.title for each in listed] == ["Cats"]
