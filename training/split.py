"""Which of a project's pictures a training learns from, and which judge it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.config import ModelConfig
from training.errors import VaeError
from training.language import mark, tr
from training.pixel_store import PixelStore

_OTHER_PICTURES = {
    1: mark("This training is of grey pictures of {size} × {size} pixels, and the project's are others."),
    3: mark("This training is of coloured pictures of {size} × {size} pixels, and the project's are others."),
}


@dataclass(frozen=True)
class Split:
    """Numbers of pictures, int64 [n] each.

    Attributes:
        learnt: are learnt from.
        judging: are not; may be none.
    """

    learnt: NDArray[np.int64]
    judging: NDArray[np.int64]


def split(pictures: PixelStore, model: ModelConfig, devices: int = 1) -> Split:
    """The pictures that are held out judge. Of very few, chance may hold out all: then none does.

    Args:
        devices: that share each batch.

    Raises:
        VaeError: no pictures, too few for the devices, or other ones than the network is for.
    """
    if len(pictures) == 0:
        raise VaeError(tr("This project has no pictures to learn from."), advice=tr("Import a folder first."))
    if pictures.shape != model.shape:
        raise VaeError(
            tr(_OTHER_PICTURES[model.channels], size=model.size),
            kept=tr("The training is kept."),
            advice=tr("Start a new training."),
        )
    judges = pictures.held_out & ~pictures.held_out.all()
    if np.count_nonzero(~judges) < devices > 1:
        raise VaeError(
            tr(
                "There are fewer pictures to learn from than devices, {devices}, to share them.",
                devices=devices,
            ),
            advice=tr("Train on one device."),
        )
    return Split(np.flatnonzero(~judges), np.flatnonzero(judges))
