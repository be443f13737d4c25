"""Two trainings that differ in their objective alone."""

import threading

import pytest

from training import twins
from training.config import TrainConfig
from training.run import Run
from training.turns import Turns
from training.twin_order import TwinOrder
from training.twins import epochs_in, start_twins, train_twin

PAIR = ("autoencoder", "vae")


def train_both(project, runs, turns, on_progress=lambda _event: None):
    results, errors = {}, []

    def work(run, control):
        try:
            results[run.model.objective] = train_twin(project, run, on_progress, control, snapshot_pictures=0)
        except RuntimeError as error:
            errors.append(error)

    threads = [
        threading.Thread(target=work, args=each, daemon=True)
        for each in zip(runs, turns.controls, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    return results, errors


def test_they_differ_in_their_objective_and_name_and_in_nothing_else(make_project):
    chosen = {"seed": 5, "learning_rate": 1e-3, "latent_dim": 3, "objective": "noise", "minutes": 7.0}
    one, other = start_twins(make_project(24), TwinOrder(PAIR, epochs=3, minutes=None, chosen=chosen))
    assert one.training == other.training
    expected = TrainConfig(epochs=3, seed=5, learning_rate=1e-3, batch_size=one.training.batch_size)
    assert one.training == expected
    assert one.training.batch_size is not None, "so that no measurement chooses different ones"
    models = [run.model.to_json() for run in (one, other)]
    assert [model.pop("objective") for model in models] == list(PAIR)
    assert models[0] == models[1]
    assert (one.title, other.title) == ("Autoencoder", "VAE")


def test_one_that_fails_ends_the_other_which_is_kept(make_project, monkeypatch):
    project, turns = make_project(24), Turns()
    runs = start_twins(project, TwinOrder(PAIR, epochs=10_000, minutes=None, chosen={}))

    def train(project, run, on_progress, control, **options):
        if run.model.objective == "vae":
            raise RuntimeError("no memory")
        return real(project, run, on_progress, control, **options)

    real = twins.train
    monkeypatch.setattr(twins, "train", train)
    results, errors = train_both(project, runs, turns)
    assert [str(error) for error in errors] == ["no memory"]
    assert results["autoencoder"].stopped
    assert runs[0].has_weights()


def test_stopped_before_it_begins_a_run_leaves_nothing_behind(make_project):
    project, turns = make_project(24), Turns()
    runs = start_twins(project, TwinOrder(PAIR, epochs=1, minutes=None, chosen={}))
    turns.stop()
    results, _ = train_both(project, runs, turns)
    assert results == {"autoencoder": None, "vae": None}
    assert not any(run.path.exists() for run in runs)


@pytest.mark.parametrize("minutes", [1.0, 30.0])
def test_minutes_come_to_as_many_epochs_as_both_can_make_in_them(make_project, monkeypatch, minutes):
    seconds = iter([0.05, 0.15])  # of a step of each
    monkeypatch.setattr(twins, "step_seconds", lambda *_: lambda *_: next(seconds))
    project = make_project(24)
    run, _ = start_twins(project, TwinOrder(PAIR, epochs=1, minutes=None, chosen={}))
    epochs = epochs_in(minutes, project, (run, run))
    an_epoch = 0.2 * (project.count_learnt() // run.training.batch_size)
    assert 0.8 * 60 * minutes - an_epoch <= epochs * an_epoch <= 60 * minutes


def test_a_pair_for_minutes_is_given_the_same_epochs(make_project, monkeypatch):
    monkeypatch.setattr(twins, "step_seconds", lambda *_: lambda *_: 0.1)
    runs = start_twins(make_project(24), TwinOrder(PAIR, epochs=None, minutes=2.0, chosen={}))
    kept = [Run.open(run.path).training for run in runs]
    assert kept[0] == kept[1] == runs[0].training
    assert kept[0].epochs > 1
    assert kept[0].minutes is None


def test_a_measurement_that_is_cut_short_leaves_one_epoch(make_project):
    runs = start_twins(make_project(24), TwinOrder(PAIR, epochs=None, minutes=2.0, chosen={}), lambda: False)
    assert runs[0].training.epochs == 1
    assert runs[1].training.epochs == 1
