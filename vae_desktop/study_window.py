"""The window of studies: what one is, what it is to compare, how far it is, and what was found."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from training.language import mark, tr
from vae_desktop.labels import QuietLabel
from vae_desktop.message_strip import MessageStrip
from vae_desktop.study_form import StudyForm
from vae_desktop.study_results import StudyResults
from vae_desktop.style import GRID

_SIZE, _SMALLEST = QSize(1080, 760), QSize(860, 560)
_WHAT_IT_IS = mark(
    "A study trains the same network with one part of the objective after the other, from the plain"
    " autoencoder to the VAE, each several times for equally long. It then measures them all and tells what"
    " each part achieves, and whether the figures bear out what textbooks say."
)


class StudyWindow(QWidget):
    """A window of its own.

    Attributes:
        form: what to compare, and how far it is.
        results: what was found.
        messages: what happened.
    """

    closed = Signal()

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Which part does what"))
        self.form, self.results, self.messages = StudyForm(), StudyResults(), MessageStrip()
        line = QFrame()
        line.setFrameShape(QFrame.Shape.HLine)
        line.setFrameShadow(QFrame.Shadow.Sunken)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(QuietLabel(tr(_WHAT_IT_IS)))
        column.addWidget(self.messages)
        column.addWidget(self.form)
        column.addWidget(line)
        column.addWidget(self.results, 1)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Close), self, self.close)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that it is gone."""
        super().closeEvent(event)
        self.closed.emit()
