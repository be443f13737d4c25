"""Two runs side by side: their planes, their held-out curves in one plot, and the settings that differ."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from training.comparison import Comparison
from training.language import mark, tr
from training.runs import RunSummary
from training.setting import Setting
from training.setting_help import MODEL_SETTINGS, TRAIN_SETTINGS
from vae_desktop.compared_curves import ComparedCurves
from vae_desktop.labels import ElidedLabel, QuietLabel
from vae_desktop.plain_words import duration, epochs, figure, one_line, tooltip_text
from vae_desktop.plane_canvas import PlaneCanvas
from vae_desktop.style import GRID, run_colours, scaled_font

if TYPE_CHECKING:
    from training.drawn_plane import DrawnPlane

_SIZE, _SMALLEST = QSize(960, 640), QSize(640, 480)
_SWITCH = {True: mark("on"), False: mark("off"), None: mark("automatic"), "auto": mark("automatic")}


class CompareWindow(QDialog):
    """A window of its own, so that the plane that is explored stays where it is.

    Args:
        runs: the two runs.
        comparison: of the same two.
    """

    explore_requested = Signal()

    def __init__(
        self, parent: QWidget | None, runs: tuple[RunSummary, RunSummary], comparison: Comparison
    ) -> None:
        super().__init__(parent)
        one, other = (one_line(run.title) for run in runs)
        self.setWindowTitle(tr("Compare “{one}” and “{other}”", one=one, other=other))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._sides = {run.path: _Side(run, second=number > 0) for number, run in enumerate(runs)}
        planes = QHBoxLayout()
        planes.setSpacing(GRID * 2)
        for side in self._sides.values():
            planes.addWidget(side, 1)
        upper = QWidget()
        upper.setLayout(planes)
        planes.setContentsMargins(0, 0, 0, 0)
        lower = QSplitter()
        lower.setChildrenCollapsible(False)
        lower.addWidget(_curves(comparison))
        lower.addWidget(_differences(comparison, [run.title for run in runs]))
        lower.setSizes([_SIZE.width() * 3 // 5, _SIZE.width() * 2 // 5])
        whole = QSplitter(Qt.Orientation.Vertical)
        whole.setChildrenCollapsible(False)
        whole.addWidget(upper)
        whole.addWidget(lower)
        whole.setSizes([_SIZE.height() * 2 // 3, _SIZE.height() // 3])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.setSpacing(GRID)
        explore = QPushButton(tr("Explore both"))
        explore.setToolTip(tr("Their planes in a window, with handles and views that move together"))
        explore.clicked.connect(self.explore_requested)
        explore.setAutoDefault(False)
        above = QHBoxLayout()
        above.addWidget(QuietLabel(_verdict(comparison, runs)), 1)
        above.addWidget(explore)
        layout.addLayout(above)
        layout.addWidget(whole, 1)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)

    def show_plane(self, path: Path, plane: "DrawnPlane") -> None:
        """Show the plane of one of the runs, by its folder; others are none of this window's."""
        if path in self._sides:
            self._sides[path].show_plane(plane)

    def show_problem(self, path: Path, text: str) -> None:
        """Say in place of a run's plane why it cannot be drawn."""
        if path in self._sides:
            self._sides[path].plane.set_placeholder(one_line(text))


class _Side(QWidget):
    """One run: its line, its name, its figures, its plane."""

    def __init__(self, run: RunSummary, *, second: bool) -> None:
        super().__init__()
        self.plane = PlaneCanvas()
        self.plane.set_placeholder(tr("Drawing its plane…"))
        self.plane.setAccessibleName(tr("Plane of {title}", title=one_line(run.title)))
        name = ElidedLabel()
        name.show_text(run.title)
        name.setFont(scaled_font(name.font(), 1.1, bold=True))
        title = QHBoxLayout()
        title.setSpacing(GRID)
        title.addWidget(_LineSample(second=second))
        title.addWidget(name, 1)
        parts = [epochs(run.epochs), duration(run.seconds)]
        if run.held_out is not None:
            parts.insert(0, tr("held out {figure}", figure=_nats(run.held_out.loss)))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addLayout(title)
        column.addWidget(QuietLabel(" · ".join(parts)))
        column.addWidget(self.plane, 1)

    def show_plane(self, plane: "DrawnPlane") -> None:
        self.plane.set_tiles(plane.tiles, plane.centres)
        if len(plane.means):
            self.plane.set_points(plane.means, plane.sigmas, plane.held_out, np.arange(len(plane.means)))


class _LineSample(QWidget):
    """A piece of the run's line in the plot."""

    def __init__(self, *, second: bool) -> None:
        super().__init__()
        self._second = second
        self.setFixedSize(GRID * 3, GRID * 2)

    def paintEvent(self, _event: QPaintEvent) -> None:
        colour = run_colours(self.palette())[self._second]
        area = QRectF(self.rect())
        with QPainter(self) as painter:
            painter.setPen(QPen(colour, 2, Qt.PenStyle.DashLine if self._second else Qt.PenStyle.SolidLine))
            middle = area.center().y()
            painter.drawLine(QPointF(area.left(), middle), QPointF(area.right(), middle))


def _curves(comparison: Comparison) -> QWidget:
    if not any(len(curve.steps) for curve in comparison.curves):
        label = QuietLabel(tr("Their curves appear here once an epoch is finished."))
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label
    return ComparedCurves(
        [(curve.seconds, _judged(curve.held_out, curve.train)) for curve in comparison.curves]
    )


def _differences(comparison: Comparison, titles: Sequence[str]) -> QWidget:
    if not comparison.settings:
        label = QuietLabel(tr("The same settings."))
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        return label
    table = QTreeWidget()
    table.setHeaderLabels([tr("Setting"), *(one_line(title) for title in titles)])
    table.setRootIsDecorated(False)
    table.setUniformRowHeights(True)
    table.setFrameShape(QFrame.Shape.NoFrame)
    table.setAccessibleName(tr("Settings that differ"))
    for name, values in comparison.settings.items():
        setting = MODEL_SETTINGS.get(name) or TRAIN_SETTINGS[name]
        called = tr(setting.label)
        title = called[:1].upper() + called[1:]
        item = QTreeWidgetItem([title, *(_value(setting, value) for value in values)])
        item.setToolTip(0, tooltip_text(tr(setting.help)))
        table.addTopLevelItem(item)
    header = table.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    for column in (1, 2):
        header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
    return table


def _verdict(comparison: Comparison, runs: Sequence[RunSummary]) -> str:
    """One sentence about which describes new pictures better, at the same training time."""
    if comparison.caveat:
        return comparison.caveat
    seconds, figures = comparison.at_the_same("seconds")
    if not np.isfinite(figures).all():
        return tr(
            "There are no held-out figures of both at the same time: compare their planes and settings."
        )
    better = int(np.argmin(figures))
    return tr(
        "After {time} of training, “{title}” describes held-out pictures better, by {gap:,.1f} nats per"
        " picture.",
        time=duration(seconds),
        title=one_line(runs[better].title),
        gap=float(abs(figures[0] - figures[1])),
    )


def _judged(held_out: NDArray[np.float64], train: NDArray[np.float64]) -> NDArray[np.float64]:
    return held_out if np.isfinite(held_out).any() else train


def _nats(value: float) -> str:
    return tr("{figure} nats", figure=figure(value))


def _value(setting: Setting, value: Any) -> str:
    is_named = isinstance(value, bool | None) or value == "auto"
    return tr(_SWITCH[value]) if is_named else setting.value_words(value)
