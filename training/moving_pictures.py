"""The single frames of animations; those of films only with the extra ``video`` (OpenCV, FFmpeg)."""

import importlib.util
from collections.abc import Iterator
from typing import Any

from PIL import Image

from training.picture_files import MAX_PIXELS, MIN_SIDE
from training.skipping import DAMAGED, FILM_EXTRA, TOO_LARGE, TOO_SMALL, UNSUPPORTED, SkippedPicture

MOST_FRAMES = 10_000  # of one file: a made-up animation may have any number
_ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")  # in a TIFF and a HEIC they are pages or versions of a picture
_SIGNATURES = (b"\x1aE\xdf\xa3", b"\0\0\1\xba", b"\0\0\1\xb3", b"FLV\1")
# Of the container that films share with HEIC, AVIF, JPEG 2000, Canon's raw photos and sound.
_NO_FILMS = (b"avi", b"he", b"mif1", b"msf1", b"jp", b"crx", b"M4A", b"M4B")
_LIKE_SOUND, _FILM_SUFFIXES = (b"0&\xb2u\x8ef\xcf\x11", b"OggS"), (".wmv", ".asf", ".ogv")


def can_read_films() -> bool:
    """Whether what reads films is installed."""
    return importlib.util.find_spec("cv2") is not None


def is_film(head: bytes, suffix: str) -> bool:
    """Whether a file is a film: MP4, QuickTime, Matroska, WebM, AVI, MPEG, Flash, Windows Media or Ogg.

    Args:
        head: its first 16 bytes or more.
        suffix: of its name, for those that begin as recorded sound does.
    """
    if head[4:8] == b"ftyp":
        return not head[8:].startswith(_NO_FILMS)
    if suffix.lower() in _FILM_SUFFIXES and head.startswith(_LIKE_SOUND):
        return True
    return head.startswith(_SIGNATURES) or head[4:8] in (b"moov", b"mdat", b"wide") or head[8:12] == b"AVI "


def later_frames(image: Image.Image, every_frame: int) -> Iterator[Image.Image | None]:
    """Frames of an animation from the second on: the picture itself for every so many-th of all, else None.

    Raises:
        Exception: of any kind, when the file is broken.
    """
    if image.format not in _ANIMATED or not getattr(image, "is_animated", False):
        return
    for number in range(1, min(getattr(image, "n_frames", 1), MOST_FRAMES * every_frame)):
        image.seek(number)
        yield image if number % every_frame == 0 else None


def film_frames(source: Any, every_frame: int) -> Iterator[Image.Image | None]:
    """Every so many-th frame of a film, upright; None for each of the others.

    Args:
        source: a binary file, seekable, at its beginning.

    Raises:
        SkippedPicture: when it cannot be read, or OpenCV is not installed.
    """
    if not can_read_films():
        raise SkippedPicture(FILM_EXTRA)
    import cv2

    film = cv2.VideoCapture(source, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    try:
        if not film.isOpened():
            raise SkippedPicture(UNSUPPORTED)
        sides = film.get(cv2.CAP_PROP_FRAME_WIDTH), film.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if sides[0] * sides[1] > MAX_PIXELS:
            raise SkippedPicture(TOO_LARGE)
        if min(sides) < MIN_SIDE:
            raise SkippedPicture(TOO_SMALL)
        for number in range(MOST_FRAMES * every_frame):
            if not film.grab():
                break
            yield _retrieved(film, cv2) if number % every_frame == 0 else None
    finally:
        film.release()


def _retrieved(film: Any, cv2: Any) -> Image.Image:
    is_there, pixels = film.retrieve()
    if not is_there:
        raise SkippedPicture(DAMAGED)
    return Image.fromarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB))
