"""PyTorch's process in `training_speed`: `python -m benchmarks.torch_side FILE BATCH MODE`.

MODE is eager or compiled. PyTorch is given every advantage: channels last, its fused Adam, and batches that
already lie in memory as floats.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch  # noqa: TID253 - this process is PyTorch's

from benchmarks.child import Parent
from benchmarks.plan import Part
from benchmarks.torch_twin import Twin

TOLERANCE = 1e-4
WARM_UP_STEPS = 3


def main() -> None:
    """Prove that the networks are the same, then train for as long as each command says."""
    file, batch_size, mode = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    parent = Parent()
    twin, pixels, difference = _prepare(file, batch_size)
    step = _step(twin, pixels, compiled=mode == "compiled")
    for _ in range(WARM_UP_STEPS):
        step()
    parameters = sum(parameter.numel() for parameter in twin.parameters())
    parent.answer(parameters=parameters, difference=difference)
    for command in parent.commands():
        start, steps = time.perf_counter(), 0
        while (seconds := time.perf_counter() - start) < command["seconds"]:
            step()
            steps += 1
        parent.answer(images_per_second=steps * batch_size / seconds)


def _prepare(file: Path, batch_size: int) -> tuple[Twin, torch.Tensor, float]:
    with np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files}
    plan = json.loads(str(arrays.pop("plan")))
    encoder, decoder = ([Part.from_json(part) for part in plan[name]] for name in ("encoder", "decoder"))
    twin = Twin(encoder, decoder)
    prefix = "weights/"
    twin.copy_weights({n.removeprefix(prefix): v for n, v in arrays.items() if n.startswith(prefix)})
    difference = twin.largest_difference(arrays)
    if difference > TOLERANCE:
        raise ValueError(f"the two networks differ by {difference:.1e}: the comparison would mean nothing")
    pixels = torch.from_numpy(arrays["batch"]).permute(0, 3, 1, 2)
    assert len(pixels) == batch_size
    assert pixels.is_contiguous(memory_format=torch.channels_last)
    return twin, pixels, difference


def _step(twin: Twin, pixels: torch.Tensor, *, compiled: bool) -> Callable[[], float]:
    optimiser = torch.optim.Adam(twin.parameters(), 1e-3, eps=1e-7, fused=True)
    loss_of = torch.compile(twin.loss) if compiled else twin.loss

    def step() -> float:
        optimiser.zero_grad()
        loss, error = loss_of(pixels, torch.randn(len(pixels), twin.latent_dim))
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        twin.follow_variance(error)
        return float(loss.detach())

    return step


if __name__ == "__main__":
    main()
