"""One training of a study: its network, and all that is measured of it."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.completeness import MAP_REACH, NEAR_QUANTILE
from training.estimate import Estimate, bootstrap
from training.events import Control
from training.files import write_atomically
from training.latent import LatentModel, all_posteriors
from training.measure import measure
from training.measured import Measure
from training.measures import Measures
from training.pixel_store import PixelStore, evenly
from training.plane_map import packed
from training.project import Project
from training.run import Run, load_latest_weights
from training.sheets import sheet_plane
from training.split import split
from training.stills import tile
from training.study_figures import share_of
from training.study_pictures import SIDE, png_of
from training.study_plan import FIRST_SEED, MAPS_FILE, PLANE_FILE, Cell

MOST_RECONSTRUCTED = 2_000  # learnt pictures, and as many held-out ones
TILES = 12  # drawings along a side of the plane
_CHUNK = 250


def last_model(run: Run) -> LatentModel:
    """With the weights of the last step, so that all have learnt for equally long.

    The best ones by held-out pictures, which the program uses elsewhere, would end the trainings that overfit
    early: what is to be measured would be hidden.
    """
    return LatentModel(run.model, load_latest_weights(run))


def measured_figures(
    project: Project, run: Run, cell: Cell, control: Control, on_progress: Callable[[float], None]
) -> list[Measure] | None:
    """All figures of a cell's model; its maps are kept. None when told to stop."""
    pictures = project.pictures()
    model = last_model(run)
    found = measure(run, model, pictures, control, on_progress)
    if found is None:
        return None
    write_atomically(cell.path / MAPS_FILE, packed(found.maps))
    if cell.seed == FIRST_SEED and model.config.latent_dim > 1:
        write_atomically(cell.path / PLANE_FILE, plane_of(model, run, pictures))
    chosen = split(pictures, run.model)
    learnt, held_out = (
        squared_errors(model, pictures.read(numbers[evenly(len(numbers), MOST_RECONSTRUCTED)]))
        for numbers in (chosen.learnt, chosen.judging)
    )
    return [*found.measures, *shares_of_ceilings(found), *reconstruction_measures(learnt, held_out)]


def shares_of_ceilings(found: Measures) -> list[Measure]:
    """How complete the drawings are, compared with real pictures in their place.

    Of these, 95 % are near by definition. To be near still more often is no merit: the drawings are smooth.
    """
    real = Measure("near_ceiling", Estimate(NEAR_QUANTILE))
    return [
        share_of(found["features_coverage"], found["features_coverage_ceiling"], "coverage_of_ceiling"),
        share_of(found["features_near"], real, "near_of_ceiling", most=1.0),
    ]


def plane_of(model: LatentModel, run: Run, pictures: PixelStore) -> bytes:
    """What is drawn within 3 σ of the prior along the plane, as a PNG."""
    posteriors = all_posteriors(run, model, pictures)
    assert posteriors is not None  # nobody stops it
    basis, plane = sheet_plane(posteriors.means)
    across = (np.arange(TILES) + 0.5) / TILES * 2 * MAP_REACH - MAP_REACH
    grid = np.stack(np.meshgrid(across, across[::-1]), axis=-1).reshape(-1, 2) + np.array(basis.prior_mean)
    sheet = tile(model.decode(plane.latent(grid)), TILES)
    return png_of(sheet.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


def squared_errors(model: LatentModel, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean squared difference of a pixel (0 to 1) from the decoding of the posterior's mean, [n]."""
    errors = np.zeros(len(pixels), np.float32)
    for start in range(0, len(pixels), _CHUNK):
        part = slice(start, start + _CHUNK)
        drawn = model.decode(model.encode(pixels[part]).means).astype(np.float32)
        errors[part] = np.square((drawn - pixels[part]) / 255.0).mean(axis=(1, 2, 3))
    return errors


def reconstruction_measures(learnt: NDArray[np.floating], held_out: NDArray[np.floating]) -> list[Measure]:
    """How well pictures are drawn at their posterior's mean, which all objectives have.

    Args:
        learnt, held_out: mean squared errors of pictures, [n] and [m].
    """
    names = ("error_at_mean", "error_ratio")
    if len(held_out) < 2 or len(learnt) < 2:
        return [Measure.missing(name, "This needs held-out pictures.") for name in names]
    error = bootstrap(held_out, lambda some: math.sqrt(np.mean(some)))
    # As the one sample is far larger than the other as a rule, only the smaller one is drawn anew.
    usual = float(np.mean(learnt))
    ratio = bootstrap(held_out, lambda some: np.mean(some) / max(usual, 1e-12))
    return [Measure(names[0], error, len(held_out)), Measure(names[1], ratio, len(held_out))]
