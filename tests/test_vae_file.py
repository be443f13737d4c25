"""Models to share: what is written is read again, by us and by any ZIP program, and can be gone on with."""

import contextlib
import datetime
import json
import os
import shutil
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from shared_models import MODEL_FILE, PREVIEW_FILE, WEIGHTS_FILE, members_of, small_model

from training.config import ModelConfig, TrainConfig
from training.errors import VaeError
from training.files import is_shared_model
from training.fit import TrainingDivergedError, train
from training.latent import LatentModel, all_posteriors, load_model
from training.project import Project
from training.run import BEST_FILE, Run, latest_run, load_weights
from training.runs import start_run
from training.sharing import open_shared, share, start_from
from training.tensors import load_tensors
from training.vae_file import MOST_POSTERIORS, PREVIEW_SIDE, read_vae, title_from, write_vae


def alike(first, second):
    return (
        first.about == second.about
        and first.weights.keys() == second.weights.keys()
        and all(np.array_equal(first.weights[name], second.weights[name]) for name in first.weights)
        and first.posteriors.arrays.keys() == second.posteriors.arrays.keys()
        and all(
            np.array_equal(array, second.posteriors.arrays[name])
            for name, array in first.posteriors.arrays.items()
        )
        and np.array_equal(first.held_out, second.held_out)
        and np.array_equal(first.preview, second.preview)
    )


@pytest.mark.parametrize(
    ("latent_dim", "objective"), [(1, "vae"), (2, "autoencoder"), (3, "full-covariance"), (128, "vae")]
)
def test_what_is_written_is_read_again(tmp_path, latent_dim, objective):
    shared = small_model(latent_dim=latent_dim, objective=objective)
    write_vae(tmp_path / "cats.vae", shared)
    assert alike(read_vae(tmp_path / "cats.vae"), shared)
    without_figures = replace(shared, about=replace(shared.about, figures=None, epochs=0))
    write_vae(tmp_path / "cats.vae", without_figures)
    assert alike(read_vae(tmp_path / "cats.vae"), without_figures)


def test_the_same_model_gives_the_same_bytes_and_any_program_can_read_them(tmp_path):
    for name in ("first.vae", "second.vae"):
        write_vae(tmp_path / name, small_model())
    assert (tmp_path / "first.vae").read_bytes() == (tmp_path / "second.vae").read_bytes()
    members = members_of(tmp_path / "first.vae")
    assert list(members) == [MODEL_FILE, WEIGHTS_FILE, PREVIEW_FILE]
    assert json.loads(members[MODEL_FILE])["title"] == "Cats"
    if shutil.which("unzip"):
        command = ["unzip", "-t", tmp_path / "first.vae"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert "No errors detected" in done.stdout


def test_the_time_of_saving_is_the_same_moment_in_every_time_zone(tmp_path):
    zone = datetime.timezone(datetime.timedelta(hours=5))
    moment = datetime.datetime(2026, 11, 23, 1, 30, tzinfo=zone)
    shared = small_model()
    write_vae(tmp_path / "cats.vae", replace(shared, about=replace(shared.about, created=moment)))
    assert read_vae(tmp_path / "cats.vae").about.created == moment
    assert json.loads(members_of(tmp_path / "cats.vae")[MODEL_FILE])["created"] == "2026-11-22T20:30:00+00:00"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("my cats", "my cats"),
        ("a\nb\tc", "a b c"),
        ("  \n", "Untitled"),
        ("", "Untitled"),
        ("猫 & co", "猫 & co"),
        ("cats\u202egpj", "cats gpj"),
        (os.fsdecode(b"latin-\xe9"), "latin-"),
        ("x" * 999, "x" * 200),
    ],
)
def test_any_folder_name_makes_a_title_that_can_be_read_again(tmp_path, text, title):
    assert title_from(text) == title
    write_vae(tmp_path / "cats.vae", small_model(title=title_from(text)))
    assert read_vae(tmp_path / "cats.vae").about.title == title


