"""The aggregate posterior q̄(z) = (1/N) Σₙ q(z|xₙ): where the pictures together lie in the latent space.

A mixture of as many normal distributions as there are pictures. What a VAE's prior p is for is that samples
of p lie where those of q̄ do, so that they are drawn as pictures are (Hoffman & Johnson, "ELBO surgery",
2016; Rosca, Lakshminarayanan & Mohamed, "Distribution matching in variational inference", 2018).
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from training.distances import Floats, in_chunks
from training.posteriors import Posteriors

SMALLEST_SIGMA = 1e-9
"""In latent units. A smaller σ stands for a point: it is there only to be a number."""

_LOG_2_PI = math.log(2.0 * math.pi)


def are_points(posteriors: Posteriors) -> bool:
    """Whether pictures are encoded as points, without a density."""
    return len(posteriors) > 0 and float(np.max(posteriors.sigmas)) < SMALLEST_SIGMA


@dataclass(frozen=True, eq=False)
class Mixture:
    """Equally likely normal distributions.

    Attributes:
        means: [n, d].
        factors: the Cholesky factor L of each one's covariance LLᵀ: [n, d, d], or [n, d] where it is
            diagonal.
    """

    means: Floats
    factors: Floats

    @classmethod
    def of(cls, posteriors: Posteriors, blur: float = 0.0) -> Self:
        """The aggregate posterior of pictures.

        Where they are points, a kernel density estimate of them: unless there is a blur, Scott's rule takes
        for the kernel's width their own standard deviation along each axis times n^(−1/(d + 4)) (Scott 1992,
        *Multivariate Density Estimation*).

        Args:
            blur: standard deviation of noise that is added to every posterior, in latent units.
        """
        means = posteriors.means.astype(np.float64)
        if are_points(posteriors) and not blur:
            n, d = means.shape
            kernel = np.maximum(means.std(axis=0), 1e-6) * n ** (-1.0 / (d + 4))
            return cls(means, np.broadcast_to(kernel, means.shape))
        sigmas = np.maximum(posteriors.sigmas.astype(np.float64), SMALLEST_SIGMA)
        if posteriors.correlations is None:
            return cls(means, np.hypot(sigmas, blur))
        covariances = posteriors.correlation_matrices() * sigmas[:, :, None] * sigmas[:, None, :]
        return cls(means, _cholesky(covariances + blur**2 * np.eye(means.shape[1])))

    @property
    def latent_dim(self) -> int:
        """d."""
        return int(self.means.shape[1])

    def seen_along(self, directions: Floats) -> Self:
        """The marginal mixture of coordinates along orthonormal directions [k, d]."""
        factors = (
            self.factors if self.factors.ndim == 3 else self.factors[:, :, None] * np.eye(self.latent_dim)
        )
        rows = directions @ factors
        return type(self)(self.means @ directions.T, _cholesky(rows @ np.swapaxes(rows, 1, 2)))

    def draw(self, which: NDArray[np.int64], random: np.random.Generator) -> Floats:
        """A sample of each of these components, [len(which), d]."""
        noise = random.standard_normal((len(which), self.latent_dim))
        factors = self.factors[which]
        moved = factors * noise if factors.ndim == 2 else np.einsum("nij,nj->ni", factors, noise)
        drawn: Floats = self.means[which] + moved
        return drawn

    def own_log_density(self, points: Floats, which: NDArray[np.int64]) -> Floats:
        """Of each point [m, d] under the component that is given for it, ln q(z|xₙ), [m]."""
        off = points - self.means[which]
        factors = self.factors[which]
        scaled = off / factors if factors.ndim == 2 else np.linalg.solve(factors, off[:, :, None])[:, :, 0]
        density: Floats = -0.5 * np.square(scaled).sum(axis=1) - self._log_volumes()[which]
        return density

    def log_density(self, points: Floats) -> Floats:
        """ln q̄(z) of points [m, d], [m], in bounded memory."""
        density = np.zeros(len(points))
        volumes = self._log_volumes()
        inverses = np.linalg.inv(self.factors) if self.factors.ndim == 3 else None
        for part in in_chunks(len(points), 2 * len(self.means)):
            exponents = np.broadcast_to(-volumes, (len(points[part]), len(volumes))).copy()
            for axis in range(self.latent_dim):
                if inverses is None:
                    off = (points[part, axis, None] - self.means[:, axis]) / self.factors[:, axis]
                else:
                    row = inverses[:, axis]
                    off = points[part] @ row.T - np.einsum("nd,nd->n", row, self.means)
                exponents -= 0.5 * np.square(off)
            largest = exponents.max(axis=1)
            density[part] = largest + np.log(np.exp(exponents - largest[:, None]).mean(axis=1))
        return density

    def _log_volumes(self) -> Floats:
        """What is taken off the exponent of each component, [n]: ln √((2π)^d det Σ)."""
        diagonals = self.factors
        if diagonals.ndim == 3:
            diagonals = np.diagonal(diagonals, axis1=1, axis2=2)
        volumes: Floats = np.log(diagonals).sum(axis=1) + 0.5 * self.latent_dim * _LOG_2_PI
        return volumes


def _cholesky(matrices: Floats) -> Floats:
    """Lower triangular factors [n, d, d]; rounding may leave an eigenvalue just below zero."""
    size = np.trace(matrices, axis1=1, axis2=2)[:, None, None]
    factors: Floats = np.linalg.cholesky(matrices + 1e-12 * size * np.eye(matrices.shape[1]))
    return factors


def prior_log_density(points: Floats, middle: Floats | float = 0.0) -> Floats:
    """ln p(z) of points [m, d] under the standard normal distribution about a middle [d], [m]."""
    density: Floats = -0.5 * (np.square(points - middle) + _LOG_2_PI).sum(axis=1)
    return density
