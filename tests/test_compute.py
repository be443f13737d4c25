import math
import subprocess
import sys

import numpy as np
import pytest
from pictures import multiply_pictures

from training import compute
from training.backend import tf
from training.checkpoint import computed_before
from training.compute import (
    Compute,
    choose_compute,
    is_worth_measuring,
    measured,
    told_to_people,
)
from training.config import ModelConfig, TrainConfig
from training.device import Device, device
from training.errors import DeviceLostError, OutOfMemoryError
from training.fit import train
from training.learner import Learner
from training.model import VAE
from training.run import LATEST_FILE
from training.runs import continue_run, latest_run, resume_run, start_run
from training.tensors import load_tensors

CPU = Device("CPU, 2 cores", "No NVIDIA GPU, or no driver for it, was found.")
OLD_GPU, NEW_GPU = Device("Turing", "", (7, 5)), Device("Ampere", "", (8, 0))
MANY = 60_000
AUTOMATIC = TrainConfig()


def steps_of(fixed, each):
    """Steps that take ``fixed`` seconds and ``each`` for a picture; never any faster with XLA."""
    return lambda batch_size, _xla: fixed + each * batch_size


def chosen(settings=AUTOMATIC, pictures=MANY, on=CPU, *, seconds_of):
    return measured(choose_compute(settings, pictures, on), settings, pictures, seconds_of)


# ---------------------------------------------------------------------- what is chosen


@pytest.mark.parametrize(
    ("on", "precision"),
    [(CPU, "float32"), (OLD_GPU, "float32"), (NEW_GPU, "bfloat16"), (Device("unknown GPU", ""), "float32")],
)
def test_bfloat16_is_for_gpus_that_are_made_for_it_or_for_who_asks(on, precision):
    found = choose_compute(AUTOMATIC, MANY, on)
    assert found.precision == precision
    assert found.why_precision.endswith(".")
    assert choose_compute(TrainConfig(precision="bfloat16"), MANY, on).precision == "bfloat16"
    assert choose_compute(TrainConfig(precision="float32"), MANY, on).precision == "float32"


def test_xla_is_taken_on_a_gpu_where_it_measures_faster_and_works():
    def with_xla(seconds):
        return lambda _batch_size, xla: seconds if xla else 1.0

    assert chosen(on=NEW_GPU, seconds_of=with_xla(0.5)).xla
    assert not chosen(on=NEW_GPU, seconds_of=with_xla(1.0)).xla
    assert not chosen(on=NEW_GPU, seconds_of=with_xla(math.inf)).xla
    assert not chosen(TrainConfig(xla=False), on=NEW_GPU, seconds_of=with_xla(0.5)).xla
    assert not chosen(seconds_of=with_xla(0.5)).xla  # a CPU
    assert chosen(TrainConfig(xla=True), seconds_of=with_xla(2.0)).xla


@pytest.mark.parametrize(
    ("fixed", "each", "batch_size"),
    [
        # 128 → 256 → 512 pictures of 25,000; worth it where costs of a step outweigh those of its pictures.
        (1e-3, 1e-4, 128),
        (20e-3, 1e-4, 256),
        (0.0, 1e-6, 128),
        (1.0, 1e-9, 128),  # too long a step to be mostly costs of starting operations
    ],
)
def test_the_batch_is_doubled_while_costs_of_a_step_outweigh_those_of_its_pictures(fixed, each, batch_size):
    found = chosen(pictures=25_000, seconds_of=steps_of(fixed, each))
    assert found.batch_size == batch_size
    assert chosen(TrainConfig(batch_size=32), seconds_of=steps_of(fixed, each)).batch_size == 32


@pytest.mark.parametrize(
    ("each", "pictures", "batch_size"),
    [
        (1e-4, 60_000, 256),  # 0.026 s; of 512 there would be but 117 steps an epoch
        (1e-4, 1_000_000, 512),  # 0.051 s
        (3e-4, 1_000_000, 256),  # 0.077 s; 512 would take 0.154 s
        (1e-3, 1_000_000, 128),
        (1e-4, 50_000, 128),
    ],
)
def test_so_many_pictures_are_learnt_in_larger_batches_while_steps_are_short(each, pictures, batch_size):
    assert chosen(pictures=pictures, seconds_of=steps_of(1e-4, each)).batch_size == batch_size


