"""From pixel shards to batches: the whole input pipeline, read from top to bottom.

Batches are bytes all the way to the network, which makes numbers in [0, 1] of them: a quarter of the memory
to write, to keep and to send to a GPU. A training has one pipeline for all its epochs: to begin another for
each took as long as a step or two, which is much where an epoch has thirty.
"""

import os
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.device import first_gpu
from training.errors import VaeError
from training.pixel_store import PixelStore

READERS = max((os.cpu_count() or 1) // 2, 1)  # threads; the others are the network's
_ENDLESS = np.iinfo(np.int64).max


class Batches:
    """Batches of uint8 [b, S, S, C], to be gone through once or several times.

    Args:
        places: dataset of int64 vectors, each of which stands for a batch.
        read: the batch that a vector stands for.
        shape: (S, S, C).
    """

    def __init__(
        self,
        places: tf.data.Dataset,
        read: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
        shape: tuple[int, int, int],
    ) -> None:
        self._problems: list[VaeError] = []

        def reading(place: NDArray[np.int64]) -> NDArray[np.uint8]:
            try:
                return read(place)
            except VaeError as error:  # TensorFlow would pass on its text alone, within an error of its own
                self._problems.append(error)
                raise

        def load(place: tf.Tensor) -> tf.Tensor:
            return tf.ensure_shape(tf.numpy_function(reading, [place], tf.uint8, False), (None, *shape))

        dataset = places.map(_as_is(load), num_parallel_calls=READERS, deterministic=True).prefetch(2)
        dataset = dataset.with_options(_few_threads())
        if (gpu := first_gpu()) is not None:  # a batch is there before its step begins
            dataset = dataset.apply(tf.data.experimental.prefetch_to_device(gpu, 2))
        self._dataset = dataset

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
    return Batches(places, pictures.read, pictures.shape)


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
        """Epoch, step and numbers of the pictures of each batch, [steps, 2 + b]."""
        shuffled = np.random.default_rng((seed, int(number))).permutation(np.asarray(numbers, np.int64))
        chosen = shuffled[: steps * batch_size].reshape(steps, batch_size)[:, mine]
        places = np.column_stack([np.full(steps, number), np.arange(steps), chosen])
        return places[skip:] if number == epoch else places

    def read(place: NDArray[np.int64]) -> NDArray[np.uint8]:
        pixels = pictures.read(place[2:])
        if mirror:
            # By its number, so that a resumed epoch has the flips it would have had.
            flips = np.random.default_rng((seed, *place[:2].tolist())).random(batch_size)[mine] < 0.5
            whole = pixels.view(f"V{pictures.shape[-1]}")[..., 0]  # a pixel at once: three times as fast
            whole[flips] = whole[flips, :, ::-1]
        return pixels

    def of_epoch(number: tf.Tensor) -> tf.data.Dataset:
        places = tf.numpy_function(order, [number], tf.int64, stateful=False)
        return tf.data.Dataset.from_tensor_slices(tf.ensure_shape(places, (None, 2 + mine.stop - mine.start)))

    places = tf.data.Dataset.range(epoch, _ENDLESS).flat_map(_as_is(of_epoch))
    return Batches(places, read, pictures.shape)


def _few_threads() -> tf.data.Options:
    """So that reading takes a third less of the processor, on which the network is waiting for its turn."""
    options = tf.data.Options()
    options.threading.private_threadpool_size = READERS
    options.autotune.enabled = False
    return options


def _as_is(function: Any) -> Any:
    """Traced without AutoGraph, which would read its source, and a frozen program has none."""
    return tf.autograph.experimental.do_not_convert(function)
