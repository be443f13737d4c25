"""What is told of guests, in plain words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from vae_desktop.guest_reader import Reading
from vae_desktop.guests import MOST_GUESTS, Guest
from vae_desktop.plain_words import count, one_line
from vae_desktop.plane_view import signed

_MOST_NAMED = 3
_MOST_NUMBERS = 4


def numbers_text(values: NDArray[np.float32]) -> str:
    """Latent numbers, the first ones of many."""
    shown = ", ".join(signed(value, 2) for value in values[:_MOST_NUMBERS].tolist())
    return shown + (" …" if len(values) > _MOST_NUMBERS else "")


def summary(guest: Guest, comparison: str) -> str:
    """A guest in a line, for the status bar."""
    if guest.encoded is None:
        return f"{guest.name} is being placed."
    told = f"{guest.name}: μ {numbers_text(guest.encoded.mean)}, σ {numbers_text(guest.encoded.sigma)}."
    return f"{told} {comparison}." if comparison else told


def comparison_text(worse: int, all_: int) -> str:
    """How well a guest is reconstructed, beside the held-out pictures.

    Args:
        worse: of how many held-out pictures the reconstruction is farther off.
        all_: how many there are.
    """
    return f"Reconstructed more closely than {worse:,} of {all_:,} held-out pictures"


def problem_text(reading: Reading) -> str:
    """What is to be told once pictures were read; '' where all of them were placed."""
    if reading.failure:
        return reading.failure
    failed = [(each.wanted.name, each.reason) for each in reading.results if each.reason is not None]
    placed = len(reading.results) - len(failed)
    left_out = reading.asked - len(reading.wanted)
    sentences = []
    if left_out:
        sentences.append(
            f"{count(placed, 'picture')} of {reading.asked:,} {_was(placed)} placed: "
            f"the plane takes {MOST_GUESTS} guests, and {left_out:,} were left out."
        )
    elif failed and placed:
        sentences.append(f"{count(placed, 'picture')} of {reading.asked:,} {_was(placed)} placed.")
    if failed:
        sentences.append(_not_placed(failed))
    return " ".join(sentences)


def full_text(asked: int) -> str:
    """Why no more guests are taken."""
    these = "This picture was" if asked == 1 else f"These {asked:,} pictures were"
    there = f"There are {MOST_GUESTS} guests on the plane, which is the most."
    return f"{there} {these} not placed: remove some first."


def _was(number: int) -> str:
    return "was" if number == 1 else "were"


def _not_placed(failed: Sequence[tuple[str, str | None]]) -> str:
    named = "; ".join(f"“{one_line(name)}”: {reason}" for name, reason in failed[:_MOST_NAMED])
    more = f"; and {len(failed) - _MOST_NAMED:,} more" if len(failed) > _MOST_NAMED else ""
    return f"Not placed: {named}{more}."
