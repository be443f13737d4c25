"""The decoding under the active handle, large; the nearest of the user's pictures; the other handles."""

from collections.abc import Sequence
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QGridLayout,
    QLabel,
    QSizePolicy,
    QStyle,
    QStyleOptionFocusRect,
    QVBoxLayout,
    QWidget,
)

from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import one_line, tooltip_text
from vae_desktop.plane_view import signed
from vae_desktop.style import GRID, accent, hairline, quiet_text, tabular_font, text_on_accent

_CRISP_FACTOR = 8  # enlarged by this much or more, square pixels look better than a blur
_THUMBNAIL = 56
_STRIP_SQUARE = 48
_STRIP_COLUMNS = 5
_SHOWN_COORDINATES = 4


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


def position_text(z: Sequence[float]) -> str:
    """Latent coordinates in a line whose length does not depend on the signs."""
    shown = [signed(value, 2) for value in z[:_SHOWN_COORDINATES]]
    subscripts = "₁₂₃₄"
    # A figure space is as wide as a digit and nearly as wide as the minus sign whose place it takes.
    parts = [
        f"z{subscripts[axis]} {text if text.startswith('−') else chr(0x2007) + text}"
        for axis, text in enumerate(shown)
    ]
    return "   ".join(parts) + (" …" if len(z) > _SHOWN_COORDINATES else "")


