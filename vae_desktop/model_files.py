"""Models in files: shared ones are read and saved, and models are exported, on lanes of the engine."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from training.events import Control
from training.export_formats import ExportFormat
from training.plane_basis import require_plane
from training.project import Project
from training.run import Run
from training.vae_file import SharedModel, read_vae
from vae_desktop.lane import Lane


class ModelFiles(QObject):
    """Reads and writes models in the background.

    Args:
        open_lane: what is opened meanwhile is read there.
        train_lane: models are written there, so that none is written while it is trained.
        sentence: what to tell of an error.
    """

    shared_read = Signal(str, object, object)  # its path, vae_file.SharedModel, latent.LatentModel
    shared_failed = Signal(str, str)  # its path, why it cannot be opened
    shared_saved = Signal(str)  # its path
    sharing_failed = Signal(str)  # why a model was not saved
    exported = Signal(str)  # its path
    export_failed = Signal(str)  # why a model was not exported

    def __init__(
        self,
        open_lane: Lane,
        train_lane: Lane,
        sentence: Callable[[Exception], str],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._open_lane, self._train_lane, self._sentence = open_lane, train_lane, sentence
        self._control = Control()  # of the encoding of all pictures, which some files need
        self._is_gated = False

    def gate(self, closed: bool) -> None:
        """Leave the machine to a drag."""
        self._is_gated = closed
        self._control.gate(closed)

    def stop(self) -> None:
        """Write no more of what needs the pictures encoded first."""
        self._control.stop()

    def read_shared(self, path: Path) -> None:
        """Read a `.vae` file and build its network; what is open goes on meanwhile."""

        def tell(error: Exception) -> None:
            self.shared_failed.emit(str(path), self._sentence(error))

        self._open_lane.submit(lambda: self._read_shared(path), tell)

    def _read_shared(self, path: Path) -> None:
        shared = read_vae(path)
        from training.sharing import open_shared

        require_plane(shared.about.model.latent_dim)
        network = open_shared(shared)
        self.shared_read.emit(str(path), shared, network)

    def save_shared(self, project: Project, path: Path, run: Run | None = None) -> None:
        """Write the model of a run, by default of a project's newest one, to a `.vae` file."""
        control = self._control = Control()
        control.gate(self._is_gated)

        def tell(error: Exception) -> None:
            self.sharing_failed.emit(self._sentence(error))

        self._train_lane.submit(lambda: self._save_shared(project, path, run, control), tell)

    def _save_shared(self, project: Project, path: Path, run: Run | None, control: Control) -> None:
        from training.sharing import share

        share(project, path, run=run, control=control)
        self.shared_saved.emit(str(path))

    def export_model(
        self,
        source: Project | SharedModel,
        run: Run | None,
        to: ExportFormat,
        path: Path,
        *,
        replace: bool,
        with_points: bool,
    ) -> None:
        """Write a model in another format: of a project's run, by default its newest, or a shared one."""
        control = self._control = Control()
        control.gate(self._is_gated)

        def export() -> None:
            from training.exporting import export
            from training.sharing import model_of

            shared = source if isinstance(source, SharedModel) else model_of(source, control=control, run=run)
            export(shared, to, path, replace=replace, with_points=with_points)
            self.exported.emit(str(path))

        self._train_lane.submit(export, lambda error: self.export_failed.emit(self._sentence(error)))
