"""Exploring the plane: frames of a pan and zoom, how soon the backdrop is there, and what a wander costs.

The real window of 1,280 × 800 pixels, with a trained project of small pictures.

*Frames*: a hand pans and zooms with real mouse and wheel events at 120 a second, over so many points and the
backdrop. A frame is the time from the arrival of an event until what it changed is painted; events that come
while a frame is painted are shown by the next one, as everywhere. The ratios are the 99th percentile over
33 ms, and the wished frames a second (60, or 30 with a million points) over those painted.

*Playback*: a closed path is played. The ratio is 60 over the pictures of it that were decoded and painted a
second, while nothing else runs and while a training does.

*Backdrop*: a new training is begun. From its first snapshot until all of the coarse backdrop is painted: at
most 300 ms. Then it is stopped: from the last weights until the whole view is painted as fine as it gets: at
most 2 s.

*Wander*: pans, zooms and changes of mode for ten minutes. What the process has grown by, over what the cache
of tiles may hold and 64 MB for all else.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.child import Child
from benchmarks.result import Options, Result, of_limit
from benchmarks.scratch import make_project
from benchmarks.trained import make_trained_project
from benchmarks.window import environment

FRAMES_SECONDS, WANDER_SECONDS, TURNS = 10.0, 600.0, 2
POINTS, WISHED_RATES = (100_000, 1_000_000), (60.0, 30.0)
PLAYED_RATE = 60.0
FRAME_MS, COARSE_MS, FINE_MS = 33.0, 300.0, 2_000.0
ALL_ELSE_MB = 64.0
SIZE, PICTURES = 64, 600


def measure(options: Options) -> list[Result]:
    """Two ratios for each number of points, two of a played path, two of the backdrop, one of the wander."""
    results: list[Result] = []
    size = options.sizes[0] if options.sizes else SIZE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trained = make_trained_project(folder, size, PICTURES)
        with _window(folder, trained) as window:
            # First, while the cache of tiles is nearly empty.
            results.append(_wander(window, options.seconds or WANDER_SECONDS))
            seconds = options.seconds or FRAMES_SECONDS
            results += [_playback(window, size, state, seconds) for state in ("idle", "training")]
            for points, wished in zip(options.pictures or POINTS, WISHED_RATES, strict=False):
                results += _frames(window, points, wished, seconds)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with _window(folder, make_project(folder, size, PICTURES)) as window:
            results += _backdrop(window, size)
    return results


@contextmanager
def _window(folder: Path, project: Path) -> Iterator[Child]:
    arguments = (str(folder / "settings.ini"), str(project))
    with Child("benchmarks.explore_window", *arguments, environment=environment(folder)) as window:
        window.answer()
        yield window


def _frames(window: Child, points: int, wished: float, seconds: float) -> list[Result]:
    turns = [window.ask(what="frames", points=points, seconds=seconds) for _ in range(TURNS)]
    means = {name: sum(turn[name] for turn in turns) / TURNS for name in turns[0]}
    name = f"pan and zoom over {points:,} points"
    return [
        of_limit(
            f"{name}, p99 frame", f"{FRAME_MS:.0f} ms", [t["p99 ms"] / FRAME_MS for t in turns], details=means
        ),
        of_limit(
            f"{name}, rate", f"{wished:.0f} frames/s", [wished / t["frames/s"] for t in turns], details={}
        ),
    ]


def _playback(window: Child, size: int, state: str, seconds: float) -> Result:
    is_training = state == "training"
    turns = [window.ask(what="playback", seconds=seconds, is_training=is_training) for _ in range(TURNS)]
    return of_limit(
        f"path played, {size} px, {state}, rate",
        f"{PLAYED_RATE:.0f} pictures/s",
        [PLAYED_RATE / turn["pictures/s"] for turn in turns],
        details={name: sum(turn[name] for turn in turns) / TURNS for name in turns[0]},
    )


def _wander(window: Child, seconds: float) -> Result:
    found = window.ask(what="wander", seconds=seconds)
    limit = found["cache MB"] + ALL_ELSE_MB
    return of_limit(
        f"memory after a wander of {seconds:.0f} s",
        f"{limit:.0f} MB",
        [found["grown MB"] / limit],
        details=found,
    )


def _backdrop(window: Child, size: int) -> list[Result]:
    found = window.ask(what="backdrop")
    return [
        of_limit(
            f"first coarse backdrop, {size} px",
            f"{COARSE_MS:.0f} ms",
            [found["coarse ms"] / COARSE_MS],
            details=found,
        ),
        of_limit(
            f"whole view refined, {size} px", f"{FINE_MS:.0f} ms", [found["fine ms"] / FINE_MS], details={}
        ),
    ]
