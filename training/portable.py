"""A trained network in the formats of other programs: ONNX, TensorFlow's SavedModel, LiteRT.

Each holds two functions with one input: ``decode``, from ``latent`` [n, latent_dim] to ``picture``, and
``encode``, from ``picture`` to the posterior's ``mean`` and ``log_variance``, [n, latent_dim] each. A picture
is float32 [n, size, size, channels] in 0 to 1, colours as sRGB; n may be any number. What was written is
loaded again, by the runtime of its format, and kept only if it computes what the program itself does.
"""

import json
import math
import tempfile
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training import __version__
from training.backend import tf
from training.config import ModelConfig
from training.errors import VaeError
from training.files import telling_write_problems, write_atomically, writing_folder
from training.language import tr
from training.latent import LatentModel
from training.layer_chain import chain_of
from training.networks import posterior_numbers
from training.onnx_graph import OnnxGraph, require_onnx
from training.posterior import USUAL_LOG_VARIANCE

Floats = NDArray[np.float32]
Decode = Callable[[Floats], Floats]
Encode = Callable[[Floats], tuple[Floats, Floats]]

TOLERANCE = 1e-4
"""Of a picture in 0 to 1, and of a posterior's numbers, relatively where they are above 1.

Two orders of summing n float32 products differ by about √n · 2⁻²⁴ (Higham & Mary 2019), 4e-6 for the longest
sum of 4,096; over the eight layers of the deepest network by some 1e-5 of its logits x, and |x σ′(x)| is at
most 0.224. Terms that cancel each other can make ten times as much of it. A grey level is forty times larger,
and a wrong layer shows at once.
"""

_CHECKED = 4  # points and pictures; ONNX' own reference takes half a second for each


