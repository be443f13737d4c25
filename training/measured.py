"""What a measurement finds: figures with their intervals, by name."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from training.errors import VaeError
from training.estimate import Estimate
from training.language import tr

FEWEST_REAL = 10
"""Held-out pictures, below which nothing is said of how they compare."""

POINTS = "These posteriors are points, without a σ."
"""Why what needs a σ cannot be measured of an encoder that tells none."""

_UNKNOWN = Estimate(math.nan)


def too_few(held_out: int) -> str:
    """What to say of too few held-out pictures."""
    return f"This needs {FEWEST_REAL} held-out pictures, and there are {held_out}."


@dataclass(frozen=True)
class Measure:
    """One figure.

    Attributes:
        name: see :data:`training.measure_words.WORDS`, where also its unit and meaning are.
        estimate: the figure; one that is not known where it could not be measured.
        count: on how many pictures, points or pairs it was measured.
        note: what else to know of it, or why it could not be measured, as a sentence; or "".
    """

    name: str
    estimate: Estimate
    count: int = 0
    note: str = ""

    @classmethod
    def missing(cls, name: str, why: str) -> Self:
        """One that could not be measured."""
        return cls(name, _UNKNOWN, 0, why)

    def to_json(self) -> dict[str, Any]:
        """Flat, by name."""
        return {"name": self.name, **self.estimate.to_json(), "count": self.count, "note": self.note}

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Rebuild from :meth:`to_json`; raises :class:`VaeError` for anything else."""
        if not isinstance(data, Mapping):
            raise VaeError(tr("This is not a measured figure: {found}.", found=str(data)[:200]))
        ends = {name: data.get(name) for name in ("value", "low", "high")}
        return cls(
            str(data.get("name")),
            Estimate.from_json(ends),
            int(data.get("count", 0)),
            str(data.get("note", "")),
        )


@dataclass(frozen=True)
class AxisMeasures:
    """What one latent axis does.

    Attributes:
        kl_mean: its part of the KL mean term, nats.
        kl_variance: its part of the KL variance term, nats.
        activity: the variance of the posteriors' means along it (Burda et al. 2016), squared latent units.
    """

    kl_mean: Estimate
    kl_variance: Estimate
    activity: Estimate


@dataclass(frozen=True)
class Neighbour:
    """A drawn picture and the nearest one that was learnt from.

    Attributes:
        point: the latent point that it is drawn from.
        picture: the number of the picture in the project.
        distance: root mean square difference of a pixel's numbers, 0 to 1.
    """

    point: tuple[float, ...]
    picture: int
    distance: float


@dataclass(frozen=True)
class SigmaLaw:
    """The σ law as a scatter plot: a dot for each picture and axis.

    Attributes:
        predicted: σ² by the law, [n].
        found: σ² of the posteriors, [n].
    """

    predicted: tuple[float, ...] = field(repr=False)
    found: tuple[float, ...] = field(repr=False)
