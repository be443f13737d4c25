"""The command `vae`: everything that the window does, for scripts and for machines without a display.

Arguments are checked before TensorFlow is imported, which takes seconds.
"""

import multiprocessing
from pathlib import Path
from typing import Annotated, Any

import typer

from training import __version__
from training.config import LIKELIHOODS, Likelihood, ModelConfig, TrainConfig
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
from training.model_commands import MODEL_COMMANDS
from training.project import Project, default_project_path
from training.run import Run
from training.targets import SAMPLE_PREFIX, format_at, import_pictures, project_to_train, source_folder
from training.vae_file import SharedModel, read_vae

DEFAULT_MINUTES = 10.0

app = typer.Typer(
    help="Learn a folder of pictures with a variational autoencoder, and explore what it learned.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("import")
@telling_problems
def import_command(
    folder: Annotated[str, typer.Argument(help="A folder of pictures, or sample:fashion, sample:emoji.")],
    project: Annotated[
        Path | None, typer.Option(help="Where to keep the project; by default in your data folder.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Picture size in pixels, 32 to 128.")] = None,
    json_output: AsJson = False,
) -> None:
    """Read a folder of pictures into a project. The folder itself is never written to."""
    source = source_folder(folder)
    path = project or default_project_path(source)
    report = import_pictures(source, path, format_at(path, source, size), quiet=json_output)
    if json_output:
        print_json(
            {
                "project": str(path),
                "found": report.found,
                "used": report.used,
                "skipped": report.skipped,
                "reasons": report.reasons,
                "cancelled": report.cancelled,
                "format": report.format_words,
            }
        )
        return
    if report.cancelled:
        messages.print("Stopped. What was read is kept; run the command again to go on.")
    print_text(f"{report.found:,} found, {report.used:,} used, {report.skipped:,} skipped")
    print_table(report.reasons, "Skipped because:")
    if report.format_words:
        print_text(f"Each as {report.format_words}")
    print_text(f"Project: {path}")


@app.command("train")
@telling_problems
def train_command(
    target: Annotated[
        str, typer.Argument(metavar="DIR", help="A project, or a folder of pictures to import first.")
    ],
    epochs: Annotated[int | None, typer.Option(help="Passes over the pictures.")] = None,
    minutes: Annotated[
        float | None, typer.Option(help=f"Training time, {DEFAULT_MINUTES:g} by default.")
    ] = None,
    latent_dim: Annotated[
        int | None, typer.Option(help="Numbers a picture is encoded in, 2 by default.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Picture size in pixels, 32 to 128.")] = None,
    seed: Annotated[int | None, typer.Option(help="Fixes weights, shuffling and noise.")] = None,
    likelihood: Annotated[
        str | None, typer.Option(help=f"How pixels are scored: {' or '.join(LIKELIHOODS)}.")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(help="Pictures a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Of Adam, at its highest.")] = None,
    mirror: Annotated[bool, typer.Option("--mirror", help="Mirror images are as good.")] = False,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the newest training, with its own settings."),
    ] = False,
    shared_file: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE.vae", help="Begin with what a shared model has learnt."),
    ] = None,
    json_output: AsJson = False,
) -> None:
    """Train on a project's pictures. Ctrl+C stops and keeps what was learnt."""
    has_length = epochs is not None or minutes is not None
    if not has_length:
        minutes = DEFAULT_MINUTES
    given: dict[str, Any] = {
        "seed": seed,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "mirror": mirror or None,
    }
    chosen = {name: value for name, value in given.items() if value is not None}
    settings = TrainConfig(epochs, minutes, **chosen)
    _check_model_settings(size, latent_dim, likelihood)
    model = {"size": size, "latent_dim": latent_dim, "likelihood": likelihood}
    of_model = [name for name, value in model.items() if value is not None]
    if resume:
        _refuse([*chosen, *of_model, *(["from"] if shared_file else [])], "--resume")
    elif shared_file:
        _refuse(of_model, "--from")
    shared = None if shared_file is None else _usable_model(shared_file)
    image_format = None if shared is None else shared.about.image_format
    path = project_to_train(target, size, image_format, quiet=json_output)
    with Project.open(path, write=True) as project:
        from training.fit import train
        from training.runs import resume_run, start_run

        if resume:
            run = resume_run(project)
        elif shared is not None:
            run = _start_from(project, shared, settings)
        else:
            run = start_run(project, settings, latent_dim=latent_dim or 2, likelihood=_likelihood(likelihood))
        with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
            length = settings if resume and has_length else None
            result = train(project, run, bars.show_training, control, length=length)
    _print_result(result, json_output)


