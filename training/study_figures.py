"""What a study finds: figures of each training, their mean over the seeds, and differences paired by seed.

The interval of a mean or a difference over n seeds is Student's (1908), "The probable error of a mean":
x̄ ± t s/√n with t of n − 1 degrees of freedom. With one seed there is none of it; what stands in its place is
the measurement's own, which tells of pictures and points, and not of other trainings.
"""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

from training.estimate import CONFIDENCE, Estimate
from training.measured import Measure
from training.objectives import ObjectiveName

UNKNOWN = Estimate(math.nan)

_QUANTILES = (  # of Student's t at (1 + CONFIDENCE) / 2, by degrees of freedom from 1
    *(12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281),
    *(2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860),
    *(2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484, 2.0452, 2.0423),
)


def student_quantile(freedom: int) -> float:
    """Half the width of a 95 % interval in standard errors, for so many degrees of freedom, at least 1.

    From a table; beyond it, by the expansion of Abramowitz & Stegun 1964, 26.7.5.
    """
    if freedom <= len(_QUANTILES):
        return _QUANTILES[freedom - 1]
    z = NormalDist().inv_cdf((1.0 + CONFIDENCE) / 2)
    return z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)


def mean_over_seeds(estimates: Sequence[Estimate]) -> Estimate:
    """The mean of what several trainings came to, with its interval over the seeds.

    Of one, the measurement's own interval; figures that are not known are left out.
    """
    known = [estimate for estimate in estimates if estimate.is_known]
    if len(known) < 2:
        return known[0] if known else UNKNOWN
    values = [estimate.value for estimate in known]
    mean = statistics.fmean(values)
    half = student_quantile(len(values) - 1) * statistics.stdev(values) / math.sqrt(len(values))
    return Estimate(mean, mean - half, mean + half)


def difference(first: Mapping[int, Estimate], second: Mapping[int, Estimate]) -> Estimate:
    """First minus second, by the seeds that both have, each with its pair.

    Of one pair the measurements' own intervals, taken as independent: their halves add as squares do.

    Args:
        first, second: figures by seed.
    """
    seeds = [seed for seed in first if seed in second and first[seed].is_known and second[seed].is_known]
    if len(seeds) != 1:
        return mean_over_seeds([Estimate(first[seed].value - second[seed].value) for seed in seeds])
    one, other = first[seeds[0]], second[seeds[0]]
    value = one.value - other.value
    down = math.hypot(one.value - one.low, other.high - other.value)
    up = math.hypot(one.high - one.value, other.value - other.low)
    return Estimate(value, value - down, value + up)


@dataclass(frozen=True)
class Findings:
    """What all trainings of a study came to.

    Attributes:
        arms: its objectives, in order.
        seeds: how many of each.
        figures: by arm and name, then by seed.
        failures: by arm and seed, why there are no figures, a sentence.
        notes: by name, why a figure is not known where it is not.
    """

    arms: tuple[ObjectiveName, ...]
    seeds: int
    figures: Mapping[tuple[str, str], Mapping[int, Estimate]]
    failures: Mapping[tuple[str, int], str] = field(default_factory=dict)
    notes: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def of(self, arm: str, name: str) -> Mapping[int, Estimate]:
        """A figure of an arm by seed; none where nobody measured it."""
        return self.figures.get((arm, name), {})

    def mean(self, arm: str, name: str) -> Estimate:
        """A figure of an arm over its seeds."""
        return mean_over_seeds(list(self.of(arm, name).values()))

    def difference(self, arm: str, other: str, name: str) -> Estimate:
        """By how much an arm's figure is larger than another one's, paired by seed."""
        return difference(self.of(arm, name), self.of(other, name))


def findings_of(
    arms: tuple[ObjectiveName, ...], seeds: int, results: Iterable[Mapping[str, Any]]
) -> Findings:
    """From what was kept of each training, see :func:`result_of`.

    Raises:
        VaeError, KeyError, TypeError, ValueError: it is anything else.
    """
    figures: dict[tuple[str, str], dict[int, Estimate]] = {}
    failures: dict[tuple[str, int], str] = {}
    notes: dict[tuple[str, str], str] = {}
    for result in results:
        arm, seed = str(result["arm"]), int(result["seed"])
        if result["failure"]:
            failures[arm, seed] = str(result["failure"])
        for measure in map(Measure.from_json, result["figures"]):
            figures.setdefault((arm, measure.name), {})[seed] = measure.estimate
            if measure.note and not measure.estimate.is_known:
                notes[arm, measure.name] = measure.note
    return Findings(arms, seeds, figures, failures, notes)


def share_of(part: Measure, whole: Measure, name: str, most: float = math.inf) -> Measure:
    """A figure as a share of another one, which is taken as exact: all arms have the same.

    Args:
        most: the largest share that means anything; a larger one counts as this.
    """
    if not (part.estimate.is_known and whole.estimate.is_known and whole.estimate.value > 0):
        return Measure.missing(name, part.note or whole.note)
    found = part.estimate
    ends = (min(end / whole.estimate.value, most) for end in (found.value, found.low, found.high))
    return Measure(name, Estimate(*ends), part.count)
