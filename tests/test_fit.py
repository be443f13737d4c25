import itertools
import math
import subprocess
from dataclasses import replace

import numpy as np
import pytest
from damage import write_anew

from training import fit, judging, snapshots
from training.config import ModelConfig, TrainConfig
from training.errors import VaeError
from training.events import Control, EpochRecord, Snapshot, TrainProgress
from training.fit import Trainer, train
from training.latent import LatentModel, load_weights
from training.project import Project
from training.run import BEST_FILE, CONFIG_FILE, LATEST_FILE, Run
from training.runs import resume_run, start_run
from training.tensors import load_tensors
from training.timeline import Timeline

SETTINGS = TrainConfig(epochs=3, batch_size=8, mirror=True)


class Recorder:
    """Collects a training's events, and calls ``on_step`` between any two of its steps."""

    def __init__(self, on_step=lambda _step: None):
        self.events = []
        self.on_step = on_step

    def __call__(self, event):
        self.events.append(event)
        if isinstance(event, TrainProgress):
            self.on_step(event.step)

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def _every_step_reported(monkeypatch):
    monkeypatch.setattr(fit, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(snapshots, "SNAPSHOT_SECONDS", 0.0)
    monkeypatch.setattr(snapshots, "WATCHED_SHARE", 1e9)


@pytest.fixture(scope="module")
def trained(imported, tmp_path_factory):
    """An uninterrupted training of three epochs with snapshots: (project's path, result, events)."""
    path = tmp_path_factory.mktemp("trained") / "project"
    subprocess.run(["cp", "-r", imported(32, 32, True), path], check=True)
    recorder = Recorder()
    with pytest.MonkeyPatch.context() as patch, Project.open(path, write=True) as project:
        patch.setattr(fit, "PROGRESS_SECONDS", 0.0)
        patch.setattr(snapshots, "SNAPSHOT_SECONDS", 0.0)
        patch.setattr(snapshots, "WATCHED_SHARE", 1e9)
        result = train(project, start_run(project, SETTINGS), recorder, snapshot_pictures=10)
    return path, result, recorder


def curve(history):
    """All figures of a history, float64 [epochs, 6]."""
    terms = [(record.train, record.held_out) for record in history]
    return np.array([[*t.as_json().values(), *h.as_json().values()] for t, h in terms])


def test_every_epoch_is_reported_and_written_down(trained):
    _, result, recorder = trained
    epochs = recorder.of(EpochRecord)
    steps_per_epoch = recorder.of(TrainProgress)[0].steps_per_epoch
    assert [(e.epoch, e.step) for e in epochs] == [(n, n * steps_per_epoch) for n in (1, 2, 3)]
    best = min((record.held_out for record in epochs), key=lambda terms: terms.elbo)
    assert (result.epochs, result.stopped, result.held_out) == (3, False, best)
    assert curve(result.history) == pytest.approx(curve(epochs))
    assert curve(Run.open(result.run).history()) == pytest.approx(curve(epochs))
    assert all(earlier.seconds < later.seconds for earlier, later in itertools.pairwise(epochs))
    assert result.images_per_second > 0


def test_the_terms_are_finite_add_up_and_the_kl_is_not_negative(trained):
    _, result, _ = trained
    for record in result.history:
        for terms in (record.train, record.held_out):
            assert math.isfinite(terms.elbo)
            assert terms.elbo == pytest.approx(terms.reconstruction + terms.kl_mean + terms.kl_variance)
            assert terms.kl_mean >= 0
            assert terms.kl_variance >= 0


def test_progress_counts_steps_and_time_left(trained):
    _, result, recorder = trained
    progress = recorder.of(TrainProgress)
    assert [event.step for event in progress] == list(range(1, result.history[-1].step + 1))
    assert progress[-1].seconds_left == pytest.approx(0, abs=1e-6)
    assert progress[0].seconds_left > 0
    assert {event.epoch for event in progress} == {1, 2, 3}


def test_snapshots_are_copies_that_decode_to_what_they_say(trained):
    path, result, recorder = trained
    snapshots = recorder.of(Snapshot)
    first, last = snapshots[0], snapshots[-1]
    assert first.step < last.step
    changed = [name for name in first.weights if not np.array_equal(first.weights[name], last.weights[name])]
    assert len(changed) > len(first.weights) / 2  # had they not been copied, all would be those of the end
    with Project.open(path, write=False) as project:
        pixels = project.pictures().read(first.indices)
    for snapshot in (first, last):
        posteriors = LatentModel(Run.open(result.run).model, snapshot.weights).encode(pixels)
        np.testing.assert_allclose(posteriors.means, snapshot.posteriors.means, atol=1e-4)
        np.testing.assert_allclose(posteriors.sigmas, snapshot.posteriors.sigmas, atol=1e-4)


def test_the_timeline_keeps_some_of_the_snapshots_and_how_it_ended(trained):
    path, result, recorder = trained
    seen = {snapshot.step: snapshot for snapshot in recorder.of(Snapshot)}
    with Project.open(path, write=False) as project:
        ids = project.pictures().ids
    timeline = Timeline(result.run)
    frames = timeline.frames()
    assert [frame.step for frame in frames][-1] == timeline.weight_steps()[-1] == result.history[-1].step
    for frame in frames:
        snapshot = seen[frame.step]
        np.testing.assert_array_equal(frame.ids, ids[snapshot.indices])
        np.testing.assert_allclose(frame.posteriors.means, snapshot.posteriors.means, rtol=1e-3, atol=1e-6)
        np.testing.assert_allclose(frame.posteriors.sigmas, snapshot.posteriors.sigmas, rtol=1e-3, atol=1e-6)
    for step in timeline.weight_steps():
        for name, value in timeline.weights(step).items():
            np.testing.assert_allclose(value, seen[step].weights[name], rtol=1e-3, atol=1e-4)
    assert all(earlier.seconds < later.seconds for earlier, later in itertools.pairwise(frames))


def test_best_weights_are_those_of_the_best_held_out_epoch(trained):
    _, result, _ = trained
    tensors, notes = load_tensors(result.run / BEST_FILE)
    best = min(result.history, key=lambda record: record.held_out.elbo)
    assert notes["epoch"] == best.epoch
    assert notes["figures"]["elbo"] == pytest.approx(best.held_out.elbo)
    assert set(tensors) == set(load_weights(Run.open(result.run)))


def test_stopped_amid_an_epoch_and_resumed_it_gives_the_same_history(trained, make_project, monkeypatch):
    monkeypatch.setattr(fit, "PROGRESS_SECONDS", 0.0)
    _, whole, recorder = trained
    project, control = make_project(32, 32, colour=True), Control()
    steps = recorder.of(TrainProgress)[0].steps_per_epoch + 1
    stopping = Recorder(lambda step: step == steps and control.stop())
    first = train(project, start_run(project, SETTINGS), stopping, control)
    assert first.stopped
    assert first.epochs == 1
    assert stopping.of(TrainProgress)[-1].step == steps  # not one step more
    assert first.held_out is not None
    run = resume_run(project)
    resumed = Recorder()
    second = train(project, run, resumed)
    assert resumed.of(TrainProgress)[0].step == steps + 1
    assert (second.stopped, second.epochs) == (False, 3)
    assert curve(second.history) == pytest.approx(curve(whole.history), rel=1e-4, abs=1e-4)
    ours, theirs = (load_tensors(path / LATEST_FILE)[0] for path in (second.run, whole.run))
    assert set(ours) == set(theirs)
    assert all(np.allclose(ours[name], theirs[name], rtol=1e-3, atol=1e-4) for name in ours)


@pytest.mark.parametrize("epoch", [1, 3])
def test_stopped_amid_its_figures_an_epoch_counts_once(trained, make_project, monkeypatch, epoch):
    """A stop after an epoch's last step leaves no time for its figures; they come when it is gone on with."""
    monkeypatch.setattr(fit, "PROGRESS_SECONDS", 0.0)
    monkeypatch.setattr(fit, "STOP_SECONDS", 0.0)
    monkeypatch.setattr(fit, "RECENT_SECONDS", 0.0)
    _, whole, recorder = trained
    project = make_project(32, 32, colour=True)
    run = start_run(project, SETTINGS)
    last, saved = epoch * recorder.of(TrainProgress)[0].steps_per_epoch, []

    class WatchedControl(Control):
        @property
        def seconds_since_stop(self):  # asked for amid the figures
            saved.append(load_tensors(run.path / LATEST_FILE)[1]["step"])
            return super().seconds_since_stop

    control = WatchedControl()
    first = train(project, run, Recorder(lambda step: step == last and control.stop()), control)
    assert saved[-1] == last
    best = min((record.held_out for record in first.history), key=lambda terms: terms.elbo, default=None)
    assert (first.stopped, first.epochs, first.held_out) == (True, epoch - 1, best)
    assert len(first.history) == epoch - 1
    assert (run.path / BEST_FILE).exists() is (epoch > 1)  # the training terms do not judge in their stead
    second = train(project, resume_run(project))
    assert [record.epoch for record in second.history] == [1, 2, 3]
    assert curve(second.history) == pytest.approx(curve(whole.history), rel=1e-4, abs=1e-4)


def test_a_finished_training_goes_on_for_another_length(trained, tmp_path):
    path, result, _ = trained
    subprocess.run(["cp", "-r", path, tmp_path / "project"], check=True)
    with Project.open(tmp_path / "project", write=True) as project:
        longer = train(project, resume_run(project), length=TrainConfig(epochs=1))
        run = resume_run(project)
    assert longer.epochs == 4
    assert [record.epoch for record in longer.history] == [1, 2, 3, 4]
    assert longer.seconds > result.seconds
    assert run.training == replace(SETTINGS, epochs=1)


def test_a_crash_between_checkpoint_and_settings_does_not_mix_two_lengths(trained, tmp_path):
    path, _, recorder = trained
    steps_per_epoch = recorder.of(TrainProgress)[0].steps_per_epoch
    subprocess.run(["cp", "-r", path, tmp_path / "project"], check=True)
    with Project.open(tmp_path / "project", write=True) as project:
        run = resume_run(project)
        before = (run.path / CONFIG_FILE).read_bytes()
        stopped = Control()
        stopped.stop()
        train(project, run, control=stopped, length=TrainConfig(epochs=2))
        (run.path / CONFIG_FILE).write_bytes(before)  # as if the crash had come before it was written
        result = train(project, resume_run(project))
        again = train(project, resume_run(project))  # finished: nothing is left to do
    assert (result.stopped, result.epochs, result.history[-1].step) == (False, 5, 5 * steps_per_epoch)
    assert Run.open(run.path).training.epochs == 2
    assert (again.stopped, again.epochs, again.seconds) == (False, 5, pytest.approx(result.seconds))


def test_a_stop_before_the_first_step_keeps_a_run_that_can_be_gone_on_with(make_project):
    project, control = make_project(24), Control()
    control.pause(True)
    control.stop()  # also ends a pause
    recorder = Recorder()
    result = train(project, start_run(project, SETTINGS), recorder, control)
    assert (result.stopped, result.epochs, result.seconds, result.images_per_second) == (True, 0, 0.0, 0.0)
    assert recorder.events == []
    assert result.held_out is None
    assert load_tensors(resume_run(project).path / LATEST_FILE)[1]["step"] == 0


def test_a_training_ends_as_soon_as_it_is_good_enough_where_that_is_wished(make_project, monkeypatch):
    monkeypatch.setattr(fit, "is_good_enough", lambda history: [r.epoch for r in history] == [1, 2])
    project = make_project(24)
    result = train(project, start_run(project, replace(SETTINGS, stop_when_good=True)))
    assert (result.good_enough, result.stopped, result.epochs) == (True, False, 2)
    unbidden = train(project, resume_run(project), length=SETTINGS)
    assert (unbidden.good_enough, unbidden.stopped, unbidden.epochs) == (False, False, 5)


def test_very_many_held_out_pictures_are_judged_by_some_always_the_same(make_project, monkeypatch):
    project = make_project(24)
    with project.index() as index:
        index.execute("UPDATE pictures SET held_out = id % 2")
    run = start_run(project, SETTINGS)
    everything = Trainer(run, project.pictures(), lambda _: None, Control(), 0).judge
    monkeypatch.setattr(judging, "MOST_JUDGED", 5)
    trainer = Trainer(run, project.pictures(), lambda _: None, Control(), 0)
    figures = trainer.judge.figures()
    assert trainer.learner.average.spread_mean.count.numpy() == 5
    assert trainer.judge.figures() == figures
    assert trainer.judge.judged_on != everything.judged_on


@pytest.mark.usefixtures("_every_step_reported")
def test_a_held_training_takes_no_step_and_a_stop_ends_it_within_one(make_project):
    """Held by a drag after step 2 and by a pause after step 4, then stopped; seen from another thread."""
    import threading

    project, control, held, go_on = make_project(32), Control(), threading.Event(), threading.Event()
    steps = []

    def on_step(step):
        steps.append(step)
        if step in (2, 4):
            (control.gate if step == 2 else control.pause)(True)
            held.set()

    def watch():
        for holding in (control.gate, control.pause):
            assert held.wait(60)
            held.clear()
            seen = len(steps)
            go_on.wait(0.5)  # long enough for dozens of steps
            quiet.append(len(steps) == seen)
            holding(False)
        control.stop()

    quiet, watcher = [], threading.Thread(target=watch)
    watcher.start()
    result = train(project, start_run(project, TrainConfig(batch_size=8)), Recorder(on_step), control)
    watcher.join()
    assert quiet == [True, True]
    assert result.stopped
    assert steps[:4] == [1, 2, 3, 4]
    # Waiting is not training; the first step alone, in which the graph is built, may take seconds.
    assert load_tensors(result.run / LATEST_FILE)[1]["step"] == steps[-1]


def test_a_few_pictures_are_learnt_by_heart(make_project):
    project = make_project(19)
    pictures = project.pictures()
    pixels = pictures.read(np.flatnonzero(~pictures.held_out))
    run = start_run(project, TrainConfig(epochs=60, batch_size=4, learning_rate=3e-3), latent_dim=4)
    result = train(project, run)
    weights = {
        name.removeprefix("average/"): value
        for name, value in load_tensors(run.path / LATEST_FILE)[0].items()
        if name.startswith("average/")
    }
    model = LatentModel(run.model, weights)
    drawn = model.decode(model.encode(pixels).means)
    error = np.mean((drawn.astype(float) - pixels) ** 2)
    spread = np.mean((pixels - pixels.mean(axis=0)) ** 2)
    assert error < 0.1 * spread
    assert result.history[-1].train.elbo < result.history[0].train.elbo


def test_minutes_end_a_training_and_a_damaged_shard_is_told(make_project):
    project = make_project(24)
    result = train(project, start_run(project, TrainConfig(minutes=1e-4, batch_size=8)))
    assert not result.stopped
    assert result.seconds > 0
    (shard,) = project.pixels_folder.glob("*.npy")
    write_anew(shard, b"scratched")
    with pytest.raises(VaeError, match="missing or damaged"):
        train(project, resume_run(project), length=TrainConfig(epochs=1))


def test_a_run_needs_pictures_of_its_own_size(make_project, trained, tmp_path):
    with Project.create(tmp_path / "empty", tmp_path / "source") as project:
        with pytest.raises(VaeError, match="no pictures yet"):
            start_run(project, SETTINGS)
        with pytest.raises(VaeError, match="no training to resume"):
            resume_run(project)
    project = make_project(24)
    _, result, _ = trained
    subprocess.run(["cp", "-r", result.run, project.runs_folder], check=True)
    with pytest.raises(VaeError, match="another size") as caught:
        resume_run(project)
    assert caught.value.kept


def test_a_run_keeps_the_settings_it_was_made_with(make_project):
    run = start_run(make_project(24), SETTINGS, latent_dim=7, likelihood="gaussian")
    assert Run.open(run.path).model == ModelConfig(32, 1, 7, "gaussian")
    assert Run.open(run.path).training == SETTINGS
