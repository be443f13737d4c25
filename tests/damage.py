"""Damaging files that a program may be using."""

from pathlib import Path


def write_anew(path: Path, content: bytes) -> None:
    """Give a file another content as a file of its own: the system ends a program that reads a mapped file
    beyond an end which has moved.
    """
    path.unlink()
    path.write_bytes(content)
