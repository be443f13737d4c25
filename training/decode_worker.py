"""A process that works off paths one after the other, within limits, and that may die of any of them.

The pipe to it never blocks its owner, and a counter in shared memory tells which path it was at when it died.
"""

import math
import multiprocessing
import os
import signal
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any, Generic, TypeVar

if sys.platform != "win32":
    import resource

REPORT_SECONDS = 0.1  # a worker reports at least this often, one path permitting
OUT_OF_MEMORY = 75  # the exit code of a worker whose memory did not suffice
_MOST_AT_ONCE = 32
# What has been sent and perhaps not been read must fit into the pipe, or sending would wait for a worker that
# may hang: 8 KB are certain everywhere, and a character takes up to four bytes.
_MOST_CHARACTERS = 1800
_CLOCK_PATIENCE = 2.0
_START_SECONDS = 120.0
_KILL_SECONDS = 1.0

_Result = TypeVar("_Result")
_context = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Limits:
    """What one path may cost.

    Attributes:
        seconds: of processor time, where the system ends a process that takes more of it (not on Windows);
            anywhere, twice as many seconds by the clock, which the worker's owner watches.
        memory: bytes besides what the process has when it starts. Only Linux can hold a process to it: macOS
            does not count what is mapped, and a job object on Windows would have to hold the window as well.
    """

    seconds: float
    memory: int


@dataclass(eq=False)
class Task(Generic[_Result]):
    """A path, and what became of it once that is known."""

    path: Path
    result: _Result | None = None
    is_suspect: bool = False  # a worker died on it, perhaps for another reason


class Worker(Generic[_Result]):
    """The owner's end of a worker.

    Args:
        function: what it does with each path, besides ``argument``; must be importable by name.

    Raises:
        OSError: when the system refuses another process.
    """

    def __init__(self, function: Callable[[Path, Any], _Result], argument: Any, limits: Limits) -> None:
        self.tasks: deque[Task[_Result]] = deque()  # given and not yet done, in the worker's order
        self.is_new, self.is_ready = True, False
        self._limits = limits
        self._done = 0
        self._rate = 0.0
        self._seen, self._seen_at = -1, 0.0
        self._begun: Any = RawValue("Q", 0)  # without a lock, which a dying worker could leave locked
        self.connection, theirs = _context.Pipe()
        self._process = _context.Process(
            target=_work, args=(theirs, self._begun, function, argument, limits), daemon=True
        )
        try:
            with _interrupts_held_back():
                self._process.start()
        finally:
            theirs.close()

    def take_from(self, waiting: deque[Task[_Result]]) -> None:
        """Give it the next of ``waiting``, unless it has enough for a while."""
        share = int(min(max(self._rate * REPORT_SECONDS, 2), _MOST_AT_ONCE))
        if not waiting or len(self.tasks) >= share:
            return
        taken: list[Task[_Result]] = []
        characters = sum(len(str(task.path)) for task in self.tasks)
        while waiting and len(taken) < share:
            characters += len(str(waiting[0].path))
            if characters > _MOST_CHARACTERS and (taken or self.tasks):
                break
            taken.append(waiting.popleft())
        if taken:
            self.give(taken)

    def give(self, tasks: Sequence[Task[_Result]]) -> None:
        """Give it these."""
        self.is_new = False
        self.tasks += tasks
        with suppress(OSError):  # it has died, which the next look at the connection tells
            self.connection.send([str(task.path) for task in tasks])

    def listen(self) -> bool:
        """Put the results that have come into their tasks. Returns whether the worker lives."""
        try:
            while self.connection.poll():
                results, seconds = self.connection.recv()
                self.is_ready = True
                for result in results:
                    self.tasks.popleft().result = result
                self._done += len(results)
                if results:
                    self._rate = len(results) / max(seconds, 1e-6)
        except (EOFError, OSError):
            return False
        return True

    @property
    def culprit(self) -> Task[_Result] | None:
        """What it is at, and if it has died, what it has died of, perhaps."""
        at = int(self._begun.value) - self._done - 1
        return self.tasks[at] if 0 <= at < len(self.tasks) else None

    def is_overdue(self, now: float) -> bool:
        """Whether it has been at the same path, or at its start, for too long. To be asked again and again.

        Args:
            now: seconds by a clock of the caller's.
        """
        begun = int(self._begun.value)
        if begun != self._seen or not self.tasks:
            self._seen, self._seen_at = begun, now
        allowed = _CLOCK_PATIENCE * self._limits.seconds if begun else _START_SECONDS
        return now - self._seen_at > allowed

    def kill(self) -> None:
        """End it, whatever it is doing."""
        self.connection.close()
        self._process.kill()

    def end(self) -> int | None:
        """Kill it unless it has died. Returns its exit code; None if the system could not end it at once."""
        if not wait([self._process.sentinel], _KILL_SECONDS if self._process.exitcode is None else 0):
            self._process.kill()
        self._process.join(_KILL_SECONDS)
        self.connection.close()
        return self._process.exitcode


@contextmanager
def _interrupts_held_back() -> Iterator[None]:
    """A worker started in here is not interrupted from the terminal before it is ready to ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(
    connection: "Connection[Any, Any]",
    begun: Any,
    function: Callable[[Path, Any], Any],
    argument: Any,
    limits: Limits,
) -> None:
    """The life of a worker."""
    _prepare(limits)
    with suppress(EOFError, OSError):  # the owner has closed the pipe
        connection.send(((), 0.0))
        while True:
            paths = deque(connection.recv())
            while paths:
                started, results = time.monotonic(), []
                while paths and (seconds := time.monotonic() - started) < REPORT_SECONDS:
                    _limit_processor_time(limits.seconds)
                    begun.value += 1
                    try:
                        results.append(function(Path(paths.popleft()), argument))
                    except MemoryError:
                        os._exit(OUT_OF_MEMORY)  # a new worker has more room, if it was others who took it
                seconds = time.monotonic() - started
                connection.send((results, seconds))


def _prepare(limits: Limits) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program decides when its workers end
    warnings.simplefilter("ignore")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - libtiff writes to the terminal by itself
        os.dup2(nowhere.fileno(), 2)
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a thousand bad files need no dump each
    _limit_memory(limits.memory)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _limit_memory(allowed: int) -> None:
    """Have the system refuse more: what is written to counts, not what is only reserved for threads."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        _lower(resource.RLIMIT_DATA, pages * resource.getpagesize() + allowed)


def _limit_processor_time(seconds: float) -> None:
    """Have the system end this process after so much more, even in C code that never returns to Python."""
    if sys.platform != "win32":
        _lower(resource.RLIMIT_CPU, math.ceil(time.process_time() + seconds))


def _lower(kind: int, soft: int) -> None:
    if sys.platform != "win32":
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # the program was killed, and nobody else would ever end this worker
