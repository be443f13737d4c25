"""The panel's questions and answers, true for the model that is shown; without Qt."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from training.config import ModelConfig
from training.language import mark, number, tr
from vae_desktop.explain_figures import RINGS, PlaneFigures


class Topic(Enum):
    """What is asked; each has a demonstration."""

    DISTRIBUTIONS = "distributions"
    STRUCTURE = "structure"
    TERMS = "terms"
    ANYWHERE = "anywhere"


_DISTRIBUTIONS = mark(
    "What does it mean that the encoder gives distributions? Does each picture get another one?"
)
_FORMULAS = {
    Topic.DISTRIBUTIONS: (
        "q(z|x) = N(z; μ(x), Σ(x)),  Σ = L Lᵀ\nz = μ + L ε,  ε ~ N(0, I)",
        "Kingma & Welling 2014, “Auto-Encoding Variational Bayes”, eq. 9–10",
    ),
    Topic.STRUCTURE: (
        "p(z) = N(0, I),  q̄(z) = 1/N Σₙ q(z|xₙ)\n1/N Σₙ KL(q(z|xₙ) ‖ p) = I(x; z) + KL(q̄ ‖ p)",
        "Hoffman & Johnson 2016, “ELBO surgery”",
    ),
    Topic.TERMS: (
        "KL(N(μ, σ²) ‖ N(0, I)) = Σᵢ ½μᵢ² + Σᵢ ½(σᵢ² − ln σᵢ² − 1)",
        "Kingma & Welling 2014, appendix B; β: Higgins et al. 2017, “β-VAE”",
    ),
    Topic.ANYWHERE: (
        mark("min Σₙ d(xₙ, g(f(xₙ)))\nsays nothing of g(z) where z ≠ f(xₙ) for all n"),
        "Ghosh et al. 2020, “From variational to deterministic autoencoders”",
    ),
}
"""Each with where it comes from."""


@dataclass(frozen=True)
class Answer:
    """One question.

    Attributes:
        words: two sentences.
        figures: what that comes to with the pictures that are shown; may be empty.
        formula: the same as a formula, and where it comes from.
    """

    topic: Topic
    question: str
    words: str
    figures: str
    formula: str


def answers(model: ModelConfig | None, figures: PlaneFigures) -> list[Answer]:
    """All of them.

    Args:
        model: whose pictures are shown; None where nothing has been learnt yet.
        figures: of these pictures.
    """
    model = model or ModelConfig(32, 1)
    found = [
        (Topic.DISTRIBUTIONS, tr(_DISTRIBUTIONS), _distributions),
        (Topic.STRUCTURE, tr("What is the structure of such a latent space?"), _structure),
        (Topic.TERMS, tr("Which part of the regularisation achieves what?"), _terms),
        (Topic.ANYWHERE, tr("Why can't I decode any place of an autoencoder?"), _anywhere),
    ]
    return [
        Answer(topic, question, words(model), _figures(topic, model, figures), _formula(topic))
        for topic, question, words in found
    ]


def _distributions(model: ModelConfig) -> str:
    encoding = model.parts.encoding
    if encoding == "point":
        return tr(
            "Here it gives none: this model encodes a picture as a point, which has a place μ and no σ."
            " Each picture has a point of its own, and nothing is said about the places beside it."
        )
    if encoding == "constant":
        return tr(
            "A picture is encoded as a normal distribution around μ, whose width σ is the same for all here;"
            " in training a random draw from it is decoded, so all of the ellipse must become nearly this"
            " picture. Each picture gets a μ of its own, computed from what is to be seen."
        )
    if encoding == "full":
        return tr(
            "A picture is encoded as a normal distribution: around μ, as wide as σ, and tilted; in training a"
            " random draw from it is decoded, so all of the ellipse must become nearly this picture. All"
            " three are computed from the picture, so different pictures get different ones."
        )
    return tr(
        "A picture is encoded as a normal distribution: around μ, and as wide as σ; in training a random draw"
        " from it is decoded, so all of the ellipse must become nearly this picture. Both are computed from"
        " the picture, so different pictures get different ones."
    )


def _structure(model: ModelConfig) -> str:
    mean, variance = model.kl_weights
    has_noise = model.parts.has_noise
    if mean > 0 and variance > 0:
        return tr(
            "All distributions together fill about the prior N(0, I), whose 1, 2 and 3 σ are the rings: dense"
            " in the middle, thinner outwards. Similar pictures lie together, because where ellipses overlap"
            " one decoding must do for all of them."
        )
    if mean > 0 and model.parts.encoding == "constant":
        return tr(
            "The pictures are drawn to the middle, so the place and the scale are known. The ground within"
            " about 2 σ of each is taught to look like it; farther off nothing is."
        )
    if mean > 0:
        return tr(
            "The pictures are drawn to the middle, so the place and the scale are known. But nothing makes"
            " them take up ground, so what lies between them was never taught."
        )
    if variance > 0:
        return tr(
            "Each picture takes up ground that is taught to look like it, so neighbours blend. But nothing"
            " draws them to the middle: they push each other away, and where they are cannot be told"
            " beforehand."
        )
    if has_noise:
        return tr(
            "There is hardly any: distributions may shrink to points and lie anywhere, as it suits the"
            " reconstruction. The rings are only there to compare."
        )
    return tr(
        "There is hardly any: points lie anywhere, in any scale, as it suits the reconstruction. The rings"
        " are only there to compare."
    )


def _terms(_model: ModelConfig) -> str:
    return tr(
        "The mean term ½μ² draws pictures to the middle: it sets place and scale, so that a draw from the"
        " prior lands among pictures (completeness). The variance term ½(σ² − ln σ² − 1) keeps σ from"
        " shrinking to 0: each picture takes up ground, so that neighbours blend (continuity)."
    )


def _anywhere(model: ModelConfig) -> str:
    why = tr(
        "An autoencoder's decoder is taught only at its pictures' points: between them it may draw anything,"
        " and nothing says where the points are."
    )
    mean, variance = model.kl_weights
    if not model.parts.has_noise:
        here = tr("This model is one, so try it.")
    elif mean > 0 and variance > 0:
        here = tr("This model is none: whole ellipses were taught, and drawn to where the prior is.")
    else:
        here = tr(
            "This model lies in between: draws were taught, but a part of the regularisation is missing."
        )
    return f"{why} {here}"


def _figures(topic: Topic, model: ModelConfig, figures: PlaneFigures) -> str:
    tell: dict[Topic, Callable[[], str]] = {
        Topic.DISTRIBUTIONS: lambda: _widths(figures),
        Topic.STRUCTURE: lambda: _shares(figures),
        Topic.TERMS: lambda: counted_words(model),
    }
    if not figures.count or topic not in tell:
        return ""
    told = tell[topic]()
    if topic is Topic.TERMS or figures.count == figures.total:
        return told
    looked_at = tr("Looked at were {count:,} of {total:,}.", count=figures.count, total=figures.total)
    return f"{told} {looked_at}"


def _widths(figures: PlaneFigures) -> str:
    if figures.smallest is None or figures.largest is None:
        return tr(
            "Here: {different:,} different points for {count:,} pictures, and no σ.",
            different=figures.different,
            count=figures.count,
        )
    return tr(
        "Here: {different:,} different distributions for {count:,} pictures, σ from {smallest} to {largest}."
        " Of {asked} inner ellipses (1 σ), {overlapping} overlap with another one.",
        different=figures.different,
        count=figures.count,
        smallest=number(figures.smallest, ".2g"),
        largest=number(figures.largest, ".2g"),
        asked=figures.asked,
        overlapping=figures.overlapping,
    )


def _shares(figures: PlaneFigures) -> str:
    first, second, third = (number(share, ".0%") for share in figures.within)
    # Of a standard normal distribution on a plane so much lies within k σ.
    prior = [number(1.0 - math.exp(-(ring**2) / 2), ".0%") for ring in RINGS]
    return tr(
        "Here {first}, {second} and {third} of the pictures lie within 1, 2 and 3 σ on the plane; of the"
        " prior itself {prior}.",
        first=first,
        second=second,
        third=third,
        prior=tr(", ").join(prior),
    )


def counted_words(model: ModelConfig) -> str:
    """Which terms count in a model's training, and how much."""
    label, (mean, variance) = tr(model.parts.label), model.kl_weights
    if not mean and not variance:
        return tr("Shown is: {label}. Neither term counts.", label=label)
    if not variance:
        return tr(
            "Shown is: {label}. The mean term counts, times {mean}; the variance term does not.",
            label=label,
            mean=number(mean, "g"),
        )
    if not mean:
        return tr(
            "Shown is: {label}. The variance term counts, times {variance}; the mean term does not.",
            label=label,
            variance=number(variance, "g"),
        )
    return tr(
        "Shown is: {label}. Both count: the mean term times {mean}, the variance term times {variance}.",
        label=label,
        mean=number(mean, "g"),
        variance=number(variance, "g"),
    )


def _formula(topic: Topic) -> str:
    formula, source = _FORMULAS[topic]
    return f"{tr(formula)}\n{tr('Source: {source}', source=source)}"
