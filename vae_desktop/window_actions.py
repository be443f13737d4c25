"""Every action of the window: its words, key, icon, place in the menus, and when it can be used."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QPalette
from PySide6.QtWidgets import QMenu, QMenuBar

from training.language import mark, tr
from vae_desktop.plain_words import menu_text, one_line
from vae_desktop.style import icon
from vae_desktop.window_state import WindowState

_Key = QKeySequence.StandardKey | str | None  # several keys are parted by "; "
_Keys = QKeySequence.StandardKey

# name: (text, key, icon, what the status bar says)
_ACTIONS: dict[str, tuple[str, _Key, str, str]] = {
    "open_folder": (
        mark("&Open folder…"),
        _Keys.Open,
        "open-folder",
        mark("Choose a folder of pictures to learn"),
    ),
    "open_project": (mark("Open &project…"), "Ctrl+Shift+O", "", mark("Open a project made earlier")),
    "open_model": (
        mark("Open &model…"),
        "Ctrl+Shift+M",
        "",
        mark("Open a model that somebody saved to share"),
    ),
    "save_model": (
        mark("Save model to s&hare…"),
        "Ctrl+Shift+S",
        "",
        mark("Write the model to one file, without the pictures"),
    ),
    "export_model": (
        mark("&Export model…"),
        "Ctrl+Shift+E",
        "",
        mark("Take the model elsewhere: as a web page to explore it, or to other programs"),
    ),
    "open_as": (
        mark("Open folder, choose ho&w…"),
        "Ctrl+Alt+O",
        "",
        mark("Choose size, colours and framing before the pictures are read"),
    ),
    "picture_format": (
        mark("How pic&tures are read…"),
        "Ctrl+Alt+R",
        "",
        mark("Read the folder again with another size, colours or framing"),
    ),
    "health": (
        mark("Health of the pict&ures…"),
        "Ctrl+Shift+I",
        "",
        mark("See what was skipped, copies, near copies, tiny and blank pictures, and leave them out"),
    ),
    "close_project": (
        mark("&Close project"),
        _Keys.Close,
        "",
        mark("Go back to the first page; everything is kept"),
    ),
    "save_picture": (
        mark("&Save picture…"),
        _Keys.Save,
        "save",
        mark("Save the picture under the handle as a file"),
    ),
    "export_picture": (
        mark("Export pictures and &film…"),
        "Ctrl+E",
        "export",
        mark("Write the picture, the plane or a film of the path, at any size"),
    ),
    "quit": (mark("&Quit"), _Keys.Quit, "", mark("Close the program; a training goes on at the next start")),
    "train": (mark("&Train"), "Ctrl+T", "train", mark("Learn the pictures of this project")),
    "pause": (mark("&Pause"), "Ctrl+P", "pause", mark("Hold the training, or let it go on")),
    "stop": (mark("&Stop and keep"), "Ctrl+.", "stop", mark("End the training and keep what it has learned")),
    "settings": (
        mark("S&ettings…"),
        "Ctrl+Shift+T",
        "settings",
        mark("How to train, before it begins or goes on; nothing needs to be set"),
    ),
    "new_run": (
        mark("&New training…"),
        "Ctrl+Shift+N",
        "new-run",
        mark("Begin another training; the ones before are kept"),
    ),
    "measure": (
        mark("&Measure the model"),
        "Ctrl+Shift+F",
        "measure",
        mark("Find out in figures how well the model does what it is for"),
    ),
    "twins": (
        mark("&Autoencoder beside VAE…"),
        "Ctrl+Shift+A",
        "twins",
        mark("Train two objectives on the same pictures, and explore both planes with one hand"),
    ),
    "study": (
        mark("&Which part does what…"),
        "Ctrl+Shift+W",
        "study",
        mark("Train all objectives several times, measure them, and see what each part achieves"),
    ),
    "notices": (
        mark("Tell me when it is &done"),
        None,
        "",
        mark(
            "A notice on the desktop when a long import or training ends while you are elsewhere; never"
            " a sound"
        ),
    ),
    "both": (
        mark("Pictures &and map"),
        "Ctrl+1",
        "picture",
        mark("Show the map of drawn pictures, and yours on it"),
    ),
    "points": (
        mark("&Only your pictures"),
        "Ctrl+2",
        "points",
        mark("Show where your pictures lie, as points"),
    ),
    "tiles": (mark("Only the &map"), "Ctrl+3", "tiles", mark("Show the map of drawn pictures alone")),
    "thumbnails": (
        mark("Your pictures as &thumbnails"),
        "Ctrl+4",
        "thumbnails",
        mark("Show your pictures themselves where they lie"),
    ),
    "density": (
        mark("How &dense they lie"),
        "Ctrl+5",
        "density",
        mark("Show where many of your pictures lie"),
    ),
    "measured": (
        mark("M&easured map"),
        "Ctrl+6",
        "measured",
        mark("Show as colours what was measured: how steep, filled or likely each place is"),
    ),
    "fit": (
        mark("&Fit all pictures"),
        "Ctrl+9",
        "fit-view",
        mark("Zoom so that all your pictures are in sight"),
    ),
    "reset": (mark("&Reset view"), "Ctrl+0", "reset", mark("Show the middle of the plane again")),
    "zoom_in": (mark("Zoom &in"), _Keys.ZoomIn, "zoom-in", mark("Look closer")),
    "zoom_out": (mark("Zoom o&ut"), _Keys.ZoomOut, "zoom-out", mark("See more of the plane")),
    "add_handle": (
        mark("Add &handle"),
        "Ctrl+Shift+H",
        "add-handle",
        mark("Add another point to drag, to compare"),
    ),
    "remove_handle": (
        mark("Remove han&dle"),
        None,
        "remove-handle",
        mark("Remove the chosen handle (Delete key)"),
    ),
    "undo": (mark("&Undo"), _Keys.Undo, "undo", mark("Take back what was done on the plane last")),
    "redo": (mark("&Redo"), _Keys.Redo, "redo", mark("Do again what was taken back")),
    "name_handle": (mark("&Name handle…"), "F2", "", mark("Give the chosen handle a name to be shown with")),
    "lock_handle": (mark("&Lock handle"), "Ctrl+L", "", mark("Keep the chosen handle where it is")),
    "to_nearest": (
        mark("To the nea&rest picture"),
        "Ctrl+J",
        "",
        mark("Put the handle exactly where the nearest picture lies"),
    ),
    "lasso": (
        mark("&Lasso"),
        "L",
        "lasso",
        mark("Draw around pictures to select them (Shift adds, Alt takes out)"),
    ),
    "make_group": (
        mark("Make a &group…"),
        "Ctrl+Shift+G",
        "",
        mark("Give the selected pictures a name and a colour"),
    ),
    "sample_picture": (
        mark("Sam&ple a picture's distribution"),
        "S",
        "dice",
        mark("Put the handle where a picture may lie as well, by chance: of the one pointed at or selected"),
    ),
    "snap": (
        mark("S&nap to pictures"),
        "Ctrl+Shift+J",
        "snap",
        mark("Let a dragged handle jump to pictures that it comes near"),
    ),
    "paste_picture": (
        mark("&Paste picture"),
        _Keys.Paste,
        "paste",
        mark("Place the copied picture on the plane; it does not become part of the project"),
    ),
    "place_pictures": (
        mark("&Place pictures…"),
        "Ctrl+Shift+V",
        "",
        mark(
            "See where pictures lie that are not part of the project; dropping them on the plane does"
            " the same"
        ),
    ),
    "draw_picture": (
        mark("Dra&w a picture…"),
        "Ctrl+D",
        "draw",
        mark("Draw a picture, once a model has been trained"),
    ),
    "next_guest": (
        mark("&Next guest"),
        "Ctrl+G",
        "",
        mark("Choose the next of the pictures that were placed"),
    ),
    "remove_guests": (
        mark("&Remove all guests"),
        None,
        "",
        mark("Remove the pictures that were placed; the project's stay where they are"),
    ),
    "path": (
        mark("&Path"),
        "Ctrl+Shift+L",
        "path",
        mark("Lay a path: a click adds a stop, a drag moves one, Delete removes it"),
    ),
    "add_stop": (
        mark("Add handle as a s&top"),
        "Ctrl+K",
        "",
        mark("Let the path end where the chosen handle is"),
    ),
    "play_path": (
        mark("Pla&y the path"),
        "Ctrl+Space",
        "",
        mark("Travel along the path and see what lies on it, or pause"),
    ),
    "equal_pictures": (
        mark("All handles e&qually large"),
        "Ctrl+Shift+B",
        "equal-pictures",
        mark("Show the pictures of all handles equally large, or one large and the others small"),
    ),
    "jitter": (
        mark("&Jitter around the handle"),
        "Ctrl+Shift+K",
        "jitter",
        mark("Keep drawing pictures around the handle that the model takes for the same"),
    ),
    "system_colours": (
        mark("As the &system has it"),
        None,
        "",
        mark("Light or dark as the desktop is, also when it changes"),
    ),
    "light_colours": (mark("&Light"), None, "", mark("Dark text on light ground, whatever the desktop has")),
    "dark_colours": (mark("&Dark"), None, "", mark("Light text on dark ground, whatever the desktop has")),
    "describe": (
        mark("Describe the &plane"),
        "Ctrl+Shift+D",
        "",
        mark("What the plane shows in words, kept up to date"),
    ),
    "explain": (
        mark("What am I l&ooking at?"),
        "Ctrl+I",
        "info",
        mark("A panel that follows the pointer on the plane: what it is, what it costs, and why"),
    ),
    "find": (
        mark("&Find an action…"),
        "Ctrl+Shift+P",
        "search",
        mark("Do something by typing a few letters of it"),
    ),
    "keys": (
        mark("&Keyboard and mouse"),
        "F1; Ctrl+/",
        "keyboard",
        mark("All keys, and what the mouse does on the plane"),
    ),
    "add_to_menu": (
        mark("Add to the applications &menu"),
        None,
        "",
        mark("For you alone: VAE Desktop in the menu, and .vae files open with it"),
    ),
    "replay": (
        mark("Re&play the training"),
        "Ctrl+R",
        "replay",
        mark("Slide through the training and watch the plane organise itself"),
    ),
    "about": (
        mark("&About VAE Desktop"),
        None,
        "info",
        mark("Version, licences, how to update and remove it"),
    ),
    "tour": (mark("&Tour"), None, "", mark("Five steps through the window, beside its parts")),
    "lesson": (
        mark("L&esson: from autoencoder to VAE…"),
        None,
        "",
        mark("Six steps with your own hands on a sample; what is open now comes back afterwards"),
    ),
    "check": (
        mark("Check the pro&ject…"),
        None,
        "",
        mark("Read every file of the open project and tell what is damaged; nothing is changed"),
    ),
    "log": (mark("Show &log"), None, "", mark("What the program has noted of itself")),
    "report": (
        mark("&Report a problem…"),
        None,
        "",
        mark("Make a text for whoever is to help; nothing is sent"),
    ),
    "logs": (mark("Open l&og folder"), None, "", mark("Show the files that help to find a fault")),
}
PLANE_MODES = ("both", "points", "tiles", "thumbnails", "density", "measured")
APPEARANCES = ("system_colours", "light_colours", "dark_colours")
PLANE_TOOLS = (
    "fit",
    "reset",
    "zoom_in",
    "zoom_out",
    "add_handle",
    "remove_handle",
    "snap",
    "sample_picture",
    "path",
    "lasso",
)
PICTURE_ACTIONS = ("make_group",)
GUEST_ACTIONS = ("place_pictures", "draw_picture", "", "next_guest", "remove_guests")
HANDLE_ACTIONS = ("name_handle", "lock_handle", "to_nearest", "add_stop")
DECODING_TOOLS = ("jitter", "equal_pictures")
WRITING_ACTIONS = ("train", "settings", "new_run", "measure", "twins", "picture_format")


class WindowActions:
    """The actions by name, in menus; :meth:`update` alone decides what is enabled."""

    def __init__(self, parent: QObject) -> None:
        self._by_name = {name: _make(parent, *entry) for name, entry in _ACTIONS.items()}
        self._by_name["quit"].setMenuRole(QAction.MenuRole.QuitRole)
        self._by_name["about"].setMenuRole(QAction.MenuRole.AboutRole)
        for name in ("lock_handle", "snap", "lasso", "path", "replay", "explain", *DECODING_TOOLS):
            self._by_name[name].setCheckable(True)
        self._by_name["notices"].setCheckable(True)
        for names in (PLANE_MODES, APPEARANCES):
            group = QActionGroup(parent)
            for name in names:
                self._by_name[name].setCheckable(True)
                group.addAction(self._by_name[name])
            self._by_name[names[0]].setChecked(True)

    def __getitem__(self, name: str) -> QAction:
        return self._by_name[name]

    def fill_menus(self, bar: QMenuBar, views: Sequence[QAction]) -> tuple[QMenu, QMenu, QMenu]:
        """Build the menus; ``views`` show and hide the docks. Returns the sample, recent and plane menu."""
        file = bar.addMenu(tr("&File"))
        self._add(file, "open_folder", "open_as", "open_project", "open_model")
        samples, recent = file.addMenu(tr("Open s&ample")), file.addMenu(tr("&Recent"))
        self._add(file, "", "health", "picture_format", "close_project", "", "save_picture", "export_picture")
        self._add(file, "save_model", "export_model", "", "quit")
        self._add(bar.addMenu(tr("&Edit")), "undo", "redo", "", "paste_picture")
        self._add(
            bar.addMenu(tr("&Training")),
            *(
                "train",
                "pause",
                "stop",
                "",
                "settings",
                "new_run",
                "twins",
                "study",
                "",
                "measure",
                "",
                "notices",
            ),
        )
        plane = bar.addMenu(tr("&Plane"))
        tools = (*PLANE_TOOLS[:4], "", *PLANE_TOOLS[4:], *HANDLE_ACTIONS, "play_path", "")
        self._add(plane, *PLANE_MODES, "", *tools)
        self._add(plane.addMenu(tr("&Guests")), *GUEST_ACTIONS)
        self._add(plane, "", *DECODING_TOOLS, "", *PICTURE_ACTIONS, "", "replay")
        view = bar.addMenu(tr("&View"))
        view.addActions(views)
        view.addSeparator()
        self._add(view, "explain", "describe")
        self._add(view.addMenu(tr("&Appearance")), *APPEARANCES)
        self._add(
            bar.addMenu(tr("&Help")),
            "find",
            "keys",
            "tour",
            "lesson",
            "",
            "check",
            "log",
            "report",
            "logs",
            "",
            "add_to_menu",
            "about",
        )
        return samples, recent, plane

    def load_icons(self, palette: QPalette) -> None:
        """Draw the icons in the palette's colours."""
        for name, (_text, _key, icon_name, _tip) in _ACTIONS.items():
            if icon_name:
                self._by_name[name].setIcon(icon(icon_name, palette))

    def update(self, state: WindowState, *, loading: bool, read_only: bool) -> None:
        """Enable what can be done in a state.

        Args:
            loading: while the engine still starts.
            read_only: where the open project can only be looked at.
        """
        enabled = {
            "close_project": state.has_pictures or state == WindowState.SHARED,
            "health": state.has_pictures,
            "picture_format": state.has_pictures and not state.is_running,
            "save_picture": state.has_model,
            "export_picture": state.has_model,
            "save_model": state == WindowState.TRAINED and not loading,
            "export_model": state in (WindowState.TRAINED, WindowState.SHARED) and not loading,
            "train": state.can_train and not loading,
            "settings": state.has_pictures and state.can_train and not loading,
            "new_run": state == WindowState.TRAINED and not loading,
            "measure": state == WindowState.TRAINED and not loading,
            **dict.fromkeys(("twins", "study"), state.has_pictures and not loading),
            "check": state.has_pictures,
            "pause": state.is_running,
            "stop": state.is_running,
            "place_pictures": state.has_model,
            **dict.fromkeys(
                (*PLANE_MODES, *PLANE_TOOLS, *HANDLE_ACTIONS, *DECODING_TOOLS, *PICTURE_ACTIONS, "replay"),
                state.has_model,
            ),
        }
        for name, possible in enabled.items():
            self._by_name[name].setEnabled(possible and not (read_only and name in WRITING_ACTIONS))
        words = {WindowState.TRAINED: tr("&Train more"), WindowState.SHARED: tr("&Continue with pictures…")}
        self._by_name["train"].setText(words.get(state, tr("&Train")))
        self._by_name["pause"].setText(tr("&Resume") if state == WindowState.PAUSED else tr("&Pause"))

    def _add(self, menu: QMenu, *names: str) -> None:
        for name in names:
            if name:
                menu.addAction(self._by_name[name])
            else:
                menu.addSeparator()


def fill_choice(menu: QMenu, entries: Sequence[tuple[str, str, str]], chosen: Callable[[str], None]) -> None:
    """Fill a menu with (what is handed to ``chosen``, title, status tip); an empty one is disabled."""
    menu.clear()
    for value, title, tip in entries:
        action = menu.addAction(menu_text(title))
        action.setStatusTip(one_line(tip))
        action.triggered.connect(lambda _checked=False, value=value: chosen(value))
    menu.menuAction().setEnabled(bool(entries))


def _make(parent: QObject, text: str, key: _Key, _icon: str, tip: str) -> QAction:
    action = QAction(tr(text), parent)
    action.setStatusTip(tr(tip))
    if key is not None:
        action.setShortcuts(QKeySequence.listFromString(key) if isinstance(key, str) else [QKeySequence(key)])
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{tr(tip)} ({keys})" if keys else tr(tip))
    return action
