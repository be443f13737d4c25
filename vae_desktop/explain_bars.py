"""Parts of a sum as one bar with a line for each; what does not count is hollow."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from training.events import Terms
from training.language import number, tr
from vae_desktop.explain_figures import KlCosts
from vae_desktop.style import GRID, accent, guest_colour, held_out_colour, mix, quiet_text, tabular_font

_BAR, _SWATCH, _WIDTH = 12, 9, 200


class Ink(Enum):
    """Which term a part belongs to; each has its colour everywhere."""

    RECONSTRUCTION = "reconstruction"
    KL_MEAN = "KL mean term"
    KL_VARIANCE = "KL variance term"
    BOTH = "KL"

    def colour(self, palette: QPalette) -> QColor:
        """In light or dark."""
        colours = {
            Ink.RECONSTRUCTION: accent,
            Ink.KL_MEAN: held_out_colour,
            Ink.KL_VARIANCE: guest_colour,
            Ink.BOTH: quiet_text,
        }
        return colours[self](palette)


@dataclass(frozen=True)
class Part:
    """One summand.

    Attributes:
        name: what it is.
        value: nats; a density's may be below 0, its length is that of the number.
        ink: its colour.
        note: a word more, such as "not counted".
        counts: whether it counts; hollow where it does not.
        shade: 0 to 1, how much paler it is, to tell neighbours of one colour apart.
        has_line: whether a line tells of it.
    """

    name: str
    value: float
    ink: Ink
    note: str = ""
    counts: bool = True
    shade: float = 0.0
    has_line: bool = True

    @property
    def words(self) -> str:
        """Name, value and note."""
        told = f"{self.name} {number(self.value, '.2f')}"
        return f"{told} ({self.note})" if self.note else told


class StackedBar(QWidget):
    """A title, the bar, and a line for each part.

    Args:
        title: what is summed.
    """

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self.parts: tuple[Part, ...] = ()
        self.setFont(tabular_font(self.font()))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(title)

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Show these instead."""
        taller = len([part for part in parts if part.has_line]) != self._lines()
        self.parts = tuple(parts)
        self.setAccessibleName(f"{self._title}: {tr(', ').join(part.words for part in self.parts)}")
        if taller:
            self.updateGeometry()
        self.update()

    @property
    def counted(self) -> float:
        """The sum of what counts."""
        return sum(part.value for part in self.parts if part.counts)

    def _lines(self) -> int:
        return sum(part.has_line for part in self.parts)

    def sizeHint(self) -> QSize:
        """A line for the title, the bar, a line for each part."""
        line = self.fontMetrics().height()
        return QSize(_WIDTH, line + 2 + _BAR + 4 + self._lines() * (line + 1))

    def minimumSizeHint(self) -> QSize:
        """Narrower, but no lower."""
        return QSize(_WIDTH // 2, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw all of it."""
        with QPainter(self) as painter:
            line, width = self.fontMetrics().height(), float(self.width())
            self._write(painter, 0, self._title, number(self.counted, ".2f"), bold=True)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            total = sum(abs(part.value) for part in self.parts)
            left, top = 0.0, float(line + 2)
            for part in self.parts:
                long = width * abs(part.value) / total if total > 0 else 0.0
                self._draw(painter, QRectF(left, top, long, _BAR), part)
                left += long
            down = top + _BAR + 4
            for part in self.parts:
                if part.has_line:
                    swatch = QRectF(0.5, down + (line - _SWATCH) / 2, _SWATCH, _SWATCH)
                    self._draw(painter, swatch, part)
                    name = f"{part.name} · {part.note}" if part.note else part.name
                    value = number(part.value, ".2f")
                    self._write(painter, round(down), name, value, indent=_SWATCH + GRID // 2)
                    down += line + 1

    def _draw(self, painter: QPainter, area: QRectF, part: Part) -> None:
        colour = mix(
            part.ink.colour(self.palette()), self.palette().color(QPalette.ColorRole.Window), part.shade
        )
        inner = area.adjusted(0.5, 0.5, -0.5, -0.5)
        if inner.width() < 0.5:
            inner.setWidth(0.5)
        painter.setPen(QPen(colour, 1))
        painter.setBrush(colour if part.counts else Qt.BrushStyle.NoBrush)
        painter.drawRect(inner)

    def _write(
        self, painter: QPainter, top: int, text: str, value: str, *, indent: int = 0, bold: bool = False
    ) -> None:
        font = QFont(self.font())
        font.setBold(bold)
        painter.setFont(font)
        metrics = painter.fontMetrics()
        painter.setPen(
            self.palette().color(QPalette.ColorRole.WindowText) if bold else quiet_text(self.palette())
        )
        room = self.width() - indent - metrics.horizontalAdvance(value) - GRID
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        area = QRectF(indent, top, self.width() - indent, metrics.height())
        painter.drawText(area, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, shown)
        painter.drawText(area, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, value)


def loss_parts(terms: Terms) -> list[Part]:
    """What is minimised, with the KL's terms as they are weighted; unweighted where they do not count."""
    mean, variance = terms.kl_weights
    below = tr("a density: may be below 0") if terms.reconstruction < 0 else ""
    return [
        Part(tr("reconstruction"), terms.reconstruction, Ink.RECONSTRUCTION, below),
        _weighted(tr("KL mean term"), terms.kl_mean, mean, Ink.KL_MEAN),
        _weighted(tr("KL variance term"), terms.kl_variance, variance, Ink.KL_VARIANCE),
    ]


def kl_parts(terms: Terms) -> list[Part]:
    """The KL alone, which beside the reconstruction is hardly seen."""
    return loss_parts(terms)[1:]


def axis_parts(axis_kl: Sequence[float], most: int = 6) -> list[Part]:
    """The KL of each latent axis, the greatest first where there are too many for a line each."""
    order = sorted(range(len(axis_kl)), key=lambda axis: -axis_kl[axis])
    lined = set(order[:most])
    return [
        Part(f"z{axis + 1}", value, Ink.BOTH, shade=0.45 * (axis % 2), has_line=axis in lined)
        for axis, value in enumerate(axis_kl)
    ]


def picture_parts(costs: KlCosts, weights: tuple[float, float], *, is_point: bool) -> list[Part]:
    """What the KL terms cost for one picture; each as it is, whether it counts or not."""
    mean, variance = weights
    has_variance = variance > 0 and not is_point
    none = tr("none: a point has no σ") if is_point else tr("not counted")
    return [
        Part("½μ²", costs.mean_term, Ink.KL_MEAN, "" if mean > 0 else tr("not counted"), counts=mean > 0),
        Part(
            "½(σ² − ln σ² − 1)",
            costs.variance_term,
            Ink.KL_VARIANCE,
            "" if has_variance else none,
            counts=has_variance,
        ),
    ]


def _weighted(name: str, value: float, weight: float, ink: Ink) -> Part:
    if weight <= 0:
        return Part(name, value, ink, tr("not counted"), counts=False)
    return Part(name, weight * value, ink, "" if weight == 1 else f"β = {number(weight, 'g')}")
