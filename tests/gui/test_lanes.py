import threading
from types import SimpleNamespace

import numpy as np
import pytest

from training.errors import VaeError
from training.plane_basis import PlaneSlice
from training.posteriors import Posteriors
from vae_desktop.decode_lane import PICTURES_AT_ONCE, DecodeLane, Weights
from vae_desktop.lane import Lane
from vae_desktop.tile_grid import BLOCK, Block

SECONDS = 10
COARSE, FINE = Block(0, 0, 0), Block(1, 1, 0)


class Model:
    """Decodes a point to a 2 × 2 picture of ten times its first coordinate plus the weight.

    A picture's mean is its upper left pixel and the weight.
    """

    config = SimpleNamespace(shape=(2, 2, 1))

    def __init__(self):
        self.weight = 0
        self.calls = []
        self.encoded = []

    def set_weights(self, values):
        self.weight = int(values["w"])

    def decode(self, points):
        self.calls.append(points.copy())
        level = (10 * points[:, 0] + self.weight).astype(np.uint8)
        return np.broadcast_to(level[:, None, None, None], (len(points), 2, 2, 1)).copy()

    def encode(self, pixels):
        self.encoded.append(pixels[:, 0, 0, 0].tolist())
        means = np.stack([pixels[:, 0, 0, 0], np.full(len(pixels), self.weight)], axis=1)
        return Posteriors(means.astype(np.float32), np.full(means.shape, 0.5, np.float32))


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
        self.decoded, self.tiles, self.encoded, self.errors = [], [], [], []

    def into(self, results):
        def add(result):
            with self.changed:
                results.append(result)
                self.changed.notify_all()

        return add

    def wait(self, condition):
        with self.changed:
            assert self.changed.wait_for(condition, SECONDS), (self.decoded, self.errors)

    def means(self, key):
        """Of a picture, one each time that it was encoded."""
        return [each.mean.tolist() for batch in self.encoded for each in batch if each.key == key]

    def of(self, handle):
        return [(each.point[0], int(each.pixels[0, 0, 0])) for each in self.decoded if each.handle == handle]


@pytest.fixture
def results():
    return Results()


