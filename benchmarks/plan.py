"""A network as a list of plain parts: the PyTorch twin is built from it, and operations are counted by it.

It is taken from the Keras networks themselves, and thus follows whatever `training/networks.py` builds.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import prod
from typing import Any, Self


@dataclass(frozen=True)
class Part:
    """One layer.

    Attributes:
        kind: what it computes: the class of the Keras layer.
        name: of the Keras layer.
        before: shape of its input without the batch: (h, w, c) or (n,).
        after: shape of its output.
        kernel: side of a convolution's kernel; side of a sub-pixel output's patch; else 1.
        stride: of a convolution; else 1.
        activation: that follows: linear, relu or silu.
        epsilon: that keeps a normalisation from dividing by nought; else 0.
    """

    kind: str
    name: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    kernel: int = 1
    stride: int = 1
    activation: str = "linear"
    epsilon: float = 0.0

    @property
    def waves(self) -> int:
        """How many frequencies Fourier features have."""
        return (self.after[-1] - self.before[-1]) // 2

    @property
    def flops(self) -> int:
        """Floating-point operations of the forward pass of one picture: two for each multiplication.

        Biases, activations and sums are left out: they are passes over memory, below a hundredth of it all.
        """
        taps = self.kernel**2
        match self.kind:
            case "Conv2D":  # each output is a sum over a patch of all input channels
                return 2 * taps * self.before[-1] * prod(self.after)
            case "Conv2DTranspose":  # each input is spread over a patch of all output channels
                return 2 * taps * self.after[-1] * prod(self.before)
            case "Dense":
                return 2 * prod(self.before) * prod(self.after)
            case "FourierFeatures":  # the input itself and each wave's sine and cosine
                return 2 * prod(self.before) * self.waves
            case _:
                return 0

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Rebuild from :meth:`to_json`."""
        return cls(**data | {"before": tuple(data["before"]), "after": tuple(data["after"])})

    def to_json(self) -> dict[str, Any]:
        """Everything by name."""
        return asdict(self)


def parts_of(layers: Iterable[Any]) -> list[Part]:
    """The parts of a chain of Keras layers, such as those of a network.

    Raises:
        ValueError: for a kind of layer that is not known here.
    """
    return [_part(layer) for layer in layers if type(layer).__name__ != "InputLayer"]


def _part(layer: Any) -> Part:
    kind = type(layer).__name__
    before, after = tuple(layer.input.shape[1:]), tuple(layer.output.shape[1:])
    more: dict[str, Any] = {}
    match kind:
        case "Conv2D" | "Conv2DTranspose":
            if layer.padding != "same":
                raise ValueError(f"{layer.name} pads by {layer.padding!r}, which the plan does not tell")
            more = {"kernel": layer.kernel_size[0], "stride": layer.strides[0]}
            more["activation"] = layer.activation.__name__
        case "Dense":
            more = {"activation": layer.activation.__name__}
        case "DepthToSpace":
            more = {"kernel": after[0] // before[0]}
        case "ReLU":
            more = {"activation": "relu"}
        case "RMSNormalization":
            more = {"epsilon": layer.epsilon}
        case "FourierFeatures" | "Flatten" | "Reshape":
            pass
        case _:
            raise ValueError(f"the plan knows no layer {kind}; see benchmarks/plan.py and torch_twin.py")
    return Part(kind, layer.name, before, after, **more)


def training_flops(encoder: list[Part], decoder: list[Part]) -> int:
    """Operations of a training step for each picture.

    The backward pass computes as much again for the gradient of the weights, and once more for that of the
    input, which only the very first layer, that sees the pictures, does without.
    """
    first = next(part.flops for part in encoder if part.flops)
    return 3 * sum(part.flops for part in (*encoder, *decoder)) - first
