"""How fast the decoded picture changes with the latent numbers: the decoder's Jacobian J and G = JᵀJ.

G is the pull-back metric of Arvanitidis, Hansen & Hauberg, "Latent space oddity: on the curvature of deep
generative models" (ICLR 2018), of a decoder's mean. The derivatives are exact, by forward mode: a
Jacobian-vector product for each direction costs about three decodings, whereas reverse mode would need a pass
for each number of a picture.

Units are those of training/geodesics.py: a picture is its intensities, 0 to 1, and the length of a change
their root mean square, so that G = JᵀJ / D with D = S · S · C numbers. ‖J‖₂ = 0.1 means that a step of 0.01
latent units in the steepest direction changes the intensities by 0.001 in root mean square.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.events import Control
from training.latent import LatentModel

Floats = NDArray[np.float64]
Decode = Callable[[tf.Tensor], tf.Tensor]
"""A graph from latent points, float32 [n, d], to pictures in [0, 1], float32 [n, S, S, C]."""

MOST_AT_ONCE = 64  # points; more are no faster
_MOST_NUMBERS = 2**24  # in the pictures' derivatives that are in memory at once: 64 MB


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """A job was told to stop."""


def unrounded(model: LatentModel) -> Decode:
    """How a model decodes, before pictures are rounded to bytes."""
    decoder = model.network.decoder
    return lambda points: tf.sigmoid(decoder(points))


class DecoderMetric:
    """The metric of a decoder. Use it from one thread.

    Args:
        decode: with weights that hold still.
        latent_dim: d.
    """

    def __init__(self, decode: Decode, latent_dim: int) -> None:
        self.latent_dim = latent_dim
        self._push = forward_mode(decode, latent_dim)
        self._numbers = int(np.prod(decode(tf.zeros((1, latent_dim))).shape[1:]))

    def at(
        self,
        points: NDArray[np.floating],
        directions: NDArray[np.floating] | None = None,
        control: Control | None = None,
        on_done: Callable[[int], None] = lambda _points: None,
    ) -> Floats:
        """The metric at latent points.

        Args:
            points: [n, d].
            directions: [k, d]; None for the latent axes, k = d.
            control: holds or ends it between two batches.
            on_done: told, after each batch, how many points it had.

        Returns:
            [n, k, k]: B G Bᵀ for directions B, mean squared intensities by squared latent unit.

        Raises:
            Stopped: it was told to.
        """
        along = np.eye(self.latent_dim) if directions is None else directions
        at_once = int(np.clip(_MOST_NUMBERS // (self._numbers * len(along)), 1, MOST_AT_ONCE))
        found = [np.zeros((0, len(along), len(along)))]
        for some in batches(points, at_once, control):
            columns = [self._push(some, _alike(direction, len(some)))[1] for direction in along]
            jacobian = tf.reshape(tf.stack(columns, axis=1), (len(some), len(along), -1))
            gram = tf.matmul(jacobian, jacobian, transpose_b=True) / self._numbers
            found.append(gram.numpy().astype(np.float64))
            on_done(len(some))
        return np.concatenate(found)


def forward_mode(function: Decode, latent_dim: int) -> Any:
    """(points, tangents), [n, d] each → the function's values, and how they change along the tangents."""

    def push(points: tf.Tensor, tangents: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.autodiff.ForwardAccumulator(points, tangents) as accumulator:
            values = function(points)
        return values, accumulator.jvp(values, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    wanted = tf.TensorSpec((None, latent_dim), tf.float32)
    return tf.function(push, input_signature=[wanted, wanted], autograph=False)


def hold(control: Control | None) -> None:
    """Wait while held; raises :class:`Stopped` when told to stop."""
    if control is not None:
        control.wait_while_held()
        if control.should_stop:
            raise Stopped


def batches(
    points: NDArray[np.floating], at_once: int, control: Control | None
) -> Iterator[NDArray[np.float32]]:
    """Points in batches, between which it holds."""
    for start in range(0, len(points), at_once):
        hold(control)
        yield np.asarray(points[start : start + at_once], np.float32)


def steepest(tensors: Floats) -> Floats:
    """‖J‖₂, the largest singular value of the Jacobian, [...], by metrics [..., k, k]."""
    largest: Floats = np.sqrt(np.maximum(np.linalg.eigvalsh(tensors)[..., -1], 0.0))
    return largest


def magnification(tensors: Floats) -> Floats:
    """√det G, [...], by metrics [..., k, k]: how much room of pictures a unit of latent room is."""
    grown: Floats = np.sqrt(np.maximum(np.linalg.det(tensors), 0.0))
    return grown


def in_sigmas(tensors: Floats, sigmas: NDArray[np.floating]) -> Floats:
    """Metrics [n, d, d] by squared σ instead of squared latent unit: those of J diag(σ), σ being [d]."""
    scaled: Floats = tensors * sigmas[:, None] * sigmas
    return scaled


def _alike(direction: NDArray[np.floating], count: int) -> NDArray[np.float32]:
    return np.broadcast_to(np.asarray(direction, np.float32), (count, len(direction)))
