"""The log in a window of its own: by level, searched, followed while it grows."""

import logging
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QGuiApplication,
    QHideEvent,
    QPalette,
    QShowEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from training.language import mark, tr
from vae_desktop.crash_report import LOG_NAME, tail
from vae_desktop.labels import QuietLabel
from vae_desktop.log_lines import LogEntry, log_entries
from vae_desktop.style import GRID, held_out_colour, quiet_text, scaled_font

MOST_BYTES = 1_000_000
"""So much of the end of the log is shown; it is not much longer before another file is begun."""

_LOOK_MS = 700
_SIZE, _SMALLEST = QSize(900, 620), QSize(520, 320)
_LEVELS = (
    (mark("Everything"), logging.NOTSET),
    (mark("Warnings and errors"), logging.WARNING),
    (mark("Errors"), logging.ERROR),
)


class LogWindow(QDialog):
    """Shows what the program has noted of itself; only looks at the file while it is to be seen.

    Args:
        folder: of the log.
        report: what the button for a report does.
    """

    def __init__(self, parent: QWidget | None, folder: Path, report: Callable[[], object]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Log"))
        self._file = folder / LOG_NAME
        self._seen: tuple[int, int] | None = None  # size and time of change of what is shown
        self._entries: list[LogEntry] = []
        self._level, self._line, self._follow = QComboBox(), QLineEdit(), QCheckBox(tr("&Follow"))
        self._text, self._count = QPlainTextEdit(), QuietLabel()
        self._watch = QTimer(self, interval=_LOOK_MS)
        self._watch.timeout.connect(self.look)
        self._prepare()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.setSpacing(GRID)
        layout.addLayout(self._upper())
        layout.addWidget(self._text, 1)
        layout.addLayout(self._lower(report))
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)

    def look(self) -> None:
        """Show the file as it is now, if it has changed."""
        try:
            found = self._file.stat()
            seen = (found.st_size, found.st_mtime_ns)
        except OSError:
            seen = (0, 0)
        if seen != self._seen:
            self._seen = seen
            self._entries = log_entries(tail(self._file, MOST_BYTES))
            self._show()

    def showEvent(self, event: QShowEvent) -> None:
        """Look from now on."""
        super().showEvent(event)
        self.look()
        self._watch.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Look no more."""
        super().hideEvent(event)
        self._watch.stop()

    def changeEvent(self, event: QEvent) -> None:
        """Follow light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.isVisible():
            self._show()

    def _prepare(self) -> None:
        for title, level in _LEVELS:
            self._level.addItem(tr(title), level)
        self._level.setAccessibleName(tr("What of the log is shown"))
        self._level.currentIndexChanged.connect(self._show)
        self._line.setPlaceholderText(tr("Find in the log"))
        self._line.setAccessibleName(tr("Find in the log"))
        self._line.setClearButtonEnabled(True)
        self._line.textChanged.connect(self._show)
        self._follow.setChecked(True)
        self._follow.setToolTip(tr("Keep the newest line in sight"))
        self._follow.toggled.connect(self._show)
        self._text.setReadOnly(True)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._text.setFont(scaled_font(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont), 0.95))
        self._text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._text.setAccessibleName(tr("The log"))
        self._text.setTabChangesFocus(True)

    def _upper(self) -> QHBoxLayout:
        label = QLabel(tr("&Show"))
        label.setBuddy(self._level)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(label)
        row.addWidget(self._level)
        row.addWidget(self._line, 1)
        row.addWidget(self._follow)
        return row

    def _lower(self, report: Callable[[], object]) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self._count, 1)
        for text, slot in (
            (tr("&Copy"), self._copy),
            (tr("&Report a problem…"), report),
            (tr("C&lose"), self.close),
        ):
            button = QPushButton(text)
            button.setAutoDefault(False)
            button.clicked.connect(lambda _checked=False, slot=slot: slot())
            row.addWidget(button)
        return row

    def _shown(self) -> list[LogEntry]:
        level, words = self._level.currentData(), self._line.text().casefold().split()
        return [
            entry
            for entry in self._entries
            if entry.level >= level and all(word in entry.text.casefold() for word in words)
        ]

    def _show(self) -> None:
        shown = self._shown()
        bar = self._text.verticalScrollBar()
        before = bar.value()
        self._text.clear()
        cursor = QTextCursor(self._text.document())
        cursor.beginEditBlock()
        for number, entry in enumerate(shown):
            cursor.insertText(("\n" if number else "") + entry.head, _format(quiet_text(self.palette())))
            cursor.insertText("\n".join((entry.message, *entry.further)), _format(self._colour(entry)))
        cursor.endEditBlock()
        bar.setValue(bar.maximum() if self._follow.isChecked() else min(before, bar.maximum()))
        self._count.setText(_count_words(len(shown), len(self._entries)))

    def _colour(self, entry: LogEntry) -> QColor:
        palette = self.palette()
        is_grave = entry.level >= logging.WARNING
        return held_out_colour(palette) if is_grave else palette.color(QPalette.ColorRole.Text)

    def _copy(self) -> None:
        """What is marked, or else all that is shown."""
        chosen = self._text.textCursor().selectedText().replace("\u2029", "\n")
        QGuiApplication.clipboard().setText(chosen or self._text.toPlainText())


def _format(colour: QColor) -> QTextCharFormat:
    result = QTextCharFormat()
    result.setForeground(colour)
    return result


def _count_words(shown: int, entries: int) -> str:
    if not entries:
        return tr("Nothing is in the log.")
    if shown == entries:
        return tr("Shown: {count:,}", count=shown)
    return tr("Shown: {count:,} of {all:,}", count=shown, all=entries)
