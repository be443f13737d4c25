"""Writing decoded pictures into a project: pixel shards, and the rows of the index that name them."""

import contextlib
import hashlib
import io
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.decode_pool import Decoded
from training.disk_space import written_when_there_is_space
from training.errors import DiskFullError, VaeError
from training.events import Control, DiskFull
from training.files import free_space, write_atomically
from training.held_out import hold_some_out, is_held_out
from training.image_format import ImageFormat
from training.index import INDEX_FILE, UNFINISHED, telling_index_problems
from training.language import tr, trn
from training.pixel_store import SHARD_BYTES, shard_path
from training.project import Project
from training.skipping import LEFT_OUT
from training.source_scan import storable

INDEX_ROOM, _ROW_ROOM = 2**20, 2**10  # bytes left free for the index beside a shard: it may not lack space
_MOST_PENDING = 20_000  # rows; of skipped files there may be any number without a shard to fill

_LEFT_OUT = f"SELECT path, frame, sha256, reason FROM pictures WHERE reason GLOB '{LEFT_OUT}*'"
_LEAVE_OUT_AGAIN = """
UPDATE pictures SET status = 'skipped', reason = left_out.reason FROM left_out
WHERE pictures.status = 'used' AND pictures.path = left_out.path AND pictures.frame = left_out.frame
AND pictures.sha256 = left_out.sha256
"""

