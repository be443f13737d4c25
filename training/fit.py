"""Training: the loop.

The loop is ours and not ``Model.fit`` because it must yield between two steps while a handle is dragged,
stop within a step, end after a given time, and resume in the middle of an epoch to the same history.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

from training.backend import tf
from training.checkpoint import Checkpoint, Counters, computed_before
from training.clock import TrainingClock
from training.cluster import Cluster
from training.coach import is_good_enough
from training.compute import choose_compute, is_worth_measuring, measured, step_seconds, told_to_people
from training.config import LENGTH, TrainConfig
from training.data import Batches, training_batches
from training.device import device
from training.disk_space import T, written_when_there_is_space
from training.divergence import MOST_RETURNS, SMALLER_STEP, LossBounds, TrainingDivergedError
from training.errors import VaeError
from training.events import Control, DiskFull, EpochRecord, RunResult, Setback, Snapshot, TrainProgress
from training.judging import Figures, Judge
from training.language import tr
from training.learner import Learner
from training.pixel_store import PixelStore, evenly
from training.project import Project
from training.run import INITIAL_FILE, Run
from training.schedule import kl_weight, learning_rate, share_done
from training.snapshots import Snapshots
from training.split import split
from training.tensorboard_log import TensorBoardLog
from training.tensors import load_tensors
from training.timeline import Timeline

CHECKPOINT_SECONDS = 45.0  # what a crash may cost stays below a minute
PROGRESS_SECONDS = 0.2
STOP_SECONDS = 2.0  # may go into figures after a stop
RECENT_SECONDS = 3.0  # a stop during the figures saves, unless it was saved within these

OnTraining = Callable[[TrainProgress | EpochRecord | Snapshot | Setback], None]


def train(
    project: Project,
    run: Run,
    on_progress: OnTraining = lambda _: None,
    control: Control | None = None,
    *,
    length: TrainConfig | None = None,
    snapshot_pictures: int = 0,
    cluster: Cluster | None = None,
) -> RunResult:
    """Train a run until its length is reached or it is told to stop, from its checkpoint if it has one.

    Args:
        length: train for this config's epochs or minutes, or until good enough, from now on (its other
            settings are ignored); None for what is left of the run's own length.
        on_progress: told of progress, of every epoch, of setbacks, and of snapshots.
        control: how another thread stops, pauses or gates the training.
        snapshot_pictures: how many pictures a snapshot encodes; 0 for no snapshots.
        cluster: the devices to train on, each of which takes batches of the settings' size; None for one.

    Raises:
        VaeError: no pictures to learn from, or a checkpoint that cannot be used.
        OutOfMemoryError: when batches are too large for it; the training so far is kept.
        DeviceLostError: when the GPU failed; likewise.
        WorkerLostError: when another computer that trains along is gone; likewise.
        TrainingDivergedError: when the loss runs out of all bounds time and again; the last good weights
            are kept.
    """
    pictures = project.pictures()
    batch_size = run.training.batch_size_for(len(pictures), run.model.size)
    try:
        trainer = Trainer(
            run, pictures, on_progress, control or Control(), snapshot_pictures, cluster=cluster
        )
        batch_size = trainer.compute.batch_size
        if length is not None:
            trainer.begin_length(length)
        return trainer.train()
    except (tf.errors.OpError, MemoryError) as error:
        told = told_to_people(error, run, batch_size)
        if told is None:
            raise
        raise told from error


class Trainer:
    """The state of one training and what is done with it; see :func:`train`."""

    def __init__(
        self,
        run: Run,
        pictures: PixelStore,
        on_progress: OnTraining,
        control: Control,
        snapshot_pictures: int,
        *,
        cluster: Cluster | None = None,
    ) -> None:
        self.cluster = cluster or Cluster.of_one_device()
        chosen = split(pictures, run.model, self.cluster.replicas)
        self.run = run
        self.pictures = pictures
        self.control = control
        self.on_progress = on_progress
        self.train_numbers = chosen.learnt
        self._from_weights = run.begins_from_weights()
        count = len(self.train_numbers)
        each = count // self.cluster.replicas  # pictures that a device learns from
        self.compute = choose_compute(
            run.training, each, device(), computed_before(run, count), size=run.model.size
        )
        self.learner = Learner(run.model, run.training.seed, self.compute.precision, self.cluster)
        self.judge = Judge(self.learner, pictures, chosen.judging)
        self._begin()
        self.checkpoint = Checkpoint(run, self.learner.vae, self.learner.average, self.judge.judged_on)
        seconds = self._settle_compute()
        self.batch_size = self.cluster.replicas * self.compute.batch_size
        self.steps_per_epoch = count // self.batch_size
        self.at = Counters(self.batch_size, count, seconds=seconds)
        if run.has_weights():
            self._restore()
        self.clock = TrainingClock(self.at.seconds)
        self._loss = math.nan  # of the last step
        self._written(lambda: run.cut_history(self.at.epoch))  # the later epochs come again
        self.history = run.history()
        self.snapshots = Snapshots(
            self.learner, pictures, Timeline(run.path), snapshot_pictures, self.on_progress
        )
        self.snapshots.forget_after(self.at.step)
        self.tensorboard = TensorBoardLog(run)
        self.tensorboard.begin(self.history)
        self._bounds = LossBounds(math.prod(run.model.shape))
        self._returns = 0  # to the last checkpoint, since the figures were last better than ever
        self._is_good_enough = False
        self._saved = self._reported = time.monotonic()

    def _begin(self) -> None:
        """Weights of another training where this one begins with some; where σ² starts."""
        if self.run.model.likelihood != "bernoulli":
            self.learner.begin_with_pixels(self.pictures.read(evenly(len(self.pictures), 256)))
        if self._from_weights and not self.run.has_weights():
            initial, _ = load_tensors(self.run.path / INITIAL_FILE)
            self.learner.begin_with_weights(initial)

    def _settle_compute(self) -> float:
        """Measure what a new training leaves to be measured, keep what is chosen; the seconds it took."""
        settings, count, seconds = self.run.training, len(self.train_numbers), 0.0
        is_shared = self.cluster.replicas > 1  # then a measurement here would not hold for all
        if not (is_shared or self.run.has_weights()) and is_worth_measuring(self.compute, settings, count):
            started = time.monotonic()
            with self.checkpoint.undoing():
                seconds_of = step_seconds(self.learner, self.run.model.shape, self._goes_on_measuring)
                found = measured(self.compute, settings, count, seconds_of)
            if not self.control.should_stop:  # which cuts it short
                self.compute = found
            seconds = time.monotonic() - started
        self.learner.use_xla(self.compute.xla)
        self.checkpoint.computed_with = self.compute.to_json()
        return seconds

    def _goes_on_measuring(self) -> bool:
        self.control.wait_while_held()
        return not self.control.should_stop

    def begin_length(self, length: TrainConfig) -> None:
        """Train for another length, counted from here on."""
        chosen = {name: getattr(length, name) for name in LENGTH}
        self.run = replace(self.run, training=replace(self.run.training, **chosen))
        self.at.first_step, self.at.first_second = self.at.step, self.at.seconds
        self._save()
        self._written(self.run.save_config)

    # ------------------------------------------------------------------ the loop

    def train(self) -> RunResult:
        """Train to the end; whatever ends it, the best weights are saved."""
        try:
            self._train()
        except VaeError:  # as of pictures that cannot be read: the weights are whole
            with suppress(VaeError):
                self._save()
            raise
        finally:
            self.tensorboard.close()
            self._written(self.checkpoint.write_best)
        stopped = self.control.should_stop and not (self._is_done() or self._is_good_enough)
        return RunResult(
            self.run.path,
            stopped,
            self.at.epoch,
            self.at.seconds,
            self.clock.mean_images_per_second,
            self.checkpoint.best if self.judge.has_pictures else None,
            tuple(self.history),
            self._is_good_enough,
        )

    def _train(self) -> None:
        if not self.run.has_weights():
            self._save()
        self.clock.rest()
        if self._from_weights and self.at.step == 0:
            self._judge_weights()  # nothing that is learnt from here on may be better
        while self._goes_on():
            with self._batches().opened() as data:
                self._train_on(data)
        self._save()
        if self.at.step_in_epoch > 0:  # the final weights come after the last epoch's figures
            self._judge_weights()
        if not self.control.should_stop:
            self.snapshots.take_last(self.at)

    def _batches(self) -> Batches:
        """What there is to learn from now on, without end."""
        return training_batches(
            self.pictures,
            self.train_numbers,
            batch_size=self.batch_size,
            seed=self.run.training.seed,
            mirror=self.run.training.mirror,
            epoch=self.at.epoch,
            skip=self.at.step_in_epoch,
            part=(self.cluster.worker, self.cluster.workers),
        )

    def _train_on(self, data: Iterator[tf.Tensor]) -> None:
        """Train until the training or the user's patience ends, or it has gone back to an earlier step."""
        while True:
            if self.at.step_in_epoch == self.steps_per_epoch and not self._end_epoch():
                return
            self._wait_while_held()
            if self.control.wait_for_turn(self.at.step):
                self.clock.rest()
            if not self._goes_on():
                return
            pixels = next(data)
            self._schedule()
            loss = float(self.learner.take_step(pixels)["loss"])
            if not self._bounds.hold(loss):
                self._go_back()
                return
            self._count_step()
            self._loss = loss
            self._report()

    def _count_step(self) -> None:
        self.at.step += 1
        self.at.step_in_epoch += 1
        self.clock.step(self.batch_size)
        self.at.seconds = self.clock.seconds

    def _end_epoch(self) -> bool:
        """Judge it; False where it has not ended well, and other batches than the next ones come then."""
        held_out = self.judge.figures(self._goes_on_judging)
        if held_out is None and self.judge.has_pictures:
            return False  # a stop cut it short; the epoch ends when the training is gone on with
        train = Figures.of(self.learner.vae)
        judged = held_out or train
        if not math.isfinite(judged.terms.loss):
            self._go_back()
            return False
        self._clock_work()
        record = EpochRecord(
            self.at.epoch + 1,
            self.at.step,
            self.at.seconds,
            train.terms,
            held_out.terms if held_out else None,
            judged.axis_kl,
            float(self.learner.vae.optimizer.learning_rate.numpy()),
            self.clock.images_per_second,
        )
        self._written(lambda: self.run.append_history(record))
        self.tensorboard.add(record)
        self.history.append(record)
        self.at.epoch, self.at.step_in_epoch = record.epoch, 0
        self.learner.vae.reset_metrics()
        if held_out is not None:
            self.learner.vae.judge_variance(held_out.spread)
        if self.checkpoint.keep_if_best(judged.terms, self.at):
            self._returns = 0
        self._written(self.checkpoint.write_best_if_due)
        self.on_progress(record)
        self._is_good_enough = self.run.training.stop_when_good and is_good_enough(self.history)
        return True

    def _goes_on(self) -> bool:
        """Whether to take another step; all workers agree, by the chief's clock and its verdict."""
        chiefs = (self.at.seconds, self._is_good_enough)
        is_stopped, (seconds, is_good_enough) = self.cluster.agree(self.control.should_stop, chiefs)
        self.at.seconds, self._is_good_enough = seconds, bool(is_good_enough)
        if is_stopped:
            self.control.stop()  # as another worker was told to
        return not (is_stopped or self._is_good_enough or self._is_done())

    def _is_done(self) -> bool:
        """Whether the length is reached and no epoch is left whose figures alone are missing."""
        return self._share_done() >= 1.0 and self.at.step_in_epoch < self.steps_per_epoch

    def _share_done(self) -> float:
        at = self.at
        steps, seconds = at.step - at.first_step, at.seconds - at.first_second
        return share_done(self.run.training, steps, seconds, self.steps_per_epoch)

    def _schedule(self) -> None:
        at, share = self.at, self._share_done()
        highest = at.rate_factor * self.run.training.learning_rate
        self.learner.vae.optimizer.learning_rate.assign(
            learning_rate(highest, at.step - at.first_step, share)
        )
        # Weights that encode already have latents that the KL cannot put out.
        is_fresh = at.first_step == 0 and not self._from_weights
        self.learner.vae.kl_weight.assign(kl_weight(at.step, share, first_length=is_fresh))

    def _goes_on_judging(self) -> bool:
        """Between two batches of the figures; False once a stop has left them their time."""
        self._wait_while_held()
        self._clock_work()
        is_recent = time.monotonic() - self._saved <= RECENT_SECONDS
        if self.control.should_stop and not is_recent:  # what is closing may be killed at any moment
            self._save()
        self._save_if_due()
        return self.control.seconds_since_stop <= STOP_SECONDS

    def _judge_weights(self) -> None:
        """The weights of now may be the best."""
        figures = self.judge.figures(self._goes_on_judging)
        if figures is not None:
            self.checkpoint.keep_if_best(figures.terms, self.at)
            self._written(self.checkpoint.write_best_if_due)

    # ------------------------------------------------------------------ time

    def _clock_work(self) -> None:
        self.clock.work()
        self.at.seconds = self.clock.seconds

    def _wait_while_held(self) -> None:
        if self.control.is_paused and not self.control.should_stop:
            self._save()
        if self.control.wait_while_held():
            self.clock.rest()  # waiting is not training

    def _report(self) -> None:
        now = time.monotonic()
        if now - self._reported >= PROGRESS_SECONDS or self.at.step == 1:
            self._reported = now
            self.on_progress(self._progress())
        self._save_if_due()
        self.snapshots.take_if_due(self.at)

    def _progress(self, disk_full: DiskFull | None = None) -> TrainProgress:
        return TrainProgress(
            epoch=self.at.epoch + 1,
            step=self.at.step,
            step_in_epoch=self.at.step_in_epoch,
            steps_per_epoch=self.steps_per_epoch,
            seconds=self.at.seconds,
            seconds_left=self._seconds_left(),
            images_per_second=self.clock.images_per_second,
            loss=self._loss,
            until_good=self.run.training.stop_when_good,
            disk_full=disk_full,
        )

    def _seconds_left(self) -> float | None:
        length, at = self.run.training, self.at
        if length.minutes is not None:
            return max(60.0 * length.minutes - (at.seconds - at.first_second), 0.0)
        if length.epochs is not None:
            steps = length.epochs * self.steps_per_epoch - (at.step - at.first_step)
            return self.clock.seconds_for(steps * self.batch_size)
        return None

    # ------------------------------------------------------------------ checkpoints

    def _save(self) -> None:
        self._written(lambda: self.checkpoint.save(self.at, self.run.training))
        self._saved = time.monotonic()

    def _written(self, write: Callable[[], T]) -> T:
        """Write what must be on disk; where that is full, the training waits for space meanwhile."""

        def tell(disk_full: DiskFull) -> None:
            self.on_progress(self._progress(disk_full))
            self.clock.rest()  # waiting is not training

        return written_when_there_is_space(write, self.control, tell)

    def _save_if_due(self) -> None:
        if time.monotonic() - self._saved >= CHECKPOINT_SECONDS:
            self._save()

    def _restore(self) -> None:
        """Take up the run's checkpoint."""
        at, settings = self.checkpoint.restore()
        if settings != self.run.training:  # a crash came between the checkpoint and the settings
            self.run = replace(self.run, training=settings)
            self.run.save_config()
        is_other = (at.batch_size, at.pictures) != (self.batch_size, len(self.train_numbers))
        if is_other or at.step_in_epoch > self.steps_per_epoch:
            # Other pictures or batches: the interrupted epoch begins again.
            at = replace(at, batch_size=self.batch_size, pictures=len(self.train_numbers), step_in_epoch=0)
            self.learner.vae.reset_metrics()
        self.at = at.with_numbers(self.cluster.chiefs(at.numbers))  # its checkpoint may be a later one
        self.cluster.share(list(self.checkpoint.variables().values()))

    def _go_back(self) -> None:
        """Return to the last checkpoint, to go on from there by smaller steps.

        Raises:
            TrainingDivergedError: when that did not help several times in a row.
        """
        diverged = self.at
        self._restore()
        if self._returns == MOST_RETURNS:
            raise TrainingDivergedError(
                tr(
                    "The training stopped at step {step:,}: its loss ran out of all bounds, again after"
                    " {returns} returns to its last good weights with ever smaller steps.",
                    step=diverged.step + 1,
                    returns=MOST_RETURNS,
                ),
                kept=tr("The last good weights are kept in {name}.", name=self.run.path.name),
                advice=tr(
                    "A lower learning rate than {rate:.3g} may help.",
                    rate=self._highest_rate(),
                ),
            )
        self._returns += 1
        self.at.seconds = diverged.seconds  # they have passed
        self.at.rate_factor = SMALLER_STEP * diverged.rate_factor
        self.run.cut_history(self.at.epoch)
        self.history = self.run.history()
        self.snapshots.forget_after(self.at.step)
        self.tensorboard.begin(self.history)
        self._save()
        self.on_progress(Setback(self.at.step, self._highest_rate()))

    def _highest_rate(self) -> float:
        return self.at.rate_factor * self.run.training.learning_rate
