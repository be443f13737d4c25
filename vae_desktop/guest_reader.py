"""Turns files, and what was copied in other programs, into pictures as the model takes them.

The decoding is the import's own, in one worker process: a picture may come from anywhere, and one that
crashes the decoder or keeps it busy for ever does harm to nothing else. A worker has started after 0.2 s.
"""

import logging
import tempfile
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QBuffer, QObject, Signal
from PySide6.QtGui import QImage

from training.decode_pool import DecodePool
from training.errors import VaeError
from training.image_format import ImageFormat
from training.language import mark, tr
from training.skipping import UNREADABLE
from vae_desktop.guests import Guest
from vae_desktop.lane import Lane

GONE = mark("not there any more")
_TIME_LIMIT = 10.0  # seconds for a picture; somebody waits for it
_FASTEST = 100  # quality of Qt's PNG: as good as others, not compressed
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """A picture that is to be read.

    Attributes:
        name: what it is called.
        source: a file, a file's bytes, or what Qt has read already.
        guest: the one that is to be read anew, None for a new one.
    """

    name: str
    source: Path | bytes | QImage
    guest: Guest | None = None


@dataclass(frozen=True)
class Read:
    """What became of it. Exactly one of ``pixels`` and ``reason`` is None.

    Attributes:
        source: a file, or a file's bytes.
        pixels: uint8 [S, S, C].
        reason: why it cannot be placed, in a few words.
    """

    wanted: Wanted
    source: Path | bytes
    pixels: NDArray[np.uint8] | None
    reason: str | None


@dataclass(frozen=True)
class Reading:
    """Pictures that are read together.

    Attributes:
        asked: how many there were, of which ``wanted`` were taken.
        is_edit: whether placing them is something that can be undone.
        stopped: set when nobody waits for them any more.
        failure: why none was read, '' if that was tried.
    """

    wanted: tuple[Wanted, ...]
    image_format: ImageFormat
    asked: int
    is_edit: bool
    stopped: threading.Event
    results: tuple[Read, ...] = ()
    failure: str = ""


class GuestReader(QObject):
    """Reads in a thread of its own; :attr:`done` arrives on the thread of its receiver."""

    done = Signal(object)  # Reading, with its results

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lane = Lane("guests", lambda _error: None)

    def read(self, reading: Reading) -> None:
        """Read these pictures after those before."""

        def tell(error: Exception) -> None:
            self.done.emit(replace(reading, failure=_sentence(error)))

        self._lane.submit(lambda: self.done.emit(replace(reading, results=tuple(_read(reading)))), tell)

    def close(self) -> None:
        """End the thread; what is being read should have been stopped."""
        self._lane.close()


def _read(reading: Reading) -> list[Read]:
    """Decode them; those that came without a file are written to temporary ones."""
    sources = [
        _png(each.source) if isinstance(each.source, QImage) else each.source for each in reading.wanted
    ]
    with ExitStack() as opened:
        paths = _as_files(sources, opened)
        pool = opened.enter_context(DecodePool(reading.image_format, workers=1, time_limit=_TIME_LIMIT))
        decoded = pool.decode(paths, should_stop=reading.stopped.is_set)
        return [
            Read(wanted, source, one.pixels, _why(one.reason, one.path))
            for wanted, source, one in zip(reading.wanted, sources, decoded, strict=False)
        ]


def _as_files(sources: Sequence[Path | bytes], opened: ExitStack) -> list[Path]:
    """The files, and temporary ones for the rest until ``opened`` is left."""
    if all(isinstance(source, Path) for source in sources):
        return [source for source in sources if isinstance(source, Path)]
    try:
        temporary = tempfile.TemporaryDirectory(prefix="vae-desktop-", ignore_cleanup_errors=True)
        folder, paths = Path(opened.enter_context(temporary)), []
        for number, source in enumerate(sources):
            if isinstance(source, bytes):
                (folder / str(number)).write_bytes(source)
            paths.append(source if isinstance(source, Path) else folder / str(number))
    except OSError as error:
        raise VaeError(
            tr(
                "The copied picture could not be read, because no temporary file can be written ({reason}).",
                reason=error.strerror,
            ),
            advice=tr("Make room on the disk, or save the picture as a file and drop that."),
        ) from error
    return paths


def _png(image: QImage) -> bytes:
    buffer = QBuffer()
    buffer.open(QBuffer.OpenModeFlag.WriteOnly)
    if not image.save(buffer, "PNG", _FASTEST):  # type: ignore[call-overload]
        raise VaeError(
            tr("The copied picture could not be read."), advice=tr("Save it as a file and drop that.")
        )
    return bytes(buffer.data().data())


def _why(reason: str | None, path: Path) -> str | None:
    return GONE if reason == UNREADABLE and not path.exists() else reason


def _sentence(error: Exception) -> str:
    if isinstance(error, VaeError):
        return str(error)
    _log.error("Pictures could not be read", exc_info=error)
    return tr(
        "The pictures could not be read ({name}: {error}). The log file has the details.",
        name=type(error).__name__,
        error=error,
    )
