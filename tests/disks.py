"""Disks of a test's own, in memory: small ones that can be filled, and ones that cannot be written to."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress

import pytest


@contextmanager
def small_disk(folder, size):
    """A disk of ``size`` bytes at ``folder``, or a skipped test where none can be had."""
    folder.mkdir()
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("needs root on Linux, to have a small disk")
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("no disk may be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)  # what is still mapped goes later


def write_protect(disk):
    """Let nothing be written to a disk any more."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)


def fill(disk, leave=0):
    """Take all space but so many bytes."""
    with suppress(OSError), (disk / "ballast").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free - leave)


def free(disk):
    """Give all of it back."""
    (disk / "ballast").unlink()
