"""Pictures in a folder: finding them, decoding one, saying why one was skipped.

Pillow and NumPy only: the worker processes of :mod:`training.decode_pool` import this file when they start.
"""

import logging
import os
import threading
import warnings
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from training.errors import VaeError
from training.image_format import ImageFormat
from training.language import tr
from training.picture_files import HEAD_BYTES, open_picture, why_undecodable, why_unidentified
from training.picture_render import Picture, render
from training.skipping import TOO_LARGE, SkippedPicture, skipped_by

_log = logging.getLogger(__name__)
_warnings_lock = threading.Lock()
_Made = TypeVar("_Made")


def scan(folder: Path, *, exclude: Collection[Path] = ()) -> Iterator[Path]:
    """Find every file below a folder, lazily and depth first, in the order of the names.

    Hidden files and folders (whose names begin with a dot) are ignored altogether; everything else counts,
    so that a file that is no picture can be reported as skipped. Symbolic links are followed; a folder that
    can be reached twice is walked once, which also ends loops. A sub-folder that cannot be listed is logged.

    Args:
        exclude: folders to leave out wherever they are met, such as the project's own.

    Raises:
        VaeError: at once, when the folder itself cannot be listed.
    """
    try:
        entries = _entries(folder)
    except NotADirectoryError as error:
        raise VaeError(
            tr("{folder} is a file, not a folder.", folder=folder),
            advice=tr("Choose the folder it lies in: {parent}.", parent=folder.parent),
        ) from error
    except FileNotFoundError as error:
        raise VaeError(
            tr("The folder {folder} does not exist.", folder=folder),
            advice=tr("Check whether it was moved, or its drive unplugged."),
        ) from error
    except PermissionError as error:
        raise VaeError(
            tr("You have no permission to read the folder {folder}.", folder=folder),
            advice=tr("Change its permissions, or copy the pictures to a folder of yours."),
        ) from error
    except OSError as error:
        raise VaeError(
            tr("The folder {folder} cannot be read ({strerror}).", folder=folder, strerror=error.strerror),
            advice=tr("Check the drive it is on."),
        ) from error
    walked = {_identity(folder)}
    for excluded in exclude:
        with suppress(OSError):  # what is not there need not be left out
            walked.add(_identity(excluded))
    return _walk(entries, walked)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        visible = [entry for entry in entries if not entry.name.startswith(".")]
    return sorted(visible, key=lambda entry: entry.name)


def _identity(path: str | Path) -> tuple[int, int]:
    status = os.stat(path)  # noqa: PTH116 - a DirEntry's own stat has no identity on Windows
    return status.st_dev, status.st_ino


def _walk(entries: list[os.DirEntry[str]], walked: set[tuple[int, int]]) -> Iterator[Path]:
    pending = [iter(entries)]  # a stack of our own: folders may nest deeper than Python recurses
    while pending:
        entry = next(pending[-1], None)
        if entry is None:
            pending.pop()
            continue
        try:
            if entry.is_file():
                yield Path(entry.path)
            elif entry.is_dir() and (identity := _identity(entry.path)) not in walked:
                walked.add(identity)
                pending.append(iter(_entries(Path(entry.path))))
        except OSError as error:
            _log.warning("cannot list %r: %s", entry.path, error.strerror)


def read_picture(path: Path, image_format: ImageFormat) -> NDArray[np.uint8]:
    """Read and decode one picture.

    Returns:
        uint8 [S, S, C].

    Raises:
        SkippedPicture: whatever is wrong with the file.
    """
    try:
        with path.open("rb") as source:
            return decode_picture(source, image_format, path.suffix).pixels
    except (OSError, ValueError) as error:
        raise skipped_by(error) from error


def decode_picture(source: BinaryIO, image_format: ImageFormat, suffix: str = "") -> Picture:
    """Decode one picture: turned upright, in sRGB, framed, over the format's background.

    Of an animation or a document the first frame or page. The content decides on the file's format; its name
    only does where contents are alike.

    Args:
        source: seekable, at its beginning.
        suffix: of the file's name.

    Raises:
        SkippedPicture: whatever is wrong with the file.
        MemoryError: when the picture needs more than there is.
    """
    return made_of_picture(source, suffix, lambda image: render(image, image_format))


def made_of_picture(source: BinaryIO, suffix: str, make: Callable[[Image.Image], _Made]) -> _Made:
    """What is made of an opened picture; whatever is wrong with the file is a :class:`SkippedPicture`."""
    suffix = suffix.lower()
    with _quietly() as complaints:
        head = b""
        try:
            head = source.read(HEAD_BYTES)
            source.seek(0)
            with open_picture(source, head, suffix) as image:
                return make(image)
        except SkippedPicture:
            raise
        except UnidentifiedImageError as error:
            text = "; ".join(str(complaint.message) for complaint in complaints)
            raise SkippedPicture(why_unidentified(head, suffix, text)) from error
        except Image.DecompressionBombError as error:
            raise SkippedPicture(TOO_LARGE) from error
        except MemoryError:
            raise
        except Exception as error:  # a broken file can raise anything: struct.error, KeyError, RecursionError
            if "out of memory" in str(error).lower():
                raise MemoryError from error
            raise SkippedPicture(why_undecodable(str(error))) from error


@contextmanager
def _quietly() -> Iterator[list[warnings.WarningMessage]]:
    """Collect Pillow's warnings; one thread at a time, because Python's warning filters are global."""
    with _warnings_lock, warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        yield complaints
