"""The list of a project's runs: two lines each, the name can be edited in place."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPalette
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from training.language import mark, tr
from vae_desktop.edit_key import EditKey
from vae_desktop.plain_words import duration, epochs, figure, long_date, one_line, short_date, tooltip_text
from vae_desktop.style import GRID, accent, held_out_colour, mix, quiet_text, scaled_font, tabular_font

if TYPE_CHECKING:
    from training.runs import RunSummary  # at run time it would bring in what reads pictures

MOST_NAME = 80
_SUMMARY, _SHOWN = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1
_BAR = 3
_FIGURE_HELP = mark(
    "how badly it describes pictures that it never learned from, in nats per picture (the negative ELBO):"
    " lower is better."
)
_Index = QModelIndex | QPersistentModelIndex


class RunModel(QAbstractListModel):
    """The runs, newest first, and which of them is shown."""

    renamed = Signal(object, str)  # the run's folder, its new name

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs: list[RunSummary] = []
        self._shown: Path | None = None
        self._training = False

    def show_runs(self, runs: Sequence["RunSummary"], shown: Path | None, *, training: bool) -> None:
        """Replace the list; ``shown`` is the run on the plane, which may be in ``training``."""
        self.beginResetModel()
        self._runs, self._shown, self._training = list(runs), shown, training
        self.endResetModel()

    def run_at(self, index: _Index) -> "RunSummary | None":
        """The run of a row."""
        return self._runs[index.row()] if index.isValid() and index.row() < len(self._runs) else None

    def index_of(self, path: Path | None) -> QModelIndex:
        """The row of a run's folder; an invalid one where it is not in the list."""
        rows = [row for row, run in enumerate(self._runs) if run.path == path]
        return self.index(rows[0]) if rows else QModelIndex()

    def rowCount(self, parent: _Index | None = None) -> int:
        """How many runs there are."""
        return 0 if parent is not None and parent.isValid() else len(self._runs)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """A run that can be read can be renamed; not while it trains, as its settings are written then."""
        run = self.run_at(index)
        is_locked = run is None or run.run is None or (self._training and run.path == self._shown)
        return super().flags(index) | (Qt.ItemFlag(0) if is_locked else Qt.ItemFlag.ItemIsEditable)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """The name to show and to edit, all of the run to paint, the same in words for a screen reader."""
        run = self.run_at(index)
        if run is None:
            return None
        is_shown = run.path == self._shown
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return one_line(run.title)
        if role == _SUMMARY:
            return _Line(run, is_shown=is_shown, is_training=is_shown and self._training)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip_text(_told(run))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            line = _Line(run, is_shown=is_shown, is_training=is_shown and self._training)
            return ", ".join(
                filter(None, (line.title, "shown" if is_shown else "", line.detail, line.figure))
            )
        return None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Ask for another name; the list shows it once it is kept."""
        run = self.run_at(index)
        if run is None or role != Qt.ItemDataRole.EditRole or str(value).strip() == run.title:
            return False
        self.renamed.emit(run.path, str(value).strip())
        return True


class RunList(QListView):
    """A click or Return shows a run; F2 or a second click edits its name."""

    def __init__(self, model: RunModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setItemDelegate(_RunDelegate(self))
        EditKey(self)
        self.setEditTriggers(QListView.EditTrigger.EditKeyPressed | QListView.EditTrigger.DoubleClicked)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.setAccessibleName(tr("Trainings"))


class _Line:
    """A run as the list shows it."""

    def __init__(self, run: "RunSummary", *, is_shown: bool, is_training: bool) -> None:
        self.title, self.figure = one_line(run.title), _figure(run)
        self.detail = _when(run, is_training=is_training)
        self.is_shown, self.is_broken = is_shown, run.run is None


class _RunDelegate(QStyledItemDelegate):
    """Name and figure, below them when and how long; a bar in the accent colour marks the one shown."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(option.rect.width(), 2 * option.fontMetrics.height() + 2 * GRID)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        line: _Line = index.data(_SUMMARY)
        palette, area = option.palette, option.rect
        painter.save()
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            strength = 0.16 if option.state & QStyle.StateFlag.State_Selected else 0.07
            painter.fillRect(area, mix(palette.color(QPalette.ColorRole.Base), accent(palette), strength))
        if line.is_shown:
            painter.fillRect(area.left(), area.top(), _BAR, area.height(), accent(palette))
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(accent(palette))
            painter.drawRect(area.adjusted(0, 0, -1, -1))
        text = area.adjusted(GRID + _BAR, GRID // 2 + 2, -GRID, -(GRID // 2 + 2))
        upper, lower = QRect(text), QRect(text)
        upper.setHeight(option.fontMetrics.height())
        lower.setTop(text.bottom() - option.fontMetrics.height())
        figure_font = tabular_font(option.font)
        painter.setFont(figure_font)
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        width = painter.fontMetrics().horizontalAdvance(line.figure)
        painter.drawText(upper, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, line.figure)
        painter.setFont(scaled_font(option.font, 1.0, bold=line.is_shown))
        _draw_elided(painter, upper.adjusted(0, 0, -width - GRID, 0), line.title)
        painter.setFont(scaled_font(option.font, 0.92))
        painter.setPen(held_out_colour(palette) if line.is_broken else quiet_text(palette))
        _draw_elided(painter, lower, line.detail)
        painter.restore()

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: _Index) -> QWidget:
        return QLineEdit(parent, maxLength=MOST_NAME)

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: _Index) -> None:
        height = max(editor.sizeHint().height(), option.fontMetrics.height() + GRID)
        editor.setGeometry(
            option.rect.adjusted(_BAR + 2, 1, -1, 0).intersected(
                QRect(option.rect.left(), option.rect.top() + 1, option.rect.width(), height)
            )
        )


def _draw_elided(painter: QPainter, area: QRect, text: str) -> None:
    shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, area.width())
    painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)


def _figure(run: "RunSummary") -> str:
    return "" if run.held_out is None else figure(run.held_out.loss)


def _when(run: "RunSummary", *, is_training: bool) -> str:
    if is_training:
        return tr("in training")
    if run.run is None:
        return run.problem
    parts = [day(run.created)] if run.created is not None else []
    unfinished = (
        tr("less than an epoch") if run.held_out is not None or not run.problem else tr("nothing kept")
    )
    parts.append(duration(run.seconds) if run.epochs else unfinished)
    return " · ".join(parts)


def _told(run: "RunSummary") -> str:
    if run.run is None:
        return run.problem
    parts = [
        tr(
            "{title}: {epochs} in {time}.",
            title=run.title,
            epochs=epochs(run.epochs),
            time=duration(run.seconds),
        )
    ]
    if run.created is not None:
        made = run.created.astimezone()
        parts.append(tr("Begun on {day} at {time:%H:%M}.", day=long_date(made), time=made))
    if run.held_out is not None:
        parts.append(f"{_figure(run)}: {tr(_FIGURE_HELP)}")
    parts.append(tr("{size:,.0f} MB on disk.", size=run.size_bytes / 1e6))
    if run.problem:
        parts.append(run.problem)
    return " ".join(parts)


def day(moment: datetime.datetime) -> str:
    """A moment as short as it can be said: '14:05' today, '24 Nov', '24 Nov 2025'."""
    local, today = moment.astimezone(), datetime.datetime.now().astimezone()
    if local.date() == today.date():
        return f"{local:%H:%M}"
    return short_date(local) if local.year == today.year else f"{short_date(local)} {local.year}"