@pytest.mark.parametrize("name", ["cats.zip", "cats", ".vae"])
def test_only_vae_files_are_written(tmp_path, name):
    with pytest.raises(VaeError, match="cannot be saved as"):
        write_vae(tmp_path / name, small_model())
    assert list(tmp_path.iterdir()) == []


def test_a_folder_called_like_a_model_is_none(tmp_path):
    (tmp_path / "cats.vae").mkdir()
    assert not is_shared_model(tmp_path / "cats.vae")
    assert is_shared_model(tmp_path / "CATS.VAE")


# ---------------------------------------------------------------------- from a training to a file


@pytest.fixture(scope="module")
def trained(imported, tmp_path_factory):
    """A project with 40 pictures and a training of 12 epochs; do not change it."""
    path = tmp_path_factory.mktemp("trained") / "project"
    shutil.copytree(imported(40, 32, True), path)
    with Project.open(path, write=True) as project:
        train(project, start_run(project, TrainConfig(epochs=12, batch_size=8)))
    return path


@pytest.fixture(scope="module")
def shared_file(trained, tmp_path_factory):
    path = tmp_path_factory.mktemp("shared") / "discs.vae"
    with Project.open(trained, write=False) as project:
        share(project, path)
    return path


def test_the_receiver_has_the_best_weights_the_figures_and_the_places(trained, shared_file):
    shared = read_vae(shared_file)
    with Project.open(trained, write=False) as project:
        run, pictures = latest_run(project.runs_folder), project.pictures()
        ours, theirs = load_model(run), open_shared(shared)
        posteriors = all_posteriors(run, ours, pictures)
    assert theirs.weights_digest() == ours.weights_digest()
    points = np.array([[0.0, 0.0], [1.5, -0.5]], np.float32)
    np.testing.assert_array_equal(theirs.decode(points), ours.decode(points))
    np.testing.assert_array_equal(shared.posteriors.means, posteriors.means)
    np.testing.assert_array_equal(shared.posteriors.sigmas, posteriors.sigmas)
    np.testing.assert_array_equal(shared.held_out, pictures.held_out)
    best = min(run.history(), key=lambda record: record.held_out.elbo)
    assert shared.about.figures.elbo == pytest.approx(best.held_out.elbo)
    assert (shared.about.pictures, shared.about.epochs) == (40, 12)
    assert shared.about.title == "source"
    assert shared.preview.shape[2] == 3
    assert max(shared.preview.shape) <= PREVIEW_SIDE
    assert shared.preview.std() > 5  # discs, not one colour


def test_nothing_in_the_file_tells_where_the_pictures_are(trained, shared_file):
    with Project.open(trained, write=False) as project:
        names = [os.fsencode(path.name) for path in project.source.iterdir()]
        places = [os.fsencode(project.source), os.fsencode(trained), os.fsencode(trained.parent.name)]
    content = shared_file.read_bytes()
    assert not [told for told in (*names, *places) if told in content]


def test_of_very_many_pictures_some_spread_over_all_are_shared(trained, tmp_path, monkeypatch):
    monkeypatch.setattr("training.sharing.MOST_POSTERIORS", 9)
    with Project.open(trained, write=False) as project:
        shared = share(project, tmp_path / "some.vae")
        run = latest_run(project.runs_folder)
        every = all_posteriors(run, load_model(run), project.pictures()).means
    numbers = [int(np.flatnonzero((every == mean).all(axis=1))[0]) for mean in shared.posteriors.means]
    assert len(numbers) == 9
    assert (numbers[0], numbers[-1]) == (0, 39)
    assert set(np.diff(numbers)) <= {4, 5}
    assert shared.about.pictures == 40
    assert MOST_POSTERIORS == 10_000


def test_what_was_not_trained_or_imported_anew_is_not_shared(make_project, imported, trained, tmp_path):
    with pytest.raises(VaeError, match="not been trained"):
        share(make_project(12), tmp_path / "none.vae")
    shutil.copytree(imported(24, 48, True), tmp_path / "project")
    shutil.rmtree(tmp_path / "project" / "runs")
    shutil.copytree(trained / "runs", tmp_path / "project" / "runs")
    with (
        Project.open(tmp_path / "project", write=False) as project,
        pytest.raises(VaeError, match="at another size"),
    ):
        share(project, tmp_path / "none.vae")
    assert not (tmp_path / "none.vae").exists()


