"""The real window with a hand in it, for `drag_latency`: `python -m benchmarks.drag_window SETTINGS PROJECT`.

A command names a state (idle or training) and how many seconds to drag in it; the answer has the latencies.
"""

import math
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPointF, Qt, QTimer
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

from benchmarks.child import Parent
from training.events import TrainProgress
from vae_desktop.app import App
from vae_desktop.decode_lane import Tiles
from vae_desktop.latent_plane import LatentPlane
from vae_desktop.plane_furniture import RULER_LEFT
from vae_desktop.settings import Settings
from vae_desktop.style import apply_style

RATE = 120.0  # moves a second, as of a good mouse or pen
RADIUS = 120.0  # pixels; the hand draws circles about the plane's middle
TURNS_A_SECOND = 0.4
AROUND_SECONDS = 4.0  # the training is watched for so long before and after a drag
TIMEOUT_SECONDS = 120.0


class Hand:
    """Drags from a thread of its own, so that a busy window gets no fewer moves."""

    def __init__(self, plane: QObject, centre: QPointF, start: QPointF) -> None:
        self._plane, self._centre, self._start = plane, centre, start
        self.posted: list[float] = []
        self.is_done = threading.Event()

    def drag(self, seconds: float) -> None:
        """Press, move for some seconds, release."""
        threading.Thread(target=self._drag, args=(seconds,), name="hand").start()

    def _drag(self, seconds: float) -> None:
        at = self._start
        self._post(QEvent.Type.MouseButtonPress, at, 0)
        began = time.perf_counter()
        for number in range(int(seconds * RATE)):
            time.sleep(max(began + number / RATE - time.perf_counter(), 0.0))
            angle = 2 * math.pi * TURNS_A_SECOND * number / RATE
            # A spiral: no two moves are at the same place.
            radius = RADIUS * (0.5 + 0.5 * number / (seconds * RATE))
            at = self._centre + QPointF(math.cos(angle), math.sin(angle)) * radius
            self.posted.append(time.perf_counter())
            self._post(QEvent.Type.MouseMove, at, number)
        self._post(QEvent.Type.MouseButtonRelease, at, 0)
        self.is_done.set()

    def _post(self, kind: QEvent.Type, at: QPointF, number: int) -> None:
        moves, releases = kind == QEvent.Type.MouseMove, kind == QEvent.Type.MouseButtonRelease
        button = Qt.MouseButton.NoButton if moves else Qt.MouseButton.LeftButton
        held = Qt.MouseButton.NoButton if releases else Qt.MouseButton.LeftButton
        event = QMouseEvent(kind, at, at, button, held, Qt.KeyboardModifier.NoModifier)
        event.setTimestamp(number)  # tells the watcher which move arrives
        QCoreApplication.postEvent(self._plane, event)


class Watcher(QObject):
    """Follows each move from its arrival through its decoding to its painting."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app
        self._arriving = 0
        self._move_at: dict[tuple[float, ...], int] = {}
        self._shown: int | None = None
        self.painted: dict[int, float] = {}
        self.steps: list[tuple[float, int]] = []
        app.window.plane.installEventFilter(self)
        app.window.plane.handle_moved.connect(self._on_moved)
        # Not by the signal: the picture may be painted between the App's slot and ours.
        self._show_picture = app.window.decoding.show_picture
        app.window.decoding.show_picture = self._on_show  # type: ignore[method-assign]
        app.window.decoding.painted.connect(self._on_painted)
        app.engine.training_progress.connect(self._on_progress)

    def forget(self) -> None:
        """Before the next drag."""
        self._move_at.clear()
        self.painted = {}
        self._shown = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notes which move the plane is about to get."""
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseMove:
            self._arriving = event.timestamp()
        return super().eventFilter(watched, event)

    def _on_moved(self, _handle: int, z1: float, z2: float) -> None:
        self._move_at[z1, z2] = self._arriving

    def _on_show(self, handle: int, z: tuple[float, ...], pixels: NDArray[np.uint8]) -> None:
        self._show_picture(handle, z, pixels)
        self._shown = self._move_at.get(z)

    def _on_painted(self, _handle: int) -> None:
        if self._shown is not None:
            # A picture may be decoded anew with newer weights; the first time counts.
            self.painted.setdefault(self._shown, time.perf_counter())

    def _on_progress(self, progress: TrainProgress) -> None:
        self.steps.append((time.perf_counter(), progress.step))

    def steps_per_second(self, start: float, end: float) -> float:
        """Training steps between two moments."""
        if len(self.steps) < 2:
            return 0.0
        times, counts = zip(*self.steps, strict=True)
        return float(np.diff(np.interp((start, end), times, counts))[0] / (end - start))


