"""Decoding of many pictures at once in worker processes, which may crash or hang without doing harm."""

import hashlib
import io
import math
import os
import signal
import stat
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import wait
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from training.decode_worker import OUT_OF_MEMORY, Limits, Task, Worker
from training.errors import VaeError
from training.image_format import ImageFormat
from training.images import decode_each
from training.language import mark, tr
from training.picture_render import render
from training.skipping import NEEDS_MEMORY, UNREADABLE, SkippedPicture, skipped_by

CRASHED = mark("crashed the decoder")
TOO_SLOW = mark("took too long to decode")

READ_WHOLE_BYTES = 512 * 1024 * 1024
MOST_MEMORY = 4 * 2**30  # twice what a picture of 200 megapixels takes, whatever its kind
LEAST_MEMORY = 2**30
_AHEAD = 96  # paths per worker that are taken before the first of their results is
_POLL_SECONDS = 0.1
_STARTS = 3  # that may fail one after the other
_MOST_WORKERS = 61  # more, and Windows cannot wait for all of them
_MOST_AHEAD = 128 * 2**20  # bytes of pictures that wait for those of an earlier file, a long film perhaps


@dataclass(frozen=True)
class Decoded:
    """What became of one file, or of one frame of it. Exactly one of ``pixels`` and ``reason`` is None.

    Attributes:
        size_bytes: 0 for a file that could not be opened.
        mtime_ns: 0 for a file that could not be opened.
        sha256: of the file's bytes, in hexadecimal; may be empty for a file that is not used.
        pixels: uint8 [S, S, C].
        reason: why it is skipped, one of a few categories in plain words.
        frame: of an animation or a film, from 0.
        width, height, likeness, is_blank, edge_lightness: of the picture in the file, as
            :class:`training.picture_render.Picture` has them; 0, False or None for a file that is not used.
    """

    path: Path
    size_bytes: int
    mtime_ns: int
    sha256: str
    pixels: NDArray[np.uint8] | None
    reason: str | None
    frame: int = 0
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
    """Hash and decode one file, reading it once unless it is very long; of an animation the first frame.

    Raises:
        MemoryError: and nothing else.
    """
    return next(decoded for decoded in decode_frames(path, image_format) if decoded is not None)


def decode_frames(path: Path, image_format: ImageFormat, every_frame: int = 0) -> Iterator[Decoded | None]:
    """Hash and decode one file, as :func:`decode_file` does; what is wrong with a frame ends it.

    Args:
        every_frame: of animations and films, decode every so many-th frame, and give None for each of the
            others, so that it is seen to go on; with 0 only the first of an animation, and nothing of films.

    Raises:
        MemoryError: and nothing else.
    """
    size, mtime_ns, digest, frame = 0, 0, "", 0
    try:
        status = path.stat()
        size, mtime_ns = status.st_size, status.st_mtime_ns
        if not stat.S_ISREG(status.st_mode):  # opening a pipe would wait for ever
            raise SkippedPicture(UNREADABLE)
        with path.open("rb") as file:
            source: BinaryIO = file
            if size <= READ_WHOLE_BYTES:
                content = file.read()
                digest = hashlib.sha256(content).hexdigest()
                source = io.BytesIO(content)
            for picture in decode_each(
                source, path.suffix, every_frame, lambda image: render(image, image_format)
            ):
                if not digest:  # only now: what cannot be decoded is not worth hashing gigabytes
                    digest = _digest(path)
                if picture is None:
                    yield None
                else:
                    yield Decoded(path, size, mtime_ns, digest, reason=None, frame=frame, **vars(picture))
                frame += 1
    except SkippedPicture as skipped:
        yield Decoded(path, size, mtime_ns, digest, None, skipped.reason, frame)
    except (OSError, ValueError) as error:
        yield Decoded(path, size, mtime_ns, digest, None, skipped_by(error).reason, frame)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


DecodeOne = Callable[[Path, ImageFormat, int], Iterator[Decoded | None]]


