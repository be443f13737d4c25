"""Ends the program properly when the system asks it to: Ctrl+C, the end of a desktop session, `kill`."""

import os
import signal
import sys
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal


class QuitSignals(QObject):
    """Listens for SIGINT, SIGTERM and SIGHUP; a second one ends the program at once.

    Python runs its signal handlers between two of its own instructions only, and an idle window runs none. So
    the C handler writes to a pipe that Qt listens to. Windows has no such signals for programs with a window.
    """

    asked = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        if sys.platform == "win32":
            return
        self._reading, writing = os.pipe()
        os.set_blocking(writing, False)  # as it has to be in a signal handler
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(number) != signal.SIG_IGN:  # as nohup wants it
                signal.signal(number, self._on_signal)
        self._notifier = QSocketNotifier(self._reading, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)

    def _drain(self) -> None:
        # That Python code runs here at all lets the pending signal be handled, before or after this line.
        os.read(self._reading, 4096)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        self.asked.emit()
