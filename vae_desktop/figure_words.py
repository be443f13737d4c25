"""What the measured figures are called in the window, what each means, what is better, and the source."""

from dataclasses import dataclass, replace

from training.language import mark, tr
from training.measure_words import COMPLETENESS, CONTINUITY, DISTRIBUTIONS, OVERFITTING

IDEAS = {
    CONTINUITY: (mark("Continuity"), mark("near points are drawn as like pictures")),
    COMPLETENESS: (mark("Completeness"), mark("every likely point is drawn as a likely picture")),
    OVERFITTING: (mark("Overfitting"), mark("pictures that were learned from are not just remembered")),
    DISTRIBUTIONS: (mark("Distributions"), mark("each picture is a place that may be a little off")),
}
"""By the names of :data:`training.measure_words.IDEAS`: what they are called, and what each promises."""

LOWER, HIGHER, ONE, NEITHER = "lower", "higher", "one", ""
DIRECTIONS = {
    LOWER: mark("lower is better"),
    HIGHER: mark("higher is better"),
    ONE: mark("1 is best"),
}


@dataclass(frozen=True)
class FigureWords:
    """Of one figure, in English; :func:`tr` has them in the window's language.

    Attributes:
        idea: which of :data:`IDEAS` it belongs to.
        title: what it is called; over which points or by which features is {where}.
        meaning: a plain clause.
        unit: what it is counted in; "" for a bare number.
        better: which of :data:`DIRECTIONS`.
        formula: with its source.
        map_name: the map of the plane that shows the same place by place; "" for none.
        where: what stands for {where}.
    """

    idea: str
    title: str
    meaning: str
    unit: str
    better: str
    formula: str
    map_name: str = ""
    where: str = ""

    @property
    def called(self) -> str:
        """Its title in the window's language."""
        return tr(self.title, where=tr(self.where)) if self.where else tr(self.title)

    @property
    def clause(self) -> str:
        """What it means, and which way is better."""
        words = tr(self.meaning)
        return f"{words}; {tr(DIRECTIONS[self.better])}" if self.better else words


_UNIT, _SIGMA = mark("per latent unit"), mark("per σ")
_STEEP = mark("‖J‖₂, the largest singular value of the decoder's Jacobian, by exact derivatives")
_STEEP_SIGMA = mark("‖J diag(σ)‖₂ with the median posterior σ of each axis, so that no rescaling can fake it")
_PATH = mark(
    "Perceptual path length, E‖∂φ(g)‖² along straight ways, φ being random convolutional features (after"
    " Karras et al. 2019, eq. 3)"
)
_DENSITY = mark("Density and coverage, k = 5 (Naeem et al. 2020)")
_GAP = mark("ELBO of training pictures − ELBO of held-out pictures, by term (Kingma & Welling 2014)")

_OVER = {
    "steepness": (
        mark("Steepness, {where}"),
        mark("how fast the picture changes; half of the places are steeper"),
        _UNIT,
        LOWER,
        _STEEP,
        "steepness",
    ),
    "steepness_by_sigma": (
        mark("Steepness by σ, {where}"),
        mark("the same by how unsure places are"),
        _SIGMA,
        LOWER,
        _STEEP_SIGMA,
        "steepness",
    ),
    "steepness_p95": (
        mark("Steepest twentieth, {where}"),
        mark("5 % of the places are steeper"),
        _UNIT,
        LOWER,
        _STEEP,
        "steepness",
    ),
    "steepness_p95_by_sigma": (
        mark("Steepest twentieth by σ, {where}"),
        mark("the same by how unsure places are"),
        _SIGMA,
        LOWER,
        _STEEP_SIGMA,
        "steepness",
    ),
    "cliffs": (
        mark("Cliffs, {where}"),
        mark("95 % over the median of steepness; 1 where it is even"),
        "",
        LOWER,
        mark("p95(‖J‖₂) / median(‖J‖₂)"),
        "steepness",
    ),
    "on_steepest": (
        mark("Change on cliffs, {where}"),
        mark("share of all change on the steepest 5 %; 0.05 where it is even"),
        "",
        LOWER,
        mark("The steepest twentieth's share of Σ‖J‖₂"),
        "steepness",
    ),
    "path": (
        mark("Path length, {where}"),
        mark("how far straight ways are for the eye; a unit is the distance of two pictures, squared"),
        "",
        LOWER,
        _PATH,
        "magnification",
    ),
    "path_by_sigma": (
        mark("Path length by σ², {where}"),
        mark("the same by how unsure places are"),
        mark("per σ²"),
        LOWER,
        _PATH,
        "magnification",
    ),
}
_WHERE = {"prior": mark("over the prior"), "posterior": mark("where pictures lie")}

