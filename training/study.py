"""Carrying out a study: cell by cell, at any time interrupted."""

import gc
import logging
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import numpy as np

from training.divergence import TrainingDivergedError
from training.errors import VaeError
from training.events import Control, StudyProgress, TrainProgress
from training.files import write_json
from training.fit import train
from training.language import tr
from training.measured import Measure
from training.objectives import OBJECTIVES
from training.project import Project
from training.run import BEST_FILE, LATEST_FILE, POSTERIORS_FILE, Run, latest_run, run_folders
from training.runs import model_for
from training.study_cell import measured_figures
from training.study_plan import FIRST_SEED, RESULT_FILE, Cell, Plan, Study

OnStudy = Callable[[StudyProgress], None]
_log = logging.getLogger(__name__)


def carry_out(
    project: Project, study: Study, control: Control, on_progress: OnStudy, most: int | None = None
) -> bool:
    """Train and measure what is not done yet. Returns whether all is.

    A training that runs away is noted as such, and the others go on.

    Args:
        control: stops it between two steps; what was under way is gone on with the next time.
        most: so many trainings at most; None for all.

    Raises:
        VaeError: pictures cannot be read, the disk is full, or the like; the same study goes on from there.
    """
    cells = list(study.cells)
    done = [cell for cell in cells if cell.result is not None]
    times = [float(cell.result["seconds"]) for cell in done if cell.result]
    for cell in cells:
        if cell.result is not None:
            continue
        if most is not None and len(times) - len(done) == most:
            return False
        told = _Teller(
            cell,
            done=len(times),
            total=len(cells),
            cell_seconds=sum(times) / len(times) if times else study.plan.cell_seconds,
            epochs=study.plan.epochs,
            on_progress=on_progress,
        )
        result = _result_of(project, study.plan, cell, control, told)
        if result is None:
            return False
        times.append(result["seconds"])
        gc.collect()  # networks and their graphs refer to each other
    return True


class _Teller:
    """Tells how far one cell is."""

    def __init__(
        self, cell: Cell, *, done: int, total: int, cell_seconds: float, epochs: int, on_progress: OnStudy
    ) -> None:
        self._cell, self._done, self._total, self._on_progress = cell, done, total, on_progress
        self._cell_seconds, self._epochs = cell_seconds, epochs
        self._started = time.monotonic()

    def training(self, event: Any) -> None:
        if isinstance(event, TrainProgress):
            epoch = min(event.epoch, self._epochs)
            self._tell(tr("training, epoch {epoch:,} of {epochs:,}", epoch=epoch, epochs=self._epochs))

    def measuring(self, share: float) -> None:
        self._tell(tr("measuring, {share:.0%}", share=share))

    def _tell(self, stage: str) -> None:
        left = max(self._cell_seconds - (time.monotonic() - self._started), 0.0)
        left += (self._total - self._done - 1) * self._cell_seconds
        label = tr(OBJECTIVES[self._cell.arm].label)
        self._on_progress(StudyProgress(self._done, self._total, label, self._cell.seed, stage, left))


def _result_of(
    project: Project, plan: Plan, cell: Cell, control: Control, told: _Teller
) -> dict[str, Any] | None:
    """Train, measure and keep one cell; None when told to stop."""
    started = time.monotonic()
    run = _run_of(project, plan, cell)
    figures: list[Measure] = []
    failure, epochs, training_seconds = "", 0, 0.0
    try:
        trained = train(project, run, told.training, control)
        if trained.stopped:
            return None
        epochs, training_seconds = trained.epochs, trained.seconds
    except TrainingDivergedError as error:
        failure = error.what
    if not failure:
        try:
            found = measured_figures(project, run, cell, control, told.measuring)
        # An objective that nothing keeps in bounds may leave weights of which nothing can be computed.
        except (ArithmeticError, ValueError, np.linalg.LinAlgError, VaeError) as error:
            _log.info("%s with seed %d could not be measured", cell.arm, cell.seed, exc_info=True)
            failure = f"It could not be measured: {error}"
        else:
            if found is None:
                return None
            figures = found
    result = {
        "arm": cell.arm,
        "seed": cell.seed,
        "failure": failure,
        "epochs": epochs,
        "training_seconds": round(training_seconds, 1),
        "seconds": round(time.monotonic() - started, 1),
        "figures": [measure.to_json() for measure in figures],
    }
    write_json(cell.path / RESULT_FILE, result)
    _leave_out_weights(run, cell)
    return result


def _run_of(project: Project, plan: Plan, cell: Cell) -> Run:
    """The cell's training: the one that was under way, or a new one."""
    known = latest_run(cell.path)
    if known is not None:
        return known
    for leftover in run_folders(cell.path):
        shutil.rmtree(leftover, ignore_errors=True)
    model = model_for(project, objective=cell.arm, latent_dim=plan.wish.latent_dim)
    return Run.create(cell.path, model, plan.settings(cell.seed), f"{cell.arm}, seed {cell.seed}")


def _leave_out_weights(run: Run, cell: Cell) -> None:
    """Delete what takes space: the timeline, and the weights of all seeds but the first."""
    shutil.rmtree(run.path / "timeline", ignore_errors=True)
    if cell.seed != FIRST_SEED:
        for name in (LATEST_FILE, BEST_FILE, POSTERIORS_FILE):
            with suppress(OSError):
                (run.path / name).unlink(missing_ok=True)
