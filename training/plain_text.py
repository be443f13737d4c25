"""Text from outside, such as names of files, made fit to be shown among words of ours."""

import re
import unicodedata

_HARMLESS = {"\u200d"}  # the zero-width joiner holds emoji together
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"  # what is in between turns nothing around it
_ISOLATED = re.compile("\u2068([^\u2066-\u2069]*)\u2069")


def plain(text: str) -> str:
    """The text without line breaks, control and direction-changing characters, so it cannot fake other text.

    Undecodable bytes of file names (lone surrogates) become the replacement character. A text with letters
    that run from right to left is isolated, so that it does not turn the words that it is put among; what is
    isolated already stays so.
    """
    parts = _ISOLATED.split(text)
    if len(parts) == 1:
        shown = _cleaned(text)
        return _isolated(shown) if _runs_from_right_to_left(shown) else shown
    inside = [_isolated(_cleaned(part)) for part in parts[1::2]]
    outside = [_cleaned(part) for part in parts[::2]]
    return outside[0] + "".join(a + b for a, b in zip(inside, outside[1:], strict=True))


def _isolated(text: str) -> str:
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}"


def _runs_from_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(character) in {"R", "AL"} for character in text)


def _cleaned(text: str) -> str:
    return "".join(_harmless(character) for character in text)


def _harmless(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cs":
        return "\ufffd"
    if character not in _HARMLESS and kind in {"Cc", "Cf", "Zl", "Zp"}:
        return " "
    return character
