"""The plane as something to look at: data in, view, cached layers; what the hand does is elsewhere."""

import time
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap, QRegion, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from vae_desktop.plain_words import count
from vae_desktop.plane_furniture import (
    RULER_BOTTOM,
    RULER_LEFT,
    draw_axes,
    draw_legend,
    draw_placeholder,
    draw_rings,
    draw_rulers,
)
from vae_desktop.plane_layers import Mosaic, PlaneColours, area_of, draw_points
from vae_desktop.plane_points import PointCloud, cloud
from vae_desktop.plane_view import PlaneView
from vae_desktop.style import scaled_font, tabular_font

_SETTLE_MS = 80  # after so long without a change of view the layers are drawn anew
_CHEAP_SECONDS = 0.006  # layers that took no longer are drawn anew at every step of a pan or zoom


class PlaneMode(Enum):
    """What the plane shows."""

    PICTURES = "tiles and points"
    POINTS = "points"
    TILES = "tiles"


class PlaneCanvas(QWidget):
    """Shows tiles and points on the latent plane, with the prior's rings and ticks in σ.

    The layers are drawn once into pixmaps. While the view moves, the last one is shifted and scaled instead,
    and drawn sharp again when the view has come to rest; whatever else changes costs one copy of a pixmap.
    """

    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._mode = PlaneMode.PICTURES
        self._mosaic: Mosaic | None = None
        self._cloud = PointCloud()
        self._prior_mean = (0.0, 0.0)
        self._placeholder = ""
        self._hand_busy = False
        self._view = PlaneView()
        self._view = self._placed(self._view)
        self._colours = PlaneColours.of(self.palette())
        self._font = tabular_font(scaled_font(self.font(), 0.9))
        self._content: QPixmap | None = None
        self._scene: QPixmap | None = None
        self._drawn_view = self._view
        self._dense = False
        self._stale = False
        self._draw_seconds = 0.0
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._sharpen)

    def set_points(
        self,
        means: NDArray[np.float32],
        sigmas: NDArray[np.float32],
        held_out: NDArray[np.bool_],
        indices: NDArray[np.int64],
        angles: NDArray[np.float32] | None = None,
    ) -> None:
        """Show these posteriors instead of those before; points that are not finite are left out.

        Args:
            means: [n, 2] in latent units.
            sigmas: [n, 2] in latent units, along the axes of their ellipses.
            held_out: [n].
            indices: [n], which pictures of the project they are.
            angles: [n], how far the ellipses are turned, radians counter-clockwise; None for not at all.

        Raises:
            ValueError: the shapes do not belong together.
        """
        self._cloud = cloud(means, sigmas, held_out, indices, angles)
        self._data_changed()

    def set_tiles(self, tiles: NDArray[np.uint8], centres: NDArray[np.float32]) -> None:
        """Show decodings as the backdrop.

        Args:
            tiles: [rows, columns, S, S, C], row 0 at the top; they abut.
            centres: [rows, columns, 2] in latent units, evenly spaced.

        Raises:
            ValueError: the shapes do not belong together or a centre is not finite.
        """
        self._mosaic = Mosaic(tiles, centres)
        self._data_changed()

    def set_prior_mean(self, z1: float, z2: float) -> None:
        """Draw the prior's rings around another point of the plane."""
        if (z1, z2) != self._prior_mean:
            self._prior_mean = (z1, z2)
            self._data_changed()

    def clear(self) -> None:
        """Show the placeholder and the first view again."""
        self._cloud, self._mosaic, self._prior_mean = PointCloud(), None, (0.0, 0.0)
        self._data_changed()
        self.reset_view()

    def set_mode(self, mode: PlaneMode) -> None:
        """Choose what is shown."""
        self._mode = mode
        self._data_changed()

    def set_placeholder(self, text: str) -> None:
        """The text shown while there is neither a point nor a tile."""
        self._placeholder = text
        self.update()

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a point nor a tile."""
        return self._mosaic is None and len(self._cloud) == 0

    def fit(self) -> None:
        """Show everything there is in the present mode."""
        shown = [self._mosaic.bounds] if self._mosaic and self._shows_tiles else []
        if self._mode is not PlaneMode.TILES and self._cloud.bounds:
            shown.append(self._cloud.bounds)
        if shown:
            left, right, bottom, top = zip(*shown, strict=True)
            self.set_view(self._view.fitted(min(left), max(right), min(bottom), max(top)))

    def reset_view(self) -> None:
        """Show the prior's ±3.2 σ."""
        self.set_view(self._view.home())

    def zoom_by(self, factor: float, about: QPointF | None = None) -> None:
        """Enlarge by a factor about a point of the widget, its centre where none is given."""
        centre = about if about is not None else area_of(self._view).center()
        self.set_view(self._view.zoomed(factor, centre.x(), centre.y()))

    def visible_extent(self) -> tuple[float, float, float, float]:
        """z1_min, z1_max, z2_min, z2_max of what is visible, in latent units."""
        return self._view.extent

    def set_view(self, view: PlaneView) -> None:
        """Look at another part of the plane."""
        if view != self._view:
            self._view = view
            self._settle.start()
            self.update()
            self.view_changed.emit()

    def paint_overlay(self, painter: QPainter) -> None:
        """For what changes at every move of the hand; painted over the layers."""

    def sizeHint(self) -> QSize:
        """Most of a usual window."""
        return QSize(720, 640)

    def minimumSizeHint(self) -> QSize:
        """Enough for the rulers and something to drag on."""
        return QSize(240, 200)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep what is seen; it only becomes larger or smaller."""
        super().resizeEvent(event)
        self._view = self._placed(self._view)
        self._content = None
        self.view_changed.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system's colours and fonts."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._colours = PlaneColours.of(self.palette())
            self._font = tabular_font(scaled_font(self.font(), 0.9))
            self._content = None
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Copy the layers, then paint what the hand moves."""
        with QPainter(self) as painter:
            if self.is_empty:
                self._paint_placeholder(painter)
            else:
                self._paint_layers(painter)
                painter.setFont(self._font)
                self.paint_overlay(painter)

    @property
    def _shows_tiles(self) -> bool:
        return self._mosaic is not None and self._mode is not PlaneMode.POINTS

    def _placed(self, view: PlaneView) -> PlaneView:
        return view.placed(RULER_LEFT, 0, self.width() - RULER_LEFT, self.height() - RULER_BOTTOM)

    def _data_changed(self) -> None:
        # A snapshot that arrives in the middle of a drag must not cost the hand a frame: it waits.
        if self._hand_busy:
            self._stale = True
            self._settle.start()
        else:
            self._content = None
        self.update()

    def _sharpen(self) -> None:
        if self._stale or self._drawn_view != self._view:
            self._content = None
            self.update()

    def _paint_placeholder(self, painter: QPainter) -> None:
        painter.fillRect(self.rect(), self._colours.ground)
        painter.setFont(self._font)
        view = self._view.placed(0, 0, self.width(), self.height())
        draw_placeholder(painter, view, self._colours, scaled_font(self.font(), 1.15), self._placeholder)

    def _paint_layers(self, painter: QPainter) -> None:
        moved = self._drawn_view != self._view
        ratio = self.devicePixelRatioF()
        if (
            self._content is None
            or self._content.devicePixelRatio() != ratio
            or (moved and self._draw_seconds <= _CHEAP_SECONDS)
        ):
            self._draw_layers(ratio)
            moved = False
        if moved:
            self._paint_moving(painter)
        elif self._scene is not None:
            painter.drawPixmap(0, 0, self._scene)

    def _draw_layers(self, ratio: float) -> None:
        """Draw tiles, points and rings into one pixmap, and a copy of it with rulers and legend."""
        started = time.perf_counter()
        content = QPixmap((QSize(self.size()) * ratio).expandedTo(QSize(1, 1)))
        content.setDevicePixelRatio(ratio)
        content.fill(self._colours.ground)
        with QPainter(content) as painter:
            painter.setClipRect(area_of(self._view))
            if self._mosaic and self._shows_tiles:
                self._draw_tiles(painter, self._mosaic)
            if self._mode is not PlaneMode.TILES:
                self._dense = draw_points(
                    painter, self._view, self._cloud, self._colours, on_tiles=self._shows_tiles
                )
            painter.setFont(self._font)
            # With the tiles, not with the rulers: large smooth circles are too slow for every frame of a pan.
            on_tiles = self._shows_tiles
            draw_axes(painter, self._view, self._colours, self._prior_mean, on_tiles=on_tiles)
            draw_rings(painter, self._view, self._colours, self._prior_mean, on_tiles=on_tiles)
        scene = QPixmap(content)
        with QPainter(scene) as painter:
            self._paint_furniture(painter)
        self._content, self._scene, self._drawn_view, self._stale = content, scene, self._view, False
        self._draw_seconds = time.perf_counter() - started

    def _draw_tiles(self, painter: QPainter, mosaic: Mosaic) -> None:
        # The tiles surround (0, 0). Where that is not the prior's mean, it is the middle of the pictures, and
        # they are expected there whatever the prior says.
        mosaic.draw(painter, self._view, self._colours, fades=self._prior_mean == (0.0, 0.0))

    def _paint_moving(self, painter: QPainter) -> None:
        """Shift and scale the last layer; what it does not reach is filled with tiles only."""
        old, area = self._drawn_view, area_of(self._view)
        painter.fillRect(self.rect(), self._colours.ground)
        painter.setClipRect(area)
        z1_min, z1_max, z2_min, z2_max = old.extent
        target = QRectF(
            QPointF(*self._view.to_screen(z1_min, z2_max)), QPointF(*self._view.to_screen(z1_max, z2_min))
        )
        if self._mosaic and self._shows_tiles and not target.contains(area):
            painter.save()
            bare = QRegion(area.toAlignedRect()) - QRegion(target.toAlignedRect().adjusted(2, 2, -2, -2))
            painter.setClipRegion(bare, Qt.ClipOperation.IntersectClip)
            self._draw_tiles(painter, self._mosaic)
            painter.restore()
        if self._content is not None:
            shown = target.intersected(area)
            ratio, back = self._content.devicePixelRatio(), old.scale / self._view.scale
            source = QRectF(
                (old.left + (shown.left() - target.left()) * back) * ratio,
                (old.top + (shown.top() - target.top()) * back) * ratio,
                shown.width() * back * ratio,
                shown.height() * back * ratio,
            )
            painter.drawPixmap(shown, self._content, source)
        painter.setClipping(False)
        self._paint_furniture(painter)

    def _paint_furniture(self, painter: QPainter) -> None:
        painter.setFont(self._font)
        draw_rulers(painter, self._view, self._colours)
        if self._mode is not PlaneMode.TILES:
            draw_legend(painter, self._view, self._legend(), self._colours)

    def _legend(self) -> list[tuple[str, QColor]]:
        total, held_out = len(self._cloud), self._cloud.n_held_out
        if total == 0:
            return []
        if self._dense:
            apart = f", {held_out:,} of them held out" if held_out else ""
            return [(f"{count(total, 'picture')}{apart}", self._colours.accent)]
        entries = [(f"learned from {total - held_out:,}", self._colours.accent)]
        if held_out:
            entries.append((f"held out {held_out:,}", self._colours.held_out))
        return entries
