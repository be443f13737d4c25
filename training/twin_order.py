"""What two trainings side by side are to be."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.language import tr
from training.objectives import OBJECTIVES, ObjectiveName


@dataclass(frozen=True)
class TwinOrder:
    """What is to be trained side by side.

    Attributes:
        objectives: what each minimises.
        epochs: of each; None for ``minutes``.
        minutes: of both together, about; they come to the same number of epochs for both.
        chosen: other settings of both, by name.
    """

    objectives: tuple[ObjectiveName, ObjectiveName]
    epochs: int | None
    minutes: float | None
    chosen: Mapping[str, Any]


def title_of(objective: ObjectiveName) -> str:
    """What a run of an objective is called, and it in a list."""
    label = tr(OBJECTIVES[objective].label)
    return label[:1].upper() + label[1:]
