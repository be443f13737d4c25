"""What a setting is: described once, for the checks, the command line and the window's form."""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from training.errors import VaeError
from training.language import mark, number, tr

Kind = Literal["whole", "number", "switch", "choice"]


@dataclass(frozen=True)
class Setting:
    """One setting in words and numbers.

    Attributes:
        label: what it is called, a lower-case noun: "batch size".
        help: what it does and whom it helps, in plain words.
        kind: ``whole`` number, ``number``, ``switch`` (on or off) or ``choice`` (one of ``choices``).
        low: the smallest value allowed, of a number.
        high: the largest one.
        multiple: whole numbers must be multiples of it.
        choices: the values allowed, where only some are.
        words: what choices are called, where that is not the value itself.
        meanings: of choices, a sentence each, where one is needed.
        slider: the values at the ends of a slider, of a number that one tries out rather than types.
        unit: what a number counts, such as "minutes".
        optional: whether None is allowed: the program then chooses, or there is no limit.
        lifelong: whether a training keeps it from its first step to its last; another value needs a new one.
        simple: whether the form shows it at first glance.
    """

    label: str
    help: str
    kind: Kind
    low: float = -math.inf
    high: float = math.inf
    multiple: int = 1
    choices: Sequence[Any] = ()
    words: Mapping[Any, str] = field(default_factory=dict, hash=False)
    meanings: Mapping[Any, str] = field(default_factory=dict, hash=False)
    slider: tuple[float, float] | None = None
    unit: str = ""
    optional: bool = False
    lifelong: bool = False
    simple: bool = False

    @property
    def range_words(self) -> str:
        """What is allowed, to stand after "must be"."""
        if self.kind == "switch":
            words = tr("on or off")
        elif self.choices:
            words = tr(" or ").join(
                filter(None, (", ".join(map(str, self.choices[:-1])), str(self.choices[-1])))
            )
        else:
            kind = (
                tr("a multiple of {multiple}", multiple=self.multiple)
                if self.multiple > 1
                else tr(_NUMBERS[self.kind])
            )
            words = tr(
                "{number} from {low} to {high}",
                number=kind,
                low=number_text(self.low),
                high=number_text(self.high),
            )
        return words

    def value_words(self, value: Any) -> str:
        """A value as people call it."""
        return tr(self.words[value]) if value in self.words else number_text(value)

    def allows(self, value: object) -> bool:
        """Whether a value has the right type and lies in the range."""
        if value is None:
            return self.optional
        if self.kind == "switch":
            return isinstance(value, bool)
        if self.choices:
            return any(value == choice and type(value) is type(choice) for choice in self.choices)
        types = (int,) if self.kind == "whole" else (int, float)
        return (
            isinstance(value, types)
            and not isinstance(value, bool)
            and self.low <= value <= self.high  # NaN is in no range
            and (self.multiple == 1 or value % self.multiple == 0)
        )

    def nearest(self, value: object) -> Any:
        """The allowed value nearest to one that is not; None where nothing is near."""
        if self.choices and isinstance(value, str):
            by_word = {str(choice): choice for choice in self.choices}
            close = difflib.get_close_matches(value, list(by_word), 1, 0.5)
            return by_word[close[0]] if close else None
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            return None
        if self.choices or self.kind == "switch":
            return min(
                (choice for choice in self.choices if isinstance(choice, int)),
                key=lambda choice: abs(choice - value),
                default=None,
            )
        within = min(max(value, self.low), self.high)
        return self.multiple * round(within / self.multiple) if self.kind == "whole" else within

    def check(self, value: object) -> None:
        """Raises :class:`VaeError` naming the setting, its range and the nearest good value."""
        if self.allows(value):
            return
        nearest = self.nearest(value)
        raise VaeError(
            tr(
                "The {setting} must be {range}, not {value}.",
                setting=tr(self.label),
                range=self.range_words,
                value=_shown(value),
            ),
            advice="" if nearest is None else tr("The nearest is {value}.", value=number_text(nearest)),
        )


_NUMBERS = {"whole": mark("a whole number"), "number": mark("a number")}


def number_text(value: object) -> str:
    """A number as people write it; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, int) or (value.is_integer() and abs(value) < 1e15):
        return number(value, ",.0f")
    return number(value, ".10f").rstrip("0") if 1e-6 <= abs(value) < 1 else number(value, "g")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:60] + "…"
