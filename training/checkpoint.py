"""What a training must have back to go on as if nothing had happened: kept, and taken up again."""

import dataclasses
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from training.config import LENGTH, TrainConfig
from training.errors import VaeError
from training.events import Terms
from training.language import tr
from training.model import VAE
from training.run import AVERAGE_PREFIX, BEST_FILE, LATEST_FILE, Run, terms_from_json
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
        rate_factor: what the learning rate is multiplied by, below 1 after setbacks.
    """

    batch_size: int
    pictures: int
    step: int = 0
    epoch: int = 0
    step_in_epoch: int = 0
    seconds: float = 0.0
    first_step: int = 0
    first_second: float = 0.0
    rate_factor: float = 1.0

    @classmethod
    def from_notes(cls, notes: Mapping[str, Any]) -> Self:
        """Rebuild from a checkpoint's notes, also of a version that counted less.

        Raises:
            VaeError: when they are not such counters.
        """
        fields = dataclasses.fields(cls)
        values = {field.name: notes.get(field.name, field.default) for field in fields}
        for field in fields:
            value = values[field.name]
            kind = int if field.type is int else (int, float)
            if not isinstance(value, kind) or isinstance(value, bool) or not 0 <= value < math.inf:
                raise VaeError(
                    tr("The checkpoint of this training is damaged."), advice=tr("Start a new training.")
                )
        return cls(**values)  # type: ignore[arg-type]

    @property
    def numbers(self) -> tuple[float, ...]:
        """All of them, in a fixed order."""
        return dataclasses.astuple(self)

    def with_numbers(self, numbers: Sequence[float]) -> Self:
        """Others, given as :attr:`numbers` gives them."""
        pairs = zip(dataclasses.asdict(self).items(), numbers, strict=True)
        return type(self)(**{name: type(own)(number) for (name, own), number in pairs})


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
        computed_with: how the training computes, by compute.Compute.to_json; kept with what it came to.
    """

    def __init__(self, run: Run, vae: VAE, average: VAE, judged_on: str) -> None:
        self._run = run
        self._vae = vae
        self._average = average
        self._judged_on = judged_on
        self.best = self._known_best()
        self.computed_with: Mapping[str, Any] = {}
        self._unwritten: tuple[dict[str, Any], dict[str, Any]] | None = None
        self._best_written = -math.inf

    def variables(self) -> dict[str, Any]:
        """All that is kept of the networks and the optimiser, by name."""
        named = {f"model/{name}": v for name, v in self._vae.named_weights().items()}
        named |= {AVERAGE_PREFIX + name: v for name, v in self._average.named_weights().items()}
        # Numbered: Keras gives the slots of like-named layers of encoder and decoder the same path.
        named |= {f"optimizer/{i}/{v.path}": v for i, v in enumerate(self._vae.optimizer.variables)}
        named |= {f"metric/{m.name}/{v.name}": v for m in self._vae.metrics for v in m.variables}
        others = {name: getattr(self._vae, name) for name in ("least_variance", "usual_norm")}
        return named | others | {"noise": self._vae.noise.state}

    def save(self, counters: Counters, settings: TrainConfig) -> None:
        """Replace the latest checkpoint, and the best weights where better ones wait to be written.

        The length that the counters count is kept with them, as config.json is another file: a crash
        between the two writings must not join the one's length to the other's beginning.
        """
        self.write_best()
        length = {name: getattr(settings, name) for name in LENGTH}
        notes = {**dataclasses.asdict(counters), "length": length, "compute": dict(self.computed_with)}
        save_tensors(self._run.path / LATEST_FILE, copied(self.variables()), notes)

    def restore(self) -> tuple[Counters, TrainConfig]:
        """Take up the latest checkpoint.

        Returns:
            How far it is, and the run's settings with the length that it was under way for.

        Raises:
            UnusableCheckpointError: when it is damaged or belongs to another network.
        """
        variables = self.variables()
        wanted = {name: (tuple(v.shape), str(v.dtype)) for name, v in variables.items()}
        try:
            tensors, notes = load_tensors(self._run.path / LATEST_FILE)
            counters = Counters.from_notes(notes)
            settings = _with_length(self._run.training, notes.get("length"))
            values = checked(tensors, wanted)
        except VaeError as error:
            raise UnusableCheckpointError(
                tr("This training cannot be gone on with. {what}", what=error.what),
                advice=tr("Start a new training."),
            ) from error
        for name, value in values.items():
            variables[name].assign(value)
        return counters, settings

    @contextmanager
    def undoing(self) -> Iterator[None]:
        """At the end of the block, the networks and their optimiser are as they were before it."""
        variables = self.variables()
        before = copied(variables)
        try:
            yield
        finally:
            for name, variable in variables.items():
                variable.assign(before[name])

    def _known_best(self) -> Terms | None:
        try:
            notes = load_notes(self._run.path / BEST_FILE)
            if notes.get("judged_on") == self._judged_on:
                return terms_from_json(notes["figures"], self._run.model.kl_weights)
        except (VaeError, KeyError, TypeError, ValueError):  # none yet, or damaged ones: any are better
            pass
        return None

    def keep_if_best(self, terms: Terms, counters: Counters) -> bool:
        """Keep the averaged weights where ``terms``, their figures, are the best so far.

        They wait in memory for a later call: :meth:`save`, :meth:`write_best` or :meth:`write_best_if_due`.

        Returns:
            Whether they are the best.
        """
        is_best = terms.loss < (math.inf if self.best is None else self.best.loss)  # never true of NaN
        if is_best:
            self.best = terms
            notes = {"step": counters.step, "epoch": counters.epoch, "figures": terms.as_json()}
            self._unwritten = copied(self._average.named_weights()), {**notes, "judged_on": self._judged_on}
        return is_best

    def write_best_if_due(self) -> None:
        """Write the best weights, if they are not on disk yet and the last ones have been for a while."""
        if time.monotonic() - self._best_written >= BEST_SECONDS:
            self.write_best()

    def write_best(self) -> None:
        """Write the best weights, if they are not on disk yet."""
        if self._unwritten is not None:
            save_tensors(self._run.path / BEST_FILE, *self._unwritten)
            self._unwritten, self._best_written = None, time.monotonic()


def _with_length(settings: TrainConfig, length: object) -> TrainConfig:
    """The settings with a checkpoint's length; raises :class:`VaeError` when it is none."""
    if not isinstance(length, Mapping):  # of a version that did not note it
        return settings
    return dataclasses.replace(settings, **{name: length[name] for name in LENGTH if name in length})


def computed_before(run: Run, pictures: int) -> Mapping[str, Any] | None:
    """How a run was computed so far; None before its first checkpoint, or when it had other pictures."""
    with suppress(VaeError):  # none yet; a damaged one is told when it is restored
        notes = load_notes(run.path / LATEST_FILE)
        if notes.get("pictures") == pictures and isinstance(notes.get("compute"), dict):
            return dict(notes["compute"])
    return None


def copied(variables: Mapping[str, Any]) -> dict[str, Any]:
    """The values of variables, which later steps do not change."""
    # np.array copies: on CPUs .numpy() may share memory with the variable.
    return {name: np.array(variable.numpy()) for name, variable in variables.items()}
