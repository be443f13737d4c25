"""Pictures that are to be encoded, and again whenever the weights change; without threads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.posteriors import Posteriors

Pixels = NDArray[np.uint8]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Encoded:
    """What became of a picture.

    Attributes:
        key: which picture.
        generation: of the weights; larger than that of all weights before.
        pixels: as it was when it was encoded, uint8 [S, S, C].
        posterior: its own.
        reconstruction: what μ decodes to, uint8 [S, S, C].
    """

    key: int
    generation: int
    pixels: Pixels
    posterior: Posteriors
    reconstruction: Pixels

    @property
    def mean(self) -> NDArray[np.float32]:
        """μ of its posterior, [d]."""
        mean: NDArray[np.float32] = self.posterior.means[0]
        return mean

    @property
    def sigma(self) -> NDArray[np.float32]:
        """σ of its posterior, [d]."""
        sigma: NDArray[np.float32] = self.posterior.sigmas[0]
        return sigma


class EncodeQueue:
    """Keeps pictures by key, and tells which of them has its turn: new ones, then the longest out of date."""

    def __init__(self) -> None:
        self._pixels: dict[int, Pixels] = {}
        self._done: dict[int, int] = {}  # the generation each was last encoded with, 0 for never

    def put(self, key: int, pixels: Pixels) -> None:
        """Have this picture, uint8 [S, S, C], from now on; it is new again if it was there."""
        self._pixels[key] = pixels
        self._done[key] = 0

    def remove(self, key: int) -> None:
        """Encode this picture no more; unknown ones are fine."""
        self._pixels.pop(key, None)
        self._done.pop(key, None)

    def clear(self) -> None:
        """Have no pictures."""
        self._pixels.clear()
        self._done.clear()

    def waiting(self, generation: int, shape: Shape, *, only_new: bool) -> list[int]:
        """The keys of those that were not encoded with a generation yet, those that have their turn first.

        Args:
            shape: (S, S, C) that can be encoded; pictures of another one are passed over.
            only_new: leave out those that were encoded with older weights.
        """
        due = [
            key
            for key, done in self._done.items()
            if done < generation and not (only_new and done) and self._pixels[key].shape == shape
        ]
        return sorted(due, key=self._done.__getitem__)

    def take(self, keys: list[int], generation: int) -> dict[int, Pixels]:
        """Some of the pictures, which count as encoded with a generation from now on."""
        self._done.update(dict.fromkeys(keys, generation))
        return {key: self._pixels[key] for key in keys}
