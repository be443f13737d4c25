"""The plane under mouse and fingers: pan and zoom like a map, drag handles, point at pictures."""

import math
from enum import Enum, auto

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QCursor,
    QMouseEvent,
    QNativeGestureEvent,
    QTouchEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QWidget

from vae_desktop.handle_plane import HandlePlane
from vae_desktop.plane_handles import MOUSE_REACH, TOUCH_REACH
from vae_desktop.plane_overlay import PlaneTool, Spot
from vae_desktop.plane_scene import PlaneMode

_HOVER_REACH = 8.0  # pixels
_CLICK_REACH = 5.0  # pixels; beyond, a click is on empty ground
_SNAP_REACH = 14.0  # pixels
_CLICK_SLACK = 4.0  # pixels a hand may tremble during a click
_WHEEL_STEP = 1.2  # per notch of 120 eighths of a degree
_TOUCHES = (
    QEvent.Type.TouchBegin,
    QEvent.Type.TouchUpdate,
    QEvent.Type.TouchEnd,
    QEvent.Type.TouchCancel,
)


class Hold(Enum):
    """What the pressed button or finger is doing."""

    NOTHING = auto()
    UNDECIDED = auto()  # a click, until it moves
    PANNING = auto()
    HANDLE = auto()
    TOOL = auto()
    PINCH = auto()


