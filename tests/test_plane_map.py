from io import BytesIO

import numpy as np
import pytest

from training.errors import VaeError
from training.plane_map import PlaneMap, nodes_of, packed, square_grid, unpacked


def tilted(rows=4, columns=3, step=0.5):
    """A map of 1 + 2 z1 − 3 z2."""
    low = np.array([-1.0, 2.0])
    across, up = nodes_of(low, step, rows, columns).T
    return PlaneMap("tilted", (1 + 2 * across - 3 * up).reshape(rows, columns).astype(np.float32), low, step)


def test_between_nodes_it_is_as_flat_as_they_are():
    places = np.random.default_rng(0).uniform([-1.0, 2.0], [0.0, 3.5], (100, 2))
    np.testing.assert_allclose(tilted().at(places), 1 + 2 * places[:, 0] - 3 * places[:, 1], atol=1e-5)
    np.testing.assert_array_equal(tilted().at(tilted().nodes), tilted().values.ravel())


def test_half_a_step_around_the_nodes_is_covered_and_no_more():
    the_map = tilted()
    assert the_map.extent == (-1.25, 0.25, 1.75, 3.75)
    inside = np.array([[-1.2, 2.0], [0.2, 3.7]])
    np.testing.assert_allclose(the_map.at(inside), [1 + 2 * -1.0 - 6, 1 - 3 * 3.5], atol=1e-5)
    outside = np.array([[-1.3, 2.0], [0.0, 3.8], [np.nan, 2.0], [0.0, np.inf]])
    assert np.isnan(the_map.at(outside)).all()


def test_what_is_not_known_stays_unknown_but_takes_nothing_else_away():
    values = tilted().values.copy()
    values[1, 1] = np.nan
    holed = PlaneMap("holed", values, tilted().low, 0.5)
    hole = holed.low + 0.5
    assert np.isnan(holed.at(hole + np.array([[0.0, 0.0], [0.1, 0.0], [-0.4, 0.4]]))).all()
    around = hole + np.array([[0.5, 0.0], [-0.5, 0.2], [0.5, -0.5]])
    np.testing.assert_array_equal(holed.at(around), tilted().at(around))


def test_a_grid_is_square_and_covers_a_rectangle():
    low, step = square_grid(np.array([-1.0, -3.0]), np.array([1.0, 5.0]), 9)
    assert step == 1.0
    nodes = nodes_of(low, step, 9, 9)
    np.testing.assert_allclose(nodes[[0, 1, 9, -1]], [[-4, -3], [-3, -3], [-4, -2], [4, 5]])


def test_maps_are_the_same_after_being_packed():
    holed = PlaneMap("Löcher", np.full((2, 5), np.nan, np.float32), np.zeros(2), 0.1)
    again = unpacked(packed([tilted(), holed]))
    assert [each.name for each in again] == ["tilted", "Löcher"]
    for one, other in zip(again, (tilted(), holed), strict=True):
        np.testing.assert_array_equal(one.values, other.values)
        np.testing.assert_array_equal(one.low, other.low)
        assert one.step == other.step
    assert unpacked(packed([])) == []


def saved(**changes):
    content = BytesIO()
    whole = {
        "format": 1,
        "names": np.array(["a"]),
        "lows": np.zeros((1, 2)),
        "steps": np.ones(1),
        "0": np.zeros((2, 2), np.float32),
    }
    np.savez(content, allow_pickle=True, **{k: v for k, v in (whole | changes).items() if v is not None})
    return content.getvalue()


def test_the_damaged_ones_below_are_but_for_their_damage_whole():
    assert unpacked(saved())[0].name == "a"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"PK\3\4 and no more",
        saved()[:-30],
        saved(format=2),
        saved(names=np.array(["a", "b"])),
        saved(names=np.array([object()])),
        saved(lows=np.zeros((2, 2))),
        saved(lows=np.full((1, 2), np.nan)),
        saved(steps=np.zeros(1)),
        saved(**{"0": None}),
        saved(**{"0": np.zeros((2, 2))}),
        saved(**{"0": np.zeros(4, np.float32)}),
        saved(**{"0": np.full((2, 2), np.inf, np.float32)}),
        saved(**{"0": np.zeros((1, 1025), np.float32)}),
    ],
)
def test_other_files_are_refused(content):
    with pytest.raises(VaeError):
        unpacked(content)
