"""The plane in words, in a window beside the program's that follows it."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout, QWidget

from training.language import tr
from vae_desktop.style import GRID

_SIZE, _SMALLEST = QSize(480, 360), QSize(320, 200)
_SOON_MS = 200


class PlaneText(QDialog):
    """Read-only text; the place of the reader in it stays when it changes.

    Args:
        words: asked for the text whenever it may have changed, and only while this is to be seen.
    """

    def __init__(self, parent: QWidget | None, words: Callable[[], str]) -> None:
        super().__init__(parent)
        self._words = words
        self.setWindowTitle(tr("The plane in words"))
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setAccessibleName(tr("What the plane shows"))
        self._text.setTabChangesFocus(True)
        self._soon = QTimer(self, singleShot=True, interval=_SOON_MS)
        self._soon.timeout.connect(self._refresh)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.addWidget(self._text)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)

    def refresh_soon(self) -> None:
        """Something has changed; a drag changes it a hundred times a second."""
        if self.isVisible() and not self._soon.isActive():
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin with how it is now."""
        super().showEvent(event)
        self._refresh()

    def _refresh(self) -> None:
        words = self._words()
        if words == self._text.toPlainText():
            return
        bar, cursor = self._text.verticalScrollBar(), self._text.textCursor()
        scrolled, block, column = bar.value(), cursor.blockNumber(), cursor.positionInBlock()
        self._text.setPlainText(words)
        line = self._text.document().findBlockByNumber(min(block, self._text.blockCount() - 1))
        cursor = self._text.textCursor()
        cursor.setPosition(line.position() + min(column, line.length() - 1))
        self._text.setTextCursor(cursor)
        bar.setValue(scrolled)
