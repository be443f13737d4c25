"""The figures of several trainings beside each other."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from training.estimate import Estimate
from training.language import tr
from vae_desktop.figure_rows import better_of, interval_words
from vae_desktop.figure_words import FIGURES
from vae_desktop.kept_measures import KeptMeasures
from vae_desktop.map_meaning import few_digits
from vae_desktop.plain_words import one_line, tooltip_text
from vae_desktop.style import scaled_font, tabular_font

BETTER = "✓"
_UNKNOWN = Estimate(float("nan"))


class ComparedFigures(QTableWidget):
    """Rows of figures, a column for each training; what is better beyond chance has a check mark."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAlternatingRowColors(True)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.setAccessibleName(tr("Figures of all trainings"))
        self.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)

    def show_runs(self, runs: Sequence[KeptMeasures]) -> None:
        """Show the figures that any of these has."""
        by_run = [{each.name: each.estimate for each in run.found.measures} for run in runs]
        names = [name for name in FIGURES if any(of.get(name, _UNKNOWN).is_known for of in by_run)]
        self.clear()
        self.setColumnCount(len(runs))
        self.setRowCount(len(names))
        self.setHorizontalHeaderLabels([_title(run) for run in runs])
        self.setVerticalHeaderLabels([FIGURES[name].called for name in names])
        for row, name in enumerate(names):
            estimates = [of.get(name, _UNKNOWN) for of in by_run]
            best = better_of(name, estimates)
            tip = tooltip_text(FIGURES[name].clause)
            self.verticalHeaderItem(row).setToolTip(tip)
            for column, estimate in enumerate(estimates):
                self.setItem(row, column, self._cell(estimate, tip, is_best=column == best))

    def _cell(self, estimate: Estimate, tip: str, *, is_best: bool) -> QTableWidgetItem:
        interval = interval_words(estimate)
        words = few_digits(estimate.value) if estimate.is_known else "–"
        item = QTableWidgetItem(f"{words} ({interval})" if interval else words)
        item.setFont(tabular_font(self.font()))
        item.setToolTip(tip)
        if is_best:
            item.setText(f"{BETTER} {item.text()}")
            item.setFont(tabular_font(scaled_font(self.font(), 1.0, bold=True)))
        return item


def _title(run: KeptMeasures) -> str:
    title = one_line(run.title)
    return title if run.is_current else tr("{title} (out of date)", title=title)
