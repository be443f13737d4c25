"""Errors that nobody caught, wherever they come up, go to the log and to the window; none ends in silence."""

import logging
import sys
import threading
import traceback
from collections import Counter
from collections.abc import Callable
from types import TracebackType

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from training.language import tr

_log = logging.getLogger("vae_desktop")
_qt_log = logging.getLogger("qt")
_LEVELS = {
    QtMsgType.QtDebugMsg: logging.DEBUG,
    QtMsgType.QtInfoMsg: logging.INFO,
    QtMsgType.QtWarningMsg: logging.WARNING,
    QtMsgType.QtCriticalMsg: logging.ERROR,
    QtMsgType.QtFatalMsg: logging.CRITICAL,
}


class ErrorTeller(QObject):
    """Takes Python's hooks for errors nobody caught: of the main thread, Qt's slots, threads, ``__del__``.

    An error that comes up again and again at the same place is logged and told the first, tenth, hundredth …
    time, so that a broken ``paintEvent`` does not fill the disk.
    """

    told = Signal(str)
    """A sentence for the person. May be emitted from any thread: connect it queued."""

    def __init__(self) -> None:
        super().__init__()
        self._times: Counter[str] = Counter()
        sys.excepthook = self._on_error
        threading.excepthook = self._on_thread_error
        sys.unraisablehook = self._on_unraisable

    def _on_error(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:
        place = "".join(traceback.format_tb(trace)[-1:]) + kind.__name__
        self._times[place] += 1
        times = self._times[place]
        if times != 10 ** (len(str(times)) - 1):
            return
        again = f" (time {times})" if times > 1 else ""
        _log.critical("Unexpected error%s", again, exc_info=(kind, error or kind(), trace))
        what = f"{kind.__name__}: {error}" if error is not None and str(error) else kind.__name__
        self.told.emit(
            tr("Something unexpected went wrong ({what}). The log file has the details.", what=what)
        )

    def _on_thread_error(self, arguments: threading.ExceptHookArgs) -> None:
        self._on_error(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    def _on_unraisable(self, arguments: "sys.UnraisableHookArgs") -> None:
        self._on_error(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)


def log_qt_messages(on_fatal: Callable[[str], None] | None = None) -> None:
    """Let Qt's messages go to the log.

    Args:
        on_fatal: called with a message that ends the program, before Qt aborts it.
    """

    def take(kind: QtMsgType, _context: QMessageLogContext, message: str) -> None:
        _qt_log.log(_LEVELS[kind], "%s", message)
        if kind == QtMsgType.QtFatalMsg and on_fatal is not None:
            on_fatal(message)

    qInstallMessageHandler(take)
