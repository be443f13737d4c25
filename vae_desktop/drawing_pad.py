"""The drawing pad: a sheet, the brush's settings, and beside it what the model makes of the drawing."""

from PySide6.QtCore import QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from training.language import tr
from vae_desktop.drawing import Drawing
from vae_desktop.drawing_canvas import DrawingCanvas
from vae_desktop.encode_queue import Encoded
from vae_desktop.guest_words import numbers_text
from vae_desktop.picture_canvas import draw_picture
from vae_desktop.pixels import to_qimage
from vae_desktop.style import GRID, hairline, icon, quiet_text, tabular_font

_TELL_MS = 15  # between two states of a stroke that are encoded
_STEPS = 4  # of the brush's slider, for one pixel of the model's picture
_USUAL_BRUSH = 1 / 11  # of the picture's side: the strokes of handwritten digits


class _Reconstruction(QWidget):
    """What a drawing is reconstructed as, as a square; empty before there is anything."""

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Reconstruction of the drawing"))
        self._encoded: Encoded | None = None

    def sizeHint(self) -> QSize:
        """As large as the sheet."""
        return QSize(320, 320)

    def minimumSizeHint(self) -> QSize:
        """Like the sheet's."""
        return QSize(160, 160)

    def show_encoded(self, encoded: Encoded | None) -> None:
        """Show what became of the drawing."""
        self._encoded = encoded
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the picture, or say that there will be one."""
        with QPainter(self) as painter:
            side = min(self.width(), self.height())
            area = QRectF((self.width() - side) / 2, 0, side, side)
            if self._encoded is not None:
                draw_picture(painter, area, to_qimage(self._encoded.reconstruction))
                return
            painter.setPen(hairline(self.palette()))
            painter.drawRect(area.adjusted(0.5, 0.5, -0.5, -0.5))
            painter.setPen(quiet_text(self.palette()))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(area, flags, tr("Draw something on the left."))


class DrawingPad(QDialog):
    """A window beside the plane that stays open while the plane is used.

    Args:
        size: S, of the model's pictures in pixels.
        white_on_black: what is drawn on, to begin with.
    """

    drawn = Signal(object)  # uint8 [S, S, 1], at every change; None once nothing is drawn any more
    kept = Signal()  # the drawing is to stay as it is, and another one begins

    def __init__(self, size: int, *, white_on_black: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Draw a picture"))
        self.canvas = DrawingCanvas(Drawing(size, white_on_black=white_on_black))
        self._reconstruction = _Reconstruction()
        self._numbers = QLabel(textFormat=Qt.TextFormat.PlainText)
        self._numbers.setFont(tabular_font(self.font()))
        self._numbers.setToolTip(
            tr("Where the drawing lies on the plane: μ and σ of the normal distribution it is encoded as.")
        )
        self._tell = QTimer(self, singleShot=True, interval=_TELL_MS)
        self._tell.timeout.connect(self._tell_drawn)
        self.canvas.changed.connect(self._on_changed)
        self._build(size, white_on_black=white_on_black)
        self._load_icons()
        self._show_possible()
        self.canvas.setFocus()

    def show_encoded(self, encoded: Encoded) -> None:
        """Show what became of the drawing."""
        if not self.canvas.drawing.is_blank:
            self._reconstruction.show_encoded(encoded)
            self._numbers.setText(f"μ  {numbers_text(encoded.mean)}     σ  {numbers_text(encoded.sigma)}")

    def _build(self, size: int, *, white_on_black: bool) -> None:
        self._brush = self._choice("brush", tr("Brush (B)"), "B")
        self._eraser = self._choice("eraser", tr("Eraser (E); the right mouse button erases, too"), "E")
        undo_key = QKeySequence.StandardKey.Undo
        self._undo = self._button("undo", tr("Undo the last stroke"), undo_key, self._on_undo)
        self._clear = self._button("delete", tr("Clear the sheet"), "Ctrl+Backspace", self._on_clear)
        tools = QActionGroup(self)
        for tool in (self._brush, self._eraser):
            tools.addAction(tool)
        self._brush.setChecked(True)
        tools.triggered.connect(lambda _action: self._take_tool())
        width = QSlider(Qt.Orientation.Horizontal)
        width.setRange(_STEPS, _STEPS * size // 3)
        width.setAccessibleName(tr("Width of the brush"))
        width.setToolTip(tr("Width of the brush"))
        width.valueChanged.connect(self._set_brush)
        width.setValue(round(_STEPS * size * _USUAL_BRUSH))
        self._white = QCheckBox(tr("&White on black"))
        self._white.setChecked(white_on_black)
        self._white.setToolTip(tr("Draw in white on a black sheet; at first, as the model's pictures are"))
        self._white.toggled.connect(self._on_turned)
        row = QHBoxLayout()
        row.setSpacing(GRID // 2)
        for action in (self._brush, self._eraser):
            row.addWidget(self._tool_button(action))
        row.addWidget(width, 1)
        row.addSpacing(GRID)
        for action in (self._undo, self._clear):
            row.addWidget(self._tool_button(action))
        row.addSpacing(GRID)
        row.addWidget(self._white)
        self._another = QPushButton(tr("&Keep it and draw another"))
        self._another.setToolTip(tr("The drawing stays on the plane, and a new sheet begins"))
        self._another.setAutoDefault(False)
        self._another.clicked.connect(self._on_another)
        below = QHBoxLayout()
        below.addWidget(self._numbers, 1)
        below.addWidget(self._another)
        sheets = QGridLayout()
        sheets.setHorizontalSpacing(2 * GRID)
        for column, (widget, title) in enumerate(
            ((self.canvas, tr("Your drawing")), (self._reconstruction, tr("Its reconstruction")))
        ):
            sheets.addWidget(QLabel(title), 0, column)
            sheets.addWidget(widget, 1, column)
            sheets.setColumnStretch(column, 1)
        sheets.setRowStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addLayout(row)
        layout.addLayout(sheets, 1)
        layout.addLayout(below)

    def _choice(self, name: str, tip: str, key: str) -> QAction:
        action = QAction(name.capitalize(), self, checkable=True, toolTip=tip, shortcut=QKeySequence(key))
        self.addAction(action)
        return action

    def _button(self, name: str, tip: str, key: QKeySequence.StandardKey | str, slot: object) -> QAction:
        action = QAction(name.capitalize(), self, shortcut=QKeySequence(key))
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{tip} ({keys})")
        action.triggered.connect(slot)
        self.addAction(action)
        return action

    def _tool_button(self, action: QAction) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setIconSize(QSize(20, 20))
        button.setAutoRaise(True)
        button.setAccessibleName(action.toolTip())
        return button

    def _load_icons(self) -> None:
        actions = {"draw": self._brush, "eraser": self._eraser, "undo": self._undo, "delete": self._clear}
        for name, action in actions.items():
            action.setIcon(icon(name, self.palette()))

    # ------------------------------------------------------------------ what is done with it

    def _set_brush(self, steps: int) -> None:
        self.canvas.brush = steps / _STEPS
        self.canvas.update()

    def _take_tool(self) -> None:
        self.canvas.erases = self._eraser.isChecked()

    def _on_changed(self) -> None:
        self._show_possible()
        if not self._tell.isActive():  # not start(): a stroke that goes on would never be told
            self._tell.start()

    def _tell_drawn(self) -> None:
        drawing = self.canvas.drawing
        if drawing.is_blank:
            self._show_nothing()
            self.drawn.emit(None)
        else:
            self.drawn.emit(drawing.pixels())

    def _on_undo(self) -> None:
        self.canvas.drawing.undo()
        self.canvas.update()
        self._on_changed()

    def _on_clear(self) -> None:
        self.canvas.drawing.clear()
        self.canvas.update()
        self._on_changed()

    def _on_turned(self, white_on_black: bool) -> None:
        self.canvas.drawing.turn(white_on_black=white_on_black)
        self.canvas.update()
        self._on_changed()

    def _on_another(self) -> None:
        self._tell.stop()
        self._tell_drawn()
        self.kept.emit()
        drawing = self.canvas.drawing
        self.canvas.drawing = Drawing(drawing.size, white_on_black=drawing.white_on_black)
        self._show_nothing()
        self._show_possible()
        self.canvas.update()
        self.canvas.setFocus()

    def _show_nothing(self) -> None:
        self._reconstruction.show_encoded(None)
        self._numbers.clear()

    def _show_possible(self) -> None:
        drawing = self.canvas.drawing
        self._undo.setEnabled(drawing.can_undo)
        for widget in (self._clear, self._another):
            widget.setEnabled(not drawing.is_blank)
