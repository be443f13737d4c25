"""One decoding as a large square."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from training.language import tr
from vae_desktop.style import hairline, quiet_text

_CRISP_FACTOR = 8  # enlarged by this much or more, square pixels look better than a blur
_SMALLEST = 128


def draw_picture(painter: QPainter, target: QRectF, image: QImage) -> QRectF:
    """Draw a picture as large as fits, smooth, or as crisp pixels where they are large; returns where."""
    factor = min(target.width() / image.width(), target.height() / image.height())
    crisp = factor >= _CRISP_FACTOR
    if crisp:
        # Whole device pixels per pixel, so that all of them are equally large.
        ratio = painter.device().devicePixelRatioF()
        factor = int(factor * ratio) / ratio
    area = QRectF(0, 0, image.width() * factor, image.height() * factor)
    area.moveCenter(target.center())
    if crisp:
        area.moveTo(round(area.left()), round(area.top()))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, not crisp)
    painter.drawImage(area, image)
    painter.restore()
    return area


class PictureCanvas(QWidget):
    """One picture as a large square, or a quiet frame with a text."""

    painted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Decoded picture"))
        self._image: QImage | None = None
        self._handle = -1
        self._is_new = False
        self._placeholder = ""

    def show_image(self, handle: int, image: QImage | None, *, is_new: bool) -> None:
        """Show a picture; ``is_new`` asks for ``painted`` once it is on the screen."""
        self._handle, self._image = handle, image
        self._is_new = is_new
        self.update()

    @property
    def image(self) -> QImage | None:
        """The picture that is shown."""
        return self._image

    def set_placeholder(self, text: str) -> None:
        """The text in place of a picture."""
        self._placeholder = text
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Never higher than wide: the picture is a square."""
        super().resizeEvent(event)
        self.setMaximumHeight(max(self.width(), _SMALLEST))

    def sizeHint(self) -> QSize:
        """Wide enough for a 32-pixel picture in crisp pixels; in height, what is below it comes first."""
        return QSize(296, 192)

    def minimumSizeHint(self) -> QSize:
        """Still worth looking at."""
        return QSize(_SMALLEST, _SMALLEST)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, then say so."""
        with QPainter(self) as painter:
            side = min(self.width(), self.height())
            square = QRectF((self.width() - side) / 2, 0, side, side)
            if self._image is None:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(QPen(hairline(self.palette()), 1))
                painter.setBrush(self.palette().base())
                painter.drawRoundedRect(square.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
                painter.setPen(quiet_text(self.palette()))
                flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(square.adjusted(16, 16, -16, -16), flags, self._placeholder)
            else:
                draw_picture(painter, square, self._image)
        if self._is_new:
            self._is_new = False
            self.painted.emit(self._handle)
