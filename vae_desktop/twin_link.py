"""Keeps the handles and views of two planes together: on the same picture, or at the same place."""

from collections.abc import Callable
from enum import Enum

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from training.picture_map import PictureMap
from vae_desktop.plane_view import PlaneView
from vae_desktop.twin_plane import TwinPlane

REST_MS = 300  # a held handle that rests this long lets the trainings go on
_SMOOTH = 32  # pictures by which the middle of a view is mapped
_LEAST_SHARE = 0.6  # of a view that pictures fill, or it is fitted again
_SLACK = 0.05  # of a view, by which pictures may be elsewhere before it is


class Linking(Enum):
    """What both handles have in common."""

    PICTURE = "picture"  # each lies where its model has the same picture
    PLACE = "place"  # both have the same latent numbers


class TwinLink(QObject):
    """What is done on one plane is done on the other one, too.

    Args:
        planes: the two.
        gate: leaves the machine to the hand, or no more.
    """

    changed = Signal()  # which linkings are possible

    def __init__(self, planes: tuple[TwinPlane, TwinPlane], gate: Callable[[bool], None]) -> None:
        super().__init__(planes[0])
        self._planes, self._gate = planes, gate
        self._linking = Linking.PICTURE
        self._leader = planes[0]  # the one that was moved last
        self._picture: int | None = None  # on which the leading handle was put
        self._follows_pictures = True  # the view, as long as nobody has chosen one
        self._maps: dict[TwinPlane, PictureMap] = {}  # from each plane to the other one
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._let_go)
        self._join()
        self._show_linking()

    def _join(self) -> None:
        one, other = self._planes
        one.moved.connect(lambda: self._on_moved(one))
        other.moved.connect(lambda: self._on_moved(other))
        one.turned_away.connect(lambda: self._on_view(one))
        other.turned_away.connect(lambda: self._on_view(other))
        for plane in self._planes:
            plane.placed.connect(self._on_placed)
            plane.view.plane.drag_started.connect(self._hold)
            plane.view.plane.drag_finished.connect(self._let_go)

    @property
    def linking(self) -> Linking:
        """What both handles have in common."""
        return self._linking

    @property
    def knows_both(self) -> bool:
        """Whether it is known where the same pictures lie in both spaces."""
        return bool(self._maps)

    @property
    def can_share_place(self) -> bool:
        """Whether both spaces have as many numbers."""
        one, other = (plane.where.basis.latent_dim for plane in self._planes)
        return one == other

    def link(self, linking: Linking) -> None:
        """Link them otherwise from now on; the side that was moved last stays where it is."""
        if linking is Linking.PLACE and not self.can_share_place:
            return
        self._linking = linking
        self._show_linking()
        self._show_basis()
        self._lead()
        self.fit()

    def begin(self) -> None:
        """Turn to two other runs."""
        self._leader, self._picture = self._planes[0], None
        self._follows_pictures = True
        self._maps.clear()

    def fit(self) -> None:
        """Show all pictures on both planes, and keep to that until the hand chooses another view."""
        self._follows_pictures = True
        for plane, view in zip(self._planes, self._fitted(), strict=True):
            plane.look(view.z1, view.z2, view.span)

    # ------------------------------------------------------------------ handles

    def _other(self, plane: TwinPlane) -> TwinPlane:
        return self._planes[plane is self._planes[0]]

    def _on_moved(self, plane: TwinPlane) -> None:
        self._hold()
        self._leader, self._picture = plane, plane.picture
        self._lead()

    def _lead(self) -> None:
        """Put the other handle where it belongs by the leading one."""
        leader, other = self._leader, self._other(self._leader)
        if not (leader.has_handle and other.has_handle):
            return
        if self._linking is Linking.PLACE:
            other.put(leader.latent)
        elif self._picture is None or not other.put_on(self._picture):
            known = self._maps.get(leader)
            if known:
                other.put(tuple(known(np.array(leader.latent)).tolist()))

    def _on_placed(self) -> None:
        """Pictures lie elsewhere: the handles stay on the same one, or the leading one where it is."""
        one, other = self._planes
        if not (one.has_handle and other.has_handle):
            return
        is_first = not self._maps
        self._maps = _maps(one, other)
        if is_first:
            self._show_basis()
            self._begin_on_picture()
        elif self._picture is not None and not self._is_held and self._linking is Linking.PICTURE:
            self._leader.put_on(self._picture)
        self._lead()
        if is_first or (self._follows_pictures and self._is_out_of_sight()):
            self.fit()
        self.changed.emit()

    def _begin_on_picture(self) -> None:
        found = self._leader.where.nearest_to(np.array(self._leader.latent))
        if found is not None and self._leader.put_on(found[0]):
            self._picture = found[0]

    def _show_linking(self) -> None:
        for plane in self._planes:
            plane.view.plane.snaps = self._linking is Linking.PICTURE

    def _show_basis(self) -> None:
        """With more than two latent numbers, the same place needs the same plane through both spaces."""
        for plane in self._planes:
            if plane.has_handle and plane.where.basis.latent_dim > 2:
                plane.where.choose((0, 1) if self._linking is Linking.PLACE else None)
                plane.show_pictures()
                plane.refresh()

    # ------------------------------------------------------------------ views

    def _fitted(self) -> tuple[PlaneView, PlaneView]:
        """The views of both that hold all pictures; of the same place, it is the same."""
        one, other = self._planes
        bounds, others = one.bounds, other.bounds
        if self._linking is Linking.PICTURE or bounds is None or others is None:
            return one.fitted(), other.fitted()
        left, bottom = min(bounds[0], others[0]), min(bounds[2], others[2])
        right, top = max(bounds[1], others[1]), max(bounds[3], others[3])
        both = left, right, bottom, top
        return one.fitted(both), other.fitted(both)

    def _on_view(self, plane: TwinPlane) -> None:
        self._hold()  # what comes into sight is decoded at once
        self._follows_pictures = False
        other, view = self._other(plane), plane.view.plane.view
        if self._linking is Linking.PLACE:
            other.look(view.z1, view.z2, view.span)
        elif known := self._maps.get(plane):
            self._look_alike(plane, other, known)

    @staticmethod
    def _look_alike(plane: TwinPlane, other: TwinPlane, known: PictureMap) -> None:
        """Zoom the other plane by the same factor from where all is seen, towards the same pictures."""
        view, whole, others_whole = plane.view.plane.view, plane.fitted(), other.fitted()
        seen = view.span / whole.span
        aside = np.array([view.z1 - whole.z1, view.z2 - whole.z2]) / whole.span
        by_view = aside * others_whole.span + (others_whole.z1, others_whole.z2)
        middle = plane.where.slice.latent(np.array([view.z1, view.z2]))
        by_pictures = other.where.basis.coordinates(known(middle, _SMOOTH))[:2]
        share = min(seen, 1.0)
        z1, z2 = (share * by_view + (1.0 - share) * by_pictures).tolist()
        other.look(z1, z2, seen * others_whole.span)

    def _is_out_of_sight(self) -> bool:
        """Whether pictures lie beyond a view, or fill little of it."""
        for plane, fitted in zip(self._planes, self._fitted(), strict=True):
            view = plane.view.plane.view
            aside = max(abs(fitted.z1 - view.z1), abs(fitted.z2 - view.z2))
            if aside > _SLACK * view.span or not _LEAST_SHARE < fitted.span / view.span < 1.0 + _SLACK:
                return True
        return False

    # ------------------------------------------------------------------ the hand

    @property
    def _is_held(self) -> bool:
        return any(plane.view.plane.dragged_handle is not None for plane in self._planes)

    def _hold(self) -> None:
        self._gate(True)
        self._rest.start()

    def _let_go(self) -> None:
        self._rest.stop()
        self._gate(False)


def _maps(one: TwinPlane, other: TwinPlane) -> dict[TwinPlane, PictureMap]:
    """From each plane's space to the other's, by the pictures that are known in both."""
    _, rows, others = np.intersect1d(
        one.where.numbers, other.where.numbers, assume_unique=True, return_indices=True
    )
    means, others_means = one.where.means[rows], other.where.means[others]
    return {one: PictureMap(means, others_means), other: PictureMap(others_means, means)}
