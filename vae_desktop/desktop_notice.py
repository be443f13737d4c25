"""A notice on the desktop, where it has a place for them; never a sound."""

import html
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QProcess, QTimer
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

from vae_desktop.style import application_icon

_SHOWN_MS = 10_000
_NAME, _ICON = "VAE Desktop", "vae-desktop"
_CATEGORY = "transfer.complete"


def show_notice(window: QWidget, title: str, text: str, clicked: Callable[[], object]) -> bool:
    """Show a notice beside the desktop's clock or wherever it shows them.

    Args:
        window: what it comes from.
        title, text: plain text, a line each.
        clicked: done when the person clicks on it, where the system tells of that.

    Returns:
        Whether there is a place for notices here.
    """
    if sys.platform.startswith("linux"):
        return _show_over_bus(title, text)
    if not (QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages()):
        return False
    tray = QSystemTrayIcon(application_icon(), window)
    tray.messageClicked.connect(clicked)
    tray.show()
    tray.showMessage(title, text, application_icon(), _SHOWN_MS)
    QTimer.singleShot(_SHOWN_MS, tray, tray.hide)  # it does not linger
    QTimer.singleShot(2 * _SHOWN_MS, tray, tray.deleteLater)
    return True


def _show_over_bus(title: str, text: str) -> bool:
    """By freedesktop's notifications.

    Not with PySide's QtDBus, which cannot send the unsigned number that they want: a program does it that
    desktops have.
    """
    if not _has_session_bus():
        return False
    text = html.escape(text, quote=False)  # the body may hold markup
    for name, arguments in (("notify-send", _notify_send(title, text)), ("gdbus", _gdbus(title, text))):
        program = shutil.which(name)
        if program is not None:
            process = QProcess()
            process.setProgram(program)
            process.setArguments(arguments)
            process.setStandardOutputFile(QProcess.nullDevice())
            process.setStandardErrorFile(QProcess.nullDevice())
            return bool(process.startDetached())
    return False


def _notify_send(title: str, text: str) -> list[str]:
    hints = (f"string:desktop-entry:{_ICON}", "boolean:suppress-sound:true")
    options = [f"--app-name={_NAME}", f"--icon={_ICON}", f"--category={_CATEGORY}"]
    return [*options, *(f"--hint={hint}" for hint in hints), "--", title, text]


def _gdbus(title: str, text: str) -> list[str]:
    hints = {"desktop-entry": f'<"{_ICON}">', "category": f'<"{_CATEGORY}">', "suppress-sound": "<true>"}
    written = ", ".join(f'"{key}": {value}' for key, value in hints.items())
    place = "org.freedesktop.Notifications"
    return [
        *("call", "--session", "--timeout", "5", "--dest", place),
        *("--object-path", f"/{place.replace('.', '/')}", "--method", f"{place}.Notify"),
        # JSON's strings are strings of GVariant's text format, too.
        *(json.dumps(_NAME), "0", json.dumps(_ICON), json.dumps(title, ensure_ascii=False)),
        *(json.dumps(text, ensure_ascii=False), "[]", "{" + written + "}", "@i -1"),
    ]


def _has_session_bus() -> bool:
    """Asking for a bus where there is none would start one."""
    address = os.environ.get("DBUS_SESSION_BUS_ADDRESS", "")
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(address) or (bool(runtime) and (Path(runtime) / "bus").exists())
