"""Work in a process of its own that tells how far it is, can be told to stop, and ends with its program."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from training.errors import VaeError
from training.events import Control
from training.language import choose_language, chosen_language, tr

Tell = Callable[[object], None]
_TOLD, _DONE, _FAILED = range(3)
_LEAVE_SECONDS = 1.0


class TalkingProcess:
    """Begins at once. One thread reads :meth:`events`; the others may be called from any.

    Args:
        work: ``work(tell, control, *arguments)``, a function of a module. It and its arguments, what it tells
            and what it returns are pickled between our processes. It speaks the language that we do.

    Attributes:
        result: what ``work`` returned; None until :meth:`events` has come to its end.
    """

    def __init__(self, work: Callable[..., Any], *arguments: Any) -> None:
        context = get_context("spawn")  # TensorFlow cannot be forked
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, chosen_language(), work, arguments), daemon=True
        )
        self._ended = threading.Event()
        self.result: Any = None
        try:
            self._process.start()
        finally:
            theirs.close()

    def events(self) -> Iterator[Any]:
        """What the work tells, until it has ended.

        Raises:
            VaeError: as the work does, or when its process ends without a word.
        """
        try:
            kind, found = self._connection.recv()
            while kind == _TOLD:
                yield found
                kind, found = self._connection.recv()
        except (EOFError, OSError):
            kind, found = _FAILED, None
        finally:
            self._end()
        if kind == _FAILED:
            raise self._crash() if found is None else VaeError(found[0], kept=found[1], advice=found[2])
        self.result = found

    def stop(self) -> None:
        """Ask the work to end as soon as it can keep what it has."""
        with suppress(OSError):
            self._connection.send(None)

    def stop_within(self, seconds: float) -> None:
        """Ask it to end, and kill it if it still runs after so long; the work must be used to crashes."""
        self.stop()
        if not self._ended.wait(seconds):
            self._process.kill()

    def _end(self) -> None:
        """Wait for the process, which has nothing to do any more."""
        self._process.join(_LEAVE_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._ended.set()
        self._connection.close()

    def _crash(self) -> VaeError:
        code = self._process.exitcode
        return VaeError(
            tr("The process that did the work crashed (exit code {code}).", code=code),
            kept=tr("What was finished is kept."),
            advice=tr("It can be gone on with from there."),
        )


def _work(
    connection: Connection, language: str, work: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the program, which tells us
    choose_language(language)
    control = Control()
    threading.Thread(target=_listen, args=(connection, control), daemon=True).start()
    try:
        answer: tuple[int, Any] = (
            _DONE,
            work(lambda told: connection.send((_TOLD, told)), control, *arguments),
        )
    except VaeError as error:
        answer = (_FAILED, (error.what, error.kept, error.advice))
    connection.send(answer)


def _listen(connection: Connection, control: Control) -> None:
    """Stop when told to; end at once when nobody is there any more, whatever became of the program."""
    with suppress(EOFError, OSError):
        while True:
            connection.recv()
            control.stop()
    os._exit(1)
