"""Decoding a picture, or saying why it was skipped.

Pillow and NumPy only: the worker processes of :mod:`training.decode_pool` import this file when they start.
"""

import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from training.image_format import ImageFormat
from training.moving_pictures import film_frames, is_film, later_frames
from training.picture_files import HEAD_BYTES, open_picture, why_undecodable, why_unidentified
from training.picture_render import Picture, render
from training.skipping import FILM, TOO_LARGE, SkippedPicture, skipped_by

_warnings_lock = threading.Lock()
_Made = TypeVar("_Made")


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
    with (
        _skipping_what_is_broken(source, suffix) as head,
        _opened(source, head, suffix) as image,
    ):
        return render(image, image_format)


def decode_each(
    source: BinaryIO, suffix: str, every_frame: int, make: Callable[[Image.Image], _Made]
) -> Iterator[_Made | None]:
    """What is made of the frames of an animation or a film, of other files of the picture; lazily.

    Until the last one nobody else can decode in this process, which is meant to be a worker.

    Args:
        source: seekable, at its beginning.
        suffix: of the file's name.
        every_frame: every so many-th is decoded, from the first on; of the others comes None. With 0 only the
            first of an animation, and nothing of films.

    Raises:
        SkippedPicture: whatever is wrong with the file from here on.
        MemoryError: when the picture needs more than there is.
    """
    with _skipping_what_is_broken(source, suffix) as head:
        if every_frame and is_film(head, suffix):
            for frame in film_frames(source, every_frame):
                yield None if frame is None else make(frame)
        else:
            with _opened(source, head, suffix) as image:
                yield make(image)
                for frame in later_frames(image, every_frame) if every_frame else ():
                    yield None if frame is None else make(frame)


def _opened(source: BinaryIO, head: bytes, suffix: str) -> Image.Image:
    if is_film(head, suffix):
        raise SkippedPicture(FILM)
    return open_picture(source, head, suffix.lower())


@contextmanager
def _skipping_what_is_broken(source: BinaryIO, suffix: str) -> Iterator[bytes]:
    """Gives the file's first bytes; what goes wrong in the block becomes a :class:`SkippedPicture`."""
    with _quietly() as complaints:
        head = b""
        try:
            head = source.read(HEAD_BYTES)
            source.seek(0)
            yield head
        except SkippedPicture:
            raise
        except UnidentifiedImageError as error:
            text = "; ".join(str(complaint.message) for complaint in complaints)
            raise SkippedPicture(why_unidentified(head, suffix.lower(), text)) from error
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
