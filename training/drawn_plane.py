"""A run's plane as one picture to look at, beside that of another run."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.latent import load_model
from training.pixel_store import evenly
from training.plane_basis import PlaneBasis, require_plane
from training.posteriors import Posteriors
from training.project import Project
from training.run import Run
from training.runs import fits

PICTURES = 1000  # more would not tell more at a glance, and would have to be waited for


@dataclass(frozen=True, eq=False)
class DrawnPlane:
    """Decodings over the plane, and where some of the pictures lie on it.

    Attributes:
        tiles: uint8 [rows, columns, S, S, C].
        centres: float32 [rows, columns, 2], where each was decoded.
        means, sigmas: float32 [n, 2]; none where the pictures are no longer those of the run.
        held_out: bool [n].
    """

    tiles: NDArray[np.uint8]
    centres: NDArray[np.float32]
    means: NDArray[np.float32]
    sigmas: NDArray[np.float32]
    held_out: NDArray[np.bool_]


def draw_plane(run: Run, project: Project, centres: NDArray[np.float32]) -> DrawnPlane:
    """Decode a run's plane at ``centres``, [rows, columns, 2], with its best weights.

    Raises:
        VaeError: when the run has no weights or only one latent number, or pictures cannot be read.
    """
    require_plane(run.model.latent_dim)
    model = load_model(run)
    posteriors = Posteriors.none(run.model.latent_dim)
    held_out = np.zeros(0, np.bool_)
    if fits(run, project):
        pictures = project.pictures()
        sample = evenly(len(pictures), PICTURES)
        posteriors = model.encode(pictures.read(sample))
        held_out = pictures.held_out[sample]
    basis = PlaneBasis.first(posteriors.means)
    plane = basis.slice_through(basis.middle)
    tiles = model.decode(plane.latent(centres.reshape(-1, 2)))
    spreads, _turned = basis.ellipses(posteriors)
    means = basis.on_plane(posteriors.means)
    return DrawnPlane(tiles.reshape(*centres.shape[:2], *tiles.shape[1:]), centres, means, spreads, held_out)
