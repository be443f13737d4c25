"""Every action of the window: its words, key, icon, place in the menus, and when it can be used."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QPalette
from PySide6.QtWidgets import QMenu, QMenuBar

from vae_desktop.plain_words import menu_text, one_line
from vae_desktop.style import icon
from vae_desktop.window_state import WindowState

_Key = QKeySequence.StandardKey | str | None  # several keys are parted by "; "
_Keys = QKeySequence.StandardKey

# name: (text, key, icon, what the status bar says)
_ACTIONS: dict[str, tuple[str, _Key, str, str]] = {
    "open_folder": ("&Open folder…", _Keys.Open, "open-folder", "Choose a folder of pictures to learn"),
    "open_project": ("Open &project…", "Ctrl+Shift+O", "", "Open a project made earlier"),
    "open_model": ("Open &model…", "Ctrl+Shift+M", "", "Open a model that somebody saved to share"),
    "save_model": (
        "Save model to s&hare…",
        "Ctrl+Shift+S",
        "",
        "Write the model to one file, without the pictures",
    ),
    "export_model": (
        "&Export model…",
        "Ctrl+Shift+E",
        "",
        "Take the model elsewhere: as a web page to explore it, or to other programs",
    ),
    "close_project": ("&Close project", _Keys.Close, "", "Go back to the first page; everything is kept"),
    "save_picture": ("&Save picture…", _Keys.Save, "save", "Save the picture under the handle as a file"),
    "export_picture": (
        "Export pictures and &film…",
        "Ctrl+E",
        "export",
        "Write the picture, the plane or a film of the path, at any size",
    ),
    "quit": ("&Quit", _Keys.Quit, "", "Close the program; a training goes on at the next start"),
    "train": ("&Train", "Ctrl+T", "train", "Learn the pictures of this project"),
    "pause": ("&Pause", "Ctrl+P", "pause", "Hold the training, or let it go on"),
    "stop": ("&Stop and keep", "Ctrl+.", "stop", "End the training and keep what it has learned"),
    "settings": (
        "S&ettings…",
        "Ctrl+Shift+T",
        "settings",
        "How to train, before it begins or goes on; nothing needs to be set",
    ),
    "new_run": (
        "&New training…",
        "Ctrl+Shift+N",
        "new-run",
        "Begin another training; the ones before are kept",
    ),
    "notices": (
        "Tell me when it is &done",
        None,
        "",
        "A notice on the desktop when a long import or training ends while you are elsewhere; never a sound",
    ),
    "both": ("Pictures &and map", "Ctrl+1", "picture", "Show the map of drawn pictures, and yours on it"),
    "points": ("&Only your pictures", "Ctrl+2", "points", "Show where your pictures lie, as points"),
    "tiles": ("Only the &map", "Ctrl+3", "tiles", "Show the map of drawn pictures alone"),
    "thumbnails": (
        "Your pictures as &thumbnails",
        "Ctrl+4",
        "thumbnails",
        "Show your pictures themselves where they lie",
    ),
    "density": ("How &dense they lie", "Ctrl+5", "density", "Show where many of your pictures lie"),
    "fit": ("&Fit all pictures", "Ctrl+9", "fit-view", "Zoom so that all your pictures are in sight"),
    "reset": ("&Reset view", "Ctrl+0", "reset", "Show the middle of the plane again"),
    "zoom_in": ("Zoom &in", _Keys.ZoomIn, "zoom-in", "Look closer"),
    "zoom_out": ("Zoom o&ut", _Keys.ZoomOut, "zoom-out", "See more of the plane"),
    "add_handle": (
        "Add &handle",
        "Ctrl+Shift+H",
        "add-handle",
        "Add another point to drag, to compare",
    ),
    "remove_handle": (
        "Remove han&dle",
        None,
        "remove-handle",
        "Remove the chosen handle (Delete key)",
    ),
    "undo": ("&Undo", _Keys.Undo, "undo", "Take back what was done on the plane last"),
    "redo": ("&Redo", _Keys.Redo, "redo", "Do again what was taken back"),
    "name_handle": ("&Name handle…", "F2", "", "Give the chosen handle a name to be shown with"),
    "lock_handle": ("&Lock handle", "Ctrl+L", "", "Keep the chosen handle where it is"),
    "to_nearest": (
        "To the nea&rest picture",
        "Ctrl+J",
        "",
        "Put the handle exactly where the nearest picture lies",
    ),
    "lasso": ("&Lasso", "L", "lasso", "Draw around pictures to select them (Shift adds, Alt takes out)"),
    "make_group": ("Make a &group…", "Ctrl+Shift+G", "", "Give the selected pictures a name and a colour"),
    "sample_picture": (
        "Sam&ple a picture's distribution",
        "S",
        "dice",
        "Put the handle where a picture may lie as well, by chance: of the one pointed at or selected",
    ),
    "snap": (
        "S&nap to pictures",
        "Ctrl+Shift+J",
        "snap",
        "Let a dragged handle jump to pictures that it comes near",
    ),
    "paste_picture": (
        "&Paste picture",
        _Keys.Paste,
        "paste",
        "Place the copied picture on the plane; it does not become part of the project",
    ),
    "place_pictures": (
        "&Place pictures…",
        "Ctrl+Shift+V",
        "",
        "See where pictures lie that are not part of the project; dropping them on the plane does the same",
    ),
    "draw_picture": ("Dra&w a picture…", "Ctrl+D", "draw", "Draw a picture, once a model has been trained"),
    "next_guest": ("&Next guest", "Ctrl+G", "", "Choose the next of the pictures that were placed"),
    "remove_guests": (
        "&Remove all guests",
        None,
        "",
        "Remove the pictures that were placed; the project's stay where they are",
    ),
    "path": (
        "&Path",
        "Ctrl+Shift+L",
        "path",
        "Lay a path: a click adds a stop, a drag moves one, Delete removes it",
    ),
    "add_stop": ("Add handle as a s&top", "Ctrl+K", "", "Let the path end where the chosen handle is"),
    "play_path": (
        "Pla&y the path",
        "Ctrl+Space",
        "",
        "Travel along the path and see what lies on it, or pause",
    ),
    "equal_pictures": (
        "All handles e&qually large",
        "Ctrl+Shift+B",
        "equal-pictures",
        "Show the pictures of all handles equally large, or one large and the others small",
    ),
    "jitter": (
        "&Jitter around the handle",
        "Ctrl+Shift+K",
        "jitter",
        "Keep drawing pictures around the handle that the model takes for the same",
    ),
    "system_colours": (
        "As the &system has it",
        None,
        "",
        "Light or dark as the desktop is, also when it changes",
    ),
    "light_colours": ("&Light", None, "", "Dark text on light ground, whatever the desktop has"),
    "dark_colours": ("&Dark", None, "", "Light text on dark ground, whatever the desktop has"),
    "describe": ("Describe the &plane", "Ctrl+Shift+D", "", "What the plane shows in words, kept up to date"),
    "find": ("&Find an action…", "Ctrl+Shift+P", "search", "Do something by typing a few letters of it"),
    "keys": (
        "&Keyboard and mouse",
        "F1; Ctrl+/",
        "keyboard",
        "All keys, and what the mouse does on the plane",
    ),
    "add_to_menu": (
        "Add to the applications &menu",
        None,
        "",
        "For you alone: VAE Desktop in the menu, and .vae files open with it",
    ),
    "replay": (
        "Re&play the training",
        "Ctrl+R",
        "replay",
        "Slide through the training and watch the plane organise itself",
    ),
    "about": ("&About VAE Desktop", None, "info", "Version, licences, how to update and remove it"),
    "tour": ("&Tour", None, "", "Five steps through the window, beside its parts"),
    "log": ("Show &log", None, "", "What the program has noted of itself"),
    "report": ("&Report a problem…", None, "", "Make a text for whoever is to help; nothing is sent"),
    "logs": ("Open l&og folder", None, "", "Show the files that help to find a fault"),
}
PLANE_MODES = ("both", "points", "tiles", "thumbnails", "density")
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


class WindowActions:
    """The actions by name, in menus; :meth:`update` alone decides what is enabled."""

    def __init__(self, parent: QObject) -> None:
        self._by_name = {name: _make(parent, *entry) for name, entry in _ACTIONS.items()}
        self._by_name["quit"].setMenuRole(QAction.MenuRole.QuitRole)
        self._by_name["about"].setMenuRole(QAction.MenuRole.AboutRole)
        for name in ("lock_handle", "snap", "lasso", "path", "replay", *DECODING_TOOLS):
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
        file = bar.addMenu("&File")
        self._add(file, "open_folder", "open_project", "open_model")
        samples, recent = file.addMenu("Open s&ample"), file.addMenu("&Recent")
        self._add(file, "", "close_project", "", "save_picture", "export_picture")
        self._add(file, "save_model", "export_model", "", "quit")
        self._add(bar.addMenu("&Edit"), "undo", "redo", "", "paste_picture")
        self._add(
            bar.addMenu("&Training"), "train", "pause", "stop", "", "settings", "new_run", "", "notices"
        )
        plane = bar.addMenu("&Plane")
        tools = (*PLANE_TOOLS[:4], "", *PLANE_TOOLS[4:], *HANDLE_ACTIONS, "play_path", "")
        self._add(plane, *PLANE_MODES, "", *tools)
        self._add(plane.addMenu("&Guests"), *GUEST_ACTIONS)
        self._add(plane, "", *DECODING_TOOLS, "", *PICTURE_ACTIONS, "", "replay")
        view = bar.addMenu("&View")
        view.addActions(views)
        view.addSeparator()
        self._add(view, "describe")
        self._add(view.addMenu("&Appearance"), *APPEARANCES)
        self._add(
            bar.addMenu("&Help"),
            "find",
            "keys",
            "tour",
            "",
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

    def update(self, state: WindowState, *, loading: bool) -> None:
        """Enable what can be done in a state; ``loading`` while the engine still starts."""
        enabled = {
            "close_project": state.has_pictures or state == WindowState.SHARED,
            "save_picture": state.has_model,
            "export_picture": state.has_model,
            "save_model": state == WindowState.TRAINED and not loading,
            "export_model": state in (WindowState.TRAINED, WindowState.SHARED) and not loading,
            "train": state.can_train and not loading,
            "settings": state.has_pictures and state.can_train and not loading,
            "new_run": state == WindowState.TRAINED and not loading,
            "pause": state.is_running,
            "stop": state.is_running,
            "place_pictures": state.has_model,
            **dict.fromkeys(
                (*PLANE_MODES, *PLANE_TOOLS, *HANDLE_ACTIONS, *DECODING_TOOLS, *PICTURE_ACTIONS, "replay"),
                state.has_model,
            ),
        }
        for name, possible in enabled.items():
            self._by_name[name].setEnabled(possible)
        words = {WindowState.TRAINED: "&Train more", WindowState.SHARED: "&Continue with pictures…"}
        self._by_name["train"].setText(words.get(state, "&Train"))
        self._by_name["pause"].setText("&Resume" if state == WindowState.PAUSED else "&Pause")

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
    action = QAction(text, parent)
    action.setStatusTip(tip)
    if key is not None:
        action.setShortcuts(QKeySequence.listFromString(key) if isinstance(key, str) else [QKeySequence(key)])
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    action.setToolTip(f"{tip} ({keys})" if keys else tip)
    return action
