"""The trainings of a project: beginning one, going on with one, finding, naming and removing them."""

import contextlib
import datetime
import difflib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.config import LENGTH, ModelConfig, TrainConfig, automatic_likelihood
from training.errors import VaeError
from training.events import Terms
from training.image_format import ImageFormat
from training.language import tr
from training.project import Project
from training.run import (
    INITIAL_FILE,
    LATEST_FILE,
    Run,
    held_out_figures,
    latest_run,
    load_weights,
    number_of,
    one_line,
    run_folders,
)
from training.setting_help import MODEL_SETTINGS, RUN_SETTINGS, WEIGHING_SETTINGS, Likelihood, by_owner
from training.tensors import Tensors, load_notes, save_tensors

# ---------------------------------------------------------------------- beginning and going on


def start_run(
    project: Project,
    training: TrainConfig,
    *,
    likelihood: Likelihood | None = None,
    name: str = "",
    **of_model: Any,
) -> Run:
    """Make a new run for the project's pictures.

    Args:
        likelihood, of_model: see :func:`model_for`.
    """
    model = model_for(project, likelihood=likelihood, **of_model)
    return Run.create(project.runs_folder, model, training, name)


def model_for(project: Project, *, likelihood: Likelihood | None = None, **of_model: Any) -> ModelConfig:
    """A network for the project's pictures.

    Args:
        likelihood: None for the one that suits the pictures.
        of_model: other settings of :class:`training.config.ModelConfig`, by name.

    Raises:
        VaeError: when there are no pictures yet.
    """
    image_format = project.image_format
    if image_format is None:
        raise VaeError(tr("This project has no pictures yet."), advice=tr("Import a folder first."))
    likelihood = likelihood or automatic_likelihood(image_format.channels)
    return ModelConfig(**image_format.to_json(), likelihood=likelihood, **of_model)


def start_with_weights(
    project: Project, model: ModelConfig, training: TrainConfig, weights: Tensors, name: str = ""
) -> Run:
    """Make a new run that begins with these weights, by name, instead of fresh ones."""
    run = Run.create(project.runs_folder, model, training, name)
    save_tensors(run.path / INITIAL_FILE, weights, {})
    return run


def resume_run(project: Project, run: Run | None = None) -> Run:
    """A run to go on with, by default the project's newest.

    Raises:
        VaeError: when there is none, it has no weights, or the pictures have another format since.
    """
    run = run or latest_run(project.runs_folder)
    if run is None:
        raise VaeError(tr("There is no training to resume."), advice=tr("Start a new one."))
    if problem := _problem(run, project.image_format):
        raise VaeError(problem, kept=tr("The training is kept."), advice=tr("Start a new training."))
    return run


def fits(run: Run, project: Project) -> bool:
    """Whether the project's pictures are of the format of the run's."""
    return project.image_format == run.model.image_format


def _problem(run: Run, image_format: ImageFormat | None) -> str:
    """Why a run cannot be gone on with, a sentence; "" when it can."""
    if not run.has_weights():
        return tr("This training was stopped before anything was kept of it.")
    if image_format != run.model.image_format:
        return tr("The pictures were imported at another size or framed otherwise since this training.")
    return ""


@dataclass(frozen=True)
class Continuation:
    """What going on with a run comes to.

    Attributes:
        run: the run to train now.
        length: its new length, for :func:`training.fit.train`; None for what is left of its own.
        words: a sentence that says whether the run goes on or another one begins with what it has learnt.
    """

    run: Run
    length: TrainConfig | None
    words: str


def continue_run(project: Project, run: Run, chosen: Mapping[str, Any]) -> Continuation:
    """Go on with a run, with other settings where some are chosen.

    A setting that a training keeps for life, such as the learning rate, needs a new run: that one begins
    with the best weights of the old one, which stays as it is.

    Args:
        chosen: what is to be different, by the names in :data:`training.setting_help.RUN_SETTINGS`. With one
            of :data:`training.config.LENGTH` the length is a new one, counted from now on, and has no other
            end than those chosen.

    Raises:
        VaeError: when the run cannot be gone on with, or a setting is out of its range or the network's.
    """
    resume_run(project, run)
    of_model, of_training = by_owner(chosen)
    for name, value in of_model.items():
        if name not in WEIGHING_SETTINGS and value != getattr(run.model, name):
            raise VaeError(
                tr(
                    "The {setting} of a trained network cannot be changed from {before} to {value}.",
                    setting=tr(MODEL_SETTINGS[name].label),
                    before=getattr(run.model, name),
                    value=value,
                ),
                kept=tr("The training is kept."),
                advice=tr("Start a new training."),
            )
    has_length = not of_training.keys().isdisjoint(LENGTH)
    open_end = {name: getattr(TrainConfig(), name) for name in LENGTH} if has_length else {}
    model, wished = replace(run.model, **of_model), replace(run.training, **{**open_end, **of_training})
    changed = [name for name in of_training if getattr(wished, name) != getattr(run.training, name)]
    changed += [name for name in of_model if getattr(model, name) != getattr(run.model, name)]
    lifelong = [tr(RUN_SETTINGS[name].label) for name in changed if RUN_SETTINGS[name].lifelong]
    if lifelong:
        new = start_with_weights(project, model, wished, load_weights(run))
        return Continuation(
            new,
            None,
            tr(
                "{new} begins with what {old} has learnt, because the {settings} cannot be changed"
                " within a training.",
                new=new.title,
                old=run.title,
                settings=tr(" and the ").join(lifelong),
            ),
        )
    # The length is not written before the checkpoint that says from where it counts.
    kept = replace(wished, **{name: getattr(run.training, name) for name in LENGTH})
    if kept != run.training:
        run = replace(run, training=kept)
        run.save_config()
    return Continuation(
        run, wished if has_length else None, tr("{title} goes on where it was.", title=run.title)
    )


