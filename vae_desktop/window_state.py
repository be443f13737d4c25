"""The states of the window; what is enabled and shown follows from them alone."""

from enum import Enum


class WindowState(Enum):
    """What the person can do next decides the state; each has one primary action."""

    EMPTY = "empty"  # no project: drop a folder, try a sample, open a recent project
    IMPORTING = "importing"  # pictures are being read: cancel
    READY = "ready"  # pictures are there, nothing learned yet: train
    TRAINING = "training"  # pause, or stop and keep
    PAUSED = "paused"  # resume, or stop and keep
    TRAINED = "trained"  # explore, or train more

    @property
    def has_pictures(self) -> bool:
        """Whether a finished import is open."""
        return self not in (WindowState.EMPTY, WindowState.IMPORTING)

    @property
    def is_running(self) -> bool:
        """Whether a training is under way, paused or not."""
        return self in (WindowState.TRAINING, WindowState.PAUSED)