def test_costs_of_a_step_make_the_batches_of_many_pictures_larger_still():
    assert chosen(seconds_of=steps_of(30e-3, 1e-5)).batch_size == 512


def test_a_larger_batch_that_does_not_fit_into_memory_is_not_taken():
    assert chosen(seconds_of=lambda size, _xla: 0.01 if size <= 256 else math.inf).batch_size == 256
    assert chosen(seconds_of=lambda size, _xla: 0.01 if size <= 64 else math.inf).batch_size == 128


@pytest.mark.parametrize("pictures", [2, 100, 5_000, 9_000, 20_000, 1_000_000])
def test_a_larger_batch_leaves_an_epoch_its_steps(pictures):
    rule = AUTOMATIC.batch_size_for(pictures)
    found = chosen(pictures=pictures, seconds_of=steps_of(1e-3, 0.0)).batch_size
    assert found == rule or (found <= 4 * rule and pictures // found >= 64)


def test_nothing_is_measured_for_few_pictures_or_where_all_is_set():
    def is_measured(settings, pictures, on):
        return is_worth_measuring(choose_compute(settings, pictures, on), settings, pictures)

    assert is_measured(AUTOMATIC, MANY, CPU)
    assert not is_measured(AUTOMATIC, 2_000, CPU)
    assert not is_measured(TrainConfig(batch_size=64), MANY, CPU)
    assert is_measured(TrainConfig(batch_size=64), MANY, NEW_GPU)
    assert not is_measured(TrainConfig(batch_size=64, xla=True), MANY, NEW_GPU)
    assert not is_measured(AUTOMATIC, 2_000, NEW_GPU)


# ---------------------------------------------------------------------- what a run keeps


def test_what_was_chosen_is_kept_unless_something_else_is_set_or_the_device_changes():
    first = Compute(NEW_GPU, "bfloat16", "", True, "", 512, "")
    again = choose_compute(AUTOMATIC, MANY, OLD_GPU, first.to_json())
    assert (again.precision, again.xla, again.batch_size) == ("bfloat16", True, 512)
    settings = TrainConfig(precision="float32", xla=False, batch_size=8)
    other = choose_compute(settings, MANY, NEW_GPU, first.to_json())
    assert (other.precision, other.xla, other.batch_size) == ("float32", False, 8)
    assert choose_compute(AUTOMATIC, MANY, CPU, first.to_json()) == choose_compute(AUTOMATIC, MANY, CPU)
    for damaged in ({}, {**first.to_json(), "batch_size": 0}, {**first.to_json(), "precision": "float8"}):
        assert choose_compute(AUTOMATIC, MANY, NEW_GPU, damaged) == choose_compute(AUTOMATIC, MANY, NEW_GPU)


def test_a_resumed_training_keeps_the_batch_that_was_measured_for_it(make_project, monkeypatch):
    """Measured for real; the limits are moved so that a larger batch wins on whatever machine this is."""
    for name, value in (("LEAST_STEPS", 1), ("SHORT_STEP", math.inf), ("CLEARLY_FASTER", 0.0)):
        monkeypatch.setattr(compute, name, value)
    project = make_project(70)
    pictures = np.count_nonzero(~project.pictures().held_out)
    first = train(project, start_run(project, TrainConfig(epochs=1)))
    assert first.history[0].step == pictures // 32  # not 16, which the number of pictures comes to
    monkeypatch.undo()
    run = resume_run(project)
    assert computed_before(run, pictures)["batch_size"] == 32
    assert run.training.batch_size is None
    second = train(project, run, length=TrainConfig(epochs=1))
    assert second.history[1].step == 2 * (pictures // 32)


def test_measuring_leaves_no_trace_in_the_training(make_project, monkeypatch):
    project = make_project(40)
    runs = []
    for least_steps in (64, 1):
        monkeypatch.setattr(compute, "LEAST_STEPS", least_steps)
        monkeypatch.setattr(compute, "SHORT_STEP", 0.0)  # no larger batch is taken
        runs.append(train(project, start_run(project, TrainConfig(epochs=1))))
    ours, theirs = (load_tensors(result.run / LATEST_FILE)[0] for result in runs)
    assert set(ours) == set(theirs)
    for name, value in ours.items():
        np.testing.assert_allclose(value, theirs[name], rtol=1e-3, atol=1e-4, err_msg=name)


# ---------------------------------------------------------------------- precision


def loss_and_gradients(precision):
    vae = VAE(ModelConfig(48, 3, 2, "gaussian"), 0, precision)
    random = np.random.default_rng(0)
    # Nine squares of colour each. Of mere noise all pictures would look alike to the encoder, whose gradient
    # would be what is left of sums that cancel, and as rough as that.
    squares = random.random((16, 3, 3, 3))
    pixels = tf.constant(squares.repeat(16, axis=1).repeat(16, axis=2), tf.float32)
    for weight in vae.trainable_variables:  # none is zero, so that every layer has a gradient
        weight.assign_add(random.normal(0.0, 0.02, weight.shape))
    with tf.GradientTape() as tape:
        terms = vae.elbo_terms(pixels, training=True)
        loss = tf.reduce_mean(terms[0] + terms[1] + terms[2])
    gradients = tape.gradient(loss, vae.trainable_variables)
    assert {term.dtype for term in terms} == {tf.float32}
    assert {weight.dtype for weight in vae.trainable_variables} == {"float32"}
    assert {gradient.dtype for gradient in gradients} == {tf.float32}
    kernels = {
        weight.path: gradient.numpy()
        for weight, gradient in zip(vae.trainable_variables, gradients, strict=True)
        if weight.path.endswith("kernel")
    }
    return float(loss), kernels


def test_bfloat16_changes_terms_and_gradients_by_its_rounding_and_no_more():
    """It rounds by up to 2⁻⁹, and some twenty operations lie one behind the other, there and back.

    The normalisation takes away the part of a gradient that only lengthens a vector, but not its error.
    """
    (loss, exact), (rounded_loss, rounded) = loss_and_gradients("float32"), loss_and_gradients("bfloat16")
    assert rounded_loss == pytest.approx(loss, rel=2**-8)
    assert rounded_loss != loss
    for name, gradient in exact.items():
        error = np.linalg.norm(rounded[name] - gradient) / np.linalg.norm(gradient)
        assert error < 80 * 2**-9, name


def test_a_training_in_bfloat16_learns_and_its_weights_are_float32(make_project):
    project = make_project(24, 48, colour=True)
    run = start_run(project, TrainConfig(epochs=8, batch_size=8, precision="bfloat16"))
    result = train(project, run)
    assert result.history[-1].train.elbo < result.history[0].train.elbo
    tensors, notes = load_tensors(run.path / LATEST_FILE)
    assert notes["compute"]["precision"] == "bfloat16"
    weights = {value.dtype.name for name, value in tensors.items() if name.startswith(("model/", "average/"))}
    assert weights == {"float32"}


def test_the_average_is_judged_in_float32():
    learner = Learner(ModelConfig(48, 3), 0, "bfloat16")
    judged, trained = (
        {layer.compute_dtype for layer in vae.encoder.layers} for vae in (learner.average, learner.vae)
    )
    assert (judged, trained) == ({"float32"}, {"float32", "bfloat16"})


# ---------------------------------------------------------------------- what fails


@pytest.mark.parametrize(
    "message",
    [
        "Failed to synchronize: CUDA_ERROR_LAUNCH_FAILED: unspecified launch failure",
        "GPU sync failed",
        "could not synchronize on CUDA context: CUDA_ERROR_ILLEGAL_ADDRESS",
        "Blas xGEMM launch failed: CUBLAS_STATUS_EXECUTION_FAILED",
    ],
)
def test_a_lost_gpu_and_used_up_memory_are_told_apart_from_faults_of_ours(make_project, message):
    run = start_run(make_project(), AUTOMATIC)
    lost = told_to_people(tf.errors.InternalError(None, None, message), run, 64)
    assert isinstance(lost, DeviceLostError)
    assert "--device cpu" in lost.advice
    for error in (
        tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor with shape[64,32,32,32]"),
        tf.errors.InternalError(None, None, "Failed to allocate: CUDA_ERROR_OUT_OF_MEMORY: out of memory"),
        MemoryError(),
    ):
        told = told_to_people(error, run, 64)
        assert isinstance(told, OutOfMemoryError)
        assert told.smaller_batch == 32
        assert run.path.name in told.kept
    fault = tf.errors.InvalidArgumentError(None, None, "Incompatible shapes: [2] vs. [3]")
    assert told_to_people(fault, run, 64) is None


def test_where_one_picture_is_too_much_no_smaller_batch_is_offered():
    assert OutOfMemoryError(1, 128, kept="").smaller_batch == 0
    assert OutOfMemoryError(1, 128, kept="").advice == "Closing other programs may help."


def test_a_full_graphics_card_leaves_the_processor():
    full = OutOfMemoryError(64, 128, kept="", on_gpu=True)
    assert full.what.startswith("There is not enough memory on the graphics card for batches of 64")
    assert full.advice.startswith("Batches of 32 or smaller pictures may fit, and without the graphics card")
    assert OutOfMemoryError(1, 128, kept="", on_gpu=True).advice.startswith("Without the graphics card")


SHORT_OF_MEMORY = """
import resource, sys
from pathlib import Path
import training.fit
from training.__main__ import app

used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 2 * 2**30,) * 2)
for arguments in (["--epochs=1", "--batch-size=60000"], ["--resume", "--batch-size=16", "--minutes=0.001"]):
    try:
        app(["train", sys.argv[1], *arguments])
    except SystemExit as ended:
        print("exit code", ended.code, flush=True)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_AS")
def test_where_memory_runs_out_a_smaller_batch_is_advised_and_goes_on(make_project):
    """One batch of 60,000 pictures of 128 × 128 × 3 bytes is 2.9 GB; the process may take 2 GB more."""
    project = make_project(12, 128, colour=True)
    multiply_pictures(project, 70_000)
    project.close()
    command = [sys.executable, "-c", SHORT_OF_MEMORY, project.path]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    codes = [line for line in done.stdout.splitlines() if line.startswith("exit code")]
    assert codes == ["exit code 2", "exit code 0"], done.stderr[-3000:]
    assert "not enough memory for batches of 60,000 pictures of 128 pixels" in done.stderr
    assert "Batches of 30,000 or smaller" in done.stderr
    assert "Traceback" not in done.stderr
    run = latest_run(project.runs_folder)
    assert run is not None
    assert run.path.name == "run-001"
    assert run.training.batch_size == 16


def test_the_device_is_told_and_why_it_is_no_gpu():
    found = device()
    assert found.name
    assert found.is_gpu == bool(tf.config.list_physical_devices("GPU"))
    assert found.is_gpu != bool(found.why_not_gpu)


def test_with_other_pictures_everything_is_chosen_anew(make_project):
    project = make_project(24)
    run = start_run(project, TrainConfig(epochs=1, batch_size=8))
    train(project, run)
    pictures = np.count_nonzero(~project.pictures().held_out)
    assert computed_before(run, pictures) is not None
    assert computed_before(run, pictures + 1) is None
    assert continue_run(project, run, {"batch_size": 4}).run.training.batch_size == 4


def test_a_training_compiled_with_xla_learns(make_project):
    result = train(
        project := make_project(24), start_run(project, TrainConfig(epochs=4, batch_size=16, xla=True))
    )
    assert result.history[-1].train.elbo < result.history[0].train.elbo
    assert load_tensors(result.run / LATEST_FILE)[1]["compute"]["xla"] is True
