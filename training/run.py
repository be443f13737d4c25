"""One training on disk: its settings, history and weights.

    RUN/config.json          the settings of model and training; its name, when and by what it was made
    RUN/initial.safetensors  weights of another training that this one began with, if it did
    RUN/history.jsonl        one line per epoch, a flat JSON object; appended to, unless epochs come again
    RUN/latest.safetensors   everything needed to go on: weights, averages, optimiser, noise, counters
    RUN/best.safetensors     averaged weights at the best held-out ELBO
    RUN/posteriors.npz       where every picture lies, with the digest of the weights under which it does

Nothing here is ever unpickled; networks are rebuilt from the checked settings, and tensors are checked by
name, shape, type and finiteness before they are used.
"""

import contextlib
import datetime
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import __version__
from training.config import ModelConfig, TrainConfig
from training.errors import VaeError
from training.events import EpochRecord, Terms
from training.files import read_json, telling_write_problems, write_atomically, write_json
from training.language import tr
from training.tensors import load_notes, load_tensors

FORMAT = 1
CONFIG_FILE, HISTORY_FILE = "config.json", "history.jsonl"
INITIAL_FILE, LATEST_FILE, BEST_FILE = "initial.safetensors", "latest.safetensors", "best.safetensors"
POSTERIORS_FILE = "posteriors.npz"
AVERAGE_PREFIX = "average/"  # of the averaged weights' names in LATEST_FILE
MOST_NAME = 200
_LAST_LINE = 2**16  # bytes; the longest line, of 128 latent axes, takes a twentieth of it


@dataclass(frozen=True)
class Run:
    """A run's folder and settings.

    Attributes:
        name: what the user calls it, one line that can be printed; "" for the number of its folder.
        created: when it was made, with time zone; None in runs that were made before this was noted.
        versions: of the programs that made it.
    """

    path: Path
    model: ModelConfig
    training: TrainConfig
    name: str = ""
    created: datetime.datetime | None = None
    versions: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def title(self) -> str:
        """Its name, or else which training of the project it is, and of what unless it is a VAE."""
        if self.name:
            return self.name
        number = number_of(self.path)
        if self.model.objective == "vae":
            return tr("Training {number}", number=number)
        return tr("Training {number}: {objective}", number=number, objective=tr(self.model.parts.label))

    @classmethod
    def create(cls, runs_folder: Path, model: ModelConfig, training: TrainConfig, name: str = "") -> "Run":
        """Make the next run's folder: run-001, run-002, …"""
        number = 1 + max((number_of(path) for path in run_folders(runs_folder)), default=0)
        path = runs_folder / f"run-{number:03d}"
        try:
            path.mkdir(parents=True)
        except OSError as error:
            raise VaeError(
                tr("{path} cannot be made: {reason}.", path=path, reason=error.strerror or error)
            ) from error
        created = datetime.datetime.now(datetime.UTC).replace(microsecond=0)
        run = cls(path, model, training, one_line(name), created, program_versions())
        run.save_config()
        return run

    @classmethod
    def open(cls, path: Path) -> "Run":
        """Open a run's folder; raises :class:`VaeError` when it is damaged or of a newer version."""
        data = read_json(path / CONFIG_FILE)
        if not isinstance(data, dict) or not isinstance(data.get("format"), int):
            raise VaeError(tr("{file} is damaged.", file=path / CONFIG_FILE))
        if data["format"] > FORMAT:
            raise VaeError(
                tr("This training was made by a newer version of VAE Desktop."),
                advice=tr("Update it to go on."),
            )
        # Older versions did not write what is only told of a run and not built upon.
        return cls(
            path,
            ModelConfig.from_json(data.get("model")),
            TrainConfig.from_json(data.get("training")),
            one_line(str(data.get("name", ""))),
            _time(data.get("created")),
            versions if isinstance(versions := data.get("versions"), dict) else {},
        )

    def save_config(self) -> None:
        """Write the settings."""
        about = {
            "format": FORMAT,
            "name": self.name,
            "created": None if self.created is None else self.created.isoformat(),
            "versions": dict(self.versions),
            "model": self.model.to_json(),
            "training": self.training.to_json(),
        }
        write_json(self.path / CONFIG_FILE, about)

    def has_weights(self) -> bool:
        """Whether a checkpoint was written yet."""
        return (self.path / LATEST_FILE).is_file()

    def begins_from_weights(self) -> bool:
        """Whether the training began with the weights of another one."""
        return (self.path / INITIAL_FILE).is_file()

    def append_history(self, record: EpochRecord) -> None:
        """Add an epoch and make it durable. A line torn by an earlier crash is closed off first.

        Raises:
            VaeError: when the disk is full or the folder cannot be written to.
        """
        line = history_line(record)
        with telling_write_problems(self.path / HISTORY_FILE), (self.path / HISTORY_FILE).open("a+b") as file:
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def last_epoch(self) -> EpochRecord | None:
        """The newest epoch of the history, without reading the others."""
        with contextlib.suppress(FileNotFoundError), (self.path / HISTORY_FILE).open("rb") as file:
            file.seek(max(file.seek(0, os.SEEK_END) - _LAST_LINE, 0))
            for line in reversed(file.read().splitlines()):
                with contextlib.suppress(ValueError, KeyError, TypeError):
                    return _record(json.loads(line), self.model.kl_weights)
        return None

    def history(self) -> list[EpochRecord]:
        """The epochs so far. Torn lines are left out; of an epoch done again, the later line counts."""
        return [record for record, _ in self._lines()]

    def cut_history(self, epochs: int) -> None:
        """Leave but so many epochs in the file, and no torn lines: the others are to come again.

        Raises:
            VaeError: when the disk is full or the folder cannot be written to.
        """
        path = self.path / HISTORY_FILE
        kept = b"".join(line + b"\n" for record, line in self._lines() if record.epoch <= epochs)
        if path.exists() and path.read_bytes() != kept:
            write_atomically(path, kept)

    def _lines(self) -> list[tuple[EpochRecord, bytes]]:
        """The epochs that count, and the lines that tell of them."""
        found: list[tuple[EpochRecord, bytes]] = []
        try:
            lines = (self.path / HISTORY_FILE).read_bytes().splitlines()
        except FileNotFoundError:
            return []
        for line in lines:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                record = _record(json.loads(line), self.model.kl_weights)
                # An epoch that is done again after a crash makes the later ones of the lost time void.
                while found and found[-1][0].epoch >= record.epoch:
                    found.pop()
                found.append((record, line))
        return found


