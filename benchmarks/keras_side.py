"""Our Trainer's process in `training_speed`: `python -m benchmarks.keras_side FOLDER SIZE`.

The whole path is timed: shards, tf.data, the step with its finiteness check, the averaged weights, the
metrics, progress and the ends of epochs. Only the checkpoints are left out: they come once in 45 seconds of
real time, which here is mostly other processes' turns, and would count many times over.
"""

import json
import math
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

import training.fit
from benchmarks.child import Parent
from benchmarks.plan import parts_of
from benchmarks.scratch import make_store
from training.backend import tf
from training.config import ModelConfig, TrainConfig
from training.events import Control
from training.fit import Trainer
from training.model import VAE
from training.objective import gaussian_nll
from training.pixel_store import PixelStore
from training.run import Run

WARM_UP_STEPS = 3


class Turns(Control):
    """Holds the training between two turns: the Trainer asks at each step boundary whether to wait."""

    def __init__(self, parent: Parent, batch_size: int) -> None:
        super().__init__()
        self._parent = parent
        self._commands = parent.commands()
        self._batch_size = batch_size
        self._steps = -1
        self._until = WARM_UP_STEPS
        self._seconds = 0.0
        self._start = 0.0

    def wait_while_held(self) -> bool:
        """Count a step; at the end of a turn, report it and wait for the next one."""
        self._steps += 1
        spent = time.perf_counter() - self._start
        if spent < self._seconds or self._steps < self._until:
            return False
        self._parent.answer(images_per_second=self._steps * self._batch_size / spent)
        command = next(self._commands, None)
        if command is None:
            self.stop()
            return True
        self._seconds, self._until = command["seconds"], 1
        self._start, self._steps = time.perf_counter(), 0
        return True


def main() -> None:
    """Write what the twin needs, then train in turns."""
    folder, size = Path(sys.argv[1]), int(sys.argv[2])
    parent = Parent()
    training.fit.CHECKPOINT_SECONDS = math.inf
    store = make_store(folder, size)
    config = ModelConfig(size, 3, likelihood="gaussian")
    batch_size = TrainConfig().batch_size_for(len(store))
    run = Run.create(folder / "runs", config, TrainConfig(batch_size=batch_size))
    write_reference(folder / "reference.npz", config, store, batch_size)
    control = Turns(parent, batch_size)
    trainer = Trainer(run, store, lambda _: None, control, 0)
    parameters = sum(int(np.prod(weight.shape)) for weight in trainer.learner.vae.trainable_variables)
    parent.answer(parameters=parameters, batch_size=batch_size)
    trainer.train()


def write_reference(file: Path, config: ModelConfig, store: PixelStore, batch_size: int) -> None:
    """The network's plan and weights, and what it makes of a few pictures."""
    vae = VAE(config, seed=1)
    random = np.random.default_rng(1)
    for weight in vae.trainable_variables:
        # The weights that start at zero would hide a mistake behind them.
        weight.assign_add(random.normal(0.0, 0.02, weight.shape).astype(np.float32))
    batch = store.read(range(batch_size)).astype(np.float32) / 255.0
    pixels, noise = batch[:8], random.normal(size=(8, config.latent_dim)).astype(np.float32)
    networks = {net.name: parts_of(net.layers) for net in (vae.encoder, vae.decoder)}
    plan = {name: [part.to_json() for part in parts] for name, parts in networks.items()}
    arrays: dict[str, Any] = {f"weights/{name}": v.numpy() for name, v in vae.named_weights().items()}
    arrays |= {"plan": json.dumps(plan), "batch": batch, "pixels": pixels, "noise": noise}
    np.savez(file, **arrays, **_outputs(vae, tf.constant(pixels), tf.constant(noise)))


def _outputs(vae: VAE, pixels: tf.Tensor, noise: tf.Tensor) -> dict[str, Any]:
    posterior = vae.posterior(pixels, training=True)
    logits = vae.decoder(posterior.sample(noise), training=True)
    kl_mean, kl_variance = posterior.kl_terms()
    loss = tf.reduce_mean(gaussian_nll(pixels, logits, vae.pixel_variance.value) + kl_mean + kl_variance)
    return {
        "posterior": tf.concat([posterior.mean, posterior.log_variance()], axis=1).numpy(),
        "logits": vae.decoder(noise).numpy(),
        "loss": loss.numpy(),
    }


if __name__ == "__main__":
    main()
