"""What was measured of a project's trainings, and whether it is still true of them."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from training.errors import VaeError
from training.measures import Measures, read_measures
from training.run import Run, load_weights, run_folders
from training.tensors import digest_of


@dataclass(frozen=True, eq=False)
class KeptMeasures:
    """Of one training.

    Attributes:
        path: the run's folder.
        title: what the run is called.
        found: what was measured.
        is_current: whether it is of the weights that the run has now.
    """

    path: Path
    title: str
    found: Measures
    is_current: bool


def read_kept(runs_folder: Path, should_stop: Callable[[], bool] = lambda: False) -> list[KeptMeasures]:
    """Of all trainings that were measured, the newest first."""
    kept = []
    for path in run_folders(runs_folder):
        if should_stop():
            break
        with contextlib.suppress(VaeError, OSError):
            run = Run.open(path)
            found = read_measures(run)
            if found is not None:
                is_current = found.weights == digest_of(load_weights(run))
                kept.append(KeptMeasures(path, run.title, found, is_current))
    return kept
