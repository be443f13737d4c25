"""A study's table: a row for each objective, a column for each property; printed, as Markdown and as CSV."""

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from training.estimate import Estimate
from training.language import mark
from training.measure_words import COMPLETENESS, CONTINUITY, DISTRIBUTIONS, OVERFITTING
from training.objectives import OBJECTIVES
from training.study_figures import Findings, mean_over_seeds

RECONSTRUCTION = mark("Reconstruction")
UP, DOWN = 1, -1


@dataclass(frozen=True)
class Column:
    """A property.

    Attributes:
        name: of the figure.
        idea: which of the VAE's ideas it belongs to.
        title: what it is called, short.
        better: :data:`UP` or :data:`DOWN`; 0 where neither is better.
        meaning: what it is, as a clause.
        takes_sigma: whether it is left out where pictures are points.
    """

    name: str
    idea: str
    title: str
    better: int
    meaning: str
    takes_sigma: bool = False

    @property
    def heading(self) -> str:
        """The title, and which direction is better."""
        return self.title + {UP: " ↑", DOWN: " ↓", 0: ""}[self.better]


COLUMNS = (
    Column(
        "posterior_steepness_p95_by_sigma",
        CONTINUITY,
        mark("steepness by σ"),
        0,
        mark(
            "change of a pixel by posterior σ, 95 % near pictures; little, too, where σ has shrunk to nothing"
        ),
    ),
    Column(
        "posterior_cliffs",
        CONTINUITY,
        mark("cliffs"),
        DOWN,
        mark("the steepness near pictures that a twentieth exceeds, over the median; 1 if even"),
    ),
    Column("prior_cliffs", CONTINUITY, mark("cliffs in prior"), DOWN, mark("the same over the prior")),
    Column(
        "posterior_path",
        CONTINUITY,
        mark("path length"),
        DOWN,
        mark("of straight ways between pictures, in squared distances between two; 0 if all is drawn alike"),
    ),
    Column(
        "detour",
        CONTINUITY,
        mark("detour"),
        DOWN,
        mark("a straight way between pictures over the shortest by the drawing's change; 1 if even"),
    ),
    Column(
        "coverage_of_ceiling",
        COMPLETENESS,
        mark("coverage"),
        UP,
        mark("share of held-out pictures that a drawing is near to, over that of real pictures"),
    ),
    Column(
        "near_of_ceiling",
        COMPLETENESS,
        mark("near"),
        UP,
        mark("share of the prior's mass drawn near held-out pictures, over that of real pictures; 1 at most"),
    ),
    Column(
        "mmd",
        COMPLETENESS,
        mark("MMD²"),
        DOWN,
        mark("of all pictures together from the prior, by samples; 0 and below if there is no difference"),
    ),
    Column(
        "kl_to_prior",
        COMPLETENESS,
        mark("KL(q̄‖p)"),
        DOWN,
        mark("the same, nats; of points another estimate would be needed, which does not compare"),
        takes_sigma=True,
    ),
    Column(
        "holes",
        COMPLETENESS,
        mark("holes"),
        DOWN,
        mark("share of the prior within 2 σ where hardly any picture lies"),
    ),
    Column(
        "gap_reconstruction",
        OVERFITTING,
        mark("gap"),
        DOWN,
        mark("nats by which held-out pictures are drawn worse than learnt ones"),
    ),
    Column(
        "error_ratio",
        OVERFITTING,
        mark("error ratio"),
        DOWN,
        mark("squared error at the mean, held-out pictures over learnt ones; 1 without overfitting"),
    ),
    Column(
        "features_copying_z",
        OVERFITTING,
        mark("copying z"),
        UP,
        mark("below −3: drawings are nearer to learnt pictures than other pictures are (smooth ones always)"),
    ),
    Column(
        "active_axes",
        DISTRIBUTIONS,
        mark("active axes"),
        0,
        mark("latent numbers along which the pictures lie apart"),
    ),
    Column("bits", DISTRIBUTIONS, mark("bits"), 0, mark("what a latent point tells of its picture")),
    Column(
        "error_at_mean",
        RECONSTRUCTION,
        mark("error"),
        DOWN,
        mark("root mean square error of a held-out pixel (0 to 1), decoded at the posterior's mean"),
    ),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}


@dataclass(frozen=True)
class Place:
    """What stands in the table for an arm and a property.

    Attributes:
        estimate: mean over the seeds with its interval.
        known: of how many seeds.
        is_best: whether it is better than all others, the intervals apart.
    """

    estimate: Estimate
    known: int
    is_best: bool = False


