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

    Attributes:
        smaller_batch: what may fit; 0 where not even one picture does.
    """

    def __init__(self, batch_size: int, size: int, *, kept: str) -> None:
        self.smaller_batch = batch_size // 2
        pictures = "a single picture" if batch_size == 1 else f"batches of {batch_size:,} pictures"
        super().__init__(
            f"There is not enough memory for {pictures} of {size} pixels.",
            kept=kept,
            advice=f"Batches of {self.smaller_batch:,} or smaller pictures may fit."
            if self.smaller_batch
            else "Closing other programs may help.",
        )
