"""Every setting of a model and of its training, checked once and saved beside the result."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, cast

from training.errors import VaeError
from training.image_format import ImageFormat
from training.language import mark, tr
from training.objectives import OBJECTIVES, Objective, ObjectiveName
from training.posteriors import POINT_SIGMA
from training.setting import Setting
from training.setting_help import (
    MODEL_SETTINGS,
    TRAIN_SETTINGS,
    Background,
    Framing,
    Likelihood,
    Precision,
)

MOST_CORRELATED = 16  # latent numbers of a full covariance, which takes half the square of them
LENGTH = ("epochs", "minutes", "stop_when_good")  # the settings that say when a training ends


class _Config:
    """Checks itself by what is said of each setting; to and from a JSON object."""

    _not_these: ClassVar[str]
    _settings: ClassVar[Mapping[str, Setting]]

    def __post_init__(self) -> None:
        for field in dataclasses.fields(cast(Any, self)):
            self._settings[field.name].check(getattr(self, field.name))

    def to_json(self) -> dict[str, Any]:
        """The settings by name."""
        return dataclasses.asdict(cast(Any, self))

    @classmethod
    def from_json(cls, data: object) -> Self:
        """Rebuild from :meth:`to_json`, also of a version that had fewer settings.

        Raises:
            VaeError: for anything else.
        """
        fields = dataclasses.fields(cast(Any, cls))
        needed = {field.name for field in fields if field.default is dataclasses.MISSING}
        if not isinstance(data, Mapping) or not needed <= set(data):
            raise VaeError(tr(cls._not_these, found=str(data)[:200]))
        if unknown := sorted(map(str, set(data) - {field.name for field in fields})):
            raise VaeError(
                tr(cls._not_these, found=tr("{names} is not known", names=", ".join(unknown)[:200])),
                advice=tr("A newer version of VAE Desktop may know it."),
            )
        return cls(**data)


@dataclass(frozen=True)
class ModelConfig(_Config):
    """What fixes the network and what it minimises: enough to rebuild it before its weights are read.

    Attributes:
        size: pictures are size × size pixels.
        channels: 1 for grey, 3 for colour.
        latent_dim: numbers that a picture is encoded in.
        likelihood: how pixels are scored: ``bernoulli`` (grey pictures, soft targets), ``gaussian`` with one
            shared variance (σ-VAE, Rybkin et al. 2021) or ``logistic``, discretised, with one, too.
        objective: which parts of a VAE's objective there are, by its name in :data:`OBJECTIVES`.
        beta_mean, beta_variance: weights of the KL's two terms, where the objective has them.
        constant_sigma: σ of all posteriors where the objective has a constant one, latent units.
        framing, background: how pictures become square and what stands behind transparency, as
            :class:`training.image_format.ImageFormat` has them.
    """

    _settings = MODEL_SETTINGS
    _not_these = mark("These are not the settings of a model: {found}.")

    size: int
    channels: int
    latent_dim: int = 2
    likelihood: Likelihood = "bernoulli"
    objective: ObjectiveName = "vae"
    beta_mean: float = 1.0
    beta_variance: float = 1.0
    constant_sigma: float = 0.05
    framing: Framing = "crop"
    background: Background = "white"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.parts.encoding == "full" and self.latent_dim > MOST_CORRELATED:
            raise VaeError(
                tr(
                    "A full covariance of {numbers} latent numbers would be too large.",
                    numbers=self.latent_dim,
                ),
                advice=tr("Take at most {most}, or another objective.", most=MOST_CORRELATED),
            )

    @property
    def parts(self) -> Objective:
        """Which parts the objective has."""
        return OBJECTIVES[self.objective]

    @property
    def fixed_sigma(self) -> float | None:
        """σ of all posteriors where it is not learnt; None where it is."""
        return {"point": POINT_SIGMA, "constant": self.constant_sigma}.get(self.parts.encoding)

    @property
    def kl_weights(self) -> tuple[float, float]:
        """What the KL mean term and the KL variance term are multiplied by; 0 where they do not count."""
        parts = self.parts
        return self.beta_mean * parts.mean_term, self.beta_variance * parts.variance_term

    @property
    def image_format(self) -> ImageFormat:
        """What pictures must be turned into for the network."""
        return ImageFormat(self.size, self.channels, self.framing, self.background)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(S, S, C) of a picture."""
        return self.size, self.size, self.channels


@dataclass(frozen=True)
class TrainConfig(_Config):
    """How long and in what manner to train.

    Attributes:
        epochs: passes over the pictures, or None.
        minutes: training time, or None. With neither, training goes on until it is stopped.
        seed: fixes weights, shuffling and noise.
        batch_size: pictures a step; None lets the program choose.
        learning_rate: of Adam, at its highest.
        mirror: whether a picture's mirror image is as good a picture (photos: yes; digits: no).
        stop_when_good: whether to end as soon as going on would hardly help.
        precision: of the network's arithmetic; ``auto`` takes bfloat16 where the device is made for it.
        xla: whether to compile with XLA; None where it measured faster.
        tensorboard: whether to write a log for TensorBoard beside the history.
    """

    _settings = TRAIN_SETTINGS
    _not_these = mark("These are not the settings of a training: {found}.")

    epochs: int | None = None
    minutes: float | None = None
    seed: int = 0
    batch_size: int | None = None
    learning_rate: float = 2e-3
    mirror: bool = False
    stop_when_good: bool = False
    precision: Precision = "auto"
    xla: bool | None = None
    tensorboard: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.epochs is not None and self.minutes is not None:
            raise VaeError(tr("Give a number of epochs or of minutes, not both."))

    def batch_size_for(self, pictures: int, size: int = 64) -> int:
        """Pictures a step: as set, else a power of two that leaves at least eight steps an epoch.

        Args:
            size: of the pictures, pixels a side. Of large ones a step takes fewer: on a processor 128
                pictures of 256 pixels would last two seconds, for which a drag would have to wait.
        """
        if self.batch_size is not None:
            return min(self.batch_size, pictures)
        most = 128 if size <= 128 else 32
        largest = 128 if pictures >= 20_000 else 64 if pictures >= 4_000 else 32
        fitting = 1 << (max(pictures // 8, 1).bit_length() - 1)
        return min(max(fitting, 16), largest, most, pictures)


def automatic_likelihood(channels: int) -> Likelihood:
    """Bernoulli for grey pictures, Gaussian with a learnt variance for colour."""
    return "bernoulli" if channels == 1 else "gaussian"
