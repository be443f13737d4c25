"""A network as a chain of plain steps, for writing it down in other formats than TensorFlow's.

The chain is read off the layers that were built, not off the settings: a network that is one day drawn up in
another way is told as it is then, or refused where a layer has no plain step here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from training.backend import keras, layers
from training.networks import PATCH, Dense, DepthToSpace, FourierFeatures

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Step:
    """What is done to the features, [n, features] or [n, height, width, channels].

    Attributes:
        kind: what, with its tensors:

            - ``dense``: x · kernel + bias; kernel [in, out], bias [out]
            - ``waves``: (x, sin x · kernel, cos x · kernel); kernel [in, waves]
            - ``silu``: x · sigmoid x; ``relu``: max(x, 0)
            - ``even``: x / √(mean x² + epsilon) · scale; scale [features], epsilon []
            - ``convolve``: zeros around, out = in / stride, rounded up; kernel [h, w, in, out], bias [out]
            - ``enlarge``: its transpose, out = in · stride; kernel [h, w, out, in], bias [out]
            - ``reshape``: to ``shape`` [height, width, channels]; ``flatten``: to [features]
            - ``patches``: channels in the order (row, column, colour) become stride × stride pixels
        shape: after the step, without n.
        tensors: float32, by name.
        stride: in pixels, of those that have one.
    """

    kind: str
    shape: tuple[int, ...]
    tensors: Mapping[str, Floats] = field(default_factory=dict)
    stride: int = 1


def chain_of(network: keras.Model) -> list[Step]:
    """The steps of a network whose layers follow one another.

    Raises:
        TypeError: when it has a layer that is none of the known steps.
    """
    return [step for layer in network.layers for step in _steps(layer)]


def _steps(layer: keras.layers.Layer) -> Iterator[Step]:
    shape = tuple(layer.output.shape[1:])
    match layer:
        case layers.InputLayer():
            return
        case Dense() | layers.Conv2D(padding="same") | layers.Conv2DTranspose(padding="same"):
            yield from _weighted(layer, shape)
        case FourierFeatures():
            yield Step("waves", shape, _named(layer, "kernel"))
        case layers.RMSNormalization():
            epsilon = np.array(layer.epsilon, np.float32)
            yield Step("even", shape, {**_named(layer, "scale"), "epsilon": epsilon})
        case layers.ReLU(max_value=None, negative_slope=0, threshold=0):
            yield Step("relu", shape)
        case layers.Reshape():
            yield Step("reshape", shape)
        case layers.Flatten():
            yield Step("flatten", shape)
        case DepthToSpace():
            yield Step("patches", shape, stride=PATCH)
        case _:
            raise TypeError(f"{layer.name} has no plain step")


def _weighted(layer: keras.layers.Layer, shape: tuple[int, ...]) -> Iterator[Step]:
    kinds = {Dense: "dense", layers.Conv2D: "convolve", layers.Conv2DTranspose: "enlarge"}
    stride = getattr(layer, "strides", (1,))[0]
    yield Step(kinds[type(layer)], shape, _named(layer, "kernel", "bias"), stride)
    activation = layer.activation.__name__
    if activation in {"silu", "relu"}:
        yield Step(activation, shape)
    elif activation != "linear":
        raise TypeError(f"{layer.name} has no plain step for {activation}")


def _named(layer: keras.layers.Layer, *names: str) -> dict[str, Floats]:
    return {name: getattr(layer, name).numpy() for name in names}
