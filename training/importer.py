"""Import: from a folder of pictures to pixel shards and an index, accounting for every file."""

import contextlib
import io
import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.decode_pool import Decoded, DecodePool
from training.errors import VaeError
from training.events import Control, ImportProgress, ImportReport
from training.files import write_atomically
from training.image_format import ImageFormat
from training.images import scan
from training.index import INDEX_FILE, telling_index_problems
from training.language import number, tr, trn
from training.pixel_store import SHARD_BYTES, open_shard, shard_path
from training.places import cache_folder, projects_folder
from training.project import Project
from training.survey import survey

HELD_OUT_SHARE = 0.1
FEWEST_PICTURES = 8
REPORT_SECONDS = 0.1
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

    Files whose size and time of change are as before are not decoded again. When it is stopped, what has
    been decoded by then is kept, and the next import goes on from there.

    Args:
        image_format: what to turn pictures into; None keeps the project's, or chooses from the pictures.

    Raises:
        VaeError: when the source folder cannot be read, or has too few pictures to learn from.
    """
    control = control or Control()
    progress = _Progress(on_progress)
    paths = _scan(project, progress, control)
    previous = _settled_format(project)
    chosen = None
    image_format = image_format or previous
    if image_format is None:
        chosen = survey(paths, len(paths), should_stop=lambda: control.should_stop)
        image_format = None if chosen is None else chosen.image_format
    if image_format is None or control.should_stop:
        return _report(project, cancelled=True)
    fresh_start = image_format != previous
    if not fresh_start:
        _forget_damaged(project, image_format)
    kept = set() if fresh_start else _forget_changed(project, paths)
    with (
        telling_index_problems(),
        _Writer(project, image_format, fresh_start, chosen.reason if chosen else "") as writer,
        DecodePool(image_format) as pool,
    ):
        progress.count_kept(len(kept), writer.used)
        waiting = (path for path in paths if path not in kept)
        for decoded in pool.decode(waiting, should_stop=lambda: control.should_stop):
            writer.add(decoded)
            progress.add(decoded)
        if fresh_start and control.should_stop and previous is not None:
            writer.discard()  # the pictures at the earlier size stay
    progress.send(at_once=True)
    report = _report(project, cancelled=control.should_stop)
    if not control.should_stop:
        _require_enough(report, project.source)
    return report


def _scan(project: Project, progress: "_Progress", control: Control) -> list[Path]:
    paths = []
    for path in scan(project.source, exclude=(project.path, projects_folder(), cache_folder())):
        paths.append(path)
        progress.found = len(paths)
        progress.send()
        if control.should_stop:
            break
    if not paths and not control.should_stop:
        raise VaeError(
            tr("The folder {source} is empty.", source=project.source),
            advice=tr("Choose a folder with pictures in it."),
        )
    progress.scanning = False
    progress.send(at_once=True)
    return paths


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
    advice = tr("Choose a folder with more pictures (JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP or TIFF).")
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


def _forget_changed(project: Project, paths: Iterable[Path]) -> set[Path]:
    """Drop rows of files that changed or went away; return the files that are as they were."""
    with project.index() as index:
        known = {
            path: (size, mtime_ns)
            for path, size, mtime_ns in index.execute("SELECT path, size, mtime_ns FROM pictures")
        }
        kept = set()
        for path in paths:
            key = _relative(path, project.source)
            try:
                status = path.stat()
            except OSError:
                continue
            if known.get(key) == (status.st_size, status.st_mtime_ns):
                kept.add(path)
                del known[key]
        index.executemany("DELETE FROM pictures WHERE path = ?", [(path,) for path in known])
    return kept


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

    def count_kept(self, kept: int, used: int) -> None:
        """Start from what an earlier import left."""
        self.kept, self.used, self.skipped = kept, used, kept - used
        self.started = time.monotonic()

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
        count = self._index.execute("SELECT COUNT(*) FROM pictures WHERE status = 'used'")
        self.used: int = count.fetchone()[0]
        return self

    def add(self, decoded: Decoded) -> None:
        """Take one decoded or skipped picture."""
        used = decoded.pixels is not None
        if decoded.pixels is not None:
            self._pixels.append(decoded.pixels)
        self._pending.append(
            (
                _relative(decoded.path, self._project.source),
                decoded.size_bytes,
                decoded.mtime_ns,
                decoded.sha256,
                "used" if used else "skipped",
                decoded.reason,
                self._shard if used else None,
                len(self._pixels) - 1 if used else None,
                int(used and is_held_out(decoded.sha256)),
            )
        )
        if len(self._pixels) >= self._rows:
            self._flush()

    def discard(self) -> None:
        """Leave the project as it was before."""
        self._discarded = True

    def _flush(self) -> None:
        if self._pixels:
            write_atomically(
                shard_path(self._project.pixels_folder, self._shard), _npy(self._pixels, self._format.shape)
            )
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
                hold_some_out(self._index)
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


def hold_some_out(index: sqlite3.Connection) -> None:
    """Whatever was added or left out: copies are held out together, and one picture at least is."""
    _hold_out_copies(index)
    _hold_out_at_least_one(index)


def _npy(pictures: list[NDArray[np.uint8]], shape: tuple[int, int, int]) -> bytes:
    """The .npy file of uint8 [n, S, S, C]; np.save would copy the pixels four times."""
    header = io.BytesIO()
    whole = {"descr": "|u1", "fortran_order": False, "shape": (len(pictures), *shape)}
    np.lib.format.write_array_header_1_0(header, whole)
    return b"".join((header.getvalue(), *(picture.data for picture in pictures)))


def _hold_out_copies(index: sqlite3.Connection) -> None:
    """A picture held out for want of another is not known by its hash; its later copies go with it."""
    index.execute(
        "UPDATE pictures SET held_out = 1 WHERE status = 'used' AND held_out = 0"
        " AND sha256 IN (SELECT sha256 FROM pictures WHERE held_out = 1)"
    )


def _hold_out_at_least_one(index: sqlite3.Connection) -> None:
    """Without a held-out picture nobody sees overfitting; a small set may have none by its hashes."""
    used, contents, held_out = index.execute(
        "SELECT COUNT(*), COUNT(DISTINCT sha256), COALESCE(SUM(held_out), 0)"
        " FROM pictures WHERE status = 'used'"
    ).fetchone()
    if used >= FEWEST_PICTURES and contents > 1 and held_out == 0:
        index.execute(
            "UPDATE pictures SET held_out = 1 WHERE status = 'used' AND sha256 ="
            " (SELECT MIN(sha256) FROM pictures WHERE status = 'used')"
        )
