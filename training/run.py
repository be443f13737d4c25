"""One training on disk: its settings, history and weights.

    RUN/config.json          the settings of model and training
    RUN/initial.safetensors  weights of another training that this one began with, if it did
    RUN/history.jsonl        one line per epoch, only ever appended to
    RUN/latest.safetensors   everything needed to go on: weights, averages, optimiser, noise, counters
    RUN/best.safetensors     averaged weights at the best held-out ELBO
    RUN/posteriors.npz       where every picture lies, with the digest of the weights under which it does

Nothing here is ever unpickled; networks are rebuilt from the checked settings, and tensors are checked by
name, shape, type and finiteness before they are used.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.config import ModelConfig, TrainConfig
from training.errors import VaeError
from training.events import EpochRecord, Terms
from training.files import read_json, telling_write_problems, write_json

FORMAT = 1
CONFIG_FILE, HISTORY_FILE = "config.json", "history.jsonl"
INITIAL_FILE, LATEST_FILE, BEST_FILE = "initial.safetensors", "latest.safetensors", "best.safetensors"
POSTERIORS_FILE = "posteriors.npz"


@dataclass(frozen=True)
class Run:
    """A run's folder and settings."""

    path: Path
    model: ModelConfig
    training: TrainConfig

    @classmethod
    def create(cls, runs_folder: Path, model: ModelConfig, training: TrainConfig) -> "Run":
        """Make the next run's folder: run-001, run-002, …"""
        number = 1 + max((_number(path) for path in runs_folder.glob("run-*")), default=0)
        path = runs_folder / f"run-{number:03d}"
        try:
            path.mkdir(parents=True)
        except OSError as error:
            raise VaeError(f"{path} cannot be made: {error.strerror or error}.") from error
        run = cls(path, model, training)
        run.save_config()
        return run

    @classmethod
    def open(cls, path: Path) -> "Run":
        """Open a run's folder; raises :class:`VaeError` when it is damaged or of a newer version."""
        data = read_json(path / CONFIG_FILE)
        if not isinstance(data, dict) or not isinstance(data.get("format"), int):
            raise VaeError(f"{path / CONFIG_FILE} is damaged.")
        if data["format"] > FORMAT:
            raise VaeError(
                "This training was made by a newer version of VAE Desktop.", advice="Update it to go on."
            )
        return cls(
            path, ModelConfig.from_json(data.get("model")), TrainConfig.from_json(data.get("training"))
        )

    def save_config(self) -> None:
        """Write the settings."""
        settings = {"format": FORMAT, "model": self.model.to_json(), "training": self.training.to_json()}
        write_json(self.path / CONFIG_FILE, settings)

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
        line = {
            "epoch": record.epoch,
            "step": record.step,
            "seconds": round(record.seconds, 3),
            "train": record.train.as_json(),
            "held_out": None if record.held_out is None else record.held_out.as_json(),
        }
        with telling_write_problems(self.path / HISTORY_FILE), (self.path / HISTORY_FILE).open("a+b") as file:
            if file.tell() > 0:
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":
                    file.write(b"\n")
            file.write(json.dumps(line).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def history(self) -> list[EpochRecord]:
        """The epochs so far. Torn lines are left out; of an epoch done again, the later line counts."""
        records: list[EpochRecord] = []
        try:
            lines = (self.path / HISTORY_FILE).read_bytes().splitlines()
        except FileNotFoundError:
            return []
        for line in lines:
            with contextlib.suppress(ValueError, KeyError, TypeError):
                record = _record(json.loads(line))
                # An epoch that is done again after a crash makes the later ones of the lost time void.
                while records and records[-1].epoch >= record.epoch:
                    records.pop()
                records.append(record)
        return records


def _record(line: Mapping[str, Any]) -> EpochRecord:
    return EpochRecord(
        int(line["epoch"]),
        int(line["step"]),
        float(line["seconds"]),
        terms_from_json(line["train"]),
        None if line["held_out"] is None else terms_from_json(line["held_out"]),
    )


def terms_from_json(values: Mapping[str, Any]) -> Terms:
    """What :meth:`Terms.as_json` made; raises KeyError, TypeError or ValueError for anything else."""
    return Terms(*(float(values[name]) for name in ("reconstruction", "kl_mean", "kl_variance")))


def _number(path: Path) -> int:
    digits = path.name.removeprefix("run-")
    return int(digits) if digits.isdigit() else 0


def latest_run(runs_folder: Path) -> Run | None:
    """The newest run that can be used, or None."""
    for path in sorted(runs_folder.glob("run-*"), key=_number, reverse=True):
        with contextlib.suppress(VaeError):
            run = Run.open(path)
            if run.has_weights():
                return run
    return None
