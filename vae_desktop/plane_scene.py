"""What there is on the plane, and how each part of it is drawn for a view."""

import copy
from dataclasses import replace
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFont, QPainter, QPalette

from training.language import mark, number, tr
from vae_desktop.plain_words import pictures
from vae_desktop.plane_colouring import Colouring
from vae_desktop.plane_dots import MOST_DOTS, Paint, draw_points, draw_selected
from vae_desktop.plane_ellipses import MOST_ELLIPSES, EllipsesOf, draw_ellipses, rows_in_sight
from vae_desktop.plane_furniture import draw_axes, draw_rings, draw_rulers
from vae_desktop.plane_layers import Mosaic, PlaneColours, draw_veil
from vae_desktop.plane_legend import Legend, draw_legend
from vae_desktop.plane_map_layer import MapLayer
from vae_desktop.plane_points import PointCloud
from vae_desktop.plane_thumbnails import Thumbnails
from vae_desktop.plane_view import HOME_HALF_SPAN, PlaneView
from vae_desktop.tile_pyramid import TilePyramid

Bounds = tuple[float, float, float, float]  # z1_min, z1_max, z2_min, z2_max


class PlaneMode(Enum):
    """What the plane shows."""

    PICTURES = "tiles and points"
    POINTS = "points"
    TILES = "tiles"
    THUMBNAILS = "thumbnails"
    DENSITY = "density"
    MEASURED = "measured map"


