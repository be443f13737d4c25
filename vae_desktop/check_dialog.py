"""What a check of the project found: Help ▸ Check the project…"""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from training.findings import CheckReport
from training.language import tr
from vae_desktop.plain_words import one_line
from vae_desktop.style import GRID

_SIZE, _SMALLEST = QSize(640, 400), QSize(400, 240)


class CheckDialog(QDialog):
    """Progress at first, then the findings as a text to read and copy."""

    left = Signal()  # closed, be it before the check is through

    def __init__(self, parent: QWidget | None, project: str) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Check the project"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._head = QLabel(tr("Reading every file of {project}…", project=one_line(project)))
        self._head.setTextFormat(Qt.TextFormat.PlainText)
        self._head.setWordWrap(True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID)
        self._bar.setRange(0, 0)
        self._bar.setAccessibleName(tr("Progress of the check"))
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setAccessibleName(tr("What was found"))
        self._text.setTabChangesFocus(True)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close = self._buttons.button(QDialogButtonBox.StandardButton.Close)
        close.setIcon(QIcon())  # the theme's is none of ours
        self._copy = self._buttons.addButton(tr("&Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        self._copy.clicked.connect(self._copy_text)
        self._copy.setEnabled(False)
        self._buttons.rejected.connect(self.reject)
        self.finished.connect(self.left)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.setSpacing(GRID * 3 // 2)
        layout.addWidget(self._head)
        layout.addWidget(self._bar)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._buttons)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)

    def show_progress(self, done: int, files: int) -> None:
        """Files read, of how many."""
        self._bar.setRange(0, files)
        self._bar.setValue(done)

    def show_report(self, report: CheckReport) -> None:
        """Show what was found."""
        self._end(report.sentence, "\n\n".join(finding.text for finding in report.findings))

    def show_problem(self, text: str) -> None:
        """Show why the project could not be checked."""
        self._end(text, "")

    def _end(self, sentence: str, text: str) -> None:
        self._bar.hide()
        self._head.setText(sentence)
        self._text.setPlainText(text)
        self._text.setVisible(bool(text))
        if not text:
            self.setMinimumHeight(0)
            self.adjustSize()
        self._copy.setEnabled(True)

    def _copy_text(self) -> None:
        texts = (self._head.text(), self._text.toPlainText())
        QGuiApplication.clipboard().setText("\n\n".join(filter(None, texts)))
