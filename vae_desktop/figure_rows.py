"""Measured figures as rows of words, grouped by idea; and as plain text."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.estimate import Estimate
from training.language import mark, tr
from training.measured import FEWEST_REAL, Measure
from training.measures import Measures
from vae_desktop.figure_words import FIGURES, HIGHER, IDEAS, LOWER, NEITHER, FigureWords
from vae_desktop.map_meaning import few_digits
from vae_desktop.plain_words import pictures

MOST_AXES = 8  # that are told one by one
_NOTES = (
    mark("These posteriors are points, without a σ."),
    mark("The posteriors are points; this is by a kernel density estimate of them."),
    mark("This is measured on the plane, for which it takes two latent numbers."),
    mark(
        "Drawn pictures are smoother than real ones, thus nearer to all: compare it with other models only."
    ),
)
"""Of :class:`training.measured.Measure`, to be translated."""


@dataclass(frozen=True)
class FigureRow:
    """One figure in words.

    Attributes:
        name: as in :data:`figure_words.FIGURES`; "" for a part of another figure.
        title: what it is called.
        value, interval: with few digits; "" where they are not known.
        unit: "" for a bare number.
        meaning: a clause, with which way is better, or why it is not known.
        help: formula, source, on how many it was measured, and what else to know; a line each.
        map_name: the map that shows it place by place; "" for none.
        parts: of it.
    """

    name: str
    title: str
    value: str
    interval: str
    unit: str
    meaning: str
    help: tuple[str, ...] = ()
    map_name: str = ""
    parts: tuple["FigureRow", ...] = ()


def figure_rows(found: Measures) -> dict[str, list[FigureRow]]:
    """The rows by idea, in the order of :data:`figure_words.IDEAS`."""
    rows: dict[str, list[FigureRow]] = {idea: [] for idea in IDEAS}
    order = {name: place for place, name in enumerate(FIGURES)}
    known = [measure for measure in found.measures if measure.name in FIGURES]
    maps = {each.name for each in found.maps}
    for measure in sorted(known, key=lambda each: order[each.name]):
        words = FIGURES[measure.name]
        rows[words.idea].append(_row(measure, words, found, maps))
    return rows


def figures_as_text(found: Measures, title: str) -> str:
    """All of it, a line for each figure."""
    lines = [title, state_words(found)]
    for idea, rows in figure_rows(found).items():
        lines += ["", tr(IDEAS[idea][0])]
        for row in rows:
            lines += [_line(row), *(f"  {_line(part)}" for part in row.parts)]
    return "\n".join(lines) + "\n"


def state_words(found: Measures) -> str:
    """On how many pictures it was measured."""
    words = mark("{pictures}, {held_out:,} of them held out")
    return tr(words, pictures=pictures(found.pictures), held_out=found.held_out)


def interval_words(estimate: Estimate) -> str:
    """Both ends; "" where one is not known."""
    if not (math.isfinite(estimate.low) and math.isfinite(estimate.high)):
        return ""
    return tr("{low} to {high}", low=few_digits(estimate.low), high=few_digits(estimate.high))


def better_of(name: str, estimates: Sequence[Estimate]) -> int | None:
    """Which is better than all others beyond chance: no interval has anything in common with its own."""
    better = FIGURES[name].better
    known = [number for number, each in enumerate(estimates) if each.is_known]
    if better == NEITHER or len(known) < 2:
        return None

    def badness(number: int) -> float:
        value = estimates[number].value
        return {LOWER: value, HIGHER: -value}.get(better, abs(value - 1.0))

    best = min(known, key=badness)
    is_apart = all(estimates[best].apart_from(estimates[other]) for other in known if other != best)
    return best if is_apart else None


def _row(measure: Measure, words: FigureWords, found: Measures, maps: set[str]) -> FigureRow:
    estimate = measure.estimate
    note = _note(measure, found)
    help_lines = [tr(words.formula)]
    if measure.count:
        help_lines.append(tr("measured on {count:,}", count=measure.count))
    if note:
        help_lines.append(note)
    return FigureRow(
        measure.name,
        words.called,
        few_digits(estimate.value) if estimate.is_known else "–",
        interval_words(estimate) if estimate.is_known else "",
        tr(words.unit) if words.unit and estimate.is_known else "",
        words.clause if estimate.is_known else note or tr("could not be measured"),
        tuple(help_lines),
        words.map_name if words.map_name in maps else "",
        tuple(_axes(found)) if measure.name == "active_axes" else (),
    )


def _note(measure: Measure, found: Measures) -> str:
    if not measure.estimate.is_known and found.held_out < FEWEST_REAL and "held-out" in measure.note:
        words = mark("This needs {needed} held-out pictures, and there are {count}.")
        return tr(words, needed=FEWEST_REAL, count=found.held_out)
    return tr(measure.note)


def _axes(found: Measures) -> Iterator[FigureRow]:
    """Of the axes, those along which the pictures lie farthest apart first."""
    by_activity = sorted(range(len(found.axes)), key=lambda axis: -found.axes[axis].activity.value)
    for axis in by_activity[:MOST_AXES]:
        figures, name = found.axes[axis], f"z{axis + 1}"
        for title, estimate, unit in (
            (tr("{axis}: variance of the means", axis=name), figures.activity, ""),
            (tr("{axis}: KL mean term", axis=name), figures.kl_mean, tr("nats")),
            (tr("{axis}: KL variance term", axis=name), figures.kl_variance, tr("nats")),
        ):
            yield FigureRow("", title, few_digits(estimate.value), interval_words(estimate), unit, "")


def _line(row: FigureRow) -> str:
    interval = f" ({row.interval})" if row.interval else ""
    meaning = f" – {row.meaning}" if row.meaning else ""
    return f"{row.title}: {row.value}{' ' if row.unit else ''}{row.unit}{interval}{meaning}"
