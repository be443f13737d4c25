"""Whether a decoding is new or a copy: judged by how far one's own pictures are from each other.

Tests of data-copying compare how near drawn pictures are to those that were learnt from with how near other
pictures are to these (Meehan, Chaudhuri, Dasgupta 2020, *A Non-Parametric Test to Detect Data-Copying in
Generative Models*); of a single one, its distance is judged by those of the neighbourhood, since some
pictures have all others near (Carlini et al. 2023, *Extracting Training Data from Diffusion Models*, section
4.2). Both are done here: the *gap* of a picture is its distance to the nearest one that is not the same.

A decoding is smoother than pictures, and thus nearer to them than they are to each other: to be nearer than
most of them are says little (of prior samples of a plane through 12,000 pictures of clothes, a sixth is
nearer than 95 % of these). Let pictures that are near each other differ by independent details of length s.
Then their gap is √2 s or more, and what has none of a picture's own details is at least s from it, 0.7 of the
gap where pictures lie densely (of 200 of those samples, 3 had less than 0.7, and none 0.66). Less than
half the gap thus takes details of that very picture, or a likeness to it where nothing else is like it: this
is called a copy, provided that it is no farther than the median gap, without which a blur of a picture unlike
all others would be one. By the triangle's inequality, no other picture is as near.

New is what is farther from every picture than the median gap, that is, than most pictures are from each
other. Smoothness makes this rarer, never more frequent; and of pictures that really are new, half are called
so: the others are as like one of those learnt from as these are like each other.
"""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.language import tr

FEWEST_GAPS = 10
"""Fewer tell nothing."""

COPY_SHARE = 0.5
"""Of a picture's gap; nearer is a copy."""


class Verdict(enum.Enum):
    """What a decoding is."""

    COPY = "copy"
    BETWEEN = "between"
    NEW = "new"


@dataclass(frozen=True)
class Novelty:
    """How a decoding's distance to the nearest picture compares.

    Attributes:
        verdict: what it is.
        farther_than: the share of the pictures' gaps that are smaller than the distance, 0 to 1.
    """

    verdict: Verdict
    farther_than: float

    def sentence(self, *, held_out: bool) -> str:
        """What to say; ``held_out`` if the nearest picture is one that was never learnt from."""
        if self.verdict is Verdict.COPY and held_out:
            return tr("Very like this picture of yours, though the model has never learnt from it.")
        if self.verdict is Verdict.COPY:
            return tr("Nearly a copy of this picture: not half as far from it as any other of yours is.")
        if self.verdict is Verdict.NEW:
            # Rounded down, and never all: the gaps are those of some of the pictures.
            percent = min(int(100 * self.farther_than), 99)
            return tr(
                "Something new: farther from all your pictures than {percent} % of them are from their"
                " nearest.",
                percent=percent,
            )
        return tr("Between: about as near to one of yours as they are to each other.")


def judge(distance: float, gap: float | None, gaps: NDArray[np.float64]) -> Novelty | None:
    """Judge a decoding.

    Args:
        distance: to the nearest picture.
        gap: from that picture to the nearest one that is not the same; None where there is none.
        gaps: [m], ascending, of pictures evenly chosen. All three in one unit.

    Returns:
        None where too little is known of the pictures.
    """
    if gap is None or len(gaps) < FEWEST_GAPS:
        return None
    farther_than = float(np.searchsorted(gaps, distance)) / len(gaps)
    if farther_than > 0.5:
        return Novelty(Verdict.NEW, farther_than)
    is_copy = distance < COPY_SHARE * gap
    return Novelty(Verdict.COPY if is_copy else Verdict.BETWEEN, farther_than)
