"""Travels along a path in time."""

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from training.paths import Journey

_TICK_MS = 16  # 60 frames a second


class PathPlayer(QObject):
    """Where one is on a journey; in real time while it is played.

    Args:
        parent: lives as long.
        now: a monotonic clock, in seconds.

    Attributes:
        repeats: whether it begins again at its end.
    """

    moved = Signal()  # to another place, or the journey is another one
    playing_changed = Signal(bool)

    def __init__(self, parent: QObject, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__(parent)
        self.repeats = True
        self._now = now
        self._journey: Journey | None = None
        self._seconds = 0.0
        self._begun = 0.0  # when it would have begun, had it been played from the beginning
        self._timer = QTimer(self, interval=_TICK_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)

    @property
    def journey(self) -> Journey | None:
        """What is travelled; None for nothing."""
        return self._journey

    @property
    def seconds(self) -> float:
        """How far one is, in the time of the journey."""
        return self._seconds

    @property
    def total(self) -> float:
        """How long the journey takes, in seconds; 0 without one."""
        return 0.0 if self._journey is None else self._journey.seconds

    @property
    def is_playing(self) -> bool:
        """Whether one travels now."""
        return self._timer.isActive()

    @property
    def place(self) -> tuple[float, ...] | None:
        """The point of the latent space where one is."""
        if self._journey is None:
            return None
        return tuple(self._journey.at(np.array([self._seconds]))[0].tolist())

    def set_journey(self, journey: Journey | None) -> None:
        """Travel another one, as far along it as before; without one playing ends."""
        share = self._seconds / self.total if self.total else 0.0
        self._journey = journey
        self._go(share * self.total)
        if journey is None:
            self.pause()

    def toggle(self) -> None:
        """Play, or pause."""
        if self.is_playing:
            self.pause()
        else:
            self.play()

    def play(self) -> None:
        """Travel on; from the beginning if the end was reached."""
        if self._journey is None or self.is_playing:
            return
        if self._seconds >= self.total:
            self._seconds = 0.0
        self._begun = self._now() - self._seconds
        self._timer.start()
        self.playing_changed.emit(True)
        self._tick()

    def pause(self) -> None:
        """Stay where one is."""
        if self.is_playing:
            self._timer.stop()
            self.playing_changed.emit(False)

    def seek(self, seconds: float) -> None:
        """Go to another moment of the journey."""
        self._go(min(max(seconds, 0.0), self.total))

    def _go(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = self._now() - seconds
        self.moved.emit()

    def _tick(self) -> None:
        seconds, total = self._now() - self._begun, self.total
        if seconds >= total:
            if not self.repeats:
                self._seconds = total
                self.moved.emit()
                self.pause()
                return
            seconds %= total
            self._begun = self._now() - seconds
        self._seconds = seconds
        self.moved.emit()
