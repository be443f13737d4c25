"""What features lay over the plane, and what the pressed pointer does for them."""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from vae_desktop.plane_layers import PlaneColours
from vae_desktop.plane_view import PlaneView


@dataclass(frozen=True)
class Spot:
    """A place that is pointed at.

    Attributes:
        view: how the plane is looked at.
        at: pixels of the widget.
        reach: how far off something may lie that is meant, in pixels; larger for a finger.
        modifiers: the keys that are held.
    """

    view: PlaneView
    at: QPointF
    reach: float
    modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier

    @property
    def place(self) -> tuple[float, float]:
        """The same in coordinates of the plane."""
        return self.view.to_latent(self.at.x(), self.at.y())

    def is_near(self, z1: float, z2: float) -> bool:
        """Whether a place of the plane is meant."""
        x, y = self.view.to_screen(z1, z2)
        return (self.at.x() - x) ** 2 + (self.at.y() - y) ** 2 <= self.reach**2


class PlaneTool:
    """What a press of the left button or a finger does, from then to its release."""

    cursor = Qt.CursorShape.CrossCursor
    """Of the pointer over what would be pressed."""

    def press(self, spot: Spot) -> None:
        """It begins."""

    def drag(self, spot: Spot) -> None:
        """The pointer moved while pressed."""

    def release(self, spot: Spot, *, is_click: bool) -> None:
        """It ends; ``is_click`` if the pointer never moved."""

    def cancel(self) -> None:
        """It ends without effect, as by Escape."""


class PlaneOverlay:
    """Something of a feature's own, painted over points and tiles and under the handles."""

    def draw(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """Paint it; called at every move of the hand, so it must not take long."""

    def draw_above(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """Paint what lies over the handles, such as a card to read; called as often."""

    def tool_at(self, spot: Spot) -> PlaneTool | None:
        """What a press does here; None where there is nothing of this feature's."""
        del spot
        return None
