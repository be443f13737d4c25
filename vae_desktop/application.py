"""The application object; it hears of files that macOS wants opened, which come as events."""

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication


class Application(QApplication):
    """A QApplication that tells of files to open."""

    file_opened = Signal(str)  # its path

    def event(self, event: QEvent) -> bool:
        """Take what a double-click on a document, or a drop on the program's icon, sends on macOS."""
        if isinstance(event, QFileOpenEvent):
            self.file_opened.emit(event.file())
            return True
        return super().event(event)
