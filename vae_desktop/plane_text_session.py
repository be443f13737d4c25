"""Joins the plane in words to the plane: View ▸ Describe the plane."""

from PySide6.QtCore import QObject

from training.language import mark, tr
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.plain_words import without_mnemonic
from vae_desktop.plane_session import PlaneSession
from vae_desktop.plane_text import PlaneText
from vae_desktop.plane_words import HandleFacts, PlaneFacts, plane_in_words
from vae_desktop.window_actions import PLANE_MODES

_EMPTY = {
    WindowState.EMPTY: mark("Nothing is open. Choose a folder of pictures, or try a sample."),
    WindowState.IMPORTING: mark("The pictures are being read."),
    WindowState.READY: mark("The plane is empty: nothing has been learned yet. Press Train."),
    WindowState.TRAINING: mark("The plane is empty: the first rough map is on its way."),
}
_COMING = mark("The plane is empty: the map that was learned is on its way.")


class PlaneTextSession(QObject):
    """Keeps the words up to date while they are to be seen.

    Args:
        window, engine, plane: what they are of.
    """

    def __init__(self, window: MainWindow, engine: Engine, plane: PlaneSession) -> None:
        super().__init__(window)
        self._window, self._plane = window, plane
        self._text = PlaneText(window, self._words)
        action = window.action
        action("describe").triggered.connect(self._open)
        for name in PLANE_MODES:
            action(name).toggled.connect(self._text.refresh_soon)
        shown = window.plane
        for signal in (
            *(
                shown.view_changed,
                shown.map_changed,
                shown.handle_moved,
                shown.handle_added,
                shown.handle_removed,
            ),
            *(shown.handle_selected, shown.handle_changed, shown.drag_finished, window.state_changed),
            *(engine.positions, engine.decoded, engine.model_loaded, engine.network_changed),
        ):
            signal.connect(self._on_change)

    def _on_change(self, *_what: object) -> None:
        self._text.refresh_soon()

    def _open(self) -> None:
        self._text.show()
        self._text.activateWindow()

    def _words(self) -> str:
        plane, action = self._window.plane, self._window.action
        if plane.is_empty:
            return tr(_EMPTY.get(self._window.state, _COMING))
        mode = next(action(name) for name in PLANE_MODES if action(name).isChecked())
        where, store = self._plane.where, self._plane.pictures.store
        return plane_in_words(
            PlaneFacts(
                mode=without_mnemonic(mode.text()),
                extent=plane.visible_extent(),
                axes=where.basis.names,
                places=where.basis.on_plane(where.means),
                held_out=None if store is None else int(store.held_out[where.numbers].sum()),
                measured=plane.map_words,
                handles=[self._handle(number, place) for number, place in plane.handles.items()],
            )
        )

    def _handle(self, number: int, place: tuple[float, float]) -> HandleFacts:
        plane = self._window.plane
        found, measured = self._plane.where.nearest(number), plane.measured
        return HandleFacts(
            title=plane.handle_title(number),
            place=place,
            is_active=number == plane.active_handle,
            is_locked=plane.is_locked(number),
            nearest=None if found is None else (self._plane.pictures.name(found[0]), found[1]),
            measured="" if measured is None else measured.words_at(place),
        )
