"""Training: the loop, its clock, its checkpoints.

The loop is ours and not ``Model.fit`` because it must yield between two steps while a handle is dragged,
stop within a step, end after a given time, and resume in the middle of an epoch to the same history.
"""

import math
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.config import Likelihood, ModelConfig, TrainConfig, automatic_likelihood
from training.data import batches
from training.errors import VaeError
from training.events import Control, EpochRecord, RunResult, Snapshot, Terms, TrainProgress
from training.latent import AVERAGE_PREFIX
from training.model import VAE, initial_pixel_variance
from training.pixel_store import PixelStore
from training.project import Project
from training.run import (
    BEST_FILE,
    LATEST_FILE,
    POSTERIORS_FILE,
    Run,
    checked,
    latest_run,
    load_tensors,
    save_tensors,
)

CHECKPOINT_SECONDS = 45.0  # what a crash may cost stays below a minute
PROGRESS_SECONDS = 0.2
SNAPSHOT_SECONDS = 1.0
SNAPSHOT_SHARE = 0.05  # of the training time may go into snapshots
AVERAGE_DECAY = 0.998
KL_WARM_UP_STEPS = 500
KL_WARM_UP_SHARE = 0.08
RATE_WARM_UP_STEPS = 100
LAST_RATE = 0.02  # of the learning rate is left at the end of a training with an end
EVALUATE_BATCH = 64
STOP_SECONDS = 2.0  # a stop may spend on the final figures

OnTraining = Callable[[TrainProgress | EpochRecord | Snapshot], None]


class TrainingDivergedError(VaeError):
    """The loss stopped being a number."""


def start_run(
    project: Project,
    training: TrainConfig,
    *,
    latent_dim: int = 2,
    likelihood: Likelihood | None = None,
) -> Run:
    """Make a new run for the project's pictures."""
    image_format = project.image_format
    if image_format is None:
        raise VaeError("This project has no pictures yet.", advice="Import a folder first.")
    likelihood = likelihood or automatic_likelihood(image_format.channels)
    model = ModelConfig(image_format.size, image_format.channels, latent_dim, likelihood)
    return Run.create(project.runs_folder, model, training)


def resume_run(project: Project) -> Run:
    """The project's newest run, to go on with.

    Raises:
        VaeError: when there is none, or the pictures were imported at another size since.
    """
    run = latest_run(project.runs_folder)
    if run is None:
        raise VaeError("There is no training to resume.", advice="Start one without --resume.")
    if not fits(run, project):
        raise VaeError(
            "The pictures were imported at another size since this training.",
            kept="The training is kept.",
            advice="Start a new training.",
        )
    return run


def fits(run: Run, project: Project) -> bool:
    """Whether the project's pictures are as large and as colourful as the run's."""
    image_format = project.image_format
    return image_format is not None and image_format.shape == run.model.shape


def train(
    project: Project,
    run: Run,
    on_progress: OnTraining = lambda _: None,
    control: Control | None = None,
    *,
    length: TrainConfig | None = None,
    snapshot_pictures: int = 0,
) -> RunResult:
    """Train a run until its length is reached or it is told to stop, from its checkpoint if it has one.

    Args:
        length: train for this config's epochs or minutes from now on (its other settings are ignored);
            None for what is left of the run's own length.
        on_progress: told of progress, of every epoch, and of snapshots.
        control: how another thread stops, pauses or gates the training.
        snapshot_pictures: how many pictures a snapshot encodes; 0 for no snapshots.

    Raises:
        VaeError: too few pictures, or not enough memory.
        TrainingDivergedError: when the loss stopped being a number; the last finite weights are kept.
    """
    pictures = project.pictures()
    if length is not None:
        settings = replace(run.training, epochs=length.epochs, minutes=length.minutes)
        run = replace(run, training=settings)
        run.save_config()
    try:
        trainer = Trainer(run, pictures, on_progress, control or Control(), snapshot_pictures)
        if length is not None:
            trainer.begin_length()
        return trainer.train()
    except (tf.errors.ResourceExhaustedError, MemoryError) as error:
        size = run.training.batch_size_for(len(pictures))
        raise VaeError(
            f"There is not enough memory for batches of {size:,} pictures of {run.model.size} pixels.",
            kept=f"The training so far is kept in {run.path.name}.",
            advice=f"Try a batch size of {max(size // 2, 1):,}, or a smaller picture size.",
        ) from error


