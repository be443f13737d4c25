"""How a training goes along its length: how much of it is behind, the learning rate, the KL's warm-up."""

import math

from training.config import TrainConfig

KL_WARM_UP_STEPS = 500
KL_WARM_UP_SHARE = 0.08
RATE_WARM_UP_STEPS = 100
LAST_RATE = 0.02  # of the learning rate is left at the end of a training with an end


def share_done(length: TrainConfig, steps: int, seconds: float, steps_per_epoch: int) -> float:
    """How much of a length is behind, from 0: of its steps, of its time, or always 0 where it has no end.

    Args:
        steps: taken since the length began.
        seconds: trained since the length began.
    """
    if length.epochs is not None:
        return steps / (length.epochs * steps_per_epoch)
    if length.minutes is not None:
        return seconds / (60.0 * length.minutes)
    return 0.0


def learning_rate(highest: float, steps: int, share: float) -> float:
    """A short linear warm-up, then a cosine down to a small rest over the length (Loshchilov & Hutter 2017).

    Args:
        steps: taken since the length began.
        share: of the length that is behind; 0 throughout where it has no end.
    """
    cosine = 0.5 * (1.0 + math.cos(math.pi * min(share, 1.0)))
    warmed = min(1.0, (steps + 1) / RATE_WARM_UP_STEPS)
    return highest * warmed * (LAST_RATE + (1.0 - LAST_RATE) * cosine)


def kl_weight(step: int, share: float, *, first_length: bool) -> float:
    """The KL's weight, up to 1: warmed up once at a run's start, so that it does not put out the latents.

    Args:
        step: of the run.
        share: of the length that is behind; a short length has a short warm-up.
    """
    of_length = share / KL_WARM_UP_SHARE if first_length else 1.0
    return min(1.0, max((step + 1) / KL_WARM_UP_STEPS, of_length))
