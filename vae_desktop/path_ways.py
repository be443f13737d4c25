"""The lines of paths: at once where geometry tells them, in the background where the decoder has to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from training.errors import VaeError
from training.events import Control
from training.geodesics import PlaneMetric, curve_along_data, plane_metric
from training.paths import Curve, Floats, PathKind, curve
from training.plane_basis import PlaneBasis
from vae_desktop.plane_path import Laid
from vae_desktop.plane_session import PlaneSession
from vae_desktop.renderer import Renderer

if TYPE_CHECKING:
    from training.latent import LatentModel

_SETTLE_MS = 120  # stops that move on sooner are not searched for a way
_OFF_PLANE = 0.25  # σ; stops that lie on average farther from where the metric was taken need another


class _GivenUpError(Exception):
    """Another way is asked for."""


@dataclass(frozen=True, eq=False)
class _Taken:
    """A metric of the plane, and where it was taken."""

    basis: PlaneBasis
    middle: Floats
    metric: PlaneMetric

    def serves(self, basis: PlaneBasis, stops: Floats) -> bool:
        if basis is not self.basis:
            return False
        places = (stops - basis.middle) @ basis.directions[:2].T
        off = basis.coordinates(stops.mean(axis=0) - self.middle + basis.middle)[2:]
        high = self.metric.low + self.metric.step * (len(self.metric.tensors) - 1)
        inside = (places >= self.metric.low - 1e-9).all() and (places <= high + 1e-9).all()
        return bool(inside and np.linalg.norm(off) <= _OFF_PLANE)


class PathWays(QObject):
    """Finds the line of a path.

    Args:
        session: whose pictures and plane it is.
    """

    found = Signal()  # the line that was searched for, in `curve`
    failed = Signal(str)
    _searched = Signal(int, object, object)  # which search it was, Curve, _Taken

    def __init__(self, session: PlaneSession) -> None:
        super().__init__(session)
        self._session = session
        self._renderer: Renderer = session.engine.renderer
        self._laid = Laid()
        self._taken: _Taken | None = None
        self._search = 0
        self._control = Control()
        self._curve: Curve | None = None
        self._is_pending = False
        self._soon = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._soon.timeout.connect(self._begin)
        self._searched.connect(self._on_searched)

    @property
    def curve(self) -> Curve | None:
        """The line as far as it is known; None where there is none."""
        return self._curve

    @property
    def is_pending(self) -> bool:
        """Whether a better line is being searched for."""
        return self._is_pending

    def lay(self, laid: Laid, *, search: bool = True) -> None:
        """Turn to another path; raises :class:`VaeError` for one without a line.

        Args:
            search: whether it is worth while to search now for a line along the data.
        """
        self.stop()
        self._laid = laid
        self._curve = None
        self._curve = curve(stops_of(laid), laid.settings.kind, closed=laid.settings.closed)
        self._is_pending = laid.settings.kind is PathKind.DATA
        if self._is_pending and search:
            self._soon.start()

    def forget_model(self) -> None:
        """Another model is shown, or the same one has learnt: ways are to be searched for anew."""
        self._taken = None
        if self._laid.settings.kind is PathKind.DATA and self._curve is not None:
            self.lay(self._laid)

    def stop(self) -> None:
        """Search no more."""
        self._soon.stop()
        self._control.stop()
        self._search += 1
        self._is_pending = False

    def _begin(self) -> None:
        where, laid, search = self._session.where, self._laid, self._search
        stops, basis, means = stops_of(laid), where.basis, where.means
        taken = self._taken if self._taken is not None and self._taken.serves(basis, stops) else None

        def job(model: "LatentModel", control: Control) -> None:
            def decode(points: Floats) -> NDArray[np.uint8]:
                control.wait_while_held()
                if control.should_stop:
                    raise _GivenUpError
                return model.decode(points)

            try:
                known = taken or _Taken(basis, stops.mean(axis=0), plane_metric(decode, basis, stops, means))
            except _GivenUpError:
                return
            line = curve_along_data(known.metric, basis, stops, closed=laid.settings.closed)
            if not control.should_stop:
                self._searched.emit(search, line, known)

        try:
            self._control = self._renderer.submit(job, self.failed.emit)
        except VaeError as error:
            self.failed.emit(str(error))

    def _on_searched(self, search: int, line: Curve, taken: _Taken) -> None:
        if search == self._search:
            self._curve, self._taken, self._is_pending = line, taken, False
            self.found.emit()


def stops_of(laid: Laid) -> Floats:
    """The stops as an array [n, d]; [0, 0] for none."""
    return np.array(laid.stops, np.float64) if laid.stops else np.zeros((0, 0))
