"""Notices that the program did not end properly last time, and keeps a report of it on this computer.

    LOGS/running/NAME.json   one for each running program: when it began, what it does; touched while it lives
    LOGS/running/NAME.trace  what native code says, and its traces when it crashes
    LOGS/running/NAME.lock   held for as long as the program lives
    LOGS/crash-*.txt         reports, the newest five

A program that ends properly takes its files with it. The operating system lets go of the lock of one that
does not, whether it crashed, was killed or lost power, and so the next start knows. Nothing is ever sent.
"""

import contextlib
import faulthandler
import json
import logging
import os
import platform
import secrets
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

from training import __version__
from training.places import is_frozen

if TYPE_CHECKING:
    import filelock

FOLDER = "running"
LOG_NAME = "vae-desktop.log"
MOST_REPORTS = 5
BEAT_SECONDS = 10.0
"""How often a running program says that it lives; as exactly is the time of its end known."""

QUICK_SECONDS = 20.0
"""A program that ends this soon after it took up a training may have ended because of it."""

QUICK_ENDS = 2
"""After this many such ends in a row, a training is not taken up again by itself."""

_STARTING_SECONDS = 60.0  # a program takes its lock after its first paint; until then it is left alone
_LOG_TAIL = 20_000  # bytes
_TRACE_TAIL = 60_000
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Activity:
    """What a program was doing.

    Attributes:
        doing: "importing", "training" or nothing of the two.
        project: the name of the open project's folder, '' for none.
        title: what the person knows the project by.
    """

    doing: str = ""
    project: str = ""
    title: str = ""


@dataclass(frozen=True)
class BadEnd:
    """How the program ended the last time, if not properly.

    Attributes:
        at: local time at which it last showed signs of life.
        activity: what it was doing.
        report: the text file that tells more; None when it could not be written.
        quick_ends: how many times in a row it ended just after it had taken up a training by itself.
    """

    at: datetime
    activity: Activity
    report: Path | None
    quick_ends: int

    @property
    def is_crash_loop(self) -> bool:
        """Whether taking up the training again would most likely end the same way."""
        return self.quick_ends >= QUICK_ENDS


