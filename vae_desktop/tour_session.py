"""What the tour tells, and when: once beside the first sample, and again from the Help menu."""

from PySide6.QtCore import QObject, QPoint, QRect, QSize
from PySide6.QtWidgets import QWidget

from training.language import tr
from training.samples import is_sample
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.plane_furniture import RULER_BOTTOM, RULER_LEFT
from vae_desktop.settings import Settings
from vae_desktop.tour import Tour, TourStep
from vae_desktop.training_session import TrainingSession

SAMPLE = "fashion"
"""What is opened where the tour is wished for and nothing is open."""

_HANDLE = QSize(40, 40)  # so much about its middle is not covered


class TourSession(QObject):
    """Joins the tour to the window.

    Args:
        window, training: what it tells of.
        settings: where it is kept that the tour was seen.
    """

    def __init__(self, window: MainWindow, training: TrainingSession, settings: Settings) -> None:
        super().__init__(window)
        self._window, self._training, self._settings = window, training, settings
        self._is_wished = False
        self.tour = Tour(
            window,
            [
                TourStep(tr("Your pictures"), self._of_library, lambda: self._spot(window.library)),
                TourStep(tr("Learning"), self._of_training, self._button_spot, above=True),
                TourStep(tr("The map and the handle"), self._of_plane, self._handle_spot),
                TourStep(
                    tr("The picture under the handle"), self._of_decoding, lambda: self._spot(window.decoding)
                ),
                TourStep(tr("How it goes"), self._of_coach, lambda: self._spot(window.training.coach_line)),
            ],
        )
        window.action("tour").triggered.connect(self._wish)
        window.state_changed.connect(self._on_change)
        window.plane.handle_added.connect(self.tour.refresh)
        training.changed.connect(self._on_change)

    def _wish(self) -> None:
        if self._window.state == WindowState.EMPTY:
            self._is_wished = True
            self._window.open_sample_requested.emit(SAMPLE)
        elif self._window.state == WindowState.IMPORTING:
            self._is_wished = True
        else:
            self._begin()

    def _on_change(self) -> None:
        project, state = self._training.project, self._window.state
        if state == WindowState.EMPTY:
            self._is_wished = False  # the sample could not be opened, or was closed again
            self.tour.end()
        elif self.tour.isVisible():
            self.tour.refresh()
        elif project is not None and state.has_pictures:
            is_first = not self._settings.has_seen_tour and is_sample(project.source)
            if self._is_wished or is_first:
                self._begin()

    def _begin(self) -> None:
        self._is_wished = False
        self._settings.save_has_seen_tour()
        self.tour.begin()

    # ------------------------------------------------------------------ what is told

    def _of_library(self) -> str:
        if self._window.state == WindowState.SHARED:
            return tr("Here stands what the model has learned. Its pictures stayed with whoever made it.")
        return tr(
            "These pictures have been read; they are never changed. Some, marked in orange, are kept aside:"
            " the program does not learn from them, to see how well it understands new ones."
        )

    def _of_training(self) -> str:
        state = self._window.state
        if state.is_running:
            return tr(
                "It learns what the pictures have in common. It can be paused and stopped; nothing is lost."
            )
        if state == WindowState.TRAINED:
            return tr("It has learned these pictures already. “Train more” goes on from there.")
        if state == WindowState.SHARED:
            return tr("With pictures of your own it goes on from what it knows.")
        words = tr("Press “Train” now, or Ctrl+T. A first rough map appears within seconds.")
        if self._window.training.primary_button.isEnabled():
            return words
        return f"{words} {tr('It is starting: one moment.')}"

    def _of_plane(self) -> str:
        if self._window.plane.is_empty:
            return tr(
                "The map appears here soon after training has begun. Then there is a round handle on it:"
                " drag it, and see what lies between your pictures."
            )
        return tr(
            "Every place stands for a picture; similar ones lie together. Drag the round handle, or move it"
            " with the arrow keys; the wheel zooms, dragging the ground moves the map."
        )

    def _of_decoding(self) -> str:
        if self._window.plane.is_empty:
            return tr("The picture that the handle stands for is drawn here as soon as there is a map.")
        return tr(
            "This is drawn while you drag, even during a training. It is none of your pictures: below it is"
            " the one of yours that lies nearest."
        )

    def _of_coach(self) -> str:
        return tr(
            "This line says in plain words how the training goes and whether more of it would help. For all"
            " else: Ctrl+Shift+P finds any action, F1 shows the keys."
        )

    # ------------------------------------------------------------------ where

    def _spot(self, part: QWidget) -> QRect | None:
        """A part of the window in its coordinates; None when it is hidden or behind another."""
        if not part.isVisible() or part.visibleRegion().isEmpty():
            return None
        return QRect(part.mapTo(self._window, QPoint(0, 0)), part.size())

    def _button_spot(self) -> QRect | None:
        return self._spot(self._window.training.primary_button)

    def _handle_spot(self) -> QRect | None:
        plane = self._window.plane
        spot = self._spot(plane)
        if spot is None or plane.active_handle is None:
            return spot
        z1, z2 = plane.handles[plane.active_handle]
        z1_min, z1_max, z2_min, z2_max = plane.visible_extent()
        if not (z1_min <= z1 <= z1_max and z2_min <= z2 <= z2_max):
            return spot
        x = RULER_LEFT + (z1 - z1_min) / (z1_max - z1_min) * (plane.width() - RULER_LEFT)
        y = (z2_max - z2) / (z2_max - z2_min) * (plane.height() - RULER_BOTTOM)
        around = QRect(QPoint(0, 0), _HANDLE)
        around.moveCenter(spot.topLeft() + QPoint(round(x), round(y)))
        return around
