"""The map of the latent plane: pan and zoom like a map, drag handles, point at pictures."""

import math
from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QCursor,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPen,
    QTouchEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from vae_desktop.handle_plane import HandlePlane
from vae_desktop.plain_words import one_line
from vae_desktop.plane_furniture import draw_label, draw_posterior
from vae_desktop.plane_handles import MOUSE_REACH, TOUCH_REACH, draw_handles
from vae_desktop.plane_layers import area_of
from vae_desktop.plane_scene import PlaneMode

__all__ = ["LatentPlane", "PlaneMode"]

_HOVER_REACH = 8.0  # pixels
_CLICK_SLACK = 4.0  # pixels a hand may tremble during a click
_ZOOM_STEP = 1.25
_WHEEL_STEP = 1.2  # per notch of 120 eighths of a degree
_ARROW_STEP = 0.05  # σ
_COARSE, _FINE = 5.0, 0.2

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}
_TOUCHES = (
    QEvent.Type.TouchBegin,
    QEvent.Type.TouchUpdate,
    QEvent.Type.TouchEnd,
    QEvent.Type.TouchCancel,
)


class _Hold(Enum):
    """What the pressed button or finger is doing."""

    NOTHING = auto()
    UNDECIDED = auto()  # a click, until it moves
    PANNING = auto()
    HANDLE = auto()
    PINCH = auto()


