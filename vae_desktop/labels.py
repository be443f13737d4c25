"""Labels that never read their text as HTML: one that shortens itself, one for secondary text."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QLabel, QStyle, QWidget

from vae_desktop.plain_words import one_line, tooltip_text
from vae_desktop.style import quiet_text


class ElidedLabel(QLabel):
    """One line that shortens its text in the middle instead of widening the window.

    The tooltip holds the whole of it unless another one is given.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)

    def sizeHint(self) -> QSize:
        """The whole text; a layout may give less."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 2, super().sizeHint().height())

    def show_text(self, text: str, tooltip: str | None = None) -> None:
        """Show a text from anywhere; it is made harmless here."""
        self.setText(one_line(text))
        self.setToolTip(tooltip_text(text if tooltip is None else tooltip))

    def minimumSizeHint(self) -> QSize:
        """As narrow as a few letters."""
        return QSize(self.fontMetrics().averageCharWidth() * 6, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw as much of the text as fits."""
        painter = QPainter(self)
        area = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideMiddle, area.width())
        self.style().drawItemText(
            painter,
            area,
            QStyle.visualAlignment(self.layoutDirection(), self.alignment()).value,
            self.palette(),
            self.isEnabled(),
            shown,
            self.foregroundRole(),
        )


class QuietLabel(QLabel):
    """Secondary text, wrapped, in a weaker colour that follows light and dark."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self._recolour()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the window's palette."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ParentChange):
            self._recolour()

    def _recolour(self) -> None:
        parent = self.parentWidget()
        colour = quiet_text(parent.palette() if parent else QPalette())
        if self.palette().color(QPalette.ColorRole.WindowText) == colour:
            return  # setting it again would call this again
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.WindowText, colour)
        self.setPalette(palette)
