"""Pictures of the window in each of its modes: `python docs/take_screenshots.py OUT`, or `make screenshots`.

The real window, drawn into memory, with the bundled emoji learnt for three minutes: in light and dark, at
1× and 2×. Each combination has a process of its own, as Qt takes the scale when it starts.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

MINUTES = 3.0
SAMPLE = "emoji"
SIZE, SMALL = (1280, 800), (900, 600)
SECONDS = 60.0  # at most until something is shown


def main() -> None:
    """Learn the sample, unless that was done before, and take all pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="folder for the pictures and for what was learnt")
    parser.add_argument("--one", nargs=2, metavar=("SCHEME", "SCALE"), help="only these, in this process")
    options = parser.parse_args()
    out: Path = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    if options.one:
        _Photographer(out, *options.one).take_all()
        return
    own = {
        f"XDG_{kind}_HOME": str(out / "home" / kind.lower()) for kind in ("CONFIG", "DATA", "CACHE", "STATE")
    }
    environment = os.environ | own | {"QT_QPA_PLATFORM": "offscreen"}
    for scheme in ("light", "dark"):
        for scale in ("1", "2"):
            command = [sys.executable, __file__, str(out), "--one", scheme, scale]
            subprocess.run(command, check=True, env=environment | {"QT_SCALE_FACTOR": scale})


