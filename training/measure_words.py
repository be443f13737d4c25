"""What the measured figures are called, in which unit they are, and what they mean, in a few plain words."""

from dataclasses import dataclass

DISTRIBUTIONS, CONTINUITY, COMPLETENESS, OVERFITTING = IDEAS = (
    "Distributions",
    "Continuity",
    "Completeness",
    "Overfitting",
)
SPACES = ("features", "pixels")


@dataclass(frozen=True)
class Words:
    """Of one figure.

    Attributes:
        idea: which of :data:`IDEAS` it belongs to.
        title: what it is called.
        unit: what it is counted in.
        meaning: what it means, as a clause.
    """

    idea: str
    title: str
    unit: str
    meaning: str


def _distributions() -> dict[str, Words]:
    found = {
        "kl_mean": ("KL mean term", "nats", "what lying off the prior's middle costs a picture"),
        "kl_variance": ("KL variance term", "nats", "what being surer than the prior costs a picture"),
        "active_axes": ("active axes", "", "along so many the pictures lie apart"),
        "bits": ("information", "bits", "what a latent point tells of its picture"),
        "pictures_apart": ("told apart", "", "about so many pictures can be told apart by their points"),
        "sigma_law": ("σ law, correlation", "", "1 if σ is narrow just where the drawing changes fast"),
        "sigma_law_ratio": ("σ law, found/law", "", "1 if σ² is as large as the law says"),
    }
    return {name: Words(DISTRIBUTIONS, *words) for name, words in found.items()}


def _continuity() -> dict[str, Words]:
    """The figures of the change of a drawing, each over the prior and over the pictures' posteriors."""
    found: dict[str, tuple[str, str, str]] = {}
    for over, where in (("prior", "prior"), ("posterior", "pictures")):
        found |= {
            f"{over}_steepness": (
                f"steepness, {where}",
                "",
                "change of a pixel (0 to 1) by latent unit, median",
            ),
            f"{over}_steepness_by_sigma": ("  by σ", "", "the same by σ"),
            f"{over}_steepness_p95": ("  95 %", "", "a twentieth is steeper, by latent unit"),
            f"{over}_steepness_p95_by_sigma": ("  95 %, by σ", "", "the same by σ"),
            f"{over}_cliffs": (f"cliffs, {where}", "", "95 % over the median; 1 if even"),
            f"{over}_on_steepest": (
                "  on cliffs",
                "",
                "share of all change on the steepest 5 %; 0.05 if even",
            ),
            f"{over}_path": (f"paths, {where}", "", "straight ways, in squared distances between pictures"),
            f"{over}_path_by_sigma": ("  by σ²", "", "the same by squared σ"),
        }
    found["detour"] = ("straight/geodesic", "", "a straight way over the shortest; 1 if even")
    return {name: Words(CONTINUITY, *words) for name, words in found.items()}


def _completeness() -> dict[str, Words]:
    found = {
        "kl_to_prior": ("KL(q̄ ‖ p)", "nats", "how far all pictures together are from the prior"),
        "mmd": ("MMD²", "", "the same by samples; 0 and below if there is no difference"),
        "holes": ("holes", "of the prior", "within 2 σ, where hardly any picture lies"),
        "cycle": ("cycle error", "", "how far from its point a drawing is encoded, latent units"),
        "cycle_p95": ("cycle error, 95 %", "", "only a twentieth is farther off, latent units"),
        "cycle_sigmas": (
            "cycle error ÷ σ",
            "σ",
            "1 if drawings are encoded as far off as the encoder is unsure",
        ),
    }
    return {name: Words(COMPLETENESS, *words) for name, words in found.items()}


def _of_space(space: str) -> dict[str, Words]:
    """The figures that there are in each feature space."""
    completeness = {
        "density": (f"density, {space}", "", "1 if drawings lie as deep among pictures as pictures do"),
        "density_ceiling": ("  of pictures", "", "the same of pictures that were learnt from"),
        "coverage": (f"coverage, {space}", "", "the share of held-out pictures that a drawing is near to"),
        "coverage_ceiling": (
            "  of pictures",
            "",
            "the same of pictures that were learnt from: the most to hope",
        ),
        "near": (
            f"near, {space}",
            "of the prior",
            "drawn as near to held-out pictures as 95 % of pictures are",
        ),
    }
    overfitting = {
        "copying_z": (
            f"copying z, {space}",
            "",
            "below −3: drawings nearer to what was learnt than pictures are",
        ),
        "copied": (
            f"copied, {space}",
            "× chance",
            "how often a picture learnt from is the nearest; 1 if by chance",
        ),
    }
    by_idea = {COMPLETENESS: completeness, OVERFITTING: overfitting}
    return {
        f"{space}_{name}": Words(idea, *words)
        for idea, figures in by_idea.items()
        for name, words in figures.items()
    }


def _gaps() -> dict[str, Words]:
    titles = {
        "elbo": "gap, all",
        "reconstruction": "gap, reconstruction",
        "kl_mean": "gap, KL mean",
        "kl_variance": "gap, KL variance",
    }
    meaning = "what a held-out picture costs more; 0 without overfitting"
    return {f"gap_{term}": Words(OVERFITTING, title, "nats", meaning) for term, title in titles.items()}


WORDS: dict[str, Words] = _distributions() | _continuity() | _completeness() | _gaps()
for _space in SPACES:
    WORDS |= _of_space(_space)
