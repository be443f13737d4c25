"""Choosing what to turn a folder's pictures into, from a look at some of them."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from training.decode_pool import Decoded, DecodePool, decode_frames
from training.errors import VaeError
from training.image_format import ImageFormat
from training.language import mark, tr
from training.setting_help import Background, Framing

SIZES = (32, 64, 128)
SURVEYED = 200
SURVEY_FORMAT = ImageFormat(64, 3, "fit")
LONG = 1.6  # times as long as wide; photos are 1.33 or 1.5
NOT_SQUARE = 1.05
LIGHT = 170.0  # of 255; twice as near to white as to black


@dataclass(frozen=True)
class Survey:
    """The image format that suits a folder, and why, in one plain sentence."""

    image_format: ImageFormat
    reason: str


@dataclass(frozen=True)
class _Look:
    """What a survey wants to know of one picture.

    Attributes:
        size: width and height in pixels.
        edge_lightness: see :class:`training.picture_render.Picture`.
    """

    size: tuple[int, int]
    grey: bool
    edge_lightness: float | None


def survey(
    paths: Sequence[Path],
    n_found: int,
    *,
    with_films: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
) -> Survey | None:
    """Choose an image format from up to 200 readable pictures, spread evenly over ``paths``.

    They are decoded in worker processes: a picture may crash or hang a decoder.

    Args:
        n_found: how many pictures there are in all.
        with_films: look at the first frames of films, too.

    Returns:
        None when it was stopped.

    Raises:
        VaeError: when none of the pictures is readable, or worker processes cannot be started.
    """
    looks: list[_Look] = []
    with DecodePool(SURVEY_FORMAT, decode_one=_first_frame, every_frame=int(with_films)) as pool:
        for decoded in pool.decode(spread(paths), should_stop=should_stop):
            if decoded.pixels is not None:
                size = decoded.width, decoded.height
                looks.append(_Look(size, _is_grey(decoded.pixels), decoded.edge_lightness))
            if len(looks) == SURVEYED:
                break
    return None if should_stop() else _choose_format(looks, n_found)


def _first_frame(path: Path, image_format: ImageFormat, every_frame: int) -> Iterator[Decoded | None]:
    return islice(decode_frames(path, image_format, every_frame), 1)


def spread(paths: Sequence[Path]) -> Iterator[Path]:
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
            advice=tr("Choose a folder with pictures in it: JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF."),
        )
    framing, why_framing = _choose_framing(looks)
    grey = sum(look.grey for look in looks) >= 0.98 * len(looks)
    size, why_size = _choose_size(looks, framing, grey, n_found)
    background, why_background = _choose_background(looks)
    reasons = "; ".join(filter(None, (why_size, why_framing, why_background)))
    return Survey(ImageFormat(size, 1 if grey else 3, framing, background), reasons + ".")


def _choose_size(looks: Sequence[_Look], framing: Framing, grey: bool, n_found: int) -> tuple[int, str]:
    """Not much larger than the pictures, and so that it can be learnt in some minutes."""
    sides = [max(look.size) if framing == "fit" else min(look.size) for look in looks]
    side = round(median(sides))
    small, medium, large = SIZES
    size = small if side <= 40 else medium if side <= 96 or n_found > 1500 else large
    words = {
        (False, False): mark("A typical picture is {side:,} pixels on its shorter side"),
        (False, True): mark("A typical picture is {side:,} pixels on its longer side"),
        (True, False): mark("A typical picture is grey and {side:,} pixels on its shorter side"),
        (True, True): mark("A typical picture is grey and {side:,} pixels on its longer side"),
    }
    reason = tr(words[grey, framing == "fit"], side=side)
    if size == medium and side > 96:
        too_long = mark("{large}×{large} would take very long to learn from {pictures:,} pictures")
        reason += "; " + tr(too_long, large=large, pictures=n_found)
    return size, reason


def _choose_framing(looks: Sequence[_Look]) -> tuple[Framing, str]:
    """The square in the middle, unless that would cut off much: of long pictures, or of cut-out figures,
    whose surroundings can be continued without anybody's noticing.
    """
    aspect = median(max(look.size) / min(look.size) for look in looks)
    if aspect > LONG:
        return "fit", tr(
            "it is {aspect:.1f} times as long as it is wide, so pictures are shown whole", aspect=aspect
        )
    if aspect > NOT_SQUARE and 2 * sum(look.edge_lightness is not None for look in looks) > len(looks):
        return "fit", tr("most are cut out and not square, so they are shown whole")
    return "crop", ""


def _choose_background(looks: Sequence[_Look]) -> tuple[Background, str]:
    """White, unless what is cut out is so light that it would be hard to see on it."""
    edges = [look.edge_lightness for look in looks if look.edge_lightness is not None]
    if not edges:
        return "white", ""
    if median(edges) > LIGHT:
        return "black", tr("what is cut out is light at its edge, so it is shown on black")
    return "white", tr("what is cut out is shown on white")
