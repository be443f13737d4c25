"""What a training must have back to go on as if nothing had happened: kept, and taken up again."""

import dataclasses
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from training.errors import VaeError
from training.events import Terms
from training.latent import AVERAGE_PREFIX
from training.model import VAE
from training.run import BEST_FILE, LATEST_FILE, Run, terms_from_json
from training.tensors import checked, load_notes, load_tensors, save_tensors

BEST_SECONDS = 5.0  # small sets may improve several times a second, and each writing waits for the disk


@dataclass
class Counters:
    """How far a run is.

    Attributes:
        epoch: complete epochs.
        seconds: training time in all sessions, pauses left out.
        first_step: the step at which the current length began.
        first_second: the training time at which it began.
        batch_size: that ``step_in_epoch`` counts.
        pictures: that an epoch goes through.
    """

    batch_size: int
    pictures: int
    step: int = 0
    epoch: int = 0
    step_in_epoch: int = 0
    seconds: float = 0.0
    first_step: int = 0
    first_second: float = 0.0

    @classmethod
    def from_notes(cls, notes: Mapping[str, Any]) -> Self:
        """Rebuild from a checkpoint's notes; raises :class:`VaeError` when they are not such counters."""
        fields = dataclasses.fields(cls)
        values = {field.name: notes.get(field.name) for field in fields}
        for field in fields:
            value = values[field.name]
            kind = int if field.type is int else (int, float)
            if not isinstance(value, kind) or isinstance(value, bool) or not 0 <= value < math.inf:
                raise VaeError("The checkpoint of this training is damaged.", advice="Start a new training.")
        return cls(**values)  # type: ignore[arg-type]


class UnusableCheckpointError(VaeError):
    """A training cannot be gone on with; its best weights may still be shown."""


class Checkpoint:
    """Keeps the state of one training in its run's folder.

    Args:
        run: whose folder.
        vae: what is trained, with its optimiser built.
        average: its slow average, which is what is shown and judged.
        judged_on: stands for the pictures by which weights are judged; figures of others do not compare.

    Attributes:
        best: the figures of the best weights, or None before any were judged.
    """

    def __init__(self, run: Run, vae: VAE, average: VAE, judged_on: str) -> None:
        self._run = run
        self._vae = vae
        self._average = average
        self._judged_on = judged_on
        self.best = self._known_best()
        self._unwritten: tuple[dict[str, Any], dict[str, Any]] | None = None
        self._best_written = -math.inf

    def _variables(self) -> dict[str, Any]:
        named = {f"model/{name}": v for name, v in self._vae.named_weights().items()}
        named |= {AVERAGE_PREFIX + name: v for name, v in self._average.named_weights().items()}
        # Numbered: Keras gives the slots of like-named layers of encoder and decoder the same path.
        named |= {f"optimizer/{i}/{v.path}": v for i, v in enumerate(self._vae.optimizer.variables)}
        named |= {f"metric/{m.name}/{v.name}": v for m in self._vae.metrics for v in m.variables}
        return named | {"noise": self._vae.noise.state, "least_variance": self._vae.least_variance}

    def save(self, counters: Counters) -> None:
        """Replace the latest checkpoint, and the best weights where better ones wait to be written."""
        self.write_best()
        notes = dataclasses.asdict(counters)
        save_tensors(self._run.path / LATEST_FILE, copied(self._variables()), notes)

    def restore(self) -> Counters:
        """Take up the latest checkpoint.

        Raises:
            UnusableCheckpointError: when it is damaged or belongs to another network.
        """
        variables = self._variables()
        wanted = {name: (tuple(v.shape), str(v.dtype)) for name, v in variables.items()}
        try:
            tensors, notes = load_tensors(self._run.path / LATEST_FILE)
            counters = Counters.from_notes(notes)
            values = checked(tensors, wanted)
        except VaeError as error:
            raise UnusableCheckpointError(
                f"This training cannot be gone on with. {error.what}", advice="Start a new training."
            ) from error
        for name, value in values.items():
            variables[name].assign(value)
        return counters

    def _known_best(self) -> Terms | None:
        try:
            notes = load_notes(self._run.path / BEST_FILE)
            if notes.get("judged_on") == self._judged_on:
                return terms_from_json(notes["figures"])
        except (VaeError, KeyError, TypeError, ValueError):  # none yet, or damaged ones: any are better
            pass
        return None

    def keep_if_best(self, terms: Terms, counters: Counters) -> None:
        """Keep the averaged weights where ``terms``, their figures, are the best so far.

        They may wait in memory for a later call, :meth:`save` or :meth:`write_best`.
        """
        if terms.elbo < (math.inf if self.best is None else self.best.elbo):  # never true of NaN
            self.best = terms
            notes = {"step": counters.step, "epoch": counters.epoch, "figures": terms.as_json()}
            self._unwritten = copied(self._average.named_weights()), {**notes, "judged_on": self._judged_on}
        if time.monotonic() - self._best_written >= BEST_SECONDS:
            self.write_best()

    def write_best(self) -> None:
        """Write the best weights, if they are not on disk yet."""
        if self._unwritten is not None:
            save_tensors(self._run.path / BEST_FILE, *self._unwritten)
            self._unwritten, self._best_written = None, time.monotonic()


def copied(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The values of variables, which later steps do not change."""
    # np.array copies: on CPUs .numpy() may share memory with the variable.
    return {name: np.array(variable.numpy()) for name, variable in variables.items()}
