"""A child process that answers one line of JSON for each line of JSON it is sent.

Two frameworks in one process, or two that compute at the same time, disturb each other's thread pools; each
therefore lives in a process of its own and sleeps on its pipe while the other has its turn.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent


class ChildFailedError(RuntimeError):
    """The child ended instead of answering; what it said about it is on stderr."""


class Child:
    """A module run as a process. Use as a context manager.

    Args:
        module: of this project, run as `python -m`.
        arguments: its command line.
        environment: variables besides the inherited ones.
    """

    def __init__(self, module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
        self._module = module
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=os.environ | (environment or {}),
            text=True,
        )

    def ask(self, **command: Any) -> dict[str, Any]:
        """Send a command and wait for its answer; raises :class:`ChildFailedError`."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError as error:
            raise ChildFailedError(self._module) from error
        return self.answer()

    def answer(self) -> dict[str, Any]:
        """Wait for a line that comes without a command; raises :class:`ChildFailedError`."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise ChildFailedError(self._module)
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        try:
            self._process.wait(timeout=60)  # the end of its commands ends a child
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Parent:
    """The child's end of the pipe. Whatever else prints goes to stderr from here on."""

    def __init__(self) -> None:
        self._answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def commands(self) -> Iterator[dict[str, Any]]:
        """The commands, until the parent closes the pipe."""
        # Not `for line in sys.stdin`, which may read ahead and hold a command back.
        while line := sys.stdin.readline():
            yield json.loads(line)

    def answer(self, **values: Any) -> None:
        """Send a line."""
        self._answers.write(json.dumps(values) + "\n")
        self._answers.flush()
