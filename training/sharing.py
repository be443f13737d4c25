"""From a training to a `.vae` file, and from a `.vae` file to a new training."""

import datetime
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.config import TrainConfig
from training.errors import VaeError
from training.events import Control
from training.language import tr
from training.latent import LatentModel, all_posteriors
from training.pixel_store import evenly
from training.posteriors import Posteriors
from training.project import Project
from training.run import Run, held_out_figures, latest_run, load_weights
from training.runs import fits, start_with_weights
from training.sheets import quantile_grid, sheet_plane
from training.stills import tile
from training.vae_file import MOST_POSTERIORS, PREVIEW_SIDE, About, SharedModel, title_from, write_vae

PREVIEW_TILES = 8  # a side


def share(
    project: Project,
    path: Path,
    title: str = "",
    control: Control | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    run: Run | None = None,
) -> SharedModel:
    """Write a run's model to a `.vae` file; see :func:`model_of`.

    Raises:
        VaeError: as :func:`model_of` does, or when the file cannot be written.
    """
    shared = model_of(project, title, control, on_progress, run=run)
    write_vae(path, shared)
    return shared


def model_of(
    project: Project,
    title: str = "",
    control: Control | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
    *,
    run: Run | None = None,
) -> SharedModel:
    """What is handed on of a run: its best weights, and where the project's pictures lie.

    Args:
        run: whose model; by default the project's newest.
        title: what the receiver sees; by default the name of the source folder.
        on_progress: told how many pictures are encoded, of how many; they are when they were before.

    Raises:
        VaeError: when nothing was trained yet, the pictures are not those of the training, or it was told to
            stop.
    """
    run = run or latest_run(project.runs_folder)
    if run is None:
        raise VaeError(tr("This project has not been trained yet."), advice=tr("Train it first."))
    if not fits(run, project):
        raise VaeError(
            tr("The pictures were imported at another size or framed otherwise since this training."),
            advice=tr("Train again first."),
        )
    pictures, weights = project.pictures(), load_weights(run)
    model = LatentModel(run.model, weights)
    posteriors = all_posteriors(run, model, pictures, control, on_progress)
    if posteriors is None:
        raise VaeError(tr("Stopped before the model was saved."))
    sample = evenly(len(pictures), MOST_POSTERIORS)
    return SharedModel(
        _about(run, title or project.source.name, len(pictures)),
        weights,
        posteriors[sample],
        pictures.held_out[sample],
        preview(model, posteriors),
    )


def _about(run: Run, title: str, pictures: int) -> About:
    history = run.history()
    return About(
        title=title_from(title),
        model=run.model,
        figures=held_out_figures(run),
        pictures=pictures,
        epochs=history[-1].epoch if history else 0,
        created=datetime.datetime.now(datetime.UTC),
    )


def preview(model: LatentModel, posteriors: Posteriors) -> NDArray[np.uint8]:
    """Decodings over the prior's quantiles side by side, uint8 [h, w, 3], at most 512 × 512."""
    latent_dim = model.config.latent_dim
    if latent_dim == 1:
        shares = (np.arange(PREVIEW_TILES**2) + 0.5) / PREVIEW_TILES**2
        points = np.array([[NormalDist().inv_cdf(share)] for share in shares], np.float32)
    else:
        _, plane = sheet_plane(posteriors.means)
        points = plane.latent(quantile_grid(PREVIEW_TILES)).astype(np.float32)
    sheet = tile(model.decode(points), PREVIEW_TILES)
    sheet.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    return np.asarray(sheet)


def open_shared(shared: SharedModel) -> LatentModel:
    """The network of a shared model.

    Raises:
        VaeError: when its weights are not those of the network that it describes.
    """
    return LatentModel(shared.about.model, shared.weights)


def start_from(project: Project, shared: SharedModel, training: TrainConfig) -> Run:
    """Make a new run that begins with a shared model's weights instead of fresh ones.

    Its learning rate is that of a fresh network. A third of it comes a little further with pictures like
    those that the model knows (after 12 epochs −24,480 nats held out instead of −24,030), and far less far
    with others (3,180 instead of −3,470).

    Raises:
        VaeError: when the pictures are not as the model draws them, or its weights do not fit its network.
            No run is made then.
    """
    image_format = project.image_format
    if image_format is None:
        raise VaeError(tr("This project has no pictures yet."), advice=tr("Import a folder first."))
    if image_format != shared.about.image_format:
        raise VaeError(
            tr(
                "The model “{title}” draws pictures of {drawn}, and those of this project have {own}.",
                title=shared.about.title,
                drawn=shared.about.image_format,
                own=image_format,
            ),
            kept=tr("Nothing was changed."),
            advice=tr("Import the folder as the model wants its pictures."),
        )
    open_shared(shared)  # says now if they do not fit, and not in the middle of a run
    return start_with_weights(project, shared.about.model, training, shared.weights)
