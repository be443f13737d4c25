"""The panels around the plane: each can be closed, and comes back from the View menu."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QMainWindow, QTabWidget, QWidget

from training.language import mark, tr
from vae_desktop.style import GRID

_LEFT, _RIGHT = Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea
_BOTTOM = Qt.DockWidgetArea.BottomDockWidgetArea
_NARROW = 1100  # windows below it get slimmer panels
_FIGURES_HEIGHT = 300
_SLIM, _USUAL = (208, 216), (256, 288)


class Docks:
    """The docks by name, in their order.

    Args:
        window: where they are put; hidden at first.
    """

    def __init__(
        self,
        window: QMainWindow,
        *,
        library: QWidget,
        runs: QWidget,
        groups: QWidget,
        decoding: QWidget,
        training: QWidget,
        measures: QWidget,
    ) -> None:
        self._window = window
        self._library = self._add(mark("Library"), library, _LEFT)
        self._runs = self._add(mark("Runs"), runs, _LEFT)
        self._groups = self._add(mark("Groups"), groups, _LEFT)
        self._decoding = self._add(mark("Decoding"), decoding, _RIGHT)
        self._training = self._add(mark("Training"), training, _BOTTOM)
        self._measures = self._add(mark("Measures"), measures, _BOTTOM)
        self.all = (
            *(self._library, self._runs, self._groups),
            *(self._decoding, self._training, self._measures),
        )
        window.setTabPosition(_LEFT, QTabWidget.TabPosition.North)

    def arrange(self) -> None:
        """Show them in their first places; runs and groups lie behind the library, to spare room.

        The measures are there once they are asked for.
        """
        for dock in self.all:
            dock.setVisible(dock is not self._measures)
        self._window.tabifyDockWidget(self._library, self._runs)
        self._window.tabifyDockWidget(self._runs, self._groups)
        self._library.raise_()
        self._window.tabifyDockWidget(self._training, self._measures)
        widths = _SLIM if self._window.width() < _NARROW else _USUAL
        self._window.resizeDocks([self._library, self._decoding], widths, Qt.Orientation.Horizontal)
        self._window.resizeDocks([self._training], [GRID * 18], Qt.Orientation.Vertical)

    def show_groups(self) -> None:
        """Bring the groups to the front."""
        self._groups.show()
        self._groups.raise_()

    def show_measures(self) -> None:
        """Bring the measures to the front; when they come up, with room for some of them."""
        is_new = not self._measures.isVisible()
        self._measures.show()
        self._measures.raise_()
        wanted = min(_FIGURES_HEIGHT, self._window.height() // 3)
        if is_new and not self._measures.isFloating() and self._measures.height() < wanted:
            self._window.resizeDocks([self._measures], [wanted], Qt.Orientation.Vertical)

    def _add(self, name: str, widget: QWidget, area: Qt.DockWidgetArea) -> QDockWidget:
        title = tr(name)
        dock = QDockWidget(title, self._window)
        dock.setObjectName(name)  # saveState knows docks by it
        dock.setWidget(widget)
        dock.toggleViewAction().setStatusTip(tr("Show or hide the {name} panel", name=title))
        self._window.addDockWidget(area, dock)
        return dock
