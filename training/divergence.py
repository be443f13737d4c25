"""When a training runs away, as it does with too large a learning rate, and what is done about it."""

import math

from training.errors import VaeError

OUT_OF_BOUNDS = 10.0
MOST_RETURNS = 3  # in a row, with no better figures in between
SMALLER_STEP = 0.5


class TrainingDivergedError(VaeError):
    """The loss ran out of all bounds, and going back did not help."""


class LossBounds:
    """Tells a loss that no training has from one that is merely bad.

    A loss is out of bounds when it is not a number, or an order of magnitude above the session's first one:
    an untrained network's, or that of the weights it went on from.

    Args:
        values: numbers in a picture, S·S·C, each worth about a nat to an untrained network.
    """

    def __init__(self, values: int) -> None:
        self._values = values
        self._highest: float | None = None

    def hold(self, loss: float) -> bool:
        """Whether a loss, nats per picture, is within them."""
        if not math.isfinite(loss):
            return False
        if self._highest is None:
            self._highest = loss + OUT_OF_BOUNDS * max(abs(loss), self._values)
        return loss <= self._highest
