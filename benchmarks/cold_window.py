"""The real program for `cold_start`, telling when it got how far: `python -m benchmarks.cold_window PROJECT`.

`vae_desktop.__main__.main` runs as it always does; only the App it makes notes the time of four moments, and
closes the window after the last.
"""

import sys
import time

from benchmarks.child import Parent


def main() -> int:
    """Run the program until its first decoded picture is on the screen."""
    parent = Parent()
    from PySide6.QtCore import QTimer

    import vae_desktop.__main__ as program
    from vae_desktop import app

    moments: dict[str, float] = {}

    class TimedApp(app.App):
        """Notes when things happen for the first time."""

        def start(self, folder: str = "", sample: str = "") -> None:
            """Begin to watch, then start."""
            self.engine.ready.connect(lambda *_: moments.setdefault("TensorFlow ready", time.time()))
            self.engine.model_loaded.connect(lambda: moments.setdefault("model loaded", time.time()))
            self.window.decoding.painted.connect(self._on_decoded_painted)
            super().start(folder, sample)

        def _after_first_paint(self) -> None:
            moments["first paint"] = time.time()
            super()._after_first_paint()

        def _on_decoded_painted(self, _handle: int) -> None:
            if "first decode" not in moments:
                moments["first decode"] = time.time()
                QTimer.singleShot(0, self, self.window.close)  # not while it paints

    app.App = TimedApp  # type: ignore[misc]
    code = program.main(sys.argv[1:])
    parent.answer(**dict(sorted(moments.items(), key=lambda item: item[1])))
    return code


if __name__ == "__main__":
    sys.exit(main())
