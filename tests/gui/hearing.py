"""Waiting for what an engine tells from its threads.

Not with qtbot.waitSignal, which disconnects when it has heard enough: PySide crashes now and then when that
happens while another thread emits the same signal.
"""

from contextlib import contextmanager

from PySide6.QtCore import QObject

SECONDS = 60_000  # most of it is for machines that do much else at the same time
SIGNALS = (
    "ready",
    "import_progress",
    "training_progress",
    "epoch_finished",
    "positions",
    "replay_read",
    "trained",
    "training_failed",
    "memory_ran_out",
    "gpu_failed",
    "model_loaded",
    "decoded",
    "backdrop",
    "shared_read",
    "shared_failed",
    "shared_saved",
)


class Hearing(QObject):
    """Everything an engine told so far, by signal; connected for as long as the engine lives."""

    def __init__(self, engine):
        super().__init__(engine)
        self.heard = {name: [] for name in SIGNALS}
        for name, heard in self.heard.items():
            teller = engine if hasattr(engine, name) else engine.files
            getattr(teller, name).connect(lambda *arguments, heard=heard: heard.append(arguments))


def _heard(engine, name):
    hearing = engine.findChild(Hearing)
    return (hearing or Hearing(engine)).heard[name]


@contextmanager
def told(qtbot, engine, name, check=lambda *_arguments: True):
    """Wait at the end of the block until a signal came that passes the check; yields its arguments then."""
    heard, arguments = _heard(engine, name), []
    before = len(heard)
    yield arguments
    qtbot.waitUntil(lambda: any(check(*each) for each in heard[before:]), timeout=SECONDS)
    arguments.extend(next(each for each in heard[before:] if check(*each)))


def is_quiet(qtbot, engine, milliseconds, *names):
    """Whether none of these signals comes for some time."""
    before = [len(_heard(engine, name)) for name in names]
    qtbot.wait(milliseconds)
    return [len(_heard(engine, name)) for name in names] == before


def falls_silent(qtbot, engine, name):
    """Whether a signal stops coming; what was under way may still be told."""
    return any(is_quiet(qtbot, engine, 600, name) for _ in range(10))
