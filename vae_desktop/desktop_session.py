"""What the window offers beside pictures and trainings: finding actions, keys, looks, notices, help."""

from PySide6.QtCore import QObject

from vae_desktop.command_palette import CommandPalette
from vae_desktop.commands import menu_commands
from vae_desktop.key_sheet import KeySheet, key_groups
from vae_desktop.main_window import MainWindow


class DesktopSession(QObject):
    """Joins the actions that belong to no project.

    Args:
        window: what is joined.
    """

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._keys = KeySheet(window, lambda: key_groups(menu_commands(window.menuBar())))
        self._palette = CommandPalette(window, [lambda: menu_commands(window.menuBar())])
        window.action("find").triggered.connect(self._palette.open)
        window.action("keys").triggered.connect(self._keys.open_anew)
