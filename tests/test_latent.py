import numpy as np
import pytest

from training.config import ModelConfig, TrainConfig
from training.errors import VaeError
from training.events import Control
from training.latent import LatentModel, all_posteriors, load_model
from training.model import VAE
from training.run import BEST_FILE, LATEST_FILE, POSTERIORS_FILE, load_weights
from training.runs import start_run
from training.tensors import save_tensors


def weights_of(config, seed):
    return {name: variable.numpy() for name, variable in VAE(config, seed).named_weights().items()}


@pytest.fixture(scope="module")
def config():
    return ModelConfig(32, 3, latent_dim=3)


@pytest.fixture(scope="module")
def model(config):
    return LatentModel(config, weights_of(config, 1))


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (70, 32, 32, 3), np.uint8)


def test_pictures_are_encoded_alike_alone_and_among_others(model, pixels):
    together = model.encode(pixels)
    assert together.means.shape == together.sigmas.shape == (70, 3)
    assert (together.sigmas > 0).all()
    alone = model.encode(pixels[66:67])
    np.testing.assert_allclose(alone.means[0], together.means[66], atol=1e-5)
    np.testing.assert_allclose(alone.sigmas[0], together.sigmas[66], atol=1e-5)


def test_points_are_decoded_alike_alone_and_among_others(model):
    points = np.random.default_rng(1).normal(size=(40, 3))
    together = model.decode(points)
    assert together.shape == (40, 32, 32, 3)
    assert together.dtype == np.uint8
    assert np.abs(model.decode(points[35])[0].astype(int) - together[35]).max() <= 1
    assert len({picture.tobytes() for picture in together}) > 30


def test_nothing_is_encoded_and_decoded_to_nothing(model):
    assert model.encode(np.zeros((0, 32, 32, 3), np.uint8)).means.shape == (0, 3)
    assert model.decode(np.zeros((0, 3))).shape == (0, 32, 32, 3)


def test_other_weights_decode_otherwise_and_the_first_ones_again_as_before(config, model):
    point = np.ones((1, 3))
    before = model.decode(point)
    model.set_weights(weights_of(config, 2))
    assert not np.array_equal(model.decode(point), before)
    model.set_weights(weights_of(config, 1))
    np.testing.assert_array_equal(model.decode(point), before)


def test_weights_of_another_network_are_refused_and_change_nothing(config, model):
    before = model.decode(np.ones((1, 3)))
    for wrong in (weights_of(ModelConfig(32, 3, 2), 0), weights_of(ModelConfig(48, 3, 3), 0), {}):
        with pytest.raises(VaeError, match="do not fit"):
            model.set_weights(wrong)
    broken = weights_of(config, 2)
    broken["pixel_variance"] = np.array(np.nan, np.float32)
    with pytest.raises(VaeError, match="not numbers"):
        model.set_weights(broken)
    np.testing.assert_array_equal(model.decode(np.ones((1, 3))), before)


def test_encoding_stops_when_told(model, pixels):
    control = Control()
    control.stop()
    assert len(model.encode(pixels, control).means) == 0


@pytest.fixture
def run(make_project):
    project = make_project(24)
    return start_run(project, TrainConfig()), project.pictures()


def test_the_best_weights_come_before_the_latest(run):
    run, _ = run
    with pytest.raises(VaeError, match="no weights yet"):
        load_weights(run)
    latest = {f"average/{name}": value for name, value in weights_of(run.model, 1).items()}
    save_tensors(run.path / LATEST_FILE, {**latest, "model/pixel_variance": np.zeros(())}, {})
    assert set(load_weights(run)) == set(weights_of(run.model, 1))
    at_latest = load_model(run).decode(np.ones((1, 2)))
    save_tensors(run.path / BEST_FILE, weights_of(run.model, 2), {})
    assert not np.array_equal(load_model(run).decode(np.ones((1, 2))), at_latest)


def test_all_posteriors_are_kept_until_the_pictures_or_the_weights_change(run):
    run, pictures = run
    model = LatentModel(run.model, weights_of(run.model, 3))
    told = []
    found = all_posteriors(run, model, pictures, on_progress=lambda done, count: told.append((done, count)))
    assert told[-1] == (24, 24)
    np.testing.assert_allclose(found.means, model.encode(pictures.read(range(24))).means)
    other = LatentModel(run.model, weights_of(run.model, 4))
    others = all_posteriors(run, other, pictures).means
    np.testing.assert_allclose(others, other.encode(pictures.read(range(24))).means)
    assert not np.allclose(others, found.means)
    told.clear()
    again = LatentModel(run.model, weights_of(run.model, 4))
    kept = all_posteriors(run, again, pictures, on_progress=lambda *_: told.append(_))
    np.testing.assert_array_equal(kept.means, others)
    assert told == []  # not done again
    pictures.ids = pictures.ids + 1
    all_posteriors(run, again, pictures, on_progress=lambda *_: told.append(_))
    assert told == [(24, 24)]


def test_posteriors_that_cannot_be_kept_are_told_all_the_same(run, caplog):
    run, pictures = run
    model = LatentModel(run.model, weights_of(run.model, 3))
    (run.path / POSTERIORS_FILE).mkdir()  # nothing can be renamed to it
    (run.path / POSTERIORS_FILE / "taken").touch()
    assert all_posteriors(run, model, pictures).means.shape == (24, 2)
    assert "not kept" in caplog.text
    assert [path.name for path in run.path.glob("*.part")] == []


@pytest.mark.parametrize("content", [b"", b"PK\3\4 not a zip", b"\x93NUMPY"])
def test_damaged_posteriors_are_worked_out_again(run, content):
    run, pictures = run
    (run.path / POSTERIORS_FILE).write_bytes(content)
    model = LatentModel(run.model, weights_of(run.model, 3))
    assert all_posteriors(run, model, pictures).means.shape == (24, 2)


def test_stopped_amid_the_posteriors_nothing_is_kept(run):
    run, pictures = run
    control = Control()
    control.stop()
    assert all_posteriors(run, LatentModel(run.model), pictures, control) is None
    assert not (run.path / POSTERIORS_FILE).exists()
