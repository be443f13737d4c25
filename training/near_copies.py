"""Pictures that look nearly the same: candidates by a perceptual hash, confirmed by their pixels."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.pixel_store import PixelStore

# Bits of 64 in which the hashes of two pictures that look the same may differ. Pairs that differ in so few
# are equal in one of four 16-bit parts at least, which is how they are found (the pigeonhole principle;
# Manku et al. 2007, "Detecting near-duplicates for web crawling", section 3).
MOST_BITS = 3
_PARTS = 4
# Root mean square difference of their pixels, 0 to 1: what another compression or size leaves.
MOST_DIFFERENCE = 0.05
_CROWD = 64  # where more than so many share a part, each is compared with so many next ones by hash
_CHUNK = 1_000

Pairs = NDArray[np.int64]
ShouldStop = Callable[[], bool]


def near_copies(
    pictures: PixelStore,
    numbers: NDArray[np.int64],
    likeness: NDArray[np.uint64],
    should_stop: ShouldStop = lambda: False,
) -> list[list[int]]:
    """Groups of pictures that look nearly the same, by their numbers, ascending.

    Args:
        numbers: of the pictures that are compared, int64 [n].
        likeness: their perceptual hashes, uint64 [n].

    Returns:
        What was found until it was stopped.
    """
    found: list[Pairs] = []
    pairs = numbers[alike_pairs(likeness)]
    for start in range(0, len(pairs), _CHUNK):
        if should_stop():
            break
        some = pairs[start : start + _CHUNK]
        found.append(some[_differences(pictures, some) <= MOST_DIFFERENCE])
    return groups_of(np.concatenate(found)) if found else []


def alike_pairs(likeness: NDArray[np.uint64]) -> Pairs:
    """Pairs of numbers whose hashes differ in :data:`MOST_BITS` at most, [p, 2], each once.

    Of hashes that share a quarter with very many others, some pairs may be missed.
    """
    found = [np.empty((0, 2), np.int64)]
    for part in range(_PARTS):
        key = (likeness >> np.uint64(16 * part)) & np.uint64(0xFFFF)
        order = np.lexsort((likeness, key))
        ordered, keys = likeness[order], key[order]
        for distance in range(1, _CROWD + 1):
            is_same_part = keys[distance:] == keys[:-distance]
            if not is_same_part.any():
                break
            differing = np.bitwise_count(ordered[distance:] ^ ordered[:-distance])
            (at,) = np.nonzero(is_same_part & (differing <= MOST_BITS))
            found.append(np.stack((order[at], order[at + distance]), axis=1))
    return np.unique(np.sort(np.concatenate(found), axis=1), axis=0)


def _differences(pictures: PixelStore, pairs: Pairs) -> NDArray[np.floating]:
    one, other = (pictures.read(pairs[:, side]).astype(np.float32) / 255.0 for side in (0, 1))
    return np.asarray(np.sqrt(np.square(one - other).mean(axis=(1, 2, 3))))


def groups_of(pairs: Pairs) -> list[list[int]]:
    """What hangs together by pairs, [p, 2]: groups of two and more, each ascending, by their first."""
    root: dict[int, int] = {}

    def find(number: int) -> int:
        while root.setdefault(number, number) != number:
            root[number] = root[root[number]]
            number = root[number]
        return number

    for one, other in pairs.tolist():
        first, second = sorted((find(one), find(other)))
        root[second] = first
    groups: dict[int, list[int]] = {}
    for number in sorted(root):
        groups.setdefault(find(number), []).append(number)
    return sorted(groups.values())
