"""The text of a report of a problem: what helps to find it, without what is nobody's business."""

import getpass
import logging
import platform
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from vae_desktop.log_lines import LogEntry, log_entries
from vae_desktop.redaction import Redactor

MOST_ENTRIES, MOST_ERRORS, MOST_LINES = 60, 3, 60
_QUESTIONS = ("What I did:", "What happened:", "What I had expected:")
_CRASH_HEADS = ("---", "Version:", "System:", "Began:", "Last alive:", "It was:", "VAE Desktop:")
# Folders are often called that; taking these words out would only make a report unreadable.
_ORDINARY = (
    "home users root tmp temp var opt mnt media data local share lib bin usr src app desktop documents"
    " downloads pictures images photos projects project training vae vae_desktop vae-desktop tensorflow keras"
    " python model models test tests work error warning info file files folder png jpg"
)


@dataclass(frozen=True)
class Facts:
    """What a report tells.

    Attributes:
        versions: of the program, the system and the libraries, in lines.
        device: what trains, and why it is no graphics card.
        activity: which of its states the window is in.
        settings: of the training that is shown, by name.
        log: the end of the log.
        crash: the newest report of an end that was not a proper one; '' for none.
    """

    versions: str
    device: str = ""
    activity: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    log: str = ""
    crash: str = ""


def report_text(facts: Facts, redactor: Redactor) -> str:
    """The whole of it; whatever may hold words of the person has gone through ``redactor``."""
    entries = log_entries(facts.log)
    errors = [entry for entry in entries if entry.level >= logging.ERROR][-MOST_ERRORS:]
    settings = [f"{name}: {value}" for name, value in facts.settings.items()]
    sections: list[tuple[str, Iterable[str]]] = [
        ("Versions", map(redactor.line, facts.versions.splitlines())),
        ("Device", map(redactor.line, facts.device.splitlines())),
        ("The window showed", [facts.activity]),
        ("Settings of the training", map(redactor.line, settings)),
        ("Last errors", _lines_of(errors, redactor)),
        ("The newest report of a crash", _crash_lines(facts.crash, redactor)),
        (
            "The end of the log",
            (entry.head + redactor.line(entry.message) for entry in entries[-MOST_ENTRIES:]),
        ),
    ]
    lines = [line for question in _QUESTIONS for line in (question, "", "")]
    for title, told in sections:
        lines += [f"--- {title}", *(list(told) or ["(nothing)"]), ""]
    return "\n".join(lines).rstrip() + "\n"


def this_person(names: Iterable[str]) -> Redactor:
    """What takes this person's and this computer's names out, and others that are known."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):
        user = ""
    return Redactor(user, platform.node(), [*names, *_parts(Path.home())])


def names_in(paths: Iterable[str | PurePath]) -> Iterator[str]:
    """Names of the folders and files on these paths, with and without their endings."""
    seen: set[str] = set()
    for path in paths:
        for name in _parts(PurePath(path)):
            if name not in seen:
                seen.add(name)
                yield name


def _parts(path: PurePath) -> Iterator[str]:
    ordinary = _ORDINARY.split()
    for part in path.parts:
        for name in (part, PurePath(part).stem):
            if name.casefold() not in ordinary:
                yield name


def _lines_of(entries: Iterable[LogEntry], redactor: Redactor) -> Iterator[str]:
    for entry in entries:
        yield entry.head + redactor.line(entry.message)
        yield from map(redactor.further_line, entry.further[-MOST_LINES:])


def _crash_lines(crash: str, redactor: Redactor) -> Iterator[str]:
    """Without its log, which comes after."""
    for line in crash.partition("\n--- The end of the log")[0].splitlines()[:MOST_LINES]:
        is_ours = line.startswith(
            ("---", "Version:", "System:", "Began:", "Last alive:", "It was:", "VAE Desktop:")
        )
        yield redactor.line(line) if is_ours else redactor.further_line(line)
