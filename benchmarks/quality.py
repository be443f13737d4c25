"""How good a model is after so many seconds: ours, the Keras example and pythae on the same pictures.

Same pictures, same split, same two latent numbers, same seconds of training on the same number of processor
threads, one process at a time, several seeds; see `quality_judge` for the figures, `quality_pictures` for the
pictures, and `quality_ours`, `quality_keras`, `quality_pythae` for what each side is. Minutes to hours long,
and therefore run only when it is named:

    python -m benchmarks quality [--data fashion emoji units] [--seconds 60] [--seeds 3] [--plot FILE]
"""

import importlib.util
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.child import Child
from benchmarks.quality_pictures import prepare
from benchmarks.result import Options, Result, of_limit

SECONDS, SEEDS = 60.0, 3
JUDGEMENTS = 18  # along a training, but not closer than
LEAST_EVERY = 5.0  # seconds
THREADS = "2"
OURS = "ours"
USUAL = (OURS, "keras", "pythae")
SIDES = {
    OURS: ("benchmarks.quality_ours",),
    "keras": ("benchmarks.quality_keras",),
    "pythae": ("benchmarks.quality_pythae", "default"),
    # On two threads its own convolutional networks see so few pictures that they are run when they are named.
    "pythae-conv": ("benchmarks.quality_pythae", "convolutional"),
}
ENVIRONMENT = {
    "CUDA_VISIBLE_DEVICES": "-1",  # all on the processor
    "TF_ENABLE_ONEDNN_OPTS": "1",
    "TF_NUM_INTRAOP_THREADS": THREADS,
    "OMP_NUM_THREADS": THREADS,
    "TQDM_DISABLE": "1",
}


@dataclass(frozen=True)
class Training:
    """One side's training with one seed.

    Attributes:
        points: its figures in the order of time, each with its ``seconds`` of training; ours ends with the
            weights that the program keeps, the others with those of the last step.
        facts: the share of dead zones, the number of weights, the speed.
    """

    seed: int
    points: list[dict[str, float]]
    facts: dict[str, float]

    @property
    def last(self) -> dict[str, float]:
        """The figures at the end."""
        return self.points[-1]

    def seconds_to(self, elbo: float) -> float | None:
        """When it was first as good as this, between two judgements on a straight line; None if never."""
        before: dict[str, float] | None = None
        for point in self.points:
            if point["elbo"] <= elbo:
                if before is None:
                    return point["seconds"]
                share = (before["elbo"] - elbo) / (before["elbo"] - point["elbo"])
                return before["seconds"] + share * (point["seconds"] - before["seconds"])
            before = point
        return None


Trainings = dict[str, list[Training]]  # by side, in the order of the seeds


def measure(options: Options) -> list[Result]:
    """Print a table for each set of pictures, draw the plot if it is wished, return the ratios."""
    seconds, sides = options.seconds or SECONDS, options.sides or _usual_sides()
    found: dict[str, Trainings] = {}
    for name in options.data or ("fashion",):
        with tempfile.TemporaryDirectory() as scratch:
            prepare(name, Path(scratch))
            found[name] = _train_all(Path(scratch), sides, seconds, options.seeds or SEEDS)
        _show(name, found[name])
    if options.plot is not None:
        from benchmarks.quality_plot import draw

        draw(found, options.plot)
    return [result for name, trainings in found.items() for result in _results(name, trainings)]


def _usual_sides() -> tuple[str, ...]:
    if importlib.util.find_spec("pythae") is None:
        print("pythae is not installed here and is left out; `make quality` has it.", file=sys.stderr)
        return tuple(side for side in USUAL if side != "pythae")
    return USUAL


def _train_all(folder: Path, sides: tuple[str, ...], seconds: float, seeds: int) -> Trainings:
    """Every side in turn with one seed after the other, so that a slow hour of the machine hits them all."""
    trainings: Trainings = {side: [] for side in sides}
    for seed in range(seeds):
        for side in sides:
            trainings[side].append(_train(folder, side, seconds, seed))
    return trainings


