import datetime
import json
import pickle
import time
from dataclasses import replace

import numpy as np
import pandas
import pytest

from training import __version__
from training.config import ModelConfig, TrainConfig
from training.errors import VaeError
from training.events import EpochRecord, Terms
from training.run import CONFIG_FILE, HISTORY_FILE, LATEST_FILE, Run, latest_run
from training.tensors import checked, load_tensors, save_tensors

MODEL, TRAINING = ModelConfig(32, 1), TrainConfig(epochs=2)


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "runs", MODEL, TRAINING)


def record(epoch, held_out=True):
    terms = Terms(100.0 - epoch, 1.5, 0.25)
    return EpochRecord(epoch, epoch * 10, epoch * 0.5, terms, terms if held_out else None)


def test_runs_are_numbered_and_read_back(tmp_path, run):
    second = Run.create(tmp_path / "runs", ModelConfig(64, 3, 5, "gaussian"), TrainConfig(minutes=1))
    assert [run.path.name, second.path.name] == ["run-001", "run-002"]
    assert Run.open(run.path) == run
    assert Run.open(second.path) == second


def test_the_newest_run_with_weights_is_the_latest(tmp_path, run):
    assert latest_run(tmp_path / "runs") is None
    second, third = (Run.create(tmp_path / "runs", MODEL, TRAINING) for _ in range(2))
    for made in (run, second):
        save_tensors(made.path / LATEST_FILE, {"a": np.zeros(1)}, {})
    assert not third.has_weights()
    assert latest_run(tmp_path / "runs") == second
    (second.path / CONFIG_FILE).write_text("scratched")
    assert latest_run(tmp_path / "runs") == run


def test_the_history_is_read_as_it_was_written(run):
    records = [record(1), record(2, held_out=False), record(3)]
    assert run.history() == []
    for each in records:
        run.append_history(each)
    assert run.history() == records


def test_every_line_of_the_history_is_a_flat_object_with_the_same_keys(run):
    """So that pandas.read_json(lines=True) makes one plain column of each figure."""
    run.append_history(replace(record(1), axis_kl=(1.0, 0.75), learning_rate=1e-3, images_per_second=99.5))
    run.append_history(record(2, held_out=False))
    lines = [json.loads(line) for line in (run.path / HISTORY_FILE).read_text().splitlines()]
    assert [list(line) for line in lines] == [list(lines[0])] * 2
    assert (
        lines[0]["held_out_elbo"] == lines[0]["held_out_reconstruction"] + lines[0]["held_out_kl"] == 100.75
    )
    assert lines[1]["held_out_elbo"] is None
    for line in lines:
        assert isinstance(line.pop("axis_kl"), list)
        assert all(value is None or isinstance(value, int | float) for value in line.values())
    assert run.history()[0].axis_kl == (1.0, 0.75)
    assert (run.history()[0].learning_rate, run.history()[0].images_per_second) == (1e-3, 99.5)


def test_a_history_of_version_0_1_is_read(run):
    terms = {"elbo": 101.0, "reconstruction": 99.0, "kl": 2.0, "kl_mean": 1.5, "kl_variance": 0.5}
    lines = [
        {"epoch": 1, "step": 10, "seconds": 0.5, "train": terms, "held_out": terms},
        {"epoch": 2, "step": 20, "seconds": 1.0, "train": terms, "held_out": None},
    ]
    (run.path / HISTORY_FILE).write_text("".join(json.dumps(line) + "\n" for line in lines))
    read = Terms(99.0, 1.5, 0.5)
    assert run.history() == [EpochRecord(1, 10, 0.5, read, read), EpochRecord(2, 20, 1.0, read, None)]


@pytest.mark.parametrize("line", ["5", "[]", '"train"', '["train"]', '{"train": 5}', "{}", "null"])
def test_what_is_no_line_of_a_history_is_passed_over(run, line):
    run.append_history(record(1))
    with (run.path / HISTORY_FILE).open("a") as file:
        file.write(line + "\n")
    assert run.history() == [record(1)]
    assert run.last_epoch() == record(1)


def test_the_last_epoch_is_found_without_the_others(run):
    assert run.last_epoch() is None
    for epoch in range(1, 400):
        run.append_history(replace(record(epoch), axis_kl=(0.125,) * 128))
    assert run.last_epoch() == run.history()[-1]
    assert run.last_epoch().epoch == 399


def test_a_run_tells_its_name_and_when_and_by_what_it_was_made(tmp_path):
    before = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
    made = Run.create(tmp_path, MODEL, TRAINING, "Cats\nand\u202edogs ")
    assert made.name == made.title == "Cats and dogs"
    read = Run.open(made.path)
    assert read == made
    assert before <= read.created <= datetime.datetime.now(datetime.UTC)
    assert read.versions["vae-desktop"] == __version__
    assert read.versions["keras"].startswith("3.")


