"""The panel beside the plane: what the handles decode to, and what stands next to it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QImage
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from training.language import tr
from vae_desktop.handle_square import HandleSquare
from vae_desktop.jitter_view import JitterView
from vae_desktop.low_area import LowArea
from vae_desktop.nearest_view import NearestView
from vae_desktop.picture_canvas import PictureCanvas
from vae_desktop.pixels import to_qimage
from vae_desktop.plane_view import signed
from vae_desktop.square_grid import SquareGrid
from vae_desktop.style import GRID, tabular_font

_STRIP_SQUARE = 48
_STRIP_COLUMNS = 5
_SHOWN_COORDINATES = 4


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


class DecodeView(QWidget):
    """One handle's picture large and the others in a strip below, or all of them equally large.

    Attributes:
        nearest: the pictures of one's own nearest to the active handle's.
        jitter: pictures around the active handle; hidden until it is asked for.
    """

    painted = Signal(int)
    handle_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: dict[int, QImage] = {}
        self._positions: dict[int, tuple[float, ...]] = {}
        self._described: dict[int, tuple[str, bool]] = {}
        self._squares: dict[int, HandleSquare] = {}
        self._active: int | None = None
        self._passing: tuple[tuple[float, ...], QImage] | None = None
        self._is_equal = False
        self.nearest, self.jitter = NearestView(), JitterView()
        self.jitter.hide()
        self._tools = QHBoxLayout()
        self._tools.addStretch(1)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._build_large())
        self._grid = SquareGrid()
        self._pages.addWidget(self._grid)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID // 2)
        layout.addLayout(self._tools)
        layout.addWidget(self._pages, 1)
        self.clear()

    def _build_large(self) -> QWidget:
        self._canvas = PictureCanvas()
        self._canvas.painted.connect(self.painted)
        self._caption = QLabel(textFormat=Qt.TextFormat.PlainText, alignment=Qt.AlignmentFlag.AlignHCenter)
        self._caption.setFont(tabular_font(self.font()))
        self._caption.setToolTip(
            tr("The numbers that it is decoded from, in standard deviations of the prior.")
        )
        self._caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._strip_title = QLabel(tr("Handles"))
        self._strip = QGridLayout()
        self._strip.setSpacing(GRID)
        self._strip.setColumnStretch(_STRIP_COLUMNS, 1)
        beside = QWidget()
        column = QVBoxLayout(beside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        for widget in (self.jitter, self.nearest, self._strip_title):
            column.addWidget(widget)
        column.addLayout(self._strip)
        column.addStretch(1)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addWidget(self._canvas)
        layout.addWidget(self._caption)
        layout.addWidget(LowArea(beside))
        return page

    def add_tool(self, action: QAction) -> None:
        """Offer an action as a button above the pictures."""
        button = QToolButton(autoRaise=True)
        button.setDefaultAction(action)
        self._tools.addWidget(button)

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
        self._update_squares()
        if handle in self._squares:
            is_square_new = self._is_equal or not is_active
            self._squares[handle].show_image(self._images[handle], is_new=is_square_new)
        if is_active:
            self._show_active(is_new=not self._is_equal)

    def set_active(self, handle: int) -> None:
        """Show this handle large; before its first picture came, the placeholder is shown."""
        self._active = handle
        self._update_squares()
        self._show_active(is_new=False)

    def describe_handle(self, handle: int, name: str, *, is_locked: bool) -> None:
        """Show a name that a person gave a handle, '' for none, and whether it is locked."""
        self._described[handle] = name, is_locked
        if handle in self._squares:
            self._squares[handle].describe(name, is_locked=is_locked)

    def set_equal(self, equal: bool) -> None:
        """Show all handles' pictures equally large, or one large and the others small."""
        if equal != self._is_equal:
            self._is_equal = equal
            self._pages.setCurrentIndex(int(equal))
            self._update_squares(anew=True)

    def remove(self, handle: int) -> None:
        """Forget a handle; unknown ones are fine."""
        for known in (self._images, self._positions, self._described):
            known.pop(handle, None)
        if handle == self._active:
            self._active = min(self._images, default=None)
        self._update_squares()
        self._show_active(is_new=False)

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
        for known in (self._images, self._positions, self._described):
            known.clear()
        self._active = None
        self.nearest.clear()
        self.jitter.clear()
        self._update_squares()
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

    def _update_squares(self, *, anew: bool = False) -> None:
        """One square per handle; in the strip only while there are several."""
        wanted = sorted(self._images) if self._is_equal or len(self._images) > 1 else []
        if anew or wanted != list(self._squares):
            for square in self._squares.values():
                self._strip.removeWidget(square)
                square.hide()
                square.deleteLater()
            self._squares = {handle: self._new_square(handle) for handle in wanted}
            if self._is_equal:
                self._grid.set_squares(list(self._squares.values()))
            else:
                self._fill_strip(list(self._squares.values()))
        self._strip_title.setVisible(bool(wanted))
        for handle, square in self._squares.items():
            square.setChecked(handle == self._active)

    def _fill_strip(self, squares: Sequence[HandleSquare]) -> None:
        for place, square in enumerate(squares):
            square.setFixedSize(_STRIP_SQUARE, _STRIP_SQUARE)
            self._strip.addWidget(square, place // _STRIP_COLUMNS, place % _STRIP_COLUMNS)
            square.show()

    def _new_square(self, handle: int) -> HandleSquare:
        square = HandleSquare(handle, self._grid.inside if self._is_equal else self)
        name, is_locked = self._described.get(handle, ("", False))
        square.describe(name, is_locked=is_locked)
        square.show_image(self._images[handle], is_new=False)
        square.painted.connect(self.painted)
        square.clicked.connect(lambda: self._choose(handle))
        return square

    def _choose(self, handle: int) -> None:
        self.set_active(handle)
        self.handle_chosen.emit(handle)
