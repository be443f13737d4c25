"""The language of the texts that people read: English, as it stands in the code, or a translation of it.

A text is looked up by itself: the code reads as the program speaks, and what has no translation is English::

    tr("{used:,} of {found:,} pictures", used=1204, found=1300)

Translations are gettext catalogues, ``resources/translations/CODE.po``. Numbers in a text are written as its
language has them: 1,204.5 in English, 1.204,5 in German. Only the window chooses a language, before it makes
any text; the command line speaks English.
"""

import gettext
import logging
import string
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path, PurePath
from typing import Any

from training.places import resources_folder
from training.plain_text import plain

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""What the program can speak, by ISO 639-1 code: the languages' own names."""
SOURCE = "en"

_SWAPPED = str.maketrans(",.", ".,")  # what German has for the comma and the point in a number
_log = logging.getLogger(__name__)


class _Language(string.Formatter):
    """One language: its code, the translations, and how it writes numbers."""

    def __init__(self, code: str, catalogue: gettext.NullTranslations) -> None:
        self.code, self.catalogue = code, catalogue

    def format_field(self, value: Any, format_spec: str) -> str:
        """As :func:`format` has it in English, but a number with the language's own separators.

        A path is made fit to be shown: its name may have any characters.
        """
        if isinstance(value, PurePath):
            return plain(format(value, format_spec))
        text = format(value, format_spec)
        if self.code == SOURCE or isinstance(value, str | bool) or not _is_number(value):
            return text
        return text.translate(_SWAPPED).replace("%", "\u00a0%")


_ENGLISH = _Language(SOURCE, gettext.NullTranslations())
_chosen = [_ENGLISH]  # one; in a list, because every module that has imported tr() must see another choice


def choose_language(code: str) -> None:
    """Speak a language from now on; English where the code, or its catalogue, is none that we have."""
    _chosen[0] = _ENGLISH
    if code != SOURCE and code in LANGUAGES:
        path = resources_folder() / "translations" / f"{code}.po"
        try:
            _chosen[0] = _Language(code, read_catalogue(path))
        except (OSError, ValueError) as error:
            _log.warning("The translations in %s cannot be used: %s", path, error)


def chosen_language() -> str:
    """The code of the language that is spoken."""
    return _chosen[0].code


def tr(text: str, /, **values: object) -> str:
    """A text in the chosen language, with ``values`` in the place of its ``{names}``."""
    language = _chosen[0]
    found = language.catalogue.gettext(text) if text else ""  # gettext("") is the head of the catalogue
    return language.vformat(found, (), values) if values else found


def trn(one: str, many: str, count: int, /, **values: object) -> str:
    """A text that depends on a number, ``{count}``; a language may have more forms of it than English."""
    language = _chosen[0]
    found = language.catalogue.ngettext(one, many, count)
    return language.vformat(found, (), {"count": number(count), **values})


def mark(text: str) -> str:
    """The text unchanged: it is one to translate, by :func:`tr`, where it is used.

    For what is defined while modules are imported, before a language is chosen.
    """
    return text


def number(value: float, form: str = ",") -> str:
    """A number as the chosen language writes it: 1204.5 as "1,204.5" or "1.204,5".

    Args:
        form: as in :func:`format`.
    """
    return _chosen[0].format_field(value, form)


def size_words(size: int) -> str:
    """A number of bytes as people read it: "3.2 MB"."""
    for unit, factor in (("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if size >= factor:
            return f"{number(size / factor, '.1f')} {unit}"
    return tr("{size} bytes", size=size)


def separators() -> tuple[str, str]:
    """What stands between thousands and before decimals in the chosen language: "," and "." in English."""
    return number(1000)[1], number(0.5, ".1f")[1]


def placeholders(text: str) -> set[tuple[str, str]]:
    """The (name, format) of each ``{name:format}`` in a text.

    Raises:
        ValueError: where its braces do not match.
    """
    return {(name, form or "") for _, name, form, _ in string.Formatter().parse(text) if name is not None}


def read_catalogue(path: Path) -> gettext.GNUTranslations:
    """Read a PO file, without the entries whose placeholders are not those of the English text.

    Raises:
        OSError: it is missing or not a PO file.
        ValueError: it is not text in UTF-8.
    """
    import polib  # noqa: PLC0415 - nobody waits for it who reads English

    catalogue = polib.pofile(str(path), encoding="utf-8")
    for entry in list(catalogue):
        if not _is_sound(entry.msgid, entry.msgid_plural, [entry.msgstr, *entry.msgstr_plural.values()]):
            _log.warning("The translation of %r does not fit it", entry.msgid)
            catalogue.remove(entry)
    return gettext.GNUTranslations(BytesIO(catalogue.to_binary()))


def _is_sound(one: str, many: str, translations: list[str]) -> bool:
    """Whether each translation has the placeholders of the English text; forms for one need not count."""
    try:
        wanted = placeholders(many or one)
        found = [placeholders(text) for text in translations if text]
    except ValueError:
        return False
    uncounted = {("count", "")} if many else set()
    return all(wanted - uncounted <= each <= wanted for each in found)


def _is_number(value: object) -> bool:
    return hasattr(value, "__float__")  # NumPy's have it, too
