"""A drawing in grey: smooth and large, undone stroke by stroke, and averaged down to what a model takes."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

FINENESS = 8  # so many times as wide and high as the model's picture
_MOST_UNDONE = 50
_BLACK, _WHITE = 0, 255


class Drawing:
    """Black on white or white on black.

    Args:
        size: S, of the model's pictures in pixels.
        white_on_black: the other way round than on paper.
    """

    def __init__(self, size: int, *, white_on_black: bool) -> None:
        self.size, self.white_on_black = size, white_on_black
        self.image = self._blank()
        self._before: list[QImage] = []

    @property
    def is_blank(self) -> bool:
        """Whether nothing is drawn."""
        return self.image == self._blank()

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back."""
        return bool(self._before)

    def pixels(self) -> NDArray[np.uint8]:
        """As the model takes it: uint8 [S, S, 1], each number the mean of the area that it stands for."""
        side = self.image.width()
        rows = np.frombuffer(self.image.constBits(), np.uint8).reshape(side, self.image.bytesPerLine())
        cells = rows[:, :side].reshape(self.size, FINENESS, self.size, FINENESS)
        pixels: NDArray[np.uint8] = cells.mean(axis=(1, 3)).round().astype(np.uint8)[..., None]
        return pixels

    def begin_stroke(self) -> None:
        """What is drawn from now on is undone together."""
        self._before.append(self.image.copy())
        del self._before[:-_MOST_UNDONE]

    def draw(self, start: QPointF, end: QPointF, width: float, *, erases: bool = False) -> None:
        """Draw a line with round ends; a point where start and end are the same.

        Args:
            start, end: in pixels of the model's picture, from its upper left corner.
            width: the same.
            erases: draw in the colour of the ground.
        """
        ink = _WHITE if self.white_on_black != erases else _BLACK
        colour = QColor(ink, ink, ink)
        with QPainter(self.image) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.scale(FINENESS, FINENESS)
            if start == end:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(colour)
                painter.drawEllipse(start, width / 2, width / 2)
            else:
                round_ends = Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin
                painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, *round_ends))
                painter.drawLine(start, end)

    def undo(self) -> None:
        """Take the last stroke back, or the last clearing."""
        if self._before:
            self.image = self._before.pop()

    def clear(self) -> None:
        """Take everything away; that can be undone."""
        if not self.is_blank:
            self.begin_stroke()
            self.image = self._blank()

    def turn(self, *, white_on_black: bool) -> None:
        """Exchange black and white, in all that can be undone to, too."""
        if white_on_black != self.white_on_black:
            self.white_on_black = white_on_black
            for image in (self.image, *self._before):
                image.invertPixels()

    def _blank(self) -> QImage:
        side = FINENESS * self.size
        image = QImage(side, side, QImage.Format.Format_Grayscale8)
        image.fill(QColor("black") if self.white_on_black else QColor("white"))
        return image


def is_white_on_black(pictures: NDArray[np.uint8]) -> bool:
    """Whether such pictures, uint8 [n, S, S, 1], mostly have a dark ground: by the mean of their borders."""
    borders = (pictures[:, 0], pictures[:, -1], pictures[:, :, 0], pictures[:, :, -1])
    return bool(np.mean([border.mean() for border in borders]) < 128) if len(pictures) else False
