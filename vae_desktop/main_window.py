"""The window: docks around the plane, menus, one state that decides what can be done.

It knows no engine: what a person asks for goes out as a signal, what happened comes in as a method call.
"""

import math
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSize, QUrl, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDesktopServices,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QFileDialog,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from training.files import SHARED_SUFFIX
from training.language import mark, tr
from vae_desktop.applications_menu import add_to_menu, menu_script
from vae_desktop.decode_view import DecodeView
from vae_desktop.docks import Docks
from vae_desktop.dropping import DropFrame, read_drop
from vae_desktop.groups_panel import GroupsPanel
from vae_desktop.languages import LanguageMenu
from vae_desktop.latent_plane import LatentPlane, PlaneMode
from vae_desktop.library_panel import LibraryPanel
from vae_desktop.measures_panel import MeasuresPanel
from vae_desktop.message_strip import MessageStrip, StripButton
from vae_desktop.path_bar import PathBar
from vae_desktop.plain_words import one_line
from vae_desktop.plane_frame import PlaneFrame
from vae_desktop.runs_panel import RunsPanel
from vae_desktop.settings import Settings
from vae_desktop.style import GRID
from vae_desktop.tool_bar import ToolBar
from vae_desktop.training_panel import TrainingPanel
from vae_desktop.welcome import SampleCard, WelcomePage
from vae_desktop.window_actions import DECODING_TOOLS, PLANE_MODES, PLANE_TOOLS, WindowActions, fill_choice
from vae_desktop.window_state import WindowState

__all__ = ["MainWindow", "WindowState"]

_TITLE = "VAE Desktop"
_FIRST_SIZE = QSize(1280, 800)
_LAYOUT = 3  # counts the sets of docks: the places of an earlier one are not taken up
_GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
_MODES = {
    "both": PlaneMode.PICTURES,
    "points": PlaneMode.POINTS,
    "tiles": PlaneMode.TILES,
    "thumbnails": PlaneMode.THUMBNAILS,
    "density": PlaneMode.DENSITY,
    "measured": PlaneMode.MEASURED,
}
_PLANE_HINTS = {
    WindowState.IMPORTING: mark("Reading your pictures…"),
    WindowState.READY: mark("Press Train: a first rough map appears here within seconds."),
    WindowState.TRAINING: mark("The first rough map is on its way…"),
    WindowState.SHARED: mark("Opening the model…"),
}