class DragWindow:
    """The window and what is done with it."""

    def __init__(self, settings: Path) -> None:
        self._app = App(Settings(settings))
        self._watcher = Watcher(self._app)
        self._problem = ""
        self._has_backdrop = False
        self._app.engine.backdrop.connect(self._on_backdrop)
        for failed in (self._app.engine.training_failed, self._app.engine.failed):
            failed.connect(self._on_problem)

    def open(self, project: str) -> None:
        """Open a trained project and wait until its plane is complete."""
        self._app.start(project)
        self._wait_for(lambda: self._has_backdrop)

    def _on_problem(self, text: str) -> None:
        self._problem = text

    def _wait_for(self, is_so: Callable[[], bool]) -> None:
        wait_until(lambda: bool(self._problem) or is_so())
        if self._problem:
            raise RuntimeError(self._problem)

    def _on_backdrop(self, tiles: Tiles) -> None:
        self._has_backdrop = tiles.is_last

    def measure(self, state: str, seconds: float) -> dict[str, float]:
        """Drag in a state; latencies in ms, rates in 1/s."""
        self._watcher.steps.clear()
        if state == "training":
            self._app.train(None)
            self._wait_for(lambda: len(self._watcher.steps) > 1)
            wait(2.0)
        before = time.perf_counter()
        wait(AROUND_SECONDS if state == "training" else 0.5)
        start = time.perf_counter()
        latencies, posted, hand = self._drag(seconds)
        end = time.perf_counter()
        found = _figures(latencies, posted, end - start)
        if state == "training":
            wait(AROUND_SECONDS)
            after = time.perf_counter()
            wait(1.0)
            rate = self._watcher.steps_per_second
            found |= {
                "steps/s before": rate(before, start),
                "during": rate(start, hand),
                "after": rate(end, after),
            }
            self._stop_training()
        return found

    def _drag(self, seconds: float) -> tuple[list[tuple[float, float]], int, float]:
        plane = self._app.window.plane
        assert plane.active_handle is not None
        start = place_on_screen(plane, *plane.handles[plane.active_handle])
        centre = place_on_screen(plane, 0.0, 0.0)
        self._watcher.forget()
        hand = Hand(plane, centre, start)
        hand.drag(seconds)
        wait_until(hand.is_done.is_set)
        released = time.perf_counter()
        wait(0.2)  # the last picture
        painted = self._watcher.painted
        latencies = [(hand.posted[n] - hand.posted[0], painted[n] - hand.posted[n]) for n in sorted(painted)]
        return latencies, len(hand.posted), released

    def _stop_training(self) -> None:
        done: list[object] = []
        self._app.engine.model_loaded.connect(lambda: done.append(None))
        self._has_backdrop = False
        self._app.engine.stop()
        self._wait_for(lambda: bool(done) and self._has_backdrop)

    def close(self) -> None:
        """End the threads."""
        self._app.window.close()


def _figures(latencies: list[tuple[float, float]], posted: int, seconds: float) -> dict[str, float]:
    at, each = np.array(latencies).T
    return {
        "p50 ms": float(np.percentile(each, 50)) * 1e3,
        "p99 ms": float(np.percentile(each, 99)) * 1e3,
        "max ms": float(each.max()) * 1e3,
        "max in first half second": float(each[at < 0.5].max(initial=0.0)) * 1e3,
        "pictures/s": len(each) / seconds,
        "moves": posted,
        "coalesced": posted - len(each),
    }


def place_on_screen(plane: LatentPlane, z1: float, z2: float) -> QPointF:
    """Where on the widget a place of the plane is."""
    z1_min, z1_max, _, z2_max = plane.visible_extent()
    scale = (plane.width() - RULER_LEFT) / (z1_max - z1_min)
    return QPointF(RULER_LEFT + (z1 - z1_min) * scale, (z2_max - z2) * scale)


def wait(seconds: float) -> None:
    """Let the window live for a while."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def wait_until(is_so: Callable[[], bool], seconds: float = TIMEOUT_SECONDS) -> None:
    """Let the window live until something is so; raises TimeoutError."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError("the window did not get there")
        wait(0.02)


def main() -> None:
    """Serve the commands with one window."""
    parent = Parent()
    application = QApplication(sys.argv[:1])
    apply_style(application)
    window = DragWindow(Path(sys.argv[1]))
    try:
        window.open(sys.argv[2])
        parent.answer(ready=True)
        for command in parent.commands():
            parent.answer(**window.measure(command["state"], command["seconds"]))
    finally:
        window.close()  # its threads would keep the process


if __name__ == "__main__":
    main()
