"""The command `vae health`: what a project's pictures are like, and leaving out those that harm."""

from pathlib import Path
from typing import Annotated

import typer

from training.console import (
    AsJson,
    print_json,
    print_table,
    print_text,
    stopping_on_interrupt,
    telling_problems,
)
from training.errors import VaeError
from training.files import write_atomically
from training.health import KINDS, Health, Kind, as_csv, leave_out, look_at, take_back
from training.project import Project
from training.targets import known_project

_MOST_SHOWN = 5  # of each kind


@telling_problems
def health_command(
    target: Annotated[
        str, typer.Argument(metavar="DIR", help="A project, or the folder of pictures that it was made from.")
    ],
    leave: Annotated[
        str, typer.Option("--leave-out", help="copies, alike, tiny, blank, or several with commas between.")
    ] = "",
    take: Annotated[str, typer.Option("--take-back", help="Likewise: what was left out before.")] = "",
    csv: Annotated[Path | None, typer.Option(help="Write a table of all files here.")] = None,
    json_output: AsJson = False,
) -> None:
    """Tell skipped files, copies, near copies, tiny and blank pictures; leave them out, or take them back."""
    left, taken = _kinds(leave), _kinds(take)
    with Project.open(known_project(target), write=bool(left or taken)) as project:
        for kind in taken:
            take_back(project, kind)
        found = _look(project)
        for kind in left:
            leave_out(project, found.superfluous(kind), kind)
            found = _look(project)  # what is a copy may be tiny, too
        if csv is not None:
            write_atomically(csv, as_csv(project, found).encode())
        if json_output:
            print_json(found.to_json())
            return
        _print(project, found)
    if csv is not None:
        print_text(f"Wrote {csv}")


def _kinds(names: str) -> list[Kind]:
    wanted = {name.strip() for name in names.split(",")} - {""}
    if unknown := sorted(wanted - set(KINDS)):
        raise VaeError(
            f"There is no kind of pictures called {unknown[0]!r}.", advice=f"Choose of: {', '.join(KINDS)}."
        )
    return [kind for kind in KINDS if kind in wanted]


def _look(project: Project) -> Health:
    with stopping_on_interrupt() as control:
        found = look_at(project, lambda: control.should_stop)
    if found is None:
        raise VaeError("Stopped before all pictures were looked at.", kept="Nothing was changed.")
    return found


def _print(project: Project, found: Health) -> None:
    print_text(f"{found.found:,} found, {found.used:,} used, {found.skipped:,} skipped")
    print_table(found.reasons, "Skipped because:")
    for title, groups in (
        ("Copies of the same file", found.copies),
        ("Looking nearly the same", found.alike),
    ):
        _print_list(title, [" = ".join(_path(project, each) for each in group) for group in groups])
    for title, pictures in (("Tiny", found.tiny), ("Blank", found.blank)):
        _print_list(title, [_path(project, each) for each in pictures[:_MOST_SHOWN]], len(pictures))
    if not found.is_known:
        print_text("Pictures that an earlier version imported are told by their bytes alone.")


def _print_list(title: str, lines: list[str], count: int | None = None) -> None:
    if not lines:
        return
    count = len(lines) if count is None else count
    print_text(f"{title}: {count:,}")
    for line in lines[:_MOST_SHOWN]:
        print_text(f"  {line}")
    if count > _MOST_SHOWN:
        print_text(f"  and {count - _MOST_SHOWN:,} more (--csv FILE lists them all)")


def _path(project: Project, picture: int) -> str:
    return project.picture_name(picture)
