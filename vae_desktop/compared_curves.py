"""The held-out curves of two runs in one plot. Imported late, as pyqtgraph is slow to load."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from training.language import mark, tr
from vae_desktop.curves import dress_axes, line_pen, loss_plot, robust_range
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.style import run_colours

_HELP = mark(
    "How badly held-out pictures are described, in nats per picture (the negative ELBO), against training"
    " time: lower is better."
)
_Values = NDArray[np.float64]


class ComparedCurves(PaletteFollower):
    """Loss of held-out pictures against training time, one line a run, the second one dashed.

    Args:
        curves: (seconds, losses) of two runs, float64 [n] each; NaN where a loss is not known.
    """

    def __init__(self, curves: Sequence[tuple[_Values, _Values]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plot = loss_plot(tr(_HELP))
        self._plot.setAccessibleName(tr("Held-out curves of both trainings"))
        self._lines = [self._plot.plot() for _ in curves]
        for line, (seconds, losses) in zip(self._lines, curves, strict=True):
            known = np.isfinite(losses)
            if known.any():  # a curve without any number makes pyqtgraph warn
                line.setData(seconds, np.where(known, losses, np.nan), connect="finite")
        extent = robust_range(*(losses for _seconds, losses in curves))
        if extent is not None:
            self._plot.setYRange(*extent, padding=0.06)
            longest = max(float(seconds[-1]) for seconds, losses in curves if len(losses))
            self._plot.setXRange(0, max(longest, 1.0), padding=0.01)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)
        self.recolour()

    def recolour(self) -> None:
        """Draw in the palette's colours."""
        palette = self.palette()
        dress_axes(self._plot, palette)
        first, second = (line_pen(colour, 2) for colour in run_colours(palette))
        second.setStyle(Qt.PenStyle.DashLine)  # not told apart by colour alone
        for line, pen in zip(self._lines, (first, second), strict=True):
            line.setPen(pen)
