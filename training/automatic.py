"""What the program chooses where a setting is left to it, told before a training begins."""

from dataclasses import dataclass

from training.config import TrainConfig, automatic_likelihood
from training.language import tr


@dataclass(frozen=True)
class Circumstances:
    """What the choice depends on.

    Attributes:
        pictures: how many there are to learn from.
        channels: 1 for grey, 3 for colour.
        on_gpu: whether a graphics card is used; None while that is not known.
        size: of the pictures, pixels a side.
    """

    pictures: int
    channels: int
    on_gpu: bool | None = None
    size: int = 64


def automatic_words(name: str, at: Circumstances) -> str:
    """What a setting comes to when it is left to the program; "" for one that has a plain default instead."""
    by_device = {
        "precision": ("float32", tr("bfloat16 where the graphics card is made for it")),
        "xla": (tr("off"), tr("on where it measures faster")),
    }
    if name == "likelihood":
        return automatic_likelihood(at.channels)
    if name == "batch_size":
        if at.pictures == 0:
            return tr("by the number of pictures")
        size = TrainConfig().batch_size_for(at.pictures, at.size)
        return tr("{size}, or more where that measures better", size=size)
    if name in by_device:
        on_cpu, on_gpu = by_device[name]
        return tr("by the device") if at.on_gpu is None else on_gpu if at.on_gpu else on_cpu
    return ""