class _Photographer:
    """One window, in one scheme and scale."""

    def __init__(self, out: Path, scheme: str, scale: str) -> None:
        from PySide6.QtWidgets import QApplication

        from vae_desktop.app import App
        from vae_desktop.appearance import Appearance, apply_appearance
        from vae_desktop.settings import Settings
        from vae_desktop.style import apply_style

        self._out, self._suffix = out, f"{scheme}-{scale}x"
        self._application = QApplication(sys.argv[:1])
        apply_style(self._application)
        apply_appearance(self._application, Appearance.named(scheme))
        file = out / "home" / f"{scheme}-{scale}.ini"
        file.unlink(missing_ok=True)  # of a time that was cut short: it would open what it had open then
        settings = Settings(file)
        settings.save_appearance(scheme)
        settings.save_has_seen_tour()
        self._app = App(settings)
        self._window = self._app.window
        self._window.resize(*SIZE)

    def take_all(self) -> None:
        """Open the sample, train it at the first time, and photograph everything."""
        try:
            self._app.start()
            self._wait(self._window.welcome.isVisible)
            self._take("welcome", after=1.0)
            self._app.open_sample(SAMPLE)
            self._wait(lambda: self._window.state.has_pictures)
            if self._app.training.run is None:
                self._learn_beside()
                self._train()
            self._wait_for_plane()
            for take in (self._modes, self._exploring, self._ideas, self._desktop, self._small):
                take()
        finally:
            self._window.close()

    def _learn_beside(self) -> None:
        """An autoencoder, to be seen beside the VAE."""
        self._wait(lambda: self._window.action("train").isEnabled())
        self._app.training.begin(MINUTES, run=None, chosen={"objective": "autoencoder"})
        self._wait(lambda: self._app.training.is_running)
        self._wait(lambda: not self._app.training.is_running, 60 * MINUTES + SECONDS)

    def _train(self) -> None:
        self._wait(lambda: self._window.action("train").isEnabled())
        self._app.training.begin(MINUTES, run=None)
        self._wait(lambda: bool(self._window.plane.handles))
        self._window.plane.move_handle(1, 0.8, 0.9)
        self._take("training", after=8.0)
        self._wait(lambda: not self._app.training.is_running, 60 * MINUTES + SECONDS)

    def _modes(self) -> None:
        plane = self._window.plane
        self._app.plane.put_handle(1, (-0.9, 1.1))
        for mode in ("both", "points", "tiles", "thumbnails", "density"):
            self._do(mode)
            self._take(f"mode-{mode}")
        self._do("both")
        plane.zoom_by(6.0)
        self._wait_for_plane()
        self._take("zoomed")
        self._do("thumbnails")
        self._take("zoomed-thumbnails")
        plane.reset_view()
        self._do("both")

    def _exploring(self) -> None:
        plane = self._window.plane
        for place, name in (((1.4, 0.4), "smile"), ((0.3, -1.3), ""), ((-1.6, -0.5), "")):
            plane.name_handle(plane.add_handle(*place), name)
        plane.lock_handle(2, True)
        self._take("handles")
        self._do("equal_pictures")
        self._take("handles-equal")
        self._do("equal_pictures")
        self._do("jitter")
        self._take("jitter", after=2.0)
        self._do("jitter")
        while len(plane.handles) > 1:
            plane.remove_handle(max(plane.handles))
        self._do("path")
        for stop in ((-1.5, 1.0), (0.2, 1.6), (1.3, 0.2), (0.4, -1.4)):
            self._click(*stop)
        self._take("path", after=1.5)
        self._do("path")
        self._app.explorer.paths.path.clear()
        self._do("replay")
        self._take("replay", after=1.5)
        self._do("replay")

    def _ideas(self) -> None:
        measures, twins = self._app.explorer.measures, self._app.companions.twins
        self._do("measure")
        self._wait(lambda: measures.kept is not None and measures.kept.is_current, 2 * SECONDS)
        self._do("measured")
        self._take("measured")
        self._close_dock(self._window.measures)
        self._do("both")
        self._do("explain")
        self._take("explain", after=2.0)
        self._do("explain")
        assert self._app.training.project is not None
        runs = self._app.training.project.runs_folder
        twins.explore(runs / "run-001", runs / "run-002")
        assert twins.twins is not None
        window = twins.twins.window
        self._let_live(6.0)
        window.grab().save(str(self._out / f"twins-{self._suffix}.png"))
        window.close()

    def _desktop(self) -> None:
        self._do("find")
        self._take("find")
        self._do("find")
        self._do("keys")
        self._take_dialogs("keys")
        self._do("settings")
        self._take_dialogs("settings")

    def _small(self) -> None:
        self._window.resize(*SMALL)
        self._take("small", after=2.0)

    # ------------------------------------------------------------------ hands and eyes

    def _do(self, action: str) -> None:
        self._window.action(action).trigger()

    def _close_dock(self, inside: "QWidget") -> None:
        from PySide6.QtWidgets import QDockWidget

        dock = inside.parentWidget()
        while not isinstance(dock, QDockWidget):
            dock = dock.parentWidget()
        dock.close()

    def _click(self, z1: float, z2: float) -> None:
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        x, y = self._window.plane.view.to_screen(z1, z2)
        QTest.mouseClick(self._window.plane, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))

    def _take(self, name: str, after: float = 0.7) -> None:
        self._let_live(after)
        self._wait_for_plane()
        self._window.grab().save(str(self._out / f"{name}-{self._suffix}.png"))

    def _take_dialogs(self, name: str) -> None:
        from PySide6.QtWidgets import QDialog

        self._let_live(0.7)
        for dialog in self._window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.grab().save(str(self._out / f"{name}-{self._suffix}.png"))
                dialog.close()

    def _wait_for_plane(self) -> None:
        """Until the whole view is drawn as fine as it gets, where there is a plane."""
        from vae_desktop.tile_grid import wanted_blocks

        plane = self._window.plane
        pyramid = plane._scene.pyramid

        def is_drawn() -> bool:
            wanted = wanted_blocks(plane.view, pyramid.side or 1, (0.0, 0.0))
            return all(pyramid.generation_of(block) for block in wanted)

        if self._app.training.run is not None and not self._app.training.is_running:
            self._wait(lambda: not plane.mode.name.startswith(("PICTURES", "TILES")) or is_drawn())

    def _wait(self, is_so: Callable[[], bool], seconds: float = SECONDS) -> None:
        deadline = time.monotonic() + seconds
        while not is_so():
            if time.monotonic() > deadline:
                raise TimeoutError("the window did not get there")
            self._let_live(0.05)

    def _let_live(self, seconds: float) -> None:
        from PySide6.QtCore import QEventLoop, QTimer

        loop = QEventLoop()
        QTimer.singleShot(int(seconds * 1000), loop.quit)
        loop.exec()


if __name__ == "__main__":
    main()
