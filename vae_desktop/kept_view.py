"""How the plane was looked at, kept with the project."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from vae_desktop.exploration import finite_numbers
from vae_desktop.latent_plane import PlaneMode
from vae_desktop.main_window import MainWindow


class KeptView(QObject):
    """The place, the zoom and the mode of the plane.

    Args:
        window: whose plane it is.
    """

    changed = Signal()

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        window.plane.view_changed.connect(self.changed)
        window.plane.mode_changed.connect(self.changed)

    def state(self) -> dict[str, Any]:
        """For :class:`exploration.Exploration`."""
        view = self._window.plane.view
        return {"middle": [view.z1, view.z2], "span": view.span, "mode": self._window.plane.mode.name}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The same."""
        (z1, z2), (span,) = finite_numbers(state["middle"], 2), finite_numbers([state["span"]], 1)
        if span <= 0:
            raise ValueError(f"a span of {span}")
        mode = PlaneMode[state["mode"]]
        plane = self._window.plane
        # By way of zoomed(), which keeps to what can be drawn.
        plane.set_view(replace(plane.view, z1=z1, z2=z2, span=span).zoomed(1.0, 0.0, 0.0))
        self._window.show_mode(mode)
