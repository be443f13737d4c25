"""The guests as they are seen: pins at their means, their posteriors, a card for the one that was chosen."""

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QPixmap

from training.plane_basis import PlaneBasis
from training.posteriors import Posteriors
from vae_desktop.guest_card import draw_card
from vae_desktop.guests import Guest, Guests
from vae_desktop.latent_plane import LatentPlane
from vae_desktop.pixels import to_qimage
from vae_desktop.plane_furniture import draw_posterior
from vae_desktop.plane_layers import PlaneColours, area_of
from vae_desktop.plane_overlay import PlaneOverlay, PlaneTool, Spot
from vae_desktop.plane_view import PlaneView

_SIDE = 38.0  # pixels, of a pin's head
_STEM = 9.0  # from its head to the point it stands on
_FRAME = 2.0
_EDGE = 5.0  # around a pin, for its outline
_MOST_POSTERIORS = 12  # of more guests, only the one meant shows its ellipses


class GuestOverlay(PlaneOverlay):
    """Pins whose points are the guests' means.

    Args:
        plane: what it lies over; its view moves where a guest is dragged, and its handles stay in sight.
        guests: what is shown.
        basis: tells which plane through the latent space is seen.
        compare: tells how well a guest is reconstructed, '' where that is not known.
        chosen: told which guest was clicked.
    """

    def __init__(
        self,
        plane: LatentPlane,
        guests: Guests,
        basis: Callable[[], PlaneBasis],
        compare: Callable[[Guest], str],
        chosen: Callable[[int], None],
    ) -> None:
        self._plane, self._guests, self._basis = plane, guests, basis
        self._compare, self._chosen = compare, chosen
        self._pins: dict[int, tuple[object, object, QPixmap]] = {}  # and what each was drawn from
        self._heads: list[tuple[QRectF, int]] = []  # where they were drawn, the topmost last

    def at(self, at: QPointF) -> int:
        """The number of the guest whose pin is at a place of the widget, 0 for none."""
        return next((number for head, number in reversed(self._heads) if head.contains(at)), 0)

    def bring_into_sight(self, number: int) -> None:
        """Move the ground as little as it takes to see a guest's whole pin."""
        place = next((place for guest, place, *_ in self._placed() if guest.number == number), None)
        if place is None:
            return
        view = self._plane.view
        head = _head(QPointF(*view.to_screen(*place)))
        pin, area = head.adjusted(-_EDGE, -_EDGE, _EDGE, _STEM + _EDGE), area_of(view)
        across = max(area.left() - pin.left(), 0.0) + min(area.right() - pin.right(), 0.0)
        down = max(area.top() - pin.top(), 0.0) + min(area.bottom() - pin.bottom(), 0.0)
        if across or down:
            self._plane.set_view(view.panned(across, down))

    def tool_at(self, spot: Spot) -> PlaneTool | None:
        """On a pin, a click chooses it; a drag moves the ground, as everywhere."""
        number = self.at(spot.at)
        return _GuestTool(self._plane, number, self._chosen) if number else None

    def draw(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """Paint the ellipses, and the pins over them."""
        self._heads = []
        shown = self._placed()
        ratio = painter.device().devicePixelRatioF()
        self._forget_pins()
        for guest, place, sigma, angle in shown:
            if self._guests.is_meant(guest) or len(shown) <= _MOST_POSTERIORS:
                draw_posterior(painter, view, place, sigma, angle, colour=colours.guest, colours=colours)
        for guest, place, _sigma, _angle in shown:
            tip = QPointF(*view.to_screen(*place))
            head = _head(tip)
            if head.intersects(area_of(view)):
                painter.drawPixmap(head.topLeft() - QPointF(_EDGE, _EDGE), self._pin(guest, ratio, colours))
                self._heads.append((head.adjusted(0, 0, 0, _STEM), guest.number))

    def draw_above(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """Paint the card of the guest that was chosen."""
        chosen = self._guests.get(self._guests.selected)
        head = next((head for head, number in self._heads if number == self._guests.selected), None)
        if chosen is not None and head is not None:
            handles = [QPointF(*view.to_screen(*place)) for place in self._plane.handles.values()]
            draw_card(
                painter, view, colours, chosen, pin=head, spare=handles, comparison=self._compare(chosen)
            )

    def _placed(self) -> list[tuple[Guest, tuple[float, float], tuple[float, float], float]]:
        """Those that have a place, those meant last: mean, sigmas, by how much the ellipse is turned."""
        basis = self._basis()
        known = [
            (guest, guest.encoded)
            for guest in self._guests
            if guest.encoded is not None and len(guest.encoded.mean) == basis.latent_dim
        ]
        if not known:
            return []
        known.sort(key=lambda each: self._guests.is_meant(each[0]))
        places = basis.on_plane(np.stack([encoded.mean for _, encoded in known])).tolist()
        sigmas, angles = basis.ellipses(Posteriors.joined([encoded.posterior for _, encoded in known]))
        rows = zip(known, places, sigmas.tolist(), angles.tolist(), strict=True)
        return [
            (guest, (place[0], place[1]), (sigma[0], sigma[1]), angle)
            for (guest, _), place, sigma, angle in rows
        ]

    def _pin(self, guest: Guest, ratio: float, colours: PlaneColours) -> QPixmap:
        """A pin, drawn once and copied to wherever it stands: a drag paints them all at every move."""
        state = (guest.number == self._guests.selected, self._guests.is_meant(guest), ratio, colours)
        kept = self._pins.get(guest.number)
        if kept is None or kept[0] is not guest.pixels or kept[1] != state:
            pin = _drawn_pin(guest, colours, is_chosen=state[0], is_meant=state[1], ratio=ratio)
            kept = self._pins[guest.number] = guest.pixels, state, pin
        return kept[2]

    def _forget_pins(self) -> None:
        for number in [number for number in self._pins if self._guests.get(number) is None]:
            del self._pins[number]


def _drawn_pin(
    guest: Guest, colours: PlaneColours, *, is_chosen: bool, is_meant: bool, ratio: float
) -> QPixmap:
    """The pin with its head at (_EDGE, _EDGE)."""
    pin = QPixmap(QSizeF(_SIDE + 2 * _EDGE, _SIDE + _STEM + 2 * _EDGE).toSize() * ratio)
    pin.setDevicePixelRatio(ratio)
    pin.fill(Qt.GlobalColor.transparent)
    head = QRectF(_EDGE, _EDGE, _SIDE, _SIDE)
    middle = head.center().x()
    stem = QPainterPath(QPointF(middle - 6, head.bottom() - 1))
    stem.lineTo(middle, head.bottom() + _STEM)
    stem.lineTo(middle + 6, head.bottom() - 1)
    shape = QPainterPath()
    shape.addRoundedRect(head, 4, 4)
    shape = shape.united(stem)
    with QPainter(pin) as painter:
        painter.setRenderHints(QPainter.RenderHint.SmoothPixmapTransform | QPainter.RenderHint.Antialiasing)
        if is_chosen:
            painter.setPen(QPen(colours.text, 9))
            painter.drawPath(shape)
        painter.setPen(QPen(colours.ground, 5 if is_meant else 2))
        painter.drawPath(shape)
        painter.fillPath(shape, colours.guest)
        painter.drawImage(head.adjusted(_FRAME, _FRAME, -_FRAME, -_FRAME), to_qimage(guest.pixels))
    return pin


class _GuestTool(PlaneTool):
    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, plane: LatentPlane, number: int, chosen: Callable[[int], None]) -> None:
        self._plane, self._number, self._chosen = plane, number, chosen
        self._last = QPointF()

    def press(self, spot: Spot) -> None:
        """Remember where."""
        self._last = spot.at

    def drag(self, spot: Spot) -> None:
        """Move the ground along: where a guest lies is not for the hand to say."""
        step, self._last = spot.at - self._last, spot.at
        self._plane.set_view(self._plane.view.panned(step.x(), step.y()))

    def release(self, spot: Spot, *, is_click: bool) -> None:
        """Choose the guest."""
        del spot
        if is_click:
            self._chosen(self._number)


def _head(tip: QPointF) -> QRectF:
    return QRectF(tip.x() - _SIDE / 2, tip.y() - _STEM - _SIDE, _SIDE, _SIDE)
