"""The coach: one plain sentence about how a training goes, always true, from its curves.

What it watches is the negative ELBO of the pictures that judge: the held-out ones, or without any those that
are learnt from, and then memorising cannot be noticed. It looks at the last half of the training time.

"1 %" is one per cent of what the training has gained since its first epochs, in nats. A log-likelihood of
densities, as the Gaussian one is, is known but for a constant, may be negative, and turns with the units of a
pixel; a percentage of it would mean nothing. The share of a gain has none of these faults and means the same
for every likelihood.
"""

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Self

import numpy as np

from training.events import EpochRecord
from training.forecast import Curve
from training.language import mark, tr, trn
from training.run import Run

FEWEST_EPOCHS, FEWEST_STEPS = 4, 100  # before anything can be said
# Before anything but progress is said: beginnings may rest on a level, and while the KL is warmed up, curves
# may rise and axes be out that will come to life.
SETTLED_EPOCHS, SETTLED_STEPS = 8, 1000
GOOD_WAIT = 0.2  # of the time so far: where the next 1 % takes longer, it is good enough
ALIVE_NATS = 0.02  # KL of a latent axis from which on it says something about the pictures
FAR_FEWER = 4  # times fewer pictures told apart than there are: the latent numbers are what limits
_MOST_POINTS = 100  # of a curve; a history may have tens of thousands of epochs
_LOOK_AGAIN = 1.07  # times the epochs of the last look
_MOST_LOOKS = 6


class Kind(StrEnum):
    """What a verdict says."""

    STARTED = "started"
    IMPROVING = "improving"
    GOOD_ENOUGH = "good enough"
    LEVELLED_OFF = "levelled off"
    BLURRY = "blurry"
    MEMORISING = "memorising"
    COLLAPSED = "collapsed"
    WORSE = "worse"


@dataclass(frozen=True)
class Facts:
    """What the curves do not tell about a run.

    Attributes:
        latent_dim: numbers that a picture is encoded in.
        pictures: how many different ones there are; None where it is not known.
        mirror: whether they are mirrored at random already.
        has_noise: whether pictures are encoded as distributions; of points the KL says nothing.
    """

    latent_dim: int = 2
    pictures: int | None = None
    mirror: bool = False
    has_noise: bool = True

    @classmethod
    def of(cls, run: Run, pictures: int | None) -> Self:
        """The facts about a run on so many pictures."""
        return cls(run.model.latent_dim, pictures, run.training.mirror, run.model.parts.has_noise)


@dataclass(frozen=True)
class Verdict:
    """How a training goes.

    Attributes:
        sentence: says it.
        advice: a further sentence on what to do; empty where there is nothing.
        explanation: what the words mean and how it is known.
    """

    kind: Kind
    sentence: str
    advice: str
    explanation: str

    @property
    def text(self) -> str:
        """Sentence and advice."""
        return f"{self.sentence} {self.advice}".strip()

    def as_json(self) -> dict[str, str]:
        """Kind, sentence and advice by name."""
        return {"kind": self.kind.value, "sentence": self.sentence, "advice": self.advice}


def verdict(history: Sequence[EpochRecord], facts: Facts) -> Verdict | None:
    """What to say after the newest epoch; None without any history.

    Where several things are true, the first of these is said: just started, collapsed, getting worse,
    improving, memorising, good enough, blurry, levelled off. So that noise does not make it flicker, the
    coach looks again only when the epochs are 7 % more than at the last look, and changes its mind when two
    looks in a row speak against what it said.
    """
    if not history:
        return None
    looks = [_look(part, facts) for part in islice(_looks(history), _MOST_LOOKS)]
    said, is_doubted = looks[-1], False
    for look in reversed(looks[:-1]):
        if look.kind == said.kind or is_doubted:
            said, is_doubted = look, False
        else:
            is_doubted = True
    return said


def is_good_enough(history: Sequence[EpochRecord]) -> bool:
    """Whether to go on is hardly worth it: for a training that is to stop by itself.

    So it is when at each of the last three looks, all of them after at least 8 epochs and 1,000 steps, the
    next 1 % would have taken longer than a fifth of the time until then, or nothing improved any more.
    """
    looks = list(islice(_looks(history), 3))
    if not looks or not all(_is_settled(look[-1]) for look in looks):
        return False  # earlier, the verdict would still be that it has just started
    recent = [_Recent.of(look) for look in looks]
    return all(each is not None and not each.improves for each in recent)


def _is_settled(record: EpochRecord) -> bool:
    return record.epoch >= SETTLED_EPOCHS and record.step >= SETTLED_STEPS


def _looks(history: Sequence[EpochRecord]) -> Iterator[Sequence[EpochRecord]]:
    """The history up to each epoch at which the coach looks, the newest first."""
    ends, end = [], 1
    while end <= len(history):
        ends.append(end)
        end = max(end + 1, round(end * _LOOK_AGAIN))
    return (history[:end] for end in reversed(ends))


