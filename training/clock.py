"""The time that a training takes: what of it counts, how fast it goes, how long the rest will take."""

import math
import statistics
import time
from collections import deque
from collections.abc import Callable

ASLEEP_SECONDS = 30.0  # neither a checkpoint nor the building of a graph takes as long
ASLEEP_TIMES = 20.0  # as long as any of the recent stretches of work
RECENT_STRETCHES = 32
MEMORY_SHARE = 0.2  # of the session: how far back its recent speed looks
LEAST_MEMORY_SECONDS, MOST_MEMORY_SECONDS = 20.0, 300.0


class TrainingClock:
    """Adds up the time that a training works, and tells its recent speed.

    Pauses do not count. Nor does the sleep of the computer, during which ``time.monotonic`` stands still on
    Linux and macOS but runs on under Windows: a stretch of work that is very much longer than those around it
    counts as one of them.

    Args:
        seconds: training time of earlier sessions.
        now: a monotonic clock, seconds.

    Attributes:
        seconds: training time up to the last call.
    """

    def __init__(self, seconds: float = 0.0, now: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._now = now
        self._last = now()
        self._stretches: deque[float] = deque(maxlen=RECENT_STRETCHES)
        self._session_seconds, self._session_pictures, self._steps = 0.0, 0, 0
        self._recent_seconds, self._recent_pictures = 0.0, 0.0

    def rest(self) -> None:
        """What passed since the last call was no training."""
        self._last = self._now()

    def work(self) -> None:
        """What passed since the last call was training, though no step: figures, a snapshot, a checkpoint."""
        self._count(0)

    def step(self, pictures: int) -> None:
        """What passed since the last call was a step, which learnt from as many pictures."""
        self._steps += 1
        if self._steps == 2:  # in the first one the graph was built
            self._recent_seconds = self._recent_pictures = 0.0
        self._count(pictures)

    @property
    def images_per_second(self) -> float:
        """Pictures learnt from per second, of late; 0 before the first step."""
        return self._recent_pictures / max(self._recent_seconds, 1e-9)

    @property
    def mean_images_per_second(self) -> float:
        """Pictures learnt from per second in the whole session."""
        return self._session_pictures / max(self._session_seconds, 1e-9)

    def seconds_for(self, pictures: int) -> float | None:
        """How long it will take to learn from as many pictures; None while that cannot be known."""
        if self._recent_pictures == 0.0:
            return None
        return max(pictures, 0) * self._recent_seconds / self._recent_pictures

    def _count(self, pictures: int) -> None:
        now = self._now()
        passed, self._last = self._awake(now - self._last), now
        self._stretches.append(passed)
        self.seconds += passed
        self._session_seconds += passed
        self._session_pictures += pictures
        # Both sums fade alike, so that their quotient weighs what is recent.
        memory = min(max(MEMORY_SHARE * self._session_seconds, LEAST_MEMORY_SECONDS), MOST_MEMORY_SECONDS)
        fading = math.exp(-passed / memory)
        self._recent_seconds = fading * self._recent_seconds + passed
        self._recent_pictures = fading * self._recent_pictures + pictures

    def _awake(self, passed: float) -> float:
        if self._stretches and passed > max(ASLEEP_SECONDS, ASLEEP_TIMES * max(self._stretches)):
            return statistics.median(self._stretches)
        return passed
