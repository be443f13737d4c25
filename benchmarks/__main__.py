"""`python -m benchmarks [NAME…] [--size N…] [--seconds N] [--json FILE] …` prints tables and JSON."""

import argparse
import importlib
import json
import sys
from pathlib import Path

from benchmarks.machine import described, machine
from benchmarks.quality import SIDES
from benchmarks.quality_pictures import SETS
from benchmarks.result import Options, Result, show

USUAL = ("training_speed", "step_rate", "pipeline", "drag_latency", "cold_start")
# These are run when they are named: they take many minutes or need a package.
NAMES = (*USUAL, "import_speed", "explore", "nearest", "frozen", "quality")


def main() -> None:
    """Run what was asked for, one after the other."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"some of: {', '.join(NAMES)}; else the first {len(USUAL)}",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON object here too")
    parser.add_argument("--seconds", type=float, help="length of a turn, a drag or a training")
    parser.add_argument("--size", type=int, action="append", default=[], help="pixels a side; repeatable")
    parser.add_argument("--layers", action="store_true", help="step_rate: each layer's own rate, too")
    parser.add_argument(
        "--pictures",
        type=int,
        action="append",
        default=[],
        metavar="N",
        help="pipeline, nearest: so many; repeatable",
    )
    parser.add_argument(
        "--cold", action="store_true", help="pipeline: read from the disk, not from memory (Linux)"
    )
    quality = parser.add_argument_group("quality")
    quality.add_argument("--data", action="append", default=[], choices=SETS, help="repeatable; else fashion")
    quality.add_argument(
        "--side", action="append", default=[], choices=SIDES, help="repeatable; else but the last"
    )
    quality.add_argument("--seeds", type=int, help="trainings with each side")
    quality.add_argument("--plot", type=Path, metavar="FILE", help="draw the curves here")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    wished = Options(
        options.seconds,
        tuple(options.size),
        tuple(options.data),
        tuple(options.side),
        options.seeds,
        options.plot,
        options.layers,
        tuple(options.pictures),
        options.cold,
    )
    results: dict[str, list[Result]] = {}
    for name in options.names or USUAL:
        print(f"{name} …", file=sys.stderr, flush=True)
        module = importlib.import_module(f"benchmarks.{name}")
        results[name] = module.measure(wished)
    print(described())
    show([result for group in results.values() for result in group])
    print(_report(results, series=False))
    if options.json is not None:
        options.json.write_text(_report(results, series=True) + "\n", encoding="utf-8")


def _report(results: dict[str, list[Result]], *, series: bool) -> str:
    found = {
        name: [result.as_json() | ({} if series else {"series": {}}) for result in group]
        for name, group in results.items()
    }
    return json.dumps({"machine": machine(), "benchmarks": found}, indent=2)


if __name__ == "__main__":
    main()
