"""Doing work in a process of its own, which gives back all its memory and may crash."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from training.errors import VaeError

T = TypeVar("T")
_INTERRUPTED = 130
_GO_ON = "The same command goes on from there."


def in_process(work: Callable[..., T], *arguments: Any) -> T:
    """What ``work`` returns, done in a process of its own; Ctrl+C is left to it.

    Args:
        work: a function of a module; it, its arguments and what it returns are pickled between our processes.

    Raises:
        VaeError: as it does, or when it ends without a word.
    """
    context = multiprocessing.get_context("spawn")  # TensorFlow cannot be forked
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(sender, work, arguments), daemon=True)
    with receiver, _leaving_interrupts() as heard:
        process.start()  # in which interrupts are ignored until it listens to them
        signal.signal(signal.SIGINT, lambda *_: heard.append(True))
        sender.close()
        try:
            is_done, found = receiver.recv()
        except EOFError:
            is_done, found = False, None
        process.join()
    if is_done and heard:
        raise VaeError("Stopped.", kept="What was finished is kept.", advice=_GO_ON)
    if is_done:
        result: T = found
        return result
    if found is not None:
        what, kept, advice = found
        raise VaeError(what, kept=kept, advice=advice)
    how = "was interrupted" if process.exitcode == _INTERRUPTED else f"crashed (exit code {process.exitcode})"
    raise VaeError(
        f"The process that did the work {how}.",
        kept="What was finished is kept.",
        advice=_GO_ON,
    )


def is_left_alone() -> bool:
    """Whether the process that asked for the work is gone, so that nobody waits for it."""
    parent = multiprocessing.parent_process()
    return parent is not None and not parent.is_alive()


def _work(sender: Connection, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    try:
        sender.send((True, work(*arguments)))
    except VaeError as error:
        sender.send((False, (error.what, error.kept, error.advice)))
    except KeyboardInterrupt:
        os._exit(_INTERRUPTED)  # a second Ctrl+C: at once and without a traceback


@contextmanager
def _leaving_interrupts() -> Iterator[list[bool]]:
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield []
    finally:
        signal.signal(signal.SIGINT, previous)
