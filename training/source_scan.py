"""Finding the files below a folder, lazily: memory grows with the number of its folders, not of its files."""

import logging
import os
import stat
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from training.errors import SourceMissingError, VaeError
from training.language import tr

_log = logging.getLogger(__name__)
_LARGEST = 2**63 - 1  # that SQLite stores; a time beyond the year 2262 does not fit

Identity = tuple[int, int]


class FoundFile(NamedTuple):
    """A file below a source folder.

    Attributes:
        path: relative to the folder, in the file system's own bytes.
        size: bytes.
        mtime_ns: when it was last changed, in ns since 1970, which may be negative.
    """

    path: bytes
    size: int
    mtime_ns: int


def storable(mtime_ns: int) -> int:
    """A file's time as the index can keep it: file systems know times that 64 bits do not hold."""
    return max(-_LARGEST, min(mtime_ns, _LARGEST))


def scan(
    folder: Path, *, exclude: Collection[Path] = (), should_stop: Callable[[], bool] = lambda: False
) -> Iterator[FoundFile]:
    """Find every file below a folder, lazily.

    Folders are walked depth first in the order of their names, the files of each come as the system lists
    them: sorting a million would take a list of them.

    Hidden files and folders (whose names begin with a dot) are ignored altogether; everything else counts,
    so that a file that is no picture can be reported as skipped. Symbolic links are followed; a folder that
    can be reached twice is walked once, which also ends loops. A sub-folder that cannot be listed is logged.

    Args:
        exclude: folders to leave out wherever they are met, such as the project's own.
        should_stop: asked for every file and folder, and ends the walk early when it says so.

    Raises:
        SourceMissingError: the folder is not there: at once, or while it is walked.
        VaeError: at once, when the folder itself cannot be listed.
    """
    identity = require_folder(folder)
    walked = {identity}
    for excluded in exclude:
        with suppress(OSError):  # what is not there need not be left out
            walked.add(_identity(excluded))
    return _walk(folder, identity, walked, should_stop)


def require_folder(folder: Path) -> Identity:
    """What tells a folder from another one in its place, once it is known that it can be listed.

    Raises:
        SourceMissingError: it is not there.
        VaeError: it cannot be listed.
    """
    try:
        with os.scandir(folder):
            return _identity(folder)
    except NotADirectoryError as error:
        raise VaeError(
            tr("{folder} is a file, not a folder.", folder=folder),
            advice=tr("Choose the folder it lies in: {parent}.", parent=folder.parent),
        ) from error
    except FileNotFoundError as error:
        raise SourceMissingError(
            tr("The folder {folder} does not exist.", folder=folder),
            advice=tr("Check whether it was moved, or its drive unplugged."),
        ) from error
    except PermissionError as error:
        raise VaeError(
            tr("You have no permission to read the folder {folder}.", folder=folder),
            advice=tr("Change its permissions, or copy the pictures to a folder of yours."),
        ) from error
    except OSError as error:
        raise SourceMissingError(
            tr("The folder {folder} cannot be read ({strerror}).", folder=folder, strerror=error.strerror),
            advice=tr("Check the drive it is on."),
        ) from error


def is_there(folder: Path, identity: Identity) -> bool:
    """Whether a folder can still be listed, and is no other one: an unplugged drive leaves an empty one."""
    try:
        return require_folder(folder) == identity
    except VaeError:
        return False


def has_files(folder: Path) -> bool:
    """Whether there is any file below a folder; the first one is enough.

    Raises:
        VaeError: as :func:`scan` does.
    """
    return next(scan(folder), None) is not None


def _identity(path: str | Path) -> Identity:
    status = os.stat(path)  # noqa: PTH116 - a DirEntry's own stat has no identity on Windows
    return status.st_dev, status.st_ino


def _walk(
    source: Path, identity: Identity, walked: set[Identity], should_stop: Callable[[], bool]
) -> Iterator[FoundFile]:
    walked.discard(identity)  # it is met like any other
    pending = [""]  # a stack of our own: folders may nest deeper than Python recurses
    while pending and not should_stop():
        folder = pending.pop()
        place = os.path.join(source, folder)  # noqa: PTH118 - a Path for each of a million
        below: list[str] = []
        try:
            if (met := _identity(place)) in walked:
                continue
            walked.add(met)
            with os.scandir(place) as entries:
                for entry in entries:
                    if should_stop():
                        return
                    if entry.name.startswith("."):
                        continue
                    name = os.path.join(folder, entry.name)  # noqa: PTH118
                    if (file := _met(entry, name, below)) is not None:
                        yield file
        except OSError as error:
            if not is_there(source, identity):
                raise SourceMissingError.while_reading(source) from error
            _log.warning("cannot list %r: %s", place, error.strerror)
        pending += sorted(below, reverse=True)
    if not is_there(source, identity):
        raise SourceMissingError.while_reading(source)


def _met(entry: os.DirEntry[str], name: str, below: list[str]) -> FoundFile | None:
    """A file; a folder is put down for later; pipes, devices and broken links are passed by."""
    try:
        # Not the entry's own stat: on Windows it is out of date for files with several names.
        status = os.stat(entry.path)  # noqa: PTH116
    except FileNotFoundError:
        return None
    except OSError:  # a file counts, even where nothing can be known of it
        return FoundFile(os.fsencode(name), 0, 0) if entry.is_file(follow_symlinks=False) else None
    if stat.S_ISREG(status.st_mode):
        return FoundFile(os.fsencode(name), status.st_size, storable(status.st_mtime_ns))
    if stat.S_ISDIR(status.st_mode):
        below.append(name)
    return None
