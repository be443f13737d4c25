"""Long jobs in background threads: requests in by method calls, results out as Qt signals.

Four lanes: one imports, one trains, one decodes, one reads shared models. TensorFlow is imported here and
nowhere else in the window, in the background, after the first paint.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from training.config import ModelConfig, TrainConfig
from training.errors import DeviceLostError, OutOfMemoryError, SourceMissingError
from training.events import Control, EpochRecord, RunResult, Setback, Snapshot, TrainProgress
from training.image_format import ImageFormat
from training.importer import import_folder
from training.language import tr
from training.plane_basis import PlaneSlice, require_plane
from training.project import Project
from training.replay import Replay
from training.run import Run, latest_run, load_weights
from training.timeline import Timeline
from training.vae_file import SharedModel
from vae_desktop.decode_lane import DecodeLane, Point, Weights
from vae_desktop.error_words import error_sentence
from vae_desktop.film_lane import FilmLane
from vae_desktop.lane import Lane
from vae_desktop.measure_lane import MeasureLane
from vae_desktop.model_files import ModelFiles
from vae_desktop.renderer import Renderer, Values
from vae_desktop.source_lane import SourceLane
from vae_desktop.tile_grid import HOME_TILES, Block, even_grid
from vae_desktop.training_order import TrainingOrder

if TYPE_CHECKING:
    from training.latent import LatentModel

SNAPSHOT_PICTURES = 1000
FEWEST_ON_GPU = 8  # pictures a step; with fewer, the processor is hardly slower


class Engine(QObject):
    """Imports, trains and decodes in the background. Signals arrive on the thread of their receiver.

    Attributes:
        files: reads and writes models.
        films: writes films.
        measuring: measures models.
        sources: looks whether source folders have changed.
    """

    ready = Signal(str, str)  # TensorFlow is there: the device, why it is not a GPU
    import_progress = Signal(object)  # ImportProgress
    imported = Signal(object)  # ImportReport
    import_failed = Signal(str)
    source_missing = Signal(str)  # why an import failed: its source folder is not there, or no longer
    training_progress = Signal(object)  # TrainProgress
    epoch_finished = Signal(object)  # EpochRecord
    run_begun = Signal(object)  # run.Run: the one that is trained from now on
    positions = Signal(object, object)  # numbers of pictures int64 [n], posteriors.Posteriors
    trained = Signal(object)  # RunResult
    training_failed = Signal(str)
    memory_ran_out = Signal(str, int)  # why the training failed, a batch size that may fit
    gpu_failed = Signal(str)  # why the training failed; it can go on without the graphics card
    plane_drawn = Signal(object, object)  # a run's folder, drawn_plane.DrawnPlane
    plane_not_drawn = Signal(object, str)  # a run's folder, why not
    replay_read = Signal(object, object)  # a run's folder, replay.Replay
    model_loaded = Signal()  # a project's trained model is there to decode with
    network_changed = Signal(int)  # another network decodes from now on: its latent dimension
    decoded = Signal(object)  # decode_lane.Decoded
    backdrop = Signal(object)  # decode_lane.Tiles: a block of it
    errors_progress = Signal(object, int, int)  # a run's folder, pictures done, of how many
    errors_found = Signal(object, object)  # a run's folder, how far each picture is off [n], from 0 to 1
    errors_failed = Signal(object, str)  # a run's folder, why
    encoded = Signal(object)  # list of encode_queue.Encoded
    gated = Signal(bool)  # the machine is left to a drag, or no more
    failed = Signal(str)  # something else went wrong

    def __init__(self) -> None:
        super().__init__()
        self._control = Control()  # of the training
        self._showing = Control()  # of the encoding of all pictures, which a stopped training is followed by
        self._import_control = Control()
        self._comparing = Control()  # of all pictures with their reconstructions
        self._drag = threading.Event()
        self._decoder_of: Run | None = None
        self._prepared: tuple[Run, Callable[[], LatentModel]] | None = None
        self._import_lane = Lane("import", self._tell_import_failure)
        self._train_lane = Lane("train", self._tell_training_failure)
        self._open_lane = Lane("open", self._tell_failure)
        self._replay_lane = Lane("replay", self._tell_failure)  # others may be busy for minutes
        self.files = ModelFiles(self._open_lane, self._train_lane, error_sentence, self)
        self.films = FilmLane(error_sentence, self)
        self.measuring = MeasureLane(error_sentence, self)
        self.sources = SourceLane(self)
        self.renderer = Renderer(_make_model, error_sentence)
        self._decode_lane = DecodeLane(
            self.decoded.emit, self.backdrop.emit, self.encoded.emit, self._tell_failure
        )

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

    def import_folder(
        self, project: Project, image_format: ImageFormat | None = None, every_frame: int | None = None
    ) -> None:
        """Bring a project up to date with its source folder, at its own or another image format.

        Args:
            image_format, every_frame: see :func:`training.importer.import_folder`.
        """
        control = self._import_control = Control(waits_for_space=True)
        self._import_lane.submit(
            lambda: self.imported.emit(
                import_folder(project, self.import_progress.emit, control, image_format, every_frame)
            )
        )

    def cancel_import(self) -> None:
        """End the import; what was read is kept."""
        self._import_control.stop()

    # ------------------------------------------------------------------ training

    def load_model(self, project: Project, run: Run | None = None) -> None:
        """Show the model of a run, by default of the project's newest one, if it has one."""
        showing = self._show_anew()
        self._train_lane.submit(lambda: self._load_model(project, run, showing), self._tell_failure)

    def train(
        self,
        project: Project,
        minutes: float | None,
        *,
        run: Run | None = None,
        chosen: Mapping[str, Any] | None = None,
        name: str = "",
        new_length: bool = True,
        shared: SharedModel | None = None,
    ) -> None:
        """Train a project: go on with a run where that fits its pictures, else begin one.

        Args:
            minutes: how long from now on; None until stopped.
            run: what to go on with; None begins one.
            chosen: other settings than the run's or the usual ones, by their names in config.RUN_SETTINGS.
            name: of a run that is begun.
            new_length: False for what is left of the run's own length, ``minutes`` being ignored then.
            shared: begin a run with what this model has learnt.
        """
        control = self._control = Control(waits_for_space=True)
        control.gate(self._drag.is_set())
        showing = self._show_anew()
        settings = dict(chosen or {})
        if new_length and settings.get("epochs") is None:
            settings |= {"minutes": minutes, "epochs": None}
        order = TrainingOrder(project, run, settings, name, shared)
        self._train_lane.submit(lambda: self._train(order, control, showing))

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
        for control in (self._control, self._showing, self._comparing):
            control.gate(closed)
        self.files.gate(closed)
        self.films.gate(closed)
        self.measuring.gate(closed)
        self.renderer.gate(closed)
        self.gated.emit(closed)

    def _show_anew(self) -> Control:
        """End an encoding under way, whose result will be out of date, and control the next one."""
        self._showing.stop()
        self._showing = Control()
        self._showing.gate(self._drag.is_set())
        return self._showing

    def _train(self, order: TrainingOrder, control: Control, showing: Control) -> None:
        from training.checkpoint import UnusableCheckpointError

        run, length = order.begin_or_go_on()
        try:
            result = self._fit(order.project, run, length, control)
        except UnusableCheckpointError as error:
            self.failed.emit(tr("{what} It is kept, and a new one was begun.", what=error.what))
            result = self._fit(order.project, order.begin(), None, control)
        self.trained.emit(result)
        self._show_run(order.project, Run.open(result.run), showing)

    def _fit(self, project: Project, run: Run, length: TrainConfig | None, control: Control) -> RunResult:
        from training.fit import train

        require_plane(run.model.latent_dim)
        self.run_begun.emit(run)
        self._prepare_decoding(run)
        return train(
            project,
            run,
            lambda event: self._on_training(event, run),
            control,
            length=length,
            snapshot_pictures=SNAPSHOT_PICTURES,
        )

    def _on_training(self, event: TrainProgress | EpochRecord | Snapshot | Setback, run: Run) -> None:
        if isinstance(event, TrainProgress):
            self.training_progress.emit(event)
        elif isinstance(event, EpochRecord):
            self.epoch_finished.emit(event)
        elif isinstance(event, Setback):
            self.failed.emit(event.sentence)
        elif np.isfinite(event.posteriors.means).all():  # otherwise the training is about to stop and say so
            self._decode_with(run, event.weights, training=True)
            self.positions.emit(event.indices, event.posteriors)

    def _load_model(self, project: Project, run: Run | None, showing: Control) -> None:
        run = run or latest_run(project.runs_folder)
        if run is not None:
            require_plane(run.model.latent_dim)
            self._show_run(project, run, showing)

    def _show_run(self, project: Project, run: Run, showing: Control) -> None:
        """Decode with a run's best weights, and show where all pictures lie."""
        from training.latent import LatentModel, all_posteriors
        from training.runs import fits

        values = load_weights(run)
        self._decode_with(run, values, training=False)
        if fits(run, project):
            model, may_write = LatentModel(run.model, values), not project.why_read_only
            found = all_posteriors(run, model, project.pictures(), showing, keep=may_write)
            if found is not None:
                self.positions.emit(np.arange(len(found)), found)
        self.model_loaded.emit()

    def draw_plane(self, project: Project, run: Run) -> None:
        """Draw a run's plane, to look at beside another one; what is shown and trained goes on."""

        def tell(error: Exception) -> None:
            self.plane_not_drawn.emit(run.path, error_sentence(error))

        self._open_lane.submit(lambda: self._draw_plane(project, run), tell)

    def _draw_plane(self, project: Project, run: Run) -> None:
        from training.drawn_plane import draw_plane

        self.plane_drawn.emit(run.path, draw_plane(run, project, even_grid(HOME_TILES)))

    def find_errors(self, project: Project, run: Run, means: NDArray[np.float32]) -> None:
        """Find out how far all pictures, which lie at ``means``, are from their reconstructions by a run."""
        self.stop_finding_errors()
        control = self._comparing = Control()
        control.gate(self._drag.is_set())
        self._open_lane.submit(
            lambda: self._find_errors(project, run, means, control),
            lambda error: self.errors_failed.emit(run.path, error_sentence(error)),
        )

    def stop_finding_errors(self) -> None:
        """They are no longer asked for."""
        self._comparing.stop()

    def _find_errors(self, project: Project, run: Run, means: NDArray[np.float32], control: Control) -> None:
        from training.reconstruction import errors_of_run

        tell = partial(self.errors_progress.emit, run.path)
        found = errors_of_run(project, run, means, control, tell)
        if found is not None:
            self.errors_found.emit(run.path, found)

    # ------------------------------------------------------------------ the past

    def read_replay(self, run: Run, ids: NDArray[np.int64]) -> None:
        """Read what a run keeps for replaying; ``ids`` [n] are those of the project's pictures."""

        def read() -> None:
            self.replay_read.emit(run.path, Replay.read(run.path, ids, run.model.latent_dim))

        self._replay_lane.submit(read)

    def show_past(self, run: Run, steps: Sequence[int]) -> None:
        """Decode with weights that a run kept, until :meth:`show_present`; newer ones wait until then.

        Args:
            steps: of which they are, the best ones first; where those cannot be read, the next ones do.
        """
        self._decode_lane.show_past(Timeline(run.path).readable_weights(steps))

    def show_present(self) -> None:
        """Decode with the newest weights again."""
        self._decode_lane.show_present()

    # ------------------------------------------------------------------ shared models

    def show_shared(self, shared: SharedModel, network: "LatentModel") -> None:
        """Decode with a shared model from now on, and tell where its pictures lie."""
        self._train_lane.submit(lambda: self._show_shared(shared, network), self._tell_failure)

    def _show_shared(self, shared: SharedModel, network: "LatentModel") -> None:
        latent_dim = shared.about.model.latent_dim
        self._decode_lane.set_weights(Weights(lambda: network, shared.weights, latent_dim, training=False))
        self.renderer.show(shared.about.model, shared.weights)
        self.network_changed.emit(latent_dim)
        self.positions.emit(np.arange(len(shared.posteriors)), shared.posteriors)
        self.model_loaded.emit()

    # ------------------------------------------------------------------ decoding

    def decode(self, handle: int, point: Point) -> None:
        """Decode a handle's position, in latent numbers; the newest one wins."""
        self._decode_lane.request(handle, point)

    def show_slice(self, plane: PlaneSlice) -> None:
        """Let the backdrop show another plane through the latent space."""
        self._decode_lane.show_slice(plane)

    def want_tiles(self, blocks: Sequence[tuple[Block, int]]) -> None:
        """Decode these blocks of the backdrop, each given with the generation that is shown of it."""
        self._decode_lane.want(blocks)

    def remove_handle(self, handle: int) -> None:
        """Decode this handle no more."""
        self._decode_lane.remove_handle(handle)

    def encode(self, key: int, pixels: NDArray[np.uint8]) -> None:
        """Encode a picture, uint8 [S, S, C], as soon as there is a model, and again with all later weights.

        Until :meth:`remove_picture` or the end of the project; of one key the newest picture counts.
        """
        self._decode_lane.encode(key, pixels)

    def remove_picture(self, key: int) -> None:
        """Encode this picture no more."""
        self._decode_lane.remove_picture(key)

    def close_project(self) -> None:
        """Stop whatever is done with the open project and wait for it; what was done is kept.

        Nothing is emitted for it after this returns; what was emitted before may still be on its way.
        """
        self._stop_all()
        self.measuring.leave()
        self.sources.leave()
        self._import_lane.wait()
        self._train_lane.wait()
        self._decode_lane.forget()
        self.renderer.forget()
        self._decoder_of = None

    def close(self) -> None:
        """End all threads, in order; a training is saved first."""
        self._stop_all()
        self.measuring.close()
        self.sources.close()
        self.renderer.close()
        self._import_lane.close()
        self._open_lane.close()
        self._replay_lane.close()
        self.films.close()
        self._train_lane.close()
        self._decode_lane.close()

    def _stop_all(self) -> None:
        self.films.stop()
        controls = (self._control, self._showing, self._comparing, self._import_control)
        for control in controls:
            control.stop()

    def _tell_import_failure(self, error: Exception) -> None:
        is_missing = isinstance(error, SourceMissingError)
        (self.source_missing if is_missing else self.import_failed).emit(error_sentence(error))

    def _tell_training_failure(self, error: Exception) -> None:
        match error:
            case OutOfMemoryError(on_gpu=False, smaller_batch=batch) if batch > 0:
                self.memory_ran_out.emit(str(error), batch)
            case OutOfMemoryError(on_gpu=True, smaller_batch=batch) if batch >= FEWEST_ON_GPU:
                self.memory_ran_out.emit(str(error), batch)
            case OutOfMemoryError(on_gpu=True) | DeviceLostError():
                self.gpu_failed.emit(str(error))
            case _:
                self.training_failed.emit(error_sentence(error))

    def _tell_failure(self, error: Exception) -> None:
        self.failed.emit(error_sentence(error))

    def _prepare_decoding(self, run: Run) -> None:
        """Make the decoder of a run before its first snapshot, while the training is being compiled."""
        from training.latent import LatentModel

        @cache
        def make_model() -> LatentModel:
            model = LatentModel(run.model)
            model.decode(np.zeros((1, run.model.latent_dim)))  # compiles it
            return model

        if self._decoder_of is None or self._decoder_of.path != run.path:
            self._prepared = run, make_model
            self._decode_lane.prepare(make_model)

    def _decode_with(self, run: Run, values: dict[str, NDArray[np.float32]], *, training: bool) -> None:
        from training.latent import LatentModel

        known = self._decoder_of
        is_new = known is None or known.path != run.path
        self._decoder_of = run
        make_model: Callable[[], LatentModel] | None = None
        if is_new:
            of, prepared = self._prepared or (None, None)
            make_model = prepared if of is run else lambda: LatentModel(run.model)
            self._prepared = None
        self._decode_lane.set_weights(Weights(make_model, values, run.model.latent_dim, training))
        self.renderer.show(run.model, values)
        if is_new:
            self.network_changed.emit(run.model.latent_dim)


def _make_model(config: ModelConfig, values: Values) -> "LatentModel":
    from training.latent import LatentModel

    return LatentModel(config, values)
