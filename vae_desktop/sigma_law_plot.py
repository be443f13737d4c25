"""How sure each place is against how sure the σ law says it is."""

import math

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedLayout, QWidget

from training.language import mark, tr
from training.measured import SigmaLaw
from vae_desktop.curves import dress_axes, line_pen
from vae_desktop.labels import QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plane_layers import faint
from vae_desktop.style import GRID, accent, quiet_text

_HELP = mark(
    "A dot for each picture and latent number: the variance σ² that the encoder gives it, against the one"
    " that is best where the drawing changes so fast, 1/(1 + ‖∂ᵢg‖²/γ). On the line both are the same."
)
_NONE = mark("The pictures' places have no σ here: the law has nothing to say.")
_WIDEST, _NARROWEST = 2.2, 320  # times its height; pixels
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class SigmaLawPlot(PaletteFollower):
    """A scatter plot, both axes logarithmic, with the diagonal."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        axes = {side: _PowerAxis(side) for side in ("left", "bottom")}
        self._plot = pg.PlotWidget(axisItems=axes, enableMenu=False)
        self._plot.setMouseEnabled(False, False)
        self._plot.hideButtons()
        self._plot.setAcceptDrops(False)
        self._plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._plot.setToolTip(tr(_HELP))
        self._plot.setAccessibleName(tr("σ law"))
        self._plot.setAspectLocked(True)
        self._plot.setAntialiasing(True)
        self._diagonal = pg.InfiniteLine(angle=45, movable=False)
        self._plot.addItem(self._diagonal, ignoreBounds=True)
        self._dots = pg.ScatterPlotItem(size=4, pen=None)
        self._plot.addItem(self._dots)
        self._none = QuietLabel(tr(_NONE))
        self._none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._layers = QStackedLayout(self)
        words = QuietLabel(tr(_HELP))
        words.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._page = QWidget()
        beside = QHBoxLayout(self._page)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.setSpacing(GRID * 2)
        beside.addWidget(self._plot, 3)
        beside.addWidget(words, 1)
        self._layers.addWidget(self._none)
        self._layers.addWidget(self._page)
        self.recolour()

    def show_law(self, law: SigmaLaw | None) -> None:
        """Show the dots; None where there is no σ."""
        pairs = np.zeros((0, 2)) if law is None else np.column_stack([law.predicted, law.found])
        pairs = pairs[(pairs > 0).all(axis=1) & np.isfinite(pairs).all(axis=1)]
        self._layers.setCurrentWidget(self._page if len(pairs) else self._none)
        self._dots.setData(*np.log10(pairs).T)
        if len(pairs):
            ends = np.log10(np.quantile(pairs, (0.002, 0.998)))
            low, high = float(ends[0]) - 0.1, float(ends[1]) + 0.1
            self._plot.setRange(xRange=(low, high), yRange=(low, max(high, low + 0.5)), padding=0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the plot about as wide as it is high, with the words beside it."""
        super().resizeEvent(event)
        self._plot.setMaximumWidth(max(round(self.height() * _WIDEST), _NARROWEST))

    @property
    def shown(self) -> int:
        """How many dots there are."""
        return len(self._dots.data)

    def recolour(self) -> None:
        """Draw in the palette's colours."""
        palette = self.palette()
        dress_axes(self._plot, palette)
        colour = quiet_text(palette).name()
        self._plot.setLabel("bottom", tr("σ² by the law"), color=colour)
        self._plot.setLabel("left", tr("σ² of the pictures"), color=colour)
        self._plot.getAxis("left").setWidth(self._plot.fontMetrics().horizontalAdvance("0000000"))
        self._plot.getAxis("bottom").setHeight(round(self._plot.fontMetrics().height() * 2.4))
        self._dots.setBrush(faint(accent(palette), 0.45))
        self._diagonal.setPen(line_pen(quiet_text(palette), 1.5))


class _PowerAxis(pg.AxisItem):  # type: ignore[misc]  # pyqtgraph has no types
    """The logarithm of what is written."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Whole powers of ten; where there are hardly any, halves."""
        del size
        return [(1.0 if high - low > 1.5 else 0.5, 0.0)]

    def tickStrings(self, values: list[float], _scale: float, _spacing: float) -> list[str]:
        """10⁻², 0.03."""
        return [_power(value) for value in values]


def _power(value: float) -> str:
    if math.isclose(value, round(value), abs_tol=1e-6):
        return f"10{str(round(value)).translate(_SUPERSCRIPTS)}" if round(value) else "1"
    return f"{10**value:.1g}"
