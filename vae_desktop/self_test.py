"""`vae-desktop --self-test`: is everything there that the program is made of? For packages of it.

Much is imported late, and a package may lack it without anybody noticing until a person needs it. This
imports every module and uses every library once.
"""

import importlib
import pkgutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from pathlib import Path

import numpy as np

LIBRARIES = ("filelock", "pyqtgraph", "safetensors.numpy", "rich.progress", "typer")
_PICTURE_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "GIF", "BMP", "TIFF", "PPM", "ICO")


def run() -> int:
    """Check everything, print a line for each part, and return the exit code: 1 when one fails."""
    failed = 0
    for name, check in _checks():
        try:
            check()
        except Exception as error:  # whatever is wrong with a part, the others are looked at, too
            failed += 1
            print(f"FAILED  {name}: {type(error).__name__}: {error}", flush=True)
        else:
            print(f"ok      {name}", flush=True)
    print("Everything is there." if not failed else f"{failed} of the parts cannot be used.", flush=True)
    return 1 if failed else 0


def _checks() -> Iterator[tuple[str, Callable[[], object]]]:
    for package in ("training", "vae_desktop"):
        for module in pkgutil.iter_modules(importlib.import_module(package).__path__, f"{package}."):
            yield module.name, partial(importlib.import_module, module.name)
    for library in LIBRARIES:
        yield library, partial(importlib.import_module, library)
    yield from {
        "a step of training": _train_step,
        "numpy's linear algebra": _linear_algebra,
        "the picture formats": _picture_formats,
        "the worker processes": _worker_process,
        "the samples": _samples,
        "Qt's drawing": _drawing,
        "the learning curve": _curve,
    }.items()


def _require(condition: object, what: str) -> None:
    if not condition:
        raise RuntimeError(what)


def _train_step() -> None:
    from training.backend import tf
    from training.config import ModelConfig
    from training.model import VAE

    vae = VAE(ModelConfig(32, 1))
    vae.compile(optimizer="adam", jit_compile=False)
    loss = tf.function(vae.train_step, autograph=False)(tf.zeros((2, 32, 32, 1)))["loss"]
    _require(np.isfinite(float(loss)), "the loss is not a number")


def _linear_algebra() -> None:
    matrix = np.random.default_rng(0).normal(size=(64, 64))
    left, values, right = np.linalg.svd(matrix)
    _require(np.allclose(left * values @ right, matrix), "a matrix is not the product of its factors")


def _picture_formats() -> None:
    import pi_heif
    from PIL import Image

    picture = Image.fromarray(np.full((32, 32, 3), 128, np.uint8))
    for name in _PICTURE_FORMATS:
        file = BytesIO()
        picture.save(file, name)
        Image.open(file).load()
    _require(pi_heif.libheif_info()["decoders"], "HEIC cannot be decoded")


def _worker_process() -> None:
    from PIL import Image

    from training.decode_pool import DecodePool
    from training.image_format import ImageFormat

    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "picture.png"
        Image.new("RGB", (40, 40)).save(path)
        with DecodePool(ImageFormat(32, 3), workers=1) as pool:
            (decoded,) = pool.decode([path])
    _require(decoded.pixels is not None, decoded.reason or "")


def _samples() -> None:
    from training.samples import sample_pictures, samples

    _require(samples(), "there are none")
    for sample in samples():
        _require(sample_pictures(sample, 2), sample.name)


def _drawing() -> None:
    from PySide6.QtGui import QImageReader

    from vae_desktop.style import ICONS, tinted_icon
    from vae_desktop.welcome import WelcomePage

    known = {bytes(name.data()).decode() for name in QImageReader.supportedImageFormats()}
    _require({"png", "jpg", "svg"} <= known, f"Qt reads only {', '.join(sorted(known))}")
    _require((ICONS / "vae-desktop.svg").is_file(), "the icons are missing")
    page = WelcomePage()
    colour = page.palette().windowText().color()
    _require(not tinted_icon("info", colour, colour).isNull(), "an icon cannot be drawn")
    _require(not page.grab().isNull(), "a page cannot be drawn")


def _curve() -> None:
    from training.events import EpochRecord, Terms
    from vae_desktop.curves import LossCurves

    curve = LossCurves()
    curve.set_history([EpochRecord(n, n, n, Terms(9 - n, 1, 1), None) for n in (1, 2, 3)])
    _require(not curve.grab().isNull(), "the curve cannot be drawn")
