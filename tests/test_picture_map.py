import numpy as np
import pytest

from training.picture_map import PictureMap


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_every_picture_is_mapped_exactly_to_itself(random):
    sources, targets = random.normal(size=(300, 2)).astype(np.float32), random.normal(size=(300, 5))
    known = PictureMap(sources, targets)
    assert all(np.array_equal(known(source), target) for source, target in zip(sources, targets, strict=True))


def test_between_pictures_it_never_leaves_what_the_nearest_ones_span(random):
    sources, targets = random.normal(size=(300, 2)), random.normal(size=(300, 2))
    known = PictureMap(sources, targets)
    for point in 2 * random.normal(size=(200, 2)):
        nearest = np.argsort(np.linalg.norm(sources - point, axis=1))[:6]
        mapped = known(point)
        assert (mapped >= targets[nearest].min(axis=0) - 1e-12).all()
        assert (mapped <= targets[nearest].max(axis=0) + 1e-12).all()


def test_a_small_move_is_a_small_move_also_where_other_pictures_become_the_nearest(random):
    sources, targets = random.normal(size=(100, 2)), random.normal(size=(100, 2))
    known = PictureMap(sources, targets)
    way = np.linspace(0.0, 1.0, 20_001)[:, None] * np.array([3.0, 2.0]) - (1.5, 1.0)
    mapped = np.array([known(point) for point in way])
    steps = np.linalg.norm(np.diff(mapped, axis=0), axis=1)
    assert steps.max() < 0.02, "of targets that are 1 apart"


def test_half_way_between_two_pictures_is_half_way_between_them():
    known = PictureMap(np.array([[0.0, 0.0], [1.0, 0.0]]), np.array([[5.0, 5.0], [7.0, 1.0]]))
    assert known(np.array([0.5, 0.0])) == pytest.approx([6.0, 3.0])


def test_pictures_that_are_all_equally_far_count_alike():
    corners = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert PictureMap(corners, corners + 3.0)(np.zeros(2), 3) == pytest.approx([3.0, 3.0], abs=0.5)
    one = PictureMap(corners[:1], corners[:1] + 3.0)
    assert one(np.zeros(2)) == pytest.approx([4.0, 3.0])


def test_without_pictures_and_of_other_ones_there_is_no_map():
    none = np.zeros((0, 2))
    with pytest.raises(ValueError, match="no picture"):
        PictureMap(none, none)(np.zeros(2))
    with pytest.raises(ValueError, match="same pictures"):
        PictureMap(none, np.zeros((1, 2)))
