"""The command `vae`: everything that the window does, for scripts and for machines without a display.

Arguments are checked before TensorFlow is imported, which takes seconds.
"""

import multiprocessing
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from training import __version__
from training.config import LIKELIHOODS, Likelihood, ModelConfig, TrainConfig
from training.console import (
    ProgressBars,
    messages,
    print_json,
    print_table,
    print_text,
    stopping_on_interrupt,
)
from training.errors import VaeError
from training.events import RunResult
from training.images import ImageFormat, SkippedPicture, read_picture
from training.project import Project, default_project_path
from training.run import Run, latest_run
from training.targets import (
    SAMPLE_PREFIX,
    format_at,
    import_pictures,
    known_project,
    project_to_train,
    source_folder,
)

if TYPE_CHECKING:
    from training.latent import LatentModel

DEFAULT_MINUTES = 10.0
EXIT_PROBLEM = 2

app = typer.Typer(
    help="Learn a folder of pictures with a variational autoencoder, and explore what it learned.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
ProjectOrFolder = Annotated[
    str, typer.Argument(metavar="DIR", help="A project, or the folder of pictures that it was made from.")
]
OutFile = Annotated[Path, typer.Option("--out", help="The picture to write (.png).")]


def _telling_problems(command: Callable[..., None]) -> Callable[..., None]:
    """Turn our own errors into a message and exit code 2."""

    @wraps(command)
    def wrapped(**arguments: Any) -> None:
        try:
            command(**arguments)
        except VaeError as error:
            if arguments.get("json_output"):
                print_json({"error": {"what": error.what, "kept": error.kept, "advice": error.advice}})
            messages.print(str(error), style="red", soft_wrap=True, markup=False)
            raise typer.Exit(EXIT_PROBLEM) from None

    return wrapped


@app.command("import")
@_telling_problems
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
@_telling_problems
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
    if resume:
        model = {"size": size, "latent_dim": latent_dim, "likelihood": likelihood}
        _refuse_with_resume([*chosen, *(name for name, value in model.items() if value is not None)])
    path = project_to_train(target, size, quiet=json_output)
    with Project.open(path, write=True) as project:
        from training.fit import resume_run, start_run, train

        if resume:
            run = resume_run(project)
        else:
            run = start_run(project, settings, latent_dim=latent_dim or 2, likelihood=_likelihood(likelihood))
        with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
            length = settings if resume and has_length else None
            result = train(project, run, bars.show_training, control, length=length)
    _print_result(result, json_output)


def _check_model_settings(size: int | None, latent_dim: int | None, likelihood: str | None) -> None:
    latent_dim = 2 if latent_dim is None else latent_dim
    ModelConfig(64 if size is None else size, 1, latent_dim, _likelihood(likelihood) or "bernoulli")


def _refuse_with_resume(names: list[str]) -> None:
    if names:
        options = ", ".join("--" + name.replace("_", "-") for name in names)
        raise VaeError(
            f"A training that goes on keeps its own settings, so {options} cannot be given with --resume.",
            advice="Leave it out, or start a new training without --resume.",
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


def _trained(project: Project) -> "tuple[Run, LatentModel]":
    run = latest_run(project.runs_folder)
    if run is None:
        raise VaeError("This project has not been trained yet.", advice="Run vae train first.")
    from training.latent import load_model

    return run, load_model(run)


@app.command("encode")
@_telling_problems
def encode_command(
    target: ProjectOrFolder,
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE...", help="Pictures to encode.")],
    json_output: AsJson = False,
) -> None:
    """Encode pictures: the mean and the standard deviation of each one's posterior."""
    with Project.open(known_project(target), write=False) as project:
        run, model = _trained(project)
    image_format = ImageFormat(run.model.size, run.model.channels)
    rows = []
    for path in images:
        try:
            pixels = read_picture(path, image_format)
        except SkippedPicture as error:
            raise VaeError(f"{path} cannot be encoded: {error.reason}.") from None
        posterior = model.encode(pixels[None])
        mean, sigma = posterior.means[0].tolist(), posterior.sigmas[0].tolist()
        rows.append({"image": str(path), "mean": mean, "standard_deviation": sigma})
    if json_output:
        print_json({"run": str(run.path), "posteriors": rows})
        return
    for row, path in zip(rows, images, strict=True):
        pairs = zip(row["mean"], row["standard_deviation"], strict=True)
        text = "   ".join(f"{float(mean):+.3f} ± {float(sigma):.3f}" for mean, sigma in pairs)
        print_text(f"{path}:  {text}")


@app.command("decode")
@_telling_problems
def decode_command(
    target: ProjectOrFolder,
    at: Annotated[str, typer.Option(help="The point: numbers with commas between, such as 0.5,-1.")],
    out: OutFile,
    json_output: AsJson = False,
) -> None:
    """Decode a point of the latent space to a picture."""
    point = _point(at)
    with Project.open(known_project(target), write=False) as project:
        _, model = _trained(project)
    if len(point) != model.config.latent_dim:
        raise VaeError(f"A point of this model has {model.config.latent_dim} numbers, not {len(point)}.")
    from training.sheets import save_image, to_image

    save_image(to_image(model.decode(np.array([point]))[0]), out)
    _print_written(out, json_output)


def _point(text: str) -> list[float]:
    try:
        point = [float(part) for part in text.split(",")]
    except ValueError:
        point = [float("nan")]
    if not all(abs(number) < 1e6 for number in point):
        raise VaeError(f"{text!r} is not a point.", advice="Write numbers with commas between: --at 0.5,-1")
    return point


@app.command("map")
@_telling_problems
def map_command(target: ProjectOrFolder, out: OutFile, json_output: AsJson = False) -> None:
    """Draw the latent map: decodings over the prior's quantiles, and where every picture lies."""
    with Project.open(known_project(target), write=False) as project:
        run, model = _trained(project)
        pictures = project.pictures()
    from training.latent import all_posteriors
    from training.sheets import latent_map, save_image

    with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
        posteriors = all_posteriors(run, model, pictures, control, bars.show_encoding)
    if posteriors is None:
        raise VaeError("Stopped before the map was drawn.")
    save_image(latent_map(model, posteriors, pictures.held_out), out)
    _print_written(out, json_output)


def _print_written(out: Path, json_output: bool) -> None:
    if json_output:
        print_json({"out": str(out)})
    else:
        print_text(f"Wrote {out}")


@app.command("demo")
@_telling_problems
def demo_command(
    out: Annotated[Path, typer.Option(help="A folder for the results.")] = Path("demo-output"),
    sample: Annotated[str, typer.Option(help="Which sample: fashion or emoji.")] = "fashion",
    minutes: Annotated[float, typer.Option(help="Training time.")] = 1.0,
    json_output: AsJson = False,
) -> None:
    """Import a bundled sample, train about a minute and write what came of it: no window needed."""
    settings = TrainConfig(minutes=minutes)
    path = project_to_train(SAMPLE_PREFIX + sample, None, quiet=json_output)
    from training.demo import write_results
    from training.fit import start_run, train

    with Project.open(path, write=True) as project:
        with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
            result = train(project, start_run(project, settings), bars.show_training, control)
        files = write_results(project, result, out)
    _print_result(result, json_output)
    for file in files if not json_output else ():
        print_text(f"Wrote {file}")


@app.command("doctor")
@_telling_problems
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
