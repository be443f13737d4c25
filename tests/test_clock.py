import pytest

from training.clock import TrainingClock


class Hands:
    """The hands of a clock, moved by the test."""

    def __init__(self):
        self.time = 1000.0

    def __call__(self):
        return self.time


@pytest.fixture
def hands():
    return Hands()


def work(clock, hands, steps, seconds, pictures=10):
    for _ in range(steps):
        hands.time += seconds
        clock.step(pictures)


def test_steps_and_other_work_count_and_rests_do_not(hands):
    clock = TrainingClock(seconds=100.0, now=hands)
    work(clock, hands, steps=4, seconds=0.5)
    hands.time += 3.0
    clock.work()
    hands.time += 5000.0
    clock.rest()
    work(clock, hands, steps=2, seconds=0.5)
    assert clock.seconds == pytest.approx(100 + 6 * 0.5 + 3)
    assert clock.mean_images_per_second == pytest.approx(60 / 6)


@pytest.mark.parametrize("asleep", ["in a step", "in the figures"])
def test_the_sleep_of_the_computer_is_no_training_and_changes_no_forecast(hands, asleep):
    """A night's sleep on a clock that goes on through it, as Windows' does."""
    clock = TrainingClock(now=hands)
    work(clock, hands, steps=50, seconds=0.5)
    before, left = clock.seconds, clock.seconds_for(1000)
    hands.time += 8 * 3600.0
    clock.step(10) if asleep == "in a step" else clock.work()
    assert 0 < clock.seconds - before <= 0.5
    work(clock, hands, steps=50, seconds=0.5)
    assert clock.seconds_for(1000) == pytest.approx(left, rel=0.05)


def test_a_slow_computer_is_not_asleep(hands):
    """Steps that take ever longer, as when another program takes the machine, are trained through."""
    clock = TrainingClock(now=hands)
    for seconds in (1.0, 4.0, 15.0, 60.0, 240.0):
        work(clock, hands, steps=1, seconds=seconds)
    assert clock.seconds == pytest.approx(320.0)


def test_the_time_left_is_exact_at_an_even_speed_also_after_a_slow_first_step_and_a_pause(hands):
    clock = TrainingClock(now=hands)
    assert clock.seconds_for(1000) is None
    work(clock, hands, steps=1, seconds=25.0)  # builds the graph
    assert clock.seconds_for(1000) > 0
    work(clock, hands, steps=1, seconds=0.2)
    assert clock.seconds_for(1000) == pytest.approx(20.0)
    hands.time += 777.0
    clock.rest()
    work(clock, hands, steps=9, seconds=0.2)
    assert clock.seconds_for(1000) == pytest.approx(20.0)
    assert clock.images_per_second == pytest.approx(50.0)
    assert clock.seconds_for(0) == 0.0
    assert clock.seconds_for(-10) == 0.0


def test_the_speed_of_late_outweighs_that_of_long_ago(hands):
    """An hour at 100 pictures/s, then at 20: after ten minutes the forecast goes by the new speed."""
    clock = TrainingClock(now=hands)
    work(clock, hands, steps=36_000, seconds=0.1)
    work(clock, hands, steps=1200, seconds=0.5)
    assert clock.images_per_second == pytest.approx(20.0, rel=0.6)
    assert clock.images_per_second < clock.mean_images_per_second / 2
    work(clock, hands, steps=2400, seconds=0.5)
    assert clock.images_per_second == pytest.approx(20.0, rel=0.02)
