"""Training speed: pictures per second of our whole training path against the same network in PyTorch.

Both train the same network (the weights are copied over and the outputs compared before anything is timed)
with Adam on the same loss and batch size, each in its own process, in turns: ours, compiled, eager, ours, …
Read the ratio as "ours is so many times as fast"; above 1 we are faster, although our side alone also reads
shards, averages the weights and reports progress. The range is that of the single turns.
"""

import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks.child import Child, ChildFailedError
from benchmarks.result import Options, Result, of_turns

SECONDS, ROUNDS, SIZES = 8.0, 5, (32, 64, 128)
REACH = {"compiled": 1.0, "eager": 1.2}
WARM_UP_SECONDS = 2.0


def measure(options: Options) -> list[Result]:
    """Two ratios a size."""
    return [
        result for size in options.sizes or SIZES for result in measure_size(size, options.seconds or SECONDS)
    ]


def measure_size(size: int, seconds: float, modes: Iterable[str] = REACH) -> list[Result]:
    """The ratios of one size, one for each mode of PyTorch that runs here."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        ours = stack.enter_context(Child("benchmarks.keras_side", folder, str(size)))
        facts = ours.answer()
        ours.answer()  # the first steps, which build the graph
        peers: dict[str, Child] = {}
        for mode in modes:
            file = str(Path(folder) / "reference.npz")
            peer = stack.enter_context(Child("benchmarks.torch_side", file, str(facts["batch_size"]), mode))
            try:
                found = peer.answer()
            except ChildFailedError:
                if mode == "eager":
                    raise
                # torch.compile needs a C++ compiler, which not every machine has.
                print(f"PyTorch {mode} does not run here and is left out.", file=sys.stderr)
                continue
            assert found["parameters"] == facts["parameters"], "the two networks are not the same"
            peers[mode] = peer
        speeds = _take_turns({"ours": ours, **peers}, seconds)
    return [_result(size, mode, speeds, facts) for mode in peers]


def _take_turns(sides: dict[str, Child], seconds: float) -> dict[str, list[float]]:
    for side in sides.values():
        side.ask(seconds=min(WARM_UP_SECONDS, seconds))
    speeds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(ROUNDS):
        for name, side in sides.items():
            speeds[name].append(side.ask(seconds=seconds)["images_per_second"])
    return speeds


def _result(size: int, mode: str, speeds: dict[str, list[float]], facts: dict[str, int]) -> Result:
    ratios = [own / other for own, other in zip(speeds["ours"], speeds[mode], strict=True)]
    return of_turns(
        f"training speed, {size} px",
        f"PyTorch {mode}",
        ratios,
        reach=REACH[mode],
        details={
            "ours images/s": float(np.median(speeds["ours"])),
            "peer images/s": float(np.median(speeds[mode])),
            "parameters": facts["parameters"],
            "batch": facts["batch_size"],
        },
    )
