"""MP4 films by an ffmpeg program: the one of the package imageio-ffmpeg, or one that the system has.

Neither comes with us. The frames go through a pipe to a process of its own, which can be ended at once.
"""

import importlib
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import numpy as np
from numpy.typing import NDArray

from training.errors import VaeError
from training.language import tr

_PACKAGE = "imageio_ffmpeg"
_ENCODERS = {  # the best first; what a system's ffmpeg has depends on who built it
    "libx264": ["-crf", "16", "-preset", "medium"],
    "libopenh264": ["-b:v", "8M"],
    "h264_videotoolbox": ["-b:v", "8M"],
    "h264_mf": ["-b:v", "8M"],
    "mpeg4": ["-q:v", "2"],
}
_SECONDS = 20.0  # to say what it can
_HIDDEN = getattr(subprocess, "CREATE_NO_WINDOW", 0)


def find_ffmpeg() -> str | None:
    """Where an ffmpeg program is, if there is one."""
    try:
        found: str = importlib.import_module(_PACKAGE).get_ffmpeg_exe()
    except (ImportError, RuntimeError, OSError):
        return shutil.which("ffmpeg")
    return found


def require_ffmpeg() -> tuple[str, str]:
    """An ffmpeg program, and the encoder to use; raises :class:`VaeError` where there is none."""
    program = find_ffmpeg()
    if program is None:
        raise no_ffmpeg()
    encoder = _encoder(program)
    if encoder is None:
        raise VaeError(
            tr("The ffmpeg program at {program} cannot write MP4 films.", program=program),
            advice=tr("Install another one with pip install 'vae-desktop[video]', or choose WebP or GIF."),
        )
    return program, encoder


def no_ffmpeg() -> VaeError:
    """What to tell where there is none."""
    return VaeError(
        tr("MP4 films need the free program ffmpeg, which is not here."),
        advice=tr(
            "Install ffmpeg as your system does it, or with pip install 'vae-desktop[video]'."
            " GIF and WebP films need nothing more."
        ),
    )


@lru_cache(maxsize=8)
def _encoder(program: str) -> str | None:
    try:
        told = subprocess.run(
            [program, "-hide_banner", "-encoders"],
            capture_output=True,
            text=True,
            errors="replace",
            check=True,
            timeout=_SECONDS,
            creationflags=_HIDDEN,
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    names = {line.split()[1] for line in told.splitlines() if len(line.split()) > 1}
    return next((name for name in _ENCODERS if name in names), None)


class Mp4:
    """A film that is being written; to be used in a ``with`` statement. Whatever is raised in it ends it.

    Args:
        path: the file; one that is there is replaced.
        width, height: of the frames, pixels; odd sides grow by one, as the format wants it.
        fps: frames a second.

    Raises:
        VaeError: there is no ffmpeg program, or it could not write the file.
    """

    def __init__(self, path: Path, width: int, height: int, fps: float) -> None:
        program, encoder = require_ffmpeg()
        self._odd = ((0, height % 2), (0, width % 2), (0, 0))
        command = [program, "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
        command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width + width % 2}x{height + height % 2}"]
        command += ["-r", f"{fps:.6g}", "-i", "pipe:0", "-an", "-c:v", encoder, *_ENCODERS[encoder]]
        command += ["-vf", "scale=out_color_matrix=bt709:flags=accurate_rnd", "-pix_fmt", "yuv420p"]
        command += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
        command += ["-movflags", "+faststart", "-f", "mp4", f"file:{path.absolute()}"]
        self._path = path
        self._said: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - __exit__ closes it
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._said,
            creationflags=_HIDDEN,
        )

    def __enter__(self) -> Self:
        return self

    def add(self, frame: NDArray[np.uint8]) -> None:
        """The next frame, [H, W, C], C = 1 or 3."""
        coloured = np.pad(np.broadcast_to(frame, (*frame.shape[:2], 3)), self._odd, mode="edge")
        pipe = self._process.stdin
        try:
            if pipe is not None:
                pipe.write(np.ascontiguousarray(coloured).data)
        except OSError:  # it has ended, and says why
            self._finish()

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
        finally:
            self._process.kill()
            self._close_pipe()
            self._process.wait()
            self._said.close()

    def _finish(self) -> None:
        """Wait for the end; raises :class:`VaeError` unless it is a good one."""
        self._close_pipe()
        if self._process.wait() != 0:
            self._said.seek(0)
            lines = self._said.read().decode("utf-8", "replace").strip().splitlines()
            why = (
                lines[-1].strip() if lines else tr("ffmpeg ended with {code}", code=self._process.returncode)
            )
            raise VaeError(
                tr("The film could not be written: {why}.", why=why),
                kept=tr("What was saved before is intact."),
                advice=tr("Free some space or choose another kind of film, then try again."),
            )

    def _close_pipe(self) -> None:
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except OSError:  # what it did not take is of no use
                self._process.stdin = None
