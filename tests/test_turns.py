"""Trainings that take turns, played by threads that only count."""

import threading
from contextlib import suppress

import pytest

from training.turns import AHEAD, Turns

SECONDS = 60


class Learner(threading.Thread):
    """Takes steps in turns until it is told to stop, has made ``most``, or fails; notes its leads."""

    def __init__(self, turns, number, most=10**9, work=0, fails=False):
        super().__init__(daemon=True)
        self.control, self.other = turns.controls[number], turns.controls[1 - number]
        self.most, self.work, self.fails = most, work, fails
        self.leads, self.began = [0], False

    def run(self):
        control, step = self.control, 0
        with suppress(RuntimeError):
            try:
                self.began = control.wait_to_begin()
                while self.began and step < self.most:
                    control.wait_while_held()
                    control.wait_for_turn(step)
                    if control.should_stop:
                        return
                    if not self.other.has_left:
                        self.leads.append(step - self.other.steps)
                    sum(range(self.work))
                    step += 1
                if self.fails:
                    raise RuntimeError
                control.wait_for_turn(step)
            except RuntimeError:
                control.stop_others()
                raise
            finally:
                control.leave()


@pytest.fixture
def turns():
    turns = Turns()
    yield turns
    turns.stop_now()


def started(*learners):
    for learner in learners:
        learner.start()
    return learners


def ended(*learners):
    for learner in learners:
        learner.join(SECONDS)
    return not any(learner.is_alive() for learner in learners)


def wait_for_steps(turns, steps):
    with turns.changed:
        assert turns.changed.wait_for(lambda: min(c.steps for c in turns.controls) >= steps, SECONDS)


def test_neither_is_more_than_a_few_steps_ahead_however_fast_it_is(turns):
    slow, fast = started(Learner(turns, 0, 200, work=20_000), Learner(turns, 1, 200))
    assert ended(slow, fast)
    assert max(fast.leads) <= AHEAD
    assert max(slow.leads) <= AHEAD
    assert [control.steps for control in turns.controls] == [200, 200]


def test_the_second_one_begins_after_the_first_ones_first_step(turns):
    second = Learner(turns, 1)
    second.start()
    assert not second.began
    first = Learner(turns, 0)
    first.start()
    wait_for_steps(turns, 1)
    assert second.began


@pytest.mark.parametrize("closes_gate", [False, True])
def test_told_to_stop_both_end_after_the_same_step(turns, closes_gate):
    learners = started(Learner(turns, 0, work=20_000), Learner(turns, 1))
    wait_for_steps(turns, 20)
    turns.gate(closes_gate)
    turns.stop()
    turns.gate(True)  # a drag goes on: they end all the same
    assert ended(*learners)
    one, other = (control.steps for control in turns.controls)
    assert one == other >= 20


def test_a_drag_holds_both_until_it_ends(turns):
    learners = started(Learner(turns, 0), Learner(turns, 1))
    wait_for_steps(turns, 5)
    turns.gate(True)
    held = [control.steps for control in turns.controls]
    with turns.changed:
        assert not turns.changed.wait_for(
            lambda: any(c.steps > was + 2 for c, was in zip(turns.controls, held, strict=True)), 0.2
        )
    turns.gate(False)
    wait_for_steps(turns, max(held) + 5)
    turns.stop()
    assert ended(*learners)


def test_one_that_has_ended_is_not_waited_for(turns):
    learners = started(Learner(turns, 0, 3), Learner(turns, 1, 100))
    assert ended(*learners)
    assert [control.steps for control in turns.controls] == [3, 100]


def test_one_that_fails_ends_the_other(turns):
    learners = started(Learner(turns, 0, 10, fails=True), Learner(turns, 1))
    assert ended(*learners)
    assert turns.controls[1].steps <= 10 + AHEAD
    turns.wait_for_all()


def test_told_to_stop_before_its_first_step_the_second_one_does_not_begin(turns):
    second = Learner(turns, 1)
    second.start()
    turns.stop()
    assert ended(second)
    assert not second.began
