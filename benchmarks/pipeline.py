"""Input pipeline: training steps per second fed by tf.data, against the same step on one batch in memory.

Does the training ever wait for its pictures? At 1.00 it never does; the figure to reach is 0.95. The pictures
are mirrored at random, which is the pipeline's dearest setting. Each size has its own process,
`python -m benchmarks.pipeline SIZE`, within which the two kinds of turn alternate on the same compiled step.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.child import Child, Parent
from benchmarks.result import Options, Result, of_turns
from benchmarks.scratch import make_store
from training.config import ModelConfig, TrainConfig
from training.pixel_store import PixelStore

SECONDS, ROUNDS, SIZES, REACH = 4.0, 5, (32, 64, 128), 0.95
WARM_UP_STEPS = 3


def measure(options: Options) -> list[Result]:
    """One ratio a size."""
    return [_measure_size(size, options.seconds or SECONDS) for size in options.sizes or SIZES]


def _measure_size(size: int, seconds: float) -> Result:
    rates: dict[str, list[float]] = {"pipeline": [], "constant": []}
    with Child("benchmarks.pipeline", str(size)) as child:
        batch = child.answer()["batch"]
        for _ in range(ROUNDS):
            for kind, found in rates.items():
                found.append(child.ask(kind=kind, seconds=seconds)["steps_per_second"])
    ratios = [fed / constant for fed, constant in zip(rates["pipeline"], rates["constant"], strict=True)]
    details = {f"{kind} steps/s": float(np.median(found)) for kind, found in rates.items()}
    return of_turns(
        f"pipeline, {size} px", "a constant batch", ratios, reach=REACH, details=details | {"batch": batch}
    )


def _fed(store: PixelStore, batch_size: int) -> Iterator[Any]:
    """Batches for ever, epoch after epoch, as the Trainer makes them."""
    from training.data import batches

    epoch = 0
    while True:
        yield from batches(
            store, np.arange(len(store)), batch_size=batch_size, shuffle_seed=(0, epoch), mirror=True
        )
        epoch += 1


def _serve(size: int) -> None:
    from training.backend import keras, tf
    from training.model import VAE

    parent = Parent()
    with tempfile.TemporaryDirectory() as folder:
        store = make_store(Path(folder), size)
        batch_size = TrainConfig().batch_size_for(len(store))
        vae = VAE(ModelConfig(size, 3, likelihood="gaussian"))
        vae.compile(optimizer=keras.optimizers.Adam(1e-3), jit_compile=False)
        vae.optimizer.build(vae.trainable_variables)
        step = tf.function(vae.train_step, autograph=False, reduce_retracing=True)
        fed = _fed(store, batch_size)
        constant = next(fed)
        for _ in range(WARM_UP_STEPS):
            step(constant)
        parent.answer(batch=batch_size)
        for command in parent.commands():
            start, steps = time.perf_counter(), 0
            while (seconds := time.perf_counter() - start) < command["seconds"]:
                float(step(next(fed) if command["kind"] == "pipeline" else constant)["loss"])
                steps += 1
            parent.answer(steps_per_second=steps / seconds)


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
