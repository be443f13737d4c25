"""The plane as something to look at: data in, view, cached layers; what the hand does is elsewhere."""

import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QCursor,
    QFont,
    QHideEvent,
    QImage,
    QPainter,
    QPaintEvent,
    QPixmap,
    QRegion,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from vae_desktop.plane_colouring import Colouring
from vae_desktop.plane_ellipses import EllipsesOf
from vae_desktop.plane_furniture import RULER_BOTTOM, RULER_LEFT, draw_placeholder
from vae_desktop.plane_layers import Mosaic, PlaneColours, area_of
from vae_desktop.plane_map_layer import MapLayer
from vae_desktop.plane_overlay import PlaneOverlay
from vae_desktop.plane_points import cloud
from vae_desktop.plane_scene import PlaneMode, PlaneScene
from vae_desktop.plane_thumbnails import PixelsOf
from vae_desktop.plane_view import PlaneView
from vae_desktop.style import scaled_font, tabular_font
from vae_desktop.tile_grid import Block, wanted_blocks
from vae_desktop.tile_pyramid import rectangle_of

_SETTLE_MS = 80  # after so long without a change of view the layers are drawn anew
_CHEAP_SECONDS = 0.006  # layers that took no longer are drawn anew at every step of a pan or zoom
_WANT_MS = 30  # between two lists of the tiles that a moving view wants
_USUAL_SIDE = 64  # of pictures, before the first of them is there


