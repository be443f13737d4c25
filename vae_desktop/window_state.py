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
    SHARED = "shared"  # somebody's model without pictures: explore, or continue with pictures of one's own

    @property
    def has_pictures(self) -> bool:
        """Whether a finished import is open."""
        return self not in (WindowState.EMPTY, WindowState.IMPORTING, WindowState.SHARED)

    @property
    def can_train(self) -> bool:
        """Whether a training can be begun."""
        return self in (WindowState.READY, WindowState.TRAINED, WindowState.SHARED)

    @property
    def has_model(self) -> bool:
        """Whether there is a model to explore, or soon will be."""
        return self.is_running or self in (WindowState.TRAINED, WindowState.SHARED)

    @property
    def is_running(self) -> bool:
        """Whether a training is under way, paused or not."""
        return self in (WindowState.TRAINING, WindowState.PAUSED)
