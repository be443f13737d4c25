"""Training: the loop and its clock.

The loop is ours and not ``Model.fit`` because it must yield between two steps while a handle is dragged,
stop within a step, end after a given time, and resume in the middle of an epoch to the same history.
"""

import hashlib
import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from training.backend import tf
from training.checkpoint import Checkpoint, Counters, copied
from training.config import TrainConfig
from training.data import batches
from training.errors import VaeError
from training.events import Control, EpochRecord, RunResult, Snapshot, Terms, TrainProgress
from training.latent import posteriors_of
from training.learner import Learner
from training.model import VAE
from training.pixel_store import PixelStore, evenly
from training.project import Project
from training.run import INITIAL_FILE, Run
from training.schedule import kl_weight, learning_rate, share_done
from training.tensors import load_tensors

CHECKPOINT_SECONDS = 45.0  # what a crash may cost stays below a minute
PROGRESS_SECONDS = 0.2
SNAPSHOT_SECONDS = 1.0
SNAPSHOT_SHARE = 0.05  # of the training time may go into snapshots
EVALUATE_BATCH = 64
STOP_SECONDS = 2.0  # may go into figures after a stop
RECENT_SECONDS = 3.0  # a stop during the figures saves, unless it was saved within these

OnTraining = Callable[[TrainProgress | EpochRecord | Snapshot], None]


