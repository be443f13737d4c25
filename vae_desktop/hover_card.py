"""A small card beside the pointer: a picture, what the program draws in its place, and some words."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QImage, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from vae_desktop.picture_canvas import draw_picture
from vae_desktop.plain_words import one_line
from vae_desktop.style import GRID, hairline, mix, quiet_text, scaled_font, tabular_font

_SIDES = (96.0, 56.0)  # of a picture; the smaller one where the larger one has no room
_APART = 18.0  # from the pointer, so that its arrow does not cover the card
_WIDEST = 300.0


@dataclass(frozen=True, eq=False)
class CardContent:
    """What stands on a card.

    Attributes:
        title: the first line.
        lines: those below it.
        pictures: (caption, picture) from left to right; the place of one that is None is kept for it.
    """

    title: str
    lines: Sequence[str]
    pictures: Sequence[tuple[str, QImage | None]]


class HoverCard(QWidget):
    """Lies over another widget and never outside it; the pointer goes through it.

    Args:
        parent: what it lies over.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._over = parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._content = CardContent("", (), ())
        self._side = _SIDES[0]
        self.hide()

    @property
    def content(self) -> CardContent:
        """What stands on it."""
        return self._content

    def show_content(self, content: CardContent, pointer: QPointF) -> None:
        """Show something beside the pointer; not at all where there is no room."""
        self._content = content
        self.setAccessibleName(one_line(content.title))
        self.follow(pointer)
        self.update()

    def follow(self, pointer: QPointF) -> None:
        """Stay beside the pointer, which is told in pixels of the parent."""
        room = QRectF(self._over.rect()).adjusted(2, 2, -2, -2)
        for side in _SIDES:
            size = self._size(side, room.width() - 2 * GRID)
            place = _beside(pointer, size, room)
            if place is not None:
                self._side = side
                self.setGeometry(QRectF(place, size).toAlignedRect())
                self.show()
                self.raise_()
                return
        self.hide()

    def _fonts(self) -> tuple[QFont, QFont]:
        small = tabular_font(scaled_font(self.font(), 0.9))
        return scaled_font(small, 1.0, bold=True), small

    def _size(self, side: float, widest: float) -> QSizeF:
        bold, small = self._fonts()
        title, text = QFontMetricsF(bold), QFontMetricsF(small)
        words = [title.horizontalAdvance(one_line(self._content.title))]
        words += [text.horizontalAdvance(one_line(line)) for line in self._content.lines]
        pictures = len(self._content.pictures)
        # Whole pixels, as the widget has them: nothing is to be broken otherwise once it is painted.
        inner = math.ceil(max(pictures * (side + GRID) - GRID, min(max(words), _WIDEST, widest)))
        height = title.height() + text.height() * len(self._rows(text, inner)) + 2 * GRID + 4
        if pictures:
            height += side + text.height() + GRID
        return QSizeF(inner + 2 * GRID, height)

    def _rows(self, metrics: QFontMetricsF, width: float) -> list[str]:
        """The lines below the title, broken where they are too long."""
        return [row for line in self._content.lines for row in _broken(one_line(line), metrics, width)]

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        palette = self.palette()
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(hairline(palette), 1))
            painter.setBrush(palette.color(QPalette.ColorRole.Base))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 5, 5)
            self._paint_words(painter, self._paint_pictures(painter, float(GRID)))

    def _paint_pictures(self, painter: QPainter, top: float) -> float:
        """Paint them from some height on; tells the height below them."""
        if not self._content.pictures:
            return top
        palette, (_, small) = self.palette(), self._fonts()
        painter.setFont(small)
        line = painter.fontMetrics().height()
        for place, (caption, picture) in enumerate(self._content.pictures):
            frame = QRectF(GRID + place * (self._side + GRID), top, self._side, self._side)
            if picture is None:
                base, text = QPalette.ColorRole.Base, QPalette.ColorRole.Text
                painter.fillRect(frame, mix(palette.color(base), palette.color(text), 0.09))
            else:
                draw_picture(painter, frame, picture)
            painter.setPen(quiet_text(palette))
            below = QRectF(frame.left(), frame.bottom(), frame.width(), line + 2)
            painter.drawText(below, Qt.AlignmentFlag.AlignCenter, caption)
        return top + self._side + line + GRID

    def _paint_words(self, painter: QPainter, top: float) -> None:
        palette, (bold, small) = self.palette(), self._fonts()
        lines = self._rows(QFontMetricsF(small), self.width() - 2 * GRID)
        rows = [(bold, one_line(self._content.title)), *((small, line) for line in lines)]
        for font, words in rows:
            painter.setFont(font)
            is_title = font is bold
            painter.setPen(palette.color(QPalette.ColorRole.Text) if is_title else quiet_text(palette))
            metrics = QFontMetricsF(font)
            row = QRectF(GRID, top, self.width() - 2 * GRID, metrics.height())
            shown = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, row.width())
            painter.drawText(row, Qt.AlignmentFlag.AlignVCenter, shown)
            top += metrics.height() + (2 if is_title else 0)


def _broken(line: str, metrics: QFontMetricsF, width: float) -> list[str]:
    """A line as rows that are no wider than this, as far as its words are not."""
    rows = [""]
    for word in line.split(" "):
        longer = f"{rows[-1]} {word}" if rows[-1] else word
        if rows[-1] and metrics.horizontalAdvance(longer) > width:
            rows.append(word)
        else:
            rows[-1] = longer
    return rows


def _beside(pointer: QPointF, size: QSizeF, room: QRectF) -> QPointF | None:
    """Where a card of a size fits into a room without lying under the pointer; None where it does not."""
    right, below = pointer.x() + _APART, pointer.y() + _APART
    left, above = pointer.x() - _APART - size.width(), pointer.y() - _APART - size.height()
    level = min(max(pointer.y() - size.height() / 2, room.top()), room.bottom() - size.height())
    middle = min(max(pointer.x() - size.width() / 2, room.left()), room.right() - size.width())
    places = [(x, y) for y in (below, above) for x in (right, left)]
    places += [(right, level), (left, level), (middle, below), (middle, above)]
    fitting = (QPointF(x, y) for x, y in places if room.contains(QRectF(QPointF(x, y), size)))
    return next(fitting, None)
