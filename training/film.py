"""Films, sequences and contact sheets out of frames that come one after the other.

All of it can be stopped between two frames, and leaves nothing behind then, nor when it fails; what is there
already under the name is replaced at the very end.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from training.errors import VaeError
from training.events import Control
from training.files import replacing, require_space
from training.language import tr
from training.mp4 import Mp4
from training.recipe import save_options, save_with_recipe
from training.stills import save_image, tile, to_image

Frame = NDArray[np.uint8]  # [H, W, C], C = 1 or 3
OnProgress = Callable[[int], None]

FILM_KINDS = (".gif", ".webp", ".mp4")
MOST_FRAMES = 20_000
HIGHEST_FPS = {".gif": 50.0, ".webp": 60.0, ".mp4": 60.0}  # viewers show a GIF's faster frames slowly
MOST_GIF_PIXELS = 1_500_000_000  # of all its frames, which Pillow has in memory as bytes until the end
_MAY_TAKE = {".gif": 0.9, ".webp": 0.4, ".mp4": 0.3, ".png": 2.0}  # bytes a pixel; rarely more
_DECODED_AT_ONCE = 16
_REFINED_PIXELS = 128 * 128
_WEBP = {"quality": 90, "method": 4, "minimize_size": False}


class _StoppedError(Exception):
    """The control said so."""


def write_frames(
    path: Path,
    frames: Iterable[Frame],
    fps: float,
    on_progress: OnProgress = lambda _done: None,
    control: Control | None = None,
    *,
    count: int,
    recipe: str = "",
) -> bool:
    """Write a film, or frames into a new folder where the name has no ending: see :func:`write_film`."""
    if path.suffix:
        return write_film(path, frames, fps, on_progress, control, count=count, recipe=recipe)
    return write_sequence(path, frames, on_progress, control, count=count, recipe=recipe)


def write_film(
    path: Path,
    frames: Iterable[Frame],
    fps: float,
    on_progress: OnProgress = lambda _done: None,
    control: Control | None = None,
    *,
    count: int,
    recipe: str = "",
) -> bool:
    """Write an animated GIF or WebP that begins again at its end, or an MP4, by the name of the file.

    Args:
        frames: all of one shape.
        fps: frames a second.
        on_progress: told how many frames are done.
        count: how many frames there are.
        recipe: how it was made, kept within GIF and WebP: see :mod:`training.recipe`.

    Returns:
        Whether it was written; False when told to stop.

    Raises:
        VaeError: the name, the frame rate or the length is none that can be, or the disk is full.
    """
    suffix = path.suffix.lower()
    check_film(suffix, fps, count)
    with suppress(_StoppedError):
        coming = _watched(frames, on_progress, control)
        first = next(coming)
        require_space(path, estimated_bytes(suffix, first.shape[1], first.shape[0], count))
        with replacing(path) as temporary:
            _WRITERS[suffix](temporary, _again(first, coming), fps, count, recipe)
            _check(control)  # what comes after the last frame may take a while, too
        return True
    return False


def check_film(suffix: str, fps: float, count: int) -> None:
    """Raise :class:`VaeError` for a film that cannot be; see :func:`write_film`."""
    if suffix not in FILM_KINDS:
        raise VaeError(
            tr(
                "A film is written as GIF, WebP or MP4, not as “{ending}”.",
                ending=suffix or tr("a file without an ending"),
            ),
            advice=tr("Name it walk.gif, walk.webp or walk.mp4."),
        )
    if not 0 < fps <= HIGHEST_FPS[suffix]:
        raise VaeError(
            tr(
                "{kind} films have up to {most:.0f} frames a second, not {fps:g}.",
                kind=suffix[1:].upper(),
                most=HIGHEST_FPS[suffix],
                fps=fps,
            )
        )
    check_count(count)


def check_count(count: int) -> None:
    """Raise :class:`VaeError` for no frames, or more than anybody would wait for."""
    if not 1 <= count <= MOST_FRAMES:
        raise VaeError(
            tr(
                "A film of {count:,} frames cannot be written; the most are {most:,}.",
                count=count,
                most=MOST_FRAMES,
            ),
            advice=tr("Choose a shorter duration or fewer frames a second."),
        )


def estimated_bytes(suffix: str, width: int, height: int, count: int) -> int:
    """How large a film, or a sequence (".png"), rarely exceeds."""
    return round(_MAY_TAKE[suffix] * width * height * count)


def write_sequence(
    folder: Path,
    frames: Iterable[Frame],
    on_progress: OnProgress = lambda _done: None,
    control: Control | None = None,
    *,
    count: int,
    recipe: str = "",
) -> bool:
    """Write numbered PNG files into a new folder: frame-0001.png and so on; see :func:`write_film`.

    Raises:
        VaeError: the folder has something in it already, there are too many frames, or the disk is full.
    """
    check_count(count)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise VaeError(
            tr("{folder} is there already and has something in it.", folder=folder),
            kept=tr("Nothing was changed."),
            advice=tr("Choose a name for a new folder."),
        )
    digits = max(len(str(count)), 4)
    with suppress(_StoppedError):
        coming = _watched(frames, on_progress, control)
        first = next(coming)
        require_space(folder, estimated_bytes(".png", first.shape[1], first.shape[0], count))
        with replacing(folder) as temporary:
            temporary.mkdir()
            for number, frame in enumerate(_again(first, coming), 1):
                file = temporary / f"frame-{number:0{digits}d}.png"
                save_with_recipe(to_image(frame), file, "PNG", recipe)
            if folder.exists():
                folder.rmdir()  # an empty one; Windows renames over none
        return True
    return False


def write_sheet(
    path: Path,
    frames: Iterable[Frame],
    on_progress: OnProgress = lambda _done: None,
    control: Control | None = None,
    *,
    columns: int,
    gap: int = 2,
    captions: Sequence[str] = (),
    recipe: str = "",
) -> bool:
    """Write frames side by side as one picture, row by row; see :func:`write_film`.

    Args:
        captions: of the frames, in their order; none for none.
    """
    with suppress(_StoppedError):
        pictures = np.stack(list(_watched(frames, on_progress, control)))
        save_image(tile(pictures, columns, gap, captions), path, recipe)
        return True
    return False


def decoded(
    decode: Callable[[NDArray[np.floating]], NDArray[np.uint8]],
    points: NDArray[np.floating],
    control: Control,
) -> Iterator[Frame]:
    """Frames for a film of latent points [n, d], decoded as they are asked for, some at once.

    It waits while the control is held, and ends when it is stopped.
    """
    for start in range(0, len(points), _DECODED_AT_ONCE):
        control.wait_while_held()
        if control.should_stop:
            return
        yield from decode(points[start : start + _DECODED_AT_ONCE])


def _watched(frames: Iterable[Frame], on_progress: OnProgress, control: Control | None) -> Iterator[Frame]:
    """The frames, until told to stop; each counts as done when the next one is asked for."""
    for number, frame in enumerate(frames, 1):
        _check(control)
        yield frame
        on_progress(number)
    _check(control)


def _check(control: Control | None) -> None:
    if control is not None and control.should_stop:
        raise _StoppedError


def _again(first: Frame, others: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from others


def _durations(fps: float, count: int, unit: int) -> list[int]:
    """Of the frames, in milliseconds, in whole units, so that rounding errors do not add up."""
    ends = np.rint(np.arange(count + 1) * (1000 / fps / unit)).astype(int) * unit
    durations: list[int] = np.diff(ends).tolist()
    return durations


def _write_gif(path: Path, frames: Iterator[Frame], fps: float, count: int, recipe: str) -> None:
    """Every frame has a palette of its own: with one for all, colours would be few and change in steps."""
    first = next(frames)
    if first.shape[0] * first.shape[1] * count > MOST_GIF_PIXELS:
        raise VaeError(
            tr(
                "A GIF of {count:,} frames of {width:,} × {height:,} pixels is too large.",
                count=count,
                width=first.shape[1],
                height=first.shape[0],
            ),
            advice=tr("Choose MP4 or WebP, a smaller size or fewer frames."),
        )
    _paletted(first).save(
        path,
        "GIF",
        save_all=True,
        append_images=(_paletted(frame) for frame in frames),
        duration=_durations(fps, count, 10),
        loop=0,
        optimize=False,
        **save_options("GIF", recipe),
    )


def _paletted(frame: Frame) -> Image.Image:
    if frame.shape[-1] == 1:
        return Image.fromarray(frame[..., 0])  # 256 greys are a palette
    # Refining gains 3 dB and takes five times as long.
    refines = frame.shape[0] * frame.shape[1] <= _REFINED_PIXELS
    return to_image(frame).quantize(256, Image.Quantize.MEDIANCUT, refines, dither=Image.Dither.NONE)


class _Strip(Image.Image):
    """Frames as Pillow has those of a file, so that it takes one after the other and not a list of all."""

    def __init__(self, frames: Iterator[Frame], count: int) -> None:
        super().__init__()
        self.n_frames = count
        self._frames = frames
        self._at = -1
        self.seek(0)

    def seek(self, frame: int) -> None:
        """Go on to the next frame; to those before there is no way, and none is needed."""
        if frame == self._at + 1:
            image = to_image(next(self._frames))
            self.im, self._mode, self._size, self._at = image.im, image.mode, image.size, frame

    def tell(self) -> int:
        """Which frame it is."""
        return self._at


def _write_webp(path: Path, frames: Iterator[Frame], fps: float, count: int, recipe: str) -> None:
    durations = _durations(fps, count, 1)
    strip = _Strip(frames, count)
    strip.save(
        path, "WEBP", save_all=True, duration=durations, loop=0, **_WEBP, **save_options("WEBP", recipe)
    )
    next(frames, None)  # the last one counts as done, too


def _write_mp4(path: Path, frames: Iterator[Frame], fps: float, _count: int, _recipe: str) -> None:
    first = next(frames)
    with Mp4(path, first.shape[1], first.shape[0], fps) as film:
        film.add(first)
        for frame in frames:
            film.add(frame)


_WRITERS = {".gif": _write_gif, ".webp": _write_webp, ".mp4": _write_mp4}
