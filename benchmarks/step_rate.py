"""How near a training step comes to what the machine can do: its GFLOP/s against those of a matrix product.

The operations of a step are counted from the network (see `benchmarks/plan.py`); the limit is the fastest of
a few float32 products of square matrices, in the same process, in turns with the step. With `--layers`, each
layer with a hundredth of the work has turns of its own, forward and backward, together with what has no
weights before it (an activation, a change of shape). Each size has its own process,
`python -m benchmarks.step_rate SIZE BATCH LAYERS`.
"""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.child import Child, Parent
from benchmarks.plan import Part, parts_of, training_flops
from benchmarks.result import Options, Result, of_turns

SECONDS, ROUNDS, SIZES, REACH = 3.0, 5, (32, 64, 128), 0.7
BATCH = 64
MATRIX_SIDES = (512, 1024, 2048)
LEAST_SHARE = 0.01  # of the operations has a layer that is worth a line
SHARE_OF_LAYERS = 0.1  # of a turn's seconds; there are many, and they are quick
MATMUL = "matmul"


@dataclass(frozen=True)
class Work:
    """Something that is repeated during a turn.

    Attributes:
        gflop: operations of one repetition, in thousand millions.
        run: does it once.
    """

    gflop: float
    run: Callable[[], object]

    def rate(self, seconds: float) -> float:
        """GFLOP/s over so many seconds, and once at least."""
        start, runs = time.perf_counter(), 0
        while (spent := time.perf_counter() - start) < seconds or runs == 0:
            self.run()
            runs += 1
        return runs * self.gflop / spent


def measure(options: Options) -> list[Result]:
    """One ratio a size, and with `--layers` one for each layer."""
    seconds = options.seconds or SECONDS
    return [
        result
        for size in options.sizes or SIZES
        for result in measure_size(size, BATCH, seconds, layers=options.layers)
    ]


def measure_size(size: int, batch: int, seconds: float, *, layers: bool) -> list[Result]:
    """The ratios of one size."""
    with Child("benchmarks.step_rate", str(size), str(batch), str(int(layers))) as child:
        works = child.answer()["gflop"]
        lengths = {name: seconds * (SHARE_OF_LAYERS if ": " in name else 1.0) for name in works}
        rates: dict[str, list[float]] = {name: [] for name in works}
        for _ in range(ROUNDS):
            for name, length in lengths.items():
                rates[name].append(child.ask(name=name, seconds=length)["rate"])
    limit = rates.pop(MATMUL)
    return [
        of_turns(
            f"step rate, {size} px{name.removeprefix('step')}",
            "a matrix product",
            [own / most for own, most in zip(found, limit, strict=True)],
            reach=REACH,
            details={
                "GFLOP/s": float(np.median(found)),
                "matrix product's": float(np.median(limit)),
                "GFLOP": works[name],
                "ms": 1000.0 * works[name] / float(np.median(found)),
                "batch": batch,
            },
        )
        for name, found in rates.items()
    ]


def _serve(size: int, batch: int, *, layers: bool) -> None:
    from training.config import ModelConfig
    from training.learner import Learner

    parent = Parent()
    learner = Learner(ModelConfig(size, 3, likelihood="gaussian"), 0)
    works = {MATMUL: _fastest_matmul(), "step": _step(learner, batch)}
    if layers:
        each: dict[str, Work] = {}
        for network in (learner.vae.encoder, learner.vae.decoder):
            each |= _layers(network, batch, sees_pictures=network is learner.vae.encoder)
        least = LEAST_SHARE * works["step"].gflop
        works |= {name: work for name, work in each.items() if work.gflop >= least}
    for work in works.values():
        work.run()
    parent.answer(gflop={name: work.gflop for name, work in works.items()})
    for command in parent.commands():
        parent.answer(rate=works[command["name"]].rate(command["seconds"]))


def _fastest_matmul() -> Work:
    from training.backend import tf

    works = []
    for side in MATRIX_SIDES:
        matrix = tf.random.normal((side, side))
        product = tf.function(lambda a: tf.matmul(a, a), autograph=False).get_concrete_function(matrix)
        # TensorFlow may answer before it has computed; a number of the product waits for it.
        work = Work(2 * side**3 / 1e9, lambda run=product, by=matrix: run(by)[0, 0].numpy())
        work.run()
        works.append(work)
    return max(works, key=lambda work: work.rate(0.2))


def _step(learner: Any, batch: int) -> Work:
    from training.backend import tf

    pixels = tf.random.uniform((batch, *learner.vae.config.shape))
    encoder, decoder = (parts_of(net.layers) for net in (learner.vae.encoder, learner.vae.decoder))
    gflop = training_flops(encoder, decoder) * batch / 1e9
    return Work(gflop, lambda: float(learner.take_step(pixels)["loss"]))


def _layers(network: Any, batch: int, *, sees_pictures: bool) -> dict[str, Work]:
    """Each layer with operations, with those without that come before it; the last one with those after."""
    chain = [layer for layer in network.layers if type(layer).__name__ != "InputLayer"]
    ends = [number for number, part in enumerate(parts_of(chain), 1) if part.flops]
    starts, ends = [0, *ends[:-1]], [*ends[:-1], len(chain)]
    works = {}
    for start, end in zip(starts, ends, strict=True):
        group = chain[start:end]
        parts = parts_of(group)
        named = next(part.name for part in parts if part.flops)
        is_first = sees_pictures and start == 0
        works[f"step: {network.name} {named}"] = _there_and_back(group, parts, batch, to_input=not is_first)
    return works


def _there_and_back(group: list[Any], parts: list[Part], batch: int, *, to_input: bool) -> Work:
    """Forward through some layers, and back to their weights and their input."""
    from training.backend import tf

    inputs = tf.random.normal((batch, *parts[0].before))
    upstream = tf.random.normal((batch, *parts[-1].after))
    weights = [weight.value for layer in group for weight in layer.trainable_variables]

    @tf.function(autograph=False)
    def compute() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = inputs
            for layer in group:
                outputs = layer(outputs)
        wanted = [*weights, inputs] if to_input else weights
        # The outputs are handed out so that nothing of the forward pass is pruned away.
        return outputs, tape.gradient(outputs, wanted, output_gradients=upstream)

    flops = sum(part.flops for part in parts) * (3 if to_input else 2)
    return Work(flops * batch / 1e9, lambda: compute()[1][0].numpy().flat[0])


if __name__ == "__main__":
    _serve(int(sys.argv[1]), int(sys.argv[2]), layers=sys.argv[3] == "1")
