"""A background thread that runs one job after another."""

import logging
import queue
import threading
from collections.abc import Callable

_log = logging.getLogger(__name__)

Job = Callable[[], None]


class Lane:
    """Jobs that must not overlap, in the order they came.

    Args:
        name: of the thread.
        on_error: told of whatever a job raised, from the lane's thread.
    """

    def __init__(self, name: str, on_error: Callable[[Exception], None]) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._on_error = on_error
        self._thread = threading.Thread(target=self._work, name=name)
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Run a job after those submitted before."""
        self._jobs.put(job)

    def close(self) -> None:
        """Wait for the running job and end; jobs that did not begin are dropped."""
        self._closing = True
        self._jobs.put(None)
        self._thread.join()

    _closing = False

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._closing:
                return
            try:
                job()
            except Exception as error:
                _log.exception("A job on the lane %s failed", self._thread.name)
                self._on_error(error)