# ---------------------------------------------------------------------- listing and finding


@dataclass(frozen=True)
class RunSummary:
    """A run as a list shows it.

    Attributes:
        title: its name or number, with the name of its folder where another run is called the same.
        run: None when its settings cannot be read.
        seconds: training time, pauses left out, up to the last epoch.
        held_out: figures of its best weights; None where no picture was held out.
        size_bytes: on disk.
        problem: why it cannot be gone on with, a sentence; "" when it can.
    """

    path: Path
    title: str
    run: Run | None
    created: datetime.datetime | None
    epochs: int
    steps: int
    seconds: float
    held_out: Terms | None
    size_bytes: int
    problem: str


def list_runs(project: Project) -> list[RunSummary]:
    """All runs of a project, the newest first, also those that cannot be used."""
    image_format = project.image_format
    found = [_summary(path, image_format) for path in run_folders(project.runs_folder)]
    titles = Counter(each.title for each in found)
    return [
        replace(each, title=f"{each.title} ({each.path.name})") if titles[each.title] > 1 else each
        for each in found
    ]


def _summary(path: Path, image_format: ImageFormat | None) -> RunSummary:
    size = _size(path)
    try:
        run = Run.open(path)
    except VaeError as error:
        return RunSummary(
            path,
            tr("Training {number}", number=number_of(path)),
            None,
            None,
            0,
            0,
            0.0,
            None,
            size,
            error.what,
        )
    last = run.last_epoch()
    problem = _problem(run, image_format)
    if not problem:
        try:
            load_notes(path / LATEST_FILE)
        except VaeError as error:
            problem = error.what
    return RunSummary(
        path,
        run.title,
        run,
        run.created,
        epochs=last.epoch if last else 0,
        steps=last.step if last else 0,
        seconds=last.seconds if last else 0.0,
        held_out=held_out_figures(run),
        size_bytes=size,
        problem=problem,
    )


def _size(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # a file that a running training has just replaced
            total += path.stat().st_size if path.is_file() else 0
    return total


def find_run(project: Project, wanted: str) -> Run:
    """The run that is meant by its folder's name, its number or its own name; see :func:`find_folder`."""
    return Run.open(find_folder(project, wanted))


def find_folder(project: Project, wanted: str) -> Path:
    """The folder of the run that is meant, which need not be usable.

    Raises:
        VaeError: when there is none of that name, or more than one.
    """
    folders = run_folders(project.runs_folder)
    titles = {path: _title(path) for path in folders}
    by_number = [path for path in folders if wanted in (path.name, str(number_of(path)))]
    meant = by_number or [path for path, title in titles.items() if title == one_line(wanted)]
    if len(meant) == 1:
        return meant[0]
    if meant:
        names = ", ".join(path.name for path in meant)
        raise VaeError(
            f"{len(meant)} trainings are called “{one_line(wanted)}”: {names}.",
            advice="Name one of them by its folder.",
        )
    known = [*titles.values(), *(path.name for path in folders)]
    by_small_letters = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(one_line(wanted).casefold(), by_small_letters, 1, 0.5)
    raise VaeError(
        f"This project has no training called “{one_line(wanted)}”.",
        advice=f"Did you mean “{by_small_letters[near[0]]}”?"
        if near
        else f"It has {', '.join(known) or 'none at all'}.",
    )


def _title(path: Path) -> str:
    try:
        return Run.open(path).title
    except VaeError:
        return tr("Training {number}", number=number_of(path))


# ---------------------------------------------------------------------- naming and removing


def rename_run(run: Run, name: str) -> Run:
    """Give a run another name, any line of text; "" takes its name away."""
    renamed = replace(run, name=one_line(name))
    renamed.save_config()
    return renamed


def delete_run(path: Path) -> None:
    """Move a run's folder to the system's bin, from where it can be taken back.

    The project is to be open for writing, and the run neither training nor shown.

    Raises:
        VaeError: where there is no bin for it; nothing is deleted then.
    """
    # Imported here, because it chooses the bin by the environment of that moment.
    from send2trash import send2trash

    try:
        send2trash(path)
    except OSError as error:
        raise VaeError(
            tr(
                "{name} could not be moved to the bin: {reason}.",
                name=path.name,
                reason=error.strerror or error,
            ),
            kept=tr("Nothing was deleted."),
            advice=tr("If you no longer need it, delete the folder {path} yourself.", path=path),
        ) from error
