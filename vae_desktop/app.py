"""Builds the window and the engine, joins them by signals, and shuts them down in order."""

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer

from training.config import ModelConfig
from training.errors import VaeError
from training.events import ImportReport
from training.files import is_shared_model
from training.image_format import ImageFormat
from training.importer import has_too_few
from training.language import tr
from training.project import Project, default_project_path, is_project
from training.samples import find_sample, unpack
from training.source_scan import has_files
from training.vae_file import SharedModel
from vae_desktop.access_session import AccessSession
from vae_desktop.aftercare import Aftercare
from vae_desktop.application import come_forward
from vae_desktop.companions import Companions
from vae_desktop.crash_report import Session
from vae_desktop.engine import Engine
from vae_desktop.explorer import Explorer
from vae_desktop.export_session import ExportSession
from vae_desktop.format_session import FormatSession
from vae_desktop.lesson_session import Door
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.message_strip import StripButton
from vae_desktop.plain_words import pictures as picture_count
from vae_desktop.plane_session import PlaneSession
from vae_desktop.replay_session import ReplaySession
from vae_desktop.runs_session import RunsSession
from vae_desktop.sample_cards import sample_cards
from vae_desktop.settings import RecentProject, Settings
from vae_desktop.shared_session import Continuation, SharedSession
from vae_desktop.single_instance import Request, come_with
from vae_desktop.source_watch import SourceWatch
from vae_desktop.training_session import TrainingSession

_log = logging.getLogger(__name__)