@pytest.fixture
def lane(results):
    lane = DecodeLane(
        results.into(results.decoded),
        results.into(results.tiles),
        results.into(results.encoded),
        results.into(results.errors),
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


def picture(level):
    return np.full((2, 2, 1), level, np.uint8)


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


def test_a_model_prepared_ahead_is_made_at_once_and_leaves_the_present_one_alone(lane, results):
    made = threading.Event()
    lane.set_weights(weights(Model(), weight=1))
    lane.prepare(made.set)
    assert made.wait(SECONDS)
    lane.request(1, (1.0, 0.0))
    results.wait(lambda: results.of(1) == [(1.0, 11)])


def test_a_wanted_block_is_decoded_at_its_centres_row_by_row_from_the_top_left(lane, results):
    lane.want([(COARSE, 0)])
    lane.set_weights(weights(Model(), weight=100, training=False))
    results.wait(lambda: results.tiles)
    (tiles,) = results.tiles
    assert (tiles.block, tiles.is_last) == (COARSE, True)
    assert tiles.pixels.shape == (BLOCK, BLOCK, 2, 2, 1)
    z1 = COARSE.centres[..., 0]
    np.testing.assert_array_equal(tiles.pixels[..., 0, 0, 0], (10 * z1 + 100).astype(np.uint8))


def test_blocks_come_in_order_the_coarse_ones_first(lane, results):
    wanted = [FINE, Block(1, 0, 0), COARSE, Block(0, 1, 0)]
    lane.want([(block, 0) for block in wanted])
    lane.set_weights(weights(Model(), training=False))
    results.wait(lambda: len(results.tiles) == 4)
    assert [tiles.block for tiles in results.tiles] == [COARSE, Block(0, 1, 0), FINE, Block(1, 0, 0)]
    assert [tiles.is_last for tiles in results.tiles] == [False, False, False, True]


def test_only_what_is_out_of_date_is_decoded(lane, results):
    model = Model()
    lane.want([(COARSE, 0)])
    lane.set_weights(weights(model, training=False))
    results.wait(lambda: results.tiles)
    first = results.tiles[0].generation
    lane.want([(COARSE, first), (FINE, 0)])
    results.wait(lambda: len(results.tiles) == 2)
    lane.set_weights(weights(weight=1, training=False))
    results.wait(lambda: len(results.tiles) == 4)
    assert [tiles.block for tiles in results.tiles] == [COARSE, FINE, COARSE, FINE]
    assert all(tiles.generation > first for tiles in results.tiles[2:])
    lane.want([(tiles.block, tiles.generation) for tiles in results.tiles[2:]])
    lane.request(1, (1.0, 0.0))
    results.wait(lambda: results.decoded)
    assert len(model.calls[-1]) == 1, "nothing but the handle was decoded since"


def test_a_block_that_is_wanted_no_more_is_left(lane, results):
    model = SlowModel()
    lane.want([(COARSE, 0)])
    lane.set_weights(weights(model, training=False))
    assert model.began.acquire(timeout=SECONDS)  # its first part
    lane.want([(FINE, 0)])
    model.go_on.release(1000)
    results.wait(lambda: results.tiles)
    lane.request(1, (1.0, 0.0))
    results.wait(lambda: results.decoded)
    assert [tiles.block for tiles in results.tiles] == [FINE]


def test_while_a_training_goes_on_only_coarse_blocks_are_decoded(lane, results):
    lane.want([(COARSE, 0), (FINE, 0)])
    lane.set_weights(weights(Model(), training=True))
    results.wait(lambda: results.tiles)
    assert results.tiles[0].is_last
    lane.set_weights(weights(weight=1, training=False))
    results.wait(lambda: results.tiles[-1].is_last and len(results.tiles) > 1)
    assert [tiles.block for tiles in results.tiles[-2:]] == [COARSE, FINE]


def test_while_a_training_goes_on_each_block_has_its_turn(lane, results):
    """Newer weights come before all are decoded: the oldest ones are next, not the first ones again."""
    model, others = SlowModel(), [Block(0, column, 0) for column in range(1, 6)]
    blocks = [COARSE, *others]
    lane.want([(block, 0) for block in blocks])
    lane.set_weights(weights(model, training=True))
    for number in range(1, 4 * BLOCK**2):
        assert model.began.acquire(timeout=SECONDS)
        lane.set_weights(weights(weight=number, training=True))
        model.go_on.release()
        if len(results.tiles) == len(blocks):
            break
    model.go_on.release(10_000)
    assert [tiles.block for tiles in results.tiles[: len(blocks)]] == blocks


def test_a_handle_does_not_wait_for_the_backdrop(lane, results):
    model = SlowModel()
    lane.want([(COARSE, 0)])
    lane.set_weights(weights(model, training=False))
    assert model.began.acquire(timeout=SECONDS)  # the first tiles
    lane.request(1, (1.0, 0.0))
    model.go_on.release(1)
    assert model.began.acquire(timeout=SECONDS)
    model.go_on.release(1)
    results.wait(lambda: results.decoded)
    assert not results.tiles
    model.go_on.release(1000)
    results.wait(lambda: results.tiles)


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
    lane.want([(COARSE, 0)])
    lane.set_weights(weights(model, training=False, latent_dim=3))
    lane.request(1, (2.0, 7.0, 7.0))
    results.wait(lambda: results.of(1) == [(2.0, 20)])
    assert not results.tiles
    for number, level in enumerate((3.0, 5.0), 1):
        lane.show_slice(plane_at(level))
        results.wait(lambda number=number: len(results.tiles) == number)
        assert (results.tiles[-1].pixels == 10 * level).all()
    assert all(points.shape[1] == 3 for points in model.calls)


def test_a_slice_that_is_shown_already_is_not_drawn_again(lane, results):
    model = Model()
    lane.want([(COARSE, 0)])
    lane.set_weights(weights(model, training=False, latent_dim=3))
    lane.show_slice(plane_at(3.0))
    results.wait(lambda: results.tiles)
    lane.show_slice(plane_at(3.0 + 1e-9))
    lane.request(1, (1.0, 0.0, 0.0))
    results.wait(lambda: results.decoded)
    assert len(model.calls[-1]) == 1, "nothing but the handle was decoded since"
    assert len(results.tiles) == 1


def test_while_the_slice_turns_tiles_still_come(lane, results):
    model = SlowModel()
    lane.want([(COARSE, 0)])
    lane.set_weights(weights(model, training=False, latent_dim=3))
    for turn in range(2 * BLOCK**2):
        lane.show_slice(plane_at(float(turn % 20)))
        model.go_on.release()
        if results.tiles:
            break
        assert model.began.acquire(timeout=SECONDS)
    model.go_on.release(10_000)
    assert results.tiles


def test_places_and_slices_of_another_latent_space_are_ignored(lane, results):
    lane.want([(COARSE, 0)])
    lane.set_weights(weights(Model(), training=False, latent_dim=3))
    lane.show_slice(plane_at(3.0))
    lane.request(1, (1.0, 0.0, 0.0))
    results.wait(lambda: results.decoded and results.tiles)
    lane.set_weights(weights(Model(), training=False, latent_dim=2))
    lane.show_slice(plane_at(4.0))
    lane.request(2, (2.0, 0.0))
    results.wait(lambda: results.of(2) and len(results.tiles) > 1)
    assert results.of(1) == [(1.0, 10)]
    assert not results.errors


def test_tiles_that_cannot_be_decoded_are_told_once_and_tried_again_with_other_weights(lane, results):
    model = Model()
    model.decode = None  # not callable
    lane.want([(COARSE, 0), (FINE, 0)])
    lane.set_weights(weights(model, training=False))
    results.wait(lambda: results.errors)
    lane.set_weights(weights(Model(), training=False))
    results.wait(lambda: len(results.tiles) == 2)
    assert len(results.errors) == 1


# --- pictures that are encoded ------------------------------------------------------------------------------


def test_a_picture_is_encoded_once_there_are_weights_and_again_with_others(lane, results):
    lane.encode(7, picture(3))
    lane.set_weights(weights(Model(), weight=1, training=False))
    results.wait(lambda: results.means(7) == [[3, 1]])
    lane.set_weights(weights(weight=2, training=False))
    results.wait(lambda: results.means(7) == [[3, 1], [3, 2]])
    (first,), (second,) = results.encoded
    assert first.generation < second.generation
    assert first.sigma.tolist() == [0.5, 0.5]
    assert first.reconstruction[0, 0, 0] == 31  # what the mean decodes to
    assert first.pixels[0, 0, 0] == 3


def test_a_changed_picture_is_encoded_anew_and_a_removed_one_no_more(lane, results):
    lane.set_weights(weights(Model(), training=False))
    lane.encode(1, picture(3))
    results.wait(lambda: results.means(1) == [[3, 0]])
    lane.encode(1, picture(4))
    results.wait(lambda: results.means(1) == [[3, 0], [4, 0]])
    lane.remove_picture(1)
    lane.encode(2, picture(5))
    lane.set_weights(weights(weight=9, training=False))
    results.wait(lambda: [5, 9] in results.means(2))
    assert results.means(1) == [[3, 0], [4, 0]]


def test_a_new_slice_of_the_backdrop_encodes_nothing_again(lane, results):
    lane.set_weights(weights(Model(), training=False, latent_dim=3))
    lane.encode(1, picture(3))
    results.wait(lambda: results.means(1))
    lane.want([(COARSE, 0)])
    lane.show_slice(plane_at(0.5))
    results.wait(lambda: results.tiles)
    assert len(results.means(1)) == 1


def test_many_pictures_are_encoded_a_few_at_a_time_so_that_a_handle_need_not_wait(lane, results):
    model = SlowModel()
    for key in range(30):
        lane.encode(key, picture(key))
    lane.set_weights(weights(model, training=False))
    assert model.began.acquire(timeout=SECONDS)
    lane.request(1, (5.0, 0.0))
    model.go_on.release(1000)
    results.wait(lambda: len(results.encoded) == 4)
    assert [len(batch) for batch in results.encoded] == [8, 8, 8, 6]
    assert [len(points) for points in model.calls[:2]] == [PICTURES_AT_ONCE, 1]  # then the handle


def test_while_a_training_goes_on_only_new_pictures_are_encoded_at_once(lane, results, monkeypatch):
    monkeypatch.setattr("vae_desktop.decode_lane.PICTURE_SHARE", 1e-6)
    lane.set_weights(weights(Model()))
    lane.encode(1, picture(1))
    results.wait(lambda: results.means(1))
    lane.set_weights(weights(weight=1))
    lane.encode(2, picture(2))
    results.wait(lambda: results.means(2))
    assert results.means(1) == [[1, 0]]
    lane.set_weights(weights(weight=2, training=False))  # the training is over
    results.wait(lambda: [1, 2] in results.means(1) and [2, 2] in results.means(2))


def test_while_a_training_goes_on_each_picture_has_its_turn(lane, results, monkeypatch):
    monkeypatch.setattr("vae_desktop.decode_lane.PICTURE_SHARE", 1.0)
    model = SlowModel()
    for key in range(2 * PICTURES_AT_ONCE):
        lane.encode(key, picture(key))
    lane.set_weights(weights(model))
    for weight in range(1, 9):  # other weights come while the first half is being encoded
        assert model.began.acquire(timeout=SECONDS)
        lane.set_weights(weights(weight=weight))
        model.go_on.release()
    model.go_on.release(1000)
    results.wait(lambda: all(results.means(key) for key in range(2 * PICTURES_AT_ONCE)))
    results.wait(lambda: all(results.means(key)[-1][1] == 8 for key in range(2 * PICTURES_AT_ONCE)))
    turns = [sorted(batch)[0] for batch in model.encoded]
    assert turns[:4] == [0, PICTURES_AT_ONCE, 0, PICTURES_AT_ONCE]


def test_a_picture_of_another_size_waits_for_a_model_that_takes_it(lane, results):
    lane.set_weights(weights(Model(), training=False))
    lane.encode(1, np.full((4, 4, 1), 3, np.uint8))
    lane.encode(2, picture(2))
    results.wait(lambda: results.means(2))
    assert not results.means(1)
    larger = Model()
    larger.config = SimpleNamespace(shape=(4, 4, 1))
    lane.set_weights(weights(larger, training=False))
    results.wait(lambda: results.means(1))
    assert not results.errors


def test_pictures_are_encoded_with_weights_of_the_past_and_again_with_those_of_the_present(lane, results):
    lane.set_weights(weights(Model(), weight=7, training=False))
    lane.encode(1, picture(3))
    results.wait(lambda: results.means(1) == [[3, 7]])
    lane.show_past([{"w": np.float32(2)}])
    results.wait(lambda: results.means(1)[-1] == [3, 2])
    lane.show_present()
    results.wait(lambda: results.means(1)[-1] == [3, 7])


def test_after_forgetting_no_picture_is_encoded(lane, results):
    lane.set_weights(weights(Model(), training=False))
    lane.encode(1, picture(1))
    results.wait(lambda: results.means(1))
    lane.forget()
    lane.encode(2, picture(2))
    lane.set_weights(weights(Model(), weight=5, training=False))
    results.wait(lambda: results.means(2))
    assert results.means(1) == [[1, 0]]


# --- faults -------------------------------------------------------------------------------------------------


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


def past(*levels):
    """Weights that were kept, the best ones first; those of None are damaged."""

    def read():
        for level in levels:
            yield {"w": np.float32(np.nan if level is None else level)}

    return read()


class CheckingModel(Model):
    def set_weights(self, values):
        if np.isnan(values["w"]):
            raise VaeError("These weights are damaged.")
        super().set_weights(values)


def test_the_past_is_decoded_until_the_present_is_asked_for(lane, results):
    lane.set_weights(weights(Model(), weight=9))
    lane.request(1, (1.0, 0.0))
    results.wait(lambda: results.of(1) == [(1.0, 19)])
    lane.show_past(past(3))
    results.wait(lambda: results.of(1)[-1] == (1.0, 13))
    lane.set_weights(weights(weight=5))  # a snapshot of the training that goes on
    lane.request(1, (2.0, 0.0))
    results.wait(lambda: results.of(1)[-1] == (2.0, 23))
    assert (2.0, 25) not in results.of(1)
    lane.show_present()
    results.wait(lambda: results.of(1)[-1] == (2.0, 25))


def test_the_past_is_drawn_finely_even_while_a_training_goes_on(lane, results):
    lane.want([(COARSE, 0), (FINE, 0)])
    lane.set_weights(weights(Model(), weight=9, training=True))
    results.wait(lambda: results.tiles)
    lane.show_past(past(3))
    results.wait(lambda: len(results.tiles) == 3)
    assert [tiles.block for tiles in results.tiles] == [COARSE, COARSE, FINE]
    assert results.tiles[-1].generation > results.tiles[0].generation


def test_of_pasts_asked_for_meanwhile_only_the_newest_is_read(lane, results):
    model, read = SlowModel(), []

    def reading(level):
        read.append(level)
        yield {"w": np.float32(level)}

    lane.set_weights(weights(model))
    lane.request(1, (1.0, 0.0))
    assert model.began.acquire(timeout=SECONDS)
    for level in (1, 2, 3):
        lane.show_past(reading(level))
    model.go_on.release(1000)
    results.wait(lambda: (1.0, 13) in results.of(1))
    assert read == [3]


def test_of_the_past_damaged_weights_are_passed_over(lane, results):
    lane.set_weights(weights(CheckingModel()))
    lane.request(1, (1.0, 0.0))
    lane.show_past(past(None, 4))
    results.wait(lambda: (1.0, 14) in results.of(1))
    assert not results.errors
    lane.show_past(past(None))
    results.wait(lambda: results.errors)
    assert "cannot be read" in str(results.errors[0])
    lane.request(1, (2.0, 0.0))
    results.wait(lambda: (2.0, 24) in results.of(1))


def test_another_network_ends_the_past(lane, results):
    lane.set_weights(weights(Model()))
    lane.request(1, (1.0, 0.0))
    lane.show_past(past(3))
    results.wait(lambda: (1.0, 13) in results.of(1))
    lane.set_weights(weights(Model(), weight=7))
    results.wait(lambda: (1.0, 17) in results.of(1))
    lane.set_weights(weights(weight=8))
    results.wait(lambda: (1.0, 18) in results.of(1))


def test_forgetting_ends_the_past_and_without_a_model_there_is_none(lane, results):
    lane.show_past(past(1))
    lane.set_weights(weights(Model()))
    lane.show_past(past(3))
    lane.forget()
    lane.show_present()
    lane.set_weights(weights(Model(), weight=7))
    lane.request(1, (1.0, 0.0))
    results.wait(lambda: results.of(1))
    assert results.of(1) == [(1.0, 17)]


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
