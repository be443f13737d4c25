"""The path that a person lays through the latent space: its stops and settings, undone, redone and kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from training.language import tr
from training.paths import MOST_STOPS, PathSettings
from vae_desktop.edits import Edits
from vae_desktop.exploration import finite_numbers

Latent = tuple[float, ...]
Stops = tuple[Latent, ...]


@dataclass(frozen=True)
class Laid:
    """A path as it is: its stops in their order, and how it goes through them."""

    stops: Stops = ()
    settings: PathSettings = field(default_factory=PathSettings)


class PlanePath(QObject):
    """The path; every change of it is an edit.

    Args:
        edits: where they go to.
        latent_dim: tells how many numbers a stop has now.
    """

    changed = Signal()
    replaced = Signal()  # or cleared, with another model: nothing that was kept has changed

    def __init__(self, edits: Edits, latent_dim: Callable[[], int], parent: QObject) -> None:
        super().__init__(parent)
        self._edits, self._latent_dim = edits, latent_dim
        self._laid = Laid()

    @property
    def laid(self) -> Laid:
        """The path as it is."""
        return self._laid

    @property
    def stops(self) -> Stops:
        """Points of the latent space."""
        return self._laid.stops

    @property
    def settings(self) -> PathSettings:
        """How it goes through its stops."""
        return self._laid.settings

    @property
    def is_full(self) -> bool:
        """Whether no stop can be added."""
        return len(self.stops) >= MOST_STOPS

    def insert(self, place: int, stop: Latent) -> None:
        """Have a stop before another one, or at the end; a full path stays as it is."""
        if not self.is_full:
            stops = (*self.stops[:place], stop, *self.stops[place:])
            self._lay(tr("add stop {number}", number=place + 1), stops)

    def move(self, place: int, stop: Latent, *, merges: bool = False) -> None:
        """Put a stop elsewhere; ``merges`` makes one edit of moves in a row."""
        if self.stops[place] != stop:
            text = tr("move stop {number}", number=place + 1)
            stops = (*self.stops[:place], stop, *self.stops[place + 1 :])
            self.lay(text, Laid(stops, self.settings), merges=text if merges else "")

    def remove(self, place: int) -> None:
        """Take a stop away."""
        self._lay(
            tr("remove stop {number}", number=place + 1), (*self.stops[:place], *self.stops[place + 1 :])
        )

    def set_stops(self, text: str, stops: Stops, *, closed: bool | None = None) -> None:
        """Have other stops; ``text`` says how they came, ``closed`` None leaves that as it is."""
        settings = self.settings
        if closed is not None:
            settings = replace(settings, closed=closed)
        self.lay(text, Laid(stops[:MOST_STOPS], settings))

    def set_settings(self, settings: PathSettings) -> None:
        """Go through the stops in another way."""
        if settings != self.settings:
            self.lay(tr("change path"), Laid(self.stops, settings), merges="path settings")

    def _lay(self, text: str, stops: Stops) -> None:
        self.lay(text, Laid(stops, self.settings))

    def lay(self, text: str, after: Laid, merges: str = "") -> None:
        """Have another path; ``text`` is what was done, as it follows "Undo"."""
        before = self._laid
        if after != before:
            self._edits.do(text, lambda: self.show(after), lambda: self.show(before), merges)

    def show(self, laid: Laid) -> None:
        """Be another path, without an edit of its own."""
        self._laid = laid
        self.changed.emit()

    def clear(self) -> None:
        """Be no path, as in another latent space."""
        self._laid = Laid()
        self.replaced.emit()

    def state(self) -> dict[str, Any]:
        """For :class:`exploration.Exploration`."""
        return {"stops": [list(stop) for stop in self.stops], "settings": self.settings.as_json()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """The same."""
        settings = PathSettings.from_json(state["settings"])
        stops = tuple(finite_numbers(stop, self._latent_dim()) for stop in state["stops"][:MOST_STOPS])
        self.show(Laid(stops, settings))
