import math

import numpy as np
import pytest

from training import timeline
from training.errors import VaeError
from training.posteriors import Posteriors
from training.tensors import save_tensors
from training.timeline import Frame, Timeline


def frame(step, pictures=5, latent_dim=2, *, tilted=False):
    rng = np.random.default_rng(step)
    means = rng.normal(0, 2, (pictures, latent_dim)).astype(np.float32)
    sigmas = rng.uniform(0.01, 1, (pictures, latent_dim)).astype(np.float32)
    tilts = rng.uniform(-0.9, 0.9, (pictures, latent_dim * (latent_dim - 1) // 2)).astype(np.float32)
    return Frame(
        step, 0.25 * step, np.arange(pictures) + 100, Posteriors(means, sigmas, tilts if tilted else None)
    )


def weights(step, size=8):
    return {"decoder/kernel": np.full((size,), step, np.float32), "pixel_variance": np.float32(0.01 * step)}


def keep(kept, steps):
    """Offer these steps in turn, as a training does."""
    for step in steps:
        if kept.is_due(step):
            kept.add(frame(step), weights(step))


def gaps(steps):
    """Distances on a scale that is linear up to a hundred steps and logarithmic beyond."""
    return np.diff([math.log1p(step / 100) for step in steps])


def test_tilted_posteriors_stay_tilted(tmp_path):
    made = frame(1, latent_dim=3, tilted=True)
    Timeline(tmp_path).add(made, weights(1))
    (found,) = Timeline(tmp_path).frames()
    np.testing.assert_allclose(found.posteriors.correlations, made.posteriors.correlations, rtol=1e-3)


def test_a_frame_and_its_weights_are_read_back(tmp_path):
    kept = Timeline(tmp_path)
    assert kept.frames() == []
    assert kept.weight_steps() == []
    for step in (1, 40):
        kept.add(frame(step), weights(step))
    for found, step in zip(Timeline(tmp_path).frames(), (1, 40), strict=True):
        made = frame(step)
        assert (found.step, found.seconds) == (made.step, made.seconds)
        np.testing.assert_array_equal(found.ids, made.ids)
        np.testing.assert_allclose(found.posteriors.means, made.posteriors.means, rtol=1e-3)  # eleven bits
        np.testing.assert_allclose(found.posteriors.sigmas, made.posteriors.sigmas, rtol=1e-3)
        assert found.posteriors.means.dtype == found.posteriors.sigmas.dtype == np.float32
    assert kept.weight_steps() == [1, 40]
    found = kept.weights(40)
    assert {name: value.dtype for name, value in found.items()} == dict.fromkeys(weights(1), np.dtype("f4"))
    np.testing.assert_allclose(found["decoder/kernel"], weights(40)["decoder/kernel"])
    assert found["pixel_variance"] == pytest.approx(0.4, rel=1e-3)
    with pytest.raises(VaeError, match="cannot be read"):
        kept.weights(41)


@pytest.mark.parametrize("length", [3, 63, 3000])
def test_steps_are_kept_from_the_first_to_the_latest_evenly_and_never_too_many(tmp_path, monkeypatch, length):
    monkeypatch.setattr(timeline, "MOST_POSTERIORS", 16)
    monkeypatch.setattr(timeline, "MOST_WEIGHTS", 5)
    kept = Timeline(tmp_path)
    keep(kept, range(1, length + 1))
    for steps, most in (([f.step for f in kept.frames()], 16), (kept.weight_steps(), 5)):
        assert len(steps) == min(length, most) or most // 2 <= len(steps) <= most
        assert steps[0] == 1
        scale = gaps([1, length])[0]
        assert gaps([steps[-1], length]).max() <= scale / (most - 1) + gaps([1, 2])[0]
        if length > 100:
            assert gaps(steps).max() <= 3 * gaps(steps).min()  # halves and wholes, and steps are whole
    assert length < 100 or np.diff(steps)[0] < np.diff(steps)[-1] / 5  # dense at first


def test_a_training_that_is_resumed_goes_on_with_the_same_spacing(tmp_path):
    whole, parts = Timeline(tmp_path / "whole"), Timeline(tmp_path / "parts")
    for folder in ("whole", "parts"):
        (tmp_path / folder).mkdir()
    keep(whole, range(1, 400))
    keep(parts, range(1, 250))
    parts.forget_after(200)  # where the checkpoint was
    assert max(parts.weight_steps()[-1], parts.frames()[-1].step) <= 200
    parts = Timeline(tmp_path / "parts")
    keep(parts, range(201, 400))
    spread = gaps([f.step for f in whole.frames()])
    resumed = gaps([f.step for f in parts.frames()])
    assert len(resumed) == pytest.approx(len(spread), abs=2)
    assert resumed.max() <= 2 * spread.max()


def test_torn_and_missing_files_are_left_out(tmp_path):
    kept = Timeline(tmp_path)
    for step in (1, 30, 60, 90):
        kept.add(frame(step), weights(step))
    files = sorted((tmp_path / "timeline").glob("posteriors-*"))
    files[0].write_bytes(files[0].read_bytes()[:-3])
    files[1].unlink()
    save_tensors(files[2], {"means": np.zeros(3)}, {})  # whole, and something else
    (tmp_path / "timeline" / "posteriors-000000091.safetensors.1a2b.part").write_bytes(b"killed amid it")
    (tmp_path / "timeline" / "posteriors-copy.safetensors").write_bytes(b"somebody's")
    assert [f.step for f in kept.frames()] == [90]
    keep(kept, [200])
    assert [f.step for f in kept.frames()] == [90, 200]


def test_large_networks_keep_fewer_weights_and_huge_ones_none(tmp_path, monkeypatch):
    monkeypatch.setattr(timeline, "MOST_WEIGHT_BYTES", 400_000)
    kept = Timeline(tmp_path)
    for step in (1, 100, 1000, 10_000, 100_000):
        kept.add(frame(step), weights(step, size=50_000))  # 100 kB each, in half precision
    assert len(kept.weight_steps()) == 3
    assert (kept.weight_steps()[0], kept.weight_steps()[-1]) == (1, 100_000)
    on_disk = sum(path.stat().st_size for path in (tmp_path / "timeline").glob("weights-*"))
    assert on_disk <= 400_000
    (tmp_path / "huge").mkdir()
    huge = Timeline(tmp_path / "huge")
    huge.add(frame(1), weights(1, size=150_000))
    assert huge.weight_steps() == []
    assert [f.step for f in huge.frames()] == [1]


def test_a_folder_that_is_gone_is_told(tmp_path):
    with pytest.raises(VaeError, match="could not be written"):
        Timeline(tmp_path / "deleted").add(frame(1), weights(1))
