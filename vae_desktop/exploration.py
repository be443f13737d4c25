"""What a person has put on the plane: undone, redone, and kept with the project."""

import logging
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal, SignalInstance

from training.errors import VaeError
from training.files import read_json, write_json
from training.language import tr
from vae_desktop.edits import Edits
from vae_desktop.lane import Lane

EXPLORATION_FILE = "exploration.json"
KEEP_MS = 1_500  # after so long without a change, what there is is written
_FORMAT = 1
_log = logging.getLogger(__name__)


class Part(Protocol):
    """Something of an exploration that is kept with the project."""

    @property
    def changed(self) -> SignalInstance:
        """Told whenever :meth:`state` would tell something else."""

    def state(self) -> Any:
        """All of it, as what JSON has."""

    def restore(self, state: Any) -> None:
        """Be as a state tells; raises ValueError, TypeError or KeyError where it is none of ours."""


class Exploration(QObject):
    """The parts of the exploration of the open project, and what was done to them.

    What belongs to one training, as do places in its latent space, is kept for each of them; what belongs to
    the pictures, once.

    Args:
        parent: lives as long.

    Attributes:
        edits: what can be taken back.
    """

    failed = Signal(str)  # why it could not be kept; once for a project

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.edits = Edits()
        self._parts: dict[str, tuple[Part, bool]] = {}
        self._file: Path | None = None
        self._is_kept = True
        self._run = ""
        self._kept = _Kept()
        self._told = False
        self._lane = Lane("keep", self._tell)
        self._soon = QTimer(self, singleShot=True, interval=KEEP_MS)
        self._soon.timeout.connect(self.keep)

    def add(self, name: str, part: Part, *, of_run: bool = True) -> None:
        """Keep a part from now on; ``of_run`` if it belongs to one training and not to the pictures."""
        self._parts[name] = part, of_run
        part.changed.connect(self._on_changed)

    def open(self, project: Path, *, keep: bool = True) -> None:
        """Turn to a project; its parts are taken up by :meth:`restore`, and only with ``keep`` written."""
        self._file, self._is_kept, self._told = project / EXPLORATION_FILE, keep, False
        self._kept = _Kept.read(self._file)

    def restore(self, run: str) -> None:
        """Show what was kept, once the model of a run is there; ``run`` is the name of its folder."""
        if self._file is None:
            return
        is_first, self._run = not self._run, run
        for name, (part, of_run) in self._parts.items():
            of = self._kept.runs.get(run, {}) if of_run else self._kept.project
            if name in of and (of_run or is_first):  # else it is there, and newer than what was kept
                try:
                    with self.edits.resting():
                        part.restore(of[name])
                except (ValueError, TypeError, KeyError, AttributeError):
                    _log.warning("What was kept of the %s cannot be taken up", name, exc_info=True)
        self.edits.clear()
        if is_first:
            self._soon.stop()

    def keep(self) -> None:
        """Write what there is, in the background."""
        self._soon.stop()
        file, run = self._file, self._run
        if file is None or not run or not self._is_kept:
            return
        for name, (part, of_run) in self._parts.items():
            of = self._kept.runs.setdefault(run, {}) if of_run else self._kept.project
            of[name] = part.state()
        value = self._kept.as_json()
        self._lane.submit(lambda: write_json(file, value))

    def leave(self) -> None:
        """Write what has changed, wait for it, and turn away from the project."""
        if self._soon.isActive():
            self.keep()
        self._lane.wait()
        self._file, self._run = None, ""
        self.edits.clear()

    def close(self) -> None:
        """End the thread; call :meth:`leave` first."""
        self._lane.close()

    def _on_changed(self) -> None:
        if self._file is not None and self._run:
            self._soon.start()

    def _tell(self, error: Exception) -> None:
        _log.warning("The exploration is not kept: %s", error)
        if not self._told:
            self._told = True
            self.failed.emit(tr("Handles and views of this project are not kept: {error}", error=error))


class _Kept:
    """What the file holds."""

    def __init__(self) -> None:
        self.project: dict[str, Any] = {}
        self.runs: dict[str, dict[str, Any]] = {}

    @classmethod
    def read(cls, file: Path) -> "_Kept":
        """From a file; one that is not there or cannot be read counts as empty: little is lost with it."""
        kept = cls()
        if not file.exists():
            return kept
        try:
            value = read_json(file)
            if value["format"] != _FORMAT:
                raise ValueError(f"format {value['format']}")
            kept.project, kept.runs = dict(value["project"]), {k: dict(v) for k, v in value["runs"].items()}
        except (VaeError, ValueError, TypeError, KeyError, AttributeError):
            _log.warning("%s cannot be read; beginning anew", file, exc_info=True)
            return cls()
        return kept

    def as_json(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "project": dict(self.project),
            "runs": {k: dict(v) for k, v in self.runs.items()},
        }


def finite_numbers(value: Any, count: int | None = None) -> tuple[float, ...]:
    """Finite numbers out of a state, ``count`` of them unless it is None; raises ValueError or TypeError."""
    result = tuple(float(each) for each in value)
    if count is not None and len(result) != count:
        raise ValueError(f"expected {count} numbers, got {len(result)}")
    if not all(abs(each) < 1e9 for each in result):  # NaN neither
        raise ValueError("expected finite numbers")
    return result
