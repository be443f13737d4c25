"""The log, and where words go before there is a window or where nobody sees a terminal."""

import contextlib
import ctypes
import logging
import logging.handlers
import os
import platform
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from training import __version__
from vae_desktop.crash_report import LOG_NAME

_MOST_BYTES = 1_000_000
_OLDER_LOGS = 3
# Programs that show a message in a window, each with the arguments before the text. Qt is no help here: it is
# what is missing.
_MESSAGE_WINDOWS = (
    ("zenity", "--error", "--no-markup", "--title=VAE Desktop", "--text"),
    ("kdialog", "--title", "VAE Desktop", "--error"),
    ("xmessage", "-center"),
)


def open_closed_streams() -> None:
    """Point those of the first three file descriptors that are closed to nowhere.

    Else the next files to be opened get their numbers, and what a library writes to "stderr" ends in a
    person's file.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free


def start_log(folder: Path, arguments: Sequence[str], *, verbose: bool = False) -> None:
    """Log to a file of a limited size in ``folder``, and warnings to stderr too where there is one.

    Args:
        folder: made if need be; when it cannot be written to, only stderr is logged to.
        arguments: of the program, for the first line; of paths only the last part is kept.
        verbose: everything to stderr, and more of it.
    """
    for handler in _handlers(folder, logging.DEBUG if verbose else logging.WARNING):
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
        logging.getLogger().addHandler(handler)
    logging.getLogger().setLevel(logging.INFO)
    if verbose:
        for package in ("training", "vae_desktop"):
            logging.getLogger(package).setLevel(logging.DEBUG)
    logging.captureWarnings(True)
    logging.getLogger(__name__).info(
        "VAE Desktop %s, Python %s, %s; arguments: %s",
        __version__,
        platform.python_version(),
        f"{platform.system()} {platform.release()} {platform.machine()}",
        " ".join(_shortened(argument) for argument in arguments) or "none",
    )


def catch_native_words(trace: IO[bytes]) -> None:
    """Let what native code writes to stderr go to ``trace``, if else nobody would read it.

    A terminal, a pipe and a file have somebody who reads them; a program that was started by a double
    click has none of these, and what TensorFlow or the C library say before they abort would be lost.
    """
    if not _is_read(2):
        with contextlib.suppress(OSError):
            os.dup2(trace.fileno(), 2)


def tell_early(text: str) -> None:
    """Say something before there is a window: on stderr, and in a message window where nobody reads that."""
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)
    if not _is_read(2):
        _show_in_a_window(text)


def _handlers(folder: Path, level_on_stderr: int) -> Iterator[logging.Handler]:
    if sys.stderr is not None and _is_read(2):
        on_stderr = logging.StreamHandler()
        on_stderr.setLevel(level_on_stderr)
        yield on_stderr
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield logging.handlers.RotatingFileHandler(
            folder / LOG_NAME,
            maxBytes=_MOST_BYTES,
            backupCount=_OLDER_LOGS,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        if sys.stderr is not None:
            print(f"No log is kept: {error}", file=sys.stderr)


def _shortened(argument: str) -> str:
    """An argument without the folders of a path in it, which are nobody's business."""
    return argument if argument.startswith("-") and os.sep not in argument else Path(argument).name


def _is_read(descriptor: int) -> bool:
    """Whether somebody may read what is written there: at a terminal, a pipe, a file, but no journal."""
    try:
        mode = os.fstat(descriptor).st_mode
    except OSError:  # closed, or none at all in a windowed program
        return False
    return stat.S_ISFIFO(mode) or stat.S_ISREG(mode) or os.isatty(descriptor)


def _show_in_a_window(text: str) -> None:
    if sys.platform == "win32":
        ctypes.windll.user32.MessageBoxW(None, text, "VAE Desktop", 0x10)  # a stop sign
        return
    for name, *options in _MESSAGE_WINDOWS:
        if (program := shutil.which(name)) is not None:
            with contextlib.suppress(OSError):
                # Not waited for: it stays until the person has read it.
                subprocess.Popen([program, *options, text], start_new_session=True)
                return
