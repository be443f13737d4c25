"""The learning curve. Imported only once there is a curve to show: pyqtgraph takes its time to load."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QPalette, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from training.events import EpochRecord
from training.language import mark, separators, tr
from vae_desktop.labels import QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import duration, figure
from vae_desktop.style import GRID, accent, hairline, held_out_colour, quiet_text, scaled_font, tabular_font

_TIME_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 36000, 86400)
_REST_MS = 200  # small sets have many epochs a second, and each drawing takes as long as the history is
_Values = NDArray[np.float64]
_LOSS_HELP = mark(
    "How badly the pictures are described, in nats per picture (the negative ELBO): lower is better. "
    "Held-out pictures are never learned from, so their line tells how well new pictures are understood."
)


class LossCurves(PaletteFollower):
    """Loss per picture against training time, for held-out pictures and for those learned from."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history: list[EpochRecord] = []
        self._is_drawn = True
        self._rest = QTimer(self, singleShot=True, interval=_REST_MS)
        self._rest.timeout.connect(self._draw_newest)
        self._legend = _Legend()
        self._readout = QLabel()
        self._readout.setFont(tabular_font(scaled_font(self._readout.font(), 0.9)))
        self._plot = loss_plot(tr(_LOSS_HELP))
        self._plot.setAccessibleName(tr("Learning curve"))
        self._train = self._plot.plot()
        self._held_out = self._plot.plot()
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._cursor.hide()
        self._plot.addItem(self._cursor, ignoreBounds=True)
        self._plot.scene().sigMouseMoved.connect(self._point_at)
        header = QHBoxLayout()
        header.addWidget(self._legend)
        header.addStretch(1)
        header.addWidget(self._readout)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(header)
        layout.addWidget(self._plot, 1)
        self.recolour()

    def set_history(self, history: Sequence[EpochRecord]) -> None:
        """Replace the curve. It is drawn a few times a second at most, the newest one always."""
        self._history = list(history)
        self._is_drawn = False
        if not self._rest.isActive():
            self._draw_newest()

    def leaveEvent(self, event: QEvent) -> None:
        """Put the readout away with the pointer."""
        super().leaveEvent(event)
        self._cursor.hide()
        self._readout.clear()

    def _draw_newest(self) -> None:
        if not self._is_drawn:
            self._is_drawn = True
            self._draw()
            self._rest.start()

    def _draw(self) -> None:
        times, train, held_out = _series(self._history)
        for curve, losses in ((self._train, train), (self._held_out, held_out)):
            known = np.isfinite(losses).any()  # a curve without any number makes pyqtgraph warn
            curve.setData(*((times, losses) if known else ([], [])), connect="finite")
        self._show_lone_points(len(times) == 1)
        self._legend.show_held_out(bool(np.isfinite(held_out).any()))
        extent = robust_range(train, held_out)
        if extent is None:
            return
        self._plot.setYRange(*extent, padding=0.06)
        self._plot.setXRange(0, max(float(times[-1]), 1.0), padding=0.01)

    def _show_lone_points(self, lone: bool) -> None:
        # A line needs two points; a single epoch would otherwise show an empty plot.
        for curve in (self._train, self._held_out):
            curve.setSymbol("o" if lone else None)
            curve.setSymbolSize(6)
            curve.setSymbolPen(None)

    def recolour(self) -> None:
        """Draw in the palette's colours."""
        palette = self.palette()
        self._legend.recolour(palette)
        self._train.setPen(line_pen(accent(palette), 1.5))
        self._held_out.setPen(line_pen(held_out_colour(palette), 2))
        self._train.setSymbolBrush(accent(palette))
        self._held_out.setSymbolBrush(held_out_colour(palette))
        self._cursor.setPen(line_pen(quiet_text(palette), 1))
        dress_axes(self._plot, palette)

    def _point_at(self, place: QPointF) -> None:
        if not self._history:
            return
        seconds = self._plot.getPlotItem().vb.mapSceneToView(place).x()
        record = min(self._history, key=lambda each: abs(each.seconds - seconds))
        self._cursor.setPos(record.seconds)
        self._cursor.show()
        parts = [
            tr("epoch {epoch}", epoch=record.epoch),
            duration(record.seconds),
            figure(record.train.loss),
        ]
        if record.held_out is not None:
            parts.append(tr("held out {figure}", figure=figure(record.held_out.loss)))
        self._readout.setText(" · ".join(parts))


