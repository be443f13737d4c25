"""`vae replay`: a film of how the map came about."""

import shutil

import numpy as np
from command_line import problem, result
from PIL import Image

from training.project import Project
from training.run import latest_run
from training.timeline import Timeline


def run_of(path):
    with Project.open(path, write=False) as project:
        return latest_run(project.runs_folder)


def test_a_frame_is_drawn_for_all_weights_that_were_kept(filmed, tmp_path, vae_here):
    kept = Timeline(run_of(filmed).path).weight_steps()
    assert len(kept) > 5
    done = vae_here("replay", filmed, "--out", tmp_path / "frames", "--json")
    assert result(done) == {"out": str(tmp_path / "frames")}
    frames = [np.asarray(Image.open(path)) for path in sorted((tmp_path / "frames").iterdir())]
    assert len(frames) == len(kept) + 3  # the last one stays for a while
    assert (frames[0] != frames[len(kept) - 1]).any()
    assert (frames[-1] == frames[len(kept) - 1]).all()


def test_it_is_a_film_with_another_ending(filmed, tmp_path, vae_here):
    run = run_of(filmed)
    first, *others = sorted((run.path / "timeline").glob("weights-*"))
    for path in others[2:]:
        path.unlink()
    others[0].write_bytes(b"torn")  # the nearest others take its place
    assert vae_here("replay", filmed, "--out", tmp_path / "replay.gif").returncode == 0
    with Image.open(tmp_path / "replay.gif") as opened:
        assert opened.size == (984, 480)
        assert opened.is_animated
    first.unlink()
    others[1].unlink()
    failed = vae_here("replay", filmed, "--out", tmp_path / "other.gif")
    assert "are damaged" in problem(failed)
    assert not (tmp_path / "other.gif").exists()


def test_without_anything_kept_it_says_so(filmed, tmp_path, vae_here):
    shutil.rmtree(run_of(filmed).path / "timeline")
    assert "kept no replay" in problem(vae_here("replay", filmed, "--out", tmp_path / "replay.gif"))
    assert "GIF, WebP or MP4" in problem(vae_here("replay", filmed, "--out", tmp_path / "replay.avi"))
