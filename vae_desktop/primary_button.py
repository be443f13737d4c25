"""The one button of a state that stands out, in the accent colour."""

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QPushButton, QWidget

from vae_desktop.style import GRID, accent, mix, text_on_accent, tinted_icon

_ICON = 20
_RADIUS = 4


class PrimaryButton(QPushButton):
    """A push button in the accent colour.

    It draws itself: styles shade a coloured button until its text can no longer be read well.
    """

    def __init__(self, text: str, icon_name: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self._icon_name = icon_name
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setMinimumHeight(36)

    def set_role(self, text: str, icon_name: str) -> None:
        """Change what the button says and shows."""
        self._icon_name = icon_name
        self.setText(text)
        self.update()

    def sizeHint(self) -> QSize:
        """Icon, text and room around them."""
        width = self.fontMetrics().horizontalAdvance(self._label()) + _ICON + GRID * 6
        return QSize(width, max(36, self.fontMetrics().height() + 2 * GRID))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A flat rounded ground, the icon and the text side by side in the middle."""
        ground, text = self._colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        area = self.rect().toRectF().adjusted(1, 1, -1, -1)
        painter.drawRoundedRect(area, _RADIUS, _RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(text, 1))
            painter.drawRoundedRect(area.adjusted(2.5, 2.5, -2.5, -2.5), _RADIUS - 1, _RADIUS - 1)
        label = self._label()
        width = self.fontMetrics().horizontalAdvance(label)
        left = (self.width() - width - _ICON - GRID) // 2
        sign = tinted_icon(self._icon_name, text, text)
        sign.paint(painter, QRect(left, (self.height() - _ICON) // 2, _ICON, _ICON))
        painter.setPen(text)
        place = QRect(left + _ICON + GRID, 0, width + 1, self.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, label)

    def _label(self) -> str:
        return self.text().replace("&", "")

    def _colours(self) -> tuple[QColor, QColor]:
        palette = self.palette()
        window, words = palette.color(QPalette.ColorRole.Window), palette.color(QPalette.ColorRole.WindowText)
        if not self.isEnabled():
            active = palette.color(QPalette.ColorGroup.Active, QPalette.ColorRole.WindowText)
            return mix(window, active, 0.1), mix(window, active, 0.5)
        colour = accent(palette)
        if self.isDown():
            return mix(colour, words, 0.25), text_on_accent(palette)
        return mix(colour, words, 0.1) if self.underMouse() else colour, text_on_accent(palette)
