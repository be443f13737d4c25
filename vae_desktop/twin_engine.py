"""Two models beside each other in background threads: both trained in turns, both decoded live."""

import numpy as np
from PySide6.QtCore import QObject, Signal

from training.events import Control, EpochRecord, Setback, Snapshot, TrainProgress
from training.plane_basis import require_plane
from training.project import Project
from training.run import Run, load_weights
from training.turns import TurnControl, Turns
from training.twin_order import TwinOrder
from vae_desktop.decode_lane import DecodeLane, Point, Values, Weights
from vae_desktop.error_words import error_sentence
from vae_desktop.lane import Lane

SNAPSHOT_PICTURES = 1000
HANDLE = 1
"""The number of the only handle that each plane has."""


class TwinSide(QObject):
    """One of the two: a thread that trains it and one that decodes it. Signals come from these threads."""

    progress = Signal(object)  # events.TrainProgress
    network_changed = Signal(int)  # another network decodes from now on: its latent dimension
    positions = Signal(object, object)  # numbers of pictures int64 [n], posteriors.Posteriors
    decoded = Signal(object)  # decode_lane.Decoded
    backdrop = Signal(object)  # decode_lane.Tiles
    ended = Signal(int, bool)  # its training, after how many steps, and whether it was stopped
    failed = Signal(str)  # its training or its showing did, and why

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.decoding = DecodeLane(
            self.decoded.emit, self.backdrop.emit, lambda _encoded: None, self._tell_failure
        )
        self._lane = Lane("twin", self._tell_failure)
        self._run: Run | None = None  # whose network decodes

    def train(self, project: Project, run: Run, control: TurnControl, showing: Control) -> None:
        """Train a run in turns with the other side's, then show it."""

        def job() -> None:
            self._train(project, run, control)
            self._show(project, run, showing)

        self._lane.submit(job)

    def show(self, project: Project, run: Run, showing: Control) -> None:
        """Decode with a run's best weights, and tell where all pictures lie."""
        self._lane.submit(lambda: self._show(project, run, showing))

    def decode(self, point: Point) -> None:
        """Decode the handle's position; the newest one wins."""
        self.decoding.request(HANDLE, point)

    def close(self) -> None:
        """Wait for what is under way, and end the threads."""
        self._lane.close()
        self.decoding.close()

    def _train(self, project: Project, run: Run, control: TurnControl) -> None:
        from training.twins import train_twin

        def tell(event: TrainProgress | EpochRecord | Snapshot | Setback) -> None:
            if isinstance(event, TrainProgress):
                self.progress.emit(event)
            elif isinstance(event, Snapshot) and np.isfinite(event.posteriors.means).all():
                self._decode_with(run, event.weights, training=True)
                self.positions.emit(event.indices, event.posteriors)

        result = train_twin(project, run, tell, control, snapshot_pictures=SNAPSHOT_PICTURES)
        self.ended.emit(control.steps, result is None or result.stopped)

    def _show(self, project: Project, run: Run, showing: Control) -> None:
        from training.latent import LatentModel, all_posteriors

        if showing.should_stop or not run.has_weights():
            return
        require_plane(run.model.latent_dim)
        values = load_weights(run)
        self._decode_with(run, values, training=False)
        found = all_posteriors(run, LatentModel(run.model, values), project.pictures(), showing)
        if found is not None:
            self.positions.emit(np.arange(len(found)), found)

    def _decode_with(self, run: Run, values: Values, *, training: bool) -> None:
        from training.latent import LatentModel

        is_new = self._run is None or self._run.path != run.path
        self._run = run
        make_model = (lambda: LatentModel(run.model)) if is_new else None
        if is_new:
            self.network_changed.emit(run.model.latent_dim)
        self.decoding.set_weights(Weights(make_model, values, run.model.latent_dim, training))

    def _tell_failure(self, error: Exception) -> None:
        self.failed.emit(error_sentence(error))


class TwinEngine(QObject):
    """Both sides, and what concerns them together."""

    begun = Signal(object, object)  # run.Run of each side: these are trained from now on
    not_begun = Signal(str)  # why
    ended = Signal()  # nothing is trained any more

    def __init__(self) -> None:
        super().__init__()
        self.sides = (TwinSide(self), TwinSide(self))
        self._lane = Lane("twins", self._tell_not_begun)  # makes the runs, and waits for both
        self._control = Control()  # of measuring
        self._showing = Control()
        self._turns = Turns()

    def train(self, project: Project, order: TwinOrder) -> None:
        """Begin a run for each side, and train both; :attr:`ended` follows whatever happens."""
        self._control, self._showing, self._turns = Control(), Control(), Turns()
        turns, control, showing = self._turns, self._control, self._showing
        self._lane.submit(lambda: self._begin(project, order, turns, control=control, showing=showing))

    def show(self, project: Project, runs: tuple[Run, Run]) -> None:
        """Show two runs as they are."""
        self._showing = Control()
        for side, run in zip(self.sides, runs, strict=True):
            side.show(project, run, self._showing)

    def stop(self) -> None:
        """End both trainings after the same step; what was learnt is kept, and shown."""
        self._control.stop()
        self._turns.stop()

    def gate(self, closed: bool) -> None:
        """Leave the machine to a drag."""
        self._turns.gate(closed)
        self._showing.gate(closed)

    def close(self) -> None:
        """Stop and keep what is trained, and end all threads."""
        self._showing.stop()
        self.stop()
        self._lane.close()
        for side in self.sides:
            side.close()

    def _begin(
        self, project: Project, order: TwinOrder, turns: Turns, *, control: Control, showing: Control
    ) -> None:
        from training.twins import start_twins

        runs = start_twins(project, order, lambda: not control.should_stop)
        require_plane(runs[0].model.latent_dim)
        self.begun.emit(*runs)
        for side, run, its in zip(self.sides, runs, turns.controls, strict=True):
            side.train(project, run, its, showing)
        turns.wait_for_all()
        self.ended.emit()

    def _tell_not_begun(self, error: Exception) -> None:
        self.not_begun.emit(error_sentence(error))
        self.ended.emit()
