"""Cold start: from the start of the process to first paint and first decoded picture, as shares of limits.

Fresh processes of the real program open a trained project (its posteriors are kept, as they are after any
training). The clock starts in the parent just before the process does. Limits: 1 s to the first paint, 8 s to
the first decoded picture on the screen; below 1 they are met. The middle of three runs counts; the files come
from the system's cache in the later ones, so the range's high end is nearer to the first start after a boot.
"""

import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.child import Child
from benchmarks.result import Options, Result, of_limit
from benchmarks.trained import make_trained_project
from benchmarks.window import environment

RUNS, SIZES, PICTURES = 3, (64,), 600
LIMITS = {"first paint": 1.0, "first decode": 8.0}


def measure(options: Options) -> list[Result]:
    """Two ratios a size."""
    return [result for size in options.sizes or SIZES for result in _measure_size(size)]


def _measure_size(size: int) -> list[Result]:
    runs: list[dict[str, float]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        project = make_trained_project(folder, size, PICTURES)
        for _ in range(RUNS):
            start = time.time()
            with Child("benchmarks.cold_window", str(project), environment=environment(folder)) as window:
                moments = window.answer()
            runs.append({event: moment - start for event, moment in moments.items()})
    middle = {f"{event} s": float(np.median([run[event] for run in runs])) for event in runs[0]}
    return [
        of_limit(
            f"cold start to {event}, {size} px",
            f"{limit:.0f} s",
            [run[event] / limit for run in runs],
            details=middle,
        )
        for event, limit in LIMITS.items()
    ]
