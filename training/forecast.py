"""How a figure that is to fall has gone of late, and when it will have fallen further.

The curves of trainings fall like powers of the time or exponentially, to a level that nobody knows. Both
shapes are fitted to the recent epochs, the last ones counting most; a straight line would follow what is over
already and promise the next step far too soon.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

CERTAIN = 3.0  # standard errors between a change and none
_RECENCY = 2.0  # the oldest epoch of those that are looked at counts e^-2 of the newest
_RATES = np.geomspace(0.05, 30.0, 28)  # of exponential decays, by the time so far
_POWERS = np.geomspace(0.05, 3.0, 14)  # of the time


@dataclass(frozen=True)
class Curve:
    """A figure over the recent training time.

    Attributes:
        seconds: increasing and above 0, [n], n >= 4.
        values: [n], finite; lower is better.
    """

    seconds: NDArray[np.float64]
    values: NDArray[np.float64]

    def change(self) -> float:
        """By how much a straight line through the values rises from the first to the last; 0 if uncertain.

        Uncertain is what is less than three standard errors from none, so that noise is no progress.
        """
        from_middle = self.seconds - self.seconds.mean()
        spread = float((from_middle**2).sum())
        slope = float((from_middle * self.values).sum()) / spread
        left_over = self.values - self.values.mean() - slope * from_middle
        error = math.sqrt(float((left_over**2).sum()) / (len(self.values) - 2) / spread)
        certain = abs(slope) > CERTAIN * error
        return slope * float(self.seconds[-1] - self.seconds[0]) if certain else 0.0

    def seconds_to_fall(self, drop: float) -> float:
        """How long until the figure is ``drop`` (above 0) lower than now; infinity when it never will be.

        The best weighted least-squares fit of c + a·exp(−k·x), where x is the time in units of that so far,
        or its logarithm, which makes it a power of the time. Under noise of up to a third of ``drop``, the
        forecast for such curves is right within a third; it grows uncertain with more noise.
        """
        now = float(self.seconds[-1])
        before = (self.seconds - now) / now  # -1 … 0
        exponents = np.concatenate([-np.outer(_RATES, before), -np.outer(_POWERS, np.log1p(before))])
        weights = np.exp(_RECENCY * before / -before[0])
        amplitudes, left_over = _least_squares(np.exp(exponents), self.values, weights)
        best = int(np.argmin(left_over))
        if amplitudes[best] <= drop:
            return math.inf
        to_come = -math.log1p(-drop / float(amplitudes[best]))
        if best < len(_RATES):
            return now * to_come / float(_RATES[best])
        exponent = to_come / float(_POWERS[best - len(_RATES)])
        return now * math.expm1(exponent) if exponent < 700 else math.inf


def _least_squares(
    shapes: NDArray[np.float64], values: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Amplitude of each shape, [k, n], in its fit with a constant, and what is left over; [k] each."""
    weights = weights / weights.sum()
    shapes = shapes - (shapes @ weights)[:, None]
    values = values - values @ weights
    amplitudes = shapes @ (weights * values) / np.maximum(shapes**2 @ weights, np.finfo(float).tiny)
    return amplitudes, (values - amplitudes[:, None] * shapes) ** 2 @ weights
