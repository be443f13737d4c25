"""Small maps of a study's objectives: what each draws over the prior, and where it has holes."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QListView, QListWidget, QListWidgetItem, QWidget

from training.language import tr
from training.objectives import OBJECTIVES
from training.study_pictures import hole_picture
from training.study_report import Report
from training.twin_order import title_of
from vae_desktop.plain_words import tooltip_text
from vae_desktop.style import GRID

_SIDE = 168
_PAIR = QSize(2 * _SIDE + GRID, _SIDE)


class StudyPlanes(QListWidget):
    """A pair of pictures for each objective."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setIconSize(_PAIR)
        self.setSpacing(GRID)
        self.setAccessibleName(tr("The planes of the objectives"))

    def show_report(self, report: Report) -> None:
        """Show the pictures that a study kept."""
        self.clear()
        for arm in report.findings.arms:
            images = [report.planes.get(arm), None]
            if arm in report.holes:
                images[1] = hole_picture(report.holes[arm])
            if any(images):
                item = QListWidgetItem(QIcon(_pair(images)), title_of(arm))
                item.setToolTip(tooltip_text(tr(OBJECTIVES[arm].meaning)))
                item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, tr(OBJECTIVES[arm].meaning))
                self.addItem(item)


def _pair(images: list[bytes | None]) -> QPixmap:
    scale = 2  # sharp on dense screens, too
    whole = QPixmap(_PAIR * scale)
    whole.fill(Qt.GlobalColor.transparent)
    with QPainter(whole) as painter:
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for number, image in enumerate(images):
            picture = QPixmap()
            if image is not None and picture.loadFromData(image):
                place = QRectF(number * (_SIDE + GRID) * scale, 0, _SIDE * scale, _SIDE * scale)
                painter.drawPixmap(place, picture, QRectF(picture.rect()))
    whole.setDevicePixelRatio(scale)
    return whole
