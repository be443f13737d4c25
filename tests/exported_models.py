"""Models to export that nobody had to train: networks of any settings with lively weights."""

import datetime

import numpy as np

from training.config import ModelConfig
from training.posteriors import Posteriors
from training.vae_file import About, SharedModel


def lively_model(size=32, channels=3, latent_dim=2, title="Cats", pictures=40, **settings):
    """A shared model whose decodings differ visibly from place to place."""
    from training.latent import LatentModel

    random = np.random.default_rng(size + latent_dim)
    config = ModelConfig(size, channels, latent_dim, "gaussian", **settings)
    weights = {
        name: variable.numpy() for name, variable in LatentModel(config).network.named_weights().items()
    }
    for name, value in weights.items():
        if name.startswith("decoder/draw") and value.ndim > 1:  # else all is nearly grey
            weights[name] = value + random.normal(
                0, 2 / np.sqrt(np.prod(value.shape[:-1])), value.shape
            ).astype("f")
        elif value.ndim == 1:
            weights[name] = value + random.normal(0, 0.1, value.shape).astype("f")
    about = About(
        title=title,
        model=config,
        figures=None,
        pictures=pictures,
        epochs=3,
        created=datetime.datetime(2026, 11, 23, 12, tzinfo=datetime.UTC),
    )
    means = random.normal(size=(pictures, latent_dim)).astype(np.float32)
    return SharedModel(
        about,
        weights,
        Posteriors(means, np.full_like(means, 0.2)),
        np.arange(pictures) % 4 == 0,
        np.zeros((8, 8, 3), np.uint8),
    )