class _TimeAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Training time in seconds, minutes, hours."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """One level of ticks about 80 pixels apart."""
        wanted = (high - low) * 80 / max(size, 1.0)
        return [(next((step for step in _TIME_STEPS if step >= wanted), _TIME_STEPS[-1]), 0)]

    def tickStrings(self, values: Sequence[float], _scale: float, _spacing: float) -> list[str]:
        """The times as a person would say them."""
        return ["0" if value == 0 else _tick(value) for value in values]


class _FigureAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """Figures as the chosen language writes them."""

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """As many decimals as tell the ticks apart."""
        _thousands, decimal = separators()
        return [text.replace(".", decimal) for text in super().tickStrings(values, scale, spacing)]


def _tick(seconds: float) -> str:
    if seconds < 60:
        return tr("{seconds:.0f} s", seconds=seconds)
    if seconds < 3600:
        minutes, rest = divmod(round(seconds), 60)
        return tr("{minutes} min", minutes=f"{minutes}:{rest:02}" if rest else minutes)
    return tr("{hours:g} h", hours=seconds / 3600)


class _Legend(QWidget):
    """Which line is which, in plain words."""

    def __init__(self) -> None:
        super().__init__()
        self._held_out_mark, self._train_mark = QLabel("●"), QLabel("●")
        self._held_out_text = QuietLabel(tr("held-out pictures"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID // 2, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        for widget in (self._held_out_mark, self._held_out_text):
            layout.addWidget(widget)
        layout.addSpacing(GRID)
        train_text = QuietLabel(tr("pictures it learns from"))
        for widget in (self._train_mark, train_text):
            layout.addWidget(widget)
        for text in (self._held_out_text, train_text):
            text.setWordWrap(False)
            text.setFont(scaled_font(text.font(), 0.9))
        self.setToolTip(tr(_LOSS_HELP))

    def show_held_out(self, shown: bool) -> None:
        """Whether any picture is held out."""
        self._held_out_mark.setVisible(shown)
        self._held_out_text.setVisible(shown)

    def recolour(self, ground: QPalette) -> None:
        """Follow the palette of the curves."""
        for sign, colour in ((self._held_out_mark, held_out_colour), (self._train_mark, accent)):
            palette = QPalette()
            palette.setColor(QPalette.ColorRole.WindowText, colour(ground))
            sign.setPalette(palette)


def loss_plot(tip: str) -> pg.PlotWidget:
    """An empty plot of losses against training time, to look at only."""
    plot = pg.PlotWidget(
        axisItems={"bottom": _TimeAxis("bottom"), "left": _FigureAxis("left")}, enableMenu=False
    )
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.setAcceptDrops(False)  # a folder dropped here belongs to the window
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setToolTip(tip)
    return plot


def dress_axes(plot: pg.PlotWidget, palette: QPalette) -> None:
    """Draw ground and axes of a :func:`loss_plot` in the palette's colours."""
    plot.setBackground(palette.color(QPalette.ColorRole.Window))
    small = scaled_font(plot.font(), 0.85)
    for name in ("left", "bottom"):
        axis = plot.getAxis(name)
        axis.setPen(line_pen(hairline(palette), 1))
        axis.setTextPen(quiet_text(palette))
        axis.setStyle(tickFont=tabular_font(small), tickLength=4, autoExpandTextSpace=False)
    plot.getAxis("left").setWidth(plot.fontMetrics().horizontalAdvance("00000") + GRID)
    plot.getAxis("bottom").setHeight(plot.fontMetrics().height() + GRID // 2)


def robust_range(train: _Values, held_out: _Values) -> tuple[float, float] | None:
    """The range of losses to show, None without a finite one.

    The first epochs of a training lie far above the rest; they may leave the plot at the top, so that the
    part where something is to be decided keeps its height. The newest values are always inside.

    Args:
        train: losses in order, float64 [n]; may hold NaN.
        held_out: the same for held-out pictures.
    """
    finite = np.concatenate([train[np.isfinite(train)], held_out[np.isfinite(held_out)]])
    if finite.size == 0:
        return None
    low, high = float(finite.min()), float(finite.max())
    if finite.size >= 8:
        middle = float(np.quantile(finite, 0.75))
        usable = [series[np.isfinite(series)] for series in (train, held_out)]
        newest = [float(series[-1]) for series in usable if series.size]
        high = max(min(high, low + 2.2 * (middle - low)), *newest)
    if high - low < 1e-9:
        low, high = low - 0.5, high + 0.5
    return low, high


def _series(history: Sequence[EpochRecord]) -> tuple[_Values, _Values, _Values]:
    times = np.array([record.seconds for record in history], np.float64)
    train = np.array([record.train.loss for record in history], np.float64)
    held_out = [record.held_out.loss if record.held_out else np.nan for record in history]
    return times, _finite(train), _finite(np.array(held_out, np.float64))


def _finite(losses: _Values) -> _Values:
    """The losses with NaN, which breaks a line, for infinite ones, which would be drawn somewhere."""
    return np.where(np.isfinite(losses), losses, np.nan)


def line_pen(colour: QColor, width: float) -> QPen:
    """A pen whose width does not scale with the plot."""
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    return pen
