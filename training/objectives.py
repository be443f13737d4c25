"""What a training minimises, from a plain autoencoder to a VAE: which parts of the objective there are.

All of them train the same network by the same step. They differ in how a picture is encoded, as a point or as
a normal distribution, and in which terms of its KL divergence from the prior count:

    reconstruction + β_mean · KL mean term + β_variance · KL variance term

The VAE is Kingma & Welling's (2014); with other weights a β-VAE (Higgins et al. 2017) whose two terms are
weighted apart. The autoencoder with a KL mean term is the deterministic RAE with an L2 penalty, and the one
with a constant variance is the CV-VAE, both of Ghosh et al. (2020), "From variational to deterministic
autoencoders".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from training.language import mark

Encoding = Literal["point", "constant", "diagonal", "full"]
"""A point; a normal distribution of constant σ; of learnt σ in each number; of a learnt covariance matrix."""

ObjectiveName = Literal[
    "autoencoder",
    "autoencoder-mean",
    "noise",
    "mean-term",
    "variance-term",
    "constant-variance",
    "vae",
    "full-covariance",
]
OBJECTIVE_NAMES: tuple[ObjectiveName, ...] = get_args(ObjectiveName)


@dataclass(frozen=True)
class Objective:
    """One of them.

    Attributes:
        label: what it is called.
        meaning: what is minimised, in a sentence.
        encoding: what a picture is encoded as.
        mean_term: whether the KL mean term counts.
        variance_term: whether the KL variance term counts.
    """

    label: str
    meaning: str
    encoding: Encoding
    mean_term: bool
    variance_term: bool

    @property
    def has_noise(self) -> bool:
        """Whether a sample is decoded, and not the point that a picture is encoded as."""
        return self.encoding != "point"


OBJECTIVES: Mapping[ObjectiveName, Objective] = {
    "autoencoder": Objective(
        mark("autoencoder"),
        mark("A picture is a point, and only the reconstruction counts."),
        "point",
        mean_term=False,
        variance_term=False,
    ),
    "autoencoder-mean": Objective(
        mark("autoencoder + KL mean term"),
        mark("A picture is a point, and points far from the middle cost ½μ²."),
        "point",
        mean_term=True,
        variance_term=False,
    ),
    "noise": Objective(
        mark("noise without KL"),
        mark("A picture is a distribution, but nothing keeps it from shrinking to a point or moving away."),
        "diagonal",
        mean_term=False,
        variance_term=False,
    ),
    "mean-term": Objective(
        mark("KL mean term only"),
        mark("A picture is a distribution that is drawn to the middle, but may shrink to a point."),
        "diagonal",
        mean_term=True,
        variance_term=False,
    ),
    "variance-term": Objective(
        mark("KL variance term only"),
        mark("A picture is a distribution that may not shrink, but may move away from the middle."),
        "diagonal",
        mean_term=False,
        variance_term=True,
    ),
    "constant-variance": Objective(
        mark("constant variance + KL mean term"),
        mark("A picture is a distribution as wide as all others, drawn to the middle."),
        "constant",
        mean_term=True,
        variance_term=False,
    ),
    "vae": Objective(
        mark("VAE"),
        mark(
            "A picture is a distribution that is drawn to the middle and may not shrink: both KL terms count."
        ),
        "diagonal",
        mean_term=True,
        variance_term=True,
    ),
    "full-covariance": Objective(
        mark("VAE with full covariance"),
        mark("As the VAE, but distributions may be tilted: their numbers need not be independent."),
        "full",
        mean_term=True,
        variance_term=True,
    ),
}
