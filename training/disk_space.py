"""Waiting where a disk is full, until there is space again."""

from collections.abc import Callable
from typing import TypeVar

from training.errors import DiskFullError
from training.events import Control, DiskFull

POLL_SECONDS = 1.0

T = TypeVar("T")


def written_when_there_is_space(
    write: Callable[[], T], control: Control, tell: Callable[[DiskFull], None]
) -> T:
    """What ``write`` returns; where the disk is full, it is called again until there is space.

    Args:
        write: does no harm when it is called again.
        control: says whether to wait at all; a stop ends the waiting at once.
        tell: told about every second of what is needed and what there is.

    Raises:
        DiskFullError: the control does not wait, or was told to stop and there is still no space.
    """
    while True:
        try:
            return write()
        except DiskFullError as error:
            if not control.waits_for_space or control.should_stop:
                raise
            _wait_for_space(error, control, tell)


def _wait_for_space(error: DiskFullError, control: Control, tell: Callable[[DiskFull], None]) -> None:
    while True:
        tell(DiskFull(error.needed, error.free()))
        control.wait_a_moment(POLL_SECONDS)
        # Where it is a quota that is full, there seems to be space, and another try must tell.
        if control.should_stop or error.free() >= error.needed:
            return