_INSERT = """
INSERT OR REPLACE INTO pictures
(path, frame, size, mtime_ns, sha256, status, reason, shard, row, held_out, width, height, likeness, is_blank)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


class PictureWriter:
    """Collects decoded pictures into shards; a shard is on disk before the index names its pictures.

    At another image format than before, everything, the removal of the old pictures included, is one
    transaction; otherwise each shard is one, so that little is lost when the program is killed.

    While a file's frames are written, the index tells that it is unfinished: the next import takes it anew.

    Args:
        every_frame: of animations and films, see :func:`training.decode_pool.decode_frames`.
        fresh_start: replace all pictures that the project has.
        format_reason: why this format was chosen; None where what the project says of it still holds.
        control: says whether to wait where the disk is full; ``on_full`` is told while it does.
    """

    def __init__(
        self,
        project: Project,
        image_format: ImageFormat,
        every_frame: int,
        *,
        fresh_start: bool,
        format_reason: str | None,
        control: Control,
        on_full: Callable[[DiskFull], None],
    ) -> None:
        self._control, self._on_full = control, on_full
        self._project = project
        self._format = image_format
        self._every_frame = every_frame
        self._format_reason = format_reason
        self._fresh_start = fresh_start
        self._replacing = False
        self._below = len(os.fsencode(project.source / "x")) - 1  # where paths below it begin
        self._rows = max(SHARD_BYTES // int(np.prod(image_format.shape)), 1)
        self._pixels: list[NDArray[np.uint8]] = []
        self._pending: list[tuple[object, ...]] = []
        self._discarded = self._has_all = False

    def __enter__(self) -> "PictureWriter":
        self._index = sqlite3.connect(self._project.path / INDEX_FILE, timeout=30)
        last = self._index.execute("SELECT MAX(shard) FROM pictures").fetchone()[0]
        self._shard = 0 if last is None else last + 1
        if self._fresh_start:
            self._replacing = last is not None
            self._index.execute(f"CREATE TEMP TABLE left_out AS {_LEFT_OUT}")
            self._index.execute("DELETE FROM pictures")
            self._index.execute("DELETE FROM shards")
            meta = {
                "image_format": json.dumps(self._format.to_json()),
                "every_frame": str(self._every_frame),
            }
            if self._format_reason is not None:
                meta["format_reason"] = self._format_reason
            self._index.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", meta.items())
            self._commit_part()
        count = (
            "SELECT COUNT(*), COALESCE(SUM(status = 'used'), 0), COALESCE(SUM(frame > 0), 0) FROM pictures"
        )
        self.kept, self.used, self.kept_later_frames = self._index.execute(count).fetchone()
        return self

    @property
    def kept_words(self) -> str:
        """What the project has when the source folder goes away now, as a sentence; '' for nothing."""
        if self._replacing:
            return tr("The pictures that the project had are kept.")
        if not self.used:
            return ""
        return trn("{count} picture is kept.", "{count} pictures are kept.", self.used)

    def add(self, decoded: Decoded) -> None:
        """Take one decoded or skipped picture."""
        used = decoded.pixels is not None
        if decoded.pixels is not None:
            self._pixels.append(decoded.pixels)
            self.used += 1
        self._pending.append(
            (
                os.fsencode(decoded.path)[self._below :],
                decoded.frame,
                decoded.size_bytes,
                storable(decoded.mtime_ns),
                decoded.sha256,
                "used" if used else "skipped",
                decoded.reason,
                self._shard if used else None,
                len(self._pixels) - 1 if used else None,
                int(used and is_held_out(decoded.sha256)),
                decoded.width or None,
                decoded.height or None,
                _signed(decoded.likeness) if used else None,
                int(decoded.is_blank),
            )
        )
        if len(self._pixels) >= self._rows or len(self._pending) >= _MOST_PENDING:
            self._flush()

    def discard(self) -> None:
        """Leave the project as it was before."""
        self._discarded = True

    def _flush(self) -> None:
        """Write what has gathered; what a stop left no space for, the next import reads again."""
        content = self._shard_content()
        if not content or self._patiently(lambda: self._write_shard(content)):
            self._patiently(lambda: self._write_rows(content))
        self._shard += bool(content)
        self._pixels.clear()
        self._pending.clear()

    def _patiently(self, write: Callable[[], None]) -> bool:
        """Write as soon as there is space; False where a stop came before there was any."""
        try:
            written_when_there_is_space(write, self._control, self._on_full)
        except DiskFullError:
            if not self._control.should_stop:
                raise
            self._discarded = self._replacing
            return False
        return True

    def _shard_content(self) -> bytes:
        if not self._pixels:
            return b""
        return _npy(self._pixels, self._format.shape)

    def _write_shard(self, content: bytes) -> None:
        folder = self._project.pixels_folder
        require_room(folder, len(content) + INDEX_ROOM + _ROW_ROOM * len(self._pending))
        write_atomically(shard_path(folder, self._shard), content)

    def _write_rows(self, content: bytes) -> None:
        with self._undone_if_the_disk_is_full():
            if content:
                digest = hashlib.sha256(content).hexdigest()
                self._index.execute("INSERT OR REPLACE INTO shards VALUES (?, ?)", (self._shard, digest))
            self._index.executemany(_INSERT, self._pending)
            if self._every_frame and self._pending:
                self._index.execute(
                    "INSERT OR REPLACE INTO meta VALUES (?, ?)", (UNFINISHED, self._pending[-1][0])
                )
            self._commit_part()

    def _finish(self) -> None:
        with self._undone_if_the_disk_is_full():
            if self._has_all:
                self._index.execute("DELETE FROM meta WHERE key = ?", (UNFINISHED,))
            if self._fresh_start:
                self._index.execute(_LEAVE_OUT_AGAIN)
            hold_some_out(self._index)
            self._index.execute(
                "DELETE FROM shards WHERE NOT EXISTS"
                " (SELECT 1 FROM pictures WHERE pictures.shard = shards.shard)"
            )
            self._index.commit()

    @contextlib.contextmanager
    def _undone_if_the_disk_is_full(self) -> Iterator[None]:
        """So that the block can be done again.

        Raises:
            VaeError: SQLite has taken back more than the block, all that was to replace the old pictures.
        """
        try:
            with telling_index_problems(self._project.path / INDEX_FILE):
                yield
        except DiskFullError as error:
            if not self._replacing:
                self._index.rollback()
            elif not self._index.in_transaction:
                raise VaeError(error.what, kept=error.kept, advice=error.advice) from error
            raise

    def _commit_part(self) -> None:
        if not self._replacing:
            self._index.commit()

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        self._discarded = self._discarded or bool(error and self._replacing)
        self._has_all = error is None and not self._control.should_stop
        try:
            for write in (self._flush, lambda: self._patiently(self._finish)):
                if not self._discarded:
                    write()
            self._index.rollback()  # of what was discarded
            used = {row[0] for row in self._index.execute("SELECT DISTINCT shard FROM pictures")}
        finally:
            self._index.close()
        for path in self._project.pixels_folder.glob("*.npy"):
            if path.stem.isdigit() and int(path.stem) not in used:
                with contextlib.suppress(OSError):  # Windows keeps a file that is still mapped
                    path.unlink()


def require_room(folder: Path, needed: int) -> None:
    """Raise :class:`DiskFullError` where a folder's disk has less than so many bytes free."""
    free = free_space(folder)
    if free is not None and free < needed:  # where it does not tell, writing must
        raise DiskFullError(
            tr("There is no space for more pictures in {folder}.", folder=folder),
            kept=tr("What was read before is kept."),
            advice=tr("Free some space, then try again."),
            folder=folder,
            needed=needed,
        )


def _npy(pictures: list[NDArray[np.uint8]], shape: tuple[int, int, int]) -> bytes:
    """The .npy file of uint8 [n, S, S, C]; np.save would copy the pixels four times."""
    header = io.BytesIO()
    whole = {"descr": "|u1", "fortran_order": False, "shape": (len(pictures), *shape)}
    np.lib.format.write_array_header_1_0(header, whole)
    return b"".join((header.getvalue(), *(picture.data for picture in pictures)))


def _signed(bits: int) -> int:
    """64 bits as SQLite's integers have them."""
    return bits - (1 << 64) if bits >= 1 << 63 else bits
