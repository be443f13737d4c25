"""Drawing around pictures on the plane to select them."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPen

from training.language import mark, tr
from vae_desktop.picture_selection import PictureSelection
from vae_desktop.plain_words import pictures
from vae_desktop.plane_layers import PlaneColours, area_of, faint
from vae_desktop.plane_overlay import PlaneOverlay, PlaneTool, Spot
from vae_desktop.plane_session import PlaneSession
from vae_desktop.plane_view import PlaneView

_STEP = 2.0  # pixels between two points of the line
_HELP = mark("Draw around pictures to select them; Shift adds, Alt takes out, Esc leaves the lasso.")


class Lasso(QObject, PlaneTool, PlaneOverlay):
    """A tool that selects the pictures within a line drawn by hand, for as long as its action is checked.

    Args:
        session: on whose plane.
        selection: what it changes.
    """

    def __init__(self, session: PlaneSession, selection: PictureSelection) -> None:
        super().__init__(session)
        self._session, self._selection = session, selection
        self._window, self._plane = session.window, session.window.plane
        self._line: list[QPointF] = []
        self._modifiers = Qt.KeyboardModifier.NoModifier
        self._action = self._window.action("lasso")
        self._action.toggled.connect(self._on_toggled)
        self._plane.tool_changed.connect(lambda: self._action.setChecked(self._plane.tool is self))
        self._plane.overlays.append(self)

    def press(self, spot: Spot) -> None:
        """A line begins."""
        self._line, self._modifiers = [spot.at], spot.modifiers

    def drag(self, spot: Spot) -> None:
        """It goes on."""
        if (spot.at - self._line[-1]).manhattanLength() >= _STEP:
            self._line.append(spot.at)
            self._plane.update()

    def release(self, spot: Spot, *, is_click: bool) -> None:
        """It is closed; a click selects the picture there."""
        line, self._line = self._line, []
        self._plane.update()
        if is_click:
            picture = self._plane.picture_at(spot)
            found = np.array([picture] if picture >= 0 else [], np.int64)
        else:
            found = self._within(spot.view, line)
        self._take(found)

    def cancel(self) -> None:
        """Nothing was drawn."""
        self._line = []
        self._plane.update()

    def draw(self, painter: QPainter, _view: PlaneView, colours: PlaneColours) -> None:
        """Show the line, closed as it would be now."""
        if len(self._line) > 1:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            path = _closed(self._line)
            painter.fillPath(path, faint(colours.accent, 0.14))
            for pen in (QPen(faint(colours.ground, 0.8), 3.5), QPen(colours.accent, 1.6)):
                painter.strokePath(path, pen)

    def _on_toggled(self, chosen: bool) -> None:
        if chosen:
            self._plane.set_tool(self)
            self._plane.setFocus()
            self._window.statusBar().showMessage(tr(_HELP), 8000)
        elif self._plane.tool is self:
            self._plane.set_tool(None)

    def _within(self, view: PlaneView, line: list[QPointF]) -> NDArray[np.int64]:
        """The pictures that lie within the closed line."""
        where = self._session.where
        inside = _inside(view, line, where.basis.on_plane(where.means))
        return where.numbers[inside]

    def _take(self, found: NDArray[np.int64]) -> None:
        say = self._window.statusBar().showMessage
        if not len(found):
            say(tr("No picture lies there; what was selected still is."), 4000)
            return
        if self._modifiers & Qt.KeyboardModifier.ShiftModifier:
            self._selection.add(found)
        elif self._modifiers & Qt.KeyboardModifier.AltModifier:
            self._selection.take_out(found)
        else:
            self._selection.select(found)
        key = self._window.action("make_group").shortcut().toString()
        say(
            tr(
                "{pictures} selected; {key} makes a group of them.",
                pictures=pictures(len(self._selection)),
                key=key,
            ),
            8000,
        )


def _closed(line: list[QPointF]) -> QPainterPath:
    path = QPainterPath(line[0])
    path.setFillRule(Qt.FillRule.WindingFill)  # where the line goes round twice is within it, too
    for point in line[1:]:
        path.lineTo(point)
    path.closeSubpath()
    return path


def _inside(view: PlaneView, line: list[QPointF], means: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which places of the plane, [n, 2], lie within a closed line of pixels, [n].

    The line is filled in a picture, in which the places are looked up: exact to a pixel, as a hand is, and a
    million places cost no more than to read as many pixels.
    """
    area = area_of(view)
    columns, rows = max(round(area.width()), 1), max(round(area.height()), 1)
    mask = QImage(columns, rows, QImage.Format.Format_Grayscale8)
    mask.fill(0)
    with QPainter(mask) as painter:
        painter.translate(-area.topLeft())
        painter.fillPath(_closed(line), Qt.GlobalColor.white)
    pixels = np.frombuffer(mask.constBits(), np.uint8).reshape(rows, mask.bytesPerLine())[:, :columns]
    cells = np.floor(view.place(means) - (area.left(), area.top()))
    inside: NDArray[np.bool_] = np.all((cells >= 0) & (cells < (columns, rows)), axis=1)
    at = cells[inside].astype(np.int64)
    inside[inside] = pixels[at[:, 1], at[:, 0]] > 0
    return inside
