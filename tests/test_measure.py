"""Measuring a small trained project, from the command line and back from its folder."""

import json
import math
import shutil

import numpy as np
import pytest
from command_line import problem, result

from training.config import ModelConfig, TrainConfig
from training.events import Control
from training.fit import train
from training.latent import LatentModel, load_model
from training.measure import measure
from training.measure_command import print_measures
from training.measure_words import IDEAS, WORDS
from training.measures import MAPS_FILE, MEASURES_FILE, Measures, read_measures
from training.plane_map import packed
from training.project import Project
from training.run import Run, latest_run
from training.runs import start_run

COUNT = 140  # of which more than ten are held out


@pytest.fixture(scope="module", autouse=True)
def _fewer_samples():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("training.subject.DRAWN", 100)
        patch.setattr("training.measure.SAMPLES", 500)
        for name, number in (("SIDE", 8), ("SAMPLES", 128), ("PATHS", 64), ("PAIRS", 5)):
            patch.setattr(f"training.continuity.{name}", number)
        yield


@pytest.fixture(scope="module")
def measured_once(_fewer_samples, imported, tmp_path_factory):
    """A project with a short training that is measured; do not change it."""
    path = tmp_path_factory.mktemp("measured") / "project"
    shutil.copytree(imported(COUNT, 32, False), path)
    with Project.open(path, write=True) as project:
        train(project, start_run(project, TrainConfig(epochs=3, batch_size=16)))
    run, pictures = run_of(path)
    shares = []
    found = measure(run, load_model(run), pictures, on_progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return path, found


@pytest.fixture
def trained(measured_once, tmp_path):
    return shutil.copytree(measured_once[0], tmp_path / "project")


def run_of(path):
    with Project.open(path, write=False) as project:
        return latest_run(project.runs_folder), project.pictures()


def test_the_command_finds_the_same_again_in_all_ideas(trained, measured_once, vae_here):
    run, _ = run_of(trained)
    for file in (MEASURES_FILE, MAPS_FILE):
        (run.path / file).unlink()
    found = result(vae_here("measure", trained, "--json"))
    assert found.pop("run") == str(run.path)
    first = measured_once[1]
    assert found | {"seconds": 0} == first.to_json() | {"seconds": 0}
    kept = read_measures(run, first.weights)
    assert kept.to_json() == found
    for ours, theirs in zip(kept.maps, first.maps, strict=True):
        np.testing.assert_array_equal(ours.values, theirs.values)


def test_every_figure_has_words_an_interval_and_a_number_it_is_of(measured_once):
    found = measured_once[1]
    figures = {figure.name: figure for figure in found.measures}
    assert set(figures) == set(WORDS)
    for figure in figures.values():
        assert figure.estimate.is_known, figure
        assert figure.estimate.low <= figure.estimate.value <= figure.estimate.high
        assert figure.count > 0
    bits = figures["bits"].estimate.value
    assert bits <= math.log2(COUNT)
    assert figures["pictures_apart"].estimate.value == pytest.approx(2**bits)
    kl = figures["kl_mean"].estimate.value
    assert sum(axis.kl_mean.value for axis in found.axes) == pytest.approx(kl)
    assert {each.name for each in found.maps} == {"log_ratio", "nearness", "magnification", "steepness"}


def test_the_nearest_pictures_are_those_by_comparison_with_all(measured_once):
    path, found = measured_once
    run, pictures = run_of(path)
    learnt = np.flatnonzero(~pictures.held_out)
    pixels = pictures.read(learnt).astype(np.float64) / 255
    for neighbour in found.neighbours:
        drawn = load_model(run).decode(np.array([neighbour.point]))[0] / 255
        distances = np.sqrt(np.square(pixels - drawn).mean(axis=(1, 2, 3)))
        assert neighbour.distance == pytest.approx(distances.min(), abs=0.003)  # batches round otherwise
        assert distances[learnt.tolist().index(neighbour.picture)] == pytest.approx(
            distances.min(), abs=0.003
        )


def test_the_table_is_for_people(measured_once, capsys):
    print_measures(measured_once[1])
    told = capsys.readouterr().out
    for word in (*IDEAS, "95 % interval", "told apart", f"{COUNT} pictures"):
        assert word in told


def test_what_belongs_to_other_weights_or_another_way_of_measuring_is_not_read(trained, monkeypatch):
    run, _ = run_of(trained)
    digest = load_model(run).weights_digest()
    assert read_measures(run, digest) is not None
    assert read_measures(run, "0" * 64) is None
    with monkeypatch.context() as patch:
        patch.setattr("training.measures.SETTINGS", {"format": 0})
        assert read_measures(run, digest) is None
    kept = json.loads((run.path / MEASURES_FILE).read_text())
    for damaged in ("", "[]", "{}", json.dumps(kept | {"measures": [1]}), json.dumps(kept | {"axes": 3})):
        (run.path / MEASURES_FILE).write_text(damaged)
        assert read_measures(run, digest) is None
    (run.path / MEASURES_FILE).write_text(json.dumps(kept))
    assert isinstance(read_measures(run, digest), Measures)
    (run.path / MAPS_FILE).write_bytes(packed([]))  # of another time
    assert read_measures(run, digest) is None


def test_stopped_it_keeps_nothing(trained):
    run, pictures = run_of(trained)
    model, control = load_model(run), Control()

    def stop(_share):
        control.stop()

    (run.path / MEASURES_FILE).unlink()
    assert measure(run, model, pictures, control, stop) is None
    assert not (run.path / MEASURES_FILE).exists()


def test_of_few_pictures_what_can_be_measured_is(make_project):
    project = make_project(24)
    pictures = project.pictures()
    model_config = ModelConfig(32, 1, latent_dim=3)
    run = Run.create(project.runs_folder, model_config, TrainConfig())
    found = measure(run, LatentModel(model_config), pictures)
    held_out = np.count_nonzero(pictures.held_out)
    assert held_out < 10
    assert f"there are {held_out}" in found["features_coverage"].note
    assert not found["gap_elbo"].estimate.is_known
    for name in ("kl_mean", "bits", "sigma_law_ratio", "kl_to_prior", "holes", "cycle"):
        assert found[name].estimate.is_known


@pytest.mark.parametrize("objective", ["autoencoder", "constant-variance", "full-covariance"])
def test_all_objectives_are_measured(make_project, objective):
    project = make_project(24)
    config = ModelConfig(32, 1, objective=objective)
    run = Run.create(project.runs_folder, config, TrainConfig())
    found = measure(run, LatentModel(config), project.pictures())
    is_point = objective == "autoencoder"
    for name in ("bits", "sigma_law_ratio", "cycle_sigmas", "prior_steepness_by_sigma"):
        assert found[name].estimate.is_known is not is_point
    for name in ("kl_mean", "mmd", "holes", "cycle", "prior_steepness", "kl_to_prior"):
        assert found[name].estimate.is_known
    assert (found["kl_variance"].estimate.value == 0) is is_point
    constant = 0.5 * (0.05**2 - math.log(0.05**2) - 1)
    if objective == "constant-variance":
        assert found["kl_variance"].estimate.value == pytest.approx(2 * constant, rel=1e-5)
        assert not found["sigma_law"].estimate.is_known  # no correlation with what does not vary


def test_of_one_latent_number_there_are_figures_but_no_maps(make_project):
    project = make_project(24)
    config = ModelConfig(32, 1, latent_dim=1)
    found = measure(
        Run.create(project.runs_folder, config, TrainConfig()), LatentModel(config), project.pictures()
    )
    assert found.maps == ()
    assert "two latent numbers" in found["detour"].note
    assert found["holes"].estimate.is_known
    assert len(found.axes) == 1


def test_a_shared_model_is_refused_as_it_has_no_pictures(tmp_path, vae_here):
    told = problem(vae_here("measure", tmp_path / "discs.vae"))
    assert "needs the pictures" in told


def test_a_project_without_a_training_is_refused(make_project, vae_here):
    project = make_project(24)
    project.close()
    assert "not been trained" in problem(vae_here("measure", project.path))