class _PictureCanvas(QWidget):
    """One picture as a large square, or a quiet frame with a text."""

    painted = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName("Decoded picture")
        self._image: QImage | None = None
        self._handle = -1
        self._is_new = False
        self._placeholder = ""

    def show_image(self, handle: int, image: QImage | None, *, is_new: bool) -> None:
        """Show a picture; ``is_new`` asks for ``painted`` once it is on the screen."""
        self._handle, self._image = handle, image
        self._is_new = is_new
        self.update()

    def set_placeholder(self, text: str) -> None:
        """The text in place of a picture."""
        self._placeholder = text
        self.update()

    def hasHeightForWidth(self) -> bool:
        """It is a square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """It is a square."""
        return width

    def sizeHint(self) -> QSize:
        """Large enough for a 32-pixel picture in crisp pixels."""
        return QSize(296, 296)

    def minimumSizeHint(self) -> QSize:
        """Still worth looking at."""
        return QSize(128, 128)

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


class _StripSquare(QAbstractButton):
    """A small picture with the number of its handle."""

    painted = Signal(int)

    def __init__(self, handle: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(_STRIP_SQUARE, _STRIP_SQUARE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setCheckable(True)
        self.setAccessibleName(f"Handle {handle}")
        self.setToolTip(f"Show handle {handle}")
        self._handle = handle
        self._image: QImage | None = None
        self._is_new = False

    def show_image(self, image: QImage, *, is_new: bool) -> None:
        """Show the handle's picture; ``is_new`` asks for ``painted`` once it is on the screen."""
        self._image, self._is_new = image, is_new
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw picture, number, and a frame for the active handle."""
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame = QRectF(self.rect()).adjusted(1, 1, -1, -1)
            active, palette = self.isChecked(), self.palette()
            if self._image is not None:
                path = QPainterPath()
                path.addRoundedRect(frame, 4, 4)
                painter.save()
                painter.setClipPath(path)
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(frame, self._image)
                painter.restore()
            marked = active or self.hasFocus()
            painter.setPen(QPen(accent(palette) if marked else hairline(palette), 2 if marked else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(frame, 4, 4)
            badge = QRectF(frame.left(), frame.top(), 16, 16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(accent(palette) if active else palette.window())
            painter.drawRoundedRect(badge, 4, 4)
            font = self.font()
            font.setPixelSize(11)
            font.setBold(True)
            painter.setFont(font)
            painter.setPen(text_on_accent(palette) if active else palette.windowText().color())
            painter.drawText(badge, Qt.AlignmentFlag.AlignCenter, str(self._handle))
        if self._is_new:
            self._is_new = False
            self.painted.emit(self._handle)


class _NearestButton(QAbstractButton):
    """A picture of the user's with its file name and distance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._picture = QPixmap()
        self._name = ""
        self._distance = 0.0

    def show_nearest(self, image: QImage, name: str, distance: float) -> None:
        """Show a picture; the name may come from anywhere and may be a whole path."""
        self._picture = QPixmap.fromImage(image)
        self._name = one_line(PurePath(name).name or name)
        self._distance = distance
        # Not setText: an ampersand in a file name would become a shortcut.
        self.setAccessibleName(f"Nearest of yours: {self._name}")
        self.setToolTip(tooltip_text(name))
        self.update()

    def sizeHint(self) -> QSize:
        """One thumbnail high."""
        return QSize(200, _THUMBNAIL + GRID)

    def minimumSizeHint(self) -> QSize:
        """The thumbnail and some of the name."""
        return QSize(_THUMBNAIL + 80, _THUMBNAIL + GRID)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw thumbnail, name and distance."""
        with QPainter(self) as painter:
            palette = self.palette()
            if self.underMouse() or self.isDown():
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(palette.midlight() if self.isDown() else palette.alternateBase())
                painter.drawRoundedRect(self.rect(), 6, 6)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            picture = QRectF(0, GRID / 2, _THUMBNAIL, _THUMBNAIL)
            painter.drawPixmap(picture, self._picture, QRectF(self._picture.rect()))
            left = picture.right() + 12
            metrics = self.fontMetrics()
            line, middle = metrics.height(), self.height() / 2
            room = self.width() - left - 8
            painter.setPen(palette.windowText().color())
            shown = metrics.elidedText(self._name, Qt.TextElideMode.ElideMiddle, int(room))
            name = QRectF(left, middle - line - 1, room, line)
            painter.drawText(name, Qt.AlignmentFlag.AlignVCenter, shown)
            painter.setPen(quiet_text(palette))
            painter.setFont(tabular_font(self.font()))
            distance = QRectF(left, middle + 2, room, line)
            painter.drawText(distance, Qt.AlignmentFlag.AlignVCenter, f"{self._distance:.2f} σ away")
            if self.hasFocus():
                option = QStyleOptionFocusRect()
                option.initFrom(self)
                self.style().drawPrimitive(QStyle.PrimitiveElement.PE_FrameFocusRect, option, painter, self)


class DecodeView(QWidget):
    """The panel beside the plane."""

    painted = Signal(int)
    nearest_activated = Signal()
    handle_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: dict[int, QImage] = {}
        self._positions: dict[int, tuple[float, ...]] = {}
        self._squares: dict[int, _StripSquare] = {}
        self._active: int | None = None
        self._passing: tuple[tuple[float, ...], QImage] | None = None
        self._canvas = _PictureCanvas()
        self._canvas.painted.connect(self.painted)
        self._caption = QLabel(textFormat=Qt.TextFormat.PlainText, alignment=Qt.AlignmentFlag.AlignHCenter)
        self._caption.setFont(tabular_font(self.font()))
        self._caption.setToolTip("The numbers that it is decoded from, in standard deviations of the prior.")
        self._nearest_title = QLabel("Nearest of yours")
        self._nearest_title.setToolTip("The picture of yours that the model places closest to the handle.")
        self._nearest = _NearestButton()
        self._nearest.clicked.connect(self.nearest_activated)
        self._strip_title = QLabel("Handles")
        self._strip = QGridLayout()
        self._strip.setSpacing(GRID)
        self._strip.setColumnStretch(_STRIP_COLUMNS, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        self._caption.setContentsMargins(0, 0, 0, GRID)
        for widget in (self._canvas, self._caption, self._nearest_title, self._nearest, self._strip_title):
            layout.addWidget(widget)
        layout.addLayout(self._strip)
        layout.addStretch(1)
        self.clear()

    def show_picture(self, handle: int, z: tuple[float, ...], pixels: NDArray[np.uint8]) -> None:
        """Show what a handle decodes to; the first handle becomes the active one.

        Args:
            handle: its id.
            z: where it is, latent units.
            pixels: [S, S, C], C = 1 or 3.

        Raises:
            ValueError: ``pixels`` has another shape or type.
        """
        self._images[handle] = to_qimage(pixels)
        self._positions[handle] = z
        if self._active is None:
            self._active = handle
        is_active = handle == self._active
        self._update_strip()
        if handle in self._squares:
            self._squares[handle].show_image(self._images[handle], is_new=not is_active)
        if is_active:
            self._show_active(is_new=True)

    def set_active(self, handle: int) -> None:
        """Show this handle large; before its first picture came, the placeholder is shown."""
        self._active = handle
        self._update_strip()
        self._show_active(is_new=False)

    def remove(self, handle: int) -> None:
        """Forget a handle; unknown ones are fine."""
        self._images.pop(handle, None)
        self._positions.pop(handle, None)
        if handle == self._active:
            self._active = min(self._images, default=None)
        self._update_strip()
        self._show_active(is_new=False)

    def show_nearest(self, pixels: NDArray[np.uint8] | None, name: str, distance: float) -> None:
        """Show the user's picture nearest to the active handle, or none.

        Args:
            pixels: [S, S, C], C = 1 or 3; None hides it.
            name: file name or path, shown as plain text.
            distance: in σ of the prior.
        """
        if pixels is not None:
            self._nearest.show_nearest(to_qimage(pixels), name, distance)
        for widget in (self._nearest_title, self._nearest):
            widget.setVisible(pixels is not None)

    def show_passing(self, z: tuple[float, ...], pixels: NDArray[np.uint8] | None) -> None:
        """Show what a path passes, in place of the active handle's picture; None shows that again.

        Args:
            z: where that is, latent units.
            pixels: [S, S, C], C = 1 or 3.
        """
        self._passing = None if pixels is None else (z, to_qimage(pixels))
        self._show_active(is_new=False)

    def clear(self) -> None:
        """Forget every handle and show the placeholder."""
        self._passing = None
        self._images.clear()
        self._positions.clear()
        self._active = None
        self.show_nearest(None, "", 0.0)
        self._update_strip()
        self._show_active(is_new=False)

    def set_placeholder(self, text: str) -> None:
        """The text shown in place of a picture."""
        self._canvas.set_placeholder(text)

    def current_image(self) -> QImage | None:
        """The picture of the active handle in its own size, or None."""
        image = None if self._active is None else self._images.get(self._active)
        return None if image is None else QImage(image)

    def _show_active(self, *, is_new: bool) -> None:
        if self._passing is not None:
            z, image = self._passing
            self._canvas.show_image(-1, image, is_new=False)
            self._caption.setText(position_text(z))
            return
        handle = -1 if self._active is None else self._active
        self._canvas.show_image(handle, self._images.get(handle), is_new=is_new)
        self._caption.setText(position_text(self._positions.get(handle, ())))

    def _update_strip(self) -> None:
        """One square per handle while there are several."""
        wanted = sorted(self._images) if len(self._images) > 1 else []
        if wanted != list(self._squares):
            for square in self._squares.values():
                self._strip.removeWidget(square)
                square.hide()
                square.deleteLater()
            self._squares = {handle: self._new_square(handle) for handle in wanted}
            for place, square in enumerate(self._squares.values()):
                self._strip.addWidget(square, place // _STRIP_COLUMNS, place % _STRIP_COLUMNS)
                square.show()
        self._strip_title.setVisible(bool(wanted))
        for handle, square in self._squares.items():
            square.setChecked(handle == self._active)

    def _new_square(self, handle: int) -> _StripSquare:
        square = _StripSquare(handle, self)
        square.show_image(self._images[handle], is_new=False)
        square.painted.connect(self.painted)
        square.clicked.connect(lambda: self._choose(handle))
        return square

    def _choose(self, handle: int) -> None:
        self.set_active(handle)
        self.handle_chosen.emit(handle)
