import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from training.automatic import Circumstances, automatic_words
from training.config import ModelConfig, TrainConfig, automatic_likelihood
from training.errors import VaeError
from training.setting_help import MODEL_SETTINGS, TRAIN_SETTINGS


def test_settings_survive_json():
    model = ModelConfig(48, 3, latent_dim=5, likelihood="gaussian")
    training = TrainConfig(
        minutes=2.5, seed=7, batch_size=9, learning_rate=0.01, mirror=True, precision="bfloat16", xla=False
    )
    assert ModelConfig.from_json(json.loads(json.dumps(model.to_json()))) == model
    assert TrainConfig.from_json(json.loads(json.dumps(training.to_json()))) == training
    assert model.shape == (48, 48, 3)


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"size": 33}, "multiple of 16"),
        ({"size": 16}, "multiple of 16"),
        ({"size": 272}, "multiple of 16"),
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
        ({"learning_rate": float("inf")}, "learning rate"),
        ({"mirror": "yes"}, "mirroring must be on or off"),
        ({"mirror": None}, "mirroring"),
        ({"stop_when_good": 1}, "good enough"),
        ({"precision": "float16"}, "auto, float32 or bfloat16"),
        ({"precision": None}, "precision"),
        ({"xla": "yes"}, "XLA"),
        ({"tensorboard": 0}, "TensorBoard"),
    ],
)
def test_training_settings_outside_their_range_are_refused(settings, word):
    with pytest.raises(VaeError, match=word):
        TrainConfig(**settings)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"batch_size": 0},
            "The batch size must be a whole number from 1 to 1,000,000, not 0. The nearest is 1.",
        ),
        (
            {"seed": 2**31},
            "must be a whole number from 0 to 2,147,483,647, not 2147483648. The nearest is 2,1",
        ),
        ({"precision": "bfloat"}, "not 'bfloat'. The nearest is bfloat16."),
        (
            {"minutes": "ten"},
            "The training time in minutes must be a number from 0.0001 to 1,000,000, not 'ten'.",
        ),
    ],
)
def test_a_refusal_tells_the_range_and_the_nearest_good_value(settings, sentence):
    with pytest.raises(VaeError) as refusal:
        TrainConfig(**settings)
    assert sentence in str(refusal.value)


@example("1")  # a word, where a number of channels is meant
@given(st.integers() | st.floats() | st.booleans() | st.text(max_size=12) | st.none())
@pytest.mark.parametrize("name", [*MODEL_SETTINGS, *TRAIN_SETTINGS])
def test_the_nearest_good_value_is_good_and_no_value_gets_by(name, value):
    setting = {**MODEL_SETTINGS, **TRAIN_SETTINGS}[name]
    if not setting.allows(value):
        nearest = setting.nearest(value)
        assert nearest is None or setting.allows(nearest)
        with pytest.raises(VaeError, match=setting.label):
            setting.check(value)
    elif isinstance(value, float):
        assert math.isfinite(value)


@pytest.mark.parametrize("config", [ModelConfig(64, 1), TrainConfig()])
def test_every_setting_is_described(config):
    described = MODEL_SETTINGS if isinstance(config, ModelConfig) else TRAIN_SETTINGS
    assert set(described) == set(config.to_json())
    for setting in described.values():
        assert setting.help.endswith(".")
        assert setting.label != setting.help


@pytest.mark.parametrize("data", [None, [], {}, {"size": 64}, {**ModelConfig(64, 1).to_json(), "more": 1}])
def test_json_that_is_no_settings_is_refused(data):
    with pytest.raises(VaeError, match="not the settings"):
        ModelConfig.from_json(data)


def test_settings_of_an_older_version_take_the_usual_values():
    old = {"epochs": 3, "minutes": None, "seed": 1, "batch_size": 8, "learning_rate": 0.001, "mirror": True}
    assert TrainConfig.from_json(old) == TrainConfig(
        epochs=3, seed=1, batch_size=8, learning_rate=0.001, mirror=True
    )


def test_settings_of_a_newer_version_are_named():
    with pytest.raises(VaeError, match=r"dropout is not known.*newer version"):
        TrainConfig.from_json({**TrainConfig().to_json(), "dropout": 0.5})


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


def test_what_is_chosen_automatically_is_told_beforehand():
    here = Circumstances(pictures=5000, channels=3, on_gpu=False)
    assert automatic_words("batch_size", here).startswith(f"{TrainConfig().batch_size_for(5000)},")
    assert automatic_words("likelihood", here) == automatic_likelihood(3)
    assert automatic_words("precision", here) == "float32"
    assert automatic_words("xla", here) == "off"
    assert automatic_words("seed", here) == ""
    on_gpu = Circumstances(pictures=5000, channels=3, on_gpu=True)
    assert "bfloat16" in automatic_words("precision", on_gpu)
    assert automatic_words("precision", Circumstances(0, 3)) != automatic_words("precision", here)
    assert "pictures" in automatic_words("batch_size", Circumstances(0, 3))
