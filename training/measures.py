"""What measuring a model comes to, and how it is kept with the training.

RUN/measures.json   the figures, with the digest of the weights that they belong to, and that of the maps
RUN/maps.npz        maps of the plane, see :mod:`training.plane_map`
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from training.errors import VaeError
from training.estimate import Estimate
from training.files import read_json, write_atomically, write_json
from training.measured import AxisMeasures, Measure, Neighbour, SigmaLaw
from training.plane_map import PlaneMap, packed, unpacked
from training.run import Run

MEASURES_FILE, MAPS_FILE = "measures.json", "maps.npz"

MOST_LEARNT = 10_000  # pictures, among which the nearest are looked for
MOST_JUDGED = 1_000  # held-out pictures
DRAWN = 1_000  # samples of the prior that are drawn
MOST_POSTERIORS = 5_000  # in the aggregate posterior
NOISES = 4  # samples of each posterior for the ELBO

SETTINGS: Mapping[str, int] = {
    "version": 3,  # to be raised where a figure gets another meaning
    "learnt": MOST_LEARNT,
    "held_out": MOST_JUDGED,
    "drawn": DRAWN,
    "posteriors": MOST_POSTERIORS,
    "noises": NOISES,
}
"""How it is measured: by at most so many of each. Figures that were found otherwise do not compare."""


@dataclass(frozen=True, eq=False)
class Measures:
    """What was found.

    Attributes:
        weights: the digest of the weights, see :meth:`LatentModel.weights_digest`.
        pictures: how many the project has.
        held_out: how many of them are.
        seconds: how long it took.
        measures: the figures.
        axes: what each latent axis does.
        law: the σ law as a scatter plot; None where posteriors have no σ.
        neighbours: some drawn pictures, and the nearest that were learnt from.
        maps: of the plane; none where there is no plane.
    """

    weights: str
    pictures: int
    held_out: int
    seconds: float
    measures: tuple[Measure, ...]
    axes: tuple[AxisMeasures, ...]
    law: SigmaLaw | None
    neighbours: tuple[Neighbour, ...]
    maps: tuple[PlaneMap, ...]

    def __getitem__(self, name: str) -> Measure:
        """A figure by name; raises KeyError where there is none of it."""
        for measure in self.measures:
            if measure.name == name:
                return measure
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """All but the maps' values."""
        return {
            "settings": dict(SETTINGS),
            "weights": self.weights,
            "pictures": self.pictures,
            "held_out": self.held_out,
            "seconds": round(self.seconds, 1),
            "measures": [measure.to_json() for measure in self.measures],
            "axes": [{name: figure.to_json() for name, figure in vars(axis).items()} for axis in self.axes],
            "sigma_law": None
            if self.law is None
            else {name: list(dots) for name, dots in vars(self.law).items()},
            "neighbours": [
                vars(neighbour) | {"point": list(neighbour.point)} for neighbour in self.neighbours
            ],
            "maps": [each.name for each in self.maps],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any], maps: tuple[PlaneMap, ...]) -> Self:
        """Rebuild from :meth:`to_json`.

        Raises:
            VaeError, KeyError, TypeError, ValueError: it is anything else.
        """
        law = data["sigma_law"]
        return cls(
            str(data["weights"]),
            int(data["pictures"]),
            int(data["held_out"]),
            float(data["seconds"]),
            tuple(Measure.from_json(each) for each in data["measures"]),
            tuple(
                AxisMeasures(**{name: Estimate.from_json(found) for name, found in axis.items()})
                for axis in data["axes"]
            ),
            None
            if law is None
            else SigmaLaw(**{name: tuple(map(float, dots)) for name, dots in law.items()}),
            tuple(Neighbour(**each | {"point": tuple(each["point"])}) for each in data["neighbours"]),
            maps,
        )


def keep(run: Run, found: Measures) -> None:
    """Keep what was found; raises :class:`VaeError` where the disk is full or cannot be written to."""
    maps = packed(found.maps)
    # The maps first: figures name their maps by a digest, so that those of another time are known.
    write_atomically(run.path / MAPS_FILE, maps)
    write_json(run.path / MEASURES_FILE, found.to_json() | {"maps_digest": hashlib.sha256(maps).hexdigest()})


def read_measures(run: Run, weights: str | None = None) -> Measures | None:
    """What was found before, if it is whole and belongs to these weights and to this way of measuring.

    Args:
        weights: their digest; None for whatever it was found of.
    """
    try:
        data = read_json(run.path / MEASURES_FILE)
        content = (run.path / MAPS_FILE).read_bytes()
        belongs = weights in (None, data["weights"]) and data["settings"] == dict(SETTINGS)
        if not belongs or data["maps_digest"] != hashlib.sha256(content).hexdigest():
            return None
        return Measures.from_json(data, tuple(unpacked(content)))
    except (VaeError, OSError, KeyError, TypeError, ValueError, AttributeError):
        return None
