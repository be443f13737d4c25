"""The state in which each step of the lesson begins, and whether its task was done."""

from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject, Signal

from vae_desktop.explorer import Explorer
from vae_desktop.lesson_steps import (
    ANYWHERE,
    COMPRESS,
    DISTRIBUTIONS,
    MEAN,
    STEPS,
    TRADE_OFF,
    VARIANCE,
)
from vae_desktop.plane_ellipses import EllipsesOf
from vae_desktop.plane_session import PlaneSession
from vae_desktop.training_session import TrainingSession

_DRAWS = 3


class LessonTasks(QObject):
    """Puts the window into a step's first state, then watches.

    Args:
        session, explorer, training: what the tasks are done with.
    """

    done = Signal()

    def __init__(self, session: PlaneSession, explorer: Explorer, training: TrainingSession) -> None:
        super().__init__(session)
        self._session, self._explorer, self._training = session, explorer, training
        self._window, self._plane = session.window, session.window.plane
        self._step = -1  # none is watched
        self._draws = 0
        self._seen: set[Path] = set()
        plane = self._plane
        explorer.selection.changed.connect(lambda: self._look(COMPRESS))
        plane.handle_moved.connect(lambda *_told: self._look(ANYWHERE))
        session.handle_shown.connect(lambda _handle: self._look(ANYWHERE))
        explorer.sampling.sampled.connect(self._on_sampled)
        explorer.ellipses.changed.connect(lambda: self._look(MEAN))
        plane.view_changed.connect(lambda: self._look(VARIANCE))

    def rest(self) -> None:
        """Watch nothing."""
        self._step = -1

    def begin(self, step: int) -> None:
        """Show a step as it begins, and watch for its task."""
        self.rest()
        chosen, plane = STEPS[step], self._plane
        plane.set_tool(None)
        self._explorer.selection.clear()
        self._explorer.sampling.forget()
        self._window.show_mode(chosen.mode)
        self._explorer.ellipses.choose(chosen.ellipses.name)
        self._have_one_handle()
        if chosen.shows_all:
            plane.fit()
        else:
            plane.reset_view()
        self._explorer.exploration.edits.clear()
        self._draws, self._seen = 0, set()
        self._step = step
        self.note_run()

    def note_run(self) -> None:
        """A training is shown, with all that belongs to it."""
        run = self._training.run
        if run is not None and not self._training.is_running:
            self._seen.add(run.path)
            self._look(TRADE_OFF)

    def _have_one_handle(self) -> None:
        """Where the picture lies that is nearest to the middle of all."""
        plane, where = self._plane, self._session.where
        if not plane.handles:
            return
        first, *others = sorted(plane.handles)
        for handle in others:
            plane.remove_handle(handle)
        plane.select_handle(first)
        plane.lock_handle(first, False)
        plane.name_handle(first, "")
        off = np.linalg.norm(where.means - np.median(where.means, axis=0), axis=1)
        self._session.go_to_picture(int(where.numbers[off.argmin()]))

    def _on_sampled(self, _picture: int) -> None:
        self._draws += 1
        self._look(DISTRIBUTIONS)

    def _look(self, step: int) -> None:
        """Whether the task of a step is done, if that is watched."""
        if step == self._step and self._is_done():
            self.rest()
            self.done.emit()

    def _is_done(self) -> bool:
        where, plane = self._session.where, self._plane
        if self._step == COMPRESS:
            return len(self._explorer.selection) > 0
        if self._step == ANYWHERE:
            handle = plane.active_handle
            return handle is not None and where.surroundings.is_empty_at(np.array(where.latent(handle)))
        if self._step == DISTRIBUTIONS:
            return self._draws >= _DRAWS
        if self._step == MEAN:
            return plane.ellipses_of is EllipsesOf.ALL
        if self._step == VARIANCE:
            return self._all_in_sight()
        return len(self._seen) >= len(STEPS[TRADE_OFF].runs)

    def _all_in_sight(self) -> bool:
        z1_min, z1_max, z2_min, z2_max = self._plane.visible_extent()
        z1, z2 = self._session.where.basis.on_plane(self._session.where.means).T
        return bool(((z1 >= z1_min) & (z1 <= z1_max) & (z2 >= z2_min) & (z2 <= z2_max)).all())
