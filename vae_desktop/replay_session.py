"""Joins the replay bar to the plane and the engine: slide through the shown run's training."""

import time
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer

from training.language import mark, tr
from training.replay import Replay
from training.run import Run
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.plane_session import PlaneSession
from vae_desktop.replay_film import ReplayFilm
from vae_desktop.replay_saver import ReplaySaver
from vae_desktop.training_session import TrainingSession

_FRAME_MS = 16  # between two pictures of the plane while it is played
_REST = 0.8  # seconds at the end, before it begins again

_NOTHING_SHARED = mark("A model that was shared brings no replay: that is kept where the model was trained.")
_NOTHING_YET = mark("There is nothing to replay yet: the training has only just begun.")
_NOTHING_KEPT = mark(
    "This training kept no replay: it took a moment only, was made by an older version, or there was no room"
    " on the disk."
)


class ReplaySession(QObject):
    """While the past is shown, engine and plane hold back what is new; closing the bar shows it.

    Args:
        window: its replay bar and action are joined.
        engine: reads what a run kept, and decodes with it.
        plane: shows where pictures lay.
        training: whose run is replayed.
    """

    def __init__(
        self, window: MainWindow, engine: Engine, plane: PlaneSession, training: TrainingSession
    ) -> None:
        super().__init__(window)
        self._window, self._engine, self._plane, self._training = window, engine, plane, training
        self._bar, self._action = window.plane_frame.replay, window.action("replay")
        self._run: Run | None = None  # the one that is replayed, or is about to be
        self._replay: Replay | None = None  # once it is read
        self._is_reading = False
        self._at: float | None = None  # the time that is shown; None for the present
        self._drawn_with: int | None = None  # the step whose weights decode
        self._rested = 0.0  # seconds, at the end
        self._ticked = 0.0
        self._saver = ReplaySaver(window, engine)
        self._playing = QTimer(self, interval=_FRAME_MS)
        self._playing.setTimerType(Qt.TimerType.PreciseTimer)
        self._playing.timeout.connect(self._tick)
        self._join()

    def _join(self) -> None:
        bar, engine = self._bar, self._engine
        self._action.toggled.connect(self._on_toggled)
        bar.closed.connect(self.close)
        bar.moved.connect(self._on_moved)
        bar.play_toggled.connect(self._toggle_play)
        bar.film_requested.connect(lambda side: self._save(side, as_pictures=False))
        bar.pictures_requested.connect(lambda side: self._save(side, as_pictures=True))
        engine.replay_read.connect(self._on_read)
        engine.positions.connect(self._look_again)
        engine.trained.connect(self._look_again)
        engine.network_changed.connect(self._show_now)
        self._training.changed.connect(self._on_training_changed)

    # ------------------------------------------------------------------ opening and closing

    def _on_toggled(self, wanted: bool) -> None:
        if wanted and self._run is None:
            self._open()
        elif not wanted:
            self.close()

    def _open(self) -> None:
        self._run = self._training.run
        if self._window.state == WindowState.SHARED:
            self._give_up(tr(_NOTHING_SHARED))
        elif self._run is None:
            self._give_up(tr(_NOTHING_YET))
        else:
            self._read()

    def _give_up(self, why: str) -> None:
        self.close()
        self._window.show_note(why)

    def close(self) -> None:
        """Show the present, and put the bar away."""
        self._show_now()
        had_focus = self._bar.isAncestorOf(self._window.focusWidget() or self._window)
        self._run = self._replay = None
        self._bar.hide()
        self._action.setChecked(False)
        if had_focus:
            self._window.plane.setFocus()

    def _on_training_changed(self) -> None:
        shown = self._training.run
        if self._run is not None and (shown is None or shown.path != self._run.path):
            self.close()

    # ------------------------------------------------------------------ what was kept

    def _read(self) -> None:
        pictures = self._plane.pictures.store
        if self._run is not None and pictures is not None:
            self._is_reading = True
            self._engine.read_replay(self._run, pictures.ids)

    def _look_again(self) -> None:
        """A training that goes on has kept more, maybe."""
        if self._replay is not None and not self._is_reading:
            self._read()

    def _on_read(self, path: Path, replay: Replay) -> None:
        self._is_reading = False
        if self._run is None or self._run.path != path:
            return
        is_first = self._replay is None
        if replay.can_play:
            self._take(replay)
            if is_first:
                self._bar.show()
                self._bar.setFocus()
        elif is_first:
            self._give_up(tr(_NOTHING_YET if self._training.is_running else _NOTHING_KEPT))

    def _take(self, replay: Replay) -> None:
        self._replay = replay
        last = replay.moment(replay.end)
        self._bar.set_stops(replay.frame_shares, replay.weight_shares, (last.step, last.seconds))
        if self._at is None:
            self._bar.show_now()
        else:
            self._show(min(self._at, replay.end))

    # ------------------------------------------------------------------ what is shown

    def _on_moved(self, share: float) -> None:
        if self._replay is not None:
            self._plane.hold_training()  # while the hand moves
            self._show(self._replay.at_share(share))

    def _show(self, at: float) -> None:
        """Show an earlier time."""
        if self._replay is None or self._run is None:
            return
        self._at = at
        moment = self._replay.moment(at)
        self._plane.show_past(moment)
        steps = self._replay.weights_near(at)
        if steps and steps[0] != self._drawn_with:
            self._drawn_with = steps[0]
            self._engine.show_past(self._run, steps)
        self._bar.show_past(self._replay.share_of(at), moment.step, moment.seconds, self._drawn_with)

    def _show_now(self) -> None:
        self._stop()
        self._at = self._drawn_with = None
        self._engine.show_present()
        self._plane.show_present()
        self._bar.show_now()

    # ------------------------------------------------------------------ playing

    def _toggle_play(self) -> None:
        if self._playing.isActive():
            self._stop()
        elif self._replay is not None:
            if self._at is None or self._at >= self._replay.end:
                self._show(self._replay.start)
            self._rested, self._ticked = 0.0, time.monotonic()
            self._playing.start()
            self._bar.show_playing(True)

    def _stop(self) -> None:
        self._playing.stop()
        self._bar.show_playing(False)

    def _tick(self) -> None:
        now = time.monotonic()
        passed, self._ticked = now - self._ticked, now
        replay, at = self._replay, self._at
        if replay is None or at is None or self._bar.is_held:
            return
        if at < replay.end:
            self._rested = 0.0
            self._show(min(at + passed / self._bar.seconds * (replay.end - replay.start), replay.end))
        elif not self._bar.loops:
            self._stop()
        elif self._rested < _REST:
            self._rested += passed
        else:
            self._show(replay.start)

    # ------------------------------------------------------------------ saving

    def _save(self, side: int, *, as_pictures: bool) -> None:
        """Ask where, and film what would be seen if it were played now."""
        plane, where, held_out = self._window.plane, self._plane.where, self._plane.held_out
        if self._replay is None or self._run is None or held_out is None:
            return
        film = ReplayFilm(
            replay=self._replay,
            title=self._run.title,
            side=side,
            seconds=self._bar.seconds,
            view=plane.view,
            scene=plane.emptied_scene(),
            basis=where.basis,
            plane=where.slice,
            held_out=held_out,
        )
        self._saver.ask(self._run, film, as_pictures=as_pictures)