@dataclass(frozen=True)
class _Recent:
    """The last half of a training, by its time.

    Attributes:
        one_per_cent: of the gain so far, nats; infinity without any.
        wait: seconds for the next 1 %; infinity where the curve does not fall for certain.
    """

    records: Sequence[EpochRecord]
    judged: Curve
    train: Curve
    one_per_cent: float
    wait: float

    @classmethod
    def of(cls, history: Sequence[EpochRecord]) -> Self | None:
        """None where it is too early for anything."""
        half = bisect_left(history, history[-1].seconds / 2, key=lambda record: record.seconds)
        first = min(half, max(len(history) - FEWEST_EPOCHS, 0))
        count = min(len(history) - first, _MOST_POINTS)
        records = _finite(
            [history[at] for at in np.linspace(first, len(history) - 1, count).round().astype(int)]
        )
        seconds = np.array([record.seconds for record in records])
        if len(records) < FEWEST_EPOCHS or history[-1].step < FEWEST_STEPS:
            return None
        if seconds[0] <= 0 or (np.diff(seconds) <= 0).any():
            return None
        judged = Curve(seconds, np.array([record.judged.loss for record in records]))
        train = Curve(seconds, np.array([record.train.loss for record in records]))
        beginning = np.array([record.judged.loss for record in _finite(history[:FEWEST_EPOCHS])])
        gain = float(np.median(beginning) - judged.values.min()) if len(beginning) else 0.0
        one_per_cent = 0.01 * abs(gain) or math.inf
        falls = judged.change() < 0 and gain != 0
        wait = judged.seconds_to_fall(one_per_cent) if falls else math.inf
        return cls(records, judged, train, one_per_cent, wait)

    @property
    def seconds(self) -> float:
        return self.records[-1].seconds

    @property
    def improves(self) -> bool:
        """Whether the next 1 % is worth waiting for."""
        return self.wait <= GOOD_WAIT * self.seconds

    @property
    def gets_worse(self) -> bool:
        return self.judged.change() >= self.one_per_cent

    @property
    def memorises(self) -> bool:
        """Whether what is learnt from became 1 % better or more, away from held-out pictures that did not."""
        if any(record.held_out is None for record in self.records):
            return False
        gap = Curve(self.judged.seconds, self.judged.values - self.train.values)
        is_alone = self.judged.change() > -self.one_per_cent >= self.train.change()
        return is_alone and gap.change() >= self.one_per_cent

    @property
    def dead_axes(self) -> list[int]:
        """The latent axes, counted from 1, that said nothing about the pictures all the time."""
        by_axis = [record.axis_kl for record in self.records]
        if len({len(axes) for axes in by_axis}) != 1:
            return []  # histories of older versions do not tell
        return [axis for axis, values in enumerate(zip(*by_axis, strict=True), 1) if max(values) < ALIVE_NATS]

    @property
    def told_apart(self) -> float:
        """About how many pictures the latent numbers can tell apart at most: e to the KL.

        The mutual information of pictures and latent numbers is at most the mean KL (Hoffman & Johnson 2016,
        "ELBO surgery"), and I nats of it cannot tell more than about e^I equally likely pictures apart.
        """
        return math.exp(min(float(np.mean([record.judged.kl for record in self.records[-3:]])), 700.0))


def _finite(records: Sequence[EpochRecord]) -> list[EpochRecord]:
    return [record for record in records if math.isfinite(record.judged.loss + record.train.loss)]


def _look(history: Sequence[EpochRecord], facts: Facts) -> Verdict:
    """What the curves say, without regard to what was said before."""
    recent = _Recent.of(history)
    if recent is None:
        return _verdict(Kind.STARTED)
    kind = _kind(recent, facts)
    dead = recent.dead_axes if facts.has_noise else []
    return _verdict(
        kind,
        wait=_in_words(recent.wait),
        unused=_unused_words(dead, facts.latent_dim),
        unneeded=_unneeded_words(len(dead), facts.latent_dim),
        numbers=_numbers_words(facts.latent_dim),
        told_apart=float(f"{recent.told_apart:.2g}"),
        pictures=facts.pictures or 0,
        or_mirror="" if facts.mirror else tr(", or mirroring them"),
    )


def _verdict(kind: Kind, **values: object) -> Verdict:
    values |= _LIMITS | {"one_per_cent": tr(_ONE_PER_CENT)}
    return Verdict(kind, *(tr(text, **values) for text in _WORDS[kind]))