_SINGLE = {
    "detour": FigureWords(
        CONTINUITY,
        mark("Straight ÷ shortest way"),
        mark("how much longer the straight line is than the shortest way; 1 where it is even"),
        "",
        LOWER,
        mark("Length of the line ÷ geodesic by G = JᵀJ on the plane (Arvanitidis et al. 2018)"),
        "magnification",
    ),
    "kl_to_prior": FigureWords(
        COMPLETENESS,
        mark("All pictures against the prior"),
        mark("how far all of them together are from the prior"),
        mark("nats"),
        LOWER,
        mark("KL(q̄ ‖ p) of the aggregate posterior q̄, by samples (Hoffman & Johnson 2016)"),
        "log_ratio",
    ),
    "mmd": FigureWords(
        COMPLETENESS,
        mark("Samples against the prior"),
        mark("the same by samples alone; 0 and below for no difference"),
        "",
        LOWER,
        mark(
            "Squared maximum mean discrepancy, unbiased, normal kernel of the median distance"
            " (Gretton et al. 2012)"
        ),
        "log_ratio",
    ),
    "holes": FigureWords(
        COMPLETENESS,
        mark("Holes"),
        mark("where hardly any picture lies, within 2σ"),
        mark("of the prior"),
        LOWER,
        mark("Mass of p within 2σ where q̄/p < 0.1"),
        "log_ratio",
    ),
    "cycle": FigureWords(
        COMPLETENESS,
        mark("Cycle error"),
        mark("how far from its point a drawing is encoded, median"),
        mark("latent units"),
        LOWER,
        mark("‖μ(g(z)) − z‖ for samples z of the prior"),
    ),
    "cycle_p95": FigureWords(
        COMPLETENESS,
        mark("Cycle error of the worst twentieth"),
        mark("only 5 % of drawings are encoded farther off"),
        mark("latent units"),
        LOWER,
        mark("‖μ(g(z)) − z‖ for samples z of the prior, 95th percentile"),
    ),
    "cycle_sigmas": FigureWords(
        COMPLETENESS,
        mark("Cycle error by σ"),
        mark("at 1 the encoder is off by as much as it says to be unsure"),
        "σ",
        LOWER,
        mark("Root mean square of (μᵢ(g(z)) − zᵢ)/σᵢ over the axes, median over samples z of the prior"),
    ),
    "gap_elbo": FigureWords(
        OVERFITTING,
        mark("Held-out gap"),
        mark("what a picture costs more that was never learned from; 0 without overfitting"),
        mark("nats"),
        LOWER,
        _GAP,
    ),
    "gap_reconstruction": FigureWords(
        OVERFITTING,
        mark("Gap of reconstructions"),
        mark("its part in drawing them"),
        mark("nats"),
        LOWER,
        _GAP,
    ),
    "gap_kl_mean": FigureWords(
        OVERFITTING,
        mark("Gap of the KL mean term"),
        mark("its part in where they lie"),
        mark("nats"),
        LOWER,
        _GAP,
    ),
    "gap_kl_variance": FigureWords(
        OVERFITTING,
        mark("Gap of the KL variance term"),
        mark("its part in how sure places are"),
        mark("nats"),
        LOWER,
        _GAP,
    ),
    "kl_mean": FigureWords(
        DISTRIBUTIONS,
        mark("KL mean term"),
        mark("what it costs to lie off the middle"),
        mark("nats"),
        NEITHER,
        mark("½ Σ μᵢ² (Kingma & Welling 2014, appendix B)"),
    ),
    "kl_variance": FigureWords(
        DISTRIBUTIONS,
        mark("KL variance term"),
        mark("what it costs to be surer than the prior"),
        mark("nats"),
        NEITHER,
        mark("½ Σ (σᵢ² − ln σᵢ² − 1) (Kingma & Welling 2014, appendix B)"),
    ),
    "active_axes": FigureWords(
        DISTRIBUTIONS,
        mark("Active axes"),
        mark("along so many latent numbers the pictures lie apart"),
        "",
        NEITHER,
        mark("Axes with Var(μᵢ) > 0.01 (Burda et al. 2016)"),
    ),
    "bits": FigureWords(
        DISTRIBUTIONS,
        mark("Information"),
        mark("what a point tells of its picture"),
        mark("bits"),
        NEITHER,
        mark("I(x; z) = E[ln q(z|x) − ln q̄(z)], at most ln N (Hoffman & Johnson 2016)"),
    ),
    "pictures_apart": FigureWords(
        DISTRIBUTIONS,
        mark("Told apart"),
        mark("about so many pictures can be told apart by their points"),
        mark("pictures"),
        NEITHER,
        mark("exp I(x; z)"),
    ),
    "sigma_law": FigureWords(
        DISTRIBUTIONS,
        mark("σ law, correlation"),
        mark("1 if places are sure just where the picture changes fast"),
        "",
        HIGHER,
        mark("Correlation of ln σᵢ² with ln 1/(1 + ‖∂ᵢg‖²/γ) (Rolínek et al. 2019; Dai et al. 2018)"),
    ),
    "sigma_law_ratio": FigureWords(
        DISTRIBUTIONS,
        mark("σ law, found ÷ law"),
        mark("how large σ² is against the law"),
        "",
        ONE,
        mark("Median of σᵢ² (1 + ‖∂ᵢg‖²/γ) (Rolínek et al. 2019; Dai et al. 2018)"),
    ),
}

