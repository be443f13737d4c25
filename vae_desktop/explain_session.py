"""Joins the panel "What am I looking at?" to the plane and the training; a dock that is closed at first."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter
from PySide6.QtWidgets import QDockWidget, QTabWidget

from training.config import ModelConfig
from training.language import tr
from vae_desktop.decode_lane import Decoded
from vae_desktop.explain_figures import PlaneFigures
from vae_desktop.explain_panel import SAMPLES, ExplainPanel, Shown
from vae_desktop.explain_shows import Demonstrations
from vae_desktop.explain_subject import Subject, about_handle, about_picture, about_place
from vae_desktop.explain_words import Topic, answers
from vae_desktop.explorer import Explorer
from vae_desktop.pixels import to_qimage
from vae_desktop.plane_furniture import draw_posterior
from vae_desktop.plane_layers import PlaneColours
from vae_desktop.plane_overlay import PlaneOverlay, Spot
from vae_desktop.plane_session import PlaneSession
from vae_desktop.plane_view import PlaneView
from vae_desktop.training_session import TrainingSession
from vae_desktop.window_state import WindowState

LOOK_MS = 50  # so long something is pointed at before it is told of
FIGURES_MS = 400  # so long the pictures stay where they are before figures of them are made

_FIRST = -3_000
"""The decode lane knows what is pointed at by this number, and samples by those below."""

_REACH = 10.0  # pixels
_RIGHT = Qt.DockWidgetArea.RightDockWidgetArea


class ExplainSession(QObject, PlaneOverlay):
    """Follows the pointer over the plane; off it, the selected picture, what was pointed at last, the handle.

    Args:
        session: whose plane it is.
        explorer: what is selected there; draws samples.
        training: tells of the loss.
        model: of the model that is shown; None where there is none.
    """

    demonstrated = Signal(object)  # explain_words.Topic

    def __init__(
        self,
        session: PlaneSession,
        explorer: Explorer,
        training: TrainingSession,
        model: Callable[[], ModelConfig | None],
    ) -> None:
        super().__init__(session)
        self._session, self._explorer, self._training, self._model = session, explorer, training, model
        self._window, self._plane = session.window, session.window.plane
        self._shows = Demonstrations(session, explorer)
        self._find: Callable[[], Subject | None] = lambda: None
        self._subject: Subject | None = None
        self._drawn: QImage | None = None
        self._samples: list[QImage | None] = []
        self._drawing: NDArray[np.float64] = np.zeros((0, 2))
        self.panel = ExplainPanel()
        self.dock = self._make_dock()
        self._look_soon = self._timer(LOOK_MS, self._look)
        self._figures_soon = self._timer(FIGURES_MS, self._show_figures)
        self._join()

    def _timer(self, milliseconds: int, slot: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=milliseconds)
        timer.timeout.connect(slot)
        return timer

    def _make_dock(self) -> QDockWidget:
        dock = QDockWidget(tr("What am I looking at?"), self._window)
        dock.setObjectName("Explain")  # saveState knows docks by it
        dock.setWidget(self.panel)
        self._window.addDockWidget(_RIGHT, dock)
        decoding = self._window.findChild(QDockWidget, "Decoding")
        if decoding is not None:  # share its place, until a person moves one of them
            self._window.tabifyDockWidget(decoding, dock)
        self._window.setTabPosition(_RIGHT, QTabWidget.TabPosition.North)
        dock.hide()
        return dock

    def _join(self) -> None:
        session, plane, engine = self._session, self._plane, self._session.engine
        action, of_dock = self._window.action("explain"), self.dock.toggleViewAction()
        action.triggered.connect(self.show)
        of_dock.toggled.connect(action.setChecked)
        self.dock.visibilityChanged.connect(self._on_visible)
        self._window.state_changed.connect(self._on_state)
        plane.installEventFilter(self)
        plane.overlays.append(self)
        plane.picture_hovered.connect(lambda _picture: self._look_soon.start())
        plane.handle_selected.connect(lambda _handle: self._on_handle())
        plane.handle_moved.connect(lambda *_told: self._on_handle())
        session.handle_shown.connect(lambda _handle: self._on_handle())
        session.shown.connect(self._on_shown)
        session.closing.connect(self._forget)
        self._explorer.selection.changed.connect(self._on_selected)
        engine.decoded.connect(self._on_decoded)
        engine.network_changed.connect(lambda _dim: self._forget())
        engine.epoch_finished.connect(self.panel.show_epoch)
        self._training.changed.connect(self._on_run)
        self.panel.dice_requested.connect(self.roll)
        self.panel.show_requested.connect(self.demonstrate)
        self.panel.show_answers(answers(None, PlaneFigures()))
        self._on_state()

    # ------------------------------------------------------------------ the dock

    @property
    def is_seen(self) -> bool:
        """Whether the panel is open."""
        return self.dock.isVisible() and self.panel.isVisible()

    def show(self, shown: bool = True) -> None:
        """Open the panel, in front of what shares its place; or close it."""
        self.dock.setVisible(shown)
        if shown:
            self.dock.raise_()

    def _on_state(self) -> None:
        is_open = self._window.state != WindowState.EMPTY
        self._window.action("explain").setEnabled(is_open)
        self.dock.toggleViewAction().setEnabled(is_open)
        if not is_open:
            self.dock.hide()

    def _on_visible(self, visible: bool) -> None:
        if visible:
            self._on_run()
            self._look_soon.start()
            self._figures_soon.start()
        else:
            self._point_at(None)

    # ------------------------------------------------------------------ what is pointed at

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the pointer."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove and not event.buttons():
            self._follow(Spot(self._plane.view, event.position(), _REACH))
        elif event.type() == QEvent.Type.Leave:
            self._on_selected()  # on its way to the panel: what was chosen by a click stays
        return super().eventFilter(watched, event)

    def _follow(self, spot: Spot) -> None:
        handle, place = self._plane.handle_at(spot), spot.place

        def find() -> Subject | None:
            picture = self._plane.hovered_picture
            if handle is not None:
                return about_handle(self._session, handle)
            if picture >= 0:
                return about_picture(self._session, picture, self._model())
            return about_place(self._session, place)

        self._find = find
        self._look_soon.start()

    def _on_selected(self) -> None:
        chosen = self._explorer.selection.numbers
        if len(chosen) == 1:
            picture = int(chosen[0])
            self._find = lambda: about_picture(self._session, picture, self._model())
            self._look_soon.start()

    def _on_handle(self) -> None:
        """By key or by hand: the pointer does not tell."""
        handle = self._plane.active_handle
        if handle is not None and len(self._explorer.selection) != 1:
            self._find = lambda: about_handle(self._session, handle)
            self._look_soon.start()

    def _on_shown(self) -> None:
        """Pictures lie elsewhere now."""
        self._look_soon.start()
        self._figures_soon.start()

    def _look(self) -> None:
        if self.is_seen:
            self._point_at(self._find())

    def _forget(self) -> None:
        self._find = lambda: None
        self._point_at(None)

    def _point_at(self, subject: Subject | None) -> None:
        engine, before = self._session.engine, self._subject
        self._subject = subject
        if subject is None:
            engine.remove_handle(_FIRST)
            self._drawn = None
        if subject is None or before is None or before.picture != subject.picture:
            self._set_samples(np.zeros((0, 2)))
        self._show_subject()
        if subject is not None:
            engine.decode(_FIRST, subject.latent)
        self._plane.update()

    def _show_subject(self) -> None:
        subject = self._subject
        if subject is None:
            self.panel.show_subject(
                Shown(
                    tr("Point at something on the plane"),
                    (tr("At a picture, an empty place or a handle: what it is, is told here."),),
                )
            )
            return
        pictures = list(subject.shown.pictures)
        caption, _none = pictures[subject.decoded]
        pictures[subject.decoded] = caption, self._drawn
        shown = subject.shown
        self.panel.show_subject(
            Shown(shown.title, shown.lines, shown.numbers, tuple(pictures), shown.costs, shown.has_dice)
        )

    # ------------------------------------------------------------------ samples

    def roll(self) -> None:
        """Draw from the distribution of the picture that is shown, and decode the draws."""
        subject = self._subject
        if subject is None or subject.posterior is None:
            return
        drawn = self._explorer.sampling.draw_beside(subject.picture, SAMPLES)
        if drawn is not None:
            self._set_samples(drawn)

    def _set_samples(self, latents: NDArray[np.float64]) -> None:
        engine = self._session.engine
        for place in range(len(latents), len(self._samples)):
            engine.remove_handle(_FIRST - 1 - place)
        self._drawing, self._samples = latents, [None] * len(latents)
        for place, latent in enumerate(latents.tolist()):
            engine.decode(_FIRST - 1 - place, tuple(latent))
        self.panel.show_samples(self._samples)

    def _on_decoded(self, decoded: Decoded) -> None:
        subject, place = self._subject, _FIRST - 1 - decoded.handle
        if decoded.handle == _FIRST and subject is not None and decoded.point == subject.latent:
            self._drawn = to_qimage(decoded.pixels)
            self._show_subject()
        elif 0 <= place < len(self._samples) and decoded.point == tuple(self._drawing[place].tolist()):
            self._samples[place] = to_qimage(decoded.pixels)
            self.panel.show_samples(self._samples)

    def draw(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """The ellipse of the picture that is told of."""
        subject = self._subject
        if subject is None or subject.posterior is None or not self.is_seen:
            return
        basis = self._session.where.basis
        if basis.latent_dim != subject.posterior.means.shape[1]:
            return
        sigmas, angles = basis.ellipses(subject.posterior)
        across, up = basis.on_plane(subject.posterior.means)[0].tolist()
        spread = float(sigmas[0, 0]), float(sigmas[0, 1])
        draw_posterior(
            painter, view, (across, up), spread, float(angles[0]), colour=colours.accent, colours=colours
        )

    # ------------------------------------------------------------------ the loss, and the answers

    def _on_run(self) -> None:
        run = self._training.run
        if self.is_seen:
            self.panel.show_epoch(None if run is None else run.last_epoch())
            self._figures_soon.start()

    def _show_figures(self) -> None:
        if not self.is_seen:
            return
        if self._session.is_busy:
            self._figures_soon.start()
            return
        where = self._session.where
        self.panel.show_answers(answers(self._model(), PlaneFigures.of(where.posteriors, where.basis)))

    def demonstrate(self, topic: Topic) -> None:
        """Show what an answer tells of, and say what is to be seen."""
        self._window.statusBar().showMessage(self._shows.show(topic), 12_000)
        self.demonstrated.emit(topic)