def _kind(recent: _Recent, facts: Facts) -> Kind:
    alive = facts.latent_dim - (len(recent.dead_axes) if facts.has_noise else 0)
    is_blurry = facts.pictures is not None and recent.told_apart * FAR_FEWER < facts.pictures
    in_order = {
        Kind.STARTED: not recent.improves and not _is_settled(recent.records[-1]),
        Kind.COLLAPSED: alive < min(2, facts.latent_dim) and _is_settled(recent.records[-1]),
        Kind.WORSE: recent.gets_worse and not recent.memorises,
        Kind.IMPROVING: recent.improves,
        Kind.MEMORISING: recent.memorises,
        Kind.GOOD_ENOUGH: recent.wait <= recent.seconds,
        Kind.BLURRY: is_blurry and facts.has_noise,
        Kind.LEVELLED_OFF: True,
    }
    return next(kind for kind, holds in in_order.items() if holds)


def _unused_words(dead: list[int], latent_dim: int) -> str:
    alive = [axis for axis in range(1, latent_dim + 1) if axis not in dead]
    if not alive:
        return tr("the model ignores its numbers, so every picture comes out alike")
    if latent_dim == 2:
        return tr("number {axis} of the two says nothing, so the map is a line", axis=3 - alive[0])
    return tr(
        "only number {axis} of {all} says anything, so the map is a line", axis=alive[0], all=latent_dim
    )


def _unneeded_words(dead: int, latent_dim: int) -> str:
    if not dead:
        return ""
    return trn(
        "{count} of its {all} numbers is not in use.",
        "{count} of its {all} numbers are not in use.",
        dead,
        all=latent_dim,
    )


def _numbers_words(latent_dim: int) -> str:
    return (
        tr("two numbers tell")
        if latent_dim == 2
        else trn("one number tells", "{count} numbers tell", latent_dim)
    )


def _in_words(seconds: float) -> str:
    """A forecast as precise as it is: 'a few seconds', 'about 40 seconds', 'about 4 minutes'."""
    if seconds < 8:
        return tr("a few seconds")
    if seconds < 90:
        return tr("about {count:.0f} seconds", count=round(seconds, -1))
    if seconds < 5400:
        return tr("about {count:.0f} minutes", count=seconds / 60)
    return tr("about {count:.0f} hours", count=seconds / 3600)


_LIMITS = {
    "fewest_epochs": FEWEST_EPOCHS,
    "fewest_steps": FEWEST_STEPS,
    "settled_epochs": SETTLED_EPOCHS,
    "settled_steps": SETTLED_STEPS,
    "alive": ALIVE_NATS,
}
_ONE_PER_CENT = mark(
    "1 % is one per cent of what this training has gained since its first epochs. The time is a forecast:"
    " the curve of the last epochs, continued."
)
_WORDS = {  # sentence, advice, explanation
    Kind.STARTED: (
        mark("Just started: the curve says little yet."),
        "",
        mark(
            "Progress shows after at least {fewest_epochs} epochs and {fewest_steps} steps, anything"
            " else after {settled_epochs} epochs and {settled_steps:,} steps."
        ),
    ),
    Kind.COLLAPSED: (
        mark("Collapsed: {unused}."),
        mark("Start a new training, unless the pictures differ in one way only."),
        mark(
            "A number says nothing while its KL stays below {alive:g} nats (posterior collapse). To avoid"
            " it, a training begins with a small weight of the KL and a small variance of the pixels, and"
            " numbers that were put out for a while came back by themselves. One that stays out is not worth"
            " its KL: the pictures differ in fewer ways, or steps were so large that the network was spoilt."
        ),
    ),
    Kind.WORSE: (
        mark("Getting worse rather than better; the best weights so far are kept."),
        mark("Stopping now would lose nothing."),
        mark(
            "Over the last half of the training time, the curve rose by 1 % or more of what was gained"
            " before."
        ),
    ),
    Kind.IMPROVING: (mark("Still improving: {wait} for the next 1 %."), "", "{one_per_cent}"),
    Kind.MEMORISING: (
        mark("Memorising: the held-out pictures no longer get better, only the others do."),
        mark("More pictures help{or_mirror}. The best weights are kept."),
        mark(
            "Held-out pictures are never learnt from. When they no longer get better while the others do,"
            " single pictures are learnt by heart (overfitting) and not what they have in common."
        ),
    ),
    Kind.GOOD_ENOUGH: (
        mark("Good enough: the next 1 % would take {wait}."),
        mark("Stopping now would lose little."),
        mark("{one_per_cent} It is more than a fifth of the training time so far."),
    ),
    Kind.BLURRY: (
        mark(
            "Levelled off: {numbers} only about {told_apart:,.0f} of {pictures:,} pictures apart; what"
            " is finer stays blurry."
        ),
        mark("More numbers a picture would keep more."),
        mark(
            "The KL measures how much a picture's numbers say about it: with so many nats, no more than"
            " about e to that power of pictures can be told apart. What is not told apart comes out as"
            " its average."
        ),
    ),
    Kind.LEVELLED_OFF: (
        mark("Levelled off: training longer would change little."),
        "{unneeded}",
        mark("{one_per_cent} It would take longer than the whole training so far, or never come."),
    ),
}
