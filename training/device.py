"""Which device TensorFlow computes on, and in plain words why not on a GPU."""

import importlib.metadata
import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path

from training.backend import keras, tf
from training.places import cache_folder, log_folder, projects_folder


@dataclass(frozen=True)
class Device:
    """What is computed on: a short name for the window, and why it is not a GPU (empty when it is)."""

    name: str
    why_not_gpu: str


def device() -> Device:
    """Find the device; GPU memory is taken as it is needed, not all at once."""
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        try:
            tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            break  # already in use, with the setting it had then
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return Device(details.get("device_name", "GPU"), "")
    cores = os.cpu_count() or 1
    return Device(f"CPU, {cores} cores" if cores > 1 else "CPU, 1 core", _why_not_gpu())


def _why_not_gpu() -> str:
    if sys.platform == "win32":
        return "TensorFlow has no GPU support on Windows since version 2.11; WSL2 has it."
    if sys.platform == "darwin":
        return "TensorFlow has no maintained GPU support on macOS."
    if not tf.test.is_built_with_cuda():
        return "This TensorFlow is built for CPUs only."
    if not Path("/proc/driver/nvidia/version").exists() and not Path("/dev/nvidia0").exists():
        return "No NVIDIA GPU, or no driver for it, was found."
    return 'There is an NVIDIA driver, but TensorFlow cannot use it; try pip install "vae-desktop[gpu]".'


def report() -> dict[str, object]:
    """Everything `vae doctor` tells: versions, device, threads, where things are kept."""
    names = ("keras", "numpy", "pillow", "PySide6-Essentials", "safetensors")
    versions = {name: _version(name) for name in names}
    found = device()
    return {
        "versions": {
            "vae-desktop": _version("vae-desktop"),
            "python": platform.python_version(),
            "tensorflow": tf.__version__,  # its package may be tensorflow or tensorflow-cpu
            **versions,
        },
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "device": found.name,
        "why_not_gpu": found.why_not_gpu,
        "onednn": os.environ.get("TF_ENABLE_ONEDNN_OPTS") == "1",
        "floats": keras.config.floatx(),
        "threads": {
            "cores": os.cpu_count(),
            "within_an_operation": tf.config.threading.get_intra_op_parallelism_threads() or "automatic",
            "between_operations": tf.config.threading.get_inter_op_parallelism_threads() or "automatic",
        },
        "projects": str(projects_folder()),
        "cache": str(cache_folder()),
        "logs": str(log_folder()),
    }


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
