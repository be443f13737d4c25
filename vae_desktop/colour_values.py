"""From what is known of the pictures to their colours on the plane, with words for a legend."""

import datetime
import math

import numpy as np
from numpy.typing import NDArray

from training.language import number, tr, trn
from training.picture_facts import PictureFacts
from vae_desktop.plain_words import one_line, short_date, short_month
from vae_desktop.plane_colouring import MOST_NAMED, Colouring, Scale, named, scaled, unknown
from vae_desktop.plane_view import tick_values

_EXTREME = 1.0  # per cent of the pictures at either end that do not stretch the scale
_MOST_TICKS = 6
_DAY = 86_400.0


def by_folder(facts: PictureFacts, source: str) -> Colouring:
    """A colour for each of the folders with most pictures; ``source`` is what the one above is called."""
    if len(facts.folders) <= 1:
        return unknown(tr("All your pictures lie in one folder."))
    shown = facts.folders[:MOST_NAMED]
    classes = np.where(facts.folder_of < len(shown), facts.folder_of + 1, 0).astype(np.uint8)
    rest = len(facts.folders) - len(shown)
    other = trn("{count} other folder", "{count} other folders", rest)
    return named(classes, tuple(one_line(name or source) for name in shown), other=other)


def by_error(errors: NDArray[np.float32]) -> Colouring:
    """From the best to the worst reconstruction; ``errors`` [n], 0 to 1, NaN where not known."""
    low, high = _span(errors, 0.005)
    values, decimals = tick_values(low * 100, high * 100, _MOST_TICKS)
    ticks = tuple(((v / 100 - low) / (high - low), f"{number(v, f'.{decimals}f')} %") for v in values)
    title = tr("how far off reconstructions are")
    return scaled(errors, low, high, Scale(title, ticks))


def by_time(times: NDArray[np.float64]) -> Colouring:
    """From the oldest file to the newest; ``times`` [n], seconds since 1970, not above 0 where not known."""
    dated = np.where(times > 0, times, np.nan)
    if not np.isfinite(dated).any():
        return unknown(tr("Your files have no dates."))
    first, last = float(np.nanmin(dated)), float(np.nanmax(dated))
    if last - first < 1.0:
        return unknown(tr("All your files are of the same time, {time}.", time=_moment(first, 0.0)))
    low, high = _span(dated, 1.0)
    shares = (0.0, 0.5, 1.0)
    ticks = tuple((share, _moment(low + share * (high - low), high - low)) for share in shares)
    missing = int(np.count_nonzero(~np.isfinite(dated)))
    note = tr("{count:,} without a date are grey", count=missing) if missing else ""
    return scaled(dated, low, high, Scale(tr("when the file was last changed"), ticks), note)


def _span(values: NDArray[np.floating], least: float) -> tuple[float, float]:
    """What a scale reaches from and to: all values but the most extreme, at least ``least``."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, least
    low, high = (float(each) for each in np.percentile(known.astype(np.float64), (_EXTREME, 100 - _EXTREME)))
    return (low, high) if high - low >= least else ((low + high - least) / 2, (low + high + least) / 2)


def _moment(seconds: float, span: float) -> str:
    """A moment in local time, as exactly as tells it from others within a span, both in seconds."""
    try:
        moment = datetime.datetime.fromtimestamp(seconds).astimezone()
    except (OverflowError, OSError, ValueError):
        return "?"
    if 0 < span < _DAY / 4:
        return f"{moment:%H:%M}"
    if 0 < span < 3 * _DAY:
        return f"{short_date(moment)} {moment:%H:%M}"
    return f"{short_date(moment)} {moment.year}" if span < 3 * 365 * _DAY else short_month(moment)


def share_of(done: int, of: int) -> str:
    """How far something is, in per cent."""
    return f"{math.floor(100 * done / max(of, 1))} %"
