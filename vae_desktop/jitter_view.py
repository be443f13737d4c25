"""Pictures drawn around a handle: what the model takes for the same."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from training.language import mark, tr
from vae_desktop.picture_canvas import draw_picture
from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import tooltip_text
from vae_desktop.style import GRID, hairline, quiet_text

COUNT, _COLUMNS = 8, 4
_SIDE, _SMALLEST = 60, 36
_HELP = mark(
    "Eight pictures at random places around the handle: z = handle + σ·ε, where σ are the standard deviations"
    " of the posterior of your picture nearest to it, and ε is drawn from a normal distribution. These are"
    " places that the model was taught to decode alike: what changes between them, it ignores."
)


class _Pictures(QWidget):
    """The pictures in two rows."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Pictures around the handle"))
        self.setToolTip(tooltip_text(tr(_HELP)))
        self.images: dict[int, QImage] = {}
        self.hint = ""

    def sizeHint(self) -> QSize:
        """Rows of small squares."""
        return QSize(_COLUMNS * (_SIDE + GRID) - GRID, COUNT // _COLUMNS * (_SIDE + GRID) - GRID)

    def minimumSizeHint(self) -> QSize:
        """Narrower ones."""
        return QSize(_COLUMNS * (_SMALLEST + GRID) - GRID, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw those that are there."""
        side = min((self.width() + GRID) // _COLUMNS - GRID, _SIDE)
        with QPainter(self) as painter:
            if self.hint:
                painter.setPen(quiet_text(self.palette()))
                flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
                painter.drawText(self.rect(), flags, self.hint)
                return
            for place in range(COUNT):
                row, column = divmod(place, _COLUMNS)
                square = QRectF(column * (side + GRID), row * (side + GRID), side, side)
                if place in self.images:
                    draw_picture(painter, square, self.images[place])
                else:
                    painter.setPen(hairline(self.palette()))
                    painter.drawRect(square.adjusted(0.5, 0.5, -0.5, -0.5))


class JitterView(QWidget):
    """The pictures with a title; empty places until they are decoded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(tr("Jitter"))
        title.setToolTip(tooltip_text(tr(_HELP)))
        self._pictures = _Pictures()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(title)
        layout.addWidget(self._pictures)

    def show_picture(self, place: int, pixels: NDArray[np.uint8]) -> None:
        """Show one of them, 0 ≤ place < :data:`COUNT`; pixels uint8 [S, S, C]."""
        self._pictures.hint = ""
        self._pictures.images[place] = to_qimage(pixels)
        self._pictures.update()

    def show_hint(self, text: str) -> None:
        """Say why there are none."""
        self._pictures.images.clear()
        self._pictures.hint = text
        self._pictures.update()

    def images(self) -> list[QImage]:
        """Those that are shown, by place."""
        return [self._pictures.images[place] for place in sorted(self._pictures.images)]

    def clear(self) -> None:
        """Show empty places."""
        self.show_hint("")
