"""In the status bar: how far a film is that is being written, and a button that gives it up."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from vae_desktop.style import GRID


class FilmProgress(QWidget):
    """Hidden unless a film is being written."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._words = QLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(16 * GRID)
        self._bar.setMaximumHeight(GRID)
        self._cancel = QPushButton("Cancel")
        self._cancel.setFlat(True)
        self._cancel.setToolTip("Give up the film; nothing of it is kept")
        self._cancel.clicked.connect(self._on_cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, 0, GRID, 0)
        layout.setSpacing(GRID)
        for widget in (self._words, self._bar, self._cancel):
            layout.addWidget(widget)
        self.hide()

    def begin(self, words: str, frames: int) -> None:
        """Show that a film of so many frames is begun."""
        self._words.setText(words)
        self._bar.setAccessibleName(words)
        self._bar.setRange(0, frames)
        self._bar.setValue(0)
        self._cancel.setEnabled(True)
        self.show()

    def show_done(self, frames: int) -> None:
        """Show how many frames are done."""
        self._bar.setValue(frames)

    def _on_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self.cancelled.emit()