class TrainingDivergedError(VaeError):
    """The loss stopped being a number."""


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
        VaeError: no pictures to learn from, a checkpoint that cannot be used, or not enough memory.
        TrainingDivergedError: when the loss stopped being a number; the last finite weights are kept.
    """
    pictures = project.pictures()
    if length is not None:
        settings = replace(run.training, epochs=length.epochs, minutes=length.minutes)
        run = replace(run, training=settings)
    try:
        trainer = Trainer(run, pictures, on_progress, control or Control(), snapshot_pictures)
        if length is not None:
            trainer.begin_length()
        return trainer.train()
    except (tf.errors.OpError, MemoryError) as error:
        if isinstance(error, tf.errors.OpError) and not _is_out_of_memory(error):
            raise
        size = run.training.batch_size_for(len(pictures))
        raise VaeError(
            f"There is not enough memory for batches of {size:,} pictures of {run.model.size} pixels.",
            kept=f"The training so far is kept in {run.path.name}.",
            advice=f"Batches of {max(size // 2, 1):,} or smaller pictures may fit.",
        ) from error


def _is_out_of_memory(error: tf.errors.OpError) -> bool:
    # oneDNN says no more than that it could not create or execute a primitive when it gets no memory.
    return isinstance(error, tf.errors.ResourceExhaustedError) or " a primitive" in error.message


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
        self.sample = evenly(len(pictures), snapshot_pictures)
        self._from_weights = run.begins_from_weights()
        self.learner = Learner(run.model, run.training.seed)
        self._begin()
        self._first_noise = self.learner.average.noise.state.numpy()
        self.checkpoint = Checkpoint(run, self.learner.vae, self.learner.average, self._judged_on())
        self.at = self._restored_counters()

    def _begin(self) -> None:
        """Weights of another training where this one begins with some; where σ² starts."""
        if self.run.model.likelihood == "gaussian":
            self.learner.begin_with_pixels(self.pictures.read(evenly(len(self.pictures), 256)))
        if self._from_weights and not self.run.has_weights():
            initial, _ = load_tensors(self.run.path / INITIAL_FILE)
            self.learner.begin_with_weights(initial)

    # ------------------------------------------------------------------ the loop

    def train(self) -> RunResult:
        """Train to the end; whatever ends it, the best weights are saved, and but for divergence the last."""
        try:
            return self._train()
        finally:
            self.checkpoint.write_best()

    def _train(self) -> RunResult:
        if not self.run.has_weights():
            self._save()
        self._tick = self._saved = self._reported = self._shown = time.monotonic()
        self._session_images, self._session_start, finite = 0, self.at.seconds, True
        if self._from_weights and self.at.step == 0:
            self._judge_weights()  # nothing that is learnt from here on may be better
        while finite and not self._is_done() and not self.control.should_stop:
            finite = self._epoch()
        stopped = self.control.should_stop and not self._is_done()
        if not finite:  # what was saved last stays: the weights of now may be out of all bounds
            raise TrainingDivergedError(
                f"The training stopped after {self.at.step:,} steps: the loss was no longer a number.",
                kept=f"The last good weights are kept in {self.run.path.name}.",
                advice=f"A lower learning rate than {self.run.training.learning_rate:g} may help.",
            )
        self._save()
        if self.at.step_in_epoch > 0:  # the final weights come after the last epoch's figures
            self._judge_weights()
        return RunResult(
            self.run.path,
            stopped,
            self.at.epoch,
            self.at.seconds,
            self._images_per_second(),
            self.checkpoint.best if len(self.held_out_numbers) else None,
            tuple(self.run.history()),
        )

    def _epoch(self) -> bool:
        """Train until the epoch, the training or the user's patience ends. Returns False on divergence."""
        data = batches(
            self.pictures,
            self.train_numbers,
            batch_size=self.batch_size,
            shuffle_seed=(self.run.training.seed, self.at.epoch),
            mirror=self.run.training.mirror,
            skip=self.at.step_in_epoch,
        )
        for pixels in data:
            self._wait_while_held()
            if self.control.should_stop or self._is_over():
                return True
            self._schedule()
            loss = float(self.learner.take_step(pixels)["loss"])
            if not math.isfinite(loss):
                self.learner.vae.reset_metrics()
                return False
            self.at.step += 1
            self.at.step_in_epoch += 1
            self._session_images += len(pixels)
            self._clock()
            self._report(loss)
        self._end_epoch()
        return True

    def _end_epoch(self) -> None:
        held_out = self._evaluate()
        if held_out is None and len(self.held_out_numbers) > 0:
            return  # a stop cut it short; the epoch ends when the training is gone on with
        train = _terms(self.learner.vae)
        self.learner.vae.reset_metrics()
        self.at.epoch, self.at.step_in_epoch = self.at.epoch + 1, 0
        if held_out is not None:
            self.learner.vae.judge_variance(float(self.learner.average.error_mean.result()))
        self.checkpoint.keep_if_best(held_out or train, self.at)
        self._clock()
        record = EpochRecord(self.at.epoch, self.at.step, self.at.seconds, train, held_out)
        self.run.append_history(record)
        self.on_progress(record)

    def _is_done(self) -> bool:
        """Whether the length is reached and no epoch is left whose figures alone are missing."""
        return self._is_over() and self.at.step_in_epoch < self.steps_per_epoch

    def _is_over(self) -> bool:
        return self._share_done() >= 1.0

    def _share_done(self) -> float:
        at = self.at
        steps, seconds = at.step - at.first_step, at.seconds - at.first_second
        return share_done(self.run.training, steps, seconds, self.steps_per_epoch)

    def _schedule(self) -> None:
        at, share = self.at, self._share_done()
        rate = learning_rate(self.run.training.learning_rate, at.step - at.first_step, share)
        self.learner.vae.optimizer.learning_rate.assign(rate)
        # Weights that encode already have latents that the KL cannot put out.
        is_fresh = at.first_step == 0 and not self._from_weights
        self.learner.vae.kl_weight.assign(kl_weight(at.step, share, first_length=is_fresh))

    # ------------------------------------------------------------------ figures

    def _judged_on(self) -> str:
        """Stands for the pictures by which weights are judged."""
        ids = self.pictures.ids[self.held_out_numbers]
        return hashlib.sha256(ids.tobytes()).hexdigest() if len(ids) else "train"

    def _evaluate(self) -> Terms | None:
        """Held-out figures of the averaged weights; None without such pictures, or cut short by a stop."""
        if len(self.held_out_numbers) == 0:
            return None
        # The same noise each time: figures then differ by the weights alone.
        self.learner.average.noise.state.assign(self._first_noise)
        self.learner.average.reset_metrics()
        for pixels in batches(self.pictures, self.held_out_numbers, batch_size=EVALUATE_BATCH):
            self._wait_while_held()
            if self.control.should_stop and time.monotonic() - self._saved > RECENT_SECONDS:
                self._save()  # what is closing may be killed at any moment
            if self.control.seconds_since_stop > STOP_SECONDS:
                return None
            self.learner.test_step(pixels)
        return _terms(self.learner.average)

    def _judge_weights(self) -> None:
        """The weights of now may be the best."""
        held_out = self._evaluate()
        if held_out is not None:
            self.checkpoint.keep_if_best(held_out, self.at)

    # ------------------------------------------------------------------ time

    def _clock(self) -> None:
        now = time.monotonic()
        self.at.seconds += now - self._tick
        self._tick = now

    def _wait_while_held(self) -> None:
        if self.control.is_paused and not self.control.should_stop:
            self._save()
        if self.control.wait_while_held():
            self._tick = time.monotonic()  # waiting is not training

    def _report(self, loss: float) -> None:
        now = time.monotonic()
        if now - self._reported >= PROGRESS_SECONDS or self.at.step == 1:
            self._reported = now
            self.on_progress(self._progress(loss))
        if now - self._saved >= CHECKPOINT_SECONDS:
            self._save()
        if len(self.sample) and now >= self._shown:
            self._snapshot()
            took = time.monotonic() - now
            self._shown = now + max(SNAPSHOT_SECONDS, took / SNAPSHOT_SHARE)

    def _images_per_second(self) -> float:
        return self._session_images / max(self.at.seconds - self._session_start, 1e-9)

    def _progress(self, loss: float) -> TrainProgress:
        share, left = self._share_done(), None
        if share > 0:
            done = self.at.seconds - self.at.first_second
            left = max(done / share - done, 0.0)
        return TrainProgress(
            epoch=self.at.epoch + 1,
            step=self.at.step,
            step_in_epoch=self.at.step_in_epoch,
            steps_per_epoch=self.steps_per_epoch,
            seconds=self.at.seconds,
            seconds_left=left,
            images_per_second=self._images_per_second(),
            loss=loss,
        )

    def _snapshot(self) -> None:
        parts = (self.sample[at : at + EVALUATE_BATCH] for at in range(0, len(self.sample), EVALUATE_BATCH))
        pixels = (self.pictures.read(part) for part in parts)
        found = posteriors_of(pixels, self.learner.posterior, self.run.model.latent_dim)
        weights = copied(self.learner.average.named_weights())
        self.on_progress(Snapshot(self.at.step, weights, self.sample, found.means, found.sigmas))

    # ------------------------------------------------------------------ checkpoints

    def _save(self) -> None:
        self.checkpoint.save(self.at)
        self._saved = time.monotonic()

    def _restored_counters(self) -> Counters:
        """Take up the run's checkpoint, if it has one."""
        fresh = Counters(self.batch_size, len(self.train_numbers))
        if not self.run.has_weights():
            return fresh
        at = self.checkpoint.restore()
        if (at.batch_size, at.pictures) != (fresh.batch_size, fresh.pictures):
            # Other pictures or batches: the interrupted epoch begins again.
            at = replace(at, batch_size=fresh.batch_size, pictures=fresh.pictures, step_in_epoch=0)
            self.learner.vae.reset_metrics()
        return at

    def begin_length(self) -> None:
        """Count the run's length, which is a new one, from here on."""
        self.at.first_step, self.at.first_second = self.at.step, self.at.seconds
        self._save()
        self.run.save_config()


def _terms(vae: VAE) -> Terms:
    return Terms(
        float(vae.reconstruction_mean.result()),
        float(vae.kl_mean_mean.result()),
        float(vae.kl_variance_mean.result()),
    )
