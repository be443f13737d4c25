"""Whether what trainings, studies and the window keep in a project can be read, and what is lost if not."""

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.files import read_json
from training.findings import Finding, Severity
from training.language import mark, tr
from training.run import AVERAGE_PREFIX, BEST_FILE, CONFIG_FILE, HISTORY_FILE, LATEST_FILE, Run
from training.tensors import load_notes, load_tensors

_AGAIN = mark("It is made again when it is next needed.")
_MEASURE = mark("Measure the model again.")
# Files below the project's folder: how bad it is that one cannot be read, what that costs, what to do.
_ABOUT: tuple[tuple[str, Severity, str, str], ...] = (
    (
        "runs/*/config.json",
        Severity.LOST,
        mark("Without its settings this training can neither be shown nor gone on with."),
        mark("Bring the file back from a backup, or delete the training."),
    ),
    (
        "runs/*/latest.safetensors",
        Severity.LOST,
        mark("This training cannot be gone on with; its best weights can still be shown."),
        mark("Bring the file back from a backup, or start a new training."),
    ),
    (
        "runs/*/best.safetensors",
        Severity.MENDABLE,
        mark("The latest weights are shown in the place of the best ones."),
        mark("Go on with the training: better weights are written anew."),
    ),
    (
        "runs/*/initial.safetensors",
        Severity.LOST,
        mark("A training that was not saved yet cannot begin with what the shared model had learnt."),
        mark("If so, begin again from the shared model."),
    ),
    ("runs/*/posteriors.npz", Severity.MENDABLE, mark("Where the pictures lie is kept there."), _AGAIN),
    ("runs/*/measures.json", Severity.MENDABLE, mark("Measured figures are kept there."), _MEASURE),
    ("runs/*/maps.npz", Severity.MENDABLE, mark("Measured maps are kept there."), _MEASURE),
    (
        "runs/*/timeline/*.safetensors",
        Severity.LOST,
        mark("This moment is left out when the training is replayed."),
        "",
    ),
    (
        "exploration.json",
        Severity.LOST,
        mark("Handles, views, paths and groups were kept there; the window begins anew."),
        mark("Bring the file back from a backup if you miss them."),
    ),
    ("neighbours.np[yz]", Severity.MENDABLE, mark("It helps to find the nearest pictures."), _AGAIN),
    ("studies/*/*.json", Severity.MENDABLE, mark("It belongs to a study."), mark("Go on with that study.")),
    ("studies/*/*/*.json", Severity.MENDABLE, mark("It belongs to a study."), mark("Go on with that study.")),
    ("studies/*/*/*.npz", Severity.MENDABLE, mark("It belongs to a study."), mark("Go on with that study.")),
)
Kept = tuple[Severity, str, str]


def about(place: PurePath) -> Kept | None:
    """What a file is worth by its place below the project's folder; None for none of ours."""
    for pattern, severity, what, advice in _ABOUT:
        if place.match(pattern) and len(place.parts) == pattern.count("/") + 1:
            return severity, what, advice
    return None


def unreadable(path: Path) -> str:
    """Why a JSON, NumPy or safetensors file of ours cannot be used, in a few words; "" if it can."""
    try:
        match path.suffix:
            case ".json":
                read_json(path)
            case ".npy":
                np.load(path, mmap_mode="r", allow_pickle=False)
            case ".npz":  # to their end: a ZIP file has a checksum of each
                with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                    for name in arrays.files:
                        arrays[name]
            case ".safetensors":
                _require_finite(load_tensors(path)[0])
    except VaeError as error:
        return error.what
    except (OSError, ValueError, EOFError, KeyError, MemoryError, zipfile.BadZipFile) as error:
        return tr("It cannot be read: {error}.", error=error)
    return ""


def _require_finite(arrays: Mapping[str, NDArray[Any]]) -> None:
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise VaeError(
                tr("These weights are damaged: {name} has values that are not numbers.", name=name)
            )


def check_run(folder: Path) -> Iterator[Finding]:
    """What only shows when the files of a run are held against each other."""
    place = f"runs/{folder.name}"
    if not any(folder.iterdir()):
        yield Finding(
            Severity.HARMLESS, place, tr("The program ended before anything was written of this training.")
        )
        return
    if not (folder / CONFIG_FILE).exists():
        yield Finding(
            Severity.LOST,
            f"{place}/{CONFIG_FILE}",
            tr("Without its settings this training can neither be shown nor gone on with."),
            tr("Bring the file back from a backup, or delete the training."),
        )
    elif not unreadable(folder / CONFIG_FILE):
        try:
            Run.open(folder)
        except VaeError as error:
            yield Finding(Severity.LOST, f"{place}/{CONFIG_FILE}", error.what, error.advice)
    yield from _check_history(folder / HISTORY_FILE, f"{place}/{HISTORY_FILE}")
    yield from _check_weights(folder, place)


def _check_history(path: Path, place: str) -> Iterator[Finding]:
    """A line that a crash cut short is the last one, or was closed off by the next training."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return
    except OSError as error:
        yield Finding(Severity.LOST, place, tr("It cannot be read: {error}.", error=error))
        return
    torn = sum(not _is_object(line) for line in lines[:-1])
    if torn:
        yield Finding(
            Severity.LOST,
            place,
            tr(
                "{torn:,} of {all:,} lines cannot be read: these epochs lack in the curve.",
                torn=torn,
                all=len(lines),
            ),
            tr("The training itself is not touched by that."),
        )


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _check_weights(folder: Path, place: str) -> Iterator[Finding]:
    """The best weights are of the network of the latest ones, and those tell how far the training is."""
    best, latest = folder / BEST_FILE, folder / LATEST_FILE
    try:
        counted = load_notes(latest)
        tensors = load_tensors(latest)[0]
        shown = load_tensors(best)[0] if best.exists() else None
    except (VaeError, ValueError):  # none, or told of already
        return
    if not isinstance(counted.get("step"), int):
        yield Finding(
            Severity.LOST,
            f"{place}/{LATEST_FILE}",
            tr("The checkpoint of this training is damaged."),
            tr("Bring the file back from a backup, or start a new training."),
        )
    averages = {
        name.removeprefix(AVERAGE_PREFIX): tensor.shape
        for name, tensor in tensors.items()
        if name.startswith(AVERAGE_PREFIX)
    }
    if shown is not None and averages != {name: tensor.shape for name, tensor in shown.items()}:
        yield Finding(
            Severity.LOST,
            f"{place}/{BEST_FILE}",
            tr("These weights are of another network than the latest ones."),
            tr("Bring the file back from a backup, or start a new training."),
        )
