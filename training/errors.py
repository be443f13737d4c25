"""The exceptions whose text is meant for the person at the window or the command line."""


class VaeError(Exception):
    """Something went wrong that a person can understand and act on.

    Args:
        what: what happened, as a sentence.
        kept: what was kept, as a sentence; empty when nothing was at stake.
        advice: what to do next, as a sentence.
    """

    def __init__(self, what: str, *, kept: str = "", advice: str = "") -> None:
        self.what = what
        self.kept = kept
        self.advice = advice
        super().__init__(" ".join(part for part in (what, kept, advice) if part))


class OutOfMemoryError(VaeError):
    """A training step needs more memory than there is.

    Args:
        batch_size: pictures a step.
        size: of a picture, in pixels.
        kept: what was kept, as a sentence.
        on_gpu: whether it is the graphics card's memory.

    Attributes:
        smaller_batch: what may fit; 0 where not even one picture does.
        on_gpu: as above.
    """

    def __init__(self, batch_size: int, size: int, *, kept: str, on_gpu: bool = False) -> None:
        self.smaller_batch = batch_size // 2
        self.on_gpu = on_gpu
        pictures = "a single picture" if batch_size == 1 else f"batches of {batch_size:,} pictures"
        smaller = f"Batches of {self.smaller_batch:,} or smaller pictures may fit"
        without_gpu = "without the graphics card (on the command line: --device cpu) there is more memory"
        advice = [smaller] if self.smaller_batch else [] if on_gpu else ["Closing other programs may help"]
        advice += [without_gpu] if on_gpu else []
        sentence = ", and ".join(advice)
        super().__init__(
            f"There is not enough memory{' on the graphics card' * on_gpu} for {pictures} of {size} pixels.",
            kept=kept,
            advice=f"{sentence[0].upper()}{sentence[1:]}.",
        )


class DeviceLostError(VaeError):
    """The GPU does not answer any more; this process cannot use it again."""
