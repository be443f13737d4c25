"""From pixel shards to batches: the whole input pipeline, read from top to bottom."""

from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.errors import VaeError
from training.pixel_store import PixelStore


def batches(
    pictures: PixelStore,
    numbers: NDArray[np.int64],
    *,
    batch_size: int,
    shuffle_seed: tuple[int, int] | None = None,
    mirror: bool = False,
    skip: int = 0,
    part: tuple[int, int] = (0, 1),
) -> Generator[tf.Tensor, None, None]:
    """Batches of float32 [b, S, S, C] in [0, 1] of the pictures with these numbers.

    Args:
        pictures: where the pixels are.
        numbers: which pictures.
        batch_size: b; a training's last, smaller batch is left out (another shuffle brings it back).
        shuffle_seed: (seed, epoch) to shuffle by and drop the remainder; None keeps the order and all.
        mirror: flip each picture with probability ½.
        skip: batches to leave out at the start, when an interrupted epoch is taken up again.
        part: (k, n) for the k-th of n equal parts of each batch, which must be a training's.

    Raises:
        VaeError: from the iterator, when a shard is missing or damaged.
    """
    training = shuffle_seed is not None
    order = np.asarray(numbers, np.int64)
    if shuffle_seed is not None:
        order = np.random.default_rng(shuffle_seed).permutation(order)

    own, parts = part
    mine = slice(own * batch_size // parts, (own + 1) * batch_size // parts)
    problems: list[VaeError] = []

    def read(step: np.int64, chosen: NDArray[np.int64]) -> NDArray[np.uint8]:
        try:
            pixels: NDArray[np.uint8] = pictures.read(chosen[mine])
        except VaeError as error:  # TensorFlow would pass on its text alone, within an error of its own
            problems.append(error)
            raise
        if mirror and shuffle_seed is not None:
            # By its number, so that a resumed epoch has the flips it would have had.
            flips = np.random.default_rng((*shuffle_seed, int(step))).random(batch_size)[mine] < 0.5
            pixels[flips] = pixels[flips, :, ::-1]
        return pixels

    def load(step: tf.Tensor, chosen: tf.Tensor) -> tf.Tensor:
        pixels = tf.numpy_function(read, [step, chosen], tf.uint8, stateful=False)
        return tf.cast(tf.ensure_shape(pixels, (None, *pictures.shape)), tf.float32) / 255.0

    dataset = tf.data.Dataset.from_tensor_slices(order)
    dataset = dataset.batch(batch_size, drop_remainder=training)
    # Numbering before skipping tells a resumed epoch which batch is which.
    dataset = dataset.enumerate().skip(skip)
    # AutoGraph would read the source of `load`, which a frozen program does not have.
    traced_as_is = tf.autograph.experimental.do_not_convert(load)
    dataset = dataset.map(traced_as_is, num_parallel_calls=2, deterministic=True)
    try:
        yield from dataset.prefetch(2)
    except tf.errors.OpError:
        if problems:
            raise problems[0] from None
        raise
