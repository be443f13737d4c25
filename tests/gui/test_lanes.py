import threading

import numpy as np
import pytest

from training.plane_basis import PlaneSlice
from vae_desktop.decode_lane import COARSE_TILES, FINE_TILES, DecodeLane, Weights
from vae_desktop.lane import Lane

SECONDS = 10


class Model:
    """Decodes a point to a 2 × 2 picture of ten times its first coordinate plus the weight."""

    def __init__(self):
        self.weight = 0
        self.calls = []

    def set_weights(self, values):
        self.weight = int(values["w"])

    def decode(self, points):
        self.calls.append(points.copy())
        level = (10 * points[:, 0] + self.weight).astype(np.uint8)
        return np.broadcast_to(level[:, None, None, None], (len(points), 2, 2, 1)).copy()


class SlowModel(Model):
    """Every decoding waits for permission; tells when it has begun."""

    def __init__(self):
        super().__init__()
        self.began, self.go_on = threading.Semaphore(0), threading.Semaphore(0)

    def decode(self, points):
        self.began.release()
        assert self.go_on.acquire(timeout=SECONDS)
        return super().decode(points)


class FaultyModel(Model):
    def decode(self, points):
        if points[0, 0] == 13:
            raise MemoryError("no room")
        return super().decode(points)


class Results:
    """What a lane reports, to be waited for."""

    def __init__(self):
        self.changed = threading.Condition()
        self.decoded, self.backdrops, self.errors = [], [], []

    def into(self, results):
        def add(result):
            with self.changed:
                results.append(result)
                self.changed.notify_all()

        return add

    def wait(self, condition):
        with self.changed:
            assert self.changed.wait_for(condition, SECONDS), (self.decoded, self.errors)

    def of(self, handle):
        return [(each.point[0], int(each.pixels[0, 0, 0])) for each in self.decoded if each.handle == handle]


@pytest.fixture
def results():
    return Results()


@pytest.fixture
def lane(results):
    lane = DecodeLane(
        results.into(results.decoded), results.into(results.backdrops), results.into(results.errors)
    )
    yield lane
    lane.close()


def weights(model=None, weight=0, training=True, latent_dim=2):
    return Weights(
        make_model=None if model is None else lambda: model,
        values={"w": np.float32(weight)},
        latent_dim=latent_dim,
        training=training,
    )


def plane_at(third):
    """The plane of the second and the third of three latent numbers where the first is ``third``."""
    return PlaneSlice(np.array([third, 0.0, 0.0]), np.eye(3)[1:])


# --- the decode lane ----------------------------------------------------------------------------------------


def test_of_many_positions_asked_for_meanwhile_only_the_newest_is_decoded(lane, results):
    model = SlowModel()
    lane.request(1, (1.0, 0.0))
    lane.set_weights(weights(model))
    assert model.began.acquire(timeout=SECONDS)  # the first one is on its way
    for z1 in (2.0, 3.0, 4.0, 5.0):
        lane.request(1, (z1, 0.0))
    model.go_on.release(1000)
    results.wait(lambda: (5.0, 50) in results.of(1))
    assert results.of(1) == [(1.0, 10), (5.0, 50)]


def test_positions_asked_for_before_there_are_weights_are_answered_then(lane, results):
    lane.request(1, (1.0, 0.0))
    lane.request(2, (2.0, 0.0))
    assert not results.decoded
    lane.set_weights(weights(Model(), weight=3))
    results.wait(lambda: len(results.decoded) == 2)
    assert (results.of(1), results.of(2)) == ([(1.0, 13)], [(2.0, 23)])


def test_new_weights_draw_every_handle_anew_but_not_a_removed_one(lane, results):
    lane.set_weights(weights(Model()))
    for handle in (1, 2, 3):
        lane.request(handle, (float(handle), 0.0))
        results.wait(lambda handle=handle: results.of(handle))
    lane.remove_handle(2)
    results.decoded.clear()
    lane.set_weights(weights(weight=5))
    results.wait(lambda: results.of(1) and results.of(3))
    assert (results.of(1), results.of(2), results.of(3)) == ([(1.0, 15)], [], [(3.0, 35)])


