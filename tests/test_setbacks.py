"""What goes wrong amid a training: numbers that run away, a full disk, files and folders that vanish."""

import math
import shutil
import sys

import numpy as np
import pytest

from training import fit
from training.config import TrainConfig
from training.divergence import TrainingDivergedError
from training.errors import VaeError
from training.events import Control, EpochRecord, Setback, TrainProgress
from training.fit import Trainer, train
from training.importer import import_folder
from training.latent import load_model
from training.project import Project
from training.run import LATEST_FILE, Run
from training.runs import resume_run, start_run
from training.samples import find_sample, unpack
from training.tensors import load_tensors

SETTINGS = TrainConfig(epochs=3, batch_size=4)


@pytest.fixture(autouse=True)
def _every_step_reported_and_saved(monkeypatch):
    monkeypatch.setattr(fit, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(fit, "CHECKPOINT_SECONDS", 0.0)


def at_step(number, act):
    """What to do at a step's report, once; and the list of all reports."""
    events = []

    def listen(event):
        events.append(event)
        reported = sum(isinstance(event, TrainProgress) for event in events)
        if isinstance(event, TrainProgress) and reported == number:
            act()

    return listen, events


def checkpoint_of(run):
    tensors, notes = load_tensors(run.path / LATEST_FILE)
    assert all(np.isfinite(value).all() for value in tensors.values())
    return notes


@pytest.mark.parametrize("value", [math.nan, 1e9])
def test_numbers_that_run_away_bring_it_back_to_the_last_good_weights_and_on_by_smaller_steps(
    make_project, monkeypatch, value
):
    """A weight is made absurd amid the second epoch; the last checkpoint is of the first one."""
    monkeypatch.setattr(fit, "CHECKPOINT_SECONDS", math.inf)
    project = make_project(24)
    run = start_run(project, SETTINGS)
    listen, events = at_step(8, lambda: bias.assign(np.full(bias.shape, value, np.float32)))
    trainer = Trainer(run, project.pictures(), listen, Control(), 0)
    bias = trainer.learner.vae.decoder.trainable_variables[-1]
    result = trainer.train()
    (setback,) = [event for event in events if isinstance(event, Setback)]
    assert (setback.step, setback.learning_rate) == (0, pytest.approx(SETTINGS.learning_rate / 2))
    assert "smaller steps" in setback.sentence
    steps = [event.step for event in events if isinstance(event, TrainProgress)]
    assert steps[:8] == list(range(1, 9))
    assert steps[8:] == list(range(1, result.history[-1].step + 1))
    assert [record.epoch for record in result.history] == [1, 2, 3]
    assert [record.epoch for record in Run.open(run.path).history()] == [1, 2, 3]
    assert all(math.isfinite(record.judged.elbo) for record in result.history)
    first, again = [event for event in events if isinstance(event, EpochRecord) and event.epoch == 1]
    assert again.learning_rate == pytest.approx(first.learning_rate / 2)
    assert again.seconds > first.seconds
    assert checkpoint_of(run)["rate_factor"] == 0.5  # a resumed training keeps to the smaller steps


def test_a_training_that_runs_away_time_and_again_stops_and_keeps_good_weights(make_project):
    project = make_project(24)
    run = start_run(project, TrainConfig(epochs=60, batch_size=4, learning_rate=100.0))
    listen, events = at_step(0, lambda: None)
    with pytest.raises(TrainingDivergedError, match="out of all bounds") as caught:
        train(project, run, listen)
    assert "learning rate" in caught.value.advice
    assert run.path.name in caught.value.kept
    rates = [event.learning_rate for event in events if isinstance(event, Setback)]
    assert rates[-3:] == pytest.approx([4 * rates[-1], 2 * rates[-1], rates[-1]])
    assert rates[-1] <= 100 / 8
    checkpoint_of(run)
    assert resume_run(project).path == run.path
    assert load_model(run).decode(np.zeros((1, 2))).shape == (1, 32, 32, 1)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # where other work leaves little of the machine
def test_small_batches_do_not_make_a_training_run_away(tmp_path, monkeypatch):
    """Three thousand clothes at the full learning rate, with a seed by which the loss once doubled."""
    monkeypatch.setattr(fit, "CHECKPOINT_SECONDS", math.inf)
    control, losses = Control(), []

    def listen(event):
        if isinstance(event, EpochRecord):
            losses.append(event.train.elbo)
            if event.epoch == 45:
                control.stop()

    with Project.create(tmp_path / "project", unpack(find_sample("fashion"))) as project:
        import_folder(project)
        train(project, start_run(project, TrainConfig(seed=1, batch_size=32)), listen, control)
    gained = losses[0] - min(losses)
    assert max(np.array(losses) - np.minimum.accumulate(losses)) < 0.1 * gained


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_FSIZE")
def test_a_full_disk_is_told_and_what_was_saved_before_is_gone_on_with(make_project):
    import resource

    project = make_project(24)
    run = start_run(project, SETTINGS)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, unlimited[1]))

    listen, _ = at_step(7, fill)
    try:
        with pytest.raises(VaeError, match="could not be written") as caught:
            train(project, run, listen)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert "intact" in caught.value.kept
    assert "Free some space" in caught.value.advice
    assert checkpoint_of(run)["step"] == 6
    assert not list(run.path.glob("*.part"))
    listen, events = at_step(0, lambda: None)
    result = train(project, resume_run(project), listen)
    assert next(event.step for event in events if isinstance(event, TrainProgress)) == 7
    assert [record.epoch for record in result.history] == [1, 2, 3]


