"""The lane that finds what stands next to a decoding: the newest question, exact answers, and rests."""

import threading
import time

import numpy as np
import pytest

from training.errors import VaeError
from training.neighbours import Neighbours
from training.novelty import Verdict
from training.surroundings import Surroundings
from vae_desktop.nearest_lane import NearestLane, Question

SECONDS = 30.0


class Told:
    """What a lane told, to wait for from the test's thread."""

    def __init__(self):
        self._changed = threading.Condition()
        self.answers, self.shares, self.errors = [], [], []

    def of(self, kind):
        def note(what):
            with self._changed:
                getattr(self, kind).append(what)
                self._changed.notify_all()

        return note

    def wait(self, check):
        with self._changed:
            assert self._changed.wait_for(lambda: check(self), SECONDS)


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def lane(told):
    lane = NearestLane(told.of("answers"), told.of("shares"), told.of("errors"))
    yield lane
    lane.close()


def question(store, number, handle=1, size=None):
    means = np.random.default_rng(0).normal(size=(len(store), 2)).astype(np.float32)
    pixels = store.read([number])[0] if size is None else np.zeros((size, size, 1), np.uint8)
    around = Surroundings(means, np.full_like(means, 0.1))
    return Question(handle, tuple(means[number].tolist()), pixels, np.arange(len(store)), around)


def test_an_answer_comes_in_part_at_first_and_whole_once_all_is_prepared(make_project, lane, told):
    project = make_project(40)
    store = project.pictures()
    lane.ask(question(store, 7))
    told.wait(lambda t: t.answers)
    assert told.answers[0].placed == (7, pytest.approx(0.0, abs=1e-6))
    assert told.answers[0].seen == ()
    lane.open(project.path, store)
    told.wait(lambda t: t.answers[-1].seen)  # without being asked again
    assert told.answers[-1].seen[0].number == 7
    assert told.answers[-1].seen[0].distance == 0.0
    assert told.answers[-1].novelty.verdict is Verdict.COPY
    assert told.shares[-1] == 1.0
    assert told.errors == []


def test_only_the_newest_question_is_answered(make_project, lane, told, monkeypatch):
    project = make_project(40)
    store = project.pictures()
    lane.open(project.path, store)
    told.wait(lambda t: t.shares and t.shares[-1] == 1.0)
    begun, go_on = threading.Event(), threading.Event()
    nearest = Neighbours.nearest

    def slowly(self, *arguments, **options):
        begun.set()
        go_on.wait(SECONDS)
        return nearest(self, *arguments, **options)

    monkeypatch.setattr(Neighbours, "nearest", slowly)
    lane.ask(question(store, 1))
    begun.wait(SECONDS)
    for number in range(2, 30):
        lane.ask(question(store, number))
    go_on.set()
    told.wait(lambda t: t.answers and t.answers[-1].seen[0].number == 29)
    assert len(told.answers) == 2


def test_pictures_of_another_size_are_not_compared(make_project, lane, told):
    project = make_project(24)
    store = project.pictures()
    lane.open(project.path, store)
    told.wait(lambda t: t.shares and t.shares[-1] == 1.0)
    lane.ask(question(store, 3, size=48))
    told.wait(lambda t: t.answers)
    assert told.answers[-1].seen == ()
    assert told.errors == []


def test_damage_is_told_and_then_the_rest_is_answered(make_project, lane, told, monkeypatch):
    project = make_project(24)
    store = project.pictures()
    lane.open(project.path, store)
    told.wait(lambda t: t.shares and t.shares[-1] == 1.0)
    asked = question(store, 3)
    store._open.clear()
    for shard in (project.path / "pixels").iterdir():
        shard.unlink()
    lane.ask(asked)
    told.wait(lambda t: t.answers)
    assert told.answers[-1].placed[0] == 3
    assert told.answers[-1].seen == ()
    (error,) = told.errors
    assert isinstance(error, VaeError)


def test_the_preparation_waits_for_a_drag_and_ends_at_once_with_the_project(make_project, lane, told):
    project = make_project(40)
    lane.gate(True)
    lane.open(project.path, project.pictures())
    time.sleep(0.2)
    assert told.shares == []
    started = time.monotonic()
    lane.leave()
    assert time.monotonic() - started < 5.0
    assert told.shares == []
    lane.gate(False)
    lane.open(project.path, project.pictures())
    told.wait(lambda t: t.shares and t.shares[-1] == 1.0)


def test_during_a_training_it_takes_little_of_the_time_and_still_ends_at_once(make_project, lane, told):
    project = make_project(40)
    store = project.pictures()
    read, spent = store.read, []

    def slow_read(numbers):
        time.sleep(0.02)
        spent.append(0.02)
        return read(numbers)

    store.read = slow_read
    lane.set_training(True)
    started = time.monotonic()
    lane.open(project.path, store)
    told.wait(lambda t: len(t.shares) >= 4)
    assert sum(spent) < 0.2 * (time.monotonic() - started)
    stopped = time.monotonic()
    lane.leave()
    assert time.monotonic() - stopped < 5.0
    assert told.shares[-1] < 1.0
