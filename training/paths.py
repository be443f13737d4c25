"""Paths through the latent space: a curve through stops, and where on it one is at which time."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.language import tr

Floats = NDArray[np.float64]

MOST_STOPS = 500
MOST_SECONDS = 3_600.0
LOWEST_SPEED, HIGHEST_SPEED = 0.01, 100.0  # σ of the prior a second
_SAMPLES = 200  # of a curved leg; its length is then right to some millionths


class PathKind(StrEnum):
    """How a path goes from one stop to the next."""

    STRAIGHT = "straight"
    SMOOTH = "smooth"
    DATA = "data"  # where pictures change least: see geodesics


class Easing(StrEnum):
    """How the speed changes on the way."""

    NONE = "none"
    LEGS = "legs"  # slowly away from each stop, slowly towards the next


@dataclass(frozen=True)
class PathSettings:
    """How a path goes through its stops, and how fast.

    Attributes:
        closed: whether it returns to its first stop.
        pause: seconds at every stop.
        speed: σ of the prior a second.
        seconds: how long the whole takes, pauses included; None leaves that to the speed.

    Raises:
        ValueError: a number is out of its bounds.
    """

    kind: PathKind = PathKind.SMOOTH
    closed: bool = False
    easing: Easing = Easing.NONE
    pause: float = 0.0
    speed: float = 1.0
    seconds: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.pause <= MOST_SECONDS:
            raise ValueError(f"a pause of {self.pause} seconds")
        if not LOWEST_SPEED <= self.speed <= HIGHEST_SPEED:
            raise ValueError(f"a speed of {self.speed}")
        if self.seconds is not None and not 0.1 <= self.seconds <= MOST_SECONDS:
            raise ValueError(f"a path of {self.seconds} seconds")

    def as_json(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self) | {"kind": self.kind.value, "easing": self.easing.value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The same back; raises ValueError, TypeError or KeyError where it is none of ours."""
        if set(value) != {field.name for field in fields(cls)}:
            raise ValueError("not the settings of a path")
        seconds = value["seconds"]
        return cls(
            PathKind(value["kind"]),
            bool(value["closed"]),
            Easing(value["easing"]),
            float(value["pause"]),
            float(value["speed"]),
            None if seconds is None else float(seconds),
        )


class Curve:
    """A curve through stops by its arc length, so that equal steps along it are equally long.

    Args:
        legs: from each stop to the next, [m, d] each, m ≥ 2, closely sampled; a leg begins where the one
            before it ends.

    Attributes:
        points: [n, d], samples of the whole.
        legs: [n], which leg each of the points belongs to.
        stops: how far along the curve the stops lie, ascending, the end of the last leg included.

    Raises:
        VaeError: the stops all lie at one place.
    """

    def __init__(self, legs: Sequence[Floats]) -> None:
        self.points = np.concatenate([legs[0], *(leg[1:] for leg in legs[1:])])
        steps = np.linalg.norm(np.diff(self.points, axis=0), axis=1)
        self._along = np.concatenate([[0.0], np.cumsum(steps)])
        ends = np.cumsum([0, *(len(leg) - 1 for leg in legs)])
        self.stops = self._along[ends]
        self.legs = np.repeat(
            np.arange(len(legs)), [len(leg) - (number > 0) for number, leg in enumerate(legs)]
        )
        if self.length == 0.0:
            raise VaeError(tr("The stops of this path all lie at one place."), advice=tr("Move one of them."))

    @property
    def length(self) -> float:
        """In latent units, which are σ of the prior."""
        return float(self._along[-1])

    def at(self, along: Floats) -> Floats:
        """Points [n, d] at distances [n] from the beginning; before it and beyond the end, these."""
        along = np.clip(along, 0.0, self.length)
        after = np.clip(np.searchsorted(self._along, along, side="right"), 1, len(self._along) - 1)
        low, high = self._along[after - 1], self._along[after]
        share = np.where(high > low, (along - low) / np.where(high > low, high - low, 1.0), 0.0)[:, None]
        found: Floats = (1 - share) * self.points[after - 1] + share * self.points[after]
        return found


