"""A chain of steps as an ONNX graph.

Written with the package onnx and nothing else. The converter tf2onnx, which Keras' own export calls, gives
the same numbers, and would bring along a library for network connections. Only operators of opset 17 (2022)
are used, so that older runtimes read it, too.
ONNX has channels before rows and columns; what goes in and comes out has them last, as everywhere else here.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.language import tr
from training.layer_chain import Step

OPSET, IR_VERSION = 17, 8  # what came out together
BATCH = "n"  # what the number of pictures is called


def require_onnx() -> Any:
    """The package that writes ONNX; raises :class:`VaeError` where it is not installed."""
    try:
        import onnx.reference  # noqa: PLC0415 - optional
    except ImportError as error:
        raise VaeError(
            tr("Writing ONNX needs the package onnx, which is not installed."),
            advice=tr('Install it with: pip install "vae-desktop[onnx]"'),
        ) from error
    return onnx


class OnnxGraph:
    """An ONNX graph that grows by operators.

    Args:
        source: what goes in, by name.
        shape: of that, without n.

    Raises:
        VaeError: where ONNX is not installed.
    """

    def __init__(self, source: str, shape: Sequence[int]) -> None:
        self._onnx = require_onnx()
        self._source, self._shape = source, tuple(shape)
        self._nodes: list[Any] = []
        self._tensors: list[Any] = []
        self._results: list[Any] = []
        self._channels_first = False

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator with one output; returns that one's name."""
        name = f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(self._onnx.helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def tensor(self, value: NDArray[Any] | Sequence[int] | float) -> str:
        """Add a constant: numbers with a point become float32, whole ones int64."""
        array = np.asarray(value)
        array = array.astype(np.int64 if array.dtype.kind == "i" else np.float32)
        name = f"tensor_{len(self._tensors)}"
        self._tensors.append(self._onnx.numpy_helper.from_array(array, name))
        return name

    def add_chain(self, steps: Sequence[Step], x: str) -> str:
        """Add the steps after ``x``; returns the name of what they make of it, channels last."""
        before = self._shape
        for step in steps:
            x = getattr(self, f"_{step.kind}")(step, x, before)
            before = step.shape
        return self._channels(x, first=False)

    def add_result(self, name: str, value: str, shape: Sequence[int]) -> None:
        """Let a value come out under a name; ``shape`` is without n."""
        self._nodes.append(self._onnx.helper.make_node("Identity", [value], [name], name=name))
        self._results.append(self._described(name, shape))

    def model(self, name: str, version: str, about: Mapping[str, str]) -> Any:
        """The finished model, checked by ONNX' own rules, as an ``onnx.ModelProto``."""
        helper = self._onnx.helper
        source = self._described(self._source, self._shape)
        graph = helper.make_graph(self._nodes, name, [source], self._results, self._tensors)
        model = helper.make_model(
            graph,
            producer_name="VAE Desktop",
            producer_version=version,
            ir_version=IR_VERSION,
            opset_imports=[helper.make_opsetid("", OPSET)],
        )
        helper.set_model_props(model, dict(about))
        self._onnx.checker.check_model(model, full_check=True)
        return model

    def _described(self, name: str, shape: Sequence[int]) -> Any:
        kind = self._onnx.TensorProto.FLOAT
        return self._onnx.helper.make_tensor_value_info(name, kind, [BATCH, *shape])

    def _dense(self, step: Step, x: str, _before: tuple[int, ...]) -> str:
        return self.add("Gemm", x, self.tensor(step.tensors["kernel"]), self.tensor(step.tensors["bias"]))

    def _waves(self, step: Step, x: str, _before: tuple[int, ...]) -> str:
        waves = self.add("MatMul", x, self.tensor(step.tensors["kernel"]))
        return self.add("Concat", x, self.add("Sin", waves), self.add("Cos", waves), axis=1)

    def _silu(self, _step: Step, x: str, _before: tuple[int, ...]) -> str:
        return self.add("Mul", x, self.add("Sigmoid", x))

    def _relu(self, _step: Step, x: str, _before: tuple[int, ...]) -> str:
        return self.add("Relu", x)

    def _even(self, step: Step, x: str, _before: tuple[int, ...]) -> str:
        mean = self.add("ReduceMean", self.add("Mul", x, x), axes=[-1])
        root = self.add("Sqrt", self.add("Add", mean, self.tensor(step.tensors["epsilon"])))
        return self.add("Mul", self.add("Div", x, root), self.tensor(step.tensors["scale"]))

    def _reshape(self, step: Step, x: str, _before: tuple[int, ...]) -> str:
        return self.add("Reshape", self._channels(x, first=False), self.tensor([-1, *step.shape]))

    _flatten = _reshape

    def _patches(self, step: Step, x: str, _before: tuple[int, ...]) -> str:
        x = self._channels(x, first=True)
        return self.add("DepthToSpace", x, blocksize=step.stride, mode="DCR")

    def _convolve(self, step: Step, x: str, before: tuple[int, ...]) -> str:
        return self._convolution("Conv", step, x, larger=before, smaller=step.shape)

    def _enlarge(self, step: Step, x: str, before: tuple[int, ...]) -> str:
        return self._convolution("ConvTranspose", step, x, larger=step.shape, smaller=before)

    def _convolution(
        self, operator: str, step: Step, x: str, *, larger: tuple[int, ...], smaller: tuple[int, ...]
    ) -> str:
        kernel, stride = step.tensors["kernel"], step.stride
        # TensorFlow's padding "same": an odd pixel is put at the end.
        around = [max((smaller[i] - 1) * stride + kernel.shape[i] - larger[i], 0) for i in (0, 1)]
        begins = [amount // 2 for amount in around]
        ends = [amount - begin for amount, begin in zip(around, begins, strict=True)]
        return self.add(
            operator,
            self._channels(x, first=True),
            self.tensor(kernel.transpose(3, 2, 0, 1)),
            self.tensor(step.tensors["bias"]),
            strides=[stride, stride],
            pads=[*begins, *ends],
        )

    def _channels(self, x: str, *, first: bool) -> str:
        """Features with their channels at the wished place; flat ones have none and are as they are."""
        if first == self._channels_first:
            return x
        self._channels_first = first
        return self.add("Transpose", x, perm=(0, 3, 1, 2) if first else (0, 2, 3, 1))
