"""Finding a title by some of its letters: "opf" finds "Open folder…", and before "Stop and keep for now"."""

import unicodedata
from dataclasses import dataclass

_LETTER, _BESIDE, _WORD_START, _GAP, _LATE = 1.0, 3.0, 4.0, 0.1, 0.02


@dataclass(frozen=True)
class Match:
    """How well a title fits; more is better.

    Attributes:
        score: comparable between titles for the same query only.
        places: indices of the letters that were found, in rising order.
    """

    score: float
    places: tuple[int, ...]


def match(query: str, title: str) -> Match | None:
    """The best way to find the letters of a query in a title, in their order; None when there is none.

    Letters at the beginning of a word and letters side by side count most; case and accents do not count.
    Words of the query that are parted by spaces may come in any order.
    """
    folded = [_fold(letter) for letter in title]
    score, places = 0.0, set[int]()
    for word in query.split():
        found = _best([_fold(letter) for letter in word], folded)
        if found is None:
            return None
        score += found.score
        places.update(found.places)
    return Match(score, tuple(sorted(places)))


def _best(letters: list[str], title: list[str]) -> Match | None:
    """Dynamic programming: for each letter and each place where it is found, the best way until there."""
    ways: list[Match | None] = []
    for number, letter in enumerate(letters):
        before, ways = ways, []
        apart: Match | None = None  # the best way to an earlier place that is not the one before
        for place, there in enumerate(title):
            worth = _LETTER + (_WORD_START if _begins_word(title, place) else 0.0)
            beside = before[place - 1] if number and place else None
            if there != letter:
                ways.append(None)
            elif not number:
                ways.append(Match(worth - _LATE * place, (place,)))
            else:
                ways.append(_better(_longer(beside, worth + _BESIDE, place), _longer(apart, worth, place)))
            apart = _better(_longer(apart, -_GAP), _longer(beside, -_GAP))
    best: Match | None = None
    for way in ways:
        best = _better(best, way)
    return best


def _longer(way: Match | None, worth: float, *places: int) -> Match | None:
    return None if way is None else Match(way.score + worth, (*way.places, *places))


def _better(first: Match | None, second: Match | None) -> Match | None:
    if first is None or second is None:
        return first or second
    return first if first.score >= second.score else second


def _begins_word(title: list[str], place: int) -> bool:
    return place == 0 or not title[place - 1].isalnum()


def _fold(letter: str) -> str:
    """A letter without case and accents; always one, so that places stay what they are."""
    return unicodedata.normalize("NFKD", letter)[:1].casefold()[:1]
