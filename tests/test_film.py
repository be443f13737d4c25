"""Films, sequences and sheets: what is in them, and what is left when they fail or are stopped."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from training.errors import VaeError
from training.events import Control
from training.film import MOST_FRAMES, check_film, write_film, write_sequence, write_sheet
from training.mp4 import find_ffmpeg, require_ffmpeg
from training.recipe import read_recipe

needs_ffmpeg = pytest.mark.skipif(find_ffmpeg() is None, reason="needs an ffmpeg program")
KINDS = [".gif", ".webp", pytest.param(".mp4", marks=needs_ffmpeg)]


def moving(count, size=(40, 48), channels=3):
    """A smooth picture whose colours wander, count times."""
    height, width = size
    across, up = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    for number in range(count):
        turn = number / count
        planes = [np.sin(3 * across + turn * 6), np.cos(2 * up + turn * 6), across * (1 - turn) + up * turn]
        yield (np.stack(planes[:channels], axis=2).clip(0, 1) * 255).astype(np.uint8)


def played(path):
    """The frames, and how long each lasts, in milliseconds."""
    with Image.open(path) as film:
        shown = [
            (np.asarray(frame.convert("RGB")).astype(float), frame.info["duration"])
            for frame in ImageSequence.Iterator(film)
        ]
    return [frame for frame, _ in shown], [duration for _, duration in shown]


def ffmpeg_frames(path, width, height):
    program, _ = require_ffmpeg()
    command = [program, "-loglevel", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, height, width, 3).astype(float)


def likeness(shown, frame):
    """Peak signal-to-noise ratio in dB."""
    error = np.mean((shown - np.broadcast_to(frame, shown.shape)) ** 2)
    return 10 * np.log10(255**2 / max(error, 1e-9))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", [".gif", ".webp"])
def test_a_film_shows_its_frames_faithfully_at_its_speed(tmp_path, kind, channels):
    path, told = tmp_path / f"film{kind}", []
    assert write_film(path, moving(31, channels=channels), 30, told.append, count=31)
    frames, durations = played(path)
    assert told == list(range(1, 32))
    assert len(frames) == 31
    assert sum(durations) == pytest.approx(31 / 30 * 1000, abs=6)
    assert min(likeness(a, b) for a, b in zip(frames, moving(31, channels=channels), strict=True)) > 31
    with Image.open(path) as film:
        assert film.info.get("loop") == 0
    assert [left.name for left in tmp_path.iterdir()] == [path.name]


@needs_ffmpeg
@pytest.mark.parametrize("size", [(40, 48), (33, 41)])
def test_an_mp4_shows_its_frames_in_their_colours(tmp_path, size):
    path = tmp_path / "film.mp4"
    assert write_film(path, moving(20, size), 25, count=20)
    height, width = size
    shown = ffmpeg_frames(path, width + width % 2, height + height % 2)[:, :height, :width]
    assert len(shown) == 20
    assert min(likeness(a, b) for a, b in zip(shown, moving(20, size), strict=True)) > 28


def test_a_sequence_is_a_new_folder_of_numbered_files(tmp_path):
    folder = tmp_path / "frames"
    assert write_sequence(folder, moving(3), count=3)
    assert sorted(file.name for file in folder.iterdir()) == [f"frame-000{n}.png" for n in (1, 2, 3)]
    for number, frame in enumerate(moving(3), 1):
        with Image.open(folder / f"frame-000{number}.png") as image:
            np.testing.assert_array_equal(np.asarray(image), frame)


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(VaeError, match="has something in it"):
        write_sequence(tmp_path, moving(3), count=3)
    assert [left.name for left in tmp_path.iterdir()] == ["mine.txt"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert write_sequence(empty, moving(3), count=3)


def test_a_sheet_shows_all_frames(tmp_path):
    path = tmp_path / "sheet.png"
    assert write_sheet(path, moving(7), columns=3, gap=2, captions=[f"{n} s" for n in range(7)])
    with Image.open(path) as sheet:
        assert sheet.width == 3 * 48 + 4
        pixels = np.asarray(sheet)
    first, *_ = moving(7)
    np.testing.assert_array_equal(pixels[:40, :48], first)


# ---------------------------------------------------------------------- stopped, or going wrong


def stopping(frames, after, control):
    for number, frame in enumerate(frames):
        if number == after:
            control.stop()
        yield frame


@pytest.mark.parametrize("after", [0, 4, 9])
@pytest.mark.parametrize("kind", [*KINDS, ""])
def test_a_stop_leaves_what_was_there_and_nothing_else(tmp_path, kind, after):
    path, control = tmp_path / f"film{kind}", Control()
    if kind:
        path.write_bytes(b"old")
    write = write_film if kind else write_sequence
    rate = [25] if kind else []
    frames = stopping(moving(10), after, control)
    assert write(path, frames, *rate, control=control, count=10) is False
    assert [left.name for left in tmp_path.iterdir()] == ([path.name] if kind else [])
    assert not kind or path.read_bytes() == b"old"


@pytest.mark.parametrize("kind", KINDS)
def test_frames_that_fail_leave_nothing(tmp_path, kind):
    def failing():
        yield from moving(3)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        write_film(tmp_path / f"film{kind}", failing(), 25, count=10)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="root, too, cannot write to /proc")
@pytest.mark.parametrize("kind", [*KINDS, ""])
def test_a_read_only_folder_is_told(kind):
    write, rate = (write_film, [25]) if kind else (write_sequence, [])
    with pytest.raises(VaeError, match="could not be written"):
        write(Path(f"/proc/film{kind}"), moving(3), *rate, count=3)


@pytest.mark.parametrize("kind", [*KINDS, ""])
def test_a_folder_that_is_not_there_is_told(tmp_path, kind):
    write, rate = (write_film, [25]) if kind else (write_sequence, [])
    with pytest.raises(VaeError, match="could not be written"):
        write(tmp_path / "gone" / f"film{kind}", moving(3), *rate, count=3)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_FSIZE")
@pytest.mark.parametrize("kind", [*KINDS, ".png", ""])
def test_a_full_disk_leaves_the_old_film(tmp_path, kind):
    path = tmp_path / f"film{kind}"
    if kind:
        path.write_bytes(b"old")
    script = f"""
