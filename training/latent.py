"""Encoding pictures to posteriors and decoding points of the latent space, with weights that hold still."""

import logging
import zipfile
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.config import ModelConfig
from training.errors import VaeError
from training.events import Control
from training.files import write_atomically
from training.language import tr
from training.model import VAE
from training.pixel_store import PixelStore
from training.posterior import Posterior
from training.posteriors import Posteriors
from training.run import POSTERIORS_FILE, Run, load_weights
from training.tensors import Tensors, checked, digest_of

ENCODE_BATCH, DECODE_BATCH = 64, 32

_log = logging.getLogger(__name__)


def posteriors_of(
    batches: Iterable[NDArray[np.uint8]],
    encode: Callable[[NDArray[np.float32]], Posterior],
    latent_dim: int,
) -> Posteriors:
    """Posteriors of pictures, given as batches of uint8 [b, S, S, C]."""
    parts = []
    for pixels in batches:
        found = encode(pixels.astype(np.float32) / 255.0)
        correlation = found.correlation().numpy() if found.encoding == "full" else None
        parts.append(Posteriors(found.mean.numpy(), np.exp(0.5 * found.log_variance().numpy()), correlation))
    return Posteriors.joined(parts) if parts else Posteriors.none(latent_dim)


def assign_weights(vae: VAE, weights: Tensors) -> None:
    """Give a network other weights, by name; raises :class:`VaeError` unless they are exactly its own."""
    variables = vae.named_weights()
    if unknown := weights.keys() - variables.keys():
        raise VaeError(tr("These weights do not fit this network (at {name}).", name=min(unknown)))
    wanted = {name: (tuple(v.shape), "float32") for name, v in variables.items()}
    for name, value in checked(weights, wanted).items():
        variables[name].assign(value)


class LatentModel:
    """A VAE with fixed weights, for encoding and decoding. Use it from one thread.

    Args:
        config: the network.
        weights: by name, as in a snapshot or in best.safetensors; None leaves them as initialised.
    """

    def __init__(self, config: ModelConfig, weights: Tensors | None = None) -> None:
        self.config = config
        self._vae = VAE(config)
        if weights is not None:
            self.set_weights(weights)
        shape = (None, config.size, config.size, config.channels)
        self._encode = tf.function(
            self._vae.posterior, input_signature=[tf.TensorSpec(shape, tf.float32)], autograph=False
        )
        self._decode = tf.function(
            self._decode_bytes,
            input_signature=[tf.TensorSpec((None, config.latent_dim), tf.float32)],
            autograph=False,
        )

    def _decode_bytes(self, points: tf.Tensor) -> tf.Tensor:
        return tf.cast(tf.round(tf.sigmoid(self._vae.decoder(points)) * 255.0), tf.uint8)

    @property
    def network(self) -> VAE:
        """The network itself, for writing it down in another format."""
        return self._vae

    def set_weights(self, weights: Tensors) -> None:
        """Take other weights; raises :class:`VaeError` when they do not fit."""
        assign_weights(self._vae, weights)

    def weights_digest(self) -> str:
        """SHA-256 over names and values of the weights, in hexadecimal."""
        return digest_of({name: variable.numpy() for name, variable in self._vae.named_weights().items()})

    def encode(self, pixels: NDArray[np.uint8], control: Control | None = None) -> Posteriors:
        """Posteriors of pictures, uint8 [n, S, S, C]; of those done so far when told to stop."""

        def batches() -> Iterator[NDArray[np.uint8]]:
            for start in range(0, len(pixels), ENCODE_BATCH):
                if control is not None:
                    control.wait_while_held()
                    if control.should_stop:
                        return
                yield pixels[start : start + ENCODE_BATCH]

        return posteriors_of(batches(), self._encode, self.config.latent_dim)

    def decode(self, points: NDArray[np.floating]) -> NDArray[np.uint8]:
        """Pictures at points [n, latent_dim], uint8 [n, S, S, C]."""
        points = np.asarray(points, np.float32).reshape(-1, self.config.latent_dim)
        batches = [
            self._decode(points[start : start + DECODE_BATCH]).numpy()
            for start in range(0, len(points), DECODE_BATCH)
        ]
        shape = (0, self.config.size, self.config.size, self.config.channels)
        return np.concatenate([np.zeros(shape, np.uint8), *batches])


def load_model(run: Run) -> LatentModel:
    """The run's network with its best weights."""
    return LatentModel(run.model, load_weights(run))


def all_posteriors(
    run: Run,
    model: LatentModel,
    pictures: PixelStore,
    control: Control | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    keep: bool = True,
) -> Posteriors | None:
    """Where every picture lies under ``model``; kept in the run's folder until pictures or weights change.

    That they cannot be kept is logged, and costs no more than working them out again.

    Args:
        keep: whether to, if they are new.

    Returns:
        The posteriors in the pictures' order, or None when told to stop.
    """
    digest = model.weights_digest()
    kept = _read_posteriors(run, pictures, digest)
    if kept is not None:
        return kept
    chunk = 16 * ENCODE_BATCH
    parts = []
    for start in range(0, len(pictures), chunk):
        numbers = np.arange(start, min(start + chunk, len(pictures)))
        part = model.encode(pictures.read(numbers), control)
        if len(part) < len(numbers):
            return None
        parts.append(part)
        on_progress(int(numbers[-1]) + 1, len(pictures))
    posteriors = Posteriors.joined(parts)
    if not keep:
        return posteriors
    buffer = BytesIO()
    arrays: dict[str, Any] = {"weights": digest, "ids": pictures.ids, **posteriors.arrays}
    np.savez(buffer, **arrays)
    try:
        write_atomically(run.path / POSTERIORS_FILE, buffer.getvalue())
    except VaeError as error:
        _log.warning("where the pictures lie is not kept: %s", error.what)
    return posteriors


def _read_posteriors(run: Run, pictures: PixelStore, digest: str) -> Posteriors | None:
    path = run.path / POSTERIORS_FILE
    shape = (len(pictures), run.model.latent_dim)
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            of_weights, ids, found = file["weights"], file["ids"], Posteriors.of_arrays(file)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    fits = found.means.shape == shape and np.isfinite(found.means).all()
    belongs = str(of_weights) == digest and np.array_equal(ids, pictures.ids)
    return found if fits and belongs else None
