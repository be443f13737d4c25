import pytest

from training import checkpoint
from training.config import TrainConfig
from training.errors import VaeError
from training.events import EpochRecord
from training.fit import train
from training.run import BEST_FILE, LATEST_FILE, Run
from training.runs import resume_run, start_run
from training.tensors import load_tensors, save_tensors


@pytest.mark.parametrize("change", ["none", "other pictures", "damage"])
def test_the_best_so_far_counts_while_it_is_whole_and_judged_by_the_same_pictures(make_project, change):
    project = make_project(24)
    run = start_run(project, TrainConfig(epochs=1, batch_size=8))
    train(project, run)
    tensors, notes = load_tensors(run.path / BEST_FILE)
    notes["figures"]["reconstruction"] = -1e9  # no epoch will be better
    save_tensors(run.path / BEST_FILE, tensors, notes)
    if change == "other pictures":
        with project.index() as index:
            learned_from = "SELECT MIN(id) FROM pictures WHERE held_out = 0"
            index.execute(f"UPDATE pictures SET held_out = 1 WHERE id = ({learned_from})")
    elif change == "damage":
        (run.path / BEST_FILE).write_bytes(b"scratched")
    train(project, resume_run(project), length=TrainConfig(epochs=1))
    _, notes = load_tensors(run.path / BEST_FILE)
    assert notes["epoch"] == (1 if change == "none" else 2)


def test_the_best_weights_wait_in_memory_and_are_written_whatever_ends_a_training(make_project, monkeypatch):
    monkeypatch.setattr(checkpoint, "BEST_SECONDS", 1000.0)
    project = make_project(24)
    run = start_run(project, TrainConfig(epochs=9, batch_size=4))
    records, on_disk = [], []

    def listen(event):
        if isinstance(event, EpochRecord):
            records.append(event)
            on_disk.append(load_tensors(run.path / BEST_FILE)[1]["epoch"])
            if event.epoch == 4:
                raise RuntimeError("the listener went away")

    with pytest.raises(RuntimeError, match="went away"):
        train(project, run, listen)
    assert on_disk == [1, 1, 1, 1]
    best = min(records, key=lambda record: record.held_out.elbo)
    assert best.epoch > 1
    assert load_tensors(run.path / BEST_FILE)[1]["epoch"] == best.epoch


def test_a_training_that_cannot_be_gone_on_with_keeps_its_length(make_project):
    project = make_project(24)
    run = start_run(project, TrainConfig(epochs=3))
    (run.path / LATEST_FILE).write_bytes(b"scratched")
    with pytest.raises(VaeError, match="cannot be gone on with"):
        train(project, run, length=TrainConfig(epochs=9))
    assert Run.open(run.path).training == TrainConfig(epochs=3)
