"""The groups of pictures, what can be done with each, and the difference between two of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QIcon, QPainter, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QSizePolicy,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from training.language import mark, tr, trn
from training.language import number as numeral
from vae_desktop.difference_panel import DifferencePanel
from vae_desktop.edit_key import EditKey
from vae_desktop.labels import QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import menu_text, one_line, pictures, tooltip_text
from vae_desktop.plane_colouring import ON_DARK, ON_LIGHT
from vae_desktop.style import GRID, icon, is_dark

_NONE_YET = mark("Draw around pictures with the lasso (L) or select some, then make a group of them.")
_COLOUR_NAMES = (
    mark("Blue"),
    mark("Orange"),
    mark("Green"),
    mark("Purple"),
    mark("Red"),
    mark("Yellow"),
    mark("Pale or dark blue"),
    mark("Pink or cream"),
    mark("Wine or sand"),
    mark("Black or white"),
)
_MOST_FOLDERS = 30  # in a menu
_KEY = Qt.ItemDataRole.UserRole


@dataclass(frozen=True)
class GroupLine:
    """What the list shows of a group.

    Attributes:
        key: by which it is told of in signals.
        colour: which of the palette's.
        n: pictures of it that the project has.
        n_gone: pictures that it has no more.
    """

    key: int
    name: str
    colour: int
    n: int
    n_gone: int


class GroupsPanel(PaletteFollower):
    """A list of groups with buttons above and below; the difference of two of them at the bottom."""

    make_requested = Signal()
    folder_requested = Signal(int)  # which of the folders that were shown; −1 for a group of each
    rename_requested = Signal(int, str)
    recolour_requested = Signal(int, int)
    select_requested = Signal(int)
    replace_requested = Signal(int)  # its pictures by the selected ones
    delete_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines: tuple[GroupLine, ...] = ()
        self._n_selected = 0
        self._make = _tool(tr("New…"), tr("Make a group of the selected pictures (Ctrl+Shift+G)"))
        self._make.clicked.connect(self.make_requested)
        self._folders = _tool(tr("From folder"), tr("Make a group of the pictures of one of your folders"))
        self._folders.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._folders.setMenu(QMenu(self._folders))
        self.list = QTreeWidget()
        self.list.setColumnCount(2)
        self.list.setHeaderHidden(True)
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setAllColumnsShowFocus(True)
        self.list.setItemDelegateForColumn(1, _NotEdited(self.list))
        header = self.list.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.setFrameShape(QFrame.Shape.NoFrame)
        self.list.setAccessibleName(tr("Groups of pictures"))
        self.list.setIconSize(QSize(14, 14))
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        EditKey(self.list)
        self.list.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.list.customContextMenuRequested.connect(self._open_menu)
        self.list.itemChanged.connect(lambda item, _column: self._on_edited(item))
        self.list.itemActivated.connect(lambda item, _column: self.select_requested.emit(item.data(0, _KEY)))
        self.list.currentItemChanged.connect(lambda *_items: self._update())
        self._none_yet = QuietLabel(tr(_NONE_YET))
        self._select = _tool(tr("Select"), tr("Select this group's pictures on the plane and in the library"))
        self._select.clicked.connect(lambda: self.select_requested.emit(self._chosen()))
        self._more = _tool(tr("Change"), tr("Rename, recolour or delete this group"))
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(QMenu(self._more))
        self._more.menu().aboutToShow.connect(lambda: self._fill_menu(self._more.menu()))
        self.difference = DifferencePanel()
        self._lay_out()
        self.recolour()
        self.show_folders(())
        self.show_groups(())

    def show_groups(self, lines: Sequence[GroupLine]) -> None:
        """Show these groups; the chosen one stays chosen."""
        chosen, before = self._chosen(), [line.key for line in self._lines]
        self._lines = tuple(lines)
        with QSignalBlocker(self.list):
            if [line.key for line in self._lines] != before:
                self.list.clear()
                for line in self._lines:
                    item = QTreeWidgetItem()
                    self.list.addTopLevelItem(item)
                    if line.key == chosen:
                        self.list.setCurrentItem(item)
            # Else they stay: one may just be edited.
            for item, line in zip(self._items(), self._lines, strict=True):
                self._fill(item, line)
        self._none_yet.setVisible(not self._lines)
        self.list.setVisible(bool(self._lines))
        self.difference.show_groups([(line.key, line.name) for line in self._lines])
        self.difference.setVisible(len(self._lines) > 1)
        self._update()

    def show_folders(self, folders: Sequence[tuple[str, int]]) -> None:
        """Offer these folders, (name, number of pictures) each, those with most pictures first."""
        menu = self._folders.menu()
        menu.clear()
        for number, (name, count) in enumerate(folders[:_MOST_FOLDERS]):
            entry = menu.addAction(menu_text(f"{name} ({numeral(count)})"))
            entry.triggered.connect(lambda _checked=False, number=number: self.folder_requested.emit(number))
        if len(folders) > _MOST_FOLDERS:
            others = len(folders) - _MOST_FOLDERS
            menu.addAction(tr("and {count:,} smaller ones", count=others)).setEnabled(False)
        elif len(folders) > 1:
            menu.addSeparator()
            menu.addAction(tr("A group of &each")).triggered.connect(lambda: self.folder_requested.emit(-1))
        self._folders.setEnabled(bool(folders))

    def show_selected(self, n: int) -> None:
        """Tell how many pictures are selected."""
        self._n_selected = n
        self._update()

    def recolour(self) -> None:
        """Load icons and dots in the palette's colours."""
        for button, name in ((self._make, "new-run"), (self._folders, "open-folder")):
            button.setIcon(icon(name, self.palette()))
        with QSignalBlocker(self.list):
            for item, line in zip(self._items(), self._lines, strict=True):
                item.setIcon(0, self._dot(line.colour))

    # ------------------------------------------------------------------ the list

    def _items(self) -> list[QTreeWidgetItem]:
        items = (self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount()))
        return [item for item in items if item is not None]

    def _rename(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self.list.editItem(item, 0)

    def _fill(self, item: QTreeWidgetItem, line: GroupLine) -> None:
        words = pictures(line.n)
        if line.n_gone:
            words = tr("{pictures}, {gone:,} no longer in the project", pictures=words, gone=line.n_gone)
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
        item.setData(0, _KEY, line.key)
        item.setIcon(0, self._dot(line.colour))
        item.setText(0, line.name)
        item.setText(1, f"{line.n:,}")
        item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setData(0, Qt.ItemDataRole.AccessibleTextRole, one_line(f"{line.name}, {words}"))
        for column in (0, 1):
            item.setToolTip(column, tooltip_text(f"{line.name}: {words}"))

    def _dot(self, colour: int) -> QIcon:
        palette = ON_DARK if is_dark(self.palette()) else ON_LIGHT
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(round(14 * ratio), round(14 * ratio))
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        with QPainter(pixmap) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(self.palette().color(QPalette.ColorRole.Base), 2))
            painter.setBrush(QColor(palette[colour]))
            painter.drawEllipse(2, 2, 10, 10)
        return QIcon(pixmap)

    def _chosen(self) -> int:
        """The key of the chosen group, −1 for none."""
        item = self.list.currentItem()
        return -1 if item is None else int(item.data(0, _KEY))

    def _on_edited(self, item: QTreeWidgetItem) -> None:
        key = int(item.data(0, _KEY))
        self.rename_requested.emit(key, item.text(0))
        shown = next((line.name for line in self._lines if line.key == key), "")
        with QSignalBlocker(self.list):
            item.setText(0, shown)  # what came of it; an empty name changes nothing

    def _open_menu(self, at: QPoint) -> None:
        if self.list.itemAt(at) is not None:
            menu = QMenu(self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self._fill_menu(menu)
            menu.popup(self.list.viewport().mapToGlobal(at))

    def _fill_menu(self, menu: QMenu) -> None:
        menu.clear()
        key = self._chosen()
        menu.addAction(tr("&Select its pictures")).triggered.connect(lambda: self.select_requested.emit(key))
        menu.addAction(tr("&Rename")).triggered.connect(self._rename)
        colours = menu.addMenu(tr("&Colour"))
        for number, name in enumerate(_COLOUR_NAMES):
            entry = colours.addAction(self._dot(number), tr(name))
            entry.triggered.connect(
                lambda _checked=False, number=number: self.recolour_requested.emit(key, number)
            )
        replaced = menu.addAction(
            trn(
                "Let it be of the {count} selected picture",
                "Let it be of the {count} selected pictures",
                self._n_selected,
            )
        )
        replaced.setEnabled(self._n_selected > 0)
        replaced.triggered.connect(lambda: self.replace_requested.emit(key))
        menu.addSeparator()
        menu.addAction(tr("&Delete")).triggered.connect(lambda: self.delete_requested.emit(key))

    def _update(self) -> None:
        self._make.setEnabled(self._n_selected > 0)
        for button in (self._select, self._more):
            button.setVisible(bool(self._lines))
            button.setEnabled(self._chosen() >= 0)

    def _lay_out(self) -> None:
        header, footer = QHBoxLayout(), QHBoxLayout()
        for row in (header, footer):
            row.setSpacing(GRID // 2)
        header.addWidget(self._make)
        header.addWidget(self._folders)
        header.addStretch(1)
        footer.addWidget(self._select)
        footer.addWidget(self._more)
        footer.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(header)
        layout.addWidget(self._none_yet, 1, Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.list, 1)
        layout.addLayout(footer)
        layout.addWidget(self.difference)


class _NotEdited(QStyledItemDelegate):
    """A column that only tells something."""

    def createEditor(
        self, _parent: QWidget, _option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        """There is none."""
        return None  # type: ignore[return-value]


def _tool(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
    button.setAutoRaise(True)
    button.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    return button
