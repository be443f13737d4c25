"""Draws the curves of `quality`: held-out nats against seconds of training, a panel for each set."""

import os
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

import pyqtgraph as pg
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from benchmarks.quality import SIDES, Trainings

WIDTH, HEIGHT = 900, 520  # of a panel
# Distinguishable without colour vision too (Okabe & Ito 2008).
COLOURS = dict(zip(SIDES, ("#0072B2", "#D55E00", "#009E73", "#CC79A7"), strict=True))


def draw(found: dict[str, Trainings], file: Path) -> None:
    """Write a picture with, for each side, the median over the seeds and the band from lowest to highest."""
    app = QApplication.instance() or QApplication([])
    pg.setConfigOptions(antialias=True, background="w", foreground="k")
    panels = pg.GraphicsLayoutWidget()
    panels.resize(WIDTH, HEIGHT * len(found))
    for row, (name, trainings) in enumerate(found.items()):
        plot = panels.addPlot(row=row, col=0, title=f"{name}: held out, lower is better")
        plot.setLabel("left", "negative ELBO, nats per picture")
        plot.setLabel("bottom", "seconds of training")
        plot.addLegend(offset=(-16, 16))
        for side, runs in trainings.items():
            _draw_side(plot, side, [run.points for run in runs], QColor(COLOURS[side]))
        plot.setYRange(
            *_range([point for runs in trainings.values() for run in runs for point in run.points])
        )
    panels.show()
    app.processEvents()
    if not panels.grab().save(str(file)):
        raise OSError(f"{file} cannot be written")
    panels.close()


def _draw_side(plot: pg.PlotItem, side: str, runs: list[list[dict[str, float]]], colour: QColor) -> None:
    count = min(len(points) for points in runs)  # a slow minute may have cost one its last but one
    seconds, nats = (
        np.array([[point[key] for point in points[: count - 1] + points[-1:]] for points in runs])
        for key in ("seconds", "elbo")
    )
    at, pale = np.median(seconds, axis=0), QColor(colour)
    pale.setAlpha(48)
    edges = [plot.plot(at, edge, pen=pg.mkPen(None)) for edge in (nats.min(axis=0), nats.max(axis=0))]
    plot.addItem(pg.FillBetweenItem(*edges, brush=pale))
    plot.plot(at, np.median(nats, axis=0), pen=pg.mkPen(colour, width=2), name=side)


def _range(points: list[dict[str, float]]) -> tuple[float, float]:
    """From the lowest to the highest figure, without the first seconds, when everybody is far above."""
    begun = 0.15 * max(point["seconds"] for point in points)
    nats = [point["elbo"] for point in points if point["seconds"] >= begun]
    return min(nats), max(nats)
