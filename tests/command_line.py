"""Running the command `vae` in the tests, and what it said."""

import json
import subprocess
import sys


def vae(*arguments, **options):
    """Run the command in a process of its own."""
    command = [sys.executable, "-m", "training", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def result(done):
    """The one JSON object that a successful command printed."""
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


def problem(done):
    """What a command that could not do its work said: one paragraph, no traceback."""
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.strip()
    return done.stderr
