"""A line in place instead of a dialog: what happened, what to do next, and a button to put it away."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAccessible, QAccessibleEvent, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from training.language import tr
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import one_line
from vae_desktop.style import GRID, accent, held_out_colour, icon, mix, tinted_icon


@dataclass(frozen=True)
class StripButton:
    """A button beside a message: its text, what it does, and a tooltip."""

    text: str
    clicked: Callable[[], object]
    tip: str = ""


class MessageStrip(PaletteFollower):
    """Hidden until there is something to say. Texts are shown as plain text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._problem = False
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._button = QPushButton()
        self._clicked: Callable[[], object] = self.clear
        self._button.clicked.connect(self._on_clicked)
        self._close = QToolButton()
        self._close.setAutoRaise(True)
        self._close.setAccessibleName(tr("Dismiss this message"))
        self._close.setToolTip(tr("Dismiss"))
        self._close.clicked.connect(self.clear)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID * 3 // 2, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._button, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    @property
    def text(self) -> str:
        """What is shown now, '' when hidden."""
        return self._text.text()

    def show_problem(self, text: str, button: StripButton | None = None) -> None:
        """Show something that went wrong, and maybe a button for what can be done."""
        self._show(text, button, problem=True)

    def show_note(self, text: str, button: StripButton | None = None) -> None:
        """Show something worth knowing that needs nothing done, and maybe a button for what can be done."""
        self._show(text, button, problem=False)

    def clear(self) -> None:
        """Put the message away."""
        self._text.clear()
        self.hide()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A quiet rounded ground in a hint of the message's colour."""
        palette = self.palette()
        colour = held_out_colour(palette) if self._problem else accent(palette)
        ground = palette.color(QPalette.ColorRole.Window)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(mix(ground, colour, 0.45))
        painter.setBrush(mix(ground, colour, 0.13))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def _show(self, text: str, button: StripButton | None, *, problem: bool) -> None:
        text = one_line(text)
        self._problem = problem
        self._text.setText(text)
        self._button.setVisible(button is not None)
        if button is not None:
            self._button.setText(button.text)
            self._button.setToolTip(button.tip)
            self._clicked = button.clicked
        self.setAccessibleName(text)
        self.recolour()
        self.show()
        self.update()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _on_clicked(self) -> None:
        self._clicked()

    def recolour(self) -> None:
        """Load icons in the palette's colours."""
        palette = self.palette()
        colour = held_out_colour(palette) if self._problem else accent(palette)
        sign = tinted_icon("warning" if self._problem else "info", colour, colour)
        self._sign.setPixmap(sign.pixmap(QSize(20, 20), self.devicePixelRatioF()))
        self._close.setIcon(icon("cancel", palette))
