"""Planning a study: a short training tells how long things take, and so for how many epochs there is time."""

import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.checkpoint import computed_before
from training.config import TrainConfig
from training.errors import VaeError
from training.events import Control, TrainProgress
from training.fit import OnTraining, train
from training.language import tr
from training.measure import measure
from training.project import Project
from training.run import Run
from training.runs import model_for
from training.split import split
from training.study_cell import last_model
from training.study_plan import Plan, Study, Wish, begin, made_now, new_folder

PROBE_SECONDS = 8.0


def plan_study(
    project: Project, wish: Wish, command: str, control: Control, on_training: OnTraining
) -> Study | None:
    """A new study with this wish; a probe tells how many epochs the time allows.

    Args:
        command: what was typed.
        on_training: told how the probe goes.

    Returns:
        None when told to stop.

    Raises:
        VaeError: the time does not suffice for an epoch each, or there are no pictures.
    """
    path = new_folder(project)
    started = time.monotonic()
    probe = _probe(project, wish, path, control, on_training)
    if probe is None:
        return None
    probed = time.monotonic() - started
    cells = len(wish.arms) * wish.seeds
    epochs = wish.epochs
    if wish.minutes is not None:
        epochs = math.floor(probe.epochs_within((60.0 * wish.minutes - probed) / cells))
        if epochs < 1:
            least = math.ceil((cells * probe.cell_seconds(1) + probed) / 60.0)
            raise VaeError(
                tr(
                    "{minutes:g} minutes are too short for {cells} trainings: they take at least {least}.",
                    minutes=wish.minutes,
                    cells=cells,
                    least=least,
                ),
                kept=tr("Nothing was trained."),
                advice=tr("Give more minutes, fewer seeds or fewer objectives."),
            )
    assert epochs is not None
    return begin(path, probe.plan(wish, epochs, command))


@dataclass(frozen=True)
class _Probe:
    """How long things take, and how they are computed, found by a short training.

    Attributes:
        epoch_seconds: of training, figures included.
        other_seconds: of building, saving and measuring one.
        compute: as the training chose it, see :meth:`training.compute.Compute.to_json`.
    """

    epoch_seconds: float
    other_seconds: float
    steps_per_epoch: int
    compute: dict[str, Any]
    learnt: int
    held_out: int

    def epochs_within(self, seconds: float) -> float:
        return (seconds - self.other_seconds) / self.epoch_seconds

    def cell_seconds(self, epochs: int) -> float:
        return self.other_seconds + epochs * self.epoch_seconds

    def plan(self, wish: Wish, epochs: int, command: str) -> Plan:
        return Plan(
            wish=wish,
            epochs=epochs,
            steps=epochs * self.steps_per_epoch,
            batch_size=self.compute["batch_size"],
            precision=self.compute["precision"],
            xla=self.compute["xla"],
            cell_seconds=self.cell_seconds(epochs),
            learnt=self.learnt,
            held_out=self.held_out,
            **made_now(command),
        )


def _probe(
    project: Project, wish: Wish, path: Path, control: Control, on_training: OnTraining
) -> _Probe | None:
    """Train and measure the dearest arm for some seconds."""
    folder = path / "probe"
    model = model_for(project, objective=wish.arms[-1], latent_dim=wish.latent_dim)
    run = Run.create(folder, model, TrainConfig(minutes=PROBE_SECONDS / 60.0))
    pictures = project.pictures()
    chosen = split(pictures, run.model)
    seen: list[TrainProgress] = []

    def watch(event: Any) -> None:
        if isinstance(event, TrainProgress):
            seen.append(event)
        on_training(event)

    started = time.monotonic()
    result = train(project, run, watch, control)
    if result.stopped:
        return None
    compute = dict(computed_before(run, len(chosen.learnt)) or {})
    first, last = seen[0], seen[-1]
    steps = max(last.step - first.step, 1)
    seconds = (last.seconds - first.seconds) or last.seconds
    found = measure(run, last_model(run), pictures, control)
    if found is None:
        return None
    trained = seconds if last.step > first.step else 0.0
    other = time.monotonic() - started - trained
    shutil.rmtree(folder, ignore_errors=True)
    steps_per_epoch = first.steps_per_epoch
    epoch_seconds = steps_per_epoch * seconds / steps
    return _Probe(epoch_seconds, other, steps_per_epoch, compute, len(chosen.learnt), len(chosen.judging))
