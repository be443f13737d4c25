"""How far pictures are from what the network draws of them."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from training.events import Control
from training.latent import LatentModel, load_model
from training.pixel_store import PixelStore
from training.project import Project
from training.run import Run

_CHUNK = 256


def errors_of_run(
    project: Project,
    run: Run,
    means: NDArray[np.float32],
    control: Control,
    on_progress: Callable[[int, int], None],
) -> NDArray[np.float32] | None:
    """:func:`reconstruction_errors` of a project's pictures by a run's best weights."""
    if control.should_stop:
        return None
    return reconstruction_errors(load_model(run), project.pictures(), means, control, on_progress)


def reconstruction_errors(
    model: LatentModel,
    pictures: PixelStore,
    means: NDArray[np.float32],
    control: Control,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> NDArray[np.float32] | None:
    """How far each picture is from the decoding of its posterior's mean.

    Args:
        means: [n, latent_dim], where all the pictures lie under ``model``.
        control: holds and stops it.

    Returns:
        The root mean square difference of a pixel's numbers, [n], from 0 to 1, which is black against white;
        None when told to stop.

    Raises:
        VaeError: when a shard is missing or damaged.
    """
    errors = np.zeros(len(means), np.float32)
    for start in range(0, len(means), _CHUNK):
        control.wait_while_held()
        if control.should_stop:
            return None
        numbers = np.arange(start, min(start + _CHUNK, len(means)))
        difference = model.decode(means[numbers]).astype(np.float32) - pictures.read(numbers)
        errors[numbers] = np.sqrt(np.square(difference / 255.0).mean(axis=(1, 2, 3)))
        on_progress(int(numbers[-1]) + 1, len(means))
    return errors
