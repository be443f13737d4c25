"""In place of the library for a model without pictures: what it draws, what it is, how to go on with it."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QFrame, QPushButton, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from training.language import mark, tr
from vae_desktop.labels import QuietLabel
from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import one_line, tooltip_text
from vae_desktop.style import GRID, hairline

_LARGEST_PREVIEW = 320
_RADIUS = 6
_OPENING = mark("Opening the model…")
_WITHOUT_PICTURES = mark("This model came without its pictures. The dots on the plane show where they lie.")
_CONTINUE_HELP = mark("Choose a folder of pictures; the training begins with what this model has learned")


class SharedCard(QScrollArea):
    """A preview, some facts and a button; scrolls where the panel is low."""

    continue_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._preview = _Preview()
        self._words = QuietLabel()
        self._facts = QVBoxLayout()
        self._facts.setSpacing(GRID // 2)
        self._continue = QPushButton(tr("Continue with pictures…"))
        self._continue.setMinimumHeight(32)
        self._continue.setToolTip(tr(_CONTINUE_HELP))
        self._continue.setAccessibleDescription(tr(_CONTINUE_HELP))
        self._continue.clicked.connect(self.continue_requested)
        page = QWidget()
        layout = QVBoxLayout(page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID * 3 // 2)
        layout.addWidget(self._preview)
        layout.addWidget(self._words)
        layout.addLayout(self._facts)
        layout.addWidget(self._continue)
        layout.addStretch(1)
        self.setWidget(page)
        self.show_opening()

    def show_opening(self) -> None:
        """Show that a model is being read."""
        self._preview.show_image(None)
        self._show_words(tr(_OPENING), [])

    def show_model(self, preview: NDArray[np.uint8], facts: Sequence[tuple[str, str]]) -> None:
        """Show a model.

        Args:
            preview: some of its decodings in one picture, uint8 [h, w, 3].
            facts: (line, tooltip) each; they may come from anyone.
        """
        self._preview.show_image(to_qimage(preview))
        self._show_words(tr(_WITHOUT_PICTURES), facts)

    def _show_words(self, words: str, facts: Sequence[tuple[str, str]]) -> None:
        self._words.setText(words)
        while (item := self._facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for text, tip in facts:
            label = QuietLabel(one_line(text))
            label.setToolTip(tooltip_text(tip))
            self._facts.addWidget(label)
        self._continue.setVisible(bool(facts))


class _Preview(QWidget):
    """A picture as wide as the panel, with rounded corners; a quiet frame while there is none."""

    def __init__(self) -> None:
        super().__init__()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMaximumSize(_LARGEST_PREVIEW, _LARGEST_PREVIEW)
        self.setAccessibleName(tr("What the model draws"))
        self._image: QImage | None = None

    def show_image(self, image: QImage | None) -> None:
        self._image = image
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        return min(width, _LARGEST_PREVIEW)

    def sizeHint(self) -> QSize:
        return QSize(224, 224)

    def paintEvent(self, _event: QPaintEvent) -> None:
        area = self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5)
        side = min(area.width(), area.height())
        square = QRectF(area.left(), area.top(), side, side)
        corners = QPainterPath()
        corners.addRoundedRect(square, _RADIUS, _RADIUS)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            if self._image is not None:
                painter.setClipPath(corners)
                painter.drawImage(square, self._image)
                painter.setClipping(False)
            painter.setPen(hairline(self.palette()))
            painter.drawPath(corners)
