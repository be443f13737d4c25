"""Choosing what to turn a folder's pictures into, from a look at some of them."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from training.decode_pool import DecodePool
from training.errors import VaeError
from training.image_format import ImageFormat
from training.language import mark, tr

SIZES = (32, 64, 128)
SURVEYED = 200
SURVEY_FORMAT = ImageFormat(64, 3)


@dataclass(frozen=True)
class Survey:
    """The image format that suits a folder, and why, in one plain sentence."""

    image_format: ImageFormat
    reason: str


@dataclass(frozen=True)
class _Look:
    """What a survey wants to know of one picture: its shorter side in pixels, and whether it is grey."""

    short_side: int
    grey: bool


def survey(
    paths: Sequence[Path], n_found: int, *, should_stop: Callable[[], bool] = lambda: False
) -> Survey | None:
    """Choose an image format from up to 200 readable pictures, spread evenly over ``paths``.

    They are decoded in worker processes: a picture may crash or hang a decoder.

    Args:
        n_found: how many pictures there are in all.

    Returns:
        None when it was stopped.

    Raises:
        VaeError: when none of the pictures is readable, or worker processes cannot be started.
    """
    looks: list[_Look] = []
    with DecodePool(SURVEY_FORMAT) as pool:
        for decoded in pool.decode(_spread(paths), should_stop=should_stop):
            if decoded.pixels is not None:
                looks.append(_Look(decoded.short_side, _is_grey(decoded.pixels)))
            if len(looks) == SURVEYED:
                break
    return None if should_stop() else _choose_format(looks, n_found)


def _spread(paths: Sequence[Path]) -> Iterator[Path]:
    """Every path once, in an order whose every beginning is spread evenly over ``paths``."""
    n = len(paths)
    step = max(round(n * (math.sqrt(5) - 1) / 2), 1)  # the golden section leaves no large gap at any time
    while math.gcd(step, n) > 1:
        step += 1
    return (paths[i * step % n] for i in range(n))


def _is_grey(pixels: NDArray[np.uint8]) -> bool:
    """Whether the channels of a uint8 [S, S, 3] picture are alike (within 8 of 255) almost everywhere."""
    return bool(np.mean(np.ptp(pixels, axis=2) <= 8) >= 0.99)


def _choose_format(looks: Sequence[_Look], n_found: int) -> Survey:
    if not looks:
        raise VaeError(
            tr("None of the {count:,} files found is a picture that can be read.", count=n_found),
            advice=tr("Choose a folder with pictures in it: JPEG, PNG, WebP, AVIF, GIF, BMP or TIFF."),
        )
    side = round(median(look.short_side for look in looks))
    small, medium, large = SIZES
    size = small if side <= 40 else medium if side <= 96 or n_found > 1500 else large
    grey = sum(look.grey for look in looks) >= 0.98 * len(looks)
    words = mark("A typical picture is {side:,} pixels on its shorter side")
    if grey:
        words = mark("A typical picture is grey and {side:,} pixels on its shorter side")
    reasons = [tr(words, side=side)]
    if size == medium and side > 96:
        too_long = mark("{large}×{large} would take very long to learn from {pictures:,} pictures")
        reasons.append(tr(too_long, large=large, pictures=n_found))
    return Survey(ImageFormat(size, 1 if grey else 3), "; ".join(reasons) + ".")
