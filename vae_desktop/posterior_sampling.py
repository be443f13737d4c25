"""Drawing from a picture's distribution: what the ellipse around its point means, by trying."""

import time
from collections import deque

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import QMenu

from training.language import tr
from vae_desktop.picture_selection import PictureSelection
from vae_desktop.plane_ellipses import EllipsesOf
from vae_desktop.plane_furniture import draw_posterior
from vae_desktop.plane_layers import PlaneColours, faint
from vae_desktop.plane_overlay import PlaneOverlay, PlaneTool, Spot
from vae_desktop.plane_session import PlaneSession
from vae_desktop.plane_view import PlaneView

SHOWN_SECONDS = 8.0  # so long a sample's dot is seen

_MOST_SHOWN = 60
_FRAME_MS = 80  # between two steps of fading
_EDGE = 2.0  # σ; the outer ellipse


class PosteriorSampling(QObject, PlaneOverlay):
    """Puts the active handle to places drawn from a picture's posterior, z ~ N(μ, Σ).

    By a click with Shift on a picture or in an ellipse that is shown, by a key, from a menu.

    Args:
        session: whose handle and pictures.
        selection: which pictures' ellipses may be shown.
        seed: of the noise; None for another one each time.
    """

    sampled = Signal(int)  # of which picture

    def __init__(self, session: PlaneSession, selection: PictureSelection, seed: int | None = None) -> None:
        super().__init__(session)
        self._session, self._selection = session, selection
        self._plane = session.window.plane
        self._noise = np.random.default_rng(seed)
        self._samples: deque[tuple[NDArray[np.float64], float]] = deque(maxlen=_MOST_SHOWN)
        self.picture = -1  # whose samples are shown
        self._fade = QTimer(self, interval=_FRAME_MS)
        self._fade.timeout.connect(self._on_fade)
        self._plane.overlays.append(self)
        self._plane.menu_wanted.connect(self._fill_menu)
        self._plane.escaped.connect(self.forget)
        session.window.action("sample_picture").triggered.connect(self.sample_any)
        session.closing.connect(self.forget)
        session.engine.network_changed.connect(lambda _latent_dim: self.forget())

    def sample(self, number: int) -> None:
        """Draw from a picture's posterior, and put the active handle there."""
        drawn = self._draws(number, 1)
        if drawn is not None and self._session.move_active(tuple(drawn[0].tolist())):
            self._show(number, drawn)

    def draw_beside(self, number: int, count: int) -> NDArray[np.float64] | None:
        """Draw from a picture's posterior, and leave the handle where it is.

        Returns:
            The samples, [count, latent_dim]; None where it is not known where the picture lies.
        """
        drawn = self._draws(number, count)
        if drawn is not None:
            self._show(number, drawn)
        return drawn

    def _draws(self, number: int, count: int) -> NDArray[np.float64] | None:
        where = self._session.where
        row = where.row_of(number)
        if row is None:
            self._tell(self._session.why_unknown)
            return None
        return where.posteriors.samples_of(row, self._noise.standard_normal((count, where.basis.latent_dim)))

    def _show(self, number: int, drawn: NDArray[np.float64]) -> None:
        if number != self.picture:
            self._samples.clear()
        self.picture = number
        self._samples.extend((latent, time.monotonic()) for latent in drawn)
        self._fade.start()
        self._plane.update()
        self.sampled.emit(number)

    def sample_any(self) -> None:
        """The same for the picture pointed at, else the selected one, the one before, or the nearest."""
        chosen = self._selection.numbers
        number = self._plane.hovered_picture
        if number < 0:
            number = int(chosen[0]) if len(chosen) == 1 else self.picture
        if number < 0:
            found = self._session.where.nearest(self._plane.active_handle)
            number = -1 if found is None else found[0]
        if number < 0:
            self._tell(tr("Where your pictures lie is not known yet."))
        else:
            self.sample(number)

    def forget(self) -> None:
        """Show no samples."""
        self._fade.stop()
        self._samples.clear()
        self.picture = -1
        self._plane.update()

    def tool_at(self, spot: Spot) -> "PlaneTool | None":
        """With Shift held, on a picture or in an ellipse that is shown."""
        if self._plane.tool is not None or not spot.modifiers & Qt.KeyboardModifier.ShiftModifier:
            return None
        number = self._plane.picture_at(spot)
        if number < 0:
            number = self._in_ellipse(spot.place)
        return None if number < 0 else _Sample(self, number)

    def _in_ellipse(self, place: tuple[float, float]) -> int:
        """The picture whose shown ellipse a place lies in, of several the likeliest; −1 for none."""
        where, of = self._session.where, self._plane.ellipses_of
        rows = np.arange(len(where.numbers))
        if of is not EllipsesOf.ALL:
            shown = self._selection.numbers if of is EllipsesOf.SELECTED else np.zeros(0, np.int64)
            rows = np.nonzero(np.isin(where.numbers, [*shown.tolist(), self.picture]))[0]
        if not len(rows):
            return -1
        sigmas, angles = where.basis.ellipses(where.posteriors[rows])
        off = np.array(place, np.float32) - where.basis.on_plane(where.means[rows])
        distances = _in_sigmas(off, sigmas, angles)
        best = int(distances.argmin())
        return int(where.numbers[rows[best]]) if distances[best] <= _EDGE else -1

    def _on_fade(self) -> None:
        samples = self._samples
        while samples and time.monotonic() - samples[0][1] > SHOWN_SECONDS:
            samples.popleft()
        if not samples:
            self.forget()
        self._plane.update()

    def _tell(self, text: str) -> None:
        self._session.window.statusBar().showMessage(text, 4000)

    def _fill_menu(self, menu: QMenu, spot: Spot) -> None:
        picture = self._plane.picture_at(spot)
        if picture >= 0 and self._plane.handle_at(spot) is None:
            sample = menu.addAction(tr("&Sample this picture's distribution (Shift+click)"))
            sample.triggered.connect(lambda: self.sample(picture))

    def draw(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """The picture's posterior, and a dot for each sample, the fainter the older."""
        where = self._session.where
        row = where.row_of(self.picture)
        if row is None:
            return
        sigmas, angles = where.basis.ellipses(where.posteriors[row : row + 1])
        z1, z2 = where.basis.on_plane(where.means[row : row + 1])[0].tolist()
        spread = (float(sigmas[0, 0]), float(sigmas[0, 1]))
        draw_posterior(
            painter, view, (z1, z2), spread, float(angles[0]), colour=colours.accent, colours=colours
        )
        now = time.monotonic()
        for latent, when in self._samples:
            strength = max(1.0 - (now - when) / SHOWN_SECONDS, 0.0)
            across, up = where.basis.coordinates(latent)[:2].tolist()
            painter.setPen(QPen(faint(colours.ground, 0.9 * strength), 1.2))
            painter.setBrush(faint(colours.text, 0.9 * strength))
            painter.drawEllipse(QPointF(*view.to_screen(across, up)), 3.2, 3.2)


def _in_sigmas(
    off: NDArray[np.float32], sigmas: NDArray[np.float32], angles: NDArray[np.float32]
) -> NDArray[np.float32]:
    """How many σ places are off the middles of ellipses.

    Args:
        off: [n, 2], from the middle of each.
        sigmas: [n, 2], along their axes.
        angles: [n], by which these are turned, radians counter-clockwise.

    Returns:
        [n].
    """
    cos, sin = np.cos(angles), np.sin(angles)
    along = off[:, 0] * cos + off[:, 1] * sin
    across = off[:, 1] * cos - off[:, 0] * sin
    widths = np.maximum(sigmas, 1e-9)
    distances: NDArray[np.float32] = np.hypot(along / widths[:, 0], across / widths[:, 1])
    return distances


class _Sample(PlaneTool):
    """A click draws one."""

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, sampling: PosteriorSampling, picture: int) -> None:
        self._sampling, self._picture = sampling, picture

    def release(self, spot: Spot, *, is_click: bool) -> None:
        """Unless it was a drag."""
        del spot
        if is_click:
            self._sampling.sample(self._picture)
