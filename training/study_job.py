"""Studies planned and carried out for a window, in a process of its own: :mod:`training.talking_process`."""

import os
from dataclasses import dataclass
from pathlib import Path

from training.errors import VaeError
from training.events import Control, TrainProgress
from training.language import tr
from training.project import Project
from training.study_plan import Study, Wish, study_for
from training.talking_process import Tell

CELLS_A_PROCESS = 8
_NICENESS = 5  # the program that asked for the study is to stay quick


@dataclass(frozen=True)
class Order:
    """What to do.

    Attributes:
        project: its folder; whoever asks has it open for writing, and changes no pictures meanwhile.
        study: to go on with; None for that with the wish, or a new one.
        wish: of the study.
        command: what makes the same study in a terminal.
    """

    project: Path
    study: Study | None
    wish: Wish
    command: str


def do_some(tell: Tell, control: Control, order: Order) -> bool:
    """Plan the study if there is none, and do some of its trainings. Returns whether all are done.

    Args:
        tell: told :class:`TrainProgress` of the training that probes, the :class:`Study` once there is one,
            and then :class:`training.events.StudyProgress`.
        control: stops it; what was under way is gone on with the next time.

    Raises:
        VaeError: the time is too short, the disk is full, or the like.
    """
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    from training.study import carry_out
    from training.study_probe import plan_study

    def tell_progress(event: object) -> None:
        if isinstance(event, TrainProgress):
            tell(event)

    with Project.open(order.project, write=False) as project:
        study = order.study or study_for(project, order.wish)
        if study is None:
            study = plan_study(project, order.wish, order.command, control, tell_progress)
        if study is None:
            raise VaeError(tr("Stopped before there was a plan."), kept=tr("Nothing was trained."))
        tell(study)
        return carry_out(project, study, control, tell, most=CELLS_A_PROCESS)