class Trainer:
    """The state of one training and what is done with it; see :func:`train`."""

    def __init__(
        self,
        run: Run,
        pictures: PixelStore,
        on_progress: OnTraining,
        control: Control,
        snapshot_pictures: int,
    ) -> None:
        self.run = run
        self.pictures = pictures
        self.control = control
        self.on_progress = on_progress
        self.train_numbers = np.flatnonzero(~pictures.held_out)
        self.held_out_numbers = np.flatnonzero(pictures.held_out)
        if len(self.train_numbers) == 0:
            raise VaeError("This project has no pictures to learn from.", advice="Import a folder first.")
        self.batch_size = run.training.batch_size_for(len(self.train_numbers))
        self.steps_per_epoch = len(self.train_numbers) // self.batch_size
        self.sample = _evenly(len(pictures), snapshot_pictures)
        self._build(run)
        self.step = 0
        self.epoch = 0  # complete epochs
        self.step_in_epoch = 0
        self.seconds = 0.0  # of this run in earlier sessions and this one, pauses left out
        self.origin = (0, 0.0)  # steps and seconds at which the current length began
        self.best = math.inf
        self.snapshots = 0
        self._restore()

    def _build(self, run: Run) -> None:
        self.vae = VAE(run.model, run.training.seed)
        self.average = VAE(run.model, run.training.seed)  # slowly follows, and is what is shown and judged
        self.vae.compile(optimizer=keras.optimizers.Adam(run.training.learning_rate), jit_compile=False)
        self.vae.optimizer.build(self.vae.trainable_variables)
        if run.model.likelihood == "gaussian":
            sample = self.pictures.read(_evenly(len(self.pictures), 256))
            for vae in (self.vae, self.average):
                vae.pixel_variance.assign(initial_pixel_variance(sample))
        self._take_step = tf.function(self._step, autograph=False, reduce_retracing=True)
        self._test_step = tf.function(self.average.test_step, autograph=False, reduce_retracing=True)
        self._posterior = tf.function(self.average.posterior, autograph=False, reduce_retracing=True)

    def _step(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        logs = self.vae.train_step(pixels)
        steps = tf.cast(self.vae.optimizer.iterations, tf.float32)
        decay = tf.minimum(AVERAGE_DECAY, (1.0 + steps) / (10.0 + steps))
        named = self.vae.named_weights()
        for name, average in self.average.named_weights().items():
            average.assign_add((1.0 - decay) * (named[name] - average))
        return logs

    # ------------------------------------------------------------------ the loop

    def train(self) -> RunResult:
        """Train to the end; whatever ends it, what was learnt is saved."""
        if not self.run.has_weights():
            self._save()
        self._started = self._tick = self._saved = self._reported = self._shown = time.monotonic()
        self._session_images, session_start, finite = 0, self.seconds, True
        while finite and not self._is_over() and not self.control.should_stop:
            finite = self._epoch()
        stopped = self.control.should_stop and not self._is_over()
        self._save()
        held_out = self._last_figures()
        if not finite:
            raise TrainingDivergedError(
                f"The training stopped after {self.step:,} steps: the loss was no longer a number.",
                kept=f"The last good weights are kept in {self.run.path.name}.",
                advice=f"Try a lower learning rate than {self.run.training.learning_rate:g}.",
            )
        seconds = max(self.seconds - session_start, 1e-9)
        return RunResult(
            self.run.path,
            stopped,
            self.epoch,
            self.seconds,
            self._session_images / seconds,
            held_out,
            tuple(self.run.history()),
        )

    def _epoch(self) -> bool:
        """Train until the epoch, the training or the user's patience ends. Returns False on divergence."""
        data = batches(
            self.pictures,
            self.train_numbers,
            batch_size=self.batch_size,
            shuffle_seed=(self.run.training.seed, self.epoch),
            mirror=self.run.training.mirror,
            skip=self.step_in_epoch,
        )
        for pixels in data:
            self._wait_while_held()
            if self.control.should_stop or self._is_over():
                return True
            self._schedule()
            loss = float(self._take_step(pixels)["loss"])
            if not math.isfinite(loss):
                self.vae.reset_metrics()
                return False
            self.step += 1
            self.step_in_epoch += 1
            self._session_images += len(pixels)
            self._clock()
            self._report(loss)
        self._end_epoch()
        return True

    def _end_epoch(self) -> None:
        train = _terms(self.vae)
        self.vae.reset_metrics()
        self.epoch, self.step_in_epoch = self.epoch + 1, 0
        held_out = self._evaluate()
        self._keep_if_best(held_out or train)
        self._clock()
        record = EpochRecord(self.epoch, self.step, self.seconds, train, held_out)
        self.run.append_history(record)
        self.on_progress(record)

    def _is_over(self) -> bool:
        return self._share_done() >= 1.0

    def _share_done(self) -> float:
        """How much of the training's length is behind: of the steps, of the time, or 0 without an end."""
        length, (first_step, first_second) = self.run.training, self.origin
        if length.epochs is not None:
            return (self.step - first_step) / (length.epochs * self.steps_per_epoch)
        if length.minutes is not None:
            return (self.seconds - first_second) / (60.0 * length.minutes)
        return 0.0

    def _schedule(self) -> None:
        """Cosine learning rate where the end is known, and the KL's warm-up at the very start."""
        share = self._share_done()
        rate = LAST_RATE + (1.0 - LAST_RATE) * 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))
        rate *= min(1.0, (self.step - self.origin[0] + 1) / RATE_WARM_UP_STEPS)
        self.vae.optimizer.learning_rate.assign(self.run.training.learning_rate * rate)
        first_length = self.origin == (0, 0.0)
        warmed = max((self.step + 1) / KL_WARM_UP_STEPS, share / KL_WARM_UP_SHARE if first_length else 1.0)
        self.vae.kl_weight.assign(min(1.0, warmed))

    # ------------------------------------------------------------------ figures

    def _evaluate(self, seconds: float = math.inf) -> Terms | None:
        """Held-out figures of the averaged weights; None without such pictures or in the given time."""
        if len(self.held_out_numbers) == 0:
            return None
        deadline = time.monotonic() + seconds
        # The same noise each time: figures then differ by the weights alone.
        self.average.noise.state.assign(self._first_noise)
        self.average.reset_metrics()
        for pixels in batches(self.pictures, self.held_out_numbers, batch_size=EVALUATE_BATCH):
            self._test_step(pixels)
            if time.monotonic() > deadline:
                return None
        return _terms(self.average)

    def _last_figures(self) -> Terms | None:
        """Figures of the final weights, which may come after the last epoch's."""
        history = self.run.history()
        if self.step_in_epoch == 0 and history:
            return history[-1].held_out
        if self.step == 0:
            return None
        held_out = self._evaluate(STOP_SECONDS if self.control.should_stop else math.inf)
        if held_out is not None:
            self._keep_if_best(held_out)
        return held_out

    def _keep_if_best(self, terms: Terms) -> None:
        if terms.elbo < self.best:
            self.best = terms.elbo
            notes = {"step": self.step, "epoch": self.epoch, "figures": terms.as_json()}
            save_tensors(self.run.path / BEST_FILE, _values(self.average.named_weights()), notes)
            (self.run.path / POSTERIORS_FILE).unlink(missing_ok=True)  # they belong to the earlier weights

    # ------------------------------------------------------------------ time

    def _clock(self) -> None:
        now = time.monotonic()
        self.seconds += now - self._tick
        self._tick = now

    def _wait_while_held(self) -> None:
        if self.control.is_paused and not self.control.should_stop:
            self._save()
        if self.control.wait_while_held():
            self._tick = time.monotonic()  # waiting is not training

    def _report(self, loss: float) -> None:
        now = time.monotonic()
        if now - self._reported >= PROGRESS_SECONDS or self.step == 1:
            self._reported = now
            self.on_progress(self._progress(loss))
        if now - self._saved >= CHECKPOINT_SECONDS:
            self._save()
        if len(self.sample) and now >= self._shown:
            self._snapshot()
            took = time.monotonic() - now
            self._shown = now + max(SNAPSHOT_SECONDS, took / SNAPSHOT_SHARE)

    def _progress(self, loss: float) -> TrainProgress:
        share, left = self._share_done(), None
        if share > 0:
            done = self.seconds - self.origin[1]
            left = max(done / share - done, 0.0)
        spent = max(time.monotonic() - self._started, 1e-9)
        rate = self._session_images / min(spent, max(self.seconds, 1e-9))
        return TrainProgress(
            epoch=self.epoch + 1,
            step=self.step,
            step_in_epoch=self.step_in_epoch,
            steps_per_epoch=self.steps_per_epoch,
            seconds=self.seconds,
            seconds_left=left,
            images_per_second=rate,
            loss=loss,
        )

    def _snapshot(self) -> None:
        self.snapshots += 1
        means, sigmas = [], []
        for start in range(0, len(self.sample), EVALUATE_BATCH):
            pixels = self.pictures.read(self.sample[start : start + EVALUATE_BATCH])
            mean, log_variance = self._posterior(tf.cast(pixels, tf.float32) / 255.0)
            means.append(mean.numpy())
            sigmas.append(np.exp(0.5 * log_variance.numpy()))
        self.on_progress(
            Snapshot(
                self.snapshots,
                self.step,
                _values(self.average.named_weights()),
                self.sample,
                np.concatenate(means),
                np.concatenate(sigmas),
            )
        )

    # ------------------------------------------------------------------ checkpoints

    def _variables(self) -> dict[str, Any]:
        """Everything that a resumed training must have back, by name."""
        named = {f"model/{name}": v for name, v in self.vae.named_weights().items()}
        named |= {AVERAGE_PREFIX + name: v for name, v in self.average.named_weights().items()}
        named |= {f"optimizer/{v.path}": v for v in self.vae.optimizer.variables}
        named |= {f"metric/{m.name}/{v.name}": v for m in self.vae.metrics for v in m.variables}
        return named | {"noise": self.vae.noise.state}

    def _save(self) -> None:
        notes = {
            "step": self.step,
            "epoch": self.epoch,
            "step_in_epoch": self.step_in_epoch,
            "batch_size": self.batch_size,
            "pictures": len(self.train_numbers),
            "seconds": self.seconds,
            "origin": self.origin,
            "best": None if math.isinf(self.best) else self.best,
        }
        save_tensors(self.run.path / LATEST_FILE, _values(self._variables()), notes)
        self._saved = time.monotonic()

    def _restore(self) -> None:
        """Take up the run's checkpoint, if it has one."""
        self._first_noise = self.average.noise.state.numpy()
        if not self.run.has_weights():
            return
        tensors, notes = load_tensors(self.run.path / LATEST_FILE)
        variables = self._variables()
        wanted = {name: (tuple(v.shape), str(v.dtype)) for name, v in variables.items()}
        for name, value in checked(tensors, wanted).items():
            variables[name].assign(value)
        self.step, self.epoch, self.step_in_epoch = notes["step"], notes["epoch"], notes["step_in_epoch"]
        self.seconds, self.origin = notes["seconds"], tuple(notes["origin"])
        self.best = math.inf if notes["best"] is None else notes["best"]
        if (notes["batch_size"], notes["pictures"]) != (self.batch_size, len(self.train_numbers)):
            self.step_in_epoch = 0  # other pictures or batches: the interrupted epoch begins again
            self.vae.reset_metrics()

    def begin_length(self) -> None:
        """Count the run's length from here on."""
        self.origin = (self.step, self.seconds)


def _values(variables: dict[str, Any]) -> dict[str, Any]:
    # np.array copies: on CPUs .numpy() may share memory with the variable that the next step changes.
    return {name: np.array(variable.numpy()) for name, variable in variables.items()}


def _terms(vae: VAE) -> Terms:
    return Terms(
        float(vae.reconstruction_mean.result()),
        float(vae.kl_mean_mean.result()),
        float(vae.kl_variance_mean.result()),
    )


def _evenly(count: int, wanted: int) -> np.ndarray:
    """Up to ``wanted`` of ``count`` numbers, evenly spread, int64."""
    return np.unique(np.linspace(0, count - 1, min(wanted, count)).astype(np.int64))
