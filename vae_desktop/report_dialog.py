"""A report of a problem, shown before anybody gets it: Help ▸ Report a problem…"""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from training.errors import VaeError
from training.files import write_atomically
from training.language import mark, tr
from vae_desktop.labels import QuietLabel
from vae_desktop.plain_words import one_line
from vae_desktop.save_dialog import ask_where_to_save
from vae_desktop.style import GRID, scaled_font

_SIZE, _SMALLEST = QSize(760, 640), QSize(480, 400)
_PROMISE = mark(
    "Nothing is sent. Folders, file names, your name and this computer's were taken out as well as a program"
    " can; look it over, and change what you like, before you give it to anybody."
)
_NAME = "vae-desktop-report.txt"


class ReportDialog(QDialog):
    """The text, to be changed, copied and saved.

    Args:
        write: asked for the text once, when this is made.
    """

    def __init__(self, parent: QWidget | None, write: Callable[[], str]) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Report a problem"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._text = QPlainTextEdit(write())
        self._text.setFont(scaled_font(self._text.font(), 0.95))
        self._text.setAccessibleName(tr("The report"))
        self._text.setTabChangesFocus(True)
        head = QLabel(tr("Say what you did and what happened. The rest helps to find out why."))
        head.setWordWrap(True)
        self._told = QuietLabel()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())  # the theme's is none of ours
        for text, slot in ((tr("&Copy"), self._copy), (tr("&Save…"), self._ask)):
            buttons.addButton(text, QDialogButtonBox.ButtonRole.ActionRole).clicked.connect(slot)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.setSpacing(GRID * 3 // 2)
        layout.addWidget(head)
        layout.addWidget(self._text, 1)
        layout.addWidget(QuietLabel(tr(_PROMISE)))
        layout.addWidget(self._told)
        layout.addWidget(buttons)
        self._told.hide()
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)
        self._text.setFocus()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._text.toPlainText())
        self._tell(tr("Copied."))

    def _ask(self) -> None:
        ask_where_to_save(self, tr("Save report"), f"{tr('Text')} (*.txt)", _NAME, self._save)

    def _save(self, path: str) -> None:
        try:
            write_atomically(Path(path), self._text.toPlainText().encode(errors="replace"))
        except VaeError as error:
            self._tell(str(error))
        else:
            self._tell(tr("Saved as {name}.", name=one_line(Path(path).name)))

    def _tell(self, text: str) -> None:
        self._told.setText(text)
        self._told.show()
