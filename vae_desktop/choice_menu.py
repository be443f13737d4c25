"""A menu of which one entry is chosen, as a drop-down button of a tool bar, too."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolBar, QToolButton

from vae_desktop.style import icon


class ChoiceMenu(QObject):
    """One of several.

    Args:
        title: of the menu, with a mnemonic.
        tip: what is chosen, in a sentence.
        icon_name: of the button.
        entries: (what is told, its words, what the status bar says), the first one is chosen at first.
        parent: owns it, a widget.
    """

    chosen = Signal(str)  # by a person

    def __init__(
        self, title: str, tip: str, icon_name: str, entries: Sequence[tuple[str, str, str]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._icon_name, self._tip = icon_name, tip
        self.menu = QMenu(title)
        self.menu.menuAction().setStatusTip(tip)
        self.destroyed.connect(self.menu.deleteLater)
        self._actions: dict[str, QAction] = {}
        group = QActionGroup(self)
        for name, words, help_text in entries:
            action = self.menu.addAction(words)
            action.setCheckable(True)
            action.setStatusTip(help_text)
            action.setToolTip(help_text)
            action.triggered.connect(lambda _checked=False, name=name: self._choose(name))
            group.addAction(action)
            self._actions[name] = action
        self.menu.setToolTipsVisible(True)
        self._button = QToolButton()
        self._button.setMenu(self.menu)
        self._button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._button.setAccessibleName(title.replace("&", ""))
        self._button.installEventFilter(self)
        self._load_icon()
        self.select(entries[0][0])

    def add_to(self, bar: QToolBar) -> None:
        """Have a drop-down in a tool bar, before its first separator: what comes last a narrow bar hides."""
        separators = [action for action in bar.actions() if action.isSeparator()]
        if separators:
            bar.insertWidget(separators[0], self._button)
        else:
            bar.addWidget(self._button)

    def select(self, name: str) -> None:
        """Show that something is chosen; raises KeyError where there is no such entry."""
        self._actions[name].setChecked(True)
        words = self._actions[name].text().replace("&", "")
        self._button.setToolTip(f"{self._tip}: {words}")

    def set_enabled(self, enabled: bool) -> None:
        """Whether anything can be chosen."""
        self._button.setEnabled(enabled)
        self.menu.setEnabled(enabled)
        self.menu.menuAction().setEnabled(enabled)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow light and dark."""
        if event.type() == QEvent.Type.PaletteChange:
            self._load_icon()
        return super().eventFilter(watched, event)

    def _load_icon(self) -> None:
        self._button.setIcon(icon(self._icon_name, self._button.palette()))

    def _choose(self, name: str) -> None:
        self.select(name)
        self.chosen.emit(name)
