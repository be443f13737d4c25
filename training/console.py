"""How the command `vae` talks: progress and problems on stderr, results on stdout, as text or JSON."""

import json
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from types import FrameType
from typing import Annotated, Any, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from training.errors import VaeError
from training.events import (
    Control,
    DiskFull,
    EpochRecord,
    ImportProgress,
    Setback,
    Snapshot,
    StudyProgress,
    TrainProgress,
)
from training.plain_text import plain

EXIT_PROBLEM = 2
PIPE_WIDTH = 240  # letters of a line into a file or another program, where no window cuts tables off
SHORT_TEXT = 20  # letters; a column of such texts is never folded
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]

messages = Console(stderr=True, highlight=False)
results = Console(highlight=False, width=None if sys.stdout and sys.stdout.isatty() else PIPE_WIDTH)


def telling_problems(command: Callable[..., None]) -> Callable[..., None]:
    """Turn our own errors into a message and exit code 2."""

    @wraps(command)
    def wrapped(**arguments: Any) -> None:
        try:
            command(**arguments)
        except VaeError as error:
            if arguments.get("json_output"):
                print_json({"error": {"what": error.what, "kept": error.kept, "advice": error.advice}})
            messages.print(plain(str(error)), style="red", soft_wrap=True, markup=False)
            raise typer.Exit(EXIT_PROBLEM) from None

    return wrapped


def print_text(text: str) -> None:
    """A line of a result, whatever characters a file name in it may have."""
    results.print(plain(text), soft_wrap=True, markup=False)


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on stdout."""
    print(json.dumps(value, allow_nan=False), flush=True)


def print_table(values: Mapping[str, Any], title: str = "") -> None:
    """Names and values, nested ones indented; nothing when there are none."""
    if not values:
        return
    if title:
        print_text(title)
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for name, value in values.items():
        if isinstance(value, Mapping):
            table.add_row(Text(_words(name)), "")
            for inner, inner_value in value.items():
                table.add_row(Text(f"  {_words(inner)}"), Text(_text(inner_value)))
        else:
            table.add_row(Text(_words(name)), Text(_text(value)))
    results.print(table)


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table, whatever characters its texts may have; columns without any are left out."""
    rows = list(rows)
    used = [i for i in range(len(columns)) if any(row[i] for row in rows)]
    table = Table(box=None, pad_edge=False)
    for i in used:
        is_short = max(len(row[i]) for row in rows) <= SHORT_TEXT
        table.add_column(Text(columns[i]), overflow="fold", no_wrap=is_short)
    for row in rows:
        table.add_row(*(Text(plain(row[i])) for i in used))
    if used:
        results.print(table)


def duration_words(seconds: float) -> str:
    """A time span as people say it: 40 s, 12 min, 3 h 5 min."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def size_words(size: int) -> str:
    """How large a file or folder is: 12.3 MB."""
    return f"{size / 1e6:,.1f} MB"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,.2f}" if isinstance(value, float) else plain(str(value))


@contextmanager
def stopping_on_interrupt() -> Iterator[Control]:
    """A control that the first Ctrl+C stops; a second one ends the program at once.

    On a terminal, where somebody can free space, a job waits where the disk is full; a script's fails.
    """
    control = Control(waits_for_space=messages.is_terminal)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, previous)
        messages.print("Stopping; what was done is kept …")
        control.stop()

    previous = signal.signal(signal.SIGINT, stop)
    try:
        yield control
    finally:
        signal.signal(signal.SIGINT, previous)


class ProgressBars:
    """Shows the events of a long job as a progress bar; ``quiet`` shows nothing."""

    def __init__(self, quiet: bool) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(32),
            TextColumn("{task.description}", markup=False),
            console=messages,
            disable=quiet,
            transient=True,
        )
        self._task = self._progress.add_task("Starting …", total=None)
        self._held_out = ""
        self._waited = False

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _show(self, text: str, done: float, total: float | None) -> None:
        self._progress.update(self._task, description=text, completed=done, total=total)

    def _show_waiting(self, disk_full: DiskFull, done: float, total: float | None) -> None:
        self._show(disk_full.sentence, done, total)
        if self._progress.disable and not self._waited:  # whoever waits must know what for
            messages.print(disk_full.sentence, soft_wrap=True, markup=False)
            self._waited = True

    def show_import(self, progress: ImportProgress) -> None:
        """Files found, then files decoded."""
        if progress.disk_full is not None:
            self._show_waiting(progress.disk_full, progress.done, progress.found)
            return
        if progress.scanning:
            self._show(f"Looking for pictures: {progress.found:,} files", 0, None)
            return
        text = f"{progress.used:,} used, {progress.skipped:,} skipped of {progress.found:,}"
        self._show(text + _left(progress.seconds_left), progress.done, progress.found)

    def show_training(self, event: TrainProgress | EpochRecord | Snapshot | Setback) -> None:
        """Epoch, speed, loss and time left."""
        if isinstance(event, Setback):
            messages.print(plain(event.sentence), markup=False)
        elif isinstance(event, EpochRecord):
            self._held_out = f" · held out {event.held_out.loss:.1f}" if event.held_out else ""
        elif isinstance(event, TrainProgress) and event.disk_full is not None:
            self._show_waiting(event.disk_full, 0, None)
        elif isinstance(event, TrainProgress):
            text = f"epoch {event.epoch} · {event.images_per_second:,.0f}/s · loss {event.loss:.1f}"
            total = None if event.seconds_left is None else event.seconds + event.seconds_left
            self._show(text + self._held_out + _left(event.seconds_left), event.seconds, total)

    def show_missing_workers(self, missing: int) -> None:
        """Workers that have yet to come."""
        self._show(f"Waiting for {missing} more worker{'s' if missing > 1 else ''}", 0, None)

    def show_encoding(self, done: int, total: int) -> None:
        """Pictures encoded."""
        self._show(f"Encoding: {done:,} of {total:,}", done, total)

    def show_measuring(self, share: float) -> None:
        """The share of a measurement that is done."""
        self._show(f"Measuring: {share:.0%}", share, 1.0)

    def show_study(self, progress: StudyProgress) -> None:
        """Which training of a study, its stage, and the time left for all."""
        which = f"{progress.done + 1} of {progress.total} · {progress.arm}, seed {progress.seed}"
        text = f"{which} · {progress.stage}{_left(progress.seconds_left)}"
        self._show(text, progress.done, progress.total)

    def show_checking(self, done: int, total: int) -> None:
        """Files of a project read."""
        self._show(f"Checking: {done:,} of {total:,} files", done, total)

    def show_frames(self, done: int, total: int) -> None:
        """Frames of a film written."""
        self._show(f"Frame {done:,} of {total:,}", done, total)


def _left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f" · {seconds / 60:.0f} min left" if seconds >= 90 else f" · {seconds:.0f} s left"
