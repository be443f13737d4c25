"""The command `vae`: everything that the window does, for scripts and for machines without a display.

Arguments are checked before TensorFlow is imported, which takes seconds.
"""

import multiprocessing
from pathlib import Path
from typing import Annotated

import typer

from training import __version__
from training.check_command import check_command
from training.coach import Facts, verdict
from training.config import TrainConfig
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
from training.health_command import health_command
from training.measure_command import measure_command
from training.model_commands import MODEL_COMMANDS
from training.project import Project, default_project_path
from training.run_commands import runs_app
from training.setting_help import MODEL_SETTINGS
from training.study_command import study_command
from training.targets import (
    SAMPLE_PREFIX,
    import_pictures,
    project_to_train,
    source_folder,
    wished_format,
)
from training.train_command import print_result, train_command

app = typer.Typer(
    help="Learn a folder of pictures with a variational autoencoder, and explore what it learned.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _one_of(setting: str) -> str:
    return "|".join(MODEL_SETTINGS[setting].choices)


@app.command("import")
@telling_problems
def import_command(
    folder: Annotated[str, typer.Argument(help="A folder of pictures, or sample:fashion, sample:emoji.")],
    project: Annotated[
        Path | None, typer.Option(help="Where to keep the project; by default in your data folder.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(help=f"Picture size, {MODEL_SETTINGS['size'].range_words} pixels.")
    ] = None,
    colour: Annotated[
        bool | None, typer.Option("--colour/--grey", help="Whether pictures are read in colour or in grey.")
    ] = None,
    framing: Annotated[
        str | None,
        typer.Option(metavar=_one_of("framing"), help=MODEL_SETTINGS["framing"].help),
    ] = None,
    background: Annotated[
        str | None,
        typer.Option(metavar=_one_of("background"), help=MODEL_SETTINGS["background"].help),
    ] = None,
    every_frame: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Take every N-th frame of animations and films (films: with the extra video);"
            " 0 takes the first frame of animations, and no films.",
        ),
    ] = None,
    json_output: AsJson = False,
) -> None:
    """Read a folder of pictures into a project. The folder itself is never written to.

    What is not chosen is chosen from the pictures, or stays as it is in the project.
    """
    source = source_folder(folder)
    path = project or default_project_path(source)
    channels = None if colour is None else 3 if colour else 1
    wishes = {"size": size, "channels": channels, "framing": framing, "background": background}
    image_format = wished_format(path, source, wishes, with_films=bool(every_frame))
    report = import_pictures(source, path, image_format, every_frame, quiet=json_output)
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


app.command("train")(train_command)
app.command("health")(health_command)
app.command("check")(check_command)
app.command("measure")(measure_command)
app.command("study")(study_command)
app.add_typer(runs_app, name="runs")
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
            run = start_run(project, settings)
            result = train(project, run, bars.show_training, control)
        files = write_results(project, result, out)
        coach = verdict(result.history, Facts.of(run, project.count_different()))
    print_result(result, coach, json_output)
    for file in files if not json_output else ():
        print_text(f"Wrote {file}")


@app.command("doctor")
@telling_problems
def doctor_command(json_output: AsJson = False) -> None:
    """Tell versions, how a training would compute here and why, threads, and where things are kept."""
    from training.doctor import report

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