# ---------------------------------------------------------------------- from a file to a new training


def first_figures(project, run, **options):
    """The held-out figures of the first epoch, and of the weights that were best at its end."""
    result = train(project, run, **options)
    notes = load_tensors(run.path / BEST_FILE)[1]
    return result.history[0].held_out.elbo, notes["figures"]["elbo"]


def test_a_training_from_a_file_begins_as_well_as_the_model_is(shared_file, make_project):
    shared = read_vae(shared_file)
    settings = TrainConfig(epochs=1, batch_size=8)
    project = make_project(40, colour=True)
    fresh, _ = first_figures(project, start_run(project, settings))
    first, best = first_figures(project, start_from(project, shared, settings))
    known = shared.about.figures.elbo
    assert best <= known + 0.02 * abs(fresh - known)  # the weights it began with count, too
    assert abs(first - known) < 0.2 * abs(fresh - known)


def test_a_training_from_a_file_keeps_the_weights_where_learning_made_them_worse(shared_file, make_project):
    shared, project = read_vae(shared_file), make_project(40, colour=True)
    run = start_from(project, shared, TrainConfig(epochs=1, batch_size=8, learning_rate=100.0))
    with contextlib.suppress(TrainingDivergedError):
        train(project, run)
    kept = load_weights(Run.open(run.path))
    assert all(np.array_equal(kept[name], shared.weights[name]) for name in kept)


def test_a_training_from_a_file_is_the_same_each_time_and_does_not_change_the_file(shared_file, make_project):
    before, shared = shared_file.read_bytes(), read_vae(shared_file)
    histories = []
    for _ in range(2):
        project = make_project(40, colour=True)
        run = start_from(project, shared, TrainConfig(epochs=2, batch_size=8))
        histories.append([record.held_out.elbo for record in train(project, run).history])
    assert histories[0] == pytest.approx(histories[1], rel=1e-4)
    assert shared_file.read_bytes() == before


def test_a_training_from_a_file_is_gone_on_with_and_not_begun_anew(shared_file, make_project):
    shared, project = read_vae(shared_file), make_project(40, colour=True)
    run = start_from(project, shared, TrainConfig(epochs=1, batch_size=8))
    train(project, run)
    learnt = load_tensors(run.path / "latest.safetensors")[0]
    result = train(project, Run.open(run.path), length=TrainConfig(epochs=1))
    assert result.epochs == 2
    assert not np.array_equal(learnt["model/decoder/head_0/kernel"], shared.weights["decoder/head_0/kernel"])


@pytest.mark.parametrize(("size", "colour"), [(32, False), (48, True)])
def test_pictures_that_the_model_does_not_draw_are_refused_in_plain_words(
    shared_file, make_project, size, colour
):
    project = make_project(24, size, colour)
    with pytest.raises(VaeError, match="draws pictures of 32×32 pixels in colour") as told:
        start_from(project, read_vae(shared_file), TrainConfig(epochs=1))
    assert f"{size}×{size} pixels" in str(told.value)
    assert list(project.runs_folder.iterdir()) == []


def test_weights_of_another_network_are_refused_and_begin_no_run(shared_file, make_project):
    shared, project = read_vae(shared_file), make_project(40, colour=True)
    missing = {name: value for name, value in shared.weights.items() if "summary" not in name}
    more = {**shared.weights, "encoder/of_no_use/bias": np.zeros(9, np.float32)}
    for wrong in (replace(shared, weights=missing), replace(shared, weights=more), small_model()):
        with pytest.raises(VaeError, match="do not fit"):
            start_from(project, wrong, TrainConfig(epochs=1))
    other = replace(shared, about=replace(shared.about, model=ModelConfig(32, 3, 5, "gaussian")))
    with pytest.raises(VaeError, match="do not fit"):
        open_shared(other)
    assert list(project.runs_folder.iterdir()) == []
    assert isinstance(open_shared(shared), LatentModel)
