"""A handle's decoding as a button: small in a strip, or as large as fits in a grid."""

from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from training.language import tr
from vae_desktop.picture_canvas import draw_picture
from vae_desktop.plain_words import tooltip_text
from vae_desktop.plane_handles import draw_lock
from vae_desktop.style import accent, hairline, text_on_accent

_ROOM_FOR_NAME = 90  # pixels; smaller squares show the number alone


class HandleSquare(QAbstractButton):
    """A handle's picture with its number or name, a padlock if it is locked, and a frame if it is active.

    Args:
        handle: its id.
    """

    painted = Signal(int)

    def __init__(self, handle: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setCheckable(True)
        self._handle = handle
        self._image: QImage | None = None
        self._is_new = self._is_locked = False
        self.describe("", is_locked=False)

    def describe(self, name: str, *, is_locked: bool) -> None:
        """Show the name that a person gave the handle, '' for none, and whether it is locked."""
        self._name, self._is_locked = name, is_locked
        title = name or tr("Handle {handle}", handle=self._handle)
        self.setAccessibleName(tr("{title}, locked", title=title) if is_locked else title)
        shown = tr("Show “{name}”", name=name) if name else tr("Show handle {handle}", handle=self._handle)
        self.setToolTip(tooltip_text(shown))
        self.update()

    def show_image(self, image: QImage | None, *, is_new: bool) -> None:
        """Show the handle's picture; ``is_new`` asks for ``painted`` once it is on the screen."""
        self._image, self._is_new = image, is_new
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw picture, name, padlock, and a frame for the active handle."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            active, palette = self.isChecked(), self.palette()
            if self._image is not None:
                path = QPainterPath()
                path.addRoundedRect(frame, 4, 4)
                painter.save()
                painter.setClipPath(path)
                draw_picture(painter, frame, self._image)
                painter.restore()
            marked = active or self.hasFocus()
            painter.setPen(QPen(accent(palette) if marked else hairline(palette), 2 if marked else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame, 4, 4)
            self._draw_badge(painter, frame)
            if self._is_locked:
                draw_lock(painter, frame.bottomRight() - QPointF(10, 10))
        if self._is_new:
            self._is_new = False
            self.painted.emit(self._handle)

    def _draw_badge(self, painter: QPainter, frame: QRectF) -> None:
        font = self.font()
        font.setPixelSize(11)
        font.setBold(True)
        painter.setFont(font)
        text, width = str(self._handle), 16.0
        if self._name and frame.width() >= _ROOM_FOR_NAME:
            metrics = QFontMetricsF(font)
            text = metrics.elidedText(self._name, Qt.TextElideMode.ElideRight, frame.width() - 24)
            width = metrics.horizontalAdvance(text) + 10
        badge = QRectF(frame.left(), frame.top(), max(width, 16.0), 16)
        active, palette = self.isChecked(), self.palette()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent(palette) if active else palette.window())
        painter.drawRoundedRect(badge, 4, 4)
        painter.setPen(text_on_accent(palette) if active else palette.windowText().color())
        painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, text)
