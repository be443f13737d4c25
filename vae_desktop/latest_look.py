"""A thread that looks into things for a window; of all looks, only the newest is heard."""

from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from training.events import Control
from vae_desktop.error_words import error_sentence
from vae_desktop.lane import Lane

Tell = Callable[..., None]  # (listener, *found): has it called with what was found, in the window's thread


class LatestLook(QObject):
    """One look at a time; whoever begins another one, or closes, hears nothing of those before.

    Args:
        name: of the thread, which there is from the first look to the closing.
    """

    _told = Signal(object, object)  # the Control of a look, what is to be called

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._lane: Lane | None = None
        self._control = Control()
        self._told.connect(self._hear)

    def begin(self, look: Callable[[Control, Tell], None], on_problem: Callable[[str], object]) -> None:
        """Look into something else.

        Args:
            look: does it, in the thread, until its control says to stop.
            on_problem: is told why it failed, in the window's thread.
        """
        self.give_up()
        control = self._control

        def tell(listener: Callable[..., object], *found: Any) -> None:
            self._told.emit(control, partial(listener, *found))

        self._lane = self._lane or Lane(self._name, lambda _error: None)
        self._lane.submit(lambda: look(control, tell), lambda error: tell(on_problem, error_sentence(error)))

    def give_up(self) -> None:
        """Stop looking; nothing is heard any more."""
        self._control.stop()
        self._control = Control()

    def close(self) -> None:
        """Stop looking, and end the thread."""
        self.give_up()
        if self._lane is not None:
            self._lane.close()
            self._lane = None

    def _hear(self, control: Control, call: Callable[[], object]) -> None:
        if control is self._control:
            call()
