"""The one exception type whose text is meant for the person at the window or the command line."""


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
