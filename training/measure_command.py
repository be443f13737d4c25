"""The command `vae measure`: how well a training's model does what a VAE is for, in figures."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from training.console import (
    AsJson,
    ProgressBars,
    print_json,
    print_rows,
    print_text,
    stopping_on_interrupt,
    telling_problems,
)
from training.errors import VaeError
from training.estimate import Estimate
from training.files import is_shared_model
from training.measure_words import DISTRIBUTIONS, IDEAS, WORDS
from training.model_commands import WantedRun, usable_run
from training.project import Project
from training.targets import known_project

if TYPE_CHECKING:
    from training.measures import Measures

_MOST_AXES = 8  # that are told one by one
_Row = tuple[str, str, str, str]


@telling_problems
def measure_command(
    target: Annotated[
        str, typer.Argument(metavar="DIR", help="A project, or the folder of pictures that it was made from.")
    ],
    run: WantedRun = None,
    json_output: AsJson = False,
) -> None:
    """Measure a trained model: distributions, continuity, completeness, overfitting, with 95 % intervals.

    It takes less than a minute for 10,000 pictures. What was found is kept with the training, as
    measures.json.
    """
    if is_shared_model(Path(target)):
        raise VaeError(
            "Measuring needs the pictures, and a shared model comes without them.",
            advice="Give the project that it was made in.",
        )
    with Project.open(known_project(target), write=False) as project:
        meant = usable_run(project, run)
        pictures = project.pictures()
        from training.latent import load_model
        from training.measure import measure

        model = load_model(meant)
        with ProgressBars(json_output) as bars, stopping_on_interrupt() as control:
            found = measure(meant, model, pictures, control, bars.show_measuring)
    if found is None:
        raise VaeError("Stopped before everything was measured.", kept="Nothing was written.")
    if json_output:
        print_json({"run": str(meant.path), **found.to_json()})
        return
    print_measures(found)


def print_measures(found: "Measures") -> None:
    """A table by idea, and what else to know of it."""
    print_text(f"{found.pictures:,} pictures, {found.held_out:,} of them held out; {found.seconds:.0f} s")
    for idea in IDEAS:
        rows = list(_rows(found, idea))
        if rows:
            print_text("")
            print_rows((idea, "", "95 % interval", ""), rows)
    notes: dict[str, list[str]] = {}
    for measure in found.measures:
        if measure.note:
            notes.setdefault(measure.note, []).append(WORDS[measure.name].title.strip())
    print_text("")
    for note, titles in notes.items():
        print_text(f"{', '.join(dict.fromkeys(titles))}: {note}")
    if found.neighbours:
        distances = ", ".join(f"{neighbour.distance:.3f}" for neighbour in found.neighbours)
        print_text(f"From some drawings to the nearest picture learnt from, by pixels (0 to 1): {distances}")


def _rows(found: "Measures", idea: str) -> Iterator[_Row]:
    for measure in found.measures:
        words = WORDS[measure.name]
        if words.idea == idea and measure.estimate.is_known:
            yield words.title, *_numbers(measure.estimate, words.unit), words.meaning
    if idea == DISTRIBUTIONS:
        yield from _axis_rows(found)


def _axis_rows(found: "Measures") -> Iterator[_Row]:
    """The axes, those along which the pictures lie farthest apart first."""
    by_activity = sorted(range(len(found.axes)), key=lambda axis: -found.axes[axis].activity.value)
    for axis in by_activity[:_MOST_AXES]:
        figures, name = found.axes[axis], f"z{axis + 1}"
        yield f"{name}, KL mean", *_numbers(figures.kl_mean, "nats"), ""
        yield f"{name}, KL variance", *_numbers(figures.kl_variance, "nats"), ""
        yield f"{name}, activity", *_numbers(figures.activity), "variance of the means; active above 0.01"


def _numbers(estimate: Estimate, unit: str = "") -> tuple[str, str]:
    """The figure and its interval; no interval where it is not known."""
    ends = (estimate.low, estimate.high)
    interval = " to ".join(map(_number, ends)) if all(map(math.isfinite, ends)) else ""
    return f"{_number(estimate.value)} {unit}".strip(), interval


def _number(value: float) -> str:
    """Three digits, more where they stand before the point."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