def _check_model_settings(size: int | None, latent_dim: int | None, likelihood: str | None) -> None:
    latent_dim = 2 if latent_dim is None else latent_dim
    ModelConfig(64 if size is None else size, 1, latent_dim, _likelihood(likelihood) or "bernoulli")


def _usable_model(file: Path) -> SharedModel:
    """A shared model whose network can be built: else no project is to be imported anew for it."""
    shared = read_vae(file)
    from training.sharing import open_shared

    open_shared(shared)
    return shared


def _start_from(project: Project, shared: SharedModel, settings: TrainConfig) -> Run:
    from training.sharing import start_from

    return start_from(project, shared, settings)


def _refuse(names: list[str], option: str) -> None:
    """Tell which settings cannot be chosen where something that is gone on with has them already."""
    if names:
        options = ", ".join("--" + name.replace("_", "-") for name in names)
        raise VaeError(
            f"What is gone on with keeps its own settings, so {options} cannot be given with {option}.",
            advice=f"Leave it out, or start a new training without {option}.",
        )


def _likelihood(text: str | None) -> Likelihood | None:
    for known in LIKELIHOODS:
        if text == known:
            return known
    if text is not None:
        raise VaeError(f"The likelihood must be one of {', '.join(LIKELIHOODS)}, not {text!r}.")
    return None


def _print_result(result: RunResult, json_output: bool) -> None:
    held_out = None if result.held_out is None else result.held_out.as_json()
    if json_output:
        print_json(
            {
                "run": str(result.run),
                "epochs": result.epochs,
                "seconds": round(result.seconds, 2),
                "images_per_second": round(result.images_per_second, 1),
                "stopped": result.stopped,
                "held_out": held_out,
            }
        )
        return
    ending = "Stopped and kept" if result.stopped else "Finished"
    epochs = "1 epoch" if result.epochs == 1 else f"{result.epochs:,} epochs"
    speed = f"{result.images_per_second:,.0f} pictures a second"
    print_text(f"{ending} after {epochs}, {result.seconds:.0f} s, {speed}.")
    print_table(held_out or {}, "Held-out pictures, nats each (lower is better):")
    print_text(f"Run: {result.run}")


for name, command in MODEL_COMMANDS.items():
    app.command(name)(command)


@app.command("demo")
@telling_problems
def demo_command(
    out: Annotated[Path, typer.Option(help="A folder for the results.")] = Path("demo-output"),
    sample: Annotated[str, typer.Option(help="Which sample: fashion or emoji.")] = "fashion",
    minutes: Annotated[float, typer.Option(help="Training time.")] = 1.0,
    json_output: AsJson = False,
) -> None:
    """Import a bundled sample, train about a minute and write what came of it: no window needed."""
    settings = TrainConfig(minutes=minutes)
    path = project_to_train(SAMPLE_PREFIX + sample, quiet=json_output)
    from training.demo import write_results
    from training.fit import train
    from training.runs import start_run

    with Project.open(path, write=True) as project:
        with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
            result = train(project, start_run(project, settings), bars.show_training, control)
        files = write_results(project, result, out)
    _print_result(result, json_output)
    for file in files if not json_output else ():
        print_text(f"Wrote {file}")


@app.command("doctor")
@telling_problems
def doctor_command(json_output: AsJson = False) -> None:
    """Tell versions, the device used and why not a GPU, threads, and where things are kept."""
    from training.device import report

    found = report()
    if json_output:
        print_json(found)
    else:
        print_table(found)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"vae {__version__}")
        raise typer.Exit


def main() -> None:
    """Run the command; worker processes of a frozen program come through here too."""
    multiprocessing.freeze_support()
    app(prog_name="vae")


if __name__ == "__main__":
    main()
