"""How a training computes: chosen once, said in plain words, kept with the run, and what to do if it fails.

What is chosen must not change within a training: other batches, another precision and XLA's own random
numbers would each give another history than that of an uninterrupted training.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from training.backend import tf
from training.config import TrainConfig
from training.device import Device, device
from training.errors import DeviceLostError, OutOfMemoryError, VaeError
from training.language import tr
from training.learner import Learner
from training.run import Run

Precision = Literal["float32", "bfloat16"]
StepSeconds = Callable[[int, bool], float]  # seconds of a step, by batch size and whether XLA is used

LEAST_STEPS = 64  # an epoch; with fewer, nothing is measured and no batch made larger
MOST_DOUBLINGS = 2
# Doubling a batch saves at least a third of the steps while it is below half the gradient noise scale
# (McCandlish et al. 2018, section 2: steps ∝ 1 + scale / batch). A step may then take up to 3/2 as long,
# which is to say that 4/3 as many pictures a second must be done for the doubled batch to learn sooner.
CLEARLY_FASTER = 4 / 3
# That takes a step at least half of which are costs that do not grow with the batch: starting some hundred
# operations, which takes milliseconds. A step longer than this has no such half.
SHORT_STEP = 0.05  # seconds
# Where an epoch has so many steps all the same, less noise in each is worth more than still more of them
# (docs/network.md), as long as a drag, which waits for the end of a step, does not notice.
STEADY_STEPS = 200
UNNOTICED_STEP = 0.1  # seconds
XLA_GAIN = 1.05
BFLOAT16_CAPABILITY = (8, 0)  # NVIDIA's Ampere, the first with bfloat16 units


@dataclass(frozen=True)
class Compute:
    """How a training computes, and in plain words why.

    Attributes:
        device: what it computes on.
        precision: of the feature maps; variables, dense layers, the KL and all sums are float32.
        why_precision: a sentence.
        xla: whether each step is compiled with XLA.
        why_xla: a sentence.
        batch_size: pictures a step.
        why_batch_size: a sentence.
    """

    device: Device
    precision: Precision
    why_precision: str
    xla: bool
    why_xla: str
    batch_size: int
    why_batch_size: str

    def to_json(self) -> dict[str, Any]:
        """What a training must keep to go on in the same way; see ``kept`` of :func:`choose_compute`."""
        return {
            "on_gpu": self.device.is_gpu,
            "precision": self.precision,
            "xla": self.xla,
            "batch_size": self.batch_size,
        }


def choose_compute(
    settings: TrainConfig,
    pictures: int,
    device: Device,
    kept: Mapping[str, Any] | None = None,
    *,
    size: int = 64,
) -> Compute:
    """How to compute, as far as it is known without measuring.

    Args:
        settings: what was asked for comes first.
        pictures: to learn from.
        device: what there is.
        kept: :meth:`Compute.to_json` of the training so far; it counts where the settings leave the choice
            to the program, unless the training moved to another kind of device.
        size: of the pictures, pixels a side.
    """
    before = _on_this_device(kept, device)
    batch_size, why_size = settings.batch_size_for(pictures, size), "By the number of pictures."
    if settings.batch_size is not None:
        why_size = "As set."
    elif "batch_size" in before:
        batch_size, why_size = min(before["batch_size"], pictures), _AS_BEFORE
    precision, why_precision = _precision(settings, device)
    if settings.precision == "auto" and "precision" in before:
        precision, why_precision = before["precision"], _AS_BEFORE
    xla, why_xla = _xla(settings, device)
    if settings.xla is None and "xla" in before:
        xla, why_xla = before["xla"], _AS_BEFORE
    return Compute(device, precision, why_precision, xla, why_xla, batch_size, why_size)


_AS_BEFORE = "As in the training so far."


def _on_this_device(kept: Mapping[str, Any] | None, device: Device) -> Mapping[str, Any]:
    """What was kept, if it is whole and of such a device."""
    known = kept or {}
    match known:
        case {
            "on_gpu": device.is_gpu,
            "precision": "float32" | "bfloat16",
            "xla": bool(),
            "batch_size": int(size),
        } if size >= 1:
            return known
    return {}


def _precision(settings: TrainConfig, device: Device) -> tuple[Precision, str]:
    if settings.precision != "auto":
        return settings.precision, "As set."
    if not device.is_gpu:
        return "float32", "Only CPUs with units for bfloat16 are faster in it; it can be set."
    if (device.compute_capability or (0, 0)) >= BFLOAT16_CAPABILITY:
        return "bfloat16", "This GPU is made for it."
    return "float32", "This GPU is not made for bfloat16."


def _xla(settings: TrainConfig, device: Device) -> tuple[bool, str]:
    if settings.xla is not None:
        return settings.xla, "As set."
    if not device.is_gpu:
        return False, "It did not measure faster on CPUs."
    return False, "It is taken where it measures faster when a training of many pictures begins."


def is_worth_measuring(compute: Compute, settings: TrainConfig, pictures: int) -> bool:
    """Whether there is a choice that only a measurement decides, and enough to be done for it to pay."""
    larger_batch = settings.batch_size is None and _leaves_steps(2 * compute.batch_size, pictures)
    xla = settings.xla is None and compute.device.is_gpu and _leaves_steps(compute.batch_size, pictures)
    return larger_batch or xla


def _leaves_steps(batch_size: int, pictures: int) -> bool:
    return batch_size * LEAST_STEPS <= pictures


def measured(compute: Compute, settings: TrainConfig, pictures: int, seconds_of: StepSeconds) -> Compute:
    """Take larger batches, and on a GPU XLA, where they measure clearly faster and were not set."""
    size = compute.batch_size
    seconds = seconds_of(size, compute.xla)
    if settings.batch_size is None:
        size, seconds, why = _larger_batch(
            size, seconds, pictures, lambda size: seconds_of(size, compute.xla)
        )
        compute = replace(compute, batch_size=size, why_batch_size=why or compute.why_batch_size)
    if settings.xla is None and compute.device.is_gpu:
        gain = seconds / seconds_of(size, True)
        why = f"Measured {gain:.2f} times as fast with it." if gain > 0 else "It does not work here."
        compute = replace(compute, xla=gain >= XLA_GAIN, why_xla=why)
    return compute


def _larger_batch(
    smallest: int, seconds: float, pictures: int, seconds_of: Callable[[int], float]
) -> tuple[int, float, str]:
    """The batch to take, how long a step of it takes, and why it is a larger one; "" where it is not."""
    size, why = smallest, ""
    while size < smallest << MOST_DOUBLINGS and _leaves_steps(2 * size, pictures):
        has_many = 2 * size * STEADY_STEPS <= pictures
        if seconds >= (UNNOTICED_STEP if has_many else SHORT_STEP):
            break
        doubled = seconds_of(2 * size)
        if seconds < SHORT_STEP and 2 * seconds >= CLEARLY_FASTER * doubled:
            why = f"Measured clearly faster than {smallest}."
        elif has_many and doubled <= UNNOTICED_STEP:
            why = "So many pictures are learnt better in larger ones, and the steps measured short enough."
        else:
            break
        size, seconds = 2 * size, doubled
    return size, seconds, why


def step_seconds(
    learner: Learner, shape: tuple[int, int, int], goes_on: Callable[[], bool] = lambda: True
) -> StepSeconds:
    """A stopwatch for a learner's steps on pictures of this shape; the steps change what it has learnt.

    Args:
        goes_on: asked before every step; where it says no, a step is said to take for ever.
    """

    def seconds_of(batch_size: int, xla: bool) -> float:
        learner.use_xla(xla)
        pixels = tf.cast(tf.random.uniform((batch_size, *shape), 0, 256, tf.int32), tf.uint8)
        try:
            # The first one builds the graph.
            return min(_seconds(learner, pixels) if goes_on() else math.inf for _ in range(4))
        except tf.errors.OpError as error:
            if xla or is_out_of_memory(error):
                return math.inf
            raise

    return seconds_of


def _seconds(learner: Learner, pixels: tf.Tensor) -> float:
    start = time.perf_counter()
    float(learner.take_step(pixels)["loss"])
    return time.perf_counter() - start


# ---------------------------------------------------------------------- what to do if it fails


def told_to_people(error: Exception, run: Run, batch_size: int) -> VaeError | None:
    """What a failure of the device comes to for the person who trains; None for any other failure."""
    kept = tr("The training so far is kept in {name}.", name=run.path.name)
    if is_out_of_memory(error):
        return OutOfMemoryError(batch_size, run.model.size, kept=kept, on_gpu=device().is_gpu)
    if isinstance(error, tf.errors.OpError) and any(sign in error.message for sign in _LOST_SIGNS):
        return DeviceLostError(
            tr("The GPU failed and does not answer any more."),
            kept=kept,
            advice=tr("It can go on without the graphics card (on the command line: --resume --device cpu)."),
        )
    return None


_MEMORY_SIGNS = (
    " a primitive",  # oneDNN says no more than that it could not create or execute one
    "CUDA_ERROR_OUT_OF_MEMORY",
    "CUDNN_STATUS_ALLOC_FAILED",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "Out of memory while trying to allocate",  # XLA
)
_LOST_SIGNS = ("CUDA_ERROR_", "CUDNN_STATUS_", "CUBLAS_STATUS_", "GPU sync failed", "failed to synchronize")


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out, by whatever name TensorFlow's parts call it."""
    if not isinstance(error, tf.errors.OpError):
        return isinstance(error, MemoryError)
    return isinstance(error, tf.errors.ResourceExhaustedError) or any(
        sign in error.message for sign in _MEMORY_SIGNS
    )
