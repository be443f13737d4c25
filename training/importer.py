"""Import: from a folder of pictures to pixel shards and an index, accounting for every file."""

import contextlib
import io
import json
import math
import os
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.decode_pool import Decoded, DecodePool
from training.errors import SourceMissingError, VaeError
from training.events import Control, ImportProgress, ImportReport
from training.files import write_atomically
from training.images import ImageFormat
from training.index import INDEX_FILE
from training.language import number, tr, trn
from training.pixel_store import SHARD_BYTES, open_shard, shard_path
from training.project import Project
from training.source_files import SourceFiles, Stopped
from training.source_scan import storable
from training.survey import Survey, survey

HELD_OUT_SHARE = 0.1
FEWEST_PICTURES = 8
REPORT_SECONDS = 0.1
_MOST_PENDING = 20_000  # rows; of skipped files there may be any number without a shard to fill
_FRESH_SHOWN = 12  # pictures handed to the window with one report

OnImport = Callable[[ImportProgress], None]


def has_too_few(project: Project) -> bool:
    """Whether a project has so few pictures that nothing can be learnt from it."""
    with contextlib.suppress(VaeError):
        return project.count_used() < FEWEST_PICTURES
    return False


def is_held_out(sha256: str) -> bool:
    """Whether a picture with this content is held out: the same in every project and every import."""
    return int(sha256[:8], 16) < HELD_OUT_SHARE * 2**32


def import_folder(
    project: Project,
    on_progress: OnImport = lambda _: None,
    control: Control | None = None,
    image_format: ImageFormat | None = None,
) -> ImportReport:
    """Bring the project up to date with its source folder.

    Files whose size and time of change are as before are not decoded again, nor are files that were moved or
    touched: their pictures are known by their content and keep their ids. When it is stopped, what has been
    decoded by then is kept, and the next import goes on from there.

    Args:
        image_format: what to turn pictures into; None keeps the project's, or chooses from the pictures.

    Raises:
        SourceMissingError: the source folder is not there, or went away meanwhile; what was decoded is kept.
        VaeError: when the source folder cannot be read, or has too few pictures to learn from.
    """
    control = control or Control()
    with contextlib.suppress(Stopped), project.index() as index:
        files = SourceFiles(index, project.source, control)
        _bring_up_to_date(project, files, _Progress(on_progress), image_format, control)
    report = _report(project, cancelled=control.should_stop)
    if not control.should_stop:
        _require_enough(report, project.source)
    return report


def _bring_up_to_date(
    project: Project,
    files: SourceFiles,
    progress: "_Progress",
    image_format: ImageFormat | None,
    control: Control,
) -> None:
    _scan(project, files, progress)
    previous = _settled_format(project)
    wished = image_format or previous
    format_reason = ""
    if wished is not None and wished == previous:
        _recognise(project, files, progress, wished)
    else:
        files.expect_all()
    progress.end_scanning()
    if wished is None:
        chosen = _survey(files, control)
        wished, format_reason = chosen.image_format, chosen.reason
    with (
        _Writer(project, wished, wished != previous, format_reason) as writer,
        DecodePool(wished) as pool,
    ):
        progress.count_kept(writer.kept, writer.used)
        for decoded in pool.decode(files.waiting, should_stop=lambda: control.should_stop):
            if decoded.pixels is None and not files.is_there():
                raise SourceMissingError.while_reading(project.source, writer.kept_words)
            writer.add(decoded)
            progress.add(decoded)
        if control.should_stop and previous is not None and wished != previous:
            writer.discard()  # the pictures at the earlier size stay
    progress.send(at_once=True)


def _scan(project: Project, files: SourceFiles, progress: "_Progress") -> None:
    files.find(project.path, on_found=progress.count_found)
    if progress.found == 0:
        # An unplugged drive may leave the folder where it was connected.
        problem = SourceMissingError if project.count_used() else VaeError
        raise problem(
            tr("The folder {source} is empty.", source=project.source),
            advice=tr("Choose a folder with pictures in it."),
        )


def _recognise(
    project: Project, files: SourceFiles, progress: "_Progress", image_format: ImageFormat
) -> None:
    """Keep what is as it was, also where it was moved or touched; only the other files go on waiting."""
    _forget_damaged(project, image_format)
    files.compare()
    files.recognise(on_hashed=progress.count_looked_into)


