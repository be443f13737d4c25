"""A tool bar that shows in light and in dark that there are more tools than it has room for."""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QToolBar, QToolButton

from vae_desktop.style import icon

_ARROW = "qt_toolbar_ext_button"  # so Qt calls what opens the rest, and draws it black
_ICON_SIDE = 20


class ToolBar(QToolBar):
    """Its own icons are those of its actions.

    Args:
        title: what it is called.
    """

    def __init__(self, title: str) -> None:
        super().__init__(title)
        self.setIconSize(QSize(_ICON_SIDE, _ICON_SIDE))
        self._load_icon()

    def changeEvent(self, event: QEvent) -> None:
        """Follow light and dark."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.StyleChange):
            self._load_icon()

    def _load_icon(self) -> None:
        for arrow in self.findChildren(QToolButton, _ARROW):
            arrow.setIcon(icon("more-tools", self.palette()))
