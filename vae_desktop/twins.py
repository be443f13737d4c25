"""Two planes side by side with all that is behind them: what trains and decodes them, what links them."""

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject

from training.language import mark, tr
from training.project import Project
from training.run import Run
from training.twin_order import TwinOrder
from vae_desktop.plain_words import one_line
from vae_desktop.plane_session import PlaneSession
from vae_desktop.twin_engine import TwinEngine
from vae_desktop.twin_link import Linking, TwinLink
from vae_desktop.twin_plane import TwinPlane
from vae_desktop.twin_window import SAME_PICTURE, SAME_PLACE, TwinWindow

_LINKINGS = {SAME_PICTURE: Linking.PICTURE, SAME_PLACE: Linking.PLACE}
_IS_COMING = mark("Its map appears here as soon as it has learnt a little.")
_NOT_BEGUN = mark(
    "Choose two objectives. Both begin from the same seed and see the same pictures in the same order."
)


class Twins(QObject):
    """Made with the window and ended with it.

    Args:
        window: shows them.
        session: whose pictures these are.
        held_out: [n], which of them are held out.

    Attributes:
        engine: trains and decodes them.
        planes: the two sides.
        link: keeps them together.
        is_training: whether two runs are being trained or saved.
        has_failed: whether the last trainings did not come to their end.
    """

    def __init__(self, window: TwinWindow, session: PlaneSession, held_out: NDArray[np.bool_]) -> None:
        super().__init__(session)
        self.window, self.engine = window, TwinEngine()
        left, right = (
            TwinPlane(side, view, session.pictures.pixels, held_out)
            for side, view in zip(self.engine.sides, window.views, strict=True)
        )
        self.planes = (left, right)
        self.link = TwinLink(self.planes, self.engine.gate)
        self.is_training = self.has_failed = False
        for view in window.views:
            view.clear(tr(_NOT_BEGUN))
        self._join()

    def _join(self) -> None:
        engine, window, link = self.engine, self.window, self.link
        engine.begun.connect(self._on_begun)
        engine.not_begun.connect(self._on_not_begun)
        engine.ended.connect(self._on_ended)
        for number, plane in enumerate(self.planes):
            plane.ended.connect(partial(self._on_side_ended, number))
            plane.failed.connect(partial(self._on_side_failed, number))
        window.linking_chosen.connect(lambda linking: link.link(_LINKINGS[linking]))
        window.fit_requested.connect(link.fit)
        link.changed.connect(self._on_link_changed)

    def train(self, project: Project, order: TwinOrder) -> None:
        """Begin a run for each side, and train both."""
        self.is_training, self.has_failed = True, False
        self.window.messages.clear()
        self.link.begin()
        for view in self.window.views:
            view.clear(tr(_IS_COMING))
        self._show_running()
        self.engine.train(project, order)

    def show(self, project: Project, runs: tuple[Run, Run]) -> None:
        """Show two runs as they are."""
        self._begin(runs, tr("The map that was learned appears here."), training=False)
        self.engine.show(project, runs)

    def stop(self) -> None:
        """End both trainings after the same step; what was learnt is kept."""
        if self.is_training:
            self._show_running(stopping=True)
            self.engine.stop()

    def end(self) -> None:
        """End all threads, and the window."""
        self.engine.close()
        self.is_training = False
        self.window.deleteLater()
        self.engine.deleteLater()
        self.deleteLater()

    def _begin(self, runs: tuple[Run, Run], placeholder: str, *, training: bool) -> None:
        self.link.begin()
        for plane, run in zip(self.planes, runs, strict=True):
            plane.begin(run, placeholder, training=training)
        one, other = (one_line(run.title) for run in runs)
        self.window.setWindowTitle(tr("“{one}” beside “{other}”", one=one, other=other))

    def _show_running(self, *, stopping: bool = False) -> None:
        if self.window.bar is not None:
            self.window.bar.show_running(self.is_training, stopping=stopping)

    # ------------------------------------------------------------------ what the engine tells

    def _on_begun(self, one: Run, other: Run) -> None:
        self._begin((one, other), tr(_IS_COMING), training=True)

    def _on_not_begun(self, text: str) -> None:
        self.has_failed = True
        self.window.messages.show_problem(text)

    def _on_side_ended(self, number: int, steps: int, stopped: bool) -> None:
        words = (
            mark("Stopped and kept after {steps:,} steps") if stopped else mark("Trained for {steps:,} steps")
        )
        self.window.views[number].show_state(tr(words, steps=steps))

    def _on_side_failed(self, number: int, text: str) -> None:
        title = self.window.views[number].title
        if self.is_training:
            self.window.views[number].show_state(tr("Failed"))
            text = tr("“{title}” failed, so the other one was ended, too. {why}", title=title, why=text)
        self.has_failed = True
        self.window.messages.show_problem(text)

    def _on_ended(self) -> None:
        self.is_training = False
        self._show_running()

    def _on_link_changed(self) -> None:
        self.window.set_can_share_place(self.link.can_share_place)