def test_a_run_made_before_there_were_names_is_called_by_its_number(run):
    path = run.path / CONFIG_FILE
    config = json.loads(path.read_text())
    path.write_text(json.dumps({name: config[name] for name in ("format", "model", "training")}))
    assert Run.open(run.path).title == "Training 1"
    assert Run.open(run.path).created is None


def test_a_torn_line_costs_its_own_epoch_alone(run):
    run.append_history(record(1))
    run.append_history(record(2))
    path = run.path / HISTORY_FILE
    path.write_bytes(path.read_bytes()[:-25])
    assert run.history() == [record(1)]
    run.append_history(record(2))
    run.append_history(record(3))
    assert run.history() == [record(1), record(2), record(3)]


def test_what_a_crash_left_in_the_history_is_cut_off_for_pandas(run):
    for epoch in (1, 2, 3, 2, 3):
        run.append_history(record(epoch))
    path = run.path / HISTORY_FILE
    path.write_bytes(path.read_bytes()[:-25])
    run.cut_history(2)
    table = pandas.read_json(path, lines=True)
    assert table["epoch"].tolist() == [1, 2]
    assert table["held_out_elbo"].tolist() == [each.held_out.elbo for each in run.history()]
    before = path.stat()
    run.cut_history(2)
    assert path.stat() == before  # nothing to do


def test_epochs_done_again_after_a_crash_count_once(run):
    for epoch in (1, 2, 3, 2):
        run.append_history(record(epoch))
    assert [each.epoch for each in run.history()] == [1, 2]


def test_a_long_history_is_read_at_once(run):
    """Looking through all earlier epochs at each of thirty thousand would take half a minute."""
    run.append_history(record(1))
    line = json.loads((run.path / HISTORY_FILE).read_text())
    lines = "".join(json.dumps({**line, "epoch": epoch}) + "\n" for epoch in range(1, 30_001))
    (run.path / HISTORY_FILE).write_text(lines)
    started = time.process_time()
    assert [each.epoch for each in run.history()] == list(range(1, 30_001))
    assert time.process_time() - started < 3


@pytest.mark.parametrize("change", [{"format": 99}, {"format": "1"}, {"model": {}}, {"training": None}])
def test_settings_that_are_newer_or_damaged_are_refused(run, change):
    path = run.path / CONFIG_FILE
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(VaeError):
        Run.open(run.path)


def test_tensors_come_back_with_shape_type_and_notes(tmp_path):
    tensors = {
        "scalar": np.array(3.5, np.float32),
        "one": np.array([7], np.int64),
        "turned": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "none": np.zeros((0, 2), np.float32),
    }
    notes = {"step": 3, "best": None, "µ": "ü"}
    save_tensors(tmp_path / "a", tensors, notes)
    loaded, read = load_tensors(tmp_path / "a")
    assert read == notes
    assert set(loaded) == set(tensors)
    for name, tensor in tensors.items():
        assert loaded[name].dtype == tensor.dtype
        assert loaded[name].shape == tensor.shape
        np.testing.assert_array_equal(loaded[name], tensor)


class Bomb:
    def __reduce__(self):
        return print, ("a pickle was opened",)


@pytest.mark.parametrize("content", [b"", b"\0" * 100, pickle.dumps(Bomb()), b"\xff" * 8 + b"{}"])
def test_a_file_that_holds_no_weights_is_refused(tmp_path, content, capsys):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(VaeError, match="cannot be read"):
        load_tensors(tmp_path / "a")
    assert capsys.readouterr().out == ""


def test_weights_cut_short_are_refused(tmp_path):
    save_tensors(tmp_path / "a", {"a": np.zeros(1000, np.float32)}, {})
    content = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(content[:-100])
    with pytest.raises(VaeError, match="cannot be read"):
        load_tensors(tmp_path / "a")


@pytest.mark.parametrize(
    ("tensors", "word"),
    [
        ({}, "do not fit"),
        ({"a": np.zeros(3, np.float32)}, "do not fit"),
        ({"a": np.zeros(2, np.float64)}, "do not fit"),
        ({"a": np.array([1, np.nan], np.float32)}, "not numbers"),
        ({"a": np.array([1, np.inf], np.float32)}, "not numbers"),
    ],
)
def test_tensors_that_do_not_fit_or_are_not_finite_are_refused(tensors, word):
    with pytest.raises(VaeError, match=word):
        checked(tensors, {"a": ((2,), "float32")})


def test_of_many_tensors_only_the_wanted_are_taken():
    a = np.ones(2, np.float32)
    assert list(checked({"a": a, "b": a}, {"a": ((2,), "float32")})) == ["a"]
