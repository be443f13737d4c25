"""Pythae's process in `quality`: `python -m benchmarks.quality_pythae FOLDER SECONDS EVERY SEED NETWORKS`.

Its own VAE, its own trainer, the loss that it has for such pictures (cross-entropy for grey ones; squared
error, its default, for colour), batch size and learning rate of its example for MNIST. NETWORKS is default,
the perceptrons that it takes when none are named, or convolutional, those that it has for MNIST and CelebA.
"""

import contextlib
import logging
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch  # noqa: TID253 - this process is PyTorch's
from pythae.data.datasets import BaseDataset
from pythae.models import VAE, VAEConfig
from pythae.models.nn.benchmarks import celeba, mnist
from pythae.trainers import BaseTrainer, BaseTrainerConfig
from pythae.trainers.training_callbacks import TrainingCallback

from benchmarks.child import Parent
from benchmarks.quality_judge import Floats, Judge, Stopwatch
from benchmarks.quality_pictures import Pictures

BATCH, LEARNING_RATE = 100, 1e-3
LATENT = 2


class TimeIsUpError(Exception):
    """Ends a training of pythae, which has no other way to end within an epoch."""


class Pythae:
    """Its VAE as it is now."""

    def __init__(self, vae: VAE) -> None:
        self._vae = vae

    def posterior(self, pixels: Floats) -> tuple[Floats, Floats]:
        """μ and ln σ² of pictures."""
        with torch.no_grad():
            found = self._vae.encoder(torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()))
        return found.embedding.numpy(), found.log_covariance.numpy()

    def decode(self, points: Floats) -> Floats:
        """What is drawn at points."""
        with torch.no_grad():
            drawn = self._vae.decoder(torch.from_numpy(points)).reconstruction
        return drawn.numpy().transpose(0, 2, 3, 1)


class Judging(TrainingCallback):
    """Judges between two steps, counts them, and ends the training."""

    def __init__(self, seconds: float, every: float, judge: Any) -> None:
        self._make = lambda: Stopwatch(seconds, every, judge)
        self.steps = 0

    def on_train_begin(self, training_config: BaseTrainerConfig, **_: Any) -> None:  # noqa: ARG002
        """Start the clock."""
        self.stopwatch = self._make()

    def on_train_step_end(self, training_config: BaseTrainerConfig, model: VAE, **_: Any) -> None:  # noqa: ARG002
        """After a step."""
        self.steps += 1
        if self.stopwatch.judge_if_due():
            model.train()  # it was judged with the statistics that its normalisation has gathered
        if self.stopwatch.is_over:
            raise TimeIsUpError


def build(shape: tuple[int, int, int], *, convolutional: bool) -> VAE:
    """Its VAE for pictures of ``shape`` (C, S, S)."""
    grey = shape[0] == 1
    config = VAEConfig(input_dim=shape, latent_dim=LATENT, reconstruction_loss="bce" if grey else "mse")
    if not convolutional:
        return VAE(config)
    if grey:
        return VAE(config, mnist.Encoder_Conv_VAE_MNIST(config), mnist.Decoder_Conv_AE_MNIST(config))
    return VAE(config, celeba.Encoder_Conv_VAE_CELEBA(config), celeba.Decoder_Conv_AE_CELEBA(config))


def main() -> None:
    """Train; answer with figures every so often and at the end."""
    folder, seconds, every, seed = Path(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
    parent = Parent()
    logging.disable(logging.INFO)
    torch.manual_seed(seed)
    pictures = Pictures.load(folder).without_margin()
    pixels = torch.from_numpy(pictures.train.transpose(0, 3, 1, 2).astype(np.float32) / 255.0)
    vae = build(tuple(pixels.shape[1:]), convolutional=sys.argv[5] == "convolutional")
    judge, network = Judge(pictures), Pythae(vae)

    def tell(spent: float) -> None:
        vae.eval()
        parent.answer(seconds=spent, **judge.figures(network).as_json())

    judging = Judging(seconds, every, tell)
    with tempfile.TemporaryDirectory() as scratch:
        settings = BaseTrainerConfig(
            scratch, BATCH, learning_rate=LEARNING_RATE, num_epochs=1_000_000, seed=seed, no_cuda=True
        )
        data = BaseDataset(pixels, torch.ones(len(pixels)))
        trainer = BaseTrainer(vae, data, training_config=settings, callbacks=[judging])
        with contextlib.suppress(TimeIsUpError):
            trainer.train()
    parent.answer(
        facts={
            "dead_share": judge.dead_share(network),
            "parameters": sum(weight.numel() for weight in vae.parameters()),
            "images_per_second": judging.steps * BATCH / judging.stopwatch.judged_at,
        }
    )


if __name__ == "__main__":
    main()
