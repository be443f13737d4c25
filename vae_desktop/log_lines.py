"""The log as entries: a line with time, level and who says it, and the lines that belong to it."""

import logging
import re
from dataclasses import dataclass

_HEAD = re.compile(
    r"(?P<head>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL) [\w.-]+: )"
    r"(?P<message>.*)"
)
_LEVELS = logging.getLevelNamesMapping()


@dataclass(frozen=True)
class LogEntry:
    """What was logged at once.

    Attributes:
        level: as in :mod:`logging`.
        head: time, level and logger with the colon and space that end it; '' before the first whole entry.
        message: its first line.
        further: the lines after it, such as a traceback.
    """

    level: int
    head: str
    message: str
    further: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All of it, as the file has it."""
        return "\n".join((self.head + self.message, *self.further))


def log_entries(text: str) -> list[LogEntry]:
    """The entries of a log, or of a part of it."""
    found: list[LogEntry] = []
    further: list[str] = []

    def close() -> None:
        if found and further:
            found[-1] = LogEntry(found[-1].level, found[-1].head, found[-1].message, tuple(further))
        elif further:
            found.append(LogEntry(logging.INFO, "", further[0], tuple(further[1:])))
        further.clear()

    for line in text.split("\n"):
        begun = _HEAD.fullmatch(line)
        if begun is None:
            further.append(line)
        else:
            close()
            found.append(LogEntry(_LEVELS[begun["level"]], begun["head"], begun["message"]))
    while further and not further[-1].strip():
        further.pop()
    close()
    return found
