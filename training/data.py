"""From pixel shards to batches: the whole input pipeline, read from top to bottom.

Batches are bytes all the way to the network, which makes numbers in [0, 1] of them: a quarter of the memory
to write, to keep and to send to a GPU. A training has one pipeline for all its epochs: to begin another for
each took as long as a step or two, which is much where an epoch has thirty.
"""

import math
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.device import first_gpu
from training.errors import VaeError
from training.pixel_store import PixelStore

READERS = max((os.cpu_count() or 1) // 2, 1)  # threads; the others are the network's
# Small batches are read several at a time: the way of each through TensorFlow's threads and back takes longer
# than the reading, and wakes them where the network is computing.
GROUP_BYTES = 2**20
_ENDLESS = np.iinfo(np.int64).max


class Batches:
    """Batches of uint8 [b, S, S, C], to be gone through once or several times.

    Args:
        places: dataset of int64 [k, …], of which each row stands for a batch.
        read: the batches of a group of rows, uint8 [k, b, S, S, C].
        shape: (b, S, S, C) of a batch; b is None where not all have as many pictures.
    """

    def __init__(
        self,
        places: tf.data.Dataset,
        read: Callable[[NDArray[np.int64]], NDArray[np.uint8]],
        shape: tuple[int | None, int, int, int],
    ) -> None:
        self._problems: list[VaeError] = []

        def reading(group: NDArray[np.int64]) -> NDArray[np.uint8]:
            try:
                return read(group)
            except VaeError as error:  # TensorFlow would pass on its text alone, within an error of its own
                self._problems.append(error)
                raise

        def load(group: tf.Tensor) -> tf.Tensor:
            pixels = tf.numpy_function(reading, [group], tf.uint8, False)
            return tf.ensure_shape(pixels, (None, *shape))

        dataset = places.map(_as_is(load), num_parallel_calls=READERS, deterministic=True)
        dataset = dataset.prefetch(1).unbatch().with_options(_few_threads())
        if (gpu := first_gpu()) is not None:  # a batch is there before its step begins
            dataset = dataset.apply(tf.data.experimental.prefetch_to_device(gpu, 2))
        self._dataset = dataset

    @contextmanager
    def opened(self) -> Generator[Iterator[tf.Tensor], None, None]:
        """An iterator over them, from the first.

        Raises:
            VaeError: in place of what TensorFlow says within the block of a missing or damaged shard.
        """
        self._problems.clear()
        try:
            yield iter(self._dataset)
        except tf.errors.OpError:
            if self._problems:
                raise self._problems[0] from None
            raise


def batches_in_order(pictures: PixelStore, numbers: NDArray[np.int64], *, batch_size: int) -> Batches:
    """All pictures with these numbers, in their order; the last batch may be smaller."""

    def read(group: NDArray[np.int64]) -> NDArray[np.uint8]:
        return pictures.read(group.ravel()).reshape(*group.shape, *pictures.shape)

    places = tf.data.Dataset.from_tensor_slices(np.asarray(numbers, np.int64)).batch(batch_size).batch(1)
    return Batches(places, read, (None, *pictures.shape))


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
    own_size = mine.stop - mine.start
    steps = len(numbers) // batch_size

    def order(number: np.int64) -> NDArray[np.int64]:
        """Epoch, step and numbers of the pictures of each batch, [steps, 2 + b]."""
        shuffled = np.random.default_rng((seed, int(number))).permutation(np.asarray(numbers, np.int64))
        chosen = shuffled[: steps * batch_size].reshape(steps, batch_size)[:, mine]
        places = np.column_stack([np.full(steps, number), np.arange(steps), chosen])
        return places[skip:] if number == epoch else places

    def read(group: NDArray[np.int64]) -> NDArray[np.uint8]:
        chosen = group[:, 2:]
        pixels = pictures.read(chosen.ravel())
        if mirror:
            # By epoch and step, so that a resumed epoch has the flips it would have had.
            chances = [
                np.random.default_rng((seed, *row)).random(batch_size)[mine] for row in group[:, :2].tolist()
            ]
            flips = np.concatenate(chances) < 0.5
            whole = pixels.view(f"V{pictures.shape[-1]}")[..., 0]  # a pixel at once: three times as fast
            whole[flips] = whole[flips, :, ::-1]
        return pixels.reshape(*chosen.shape, *pictures.shape)

    def of_epoch(number: tf.Tensor) -> tf.data.Dataset:
        places = tf.numpy_function(order, [number], tf.int64, stateful=False)
        rows = tf.data.Dataset.from_tensor_slices(tf.ensure_shape(places, (None, 2 + own_size)))
        return rows.batch(max(GROUP_BYTES // (own_size * math.prod(pictures.shape)), 1))

    places = tf.data.Dataset.range(epoch, _ENDLESS).flat_map(_as_is(of_epoch))
    return Batches(places, read, (own_size, *pictures.shape))


def _few_threads() -> tf.data.Options:
    """So that reading takes a third less of the processor, on which the network is waiting for its turn."""
    options = tf.data.Options()
    options.threading.private_threadpool_size = READERS
    options.autotune.enabled = False
    return options


def _as_is(function: Any) -> Any:
    """Traced without AutoGraph, which would read its source, and a frozen program has none."""
    return tf.autograph.experimental.do_not_convert(function)
