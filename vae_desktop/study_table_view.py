"""A study's figures: a row for each property, a column for each objective."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from training.language import tr
from training.objectives import OBJECTIVES
from training.study_figures import Findings
from training.study_table import DOWN, RECONSTRUCTION, UP, Column, Place, blocks, places
from training.twin_order import title_of
from vae_desktop.figure_rows import interval_words
from vae_desktop.figure_words import IDEAS
from vae_desktop.map_meaning import few_digits
from vae_desktop.plain_words import tooltip_text
from vae_desktop.style import scaled_font, tabular_font

_BEST = " ★"
_LONG = 12  # characters of an objective's name, from which on it takes two lines


class StudyTable(QTreeWidget):
    """Properties by idea; what is better than all others has a star."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlternatingRowColors(True)
        self.setIndentation(14)
        self.setAccessibleName(tr("Figures by objective"))
        self.setTabKeyNavigation(False)
        self.header().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        self.header().setStretchLastSection(False)

    def show_findings(self, findings: Findings) -> None:
        """Show the means over the seeds."""
        scrolled = self.verticalScrollBar().value()
        self.clear()
        self.setColumnCount(1 + len(findings.arms))
        self.setHeaderLabels([tr("Property"), *(_in_two_lines(title_of(arm)) for arm in findings.arms)])
        head = self.headerItem()
        for number, arm in enumerate(findings.arms, 1):
            head.setToolTip(number, tooltip_text(tr(OBJECTIVES[arm].meaning)))
        found = places(findings)
        for idea, columns in blocks():
            top = QTreeWidgetItem([tr(IDEAS[idea][0]) if idea != RECONSTRUCTION else tr(RECONSTRUCTION)])
            top.setFont(0, scaled_font(self.font(), 1.0, bold=True))
            self.addTopLevelItem(top)
            top.setFirstColumnSpanned(True)
            for column in columns:
                top.addChild(self._row(column, findings, found))
            top.setExpanded(True)
        for number in range(self.columnCount()):
            self.header().setSectionResizeMode(number, QHeaderView.ResizeMode.ResizeToContents)
        self.verticalScrollBar().setValue(scrolled)

    def _row(
        self, column: Column, findings: Findings, found: dict[tuple[str, str], Place]
    ) -> QTreeWidgetItem:
        arrow = {UP: " ↑", DOWN: " ↓", 0: ""}[column.better]
        item = QTreeWidgetItem([tr(column.title) + arrow])
        tip = tooltip_text(f"{tr(column.title)}: {tr(column.meaning)}. {_direction(column.better)}")
        item.setToolTip(0, tip)
        for number, arm in enumerate(findings.arms, 1):
            place = found[arm, column.name]
            item.setText(number, place_words(place, findings.seeds))
            item.setTextAlignment(number, Qt.AlignmentFlag.AlignCenter)
            item.setFont(number, tabular_font(self.font()))
            item.setToolTip(number, tip)
            if place.is_best:
                item.setData(
                    number,
                    Qt.ItemDataRole.AccessibleDescriptionRole,
                    tr("Better than all others, the intervals apart"),
                )
        return item


def place_words(place: Place, seeds: int) -> str:
    """The figure, a star where it is best; below it the interval, and of how many seeds where some lack."""
    if not place.estimate.is_known:
        return "–"
    lines = [few_digits(place.estimate.value) + (_BEST if place.is_best else "")]
    if interval := interval_words(place.estimate):
        lines.append(interval)
    if 0 < place.known < seeds:
        lines.append(tr("{known} of {seeds} seeds", known=place.known, seeds=seeds))
    return "\n".join(lines)


def _direction(better: int) -> str:
    return {UP: tr("More is better."), DOWN: tr("Less is better."), 0: tr("Neither way is better.")}[better]


def _in_two_lines(title: str) -> str:
    """A long name broken at the space nearest to its middle."""
    spaces = [number for number, character in enumerate(title) if character == " "]
    if len(title) <= _LONG or not spaces:
        return title
    best = min(spaces, key=lambda number: abs(number - len(title) / 2))
    return f"{title[:best]}\n{title[best + 1 :]}"