def curve(stops: Floats, kind: PathKind, *, closed: bool) -> Curve:
    """A straight or smooth curve through stops [n, d]; one along the data is smooth until it is known.

    Raises:
        VaeError: there are not two stops, or all lie at one place.
    """
    return Curve(straight_legs(stops, closed) if kind is PathKind.STRAIGHT else smooth_legs(stops, closed))


def pairs(stops: Floats, closed: bool) -> list[tuple[Floats, Floats]]:
    """Where each leg begins and ends; raises :class:`VaeError` unless there are two stops."""
    if len(stops) < 2:
        raise VaeError(tr("A path needs two stops."), advice=tr("Click on the plane to add one."))
    following = np.roll(stops, -1, axis=0)
    count = len(stops) if closed else len(stops) - 1
    return list(zip(stops[:count], following[:count], strict=True))


def straight_legs(stops: Floats, closed: bool) -> list[Floats]:
    """Straight from each of the stops [n, d] to the next."""
    return [np.stack(pair) for pair in pairs(stops, closed)]


def smooth_legs(stops: Floats, closed: bool) -> list[Floats]:
    """The centripetal Catmull-Rom curve through stops [n, d]: no cusps, no loops within a leg.

    By the recursion of Barry & Goldman, "A recursive evaluation algorithm for a class of Catmull-Rom splines"
    (SIGGRAPH 1988), with the knots of Yuksel, Schaefer & Keyser, "Parameterization and applications of
    Catmull-Rom curves" (CAD 43, 2011): √distance apart. An open curve ends as if mirrored at its ends.
    """
    pairs(stops, closed)  # enough of them?
    differs = np.any(stops != np.roll(stops, 1, axis=0), axis=1)
    differs[0] = differs[0] or not closed  # the first one has none before it
    distinct = stops[differs]
    if len(distinct) < 2:
        return straight_legs(stops, closed)
    curved = iter(_curved_legs(distinct, closed))
    # Two stops at one place have a leg without length between them.
    return [
        np.stack([start, end]) if (start == end).all() else next(curved)
        for start, end in pairs(stops, closed)
    ]


def _curved_legs(stops: Floats, closed: bool) -> list[Floats]:
    if closed:
        around = np.concatenate([stops[-1:], stops, stops[:2]])
    else:
        before, after = 2 * stops[0] - stops[1], 2 * stops[-1] - stops[-2]
        around = np.concatenate([before[None], stops, after[None]])
    return [_catmull_rom(around[first : first + 4]) for first in range(len(around) - 3)]


def _catmull_rom(four: Floats) -> Floats:
    """The curve [_SAMPLES + 1, d] from the second to the third of four points, neighbours differing."""
    knots = np.concatenate([[0.0], np.cumsum(np.sqrt(np.linalg.norm(np.diff(four, axis=0), axis=1)))])
    at = np.linspace(knots[1], knots[2], _SAMPLES + 1)[:, None]

    def between(low: int, high: int, first: Floats, second: Floats) -> Floats:
        share = (at - knots[low]) / (knots[high] - knots[low])
        mixed: Floats = (1 - share) * first + share * second
        return mixed

    edges = [between(i, i + 1, four[i], four[i + 1]) for i in range(3)]
    corners = [between(i, i + 2, edges[i], edges[i + 1]) for i in range(2)]
    leg = between(1, 2, *corners)
    leg[0], leg[-1] = four[1], four[2]  # but for rounding they are so already
    return leg


