"""The command `vae study`: which part of the objective achieves what, measured over several trainings."""

from pathlib import Path
from typing import Annotated

import typer

from training.console import (
    AsJson,
    ProgressBars,
    duration_words,
    messages,
    print_json,
    print_rows,
    print_text,
    stopping_on_interrupt,
    telling_problems,
)
from training.errors import VaeError
from training.events import StudyProgress
from training.project import Project
from training.study_figures import Findings
from training.study_files import summary, write_files
from training.study_job import CELLS_A_PROCESS
from training.study_pdf import require_reportlab
from training.study_plan import Study, Wish, arms_of, digest_of, study_for
from training.study_process import in_process, is_left_alone
from training.study_report import name_of, read_report
from training.study_table import (
    LEGEND,
    arm_title,
    blocks,
    place_text,
    places,
    seeds_words,
)
from training.study_words import introduction, tell_all
from training.targets import project_to_train

DEFAULT_MINUTES, DEFAULT_SEEDS = 60.0, 3


@telling_problems
def study_command(
    target: Annotated[
        str, typer.Argument(metavar="DIR", help="A project, or a folder of pictures to import first.")
    ],
    seeds: Annotated[int, typer.Option(help="How many trainings of each objective.")] = DEFAULT_SEEDS,
    minutes: Annotated[
        float | None,
        typer.Option(
            help=f"Time for all together, measuring included; {DEFAULT_MINUTES:g} by default. It decides how"
            " many epochs all are trained for."
        ),
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="Epochs of each training, instead of a time.")] = None,
    arms: Annotated[
        str | None,
        typer.Option(metavar="A,B,…", help="Which objectives to compare; all by default."),
    ] = None,
    latent_dim: Annotated[int, typer.Option(help="Latent numbers of a picture.")] = 2,
    out: Annotated[
        Path | None, typer.Option(help="A folder for table and report; by default that of the study.")
    ] = None,
    pdf: Annotated[
        bool, typer.Option("--pdf", help="Write the report as PDF, too; this needs the package reportlab.")
    ] = False,
    json_output: AsJson = False,
) -> None:
    """Train every objective with several seeds, measure all, and tell which part achieves what.

    Ctrl+C, or a crash, loses a minute at most: the same command goes on where it was.
    """
    chosen = arms_of(arms)
    if pdf:
        require_reportlab()
    if minutes is None and epochs is None:
        minutes = DEFAULT_MINUTES
    Wish(chosen, seeds, minutes, epochs, latent_dim, "")  # says what cannot be before anything is read
    name = name_of(target)
    path = project_to_train(target, quiet=json_output)
    with Project.open(path, write=False) as project:
        wish = Wish(chosen, seeds, minutes, epochs, latent_dim, digest_of(project.pictures()))
    study = _carried_out(path, wish, wish.command(name), quiet=json_output)
    report = read_report(study, name)
    files = write_files(report, out or study.path, pdf=pdf)
    if json_output:
        print_json({"study": str(study.path), **summary(report), "files": [str(file) for file in files]})
        return
    print_findings(report.findings)
    for file in files:
        print_text(f"Wrote {file}")


def _carried_out(path: Path, wish: Wish, command: str, *, quiet: bool) -> Study:
    """The study, all of it done, in processes of its own: see :mod:`training.study_process`."""
    study = in_process(planned, path, wish, command, quiet)
    if not quiet:
        messages.print(_plan_words(study), soft_wrap=True, markup=False)
    while any(cell.result is None for cell in study.cells):
        in_process(carried_on, path, study, quiet)
    return study


def planned(path: Path, wish: Wish, command: str, quiet: bool) -> Study:
    """The study with a wish of the project at ``path``, or a new one."""
    with (
        Project.open(path, write=True) as project,
        stopping_on_interrupt() as control,
        ProgressBars(quiet) as bars,
    ):
        known = study_for(project, wish)
        if known is not None:
            return known
        from training.study_probe import plan_study

        study = plan_study(project, wish, command, control, bars.show_training)
    if study is None:
        raise VaeError("Stopped before there was a plan.", kept="Nothing was trained.")
    return study


def carried_on(path: Path, study: Study, quiet: bool) -> None:
    """Do some of what is left of a study of the project at ``path``.

    Raises:
        VaeError: it was stopped, or cannot go on.
    """
    from training.study import carry_out

    with (
        Project.open(path, write=True) as project,
        stopping_on_interrupt() as control,
        ProgressBars(quiet) as bars,
    ):

        def show(progress: StudyProgress) -> None:
            bars.show_study(progress)
            if is_left_alone():
                control.stop()

        is_whole = carry_out(project, study, control, show, most=CELLS_A_PROCESS)
    if control.should_stop and not is_whole:
        done = sum(cell.result is not None for cell in study.cells)
        raise VaeError(
            f"Stopped after {done} of {len(list(study.cells))} trainings.",
            kept=f"They are kept in {study.path}.",
            advice="The same command goes on from there.",
        )


def _plan_words(study: Study) -> str:
    plan = study.plan
    cells = list(study.cells)
    left = sum(cell.result is None for cell in cells)
    text = (
        f"{study.name}: {len(cells)} trainings of {plan.epochs:,} epochs"
        f" ({plan.steps:,} steps of {plan.batch_size} pictures), about {duration_words(plan.seconds)}."
    )
    if left < len(cells):
        text += f" {len(cells) - left} are done, about {duration_words(left * plan.cell_seconds)} are left."
    return text


def print_findings(findings: Findings) -> None:
    """Tables by idea, then the claims."""
    found = places(findings)
    print_text(seeds_words(findings.seeds))
    print_text(LEGEND)
    for idea, columns in blocks():
        print_text("")
        rows = [
            (
                arm_title(findings, arm),
                *(place_text(found[arm, column.name], findings.seeds) for column in columns),
            )
            for arm in findings.arms
        ]
        print_rows((idea, *(column.heading for column in columns)), rows)
    print_text("")
    print_text(introduction(findings))
    for told in tell_all(findings):
        print_text("")
        print_text(told.text)
    print_text("")
