"""Which of a person's pictures are selected: shared by the plane, the library and what is done with them."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu

from training.language import tr, trn
from vae_desktop.plane_overlay import Spot
from vae_desktop.plane_session import PlaneSession

Numbers = NDArray[np.int64]


class PictureSelection(QObject):
    """The selected pictures of the open project.

    A click on a picture's point selects it, with Ctrl it is added or taken out; so does the library's list.
    Escape selects none.

    Args:
        session: its plane and library are joined.

    Attributes:
        numbers: int64 [n], ascending, which pictures of the project they are.
    """

    changed = Signal()

    def __init__(self, session: PlaneSession) -> None:
        super().__init__(session)
        self._session = session
        self.numbers: Numbers = np.zeros(0, np.int64)
        plane, pictures = session.window.plane, session.window.library.pictures
        plane.picture_clicked.connect(self._on_clicked)
        plane.escaped.connect(self.clear)
        plane.menu_wanted.connect(self._fill_menu)
        pictures.selection_changed.connect(self._on_listed)
        session.opened.connect(lambda _project: self.clear())
        session.closing.connect(self.clear)

    def __len__(self) -> int:
        return len(self.numbers)

    def select(self, numbers: Numbers) -> None:
        """Select these pictures instead of those before."""
        self._set(numbers)
        self._session.window.library.pictures.show_selected(self.numbers)

    def add(self, numbers: Numbers) -> None:
        """Select these, too."""
        self.select(np.union1d(self.numbers, numbers))

    def take_out(self, numbers: Numbers) -> None:
        """Select these no longer."""
        self.select(np.setdiff1d(self.numbers, numbers))

    def clear(self) -> None:
        """Select none."""
        self.select(np.zeros(0, np.int64))

    def _set(self, numbers: Numbers) -> None:
        numbers = np.unique(np.asarray(numbers, np.int64))
        if not np.array_equal(numbers, self.numbers):
            self.numbers = numbers
            self._session.window.plane.show_selected(numbers)
            if len(numbers) > 1:
                words = trn("{count} picture selected.", "{count} pictures selected.", len(numbers))
                self._session.window.statusBar().showMessage(words, 4000)
            self.changed.emit()

    def _on_clicked(self, picture: int, adds: bool) -> None:
        chosen = np.array([picture])
        if not adds:
            self.select(chosen)
        elif picture in self.numbers:
            self.take_out(chosen)
        else:
            self.add(chosen)

    def _on_listed(self, numbers: Numbers) -> None:
        self._set(numbers)

    def _fill_menu(self, menu: QMenu, _spot: Spot) -> None:
        if len(self):
            none = menu.addAction(tr("Select none of {count:,} (Esc)", count=len(self)))
            none.triggered.connect(self.clear)