_LIKENESS = {
    "density": (
        mark("Density, {where}"),
        mark("1 if drawings lie as deep among pictures as pictures do"),
        "",
        ONE,
    ),
    "density_ceiling": (mark("Density of pictures, {where}"), mark("the same of real pictures"), "", NEITHER),
    "coverage": (
        mark("Coverage, {where}"),
        mark("share of held-out pictures that a drawing is near to"),
        "",
        HIGHER,
    ),
    "coverage_ceiling": (
        mark("Coverage of pictures, {where}"),
        mark("the same of real pictures: the most to hope for"),
        "",
        NEITHER,
    ),
}
_NEAR = FigureWords(
    COMPLETENESS,
    mark("Likely drawings, {where}"),
    mark("drawn as near to held-out pictures as 95 % of real ones are"),
    mark("of the prior"),
    HIGHER,
    mark("Mass of p whose decode is within the 95th percentile of real → held-out nearest distances"),
)
_COPYING = FigureWords(
    OVERFITTING,
    mark("Copying z, {where}"),
    mark("below −3 drawings are nearer to what was learned than pictures are"),
    "",
    HIGHER,
    mark("Mann–Whitney U of distances to the training set, as a z-score (Meehan et al. 2020)"),
)
_COPIED = FigureWords(
    OVERFITTING,
    mark("Copied, {where}"),
    mark("how often a picture learned from is the nearest; 1 by chance"),
    mark("× chance"),
    LOWER,
    mark("Share of drawings whose nearest picture was learned from ÷ that picture's share of all"),
)
_SPACES = {"features": mark("by features"), "pixels": mark("by pixels")}


def _all() -> dict[str, FigureWords]:
    found = {
        f"{over}_{name}": FigureWords(CONTINUITY, *words, where=where)
        for over, where in _WHERE.items()
        for name, words in _OVER.items()
    }
    found |= _SINGLE
    for space, where in _SPACES.items():
        for name, words in _LIKENESS.items():
            found[f"{space}_{name}"] = FigureWords(COMPLETENESS, *words, _DENSITY, where=where)
        near_map = "nearness" if space == "features" else ""
        found[f"{space}_near"] = replace(_NEAR, where=where, map_name=near_map)
        found[f"{space}_copying_z"] = replace(_COPYING, where=where)
        found[f"{space}_copied"] = replace(_COPIED, where=where)
    return found


FIGURES = _all()
"""By the names of :class:`training.measured.Measure`."""
