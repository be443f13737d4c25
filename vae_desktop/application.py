"""The application object, which hears of files that macOS wants opened, and its windows' way to the front."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication, QWidget


class Application(QApplication):
    """A QApplication that tells of files to open."""

    file_opened = Signal(str)  # its path

    def event(self, event: QEvent) -> bool:
        """Take what a double-click on a document, or a drop on the program's icon, sends on macOS."""
        if isinstance(event, QFileOpenEvent):
            self.file_opened.emit(event.file())
            return True
        return super().event(event)


def come_forward(window: QWidget) -> None:
    """Let a window be seen, on top of others where the system lets us."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.raise_()
    window.activateWindow()
