"""Pictures that a person placed on the plane and that are no part of the project; without Qt."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vae_desktop.encode_queue import Encoded

MOST_GUESTS = 100  # more would hide the plane and each other
LEAST_COMPARED = 5  # of so few held-out pictures, how many are reconstructed worse says little


@dataclass(eq=False)
class Guest:
    """A picture on the plane.

    Attributes:
        number: its own, as long as the program runs.
        name: what it is called, in one line.
        pixels: as the model takes it, uint8 [S, S, C].
        source: the file it came from, or such a file's bytes where there was none; None for what was drawn.
        encoded: what the newest weights make of it; None until they have.
    """

    number: int
    name: str
    pixels: NDArray[np.uint8]
    source: Path | bytes | None = None
    encoded: Encoded | None = None

    @property
    def path(self) -> Path | None:
        """The file it came from."""
        return self.source if isinstance(self.source, Path) else None


class Guests:
    """The guests in the order they came, and which of them are meant.

    Attributes:
        selected: the number of the one that was chosen by click or key, 0 for none.
        hovered: the number of the one that is pointed at, 0 for none.
    """

    def __init__(self) -> None:
        self._by_number: dict[int, Guest] = {}
        self._last_number = 0
        self.selected = self.hovered = 0

    def __len__(self) -> int:
        return len(self._by_number)

    def __iter__(self) -> Iterator[Guest]:
        return iter(self._by_number.values())

    def __contains__(self, guest: Guest) -> bool:
        return self._by_number.get(guest.number) is guest

    def next_number(self) -> int:
        """A number that no guest had before."""
        self._last_number += 1
        return self._last_number

    def add(self, guests: Iterable[Guest]) -> None:
        """Have these, too; those that were removed come back to their places in the order."""
        self._by_number.update((guest.number, guest) for guest in guests)
        self._by_number = dict(sorted(self._by_number.items()))

    def remove(self, guests: Iterable[Guest]) -> None:
        """Have these no more."""
        for guest in guests:
            self._by_number.pop(guest.number, None)
        if self.selected not in self._by_number:
            self.selected = 0
        if self.hovered not in self._by_number:
            self.hovered = 0

    def get(self, number: int) -> Guest | None:
        """The guest with a number, if it is there."""
        return self._by_number.get(number)

    def is_meant(self, guest: Guest) -> bool:
        """Whether it is pointed at or was chosen."""
        return guest.number in (self.hovered, self.selected)

    def neighbour(self, step: int) -> int:
        """The number of the one so many places after the chosen one, going round; 0 where there is none."""
        order = list(self._by_number)
        if not order:
            return 0
        if self.selected not in self._by_number:
            return order[0 if step > 0 else -1]
        return order[(order.index(self.selected) + step) % len(order)]


class HeldOutErrors:
    """How far the reconstructions of held-out pictures are off, to compare a guest's with."""

    def __init__(self) -> None:
        self._errors: dict[int, tuple[int, float]] = {}  # by key: the generation of the weights, the error

    def expect(self, keys: Sequence[int]) -> None:
        """Begin anew with these pictures, of which nothing is known yet."""
        self._errors = dict.fromkeys(keys, (0, 0.0))

    @property
    def keys(self) -> list[int]:
        """The pictures that are compared with."""
        return list(self._errors)

    def take(self, encoded: Encoded) -> None:
        """Take note of a picture, if it is one of them."""
        if encoded.key in self._errors:
            self._errors[encoded.key] = encoded.generation, reconstruction_error(encoded)

    def worse_than(self, guest: Encoded) -> tuple[int, int] | None:
        """How many of the held-out pictures are reconstructed worse, and how many there are.

        None unless there are enough and all were encoded with the same weights as the guest.
        """
        known = [error for generation, error in self._errors.values() if generation == guest.generation]
        if len(known) < max(len(self._errors), LEAST_COMPARED):
            return None
        own = reconstruction_error(guest)
        return sum(error > own for error in known), len(known)


def reconstruction_error(encoded: Encoded) -> float:
    """The mean squared difference between a picture's numbers, in [0, 1], and its reconstruction's."""
    difference = encoded.pixels.astype(np.float32) - encoded.reconstruction.astype(np.float32)
    return float(np.square(difference / 255.0).mean())
