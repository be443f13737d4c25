"""Measured maps on the plane: which one, as colours or lines, and what it is where the pointer is."""

from typing import Any

from PySide6.QtCore import QEvent, QObject, QPointF, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QToolButton

from training.language import mark, tr
from training.measures import Measures
from training.plane_basis import PlaneBasis
from training.plane_map import PlaneMap
from vae_desktop.choice_menu import ChoiceMenu
from vae_desktop.kept_measures import KeptMeasures
from vae_desktop.map_meaning import MAPS
from vae_desktop.measures_panel import OUT_OF_DATE
from vae_desktop.measures_session import MeasuresSession
from vae_desktop.plane_map_layer import MapLayer, seen_on
from vae_desktop.plane_scene import PlaneMode
from vae_desktop.plane_session import PlaneSession

_NOTHING = mark("Nothing is measured yet: Training ▸ Measure the model.")
_NO_MAP = mark("This map could not be measured; the panel Measures says why.")
_OTHER_PLANE = mark("Measured on the plane of the main directions, and this is another one.")
_PAST = mark("Measured of the model as it is now, not at this step.")
_LINES = mark("As &lines over the drawn pictures")


class MeasuredMaps(QObject):
    """The choice of a map, kept with the project.

    Args:
        session: on whose plane they are shown.
        measures: what was measured.
    """

    changed = Signal()

    def __init__(self, session: PlaneSession, measures: MeasuresSession) -> None:
        super().__init__(session)
        self._session, self._measures = session, measures
        self._plane = session.window.plane
        self._name = next(iter(MAPS))
        self._layer: tuple[tuple[object, ...], MapLayer | None] | None = None  # made of what
        self._measured_on: tuple[Measures | None, PlaneBasis | None] = (None, None)
        self._pointer: QPointF | None = None
        self._told = ""
        self._join_menu()
        window = session.window
        window.measures.map_requested.connect(self.show_map)
        measures.changed.connect(self._refresh)
        session.shown.connect(self._refresh)
        session.closing.connect(lambda: self._choose(next(iter(MAPS)), as_lines=False))
        self._plane.mode_changed.connect(self._refresh)
        self._plane.installEventFilter(self)

    def _join_menu(self) -> None:
        window = self._session.window
        entries = [(name, tr(meaning.title), tr(meaning.help)) for name, meaning in MAPS.items()]
        self._menu = ChoiceMenu(
            tr("Measured &map of"), tr("What the measured map shows"), "measured", entries, window
        )
        self._menu.menu.addSeparator()
        self._lines = self._menu.menu.addAction(tr(_LINES))
        self._lines.setCheckable(True)
        self._lines.setStatusTip(tr("Lines of equal value, so that the drawn pictures are seen, too"))
        self._lines.triggered.connect(lambda checked: self._choose_lines(as_lines=checked))
        self._menu.chosen.connect(self.show_map)
        window.plane_menu.addMenu(self._menu.menu)
        button = window.plane_tools.widgetForAction(window.action("measured"))
        if isinstance(button, QToolButton):
            button.setMenu(self._menu.menu)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.MenuButtonPopup)
        window.state_changed.connect(lambda: self._menu.set_enabled(window.state.has_model))
        self._menu.set_enabled(window.state.has_model)

    def show_map(self, name: str) -> None:
        """Show a map on the plane; raises KeyError where there is none of that name."""
        self._choose(name, as_lines=self._lines.isChecked())
        self._session.window.show_mode(PlaneMode.MEASURED)
        self.changed.emit()

    def state(self) -> dict[str, Any]:
        """For :class:`exploration.Exploration`."""
        return {"of": self._name, "as lines": self._lines.isChecked()}

    def restore(self, state: dict[str, Any]) -> None:
        """The same."""
        self._choose(str(state["of"]), as_lines=bool(state["as lines"]))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Tell the value where the pointer is."""
        if event.type() == QEvent.Type.MouseMove and isinstance(event, QMouseEvent):
            self._pointer = event.position()
            self._tell()
        elif event.type() == QEvent.Type.Leave:
            self._pointer = None
            self._tell()
        return super().eventFilter(watched, event)

    def _tell(self) -> None:
        at, view, layer = self._pointer, self._plane.view, self._plane.measured
        words = ""
        if at is not None and layer is not None and view.contains(at.x(), at.y()):
            words = layer.words_at(view.to_latent(at.x(), at.y()))
        if words != self._told:
            self._told = words
            self._session.window.statusBar().showMessage(words)

    def _choose_lines(self, *, as_lines: bool) -> None:
        self._choose(self._name, as_lines=as_lines)
        self._session.window.show_mode(PlaneMode.MEASURED)
        self.changed.emit()

    def _choose(self, name: str, *, as_lines: bool) -> None:
        self._menu.select(name)
        self._name = name
        self._lines.setChecked(as_lines)
        self._refresh()

    def _refresh(self) -> None:
        """Show the chosen map of what was measured, or why there is none; made only where it is seen."""
        if self._plane.mode is not PlaneMode.MEASURED:
            self._tell()
            return
        kept = self._measures.kept
        found = (
            None
            if kept is None
            else next((each for each in kept.found.maps if each.name == self._name), None)
        )
        layer = None if kept is None or found is None else self._layer_of(kept, found)
        self._plane.show_map(layer, self._note(kept, found, layer), as_lines=self._lines.isChecked())
        self._tell()

    def _layer_of(self, kept: KeptMeasures, found: PlaneMap) -> MapLayer | None:
        made_of = (found, self._session.where.basis)
        if self._layer is None or any(a is not b for a, b in zip(self._layer[0], made_of, strict=True)):
            shown = self._session.where.basis
            seen = found if shown.latent_dim == 2 else self._turned(kept, found, shown)
            self._layer = made_of, None if seen is None else MapLayer(seen, shown.prior_mean)
        return self._layer[1]

    def _turned(self, kept: KeptMeasures, found: PlaneMap, shown: PlaneBasis) -> PlaneMap | None:
        """The map on the plane that is shown; it was measured on the main directions of all pictures."""
        means = self._session.present_means
        if kept.is_current and len(means) == kept.found.pictures:
            self._measured_on = kept.found, PlaneBasis.first(means)
        of, basis = self._measured_on
        return None if of is not kept.found or basis is None else seen_on(found, basis, shown)

    def _note(self, kept: KeptMeasures | None, found: PlaneMap | None, layer: MapLayer | None) -> str:
        if kept is None:
            return tr(_NOTHING)
        if found is None:
            return tr(_NO_MAP)
        if layer is None:
            return tr(_OTHER_PLANE) if kept.is_current else tr(OUT_OF_DATE)
        if self._session.shows_past:
            return tr(_PAST)
        return "" if kept.is_current else tr(OUT_OF_DATE)
