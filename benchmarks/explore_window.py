"""The real window, explored, for `explore`: `python -m benchmarks.explore_window SETTINGS PROJECT`."""

import itertools
import math
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QApplication

from benchmarks.child import Parent
from benchmarks.drag_window import TIMEOUT_SECONDS, wait, wait_until
from vae_desktop.app import App
from vae_desktop.decode_lane import Tiles, Weights
from vae_desktop.latent_plane import LatentPlane, PlaneMode
from vae_desktop.settings import Settings
from vae_desktop.style import apply_style
from vae_desktop.tile_grid import BLOCK, Block, wanted_blocks
from vae_desktop.tile_pyramid import MOST_BYTES

RATE = 120.0  # events a second
STROKE = 90  # events of a pan, after which the wheel turns for half as many
CLUSTERS = 12
MIB = 2**20
PATH = ((-1.0, -1.0), (1.0, -0.5), (0.5, 1.0), (-1.0, 1.0))
PLAYED_AFTER = 5.0  # seconds of training


class Explorer:
    """Pans and zooms from a thread of its own, with events as a window system sends them."""

    def __init__(self, plane: LatentPlane) -> None:
        self._plane = plane
        self._middle = QPointF(plane.rect().center())
        self.posted = 0
        self.is_done = threading.Event()

    def explore(self, seconds: float) -> None:
        """Begin; ``is_done`` tells the end."""
        threading.Thread(target=self._explore, args=(seconds,), name="hand").start()

    def _explore(self, seconds: float) -> None:
        began = time.perf_counter()
        for number, event in enumerate(itertools.islice(self._events(), int(seconds * RATE))):
            time.sleep(max(began + number / RATE - time.perf_counter(), 0.0))
            QCoreApplication.postEvent(self._plane, event)
            self.posted += 1
        self.is_done.set()

    def _events(self) -> Iterator[QEvent]:
        for stroke in itertools.count():
            # Press beside the handles; strokes go round, so that the view stays where there is something.
            start = self._middle + QPointF(60, 60)
            direction = stroke * math.tau / 5
            yield self._mouse(QEvent.Type.MouseButtonPress, start)
            at = start
            for step in range(STROKE):
                at = start + QPointF(math.cos(direction), math.sin(direction)) * (2.0 * step)
                yield self._mouse(QEvent.Type.MouseMove, at)
            yield self._mouse(QEvent.Type.MouseButtonRelease, at)
            inwards = 1 if stroke % 4 < 2 else -1
            for _ in range(STROKE // 2):
                yield self._wheel(15 * inwards)

    def _mouse(self, kind: QEvent.Type, at: QPointF) -> QMouseEvent:
        moves, releases = kind == QEvent.Type.MouseMove, kind == QEvent.Type.MouseButtonRelease
        # The middle button pans whatever lies under it.
        button = Qt.MouseButton.NoButton if moves else Qt.MouseButton.MiddleButton
        held = Qt.MouseButton.NoButton if releases else Qt.MouseButton.MiddleButton
        return QMouseEvent(kind, at, at, button, held, Qt.KeyboardModifier.NoModifier)

    def _wheel(self, turn: int) -> QWheelEvent:
        return QWheelEvent(
            self._middle,
            self._middle,
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )


class FrameWatcher(QObject):
    """Times from the arrival of an event at the plane until the frame that shows it is painted."""

    def __init__(self, plane: LatentPlane) -> None:
        super().__init__()
        self._arrived: float | None = None
        self.frames: list[float] = []
        self._paint = plane.paintEvent
        plane.paintEvent = self._timed  # type: ignore[method-assign]
        plane.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Notes when the first event arrives that the next frame will show."""
        if self._arrived is None and event.type() in (QEvent.Type.MouseMove, QEvent.Type.Wheel):
            self._arrived = time.perf_counter()
        return super().eventFilter(watched, event)

    def _timed(self, event: object) -> None:
        started = time.perf_counter()
        self._paint(event)  # type: ignore[arg-type]
        ended = time.perf_counter()
        self.frames.append(ended - (started if self._arrived is None else self._arrived))
        self._arrived = None


@contextmanager
def passing_pictures(app: App) -> Iterator[list[float]]:
    """When each new picture of a played path was painted, in seconds."""
    decoding, canvas, painted = app.window.decoding, app.window.decoding._canvas, list[float]()
    is_new = False
    show, paint = decoding.show_passing, canvas.paintEvent

    def showing(z: tuple[float, ...], pixels: NDArray[np.uint8] | None) -> None:
        nonlocal is_new
        show(z, pixels)
        is_new = pixels is not None

    def painting(event: QPaintEvent) -> None:
        nonlocal is_new
        paint(event)
        if is_new:
            painted.append(time.perf_counter())
        is_new = False

    decoding.show_passing, canvas.paintEvent = showing, painting  # type: ignore[method-assign]
    yield painted
    decoding.show_passing, canvas.paintEvent = show, paint  # type: ignore[method-assign]


class ExploreWindow:
    """The window and what is done with it."""

    def __init__(self, settings: Path) -> None:
        self._app = App(Settings(settings))
        self._app.window.resize(1280, 800)
        self._plane = self._app.window.plane
        self._is_complete = False
        self._app.engine.backdrop.connect(self._on_backdrop)

    def open(self, project: str) -> None:
        """Open a project and wait until its plane is complete, if it has one."""
        ready: list[str] = []
        self._app.engine.ready.connect(lambda *_told: ready.append(""))
        self._app.start(project)
        wait_until(lambda: bool(ready) and self._app.window.state.can_train)
        if self._app.training.run is not None:
            wait_until(lambda: self._is_complete)
        self._watcher = FrameWatcher(self._plane)

    def _on_backdrop(self, tiles: Tiles) -> None:
        self._is_complete = tiles.is_last

    def frames(self, points: int, seconds: float) -> dict[str, float]:
        """Pan and zoom over so many points; times in ms, rates in 1/s."""
        random = np.random.default_rng(0)
        middles = random.normal(size=(CLUSTERS, 2)).astype(np.float32)
        means = middles[random.integers(CLUSTERS, size=points)]
        means += random.normal(scale=0.3, size=(points, 2)).astype(np.float32)
        sigmas = np.full((points, 2), 0.05, np.float32)
        self._plane.set_points(means, sigmas, random.random(points) < 0.1, np.arange(points))
        self._plane.set_mode(PlaneMode.PICTURES)
        self._plane.reset_view()
        wait(0.5)
        self._watcher.frames.clear()
        began = time.perf_counter()
        posted = self._explore(seconds)
        passed = time.perf_counter() - began
        frames = np.array(self._watcher.frames) * 1e3
        return {
            "p50 ms": float(np.percentile(frames, 50)),
            "p99 ms": float(np.percentile(frames, 99)),
            "max ms": float(frames.max()),
            "frames/s": len(frames) / passed,
            "events/s": posted / passed,
        }

    def _explore(self, seconds: float) -> int:
        hand = Explorer(self._plane)
        hand.explore(seconds)
        wait_until(hand.is_done.is_set, seconds + TIMEOUT_SECONDS)
        return hand.posted

    def wander(self, seconds: float) -> dict[str, float]:
        """Look around everywhere, in every mode; what the process has grown by, MB."""
        self._plane.reset_view()
        wait(1.0)
        before, most = resident_mb(), 0.0
        ends = time.perf_counter() + seconds
        for mode in itertools.cycle(PlaneMode):
            left = ends - time.perf_counter()
            if left <= 0:
                break
            self._plane.set_mode(mode)
            self._explore(min(left, 8.0))
            most = max(most, resident_mb())
            self._plane.reset_view()
        wait(2.0)
        after = resident_mb()
        return {
            "grown MB": after - before,
            "most MB": most - before,
            "before MB": before,
            "cache MB": MOST_BYTES / MIB,
        }

    def playback(self, seconds: float, *, is_training: bool) -> dict[str, float]:
        """Play a closed path for so long; pictures painted a second, and ms from one to the next."""
        if is_training:
            self._app.train(None)
            wait_until(lambda: self._app.training.is_running)
            wait(PLAYED_AFTER)
        paths = self._app.explorer.paths
        paths.path.set_stops("", PATH, closed=True)
        with passing_pictures(self._app) as painted:
            paths.player.play()
            wait(0.5)
            painted.clear()
            wait(seconds)
            between = np.diff(painted) * 1e3
            paths.leave()
        if is_training:
            self._app.engine.stop()
            wait_until(lambda: not self._app.training.is_running)
        return {
            "pictures/s": 1e3 / float(between.mean()),
            "p50 ms": float(np.percentile(between, 50)),
            "p99 ms": float(np.percentile(between, 99)),
        }

    def backdrop(self) -> dict[str, float]:
        """Train anew, and stop; how long the backdrop takes after the first and the last weights, ms."""
        taken: list[tuple[float, Weights]] = []
        lane = self._app.engine._decode_lane
        set_weights = lane.set_weights

        def noting(weights: Weights) -> None:
            taken.append((time.perf_counter(), weights))
            set_weights(weights)

        lane.set_weights = noting  # type: ignore[method-assign]
        self._app.train(None)
        coarse = self._painted_when(self._has_coarse)
        wait(3.0)
        began = time.perf_counter()
        self._is_complete = False
        self._app.engine.stop()
        fine = self._painted_when(lambda: not taken[-1][1].training and self._is_complete)
        assert taken[-1][0] > began
        return {
            "coarse ms": (coarse - taken[0][0]) * 1e3,
            "fine ms": (fine - taken[-1][0]) * 1e3,
            "tiles": float(BLOCK**2 * len(self._wanted())),
        }

    def _wanted(self) -> list[Block]:
        return wanted_blocks(self._plane.view, self._plane._scene.pyramid.side or 1, (0.0, 0.0))

    def _has_coarse(self) -> bool:
        pyramid, wanted = self._plane._scene.pyramid, self._wanted()
        coarse = min(block.level for block in wanted)
        return all(pyramid.generation_of(block) for block in wanted if block.level == coarse)

    def _painted_when(self, is_so: Callable[[], bool]) -> float:
        """The end of the first paint after something is so."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            painted = len(self._watcher.frames)
            if is_so():
                self._plane.update()
                while len(self._watcher.frames) == painted:
                    QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
                return time.perf_counter()
            wait(0.002)
        raise TimeoutError("the backdrop did not get there")

    def close(self) -> None:
        """End the threads."""
        self._app.window.close()


def resident_mb() -> float:
    """Memory that the process holds now (Linux), or has ever held (elsewhere)."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MIB
    return pages * resource.getpagesize() / MIB


def main() -> None:
    """Serve the commands with one window."""
    parent = Parent()
    application = QApplication(sys.argv[:1])
    apply_style(application)
    window = ExploreWindow(Path(sys.argv[1]))
    try:
        window.open(sys.argv[2])
        parent.answer(ready=True)
        for command in parent.commands():
            what = command.pop("what")
            parent.answer(**getattr(window, what)(**command))
    finally:
        window.close()  # its threads would keep the process


if __name__ == "__main__":
    main()
