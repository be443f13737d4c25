"""The benchmarks of speed: what they count, and that they run."""

import pytest

from benchmarks.import_speed import measure_folder, write_small
from benchmarks.nearest import measure_latent, measure_pixels
from benchmarks.pipeline import measure_case
from benchmarks.plan import parts_of, training_flops
from benchmarks.step_rate import measure_size as step_rate
from benchmarks.training_speed import measure_size as training_speed
from training.backend import keras, tf
from training.config import ModelConfig
from training.networks import build_decoder, build_encoder

layers = keras.layers


def parts(*chain, shape):
    return parts_of(keras.Sequential([layers.Input(shape), *chain]).layers)


@pytest.mark.parametrize(
    ("layer", "shape", "flops"),
    [
        # Each of 4 × 4 × 5 outputs is a sum of 3 × 3 × 2 products.
        (layers.Conv2D(5, 3, padding="same"), (4, 4, 2), 2 * 80 * 18),
        # A quarter of the outputs, each a sum of 4 × 4 × 2 products.
        (layers.Conv2D(5, 4, 2, padding="same"), (4, 4, 2), 2 * 20 * 32),
        # Each of 4 × 4 × 2 inputs goes into 4 × 4 × 5 sums.
        (layers.Conv2DTranspose(5, 4, 2, padding="same"), (4, 4, 2), 2 * 32 * 80),
        (layers.Dense(5), (7,), 2 * 35),
        (layers.ReLU(), (4, 4, 2), 0),
    ],
)
def test_operations_of_a_layer_by_hand(layer, shape, flops):
    assert [part.flops for part in parts(layer, shape=shape)] == [flops]


def test_a_step_computes_all_thrice_but_the_gradient_of_the_pictures():
    encoder = parts(layers.Flatten(), layers.Dense(4), shape=(2, 2, 1))
    decoder = parts(layers.Dense(4), shape=(2,))
    assert training_flops(encoder, decoder) == 3 * (2 * 16) + 3 * (2 * 8) - 2 * 16


@pytest.mark.parametrize(("size", "channels"), [(32, 1), (48, 3)])
def test_operations_of_the_networks_are_those_that_tensorflow_counts(size, channels):
    config = ModelConfig(size, channels)
    networks = build_encoder(config, 0), build_decoder(config, 0)

    @tf.function(autograph=False)
    def gradients(pixels, points):
        with tf.GradientTape() as tape:
            tape.watch((pixels, points))
            outputs = networks[0](pixels), networks[1](points)
        return tape.gradient(
            outputs, [pixels, points, *(w for net in networks for w in net.trainable_variables)]
        )

    graph = gradients.get_concrete_function(
        tf.zeros((1, *config.shape)), tf.zeros((1, config.latent_dim))
    ).graph
    profiler = tf.compat.v1.profiler
    options = profiler.ProfileOptionBuilder(profiler.ProfileOptionBuilder.float_operation())
    options = options.with_accounted_types([".*Conv2D.*", "MatMul"]).with_empty_output().build()
    counted = profiler.profile(graph, options=options).total_float_ops
    assert counted == 3 * sum(part.flops for net in networks for part in parts_of(net.layers))


def test_a_layer_that_the_plan_does_not_know_is_named():
    with pytest.raises(ValueError, match="GroupNormalization"):
        parts(layers.GroupNormalization(1), shape=(4, 4, 2))


def test_the_rate_of_a_step_and_of_its_layers():
    found = step_rate(32, 2, 0.01, layers=True)
    names = [result.name.removeprefix("step rate, 32 px") for result in found]
    assert names[0] == ""
    assert {name.partition(" ")[0] for name in names[1:]} == {":"}
    assert {name.split()[1] for name in names[1:]} == {"encoder", "decoder"}
    whole, *each = (result.details["GFLOP"] for result in found)
    assert sum(each) == pytest.approx(whole, rel=0.05)  # but for the layers that are too small for a line
    assert all(result.low > 0.0 for result in found)


def test_a_fed_step_against_a_constant_batch():
    found = measure_case(32, 64, 0.01, cold=False)
    assert found.low > 0.0
    assert found.details["batch"] == 16
    assert found.details["first batch ms"] > 0.0


def test_an_import_against_the_others(tmp_path):
    write_small(tmp_path / "pictures", 64)
    found = measure_folder("few", tmp_path / "pictures", ("pillow", "keras", "limit"), 1)
    assert [result.against.split()[-1] for result in found] == [
        "Pillow",
        "image_dataset_from_directory",
        "resizing",
    ]
    assert all(result.details["our ms"] > 0.0 and result.details["their ms"] > 0.0 for result in found)


def test_the_twin_in_pytorch_is_the_same_network_and_both_take_turns():
    pytest.importorskip("torch")
    (found,) = training_speed(32, 0.01, modes=("eager",))
    assert found.against == "PyTorch eager"
    assert found.low > 0.0


def test_the_nearest_of_few_pictures_and_places():
    found = measure_pixels("fashion", 32, 300)
    assert 0.0 < found.details["p50 ms"] <= found.details["p99 ms"]  # of all turns; the ratio is of a turn
    assert found.details["prepared s"] > 0.0
    assert measure_latent(300, 2).high > 0.0
