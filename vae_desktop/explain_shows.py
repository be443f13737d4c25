"""The demonstrations of the panel's answers: each puts the window into a state in which it is to be seen."""

import numpy as np
from numpy.typing import NDArray

from training.language import number, tr
from training.pixel_store import evenly
from vae_desktop.explain_figures import RINGS, is_point
from vae_desktop.explain_words import Topic
from vae_desktop.explorer import Explorer
from vae_desktop.latent_plane import PlaneMode
from vae_desktop.plane_ellipses import EllipsesOf
from vae_desktop.plane_session import PlaneSession
from vae_desktop.settings_dialog import SettingsDialog

_GRID, _LOOKED_AT = 48, 3_000
_INNER = (2.5, 97.5)  # per cent: what lies farther out is no gap but the edge


class Demonstrations:
    """What "Show me" does.

    Args:
        session: whose window and plane.
        explorer: what is chosen on them.
    """

    def __init__(self, session: PlaneSession, explorer: Explorer) -> None:
        self._session, self._explorer = session, explorer
        self._window = session.window

    def show(self, topic: Topic) -> str:
        """Show one; what is to be seen now, or why it cannot be shown."""
        if topic is Topic.TERMS:
            return self._open_settings()
        if not len(self._session.where.numbers):
            return tr("There is nothing to show before the first training.")
        shows = {
            Topic.DISTRIBUTIONS: self._show_ellipses,
            Topic.STRUCTURE: self._show_rings,
            Topic.ANYWHERE: self._go_to_a_gap,
        }
        return shows[topic]()

    def _show_ellipses(self) -> str:
        self._window.show_mode(PlaneMode.POINTS)
        self._explorer.ellipses.choose(EllipsesOf.ALL.name)
        self._window.plane.fit()
        if is_point(self._session.where.posteriors):
            return tr("Ellipses of all pictures are on, and there are none: points have no σ.")
        return tr("The ellipses of all pictures in sight, at 1 σ and 2 σ. Zoom in to see single ones.")

    def _show_rings(self) -> str:
        plane, where = self._window.plane, self._session.where
        self._window.show_mode(PlaneMode.POINTS)
        self._explorer.ellipses.choose(EllipsesOf.POINTED_AT.name)
        middle = np.array(where.basis.prior_mean)
        places = np.vstack([where.basis.on_plane(where.means), middle - RINGS[-1], middle + RINGS[-1]])
        (left, bottom), (right, top) = places.min(axis=0).tolist(), places.max(axis=0).tolist()
        plane.set_view(plane.view.fitted(left, right, bottom, top))
        return tr("The rings are 1, 2 and 3 σ of the prior, the dots your pictures.")

    def _go_to_a_gap(self) -> str:
        where = self._session.where
        place, distance = widest_gap(where.basis.on_plane(where.means))
        self._window.show_mode(PlaneMode.PICTURES)
        self._window.plane.fit()
        if not self._session.move_active(tuple(where.slice.latent(place).tolist())):
            return tr("The handle is locked.")
        return tr(
            "The handle is in the widest gap between your pictures, {distance} from the nearest. Most are no"
            " farther than {usual} from their neighbour.",
            distance=number(distance, ".2f"),
            usual=number(where.surroundings.usual_spacing, ".2f"),
        )

    def _open_settings(self) -> str:
        """A new training's settings, at what is minimised; where none can begin now, those words."""
        window = self._window
        if window.action("new_run").isEnabled():
            window.new_run_requested.emit()
        elif window.action("settings").isEnabled():
            window.settings_requested.emit()
        dialog = window.findChild(SettingsDialog)
        if dialog is None:
            return tr("Settings can be chosen when no training is running and a project is open.")
        dialog.show_setting("objective")
        return tr(
            "Choose an objective that leaves a term out, or move the two sliders below, and train again: both"
            " trainings are kept, to compare."
        )


def widest_gap(places: NDArray[np.float32]) -> tuple[NDArray[np.float64], float]:
    """The emptiest place amid places [n, 2], n ≥ 1: in an ellipse about most of them; how far the nearest
    is."""
    seen = places[evenly(len(places), _LOOKED_AT)].astype(np.float64)
    low, high = np.percentile(seen, _INNER, axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-6)
    steps = np.linspace(-1, 1, _GRID)
    grid = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    grid = middle + half * grid[np.hypot(*grid.T) <= 1]
    nearest = np.array([np.hypot(*(seen - place).T).min() for place in grid])
    best = int(nearest.argmax())
    return grid[best], float(nearest[best])
