"""The commands `vae runs …`: what trainings a project has, what they are called, and which is better."""

import math
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from training.comparison import Comparison, compare_runs
from training.console import (
    AsJson,
    duration_words,
    print_json,
    print_rows,
    print_text,
    size_words,
    telling_problems,
)
from training.errors import VaeError
from training.project import Project
from training.run import Run
from training.runs import RunSummary, delete_run, find_folder, find_run, list_runs, rename_run
from training.setting_help import MODEL_SETTINGS, TRAIN_SETTINGS
from training.targets import known_project

runs_app = typer.Typer(
    help="List, name, compare and delete the trainings of a project.", no_args_is_help=True
)

ProjectArgument = Annotated[
    str, typer.Argument(metavar="DIR", help="A project, or the folder of pictures that it was made from.")
]
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="Its name or number, as in vae runs list.")]


@runs_app.command("list")
@telling_problems
def list_command(target: ProjectArgument, json_output: AsJson = False) -> None:
    """List the trainings of a project, the newest first."""
    with Project.open(known_project(target), write=False) as project:
        found = list_runs(project)
    if json_output:
        print_json({"project": str(project.path), "runs": [_as_json(each) for each in found]})
        return
    if not found:
        print_text("This project has not been trained yet.")
    print_rows(
        ("run", "name", "made", "time", "epochs", "held out", "on disk"),
        [
            (
                each.path.name,
                each.title,
                "" if each.created is None else f"{each.created.astimezone():%Y-%m-%d %H:%M}",
                duration_words(each.seconds),
                f"{each.epochs:,}",
                "" if each.held_out is None else f"{each.held_out.loss:,.1f}",
                size_words(each.size_bytes),
            )
            for each in found
        ],
    )
    for each in found:
        if each.problem:
            print_text(f"{each.path.name} cannot be gone on with: {each.problem}")


def _as_json(summary: RunSummary) -> dict[str, Any]:
    run = summary.run
    return {
        "run": summary.path.name,
        "path": str(summary.path),
        "name": "" if run is None else run.name,
        "created": None if summary.created is None else summary.created.isoformat(),
        "epochs": summary.epochs,
        "steps": summary.steps,
        "seconds": summary.seconds,
        "held_out": None if summary.held_out is None else summary.held_out.as_json(),
        "bytes": summary.size_bytes,
        "problem": summary.problem,
        "settings": None if run is None else {**run.model.to_json(), **run.training.to_json()},
    }


@runs_app.command("rename")
@telling_problems
def rename_command(
    target: ProjectArgument,
    run: RunArgument,
    name: Annotated[str, typer.Argument(help='Any line of text; "" for none.')],
    json_output: AsJson = False,
) -> None:
    """Give a training a name."""
    with Project.open(known_project(target), write=True) as project:
        renamed = rename_run(find_run(project, run), name)
    if json_output:
        print_json({"run": renamed.path.name, "name": renamed.name})
    else:
        print_text(f"{renamed.path.name} is now called “{renamed.title}”.")


@runs_app.command("delete")
@telling_problems
def delete_command(
    target: ProjectArgument,
    run: Annotated[list[str], typer.Argument(metavar="RUN...", help="Their names or numbers.")],
    json_output: AsJson = False,
) -> None:
    """Move trainings to the system's bin, from where they can be taken back."""
    with Project.open(known_project(target), write=True) as project:
        folders = [find_folder(project, wanted) for wanted in dict.fromkeys(run)]
        for folder in folders:
            delete_run(folder)
    names = [folder.name for folder in folders]
    if json_output:
        print_json({"deleted": names})
    else:
        print_text(f"Moved to the bin: {', '.join(names)}.")


@runs_app.command("compare")
@telling_problems
def compare_command(
    target: ProjectArgument,
    run: Annotated[
        list[str] | None,
        typer.Argument(metavar="RUN...", help="Two or more; by default all that can be read."),
    ] = None,
    json_output: AsJson = False,
) -> None:
    """Put trainings side by side: the settings in which they differ, and how far each came."""
    with Project.open(known_project(target), write=False) as project:
        runs = [find_run(project, wanted) for wanted in run] if run else _readable(project)
    if len(runs) < 2:
        raise VaeError("It takes two trainings to compare.", advice="vae runs list shows which there are.")
    comparison = compare_runs(runs)
    if json_output:
        print_json(_comparison_as_json(comparison))
        return
    print_rows(("", *(made.path.name for made in runs)), _comparison_rows(comparison))
    if comparison.caveat:
        print_text(comparison.caveat)


def _readable(project: Project) -> list[Run]:
    return [each.run for each in reversed(list_runs(project)) if each.run is not None]


def _comparison_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    known = {**MODEL_SETTINGS, **TRAIN_SETTINGS}
    rows = [("name", *(run.name for run in comparison.runs))]
    for name, values in comparison.settings.items():
        words = ("automatic" if value is None else known[name].value_words(value) for value in values)
        rows.append((known[name].label, *words))
    rows.append(("epochs", *(f"{len(curve.steps):,}" for curve in comparison.curves)))
    rows.append(
        (
            "time",
            *(duration_words(c.seconds[-1] if len(c.seconds) else 0.0) for c in comparison.curves),
        )
    )
    rows.append(("held out, best", *(_nats(None if f is None else f.loss) for f in comparison.figures)))
    seconds, by_time = comparison.at_the_same("seconds")
    steps, by_steps = comparison.at_the_same("steps")
    rows.append((f"after {duration_words(seconds)}", *map(_nats, by_time)))
    rows.append((f"after {steps:,.0f} steps", *map(_nats, by_steps)))
    return rows


def _nats(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:,.1f}"


def _comparison_as_json(comparison: Comparison) -> dict[str, Any]:
    return {
        "runs": [{"run": run.path.name, "name": run.name} for run in comparison.runs],
        "settings": comparison.settings,
        "held_out": [None if figures is None else figures.as_json() for figures in comparison.figures],
        "curves": [
            {name: _finite(getattr(curve, name)) for name in ("steps", "seconds", "train", "held_out")}
            for curve in comparison.curves
        ],
        "caveat": comparison.caveat,
    }


def _finite(values: Sequence[float]) -> list[float | None]:
    return [float(value) if math.isfinite(value) else None for value in values]
