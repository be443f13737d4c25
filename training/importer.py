"""Import: from a folder of pictures to pixel shards and an index, accounting for every file."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.decode_pool import Decoded, DecodePool
from training.disk_space import written_when_there_is_space
from training.errors import DiskFullError, SourceMissingError, VaeError
from training.events import Control, DiskFull, ImportProgress, ImportReport
from training.held_out import FEWEST_PICTURES
from training.image_format import ImageFormat
from training.language import number, tr, trn
from training.picture_writer import INDEX_ROOM, PictureWriter, require_room
from training.pixel_store import open_shard, sha256_of, shard_path
from training.project import Project
from training.source_files import SourceFiles, Stopped
from training.survey import Survey, survey

REPORT_SECONDS = 0.1
_FRESH_SHOWN = 12  # pictures handed to the window with one report

OnImport = Callable[[ImportProgress], None]


def has_too_few(project: Project) -> bool:
    """Whether a project has so few pictures that nothing can be learnt from it."""
    with contextlib.suppress(VaeError):
        return project.count_used() < FEWEST_PICTURES
    return False


def import_folder(
    project: Project,
    on_progress: OnImport = lambda _: None,
    control: Control | None = None,
    image_format: ImageFormat | None = None,
    every_frame: int | None = None,
) -> ImportReport:
    """Bring the project up to date with its source folder.

    Files whose size and time of change are as before are not decoded again, nor are files that were moved or
    touched: their pictures are known by their content and keep their ids. When it is stopped, what has been
    decoded by then is kept, and the next import goes on from there.

    Args:
        image_format: what to turn pictures into; None keeps the project's, or chooses from the pictures.
        every_frame: of animations and films, see :func:`training.decode_pool.decode_frames`; None keeps what
            the project has.

    Raises:
        SourceMissingError: the source folder is not there, or went away meanwhile; what was decoded is kept.
        VaeError: when the source folder cannot be read, or has too few pictures to learn from.
    """
    control = control or Control()
    progress = _Progress(on_progress)
    with contextlib.suppress(Stopped), project.index() as index:
        files = SourceFiles(index, project.source, control)
        _scan(project, files, progress)
        _wait_for_room(project, control, progress)
        if every_frame is None:
            every_frame = project.every_frame
        _bring_up_to_date(project, files, progress, control, image_format, every_frame=every_frame)
    report = _report(project, cancelled=control.should_stop)
    if not control.should_stop:
        _require_enough(report, project.source)
    return report


def _bring_up_to_date(
    project: Project,
    files: SourceFiles,
    progress: "_Progress",
    control: Control,
    image_format: ImageFormat | None,
    *,
    every_frame: int,
) -> None:
    previous = _settled_format(project)
    wished = image_format or previous
    settled = previous if wished == previous and every_frame == project.every_frame else None
    format_reason = None if wished == previous else ""
    if settled is not None:
        _recognise(project, files, progress, settled, control)
    else:
        files.expect_all()
    progress.end_scanning()
    if wished is None:
        chosen = _survey(files, every_frame, control)
        wished, format_reason = chosen.image_format, chosen.reason
    with (
        PictureWriter(
            project,
            wished,
            every_frame,
            fresh_start=settled is None,
            format_reason=format_reason,
            control=control,
            on_full=progress.wait,
        ) as writer,
        DecodePool(wished, every_frame=every_frame) as pool,
    ):
        progress.count_kept(writer.kept, writer.used, writer.kept_later_frames)
        for decoded in pool.decode(files.waiting, should_stop=lambda: control.should_stop):
            if decoded.pixels is None and not files.is_there():
                raise SourceMissingError.while_reading(project.source, writer.kept_words)
            writer.add(decoded)
            progress.add(decoded)
        if control.should_stop and previous is not None and settled is None:
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
    project: Project, files: SourceFiles, progress: "_Progress", image_format: ImageFormat, control: Control
) -> None:
    """Keep what is as it was, also where it was moved or touched; only the other files go on waiting."""
    _forget_damaged(project, image_format, control)
    files.compare()
    files.recognise(on_hashed=progress.count_looked_into)


def _survey(files: SourceFiles, every_frame: int, control: Control) -> Survey:
    """Choose the format of a folder that has none yet."""
    waiting = files.waiting
    try:
        chosen = survey(
            waiting, len(waiting), with_films=bool(every_frame), should_stop=lambda: control.should_stop
        )
    except VaeError as error:
        if not files.is_there():
            raise SourceMissingError.while_reading(files.source) from error
        raise
    if chosen is None:
        raise Stopped
    return chosen


def _wait_for_room(project: Project, control: Control, progress: "_Progress") -> None:
    """Wait until the index can be written to; raises Stopped where it is told to stop."""
    try:
        written_when_there_is_space(lambda: require_room(project.path, INDEX_ROOM), control, progress.wait)
    except DiskFullError:
        if not control.should_stop:
            raise
    if control.should_stop:
        raise Stopped


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


def _forget_damaged(project: Project, image_format: ImageFormat, control: Control) -> None:
    """Drop files with pictures in shards that are missing or damaged, so that they are decoded again."""
    with project.index() as index:
        needed = (
            "SELECT shard, MAX(row) + 1, sha256 FROM (SELECT shard, row FROM pictures"
            " WHERE shard IS NOT NULL) LEFT JOIN shards USING (shard) GROUP BY shard"
        )
        for shard, rows, sha256 in index.execute(needed).fetchall():
            if control.should_stop:
                return
            if not _is_intact(project.pixels_folder, shard, image_format, rows, sha256):
                index.execute(
                    "DELETE FROM pictures WHERE path IN (SELECT path FROM pictures WHERE shard = ?)", (shard,)
                )


def _is_intact(folder: Path, shard: int, image_format: ImageFormat, rows: int, sha256: str | None) -> bool:
    with contextlib.suppress(VaeError, OSError):
        is_long_enough = len(open_shard(folder, shard, image_format.shape)) >= rows
        return is_long_enough and sha256 in (None, sha256_of(shard_path(folder, shard)))
    return False


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

    def count_kept(self, kept: int, used: int, later_frames: int) -> None:
        """Start from what an earlier import left."""
        self.found += later_frames
        self.kept, self.used, self.skipped = kept, used, kept - used
        self.started = time.monotonic()

    def count_found(self) -> None:
        self.found += 1
        self.send()

    def add(self, decoded: Decoded) -> None:
        self.found += decoded.frame > 0  # found were files so far
        if decoded.pixels is None:
            self.skipped += 1
        else:
            self.used += 1
            if len(self.fresh) < _FRESH_SHOWN:
                self.fresh.append(decoded.pixels)
        self.send()

    def wait(self, disk_full: DiskFull) -> None:
        """Tell that it waits for space."""
        self.send(at_once=True, disk_full=disk_full)

    def send(self, *, at_once: bool = False, disk_full: DiskFull | None = None) -> None:
        now = time.monotonic()
        if not at_once and now - self.sent < REPORT_SECONDS:
            return
        self.sent = now
        done = self.used + self.skipped
        fresh_done = done - self.kept
        left = None
        if not self.scanning and fresh_done > 0:
            left = (now - self.started) / fresh_done * (self.found - done)
        fresh = tuple(self.fresh)
        self.listener(
            ImportProgress(self.found, done, self.used, self.skipped, self.scanning, left, fresh, disk_full)
        )
        self.fresh.clear()
