"""A figure measured on a sample, with the interval that it may as well have been in.

An interval tells how much the figure would change with other samples of the same kind: pictures, or points of
the latent space. By how much a training with another seed would differ it does not tell.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.language import tr

CONFIDENCE = 0.95
_NORMAL_QUANTILE = 1.959963984540054  # of (1 + CONFIDENCE) / 2


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95 % interval.

    Attributes:
        value: the figure; NaN where it could not be measured.
        low: lower end of the interval; −∞ where it is not known.
        high: upper end; ∞ where it is not known.
    """

    value: float
    low: float = -math.inf
    high: float = math.inf

    @property
    def is_known(self) -> bool:
        """Whether there is a figure at all."""
        return math.isfinite(self.value)

    def apart_from(self, other: "Estimate") -> bool:
        """Whether both intervals have nothing in common."""
        return self.high < other.low or other.high < self.low

    def to_json(self) -> dict[str, float | None]:
        """By name; what is not finite, which JSON cannot tell, is null."""
        ends = {"value": self.value, "low": self.low, "high": self.high}
        return {name: float(number) if math.isfinite(number) else None for name, number in ends.items()}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Rebuild from :meth:`to_json`; null is a value or an end that is not known.

        Raises:
            VaeError: for anything else.
        """
        unknown = {"value": math.nan, "low": -math.inf, "high": math.inf}
        if not isinstance(data, Mapping) or set(data) != set(unknown) or not all(map(_fits, data.values())):
            raise VaeError(tr("This is not a measured figure: {found}.", found=str(data)[:200]))
        return cls(**{name: unknown[name] if end is None else float(end) for name, end in data.items()})


def _fits(end: object) -> bool:
    return end is None or (type(end) in (int, float) and math.isfinite(float(end)))  # type: ignore[arg-type]


def bootstrap(
    values: NDArray[Any],
    statistic: Callable[[NDArray[Any]], Any] = np.mean,
    seed: int = 0,
    draws: int = 1_000,
) -> Estimate:
    """A statistic of a sample, with the interval by the percentile bootstrap (Efron 1979).

    As many rows as there are, are drawn with replacement, many times; the interval goes from the 2.5th to the
    97.5th percentile of their statistics. It is a little too narrow for fewer than some 30 rows, and far too
    narrow for extremes, which no draw exceeds.

    Rows with a NaN in them, which could not be measured, are left out. With fewer than two others there is no
    interval, and with none no value. Nor is there an interval where the statistic of some draw is NaN.

    Args:
        values: [n, ...], a row for each independent thing that was sampled: where several numbers belong
            together (a pair's numerator and denominator), they are drawn together.
        statistic: a number from such values; of infinite ones, too, if there are any.
        seed: the same seed and values give the same interval.
        draws: how many times; one draw is in memory at once.
    """
    values = np.asarray(values)
    if values.dtype.kind == "f":
        values = values[~np.isnan(values).reshape(len(values), -1).any(axis=1)]
    n = len(values)
    if n == 0:
        return Estimate(math.nan)
    value = float(statistic(values))
    if n < 2:
        return Estimate(value)
    random = np.random.default_rng(seed)
    found = np.array([statistic(values[random.integers(n, size=n)]) for _ in range(draws)], np.float64)
    if np.isnan(found).any():
        return Estimate(value)
    tail = (1.0 - CONFIDENCE) / 2
    # Without interpolation, since some may be infinite.
    low, high = np.quantile(found, [tail, 1.0 - tail], method="inverted_cdf")
    return Estimate(value, float(low), float(high))


def drawn_means(values: NDArray[Any], random: np.random.Generator, draws: int = 1_000) -> NDArray[np.float64]:
    """Means [draws, k] of rows of [n, k] drawn anew (Efron 1979), all columns by the same draws."""
    n = len(values)
    counts = random.multinomial(n, np.full(n, 1.0 / n), size=draws)
    means: NDArray[np.float64] = counts.astype(np.float64) @ values / n
    return means


def of_mean(values: NDArray[Any]) -> Estimate:
    """The mean of values [n], see :func:`bootstrap`."""
    return bootstrap(values)


def of_share(hits: NDArray[np.bool_], independent: float | None = None) -> Estimate:
    """The share of hits [n], with Wilson's score interval (1927).

    A bootstrap would claim that a share of 0 or 1 is exact.

    Args:
        independent: as how many independent ones they tell; None where all are.
    """
    if len(hits) == 0:
        return Estimate(math.nan)
    n = len(hits) if independent is None else independent
    share, square = float(np.mean(hits)), _NORMAL_QUANTILE**2
    middle = (share + square / (2 * n)) / (1 + square / n)
    half = _NORMAL_QUANTILE * math.sqrt(share * (1 - share) / n + square / (4 * n * n)) / (1 + square / n)
    return Estimate(share, min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share))
