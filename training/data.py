"""From pixel shards to batches: the whole input pipeline, read from top to bottom."""

from collections import deque
from collections.abc import Generator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from training.backend import tf
from training.pixel_store import PixelStore

READERS = 2
READ_AHEAD = 2  # batches beyond the one that is handed out


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

    Threads of Python read ahead, and not a ``tf.data.Dataset``: that one traces and optimises its graph anew
    at each epoch, which costs a small folder of pictures a tenth of its training.

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
    order = np.asarray(numbers, np.int64)
    count = -(-len(order) // batch_size)
    if shuffle_seed is not None:
        order = np.random.default_rng(shuffle_seed).permutation(order)
        count = len(order) // batch_size

    own, parts = part
    mine = slice(own * batch_size // parts, (own + 1) * batch_size // parts)

    def load(step: int) -> tf.Tensor:
        pixels = pictures.read(order[step * batch_size : (step + 1) * batch_size][mine])
        if mirror and shuffle_seed is not None:
            # By its number, so that a resumed epoch has the flips it would have had.
            flips = np.random.default_rng((*shuffle_seed, step)).random(batch_size)[mine] < 0.5
            pixels[flips] = pixels[flips, :, ::-1]
        # Bytes travel to a GPU, not floats.
        return tf.cast(pixels, tf.float32) / 255.0

    ahead: deque[Future[tf.Tensor]] = deque()
    pool = ThreadPoolExecutor(READERS, thread_name_prefix="batches")
    try:
        for step in range(skip, count):
            ahead.append(pool.submit(load, step))
            if len(ahead) > READ_AHEAD:
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
