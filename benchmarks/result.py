"""What a benchmark hands back, and how it is shown."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Options:
    """What the command line asked for.

    Attributes:
        seconds: of one turn or one drag; None for the benchmark's own choice.
        sizes: sides of the pictures in pixels; empty for the benchmark's own choice.
        data: names of sets of pictures; empty for the benchmark's own choice.
        sides: who is compared; empty for all.
        seeds: how often with other random numbers; None for the benchmark's own choice.
        plot: file for a picture of the curves; None for none.
        layers: whether each layer is measured by itself, too.
        pictures: how many pictures there are to read; empty for the benchmark's own choice.
        cold: whether they are read from the disk each time.
    """

    seconds: float | None = None
    sizes: tuple[int, ...] = ()
    data: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    seeds: int | None = None
    plot: Path | None = None
    layers: bool = False
    pictures: tuple[int, ...] = ()
    cold: bool = False


@dataclass(frozen=True)
class Result:
    """One ratio.

    Attributes:
        name: what was measured.
        against: what stands below the fraction line.
        ratio: the median over the run's turns.
        low: the lowest turn's ratio.
        high: the highest turn's ratio.
        better: whether more or less is better.
        reach: the figure that we want to reach.
        details: the numbers behind it, with their units in their names.
        series: whole curves behind it, which only the JSON has room for.
    """

    name: str
    against: str
    ratio: float
    low: float
    high: float
    better: Literal["more", "less"]
    reach: float
    details: dict[str, Any] = field(default_factory=dict)
    series: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Everything, for a file."""
        return asdict(self)


def of_turns(
    name: str, against: str, ratios: list[float], *, reach: float, details: dict[str, Any]
) -> Result:
    """The result of alternating turns at speeds, where more is better."""
    return Result(
        name,
        against,
        float(np.median(ratios)),
        min(ratios),
        max(ratios),
        better="more",
        reach=reach,
        details=details,
    )


def of_limit(name: str, limit: str, ratios: list[float], *, details: dict[str, Any]) -> Result:
    """The result of times as shares of a limit, where 1 is the limit and less is better."""
    return Result(
        name,
        limit,
        float(np.median(ratios)),
        min(ratios),
        max(ratios),
        better="less",
        reach=1.0,
        details=details,
    )


def show(results: list[Result]) -> None:
    """Print the table."""
    table = Table(title="Ratios of this run")
    for column in ("measured", "against", "numbers"):
        table.add_column(column, overflow="fold")
    for column in ("ratio", "range", "to reach"):
        table.add_column(column, justify="right", no_wrap=True)
    for result in results:
        numbers = ", ".join(f"{name} {_text(value)}" for name, value in result.details.items())
        table.add_row(
            result.name,
            result.against,
            numbers,
            f"{result.ratio:.2f}",
            f"{result.low:.2f}–{result.high:.2f}",
            f"{'≥' if result.better == 'more' else '≤'} {result.reach:.2f}",
        )
    Console(width=150 if not Console().is_terminal else None).print(table)


def _text(value: object) -> str:
    return (
        f"{value:.3g}"
        if isinstance(value, float) and value < 100
        else f"{value:,.0f}"
        if isinstance(value, float)
        else str(value)
    )
