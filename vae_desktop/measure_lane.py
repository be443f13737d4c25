"""The thread that measures models, one after the other, with a model of its own."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from training.events import Control
from training.pixel_store import PixelStore
from training.run import Run
from vae_desktop.kept_measures import read_kept
from vae_desktop.lane import Lane


class MeasureLane(QObject):
    """Measures, and reads what was measured; what is shown and drawn goes on.

    Args:
        sentence: what to tell of an error.
    """

    progress = Signal(float)  # of the measuring, 0 to 1
    ended = Signal(object, str)  # the run's folder, why it failed; "" when it was measured or stopped
    kept = Signal(object, object)  # a folder of runs, list of kept_measures.KeptMeasures

    def __init__(self, sentence: Callable[[Exception], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sentence = sentence
        self._control, self._reading = Control(), Control()
        self._is_gated = False
        self._lane = Lane("measure", lambda _error: None)

    def measure(self, run: Run, pictures: PixelStore) -> None:
        """Measure a run by its project's pictures, and keep what is found with the run."""
        control = self._control = Control()
        control.gate(self._is_gated)

        def tell(error: Exception) -> None:
            self.ended.emit(run.path, self._sentence(error))

        self._lane.submit(lambda: self._measure(run, pictures, control), tell)

    def read(self, runs_folder: Path) -> None:
        """Read what was measured of a project's runs; :attr:`kept` tells it."""
        control = self._reading

        def read() -> None:
            self.kept.emit(runs_folder, read_kept(runs_folder, lambda: control.should_stop))

        self._lane.submit(read, lambda _error: self.kept.emit(runs_folder, []))

    def gate(self, closed: bool) -> None:
        """Leave the machine to a drag."""
        self._is_gated = closed
        self._control.gate(closed)

    def stop(self) -> None:
        """Give up what is being measured; what was kept before stays."""
        self._control.stop()

    def leave(self) -> None:
        """Let go of the project: stop and wait."""
        self._stop_all()
        self._lane.wait()
        self._reading = Control()

    def close(self) -> None:
        """Stop, and end the thread."""
        self._stop_all()
        self._lane.close()

    def _stop_all(self) -> None:
        self.stop()
        self._reading.stop()

    def _measure(self, run: Run, pictures: PixelStore, control: Control) -> None:
        from training.latent import load_model
        from training.measure import measure

        if not control.should_stop:
            measure(run, load_model(run), pictures, control, self.progress.emit)
        self.ended.emit(run.path, "")
