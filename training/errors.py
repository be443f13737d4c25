"""The exceptions whose text is meant for the person at the window or the command line."""

import shutil
from pathlib import Path
from typing import Self

from training.language import mark, tr


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


class DiskFullError(VaeError):
    """There is no space for what was to be written.

    Args:
        what, kept, advice: as of any.
        folder: where it was to be written.
        needed: how many bytes that are; 0 where it is not known.

    Attributes:
        needed: as above.
    """

    def __init__(self, what: str, *, kept: str, advice: str, folder: Path, needed: int = 0) -> None:
        self.needed = needed
        self._folder = folder
        super().__init__(what, kept=kept, advice=advice)

    def free(self) -> int:
        """How many bytes are free there now; 0 where the disk does not tell."""
        try:
            return shutil.disk_usage(self._folder).free
        except OSError:
            return 0


class NotWritableError(VaeError):
    """What is there can be read and not be changed.

    Args:
        what, kept, advice: as of any.
        brief: the reason for whoever looks on nevertheless, as a sentence.

    Attributes:
        brief: as above.
    """

    def __init__(self, what: str, *, kept: str, advice: str, brief: str) -> None:
        self.brief = brief
        super().__init__(what, kept=kept, advice=advice)


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
        what = tr(_TOO_LITTLE[on_gpu, batch_size == 1], pictures=batch_size, size=size)
        advice = tr(_WHAT_MAY_HELP[on_gpu, self.smaller_batch > 0], smaller=self.smaller_batch)
        super().__init__(what, kept=kept, advice=advice)


_TOO_LITTLE = {  # (on the graphics card, for one picture)
    (False, False): mark("There is not enough memory for batches of {pictures:,} pictures of {size} pixels."),
    (False, True): mark("There is not enough memory for a single picture of {size} pixels."),
    (True, False): mark(
        "There is not enough memory on the graphics card for batches of {pictures:,} pictures of {size}"
        " pixels."
    ),
    (True, True): mark(
        "There is not enough memory on the graphics card for a single picture of {size} pixels."
    ),
}
_WHAT_MAY_HELP = {  # (on the graphics card, smaller batches)
    (False, False): mark("Closing other programs may help."),
    (False, True): mark("Batches of {smaller:,} or smaller pictures may fit."),
    (True, False): mark(
        "Without the graphics card (on the command line: --device cpu) there is more memory."
    ),
    (True, True): mark(
        "Batches of {smaller:,} or smaller pictures may fit, and without the graphics card (on the"
        " command line: --device cpu) there is more memory."
    ),
}


class DeviceLostError(VaeError):
    """The GPU does not answer any more; this process cannot use it again."""


class SourceMissingError(VaeError):
    """The source folder is not there, or no longer: its drive may come back, so trying again may help."""

    @classmethod
    def while_reading(cls, source: Path, kept: str = "") -> Self:
        """It went away while its pictures were being read.

        Args:
            kept: what was kept, as a sentence.
        """
        return cls(
            tr("The folder {source} went away while its pictures were being read.", source=source),
            kept=kept,
            advice=tr("Put it back, or plug its drive in again, then try again."),
        )
