"""The question in which format a model is to be taken elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from training.export_formats import ExportFormat
from training.language import mark, tr
from vae_desktop.labels import QuietLabel
from vae_desktop.plain_words import menu_text
from vae_desktop.primary_button import PrimaryButton
from vae_desktop.style import GRID, scaled_font

_WIDTH = 480
_POINTS_TIP = mark("As dots without names or pictures; whoever has the page can switch them off")


@dataclass(frozen=True)
class ExportChoice:
    """What is to be exported: the format, and whether a web page shows where the pictures lie."""

    to: ExportFormat
    with_points: bool


class ExportDialog(QDialog):
    """One format of several, each with what it is good for.

    Args:
        formats: those there are, the usual one first.
        chosen: what was chosen the last time; None for the usual one.
    """

    decided = Signal(object)  # ExportChoice

    def __init__(
        self, parent: QWidget | None, formats: Sequence[ExportFormat], chosen: ExportChoice | None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export model"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._formats = formats
        self._group = QButtonGroup(self)
        self._points = QCheckBox(tr("Show where the pictures &lie"))
        self._points.setToolTip(tr(_POINTS_TIP))
        self._points.setAccessibleDescription(tr(_POINTS_TIP))
        self._points.setChecked(chosen is None or chosen.with_points)
        self._lay_out()
        first = 0 if chosen is None else formats.index(chosen.to)
        self._group.button(first).setChecked(True)
        self._group.button(first).setFocus()

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 2, GRID * 3, GRID * 2)
        layout.setSpacing(GRID * 2)
        heading = QLabel(tr("Take the model elsewhere"))
        heading.setFont(scaled_font(heading.font(), 1.2, bold=True))
        layout.addWidget(heading)
        layout.addLayout(self._choices())
        layout.addWidget(
            QuietLabel(
                tr(
                    "What is written contains the model, not your pictures and no names of your files."
                    " It is checked against the model here before it is kept."
                )
            )
        )
        layout.addStretch(1)
        layout.addLayout(self._buttons())
        self.setMinimumWidth(_WIDTH)
        self.resize(_WIDTH, layout.heightForWidth(_WIDTH))

    def _choices(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(0)
        grid.setVerticalSpacing(GRID // 2)
        grid.setColumnMinimumWidth(0, GRID * 3)
        grid.setColumnStretch(1, 1)
        for number, each in enumerate(self._formats):
            button, words = QRadioButton(menu_text(tr(each.title))), QuietLabel(tr(each.words))
            button.setAccessibleDescription(tr(each.words))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            self._group.addButton(button, number)
            row = 4 * number
            grid.addWidget(button, row, 0, 1, 2)
            grid.addWidget(words, row + 1, 1)
            grid.setRowMinimumHeight(row + 3, GRID // 2)
            if each.name == "html":
                grid.addWidget(self._points, row + 2, 1)
                button.toggled.connect(self._points.setEnabled)
                self._points.setEnabled(False)
        return grid

    def _buttons(self) -> QHBoxLayout:
        cancel = QPushButton(tr("Cancel"))
        cancel.setMinimumHeight(36)
        cancel.setAutoDefault(False)
        cancel.clicked.connect(self.reject)
        go_on = PrimaryButton(tr("Choose where…"), "save")
        go_on.setDefault(True)
        go_on.clicked.connect(self._decide)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(go_on)
        return row

    def _decide(self) -> None:
        self.decided.emit(ExportChoice(self._formats[self._group.checkedId()], self._points.isChecked()))
        self.accept()
