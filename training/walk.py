"""A walk through the latent space of a trained model as a film: `vae walk`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training import __version__
from training.events import Control
from training.film import decoded, write_frames
from training.geodesics import curve_along_data, plane_metric
from training.latent import LatentModel
from training.paths import Journey, PathKind, PathSettings, curve, surprise_loop
from training.plane_basis import PlaneBasis
from training.recipe import Recipe
from training.stills import enlarged

_LEAST_SIDE = 256  # smaller films are hard to see


@dataclass(frozen=True)
class Walk:
    """Which walk to film.

    Attributes:
        stops: how many of one's own pictures it goes through, chosen at random.
        seed: another one chooses others.
        fps: frames a second.
    """

    path: PathSettings = field(default_factory=lambda: PathSettings(closed=True, seconds=8.0))
    stops: int = 8
    seed: int = 0
    fps: float = 25.0


def write_walk(
    model: LatentModel,
    means: NDArray[np.float32],
    out: Path,
    walk: Walk,
    *,
    control: Control | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> bool:
    """Film a walk through random ones of the pictures with means [n, d].

    Args:
        out: a GIF, WebP or MP4 file; a name without an ending is a new folder for single frames.
        on_progress: told how many frames are done, and of how many.

    Returns:
        Whether it was written; False when told to stop.

    Raises:
        VaeError: it cannot be written so, or there are too few pictures.
    """
    control = control or Control()
    settings = walk.path
    stops = surprise_loop(means, walk.stops, walk.seed)
    if settings.kind is PathKind.DATA:
        basis = PlaneBasis.first(means)
        along = plane_metric(model.decode, basis, stops, means)
        line = curve_along_data(along, basis, stops, closed=settings.closed)
    else:
        line = curve(stops, settings.kind, closed=settings.closed)
    points = Journey(line, settings).frames(walk.fps)
    recipe = Recipe(
        program=f"VAE Desktop {__version__}",
        model=model.weights_digest(),
        latent_dim=model.config.latent_dim,
        stops=tuple(tuple(stop) for stop in stops.tolist()),
        path=settings,
    ).as_text()
    factor = max(_LEAST_SIDE // model.config.size, 1)
    frames = (enlarged(frame, factor, smooth=True) for frame in decoded(model.decode, points, control))
    count = len(points)

    def tell(done: int) -> None:
        on_progress(done, count)

    return write_frames(out, frames, walk.fps, tell, control, count=count, recipe=recipe)
