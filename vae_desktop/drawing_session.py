"""Joins the drawing pad to the guests: what is drawn is one of them at once, and moves as it changes."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPoint, QRect, QSize

from training.image_format import ImageFormat
from training.language import mark, tr
from training.pixel_store import evenly
from vae_desktop.drawing import is_white_on_black
from vae_desktop.drawing_pad import DrawingPad
from vae_desktop.encode_queue import Encoded
from vae_desktop.guest_words import full_text
from vae_desktop.guests import Guest
from vae_desktop.guests_session import GuestsSession
from vae_desktop.plane_session import PlaneSession

_LOOKED_AT = 64  # pictures, to tell on what ground the project's are
_USUAL_TIP = mark("Draw with the mouse or a pen, and see where the picture lies and what becomes of it")
_NO_MODEL_TIP = mark("Draw a picture, once a model has been trained")
_COLOUR_TIP = mark("Drawing is for models of grey pictures, and this one's are in colour")


def place_beside(window: QRect, size: QSize, screen: QRect) -> QPoint:
    """Where a pad leaves a window's middle free: beside it, else over its lower left corner."""
    top = max(min(window.bottom(), screen.bottom()) + 1 - size.height(), screen.top())
    for left in (window.right() + 1, window.left() - size.width()):
        if screen.left() <= left <= screen.right() + 1 - size.width():
            return QPoint(left, top)
    return QPoint(max(min(window.left(), screen.right() + 1 - size.width()), screen.left()), top)


class DrawingSession(QObject):
    """At most one pad is open, for the model that is shown.

    Args:
        session: its hand and pictures.
        guests: what is drawn becomes one of them.
        model_format: what the pictures of the model that is shown are like; None where there is none.
    """

    def __init__(
        self,
        session: PlaneSession,
        guests: GuestsSession,
        model_format: Callable[[], ImageFormat | None],
    ) -> None:
        super().__init__(session)
        self._session, self._window, self._guests = session, session.window, guests
        self._model_format = model_format
        self._pad: DrawingPad | None = None
        self._size = 0  # of the pad's pictures
        self._guest: Guest | None = None  # what is on the pad
        self._drawn = 0  # so many drawings so far, to tell them apart
        self._action = session.window.action("draw_picture")
        self._action.triggered.connect(self.open)
        guests.encoded.connect(self._on_encoded)
        session.closing.connect(self._close)
        session.engine.network_changed.connect(self._on_model_changed)
        session.window.state_changed.connect(self._on_model_changed)
        self._on_model_changed()

    def open(self) -> None:
        """Show the pad, a new one unless it is open already."""
        image_format = self._model_format()
        if image_format is None or image_format.channels != 1:
            return
        if self._pad is None:
            self._size = image_format.size
            pad = DrawingPad(image_format.size, white_on_black=self._is_white_on_black(), parent=self._window)
            pad.drawn.connect(self._on_drawn)
            pad.kept.connect(self._on_kept)
            pad.finished.connect(self._on_finished)
            # Before it is shown, or the system would put it over the middle of the plane.
            frame, screen = self._window.frameGeometry(), self._window.screen().availableGeometry()
            borders = frame.size() - self._window.size()
            pad.move(place_beside(frame, pad.sizeHint() + borders, screen))
            self._pad = pad
        self._pad.show()
        self._pad.raise_()
        self._pad.activateWindow()

    def _on_model_changed(self) -> None:
        """Offer the pad where it is of use; an open one that draws for another model is closed."""
        image_format = self._model_format() if self._window.state.has_model else None
        is_grey = image_format is not None and image_format.channels == 1
        tip = tr(_NO_MODEL_TIP if image_format is None else _USUAL_TIP if is_grey else _COLOUR_TIP)
        self._action.setEnabled(is_grey)
        self._action.setStatusTip(tip)
        self._action.setToolTip(tip)
        if not is_grey or (image_format is not None and image_format.size != self._size):
            self._close()

    def _close(self) -> None:
        if self._pad is not None:
            self._pad.close()

    def _on_finished(self) -> None:
        if self._pad is not None:
            self._pad.deleteLater()
            self._pad = self._guest = None

    def _is_white_on_black(self) -> bool:
        """Whether the project's pictures have a dark ground; of a model alone, the one under the handle."""
        store = self._session.pictures.store
        if store is not None and len(store):
            numbers = evenly(len(store), _LOOKED_AT)
            return is_white_on_black(np.stack([self._session.pictures.pixels(n) for n in numbers.tolist()]))
        image = self._window.decoding.current_image()
        if image is None:
            return False
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
        return is_white_on_black(rows[None, :, : image.width(), None])

    def _on_drawn(self, pixels: NDArray[np.uint8] | None) -> None:
        self._session.hold_training()
        guest = self._guest
        is_there = guest is not None and guest in self._guests.guests
        if pixels is None:
            if guest is not None and is_there:
                self._guests.forget(guest)
            self._guest = None
        elif guest is not None and is_there:
            self._guests.change(guest, pixels)
        elif self._guests.is_full:
            self._window.show_problem(full_text(1))
        else:
            self._drawn += 1
            self._guest = Guest(
                self._guests.guests.next_number(), tr("Drawing {drawn}", drawn=self._drawn), pixels
            )
            self._guests.add([self._guest])

    def _on_kept(self) -> None:
        self._guest = None

    def _on_encoded(self, encoded: Encoded) -> None:
        if self._pad is not None and self._guest is not None and encoded.key == self._guest.number:
            self._pad.show_encoded(encoded)
