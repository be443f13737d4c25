"""Finding and doing something by typing a few of its letters (Ctrl+Shift+P)."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QPointF,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFont,
    QIcon,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QTextCharFormat,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from training.language import tr, trn
from vae_desktop.commands import Command
from vae_desktop.fuzzy import Match, match
from vae_desktop.labels import QuietLabel
from vae_desktop.plain_words import one_line
from vae_desktop.style import GRID, accent, hairline, icon, mix, quiet_text, scaled_font

Commands = Callable[[], Iterable[Command]]
_WIDTH, _LINE, _ROWS, _RADIUS, _SIGN = 600, 5 * GRID, 11, 8, 16
_MOST_RECENT = 5
_ELSEWHERE = 12.0  # a title that fits goes before a path that fits
_FOUND = Qt.ItemDataRole.UserRole
_MOVES = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)
_Index = QModelIndex | QPersistentModelIndex


class CommandPalette(QFrame):
    """Lies over the top of its window while it is open, and goes away with Esc or a click elsewhere.

    Args:
        window: what it lies over; keeps the keyboard where it was once this is closed.
        sources: asked for what can be done each time this is opened; the first ones' come first.
    """

    def __init__(self, window: QWidget, sources: Sequence[Commands]) -> None:
        super().__init__(window)
        self._window, self._sources = window, sources
        self._before: QWidget | None = None
        self._recent: list[tuple[str, ...]] = []
        self._model = _FoundModel(self)
        self._line = QLineEdit()
        self._line.setPlaceholderText(tr("Type what you want to do"))
        self._line.setClearButtonEnabled(False)
        self._line.setFrame(False)
        self._line.setFont(scaled_font(self._line.font(), 1.15))
        self._line.setMinimumHeight(_LINE)
        self._line.setTextMargins(GRID, 0, GRID, 0)
        self._line.setAccessibleName(tr("Find an action"))
        self._line.textChanged.connect(self._search)
        self._line.installEventFilter(self)
        self._list = QListView()
        self._list.setModel(self._model)
        self._list.setItemDelegate(_FoundDelegate(self._list))
        self._list.setUniformItemSizes(True)
        self._list.setFrameShape(QFrame.Shape.NoFrame)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setMouseTracking(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.viewport().setAutoFillBackground(False)
        self._list.setAccessibleName(tr("Actions found"))
        self._list.entered.connect(self._list.setCurrentIndex)
        self._list.clicked.connect(self._run)
        self._list.selectionModel().currentChanged.connect(self._announce)
        self._nothing = QuietLabel(tr("No action is called that."))
        self._nothing.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID * 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID // 2, GRID // 2, GRID // 2, GRID // 2)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._line)
        layout.addWidget(self._list, 1)
        layout.addWidget(self._nothing)
        self.setAccessibleName(tr("Find an action"))
        self.hide()
        window.installEventFilter(self)

    def open(self) -> None:
        """Show everything there is to do; what was done here last comes first."""
        if self.isVisible():
            self.close_again()
            return
        self._before = QApplication.focusWidget()
        self._model.set_commands(self._listed())
        self._line.clear()
        self._search("")
        self.raise_()
        self.show()
        self._line.setFocus(Qt.FocusReason.PopupFocusReason)

    def close_again(self) -> None:
        """Go away; the keyboard goes back to where it was."""
        if self.isVisible():
            had_focus = self.isAncestorOf(QApplication.focusWidget() or self._window)
            self.hide()
            if had_focus and self._before is not None and self._before.isVisible():
                self._before.setFocus(Qt.FocusReason.PopupFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys of the line that mean the list; the size of the window; a click elsewhere."""
        if watched is self._line and isinstance(event, QKeyEvent):
            return self._on_key(event)
        if watched is self._line and event.type() == QEvent.Type.FocusOut:
            self.hide()  # the keyboard is elsewhere by now
        if watched is self._window and event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        if watched is self._window and event.type() == QEvent.Type.LayoutRequest:
            self.raise_()  # panels that appear meanwhile come to lie on top
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A rounded ground with a hairline, and another below the line that is typed into."""
        palette = self.palette()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(mix(hairline(palette), palette.color(QPalette.ColorRole.WindowText), 0.25))
            painter.setBrush(palette.color(QPalette.ColorRole.Base))
            painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
            painter.setPen(hairline(palette))
            below = self._line.geometry().bottom() + GRID // 4
            painter.drawLine(1, below, self.width() - 2, below)

    def _listed(self) -> list[Command]:
        commands = [command for source in self._sources for command in source()]
        order = {key: place for place, key in enumerate(self._recent)}
        return sorted(commands, key=lambda command: order.get(_key(command), len(order)))

    def _search(self, query: str) -> None:
        self._model.search(query)
        found = self._model.rowCount()
        self._list.setVisible(found > 0)
        self._nothing.setVisible(found == 0)
        if found:
            self._list.setCurrentIndex(self._model.index(0))
            self._list.scrollToTop()
        else:
            self._say(self._nothing.text())
        self._place()

    def _place(self) -> None:
        width = min(_WIDTH, self._window.width() - 4 * GRID)
        room = self._window.height() - 12 * GRID
        rows = min(self._model.rowCount(), _ROWS)
        row = self._list.sizeHintForRow(0) if rows else self._nothing.sizeHint().height()
        height = max(self._line.sizeHint().height(), _LINE) + 2 * GRID + max(rows, 1) * row
        self.setGeometry(
            (self._window.width() - width) // 2,
            GRID * 5,
            width,
            min(max(height, self.minimumSizeHint().height()), room),
        )

    def _on_key(self, event: QKeyEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and event.key() == Qt.Key.Key_Escape:
            event.accept()  # else a shortcut elsewhere takes it
            return True
        if event.type() != QEvent.Type.KeyPress:
            return False
        key = event.key()
        if key == Qt.Key.Key_Escape:
            self.close_again()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._run(self._list.currentIndex())
        elif key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self._step(1 if key == Qt.Key.Key_Down else -1)
        elif key in _MOVES:
            QApplication.sendEvent(self._list, QKeyEvent(event.type(), key, Qt.KeyboardModifier.NoModifier))
        else:
            return key in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab)  # there is nowhere else to go
        return True

    def _step(self, step: int) -> None:
        rows = self._model.rowCount()
        if rows:
            row = (self._list.currentIndex().row() + step) % rows
            self._list.setCurrentIndex(self._model.index(row))

    def _run(self, index: QModelIndex) -> None:
        command = self._model.command_at(index)
        if command is None or not command.is_enabled():
            return
        key = _key(command)
        self._recent = [key, *(each for each in self._recent if each != key)][:_MOST_RECENT]
        self.close_again()
        command.run()

    def _announce(self, current: QModelIndex) -> None:
        words = self._model.data(current, Qt.ItemDataRole.AccessibleTextRole)
        if words:
            place = trn(
                "{row} of {count} action",
                "{row} of {count} actions",
                self._model.rowCount(),
                row=current.row() + 1,
            )
            self._say(f"{words}. {place}")

    def _say(self, words: str) -> None:
        """Tell a screen reader, which follows the keyboard, and that stays in the line."""
        self._line.setAccessibleDescription(words)
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._line, words))


class _Found:
    """A command and the letters of it that were typed."""

    def __init__(self, command: Command, found: Match) -> None:
        self.command, self.match = command, found


class _FoundModel(QAbstractListModel):
    """The commands that fit what was typed, the best one first."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._commands: list[Command] = []
        self._found: list[_Found] = []

    def set_commands(self, commands: list[Command]) -> None:
        self._commands = commands

    def search(self, query: str) -> None:
        found = [
            _Found(command, fit) for command in self._commands if (fit := _fit(query, command)) is not None
        ]
        if query.strip():
            found.sort(key=lambda each: each.match.score, reverse=True)
        self.beginResetModel()
        self._found = found
        self.endResetModel()

    def command_at(self, index: _Index) -> Command | None:
        return self._found[index.row()].command if index.isValid() else None

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._found)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        command = self.command_at(index)
        if command is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return one_line(command.title)
        if role == _FOUND:
            return self._found[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = {True: tr("on"), False: tr("off"), None: ""}[command.is_checked]
            possible = "" if command.is_enabled() else tr("not possible now")
            parts = (command.title, command.path, tr(" or ").join(command.keys), state, possible)
            return one_line(", ".join(filter(None, parts)))
        return None


class _FoundDelegate(QStyledItemDelegate):
    """Icon, title with the typed letters in bold, where it is in the menus, and at the right its keys."""

    def sizeHint(self, option: QStyleOptionViewItem, _index: _Index) -> QSize:
        return QSize(option.rect.width(), option.fontMetrics.height() + GRID * 3 // 2)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        found: _Found = index.data(_FOUND)
        command, palette, area = found.command, option.palette, option.rect
        enabled = command.is_enabled()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if option.state & QStyle.StateFlag.State_Selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(mix(palette.color(QPalette.ColorRole.Base), accent(palette), 0.18))
            painter.drawRoundedRect(area.toRectF(), _RADIUS / 2, _RADIUS / 2)
        quiet = quiet_text(palette)
        text = palette.color(QPalette.ColorRole.Text)
        if not enabled:
            text = quiet = mix(text, palette.color(QPalette.ColorRole.Base), 0.55)
        place = area.adjusted(GRID, 0, -GRID, 0)
        sign = icon("check", palette) if command.is_checked else command.icon
        mode = QIcon.Mode.Normal if enabled else QIcon.Mode.Disabled
        corner = QPoint(place.left(), area.center().y() - _SIGN // 2)
        sign.paint(painter, QRect(corner, QSize(_SIGN, _SIGN)), mode=mode)
        place.setLeft(place.left() + _SIGN + GRID)
        painter.setPen(quiet)
        keys = "  ".join(command.keys)
        painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, keys)
        place.setRight(place.right() - option.fontMetrics.horizontalAdvance(keys) - GRID * 2)
        painter.setPen(text)
        width = _draw_title(painter, place, one_line(command.title), found.match.places, option.font)
        place.setLeft(place.left() + width + GRID * 3 // 2)
        painter.setPen(quiet)
        painter.setFont(scaled_font(option.font, 0.92))
        where = painter.fontMetrics().elidedText(command.path, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, where)
        painter.restore()


def _draw_title(painter: QPainter, area: QRect, title: str, places: Iterable[int], font: QFont) -> int:
    """Draw a title with some of its letters in bold; how wide it is."""
    bold = QTextCharFormat()
    bold.setFontWeight(QFont.Weight.Bold)
    ranges = []
    for place in places:
        part = QTextLayout.FormatRange()
        part.start, part.length = _units(title[:place]), _units(title[place])
        part.format = bold
        ranges.append(part)
    layout = QTextLayout(title, font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.NoWrap)
    layout.setTextOption(option)
    layout.setFormats(ranges)
    layout.beginLayout()
    line = layout.createLine()
    layout.endLayout()
    if line.naturalTextWidth() > area.width():
        shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideMiddle, area.width())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        return area.width()
    layout.draw(painter, QPointF(area.left(), area.top() + (area.height() - line.height()) / 2))
    return round(line.naturalTextWidth())


def _units(text: str) -> int:
    """How many of Qt's UTF-16 units a text takes."""
    return len(text.encode("utf-16-le")) // 2


def _fit(query: str, command: Command) -> Match | None:
    """By its title or else by its title and the menus above it."""
    title = one_line(command.title)
    found = match(query, title)
    if found is not None:
        return found
    around = match(query, f"{title} {command.path}")
    if around is None:
        return None
    return Match(around.score - _ELSEWHERE, tuple(place for place in around.places if place < len(title)))


def _key(command: Command) -> tuple[str, ...]:
    return (*command.where, command.title)
