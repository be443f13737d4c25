"""From the pictures of the training side (NumPy arrays) to the pictures of the window (QImage)."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage


def tiles_to_qimage(tiles: NDArray[np.uint8]) -> QImage:
    """Abutting tiles, uint8 [rows, columns, S, S, C], row 0 at the top, as one picture to draw quickly."""
    rows, columns, height, width, channels = tiles.shape
    whole = tiles.transpose(0, 2, 1, 3, 4).reshape(rows * height, columns * width, channels)
    return to_qimage(whole).convertToFormat(QImage.Format.Format_RGB32)


def from_qimage(image: QImage) -> NDArray[np.uint8]:
    """The pixels of an opaque QImage, uint8 [height, width, 3]."""
    plain = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()


def to_qimage(pixels: NDArray[np.uint8]) -> QImage:
    """A QImage that owns its memory.

    Args:
        pixels: uint8 [height, width, C], C = 1 (grey) or 3 (red, green, blue).

    Raises:
        ValueError: the shape or the type is another one.
    """
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (1, 3) or 0 in pixels.shape:
        raise ValueError(f"expected uint8 [height, width, 1 or 3], got {pixels.dtype} {list(pixels.shape)}")
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    packed = np.ascontiguousarray(pixels)
    # The stride is given because QImage would otherwise expect rows padded to four bytes; copy() because
    # QImage only borrows the array.
    return QImage(packed.data, width, height, width * channels, kind).copy()
