"""What to look at on a plane beside another one: sentences that follow from figures."""

from dataclasses import dataclass
from enum import Enum, auto

from training.events import TrainProgress
from training.language import mark, tr
from training.objectives import Objective
from vae_desktop.plain_words import duration

HARDLY, OFTEN = 0.05, 0.3  # of the places half-way between two pictures are holes


class Standing(Enum):
    """Where a handle stands among the pictures."""

    ON_PICTURE = auto()
    NEAR = auto()  # no farther from a picture than pictures usually are from each other
    WITHIN_POSTERIOR = auto()  # farther, but a picture's distribution reaches it
    IN_HOLE = auto()


@dataclass(frozen=True)
class Facts:
    """Figures of a plane.

    Attributes:
        standing: where the handle is.
        spacings: how far the nearest picture is, in the pictures' usual spacing.
        holes: how often a hole lies half-way between two pictures, 0 to 1; None with too few pictures.
    """

    standing: Standing
    spacings: float
    holes: float | None


_AT_HANDLE = {
    Standing.ON_PICTURE: mark("The handle is exactly on a picture, which should be drawn as it is."),
    Standing.NEAR: mark("The handle is near a picture, within their usual spacing."),
    Standing.WITHIN_POSTERIOR: mark(
        "The next picture is {spacings:.1f} of the usual spacings away, but a distribution reaches here: this"
        " place was learnt from."
    ),
    Standing.IN_HOLE: mark(
        "The handle is in a hole: the next picture is {spacings:.1f} of the usual spacings away, and nothing"
        " was learnt here."
    ),
}


def sentence(objective: Objective, facts: Facts, *, training: bool) -> str:
    """What to look at on a plane, and where its handle stands."""
    return " ".join(filter(None, (_holes(objective, facts.holes, training=training), at_handle(facts))))


def at_handle(facts: Facts) -> str:
    """Where the handle stands, in a sentence."""
    return tr(_AT_HANDLE[facts.standing], spacings=facts.spacings)


def _holes(objective: Objective, share: float | None, *, training: bool) -> str:
    if share is None:
        return ""
    percent = round(100 * share)
    if training and not objective.has_noise:
        return tr(
            "Every picture is a point, and nothing fills the ground between: {percent} % of the places"
            " half-way between two pictures are holes so far.",
            percent=percent,
        )
    if training:
        return tr(
            "Every picture is a distribution, which covers the ground around it: {percent} % of the places"
            " half-way between two pictures are holes so far.",
            percent=percent,
        )
    if share >= OFTEN:
        return tr(
            "{percent} % of the places half-way between two pictures are holes: drag the handle there.",
            percent=percent,
        )
    if share >= HARDLY:
        return tr("{percent} % of the places half-way between two pictures are holes.", percent=percent)
    return tr(
        "Hardly a hole: {percent} % of the places half-way between two pictures. Drag the handle anywhere"
        " between them.",
        percent=percent,
    )


def distance_words(facts: Facts) -> str:
    """How far the nearest picture is, as a caption of it."""
    if facts.standing is Standing.ON_PICTURE:
        return tr("This very picture")
    if facts.spacings < 0.05:
        return tr("Nearest picture, close by")
    return tr("Nearest picture, {spacings:.1f} spacings away", spacings=facts.spacings)


def progress_words(progress: TrainProgress) -> str:
    """How far a training is, in a few words."""
    if progress.disk_full is not None:
        return progress.disk_full.sentence
    words = tr("Step {step:,}, epoch {epoch:,}", step=progress.step, epoch=progress.epoch)
    if progress.seconds_left is None:
        return words
    return tr("{words}, {time} left", words=words, time=duration(progress.seconds_left))
