"""What is told of guests, in plain words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from training.language import tr, trn
from vae_desktop.guest_reader import Reading
from vae_desktop.guests import MOST_GUESTS, Guest
from vae_desktop.plain_words import one_line
from vae_desktop.plane_view import signed

_MOST_NAMED = 3
_MOST_NUMBERS = 4


def numbers_text(values: NDArray[np.float32]) -> str:
    """Latent numbers, the first ones of many."""
    shown = tr(", ").join(signed(value, 2) for value in values[:_MOST_NUMBERS].tolist())
    return shown + (" …" if len(values) > _MOST_NUMBERS else "")


def summary(guest: Guest, comparison: str) -> str:
    """A guest in a line, for the status bar."""
    name = one_line(guest.name)
    if guest.encoded is None:
        return tr("{name} is being placed.", name=name)
    told = f"{name}: μ {numbers_text(guest.encoded.mean)}, σ {numbers_text(guest.encoded.sigma)}."
    return f"{told} {comparison}." if comparison else told


def comparison_text(worse: int, all_: int) -> str:
    """How well a guest is reconstructed, beside the held-out pictures.

    Args:
        worse: of how many held-out pictures the reconstruction is farther off.
        all_: how many there are.
    """
    return tr("Reconstructed more closely than {worse:,} of {all:,} held-out pictures", worse=worse, all=all_)


def problem_text(reading: Reading) -> str:
    """What is to be told once pictures were read; '' where all of them were placed."""
    if reading.failure:
        return reading.failure
    failed = [(each.wanted.name, each.reason) for each in reading.results if each.reason is not None]
    placed = len(reading.results) - len(failed)
    left_out = reading.asked - len(reading.wanted)
    sentences = []
    if left_out:
        taken = tr(
            "the plane takes {most} guests, and {count:,} were left out.", most=MOST_GUESTS, count=left_out
        )
        sentences.append(f"{_placed(placed, reading.asked)}: {taken}")
    elif failed and placed:
        sentences.append(f"{_placed(placed, reading.asked)}.")
    if failed:
        sentences.append(_not_placed(failed))
    return " ".join(sentences)


def full_text(asked: int) -> str:
    """Why no more guests are taken."""
    there = tr("There are {most} guests on the plane, which is the most.", most=MOST_GUESTS)
    these = trn(
        "This picture was not placed: remove some first.",
        "These {count} pictures were not placed: remove some first.",
        asked,
    )
    return f"{there} {these}"


def _placed(placed: int, asked: int) -> str:
    return trn(
        "{count} picture of {asked:,} was placed",
        "{count} pictures of {asked:,} were placed",
        placed,
        asked=asked,
    )


def _not_placed(failed: Sequence[tuple[str, str | None]]) -> str:
    named = [f"“{one_line(name)}”: {tr(reason or '')}" for name, reason in failed[:_MOST_NAMED]]
    if len(failed) > _MOST_NAMED:
        named.append(tr("and {count:,} more", count=len(failed) - _MOST_NAMED))
    return tr("Not placed: {pictures}.", pictures="; ".join(named))
