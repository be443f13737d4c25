"""One honest sentence about how the training goes, from its history alone."""

from collections.abc import Sequence

import numpy as np

from training.events import EpochRecord
from vae_desktop.plain_words import duration

STARTED = "Just started: the first epochs say little yet."
BARELY = "Barely improving: stopping now would lose little."
OVERFITTING = "Held-out pictures get worse while the others improve: it starts to memorise (overfitting)."
WORSE = "Getting worse rather than better: stopping and keeping the best so far would lose little."

_FEWEST = 4  # epochs before a slope means anything
_CERTAIN = 2.0  # standard errors between a slope and none
_LONGEST_WAIT = 600.0  # seconds for the next 1 % that are always called improving


def coach_sentence(history: Sequence[EpochRecord]) -> str:
    """What the recent slope of the held-out loss says, or '' without any history.

    The slope is a least-squares line through the last third of the epochs (4 to 20), held against its
    standard error so that noise is not called progress. Without held-out pictures the training loss is
    used; memorising cannot be noticed then.
    """
    if not history:
        return ""
    window = max(_FEWEST, min(20, len(history) // 3))
    recent = _finite(history[-2 * window :])[-window:]
    if len(recent) < _FEWEST or recent[-1].seconds <= recent[0].seconds:
        return STARTED
    seconds = np.array([record.seconds for record in recent])
    watched = np.array([(record.held_out or record.train).elbo for record in recent])
    slope, error = _line(seconds, watched)
    if slope > _CERTAIN * error:
        train_slope, _ = _line(seconds, np.array([record.train.elbo for record in recent]))
        memorises = recent[-1].held_out is not None and train_slope < 0
        return OVERFITTING if memorises else WORSE
    if slope >= -_CERTAIN * error:
        return BARELY
    wait = 0.01 * max(abs(float(watched[-1])), 1.0) / -slope
    if wait > max(_LONGEST_WAIT, recent[-1].seconds):
        return BARELY
    return f"Still improving: about {duration(max(wait, 1.0))} for the next 1 % at this pace."


def _finite(history: Sequence[EpochRecord]) -> list[EpochRecord]:
    return [record for record in history if np.isfinite((record.held_out or record.train).elbo)]


def _line(seconds: np.ndarray, values: np.ndarray) -> tuple[float, float]:
    """Slope of the least-squares line through the values, and its standard error, per second."""
    from_middle = seconds - seconds.mean()
    spread = float((from_middle**2).sum())
    slope = float((from_middle * values).sum()) / spread
    left_over = values - values.mean() - slope * from_middle
    error = float(np.sqrt((left_over**2).sum() / (len(values) - 2) / spread))
    return slope, error
