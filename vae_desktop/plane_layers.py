"""What lies on the plane and is expensive to draw: the tiles and the points, for a cached layer."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPaintDevice, QPainter, QPainterPath, QPalette, QPixmap

from vae_desktop.pixels import tiles_to_qimage
from vae_desktop.plane_points import PointCloud
from vae_desktop.plane_view import PlaneView
from vae_desktop.style import accent, held_out_colour, mix, quiet_text, text_on_accent

MOST_DOTS = 8_000
"""More visible points than this are drawn as a density."""

FADE_RADIUS = 3.0
"""In σ of the prior; tiles beyond it are faded, because hardly any picture is expected there."""

_REACH = 8.0  # pixels; dots centred just outside are still seen in part

_DENSITY_CELL = 2.0  # pixels; independent of the screen's density, so that the cost is too
_WIDE_PASSES, _WIDE_CELLS = (
    3,
    4,
)  # three running means are close to a normal distribution, here of σ = 9 pixels


@dataclass(frozen=True)
class PlaneColours:
    """The colours of the plane, from the system's palette."""

    ground: QColor
    text: QColor
    quiet: QColor
    accent: QColor
    on_accent: QColor
    held_out: QColor

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


def draw_points(
    painter: QPainter,
    view: PlaneView,
    cloud: PointCloud,
    colours: PlaneColours,
    *,
    on_tiles: bool,
    as_density: bool = False,
) -> bool:
    """Draw the means as dots, or as a density where there are too many to tell apart; whether the latter.

    Args:
        as_density: draw a smooth one of few points, too.
    """
    places = view.place(cloud.means)
    low = np.array((view.left, view.top))
    high = low + np.array((view.width, view.height))
    visible = ((places > low - _REACH) & (places < high + _REACH)).all(axis=1)
    places, held_out = places[visible], cloud.held_out[visible]
    if as_density or len(places) > MOST_DOTS:
        most, colour = 0.92, mix(colours.accent, colours.text, 0.25)
        if on_tiles:  # thin enough to see them through it
            most, colour = 0.6, _for_any_backdrop(colours.accent)
        density = _density_image(places - low, view, colour, most, wide=as_density)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area_of(view), density)
        return True
    diameter = dot_diameter(len(places))
    halo = faint(colours.ground, 0.75 if on_tiles else 0.0)
    for colour, chosen in ((colours.accent, ~held_out), (colours.held_out, held_out)):
        dot = _dot(diameter, faint(colour, 0.92 if on_tiles else 0.72), halo, painter.device())
        corners = places[chosen] - dot.width() / dot.devicePixelRatio() / 2
        for x, y in corners.tolist():
            painter.drawPixmap(QPointF(x, y), dot)
    return False


def dot_diameter(n: int) -> float:
    """The size in pixels of one of n dots."""
    return 6.4 if n <= 400 else 5.2 if n <= 1_500 else 4.3 if n <= 4_000 else 3.0


def _dot(diameter: float, colour: QColor, halo: QColor, device: QPaintDevice) -> QPixmap:
    """One dot, drawn once and copied to every place: three to ten times as fast as drawing each."""
    ratio = device.devicePixelRatioF()
    side = math.ceil((diameter + 4) * ratio) | 1  # odd: a dot centred on a pixel looks rounder
    dot = QPixmap(side, side)
    dot.fill(Qt.GlobalColor.transparent)
    dot.setDevicePixelRatio(ratio)
    with QPainter(dot) as painter:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        centre = QPointF(side, side) / ratio / 2
        for radius, fill in ((diameter / 2 + 0.8, halo), (diameter / 2, colour)):
            painter.setBrush(fill)
            painter.drawEllipse(centre, radius, radius)
    return dot


def _for_any_backdrop(colour: QColor) -> QColor:
    """The same hue at half lightness: it is told apart from bright tiles and from dark ones."""
    return QColor.fromHslF(colour.hslHueF(), colour.hslSaturationF(), 0.5)


def _density_image(
    places: NDArray[np.float64], view: PlaneView, colour: QColor, most: float, *, wide: bool
) -> QImage:
    """How many points lie where, as transparency of a colour.

    Args:
        places: [n, 2] pixels from the area's upper left corner.
        view: the view they were placed with.
        colour: of the points.
        most: opacity (0 to 1) where points lie densest.
        wide: smooth it so far that single points cannot be told apart.
    """
    columns = max(1, round(view.width / _DENSITY_CELL))
    rows = max(1, round(view.height / _DENSITY_CELL))
    # Several times as fast as histogram2d, which cannot know that all points are near.
    cells = (places / (view.width, view.height) * (columns, rows)).astype(np.intp)
    inside = ((cells >= 0) & (cells < (columns, rows))).all(axis=1)
    flat = cells[inside, 1] * columns + cells[inside, 0]
    counts = np.bincount(flat, minlength=rows * columns).reshape(rows, columns)
    smooth = _blurred(counts.astype(np.float32))
    if wide:
        for _ in range(_WIDE_PASSES):
            smooth = _averaged(_averaged(smooth, _WIDE_CELLS).T, _WIDE_CELLS).T
        alpha = np.sqrt(np.maximum(smooth, 0.0) / max(float(smooth.max(initial=0.0)), 1e-6))
    else:
        # Relative to what is usual where there are points at all, so that one heap does not pale the rest.
        usual = smooth.sum() / max(np.count_nonzero(smooth), 1)
        alpha = 1.0 - np.exp(-smooth / max(1.2 * usual, 1e-6))
    pixels = np.empty((rows, columns, 4), np.uint8)
    strength = alpha * np.float32(255 * most)
    pixels[..., 3] = strength
    for channel, value in enumerate((colour.red(), colour.green(), colour.blue())):
        pixels[..., channel] = strength * (value / 255)
    kind = QImage.Format.Format_RGBA8888_Premultiplied
    return QImage(pixels.data, columns, rows, columns * 4, kind).copy()


def _blurred(counts: NDArray[np.float32]) -> NDArray[np.float32]:
    """Smoothed by 1-2-1 along both axes, so that single points become small soft dots."""
    padded = np.pad(counts, 1)
    across = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    result: NDArray[np.float32] = (across[:-2] + 2 * across[1:-1] + across[2:]) / 16
    return result


def _averaged(counts: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """The mean of each cell and those up to ``radius`` above and below it; beyond the edges are noughts."""
    width = 2 * radius + 1
    sums = np.pad(counts, ((radius + 1, radius), (0, 0))).cumsum(axis=0)
    result: NDArray[np.float32] = (sums[width:] - sums[:-width]) / width
    return result
