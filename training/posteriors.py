"""Posteriors: where pictures lie in the latent space, each a normal distribution."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

POINT_SIGMA = 1e-13  # stands for the σ of what is encoded as a point, which has none; its logarithm is finite


@dataclass(frozen=True, eq=False)
class Posteriors:
    """Normal distributions N(μ, Σ), one for each picture.

    Attributes:
        means: μ, float32 [n, d].
        sigmas: standard deviations σ, the square roots of Σ's diagonal, float32 [n, d].
        correlations: of each two latent numbers, Σᵢⱼ / (σᵢ σⱼ), float32 [n, d (d − 1) / 2] in the order of
            ``numpy.triu_indices(d, 1)``; None where Σ is diagonal.
    """

    means: NDArray[np.float32]
    sigmas: NDArray[np.float32]
    correlations: NDArray[np.float32] | None = None

    @classmethod
    def none(cls, latent_dim: int) -> Self:
        """Of no pictures."""
        return cls(np.zeros((0, latent_dim), np.float32), np.zeros((0, latent_dim), np.float32))

    @classmethod
    def joined(cls, parts: Sequence["Posteriors"]) -> Self:
        """All of one or more parts, one after the other."""
        known = [part.correlations for part in parts if part.correlations is not None]
        return cls(
            np.concatenate([part.means for part in parts]),
            np.concatenate([part.sigmas for part in parts]),
            np.concatenate(known) if len(known) == len(parts) else None,
        )

    @property
    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """What there is by name, to be kept; :meth:`of_arrays` takes it back."""
        arrays = {"means": self.means, "sigmas": self.sigmas}
        return arrays if self.correlations is None else arrays | {"correlations": self.correlations}

    @classmethod
    def of_arrays(cls, arrays: Any) -> Self:
        """From what was kept; raises KeyError or ValueError where that is something else."""
        means, sigmas = (np.asarray(arrays[name], np.float32) for name in ("means", "sigmas"))
        correlations = np.asarray(arrays["correlations"], np.float32) if "correlations" in arrays else None
        if means.ndim != 2 or means.shape != sigmas.shape:
            raise ValueError(f"no posteriors: {means.shape}, {sigmas.shape}")
        count, latent_dim = means.shape
        if correlations is not None and correlations.shape != (count, latent_dim * (latent_dim - 1) // 2):
            raise ValueError(f"no correlations of {means.shape}: {correlations.shape}")
        return cls(means, sigmas, correlations)

    def __len__(self) -> int:
        return len(self.means)

    def __getitem__(self, rows: Any) -> "Posteriors":
        """Those of some rows: a slice, numbers, or a mask."""
        correlations = None if self.correlations is None else self.correlations[rows]
        return Posteriors(self.means[rows], self.sigmas[rows], correlations)

    @property
    def are_finite(self) -> NDArray[np.bool_]:
        """Which of them consist of finite numbers, [n]."""
        return np.asarray(np.isfinite(np.hstack([self.means, self.sigmas])).all(axis=1))

    def correlation_matrices(self) -> NDArray[np.float64]:
        """[n, d, d], with ones on the diagonal."""
        count, latent_dim = self.means.shape
        found = np.tile(np.eye(latent_dim), (count, 1, 1))
        if self.correlations is not None:
            first, second = np.triu_indices(latent_dim, 1)
            found[:, first, second] = found[:, second, first] = self.correlations
        return found

    def samples(self, noise: NDArray[np.floating]) -> NDArray[np.float64]:
        """A sample of each, z = μ + L ε with L Lᵀ = Σ for standard normal noise ε, [n, d] → [n, d]."""
        sigmas = np.nan_to_num(self.sigmas.astype(np.float64))
        spread = noise * sigmas
        if self.correlations is not None:
            values, vectors = np.linalg.eigh(self.correlation_matrices())
            # Rounding may leave an eigenvalue just below zero.
            scaled = noise * np.sqrt(np.maximum(values, 0.0))
            spread = np.einsum("nij,nj->ni", vectors, scaled) * sigmas
        samples: NDArray[np.float64] = self.means.astype(np.float64) + spread
        return samples

    def samples_of(self, row: int, noise: NDArray[np.floating]) -> NDArray[np.float64]:
        """Samples of one of them, for noise [k, d]: [k, d]."""
        return self[np.full(len(noise), row)].samples(noise)

    def mixed(self, other: "Posteriors", share: float) -> "Posteriors":
        """What lies so much of the way from these to others of the same pictures, number by number."""
        part = np.float32(share)
        pairs = [(value, other.arrays.get(name, value)) for name, value in self.arrays.items()]
        return Posteriors(*(earlier + part * (later - earlier) for earlier, later in pairs))
