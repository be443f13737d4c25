"""The command `vae check`: whether a project is whole."""

from typing import Annotated

import typer

from training.check import check_project
from training.console import (
    EXIT_PROBLEM,
    AsJson,
    ProgressBars,
    print_json,
    print_text,
    stopping_on_interrupt,
    telling_problems,
)
from training.targets import known_project


@telling_problems
def check_command(
    target: Annotated[
        str,
        typer.Argument(metavar="DIR", help="A project, or the folder of pictures that it was made from."),
    ],
    sources: Annotated[
        bool, typer.Option("--sources", help="Also tell which source pictures changed since, or are gone.")
    ] = False,
    json_output: AsJson = False,
) -> None:
    """Read all of a project and tell what is damaged. Exit code 0: whole, 2: damaged."""
    path = known_project(target)
    with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
        report = check_project(path, sources=sources, on_progress=bars.show_checking, control=control)
    if json_output:
        print_json({"project": str(path), **report.to_json()})
    else:
        for finding in report.findings:
            print_text(finding.text)
        print_text(report.sentence)
    if not report.is_whole or report.cancelled:
        raise typer.Exit(EXIT_PROBLEM)