def _survey(files: SourceFiles, control: Control) -> Survey:
    """Choose the format of a folder that has none yet."""
    waiting = files.waiting
    try:
        chosen = survey(waiting, len(waiting), should_stop=lambda: control.should_stop)
    except VaeError as error:
        if not files.is_there():
            raise SourceMissingError.while_reading(files.source) from error
        raise
    if chosen is None:
        raise Stopped
    return chosen


def _settled_format(project: Project) -> ImageFormat | None:
    """The project's format, unless it was chosen by too few pictures: those of now may want another."""
    return project.image_format if project.count_used() >= FEWEST_PICTURES else None


def _require_enough(report: ImportReport, source: Path) -> None:
    if report.used >= FEWEST_PICTURES:
        return
    if report.used == 0:
        what = tr(
            "None of the {found:,} files in {source} is a picture that can be read.",
            found=report.found,
            source=source,
        )
    else:
        what = trn(
            "Only {count} picture was found in {source}; at least {fewest} are needed to learn from.",
            "Only {count} pictures were found in {source}; at least {fewest} are needed to learn from.",
            report.used,
            source=source,
            fewest=FEWEST_PICTURES,
        )
    why = "; ".join(f"{number(count)} × {tr(reason)}" for reason, count in list(report.reasons.items())[:4])
    advice = tr("Choose a folder with more pictures (JPEG, PNG, WebP, GIF, BMP or TIFF).")
    if why:
        what = f"{what} {tr('Skipped: {why}.', why=why)}"
    raise VaeError(what, advice=advice)


def _forget_damaged(project: Project, image_format: ImageFormat) -> None:
    """Drop the rows of shards that are missing or damaged, so that their pictures are decoded again."""
    with project.index() as index:
        needed = "SELECT shard, MAX(row) + 1 FROM pictures WHERE shard IS NOT NULL GROUP BY shard"
        for shard, rows in index.execute(needed).fetchall():
            try:
                intact = len(open_shard(project.pixels_folder, shard, image_format.shape)) >= rows
            except VaeError:
                intact = False
            if not intact:
                index.execute("DELETE FROM pictures WHERE shard = ?", (shard,))


def _relative(path: Path, source: Path) -> bytes:
    return os.fsencode(path.relative_to(source))


def _report(project: Project, *, cancelled: bool) -> ImportReport:
    used, reasons = project.count_used(), project.reasons()
    skipped = sum(reasons.values())
    return ImportReport(used + skipped, used, skipped, reasons, cancelled, project.format_words)


@dataclass
class _Progress:
    """Counts, and tells the listener a few times a second."""

    listener: OnImport
    found: int = 0
    used: int = 0
    skipped: int = 0
    kept: int = 0
    scanning: bool = True
    fresh: list[NDArray[np.uint8]] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    sent: float = 0.0

    def count_looked_into(self) -> None:
        """A file may be one of before; until the end of the scan it counts as that."""
        self.used += 1
        self.send()

    def end_scanning(self) -> None:
        self.scanning, self.used = False, 0
        self.send(at_once=True)

    def count_kept(self, kept: int, used: int) -> None:
        """Start from what an earlier import left."""
        self.kept, self.used, self.skipped = kept, used, kept - used
        self.started = time.monotonic()

    def count_found(self) -> None:
        self.found += 1
        self.send()

    def add(self, decoded: Decoded) -> None:
        if decoded.pixels is None:
            self.skipped += 1
        else:
            self.used += 1
            if len(self.fresh) < _FRESH_SHOWN:
                self.fresh.append(decoded.pixels)
        self.send()

    def send(self, *, at_once: bool = False) -> None:
        now = time.monotonic()
        if not at_once and now - self.sent < REPORT_SECONDS:
            return
        self.sent = now
        done = self.used + self.skipped
        fresh_done = done - self.kept
        left = None
        if not self.scanning and fresh_done > 0:
            left = (now - self.started) / fresh_done * (self.found - done)
        self.listener(
            ImportProgress(self.found, done, self.used, self.skipped, self.scanning, left, tuple(self.fresh))
        )
        self.fresh.clear()


