"""Two trainings of the same pictures that differ in what they minimise, and in nothing else."""

import shutil
from collections.abc import Callable
from dataclasses import replace

from training.compute import step_seconds
from training.config import LENGTH, TrainConfig
from training.events import RunResult
from training.fit import OnTraining, train
from training.learner import Learner
from training.project import Project
from training.run import Run
from training.runs import start_run
from training.setting_help import by_owner
from training.turns import TurnControl
from training.twin_order import TwinOrder, title_of

BESIDE_STEPS = 0.85  # of the time goes into steps, the rest into figures, snapshots and pictures


def start_twins(
    project: Project, order: TwinOrder, goes_on: Callable[[], bool] = lambda: True
) -> tuple[Run, Run]:
    """Make a run for each, of the same seed, batches, rate and number of steps.

    Args:
        goes_on: asked now and then while it is measured how many epochs the minutes come to.
    """
    of_model, of_training = by_owner(
        {name: value for name, value in order.chosen.items() if name not in LENGTH}
    )
    of_model.pop("objective", None)
    usual = TrainConfig(**of_training)
    # Chosen now, since a program that chose it by measuring might choose another one for each.
    size = project.pictures().shape[0]
    batch_size = usual.batch_size_for(project.count_learnt(), size)
    settings = replace(usual, epochs=order.epochs or 1, batch_size=max(batch_size, 1))
    one, other = (
        start_run(project, settings, name=title_of(objective), objective=objective, **of_model)
        for objective in order.objectives
    )
    if order.epochs is None and order.minutes is not None:
        epochs = epochs_in(order.minutes, project, (one, other), goes_on)
        one, other = (_with_epochs(run, epochs) for run in (one, other))
    return one, other


def epochs_in(
    minutes: float, project: Project, runs: tuple[Run, Run], goes_on: Callable[[], bool] = lambda: True
) -> int:
    """How many epochs both runs can make one beside the other in so many minutes, by their measured steps."""
    batch_size = runs[0].training.batch_size_for(project.count_learnt(), runs[0].model.size)
    step = 0.0  # seconds, of both
    for run in runs:
        learner = Learner(run.model, run.training.seed)
        step += step_seconds(learner, run.model.shape, goes_on)(batch_size, False)
    steps_an_epoch = max(project.count_learnt() // batch_size, 1)
    return max(int(60.0 * minutes * BESIDE_STEPS / step / steps_an_epoch), 1)


def _with_epochs(run: Run, epochs: int) -> Run:
    timed = replace(run, training=replace(run.training, epochs=epochs))
    timed.save_config()
    return timed


def train_twin(
    project: Project, run: Run, on_progress: OnTraining, control: TurnControl, *, snapshot_pictures: int
) -> RunResult | None:
    """Train one of them in turns with the other, which ends when this one fails.

    Returns:
        None where it was told to stop before it began: there is no such run then.
    """
    try:
        if not control.wait_to_begin():
            shutil.rmtree(run.path, ignore_errors=True)  # nothing is in it
            return None
        return train(project, run, on_progress, control, snapshot_pictures=snapshot_pictures)
    except BaseException:
        control.stop_others()
        raise
    finally:
        control.leave()