class MainWindow(QMainWindow):
    """All widgets of the program, joined.

    Args:
        settings: where geometry and recent projects are kept.
        log_folder: what "Open log folder" shows; without it the entry is hidden.

    Attributes:
        close_guard: asked before the window closes; False keeps it open.
        plane_tools, plane_menu: the tool bar over the plane and its menu, for what features add.
    """

    state_changed = Signal()
    open_requested = Signal(str)  # a folder of pictures, a project or a shared model
    open_project_requested = Signal(str)
    open_sample_requested = Signal(str)
    close_project_requested = Signal()
    recipe_dropped = Signal(str)  # a picture that says how it was made
    save_picture_requested = Signal()
    save_model_requested = Signal()
    export_model_requested = Signal()
    train_requested = Signal(object)  # minutes as float, None for "until I stop"
    settings_requested = Signal()
    new_run_requested = Signal()
    pause_requested = Signal(bool)
    stop_requested = Signal()
    cancel_import_requested = Signal()

    def __init__(self, settings: Settings, *, log_folder: Path | None = None) -> None:
        super().__init__()
        self._actions = WindowActions(self)
        self.close_guard: Callable[[], bool] = lambda: True
        self._settings = settings
        self._log_folder = log_folder
        self._state = WindowState.EMPTY
        self._loading = False
        self._project_name = self._why_read_only = ""
        self._layout = settings.layout
        self.welcome = WelcomePage()
        self.library = LibraryPanel()
        self.runs = RunsPanel()
        self.groups = GroupsPanel()
        self.training = TrainingPanel()
        self.measures = MeasuresPanel()
        self.plane = LatentPlane()
        self.plane_frame = PlaneFrame(self.plane)
        self.path_bar = PathBar()
        self.decoding = DecodeView()
        self.messages = MessageStrip()
        self.access = MessageStrip()
        self._build_centre()
        self._docks = Docks(
            self,
            library=self.library,
            runs=self.runs,
            groups=self.groups,
            decoding=self.decoding,
            training=self.training,
            measures=self.measures,
        )
        self._drop_frame = DropFrame(self)
        self._build_menus()
        self._connect()
        self.decoding.set_placeholder(tr("The picture under the handle is drawn here."))
        self.setAcceptDrops(True)
        self.setMinimumSize(720, 540)
        self.resize(_FIRST_SIZE)
        self.restoreGeometry(settings.geometry)
        self.refresh_recent()
        self.set_samples([])
        self.set_project_name("")
        self._actions.load_icons(self.palette())
        self._enter(WindowState.EMPTY)

    @property
    def state(self) -> WindowState:
        """What the window is showing now."""
        return self._state

    def action(self, name: str) -> QAction:
        """An action of the menus, by its name in window_actions."""
        return self._actions[name]

    def show_groups(self) -> None:
        """Bring the panel of groups to the front."""
        self._docks.show_groups()

    def show_measures(self) -> None:
        """Bring the panel of measured figures to the front."""
        self._docks.show_measures()

    def show_mode(self, mode: PlaneMode) -> None:
        """Choose what the plane shows, as its action does."""
        name = next(name for name, of_action in _MODES.items() if of_action is mode)
        self._actions[name].setChecked(True)
        self.plane.set_mode(mode)

    def set_state(self, state: WindowState) -> None:
        """Show a state; the docks belong to every state but the empty one."""
        if state == self._state:
            return
        if self._state == WindowState.EMPTY:
            self.messages.clear()
            self._show_docks()
        elif state == WindowState.EMPTY:
            self._layout = self.saveState(_LAYOUT)
        self._enter(state)

    def set_loading(self, loading: bool) -> None:
        """Whether the engine is still starting; training waits for it."""
        self._loading = loading
        self.training.set_loading(loading)
        self._update_actions()

    def set_project_name(self, name: str) -> None:
        """Show the open project in the title bar; '' for none."""
        self._project_name = name
        shown = one_line(name).replace("[*]", "[*][*]")  # Qt's place for "modified", written out
        if self._why_read_only:
            shown = tr("{project} (read-only)", project=shown)
        self.setWindowTitle(f"{shown} – {_TITLE}" if name else _TITLE)

    @property
    def why_read_only(self) -> str:
        """Why the open project can only be looked at, as a sentence; "" where it can be changed."""
        return self._why_read_only

    def set_read_only(self, why: str, button: StripButton | None = None) -> None:
        """Let the open project only be looked at, and say why; "" for one that can be changed."""
        self._why_read_only = why
        self.access.clear()
        if why:
            self.access.show_note(tr("Read-only. {why}", why=why), button)
        self.training.set_read_only(why)
        self.set_project_name(self._project_name)
        self._update_actions()

    def set_samples(self, samples: list[SampleCard]) -> None:
        """Offer these samples on the first page and in the menu."""
        self.welcome.set_samples(samples)
        entries = [(sample.name, sample.title, sample.description) for sample in samples]
        fill_choice(self._sample_menu, entries, self.open_sample_requested.emit)

    def refresh_recent(self) -> None:
        """Show the recent projects as the settings have them now."""
        projects = self._settings.recent()
        self.welcome.set_recent(projects)
        entries = [(project.path, project.title, project.path) for project in projects]
        fill_choice(self._recent_menu, entries, self.open_project_requested.emit)

    def show_problem(self, text: str, button: StripButton | None = None) -> None:
        """Say in place what went wrong, on whatever page is shown."""
        if self._state == WindowState.EMPTY:
            self.welcome.show_problem(text, button)
        else:
            self.messages.show_problem(text, button)

    def show_unexpected(self, text: str) -> None:
        """Say that there is a fault in the program, with a way to the log that tells more."""
        button = StripButton(tr("Open log folder"), self._open_logs) if self._log_folder else None
        self.show_problem(text, button)

    def show_file(self, path: Path) -> None:
        """Open a file or folder with the program that the system has for it, or say where it is."""
        shown = one_line(str(path))
        if not path.exists():
            self.show_problem(tr("{path} is no longer there.", path=shown))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self.show_problem(tr("There is no program here to open {path} with.", path=shown))

    def show_note(self, text: str) -> None:
        """Say in place what went well, on whatever page is shown."""
        strip = self.welcome.strip if self._state == WindowState.EMPTY else self.messages
        strip.show_note(text)

    def changeEvent(self, event: QEvent) -> None:
        """Follow light and dark."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._actions.load_icons(self.palette())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the drop frame over the whole window."""
        super().resizeEvent(event)
        self._drop_frame.setGeometry(self.rect())

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Show that files can be let go anywhere."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._drop_frame.appear(read_drop(event.mimeData()).promise)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """The whole window takes a drop."""
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Put the frame away."""
        super().dragLeaveEvent(event)
        self._drop_frame.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped, or say why not."""
        self._drop_frame.hide()
        dropped = read_drop(event.mimeData())
        event.acceptProposedAction()
        if dropped.recipe:
            self.recipe_dropped.emit(dropped.recipe)
            return
        self._open_dropped(dropped.path, dropped.problem, dropped.note)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask the guard, then remember how the window was."""
        if not self.close_guard():
            event.ignore()
            return
        layout = self._layout if self._state == WindowState.EMPTY else self.saveState(_LAYOUT)
        self._settings.save_window(self.saveGeometry(), layout)
        event.accept()

    def _build_centre(self) -> None:
        tools = self.plane_tools = ToolBar(tr("Plane tools"))
        for name in PLANE_MODES:
            tools.addAction(self._actions[name])
        tools.addSeparator()
        for name in PLANE_TOOLS:
            tools.addAction(self._actions[name])
        tools.addSeparator()
        tools.addAction(self._actions["replay"])
        plane_page = QWidget()
        layout = QVBoxLayout(plane_page)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(tools)
        layout.addWidget(self.plane_frame, 1)
        layout.addWidget(self.path_bar)
        self._plane_page = plane_page
        for name in DECODING_TOOLS:
            self.decoding.add_tool(self._actions[name])
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self._pages.addWidget(plane_page)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID // 2)
        column.addWidget(self.access)
        column.addWidget(self.messages)
        column.addWidget(self._pages, 1)
        self.setCentralWidget(centre)

    def _build_menus(self) -> None:
        separator = QAction(self)
        separator.setSeparator(True)
        languages = LanguageMenu(self, self._settings.language, self._choose_language)
        views = [*(dock.toggleViewAction() for dock in self._docks.all), separator, languages.menuAction()]
        menus = self._actions.fill_menus(self.menuBar(), views)
        self._sample_menu, self._recent_menu, self.plane_menu = menus
        self._actions["logs"].setVisible(self._log_folder is not None)
        self._actions["add_to_menu"].setVisible(menu_script() is not None)
        self.statusBar().setSizeGripEnabled(False)

    def _connect(self) -> None:
        welcome, library, training, plane = self.welcome, self.library, self.training, self.plane
        welcome.folder_chosen.connect(self.open_requested)
        welcome.sample_chosen.connect(self.open_sample_requested)
        welcome.recent_chosen.connect(self.open_project_requested)
        welcome.recent_removed.connect(self._remove_recent)
        library.open_requested.connect(self.welcome.choose_folder)
        library.cancel_requested.connect(self.cancel_import_requested)
        library.continue_requested.connect(training.trigger_primary)
        self.runs.new_requested.connect(self.new_run_requested)
        training.train_requested.connect(self.train_requested)
        training.settings_requested.connect(self.settings_requested)
        training.pause_requested.connect(self.pause_requested)
        training.stop_requested.connect(self.stop_requested)
        self._actions["equal_pictures"].toggled.connect(self.decoding.set_equal)
        self._actions["equal_pictures"].setChecked(self._settings.equal_pictures)
        self._actions["equal_pictures"].toggled.connect(self._settings.save_equal_pictures)
        slots: dict[str, Callable[[], object]] = {
            "open_folder": welcome.choose_folder,
            "open_project": self._choose_project,
            "open_model": self._choose_model,
            "save_model": self.save_model_requested.emit,
            "export_model": self.export_model_requested.emit,
            "close_project": self.close_project_requested.emit,
            "save_picture": self.save_picture_requested.emit,
            "quit": self.close,
            "train": training.trigger_primary,
            "pause": training.trigger_primary,
            "stop": self.stop_requested.emit,
            "settings": self.settings_requested.emit,
            "new_run": self.new_run_requested.emit,
            "fit": plane.fit,
            "reset": plane.reset_view,
            "zoom_in": lambda: plane.zoom_by(1.25, None),
            "zoom_out": lambda: plane.zoom_by(0.8, None),
            "add_handle": self._add_handle,
            "remove_handle": self._remove_handle,
            "add_to_menu": self._add_to_menu,
            "about": self._show_about,
            "logs": self._open_logs,
        }
        slots |= {name: partial(plane.set_mode, mode) for name, mode in _MODES.items()}
        for name, slot in slots.items():
            self._actions[name].triggered.connect(lambda _checked=False, slot=slot: slot())

    def _enter(self, state: WindowState) -> None:
        self._state = state
        empty = state == WindowState.EMPTY
        self._pages.setCurrentWidget(self.welcome if empty else self._plane_page)
        for dock in self._docks.all:
            dock.toggleViewAction().setEnabled(not empty)
            if empty:
                dock.hide()
        self.plane.set_placeholder(tr(_PLANE_HINTS.get(state, "")))
        self.training.set_state(state)
        self._update_actions()
        self.state_changed.emit()

    def _update_actions(self) -> None:
        self._actions.update(self._state, loading=self._loading, read_only=bool(self._why_read_only))

    def _show_docks(self) -> None:
        if not self._layout.isEmpty() and self.restoreState(self._layout, _LAYOUT):
            return
        self._layout = QByteArray()
        self._docks.arrange()

    def _open_dropped(self, path: str, problem: str, note: str) -> None:
        if problem:
            self.show_problem(problem)
            return
        self.welcome.clear_problem()
        self.open_requested.emit(path)
        if note:
            self.messages.show_note(note)

    def _choose_project(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("Choose a project folder"))
        if folder:
            self.open_project_requested.emit(folder)

    def _choose_model(self) -> None:
        kinds = f"{tr('Models')} (*{SHARED_SUFFIX})"
        path, _kind = QFileDialog.getOpenFileName(self, tr("Choose a model"), "", kinds)
        if path:
            self.open_requested.emit(path)

    def _choose_language(self, language: str) -> None:
        self._settings.save_language(language)
        self.show_note(tr("The language changes when the program is started the next time."))

    def _remove_recent(self, path: str) -> None:
        self._settings.remove_recent(path)
        self.refresh_recent()

    def _add_handle(self) -> None:
        # Around the middle, each at another angle, so that a new handle never hides an older one.
        z1_min, z1_max, z2_min, z2_max = self.plane.visible_extent()
        number = len(self.plane.handles)
        reach = 0.18 * min(z1_max - z1_min, z2_max - z2_min) if number else 0.0
        angle = number * _GOLDEN_ANGLE
        z1 = (z1_min + z1_max) / 2 + reach * math.cos(angle)
        z2 = (z2_min + z2_max) / 2 + reach * math.sin(angle)
        self.plane.add_handle(z1, z2)

    def _remove_handle(self) -> None:
        if self.plane.active_handle is not None and len(self.plane.handles) > 1:
            self.plane.remove_handle(self.plane.active_handle)

    def _show_about(self) -> None:
        from vae_desktop.about import AboutDialog  # noqa: PLC0415 - no start need wait for it

        AboutDialog(self, logs=self._log_folder).show()

    def _add_to_menu(self) -> None:
        def tell(told: str, problem: str) -> None:
            if problem:
                self.show_problem(problem)
            else:
                self.show_note(told)

        add_to_menu(self, tell)

    def _open_logs(self) -> None:
        if self._log_folder is not None:
            self.show_file(self._log_folder)
