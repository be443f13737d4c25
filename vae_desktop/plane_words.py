"""What the plane shows, in words, for whoever cannot see it or wants it exactly."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.language import mark, tr, trn
from vae_desktop.plain_words import in_sentence, one_line
from vae_desktop.plane_view import signed

Place = tuple[float, float]


@dataclass(frozen=True)
class HandleFacts:
    """What is to be told of a handle.

    Attributes:
        title: what it is called.
        place: on the plane.
        is_active: whether keys and clicks move it.
        is_locked: whether no hand moves it.
        nearest: the nearest picture's name ('' for an unknown one) and how far it is in σ; None for none.
        measured: the measured map's value there, in words; "" where there is none.
    """

    title: str
    place: Place
    is_active: bool = False
    is_locked: bool = False
    nearest: tuple[str, float] | None = None
    measured: str = ""


@dataclass(frozen=True)
class PlaneFacts:
    """What is to be told.

    Attributes:
        mode: what is drawn, as the menu says it.
        extent: z1_min, z1_max, z2_min, z2_max of what is in sight.
        axes: what the two directions are called.
        places: [n, 2], where the pictures lie.
        held_out: how many of them are; None where that is not known.
        handles: in their order.
        measured: what the measured map shows, a sentence or more; "" where none is shown.
    """

    mode: str
    extent: tuple[float, float, float, float]
    axes: tuple[str, str]
    places: NDArray[np.float32]
    held_out: int | None
    handles: Sequence[HandleFacts]
    measured: str = ""


def plane_in_words(facts: PlaneFacts) -> str:
    """The whole plane, a paragraph for what is seen, one for the pictures, a line for each handle."""
    return "\n\n".join([_seen(facts), _pictures(facts), _handles(facts)])


def _seen(facts: PlaneFacts) -> str:
    across, up = facts.axes
    left, right, bottom, top = (signed(value, 2) for value in facts.extent)
    shown = tr("Shown: {mode}.", mode=in_sentence(facts.mode))
    sight = tr(
        "In sight: {across} from {left} to {right}, {up} from {bottom} to {top}, in σ of the prior.",
        across=across,
        left=left,
        right=right,
        up=up,
        bottom=bottom,
        top=top,
    )
    return "\n".join(filter(None, [shown, facts.measured, sight]))


def _pictures(facts: PlaneFacts) -> str:
    number = len(facts.places)
    if not number:
        return tr("It is not known yet where your pictures lie.")
    left, right, bottom, top = facts.extent
    x, y = facts.places[:, 0], facts.places[:, 1]
    in_sight = int(np.count_nonzero((x >= left) & (x <= right) & (y >= bottom) & (y <= top)))
    middle, spread = facts.places.mean(0), facts.places.std(0)
    lie = trn("{count} picture lies on the plane", "{count} pictures lie on the plane", number)
    if facts.held_out is not None:
        lie = tr("{pictures}, {held_out:,} held out", pictures=lie, held_out=facts.held_out)
    seen = tr("all in sight") if in_sight == number else tr("{count:,} in sight", count=in_sight)
    if not in_sight:
        seen = tr("none in sight")
    spreads = tr(
        "Their middle: {place}; they spread by {across:.2f} across and {up:.2f} up.",
        place=_place(facts, (float(middle[0]), float(middle[1]))),
        across=spread[0],
        up=spread[1],
    )
    return f"{lie}; {seen}.\n{spreads}"


def _handles(facts: PlaneFacts) -> str:
    number = len(facts.handles)
    lines = [trn("{count} handle:", "{count} handles:", number) if number else tr("There is no handle.")]
    return "\n".join([*lines, *(_handle(facts, handle) for handle in facts.handles)])


def _handle(facts: PlaneFacts, handle: HandleFacts) -> str:
    left, right, bottom, top = facts.extent
    is_seen = left <= handle.place[0] <= right and bottom <= handle.place[1] <= top
    marks = {
        tr("chosen"): handle.is_active and len(facts.handles) > 1,
        tr("locked"): handle.is_locked,
        tr("out of sight"): not is_seen,
    }
    marked = ", ".join(words for words, is_so in marks.items() if is_so)
    title = one_line(handle.title) + (f" ({marked})" if marked else "")
    nearest = ""
    if handle.nearest is not None:
        name, distance = handle.nearest
        words = mark("nearest: {name}, {distance:.2f} σ away")
        nearest = "; " + tr(words, name=one_line(name) or tr("a picture"), distance=distance)
    measured = f"; {one_line(handle.measured)}" if handle.measured else ""
    return f"{title}: {_place(facts, handle.place)}{nearest}{measured}."


def _place(facts: PlaneFacts, place: Place) -> str:
    across, up = facts.axes
    return f"{across} {signed(place[0], 2)}, {up} {signed(place[1], 2)}"
