"""Every setting of a model and of its training, checked once and saved beside the result."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self, cast

from training.errors import VaeError

Likelihood = Literal["bernoulli", "gaussian"]
LIKELIHOODS: tuple[Likelihood, ...] = ("bernoulli", "gaussian")
SMALLEST_SIZE, LARGEST_SIZE, SIZE_STEP = 32, 128, 16


class _Json:
    """To and from a JSON object, refusing what is unknown, missing or of the wrong type."""

    def to_json(self) -> dict[str, Any]:
        """The settings by name."""
        return dataclasses.asdict(cast(Any, self))

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Rebuild from :meth:`to_json`; raises :class:`VaeError` for anything else."""
        names = {field.name for field in dataclasses.fields(cast(Any, cls))}
        if not isinstance(data, Mapping) or set(data) != names:
            raise VaeError(f"These are not the settings of a {cls.__name__}: {data!r}.")
        return cls(**data)


def _require(condition: bool, sentence: str) -> None:
    if not condition:
        raise VaeError(sentence)


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


@dataclass(frozen=True)
class ModelConfig(_Json):
    """What fixes the network: enough to rebuild it before its weights are read.

    Attributes:
        size: pictures are size × size pixels.
        channels: 1 for grey, 3 for colour.
        latent_dim: numbers that a picture is encoded in.
        likelihood: how pixels are scored: ``bernoulli`` (grey pictures, soft targets) or ``gaussian``
            with one shared variance (σ-VAE, Rybkin et al. 2021).
    """

    size: int
    channels: int
    latent_dim: int = 2
    likelihood: Likelihood = "bernoulli"

    @property
    def shape(self) -> tuple[int, int, int]:
        """(S, S, C) of a picture."""
        return self.size, self.size, self.channels

    def __post_init__(self) -> None:
        _require(
            _whole(self.size, SMALLEST_SIZE, LARGEST_SIZE) and self.size % SIZE_STEP == 0,
            f"The picture size must be a multiple of {SIZE_STEP} from {SMALLEST_SIZE} to {LARGEST_SIZE},"
            f" not {self.size}.",
        )
        _require(
            _whole(self.channels, 1, 3) and self.channels != 2,
            f"Pictures have 1 or 3 channels, not {self.channels}.",
        )
        _require(
            _whole(self.latent_dim, 1, 128), f"The latent dimension must be 1 to 128, not {self.latent_dim}."
        )
        _require(
            self.likelihood in LIKELIHOODS,
            f"The likelihood must be one of {', '.join(LIKELIHOODS)}, not {self.likelihood!r}.",
        )


@dataclass(frozen=True)
class TrainConfig(_Json):
    """How long and in what manner to train.

    Attributes:
        epochs: passes over the pictures, or None.
        minutes: training time, or None. With neither, training goes on until it is stopped.
        seed: fixes weights, shuffling and noise.
        batch_size: pictures a step; None chooses from the number of pictures.
        learning_rate: of Adam, at its highest.
        mirror: whether a picture's mirror image is as good a picture (photos: yes; digits: no).
    """

    epochs: int | None = None
    minutes: float | None = None
    seed: int = 0
    batch_size: int | None = None
    learning_rate: float = 2e-3
    mirror: bool = False

    def __post_init__(self) -> None:
        _require(
            self.epochs is None or _whole(self.epochs, 1, 1_000_000),
            f"The number of epochs must be at least 1, not {self.epochs}.",
        )
        _require(
            self.minutes is None or (isinstance(self.minutes, int | float) and 0 < self.minutes < 1e6),
            f"The training time must be more than 0 minutes, not {self.minutes}.",
        )
        _require(
            self.epochs is None or self.minutes is None, "Give a number of epochs or of minutes, not both."
        )
        _require(_whole(self.seed, 0, 2**31 - 1), f"The seed must be 0 to 2147483647, not {self.seed}.")
        _require(
            self.batch_size is None or _whole(self.batch_size, 1, 1_000_000),
            f"The batch size must be at least 1, not {self.batch_size}.",
        )
        _require(
            isinstance(self.learning_rate, int | float) and self.learning_rate > 0,
            f"The learning rate must be above 0, not {self.learning_rate}.",
        )
        _require(isinstance(self.mirror, bool), f"Mirroring is on or off, not {self.mirror!r}.")

    def batch_size_for(self, pictures: int) -> int:
        """Pictures a step: as set, else a power of two that leaves at least eight steps an epoch."""
        if self.batch_size is not None:
            return min(self.batch_size, pictures)
        largest = 128 if pictures >= 20_000 else 64 if pictures >= 4_000 else 32
        fitting = 1 << (max(pictures // 8, 1).bit_length() - 1)
        return min(max(fitting, 16), largest, pictures)


def automatic_likelihood(channels: int) -> Likelihood:
    """Bernoulli for grey pictures, Gaussian with a learnt variance for colour."""
    return "bernoulli" if channels == 1 else "gaussian"
