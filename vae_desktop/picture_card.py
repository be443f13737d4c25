"""What is pointed at on the plane, on a card: a picture, how the program draws it, and where it lies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QPointF, QTimer
from PySide6.QtGui import QImage, QMouseEvent

from training.language import tr
from vae_desktop.decode_lane import Decoded
from vae_desktop.hover_card import CardContent, HoverCard
from vae_desktop.pixels import to_qimage
from vae_desktop.plane_overlay import Spot
from vae_desktop.plane_session import Latent, PlaneSession
from vae_desktop.plane_view import signed

CARD_MS = 120  # so long something is pointed at before its card is shown

_HANDLE = -1001  # by this number the decode lane knows the card's picture; those of handles are above 0
_REACH = 10.0  # pixels
_PICTURE = "picture"
_MOST_NUMBERS = 3
_GOES = (
    QEvent.Type.Leave,
    QEvent.Type.Hide,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.Wheel,
    QEvent.Type.KeyPress,
    QEvent.Type.ContextMenu,
)


@dataclass(frozen=True, eq=False)
class Subject:
    """What a card is about.

    Attributes:
        latent: what is decoded for it.
        own: the person's own picture, where it is one of theirs.
        captions: of both.
    """

    title: str
    lines: Sequence[str]
    latent: Latent
    own: QImage | None = None
    captions: tuple[str, str] = ("yours", "decoded")


Found = tuple[tuple[str, int], Callable[[], Subject | None]]
"""What kind of thing is pointed at and which one, and what makes a card of it."""


class PictureCard(QObject):
    """Shows the card of what the pointer rests on; not in a drag.

    Args:
        session: whose plane it is.
    """

    def __init__(self, session: PlaneSession) -> None:
        super().__init__(session)
        self._session, self._plane = session, session.window.plane
        self.card = HoverCard(self._plane)
        self._sources: list[Callable[[Spot], Found | None]] = []
        self._found: Found | None = None
        self._subject: Subject | None = None
        self._pointer = QPointF()
        self._soon = QTimer(self, singleShot=True, interval=CARD_MS)
        self._soon.timeout.connect(self._show)
        self._plane.setMouseTracking(True)
        self._plane.installEventFilter(self)
        self._plane.picture_hovered.connect(self._on_hovered)
        session.shown.connect(self._on_shown)
        session.engine.decoded.connect(self._on_decoded)
        session.closing.connect(self.hide)

    def add_source(self, find: Callable[[Spot], Found | None]) -> None:
        """Ask this, too, what is pointed at; it comes before pictures."""
        self._sources.append(find)

    def hide(self) -> None:
        """Show none until something else is pointed at."""
        self._point_at(None)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the pointer."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._pointer = event.position()
            if event.buttons():
                self.hide()
            else:
                self._look()
                if self._subject is not None:
                    self.card.follow(self._pointer)
        elif event.type() in _GOES:
            self.hide()
        return super().eventFilter(watched, event)

    def _look(self) -> None:
        spot = Spot(self._plane.view, self._pointer, _REACH)
        for find in self._sources:
            found = find(spot)
            if found is not None:
                self._point_at(found)
                return
        picture = self._plane.hovered_picture
        self._point_at(None if picture < 0 else self._picture(picture))

    def _on_hovered(self, picture: int) -> None:
        # Told while the plane looks at the pointer's move, after this filter has.
        if self._found is None or self._found[0][0] == _PICTURE:
            self._point_at(None if picture < 0 else self._picture(picture))

    def _picture(self, number: int) -> Found:
        return (_PICTURE, number), lambda: self._about_picture(number)

    def _point_at(self, found: Found | None) -> None:
        if found is not None and self._found is not None and found[0] == self._found[0]:
            return
        self._found = found
        if self._subject is not None:
            self._subject = None
            self._session.engine.remove_handle(_HANDLE)
        self.card.hide()
        if found is None:
            self._soon.stop()
        else:
            self._soon.start()

    def _show(self) -> None:
        self._subject = None if self._found is None else self._found[1]()
        if self._subject is None:
            self.card.hide()
            return
        self._show_card(None)
        self._session.engine.decode(_HANDLE, self._subject.latent)

    def _show_card(self, drawn: QImage | None) -> None:
        subject = self._subject
        if subject is None:
            return
        pictures = list(zip(subject.captions, (subject.own, drawn), strict=True))
        if subject.own is None:
            del pictures[0]
        self.card.show_content(CardContent(subject.title, subject.lines, pictures), self._pointer)

    def _on_decoded(self, decoded: Decoded) -> None:
        subject = self._subject
        if decoded.handle == _HANDLE and subject is not None and decoded.point == subject.latent:
            self._show_card(to_qimage(decoded.pixels))

    def _on_shown(self) -> None:
        if self._subject is not None:
            self._show()  # it lies elsewhere now

    def _about_picture(self, number: int) -> Subject | None:
        where, pictures = self._session.where, self._session.pictures
        row = where.row_of(number)
        if row is None:
            return None
        mean, sigma = where.means[row].astype(np.float64), where.sigmas[row]
        kind = tr("held out: never learned from") if self._session.is_held_out(number) else tr("learned from")
        own = to_qimage(pictures.pixels(number)) if pictures.store is not None else None
        place = tr("lies at {mean}, give or take {sigma}", mean=_numbers(mean), sigma=_numbers(sigma))
        name = pictures.name(number) or tr("picture {number}", number=number + 1)
        return Subject(name, (place, kind), tuple(mean.tolist()), own)


def _numbers(values: NDArray[np.floating]) -> str:
    """The first latent numbers, in words."""
    shown = tr(", ").join(signed(float(value), 2) for value in values[:_MOST_NUMBERS])
    return f"{shown} …" if len(values) > _MOST_NUMBERS else shown