class PlaneScene:
    """Tiles, points, rings, axes and rulers.

    Attributes:
        mode: which of them are shown.
        mosaic: a backdrop that stays as it is, or None.
        pyramid: the endless backdrop.
        thumbnails: the person's pictures themselves.
        cloud: the points.
        of_all: how many pictures there are, of which the points may be a sample.
        colouring: of the pictures; None for whether they are held out.
        selected: int64 [n], ascending, the pictures that are marked.
        ellipses_of: whose posteriors are shown.
        measured: a measured map; None where there is none.
        measured_note: what is to be said of it, or why there is none.
        as_lines: draw it as lines over the tiles.
        prior_mean: where the prior's rings have their middle.
        has_prior: whether pictures are expected where the prior is.
        colours: of all of it.
        font: of the numbers and the legend.
    """

    def __init__(self, palette: QPalette, font: QFont) -> None:
        self.mode = PlaneMode.PICTURES
        self.ellipses_of = EllipsesOf.POINTED_AT
        self.colours, self.font = PlaneColours.of(palette), font
        self.measured: MapLayer | None = None
        self.measured_note, self.as_lines = "", False
        self.pyramid, self.thumbnails = TilePyramid(), Thumbnails()
        self.clear()

    def clear(self) -> None:
        """Have neither points nor tiles."""
        self.mosaic: Mosaic | None = None
        self.pyramid.clear()
        self.thumbnails.set_pictures(None)
        self.cloud, self.of_all = PointCloud(), 0
        self.colouring: Colouring | None = None
        self.selected = np.zeros(0, np.int64)
        self._ellipses_note = ""
        self._paint: tuple[tuple[object, ...], Paint] | None = None
        self.prior_mean = (0.0, 0.0)
        self.has_prior = True
        self._is_dense = False

    def emptied(self) -> "PlaneScene":
        """Another one that looks the same, without points, tiles and pictures, to be drawn elsewhere."""
        other = copy.copy(self)
        other.mosaic, other.pyramid, other.thumbnails = None, TilePyramid(), Thumbnails()
        other.cloud, other._paint = PointCloud(), None
        return other

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a point nor a tile."""
        return not self._has_tiles and len(self.cloud) == 0

    @property
    def shows_tiles(self) -> bool:
        """Whether there are tiles, and they are not left out."""
        return self._has_tiles and self.has_backdrop

    @property
    def has_backdrop(self) -> bool:
        """Whether tiles are shown in this mode."""
        is_below_lines = self.mode is PlaneMode.MEASURED and self.as_lines
        return self.mode in (PlaneMode.PICTURES, PlaneMode.TILES) or is_below_lines

    @property
    def shows_ground(self) -> bool:
        """Whether anything lies under points and lines: tiles, or a map in colours."""
        return self.shows_tiles or self._coloured is not None

    @property
    def _coloured(self) -> MapLayer | None:
        return self.measured if self.mode is PlaneMode.MEASURED and not self.as_lines else None

    @property
    def shows_thumbnails(self) -> bool:
        """Whether pictures are shown in place of points."""
        return self.mode is PlaneMode.THUMBNAILS and self.thumbnails.has_pictures

    @property
    def _has_dots(self) -> bool:
        # Where dots cannot be told apart, they would hide the map.
        hides_map = self.mode is PlaneMode.MEASURED and len(self.cloud) > MOST_DOTS
        return self.mode is not PlaneMode.TILES and not self.shows_thumbnails and not hides_map

    @property
    def _has_tiles(self) -> bool:
        return self.mosaic is not None or len(self.pyramid) > 0

    @property
    def bounds(self) -> Bounds | None:
        """Of what is shown, of the endless backdrop the first view; None where that is nothing."""
        shown = []
        if self.shows_tiles:
            home = (-HOME_HALF_SPAN, HOME_HALF_SPAN, -HOME_HALF_SPAN, HOME_HALF_SPAN)
            shown.append(self.mosaic.bounds if self.mosaic else home)
        if self.mode is not PlaneMode.TILES and self.cloud.bounds:
            shown.append(self.cloud.bounds)
        if not shown:
            return None
        left, right, bottom, top = zip(*shown, strict=True)
        return min(left), max(right), min(bottom), max(top)

    def draw_tiles(self, painter: QPainter, view: PlaneView, within: QRectF | None = None) -> None:
        """Draw the backdrop, or what of it overlaps a part of the widget; nothing where it is left out."""
        if self.shows_tiles:
            if self.mosaic:
                self.mosaic.draw(painter, view)
            self.pyramid.draw(painter, view, within)
        elif self._coloured is not None:
            self._coloured.draw(painter, view)

    def draw_veil(self, painter: QPainter, view: PlaneView) -> None:
        """Fade the tiles where hardly any picture is expected."""
        # Where (0, 0) is not the prior's mean, it is the middle of the pictures, and they are expected around
        # it whatever the prior says.
        if self.shows_tiles and self.has_prior and self.prior_mean == (0.0, 0.0):
            draw_veil(painter, view, self.colours)

    def draw_marks(self, painter: QPainter, view: PlaneView) -> None:
        """Draw what lies over the backdrop: the veil, the points, the axes, the rings."""
        on_tiles = self.shows_ground
        self.draw_veil(painter, view)
        self._draw_map_lines(painter, view)
        self._ellipses_note = ""
        if self.ellipses_of is EllipsesOf.ALL:
            self._draw_ellipses(painter, view, None)
        self._is_dense = self._has_dots and draw_points(
            painter,
            view,
            self.cloud,
            self.paint,
            self.colours,
            on_tiles=on_tiles,
            as_density=self.mode is PlaneMode.DENSITY,
            is_quiet=self.mode is PlaneMode.MEASURED,
        )
        if self._has_dots and len(self.selected):
            rows = self.cloud.rows_of(self.selected)
            draw_selected(painter, view, self.cloud, rows, self.colours)
        if self.ellipses_of is EllipsesOf.SELECTED:
            self._draw_ellipses(painter, view, self.selected)
        painter.setFont(self.font)
        # Not with the rulers: large smooth circles are too slow for every frame of a pan.
        draw_axes(painter, view, self.colours, self.prior_mean, on_tiles=on_tiles)
        draw_rings(painter, view, self.colours, self.prior_mean, on_tiles=on_tiles)
        if self.shows_thumbnails:
            self.thumbnails.draw(
                painter, view, self.cloud, self.colours, paint=self.paint, selected=self.selected
            )

    def _draw_map_lines(self, painter: QPainter, view: PlaneView) -> None:
        if self.mode is PlaneMode.MEASURED and self.measured is not None:
            if self.as_lines:
                self.measured.draw_lines(painter, view, self.colours)
            self.measured.draw_border(painter, view, self.colours)

    def _draw_ellipses(self, painter: QPainter, view: PlaneView, numbers: NDArray[np.int64] | None) -> None:
        """Of the pictures in sight with these numbers, or of all (None)."""
        if self.mode is PlaneMode.TILES:
            return
        rows = rows_in_sight(view, self.cloud, numbers)
        if len(rows) > MOST_ELLIPSES:
            words = mark("ellipses of {shown:,} of the {count:,} in sight: zoom in to see all")
            self._ellipses_note = tr(words, shown=MOST_ELLIPSES, count=len(rows))
            rows = rows[:MOST_ELLIPSES]
        draw_ellipses(painter, view, self.cloud, rows, self.paint, halo=self.colours.ground)

    def draw_furniture(self, painter: QPainter, view: PlaneView) -> None:
        """Draw the rulers beside the area and the legend on it."""
        painter.setFont(self.font)
        draw_rulers(painter, view, self.colours)
        if self.mode is not PlaneMode.TILES:
            legend = self._legend()
            draw_legend(painter, view, replace(legend, notes=self._notes(legend)), self.colours)

    @property
    def paint(self) -> Paint:
        """What colours the points have."""
        is_plain = self.mode is PlaneMode.MEASURED and self.measured is not None
        belongs_to = (self.cloud, self.colouring, self.colours, is_plain)
        if self._paint is None or any(a is not b for a, b in zip(self._paint[0], belongs_to, strict=True)):
            self._paint = belongs_to, self._new_paint(is_plain)
        return self._paint[1]

    def _new_paint(self, is_plain: bool) -> Paint:
        if self.colouring is None and is_plain:  # the map's colours are enough
            colours, classes = [self.colours.text], np.zeros(len(self.cloud), np.uint8)
        elif self.colouring is None:
            colours, classes = (
                [self.colours.accent, self.colours.held_out],
                self.cloud.held_out.astype(np.uint8),
            )
        else:
            colours = self.colouring.colours(dark=self.colours.is_dark)
            classes = self.colouring.of(self.cloud.indices)
        return Paint.of(self.cloud, classes, colours, shows_density=self.colouring is None)

    def colour_of(self, row: int) -> QColor:
        """Of a point, by its row in the cloud."""
        return self.paint.colours[int(self.paint.classes[row])]

    def _legend(self) -> Legend:
        if self.mode is PlaneMode.MEASURED:
            return self._legend_of_map()
        return self._legend_of_points()

    def _legend_of_map(self) -> Legend:
        points = Legend() if self.colouring is None or not self._has_dots else self._legend_of_points()
        notes = [self.measured_note]
        if len(self.cloud) > MOST_DOTS:
            notes.append(
                tr("{pictures} are left out, so that the map is seen", pictures=pictures(len(self.cloud)))
            )
        if self.measured is None:
            return Legend(points.entries, notes=notes)
        return Legend(points.entries, self.measured.legend, [self.measured.note, *notes])

    def _legend_of_points(self) -> Legend:
        total, held_out = len(self.cloud), self.cloud.n_held_out
        if total == 0:
            return Legend()
        if self._is_dense:
            words = pictures(total)
            if held_out:
                words = tr("{pictures}, {held_out:,} of them held out", pictures=words, held_out=held_out)
            return Legend([(words, self.colours.accent)])
        if self.colouring is not None:
            return self._legend_of(self.colouring)
        entries = [(tr("learned from {count:,}", count=total - held_out), self.colours.accent)]
        if held_out:
            entries.append((tr("held out {count:,}", count=held_out), self.colours.held_out))
        return Legend(entries)

    def _notes(self, legend: Legend) -> list[str]:
        total, sample = len(self.cloud), ""
        if 0 < total < self.of_all:
            sample = tr("{count:,} of your {all:,} pictures", count=total, all=self.of_all)
        return [*legend.notes, sample, self._ellipses_note]

    def _legend_of(self, colouring: Colouring) -> Legend:
        colours = self.paint.colours
        if colouring.scale is not None:
            return Legend(scale=(colouring.scale, colours[1:]), notes=[colouring.note])
        numbers = np.bincount(self.paint.classes, minlength=len(colours)).tolist()
        entries = [
            (f"{name} {number(count)}", colour)
            for name, count, colour in zip(colouring.names, numbers, colours, strict=True)
            if name and count
        ]
        # What is none of the named comes last.
        others = entries[:1] if colouring.names[0] and numbers[0] else []
        return Legend([*entries[len(others) :], *others], notes=[colouring.note])
