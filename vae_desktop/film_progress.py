"""In the status bar: how far a film is that is being written, and a button that gives it up."""

import time

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget

from training.language import tr
from vae_desktop.plain_words import duration
from vae_desktop.style import GRID

_TOLD_AFTER = 2.0  # seconds; sooner, how long it will take is a guess


class FilmProgress(QWidget):
    """Hidden unless a film is being written."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text, self._begun = "", 0.0
        self._words = QLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(16 * GRID)
        self._bar.setMaximumHeight(GRID)
        self._cancel = QPushButton(tr("Cancel"))
        self._cancel.setFlat(True)
        self._cancel.setToolTip(tr("Give up the film; nothing of it is kept"))
        self._cancel.clicked.connect(self._on_cancel)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, 0, GRID, 0)
        layout.setSpacing(GRID)
        for widget in (self._words, self._bar, self._cancel):
            layout.addWidget(widget)
        self.hide()

    def begin(self, words: str, frames: int = 0) -> None:
        """Show that a film of so many frames is begun; 0 while that is not known."""
        self._text, self._begun = words, time.monotonic()
        self._words.setText(words)
        self._bar.setAccessibleName(words)
        self._bar.setRange(0, frames)
        self._bar.setValue(0)
        self._cancel.setEnabled(True)
        self.show()

    def show_done(self, frames: int, all_frames: int | None = None) -> None:
        """Show how many frames are done, and how long the others will take; of how many, if that is news."""
        if all_frames is not None:
            self._bar.setMaximum(all_frames)
        self._bar.setValue(frames)
        passed = time.monotonic() - self._begun
        if frames and passed > _TOLD_AFTER:
            left = passed / frames * (self._bar.maximum() - frames)
            self._words.setText(f"{self._text} {tr('{time} left', time=duration(left))}")

    def _on_cancel(self) -> None:
        self._cancel.setEnabled(False)
        self.cancelled.emit()