def test_weights_that_overtake_those_of_a_new_model_still_reach_it(lane, results):
    slow, fresh = SlowModel(), Model()
    lane.request(1, (1.0, 0.0))
    lane.set_weights(weights(slow))
    assert slow.began.acquire(timeout=SECONDS)
    lane.set_weights(weights(fresh, weight=1))  # waits until the slow one is done …
    lane.set_weights(weights(weight=2))  # … and is overtaken
    slow.go_on.release(1000)
    results.wait(lambda: (1.0, 12) in results.of(1))
    assert fresh.calls


def test_a_backdrop_covers_the_plane_row_by_row_from_the_top_left(lane, results):
    lane.set_weights(weights(Model(), weight=100, training=False))
    results.wait(lambda: results.backdrops)
    backdrop = results.backdrops[0]
    rows, columns, *shape = backdrop.tiles.shape
    assert backdrop.centres.shape == (rows, columns, 2)
    assert shape == [2, 2, 1]
    z1, z2 = backdrop.centres[..., 0], backdrop.centres[..., 1]
    assert (np.diff(z1, axis=1) > 0).all()
    assert (np.diff(z2, axis=0) < 0).all()
    assert z1.min() < -2.5
    assert z1.max() > 2.5
    np.testing.assert_allclose(backdrop.tiles[..., 0, 0, 0], (10 * z1 + 100).astype(np.uint8))


def test_a_handle_does_not_wait_for_the_backdrop(lane, results):
    model = SlowModel()
    lane.set_weights(weights(model, training=False))
    assert model.began.acquire(timeout=SECONDS)  # the first tiles
    lane.request(1, (1.0, 0.0))
    model.go_on.release(1)
    assert model.began.acquire(timeout=SECONDS)
    model.go_on.release(1)
    results.wait(lambda: results.decoded)
    assert not results.backdrops
    model.go_on.release(1000)
    results.wait(lambda: results.backdrops)


def test_after_forgetting_nothing_of_the_old_model_comes_and_a_new_one_can_be_taken(lane, results):
    model = SlowModel()
    lane.request(1, (1.0, 0.0))
    lane.set_weights(weights(model))
    assert model.began.acquire(timeout=SECONDS)
    model.go_on.release(1000)
    lane.forget()  # waits for what is under way
    known = list(results.decoded)
    lane.request(2, (2.0, 0.0))
    lane.set_weights(weights(Model(), weight=7))
    results.wait(lambda: results.of(2))
    assert results.of(2) == [(2.0, 27)]
    assert [each for each in results.decoded if each.handle == 1] == known
    assert len(known) == 1


def test_of_more_than_two_latent_numbers_the_backdrop_waits_for_a_slice_and_follows_it(lane, results):
    model = Model()
    lane.set_weights(weights(model, training=False, latent_dim=3))
    lane.request(1, (2.0, 7.0, 7.0))
    results.wait(lambda: results.of(1) == [(2.0, 20)])
    assert not results.backdrops
    for level in (3.0, 5.0):
        lane.show_slice(plane_at(level))
        results.wait(
            lambda level=level: results.backdrops and shown(results.backdrops[-1], FINE_TILES, level)
        )
    sides = [backdrop.tiles.shape[0] for backdrop in results.backdrops]
    assert sides == [FINE_TILES, COARSE_TILES, FINE_TILES]  # a turn is first shown soon, then well
    assert all(points.shape[1] == 3 for points in model.calls)


def shown(backdrop, side, level):
    return backdrop.tiles.shape[0] == side and (backdrop.tiles == 10 * level).all()


def test_a_slice_that_is_shown_already_is_not_drawn_again(lane, results):
    model = Model()
    lane.set_weights(weights(model, training=False, latent_dim=3))
    lane.show_slice(plane_at(3.0))
    results.wait(lambda: results.backdrops)
    lane.show_slice(plane_at(3.0 + 1e-9))
    lane.request(1, (1.0, 0.0, 0.0))
    results.wait(lambda: results.decoded)
    assert len(model.calls[-1]) == 1, "nothing but the handle was decoded since"
    assert len(results.backdrops) == 1


