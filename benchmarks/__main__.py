"""`python -m benchmarks [NAME…] [--size N…] [--seconds N] [--json FILE]` prints a table and a JSON object."""

import argparse
import importlib
import json
import os
import platform
import sys
from pathlib import Path

from benchmarks.result import Options, Result, show

USUAL = ("training_speed", "pipeline", "drag_latency", "cold_start")
NAMES = (*USUAL, "frozen")  # this one needs a package and is run when it is named


def main() -> None:
    """Run what was asked for, one after the other."""
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help=f"some of: {', '.join(NAMES)}; else all but the last",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the JSON object here too")
    parser.add_argument("--seconds", type=float, help="length of a turn or of a drag")
    parser.add_argument("--size", type=int, action="append", default=[], help="pixels a side; repeatable")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        parser.error(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(NAMES)}")
    results: dict[str, list[Result]] = {}
    for name in options.names or USUAL:
        print(f"{name} …", file=sys.stderr, flush=True)
        module = importlib.import_module(f"benchmarks.{name}")
        results[name] = module.measure(Options(options.seconds, tuple(options.size)))
    show([result for group in results.values() for result in group])
    report = json.dumps(
        {
            "machine": {"cores": os.cpu_count(), "system": platform.platform(terse=True)},
            "benchmarks": {name: [result.as_json() for result in group] for name, group in results.items()},
        },
        indent=2,
    )
    print(report)
    if options.json is not None:
        options.json.write_text(report + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
