"""Builds the window and the engine, joins them by signals, and shuts them down in order."""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QPixmap
from PySide6.QtWidgets import QFileDialog

from training.errors import VaeError
from training.events import ImportReport, RunResult
from training.pixel_store import PixelStore
from training.project import Project, default_project_path, is_project
from training.run import latest_run
from training.samples import find_sample, samples, unpack
from vae_desktop.decode_lane import Backdrop, Decoded
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.mosaic import sample_mosaic
from vae_desktop.settings import RecentProject, Settings
from vae_desktop.welcome import SampleCard

REST_MS = 300  # a held handle that rests this long lets the training go on
_log = logging.getLogger(__name__)


class App(QObject):
    """The program: one window, one engine, at most one open project.

    Args:
        settings: what is remembered between two starts.
        log_folder: where the log is, for the Help menu.
    """

    def __init__(self, settings: Settings, log_folder: Path | None = None) -> None:
        super().__init__()
        self.settings = settings
        self.window = MainWindow(settings, log_folder=log_folder)
        self.engine = Engine()
        self.project: Project | None = None
        self.pictures: PixelStore | None = None
        self._names: dict[int, str] = {}
        self._means = np.zeros((0, 2), np.float32)
        self._numbers = np.zeros(0, np.int64)
        self._resume = False  # whether the project to be opened goes on training
        self._is_closing = False
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(lambda: self.engine.gate(False))
        self.window.set_loading(True)
        self.window.close_guard = self._may_close
        self.window.installEventFilter(self)
        self._join_engine()
        self._join_window()
        self._join_plane()

    def start(self, folder: str = "", sample: str = "") -> None:
        """Show the window, and open what was asked for or was open last."""
        self.window.show()
        if sample:
            QTimer.singleShot(0, self, lambda: self.open_sample(sample))
        elif folder:
            QTimer.singleShot(0, self, lambda: self.open_path(folder))
        elif self.settings.last_project and is_project(Path(self.settings.last_project)):
            self._resume = self.settings.resume_training
            QTimer.singleShot(0, self, lambda: self.open_project(self.settings.last_project))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Load TensorFlow only once the window has been painted: the import holds the GUI up for a while."""
        if event.type() == QEvent.Type.Paint:
            self.window.removeEventFilter(self)
            QTimer.singleShot(0, self, self._after_first_paint)
        return super().eventFilter(watched, event)

    def _after_first_paint(self) -> None:
        self.engine.start()
        self.window.set_samples(
            [
                SampleCard(sample.name, sample.title, sample.description, _preview(sample.name))
                for sample in samples()
            ]
        )

    # ------------------------------------------------------------------ joining

    def _join_engine(self) -> None:
        engine, window = self.engine, self.window
        engine.ready.connect(self._on_ready)
        engine.import_progress.connect(window.library.show_progress)
        engine.imported.connect(self._on_imported)
        engine.import_failed.connect(self._on_import_failed)
        engine.training_progress.connect(window.training.show_progress)
        engine.epoch_finished.connect(window.training.add_epoch)
        engine.positions.connect(self._on_positions)
        engine.trained.connect(self._on_trained)
        engine.training_failed.connect(self._on_training_failed)
        engine.model_loaded.connect(self._on_model_loaded)
        engine.decoded.connect(self._on_decoded)
        engine.backdrop.connect(self._on_backdrop)
        engine.failed.connect(window.show_problem)

    def _join_window(self) -> None:
        window = self.window
        window.open_folder_requested.connect(self.open_folder)
        window.open_project_requested.connect(self.open_project)
        window.open_sample_requested.connect(self.open_sample)
        window.close_project_requested.connect(self.close_project)
        window.save_picture_requested.connect(self._save_picture)
        window.train_requested.connect(self.train)
        window.pause_requested.connect(self._pause)
        window.stop_requested.connect(self.engine.stop)
        window.cancel_import_requested.connect(self.engine.cancel_import)
        window.library.picture_selected.connect(self._go_to_picture)
        window.library.reveal_requested.connect(self._reveal)

    def _join_plane(self) -> None:
        plane, decoding = self.window.plane, self.window.decoding
        plane.drag_started.connect(lambda _handle: self.engine.gate(True))
        plane.drag_finished.connect(self._on_drag_finished)
        plane.handle_moved.connect(self._on_handle_moved)
        plane.handle_added.connect(lambda handle, z1, z2: self.engine.decode(handle, (z1, z2)))
        plane.handle_removed.connect(self.engine.remove_handle)
        plane.handle_removed.connect(decoding.remove)
        plane.handle_selected.connect(decoding.set_active)
        plane.handle_selected.connect(lambda _handle: self._show_nearest())
        plane.picture_hovered.connect(self._on_hover)
        plane.picture_activated.connect(self._go_to_picture)
        decoding.handle_chosen.connect(plane.select_handle)
        decoding.nearest_activated.connect(lambda: self._reveal(self._nearest()))

    # ------------------------------------------------------------------ opening and closing

    def open_path(self, path: str) -> None:
        """Open a project or a folder of pictures, whichever it is."""
        if is_project(Path(path)):
            self.open_project(path)
        else:
            self.open_folder(path)

    def open_folder(self, folder: str) -> None:
        """Import a folder of pictures into its project, made on first use."""
        source = Path(folder)
        try:
            if not source.is_dir():
                raise VaeError(
                    f"{folder} is not a folder.", advice="Choose the folder that the pictures are in."
                )
            path = default_project_path(source)
            self.close_project()
            is_known = is_project(path)
            self.project = Project.open(path, write=True) if is_known else Project.create(path, source)
        except VaeError as error:
            self.window.show_problem(str(error))
            return
        self._start_import()

    def open_sample(self, name: str) -> None:
        """Import a bundled sample."""
        try:
            folder = unpack(find_sample(name))
        except VaeError as error:
            self.window.show_problem(str(error))
            return
        self.open_folder(str(folder))

    def open_project(self, path: str) -> None:
        """Open a project as it was left."""
        try:
            self.close_project()
            self.project = Project.open(Path(path), write=True)
            unfinished = self.project.image_format is None
        except VaeError as error:
            self.window.show_problem(str(error))
            return
        if unfinished:
            self._start_import()
        else:
            self._show_pictures()

    def close_project(self) -> None:
        """Back to the first page; everything is kept."""
        if self.project is None:
            return
        self.engine.close_project()
        self.project.close()
        self.project = self.pictures = None
        self._forget_positions()
        self._rest.stop()
        self.engine.gate(False)
        self.window.plane.clear()
        self.window.decoding.clear()
        self.window.library.clear()
        self.window.set_project_name("")
        self.window.refresh_recent()
        self.window.set_state(WindowState.EMPTY)
        self.settings.save_session("", training=False)

    def _start_import(self) -> None:
        if self.project is not None:
            self.window.set_project_name(self.project.source.name)
            self.window.set_state(WindowState.IMPORTING)
            self.window.library.start_import(self.project.source.name)
            self.engine.import_folder(self.project)

    def _on_imported(self, report: ImportReport) -> None:
        if self.project is None:
            return
        if report.cancelled and report.used == 0:
            self.close_project()
        else:
            self._show_pictures()
            if report.cancelled:
                self.window.messages.show_note(
                    f"The import was stopped; {report.used:,} pictures are kept."
                    " Open the folder again to go on."
                )

    def _on_import_failed(self, text: str) -> None:
        self.close_project()
        self.window.show_problem(text)

    def _show_pictures(self) -> None:
        project = self.project
        if project is None:
            return
        try:
            self.pictures = pictures = project.pictures()
        except VaeError as error:
            self._on_import_failed(str(error))
            return
        name, count = project.source.name, len(pictures)
        self._names = {}
        self.window.set_project_name(name)
        self.window.library.show_pictures(
            name,
            str(project.source),
            count=count,
            pixels=lambda number: pictures.read([number])[0],
            held_out=pictures.held_out,
            names=self._name,
        )
        self.window.library.show_skipped(project.reasons(), project.skipped())
        self.settings.add_recent(RecentProject(str(project.path), name, f"{count:,} pictures"))
        self.settings.save_session(str(project.path), training=False)
        self.window.refresh_recent()
        self._show_run(project)

    def _show_run(self, project: Project) -> None:
        run = latest_run(project.runs_folder)
        self.window.set_state(WindowState.READY if run is None else WindowState.TRAINED)
        if run is None:
            self._resume = False
            return
        self.window.training.set_history(run.history())
        if self._resume:
            self._resume = False
            self._begin_training(None, new_length=False)
            self.window.messages.show_note("The training goes on where it was when the program was closed.")
        else:
            self.engine.load_model(project)

    def _may_close(self) -> bool:
        """Save a running training, wait for the threads, and let the window close."""
        if self._is_closing:
            return True
        self._is_closing = True
        training = self.window.state.is_running
        path = "" if self.project is None else str(self.project.path)
        self.settings.save_session(path, training=training)
        self.window.hide()  # saving takes up to a few seconds; nobody should watch a frozen window
        self.engine.close()
        if self.project is not None:
            self.project.close()
        return True

    # ------------------------------------------------------------------ training

    def train(self, minutes: float | None) -> None:
        """Train the open project for some minutes more, or until stopped."""
        self._begin_training(minutes, new_length=True)

    def _begin_training(self, minutes: float | None, *, new_length: bool) -> None:
        if self.project is None:
            return
        self.window.messages.clear()
        self.window.set_state(WindowState.TRAINING)
        self.settings.save_session(str(self.project.path), training=True)
        self.engine.train(self.project, minutes, new_length=new_length)

    def _pause(self, paused: bool) -> None:
        self.engine.pause(paused)
        self.window.set_state(WindowState.PAUSED if paused else WindowState.TRAINING)

    def _on_ready(self, device: str, why_not_gpu: str) -> None:
        self.window.set_loading(False)
        self.window.training.set_device(device, why_not_gpu)

    def _on_trained(self, result: RunResult) -> None:
        if self.project is None or self._is_closing:
            return
        ending = "Stopped and kept" if result.stopped else "Finished"
        figures = "" if result.held_out is None else f" · held-out loss {result.held_out.elbo:,.1f}"
        self.window.training.show_result(f"{ending} after {result.epochs:,} epochs{figures}")
        self._end_training()

    def _on_training_failed(self, text: str) -> None:
        if self.project is None or self._is_closing:
            return
        self.window.show_problem(text)
        self._end_training()
        self.engine.load_model(self.project)

    def _end_training(self) -> None:
        if self.project is not None:
            trained = latest_run(self.project.runs_folder) is not None
            self.window.set_state(WindowState.TRAINED if trained else WindowState.READY)
            self.settings.save_session(str(self.project.path), training=False)

    # ------------------------------------------------------------------ the plane

    def _forget_positions(self) -> None:
        self._means = np.zeros((0, 2), np.float32)
        self._numbers = np.zeros(0, np.int64)

    def _on_positions(
        self, numbers: NDArray[np.int64], means: NDArray[np.float32], sigmas: NDArray[np.float32]
    ) -> None:
        if self.pictures is None or len(numbers) == 0 or numbers[-1] >= len(self.pictures):
            return
        self._numbers, self._means = numbers, means
        self.window.plane.set_points(means, sigmas, self.pictures.held_out[numbers], numbers)

    def _on_model_loaded(self) -> None:
        self._show_nearest()

    def _on_backdrop(self, backdrop: Backdrop) -> None:
        if self.project is not None:
            self.window.plane.set_tiles(backdrop.tiles, backdrop.centres)

    def _on_handle_moved(self, handle: int, z1: float, z2: float) -> None:
        self.engine.gate(True)
        self._rest.start()
        self.engine.decode(handle, (z1, z2))

    def _on_drag_finished(self, _handle: int) -> None:
        self._rest.stop()
        self.engine.gate(False)

    def _on_decoded(self, decoded: Decoded) -> None:
        if decoded.handle in self.window.plane.handles:
            self.window.decoding.show_picture(decoded.handle, decoded.point, decoded.pixels)
            if decoded.handle == self.window.plane.active_handle:
                self._show_nearest()

    def _nearest(self) -> int:
        """The picture nearest to the active handle; -1 when there is none."""
        handle = self.window.plane.active_handle
        if handle is None or len(self._means) == 0:
            return -1
        offsets = self._means - np.array(self.window.plane.handles[handle], np.float32)
        return int(self._numbers[np.argmin(np.einsum("nd,nd->n", offsets, offsets))])

    def _show_nearest(self) -> None:
        number, handle = self._nearest(), self.window.plane.active_handle
        if number < 0 or handle is None or self.pictures is None:
            self.window.decoding.show_nearest(None, "", 0.0)
            return
        mean = self._means[np.searchsorted(self._numbers, number)]
        distance = float(np.hypot(*(mean - np.array(self.window.plane.handles[handle]))))
        self.window.decoding.show_nearest(self.pictures.read([number])[0], self._name(number), distance)

    def _on_hover(self, number: int) -> None:
        if number >= 0:
            self.window.plane.set_hover_text(self._name(number))

    def _go_to_picture(self, number: int) -> None:
        """Put the active handle where a picture lies."""
        plane, at = self.window.plane, int(np.searchsorted(self._numbers, number))
        if plane.active_handle is None or at >= len(self._numbers) or self._numbers[at] != number:
            return
        z1, z2 = (float(z) for z in self._means[at])
        plane.move_handle(plane.active_handle, z1, z2)
        self.engine.decode(plane.active_handle, (z1, z2))

    # ------------------------------------------------------------------ pictures

    def _name(self, number: int) -> str:
        if number not in self._names and self.project is not None:
            self._names[number] = self.project.picture_path(number).name
        return self._names.get(number, "")

    def _reveal(self, number: int) -> None:
        if number >= 0 and self.project is not None:
            folder = self.project.picture_path(number).parent
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))

    def _save_picture(self) -> None:
        image = self.window.decoding.current_image()
        if image is None:
            return
        path, _ = QFileDialog.getSaveFileName(
            self.window, "Save picture", "decoded.png", "Pictures (*.png *.jpg *.webp)"
        )
        if path and not image.save(path):
            self.window.show_problem(f"The picture could not be written to {path}. Choose another place.")


def _preview(name: str) -> QPixmap | None:
    try:
        return sample_mosaic(find_sample(name))
    except (OSError, ValueError, VaeError):
        _log.exception("The preview of the sample %s cannot be shown", name)
        return None
