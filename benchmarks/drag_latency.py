"""Drag latency: from a pointer event to the painted picture, as a share of the limit for it.

A hand drags a handle of the real window for ten seconds at 120 moves a second: QMouseEvents, posted from a
thread of their own as a window system would, each with its own position. When the large picture has been
painted, the newest move that it shows is looked up; the time since that move was posted is one latency. Each
move counts at most once, and moves that a newer one overtook are counted as coalesced.

The ratio is the 99th percentile over the limit, 16 ms while nothing else runs and 33 ms while a training
runs; below 1 it is met. The window holds the training back during a drag, so the numbers give its steps per
second before, during and after. In the first half second the training step that was under way still runs.
"""

import tempfile
from pathlib import Path
from typing import Any

from benchmarks.child import Child
from benchmarks.result import Options, Result, of_limit
from benchmarks.trained import make_trained_project
from benchmarks.window import environment

SECONDS, SIZES, PICTURES, DRAGS = 10.0, (64, 128), 600, 2
LIMITS_MS = {"idle": 16.0, "training": 33.0}


def measure(options: Options) -> list[Result]:
    """Two ratios a size: idle, and while a training runs."""
    results = []
    for size in options.sizes or SIZES:
        drags = _measure_size(size, options.seconds or SECONDS)
        results += [_result(size, state, limit, drags[state]) for state, limit in LIMITS_MS.items()]
    return results


def _measure_size(size: int, seconds: float) -> dict[str, list[dict[str, float]]]:
    drags: dict[str, list[dict[str, float]]] = {state: [] for state in LIMITS_MS}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = make_trained_project(folder, size, PICTURES)
        arguments = (str(folder / "settings.ini"), str(project))
        with Child("benchmarks.drag_window", *arguments, environment=environment(folder)) as window:
            window.answer()
            for _ in range(DRAGS):
                for state, found in drags.items():
                    found.append(window.ask(state=state, seconds=seconds))
    return drags


def _result(size: int, state: str, limit: float, drags: list[dict[str, float]]) -> Result:
    details: dict[str, Any] = {}
    for name in drags[0]:
        values = [drag[name] for drag in drags]
        # A worst case is one over all drags; everything else is told as a mean.
        details[name] = max(values) if name.startswith("max") else sum(values) / len(values)
    return of_limit(
        f"drag latency p99, {size} px, {state}",
        f"{limit:.0f} ms",
        [drag["p99 ms"] / limit for drag in drags],
        details=details,
    )
