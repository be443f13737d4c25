"""A part of a panel that scrolls where a low window has no room for all of it."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

_LOWEST = 72


class LowArea(QScrollArea):
    """As high as what is in it, if there is room.

    Args:
        content: what is shown; as wide as the area.
    """

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidgetResizable(True)
        self._content, self._known = content, QSize()
        self.setWidget(content)
        content.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask for another height when the content does."""
        if event.type() == QEvent.Type.LayoutRequest and self._known != self._content.sizeHint():
            self._known = self._content.sizeHint()
            self.updateGeometry()
        return super().eventFilter(watched, event)

    def sizeHint(self) -> QSize:
        """That of the content."""
        return self._content.sizeHint()

    def minimumSizeHint(self) -> QSize:
        """As narrow as the content with a scroll bar; low."""
        bar = self.verticalScrollBar().sizeHint().width()
        content = self._content.minimumSizeHint()
        return QSize(content.width() + bar, min(content.height(), _LOWEST))