class LatentPlane(HandlePlane):
    """An interactive map of the 2-D latent plane with draggable handles.

    A drag on empty ground pans, wheel and pinch zoom about the pointer, a click places the active handle and
    Ctrl+click adds one. Arrow keys move the active handle by 0.05σ (Shift: five times as far, Alt: a fifth),
    brackets and Page keys choose another, Delete removes it; + − 0 F zoom, reset and fit.

    Every move by the hand is reported as drag_started, handle_moved (any number of times), drag_finished.
    """

    picture_hovered = Signal(int)
    picture_activated = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.setAccessibleName("Latent plane")
        self._hold = _Hold.NOTHING
        self._held_button = Qt.MouseButton.NoButton
        self._adds = False
        self._grab = QPointF()
        self._pressed = QPointF()
        self._last = QPointF()
        self._fingers: tuple[QPointF, QPointF] = (QPointF(), QPointF())
        self._arrows: set[int] = set()
        self._space = False
        self._hovered = -1
        self._hover_text = ""
        self._show_focus = False
        self._keys: dict[int, Callable[[], None]] = {
            Qt.Key.Key_Plus: lambda: self.zoom_by(_ZOOM_STEP),
            Qt.Key.Key_Equal: lambda: self.zoom_by(_ZOOM_STEP),
            Qt.Key.Key_Minus: lambda: self.zoom_by(1 / _ZOOM_STEP),
            Qt.Key.Key_0: self.reset_view,
            Qt.Key.Key_F: self.fit,
            Qt.Key.Key_Delete: self._remove_active,
            Qt.Key.Key_BracketLeft: lambda: self._select_neighbour(-1),
            Qt.Key.Key_PageUp: lambda: self._select_neighbour(-1),
            Qt.Key.Key_BracketRight: lambda: self._select_neighbour(1),
            Qt.Key.Key_PageDown: lambda: self._select_neighbour(1),
        }
        self.view_changed.connect(self._look_again)

    def set_hover_text(self, text: str) -> None:
        """Show a small label beside the pointer until it leaves the picture; line breaks are taken out."""
        self._hover_text = one_line(text)
        self.update()

    def clear(self) -> None:
        """Show the placeholder again; every handle goes, each reported by handle_removed."""
        self._let_go()
        self._hover(-1)
        super().clear()

    def _data_changed(self) -> None:
        super()._data_changed()
        self._look_again()

    def _end_drag(self) -> None:
        self._arrows.clear()
        super()._end_drag()

    def _let_go(self) -> None:
        self._hold = _Hold.NOTHING
        self._end_drag()

    # Mouse and fingers

    def _press(self, at: QPointF, reach: float, *, pans: bool = False, adds: bool = False) -> None:
        if self.is_empty:
            return
        self._end_drag()
        self._hover(-1)
        self._pressed = self._last = at
        self._adds = adds
        number = None if pans else self._handles.at(self._view, at.x(), at.y(), reach)
        if number is not None:
            self._hold = _Hold.HANDLE
            self._grab = QPointF(*self._view.to_screen(*self._handles.positions[number])) - at
            self.select_handle(number)
            self._begin_drag(number)
        else:
            self._hold = _Hold.PANNING if pans else _Hold.UNDECIDED
        self._show_cursor(at)

    def _drag(self, at: QPointF) -> None:
        if self._hold is _Hold.UNDECIDED and _distance(at, self._pressed) > _CLICK_SLACK:
            self._hold = _Hold.PANNING
            self._show_cursor(at)
        if self._hold is _Hold.PANNING:
            step = at - self._last
            self.set_view(self._view.panned(step.x(), step.y()))
            self._last = at
        elif self._hold is _Hold.HANDLE and at != self._last:
            # Kept in sight, so that nobody loses a handle beyond the edge.
            target = at + self._grab
            self._drag_to(*self._view.clamp(*self._view.to_latent(target.x(), target.y())))
            self._last = at

    def _release(self, at: QPointF) -> None:
        is_click = self._hold is _Hold.UNDECIDED and self._view.contains(at.x(), at.y())
        self._let_go()
        if is_click:
            place = self._view.to_latent(at.x(), at.y())
            if self._adds:
                self.add_handle(*place)
            elif self._handles.active is not None:
                self._begin_drag(self._handles.active)
                self._drag_to(*place)
                self._end_drag()
        self._show_cursor(at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grab a handle, or get ready to pan or to place one."""
        middle = event.button() == Qt.MouseButton.MiddleButton
        if self._hold is _Hold.NOTHING and (middle or event.button() == Qt.MouseButton.LeftButton):
            self._held_button = event.button()
            adds = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier) and not middle
            self._press(event.position(), MOUSE_REACH, pans=middle or self._space, adds=adds)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, pan, or look up the picture under the pointer."""
        if self._hold is not _Hold.NOTHING and not event.buttons() & self._held_button:
            self._let_go()  # the release went to another window
        if self._hold is _Hold.NOTHING:
            self._show_cursor(event.position())
            self._hover(self._picture_at(event.position()))
            self._last = event.position()
            if self._hover_text:
                self.update()
        else:
            self._drag(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag; a press that did not move was a click."""
        if event.button() == self._held_button and self._hold is not _Hold.NOTHING:
            self._release(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Open the picture under the pointer; elsewhere it is only a second click."""
        # Even below a handle: the first click has just put one there.
        picture = self._nearest_picture(event.position())
        if event.button() == Qt.MouseButton.LeftButton and picture >= 0:
            self.picture_activated.emit(picture)
        self.mousePressEvent(event)  # a second press may begin a drag, too

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is pointed at any more."""
        super().leaveEvent(event)
        self._hover(-1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer."""
        # With Alt held some systems turn the wheel sideways.
        turn = event.angleDelta().y() or event.angleDelta().x()
        if turn and not self.is_empty:
            self.zoom_by(_WHEEL_STEP ** (turn / 120), event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """Fingers on a screen and on a touch pad; the rest as usual."""
        if isinstance(event, QTouchEvent) and event.type() in _TOUCHES:
            self._touch(event)
            event.accept()
            return True
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture and not self.is_empty:
                self.zoom_by(max(1 + event.value(), 0.1), event.position())
            return True
        return super().event(event)

    def _touch(self, event: QTouchEvent) -> None:
        lifted = event.type() == QEvent.Type.TouchEnd
        down = [point.position() for point in event.points()]
        if event.type() == QEvent.Type.TouchCancel:
            self._let_go()
        elif len(down) >= 2 and not lifted:
            self._pinch(down[0], down[1])
        elif event.type() == QEvent.Type.TouchBegin:
            self._press(down[0], TOUCH_REACH)
        elif lifted:
            # The rest of a pinch is no click.
            if self._hold is not _Hold.NOTHING:
                self._release(down[0])
        else:
            self._drag(down[0])

    def _pinch(self, first: QPointF, second: QPointF) -> None:
        if self.is_empty:
            return
        if self._hold is not _Hold.PINCH:
            self._let_go()
            self._hold = _Hold.PINCH
        else:
            before, after = sum(self._fingers, QPointF()) / 2, (first + second) / 2
            factor = max(_distance(first, second), 1.0) / max(_distance(*self._fingers), 1.0)
            shift = after - before
            view = self._view.zoomed(factor, before.x(), before.y())
            self.set_view(view.panned(shift.x(), shift.y()))
        self._fingers = (first, second)

    def _picture_at(self, at: QPointF) -> int:
        on_handle = self._handles.at(self._view, at.x(), at.y(), MOUSE_REACH) is not None
        return -1 if on_handle else self._nearest_picture(at)

    def _nearest_picture(self, at: QPointF) -> int:
        if self._scene.mode is PlaneMode.TILES or not self._view.contains(at.x(), at.y()):
            return -1
        if self._scene.shows_thumbnails:
            found = self._scene.thumbnails.at(at.x(), at.y())
            return -1 if found is None else found
        z1, z2 = self._view.to_latent(at.x(), at.y())
        row = self._scene.cloud.nearest(z1, z2, _HOVER_REACH / self._view.scale)
        return -1 if row is None else int(self._scene.cloud.indices[row])

    def _look_again(self) -> None:
        """What was pointed at may no longer lie under the pointer."""
        if self._hovered >= 0:
            self._hover(self._picture_at(self._last))

    def _hover(self, picture: int) -> None:
        if picture != self._hovered:
            self._hovered = picture
            self._hover_text = ""
            self.update()
            self.picture_hovered.emit(picture)

    def _show_cursor(self, at: QPointF) -> None:
        over = self._handles.at(self._view, at.x(), at.y(), MOUSE_REACH) is not None
        shape = Qt.CursorShape.OpenHandCursor if over or self._space else Qt.CursorShape.ArrowCursor
        if self._hold in (_Hold.HANDLE, _Hold.PANNING):
            shape = Qt.CursorShape.ClosedHandCursor
        if self.cursor().shape() != shape:
            self.setCursor(QCursor(shape))

    # Keys and focus

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the active handle, choose another one, zoom."""
        key, modifiers = event.key(), event.modifiers()
        if self.is_empty or modifiers & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        elif key in _ARROWS:
            self._arrow(key, modifiers)
        elif key == Qt.Key.Key_Space:
            self._space = True
            self._show_cursor(self._last)
        elif key in self._keys:
            self._keys[key]()
        else:
            super().keyPressEvent(event)

    def _arrow(self, key: int, modifiers: Qt.KeyboardModifier) -> None:
        if self._handles.active is None or self._hold is _Hold.HANDLE:
            return
        if not self._arrows:
            self._begin_drag(self._handles.active)
        self._arrows.add(key)
        step = _ARROW_STEP
        step *= _COARSE if modifiers & Qt.KeyboardModifier.ShiftModifier else 1.0
        step *= _FINE if modifiers & Qt.KeyboardModifier.AltModifier else 1.0
        z1, z2 = self._handles.positions[self._handles.active]
        right, up = _ARROWS[Qt.Key(key)]
        target = (z1 + right * step, z2 + up * step)
        self._drag_to(*target)
        seen = self._view.clamp(*target)
        if seen != target:  # follow the handle out of sight
            scale = self._view.scale
            self.set_view(self._view.panned((seen[0] - target[0]) * scale, (target[1] - seen[1]) * scale))

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """End the move that the arrow keys began, once all of them are up."""
        if event.isAutoRepeat():
            return
        if event.key() == Qt.Key.Key_Space:
            self._space = False
            self._show_cursor(self._last)
        elif event.key() in self._arrows:
            self._arrows.discard(event.key())
            if not self._arrows:
                self._end_drag()
        else:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the focus when it came by key."""
        super().focusInEvent(event)
        by_key = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        self._show_focus = event.reason() in (*by_key, Qt.FocusReason.ShortcutFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys that are still down are released elsewhere."""
        super().focusOutEvent(event)
        self._space = self._show_focus = False
        if self._arrows:
            self._end_drag()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        """A drag ends when the plane goes away."""
        super().hideEvent(event)
        self._let_go()

    # Painting

    def paint_overlay(self, painter: QPainter) -> None:
        """Paint what the hand moves: the picture pointed at, the handles, the label, the focus."""
        row = self._scene.cloud.row_of(self._hovered)
        painter.save()
        painter.setClipRect(area_of(self._view))
        if row is not None:
            colour = (
                self._scene.colours.held_out
                if self._scene.cloud.held_out[row]
                else self._scene.colours.accent
            )
            mean, sigma = self._scene.cloud.means[row], self._scene.cloud.sigmas[row]
            place, spread = (float(mean[0]), float(mean[1])), (float(sigma[0]), float(sigma[1]))
            angle = float(self._scene.cloud.angles[row])
            draw_posterior(
                painter, self._view, place, spread, angle, colour=colour, colours=self._scene.colours
            )
        draw_handles(painter, self._view, self._handles, self._scene.colours)
        painter.restore()
        if self._hover_text and row is not None:
            draw_label(painter, self._view, self._last, self._hover_text, self._scene.colours)
        if self._show_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._scene.colours.accent, 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))


def _distance(first: QPointF, second: QPointF) -> float:
    return math.hypot(first.x() - second.x(), first.y() - second.y())
