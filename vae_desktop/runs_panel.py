"""The trainings of the open project: which there are, how good each is, and what can be done with them."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal, SignalInstance
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from training.language import mark, tr, trn
from vae_desktop.labels import QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import menu_text, one_line
from vae_desktop.run_list import RunList, RunModel
from vae_desktop.style import GRID, icon

if TYPE_CHECKING:
    from training.runs import RunSummary  # at run time it would bring in what reads pictures

_NONE_YET = mark("No training yet. Each one is listed here, to go back to and to compare.")


class RunsPanel(PaletteFollower):
    """A list, and below it what can be done with the chosen run; while one trains, only to compare."""

    show_requested = Signal(object)  # a run's folder
    rename_requested = Signal(object, str)  # a run's folder, its name
    compare_requested = Signal(object, object)  # two runs' folders
    explore_requested = Signal(object, object)  # two runs' folders, to explore side by side
    delete_requested = Signal(object)  # a run's folder
    settings_requested = Signal(object)  # the folder of the run to go on with
    new_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: list[RunSummary] = []
        self._shown: Path | None = None
        self._is_training = False
        self._count = QLabel()
        self._new = _tool(tr("New…"), tr("Begin a new training; the others are kept"))
        self._new.clicked.connect(self.new_requested)
        self._model = RunModel(self)
        self._model.renamed.connect(self.rename_requested)
        self.list = RunList(self._model)
        self.list.clicked.connect(self._show)
        self.list.activated.connect(self._show)
        self.list.selectionModel().currentChanged.connect(lambda *_rows: self._update())
        self.list.customContextMenuRequested.connect(self._open_menu)
        self._none_yet = QuietLabel(tr(_NONE_YET))
        self._compare = _tool(
            tr("Compare"), tr("Planes, curves and settings of this training and another one, side by side")
        )
        self._compare.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._compare.setMenu(QMenu(self._compare))
        self._explore = _tool(
            tr("Explore both"), tr("The planes of this training and another one side by side, linked")
        )
        self._explore.setToolButtonStyle(
            Qt.ToolButtonStyle.ToolButtonIconOnly
        )  # three texts need too much room
        self._explore.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._explore.setMenu(QMenu(self._explore))
        self._delete = _tool(tr("Delete"), tr("Move this training to the bin"))
        self._delete.clicked.connect(lambda: self._ask_to_delete(self._chosen()))
        self._question = _Question()
        self._question.confirmed.connect(self.delete_requested)
        self._lay_out()
        self.recolour()
        self.show_runs([], None, training=False)

    def show_runs(self, runs: Sequence["RunSummary"], shown: Path | None, *, training: bool) -> None:
        """Show the runs of a project, newest first; ``shown`` is the one on the plane."""
        chosen = self._chosen()
        self._runs, self._shown, self._is_training = list(runs), shown, training
        self._model.show_runs(runs, shown, training=training)
        kept = self._model.index_of(None if chosen is None else chosen.path)
        self.list.setCurrentIndex(kept if kept.isValid() and not training else self._model.index_of(shown))
        self._count.setText(trn("{count} training", "{count} trainings", len(runs)) if runs else "")
        self._none_yet.setVisible(not runs)
        self.list.setVisible(bool(runs))
        self._question.hide()
        self._update()

    def recolour(self) -> None:
        """Load icons in the palette's colours."""
        for button, name in (
            (self._new, "new-run"),
            (self._compare, "compare"),
            (self._explore, "twins"),
            (self._delete, "delete"),
        ):
            button.setIcon(icon(name, self.palette()))

    def _chosen(self) -> "RunSummary | None":
        return self._model.run_at(self.list.currentIndex())

    def _show(self, index: QModelIndex) -> None:
        run = self._model.run_at(index)
        if run is not None and run.run is not None and run.path != self._shown:
            self.show_requested.emit(run.path)

    def _update(self) -> None:
        run = self._chosen()
        self._new.setEnabled(bool(self._runs) and not self._is_training)
        self._delete.setEnabled(run is not None and not self._is_training)
        choices = ((self._compare, self.compare_requested), (self._explore, self.explore_requested))
        for button, wanted in choices:
            self._fill_comparable(button.menu(), run, wanted)
            button.setEnabled(not button.menu().isEmpty())

    def _fill_comparable(self, menu: QMenu, run: "RunSummary | None", wanted: SignalInstance) -> None:
        """With the runs that another one can be compared with; ``wanted`` is told of both."""
        menu.clear()
        others = [other for other in self._runs if other.run is not None and other is not run]
        if run is None or run.run is None:
            return
        for other in others:
            entry = menu.addAction(menu_text(tr("with {title}", title=other.title)))
            entry.triggered.connect(lambda _checked=False, other=other: wanted.emit(run.path, other.path))

    def _open_menu(self, at: QPoint) -> None:
        index = self.list.indexAt(at)
        run = self._model.run_at(index)
        if run is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        show = menu.addAction(tr("Show"), lambda: self._show(index))
        show.setEnabled(run.run is not None and run.path != self._shown and not self._is_training)
        go_on = menu.addAction(tr("Go on with settings…"), lambda: self.settings_requested.emit(run.path))
        go_on.setEnabled(not run.problem and not self._is_training)
        rename = menu.addAction(tr("Rename"), lambda: self.list.edit(index))
        rename.setEnabled(bool(index.flags() & Qt.ItemFlag.ItemIsEditable))
        choices = ((tr("Compare"), self.compare_requested), (tr("Explore both"), self.explore_requested))
        for title, wanted in choices:
            others = menu.addMenu(title)
            self._fill_comparable(others, run, wanted)
            others.setEnabled(not others.isEmpty())
        menu.addSeparator()
        delete = menu.addAction(tr("Delete…"), lambda: self._ask_to_delete(run))
        delete.setEnabled(not self._is_training)
        menu.popup(self.list.viewport().mapToGlobal(at))

    def _ask_to_delete(self, run: "RunSummary | None") -> None:
        if run is not None:
            self._question.ask(run)

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setSpacing(GRID)
        header.addWidget(self._count, 1)
        header.addWidget(self._new)
        tools = QHBoxLayout()
        tools.setSpacing(GRID // 2)
        for button in (self._compare, self._explore, self._delete):
            tools.addWidget(button)
        tools.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(header)
        layout.addWidget(self._none_yet)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._question)
        layout.addLayout(tools)
        layout.addStretch(0)


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAutoRaise(True)
    button.setIconSize(QSize(16, 16))
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    return button


class _Question(QWidget):
    """In place of a dialog: is this training to be deleted?"""

    confirmed = Signal(object)  # a run's folder

    def __init__(self) -> None:
        super().__init__()
        self._path: Path | None = None
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._yes, self._no = QPushButton(tr("Move to bin")), QPushButton(tr("Keep"))
        self._yes.clicked.connect(self._confirm)
        self._no.clicked.connect(self.hide)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self._yes)
        buttons.addWidget(self._no)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self._text)
        column.addLayout(buttons)
        self._text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.MinimumExpanding)

    def ask(self, run: "RunSummary") -> None:
        """Ask; "Keep" has the keyboard, so that nothing is deleted by accident."""
        self._path = run.path
        self._text.setText(
            tr("Move “{title}” to the bin? It can be taken back from there.", title=one_line(run.title))
        )
        self.show()
        self._no.setFocus()

    def _confirm(self) -> None:
        self.hide()
        self.confirmed.emit(self._path)
