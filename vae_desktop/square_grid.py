"""Equal squares in a grid, as large as all of them fit."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from vae_desktop.style import GRID

_GAP = GRID
_SMALLEST = 96  # pixels; where they would be smaller, one scrolls


def best_fit(count: int, width: int, height: int) -> tuple[int, int]:
    """Columns and side of equal squares that are as large as ``count`` of them fit.

    At least :data:`_SMALLEST` pixels, and then more may be needed than the height.
    """
    count = max(count, 1)
    fits = [
        (min((width + _GAP) // columns, (height + _GAP) // math.ceil(count / columns)) - _GAP, columns)
        for columns in range(1, count + 1)
    ]
    side, columns = max(fits)
    if side < _SMALLEST:
        columns = max((width + _GAP) // (_SMALLEST + _GAP), 1)
        side = min((width + _GAP) // columns - _GAP, max(width, 1))
    return columns, max(side, 1)


class SquareGrid(QScrollArea):
    """Widgets as equal squares; with many of them, one scrolls."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self._squares: list[QWidget] = []
        self._inside = QWidget()
        self.setWidget(self._inside)

    @property
    def inside(self) -> QWidget:
        """The parent of the squares."""
        return self._inside

    def set_squares(self, squares: Sequence[QWidget]) -> None:
        """Show these, children of :attr:`inside`, row by row."""
        self._squares = list(squares)
        for square in self._squares:
            square.show()
        self._arrange()

    def sizeHint(self) -> QSize:
        """A large square."""
        return QSize(296, 296)

    def minimumSizeHint(self) -> QSize:
        """One of the smallest."""
        return QSize(_SMALLEST + 2 * GRID, _SMALLEST)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fill the new size."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        area = self.maximumViewportSize()
        columns, side = best_fit(len(self._squares), area.width(), area.height())
        rows = math.ceil(len(self._squares) / columns)
        if rows * (side + _GAP) - _GAP > area.height():
            bar = self.verticalScrollBar().sizeHint().width()
            side = max(min(side, (area.width() - bar + _GAP) // columns - _GAP), 1)
        for place, square in enumerate(self._squares):
            row, column = divmod(place, columns)
            square.setGeometry(column * (side + _GAP), row * (side + _GAP), side, side)
        wide, high = columns * (side + _GAP) - _GAP, rows * (side + _GAP) - _GAP
        self._inside.resize(max(wide, 0), max(high, 0))