def test_while_the_slice_turns_backdrops_still_come(lane, results):
    model = SlowModel()
    lane.set_weights(weights(model, training=False, latent_dim=3))
    for turn in range(2 * FINE_TILES**2):
        lane.show_slice(plane_at(float(turn % 20)))
        model.go_on.release()
        if results.backdrops:
            break
        assert model.began.acquire(timeout=SECONDS)
    model.go_on.release(10_000)
    assert results.backdrops


def test_places_and_slices_of_another_latent_space_are_ignored(lane, results):
    lane.set_weights(weights(Model(), training=False, latent_dim=3))
    lane.show_slice(plane_at(3.0))
    lane.request(1, (1.0, 0.0, 0.0))
    results.wait(lambda: results.decoded and results.backdrops)
    lane.set_weights(weights(Model(), training=False, latent_dim=2))
    lane.show_slice(plane_at(4.0))
    lane.request(2, (2.0, 0.0))
    results.wait(lambda: results.of(2) and len(results.backdrops) > 1)
    assert results.of(1) == [(1.0, 10)]
    assert not results.errors


def test_an_error_is_reported_and_the_lane_lives_on(lane, results):
    lane.set_weights(weights(FaultyModel()))
    lane.request(1, (13.0, 0.0))
    results.wait(lambda: results.errors)
    lane.request(1, (2.0, 0.0))
    results.wait(lambda: results.decoded)
    assert [str(error) for error in results.errors] == ["no room"]
    assert results.of(1) == [(2.0, 20)]


def test_a_model_that_cannot_be_made_is_reported_and_another_one_is_taken(lane, results):
    def fail():
        raise ValueError("damaged")

    lane.request(1, (1.0, 0.0))
    lane.set_weights(Weights(fail, {"w": np.float32(0)}, 2, True))
    results.wait(lambda: results.errors)
    lane.set_weights(weights(Model()))
    results.wait(lambda: results.decoded)
    assert results.of(1) == [(1.0, 10)]


# --- the job lane -------------------------------------------------------------------------------------------


@pytest.fixture
def jobs(results):
    lane = Lane("jobs", results.into(results.errors))
    yield lane
    lane.close()


def test_jobs_run_one_after_another_in_the_order_they_came(jobs):
    order, running, overlaps = [], threading.Lock(), []

    def job(number):
        if not running.acquire(blocking=False):
            overlaps.append(number)
            return
        order.append(number)
        running.release()

    for number in range(50):
        jobs.submit(lambda number=number: job(number))
    jobs.wait()
    assert order == list(range(50))
    assert not overlaps


def test_a_job_that_fails_is_reported_and_the_next_one_runs(jobs, results):
    def fail(text):
        raise ValueError(text)

    told = []
    jobs.submit(lambda: fail("first"))
    jobs.submit(lambda: fail("second"), told.append)
    done = threading.Event()
    jobs.submit(done.set)
    assert done.wait(SECONDS)
    assert [str(error) for error in results.errors] == ["first"]
    assert [str(error) for error in told] == ["second"]


def test_closing_finishes_the_running_job_and_drops_those_that_wait(results):
    lane = Lane("jobs", results.into(results.errors))
    began, go_on, done = threading.Event(), threading.Event(), []
    closed = threading.Event()

    def job():
        began.set()
        go_on.wait(SECONDS)
        done.append("running")

    lane.submit(job)
    lane.submit(lambda: done.append("waiting"))
    assert began.wait(SECONDS)

    def close():
        closing.set()
        lane.close()
        closed.set()

    closing = threading.Event()
    closer = threading.Thread(target=close)
    closer.start()
    assert closing.wait(SECONDS)
    assert not closed.wait(0.05), "it did not wait for the running job"
    go_on.set()
    closer.join(SECONDS)
    assert closed.is_set()
    assert done == ["running"]