class DecodePool:
    """A context in which pictures are decoded by worker processes.

    A file on which a worker dies, or that takes more time or memory than is allowed, is skipped; a death is
    believed once it happened to a new worker, too. Leaving the context ends the workers at once, whatever
    they are doing.

    Args:
        workers: how many processes; None for one per processor.
        time_limit: seconds of processor time for one picture; by the clock, it may take twice as many.
        memory_limit: bytes for one picture; None for half the computer's memory, from 1 to 4 GiB.
        decode_one: what the workers do with each path, as :func:`decode_frames` does; must be importable by
            name.
        every_frame: of animations and films, see :func:`decode_frames`.
    """

    def __init__(
        self,
        image_format: ImageFormat,
        workers: int | None = None,
        *,
        time_limit: float = 30.0,
        memory_limit: int | None = None,
        decode_one: DecodeOne = decode_frames,
        every_frame: int = 0,
    ) -> None:
        self._format, self._every_frame = image_format, every_frame
        self._most = max(1, min(workers or os.cpu_count() or 1, _MOST_WORKERS))
        self._limits = Limits(time_limit, memory_limit or _usual_memory_limit())
        self._decode_one = decode_one
        self._workers: list[Worker[Decoded]] = []
        self._waiting: deque[Task[Decoded]] = deque()
        self._suspects: deque[Task[Decoded]] = deque()
        self._clock = _Clock()
        self._failed_starts = 0
        self._left = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._left = True
        self._end_workers()

    def decode(
        self, paths: Iterable[Path], *, should_stop: Callable[[], bool] = lambda: False
    ) -> Iterator[Decoded]:
        """Decode files: in the order of the paths a result for each, or for every wanted frame of it.

        One call at a time. Paths are taken as they are needed, some hundred ahead of the results.

        Args:
            should_stop: asked several times a second, and ends the results early when it says so; without
                it, a caller that waits for a slow picture cannot stop.

        Raises:
            VaeError: when worker processes cannot be started.
        """
        source = iter(paths)
        line: deque[Task[Decoded]] = deque()
        try:
            while not (self._left or should_stop()):
                self._listen(line)
                fresh = [Task[Decoded](path) for path in islice(source, _AHEAD * self._most - len(line))]
                line += fresh
                self._waiting += fresh
                if not line:
                    return
                self._hand_out()  # before the results, which may keep the caller busy for a while
                while line and not (self._left or should_stop()):
                    if line[0].results:
                        yield line[0].results.popleft()
                    elif line[0].is_done:
                        line.popleft()
                    else:
                        break
        finally:
            self._waiting.clear()
            self._suspects.clear()
            if any(worker.tasks for worker in self._workers):
                self._end_workers()  # their results would be taken for those of the next call

    def _hand_out(self) -> None:
        """Keep all workers in work. A suspect goes to a new worker, which no other file can have hurt."""
        for worker in self._workers:
            worker.take_from(self._waiting)
        while (self._waiting or self._suspects) and len(self._workers) < self._most:
            try:
                worker = Worker(self._decode_one, (self._format, self._every_frame), self._limits)
            except OSError as error:
                if self._workers:
                    return  # fewer have to do
                raise _cannot_start() from error
            self._workers.append(worker)
            if self._suspects:
                worker.give([self._suspects.popleft()])
            else:
                worker.take_from(self._waiting)

    def _listen(self, line: deque[Task[Decoded]]) -> None:
        """Wait for news for a moment, and see to the workers that died or hang."""
        heard = self._heard(line)
        wait([worker.connection for worker in heard], _POLL_SECONDS if heard else 0)
        self._clock.look()
        for worker in heard:
            if not worker.listen():
                self._bury(worker, worker.end())
            elif worker.is_overdue(self._clock.seconds):
                worker.kill()
                worker.end()
                self._bury(worker, None)

    def _heard(self, line: deque[Task[Decoded]]) -> list[Worker[Decoded]]:
        """The workers to listen to: where too much waits for the first file, the one that has it."""
        waiting = sum(len(task.results) for task in line) * math.prod(self._format.shape)
        with_first = [worker for worker in self._workers if worker.tasks and worker.tasks[0] is line[0]]
        if waiting <= _MOST_AHEAD or not with_first:
            return self._workers.copy()
        for worker in self._workers:
            if worker not in with_first:
                worker.leave_waiting()
        return with_first

    def _bury(self, worker: Worker[Decoded], exit_code: int | None) -> None:
        """Find out what a worker died of, and have others do what it had in hand."""
        self._workers.remove(worker)
        self._failed_starts = 0 if worker.is_ready else self._failed_starts + 1
        if self._failed_starts == _STARTS:
            raise _cannot_start()
        culprit = worker.culprit
        self._waiting.extendleft(task for task in reversed(worker.tasks) if task is not culprit)
        if culprit is None:
            return
        reason = _reason_of_death(exit_code)
        if culprit.is_suspect or reason == TOO_SLOW:
            frame = culprit.received * self._every_frame
            culprit.end_with(_skipped_unread(culprit.path, reason, frame))
        else:
            culprit.is_suspect = True
            self._suspects.append(culprit)

    def _end_workers(self) -> None:
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            worker.end()
        self._workers.clear()


class _Clock:
    """Seconds in which the workers were watched: not those in which the computer or the caller slept."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._looked = time.monotonic()

    def look(self) -> None:
        """Count the time since the last look, but no more than a second."""
        now = time.monotonic()
        self.seconds += min(now - self._looked, 1.0)
        self._looked = now


def _usual_memory_limit() -> int:
    try:
        half = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):  # Windows, which does not hold workers to it anyway
        return MOST_MEMORY
    return min(max(half, LEAST_MEMORY), MOST_MEMORY)


def _reason_of_death(exit_code: int | None) -> str:
    """Why a file is skipped, from how its worker ended; None for one that had to be ended."""
    if exit_code is None or exit_code == -getattr(signal, "SIGXCPU", 0):
        return TOO_SLOW
    # Nothing in a decoder sends SIGKILL; a system that has run out of memory does.
    if exit_code in (OUT_OF_MEMORY, -getattr(signal, "SIGKILL", 0)):
        return NEEDS_MEMORY
    return CRASHED


def _skipped_unread(path: Path, reason: str, frame: int) -> Decoded:
    try:
        status = path.stat()
    except (OSError, ValueError):
        return Decoded(path, 0, 0, "", None, reason, frame)
    return Decoded(path, status.st_size, status.st_mtime_ns, "", None, reason, frame)


def _cannot_start() -> VaeError:
    return VaeError(
        tr("The processes that decode pictures could not be started."),
        advice=tr("Close other programs to free memory and try again."),
    )
