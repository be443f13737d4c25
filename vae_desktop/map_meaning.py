"""What the measured maps of the plane are called, and how their values become colours and words."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.completeness import HOLE_RATIO
from training.language import mark, number, tr
from vae_desktop.plane_colouring import Scale

_HOLE = math.log(HOLE_RATIO)
_EXTREME = 0.02  # of the values at either end do not stretch the scale
_LOGARITHMIC = 10.0  # from such a ratio of the ends on
_LOWEST_RATIO = -2.0 * math.log(10.0)  # far out there is no picture at all


@dataclass(frozen=True)
class MapMeaning:
    """What the values of one map mean.

    Attributes:
        title: in the menu, with its mnemonic.
        help: a sentence.
        legend: over the colours, with the unit.
        value: of a place, in words with {value}.
        is_positive: whether its scale may be logarithmic.
        border: the level that is drawn as a line; None for none.
        note: what that line means, or what else to know.
        beyond: what is to be said of a place beyond the border; "" for nothing.
        is_beyond_below: whether that is what lies below it.
        has_levels: whether lines of equal value tell more than that border; else they would be a tangle.
    """

    title: str
    help: str
    legend: str
    value: str
    is_positive: bool = True
    border: float | None = None
    note: str = ""
    beyond: str = ""
    is_beyond_below: bool = False
    has_levels: bool = True


MAPS = {
    "steepness": MapMeaning(
        mark("&Steepness ‖J‖₂"),
        mark("How fast the drawn picture changes along the direction in which it changes most"),
        mark("steepness ‖J‖₂, per latent unit"),
        mark("steepness {value} per latent unit"),
        note=mark("root mean square change of a pixel (0 to 1)"),
    ),
    "magnification": MapMeaning(
        mark("&Magnification √det G"),
        mark("How many different pictures a piece of the plane holds: its area as the pictures measure it"),
        mark("magnification √det G, per unit²"),
        mark("magnification {value} per squared latent unit"),
        note=mark("how much area of pictures a piece of the plane is"),
    ),
    "nearness": MapMeaning(
        mark("&Likely pictures"),
        mark("How far what is drawn here is from the nearest held-out picture"),
        mark("distance to held-out pictures"),
        mark("{value} times as far from held-out pictures as 95 % of pictures are"),
        border=1.0,
        note=mark("line at 1: 95 % of real pictures are as near"),
        beyond=mark("unlikely"),
    ),
    "log_ratio": MapMeaning(
        mark("&Holes: pictures ÷ prior"),
        mark("Whether more or fewer of your pictures lie here than the prior expects"),
        mark("ln(pictures ÷ prior), nats"),
        mark("ln(pictures ÷ prior) {value}"),
        is_positive=False,
        border=_HOLE,
        note=mark("lines: holes, less than a tenth of the prior within 2σ"),
        beyond=mark("a hole"),
        is_beyond_below=True,
        has_levels=False,
    ),
}
"""By the names of :class:`training.plane_map.PlaneMap`."""


@dataclass(frozen=True)
class MapScale:
    """From values to shares of a colour scale, all but the most extreme values within it.

    Attributes:
        low, high: what stands at its ends.
        is_log: whether equal ratios are equally far apart on it.
    """

    low: float
    high: float
    is_log: bool

    @classmethod
    def of(cls, values: NDArray[np.float32], meaning: MapMeaning) -> "MapScale":
        """One that suits values, NaN where they are not known."""
        known = values[np.isfinite(values)].astype(np.float64)
        if not len(known):
            return cls(0.0, 1.0, is_log=False)
        low, high = (float(end) for end in np.quantile(known, (_EXTREME, 1 - _EXTREME)))
        if not meaning.is_positive:
            low = max(low, _LOWEST_RATIO)
            high = max(high, low + 1.0)
        if high - low <= 1e-9 * max(abs(high), 1e-12):  # the same everywhere
            half = max(abs(high) / 2, 0.5e-6)
            return cls(low - half, high + half, is_log=False)
        is_log = meaning.is_positive and low > 0 and high / low >= _LOGARITHMIC
        return cls(low, high, is_log)

    def shares(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Where values lie on the scale, 0 to 1; NaN where they are not known."""
        low, high, found = self.low, self.high, np.asarray(values, np.float64)
        if self.is_log:
            low, high, found = math.log(low), math.log(high), np.log(np.maximum(found, low))
        shares: NDArray[np.float64] = np.clip((found - low) / (high - low), 0.0, 1.0)
        return shares

    def levels(self, count: int) -> list[float]:
        """Values at even steps within the scale."""
        shares = np.arange(1, count + 1) / (count + 1)
        if self.is_log:
            found = self.low * (self.high / self.low) ** shares
        else:
            found = self.low + (self.high - self.low) * shares
        return [float(level) for level in found]

    def words(self, title: str) -> Scale:
        """What the colours mean: the values at both ends, which others exceed, and in the middle."""
        (middle,) = self.levels(1)
        ends = f"≤ {few_digits(self.low)}", few_digits(middle), f"≥ {few_digits(self.high)}"
        return Scale(title, tuple(zip((0.0, 0.5, 1.0), ends, strict=True)))


def value_words(name: str, value: float, *, within_reach: bool = True) -> str:
    """A map's value at a place; "" where it is not known.

    Args:
        name: of the map, one of :data:`MAPS`.
        within_reach: whether the place may be a hole, see :data:`training.completeness.HOLE_REACH`.
    """
    meaning = MAPS[name]
    if not math.isfinite(value):
        return ""
    words = tr(meaning.value, value=few_digits(value))
    if meaning.border is None or not within_reach:
        return words
    is_beyond = value < meaning.border if meaning.is_beyond_below else value > meaning.border
    return f"{words}: {tr(meaning.beyond)}" if is_beyond else words


def few_digits(value: float) -> str:
    """A figure of any size with three digits: '1,204', '12.3', '0.0123', '1.2e-05'."""
    size = abs(value)
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "–"
    if size >= 100:
        text = number(value, ",.0f")
    elif size >= 1e-3 or size == 0:
        decimals = 2 if size == 0 else max(2 - math.floor(math.log10(size)), 0)
        text = number(value, f".{decimals}f")
    else:
        text = number(value, ".1e")
    return text.replace("-", "−")
