"""One program per person: a second start hands what it was to open to the first one, and ends.

Programs belong together when they are on one screen and use the same folders for settings and projects. The
first one holds a lock, which the system drops however that program dies, and listens at a socket (on Windows,
a pipe) that only this person can write to. Python's own module serves both; Qt's is one for networks.
"""

import contextlib
import hashlib
import json
import os
import queue
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import IO, Self

from PySide6.QtCore import QObject, Qt, Signal

from training.places import config_folder, projects_folder

if sys.platform == "win32":
    import ctypes
else:
    import fcntl

PATIENCE = 15.0
"""Seconds after which a first program that does not answer is taken for hung, and another one starts."""

MOST_BYTES = 32_768
"""The longest message that is read; the longest path has 4,096 bytes, each at most 6 characters of JSON."""

_BETWEEN = 0.1  # seconds between two tries
_TAKEN, _REFUSED = b"taken", b"refused"
_LONGEST_ADDRESS = 100  # bytes; the system's limit for sockets is 104 to 108


@dataclass(frozen=True)
class Request:
    """What a second start was asked to do.

    Attributes:
        open: absolute path of a folder, a project or a model; '' for none.
        sample: name of a sample; '' for none.
        token: the desktop's leave to come forward; '' for none.
    """

    open: str = ""
    sample: str = ""
    token: str = ""

    @classmethod
    def of(cls, path: str, sample: str) -> Self:
        """What the command line asks for, with the leave that the desktop gave to this start."""
        token = os.environ.get("XDG_ACTIVATION_TOKEN") or os.environ.get("DESKTOP_STARTUP_ID") or ""
        return cls(str(Path(path).absolute()) if path else "", sample, token)

    def to_bytes(self) -> bytes:
        """As :meth:`from_bytes` reads it."""
        return json.dumps(asdict(self)).encode("ascii")

    @classmethod
    def from_bytes(cls, message: bytes) -> Self:
        """Read a request; anything else than one raises ValueError or, deeply nested, RecursionError."""
        values = json.loads(message)
        names = {field.name for field in fields(cls)}
        if not isinstance(values, dict) or set(values) != names:
            raise ValueError("not a request")
        if not all(isinstance(value, str) and "\0" not in value for value in values.values()):
            raise ValueError("not a request")
        request = cls(**values)
        if request.open and not Path(request.open).is_absolute():
            raise ValueError("not an absolute path")
        return request


class FirstProgram(QObject):
    """The one that later starts hand their requests to, until it is closed.

    Made in the thread that is to be asked. Starts that come before that thread runs its event loop wait.

    Args:
        listener: where they come in.
        lock: what says that this is the first one; None where the listener itself says so.

    Attributes:
        take: asked, in that thread, to do what a later start wanted; whether it is done.
    """

    _came = Signal(object)  # Request

    def __init__(self, listener: Listener, lock: IO[bytes] | None) -> None:
        super().__init__()
        self.take: Callable[[Request], bool] = lambda _request: False
        self._listener, self._lock = listener, lock
        self._answers: queue.SimpleQueue[bool] = queue.SimpleQueue()
        self._closing = False
        self._came.connect(self._on_came, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._serve, name="later starts", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more; the next start becomes the first one."""
        if self._closing:
            return
        self._closing = True
        self._answers.put(False)
        with contextlib.suppress(OSError, EOFError):
            Client(self._listener.address).close()  # it waits for somebody to come
        self._thread.join(PATIENCE)
        self._listener.close()
        if self._lock is not None:
            self._lock.close()

    def _serve(self) -> None:
        while not self._closing:
            with contextlib.suppress(OSError, EOFError), self._listener.accept() as connection:
                if not self._closing:
                    connection.send_bytes(_TAKEN if self._ask(connection) else _REFUSED)

    def _ask(self, connection: Connection) -> bool:
        if not connection.poll(PATIENCE):
            return False
        try:
            request = Request.from_bytes(connection.recv_bytes(MOST_BYTES))
        except (ValueError, RecursionError):
            return False
        self._came.emit(request)
        return self._answers.get()

    def _on_came(self, request: Request) -> None:
        if not self._closing:
            self._answers.put(self.take(request))


@dataclass(frozen=True)
class Start:
    """What a start has come to: it is the first program, or another one has taken its request, or neither.

    Neither is where no socket can be made, or the first program does not answer: then there are two.
    """

    first: FirstProgram | None
    is_handed_over: bool


def begin(request: Request, patience: float = PATIENCE) -> Start:
    """Become the first program or hand the request to it; tries for ``patience`` seconds."""
    place = _place()
    deadline = time.monotonic() + patience
    while place is not None:
        with contextlib.suppress(OSError):
            if (first := _become_first(place)) is not None:
                return Start(first, is_handed_over=False)
        with contextlib.suppress(OSError, EOFError):
            if _hand_over(place, request, deadline):
                return Start(None, is_handed_over=True)
        if time.monotonic() > deadline:
            break
        time.sleep(_BETWEEN)  # it is starting or ending
    return Start(None, is_handed_over=False)


def come_with(request: Request) -> None:
    """Let the next window that comes forward do so with the leave of a later start."""
    if request.token:
        os.environ["XDG_ACTIVATION_TOKEN"] = request.token  # Qt uses it once


def _place() -> str | None:
    """The address that programs with these folders on this screen share; None where there is none."""
    screen = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or ""
    shared = f"{config_folder().absolute()}\0{projects_folder().absolute()}\0{screen}"
    name = f"vae-desktop-{hashlib.sha256(shared.encode(errors='surrogateescape')).hexdigest()[:16]}"
    if sys.platform == "win32":
        return rf"\\.\pipe\{name}"
    for folder in _private_folders():
        place = str(folder / name)
        if len(os.fsencode(place)) <= _LONGEST_ADDRESS:
            return place
    return None


def _private_folders() -> Iterator[Path]:
    """Folders in which nobody else can put anything."""
    if sys.platform == "win32":
        return
    own = f"vae-desktop-{os.getuid()}"
    made = [Path(each) / own for each in dict.fromkeys((tempfile.gettempdir(), "/tmp"))]
    given = os.environ.get("XDG_RUNTIME_DIR", "")
    for folder in [*([Path(given)] if given else []), *made]:
        with contextlib.suppress(OSError):
            if folder.name == own:
                folder.mkdir(mode=0o700, exist_ok=True)
            found = folder.lstat()
            is_private = stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o022
            if is_private and found.st_uid == os.getuid() and os.access(folder, os.W_OK | os.X_OK):
                yield folder


def _become_first(place: str) -> FirstProgram | None:
    """Raises OSError, or returns None, when another program is the first one."""
    if sys.platform == "win32":
        return FirstProgram(Listener(place, "AF_PIPE"), None)  # fails where there is such a pipe
    lock = Path(f"{place}.lock").open("ab")  # noqa: SIM115 - held for as long as the program lives
    try:
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        Path(place).unlink(missing_ok=True)  # of a program that was killed: nobody else has the lock
        return FirstProgram(Listener(place, "AF_UNIX", backlog=16), lock)
    except OSError:
        lock.close()
        raise


def _hand_over(place: str, request: Request, deadline: float) -> bool:
    if sys.platform == "win32":
        ctypes.windll.user32.AllowSetForegroundWindow(-1)  # else Windows only lets its button blink
    with Client(place) as connection:
        connection.send_bytes(request.to_bytes())
        is_answered = connection.poll(max(0.0, deadline - time.monotonic()))
        return is_answered and connection.recv_bytes(MOST_BYTES) == _TAKEN
