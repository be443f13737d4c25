"""The command `vae train`: its options, and what they come to."""

import inspect
import os
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from training.coach import Facts, Verdict, verdict
from training.config import ModelConfig, TrainConfig
from training.console import (
    AsJson,
    ProgressBars,
    messages,
    print_json,
    print_table,
    print_text,
    stopping_on_interrupt,
    telling_problems,
)
from training.errors import VaeError
from training.events import RunResult
from training.project import Project
from training.run import Run, latest_run
from training.runs import continue_run, find_run, rename_run, start_run
from training.setting import Setting, number_text
from training.setting_help import MODEL_SETTINGS, RUN_SETTINGS, by_owner
from training.targets import known_project, project_to_train
from training.vae_file import SharedModel, read_vae
from training.workers import Team

DEFAULT_MINUTES = 10.0
_TYPES = {"whole": int, "number": float, "switch": bool, "choice": str}


def with_setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for every setting of a run; it gets those that were given as ``chosen``."""
    signature = inspect.signature(command)
    own = [parameter for name, parameter in signature.parameters.items() if name != "chosen"]
    options = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=_option(name, setting)
        )
        for name, setting in RUN_SETTINGS.items()
    ]

    @wraps(command)
    def wrapped(**arguments: Any) -> None:
        given = {name: arguments.pop(name) for name in RUN_SETTINGS}
        command(**arguments, chosen={name: value for name, value in given.items() if value is not None})

    parameters = [*own, *options]
    wrapped.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return wrapped


def _option(name: str, setting: Setting) -> Any:
    known = {"minutes": DEFAULT_MINUTES, "likelihood": None}  # the second depends on the pictures
    default = known.get(name, getattr(TrainConfig, name, getattr(ModelConfig, name, None)))
    usual = "" if default is None or default is False else f"; {number_text(default)} by default"
    allowed = "" if setting.kind == "switch" else f" ({setting.range_words}{usual})"
    option = typer.Option(help=setting.help + allowed, rich_help_panel="Settings")
    return Annotated[_TYPES[setting.kind] | None, option]


@telling_problems
@with_setting_options
def train_command(
    target: Annotated[
        str, typer.Argument(metavar="DIR", help="A project, or a folder of pictures to import first.")
    ],
    size: Annotated[
        int | None, typer.Option(help=f"Picture size, {MODEL_SETTINGS['size'].range_words} pixels.")
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Go on with the newest training, with its own settings where no others are given.",
        ),
    ] = False,
    run: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="Go on with this training: its name or number, as in vae runs list."
        ),
    ] = None,
    name: Annotated[str, typer.Option(help="What to call the training.")] = "",
    shared_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE.vae", help="Begin with what a shared model has learnt."),
    ] = None,
    devices: Annotated[
        str | None,
        typer.Option(
            "--devices",
            "--device",
            metavar="cpu|all",
            help="cpu: leave the graphics card alone. all: use all graphics cards of this computer at once.",
        ),
    ] = None,
    workers: Annotated[
        str | None,
        typer.Option(
            metavar="HOST:PORT,…",
            help="Train on several computers at once, worth it for a training of many hours: where each of"
            " them can be reached. Start the same command on all, but for --index.",
        ),
    ] = None,
    index: Annotated[
        int | None,
        typer.Option(
            help="Which of the --workers this is, from 0. Worker 0 keeps what is learnt, and the others go by"
            " its settings."
        ),
    ] = None,
    json_output: AsJson = False,
    *,
    chosen: dict[str, Any],
) -> None:
    """Train on a project's pictures. Ctrl+C stops and keeps what was learnt."""
    _check(chosen, size)
    team = _team(workers, index, shared_file)
    if team is not None and not team.is_chief:
        _use(devices)
        _train_along(target, team, json_output)
        return
    if resume or run:
        _refuse({"size": size, "from": shared_file}, "--run" if run else "--resume")
        with Project.open(known_project(target), write=False) as project:
            _meant_run(project, run)  # says what there is to go on with before pictures are read again
    elif shared_file:
        _refuse({name: chosen.get(name) for name in MODEL_SETTINGS} | {"size": size}, "--from")
    _use(devices)
    shared = None if shared_file is None else _usable_model(shared_file)
    image_format = None if shared is None else shared.about.image_format
    path = project_to_train(target, size, image_format, quiet=json_output)
    with Project.open(path, write=True) as project:
        if resume or run:
            going_on = continue_run(project, _meant_run(project, run), chosen)
            made, length = going_on.run, going_on.length
            if not json_output:
                messages.print(going_on.words, soft_wrap=True, markup=False)
        else:
            made, length = _new_run(project, shared, chosen), None
        if name:
            made = rename_run(made, name)
        result = _train(project, made, length, team=team, devices=devices, quiet=json_output)
        coach = verdict(result.history, Facts.of(made, project.count_different()))
    print_result(result, coach, json_output)


