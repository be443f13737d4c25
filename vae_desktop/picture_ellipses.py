"""Whose posteriors the plane shows as ellipses: chosen in a menu and a drop-down, kept with the project."""

from typing import Any

from PySide6.QtCore import QObject, Signal

from training.language import mark, tr
from vae_desktop.choice_menu import ChoiceMenu
from vae_desktop.main_window import MainWindow
from vae_desktop.plane_ellipses import EllipsesOf

_ENTRIES = (
    (
        EllipsesOf.POINTED_AT,
        mark("Of the picture &pointed at"),
        mark("How far the numbers of this picture may be off"),
    ),
    (EllipsesOf.SELECTED, mark("Of the &selected pictures"), mark("Click a picture's point to select it")),
    (EllipsesOf.ALL, mark("Of &all in sight"), mark("The fainter the more there are")),
)
_HELP = mark(
    "Each picture is encoded as a distribution; ellipses show it at one and two standard deviations (σ)"
)


class PictureEllipses(QObject):
    """The choice.

    Args:
        window: whose plane it is.
    """

    changed = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        entries = [(which.name, tr(words), tr(tip)) for which, words, tip in _ENTRIES]
        self._menu = ChoiceMenu(tr("&Ellipses"), tr(_HELP), "ellipses", entries, window)
        self._menu.add_to(window.plane_tools)
        window.plane_menu.addMenu(self._menu.menu)
        self._menu.chosen.connect(self.choose)
        window.state_changed.connect(lambda: self._menu.set_enabled(window.state.has_model))
        self._menu.set_enabled(False)

    def choose(self, name: str) -> None:
        """Show others; raises KeyError where there is no such choice."""
        which = EllipsesOf[name]
        self._menu.select(name)
        if which is not self._window.plane.ellipses_of:
            self._window.plane.show_ellipses(which)
            self.changed.emit()

    def begin(self) -> None:
        """Show the usual ones, as for another project."""
        self.choose(EllipsesOf.POINTED_AT.name)

    def state(self) -> dict[str, Any]:
        """For :class:`exploration.Exploration`."""
        return {"of": self._window.plane.ellipses_of.name}

    def restore(self, state: dict[str, Any]) -> None:
        """The same."""
        self.choose(str(state["of"]))