class _Writer:
    """Collects decoded pictures into shards; a shard is on disk before the index names its pictures.

    At another image format than before, everything, the removal of the old pictures included, is one
    transaction; otherwise each shard is one, so that little is lost when the program is killed.
    """

    def __init__(
        self, project: Project, image_format: ImageFormat, fresh_start: bool, format_reason: str
    ) -> None:
        self._project = project
        self._format = image_format
        self._format_reason = format_reason
        self._fresh_start = fresh_start
        self._replacing = False
        self._rows = max(SHARD_BYTES // int(np.prod(image_format.shape)), 1)
        self._pixels: list[NDArray[np.uint8]] = []
        self._pending: list[tuple[object, ...]] = []
        self._discarded = False

    def __enter__(self) -> "_Writer":
        self._index = sqlite3.connect(self._project.path / INDEX_FILE, timeout=30)
        last = self._index.execute("SELECT MAX(shard) FROM pictures").fetchone()[0]
        self._shard = 0 if last is None else last + 1
        if self._fresh_start:
            self._replacing = last is not None
            self._index.execute("DELETE FROM pictures")
            self._index.executemany(
                "INSERT OR REPLACE INTO meta VALUES (?, ?)",
                [
                    ("image_format", json.dumps(self._format.to_json())),
                    ("format_reason", self._format_reason),
                ],
            )
            self._commit_part()
        count = "SELECT COUNT(*), COALESCE(SUM(status = 'used'), 0) FROM pictures"
        self.kept, self.used = self._index.execute(count).fetchone()
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
                _relative(decoded.path, self._project.source),
                decoded.size_bytes,
                storable(decoded.mtime_ns),
                decoded.sha256,
                "used" if used else "skipped",
                decoded.reason,
                self._shard if used else None,
                len(self._pixels) - 1 if used else None,
                int(used and is_held_out(decoded.sha256)),
            )
        )
        if len(self._pixels) >= self._rows or len(self._pending) >= _MOST_PENDING:
            self._flush()

    def discard(self) -> None:
        """Leave the project as it was before."""
        self._discarded = True

    def _flush(self) -> None:
        if self._pixels:
            buffer = io.BytesIO()
            np.save(buffer, np.stack(self._pixels), allow_pickle=False)
            write_atomically(shard_path(self._project.pixels_folder, self._shard), buffer.getvalue())
            self._shard += 1
            self._pixels.clear()
        self._index.executemany(
            "INSERT OR REPLACE INTO pictures"
            " (path, size, mtime_ns, sha256, status, reason, shard, row, held_out)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            self._pending,
        )
        self._pending.clear()
        self._commit_part()

    def _commit_part(self) -> None:
        if not self._replacing:
            self._index.commit()

    def __exit__(self, error: type[BaseException] | None, *_: object) -> None:
        try:
            if not self._discarded and not (error and self._replacing):
                self._flush()
                _hold_out_copies(self._index)
                _hold_out_at_least_one(self._index)
                self._index.commit()
        finally:
            self._index.close()
        self._remove_unused_shards()

    def _remove_unused_shards(self) -> None:
        with self._project.index() as index:
            used = {row[0] for row in index.execute("SELECT DISTINCT shard FROM pictures")}
        for path in self._project.pixels_folder.glob("*.npy"):
            if path.stem.isdigit() and int(path.stem) not in used:
                with contextlib.suppress(OSError):  # Windows keeps a file that is still mapped
                    path.unlink()


def _hold_out_copies(index: sqlite3.Connection) -> None:
    """A picture held out for want of another is not known by its hash; its later copies go with it."""
    first_not_by_hash = f"{math.ceil(HELD_OUT_SHARE * 2**32):08x}"
    index.execute(
        "UPDATE pictures SET held_out = 1 WHERE status = 'used' AND held_out = 0"
        # With the sign, SQLite looks at every row once instead of at nine tenths of them by an index.
        " AND sha256 IN (SELECT sha256 FROM pictures WHERE held_out = 1 AND +sha256 >= ?)",
        (first_not_by_hash,),
    )


def _hold_out_at_least_one(index: sqlite3.Connection) -> None:
    """Without a held-out picture nobody sees overfitting; a small set may have none by its hashes."""

    def one(query: str) -> Any:
        found = index.execute(f"{query} LIMIT 1").fetchone()
        return None if found is None else found[0]

    used = "FROM pictures WHERE status = 'used'"
    if one(f"SELECT 1 {used} AND held_out = 1") or one(f"SELECT COUNT(*) {used}") < FEWEST_PICTURES:
        return
    smallest, largest = (one(f"SELECT sha256 {used} ORDER BY sha256 {way}") for way in ("ASC", "DESC"))
    if smallest != largest:
        index.execute("UPDATE pictures SET held_out = 1 WHERE status = 'used' AND sha256 = ?", (smallest,))
