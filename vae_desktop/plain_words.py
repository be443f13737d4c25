"""Text from outside made harmless, and numbers and times in plain words."""

import html
import unicodedata

_HARMLESS = {"\u200d"}  # the zero-width joiner holds emoji together
_MANY_MINUTES = 90


def one_line(text: str) -> str:
    """The text without line breaks, control and direction-changing characters, so it cannot fake other text.

    Undecodable bytes of file names (lone surrogates) become the replacement character.
    """
    return "".join(_harmless(character) for character in text)


def _harmless(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cs":
        return "\ufffd"
    if character not in _HARMLESS and kind in {"Cc", "Cf", "Zl", "Zp"}:
        return " "
    return character


def tooltip_text(text: str) -> str:
    """The text for a tooltip, which Qt would otherwise read as HTML when it looks like it."""
    return f"<qt>{html.escape(one_line(text))}</qt>" if text else ""


def menu_text(text: str) -> str:
    """The text for a menu entry or button, where an ampersand would become a mnemonic."""
    return one_line(text).replace("&", "&&")


def without_mnemonic(text: str) -> str:
    """What a menu entry or button says, without the ampersands that underline letters."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&")


def duration(seconds: float) -> str:
    """A duration as a person would say it: '8 s', '3 min', '2 h 10 min'."""
    if seconds < 1:
        return "less than 1 s"
    if seconds < 59.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < _MANY_MINUTES:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest and hours < 10 else f"{hours} h"


def exact_duration(seconds: float) -> str:
    """A duration to follow as it grows: '0.4 s', '8 s', '2 min 10 s', '2 h 10 min'."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def count(number: int, noun: str) -> str:
    """A number with its noun: '1 picture', '1,204 pictures'."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
