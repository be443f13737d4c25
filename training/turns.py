"""Trainings that take turns, so that they learn at the same pace and end after as many steps."""

import threading

from training.events import Control

AHEAD = 4  # steps


class Turns:
    """Holds whichever training is some steps ahead of another; any method may be called from any thread.

    Args:
        count: of the trainings.
        ahead: how many steps one may be ahead of the slowest.

    Attributes:
        controls: one for each training.
    """

    def __init__(self, count: int = 2, *, ahead: int = AHEAD) -> None:
        self.changed = threading.Condition()
        self._ahead = ahead
        self._last_step: int | None = None  # after which all stop
        self.controls = tuple(TurnControl(self) for _ in range(count))

    def gate(self, closed: bool) -> None:
        """Leave the machine to a drag, unless they are about to stop."""
        for control in self.controls:
            control.gate(closed and self._last_step is None)

    def stop(self) -> None:
        """End all of them after the same step; at once where one has not begun its first step yet."""
        with self.changed:
            if self._last_step is None:
                self._last_step = max(control.steps_begun for control in self.controls)
            has_begun = all(control.steps_begun for control in self.controls)
            self.changed.notify_all()
        for control in self.controls:
            control.gate(False)
            if not has_begun or control.has_left:
                self.stop_now()

    def stop_now(self) -> None:
        """End all of them at their next step, whoever is ahead."""
        for control in self.controls:
            control.stop()

    def wait_to_begin(self, control: "TurnControl") -> bool:
        """Block until those before it have made their first step; False where it is not to begin any more.

        Networks are built and compiled one after the other.
        """
        before = self.controls[: self.controls.index(control)]
        with self.changed:
            self.changed.wait_for(
                lambda: control.should_stop or all(each.steps or each.has_left for each in before)
            )
            return not control.should_stop

    def wait_for_all(self) -> None:
        """Block until all of them have ended."""
        with self.changed:
            self.changed.wait_for(lambda: all(control.has_left for control in self.controls))

    def wait(self, control: "TurnControl", step: int) -> bool:
        """Block while a training that has made ``step`` steps is ahead; whether it had to wait."""
        with self.changed:
            control.steps, control.is_stepping = step, False
            self.changed.notify_all()
            waits = self._is_ahead(control)
            self.changed.wait_for(lambda: not self._is_ahead(control))
            if self._last_step is not None and step >= self._last_step:
                control.stop()
            control.is_stepping = not control.should_stop
            return waits

    def _is_ahead(self, control: "TurnControl") -> bool:
        if control.should_stop or (self._last_step is not None and control.steps >= self._last_step):
            return False
        slowest = min((each.steps for each in self.controls if not each.has_left), default=control.steps)
        return control.steps >= slowest + self._ahead


class TurnControl(Control):
    """Of a training that takes turns.

    Attributes:
        steps: made so far, as of its last step boundary.
        is_stepping: whether it has gone on since then.
        has_left: whether it has ended.
    """

    def __init__(self, turns: Turns) -> None:
        super().__init__(waits_for_space=True)  # side by side, trainings are looked at
        self._turns = turns
        self.steps, self.is_stepping, self.has_left = 0, False, False

    @property
    def steps_begun(self) -> int:
        """Steps made, and the one that is being made."""
        return self.steps + self.is_stepping

    def stop(self) -> None:
        """As of any job; it waits for no other any more."""
        super().stop()
        with self._turns.changed:
            self._turns.changed.notify_all()

    def wait_to_begin(self) -> bool:
        """See :meth:`Turns.wait_to_begin`."""
        return self._turns.wait_to_begin(self)

    def wait_for_turn(self, step: int) -> bool:
        """Wait until the others have caught up."""
        return self._turns.wait(self, step)

    def stop_others(self) -> None:
        """This one has failed: without it there is nothing to look at beside the others."""
        self._turns.stop_now()

    def leave(self) -> None:
        """It has ended; nobody waits for it any more."""
        with self._turns.changed:
            self.has_left = True
            self._turns.changed.notify_all()
