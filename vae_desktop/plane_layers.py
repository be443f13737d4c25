"""The backdrop that stays as it is, the veil over it, and the colours of the plane."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPalette

from vae_desktop.pixels import tiles_to_qimage
from vae_desktop.plane_view import PlaneView
from vae_desktop.style import accent, guest_colour, held_out_colour, is_dark, quiet_text, text_on_accent

FADE_RADIUS = 3.0
"""In σ of the prior; tiles beyond it are faded, because hardly any picture is expected there."""


@dataclass(frozen=True)
class PlaneColours:
    """The colours of the plane, from the system's palette."""

    ground: QColor
    text: QColor
    quiet: QColor
    accent: QColor
    on_accent: QColor
    held_out: QColor
    is_dark: bool
    guest: QColor

    @classmethod
    def of(cls, palette: QPalette) -> "PlaneColours":
        """The colours that belong to a palette."""
        return cls(
            ground=palette.color(QPalette.ColorRole.Base),
            text=palette.color(QPalette.ColorRole.Text),
            quiet=quiet_text(palette),
            accent=accent(palette),
            on_accent=text_on_accent(palette),
            held_out=held_out_colour(palette),
            is_dark=is_dark(palette),
            guest=guest_colour(palette),
        )


def faint(colour: QColor, alpha: float) -> QColor:
    """The colour at ``alpha`` (0 to 1)."""
    result = QColor(colour)
    result.setAlphaF(alpha)
    return result


class Mosaic:
    """Decodings of a grid of latent points as one picture with half-size copies for far-out views.

    Args:
        tiles: uint8 [rows, columns, S, S, C], row 0 at the top.
        centres: [rows, columns, 2], evenly spaced, latent units.

    Raises:
        ValueError: the shapes do not belong together or a centre is not finite.
    """

    def __init__(self, tiles: NDArray[np.uint8], centres: NDArray[np.float32]) -> None:
        if tiles.ndim != 5 or 0 in tiles.shape or centres.shape != (*tiles.shape[:2], 2):
            raise ValueError(f"tiles {list(tiles.shape)} and centres {list(centres.shape)} do not fit")
        if not np.isfinite(centres).all():
            raise ValueError("the centres of the tiles must be finite")
        image = tiles_to_qimage(tiles)
        self._levels = [image]
        while min(image.width(), image.height()) > 256:
            half = image.size() / 2
            image = image.scaled(
                half, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            self._levels.append(image)
        self.bounds = _bounds(centres.astype(np.float64))

    def draw(self, painter: QPainter, view: PlaneView) -> None:
        """Draw what is visible."""
        z1_min, z1_max, z2_min, z2_max = self.bounds
        whole = QRectF(QPointF(*view.to_screen(z1_min, z2_max)), QPointF(*view.to_screen(z1_max, z2_min)))
        target = whole.intersected(area_of(view))
        if target.isEmpty():
            return
        image = self._level(whole.width() * painter.device().devicePixelRatioF())
        to_x, to_y = image.width() / whole.width(), image.height() / whole.height()
        source = QRectF(
            (target.left() - whole.left()) * to_x,
            (target.top() - whole.top()) * to_y,
            target.width() * to_x,
            target.height() * to_y,
        )
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(target, image, source)

    def _level(self, device_width: float) -> QImage:
        """The smallest copy that is still at least as fine as the screen."""
        fine = [level for level in self._levels if level.width() >= device_width]
        return fine[-1] if fine else self._levels[0]


def draw_veil(painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
    """Fade what lies beyond 3σ of a prior around (0, 0)."""
    outside = QPainterPath()
    outside.addRect(area_of(view))
    radius = FADE_RADIUS * view.scale
    outside.addEllipse(QPointF(*view.to_screen(0.0, 0.0)), radius, radius)
    painter.save()
    # Clipped, because the ellipse's own part outside the area would be filled as well.
    painter.setClipRect(area_of(view), Qt.ClipOperation.IntersectClip)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(outside, faint(colours.ground, 0.5))
    painter.restore()


def _bounds(centres: NDArray[np.float64]) -> tuple[float, float, float, float]:
    rows, columns = centres.shape[:2]
    left, top = centres[0, 0]
    right, bottom = centres[-1, -1]
    step_1 = (right - left) / (columns - 1) if columns > 1 else 0.0
    step_2 = (top - bottom) / (rows - 1) if rows > 1 else 0.0
    # A single row or column is as wide as the other direction's step; a single tile is one unit wide.
    step_1, step_2 = step_1 or step_2 or 1.0, step_2 or step_1 or 1.0
    return (
        float(left - step_1 / 2),
        float(right + step_1 / 2),
        float(bottom - step_2 / 2),
        float(top + step_2 / 2),
    )


def area_of(view: PlaneView) -> QRectF:
    """The part of the widget that the plane is drawn in."""
    return QRectF(view.left, view.top, view.width, view.height)
