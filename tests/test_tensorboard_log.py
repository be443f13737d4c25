import logging
from dataclasses import replace

import pytest
from event_files import events_in, scalars_in

from training.config import ModelConfig, TrainConfig
from training.events import EpochRecord, Terms
from training.run import Run
from training.tensorboard_log import TENSORBOARD_FOLDER, TensorBoardLog


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path, ModelConfig(32, 1), TrainConfig(tensorboard=True))


def record(epoch, held_out=True):
    terms = Terms(100.0 - epoch, 1.5, 0.25)
    return EpochRecord(
        epoch,
        epoch * 10,
        epoch * 0.5,
        terms,
        replace(terms, kl_mean=2.0) if held_out else None,
        learning_rate=0.5**epoch,
    )


def test_the_log_has_every_figure_of_every_epoch(run):
    log = TensorBoardLog(run)
    log.begin([record(1)])
    log.add(record(2))
    log.add(record(3, held_out=False))
    log.close()
    folder = run.path / TENSORBOARD_FOLDER
    assert scalars_in(folder / "train", "elbo") == [(10, 100.75), (20, 99.75), (30, 98.75)]
    assert scalars_in(folder / "train", "learning_rate") == [(10, 0.5), (20, 0.25), (30, 0.125)]
    assert scalars_in(folder / "held-out", "kl_mean") == [(10, 2.0), (20, 2.0)]
    assert events_in(folder / "train")[0].file_version == "brain.Event:2"
    began = run.created.timestamp()
    assert [event.wall_time - began for event in events_in(folder / "train")] == [0, 0.5, 1.0, 1.5]


def test_what_is_added_can_be_seen_while_the_training_goes_on(run):
    log = TensorBoardLog(run)
    log.begin([record(1)])
    assert scalars_in(run.path / TENSORBOARD_FOLDER / "train", "elbo") == [(10, 100.75)]
    log.close()


def test_a_log_begun_again_has_each_epoch_once(run):
    for history in ([record(1), record(2)], [record(1)]):
        log = TensorBoardLog(run)
        log.begin(history)
        log.add(record(len(history) + 1))
        log.close()
    steps = scalars_in(run.path / TENSORBOARD_FOLDER / "train", "elbo")
    assert [step for step, _ in steps] == [10, 20]


def test_without_the_setting_nothing_is_written(run):
    log = TensorBoardLog(replace(run, training=TrainConfig()))
    log.begin([record(1)])
    log.add(record(2))
    log.close()
    assert not (run.path / TENSORBOARD_FOLDER).exists()


def test_a_log_that_cannot_be_written_does_not_end_the_training(run, caplog):
    (run.path / TENSORBOARD_FOLDER).write_text("a file in its place")
    log = TensorBoardLog(run)
    with caplog.at_level(logging.WARNING):
        log.begin([record(1)])
        log.add(record(2))
        log.close()
    assert "TensorBoard log cannot be written" in caplog.text
