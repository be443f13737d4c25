"""Whether a project is whole: every file of it is read to its end and held against what the index says.

Nothing is changed. What importing again mends, it mends by the same hashes: see :mod:`training.importer`.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from training.errors import VaeError
from training.events import Control
from training.findings import CheckReport, Finding, Severity
from training.image_format import ImageFormat
from training.index import FORMAT, INDEX_FILE
from training.kept_files import about, check_run, unreadable
from training.language import mark, tr, trn
from training.pixel_store import open_shard, sha256_of, shard_path
from training.project import Project
from training.run import run_folders
from training.skipping import LEFT_OUT

OnChecked = Callable[[int, int], None]  # files done, of how many
_IMPORT = mark("Import the folder again: what is damaged is read anew from the pictures.")
_NAMED = 5  # source files that are named in one finding


def check_project(
    path: Path,
    *,
    sources: bool = False,
    on_progress: OnChecked = lambda _done, _all: None,
    control: Control | None = None,
) -> CheckReport:
    """Check a project; it may be open elsewhere, if nothing is imported there just now.

    Args:
        sources: hold the source pictures against the index, too. What has changed or gone there is told and
            is no damage.
        on_progress: told of how many files were read, of how many.
        control: ends it between two files.

    Raises:
        VaeError: no project, or one of a newer version.
    """
    return _Check(path, on_progress, control or Control()).carry_out(sources=sources)


class _Check:
    def __init__(self, path: Path, on_progress: OnChecked, control: Control) -> None:
        self._path, self._on_progress, self._control = path, on_progress, control
        self._done = self._all = 0

    def carry_out(self, *, sources: bool) -> CheckReport:
        with Project.open(self._path, write=False) as project:
            findings = [*self._index_findings(project)]
            is_index_usable = not any(finding.severity is Severity.LOST for finding in findings)
            pictures, shards = (project.count_used(), _shards(project)) if is_index_usable else (0, {})
            kept = [file for file in self._kept_files() if about(file.relative_to(self._path)) is not None]
            found_at_source = _source_files(project) if sources and pictures else []
            self._all = len(shards) + len(kept) + len(found_at_source)
            if is_index_usable:
                findings += self._shard_findings(project, shards)
            findings += self._kept_findings(kept)
            if found_at_source:
                findings += self._source_findings(project, found_at_source)
        self._on_progress(self._done, self._all)
        stopped = self._control.should_stop
        return CheckReport(tuple(findings), pictures, len(shards), self._done, cancelled=stopped)

    def _counted(self, items: Sequence[Any]) -> Iterator[Any]:
        """One after the other, until it is told to stop."""
        for item in items:
            if self._control.should_stop:
                return
            yield item
            self._done += 1
            self._on_progress(self._done, self._all)

    # ------------------------------------------------------------------ the index

    def _index_findings(self, project: Project) -> Iterator[Finding]:
        try:
            with project.index() as index:
                yield from _integrity(index)
                yield from _contradictions(index)
            image_format = project.image_format
        except (VaeError, ValueError, KeyError, TypeError) as error:
            yield Finding(Severity.LOST, INDEX_FILE, str(getattr(error, "what", error)), _new_project())
            return
        if image_format is None:
            yield Finding(Severity.HARMLESS, INDEX_FILE, tr("No pictures have been imported yet."))

    # ------------------------------------------------------------------ pixels

    def _shard_findings(
        self, project: Project, shards: dict[int, tuple[int, str | None]]
    ) -> Iterator[Finding]:
        image_format = project.image_format if shards else None
        unrecorded = 0
        for shard in self._counted(sorted(shards)):
            assert image_format is not None
            what = _shard_damage(project.pixels_folder, shard, image_format, *shards[shard])
            if what and _shards(project).get(shard) == shards[shard]:  # else an import has just replaced it
                place = shard_path(project.pixels_folder, shard).relative_to(project.path)
                yield Finding(Severity.MENDABLE, place.as_posix(), what, tr(_IMPORT))
            unrecorded += shards[shard][1] is None
        if unrecorded:
            yield Finding(
                Severity.HARMLESS,
                project.pixels_folder.name,
                trn(
                    "{count} pixel file was written by an earlier version, which noted no hash: only its size"
                    " and form were checked.",
                    "{count} pixel files were written by an earlier version, which noted no hash: only their"
                    " size and form were checked.",
                    unrecorded,
                ),
            )
        yield from _left_over(project, shards)

    # ------------------------------------------------------------------ what else is kept

    def _kept_files(self) -> list[Path]:
        places = [self._path / name for name in ("runs", "studies")]
        below = [path for place in places for path in place.rglob("*") if path.is_file()]
        return sorted([*(path for path in self._path.iterdir() if path.is_file()), *below])

    def _kept_findings(self, kept: Sequence[Path]) -> Iterator[Finding]:
        for file in self._counted(kept):
            place = file.relative_to(self._path)
            known, why = about(place), unreadable(file)
            if known is not None and why and file.exists():
                severity, what, advice = known
                yield Finding(severity, place.as_posix(), f"{why} {tr(what)}", tr(advice))
        for folder in reversed(run_folders(self._path / "runs")):
            if not self._control.should_stop:
                yield from check_run(folder)

    # ------------------------------------------------------------------ the source folder

    def _source_findings(self, project: Project, files: Sequence[tuple[bytes, str]]) -> Iterator[Finding]:
        if not project.source.is_dir():
            gone = tr("The folder {source} is not there now.", source=project.source)
            yield Finding(Severity.HARMLESS, tr("source folder"), gone)
            return
        changed, gone_files = [], []
        for name, sha256 in self._counted(files):
            try:
                if sha256_of(project.source / os.fsdecode(name)) != sha256:
                    changed.append(os.fsdecode(name))
            except OSError:
                gone_files.append(os.fsdecode(name))
        if changed:
            yield _told_of_sources(mark("{count:,} pictures changed since the import: {names}."), changed)
        if gone_files:
            yield _told_of_sources(mark("{count:,} pictures are gone: {names}."), gone_files)


def _told_of_sources(what: str, names: Sequence[str]) -> Finding:
    listed = ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")
    told = tr(what, count=len(names), names=listed)
    advice = tr("Import the folder again to take that up.")
    return Finding(Severity.HARMLESS, tr("source folder"), told, advice)


def _new_project() -> str:
    return tr("Bring it back from a backup, or import the folder into a new project.")


def _integrity(index: sqlite3.Connection) -> Iterator[Finding]:
    told = [row[0] for row in index.execute("PRAGMA integrity_check(5)")]
    if told != ["ok"]:
        what = tr("It is damaged: {told}.", told="; ".join(told))
        yield Finding(Severity.LOST, INDEX_FILE, what, _new_project())


def _contradictions(index: sqlite3.Connection) -> Iterator[Finding]:
    """Rows that no import writes."""
    has_pixels = f"(status = 'used' OR reason GLOB '{LEFT_OUT}*')"  # what is left out can be taken back
    query = (
        f"SELECT COUNT(*) FROM pictures WHERE {has_pixels} != (shard IS NOT NULL)"
        " OR (shard IS NULL) != (row IS NULL) OR row < 0 OR (status = 'skipped') != (reason IS NOT NULL)"
    )
    odd = index.execute(query).fetchone()[0]
    shared = index.execute(
        "SELECT COUNT(*) FROM (SELECT 1 FROM pictures WHERE shard IS NOT NULL"
        " GROUP BY shard, row HAVING COUNT(*) > 1)"
    ).fetchone()[0]
    for count, what in (
        (odd, mark("{count:,} pictures are told to be used and skipped at once.")),
        (shared, mark("{count:,} places in pixel files belong to several pictures.")),
    ):
        if count:
            yield Finding(Severity.LOST, INDEX_FILE, tr(what, count=count), _new_project())
    version = index.execute("PRAGMA user_version").fetchone()[0]
    if version > FORMAT:
        what = tr("It is of format {version}, this version knows {known}.", version=version, known=FORMAT)
        yield Finding(Severity.LOST, INDEX_FILE, what, tr("Update VAE Desktop to open it."))


def _shards(project: Project) -> dict[int, tuple[int, str | None]]:
    """Of every shard that pictures lie in, how many rows they need, and its SHA-256 where it was noted."""
    with project.index() as index:
        needed = "SELECT shard, MAX(row) + 1 FROM pictures WHERE shard IS NOT NULL GROUP BY shard"
        rows = dict(index.execute(needed).fetchall())
        hashes: dict[int, str] = dict(index.execute("SELECT shard, sha256 FROM shards").fetchall())
    return {shard: (count, hashes.get(shard)) for shard, count in rows.items()}


def _shard_damage(folder: Path, shard: int, image_format: ImageFormat, rows: int, sha256: str | None) -> str:
    try:
        there = len(open_shard(folder, shard, image_format.shape))
        found = sha256_of(shard_path(folder, shard))
    except VaeError as error:
        return error.what
    except OSError as error:
        return tr("It cannot be read: {error}.", error=error)
    if there < rows:
        return tr("It has {there:,} pictures, and {rows:,} are looked for in it.", there=there, rows=rows)
    if sha256 not in (None, found):
        return tr("It has other bytes than were written.")
    return ""


def _left_over(project: Project, shards: dict[int, tuple[int, str | None]]) -> Iterator[Finding]:
    """What killed programs left, and the next import or opening takes away."""
    files = [file for file in project.pixels_folder.glob("*.npy") if file.stem.isdigit()]
    left = [file for file in files if int(file.stem) not in shards]
    left += project.path.rglob("*.part")
    if left:
        yield Finding(
            Severity.HARMLESS,
            project.pixels_folder.name if len(left) > 1 else left[0].relative_to(project.path).as_posix(),
            trn(
                "{count} file is left over from a program that was ended; it goes with the next import.",
                "{count} files are left over from programs that were ended; they go with the next import.",
                len(left),
            ),
        )


def _source_files(project: Project) -> list[tuple[bytes, str]]:
    """Every used file, by its path below the source folder, and its SHA-256."""
    with project.index() as index:
        query = "SELECT DISTINCT path, sha256 FROM pictures WHERE status = 'used' ORDER BY path"
        return index.execute(query).fetchall()
