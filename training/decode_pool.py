"""Decoding of many pictures at once in worker processes, which may crash or hang without doing harm."""

import concurrent.futures
import hashlib
import io
import itertools
import multiprocessing
import os
import signal
import stat
import threading
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.context import SpawnContext, SpawnProcess
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.image_format import ImageFormat
from training.images import decode_picture
from training.language import mark, tr
from training.skipping import UNREADABLE, SkippedPicture, skipped_by

CRASHED = mark("crashed the decoder")
TOO_SLOW = mark("took too long to decode")

CHUNK = 16
SLICE_SECONDS = 0.25  # a worker reports at least this often, one picture permitting
READ_WHOLE_BYTES = 512 * 1024 * 1024
_START_SECONDS = 120.0
_POLL_SECONDS = 0.1
_LEAVE_SECONDS = 0.6
_MOST_WORKERS = 61  # more, and Windows cannot wait for all of them


@dataclass(frozen=True)
class Decoded:
    """What became of one file. Exactly one of ``pixels`` and ``reason`` is None.

    Attributes:
        size_bytes: 0 for a file that could not be opened.
        mtime_ns: 0 for a file that could not be opened.
        sha256: of the file's bytes, in hexadecimal; may be empty for a file that is not used.
        pixels: uint8 [S, S, C].
        reason: why it is skipped, one of a few categories in plain words.
        width, height, likeness, is_blank, edge_lightness: of the picture in the file, as
            :class:`training.picture_render.Picture` has them; 0, False or None for a file that is not used.
    """

    path: Path
    size_bytes: int
    mtime_ns: int
    sha256: str
    pixels: NDArray[np.uint8] | None
    reason: str | None
    width: int = 0
    height: int = 0
    likeness: int = 0
    is_blank: bool = False
    edge_lightness: float | None = None

    @property
    def short_side(self) -> int:
        """Shorter side in pixels of the picture in the file."""
        return min(self.width, self.height)


def decode_file(path: Path, image_format: ImageFormat) -> Decoded:
    """Hash and decode one file, reading it once unless it is very long. Never raises."""
    size, mtime_ns, digest = 0, 0, ""
    try:
        status = path.stat()
        size, mtime_ns = status.st_size, status.st_mtime_ns
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise SkippedPicture(UNREADABLE)
        with path.open("rb") as file:
            if size <= READ_WHOLE_BYTES:
                content = file.read()
                digest = hashlib.sha256(content).hexdigest()
                picture = decode_picture(io.BytesIO(content), image_format, path.suffix)
            else:  # decoded first: a film of many gigabytes among the pictures is not worth hashing
                picture = decode_picture(file, image_format, path.suffix)
                file.seek(0)
                digest = hashlib.file_digest(file, "sha256").hexdigest()
    except SkippedPicture as skipped:
        return Decoded(path, size, mtime_ns, digest, None, skipped.reason)
    except (OSError, ValueError) as error:
        return Decoded(path, size, mtime_ns, digest, None, skipped_by(error).reason)
    except MemoryError:
        return Decoded(path, size, mtime_ns, digest, None, UNREADABLE)
    return Decoded(path, size, mtime_ns, digest, reason=None, **vars(picture))


_T = TypeVar("_T")
DecodeOne = Callable[[Path, ImageFormat], Decoded]