@dataclass(frozen=True, eq=False)
class Expected:
    """What the program itself computes, on the processor and in float32, for points and pictures to compare.

    Attributes:
        points: float32 [n, latent_dim].
        drawn: what they are decoded to, float32 [n, S, S, C].
        pictures: float32 [n, S, S, C].
        means, log_variances: of their posteriors, float32 [n, latent_dim].
    """

    points: Floats
    drawn: Floats
    pictures: Floats
    means: Floats
    log_variances: Floats

    @classmethod
    def of(cls, model: LatentModel, means: Floats) -> Self:
        """For points of the prior and some of the pictures' ``means``, [n, latent_dim]."""
        random, network = np.random.default_rng(0), model.network
        ours = means[:: max(len(means) // 2, 1)][: _CHECKED // 2]
        prior = random.standard_normal((_CHECKED - len(ours), model.config.latent_dim))
        points = np.concatenate([ours, prior]).astype(np.float32)
        with tf.device("CPU:0"):  # graphics cards round more coarsely
            drawn = tf.sigmoid(network.decoder(points)).numpy()
            noise = random.random(drawn[::2].shape, np.float32)
            pictures = np.concatenate([drawn[::2], noise])
            posterior = network.posterior(pictures)
            log_variances = posterior.log_variance().numpy()
        return cls(points, drawn, pictures, posterior.mean.numpy(), log_variances)

    def largest_difference(self, decode: Decode, encode: Encode) -> float:
        """By how much an export differs, for one picture as for several.

        Raises:
            VaeError: when it is more than rounding explains.
        """
        pairs = []
        for count in (1, len(self.points)):
            pairs.append((decode(self.points[:count]), self.drawn[:count]))
            mean, log_variance = encode(self.pictures[:count])
            pairs += [(mean, self.means[:count]), (log_variance, self.log_variances[:count])]
        largest = max(_difference(found, expected) for found, expected in pairs)
        if not largest <= TOLERANCE:  # NaN, too
            raise VaeError(
                tr(
                    "The export does not compute what the program does: it is off by {largest:.2g}.",
                    largest=largest,
                ),
                kept=tr("It was removed; the training is unchanged."),
                advice=tr("Choose another format."),
            )
        return largest


def _difference(found: Floats, expected: Floats) -> float:
    if found.shape != expected.shape:
        return float("inf")
    return float(np.max(np.abs(found - expected) / np.maximum(np.abs(expected), 1.0), initial=0.0))


# ---------------------------------------------------------------------- ONNX


def write_onnx(path: Path, model: LatentModel, expected: Expected, about: Mapping[str, str]) -> float:
    """Write the folder ``path`` with decoder.onnx and encoder.onnx; returns the largest difference.

    Raises:
        VaeError: where ONNX is not installed, the folder cannot be written, or the check fails.
    """
    decoder, encoder = _onnx_decoder(model, about), _onnx_encoder(model, about)
    run_decoder, run_encoder = _onnx_runner(decoder), _onnx_runner(encoder)
    difference = expected.largest_difference(
        lambda points: run_decoder({"latent": points})[0],
        lambda pictures: _pair(run_encoder({"picture": pictures})),
    )
    with writing_folder(path) as folder:
        (folder / "decoder.onnx").write_bytes(decoder.SerializeToString())
        (folder / "encoder.onnx").write_bytes(encoder.SerializeToString())
    return difference


def _onnx_decoder(model: LatentModel, about: Mapping[str, str]) -> Any:
    graph = OnnxGraph("latent", (model.config.latent_dim,))
    logits = graph.add_chain(chain_of(model.network.decoder), "latent")
    graph.add_result("picture", graph.add("Sigmoid", logits), model.config.shape)
    return graph.model("decoder", __version__, about)


def _onnx_encoder(model: LatentModel, about: Mapping[str, str]) -> Any:
    config, latent_dim = model.config, model.config.latent_dim
    graph = OnnxGraph("picture", config.shape)
    numbers = graph.add_chain(chain_of(model.network.encoder), "picture")
    mean = _onnx_part(graph, numbers, 0, latent_dim)
    graph.add_result("mean", mean, (latent_dim,))
    graph.add_result("log_variance", _onnx_log_variance(graph, numbers, mean, config), (latent_dim,))
    return graph.model("encoder", __version__, about)


def _onnx_part(graph: OnnxGraph, numbers: str, start: int, end: int) -> str:
    """Of what the encoder tells, [n, posterior_numbers], the columns from start to end."""
    return graph.add("Slice", numbers, graph.tensor([start]), graph.tensor([end]), graph.tensor([1]))


def _onnx_log_variance(graph: OnnxGraph, numbers: str, mean: str, config: ModelConfig) -> str:
    """As :meth:`training.posterior.Posterior.of` has it."""
    latent_dim = config.latent_dim
    if (sigma := config.fixed_sigma) is not None:
        nothing = graph.add("Mul", mean, graph.tensor(0.0))
        return graph.add("Add", nothing, graph.tensor(2.0 * math.log(sigma)))
    log_scale = _onnx_part(graph, numbers, latent_dim, 2 * latent_dim)
    usual = graph.tensor(USUAL_LOG_VARIANCE)  # beyond e² a variance no longer grows exponentially
    excess = graph.add("Relu", graph.add("Sub", log_scale, usual))
    slower = graph.add("Log", graph.add("Add", excess, graph.tensor(1.0)))
    bounded = graph.add("Add", graph.add("Min", log_scale, usual), slower)
    if config.parts.encoding != "full" or latent_dim == 1:
        return bounded
    tilt = _onnx_part(graph, numbers, 2 * latent_dim, posterior_numbers(config))
    row, _ = np.tril_indices(latent_dim, -1)
    of_rows = graph.tensor(np.eye(latent_dim, dtype=np.float32)[row])
    squares = graph.add("MatMul", graph.add("Mul", tilt, tilt), of_rows)
    return graph.add("Add", bounded, graph.add("Log", graph.add("Add", squares, graph.tensor(1.0))))


def _onnx_runner(model: Any) -> Callable[[Mapping[str, Floats]], list[Any]]:
    """Computes with ONNX' own reference, which is slow, and which unlike ONNX Runtime reports to nobody."""
    evaluator = require_onnx().reference.ReferenceEvaluator(model)
    return lambda inputs: list(evaluator.run(None, dict(inputs)))


def _pair(outputs: list[Any]) -> tuple[Floats, Floats]:
    mean, log_variance = outputs
    return mean, log_variance


# ---------------------------------------------------------------------- TensorFlow's own formats


def write_saved_model(path: Path, model: LatentModel, expected: Expected, about: Mapping[str, str]) -> float:
    """Write a SavedModel with the signatures ``decode`` and ``encode``; returns the largest difference.

    What is told about it lies in assets.extra/about.json.

    Raises:
        VaeError: when the folder cannot be written, or the check fails.
    """
    with writing_folder(path) as folder, _telling_tensorflow_problems():
        _save(model, folder)
        (folder / "assets.extra").mkdir()
        (folder / "assets.extra" / "about.json").write_text(_as_text(about), encoding="utf-8")
        with tf.device("CPU:0"):
            signatures = tf.saved_model.load(str(folder)).signatures
            decode, encode = signatures["decode"], signatures["encode"]
            return expected.largest_difference(
                lambda points: decode(latent=tf.constant(points))["picture"].numpy(),
                lambda pictures: _named_pair(encode(picture=tf.constant(pictures))),
            )


def write_litert(path: Path, model: LatentModel, expected: Expected, about: Mapping[str, str]) -> float:
    """Write a .tflite file with the signatures ``decode`` and ``encode``; returns the largest difference.

    What is told about it lies at its end, as about.json in a ZIP archive.

    Raises:
        VaeError: when the file cannot be written, or the check fails.
    """
    with (
        telling_write_problems(Path(tempfile.gettempdir())),
        tempfile.TemporaryDirectory() as folder,
        _telling_tensorflow_problems(),
    ):
        _save(model, Path(folder))
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=["decode", "encode"])
        content = _with_file(converter.convert(), "about.json", _as_text(about))
    interpreter = _litert_interpreter(content)
    decode, encode = (interpreter.get_signature_runner(name) for name in ("decode", "encode"))
    difference = expected.largest_difference(
        lambda points: decode(latent=points)["picture"],
        lambda pictures: _named_pair(encode(picture=pictures)),
    )
    write_atomically(path, content)
    return difference


def _save(model: LatentModel, folder: Path) -> None:
    network, config = model.network, model.config
    module = tf.Module()
    module.weights = [
        variable.value for part in (network.encoder, network.decoder) for variable in part.variables
    ]
    of_points = tf.TensorSpec((None, config.latent_dim), tf.float32, "latent")
    of_pictures = tf.TensorSpec((None, *config.shape), tf.float32, "picture")

    def decode(latent: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"picture": tf.sigmoid(network.decoder(latent))}

    def encode(picture: tf.Tensor) -> dict[str, tf.Tensor]:
        posterior = network.posterior(picture)
        return {"mean": posterior.mean, "log_variance": posterior.log_variance()}

    module.decode = tf.function(decode, input_signature=[of_points], autograph=False)
    module.encode = tf.function(encode, input_signature=[of_pictures], autograph=False)
    signatures = {"decode": module.decode, "encode": module.encode}
    tf.saved_model.save(module, str(folder), signatures)


def _as_text(about: Mapping[str, str]) -> str:
    return json.dumps(dict(about), indent=2) + "\n"


def _with_file(model: bytes, name: str, text: str) -> bytes:
    """A LiteRT model with a file in it that any ZIP program takes out, as LiteRT's metadata has its files."""
    buffer = BytesIO(model)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(zipfile.ZipInfo(name), text)
    return buffer.getvalue()


def _litert_interpreter(content: bytes) -> Any:
    with warnings.catch_warnings():  # that a later TensorFlow will be without it
        warnings.simplefilter("ignore")
        # With delegates, it writes a line about each to stderr.
        plain = tf.lite.experimental.OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        return tf.lite.Interpreter(model_content=content, experimental_op_resolver_type=plain)


def _named_pair(outputs: Mapping[str, Any]) -> tuple[Floats, Floats]:
    return np.asarray(outputs["mean"]), np.asarray(outputs["log_variance"])


@contextmanager
def _telling_tensorflow_problems() -> Iterator[None]:
    """Turn what TensorFlow says when it cannot write ("…; File too large [Op:…]") into what Python would."""
    try:
        yield
    except tf.errors.OpError as error:
        reason = error.message.partition(" [Op:")[0].rpartition("; ")[2]
        raise OSError(None, reason) from error