class PointerPlane(HandlePlane):
    """The plane without keys: a drag on empty ground pans, a click places the active handle.

    Where an overlay has something, or a tool was chosen, the press is theirs.

    Attributes:
        snaps: whether a handle that comes near a picture in a drag jumps to its place.
        snap_reach: how near that is, in pixels.
    """

    picture_hovered = Signal(int)
    picture_activated = Signal(int)
    picture_clicked = Signal(int, bool)  # whether to add it to what was clicked before, or take it out
    tool_changed = Signal()
    menu_wanted = Signal(object, object)  # a QMenu to fill, plane_overlay.Spot

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_AcceptTouchEvents)
        self.snaps, self.snap_reach = False, _SNAP_REACH
        self._hold = Hold.NOTHING
        self._held_button = Qt.MouseButton.NoButton
        self._adds = False
        self._pans = False  # whatever is under the pointer
        self._tool: PlaneTool | None = None  # chosen, for empty ground
        self._held_tool = PlaneTool()
        self._reach = MOUSE_REACH
        self._grab = QPointF()
        self._pressed = QPointF()
        self._last = QPointF()
        self._moved = False  # since it was pressed
        self._fingers: tuple[QPointF, QPointF] = (QPointF(), QPointF())
        self._hovered = -1
        self.view_changed.connect(self._look_again)

    @property
    def tool(self) -> PlaneTool | None:
        """What a press on empty ground does; None for pan and place."""
        return self._tool

    def set_tool(self, tool: PlaneTool | None) -> None:
        """Choose what a press on empty ground does; a press that another tool has is cancelled."""
        if tool is not self._tool:
            self._let_go()
            self._tool = tool
            self._show_cursor(self._last)
            self.tool_changed.emit()

    @property
    def hovered_picture(self) -> int:
        """The picture that is pointed at, −1 for none."""
        return self._hovered

    def clear(self) -> None:
        """Show the placeholder again; every handle goes, each reported by handle_removed."""
        self._let_go()
        self.set_tool(None)
        self._hover(-1)
        super().clear()

    def _data_changed(self, *, tiles: bool = True) -> None:
        super()._data_changed(tiles=tiles)
        self._look_again()

    def _let_go(self) -> None:
        held, self._hold = self._hold, Hold.NOTHING
        if held is Hold.TOOL:
            self._held_tool.cancel()
        self._end_drag()

    def _spot(self, at: QPointF, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> Spot:
        return Spot(self._view, at, self._reach, modifiers)

    def _tool_at(self, spot: Spot) -> PlaneTool | None:
        return self._tool_of_overlays(spot) or self._tool

    def _tool_of_overlays(self, spot: Spot) -> PlaneTool | None:
        tools = (overlay.tool_at(spot) for overlay in reversed(self.overlays))
        return next((tool for tool in tools if tool is not None), None)

    def _press(self, spot: Spot, *, pans: bool = False) -> None:
        if self.is_empty:
            return
        self._end_drag()
        self._hover(-1)
        at = self._pressed = self._last = spot.at
        self._moved = False
        self._adds = bool(spot.modifiers & Qt.KeyboardModifier.ControlModifier)
        number = None if pans else self._handle_for(spot)
        if number is not None:
            self._hold = Hold.HANDLE
            self._grab = QPointF(*self._view.to_screen(*self._handles.positions[number])) - at
            self.select_handle(number)
            self._begin_drag(number)
        elif not pans and (tool := self._tool_at(spot)) is not None:
            self._hold, self._held_tool = Hold.TOOL, tool
            tool.press(spot)
        else:
            self._hold = Hold.PANNING if pans else Hold.UNDECIDED
        self._show_cursor(at)

    def _handle_for(self, spot: Spot) -> int | None:
        """The handle that a press grabs; with Shift held an overlay comes first, which a handle may cover."""
        if spot.modifiers & Qt.KeyboardModifier.ShiftModifier and self._tool_of_overlays(spot) is not None:
            return None
        return self.handle_at(spot)

    def _drag(self, at: QPointF) -> None:
        self._moved = self._moved or _distance(at, self._pressed) > _CLICK_SLACK
        if self._hold is Hold.UNDECIDED and self._moved:
            self._hold = Hold.PANNING
            self._show_cursor(at)
        if self._hold is Hold.PANNING:
            step = at - self._last
            self.set_view(self._view.panned(step.x(), step.y()))
            self._last = at
        elif self._hold is Hold.TOOL and at != self._last:
            self._last = at
            self._held_tool.drag(self._spot(at))
        elif self._hold is Hold.HANDLE and at != self._last:
            # Kept in sight, so that nobody loses a handle beyond the edge.
            target = at + self._grab
            self._drag_to(*self._snapped(*self._view.clamp(*self._view.to_latent(target.x(), target.y()))))
            self._last = at

    def _release(self, at: QPointF) -> None:
        if self._hold is Hold.TOOL:
            self._hold = Hold.NOTHING
            self._held_tool.release(self._spot(at), is_click=not self._moved)
        is_click = self._hold is Hold.UNDECIDED and self._view.contains(at.x(), at.y())
        self._let_go()
        if is_click:
            place, picture = self._view.to_latent(at.x(), at.y()), self._nearest_picture(at, _CLICK_REACH)
            if picture >= 0:
                self.picture_clicked.emit(picture, self._adds)
            if self._adds and picture < 0:
                self.add_handle(*place)
            elif not self._adds and self._handles.active is not None:
                self._begin_drag(self._handles.active)
                self._drag_to(*place)
                self._end_drag()
        self._show_cursor(at)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Grab a handle, or get ready to pan or to place one."""
        middle = event.button() == Qt.MouseButton.MiddleButton
        if self._hold is Hold.NOTHING and (middle or event.button() == Qt.MouseButton.LeftButton):
            self._held_button = event.button()
            self._reach = MOUSE_REACH
            self._press(self._spot(event.position(), event.modifiers()), pans=middle or self._pans)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, pan, or look up the picture under the pointer."""
        if self._hold is not Hold.NOTHING and not event.buttons() & self._held_button:
            self._let_go()  # the release went to another window
        if self._hold is Hold.NOTHING:
            self._show_cursor(event.position())
            self._hover(self._picture_at(event.position()))
            self._last = event.position()
        else:
            self._drag(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag; a press that did not move was a click."""
        if event.button() == self._held_button and self._hold is not Hold.NOTHING:
            self._release(event.position())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show what can be done here, as far as anybody has something to offer."""
        if self.is_empty:
            return
        self._let_go()
        by_key = event.reason() is QContextMenuEvent.Reason.Keyboard
        at = self._key_spot() if by_key else QPointF(event.pos())
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.menu_wanted.emit(menu, self._spot(at))
        if menu.isEmpty():
            menu.deleteLater()
        else:
            menu.popup(self.mapToGlobal(at.toPoint()))

    def _key_spot(self) -> QPointF:
        """Where keys act: at the active handle."""
        active = self._handles.active
        if active is None:
            return QPointF(self.rect().center())
        return QPointF(*self._view.to_screen(*self._handles.positions[active]))

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
            self._reach = TOUCH_REACH
            self._press(self._spot(down[0]))
        elif lifted:
            # The rest of a pinch is no click.
            if self._hold is not Hold.NOTHING:
                self._release(down[0])
        else:
            self._drag(down[0])

    def _pinch(self, first: QPointF, second: QPointF) -> None:
        if self.is_empty:
            return
        if self._hold is not Hold.PINCH:
            self._let_go()
            self._hold = Hold.PINCH
        else:
            before, after = sum(self._fingers, QPointF()) / 2, (first + second) / 2
            factor = max(_distance(first, second), 1.0) / max(_distance(*self._fingers), 1.0)
            shift = after - before
            view = self._view.zoomed(factor, before.x(), before.y())
            self.set_view(view.panned(shift.x(), shift.y()))
        self._fingers = (first, second)

    def handle_at(self, spot: Spot) -> int | None:
        """The handle at a spot, if any."""
        return self._handles.at(spot.view, spot.at.x(), spot.at.y(), spot.reach)

    def picture_at(self, spot: Spot) -> int:
        """The picture at a spot, −1 for none."""
        return self._nearest_picture(spot.at)

    def _snapped(self, z1: float, z2: float) -> tuple[float, float]:
        """The place of the nearest picture, where handles snap to pictures and one is near."""
        if not self.snaps:
            return z1, z2
        cloud = self._scene.cloud
        row = cloud.nearest(z1, z2, self.snap_reach / self._view.scale)
        return (z1, z2) if row is None else (float(cloud.means[row, 0]), float(cloud.means[row, 1]))

    def _picture_at(self, at: QPointF) -> int:
        on_handle = self._handles.at(self._view, at.x(), at.y(), MOUSE_REACH) is not None
        return -1 if on_handle else self._nearest_picture(at)

    def _nearest_picture(self, at: QPointF, reach: float = _HOVER_REACH) -> int:
        if self._scene.mode is PlaneMode.TILES or not self._view.contains(at.x(), at.y()):
            return -1
        if self._scene.shows_thumbnails:
            found = self._scene.thumbnails.at(at.x(), at.y())
            return -1 if found is None else found
        z1, z2 = self._view.to_latent(at.x(), at.y())
        row = self._scene.cloud.nearest(z1, z2, reach / self._view.scale)
        return -1 if row is None else int(self._scene.cloud.indices[row])

    def _look_again(self) -> None:
        """What was pointed at may no longer lie under the pointer."""
        if self._hovered >= 0:
            self._hover(self._picture_at(self._last))

    def _hover(self, picture: int) -> None:
        if picture != self._hovered:
            self._hovered = picture
            self.update()
            self.picture_hovered.emit(picture)

    def _show_cursor(self, at: QPointF) -> None:
        over = self._handles.at(self._view, at.x(), at.y(), MOUSE_REACH) is not None
        shape = Qt.CursorShape.OpenHandCursor if over or self._pans else Qt.CursorShape.ArrowCursor
        if self._hold in (Hold.HANDLE, Hold.PANNING):
            shape = Qt.CursorShape.ClosedHandCursor
        elif shape is Qt.CursorShape.ArrowCursor and not self.is_empty:
            tool = self._held_tool if self._hold is Hold.TOOL else self._tool_at(self._spot(at))
            shape = tool.cursor if tool is not None else shape
        if self.cursor().shape() != shape:
            self.setCursor(QCursor(shape))


def _distance(first: QPointF, second: QPointF) -> float:
    return math.hypot(first.x() - second.x(), first.y() - second.y())
