"""From pixel shards to batches: the whole input pipeline, read from top to bottom.

Batches are bytes all the way to the network, which makes numbers in [0, 1] of them: a quarter of the memory
to write, to keep and to send to a GPU. A training has one pipeline for all its epochs: to begin another for
each took as long as a step or two, which is much where an epoch has thirty.
"""

from collections.abc import Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.errors import VaeError
from training.pixel_store import PixelStore

_ENDLESS = np.iinfo(np.int64).max


class Batches:
    """Batches of uint8 [b, S, S, C], to be gone through once or several times.

    Args:
        pictures: where the pixels are.
        places: dataset of (epoch, step, numbers of the pictures [b]).
        flip: which of a step's pictures to mirror, by epoch and step, bool [b].
    """

    def __init__(self, pictures: PixelStore, places: tf.data.Dataset, flip: Any = None) -> None:
        self._problems: list[VaeError] = []

        def read(epoch: np.int64, step: np.int64, chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
            try:
                pixels: NDArray[np.uint8] = pictures.read(chosen)
            except VaeError as error:  # TensorFlow would pass on its text alone, within an error of its own
                self._problems.append(error)
                raise
            if flip is not None:
                flips = flip(int(epoch), int(step))
                pixels[flips] = pixels[flips, :, ::-1]
            return pixels

        def load(epoch: tf.Tensor, step: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
            pixels = tf.numpy_function(read, [epoch, step, chosen], tf.uint8, stateful=False)
            return tf.ensure_shape(pixels, (None, *pictures.shape))

        self._dataset = places.map(_as_is(load), num_parallel_calls=2, deterministic=True).prefetch(2)

    def __iter__(self) -> Generator[tf.Tensor, None, None]:
        """Go through them. To be closed where that ends early.

        Raises:
            VaeError: when a shard is missing or damaged.
        """
        try:
            yield from self._dataset
        except tf.errors.OpError:
            if self._problems:
                raise self._problems[0] from None
            raise


def batches_in_order(pictures: PixelStore, numbers: NDArray[np.int64], *, batch_size: int) -> Batches:
    """All pictures with these numbers, in their order; the last batch may be smaller."""
    places = tf.data.Dataset.from_tensor_slices(np.asarray(numbers, np.int64)).batch(batch_size)
    return Batches(pictures, places.map(_as_is(lambda chosen: (np.int64(0), np.int64(0), chosen))))


def training_batches(
    pictures: PixelStore,
    numbers: NDArray[np.int64],
    *,
    batch_size: int,
    seed: int,
    mirror: bool = False,
    epoch: int = 0,
    skip: int = 0,
    part: tuple[int, int] = (0, 1),
) -> Batches:
    """Epoch after epoch without end, each in an order of its own that follows from (seed, epoch) alone.

    An epoch's last, smaller batch is left out; another epoch's order brings it back.

    Args:
        pictures: where the pixels are.
        numbers: which pictures.
        batch_size: b.
        mirror: flip each picture with probability ½.
        epoch: the first one.
        skip: batches of it to leave out, when it was interrupted after as many.
        part: (k, n) for the k-th of n equal parts of each batch.
    """
    own, parts = part
    mine = slice(own * batch_size // parts, (own + 1) * batch_size // parts)
    steps = len(numbers) // batch_size

    def order(number: np.int64) -> NDArray[np.int64]:
        shuffled = np.random.default_rng((seed, int(number))).permutation(np.asarray(numbers, np.int64))
        return shuffled[: steps * batch_size].reshape(steps, batch_size)[:, mine]

    def flip(number: int, step: int) -> NDArray[np.bool_]:
        # By its number, so that a resumed epoch has the flips it would have had.
        return np.random.default_rng((seed, number, step)).random(batch_size)[mine] < 0.5

    def of_epoch(number: tf.Tensor) -> tf.data.Dataset:
        rows = tf.numpy_function(order, [number], tf.int64, stateful=False)
        rows = tf.ensure_shape(rows, (steps, mine.stop - mine.start))
        numbered = tf.data.Dataset.from_tensor_slices(rows).enumerate()
        # Numbering before skipping tells a resumed epoch which batch is which.
        numbered = numbered.skip(tf.where(number == epoch, np.int64(skip), np.int64(0)))
        return numbered.map(_as_is(lambda step, chosen: (number, step, chosen)))

    places = tf.data.Dataset.range(epoch, _ENDLESS).flat_map(_as_is(of_epoch))
    return Batches(pictures, places, flip if mirror else None)


def _as_is(function: Any) -> Any:
    """Traced without AutoGraph, which would read its source, and a frozen program has none."""
    return tf.autograph.experimental.do_not_convert(function)
