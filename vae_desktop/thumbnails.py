"""A grid of thumbnails over any number of pictures; only those in sight are ever converted."""

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    QStringListModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QPainter, QPalette, QPen, QPixmap, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QListView,
    QMenu,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import one_line, tooltip_text
from vae_desktop.style import GRID, accent, held_out_colour, mix

HELD_OUT_ROLE = Qt.ItemDataRole.UserRole + 1

_CACHED = 1500  # about six screenfuls of a maximised panel
_SMALLEST_CELL = 68
_GAP = 4

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

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """A pixmap (decoration), whether it is held out, and its file name (tooltip, accessible text)."""
        row = index.row()
        if role == Qt.ItemDataRole.DecorationRole:
            return self._pixmap(row)
        if role == HELD_OUT_ROLE:
            return row < len(self._held_out) and bool(self._held_out[row])
        if self._names is None:
            return None
        if role == Qt.ItemDataRole.ToolTipRole:
            held_out = " (held out: the program never learns from it)" if index.data(HELD_OUT_ROLE) else ""
            return tooltip_text(self._names(row) + held_out)
        return one_line(self._names(row)) if role == Qt.ItemDataRole.AccessibleTextRole else None

    def _forget(self) -> None:
        self._pixels, self._names = None, None
        self._held_out = np.zeros(0, np.bool_)
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
        if option.state & QStyle.StateFlag.State_Selected:
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
    """The grid itself; its columns fill the width."""

    picture_selected = Signal(int)
    reveal_requested = Signal(int)

    def __init__(self, model: PictureModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
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
        self.setAccessibleName("Pictures")
        self.doubleClicked.connect(lambda index: self._reveal(index.row()))
        self.selectionModel().currentChanged.connect(self._current_changed)
        self._fit_columns()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the width with whole columns."""
        self._fit_columns()
        super().resizeEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return shows the picture's file, as a double click does."""
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
        menu.addAction("Show in its folder", lambda: self.reveal_requested.emit(row))
        menu.popup(event.globalPos())

    def _fit_columns(self) -> None:
        width = self.viewport().width() - 1  # columns that fill it to the last pixel are wrapped
        columns = max(2, width // (_SMALLEST_CELL + _GAP))
        side = max(_SMALLEST_CELL // 2, width // columns)
        if self.gridSize() != QSize(side, side):
            self.setGridSize(QSize(side, side))

    def _current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if self._has_file(current):
            self.picture_selected.emit(current.row())

    def _reveal(self, row: int) -> None:
        if self._has_file(self.model().index(row, 0)):
            self.reveal_requested.emit(row)

    def _has_file(self, index: QModelIndex) -> bool:
        return index.isValid() and index.data(Qt.ItemDataRole.AccessibleTextRole) is not None
