"""Writing files so that a crash at any moment leaves the old one or the new one, never half of each."""

import errno
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from training.errors import DiskFullError, VaeError
from training.language import size_words, tr

LEFTOVER_SECONDS = 3600.0  # no writing takes as long
_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}  # Windows has no such quota
SHARED_SUFFIX = ".vae"


def is_shared_model(path: Path) -> bool:
    """Whether a path means a model that was saved to share, by its name: it need not exist."""
    return path.suffix.lower() == SHARED_SUFFIX and not path.is_dir()


def write_atomically(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content``.

    Raises:
        VaeError: when the disk is full or the folder cannot be written to; the old file is then intact.
    """
    with replacing(path, len(content)) as temporary:
        temporary.write_bytes(content)


@contextmanager
def replacing(path: Path, needed: int = 0) -> Iterator[Path]:
    """A temporary file or folder to make, which replaces ``path`` at the end: fsync, rename, fsync.

    Two may write at once, each to a temporary one of its own; the later rename wins. Whatever is raised in
    between leaves the old one and no temporary one. A folder replaces none that has something in it.

    Args:
        needed: how many bytes it will have; 0 where that is not known.

    Raises:
        VaeError: when the disk is full (then a DiskFullError) or the folder cannot be written to; the old
            file is then intact.
    """
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    with telling_write_problems(path, needed):
        try:
            yield temporary
            if temporary.is_file():
                with temporary.open("rb+") as file:
                    os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
        except BaseException:
            with suppress(OSError):  # a folder that went away altogether
                _remove(temporary)
            raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def writing_folder(path: Path) -> Iterator[Path]:
    """Fill the folder that is handed out; once that is done, it replaces whatever folder ``path`` was.

    Raises:
        VaeError: when the disk is full or the folder cannot be written to; ``path`` is then as it was.
    """
    temporary, old = (path.with_name(f"{path.name}.{secrets.token_hex(4)}.part") for _ in range(2))
    with telling_write_problems(path):
        try:
            temporary.mkdir()
            yield temporary
            for written in temporary.rglob("*"):
                sync_folder(written) if written.is_dir() else _sync(written)
            if path.exists():
                path.replace(old)
            temporary.replace(path)
            sync_folder(path.parent)
        except BaseException:
            if old.exists() and not path.exists():
                old.replace(path)
            raise
        finally:
            for leftover in (temporary, old):
                shutil.rmtree(leftover, ignore_errors=True)


def remove_leftovers(folder: Path) -> None:
    """Delete what killed programs left half written below ``folder``; what is young may be in use."""
    for path in list(folder.rglob("*.part")):
        with suppress(OSError):  # nothing is worse for it
            if time.time() - path.stat().st_mtime > LEFTOVER_SECONDS:
                _remove(path)


@contextmanager
def telling_write_problems(path: Path, needed: int = 0) -> Iterator[None]:
    """Turn what the system says when ``path`` cannot be written into a :class:`VaeError`."""
    try:
        yield
    except OSError as error:
        what = tr("{path} could not be written: {reason}.", path=path, reason=error.strerror or error)
        kept = tr("What was saved before is intact.")
        if error.errno in _NO_SPACE:
            advice = tr("Free some space, then try again.")
            raise DiskFullError(what, kept=kept, advice=advice, folder=path.parent, needed=needed) from error
        advice = tr("Free some space or check the folder's permissions, then try again.")
        raise VaeError(what, kept=kept, advice=advice) from error


def free_space(folder: Path) -> int | None:
    """How many bytes are free on a folder's disk; None for a disk that does not tell how full it is."""
    try:
        disk = shutil.disk_usage(folder)
    except OSError:
        return None
    return disk.free if disk.total else None


def require_space(path: Path, needed: int) -> None:
    """Raise :class:`VaeError` where the disk that ``path`` would be on has less than ``needed`` bytes free.

    A disk that does not tell how full it is counts as empty enough.
    """
    free = free_space(path.parent)
    if free is not None and needed > free:
        raise VaeError(
            tr(
                "{name} may take {needed}, and there is {free} free there.",
                name=path.name,
                needed=size_words(needed),
                free=size_words(free),
            ),
            advice=tr("Choose another disk or a smaller size; a film also shrinks with fewer frames."),
        )


def sync_folder(folder: Path) -> None:
    """Make renames in ``folder`` durable. Windows has no such call and needs none."""
    if os.name != "nt":
        _sync(folder)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)  # Windows syncs no file read only
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_json(path: Path, value: Any) -> None:
    """Atomically write ``value`` as indented JSON, in ASCII: paths may hold bytes that are not UTF-8."""
    write_atomically(path, (json.dumps(value, indent=2) + "\n").encode())


def read_json(path: Path) -> Any:
    """Read a JSON file of ours; raises :class:`VaeError` when it is missing or not JSON."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise VaeError(
            tr("{path} could not be read: {reason}.", path=path, reason=error.strerror or error)
        ) from error
    except ValueError as error:
        raise VaeError(
            tr("{path} is damaged: it is not JSON.", path=path),
            advice=tr("Import the pictures into a new project."),
        ) from error
