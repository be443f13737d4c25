"""The `.vae` file: a trained model to hand on, with where its pictures lie but without the pictures.

    model.json            what it is: title, network, figures; see :class:`About`
    weights.safetensors   the averaged best weights by name, and the posteriors of some of the pictures
    preview.png           a few decodings, for people and file managers

in an archive of one form (:mod:`training.vae_archive`). A file may come from anyone, so that nothing in it is
believed: sizes are bounded before anything is read, JSON has exactly the keys known here, tensors are checked
by name, shape, type and finiteness, and whether they fit the network is found out when it is built
(:meth:`training.latent.LatentModel.set_weights`). Nothing is unpacked to the disk.
"""

import datetime
import hashlib
import json
import math
import re
import stat
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray
from PIL import Image

from training import __version__
from training.config import ModelConfig
from training.errors import VaeError
from training.events import Terms
from training.files import SHARED_SUFFIX, is_shared_model, write_atomically
from training.image_format import ImageFormat
from training.language import mark, tr
from training.posteriors import Posteriors
from training.run import MOST_NAME, one_line, terms_from_json
from training.vae_archive import ArchiveReader, RefusedFileError, pack

FORMAT = 1
MODEL_FILE, WEIGHTS_FILE, PREVIEW_FILE = "model.json", "weights.safetensors", "preview.png"
MOST_POSTERIORS = 10_000
PREVIEW_SIDE = 512

# The largest network weighs 13 MB, and 10,000 posteriors of 128 numbers 10 MB.
_MOST_BYTES = {MODEL_FILE: 2**16, WEIGHTS_FILE: 40 * 2**20, PREVIEW_FILE: 2**20}
_MOST_HEADER = 2**18
_MOST_TENSORS = 500
_LARGEST_NUMBER = 1e6  # of a posterior; trained ones stay below ten, but those of autoencoders
_LARGEST_CORRELATION = 1.001  # by rounding
_POSTERIORS, _HELD_OUT = "posteriors/", "posteriors/held_out"
_WEIGHT_NAME = re.compile(r"(encoder|decoder)/[a-z0-9_/]{1,100}|pixel_variance")
_ABOUT_KEYS = {"format", "program", "title", "created", "model", "figures", "pictures", "epochs", "sha256"}
_NEWER = mark("it was made by a newer version of VAE Desktop")
_UPDATE = mark("Update VAE Desktop to open it.")


@dataclass(frozen=True)
class About:
    """What a shared model says of itself. Only the title may tell something of whoever made it.

    Attributes:
        title: one line that can be printed, at most 200 letters; often the name of the folder of pictures.
        program: what made it, such as "vae-desktop 0.1.0".
        created: when, with time zone.
        figures: of held-out pictures; None where none were held out.
        pictures: how many it has learnt from or held out.
        epochs: complete ones.
    """

    title: str
    model: ModelConfig
    figures: Terms | None
    pictures: int
    epochs: int
    created: datetime.datetime
    program: str = f"vae-desktop {__version__}"

    @property
    def image_format(self) -> ImageFormat:
        """What pictures must be turned into for the model."""
        return self.model.image_format


@dataclass(frozen=True)
class SharedModel:
    """A model as it is shared.

    Attributes:
        weights: float32, by name, as :class:`training.latent.LatentModel` takes them.
        posteriors: of up to 10,000 of the pictures.
        held_out: bool [n], which of these were held out.
        preview: uint8 [h, w, 3], at most 512 × 512.
    """

    about: About
    weights: Mapping[str, NDArray[np.float32]]
    posteriors: Posteriors
    held_out: NDArray[np.bool_]
    preview: NDArray[np.uint8]

    @property
    def parameters(self) -> int:
        """How many numbers the networks consist of."""
        return sum(tensor.size for tensor in self.weights.values())


def check_name(path: Path) -> None:
    """Raises :class:`VaeError` unless a model to share may be written to such a name."""
    if not is_shared_model(path):
        raise VaeError(
            tr("A model cannot be saved as {name}.", name=path.name),
            advice=tr("Name it {example}.", example=f"model{SHARED_SUFFIX}"),
        )


def title_from(text: str) -> str:
    """A text made fit for a title: one line, printable, not too long, not empty."""
    return one_line(text) or "Untitled"


def write_vae(path: Path, shared: SharedModel) -> None:
    """Write a `.vae` file, all of it or nothing; the same model gives the same bytes.

    Raises:
        VaeError: when it cannot be written, or is not called that.
    """
    check_name(path)
    posteriors = {_POSTERIORS + name: array for name, array in shared.posteriors.arrays.items()}
    named = {**shared.weights, **posteriors, _HELD_OUT: shared.held_out.astype(np.uint8)}
    tensors = {name: np.array(tensor, order="C") for name, tensor in named.items()}
    weights = safetensors.numpy.save(tensors)
    preview = BytesIO()
    Image.fromarray(shared.preview).save(preview, "PNG", optimize=True)
    about = _about_to_json(shared.about) | {"sha256": hashlib.sha256(weights).hexdigest()}
    members = {
        MODEL_FILE: (json.dumps(about, indent=2) + "\n").encode(),
        WEIGHTS_FILE: weights,
        PREVIEW_FILE: preview.getvalue(),
    }
    write_atomically(path, pack(members))


