"""A grid of thumbnails over any number of pictures; only those in sight are ever converted."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSignalBlocker,
    QSize,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import (
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPalette,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QMenu,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from training.language import tr
from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import one_line, tooltip_text
from vae_desktop.style import GRID, accent, held_out_colour, mix

HELD_OUT_ROLE, SELECTED_ROLE = Qt.ItemDataRole.UserRole + 1, Qt.ItemDataRole.UserRole + 2

_CACHED = 1500  # about six screenfuls of a maximised panel
_SMALLEST_CELL = 68
_GAP = 4
_MOST_RANGES = 200  # of rows that the view's own selection holds; Qt compares each of them with each
_ADDS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier

Pixels = Callable[[int], NDArray[np.uint8]]
_Index = QModelIndex | QPersistentModelIndex


class PictureModel(QStringListModel):
    """Pictures by number. A row without pixels yet is drawn as a skeleton.

    A list of empty strings, because a view asks for the number of rows once per row whenever it is laid out:
    answered in Python, that held up a library of 200,000 pictures for half a second.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pixels: Pixels | None = None
        self._held_out: NDArray[np.bool_] = np.zeros(0, np.bool_)
        self._names: Callable[[int], str] | None = None
        self._selected: NDArray[np.int64] = np.zeros(0, np.int64)
        self._fresh: list[NDArray[np.uint8]] = []
        self._cache: OrderedDict[int, QPixmap] = OrderedDict()

    def show_pictures(
        self, count: int, pixels: Pixels, held_out: NDArray[np.bool_], names: Callable[[int], str]
    ) -> None:
        """Show ``count`` pictures; ``pixels(i)`` is uint8 [S, S, C] and called only for those in sight."""
        self._forget()
        self._pixels, self._held_out, self._names = pixels, held_out, names
        self.setStringList([""] * count)

    def show_skeletons(self, count: int) -> None:
        """Show ``count`` empty places that :meth:`fill` fills from the first on."""
        self._forget()
        self.setStringList([""] * count)

    def fill(self, fresh: Sequence[NDArray[np.uint8]]) -> None:
        """Put pictures, uint8 [S, S, C], into the next empty places; what does not fit is left out."""
        first = len(self._fresh)
        self._fresh.extend(fresh[: self.rowCount() - first])
        if len(self._fresh) > first:
            self.dataChanged.emit(self.index(first), self.index(len(self._fresh) - 1))

    @property
    def selected(self) -> NDArray[np.int64]:
        """The marked pictures, int64 [n], ascending."""
        return self._selected

    def set_selected(self, numbers: NDArray[np.int64]) -> None:
        """Mark these pictures, int64 [n], ascending."""
        self._selected = numbers

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A pixmap (decoration), whether it is held out, and its file name (tooltip, accessible text)."""
        row = index.row()
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pixmap(row)
        if role == HELD_OUT_ROLE:
            return row < len(self._held_out) and bool(self._held_out[row])
        if role == SELECTED_ROLE:
            at = int(np.searchsorted(self._selected, row))
            return at < len(self._selected) and int(self._selected[at]) == row
        if self._names is None:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            name = one_line(self._names(row))
            if index.data(HELD_OUT_ROLE):
                name = tr("{name} (held out: the program never learns from it)", name=name)
            return tooltip_text(name)
        return one_line(self._names(row)) if role == Qt.ItemDataRole.AccessibleTextRole else None

    def _forget(self) -> None:
        self._pixels, self._names = None, None
        self._held_out = np.zeros(0, np.bool_)
        self._selected = np.zeros(0, np.int64)
        self._fresh = []
        self._cache.clear()

    def _pixmap(self, row: int) -> QPixmap | None:
        if row in self._cache:
            self._cache.move_to_end(row)
            return self._cache[row]
        if self._pixels is not None:
            pixels = self._pixels(row)
        elif row < len(self._fresh):
            pixels = self._fresh[row]
        else:
            return None
        pixmap = QPixmap.fromImage(to_qimage(pixels))
        self._cache[row] = pixmap
        if len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
        return pixmap


class _ThumbnailDelegate(QStyledItemDelegate):
    """A square picture, a frame when chosen, a small mark when held out."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        view = option.widget
        return view.gridSize() if isinstance(view, QListView) else QSize(_SMALLEST_CELL, _SMALLEST_CELL)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        inset = _GAP // 2
        area = option.rect.adjusted(inset, inset, -inset, -inset)
        pixmap = index.data(Qt.ItemDataRole.DecorationRole)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if isinstance(pixmap, QPixmap):
            painter.drawPixmap(area, pixmap)
        else:
            _paint_skeleton(painter, area, option.palette)
        if index.data(HELD_OUT_ROLE):
            _paint_mark(painter, area, option.palette)
        if index.data(SELECTED_ROLE):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(accent(option.palette), 3))
            painter.drawRect(area)
        painter.restore()


