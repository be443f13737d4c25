"""Adding the difference of two groups to a handle."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF
from PySide6.QtGui import QPainter, QPen, QPolygonF

from training.language import mark, tr
from vae_desktop.group_statistics import Difference, GroupMean
from vae_desktop.picture_groups import PictureGroups
from vae_desktop.plane_layers import PlaneColours
from vae_desktop.plane_overlay import PlaneOverlay
from vae_desktop.plane_session import PlaneSession
from vae_desktop.plane_view import PlaneView

_HEAD = 11.0  # pixels, of the arrow's head
_GAP = 10.0  # pixels between an end of the arrow and the mean's middle
_UNKNOWN = mark("Where enough pictures of both groups lie is not known yet: each needs two.")


class GroupDifference(QObject, PlaneOverlay):
    """Moves the active handle along z₀ + t (mean of B − mean of A); t = 0 is where it was before.

    Args:
        session: whose handle and panel.
        groups: which there are.
    """

    def __init__(self, session: PlaneSession, groups: PictureGroups) -> None:
        super().__init__(session)
        self._session, self._groups = session, groups
        self._plane, self._panel = session.window.plane, session.window.groups.difference
        self._difference: Difference | None = None
        self._ends: tuple[GroupMean, GroupMean] | None = None
        self._origin: NDArray[np.float64] | None = None  # of the handle, before anything was added
        self._handle: int | None = None  # which one, while something is added
        self._is_moving = False
        self._panel.chosen.connect(lambda *_keys: self._show())
        self._panel.grabbed.connect(self._on_grabbed)
        self._panel.moved.connect(self._on_moved)
        self._panel.released.connect(self._on_released)
        groups.moved.connect(self._show)
        self._plane.overlays.append(self)
        # Whatever else moves the handle gives it another place to begin from.
        session.handle_shown.connect(self._on_handle_shown)
        for signal in (self._plane.handle_selected, self._plane.handle_moved, self._plane.handle_removed):
            signal.connect(lambda *_told: self._begin_anew())

    def draw(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """An arrow from the first mean to the second."""
        if self._ends is None or len(self._ends[0].mean) != self._session.where.basis.latent_dim:
            return
        basis = self._session.where.basis
        start, end = (
            np.array(view.to_screen(*basis.coordinates(mean.mean)[:2].tolist())) for mean in self._ends
        )
        length = float(np.linalg.norm(end - start))
        if length < 3 * _GAP:
            return
        along = (end - start) / length
        start, end = start + _GAP * along, end - _GAP * along
        side = np.array((-along[1], along[0])) * _HEAD / 2
        neck = end - _HEAD * along
        head = QPolygonF([QPointF(*corner.tolist()) for corner in (end, neck + side, neck - side)])
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for pen in (QPen(colours.ground, 5), QPen(colours.text, 2)):
            painter.setPen(pen)
            painter.setBrush(pen.color())
            painter.drawLine(QPointF(*start.tolist()), QPointF(*neck.tolist()))
            painter.drawPolygon(head)

    def _show(self) -> None:
        """Tell of the two groups that are chosen."""
        means = [self._mean(key) for key in self._panel.pair]
        self._difference = self._ends = None
        if self._panel.pair[0] == self._panel.pair[1]:
            self._panel.show_note(tr("Choose two different groups."), usable=False)
        elif means[0] is None or means[1] is None or min(means[0].n, means[1].n) < 2:
            self._panel.show_note(tr(_UNKNOWN), usable=False)
        else:
            self._ends = means[0], means[1]
            self._difference = Difference.between(*self._ends)
            self._panel.show_note(self._difference.words, usable=self._difference.length > 0)
        if not self._panel.is_held:
            self._begin_anew()
        self._plane.update()

    def _mean(self, key: int) -> GroupMean | None:
        group = self._groups.group(key)
        return None if group is None else self._groups.mean_of(group)

    # ------------------------------------------------------------------ the slider

    def _on_grabbed(self) -> None:
        active = self._plane.active_handle
        if active is not None and not self._plane.is_locked(active):
            self._session.grab(active)

    def _on_moved(self, strength: float) -> None:
        handle, difference = self._plane.active_handle, self._difference
        if handle is None or difference is None:
            return
        if self._origin is None or self._handle != handle:
            self._origin, self._handle = np.array(self._session.where.latent(handle)), handle
        target = tuple((self._origin + strength * difference.vector).tolist())
        self._is_moving = True
        try:
            if self._panel.is_held:
                moved = self._session.drag_to(handle, target)
            else:
                moved = self._session.move_active(target)
        finally:
            self._is_moving = False
        if not moved:  # as it is locked
            self._origin = self._handle = None
            self._panel.show_strength(0.0)

    def _on_released(self) -> None:
        if self._handle is not None:
            self._is_moving = True
            try:
                self._session.let_go_of(self._handle)
            finally:
                self._is_moving = False

    def _on_handle_shown(self, handle: int) -> None:
        if handle == self._handle and not self._is_moving:
            self._begin_anew()

    def _begin_anew(self) -> None:
        if not self._is_moving and not self._panel.is_held:
            self._origin = self._handle = None
            self._panel.show_strength(0.0)
