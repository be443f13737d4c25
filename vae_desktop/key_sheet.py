"""All keys and mouse gestures in one list (F1): what the actions say of themselves, and the plane's own."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from training.language import tr
from vae_desktop import plane_controls
from vae_desktop.commands import Command, keys_in_words
from vae_desktop.fuzzy import match
from vae_desktop.labels import QuietLabel
from vae_desktop.plain_words import one_line
from vae_desktop.style import GRID, accent, scaled_font

_SIZE, _SMALLEST = QSize(720, 640), QSize(420, 320)


@dataclass(frozen=True)
class KeyGroup:
    """Lines that belong together: (what is done, the ways to do it)."""

    title: str
    lines: tuple[tuple[str, tuple[str, ...]], ...]


def key_groups(commands: Iterable[Command]) -> list[KeyGroup]:
    """Every shortcut by its menu, then the plane's keys and gestures."""
    menus: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for command in commands:
        if command.keys:
            menus.setdefault(command.where[0], []).append((command.title, command.keys))
    plane = {
        tr("Keys on the plane"): plane_controls.KEYS,
        tr("Mouse on the plane"): plane_controls.MOUSE,
        tr("Fingers on the plane"): plane_controls.FINGERS,
    }
    return [
        *(KeyGroup(tr("{menu} menu", menu=menu), tuple(lines)) for menu, lines in menus.items()),
        *(
            KeyGroup(title, tuple((tr(control.does), _in_words(control.how)) for control in controls))
            for title, controls in plane.items()
        ),
    ]


class KeySheet(QDialog):
    """A window of its own beside the program's, so that keys can be tried while it is open.

    Args:
        groups: asked for the list each time this is shown.
    """

    def __init__(self, parent: QWidget | None, groups: Callable[[], Sequence[KeyGroup]]) -> None:
        super().__init__(parent)
        self._groups = groups
        self._lines: dict[QTreeWidgetItem, list[QTreeWidgetItem]] = {}  # by the head of their group
        self.setWindowTitle(tr("Keyboard and mouse"))
        self._line = QLineEdit()
        self._line.setPlaceholderText(tr("Find a key or what it does"))
        self._line.setClearButtonEnabled(True)
        self._line.setAccessibleName(tr("Find a key or what it does"))
        self._line.textChanged.connect(self._search)
        self._list = QTreeWidget()
        self._list.setColumnCount(2)
        self._list.setHeaderLabels([tr("What it does"), tr("Keys")])
        self._list.setRootIsDecorated(False)
        self._list.setItemsExpandable(False)
        self._list.setIndentation(GRID * 2)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setUniformRowHeights(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setAccessibleName(tr("Keys and gestures"))
        self._list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self._list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._list.header().setStretchLastSection(False)
        self._nothing = QuietLabel(tr("Nothing here is called that."))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.setSpacing(GRID * 3 // 2)
        layout.addWidget(self._line)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._nothing)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)

    def changeEvent(self, event: QEvent) -> None:
        """Follow light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for head in self._lines:
                head.setForeground(0, accent(self.palette()))

    def open_anew(self) -> None:
        """Show the list as it is now, all of it."""
        self._fill()
        self._line.clear()
        self._search("")
        self.show()
        self.activateWindow()
        self._line.setFocus()

    def _fill(self) -> None:
        self._list.clear()
        self._lines.clear()
        colour = accent(self.palette())
        row = QSize(0, self.fontMetrics().height() + GRID)
        for group in self._groups():
            head = QTreeWidgetItem(self._list, [group.title])
            head.setFirstColumnSpanned(True)
            head.setFont(0, scaled_font(self.font(), 1.0, bold=True))
            head.setForeground(0, colour)
            head.setSizeHint(0, row)
            self._lines[head] = lines = []
            for does, how in group.lines:
                line = QTreeWidgetItem(head, [one_line(does), one_line("   ".join(how))])
                line.setData(1, Qt.ItemDataRole.AccessibleTextRole, one_line(tr(" or ").join(how)))
                lines.append(line)
        self._list.expandAll()

    def _search(self, query: str) -> None:
        for head, lines in self._lines.items():
            for line in lines:
                line.setHidden(not _fits(query, line))
            head.setHidden(all(line.isHidden() for line in lines))
        found = not all(head.isHidden() for head in self._lines)
        self._list.setVisible(found)
        self._nothing.setVisible(not found)


def _fits(query: str, line: QTreeWidgetItem) -> bool:
    words = f"{line.text(0)} {line.text(1)}".casefold()
    return all(word in words for word in query.casefold().split()) or match(query, line.text(0)) is not None


def _in_words(ways: Iterable[str]) -> tuple[str, ...]:
    """The ways with the names that this system has for keys; gestures stay as they are."""
    return tuple(keys_in_words(QKeySequence(way)) or tr(way) for way in ways)