def _paint_skeleton(painter: QPainter, area: QRect, palette: QPalette) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    ground, text = palette.color(QPalette.ColorRole.Base), palette.color(QPalette.ColorRole.Text)
    painter.setBrush(mix(ground, text, 0.09))
    painter.drawRoundedRect(area, 4, 4)


def _paint_mark(painter: QPainter, area: QRect, palette: QPalette) -> None:
    painter.setPen(QPen(palette.color(QPalette.ColorRole.Base), 1.5))
    painter.setBrush(held_out_colour(palette))
    painter.drawEllipse(area.right() - 12, area.top() + 3, 9, 9)


class ThumbnailList(QListView):
    """The grid itself; its columns fill the width.

    What is selected may be so much and so scattered that Qt's own selection would take minutes with it: that
    one only tells what a person does here.
    """

    picture_selected = Signal(int)  # by itself, not besides others
    selection_changed = Signal(object)  # by a person: int64 [n], ascending
    reveal_requested = Signal(int)
    menu_wanted = Signal(object, int)  # a QMenu to fill, the picture

    def __init__(self, model: PictureModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._pictures = model
        self.setItemDelegate(_ThumbnailDelegate(self))
        self.setFlow(QListView.Flow.LeftToRight)  # laid out faster than the icon mode
        self.setWrapping(True)
        self.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setSpacing(0)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # no jump when it is needed
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumSize(_SMALLEST_CELL * 2 + GRID * 3, _SMALLEST_CELL)
        self.setAccessibleName(tr("Pictures"))
        self.doubleClicked.connect(lambda index: self._reveal(index.row()))
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self._adds = False  # to what is selected
        self._holds_all = True  # whether Qt's own selection is the whole one
        self.selectionModel().currentChanged.connect(self._current_changed)
        self.selectionModel().selectionChanged.connect(self._selection_changed)
        self._fit_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the width with whole columns."""
        self._fit_columns()
        super().resizeEvent(event)

    def show_selected(self, numbers: NDArray[np.int64]) -> None:
        """Show what was selected elsewhere: picture numbers, int64 [n], ascending; the first one in sight."""
        model = self._pictures
        model.set_selected(numbers)
        ranges = np.split(numbers, np.nonzero(np.diff(numbers) > 1)[0] + 1) if len(numbers) else []
        self._holds_all = len(ranges) <= _MOST_RANGES
        selection = QItemSelection()
        for part in ranges if self._holds_all else ():
            selection.select(model.index(int(part[0])), model.index(int(part[-1])))
        with QSignalBlocker(self.selectionModel()):
            self.selectionModel().select(selection, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if len(numbers):
            self.scrollTo(model.index(int(numbers[0])))
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select a picture, or with Ctrl or Shift more of them."""
        self._adds = bool(event.modifiers() & _ADDS)
        super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return shows the picture's file, as a double click does."""
        self._adds = bool(event.modifiers() & _ADDS)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self._reveal(self.currentIndex().row())
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer to show the picture's file."""
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if keyboard else self.indexAt(event.pos())
        if not self._has_file(index):
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = index.row()
        menu.addAction(tr("Show in its folder"), lambda: self.reveal_requested.emit(row))
        self.menu_wanted.emit(menu, row)
        menu.popup(event.globalPos())

    def _fit_columns(self) -> None:
        width = self.viewport().width() - 1  # columns that fill it to the last pixel are wrapped
        columns = max(2, width // (_SMALLEST_CELL + _GAP))
        side = max(_SMALLEST_CELL // 2, width // columns)
        if self.gridSize() != QSize(side, side):
            self.setGridSize(QSize(side, side))

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if self._has_file(current) and not self._adds:
            self.picture_selected.emit(current.row())

    def _selection_changed(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        if self._holds_all or not self._adds:
            self._holds_all = True
            numbers = _rows(self.selectionModel().selection())
        else:
            before = np.setdiff1d(self._pictures.selected, _rows(deselected))
            numbers = np.union1d(before, _rows(selected))
        self._pictures.set_selected(numbers)
        self.viewport().update()
        self.selection_changed.emit(numbers)

    def _reveal(self, row: int) -> None:
        if self._has_file(self.model().index(row, 0)):
            self.reveal_requested.emit(row)

    def _has_file(self, index: QModelIndex) -> bool:
        return index.isValid() and index.data(Qt.ItemDataRole.AccessibleTextRole) is not None


def _rows(selection: QItemSelection) -> NDArray[np.int64]:
    """Rows of a selection, ascending."""
    ranges = [selection.at(number) for number in range(selection.count())]
    parts = [np.arange(each.top(), each.bottom() + 1) for each in ranges]
    return np.unique(np.concatenate([np.zeros(0, np.int64), *parts]))
