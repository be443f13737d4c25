"""Maps of the plane: a number at each node of a square grid, and several maps in one file.

format   int
names    text [m]
lows     float64 [m, 2]
steps    float64 [m]
0, 1 …   float32 [rows, columns], the values of each map
"""

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.language import tr

MOST_NODES = 1_024  # along a side of a map that is read
MOST_MAPS = 64

_FORMAT = 1
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PlaneMap:
    """A number at each node of a square grid on the plane.

    Attributes:
        name: what the number is.
        values: float32 [rows, columns], by up and across; NaN where it is not known.
        low: [2], the first node: left and down.
        step: from node to node, the same across and up.
    """

    name: str
    values: NDArray[np.float32]
    low: Floats
    step: float

    def __post_init__(self) -> None:
        fits = self.values.ndim == 2 and self.values.size and self.values.dtype == np.float32
        is_known = np.shape(self.low) == (2,) and np.isfinite(self.low).all() and 0 < self.step < np.inf
        if not fits or not is_known or np.isinf(self.values).any():
            raise VaeError(tr("The map {name} does not fit the plane.", name=self.name))

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom and top of what is covered: a square of a step's side around each node."""
        rows, columns = self.values.shape
        left, bottom = (self.low - self.step / 2).tolist()
        return left, left + columns * self.step, bottom, bottom + rows * self.step

    def at(self, places: NDArray[np.floating]) -> NDArray[np.float32]:
        """Values [n] at places of the plane [n, 2], bilinearly between nodes.

        NaN where a node that counts is NaN, and outside of :attr:`extent`; within it, but beyond the last
        nodes, it is as at the edge.
        """
        last = np.array(self.values.shape[::-1]) - 1
        grid = (np.asarray(places, np.float64) - self.low) / self.step
        is_covered = ((grid >= -0.5) & (grid <= last + 0.5)).all(axis=1)
        inside = np.clip(np.nan_to_num(grid), 0, last)
        corner = np.floor(inside).astype(int)
        beyond = np.minimum(corner + 1, last)
        share = inside - corner
        total = np.zeros(len(grid))
        for across, column in ((1 - share[:, 0], corner[:, 0]), (share[:, 0], beyond[:, 0])):
            for up, row in ((1 - share[:, 1], corner[:, 1]), (share[:, 1], beyond[:, 1])):
                weight = across * up
                total += np.where(weight > 0, weight * self.values[row, column], 0.0)
        return np.where(is_covered, total, np.nan).astype(np.float32)

    @property
    def nodes(self) -> Floats:
        """[rows · columns, 2], the places of the nodes in the order of ``values.ravel()``."""
        return nodes_of(self.low, self.step, *self.values.shape)


def square_grid(low: Floats, high: Floats, side: int) -> tuple[Floats, float]:
    """The first node and the step of a grid of side × side nodes, side ≥ 2, about the middle of a rectangle.

    Args:
        low, high: [2] each, opposite corners of what is to be covered at least.
    """
    step = float((high - low).max()) / (side - 1)
    first: Floats = (low + high) / 2 - step * (side - 1) / 2
    return first, step


def nodes_of(low: Floats, step: float, rows: int, columns: int) -> Floats:
    """The nodes of a grid, [rows · columns, 2], row by row."""
    up, across = np.mgrid[:rows, :columns]
    nodes: Floats = low + step * np.stack([across.ravel(), up.ravel()], axis=1)
    return nodes


def packed(maps: Sequence[PlaneMap]) -> bytes:
    """Maps as the content of one .npz file."""
    arrays: dict[str, Any] = {str(number): each.values for number, each in enumerate(maps)}
    arrays["format"] = _FORMAT
    arrays["names"] = np.array([each.name for each in maps], np.str_)
    arrays["lows"] = np.array([each.low for each in maps], np.float64).reshape(-1, 2)
    arrays["steps"] = np.array([each.step for each in maps], np.float64)
    content = BytesIO()
    np.savez_compressed(content, **arrays)
    return content.getvalue()


def unpacked(content: bytes) -> list[PlaneMap]:
    """The maps in the content of a file, from :func:`packed`.

    Raises:
        VaeError: it is anything else.
    """
    try:
        with np.load(BytesIO(content), allow_pickle=False) as file:
            names, lows, steps = file["names"], file["lows"], file["steps"]
            fits = file["format"] == _FORMAT and names.ndim == 1 and len(names) <= MOST_MAPS
            fits = fits and lows.shape == (len(names), 2) and steps.shape == names.shape
            if not fits:
                raise _damaged()
            values = [file[str(number)] for number in range(len(names))]
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise _damaged() from error
    if any(max(each.shape, default=0) > MOST_NODES for each in values):
        raise _damaged()
    return [
        PlaneMap(str(name), each, low, float(step))
        for name, each, low, step in zip(names, values, lows.astype(np.float64), steps, strict=True)
    ]


def _damaged() -> VaeError:
    return VaeError(tr("These maps are damaged."), advice=tr("Measure again."))