def _train(folder: Path, side: str, seconds: float, seed: int) -> Training:
    module, *arguments = SIDES[side]
    every = max(seconds / JUDGEMENTS, LEAST_EVERY)
    points: list[dict[str, float]] = []
    facts: dict[str, float] | None = None
    settings = (str(folder), str(seconds), str(every), str(seed), *arguments)
    with Child(module, *settings, environment=ENVIRONMENT) as child:
        while facts is None:
            answer: dict[str, Any] = child.answer()
            facts = answer.pop("facts", None)
            if answer:
                points.append(answer)
                print(f"  {side}, seed {seed}, {_words(answer)}", file=sys.stderr, flush=True)
    return Training(seed, points, facts)


def _words(point: dict[str, float]) -> str:
    nats = f"{point['elbo']:.1f} = {point['reconstruction']:.1f} + {point['kl']:.1f} nats"
    return f"{point['seconds']:.0f} s: {nats}, squared error {point['error']:.5f}"


def _show(name: str, trainings: Trainings) -> None:
    """Print what each side came to."""
    table = Table(title=f"Held-out figures for {name}: median and range over the seeds")
    table.add_column("side", no_wrap=True)
    columns: dict[str, Callable[[Training], float]] = {
        "negative ELBO, nats": lambda training: training.last["elbo"],
        "of it KL": lambda training: training.last["kl"],
        "lowest on its way": lambda training: min(point["elbo"] for point in training.points),
        "squared error ×1000": lambda training: 1000.0 * training.last["error"],
        "dead zones, % of the prior": lambda training: 100.0 * training.facts["dead_share"],
        "images/s": lambda training: training.facts["images_per_second"],
    }
    for column in ("after s", *columns, "weights"):
        table.add_column(column, justify="right")
    for side, runs in trainings.items():
        figures = (_spread([figure(run) for run in runs]) for figure in columns.values())
        table.add_row(side, f"{runs[0].last['seconds']:.0f}", *figures, f"{runs[0].facts['parameters']:,.0f}")
    Console(width=150 if not Console().is_terminal else None).print(table)


def _spread(values: list[float]) -> str:
    middle, low, high = f"{np.median(values):,.1f}", f"{min(values):,.1f}", f"{max(values):,.1f}"
    return middle if len(values) == 1 else f"{middle}\n{low}–{high}"


def _results(name: str, trainings: Trainings) -> list[Result]:
    """Ours against each peer."""
    peers = [side for side in trainings if side != OURS and OURS in trainings]
    return [
        result
        for side in peers
        for result in (_error_ratio(name, side, trainings), _time_ratio(name, side, trainings))
        if result is not None
    ]


def _error_ratio(name: str, side: str, trainings: Trainings) -> Result:
    """The squared error of a held-out pixel at the end; the JSON has the curves with it."""
    pairs = list(zip(trainings[OURS], trainings[side], strict=True))
    details = {
        "ours nats": float(np.median([own.last["elbo"] for own, _ in pairs])),
        "peer nats": float(np.median([other.last["elbo"] for _, other in pairs])),
    }
    series = {key: [asdict(run) for run in trainings[key]] for key in (OURS, side)}
    ratios = [own.last["error"] / other.last["error"] for own, other in pairs]
    return replace(of_limit(f"held-out error, {name}", side, ratios, details=details), series=series)


def _time_ratio(name: str, side: str, trainings: Trainings) -> Result | None:
    """How soon ours was as good as the peer at its end; None where a seed of ours never was."""
    pairs = list(zip(trainings[OURS], trainings[side], strict=True))
    took = [own.seconds_to(other.last["elbo"]) for own, other in pairs]
    reached = [seconds for seconds in took if seconds is not None]
    if len(reached) < len(took):
        print(f"ours was not as good as {side} on {name} with every seed", file=sys.stderr)
        return None
    ratios = [seconds / other.last["seconds"] for seconds, (_, other) in zip(reached, pairs, strict=True)]
    details = {"ours s": float(np.median(reached)), "peer s": pairs[0][1].last["seconds"]}
    return of_limit(f"time to the peer's last nats, {name}", side, ratios, details=details)
