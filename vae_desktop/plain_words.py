"""Text from outside made harmless, and numbers and times in plain words."""

import datetime
import html

from PySide6.QtCore import QLocale

from training.language import SOURCE, chosen_language, number, tr, trn
from training.plain_text import plain

_MANY_MINUTES = 90


def one_line(text: str) -> str:
    """As :func:`training.plain_text.plain` has it."""
    return plain(text)


def kept_together(text: str) -> str:
    """The text for a label with several rows, where none is to begin with the sign of a per cent."""
    return text.replace(" %", "\u00a0%")


def tooltip_text(text: str) -> str:
    """The text for a tooltip, which Qt would otherwise read as HTML when it looks like it."""
    return f"<qt>{html.escape(one_line(text))}</qt>" if text else ""


def menu_text(text: str) -> str:
    """The text for a menu entry or button, where an ampersand would become a mnemonic."""
    return one_line(text).replace("&", "&&")


def without_mnemonic(text: str) -> str:
    """What a menu entry or button says, without the ampersands that underline letters."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def in_sentence(title: str) -> str:
    """A title as it stands within a sentence: in English it begins with a small letter there."""
    return title[:1].lower() + title[1:] if chosen_language() == SOURCE else title


def duration(seconds: float) -> str:
    """A duration as a person would say it: '8 s', '3 min', '2 h 10 min'."""
    if seconds < 1:
        return tr("less than 1 s")
    if seconds < 59.5:
        return tr("{seconds:.0f} s", seconds=seconds)
    minutes = round(seconds / 60)
    if minutes < _MANY_MINUTES:
        return tr("{minutes} min", minutes=minutes)
    hours, rest = divmod(minutes, 60)
    if rest and hours < 10:
        return tr("{hours} h {rest} min", hours=hours, rest=rest)
    return tr("{hours} h", hours=hours)


def exact_duration(seconds: float) -> str:
    """A duration to follow as it grows: '0.4 s', '8 s', '2 min 10 s', '2 h 10 min'."""
    if seconds < 9.95:
        return tr("{seconds:.1f} s", seconds=seconds)
    whole = round(seconds)
    if whole < 60:
        return tr("{seconds:.0f} s", seconds=whole)
    if whole < 3600:
        return tr("{minutes} min {rest} s", minutes=whole // 60, rest=whole % 60)
    return tr("{hours} h {rest} min", hours=whole // 3600, rest=whole % 3600 // 60)


def pictures(number: int) -> str:
    """'1 picture', '1,204 pictures'."""
    return trn("{count} picture", "{count} pictures", number)


def epochs(number: int) -> str:
    """'1 epoch', '1,204 epochs'."""
    return trn("{count} epoch", "{count} epochs", number)


def figure(value: float) -> str:
    """A figure in nats, with the minus sign that people write: '1,204.5', '−3.0'."""
    return number(value, ",.1f").replace("-", "−")


def long_date(day: datetime.date) -> str:
    """A day with the month's name: '3 September 2026'."""
    month = QLocale(chosen_language()).monthName(day.month)
    return tr("{day} {month} {year}", day=day.day, month=month, year=day.year)


def short_month(day: datetime.date) -> str:
    """A month: 'Sep 2026'."""
    return f"{QLocale(chosen_language()).monthName(day.month, QLocale.FormatType.ShortFormat)} {day.year}"


def short_date(day: datetime.date) -> str:
    """A day of this year: '3 Sep'."""
    month = QLocale(chosen_language()).monthName(day.month, QLocale.FormatType.ShortFormat)
    return tr("{day} {month}", day=day.day, month=month)
