"""What the window offers beside pictures and trainings: finding actions, keys, looks, notices, help."""

from collections.abc import Iterator
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from training.language import tr
from vae_desktop.appearance import Appearance, apply_appearance
from vae_desktop.application import come_forward
from vae_desktop.command_palette import CommandPalette
from vae_desktop.commands import Command, commands_of, menu_commands
from vae_desktop.desktop_notice import show_notice
from vae_desktop.engine import Engine
from vae_desktop.job_notices import JobNotices
from vae_desktop.key_sheet import KeySheet, key_groups
from vae_desktop.main_window import MainWindow
from vae_desktop.settings import Settings


class DesktopSession(QObject):
    """Joins the actions that belong to no project.

    Args:
        window, engine: what is joined.
        settings: where the person's choices are kept.

    Attributes:
        notices: tells of the end of long jobs.
    """

    def __init__(self, window: MainWindow, engine: Engine, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._settings = window, settings
        self._keys = KeySheet(window, lambda: key_groups(menu_commands(window.menuBar())))
        sources = [lambda: menu_commands(window.menuBar()), self._path_commands]
        self._palette = CommandPalette(window, sources)
        self.notices = JobNotices(window, engine, lambda: settings.wants_notices, self._show_notice)
        window.action("notices").setChecked(settings.wants_notices)
        window.action("notices").toggled.connect(settings.save_wants_notices)
        chosen = Appearance.named(settings.appearance)
        for appearance in Appearance:
            action = window.action(f"{appearance.value}_colours")
            action.setChecked(appearance is chosen)
            action.triggered.connect(partial(self._show_in, appearance))
        window.action("find").triggered.connect(self._palette.open)
        window.action("keys").triggered.connect(self._keys.open_anew)

    def _path_commands(self) -> Iterator[Command]:
        """What the menu of the path's bar offers, which is in none of the window's menus."""
        if self._window.action("path").isEnabled():
            yield from commands_of(self._window.path_bar.stops_menu, (tr("Path"), tr("Stops")))

    def _show_notice(self, title: str, text: str) -> None:
        show_notice(self._window, title, text, partial(come_forward, self._window))

    def _show_in(self, appearance: Appearance, _checked: bool = False) -> None:
        self._settings.save_appearance(appearance.value)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            apply_appearance(application, appearance)