def _check(chosen: Mapping[str, Any], size: int | None) -> None:
    """Refuse what is out of its range before anything is imported, read or made."""
    for name, value in chosen.items():
        RUN_SETTINGS[name].check(value)
    if size is not None:
        MODEL_SETTINGS["size"].check(size)
    TrainConfig(chosen.get("epochs"), chosen.get("minutes"))


def _refuse(given: Mapping[str, object], option: str) -> None:
    """Tell which settings cannot be chosen where something that is gone on with has them already."""
    names = [name for name, value in given.items() if value is not None]
    if names:
        options = ", ".join("--" + name.replace("_", "-") for name in names)
        raise VaeError(
            f"What is gone on with keeps its own settings, so {options} cannot be given with {option}.",
            advice=f"Leave it out, or start a new training without {option}.",
        )


def _use(devices: str | None) -> None:
    if devices not in (None, "cpu", "all"):
        raise VaeError(f"The devices must be cpu or all, not {devices!r}.")
    if devices == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # read when TensorFlow is imported


def _team(workers: str | None, index: int | None, shared_file: Path | None) -> Team | None:
    if workers is None:
        if index is not None:
            raise VaeError("--index needs the list of --workers that it counts.")
        return None
    team = Team.parse(workers, index)
    if team.is_chief and shared_file is not None:  # TensorFlow would compute before it meets the others
        raise VaeError(
            "--from cannot be given with --workers.",
            advice="Begin on this computer with --epochs 1, then go on with --resume and --workers.",
        )
    return team


def _train(
    project: Project,
    run: Run,
    length: TrainConfig | None,
    *,
    team: Team | None,
    devices: str | None,
    quiet: bool,
) -> RunResult:
    from training.cluster import Cluster
    from training.fit import train
    from training.teamwork import train_as_chief

    with ProgressBars(quiet) as bars, stopping_on_interrupt() as control:
        show = bars.show_training
        if team is not None:
            waiting = bars.show_missing_workers
            return train_as_chief(project, run, team, show, control, length=length, on_wait=waiting)
        cluster = Cluster.of_all_devices() if devices == "all" else None
        return train(project, run, show, control, length=length, cluster=cluster)


def _train_along(target: str, team: Team, json_output: bool) -> None:
    """As a worker that is not the chief: nothing is kept here."""
    with Project.open(known_project(target), write=False) as project:
        from training.teamwork import train_as_worker

        with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
            result = train_as_worker(project, team, bars.show_training, control)
    if json_output:
        print_json({"worker": team.index, "epochs": result.epochs, "seconds": round(result.seconds, 2)})
    else:
        print_text(f"Done. What was learnt is kept by worker 0, {team.addresses[0]}.")


def _usable_model(file: Path) -> SharedModel:
    """A shared model whose network can be built: else no project is to be imported anew for it."""
    shared = read_vae(file)
    from training.sharing import open_shared

    open_shared(shared)
    return shared


def _meant_run(project: Project, wanted: str | None) -> Run:
    if wanted is not None:
        return find_run(project, wanted)
    run = latest_run(project.runs_folder)
    if run is None:
        raise VaeError("There is no training to resume.", advice="Start a new one.")
    return run


def _new_run(project: Project, shared: SharedModel | None, chosen: Mapping[str, Any]) -> Run:
    of_model, of_training = by_owner(chosen)
    if not {"epochs", "minutes", "stop_when_good"} & of_training.keys():
        of_training["minutes"] = DEFAULT_MINUTES
    settings = TrainConfig(**of_training)
    if shared is not None:
        from training.sharing import start_from

        return start_from(project, shared, settings)
    return start_run(project, settings, **of_model)


def print_result(result: RunResult, coach: Verdict | None, json_output: bool) -> None:
    """What a training came to, on stdout."""
    held_out = None if result.held_out is None else result.held_out.as_json()
    if json_output:
        print_json(
            {
                "run": str(result.run),
                "epochs": result.epochs,
                "seconds": round(result.seconds, 2),
                "images_per_second": round(result.images_per_second, 1),
                "stopped": result.stopped,
                "good_enough": result.good_enough,
                "held_out": held_out,
                "coach": None if coach is None else coach.as_json(),
            }
        )
        return
    ending = "Stopped and kept" if result.stopped else "Good enough" if result.good_enough else "Finished"
    epochs = "1 epoch" if result.epochs == 1 else f"{result.epochs:,} epochs"
    speed = f"{result.images_per_second:,.0f} pictures a second"
    print_text(f"{ending} after {epochs}, {result.seconds:.0f} s, {speed}.")
    print_table(held_out or {}, "Held-out pictures, nats each (lower is better):")
    if coach is not None:
        print_text(coach.text)
    print_text(f"Run: {result.run}")