class PlaneCanvas(QWidget):
    """Shows tiles and points on the latent plane, with the prior's rings and ticks in σ.

    The layers are drawn once into pixmaps: the tiles, what marks them, and both together. While the view
    moves, the last ones are shifted and scaled instead, and drawn sharp again when the view has come to rest.
    A block of tiles that arrives is drawn into its place; whatever else changes costs one copy of a pixmap.

    Attributes:
        overlays: what features lay over it, the topmost last; call ``update`` when one has changed.
    """

    view_changed = Signal()
    mode_changed = Signal()
    map_changed = Signal()  # another measured map is shown, or more is to be said of it
    tiles_wanted = Signal(object)  # list of (tile_grid.Block, the generation that is shown of it)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.overlays: list[PlaneOverlay] = []
        self._scene = PlaneScene(self.palette(), self._small_font())
        self._placeholder = ""
        self._hand_busy = False
        self._view = PlaneView()
        self._view = self._placed(self._view)
        self._tiles, self._marks = QPixmap(), QPixmap()
        self._content: QPixmap | None = None  # both together; None when they are to be drawn anew
        self._tiles_stale = True  # when they are, the tiles, too
        self._whole = QPixmap()  # with rulers and legend
        self._arrived: list[Block] = []  # not drawn yet
        self._drawn_view = self._view
        self._stale = False
        self._draw_seconds = 0.0
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settle.timeout.connect(self._sharpen)
        self._want = QTimer(self, singleShot=True, interval=_WANT_MS)
        self._want.timeout.connect(self._tell_wanted)

    def set_points(
        self,
        means: NDArray[np.float32],
        sigmas: NDArray[np.float32],
        held_out: NDArray[np.bool_],
        indices: NDArray[np.int64],
        angles: NDArray[np.float32] | None = None,
        *,
        of_all: int = 0,
    ) -> None:
        """Show these posteriors instead of those before; points that are not finite are left out.

        Args:
            means: [n, 2] in latent units.
            sigmas: [n, 2] in latent units, along the axes of their ellipses.
            held_out: [n].
            indices: [n], which pictures of the project they are.
            angles: [n], how far the ellipses are turned, radians counter-clockwise; None for not at all.
            of_all: how many pictures there are; where that is more, the legend says so.

        Raises:
            ValueError: the shapes do not belong together.
        """
        self._scene.of_all = of_all
        self._scene.cloud = cloud(means, sigmas, held_out, indices, angles)
        self._data_changed(tiles=False)

    def set_tiles(self, tiles: NDArray[np.uint8], centres: NDArray[np.float32]) -> None:
        """Show decodings as a backdrop that stays as it is.

        Args:
            tiles: [rows, columns, S, S, C], row 0 at the top; they abut.
            centres: [rows, columns, 2] in latent units, evenly spaced.

        Raises:
            ValueError: the shapes do not belong together or a centre is not finite.
        """
        self._scene.mosaic = Mosaic(tiles, centres)
        self._data_changed()

    def put_tiles(self, block: Block, tiles: NDArray[np.uint8], generation: int) -> None:
        """Show a block of the endless backdrop, as :attr:`tiles_wanted` asked for it.

        Args:
            tiles: [BLOCK, BLOCK, S, S, C], row 0 at the top.
            generation: of the tiles; those of a larger one cover others.
        """
        pyramid = self._scene.pyramid
        side = pyramid.side
        pyramid.put(block, tiles, generation)
        if side != pyramid.side:
            self._data_changed()
            self._want_soon()  # how fine they are to be depends on it
        else:
            self._arrived.append(block)
            self.update()

    def set_pictures(self, pixels_of: PixelsOf | None) -> None:
        """Have the person's pictures to show as thumbnails, or none."""
        self._scene.thumbnails.set_pictures(pixels_of)
        self._data_changed()

    def set_colouring(self, colouring: Colouring | None) -> None:
        """Colour the points by something; None for whether their pictures are held out."""
        if colouring is not self._scene.colouring:
            self._scene.colouring = colouring
            self._data_changed(tiles=False)

    def show_selected(self, numbers: NDArray[np.int64]) -> None:
        """Mark these pictures, int64 [n], ascending."""
        self._scene.selected = numbers
        self._data_changed()

    def show_ellipses(self, of: EllipsesOf) -> None:
        """Choose whose posteriors are shown as ellipses."""
        self._scene.ellipses_of = of
        self._data_changed()

    def show_map(self, measured: MapLayer | None, note: str = "", *, as_lines: bool = False) -> None:
        """Have a measured map to show in its mode, or none; ``note`` says what else is to be known of it."""
        scene, wanted = self._scene, (measured, note, as_lines)
        if (scene.measured, scene.measured_note, scene.as_lines) != wanted:
            scene.measured, scene.measured_note, scene.as_lines = wanted
            if scene.mode is PlaneMode.MEASURED:
                self._data_changed()
                self._want_soon()
                self.map_changed.emit()

    @property
    def map_words(self) -> str:
        """What the measured map shows, or why there is none; "" in other modes."""
        scene = self._scene
        if scene.mode is not PlaneMode.MEASURED:
            return ""
        words = "" if scene.measured is None else scene.measured.words
        return "\n".join(filter(None, [words, scene.measured_note]))

    @property
    def measured(self) -> MapLayer | None:
        """The measured map that is shown, if any is."""
        return self._scene.measured if self._scene.mode is PlaneMode.MEASURED else None

    @property
    def ellipses_of(self) -> EllipsesOf:
        """Whose posteriors are shown as ellipses."""
        return self._scene.ellipses_of

    def set_prior_mean(self, z1: float, z2: float) -> None:
        """Draw the prior's rings around another point of the plane."""
        if (z1, z2) != self._scene.prior_mean:
            self._scene.prior_mean = (z1, z2)
            self._data_changed()

    def set_has_prior(self, has_prior: bool) -> None:
        """Whether what lies beyond the prior is faded; a model that was not drawn to it knows all alike."""
        if has_prior != self._scene.has_prior:
            self._scene.has_prior = has_prior
            self._data_changed()

    def clear(self) -> None:
        """Show the placeholder and the first view again."""
        self._scene.clear()
        self._data_changed()
        self._want_soon()
        self.reset_view()

    def set_mode(self, mode: PlaneMode) -> None:
        """Choose what is shown."""
        if mode is not self._scene.mode:
            self._scene.mode = mode
            self._data_changed()
            self._want_soon()
            self.mode_changed.emit()

    def emptied_scene(self) -> PlaneScene:
        """A scene that looks as this plane does, with nothing in it yet, to be drawn elsewhere."""
        return self._scene.emptied()

    @property
    def mode(self) -> PlaneMode:
        """What is shown."""
        return self._scene.mode

    @property
    def view(self) -> PlaneView:
        """What part of the plane is seen, and where in the widget."""
        return self._view

    def set_placeholder(self, text: str) -> None:
        """The text shown while there is neither a point nor a tile."""
        self._placeholder = text
        self.update()

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a point nor a tile."""
        return self._scene.is_empty

    def fit(self) -> None:
        """Show everything there is in the present mode."""
        bounds = self._scene.bounds
        if bounds is not None:
            self.set_view(self._view.fitted(*bounds))

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
            self._want_soon()
            self.update()
            self.view_changed.emit()

    def picture(self, scale: int) -> QImage:
        """All of it as it is seen, a whole number of times as large, and as sharp as what is there allows."""
        image = QImage(QSize(self.size()) * scale, QImage.Format.Format_RGB888)
        image.setDevicePixelRatio(scale)
        image.fill(self._scene.colours.ground)
        with QPainter(image) as painter:
            painter.setFont(self._scene.font)
            painter.save()
            painter.setClipRect(area_of(self._view))
            self._scene.draw_tiles(painter, self._view)
            self._scene.draw_marks(painter, self._view)
            painter.restore()
            painter.save()
            self._scene.draw_furniture(painter, self._view)
            painter.restore()
            self.paint_overlay(painter)
        return image

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
        self._want_soon()
        self.view_changed.emit()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for tiles from now on."""
        super().showEvent(event)
        self._want_soon()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask for no more of them."""
        super().hideEvent(event)
        self._want_soon()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the system's colours and fonts."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._scene.colours, self._scene.font = PlaneColours.of(self.palette()), self._small_font()
            self._content, self._tiles_stale = None, True
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Copy the layers, then paint what the hand moves."""
        with QPainter(self) as painter:
            if self.is_empty:
                self._paint_placeholder(painter)
            else:
                self._paint_layers(painter)
                painter.setFont(self._scene.font)
                self.paint_overlay(painter)

    def _small_font(self) -> QFont:
        return tabular_font(scaled_font(self.font(), 0.9))

    def _want_soon(self) -> None:
        if not self._want.isActive():  # not start(): a view that moves all the time would never tell
            self._want.start()

    def _tell_wanted(self) -> None:
        """Tell which tiles are to be seen, those about the pointer first."""
        wanted: list[tuple[Block, int]] = []
        pyramid = self._scene.pyramid
        if self.isVisible() and self._scene.has_backdrop:
            looked_at = self._view.z1, self._view.z2
            if self.underMouse():
                at = self.mapFromGlobal(QCursor.pos())
                looked_at = self._view.to_latent(at.x(), at.y())
            blocks = wanted_blocks(self._view, pyramid.side or _USUAL_SIDE, looked_at)
            wanted = [(block, pyramid.generation_of(block)) for block in blocks]
        self.tiles_wanted.emit(wanted)

    def _placed(self, view: PlaneView) -> PlaneView:
        return view.placed(RULER_LEFT, 0, self.width() - RULER_LEFT, self.height() - RULER_BOTTOM)

    def _data_changed(self, *, tiles: bool = True) -> None:
        """Draw anew what there is; ``tiles`` is False where they are as they were."""
        self._tiles_stale |= tiles
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
        colours = self._scene.colours
        painter.fillRect(self.rect(), colours.ground)
        painter.setFont(self._scene.font)
        view = self._view.placed(0, 0, self.width(), self.height())
        draw_placeholder(painter, view, colours, scaled_font(self.font(), 1.15), self._placeholder)

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
            return
        if self._arrived:
            self._draw_arrived()
        painter.drawPixmap(0, 0, self._whole)

    def _draw_layers(self, ratio: float) -> None:
        """Draw tiles, points and rings into pixmaps; the tiles only where they are not as they were."""
        started = time.perf_counter()
        size = (QSize(self.size()) * ratio).expandedTo(QSize(1, 1))
        scene = self._scene
        moved = self._drawn_view != self._view or self._tiles.devicePixelRatio() != ratio
        whole = self._tiles_stale or self._arrived or moved or self._tiles.size() != size
        if whole:
            self._tiles = self._layer(size, ratio, scene.colours.ground, scene.draw_tiles)
        self._marks = self._layer(size, ratio, Qt.GlobalColor.transparent, scene.draw_marks)
        self._drawn_view, self._stale, self._tiles_stale = self._view, False, False
        self._arrived.clear()
        self._compose()
        if whole:
            self._draw_seconds = time.perf_counter() - started

    def _layer(
        self,
        size: QSize,
        ratio: float,
        ground: QColor | Qt.GlobalColor,
        draw: Callable[[QPainter, PlaneView], None],
    ) -> QPixmap:
        layer = QPixmap(size)
        layer.setDevicePixelRatio(ratio)
        layer.fill(ground)
        with QPainter(layer) as painter:
            painter.setClipRect(area_of(self._view))
            draw(painter, self._view)
        return layer

    def _draw_arrived(self) -> None:
        """Draw the blocks that have arrived into their places."""
        if self._scene.shows_tiles:
            with QPainter(self._tiles) as painter:
                for block in dict.fromkeys(self._arrived):
                    place = rectangle_of(block, self._view).intersected(area_of(self._view))
                    if not place.isEmpty():
                        painter.setClipRect(place)
                        self._scene.draw_tiles(painter, self._view, place)
            self._compose()
        self._arrived.clear()

    def _compose(self) -> None:
        """Lay the marks over the tiles, and rulers and legend over a copy of both."""
        content = QPixmap(self._tiles)
        with QPainter(content) as painter:
            painter.drawPixmap(0, 0, self._marks)
        whole = QPixmap(content)
        with QPainter(whole) as painter:
            self._scene.draw_furniture(painter, self._view)
        self._content, self._whole = content, whole

    def _paint_moving(self, painter: QPainter) -> None:
        """Shift and scale the last layers; what they do not reach is filled with tiles only."""
        old, area = self._drawn_view, area_of(self._view)
        painter.fillRect(self.rect(), self._scene.colours.ground)
        painter.setClipRect(area)
        z1_min, z1_max, z2_min, z2_max = old.extent
        target = QRectF(
            QPointF(*self._view.to_screen(z1_min, z2_max)), QPointF(*self._view.to_screen(z1_max, z2_min))
        )
        if self._scene.shows_ground and not target.contains(area):
            painter.save()
            bare = QRegion(area.toAlignedRect()) - QRegion(target.toAlignedRect().adjusted(2, 2, -2, -2))
            painter.setClipRegion(bare, Qt.ClipOperation.IntersectClip)
            self._scene.draw_tiles(painter, self._view)
            self._scene.draw_veil(painter, self._view)
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
        self._scene.draw_furniture(painter, self._view)