class DecodePool:
    """A context in which pictures are decoded by worker processes.

    A file on which a worker dies, or that keeps one busy for longer than ``time_limit``, is skipped. Leaving
    the context ends the workers within about a second, whatever they are doing.

    Args:
        workers: how many processes; None for one per processor.
        time_limit: seconds without any progress after which a file counts as too slow.
        decode_one: what the workers do with each path; must be importable by name.
    """

    def __init__(
        self,
        image_format: ImageFormat,
        workers: int | None = None,
        *,
        time_limit: float = 30.0,
        decode_one: DecodeOne = decode_file,
    ) -> None:
        self._format = image_format
        self._workers = max(1, min(workers or os.cpu_count() or 1, _MOST_WORKERS))
        self._time_limit = time_limit
        self._decode_one = decode_one
        self._executor: _Executor | None = None
        self._left = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._left = True
        self._end_workers()

    def decode(
        self, paths: Iterable[Path], *, should_stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Decoded]:
        """Decode files; one result for every path, in the order of the paths. One call at a time.

        Paths are taken as they are needed, some hundred ahead of the results.

        Args:
            should_stop: asked several times a second, and ends the results early when it says so; without
                it, a caller that waits for a slow picture cannot stop.

        Raises:
            VaeError: when worker processes cannot be started.
        """
        source = iter(paths)
        flight: deque[_Job] = deque()
        while not (self._left or should_stop()):
            intact = self._fill(flight, source)
            if not flight:
                return
            intact = intact and self._gather(flight, should_stop)
            yield from _ready(flight)
            if not intact:
                self._end_workers()
                yield from self._rescue(flight, should_stop)

    def _fill(self, flight: "deque[_Job]", source: Iterator[Path]) -> bool:
        """Keep the workers in work. Returns whether they are alive."""
        while len(flight) < 3 * self._workers and (chunk := list(itertools.islice(source, CHUNK))):
            flight.append(_Job(chunk))
        try:
            for job in flight:
                if job.future is None and len(job.results) < len(job.paths):
                    job.future = self._submit(job.paths[len(job.results) :])
        except BrokenProcessPool:
            return False
        return True

    def _submit(self, paths: Sequence[Path]) -> "concurrent.futures.Future[list[Decoded]]":
        if self._executor is None:
            self._executor = _Executor(self._workers)
        return self._executor.submit(_decode_chunk, self._decode_one, paths, self._format)

    def _gather(self, flight: "deque[_Job]", should_stop: Callable[[], bool]) -> bool:
        """Wait for news and put it into the jobs. Returns whether the workers are alive and get on."""
        futures = [job.future for job in flight if job.future is not None]
        if not self._wait(futures, should_stop):
            return self._left or should_stop()
        try:
            for job in flight:
                if job.future is not None and job.future.done():
                    job.results += job.future.result()
                    job.future = None
        except (BrokenProcessPool, concurrent.futures.CancelledError):
            return self._left
        return True

    def _wait(
        self, futures: Sequence[concurrent.futures.Future[Any]], should_stop: Callable[[], bool]
    ) -> bool:
        """Whether one of the futures is done before the time limit, and before the caller wants to stop."""
        deadline = time.monotonic() + self._time_limit
        while time.monotonic() < deadline and not (self._left or should_stop()):
            if concurrent.futures.wait(futures, _POLL_SECONDS, concurrent.futures.FIRST_COMPLETED).done:
                return True
        return False

    def _rescue(self, flight: "deque[_Job]", should_stop: Callable[[], bool]) -> Iterator[Decoded]:
        """After a crash, try everything that was under way one by one, so that only the guilty is skipped."""
        while flight:
            for path in flight[0].paths[len(flight[0].results) :]:
                result = self._decode_alone(path, should_stop)
                if result is None:
                    return
                flight[0].results.append(result)
                yield from _ready(flight)

    def _decode_alone(self, path: Path, should_stop: Callable[[], bool]) -> Decoded | None:
        """Decode a file while the workers do nothing else. None when the caller stops or has left."""
        if self._left:
            return None
        try:
            future = self._submit([path])
            if self._wait([future], should_stop):
                return future.result()[0]
        except BrokenProcessPool:
            reason = CRASHED
        else:
            reason = TOO_SLOW
        if self._left or should_stop():
            return None
        self._end_workers()
        return _skipped_unread(path, reason)

    def _end_workers(self) -> None:
        if self._executor is not None:
            self._executor.end()
            self._executor = None


@dataclass
class _Job:
    """A chunk of paths, the results so far, and the future of the rest while a worker has it."""

    paths: list[Path]
    results: list[Decoded] = field(default_factory=list)
    handed_on: int = 0
    future: "concurrent.futures.Future[list[Decoded]] | None" = None