def places(findings: Findings) -> dict[tuple[str, str], Place]:
    """The table by arm and name of the property."""
    found: dict[tuple[str, str], Place] = {}
    for column in COLUMNS:
        measured = {arm: findings.of(arm, column.name) for arm in findings.arms}
        if column.takes_sigma:
            measured = {arm: each if OBJECTIVES[arm].has_noise else {} for arm, each in measured.items()}
        means = {arm: mean_over_seeds(list(each.values())) for arm, each in measured.items()}
        best = best_of(means, column.better)
        for arm, each in measured.items():
            known = sum(estimate.is_known for estimate in each.values())
            found[arm, column.name] = Place(means[arm], known, arm == best)
    return found


def best_of(means: Mapping[Any, Estimate], better: int) -> Any | None:
    """The one that is better than all others, its interval apart from each of theirs; None without one."""
    known = {arm: mean for arm, mean in means.items() if mean.is_known}
    if better == 0 or len(known) < 2:
        return None
    best = max(known, key=lambda arm: better * known[arm].value)
    is_apart = all(known[best].apart_from(mean) for arm, mean in known.items() if arm != best)
    return best if is_apart else None


def number_text(value: float) -> str:
    """Three digits, with a true minus; what is but rounding is 0."""
    value = 0.0 if abs(value) < 1e-12 else value
    text = f"{value:,.0f}" if abs(value) >= 999.5 else f"{value:#.3g}".rstrip(".")
    return text.replace("-", "−")


def estimate_text(estimate: Estimate) -> str:
    """The figure and its interval: 0.314 (0.290 to 0.338)."""
    if not estimate.is_known:
        return "–"
    ends = estimate.low, estimate.high
    interval = f" ({number_text(ends[0])} to {number_text(ends[1])})" if all(map(math.isfinite, ends)) else ""
    return number_text(estimate.value) + interval


def place_text(place: Place, seeds: int) -> str:
    """The figure with its interval, from how many seeds where some are missing, a star where it is best."""
    fewer = f" [{place.known} of {seeds}]" if 0 < place.known < seeds else ""
    return estimate_text(place.estimate) + fewer + (" ★" if place.is_best else "")


def arm_title(findings: Findings, arm: str) -> str:
    """What an arm is called, and how many of its trainings failed."""
    failed = sum(1 for each, _seed in findings.failures if each == arm)
    label = OBJECTIVES[arm].label  # type: ignore[index]
    return f"{label} [{failed} of {findings.seeds} failed]" if failed else label


def seeds_words(seeds: int) -> str:
    """Of what the intervals are."""
    if seeds == 1:
        return (
            "One seed: the intervals are those of the measurements, by pictures and points. They do not tell"
            " how trainings with other seeds would differ."
        )
    return f"Means over {seeds} seeds with 95 % intervals (Student's t)."


LEGEND = "↑ more is better, ↓ less is better, ★ better than all others with intervals apart, – not measured."


def blocks() -> list[tuple[str, list[Column]]]:
    """The columns by idea, in order: a table of its own for each is narrow enough to be read."""
    ideas = dict.fromkeys(column.idea for column in COLUMNS)
    return [(idea, [column for column in COLUMNS if column.idea == idea]) for idea in ideas]


def as_markdown(findings: Findings) -> str:
    """Tables, one for each idea."""
    found = places(findings)
    lines = [seeds_words(findings.seeds), "", LEGEND]
    for idea, columns in blocks():
        lines += ["", f"**{idea}**", ""]
        lines.append("| objective | " + " | ".join(column.heading for column in columns) + " |")
        lines.append("|---|" + "---|" * len(columns))
        for arm in findings.arms:
            texts = [place_text(found[arm, column.name], findings.seeds) for column in columns]
            lines.append(f"| {arm_title(findings, arm)} | " + " | ".join(texts) + " |")
    return "\n".join(lines) + "\n"


def as_csv(findings: Findings) -> str:
    """A line for each arm and property: mean, interval, from how many seeds, whether it is best."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["objective", "property", "better", "mean", "low", "high", "seeds", "failed", "best"])
    for (arm, name), place in places(findings).items():
        failed = sum(1 for each, _seed in findings.failures if each == arm)
        better = {UP: "up", DOWN: "down", 0: ""}[BY_NAME[name].better]
        ends = (place.estimate.value, place.estimate.low, place.estimate.high)
        numbers = [repr(float(end)) if math.isfinite(end) else "" for end in ends]
        writer.writerow([arm, name, better, *numbers, place.known, failed, int(place.is_best)])
    return text.getvalue()


def as_json(findings: Findings) -> dict[str, Any]:
    """By arm and property, with the figures of each seed."""
    return {
        arm: {
            column.name: {
                **place.estimate.to_json(),
                "is_best": place.is_best,
                "by_seed": {
                    str(seed): each.to_json() for seed, each in findings.of(arm, column.name).items()
                },
            }
            for column in COLUMNS
            for place in [found[arm, column.name]]
        }
        for found in [places(findings)]
        for arm in findings.arms
    }
