"""A small mosaic of a sample's pictures for its card on the first page."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap

from training.samples import Sample, sample_pictures

COLUMNS, ROWS, SIDE = 10, 3, 64  # twice the size it is shown at, for sharp screens


def sample_mosaic(sample: Sample) -> QPixmap:
    """Pictures spread evenly over the sample, row by row."""
    mosaic = QPixmap(COLUMNS * SIDE, ROWS * SIDE)
    mosaic.fill(QColor("white") if sample.channels == 3 else QColor("black"))
    with QPainter(mosaic) as painter:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for number, png in enumerate(sample_pictures(sample, COLUMNS * ROWS)):
            row, column = divmod(number, COLUMNS)
            place = QRect(column * SIDE, row * SIDE, SIDE, SIDE)
            painter.drawImage(place, QImage.fromData(png), QRect(), Qt.ImageConversionFlag.AutoColor)
    return mosaic
