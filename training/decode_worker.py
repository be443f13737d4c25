"""A process that works off paths one after the other, within limits, and that may die of any of them.

The pipe to it never blocks its owner, and a counter in shared memory tells which path it was at when it died.
"""

import ctypes
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
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.sharedctypes import RawArray
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

_NO_MORE = object()
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # as <malloc.h> numbers them
_KEPT_BYTES = 64 * 2**20

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
    """A path, and what became of it as far as it is known.

    Attributes:
        results: that nobody has taken yet.
        received: how many there were in all, taken or not.
        is_done: whether there are no more.
        is_suspect: whether a worker died on it, perhaps for another reason.
    """

    path: Path
    results: deque[_Result] = field(default_factory=deque)
    received: int = 0
    is_done: bool = False
    is_suspect: bool = False
    known: int = 0  # results of the worker that does it now that another one has given before

    def end_with(self, result: _Result) -> None:
        """Nobody can do the rest of it."""
        self.results.append(result)
        self.is_done = True

    def give_to_a_worker(self) -> None:
        """Another worker begins at its beginning."""
        self.known = self.received

    def take_in(self, results: Sequence[_Result], *, is_done: bool) -> None:
        """Add results, but for those that are known."""
        fresh = results[self.known :]
        self.known -= len(results) - len(fresh)
        self.results += fresh
        self.received += len(fresh)
        self.is_done = is_done


class Worker(Generic[_Result]):
    """The owner's end of a worker.

    Args:
        function: what it makes of each path and the ``arguments``, None where it is busy and has made nothing
            yet; must be importable by name.

    Raises:
        OSError: when the system refuses another process.
    """

    def __init__(
        self, function: Callable[..., Iterator[_Result | None]], arguments: tuple[Any, ...], limits: Limits
    ) -> None:
        self.tasks: deque[Task[_Result]] = deque()  # given and not yet done, in the worker's order
        self.is_new, self.is_ready = True, False
        self._limits = limits
        self._done = 0
        self._rate = 0.0
        self._seen, self._seen_at = -1, 0.0
        # Paths that it has begun, and steps; without a lock, which a dying worker could leave locked.
        self._begun: Any = RawArray("Q", 2)
        self.connection, theirs = _context.Pipe()
        self._process = _context.Process(
            target=_work, args=(theirs, self._begun, function, arguments, limits), daemon=True
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
        for task in tasks:
            task.give_to_a_worker()
        self.tasks += tasks
        with suppress(OSError):  # it has died, which the next look at the connection tells
            is_suspect = any(task.is_suspect for task in tasks)
            self.connection.send(([str(task.path) for task in tasks], is_suspect))

    def listen(self) -> bool:
        """Put the results that have come into their tasks. Returns whether the worker lives."""
        try:
            while self.connection.poll():
                of_paths, seconds = self.connection.recv()
                self.is_ready = True
                done = 0
                for results, is_done in of_paths:
                    self.tasks[0].take_in(results, is_done=is_done)
                    if is_done:
                        self.tasks.popleft()
                        done += 1
                self._done += done
                if done:
                    self._rate = done / max(seconds, 1e-6)
        except (EOFError, OSError):
            return False
        return True

    @property
    def culprit(self) -> Task[_Result] | None:
        """What it is at, and if it has died, what it has died of, perhaps."""
        at = int(self._begun[0]) - self._done - 1
        return self.tasks[at] if 0 <= at < len(self.tasks) else None

    def leave_waiting(self) -> None:
        """It waits for its results to be taken: that does not count as its own time."""
        self._seen = -1

    def is_overdue(self, now: float) -> bool:
        """Whether it has been at the same step, or at its start, for too long. To be asked again and again.

        Args:
            now: seconds by a clock of the caller's.
        """
        begun = int(self._begun[1])
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
    function: Callable[..., Iterator[Any]],
    arguments: tuple[Any, ...],
    limits: Limits,
) -> None:
    """The life of a worker."""
    _prepare(limits)
    with suppress(EOFError, OSError):  # the owner has closed the pipe
        connection.send(((), 0.0))
        while True:
            paths, is_suspect = connection.recv()
            reports = _Reports(connection, at_once=is_suspect)
            for path in paths:
                begun[0] += 1
                try:
                    results = function(Path(path), *arguments)
                    while True:
                        _limit_processor_time(limits.seconds)
                        begun[1] += 1
                        if (result := next(results, _NO_MORE)) is _NO_MORE:
                            break
                        reports.add(result)
                except MemoryError:
                    os._exit(OUT_OF_MEMORY)  # a new worker has more room, if it was others who took it
                reports.end_path()
            reports.send()


class _Reports:
    """Gathers what a worker made, and sends it several times a second.

    Args:
        at_once: it may die any moment, and what was made before that shall be known.
    """

    def __init__(self, connection: "Connection[Any, Any]", *, at_once: bool) -> None:
        self._connection = connection
        self._seconds = 0.0 if at_once else REPORT_SECONDS
        self._of_paths: list[tuple[list[Any], bool]] = []
        self._results: list[Any] = []
        self._since = time.monotonic()

    def add(self, result: Any) -> None:
        """Take the next result of a path, or None."""
        if result is not None:
            self._results.append(result)
        self._send_if_due()

    def end_path(self) -> None:
        """There are no more results of this path."""
        self._of_paths.append((self._results, True))
        self._results = []
        self._send_if_due()

    def send(self) -> None:
        """Send what there is."""
        if self._results:
            self._of_paths.append((self._results, False))
        if self._of_paths:
            self._connection.send((self._of_paths, time.monotonic() - self._since))
        self._of_paths, self._results, self._since = [], [], time.monotonic()

    def _send_if_due(self) -> None:
        if time.monotonic() - self._since >= self._seconds:
            self.send()


def _prepare(limits: Limits) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program decides when its workers end
    warnings.simplefilter("ignore")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - libtiff writes to the terminal by itself
        os.dup2(nowhere.fileno(), 2)
    if sys.platform != "win32":
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a thousand bad files need no dump each
    _keep_freed_memory()
    _limit_memory(limits.memory)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _keep_freed_memory() -> None:
    """Have the C library keep some for the next picture: fresh pages cost a tenth of a photo."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:  # of glibc
        mallopt(_TRIM_THRESHOLD, _KEPT_BYTES)
        mallopt(_MMAP_THRESHOLD, _KEPT_BYTES // 2)


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
