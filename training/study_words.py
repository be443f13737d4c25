"""What a study says of the textbook's claims, in sentences that rules write from the figures.

A claim is a set of comparisons, each with a direction that it foretells. The interval of a difference paired
by seed decides each comparison: it speaks *for* the claim where it excludes 0 on the foretold side, *against*
on the other, and is *open* where it includes 0. Together:

    supported      more than half of the comparisons for, none against
    contradicted   more than half against, none for
    undecided      all are open
    not supported  anything else: the figures do not agree

That two arms are the same cannot be shown by an interval that includes 0. A claim that something changes
*little* is decided by a margin (two one-sided tests, Schuirmann 1987): for where the interval lies within it,
against where it lies beyond.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from training.estimate import Estimate
from training.language import mark
from training.objectives import OBJECTIVES, ObjectiveName
from training.study_figures import Findings
from training.study_table import BY_NAME, estimate_text, number_text

Verdict = Literal["supported", "not supported", "contradicted", "undecided", "not tested"]
Voice = Literal["for", "against", "open"]

LITTLE = 0.1  # of the figure that something is compared with


@dataclass(frozen=True)
class Comparison:
    """One figure of two arms.

    Attributes:
        name: of the figure.
        arm: whose figure it is.
        other: what it is compared with; None for the number :attr:`base`.
        foretold: the sign of arm − other by the claim; 0 where it is to be little.
        base: see above.
    """

    name: str
    arm: ObjectiveName
    other: ObjectiveName | None
    foretold: int
    base: float = 0.0

    def difference(self, findings: Findings) -> Estimate:
        """Arm − other, over the seeds."""
        if self.other is not None:
            return findings.difference(self.arm, self.other, self.name)
        mean = findings.mean(self.arm, self.name)
        return Estimate(mean.value - self.base, mean.low - self.base, mean.high - self.base)

    def voice(self, findings: Findings) -> Voice | None:
        """What it says; None where it is not measured."""
        found = self.difference(findings)
        if not found.is_known:
            return None
        if self.foretold == 0 and self.other is not None:
            margin = LITTLE * abs(findings.mean(self.other, self.name).value)
            if -margin < found.low and found.high < margin:
                return "for"
            return "against" if found.low > margin or found.high < -margin else "open"
        low, high = sorted((self.foretold * found.low, self.foretold * found.high))
        return "for" if low > 0 else "against" if high < 0 else "open"


@dataclass(frozen=True)
class Claim:
    """A claim of the textbook.

    Attributes:
        text: the claim, a sentence.
        comparisons: what tests it.
        contrary: what it means if it is contradicted, a sentence.
    """

    text: str
    comparisons: tuple[Comparison, ...]
    contrary: str


def _each(
    names: Sequence[tuple[str, int]], *pairs: tuple[ObjectiveName, ObjectiveName]
) -> tuple[Comparison, ...]:
    return tuple(Comparison(name, arm, other, sign) for arm, other in pairs for name, sign in names)


_COMPLETE = (("holes", -1), ("mmd", -1), ("near_of_ceiling", 1), ("coverage_of_ceiling", 1))
_INCOMPLETE = tuple((name, -sign) for name, sign in _COMPLETE)
_CONTINUOUS = tuple((name, -1) for name in ("posterior_cliffs", "prior_cliffs", "posterior_path", "detour"))
_ALL_KINDS = ("posterior_path", "near_of_ceiling", "holes", "gap_reconstruction", "bits", "error_at_mean")

CLAIMS = (
    Claim(
        mark("A plain autoencoder leaves holes where the VAE does not."),
        _each(_INCOMPLETE, ("autoencoder", "vae")),
        mark("The autoencoder fills the prior better here."),
    ),
    Claim(
        mark("The KL mean term buys completeness."),
        _each(_COMPLETE, ("autoencoder-mean", "autoencoder"), ("mean-term", "noise")),
        mark("With the mean term the prior is filled worse here."),
    ),
    Claim(
        mark("The KL variance term buys continuity."),
        _each(_CONTINUOUS, ("variance-term", "noise"), ("vae", "mean-term")),
        mark("With the variance term the drawing changes less evenly here."),
    ),
    Claim(
        mark("The KL does not by itself prevent overfitting."),
        (
            Comparison("gap_reconstruction", "vae", None, 1),
            Comparison("error_ratio", "vae", None, 1, base=1.0),
        ),
        mark("The VAE draws held-out pictures better than learnt ones here."),
    ),
    Claim(
        mark("The KL lessens overfitting."),
        _each((("gap_reconstruction", -1), ("error_ratio", -1)), ("vae", "noise")),
        mark("The VAE overfits more than the same without KL here."),
    ),
    Claim(
        mark("A full covariance changes little (less than 10% of the VAE's figures)."),
        _each(tuple((name, 0) for name in _ALL_KINDS), ("full-covariance", "vae")),
        mark("The full covariance changes much here."),
    ),
)


@dataclass(frozen=True)
class Told:
    """What a study says of a claim.

    Attributes:
        claim: the claim.
        verdict: what the comparisons come to.
        figures: the comparisons in words, those of two arms together.
        summary: the verdict and how many comparisons say so, a sentence.
    """

    claim: str
    verdict: Verdict
    figures: tuple[str, ...]
    summary: str

    @property
    def text(self) -> str:
        """All of it as one paragraph."""
        return " ".join((f"“{self.claim}”", self.summary, *self.sentences))

    @property
    def sentences(self) -> tuple[str, ...]:
        """The figures as sentences."""
        return tuple(f"{figures[:1].upper()}{figures[1:]}." for figures in self.figures)

    def to_json(self) -> dict[str, Any]:
        """By name."""
        return {
            "claim": self.claim,
            "verdict": self.verdict,
            "summary": self.summary,
            "figures": list(self.figures),
        }


def verdict_of(voices: Sequence[Voice]) -> Verdict:
    """What comparisons come to, see above."""
    if not voices:
        return "not tested"
    count = Counter(voices)
    if count["open"] == len(voices):
        return "undecided"
    if 2 * count["for"] > len(voices) and not count["against"]:
        return "supported"
    if 2 * count["against"] > len(voices) and not count["for"]:
        return "contradicted"
    return "not supported"


def voices_of(claim: Claim, findings: Findings) -> list[tuple[Comparison, Voice]]:
    """What those comparisons say that were measured."""
    voices = [(each, each.voice(findings)) for each in claim.comparisons]
    return [(each, voice) for each, voice in voices if voice is not None]


def tell(claim: Claim, findings: Findings) -> Told:
    """What a study says of a claim."""
    known = voices_of(claim, findings)
    verdict = verdict_of([voice for _each, voice in known])
    pairs = groupby(known, key=lambda each: (each[0].arm, each[0].other))
    figures = tuple(_pair(list(of_pair), findings) for _pair_of_arms, of_pair in pairs)
    return Told(claim.text, verdict, figures, _summary(claim, verdict, [voice for _each, voice in known]))


def _summary(claim: Claim, verdict: Verdict, voices: Sequence[Voice]) -> str:
    if verdict == "not tested":
        needed = dict.fromkeys(arm for each in claim.comparisons for arm in (each.arm, each.other) if arm)
        return f"Not tested: it takes figures of {', '.join(needed)}."
    count = Counter(voices)
    counted = f"{count['for']} of {len(voices)} comparisons speak for it, {count['against']} against it"
    contrary = f" This contradicts the textbook. {claim.contrary}" if verdict == "contradicted" else ""
    return f"{verdict.capitalize()}: {counted}.{contrary}"


def _pair(comparisons: Sequence[tuple[Comparison, Voice]], findings: Findings) -> str:
    """What is found of two arms: "VAE instead of noise without KL: holes 0.12 instead of 0.31, …"."""
    first = comparisons[0][0]
    who = OBJECTIVES[first.arm].label
    if first.other is not None:
        who += f" instead of {OBJECTIVES[first.other].label}"
    return f"{who}: " + "; ".join(_figure(each, voice, findings) for each, voice in comparisons)


def _figure(comparison: Comparison, voice: Voice, findings: Findings) -> str:
    """One comparison: "holes 0.12 instead of 0.31, by −0.19 (−0.21 to −0.17), for"."""
    title = BY_NAME[comparison.name].title
    mean = findings.mean(comparison.arm, comparison.name)
    if comparison.other is None:
        return f"{title} {estimate_text(mean)} where {number_text(comparison.base)} is none, {voice}"
    usual = findings.mean(comparison.other, comparison.name)
    values = f"{number_text(mean.value)} instead of {number_text(usual.value)}"
    return f"{title} {values}, by {estimate_text(comparison.difference(findings))}, {voice}"


def tell_all(findings: Findings) -> list[Told]:
    """What a study says of all claims."""
    return [tell(claim, findings) for claim in CLAIMS]


def introduction(findings: Findings) -> str:
    """What is to be known before the claims are read."""
    if findings.seeds == 1:
        return (
            "With one seed there are no differences over seeds. The intervals are those of the measurements,"
            " so that what is said holds for these very trainings and for no others."
        )
    return (
        f"Differences are paired by seed, {findings.seeds} of them. Each has a 95 % interval of its own, not"
        " corrected for how many there are: therefore a claim needs more than half of its comparisons."
    )