def read_vae(path: Path) -> SharedModel:
    """Read a `.vae` file from whomever it may come; without TensorFlow.

    Raises:
        VaeError: saying in plain words why it cannot be opened.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe would wait for ever
            raise RefusedFileError(tr("it is not a file"))
        with path.open("rb") as file:
            return _read(ArchiveReader(file))
    except RefusedFileError as refusal:
        reason, advice = refusal.reason, refusal.advice
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        reason, advice = getattr(error, "strerror", None) or str(error), ""
    except MemoryError:
        reason, advice = tr("there is not enough memory"), tr("Close other programs and try again.")
    raise VaeError(
        tr("“{name}” cannot be opened: {reason}.", name=path.name, reason=reason),
        kept=tr("Nothing was changed."),
        advice=advice or tr("Ask whoever made it to save and send it again."),
    )


def _read(archive: ArchiveReader) -> SharedModel:
    data = _json(archive.read(MODEL_FILE, _MOST_BYTES[MODEL_FILE]))
    about = _about_from_json(data)
    content = archive.read(WEIGHTS_FILE, _MOST_BYTES[WEIGHTS_FILE])
    if data["sha256"] != hashlib.sha256(content).hexdigest():
        raise RefusedFileError(tr("its weights are not those that were saved"))
    tensors = _tensors(content)
    del content  # two copies are enough
    posteriors = {name: tensors.pop(name) for name in list(tensors) if name.startswith(_POSTERIORS)}
    preview = _preview(archive.read(PREVIEW_FILE, _MOST_BYTES[PREVIEW_FILE]))
    archive.finish()
    return SharedModel(about, _weights(tensors), *_posteriors(posteriors, about), preview)


# ---------------------------------------------------------------------- model.json


def _about_to_json(about: About) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "program": about.program,
        "title": about.title,
        "created": about.created.astimezone(datetime.UTC).isoformat(timespec="seconds"),
        "model": about.model.to_json(),
        "figures": None if about.figures is None else about.figures.as_json(),
        "pictures": about.pictures,
        "epochs": about.epochs,
    }


def _json(content: bytes) -> dict[str, Any]:
    """An object without numbers that are none and without keys given twice."""

    def refuse(_constant: str) -> NoReturn:
        raise ValueError("not JSON")

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise ValueError("a key twice")
        return dict(pairs)

    try:
        data = json.loads(content.decode(), parse_constant=refuse, object_pairs_hook=once)
    except (ValueError, RecursionError):
        raise RefusedFileError(tr("its {name} is damaged", name=MODEL_FILE)) from None
    if not isinstance(data, dict) or type(data.get("format")) is not int:
        raise RefusedFileError(tr("its {name} is damaged", name=MODEL_FILE))
    if data["format"] > FORMAT:
        raise RefusedFileError(tr(_NEWER), tr(_UPDATE))
    return data


def _about_from_json(data: dict[str, Any]) -> About:
    if set(data) != _ABOUT_KEYS or data["format"] != FORMAT:
        raise RefusedFileError(tr("its {name} is not one that VAE Desktop has written", name=MODEL_FILE))
    try:
        model = ModelConfig.from_json(data["model"])
        figures = None if data["figures"] is None else _figures(data["figures"], model)
        about = About(
            title=_line(data["title"]),
            model=model,
            figures=figures,
            pictures=_count(data["pictures"]),
            epochs=_count(data["epochs"]),
            created=_time(data["created"]),
            program=_line(data["program"]),
        )
    except VaeError:
        raise RefusedFileError(
            tr("it describes a model that this version cannot build"), tr(_UPDATE)
        ) from None
    except (TypeError, ValueError, OverflowError):
        raise RefusedFileError(tr("its {name} is damaged", name=MODEL_FILE)) from None
    return about


def _line(text: object) -> str:
    if not isinstance(text, str) or not text.isprintable() or not 0 < len(text) <= MOST_NAME:
        raise ValueError("not a line of text")
    return text


def _time(text: object) -> datetime.datetime:
    time = datetime.datetime.fromisoformat(_line(text)).astimezone(datetime.UTC)
    if not 2000 <= time.year < 9000:  # other time zones must be able to tell it, too
        raise ValueError("not a time")
    return time


def _count(number: object) -> int:
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= 10**12:
        raise ValueError("not a count")
    return number


def _figures(data: object, model: ModelConfig) -> Terms:
    if not isinstance(data, dict) or not all(type(value) in (int, float) for value in data.values()):
        raise ValueError("not figures")
    if set(data) != set(Terms(0, 0, 0).as_json()) or not all(map(math.isfinite, data.values())):
        raise ValueError("not figures")
    return terms_from_json(data, model.kl_weights)


# ---------------------------------------------------------------------- weights.safetensors


def _tensors(content: bytes) -> dict[str, NDArray[Any]]:
    """The tensors by name; float32, or uint8 for flags; of at most four dimensions; all finite."""
    (header,) = struct.unpack_from("<Q", content) if len(content) >= 8 else (len(content),)
    if header > min(len(content), _MOST_HEADER):
        raise RefusedFileError(tr("the list of its weights is too long"))
    try:
        # It checks that the tensors lie one after the other, fill the rest, and are as large as their shapes.
        found = safetensors.deserialize(content)  # type: ignore[no-untyped-call]
    except (safetensors.SafetensorError, ValueError, MemoryError):
        raise RefusedFileError(tr("its weights are damaged")) from None
    if len(found) > _MOST_TENSORS:
        raise RefusedFileError(tr("it has too many weights"))
    tensors = {}
    for name, entry in found:
        kind, shape = entry["dtype"], entry["shape"]
        if kind != ("U8" if name == _HELD_OUT else "F32") or len(shape) > 4:
            raise RefusedFileError(tr("its weights are of a kind that VAE Desktop does not use"))
        tensor = np.frombuffer(entry["data"], np.uint8 if kind == "U8" else "<f4").reshape(shape)
        if not np.isfinite(tensor).all():
            raise RefusedFileError(tr("some of its weights are not numbers"))
        tensors[name] = tensor
    return tensors


def _weights(tensors: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    if not all(map(_WEIGHT_NAME.fullmatch, tensors)) or "pixel_variance" not in tensors:
        raise RefusedFileError(tr("its weights are not those of a model of VAE Desktop"))
    if tensors["pixel_variance"].shape != () or tensors["pixel_variance"] <= 0:
        raise RefusedFileError(tr("its weights are damaged"))
    return tensors


def _posteriors(found: Mapping[str, NDArray[Any]], about: About) -> tuple[Posteriors, NDArray[np.bool_]]:
    arrays = {name.removeprefix(_POSTERIORS): array for name, array in found.items()}
    held_out = arrays.pop(_HELD_OUT.removeprefix(_POSTERIORS), None)
    if not {"means", "sigmas"} <= arrays.keys() or held_out is None or held_out.ndim != 1:
        raise RefusedFileError(tr("it does not say where its pictures lie"))
    is_tilted = about.model.parts.encoding == "full"
    try:
        posteriors = Posteriors.of_arrays(arrays)
        fits = posteriors.means.shape == (len(held_out), about.model.latent_dim)
    except ValueError:
        fits = False
    most = min(MOST_POSTERIORS, about.pictures)
    is_right_kind = ("correlations" in arrays) == is_tilted and len(arrays) == 2 + is_tilted
    if not (fits and is_right_kind) or not 0 < len(held_out) <= most or held_out.max() > 1:
        raise RefusedFileError(tr("what it says of where its pictures lie does not fit together"))
    means, sigmas = posteriors.means, posteriors.sigmas
    if np.abs(means).max() > _LARGEST_NUMBER or sigmas.min() < 0 or sigmas.max() > _LARGEST_NUMBER:
        raise RefusedFileError(tr("its pictures lie where none can"))
    correlations = posteriors.correlations
    if correlations is not None and np.abs(correlations).max(initial=0.0) > _LARGEST_CORRELATION:
        raise RefusedFileError(tr("its pictures lie where none can"))
    return posteriors, held_out.astype(bool)


# ---------------------------------------------------------------------- preview.png


def _preview(content: bytes) -> NDArray[np.uint8]:
    """The picture, uint8 [h, w, 3]; its size is looked at before Pillow makes room for it."""
    width, height = struct.unpack_from(">II", content, 16) if len(content) >= 24 else (0, 0)
    if not (0 < width <= PREVIEW_SIDE and 0 < height <= PREVIEW_SIDE):
        raise RefusedFileError(tr("its preview is not a picture of the size that VAE Desktop makes"))
    try:
        with Image.open(BytesIO(content), formats=["PNG"]) as image:
            if image.size != (width, height) or getattr(image, "n_frames", 1) != 1:
                raise ValueError("another size, or a film")
            return np.asarray(image.convert("RGB"))
    except Exception:  # a broken picture can raise anything: struct.error, KeyError, SyntaxError
        raise RefusedFileError(tr("its preview is not a picture")) from None
