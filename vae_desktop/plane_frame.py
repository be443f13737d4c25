"""The plane; what chooses it, with more than two latent numbers, above and beside it; the replay below."""

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from vae_desktop.off_plane_sliders import OffPlaneSliders
from vae_desktop.plane_choice import PlaneChoice
from vae_desktop.replay_bar import ReplayBar

_ROOM_FOR_SLIDERS = 480  # narrower, the plane keeps the place until they are asked for


class PlaneFrame(QWidget):
    """Nothing but the plane until there is something to choose."""

    def __init__(self, plane: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice, self.sliders = PlaneChoice(), OffPlaneSliders()
        self.replay = ReplayBar()
        self.replay.hide()
        self.choice.sliders_toggled.connect(self.sliders.setVisible)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.choice, 0, 0, 1, 2)
        layout.addWidget(plane, 1, 0)
        layout.addWidget(self.sliders, 1, 1)
        layout.addWidget(self.replay, 2, 0, 1, 2)
        layout.setColumnStretch(0, 1)
        layout.setRowStretch(1, 1)
        self.clear()

    def show_numbers(self, numbers: Sequence[int], share: float | None) -> None:
        """Show that the plane is of two latent numbers, and have a slider for every other one.

        Args:
            numbers: [latent_dim], in the order of the directions, counted from 0, the plane's two first.
            share: of the pictures' variance that the plane holds, 0 to 1; None while it is not known.
        """
        self.choice.show_plane(len(numbers), (numbers[0], numbers[1]), share, is_main=False)
        self.sliders.set_directions("number", [number + 1 for number in numbers[2:]])
        self._show()

    def show_main(self, latent_dim: int, widest: tuple[int, int], share: float | None) -> None:
        """Show that the plane is of the main directions, and have a slider for every other one.

        Args:
            widest: the two latent numbers to begin with when numbers are chosen.
            share: as in :meth:`show_numbers`.
        """
        self.choice.show_plane(latent_dim, widest, share, is_main=True)
        self.sliders.set_directions("direction", range(3, latent_dim + 1))
        self._show()

    def _show(self) -> None:
        if not self.is_choosing:
            self.choice.set_wants_sliders(self.width() >= _ROOM_FOR_SLIDERS)
        self.choice.show()
        self.sliders.setVisible(self.choice.wants_sliders)

    @property
    def is_choosing(self) -> bool:
        """Whether there is something to choose."""
        return not self.choice.isHidden()

    def clear(self) -> None:
        """Show nothing but the plane."""
        self.choice.hide()
        self.sliders.hide()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape puts the replay away, unless somebody further in has a use for it."""
        if event.key() == Qt.Key.Key_Escape and self.replay.isVisible():
            self.replay.closed.emit()
        else:
            super().keyPressEvent(event)
