"""Puts the packaged program into the desktop's menu, by the script that lies beside it."""

import sys
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QProcess

from training.language import tr
from training.places import is_frozen

_NAME = "install-desktop.sh"
_SHELL = "/bin/sh"


def menu_script() -> Path | None:
    """The script, where this is an unpacked program for Linux; else None."""
    script = Path(sys.executable).parent / _NAME
    return script if is_frozen() and sys.platform.startswith("linux") and script.is_file() else None


def add_to_menu(parent: QObject, told: Callable[[str, str], None]) -> None:
    """Run the script without waiting for it.

    Args:
        parent: owns the process.
        told: called with what the script says of its success, or '' and what went wrong.
    """
    script = menu_script()
    process = QProcess(parent)

    def finish() -> None:
        said = bytes(process.readAllStandardOutput().data()).decode(errors="replace").strip()
        complaint = bytes(process.readAllStandardError().data()).decode(errors="replace").strip()
        succeeded = process.exitStatus() == QProcess.ExitStatus.NormalExit and process.exitCode() == 0
        process.deleteLater()
        if succeeded:
            told(said, "")
        else:
            told("", complaint or tr("{script} could not be run.", script=script))

    process.finished.connect(finish)
    process.errorOccurred.connect(
        lambda error: finish() if error == QProcess.ProcessError.FailedToStart else None
    )
    process.start(_SHELL, [str(script)])
