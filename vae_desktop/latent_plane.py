"""The map of the latent plane: pan and zoom like a map, drag handles, point at pictures."""

from collections.abc import Callable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QFocusEvent, QHideEvent, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from training.language import tr
from vae_desktop.plane_furniture import draw_posterior
from vae_desktop.plane_handles import draw_handles
from vae_desktop.plane_layers import area_of
from vae_desktop.plane_scene import PlaneMode
from vae_desktop.pointer_plane import Hold, PointerPlane

__all__ = ["LatentPlane", "PlaneMode"]

_ZOOM_STEP = 1.25
_ARROW_STEP = 0.05  # σ
_COARSE, _FINE = 5.0, 0.2

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, 1),
    Qt.Key.Key_Down: (0, -1),
}


class LatentPlane(PointerPlane):
    """An interactive map of the 2-D latent plane with draggable handles.

    A drag on empty ground pans, wheel and pinch zoom about the pointer, a click places the active handle and
    Ctrl+click adds one; a click on a picture tells which one. Arrow keys move the active handle by 0.05σ
    (Shift: five times as far, Alt: a fifth), brackets and Page keys choose another, Delete removes it;
    + − 0 F zoom, reset and fit.

    Every move by the hand is reported as drag_started, handle_moved (any number of times), drag_finished.
    """

    escaped = Signal()  # Escape was pressed, and there was nothing else to leave

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Latent plane"))
        self._arrows: set[int] = set()
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

    def _end_drag(self) -> None:
        self._arrows.clear()
        super()._end_drag()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the active handle, choose another one, zoom."""
        key, modifiers = event.key(), event.modifiers()
        if self.is_empty or modifiers & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
        elif key in _ARROWS:
            self._arrow(key, modifiers)
        elif key == Qt.Key.Key_Space:
            self._pans = True
            self._show_cursor(self._last)
        elif key == Qt.Key.Key_Escape and (self._hold is Hold.TOOL or self.tool is not None):
            self._leave_tool()
        elif key == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif key in self._keys:
            self._keys[key]()
        else:
            super().keyPressEvent(event)

    def _leave_tool(self) -> None:
        """Give up what is being done with a tool; where that is nothing, the tool."""
        if self._hold is Hold.TOOL:
            self._let_go()
        else:
            self.set_tool(None)

    def _arrow(self, key: int, modifiers: Qt.KeyboardModifier) -> None:
        if self._handles.active is None or self._hold is Hold.HANDLE:
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
            self._pans = False
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
        self._pans = self._show_focus = False
        if self._arrows:
            self._end_drag()
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        """A drag ends when the plane goes away."""
        super().hideEvent(event)
        self._let_go()

    # Painting

    def paint_overlay(self, painter: QPainter) -> None:
        """Paint what the hand moves: the picture pointed at, the handles, the focus."""
        row = self._scene.cloud.row_of(self._hovered)
        painter.save()
        painter.setClipRect(area_of(self._view))
        if row is not None:
            colour = self._scene.colour_of(row)
            mean, sigma = self._scene.cloud.means[row], self._scene.cloud.sigmas[row]
            place, spread = (float(mean[0]), float(mean[1])), (float(sigma[0]), float(sigma[1]))
            angle = float(self._scene.cloud.angles[row])
            draw_posterior(
                painter, self._view, place, spread, angle, colour=colour, colours=self._scene.colours
            )
        for overlay in self.overlays:
            painter.save()
            overlay.draw(painter, self._view, self._scene.colours)
            painter.restore()
        draw_handles(painter, self._view, self._handles, self._scene.colours)
        for overlay in self.overlays:
            painter.save()
            painter.setFont(self._scene.font)
            overlay.draw_above(painter, self._view, self._scene.colours)
            painter.restore()
        painter.restore()
        if self._show_focus:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._scene.colours.accent, 2))
            painter.drawRect(QRectF(self.rect()).adjusted(1, 1, -1, -1))
