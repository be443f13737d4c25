import numpy as np
import pytest

from training.comparison import Curve, compare_runs
from training.config import ModelConfig, TrainConfig
from training.events import EpochRecord, Terms
from training.run import BEST_FILE, Run
from training.tensors import save_tensors

MODEL, TRAINING = ModelConfig(32, 1), TrainConfig(epochs=9)


def make_run(folder, epochs, model=MODEL, training=TRAINING):
    """A run of these epochs: (step, seconds, held-out negative ELBO or None)."""
    run = Run.create(folder, model, training)
    for epoch, (step, seconds, elbo) in enumerate(epochs, 1):
        held_out = None if elbo is None else Terms(elbo, 0.0, 0.0)
        run.append_history(EpochRecord(epoch, step, seconds, Terms(50.0, 0.0, 0.0), held_out))
    best = min((elbo for _, _, elbo in epochs if elbo is not None), default=None)
    if best is not None:
        notes = {"judged_on": "these", "figures": Terms(best, 0.0, 0.0).as_json()}
        save_tensors(run.path / BEST_FILE, {}, notes)
    return run


def test_runs_are_aligned_by_time_and_by_steps(tmp_path):
    slow = make_run(tmp_path, [(10, 5.0, 100.0), (20, 10.0, 90.0), (30, 15.0, 95.0)])
    fast = make_run(tmp_path, [(10, 1.0, 120.0), (20, 2.0, 80.0)])
    comparison = compare_runs([slow, fast])
    nan = np.nan
    at, best = comparison.aligned("seconds")
    np.testing.assert_array_equal(at, [1, 2, 5, 10, 15])
    np.testing.assert_array_equal(best, [[nan, nan, 100, 90, 90], [120, 80, nan, nan, nan]])
    at, best = comparison.aligned("steps")
    np.testing.assert_array_equal(at, [10, 20, 30])
    np.testing.assert_array_equal(best, [[100, 90, 90], [120, 80, nan]])
    assert comparison.at_the_same("steps")[0] == 20
    np.testing.assert_array_equal(comparison.at_the_same("steps")[1], [90, 80])
    np.testing.assert_array_equal(comparison.at_the_same("seconds")[1], [nan, 80])
    assert [figures.elbo for figures in comparison.figures] == [90, 80]


def test_only_settings_that_differ_are_told(tmp_path):
    one = make_run(tmp_path, [], training=TrainConfig(epochs=9, seed=1))
    two = make_run(tmp_path, [], training=TrainConfig(epochs=9, seed=2, batch_size=8))
    comparison = compare_runs([one, two, one])
    assert comparison.settings == {"seed": (1, 2, 1), "batch_size": (None, 8, None)}
    assert comparison.caveat == ""


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (ModelConfig(48, 1), "picture size"),
        (ModelConfig(32, 3), "number of channels"),
        (ModelConfig(32, 1, likelihood="gaussian"), "likelihood"),
    ],
)
def test_figures_of_other_pixels_are_said_not_to_compare(tmp_path, other, word):
    runs = [make_run(tmp_path, []), make_run(tmp_path, [], model=other)]
    assert f"cannot be compared: the {word} differs" in compare_runs(runs).caveat
    same = make_run(tmp_path, [], model=ModelConfig(32, 1, latent_dim=5))
    assert compare_runs([runs[0], same]).caveat == ""


def test_runs_without_epochs_or_held_out_pictures_compare_to_nothing(tmp_path):
    untrained = make_run(tmp_path, [])
    all_learnt = make_run(tmp_path, [(10, 5.0, None), (20, 9.0, None)])
    comparison = compare_runs([untrained, all_learnt])
    at, best = comparison.aligned("seconds")
    np.testing.assert_array_equal(at, [5, 9])
    assert np.isnan(best).all()
    assert best.shape == (2, 2)
    assert comparison.figures == (None, None)
    assert comparison.at_the_same("seconds")[0] == 0
    assert len(Curve.of([]).steps) == 0