def _ready(flight: deque[_Job]) -> Iterator[Decoded]:
    """Hand on, in order, what is done at the head of the queue."""
    while flight:
        job = flight[0]
        while job.handed_on < len(job.results):
            job.handed_on += 1
            yield job.results[job.handed_on - 1]
        if len(job.results) < len(job.paths):
            return
        flight.popleft()


def _skipped_unread(path: Path, reason: str) -> Decoded:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return Decoded(path, 0, 0, "", None, reason)
    return Decoded(path, status.st_size, status.st_mtime_ns, "", None, reason)


class _Context(SpawnContext):
    """A spawn context that remembers its processes: an executor has no public way to kill its own."""

    def __init__(self) -> None:
        super().__init__()
        self.processes: list[SpawnProcess] = []

    def Process(self, *args: Any, **keywords: Any) -> SpawnProcess:  # type: ignore[override]
        process = SpawnProcess(*args, **keywords)
        self.processes.append(process)
        return process


class _Executor:
    """A process pool that is known to have started, and that can be ended at once."""

    def __init__(self, workers: int) -> None:
        self._context = _Context()
        # Without a lock, unlike an Event, which a dying worker could leave locked for ever.
        self._ending = RawValue("b", 0)
        self._pool = concurrent.futures.ProcessPoolExecutor(
            workers, self._context, initializer=_prepare_worker, initargs=(self._ending,)
        )
        try:  # one worker proves that a later death is the fault of a file
            self.submit(os.getpid).result(_START_SECONDS)
        except (BrokenProcessPool, TimeoutError) as error:
            self.end()
            raise _cannot_start() from error

    def submit(self, function: Callable[..., _T], *args: Any) -> concurrent.futures.Future[_T]:
        """Like the pool's own.

        Raises:
            VaeError: when the system refuses another process.
            BrokenProcessPool: when a worker has died.
        """
        try:
            with _interrupts_held_back():
                return self._pool.submit(function, *args)
        except OSError as error:
            self.end()
            raise _cannot_start() from error

    def end(self) -> None:
        """End all workers: those between two pictures at once, the others after a moment, by force.

        The moment matters: a worker killed while it sends a result would leave the pool's own thread
        waiting for the rest of it.
        """
        self._ending.value = 1
        self._pool.shutdown(wait=False, cancel_futures=True)
        started = [process for process in self._context.processes if process.pid is not None]
        # By their sentinels: joining is left to the pool's own thread, which must not be raced for it.
        if not _all_ended(started, time.monotonic() + _LEAVE_SECONDS):
            for process in started:
                process.kill()
            _all_ended(started, time.monotonic() + 1)


def _all_ended(processes: Sequence[SpawnProcess], deadline: float) -> bool:
    return all(wait([process.sentinel], max(deadline - time.monotonic(), 0)) for process in processes)


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


def _cannot_start() -> VaeError:
    return VaeError(
        tr("The processes that decode pictures could not be started."),
        advice=tr("Close other programs to free memory and try again."),
    )


_ending: Any = None  # in a worker: the flag of its executor


def _prepare_worker(ending: Any) -> None:
    global _ending  # noqa: PLW0603 - the one way to hand something to a worker once
    _ending = ending
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the program decides when its workers end
    warnings.simplefilter("ignore")
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - libtiff writes to the terminal by itself
        os.dup2(nowhere.fileno(), 2)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # the program was killed, and nobody else would ever end this worker


def _decode_chunk(decode_one: DecodeOne, paths: Sequence[Path], image_format: ImageFormat) -> list[Decoded]:
    """Decode as many of the paths as fit into a time slice, at least one unless the worker is to end."""
    started = time.monotonic()
    results: list[Decoded] = []
    for path in paths:
        if _ending.value or (results and time.monotonic() - started > SLICE_SECONDS):
            break
        results.append(decode_one(path, image_format))
    return results