@dataclass(frozen=True)
class _Marker:
    began: float  # seconds since 1970
    version: str
    system: str
    activity: Activity = Activity()
    resumed: float = 0.0  # when a training was taken up by itself, or made its first step; 0 for not
    quick_ends: int = 0  # before this program

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a marker; anything else than one raises OSError, LookupError, ValueError or TypeError."""
        values: dict[str, Any] = json.loads(path.read_bytes())
        return cls(activity=Activity(**values.pop("activity")), **values)

    def ends_until(self, ended: float) -> int:
        """How many quick ends in a row there were, counting one of this program at that time."""
        is_quick = self.resumed > 0 and ended - self.resumed < QUICK_SECONDS
        return self.quick_ends + 1 if is_quick else 0


class Session:
    """The mark that a running program leaves, so that the next one knows whether this one ended properly.

    Native crashes are traced from the moment it is made.

    Args:
        logs: the folder of the log.

    Raises:
        OSError: when nothing can be written there.
    """

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._folder = logs / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        now = time.time()
        name = f"{datetime.fromtimestamp(now):%Y%m%d-%H%M%S}-{os.getpid()}-{secrets.token_hex(2)}"
        self._path = self._folder / f"{name}.json"
        self._lock: filelock.BaseFileLock | None = None
        self._marker = _Marker(began=now, version=__version__, system=_system())
        self.trace: IO[bytes] = self._path.with_suffix(".trace").open("ab", buffering=0)
        self._write()
        faulthandler.enable(self.trace)

    def hold(self) -> BadEnd | None:
        """Take the lock that says that this program lives, and look how the last one ended.

        Returns:
            The latest bad end that was not told yet; None when every program ended properly.
        """
        import filelock  # noqa: PLC0415 - it brings asyncio along, which the first paint need not wait for

        self._lock = filelock.FileLock(self._path.with_suffix(".lock"))
        with contextlib.suppress(OSError, filelock.Timeout):
            self._lock.acquire(timeout=0)
        ends = [end for marker in self._left_behind() if (end := self._claim(marker)) is not None]
        end = max(ends, key=lambda found: found.at, default=None)
        if end is not None:
            self._change(quick_ends=end.quick_ends)
        _keep_newest(self._logs.glob("crash-*.txt"))
        return end

    def note(self, activity: Activity) -> None:
        """Keep what the program does from now on."""
        if activity != self._marker.activity:
            resumed = self._marker.resumed if activity.doing == "training" else 0.0
            self._change(activity=activity, resumed=resumed)

    def note_resumed(self, activity: Activity) -> None:
        """Keep that a training is taken up without having been asked for."""
        self._change(activity=activity, resumed=time.time())

    def note_step(self) -> None:
        """Count from now on, if a training was taken up unasked: loading TensorFlow may take long."""
        if self._marker.resumed:
            self._change(resumed=time.time())

    def beat(self) -> None:
        """Say that the program lives; to be called every BEAT_SECONDS."""
        with contextlib.suppress(OSError):
            os.utime(self._path)

    def end(self) -> None:
        """A proper end: nothing is left but a line in the log, if native code had anything to say."""
        faulthandler.disable()
        self.trace.close()
        said = tail(self._path.with_suffix(".trace"), _LOG_TAIL).strip()
        if said:
            _log.info("Native code said:\n%s", said)
        if self._lock is not None:
            self._lock.release()
        _remove(self._path)

    def _change(self, **changes: Any) -> None:
        self._marker = replace(self._marker, **changes)
        with contextlib.suppress(OSError):  # a full disk: then the next start tells of an earlier activity
            self._write()

    def _write(self) -> None:
        # Renamed, so that there is never half of one; not synced, as little hangs on it after a power loss.
        part = self._path.with_suffix(".part")
        part.write_text(json.dumps(asdict(self._marker)), encoding="utf-8")
        part.replace(self._path)

    def _left_behind(self) -> list[Path]:
        others = (path for path in self._folder.glob("*.json") if path != self._path)
        return sorted(path for path in others if not _is_starting(path))

    def _claim(self, path: Path) -> BadEnd | None:
        """What became of another program: None when it lives, or when a third one has told of it already."""
        import filelock  # noqa: PLC0415 - see above

        lock = filelock.FileLock(path.with_suffix(".lock"))
        try:
            with lock.acquire(timeout=0):
                trace = path.with_suffix(".trace")  # of a native crash, written when it happened
                ended = max(part.stat().st_mtime for part in (path, trace))
                marker = _Marker.read(path)
                report = _write_report(self._logs, marker, ended, trace)
                path.unlink()  # while it is locked: a third program must not tell of it again
        except filelock.Timeout:
            return None
        except (OSError, LookupError, ValueError, TypeError):  # damaged, or gone by now
            _remove(path)
            return None
        _remove(path)
        _log.info("The program did not end properly the last time; report: %s", report)
        return BadEnd(
            datetime.fromtimestamp(ended), marker.activity, report, quick_ends=marker.ends_until(ended)
        )


def _is_starting(path: Path) -> bool:
    with contextlib.suppress(OSError):
        young = time.time() - path.stat().st_mtime < _STARTING_SECONDS
        return young and not path.with_suffix(".lock").exists()
    return False


def _remove(path: Path) -> None:
    for suffix in (".trace", ".part", ".json", ".lock"):
        with contextlib.suppress(OSError):
            path.with_suffix(suffix).unlink()


def _write_report(logs: Path, marker: _Marker, last_alive: float, trace: Path) -> Path | None:
    ended, began = datetime.fromtimestamp(last_alive), datetime.fromtimestamp(marker.began)
    said = tail(trace, _TRACE_TAIL).strip()
    lines = (
        "VAE Desktop: report of an end that was not a proper one. It was not sent to anybody.",
        "",
        f"Version:    {marker.version}",
        f"System:     {marker.system}",
        f"Began:      {began:%Y-%m-%d %H:%M:%S}",
        f"Last alive: {ended:%Y-%m-%d %H:%M:%S}",
        f"It was:     {marker.activity.doing or 'neither importing nor training'}",
        "",
        "--- What native code said, and where it was when it crashed (nothing: it was killed or lost power)",
        said or "(nothing)",
        "",
        "--- The end of the log",
        tail(logs / LOG_NAME, _LOG_TAIL).strip() or "(nothing)",
        "",
    )
    report = logs / f"crash-{ended:%Y%m%d-%H%M%S}.txt"
    try:
        report.write_text(_without_home("\n".join(lines)), encoding="utf-8")
    except OSError:
        return None
    return report


def newest_report(logs: Path) -> str:
    """What the newest report in the folder of the log says; '' when there is none."""
    newest = max(logs.glob("crash-*.txt"), default=None)
    return "" if newest is None else tail(newest, _LOG_TAIL + _TRACE_TAIL)


def tail(path: Path, most: int) -> str:
    """The last whole lines of a file, at most so many bytes; '' when there is no such file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - most))
            text = file.read().decode("utf-8", errors="replace")
    except OSError:
        return ""
    return text.partition("\n")[2] if size > most else text


def _without_home(text: str) -> str:
    """Reports may be shown to others, who need not know the person's name."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _keep_newest(reports: Iterable[Path]) -> None:
    for old in sorted(reports, reverse=True)[MOST_REPORTS:]:
        with contextlib.suppress(OSError):
            old.unlink()


def _system() -> str:
    frozen = ", frozen" if is_frozen() else ""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{system}, Python {platform.python_version()}{frozen}"
