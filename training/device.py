"""Which device TensorFlow computes on, and in plain words why not on a GPU."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path

from training.backend import tf
from training.language import tr, trn


@dataclass(frozen=True)
class Device:
    """What is computed on.

    Attributes:
        name: a short one, for people.
        why_not_gpu: why it is not a GPU, a sentence; "" when it is one.
        compute_capability: of an NVIDIA GPU, such as (8, 6); None where it is not known.
    """

    name: str
    why_not_gpu: str = ""
    compute_capability: tuple[int, int] | None = None

    @property
    def is_gpu(self) -> bool:
        """Whether it is a GPU."""
        return not self.why_not_gpu


def device() -> Device:
    """Find the device; GPU memory is taken as it is needed, not all at once."""
    gpus = tf.config.get_visible_devices("GPU")
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            break  # already in use, with the setting it had then
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return Device(details.get("device_name", "GPU"), "", details.get("compute_capability"))
    cores = os.cpu_count() or 1
    return Device(trn("CPU, {count} core", "CPU, {count} cores", cores), _why_not_gpu())


def first_gpu() -> str | None:
    """The name by which TensorFlow places something on the GPU; None where there is none."""
    gpus = tf.config.list_logical_devices("GPU")
    return gpus[0].name if gpus else None


def _why_not_gpu() -> str:
    if sys.platform == "win32":
        return tr("TensorFlow has no GPU support on Windows since version 2.11; WSL2 has it.")
    if sys.platform == "darwin":
        return tr("TensorFlow has no maintained GPU support on macOS.")
    if not tf.test.is_built_with_cuda():
        return tr("This TensorFlow is built for CPUs only.")
    if not Path("/proc/driver/nvidia/version").exists() and not Path("/dev/nvidia0").exists():
        return tr("No NVIDIA GPU, or no driver for it, was found.")
    if os.environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return tr("The GPU is left alone, as CUDA_VISIBLE_DEVICES or --device cpu says.")
    return tr('There is an NVIDIA driver, but TensorFlow cannot use it; try pip install "vae-desktop[gpu]".')
