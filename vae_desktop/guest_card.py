"""What is told of one guest beside its pin: the original, its reconstruction, μ and σ."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from vae_desktop.guest_words import numbers_text
from vae_desktop.guests import Guest
from vae_desktop.pixels import to_qimage
from vae_desktop.plane_layers import PlaneColours, area_of, faint
from vae_desktop.plane_view import PlaneView
from vae_desktop.style import GRID, mix, scaled_font

_PICTURE = 96.0
_GAP = 8.0
_MARGIN = 10.0
_WIDTH = 2 * _PICTURE + _GAP + 2 * _MARGIN
_WRAPPED = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap


def draw_card(
    painter: QPainter,
    view: PlaneView,
    colours: PlaneColours,
    guest: Guest,
    *,
    pin: QRectF,
    spare: Sequence[QPointF],
    comparison: str,
) -> None:
    """Draw the card beside a pin, within the plane; a picture that is not encoded has none.

    Args:
        pin: the head of the guest's pin.
        spare: places that it does not cover if there is another one for it.
        comparison: how well it is reconstructed; '' for nothing.
    """
    encoded = guest.encoded
    if encoded is None:
        return
    painter.save()
    metrics = QFontMetricsF(painter.font())
    line = metrics.height()
    told = f"μ  {numbers_text(encoded.mean)}\nσ  {numbers_text(encoded.sigma)}"
    told += f"\n{comparison}" if comparison else ""
    inner = _WIDTH - 2 * _MARGIN
    text_height = metrics.boundingRect(QRectF(0, 0, inner, 1e4), int(_WRAPPED), told).height()
    height = 2 * _MARGIN + line + 4 + _PICTURE + line + 6 + text_height
    card = _beside(pin, QSizeF(_WIDTH, height), view, spare)
    painter.setPen(QPen(mix(colours.text, colours.ground, 0.75), 1))
    painter.setBrush(faint(colours.ground, 0.97))
    painter.drawRoundedRect(card, 6, 6)
    left, top = card.left() + _MARGIN, card.top() + _MARGIN
    plain = painter.font()
    painter.setFont(scaled_font(plain, 1.0, bold=True))
    painter.setPen(colours.text)
    name = QFontMetricsF(painter.font()).elidedText(guest.name, Qt.TextElideMode.ElideMiddle, inner)
    painter.drawText(QRectF(left, top, inner, line), Qt.AlignmentFlag.AlignVCenter, name)
    painter.setFont(plain)
    top += line + 4
    pair = ((encoded.pixels, "original"), (encoded.reconstruction, "reconstruction"))
    for column, (pixels, caption) in enumerate(pair):
        place = QRectF(left + column * (_PICTURE + _GAP), top, _PICTURE, _PICTURE)
        painter.drawImage(place, to_qimage(pixels))
        painter.setPen(colours.quiet)
        below = QRectF(place.left(), place.bottom() + 1, _PICTURE, line)
        painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, caption)
    painter.setPen(colours.text)
    top += _PICTURE + line + 6
    painter.drawText(QRectF(left, top, inner, text_height + 1), int(_WRAPPED), told)
    painter.restore()


def _beside(pin: QRectF, size: QSizeF, view: PlaneView, spare: Sequence[QPointF]) -> QRectF:
    """Beside a pin, or in a corner: where it is seen whole and hides neither the pin nor anything to spare.

    Where there is no such place, beside the pin as far as there is room.
    """
    room = area_of(view).adjusted(GRID / 2, GRID / 2, -GRID / 2, -GRID / 2)
    right = QPointF(pin.right() + GRID, pin.top())
    left = QPointF(pin.left() - GRID - size.width(), pin.top())
    below = QPointF(pin.center().x() - size.width() / 2, pin.bottom() + 4 * GRID)
    above = QPointF(below.x(), pin.top() - GRID - size.height())
    far_right, far_down = room.right() - size.width(), room.bottom() - size.height()
    corners = [QPointF(x, y) for x in (far_right, room.left()) for y in (room.top(), far_down)]
    places = [_within(QRectF(corner, size), room) for corner in (right, left, below, above, *corners)]
    hidden = [pin.adjusted(-1, -1, 1, 1), *(QRectF(at.x() - 12, at.y() - 12, 24, 24) for at in spare)]
    free = (place for place in places if not any(place.intersects(each) for each in hidden))
    return next(free, places[0])


def _within(card: QRectF, room: QRectF) -> QRectF:
    x = max(min(card.left(), room.right() - card.width()), room.left())
    y = max(min(card.top(), room.bottom() - card.height()), room.top())
    return QRectF(QPointF(x, y), card.size())
