"""What was measured of the model: figures, the σ law, all trainings beside each other; and measuring anew."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from training.language import mark, tr
from vae_desktop.compared_figures import ComparedFigures
from vae_desktop.figure_rows import state_words
from vae_desktop.figures_table import FiguresTable
from vae_desktop.kept_measures import KeptMeasures
from vae_desktop.labels import ElidedLabel, QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import duration
from vae_desktop.style import GRID, icon

if TYPE_CHECKING:
    from vae_desktop.sigma_law_plot import SigmaLawPlot

OUT_OF_DATE = mark("Out of date: the model has learned on since.")
_NONE_YET = mark(
    "Nothing is measured yet. Measuring takes up to a minute and tells in figures how continuous, complete"
    " and honest the map of this model is."
)
_MEASURING = mark("Measuring… it waits while a handle is dragged.")


class MeasuresPanel(PaletteFollower):
    """A line with what can be done, and below it the figures in tabs."""

    measure_requested = Signal()
    stop_requested = Signal()
    map_requested = Signal(str)
    copy_requested = Signal()
    save_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measure = QPushButton(tr("Measure"))
        self._measure.clicked.connect(self.measure_requested)
        self._stop = QPushButton(tr("Stop"))
        self._stop.setToolTip(tr("End measuring; what was found before is kept"))
        self._stop.clicked.connect(self.stop_requested)
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setMaximumWidth(160)
        self._progress.setAccessibleName(tr("How far measuring is"))
        self._state = ElidedLabel()
        self._copy = _tool(tr("Copy as text"), self.copy_requested.emit)
        self._save = _tool(tr("Save as JSON…"), self.save_requested.emit)
        self._none_yet = QuietLabel(tr(_NONE_YET))
        self.figures, self.runs = FiguresTable(), ComparedFigures()
        self._law_page = QStackedWidget()
        self._law: SigmaLawPlot | None = None
        self.figures.map_requested.connect(self.map_requested)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        for widget, title in (
            (self.figures, tr("Figures")),
            (self._law_page, tr("σ law")),
            (self.runs, tr("All trainings")),
        ):
            self._tabs.addTab(widget, title)
        self._lay_out()
        self.recolour()
        self.show_found(None)
        self.show_runs([])
        self.show_measuring(None)
        self.set_ready("")

    def set_ready(self, why_not: str) -> None:
        """Whether it can be measured now; else why not."""
        self._measure.setEnabled(not why_not)
        self._measure.setToolTip(why_not or tr("Measure the model that is shown; it takes up to a minute"))
        self._measure.setAccessibleDescription(why_not)

    def show_measuring(self, share: float | None) -> None:
        """Show how far it is, 0 to 1; None while nothing is measured."""
        is_measuring = share is not None
        had_focus = (self._stop if not is_measuring else self._measure).hasFocus()
        self._measure.setVisible(not is_measuring)
        self._stop.setVisible(is_measuring)
        self._progress.setVisible(is_measuring)
        if share is not None:
            self._none_yet.hide()
            self._progress.setValue(round(1000 * share))
            self._state.show_text(tr(_MEASURING))
        if had_focus:
            (self._stop if is_measuring else self._measure).setFocus()

    def show_found(self, kept: KeptMeasures | None, note: str = "") -> None:
        """Show what was measured of the model that is shown; ``note`` says what went wrong since."""
        found = None if kept is None else kept.found
        self._tabs.setVisible(kept is not None)
        self._none_yet.setVisible(kept is None)
        for button in (self._copy, self._save):
            button.setEnabled(kept is not None)
        self.figures.show_figures(found)
        if found is not None or self._law is not None:
            self.law.show_law(None if found is None else found.law)
        parts = [note]
        if kept is not None:
            if not kept.is_current:
                parts.append(tr(OUT_OF_DATE))
            parts.append(tr("{on}, in {time}", on=state_words(kept.found), time=duration(kept.found.seconds)))
        self._state.show_text(" ".join(filter(None, parts)))
        self.setAccessibleDescription(self._state.text())

    def show_runs(self, runs: Sequence[KeptMeasures]) -> None:
        """Show all trainings that were measured, if there are several."""
        self._tabs.setTabVisible(self._tabs.indexOf(self.runs), len(runs) > 1)
        self.runs.show_runs(runs if len(runs) > 1 else [])

    @property
    def law(self) -> "SigmaLawPlot":
        """The σ law's plot, made when it is first asked for."""
        if self._law is None:
            from vae_desktop.sigma_law_plot import SigmaLawPlot  # noqa: PLC0415 - pyqtgraph slows the start

            self._law = SigmaLawPlot()
            self._law_page.addWidget(self._law)
        return self._law

    @property
    def state_text(self) -> str:
        """What is said of the figures."""
        return self._state.text()

    def minimumSizeHint(self) -> QSize:
        """A few rows."""
        return QSize(240, 120)

    def recolour(self) -> None:
        """Load icons in the palette's colours."""
        self._measure.setIcon(icon("measure", self.palette()))
        self._stop.setIcon(icon("stop", self.palette()))
        self._copy.setIcon(icon("paste", self.palette()))
        self._save.setIcon(icon("save", self.palette()))
        self.figures.recolour()

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setSpacing(GRID)
        for widget in (self._measure, self._stop, self._progress):
            header.addWidget(widget)
        header.addWidget(self._state, 1)
        header.addWidget(self._copy)
        header.addWidget(self._save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        layout.setSpacing(GRID // 2)
        layout.addLayout(header)
        layout.addWidget(self._none_yet)
        layout.addWidget(self._tabs, 1)
        layout.addStretch(0)


def _tool(text: str, clicked: Callable[[], object]) -> QToolButton:
    button = QToolButton()
    button.setToolTip(text)
    button.setAccessibleName(text)
    button.setAutoRaise(True)
    button.setIconSize(QSize(16, 16))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonIconOnly)
    button.clicked.connect(clicked)
    return button
