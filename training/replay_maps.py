"""How a training's map came about, as the frames of a film without a window: `vae replay`."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

from training.errors import VaeError
from training.events import Control
from training.film import write_frames
from training.latent import LatentModel
from training.pixel_store import PixelStore
from training.plane_basis import PlaneBasis
from training.replay import Replay
from training.run import Run
from training.sheets import latent_map
from training.stills import INK
from training.timeline import Timeline, scale_of, take_first

FPS = 4.0
LAST = 4  # times that the last frame is shown, before the film begins again
_HEIGHT = 480


def write_replay(
    run: Run,
    pictures: PixelStore,
    out: Path,
    *,
    control: Control | None = None,
    on_progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> bool:
    """Film the map of a run (:func:`training.sheets.latent_map`) at the steps of which it kept the weights.

    Args:
        out: a GIF, WebP or MP4 file; a name without an ending is a new folder for single frames.
        on_progress: told how many frames are done, and of how many.

    Returns:
        Whether it was written; False when told to stop.

    Raises:
        VaeError: the run kept too little for a replay, or it cannot be written so.
    """
    replay = Replay.read(run.path, pictures.ids, run.model.latent_dim)
    if not replay.can_play or not replay.weight_steps:
        raise VaeError(
            "This training kept no replay.",
            advice="Trainings of a few seconds and more keep one, if there is room on the disk. Train again.",
        )
    control = control or Control()
    count = len(replay.weight_steps) + LAST - 1
    frames = _frames(run, replay, pictures.held_out)

    def tell(done: int) -> None:
        on_progress(done, count)

    return write_frames(out, frames, FPS, tell, control, count=count)


def _frames(run: Run, replay: Replay, held_out: NDArray[np.bool_]) -> Iterator[NDArray[np.uint8]]:
    model, timeline = LatentModel(run.model), Timeline(run.path)
    basis = PlaneBasis.first(replay.moment(replay.end).posteriors.means)  # the same in all frames
    for step in (*replay.weight_steps, *[replay.weight_steps[-1]] * (LAST - 1)):
        at = scale_of(step)
        if not take_first(timeline.readable_weights(replay.weights_near(at)), model.set_weights):
            raise VaeError("The weights that this training kept for its replay are damaged.")
        moment = replay.moment(at)
        sheet = latent_map(model, moment.posteriors, held_out[moment.numbers], _HEIGHT, basis)
        ImageDraw.Draw(sheet).text((_HEIGHT + 32, 8), f"step {step:,}", fill=INK, font_size=16)
        yield np.asarray(sheet)
