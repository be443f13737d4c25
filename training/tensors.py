"""Named arrays in a file: written atomically, checked before they are used, never a pickle (safetensors)."""

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from training.errors import VaeError
from training.files import write_atomically
from training.language import tr

Tensors = Mapping[str, NDArray[Any]]


def save_tensors(path: Path, tensors: Tensors, notes: Mapping[str, Any]) -> None:
    """Atomically write named arrays, with ``notes`` as JSON in the header."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in tensors.items()}
    # safetensors flattens zero-dimensional arrays made contiguous; keep their shape.
    shaped = {name: array.reshape(np.shape(tensors[name])) for name, array in contiguous.items()}
    write_atomically(path, safetensors.numpy.save(shaped, metadata={"notes": json.dumps(dict(notes))}))


def load_tensors(path: Path) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Read what :func:`save_tensors` wrote; raises :class:`VaeError` for anything else."""
    with _opened(path) as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
        return tensors, _notes(file)


def load_notes(path: Path) -> dict[str, Any]:
    """The notes of what :func:`save_tensors` wrote, without reading the arrays; raises as it does."""
    with _opened(path) as file:
        return _notes(file)


def digest_of(tensors: Tensors) -> str:
    """SHA-256 over names and values, in hexadecimal."""
    digest = hashlib.sha256()
    for name, array in sorted(tensors.items()):
        digest.update(name.encode() + b"\0" + array.tobytes())
    return digest.hexdigest()


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        with safetensors.safe_open(path, framework="numpy") as file:
            yield file
    except (OSError, ValueError, safetensors.SafetensorError) as error:
        raise VaeError(
            tr("The weights in {path} cannot be read: {error}.", path=path, error=error),
            advice=tr("Start a new training."),
        ) from error


def _notes(file: Any) -> dict[str, Any]:
    notes: dict[str, Any] = json.loads((file.metadata() or {}).get("notes", "{}"))
    return notes


def checked(tensors: Tensors, wanted: Mapping[str, tuple[tuple[int, ...], str]]) -> dict[str, NDArray[Any]]:
    """The wanted tensors; raises :class:`VaeError` unless shape, type and finiteness are as they must be.

    Args:
        tensors: what a file had.
        wanted: shape and NumPy type name by tensor name.
    """
    for name, (shape, kind) in wanted.items():
        tensor = tensors.get(name)
        if tensor is None or tensor.shape != shape or tensor.dtype.name != kind:
            raise VaeError(tr("These weights do not fit this network (at {name}).", name=name))
        if tensor.dtype.kind == "f" and not np.isfinite(tensor).all():
            raise VaeError(
                tr("These weights are damaged: {name} has values that are not numbers.", name=name)
            )
    return {name: tensors[name] for name in wanted}
