"""The process of Keras' example in `quality`: `python -m benchmarks.quality_keras FOLDER SECONDS EVERY SEED`.

The network, the loss, the optimiser and the batch size of "Variational AutoEncoder" at keras.io, with
`Model.fit`; for colour its sums run over the channels too, which the example has only one of.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.child import Parent
from benchmarks.quality_judge import Floats, Judge, Stopwatch
from benchmarks.quality_pictures import Pictures
from training.backend import keras, layers, tf
from training.objective import kl_terms

BATCH = 128
LATENT = 2


class Example(keras.Model):
    """The example's VAE for pictures of ``shape`` (S, S, C)."""

    def __init__(self, shape: tuple[int, int, int]) -> None:
        super().__init__()
        side, channels = shape[0] // 4, shape[2]
        picture = keras.Input(shape)
        features = layers.Conv2D(32, 3, 2, "same", activation="relu")(picture)
        features = layers.Conv2D(64, 3, 2, "same", activation="relu")(features)
        features = layers.Dense(16, activation="relu")(layers.Flatten()(features))
        self.encoder = keras.Model(picture, [layers.Dense(LATENT)(features), layers.Dense(LATENT)(features)])
        point = keras.Input((LATENT,))
        features = layers.Dense(side * side * 64, activation="relu")(point)
        features = layers.Reshape((side, side, 64))(features)
        features = layers.Conv2DTranspose(64, 3, 2, "same", activation="relu")(features)
        features = layers.Conv2DTranspose(32, 3, 2, "same", activation="relu")(features)
        drawn = layers.Conv2DTranspose(channels, 3, padding="same", activation="sigmoid")(features)
        self.decoder = keras.Model(point, drawn)
        self.noise = keras.random.SeedGenerator()
        self.posterior = tf.function(self.encoder, autograph=False, reduce_retracing=True)
        self._draw = tf.function(self.decoder, autograph=False, reduce_retracing=True)
        self.built = True

    def train_step(self, data: tf.Tensor) -> dict[str, tf.Tensor]:
        """One step on a batch."""
        with tf.GradientTape() as tape:
            mean, log_variance = self.encoder(data, training=True)
            noise = keras.random.normal(tf.shape(mean), seed=self.noise)
            drawn = self.decoder(mean + tf.exp(0.5 * log_variance) * noise, training=True)
            # Keras averages over the last axis.
            crossed = data.shape[-1] * keras.losses.binary_crossentropy(data, drawn)
            kl_mean, kl_variance = kl_terms(mean, log_variance)
            loss = tf.reduce_mean(tf.reduce_sum(crossed, axis=(1, 2)) + kl_mean + kl_variance)
        weights = self.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))
        return {"loss": loss}

    def decode(self, points: Floats) -> Floats:
        """What is drawn at points."""
        return self._draw(points).numpy()


class Judging(keras.callbacks.Callback):
    """Judges between two steps, counts them, and ends the training."""

    def __init__(self, stopwatch: Stopwatch) -> None:
        super().__init__()
        self.stopwatch = stopwatch
        self.steps = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras' signature
        """After a step."""
        self.steps += 1
        self.stopwatch.judge_if_due()
        self.model.stop_training = self.stopwatch.is_over


def main() -> None:
    """Train; answer with figures every so often and at the end."""
    folder, seconds, every, seed = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    parent = Parent()
    keras.utils.set_random_seed(seed)
    pictures = Pictures.load(folder).without_margin()
    judge, example = Judge(pictures), Example(pictures.train.shape[1:])
    example.compile(optimizer=keras.optimizers.Adam(), jit_compile=False)
    pixels = pictures.train.astype(np.float32) / 255.0

    def tell(spent: float) -> None:
        parent.answer(seconds=spent, **judge.figures(example).as_json())

    judging = Judging(Stopwatch(seconds, every, tell))
    example.fit(pixels, batch_size=BATCH, epochs=1_000_000, verbose=0, callbacks=[judging])
    parameters = sum(int(np.prod(weight.shape)) for weight in example.trainable_variables)
    parent.answer(
        facts={
            "dead_share": judge.dead_share(example),
            "parameters": parameters,
            "images_per_second": judging.steps * BATCH / judging.stopwatch.judged_at,
        }
    )


if __name__ == "__main__":
    main()
