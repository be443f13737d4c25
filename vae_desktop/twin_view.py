"""One side of two planes: a title, the plane, what its handle draws, the nearest picture, a sentence."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from training.language import tr
from vae_desktop.labels import ElidedLabel, QuietLabel
from vae_desktop.latent_plane import LatentPlane
from vae_desktop.picture_canvas import PictureCanvas
from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import one_line
from vae_desktop.style import GRID, scaled_font

_PICTURE = 132  # pixels across, at least
_WIDEST = 224
_SENTENCE_LINES = 4
_SNAP_REACH = 5.0  # pixels; more would hide the holes between pictures


class OneHandlePlane(LatentPlane):
    """A plane with a single handle: Ctrl+click moves it, too."""

    def add_handle(self, z1: float, z2: float, number: int | None = None) -> int:
        """Move the handle there; add it where there is none."""
        active = self.active_handle
        if active is None:
            return super().add_handle(z1, z2, number)
        self._begin_drag(active)
        self._drag_to(z1, z2)
        self._end_drag()
        return active


class TwinView(QWidget):
    """What is seen of one of two models.

    Args:
        mirrored: whether the pictures stand left of the plane, so that those of both sides are neighbours.
    """

    def __init__(self, *, mirrored: bool) -> None:
        super().__init__()
        self._name = ElidedLabel()
        self._name.setFont(scaled_font(self._name.font(), 1.1, bold=True))
        self._state = ElidedLabel()
        self.plane = OneHandlePlane()
        self.plane.snap_reach = _SNAP_REACH
        self._decoded, self._decoded_caption = _picture(tr("Drawn at the handle"))
        self._nearest, self._nearest_caption = _picture(tr("Nearest picture"))
        self._nearest_caption.setMinimumHeight(2 * self._nearest_caption.fontMetrics().lineSpacing())
        self._nearest_caption.setAlignment(Qt.AlignmentFlag.AlignBottom)
        self._sentence = QuietLabel()
        self._sentence.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._sentence.setMinimumHeight(_SENTENCE_LINES * self._sentence.fontMetrics().lineSpacing())
        self._sentence.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        title = QHBoxLayout()
        title.setSpacing(2 * GRID)
        title.addWidget(self._name)
        title.addWidget(self._state, 1)
        middle = QHBoxLayout()
        middle.setSpacing(GRID)
        beside = self._pictures()
        for widget in (beside, self.plane) if mirrored else (self.plane, beside):
            middle.addWidget(widget, 5 if widget is self.plane else 2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(title)
        column.addLayout(middle, 1)
        column.addWidget(self._sentence)

    def _pictures(self) -> QWidget:
        beside = QWidget()
        beside.setMinimumWidth(_PICTURE)
        beside.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(beside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        for widget in (self._decoded_caption, self._decoded, self._nearest_caption, self._nearest):
            column.addWidget(widget)
        column.addStretch(1)
        return beside

    @property
    def title(self) -> str:
        """What it is called."""
        return self._name.text()

    @property
    def sentence(self) -> str:
        """What is said below it."""
        return self._sentence.text()

    @property
    def drawn(self) -> QImage | None:
        """What is drawn at its handle."""
        return self._decoded.image

    @property
    def state(self) -> str:
        """What is said beside the title."""
        return self._state.text()

    def set_title(self, title: str) -> None:
        """Call it by a run's title."""
        self._name.show_text(title)
        name = one_line(title)
        self.plane.setAccessibleName(tr("Plane of {title}", title=name))
        self._decoded.setAccessibleName(tr("Drawn at the handle by {title}", title=name))
        self._nearest.setAccessibleName(tr("Nearest picture of {title}", title=name))

    def show_state(self, text: str) -> None:
        """Say how far it is, beside the title."""
        self._state.show_text(text)

    def show_sentence(self, text: str) -> None:
        """Say what there is to see."""
        self._sentence.setText(text)
        self._sentence.setAccessibleName(text)
        self.plane.set_note(text)

    def show_decoded(self, pixels: NDArray[np.uint8] | None) -> None:
        """Show what is drawn at the handle, uint8 [S, S, C], or nothing."""
        self._decoded.show_image(0, None if pixels is None else to_qimage(pixels), is_new=False)

    def show_nearest(self, pixels: NDArray[np.uint8] | None, caption: str = "") -> None:
        """Show the original of the nearest picture, uint8 [S, S, C], or nothing."""
        self._nearest.show_image(0, None if pixels is None else to_qimage(pixels), is_new=False)
        self._nearest_caption.setText(caption or tr("Nearest picture"))

    def clear(self, placeholder: str) -> None:
        """Show nothing, and a text in place of the plane."""
        self.plane.clear()
        self.plane.set_placeholder(placeholder)
        self.show_state("")
        self.show_sentence("")
        self.show_decoded(None)
        self.show_nearest(None)


def _picture(caption: str) -> tuple[PictureCanvas, QLabel]:
    canvas = PictureCanvas()
    canvas.setAccessibleName(caption)
    canvas.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
    label = QuietLabel(caption)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return canvas, label