def test_a_runs_folder_that_vanishes_is_told(make_project):
    project = make_project(24)
    run = start_run(project, SETTINGS)
    listen, _ = at_step(3, lambda: shutil.rmtree(run.path))
    with pytest.raises(VaeError, match="could not be written"):
        train(project, run, listen)
    with pytest.raises(VaeError, match="no training to resume"):
        resume_run(project)


def test_a_shard_that_is_missing_amid_a_training_costs_no_step_before_it(make_project, monkeypatch):
    monkeypatch.setattr(fit, "CHECKPOINT_SECONDS", math.inf)
    project = make_project(24)
    with project.index() as index:  # one picture lies in a shard that is gone
        learned_from = "SELECT MIN(id) FROM pictures WHERE held_out = 0"
        index.execute(f"UPDATE pictures SET shard = 7 WHERE id = ({learned_from})")
    run = start_run(project, TrainConfig(epochs=3, batch_size=2, seed=1))
    listen, events = at_step(0, lambda: None)
    with pytest.raises(VaeError, match=r"00007\.npy is missing or damaged") as caught:
        train(project, run, listen)
    assert "untouched" in caught.value.kept
    steps = [event.step for event in events if isinstance(event, TrainProgress)]
    assert checkpoint_of(run)["step"] == len(steps)


@pytest.mark.parametrize(
    ("pictures", "colour", "held_out"), [(1, True, "all"), (2, False, "none"), (12, True, "some")]
)
def test_very_few_or_all_identical_pictures_are_learnt_without_ado(make_project, pictures, colour, held_out):
    """All alike, with a batch that is larger than there are; chance holds out what it will."""
    project = make_project(12, colour=colour)
    with project.index() as index:  # an import refuses as few; later ones may leave no more
        index.execute(
            f"DELETE FROM pictures WHERE id NOT IN (SELECT id FROM pictures ORDER BY id LIMIT {pictures})"
        )
        index.execute("UPDATE pictures SET row = 0")
        if held_out != "some":
            index.execute(f"UPDATE pictures SET held_out = {int(held_out == 'all')}")
        else:
            index.execute("UPDATE pictures SET held_out = id % 4 = 0")
    run = start_run(project, TrainConfig(epochs=20, batch_size=64))
    result = train(project, run)
    assert [record.epoch for record in result.history] == list(range(1, 21))
    assert all(math.isfinite(record.train.elbo) for record in result.history)
    assert all((record.held_out is None) == (held_out != "some") for record in result.history)
    assert result.history[-1].train.elbo < result.history[0].train.elbo
    assert checkpoint_of(run)["epoch"] == 20


def test_a_run_of_another_size_or_colour_is_told_before_anything_is_touched(make_project):
    run = start_run(make_project(24), SETTINGS)
    with pytest.raises(VaeError, match="grey pictures of 32 × 32") as caught:
        train(make_project(12, 48), run)
    assert caught.value.kept
    assert not run.has_weights()
