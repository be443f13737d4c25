"""What `vae doctor` tells: all that a report of a problem needs."""

import importlib.metadata
import os
import platform
import shutil
import subprocess

from training.backend import keras, tf
from training.compute import choose_compute
from training.config import TrainConfig
from training.device import Device, device
from training.places import cache_folder, log_folder, projects_folder

_SMI_SECONDS = 10.0
_BATCHES = (500, 2_000, 10_000, 50_000)  # numbers of pictures for which the batch size is told


def report() -> dict[str, object]:
    """Versions, device, how a training would compute and why, threads, where things are kept."""
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
        "devices": ", ".join(each.name.partition(":")[2] for each in tf.config.get_visible_devices()),
        "compute_capability": ".".join(map(str, found.compute_capability or ())),
        "gpu_memory_is_taken": "as it is needed" if found.is_gpu else "not at all, because there is no GPU",
        "memory": {"computer": _memory(), "gpu": _gpu_memory()},
        "training": _training(found),
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


def _training(found: Device) -> dict[str, object]:
    """How a training with automatic settings would compute on this device."""
    chosen = {pictures: choose_compute(TrainConfig(), pictures, found) for pictures in _BATCHES}
    largest = chosen[_BATCHES[-1]]
    sizes = ", ".join(f"{each.batch_size} of {pictures:,}" for pictures, each in chosen.items())
    return {
        "precision": largest.precision,
        "why_precision": largest.why_precision,
        "xla": largest.xla,
        "why_xla": largest.why_xla,
        "prefetch": "to the GPU" if found.is_gpu else "in main memory, because there is no GPU",
        "batch_size": sizes,
        "why_batch_size": f"{largest.why_batch_size} With many pictures it is doubled, once or twice,"
        " where that measures clearly faster, or short enough, when a training begins.",
    }


def _memory() -> str:
    try:
        return _gigabytes(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return "unknown"


def _gpu_memory() -> str:
    """By NVIDIA's own tool, because TensorFlow knows no more than what it has taken itself."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return "none"
    query = [tool, "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(query, capture_output=True, text=True, check=True, timeout=_SMI_SECONDS)
        return ", ".join(_gigabytes(int(line) * 2**20) for line in done.stdout.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return "unknown"


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "not installed"
