"""The measured figures in a table, grouped by idea."""

from functools import partial

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHeaderView, QToolButton, QTreeWidget, QTreeWidgetItem, QWidget

from training.language import tr
from training.measures import Measures
from vae_desktop.figure_rows import FigureRow, figure_rows
from vae_desktop.figure_words import IDEAS
from vae_desktop.plain_words import tooltip_text
from vae_desktop.style import icon, quiet_text, scaled_font, tabular_font

_TITLE, _VALUE, _INTERVAL, _UNIT, _MAP, _MEANING = range(6)
_MAP_ROLE = Qt.ItemDataRole.UserRole


class FiguresTable(QTreeWidget):
    """A row for each figure; Enter or its button shows it on the plane where there is a map of it."""

    map_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        titles = (tr("Figure"), tr("Value"), tr("95 % interval"), tr("Unit"), tr("Map"), tr("What it means"))
        self.setHeaderLabels(titles)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setUniformRowHeights(True)
        self.setAlternatingRowColors(True)
        self.setIndentation(14)
        self.setAccessibleName(tr("Measured figures"))
        self.setAccessibleDescription(tr("Enter shows a figure's map on the plane, where there is one"))
        self.setTabKeyNavigation(False)
        self.itemActivated.connect(lambda item, _column: self._ask_for_map(item))
        header = self.header()
        header.setStretchLastSection(True)
        for column in range(_MEANING):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)

    def show_figures(self, found: Measures | None) -> None:
        """Show what was measured, or nothing."""
        chosen, scrolled = self._chosen(), self.verticalScrollBar().value()
        closed = {item.text(_TITLE) for item in self._ideas() if not item.isExpanded()}
        self.clear()
        for idea, rows in figure_rows(found).items() if found else ():
            called, promise = (tr(words) for words in IDEAS[idea])
            top = QTreeWidgetItem([called, "", "", "", "", promise])
            top.setFont(_TITLE, scaled_font(self.font(), 1.0, bold=True))
            top.setForeground(_MEANING, quiet_text(self.palette()))
            self.addTopLevelItem(top)
            for row in rows:
                self._add(top, row)
            top.setExpanded(called not in closed)
        self._choose(chosen)
        self.verticalScrollBar().setValue(scrolled)

    def recolour(self) -> None:
        """Draw the icons in the palette's colours."""
        for item in self._ideas():
            item.setForeground(_MEANING, quiet_text(self.palette()))
            for number in range(item.childCount()):
                child = item.child(number)
                button = None if child is None else self.itemWidget(child, _MAP)
                if isinstance(button, QToolButton):
                    button.setIcon(icon("measured", self.palette()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter shows the row's map; the rest as usual."""
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self._ask_for_map(item)
        else:
            super().keyPressEvent(event)

    def _ideas(self) -> list[QTreeWidgetItem]:
        return [item for n in range(self.topLevelItemCount()) if (item := self.topLevelItem(n)) is not None]

    def _add(self, parent: QTreeWidgetItem, row: FigureRow) -> None:
        item = QTreeWidgetItem([row.title, row.value, row.interval, row.unit, "", row.meaning])
        for column in (_VALUE, _INTERVAL):
            item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            item.setFont(column, tabular_font(self.font()))
        tip = "<br>".join(tooltip_text(line) for line in (row.meaning, *row.help))
        for column in range(self.columnCount()):
            item.setToolTip(column, tip)
        item.setData(_TITLE, _MAP_ROLE, row.map_name)
        parent.addChild(item)
        if row.map_name:
            self.setItemWidget(item, _MAP, self._button(row))
        for part in row.parts:
            self._add(item, part)

    def _button(self, row: FigureRow) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon("measured", self.palette()))
        button.setIconSize(QSize(14, 14))
        button.setAutoRaise(True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Enter on the row does the same
        button.setToolTip(tr("Show on the plane"))
        button.setAccessibleName(tr("Show on the plane: {figure}", figure=row.title))
        button.clicked.connect(partial(self.map_requested.emit, row.map_name))
        return button

    def _ask_for_map(self, item: QTreeWidgetItem) -> None:
        name = item.data(_TITLE, _MAP_ROLE)
        if name:
            self.map_requested.emit(name)

    def _chosen(self) -> str:
        item = self.currentItem()
        return item.text(_TITLE) if item is not None else ""

    def _choose(self, title: str) -> None:
        found = self.findItems(title, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive, _TITLE)
        if title and found:
            self.setCurrentItem(found[0])