import resource, signal
import numpy as np
from pathlib import Path
from training.errors import VaeError
from training.film import write_film, write_sequence, write_sheet
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
frames = np.random.default_rng(0).integers(0, 256, (40, 64, 64, 3), np.uint8)
path, kind = Path({str(path)!r}), {kind!r}
try:
    if kind == ".png":
        write_sheet(path, frames, columns=8)
    elif kind:
        write_film(path, iter(frames), 25, count=40)
    else:
        write_sequence(path, iter(frames), count=40)
except VaeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "could not be written" in done.stdout
    assert "Free some space" in done.stdout
    assert [left.name for left in tmp_path.iterdir()] == ([path.name] if kind else [])
    assert not kind or path.read_bytes() == b"old"


def test_a_disk_with_too_little_room_is_told_before_the_first_frame(tmp_path):
    frame = np.broadcast_to(np.uint8(0), (4_000_000, 2_000_000, 3))  # takes no memory
    with pytest.raises(VaeError, match=r"may take .* GB, and there is .* free there"):
        write_film(tmp_path / "film.webp", [frame], 25, count=MOST_FRAMES)


@pytest.mark.parametrize(
    ("suffix", "fps", "count", "words"),
    [
        (".avi", 25, 10, "GIF, WebP or MP4"),
        ("", 25, 10, "without an ending"),
        (".gif", 60, 10, "up to 50 frames a second"),
        (".webp", 0, 10, "up to 60"),
        (".webp", float("nan"), 10, "up to 60"),
        (".mp4", 25, 0, "0 frames"),
        (".mp4", 25, MOST_FRAMES + 1, "the most are 20,000"),
    ],
)
def test_what_can_be_no_film_is_refused_in_words(suffix, fps, count, words):
    with pytest.raises(VaeError, match=words):
        check_film(suffix, fps, count)


def test_a_gif_that_would_fill_the_memory_is_refused(tmp_path):
    with pytest.raises(VaeError, match="Choose MP4 or WebP"):
        write_film(tmp_path / "film.gif", moving(1, (400, 400)), 25, count=15_000)
    assert list(tmp_path.iterdir()) == []


def test_without_ffmpeg_it_is_said_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)  # as if it were not installed
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VaeError, match=r"pip install 'vae-desktop\[video\]'"):
        write_film(tmp_path / "film.mp4", moving(3), 25, count=3)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="needs a script as a program")
def test_an_ffmpeg_on_the_path_is_taken_and_one_that_cannot_is_told(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    monkeypatch.setenv("PATH", str(tmp_path))
    program = tmp_path / "ffmpeg"
    program.write_text("#!/bin/sh\necho ' V....D libvpx  VP8'\n")
    program.chmod(0o700)
    assert find_ffmpeg() == str(program)
    with pytest.raises(VaeError, match="cannot write MP4"):
        require_ffmpeg()


# ---------------------------------------------------------------------- how it was made


@pytest.mark.parametrize("kind", [".gif", ".webp"])
def test_a_film_keeps_its_recipe(tmp_path, kind, recipe):
    path = tmp_path / f"film{kind}"
    write_film(path, moving(5), 25, count=5, recipe=recipe.as_text())
    assert read_recipe(path) == recipe


def test_every_frame_of_a_sequence_and_a_sheet_keep_it_too(tmp_path, recipe):
    write_sequence(tmp_path / "frames", moving(2), count=2, recipe=recipe.as_text())
    write_sheet(tmp_path / "sheet.png", moving(2), columns=2, recipe=recipe.as_text())
    for path in (*(tmp_path / "frames").iterdir(), tmp_path / "sheet.png"):
        assert read_recipe(path) == recipe
