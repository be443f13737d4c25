"""Which study of the project is looked at, what it came to, and what can be done with its report."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from training.language import mark, tr
from training.study_report import Report
from vae_desktop.labels import QuietLabel
from vae_desktop.plain_words import one_line
from vae_desktop.study_claims import StudyClaims
from vae_desktop.study_planes import StudyPlanes
from vae_desktop.study_table_view import StudyTable
from vae_desktop.style import GRID

_LEGEND = mark(
    "↑ more is better, ↓ less is better, ★ better than all others with intervals apart, – not measured."
)
_ONE_SEED = mark("One seed: the intervals are those of the measurements, by pictures and points.")
_SEEDS = mark("Means over {seeds} seeds with 95 % intervals (Student's t).")
_PLANES = mark(
    "Left what the first seed's model draws within 3 σ of the prior, right how densely the pictures lie"
    " there: orange and outlined where there is hardly any, white where they are as dense as the prior, blue"
    " where they are denser."
)
_NONE_YET = mark("What a study finds appears here.")


class StudyResults(QWidget):
    """A choice of studies, tabs, and three buttons."""

    chosen = Signal(int)  # the number of a study in the list
    open_requested = Signal()
    pdf_requested = Signal()
    folder_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._studies = QComboBox()
        self._studies.setAccessibleName(tr("Study"))
        self._studies.activated.connect(self.chosen)
        self._open = _button(
            tr("Open &report"), tr("Show the report in the browser"), self.open_requested.emit
        )
        self._pdf = _button(
            tr("Save report as P&DF…"),
            tr("Write the report to a file to print or send"),
            self.pdf_requested.emit,
        )
        self._folder = _button(
            tr("Show &folder"),
            tr("Show where tables, report and maps of this study are"),
            self.folder_requested.emit,
        )
        self.claims, self.table, self.planes = StudyClaims(), StudyTable(), StudyPlanes()
        self._about_table = QuietLabel()
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        for title, label, widget in (
            (tr("What it says"), None, self.claims),
            (tr("Figures"), self._about_table, self.table),
            (tr("Planes"), QuietLabel(tr(_PLANES)), self.planes),
        ):
            self._tabs.addTab(_page(label, widget), title)
        self._none_yet = QuietLabel()
        self._lay_out()
        self.show_studies([], None)
        self.show_report(None)

    @property
    def current(self) -> int:
        """The number of the study that is looked at; −1 for none."""
        return self._studies.currentIndex()

    def show_studies(self, titles: Sequence[str], current: int | None) -> None:
        """Offer studies, the newest first, and choose one."""
        if len(titles) != self._studies.count():
            self._studies.clear()
            self._studies.addItems(list(titles))
        for number, title in enumerate(titles):
            self._studies.setItemText(number, one_line(title))
        self._studies.setCurrentIndex(-1 if current is None else current)
        self._studies.setEnabled(bool(titles))
        self._folder.setEnabled(current is not None)

    def show_report(self, report: Report | None, problem: str = "") -> None:
        """Show what a study came to so far; else why there is nothing."""
        has_results = report is not None and bool(report.results)
        self._tabs.setVisible(has_results)
        self._none_yet.setVisible(not has_results)
        self._none_yet.setText(problem or tr(_NONE_YET))
        for button in (self._open, self._pdf):
            button.setEnabled(has_results)
        if report is None or not has_results:
            return
        seeds = report.findings.seeds
        means = tr(_ONE_SEED) if seeds == 1 else tr(_SEEDS, seeds=seeds)
        self._about_table.setText(f"{means} {tr(_LEGEND)}")
        self.claims.show_findings(report.findings)
        self.table.show_findings(report.findings)
        self.planes.show_report(report)

    def show_tab(self, number: int) -> None:
        """Turn to what it says (0), the figures (1) or the planes (2)."""
        self._tabs.setCurrentIndex(number)

    def _lay_out(self) -> None:
        above = QHBoxLayout()
        above.setSpacing(GRID)
        label = QLabel(tr("St&udy"))
        label.setBuddy(self._studies)
        above.addWidget(label)
        above.addWidget(self._studies, 1)
        for button in (self._open, self._pdf, self._folder):
            above.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addLayout(above)
        column.addWidget(self._none_yet)
        column.addWidget(self._tabs, 1)
        column.addStretch(0)


def _page(label: QWidget | None, widget: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, GRID, 0, 0)
    if label is not None:
        column.addWidget(label)
    column.addWidget(widget, 1)
    return page


def _button(text: str, tip: str, clicked: Callable[[], object]) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(clicked)
    return button