class Journey:
    """A curve travelled in time.

    A path that is closed pauses once at every stop; one that is not, at its end, too. Where all is to take
    less time than the pauses, they are shortened to half of it.

    Attributes:
        seconds: how long it takes.
        arrivals: [stops], when each stop is reached, in seconds.
    """

    def __init__(self, curve: Curve, settings: PathSettings) -> None:
        self._curve = curve
        self.closed = settings.closed
        legs = len(curve.stops) - 1
        pauses = legs if settings.closed else legs + 1
        pause, speed = settings.pause, settings.speed
        if settings.seconds is not None:
            pause = min(pause, settings.seconds / 2 / pauses)
            speed = curve.length / (settings.seconds - pauses * pause)
        travel = np.diff(curve.stops) / speed
        leaves = np.concatenate([[0.0], np.cumsum(travel + pause)])[:legs] + pause
        self._times = np.stack([leaves - pause, leaves, leaves + travel], axis=1)  # waits, leaves, arrives
        self._ease = settings.easing is Easing.LEGS
        self.seconds = float(leaves[-1] + travel[-1] + (0.0 if settings.closed else pause))
        self.arrivals: Floats = np.append(self._times[:, 0], self._times[-1, 2])[:pauses]

    def at(self, seconds: Floats) -> Floats:
        """Where one is, [n, d], at times [n]."""
        leg = np.clip(np.searchsorted(self._times[:, 0], seconds, side="right") - 1, 0, len(self._times) - 1)
        _waits, leaves, arrives = self._times[leg].T
        lasting = np.where(arrives > leaves, arrives - leaves, 1.0)
        share = np.clip((seconds - leaves) / lasting, 0.0, 1.0)
        if self._ease:
            share = share * share * (3 - 2 * share)
        start, end = self._curve.stops[leg], self._curve.stops[leg + 1]
        return self._curve.at(start + share * (end - start))

    def frame_times(self, fps: float) -> Floats:
        """When the frames of a film are, in seconds: a closed path's last one is not its first one again."""
        count = max(round(self.seconds * fps), 1)
        last = count - 1 if self.closed else count
        times: Floats = np.linspace(0.0, self.seconds * last / count, last + 1)
        return times

    def frames(self, fps: float) -> Floats:
        """The points [n, d] of a film's frames."""
        return self.at(self.frame_times(fps))


# ---------------------------------------------------------------------- stops by themselves


def random_walk(count: int, latent_dim: int, seed: int, nearness: float = 0.6) -> Floats:
    """Stops [count, latent_dim] of a random walk that stays where the prior expects pictures.

    The Ornstein-Uhlenbeck process around the prior, at even times, begun in its stationary distribution,
    which is the prior: any stop has it, too (Uhlenbeck & Ornstein, "On the theory of the Brownian motion",
    Physical Review 36, 1930).

    Args:
        nearness: correlation of one stop with the next, 0 for none.
    """
    noise = np.random.default_rng(seed).standard_normal((count, latent_dim))
    stops: Floats = noise.copy()
    for number in range(1, count):
        stops[number] = nearness * stops[number - 1] + np.sqrt(1 - nearness**2) * noise[number]
    return stops


def surprise_loop(means: NDArray[np.floating], count: int, seed: int) -> Floats:
    """Stops for a closed path through random ones of the pictures with means [n, d], in a short order.

    Raises:
        VaeError: there are not two pictures.
    """
    if len(means) < 2:
        raise VaeError(tr("There are not two pictures to go through."))
    chosen = np.random.default_rng(seed).choice(len(means), min(count, len(means)), replace=False)
    return _short_round(means[chosen].astype(np.float64))


def _short_round(stops: Floats) -> Floats:
    """The stops in an order whose closed way none of the reversals of 2-opt shortens (Croes 1958)."""
    distances = np.linalg.norm(stops[:, None] - stops[None], axis=2)
    order = list(range(len(stops)))
    improved = True
    while improved:
        improved = False
        for first in range(len(order) - 1):
            for last in range(first + 1, len(order)):
                before, a, b = order[first - 1], order[first], order[last]
                after = order[(last + 1) % len(order)]
                if a == after or before == b:
                    continue
                gain = distances[before, a] + distances[b, after] - distances[before, b] - distances[a, after]
                if gain > 1e-9:
                    order[first : last + 1] = reversed(order[first : last + 1])
                    improved = True
    ordered: Floats = stops[order]
    return ordered
