"""Small `.vae` files for the tests: good ones, and the means to make bad ones of them."""

import datetime
import hashlib
import json
import zipfile
from pathlib import Path

import numpy as np
import safetensors.numpy

from training.config import ModelConfig
from training.events import Terms
from training.objectives import ObjectiveName
from training.posteriors import Posteriors
from training.vae_archive import pack
from training.vae_file import MODEL_FILE, PREVIEW_FILE, WEIGHTS_FILE, About, SharedModel, write_vae


def small_model(
    pictures: int = 12, latent_dim: int = 2, title: str = "Cats", objective: ObjectiveName = "vae"
) -> SharedModel:
    """A model that can be written and read; its weights are too few for a network."""
    random = np.random.default_rng(0)
    pairs = latent_dim * (latent_dim - 1) // 2
    correlations = random.uniform(-0.9, 0.9, (pictures, pairs)).astype(np.float32)
    model = ModelConfig(32, 3, latent_dim, "gaussian", objective)
    return SharedModel(
        About(
            title=title,
            model=model,
            figures=Terms(100.0, 3.0, 1.5, model.kl_weights),
            pictures=pictures,
            epochs=7,
            created=datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC),
        ),
        weights={
            "encoder/stem/kernel": random.normal(size=(3, 3, 12, 4)).astype(np.float32),
            "decoder/head_0/bias": random.normal(size=256).astype(np.float32),
            "pixel_variance": np.array(0.01, np.float32),
        },
        posteriors=Posteriors(
            random.normal(size=(pictures, latent_dim)).astype(np.float32),
            random.uniform(0.1, 0.3, (pictures, latent_dim)).astype(np.float32),
            correlations if objective == "full-covariance" else None,
        ),
        held_out=np.arange(pictures) % 4 == 0,
        preview=random.integers(0, 256, (64, 48, 3), np.uint8),
    )


def members_of(path: Path) -> dict[str, bytes]:
    """What is in a file, as any ZIP program reads it."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def small_members(folder: Path, objective: ObjectiveName = "vae") -> dict[str, bytes]:
    """The members of a good file."""
    path = folder / "good.vae"
    write_vae(path, small_model(objective=objective))
    return members_of(path)


def packed(members: dict[str, bytes]) -> bytes:
    """A file of these members whose model.json has the right digest of the weights."""
    about = json.loads(members[MODEL_FILE])
    about["sha256"] = hashlib.sha256(members[WEIGHTS_FILE]).hexdigest()
    return pack({**members, MODEL_FILE: json.dumps(about).encode()})


def with_about(members: dict[str, bytes], **changes: object) -> bytes:
    """A file whose model.json says something else; None as a value is said, too."""
    about = {**json.loads(members[MODEL_FILE]), **changes}
    return pack({**members, MODEL_FILE: json.dumps(about).encode()})


def with_tensors(members: dict[str, bytes], **changes: np.ndarray | None) -> bytes:
    """A file with other tensors; None leaves one out. In their names, __ stands for a slash."""
    tensors = safetensors.numpy.load(members[WEIGHTS_FILE])
    for name, tensor in changes.items():
        if tensor is None:
            del tensors[name.replace("__", "/")]
        else:
            tensors[name.replace("__", "/")] = tensor
    return packed({**members, WEIGHTS_FILE: safetensors.numpy.save(tensors)})


__all__ = [
    "MODEL_FILE",
    "PREVIEW_FILE",
    "WEIGHTS_FILE",
    "members_of",
    "packed",
    "small_members",
    "small_model",
    "with_about",
    "with_tensors",
]
