"""Trainings side by side: which settings differ, how far each came, and their curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from training.events import EpochRecord, Terms
from training.language import tr
from training.run import Run, held_out_figures
from training.setting_help import MODEL_SETTINGS, TRAIN_SETTINGS

By = Literal["seconds", "steps"]


@dataclass(frozen=True)
class Curve:
    """A run's history as arrays, one number an epoch.

    Attributes:
        steps: training steps so far, float64 [n].
        seconds: training time so far, pauses left out, float64 [n].
        train: negative ELBO while learning, nats per picture, float64 [n].
        held_out: the same of held-out pictures; NaN where none were.
    """

    steps: NDArray[np.float64]
    seconds: NDArray[np.float64]
    train: NDArray[np.float64]
    held_out: NDArray[np.float64]

    @classmethod
    def of(cls, history: Sequence[EpochRecord]) -> "Curve":
        """The curve of a history."""
        rows = [(e.step, e.seconds, e.train.loss, e.held_out.loss if e.held_out else np.nan) for e in history]
        return cls(*np.array(rows, np.float64).reshape(-1, 4).T)

    def best_until(self, at: NDArray[np.float64], by: By) -> NDArray[np.float64]:
        """The best held-out figure reached by then, [len(at)]; NaN before the first and after the end."""
        positions: NDArray[np.float64] = getattr(self, by)
        if len(positions) == 0:
            return np.full(len(at), np.nan)
        best = np.fmin.accumulate(self.held_out)
        last = np.searchsorted(positions, at, side="right") - 1
        return np.where((last >= 0) & (at <= positions[-1]), best[last], np.nan)


@dataclass(frozen=True)
class Comparison:
    """What runs have come to, in the order in which they were given.

    Attributes:
        settings: the values of each setting in which they differ, by the setting's name.
        figures: of the best weights of each; None where no picture was held out.
        curves: of each.
        caveat: why their figures say nothing about which is better, a sentence; "" when they do.
    """

    runs: tuple[Run, ...]
    settings: dict[str, tuple[Any, ...]]
    figures: tuple[Terms | None, ...]
    curves: tuple[Curve, ...]
    caveat: str

    def aligned(self, by: By) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where any epoch ended, ascending [n], and each run's best held-out figure by then [runs, n]."""
        at = np.unique(np.concatenate([getattr(curve, by) for curve in self.curves]))
        return at, np.stack([curve.best_until(at, by) for curve in self.curves])

    def at_the_same(self, by: By) -> tuple[float, NDArray[np.float64]]:
        """How far the shortest run came, and each one's best held-out figure by then [runs]; NaN for none."""
        shortest = min(getattr(curve, by)[-1] if len(curve.steps) else 0.0 for curve in self.curves)
        return shortest, np.concatenate([curve.best_until(np.array([shortest]), by) for curve in self.curves])


def compare_runs(runs: Sequence[Run]) -> Comparison:
    """Put two or more runs side by side."""
    settings = {}
    for name in (*MODEL_SETTINGS, *TRAIN_SETTINGS):
        configs = [run.model if name in MODEL_SETTINGS else run.training for run in runs]
        values = tuple(getattr(config, name) for config in configs)
        if len(set(values)) > 1:
            settings[name] = values
    # Densities of other pixels, of pixels measured otherwise, or other sums, are no measure of each other.
    incomparable = [
        tr(MODEL_SETTINGS[name].label) for name in MODEL_SETTINGS if name in settings and name != "latent_dim"
    ]
    caveat = tr(
        "Their figures cannot be compared: the {settings} differs.",
        settings=tr(" and the ").join(incomparable),
    )
    return Comparison(
        tuple(runs),
        settings,
        tuple(held_out_figures(run) for run in runs),
        tuple(Curve.of(run.history()) for run in runs),
        caveat if incomparable else "",
    )
