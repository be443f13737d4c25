"""What the hand does with guests on the plane: drops them there, points at them, removes them."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QMimeData, QObject, QPointF, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QWidget

from vae_desktop.dropping import DropFrame
from vae_desktop.offered_pictures import is_for_plane


class GuestHand(QObject):
    """Watches the plane's events; it takes those that mean guests and lets all others pass.

    Args:
        plane: takes drops from now on, but for what the window opens: folders and models.
        at: the number of the guest at a place of the plane, 0 for none.
        promise: what letting pictures go on the plane would do, in a few words.
        has_chosen: whether a guest is chosen, which keys may mean.
    """

    dropped = Signal(object)  # QMimeData, while the drop lasts
    hovered = Signal(int)  # the number of a guest, 0 for none
    activated = Signal(int)  # the number of a guest, by a double-click
    remove_requested = Signal()  # of the guest that is chosen
    left = Signal()  # the guest that is chosen, by Escape or a press elsewhere

    def __init__(
        self,
        plane: QWidget,
        at: Callable[[QPointF], int],
        promise: Callable[[], str],
        has_chosen: Callable[[], bool],
    ) -> None:
        super().__init__(plane)
        self._at, self._promise, self._has_chosen = at, promise, has_chosen
        self._frame = DropFrame(plane)
        plane.setAcceptDrops(True)
        plane.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Whether an event is done with."""
        del watched
        match event:
            case QDragEnterEvent() | QDropEvent() | QDragMoveEvent():
                return self._on_drag(event)
            case QMouseEvent():
                return self._on_mouse(event)
            case QKeyEvent() if event.type() == QEvent.Type.KeyPress:
                return self._on_key(event)
        if event.type() == QEvent.Type.DragLeave:
            self._frame.hide()
        elif event.type() == QEvent.Type.Leave:
            self.hovered.emit(0)
        return False

    def _on_drag(self, event: QDropEvent) -> bool:
        data: QMimeData = event.mimeData()
        if event.type() == QEvent.Type.DragEnter and not is_for_plane(data):
            event.ignore()  # the window may want it
            return True
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
        if event.type() == QEvent.Type.DragEnter:
            self._frame.appear(self._promise())
        elif event.type() == QEvent.Type.Drop:
            self._frame.hide()
            self.dropped.emit(data)
        return True

    def _on_mouse(self, event: QMouseEvent) -> bool:
        number = self._at(event.position())
        match event.type():
            case QEvent.Type.MouseMove if not event.buttons():
                self.hovered.emit(number)
            case QEvent.Type.MouseButtonDblClick if number and event.button() == Qt.MouseButton.LeftButton:
                self.activated.emit(number)
                return True
            case QEvent.Type.MouseButtonPress if not number and event.button() == Qt.MouseButton.LeftButton:
                if self._has_chosen():
                    self.left.emit()
        return False

    def _on_key(self, event: QKeyEvent) -> bool:
        if not self._has_chosen() or event.modifiers() != Qt.KeyboardModifier.NoModifier:
            return False
        if event.key() == Qt.Key.Key_Delete:
            self.remove_requested.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            return False
        return True
