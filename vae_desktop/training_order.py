"""What a training is begun with, or gone on with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.config import TrainConfig
from training.project import Project
from training.run import Run
from training.setting_help import by_owner
from training.vae_file import SharedModel


@dataclass(frozen=True)
class TrainingOrder:
    """What is to be trained: see :meth:`engine.Engine.train`."""

    project: Project
    run: Run | None
    chosen: Mapping[str, Any]
    name: str
    shared: SharedModel | None

    def begin_or_go_on(self) -> tuple[Run, TrainConfig | None]:
        """The run to train, and how long if not for what is left of its own length."""
        from training.runs import continue_run, fits
        from training.sharing import start_from

        if self.shared is not None:
            return start_from(self.project, self.shared, TrainConfig(**self.chosen)), None
        if self.run is None or not fits(self.run, self.project):
            return self.begin(), None
        going_on = continue_run(self.project, self.run, self.chosen)
        return going_on.run, going_on.length

    def begin(self) -> Run:
        """A new run."""
        from training.runs import start_run

        of_model, of_training = by_owner(self.chosen)
        return start_run(self.project, TrainConfig(**of_training), name=self.name, **of_model)
