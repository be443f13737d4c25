import json

import pytest

from training.config import ModelConfig, TrainConfig, automatic_likelihood
from training.errors import VaeError


def test_settings_survive_json():
    model = ModelConfig(48, 3, latent_dim=5, likelihood="gaussian")
    training = TrainConfig(minutes=2.5, seed=7, batch_size=9, learning_rate=0.01, mirror=True)
    assert ModelConfig.from_json(json.loads(json.dumps(model.to_json()))) == model
    assert TrainConfig.from_json(json.loads(json.dumps(training.to_json()))) == training
    assert model.shape == (48, 48, 3)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"size": 33}, "multiple of 16"),
        ({"size": 16}, "multiple of 16"),
        ({"size": 144}, "multiple of 16"),
        ({"size": 64.0}, "multiple of 16"),
        ({"channels": 2}, "channels"),
        ({"latent_dim": 0}, "latent"),
        ({"latent_dim": True}, "latent"),
        ({"likelihood": "laplace"}, "likelihood"),
    ],
)
def test_model_settings_outside_their_range_are_refused(settings, word):
    with pytest.raises(VaeError, match=word):
        ModelConfig(**{"size": 64, "channels": 1, **settings})


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"epochs": 0}, "epochs"),
        ({"epochs": 1.5}, "epochs"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": float("nan")}, "minutes"),
        ({"epochs": 1, "minutes": 1}, "not both"),
        ({"seed": -1}, "seed"),
        ({"batch_size": 0}, "batch size"),
        ({"learning_rate": 0.0}, "learning rate"),
        ({"learning_rate": float("nan")}, "learning rate"),
        ({"mirror": "yes"}, "[Mm]irror"),
    ],
)
def test_training_settings_outside_their_range_are_refused(settings, word):
    with pytest.raises(VaeError, match=word):
        TrainConfig(**settings)


@pytest.mark.parametrize("data", [None, [], {}, {"size": 64}, {**ModelConfig(64, 1).to_json(), "more": 1}])
def test_json_that_is_no_settings_is_refused(data):
    with pytest.raises(VaeError, match="not the settings"):
        ModelConfig.from_json(data)


@pytest.mark.parametrize("pictures", [1, 7, 8, 16, 100, 1000, 5000, 60_000])
def test_the_automatic_batch_fits_the_pictures(pictures):
    size = TrainConfig().batch_size_for(pictures)
    assert 1 <= size <= min(pictures, 128)
    assert pictures < 128 or pictures // size >= 8  # enough steps an epoch to learn something


def test_a_wished_batch_is_never_larger_than_the_pictures():
    assert TrainConfig(batch_size=500).batch_size_for(40) == 40
    assert TrainConfig(batch_size=5).batch_size_for(40) == 5


def test_grey_pictures_are_scored_as_bernoulli_and_coloured_ones_as_gaussian():
    assert automatic_likelihood(1) == "bernoulli"
    assert automatic_likelihood(3) == "gaussian"
