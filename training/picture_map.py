"""From one latent space to another one, by where the same pictures lie in both."""

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 6


class PictureMap:
    """Maps each picture to itself, and what lies between pictures between the same ones.

    By Shepard's weights (1968, "A two-dimensional interpolation function for irregularly-spaced data") as
    Franke and Nielson localised them (1980): ((R − d) / (R d))², with d the distance to each of the nearest
    pictures and R that of the next one. The result is exact at pictures, changes continuously, and never
    leaves the hull of these pictures, however differently the two spaces are folded; an affine map, which
    extrapolates, does.

    Args:
        sources: float [n, d], where the pictures lie in the first space.
        targets: float [n, e], where the same lie in the other one.
    """

    def __init__(self, sources: NDArray[np.floating], targets: NDArray[np.floating]) -> None:
        if len(sources) != len(targets):
            raise ValueError(f"not the same pictures: {len(sources)} and {len(targets)}")
        self._sources = sources.astype(np.float64)
        self._targets = targets.astype(np.float64)

    def __len__(self) -> int:
        return len(self._sources)

    def __call__(self, point: NDArray[np.floating], neighbours: int = NEIGHBOURS) -> NDArray[np.float64]:
        """Where a point [d] of the first space lies in the other one, [e].

        Args:
            neighbours: how many pictures count; more of them are smoother.

        Raises:
            ValueError: there is no picture.
        """
        if len(self) == 0:
            raise ValueError("there is no picture to go by")
        distances = np.linalg.norm(self._sources - point, axis=1)
        count = min(neighbours, len(self))
        nearest = np.argpartition(distances, count - 1)[:count]
        least = int(nearest[distances[nearest].argmin()])
        if distances[least] == 0.0:
            return np.array(self._targets[least])
        near = distances[nearest]
        others = np.partition(distances, count)[count] if count < len(self) else 2.0 * near.max()
        weights = (np.maximum(others - near, 0.0) / (others * near)) ** 2
        if not weights.sum() > 0.0:  # all of them equally far
            weights = np.ones(count)
        mapped: NDArray[np.float64] = weights @ self._targets[nearest] / weights.sum()
        return mapped