def history_line(record: EpochRecord) -> dict[str, Any]:
    """An epoch as a flat JSON object, the same keys in each: ``pandas.read_json(path, lines=True)`` reads it.

    Where nothing is held out, the ``held_out_…`` are null. ``axis_kl`` is a list.
    """
    names = Terms(0, 0, 0).as_json()
    held_out = dict.fromkeys(names) if record.held_out is None else record.held_out.as_json()
    return {
        "epoch": record.epoch,
        "step": record.step,
        "seconds": round(record.seconds, 3),
        "learning_rate": record.learning_rate,
        "images_per_second": record.images_per_second,
        **{f"train_{name}": value for name, value in record.train.as_json().items()},
        **{f"held_out_{name}": value for name, value in held_out.items()},
        "axis_kl": list(record.axis_kl),
    }


def _record(line: Mapping[str, Any], kl_weights: tuple[float, float]) -> EpochRecord:
    if "train" in line:  # version 0.1 had the figures one level further down
        groups = {name: dict(line[name] or {}) for name in ("train", "held_out")}
        figures = {f"{name}_{key}": value for name, group in groups.items() for key, value in group.items()}
        line = {**line, **figures}
    return EpochRecord(
        int(line["epoch"]),
        int(line["step"]),
        float(line["seconds"]),
        terms_from_json(line, kl_weights, "train_"),
        None if line.get("held_out_elbo") is None else terms_from_json(line, kl_weights, "held_out_"),
        tuple(map(float, line.get("axis_kl", ()))),
        _number(line.get("learning_rate")),
        _number(line.get("images_per_second")),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def terms_from_json(values: Mapping[str, Any], kl_weights: tuple[float, float], prefix: str = "") -> Terms:
    """What :meth:`Terms.as_json` made; raises KeyError, TypeError or ValueError for anything else."""
    reconstruction, mean, variance = (
        float(values[prefix + name]) for name in ("reconstruction", "kl_mean", "kl_variance")
    )
    return Terms(reconstruction, mean, variance, kl_weights)


def load_weights(run: Run) -> dict[str, NDArray[np.float32]]:
    """The run's best averaged weights, or its latest ones where there are no best ones that can be read.

    Raises:
        VaeError: when the run has no weights, or damaged ones.
    """
    with contextlib.suppress(VaeError):  # none yet, or damaged ones
        return load_tensors(run.path / BEST_FILE)[0]
    return load_latest_weights(run)


def load_latest_weights(run: Run) -> dict[str, NDArray[np.float32]]:
    """The run's averaged weights of its latest checkpoint; raises as :func:`load_weights` does."""
    if not run.has_weights():
        raise VaeError(tr("This training has no weights yet."), advice=tr("Train first."))
    tensors, _ = load_tensors(run.path / LATEST_FILE)
    return {
        name.removeprefix(AVERAGE_PREFIX): tensor
        for name, tensor in tensors.items()
        if name.startswith(AVERAGE_PREFIX)
    }


def held_out_figures(run: Run) -> Terms | None:
    """The held-out figures of the best weights; None where they were judged by training pictures."""
    with contextlib.suppress(VaeError, KeyError, TypeError, ValueError):
        notes = load_notes(run.path / BEST_FILE)
        return (
            None if notes["judged_on"] == "train" else terms_from_json(notes["figures"], run.model.kl_weights)
        )
    return None


def one_line(text: str) -> str:
    """A text made fit for a name: one line that can be printed, not too long."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return printable.strip()[:MOST_NAME].rstrip()


def number_of(path: Path) -> int:
    """Which run of its project a folder is; 0 for a folder that is none."""
    digits = path.name.removeprefix("run-")
    return int(digits) if digits.isdecimal() else 0


def run_folders(runs_folder: Path) -> list[Path]:
    """The folders of a project's runs, the newest first, whether or not they can be used."""
    return sorted(
        (path for path in runs_folder.glob("run-*") if number_of(path)), key=number_of, reverse=True
    )


def _time(text: object) -> datetime.datetime | None:
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        return datetime.datetime.fromisoformat(text).astimezone(datetime.UTC)  # type: ignore[arg-type]
    return None


def program_versions() -> dict[str, str]:
    """Of the programs that make a training."""
    found = {"vae-desktop": __version__, "python": platform.python_version()}
    for name in ("tensorflow", "tensorflow-cpu", "keras", "numpy"):
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


def latest_run(runs_folder: Path) -> Run | None:
    """The newest run that can be used, or None."""
    for path in run_folders(runs_folder):
        with contextlib.suppress(VaeError):
            run = Run.open(path)
            if run.has_weights():
                return run
    return None