class App(QObject):
    """The program: one window, one engine, at most one open project.

    Args:
        settings: what is remembered between two starts.
        log_folder: where the log is, for the Help menu.
        session: the marker by which the next start knows how this one ended; None for none.

    Attributes:
        starts_again: whether, once this process has ended, another is to go on without the graphics card.
    """

    def __init__(
        self, settings: Settings, log_folder: Path | None = None, session: Session | None = None
    ) -> None:
        super().__init__()
        self.settings = settings
        self.window = MainWindow(settings, log_folder=log_folder)
        self.engine = Engine()
        self.access = AccessSession(self.window, self.open_project)
        self.plane = PlaneSession(self.window, self.engine)
        self.aftercare = Aftercare(self.window, session, lambda: self.project)
        self.training = TrainingSession(self.window, self.engine, settings, self.aftercare)
        self.explorer = Explorer(self.plane, lambda: self.training.run, self._model_format)
        self.runs = RunsSession(self.window, self.engine, self.training, settings, self._show_anew)
        self.replay = ReplaySession(self.window, self.engine, self.plane, self.training)
        self.shared = SharedSession(self.window, self.engine, self.plane, settings, self.close_project)
        self.exports = ExportSession(self.window, self.engine)
        self.companions = Companions(
            self.window,
            self.engine,
            self.plane,
            self.explorer,
            self.training,
            door=Door(self._open_now, self.open_path, self.close_project),
            show_anew=self._show_anew,
            model=self._model_config,
            settings=settings,
            log_folder=log_folder,
        )
        self.formats = FormatSession(
            self.window,
            project=lambda: self.project,
            import_anew=self._import_anew,
            import_folder=self.open_folder,
        )
        self.explorer.exports.written.connect(self.companions.desktop.notices.tell_saved)
        self.watch = SourceWatch(self.window, self.engine, lambda: self.project, self.bring_up_to_date)
        self.project: Project | None = None
        self._continuation: Continuation | None = None
        self._made_project = False
        self._is_painted = self._is_closing = False
        self.starts_again = False
        self._first_job: Callable[[], None] | None = None
        self.window.set_loading(True)
        self.window.close_guard = self._may_close
        self.window.installEventFilter(self)
        self._join_engine()
        self._join_window()

    def start(self, folder: str = "", sample: str = "") -> None:
        """Show the window; what was asked for or was open last is opened after the first paint."""
        last, resume = self.settings.last_project, self.settings.resume_training
        if sample:
            self._begin_with(sample, lambda: self.open_sample(sample))
        elif folder:
            self._begin_with(Path(folder).name, lambda: self.open_path(folder), Path(folder))
        elif last and Path(last).exists():
            # An unfinished import is remembered by its source folder, and opening that goes on with it.
            self._begin_with(
                "", lambda: self.open_path(last, resume=resume and self.aftercare.may_resume), Path(last)
            )
        self.window.show()

    def _begin_with(self, title: str, job: Callable[[], None], path: Path | None = None) -> None:
        """Let the first paint show the place of the pictures that are about to be opened."""
        self._first_job = job
        if path is not None and is_shared_model(path):
            self.shared.announce(path)
            return
        self.window.set_state(WindowState.IMPORTING)
        self.window.library.start_import(title)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Begin to work only once the window has been painted: importing TensorFlow holds the GUI up."""
        if event.type() == QEvent.Type.Paint:
            self.window.removeEventFilter(self)
            QTimer.singleShot(0, self, self._after_first_paint)
        return super().eventFilter(watched, event)

    def _after_first_paint(self) -> None:
        if self._is_closing:
            return
        self._is_painted = True
        _log.info("The window is shown")
        self.aftercare.begin()
        self.engine.start()
        if self._first_job is not None:
            self._first_job()
        if self._first_job is None or self.window.state == WindowState.SHARED:
            self.aftercare.tell()
        self.window.set_samples(sample_cards())

    # ------------------------------------------------------------------ joining

    def _join_engine(self) -> None:
        engine, window = self.engine, self.window
        engine.ready.connect(self._on_ready)
        engine.import_progress.connect(window.library.show_progress)
        engine.imported.connect(self._on_imported)
        engine.import_failed.connect(self._on_import_failed)
        engine.source_missing.connect(self._on_source_missing)
        engine.failed.connect(window.show_problem)
        self.shared.failed.connect(self._tell)
        self.training.restart_wished.connect(self._start_again)

    def _join_window(self) -> None:
        window = self.window
        window.open_requested.connect(self.open_path)
        window.open_project_requested.connect(self.open_project)
        window.open_sample_requested.connect(self.open_sample)
        window.close_project_requested.connect(self._on_close_requested)
        window.save_picture_requested.connect(self.plane.save_picture)
        window.save_model_requested.connect(self._save_model)
        window.export_model_requested.connect(self._export_model)
        window.train_requested.connect(self.train)
        window.cancel_import_requested.connect(self.engine.cancel_import)
        window.decoding.painted.connect(
            lambda _handle: _log.info("The first picture is decoded"), Qt.ConnectionType.SingleShotConnection
        )

    # ------------------------------------------------------------------ opening and closing

    def open_path(self, path: str, *, resume: bool = False) -> None:
        """Open a project, a shared model or a folder of pictures, whichever it is."""
        if is_shared_model(Path(path)):
            self.shared.open(Path(path))
        elif is_project(Path(path)):
            self.open_project(path, resume=resume)
        else:
            self.open_folder(path)

    def take_over(self, request: Request) -> bool:
        """Come forward and open what a later start was asked to; False when this program is about to end."""
        if self._is_closing:
            return False
        come_with(request)
        come_forward(self.window)
        is_open = self.project is not None and Path(request.open) in (self.project.path, self.project.source)
        job = None
        if request.sample:
            job = partial(self.open_sample, request.sample)
        elif request.open and not is_open:
            job = partial(self.open_path, request.open)
        if job is not None and self._is_painted:
            job()
        elif job is not None:
            self._first_job = job
        return True

    def open_folder(
        self, folder: str, image_format: ImageFormat | None = None, every_frame: int | None = None
    ) -> None:
        """Import a folder of pictures into its project, made on first use; in any format that suits it."""
        source = Path(folder)
        if self._turn_to(default_project_path(source), source):
            self._start_import(image_format, every_frame)

    def bring_up_to_date(self) -> None:
        """Import the open project's source folder again; a training is stopped and saved first."""
        if self.project is not None and self._turn_to(self.project.path):
            self._start_import()

    def open_sample(self, name: str) -> None:
        """Import a bundled sample."""
        try:
            folder = unpack(find_sample(name))
        except VaeError as error:
            self._tell(str(error))
            return
        self.open_folder(str(folder))

    def open_project(self, path: str, *, resume: bool = False) -> None:
        """Open a project as it was left, or a shared model; with ``resume``, its training goes on."""
        if is_shared_model(Path(path)):
            self.shared.open(Path(path))
            return
        if not self._turn_to(Path(path)) or self.project is None:
            return
        try:
            has_pictures = self.project.image_format is not None
        except VaeError as error:
            self._give_up(str(error))
            return
        if has_pictures:
            self._show_pictures(resume=resume)
        else:
            self._start_import()

    def _turn_to(self, path: Path, source: Path | None = None) -> bool:
        """Open a project, or make it for ``source``.

        If that fails, another project stays open; the very one that was to be opened again does not, because
        it has to be closed first.
        """
        try:
            if source is not None and not has_files(source):
                raise VaeError(
                    tr("The folder {source} is empty.", source=source),
                    advice=tr("Choose a folder with pictures in it."),
                )
            if self.project is not None and self.project.path == path.resolve():
                self.close_project()
            if source is None or is_project(path):
                project, made = Project.open_as_can_be(path), False
            else:
                project, made = Project.create(path, source), True
        except VaeError as error:
            self._tell(str(error))
            return False
        self.close_project()
        self.window.welcome.clear_problem()
        self.project, self._made_project = project, made
        self.access.show(project)
        return True

    def _open_now(self) -> str:
        """The path of the project or shared model that is open; '' for none."""
        if self.project is not None:
            return str(self.project.path)
        return "" if self.shared.model is None else self.settings.last_project

    def close_project(self) -> None:
        """Back to the first page; everything is kept."""
        self.shared.forget_reading()
        if self.project is None and self.shared.model is None:
            return
        self.companions.close_windows()
        self.formats.close()
        self.engine.close_project()
        if self.project is not None:
            self.project.close()
        self.project = self._continuation = None
        self.access.show(None)
        self.training.close()
        self.shared.close()
        # What the engine told before it stopped must not reach the next project.
        QCoreApplication.sendPostedEvents(None, QEvent.Type.MetaCall.value)
        self.plane.close()
        self.window.set_project_name("")
        self.window.refresh_recent()
        self.window.set_state(WindowState.EMPTY)
        self.settings.save_session("", training=False)

    def _on_close_requested(self) -> None:
        self.close_project()
        self.window.set_state(WindowState.EMPTY)  # from a model, too, that is only about to be opened
        self.settings.save_session("", training=False)

    def _tell(self, problem: str) -> None:
        """Say why something could not be opened, on the first page unless something is open."""
        if self.project is None and self.shared.model is None:
            self.window.set_state(WindowState.EMPTY)
        self.window.show_problem(problem)

    def _give_up(self, text: str) -> None:
        self.close_project()
        self.window.show_problem(text)

    def _start_import(self, image_format: ImageFormat | None = None, every_frame: int | None = None) -> None:
        if self.project is not None and self.project.why_read_only:
            self._continuation = None
            self._show_pictures()
        elif self.project is not None:
            self.window.set_project_name(self.project.source.name)
            self.window.set_state(WindowState.IMPORTING)
            self.settings.save_session(str(self.project.source), training=False)
            self.window.library.start_import(self.project.source.name)
            self.aftercare.note()
            self.aftercare.tell()
            self.engine.import_folder(self.project, image_format, every_frame)

    def _import_anew(self, image_format: ImageFormat, every_frame: int) -> None:
        """Read the open project's folder again, in another format."""
        if self.project is not None and not self.window.state.is_running and self._turn_to(self.project.path):
            self._start_import(image_format, every_frame)

    def _on_imported(self, report: ImportReport) -> None:
        if self.project is None or self._is_closing:
            return
        _log.info("Imported: %d used, %d skipped", report.used, report.skipped)
        if report.cancelled:
            self._continuation = None
        if report.cancelled and report.used == 0:
            self.close_project()
        else:
            self._show_pictures()
            if report.cancelled:
                self.window.messages.show_note(
                    tr(
                        "The import was stopped and {pictures} kept. Open the folder again to go on.",
                        pictures=picture_count(report.used),
                    )
                )

    def _on_import_failed(self, text: str) -> None:
        project = self.project
        if project is None or self._is_closing:
            return
        self._leave_failed_import(project, text)

    def _on_source_missing(self, text: str) -> None:
        """The source folder is not there, or no longer: what was imported of it stays usable."""
        project = self.project
        if project is None or self._is_closing:
            return
        if has_too_few(project):
            again = partial(self.open_folder, str(project.source))
            self._leave_failed_import(project, text, StripButton(tr("Try again"), again))
        else:
            self._continuation = None
            self._show_pictures()
            self.window.show_problem(text, StripButton(tr("Try again"), self.bring_up_to_date))

    def _leave_failed_import(self, project: Project, text: str, button: StripButton | None = None) -> None:
        useless = self._made_project and has_too_few(project)
        self.close_project()
        self.window.show_problem(text, button)
        if useless:
            project.remove()

    def _show_pictures(self, *, resume: bool = False) -> None:
        project = self.project
        if project is None:
            return
        try:
            pictures = project.pictures()
            reasons, skipped, format_words = project.reasons(), project.skipped(), project.format_words
        except VaeError as error:
            self._give_up(str(error))
            return
        name = project.source.name
        self.window.set_project_name(name)
        self.plane.open(project, pictures, format_words)
        self.window.library.show_skipped(reasons, skipped)
        self.settings.add_recent(RecentProject(str(project.path), name, picture_count(len(pictures))))
        self.settings.save_session(str(project.path), training=False)
        self.window.refresh_recent()
        self._show_run(project, resume=resume)

    def _show_anew(self) -> None:
        """Show the open project as if it had just been opened."""
        self.plane.close()
        self._show_pictures()

    def _show_run(self, project: Project, *, resume: bool) -> None:
        due, self._continuation = self._continuation, None
        if due is None:
            self.training.open(project, resume=resume and not project.why_read_only)
            return
        self.training.begin_shared(project, due.shared, due.minutes)
        if due.note:
            self.window.messages.show_note(due.note)

    def _may_close(self) -> bool:
        self.shut_down()
        return True

    def shut_down(self) -> None:
        """Save a running training and wait for the threads. Once is enough; more often does no harm."""
        if self._is_closing:
            return
        self._is_closing = True
        self.shared.forget_reading()
        self.training.remember(training=self.training.is_running or self.starts_again)
        self.training.close()
        self.companions.lesson.on_quit()
        self.window.hide()  # saving takes up to a few seconds; nobody should watch a frozen window
        self.companions.close_windows()
        self.formats.close()
        self.explorer.close()
        self.engine.close()
        if self.project is not None:
            self.project.close()

    def _start_again(self) -> None:
        self.starts_again = True
        self.window.close()

    # ------------------------------------------------------------------ training

    def train(self, minutes: float | None) -> None:
        """Train the open project for some minutes more, or until stopped; a shared one with a new folder."""
        if self.project is None and self.shared.model is not None:
            folder = self.shared.choose_pictures()
            if folder:
                self.continue_shared(self.shared.model, folder, minutes)
        else:
            self.training.begin(minutes, run=self.training.run)

    def continue_shared(self, shared: SharedModel, folder: str, minutes: float | None) -> None:
        """Import a folder as a shared model wants its pictures, then train from what the model has learnt."""
        source = Path(folder)
        if self._turn_to(default_project_path(source), source) and self.project is not None:
            self._continuation = Continuation.in_project(self.project, shared, minutes)
            self._start_import(shared.about.image_format)

    def _on_ready(self, device: str, why_not_gpu: str) -> None:
        _log.info("TensorFlow is ready: %s. %s", device, why_not_gpu)
        self.window.set_loading(False)
        self.window.training.set_device(device, why_not_gpu)

    def _model_format(self) -> ImageFormat | None:
        """Of the pictures of the model that is shown."""
        if self.shared.model is not None:
            return self.shared.model.about.image_format
        run = self.training.run
        return None if run is None else run.model.image_format

    def _model_config(self) -> ModelConfig | None:
        """Of the model that is shown."""
        if self.shared.model is not None:
            return self.shared.model.about.model
        return None if self.training.run is None else self.training.run.model

    def _save_model(self) -> None:
        if self.project is not None:
            self.shared.ask_and_save(self.project, self.training.run)

    def _export_model(self) -> None:
        source = self.project or self.shared.model
        if source is not None:
            self.exports.ask(source, None if self.project is None else self.training.run)
