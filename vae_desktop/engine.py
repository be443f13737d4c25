"""Long jobs in background threads: requests in by method calls, results out as Qt signals.

Four lanes: one imports, one trains, one decodes, one reads shared models. TensorFlow is imported here and
nowhere else in the window, in the background, after the first paint.
"""

import logging
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from training.config import TrainConfig
from training.errors import VaeError
from training.events import Control, EpochRecord, RunResult, Snapshot, TrainProgress
from training.images import ImageFormat
from training.importer import import_folder
from training.project import Project
from training.run import Run, latest_run
from training.vae_file import SharedModel, read_vae
from vae_desktop.decode_lane import DecodeLane, Point, Weights
from vae_desktop.lane import Lane

if TYPE_CHECKING:
    from training.latent import LatentModel, Posteriors

SNAPSHOT_PICTURES = 1000
_log = logging.getLogger(__name__)


class Engine(QObject):
    """Imports, trains and decodes in the background. Signals arrive on the thread of their receiver."""

    ready = Signal(str, str)  # TensorFlow is there: the device, why it is not a GPU
    import_progress = Signal(object)  # ImportProgress
    imported = Signal(object)  # ImportReport
    import_failed = Signal(str)
    training_progress = Signal(object)  # TrainProgress
    epoch_finished = Signal(object)  # EpochRecord
    positions = Signal(object, object, object)  # picture numbers [n], means [n, 2], sigmas [n, 2]
    trained = Signal(object)  # RunResult
    training_failed = Signal(str)
    shared_read = Signal(str, object, object)  # its path, vae_file.SharedModel, latent.LatentModel
    shared_failed = Signal(str, str)  # its path, why it cannot be opened
    shared_saved = Signal(str)  # its path
    sharing_failed = Signal(str)  # why a model was not saved
    model_loaded = Signal()  # a project's trained model is there to decode with
    decoded = Signal(object)  # decode_lane.Decoded
    backdrop = Signal(object)  # decode_lane.Backdrop
    failed = Signal(str)  # something else went wrong

    def __init__(self) -> None:
        super().__init__()
        self._control = Control()  # of the training
        self._showing = Control()  # of the encoding of all pictures, which a stopped training is followed by
        self._import_control = Control()
        self._sharing = Control()  # of the encoding of all pictures for a model to share
        self._drag = threading.Event()
        self._axes: tuple[int, int] | None = None
        self._decoder_of: Run | None = None
        self._import_lane = Lane("import", lambda error: self.import_failed.emit(_sentence(error)))
        self._train_lane = Lane("train", lambda error: self.training_failed.emit(_sentence(error)))
        self._open_lane = Lane("open", self._tell_failure)
        self._decode_lane = DecodeLane(self.decoded.emit, self.backdrop.emit, self._tell_failure)

    def start(self) -> None:
        """Begin to load TensorFlow; :attr:`ready` tells when it is there."""
        self._train_lane.submit(self._load_tensorflow, self._tell_failure)

    def _load_tensorflow(self) -> None:
        import training.fit
        from training.device import device

        assert training.fit
        found = device()
        self.ready.emit(found.name, found.why_not_gpu)

    # ------------------------------------------------------------------ import

    def import_folder(self, project: Project, image_format: ImageFormat | None = None) -> None:
        """Bring a project up to date with its source folder, at its own or another image format."""
        control = self._import_control = Control()
        self._import_lane.submit(
            lambda: self.imported.emit(
                import_folder(project, self.import_progress.emit, control, image_format)
            )
        )

    def cancel_import(self) -> None:
        """End the import; what was read is kept."""
        self._import_control.stop()

    # ------------------------------------------------------------------ training

    def load_model(self, project: Project) -> None:
        """Show a project's trained model, if it has one."""
        showing = self._show_anew()
        self._train_lane.submit(lambda: self._load_model(project, showing), self._tell_failure)

    def train(
        self,
        project: Project,
        minutes: float | None,
        *,
        new_length: bool = True,
        shared: SharedModel | None = None,
    ) -> None:
        """Train a project: go on with its newest run where that fits, else begin one.

        Args:
            minutes: how long from now on; None until stopped.
            new_length: False for what is left of the run's own length, ``minutes`` being ignored then.
            shared: begin a run with what this model has learnt.
        """
        control = self._control = Control()
        control.gate(self._drag.is_set())
        showing = self._show_anew()
        length = TrainConfig(minutes=minutes)
        self._train_lane.submit(
            lambda: self._train(project, length, new_length, control, showing, shared=shared)
        )

    def pause(self, paused: bool) -> None:
        """Hold the training at a step boundary, or let it go on."""
        self._control.pause(paused)

    def stop(self) -> None:
        """End the training at a step boundary; what was learnt is kept."""
        self._control.stop()

    def gate(self, closed: bool) -> None:
        """Leave the machine to a drag: the training waits at its next step boundary."""
        if closed:
            self._drag.set()
        else:
            self._drag.clear()
        for control in (self._control, self._showing, self._sharing):
            control.gate(closed)

    def _show_anew(self) -> Control:
        """End an encoding under way, whose result will be out of date, and control the next one."""
        self._showing.stop()
        self._showing = Control()
        self._showing.gate(self._drag.is_set())
        return self._showing

    def _train(
        self,
        project: Project,
        length: TrainConfig,
        new_length: bool,
        control: Control,
        showing: Control,
        *,
        shared: SharedModel | None,
    ) -> None:
        from training.checkpoint import UnusableCheckpointError
        from training.runs import fits, start_run
        from training.sharing import start_from

        run = latest_run(project.runs_folder)
        if shared is not None:
            run = start_from(project, shared, length)
        elif run is None or not fits(run, project):
            run = start_run(project, length)
        try:
            result = self._fit(project, run, length if new_length else None, control)
        except UnusableCheckpointError as error:
            self.failed.emit(f"{error.what} It is kept, and a new one was begun.")
            run = start_run(project, length)
            result = self._fit(project, run, None, control)
        self.trained.emit(result)
        self._show_run(project, Run.open(run.path), showing)

    def _fit(self, project: Project, run: Run, length: TrainConfig | None, control: Control) -> RunResult:
        from training.fit import train

        self._adopt(run)
        return train(
            project,
            run,
            lambda event: self._on_training(event, run),
            control,
            length=length,
            snapshot_pictures=SNAPSHOT_PICTURES,
        )

    def _on_training(self, event: TrainProgress | EpochRecord | Snapshot, run: Run) -> None:
        if isinstance(event, TrainProgress):
            self.training_progress.emit(event)
        elif isinstance(event, EpochRecord):
            self.epoch_finished.emit(event)
        elif np.isfinite(event.means).all():  # otherwise the training is about to stop and say so
            self._choose_axes(event.means)
            self._decode_with(run, event.weights, training=True)
            self._emit_positions(event.indices, event.means, event.sigmas)

    def _load_model(self, project: Project, showing: Control) -> None:
        run = latest_run(project.runs_folder)
        if run is not None:
            self._adopt(run)
            self._show_run(project, run, showing)

    def _show_run(self, project: Project, run: Run, showing: Control) -> None:
        """Decode with a run's best weights, and show where all pictures lie."""
        from training.latent import LatentModel, all_posteriors, load_weights
        from training.runs import fits

        values = load_weights(run)
        if self._axes is not None:  # no need to wait until all pictures are encoded
            self._decode_with(run, values, training=False)
        found: Posteriors | None = None
        if fits(run, project):
            found = all_posteriors(run, LatentModel(run.model, values), project.pictures(), showing)
        if self._axes is None:
            self._choose_axes(None if found is None else found.means)
            self._decode_with(run, values, training=False)
        if found is not None:
            self._emit_positions(np.arange(len(found.means)), found.means, found.sigmas)
        self.model_loaded.emit()

    # ------------------------------------------------------------------ shared models

    def read_shared(self, path: Path) -> None:
        """Read a `.vae` file and build its network; what is open goes on meanwhile."""

        def tell(error: Exception) -> None:
            self.shared_failed.emit(str(path), _sentence(error))

        self._open_lane.submit(lambda: self._read_shared(path), tell)

    def _read_shared(self, path: Path) -> None:
        shared = read_vae(path)
        from training.sharing import open_shared
        from training.sheets import plane_axes

        network = open_shared(shared)
        plane_axes(shared.means)  # a model without a plane cannot be shown
        self.shared_read.emit(str(path), shared, network)

    def show_shared(self, shared: SharedModel, network: "LatentModel") -> None:
        """Decode with a shared model from now on, and tell where its pictures lie."""
        self._train_lane.submit(lambda: self._show_shared(shared, network), self._tell_failure)

    def _show_shared(self, shared: SharedModel, network: "LatentModel") -> None:
        from training.sheets import on_plane, plane_axes

        axes = self._axes = plane_axes(shared.means)
        self._decode_lane.set_weights(
            Weights(
                make_model=lambda: network,
                values=shared.weights,
                embed=lambda points: on_plane(points, axes, shared.about.model.latent_dim),
                training=False,
            )
        )
        self._emit_positions(np.arange(len(shared.means)), shared.means, shared.sigmas)
        self.model_loaded.emit()

    def save_shared(self, project: Project, path: Path) -> None:
        """Write a project's newest model to a `.vae` file."""
        control = self._sharing = Control()
        control.gate(self._drag.is_set())

        def tell(error: Exception) -> None:
            self.sharing_failed.emit(_sentence(error))

        self._train_lane.submit(lambda: self._save_shared(project, path, control), tell)

    def _save_shared(self, project: Project, path: Path, control: Control) -> None:
        from training.sharing import share

        share(project, path, control=control)
        self.shared_saved.emit(str(path))

    # ------------------------------------------------------------------ decoding

    def decode(self, handle: int, point: Point) -> None:
        """Decode a handle's position; the newest one wins."""
        self._decode_lane.request(handle, point)

    def remove_handle(self, handle: int) -> None:
        """Decode this handle no more."""
        self._decode_lane.remove_handle(handle)

    def close_project(self) -> None:
        """Stop whatever is done with the open project and wait for it; what was done is kept.

        Nothing is emitted for it after this returns; what was emitted before may still be on its way.
        """
        self._stop_all()
        self._import_lane.wait()
        self._train_lane.wait()
        self._decode_lane.forget()
        self._decoder_of = self._axes = None

    def close(self) -> None:
        """End all threads, in order; a training is saved first."""
        self._stop_all()
        self._import_lane.close()
        self._open_lane.close()
        self._train_lane.close()
        self._decode_lane.close()

    def _stop_all(self) -> None:
        for control in (self._control, self._showing, self._sharing, self._import_control):
            control.stop()

    def _tell_failure(self, error: Exception) -> None:
        self.failed.emit(_sentence(error))

    def _adopt(self, run: Run) -> None:
        """Turn to another run: its plane's axes are found anew."""
        if self._decoder_of is None or self._decoder_of.path != run.path:
            self._axes = (0, 1) if run.model.latent_dim == 2 else None

    def _decode_with(self, run: Run, values: dict[str, NDArray[np.float32]], *, training: bool) -> None:
        from training.latent import LatentModel
        from training.sheets import on_plane

        known = self._decoder_of
        is_new = known is None or known.path != run.path
        self._decoder_of = run
        axes = self._axes or (0, 1)
        self._decode_lane.set_weights(
            Weights(
                make_model=(lambda: LatentModel(run.model)) if is_new else None,
                values=values,
                embed=lambda points: on_plane(points, axes, run.model.latent_dim),
                training=training,
            )
        )

    def _choose_axes(self, means: NDArray[np.float32] | None) -> None:
        """Find the plane's two axes once a run, so that the plane does not turn under the hand.

        Without the pictures' means [n, latent_dim], they are the first two.
        """
        from training.sheets import plane_axes

        if self._axes is None:
            self._axes = (0, 1) if means is None else plane_axes(means)

    def _emit_positions(
        self, numbers: NDArray[np.int64], means: NDArray[np.float32], sigmas: NDArray[np.float32]
    ) -> None:
        columns = list(self._axes or (0, 1))
        self.positions.emit(numbers, means[:, columns], sigmas[:, columns])


def _sentence(error: Exception) -> str:
    """What to tell; what is not meant for people goes to the log."""
    if isinstance(error, VaeError):
        return str(error)
    _log.error("A background job failed", exc_info=error)
    return f"Something unexpected went wrong ({type(error).__name__}: {error}). The log file has the details."
