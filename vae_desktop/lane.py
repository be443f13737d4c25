"""A background thread that runs one job after another."""

import queue
import threading
from collections.abc import Callable

Job = Callable[[], None]
OnError = Callable[[Exception], None]


class Lane:
    """Jobs that must not overlap, in the order they came.

    Args:
        name: of the thread.
        on_error: told of whatever a job raised, from the lane's thread.
    """

    def __init__(self, name: str, on_error: OnError) -> None:
        self._jobs: queue.SimpleQueue[tuple[Job, OnError] | None] = queue.SimpleQueue()
        self._on_error = on_error
        self._closing = False
        self._thread = threading.Thread(target=self._work, name=name)
        self._thread.start()

    def submit(self, job: Job, on_error: OnError | None = None) -> None:
        """Run a job after those submitted before; ``on_error`` is told instead of the lane's own listener."""
        self._jobs.put((job, on_error or self._on_error))

    def wait(self) -> None:
        """Wait until the jobs submitted so far are done."""
        idle = threading.Event()
        self.submit(idle.set)
        idle.wait()

    def close(self) -> None:
        """Wait for the running job and end; jobs that did not begin are dropped."""
        self._closing = True
        self._jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        while (entry := self._jobs.get()) is not None:
            if self._closing:
                return
            job, on_error = entry
            try:
                job()
            except Exception as error:
                on_error(error)
