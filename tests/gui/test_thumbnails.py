"""The person's own pictures on the plane: which are shown, where, and what the hand finds there."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest

from vae_desktop.latent_plane import PlaneMode
from vae_desktop.plane_points import cloud

LEFT = Qt.MouseButton.LeftButton
EXTENT = (-3.0, 3.0, -2.0, 2.0)


def scattered(n, seed=0, spread=1.0):
    rng = np.random.default_rng(seed)
    means = (spread * rng.normal(size=(n, 2))).astype(np.float32)
    return means, np.full((n, 2), 0.1, np.float32), np.zeros(n, bool), np.arange(n, dtype=np.int64)


def one_a_cell(n, width, seed=0):
    points = cloud(*scattered(n, seed))
    rows, corners = points.one_a_cell(width, EXTENT)
    return points, rows, corners


@given(st.integers(0, 300), st.sampled_from([0.25, 0.5, 1.0]), st.integers(0, 5))
def test_each_cell_with_points_has_one_of_its_own(n, width, seed):
    points, rows, corners = one_a_cell(n, width, seed)
    inside = points.means[rows]
    assert ((inside >= corners) & (inside < corners + width)).all()
    assert len({tuple(corner) for corner in corners.tolist()}) == len(rows)
    cells = {tuple(cell) for cell in np.floor(points.means / width).tolist()}
    z1_min, z1_max, z2_min, z2_max = EXTENT
    in_sight = {
        (column, row)
        for column, row in cells
        if z1_min < (column + 1) * width and column * width <= z1_max
        if z2_min < (row + 1) * width and row * width <= z2_max
    }
    assert {tuple(cell) for cell in (corners / width).tolist()} == in_sight


@given(st.integers(1, 300), st.integers(0, 5))
def test_zooming_in_adds_pictures_and_takes_none_away(n, seed):
    points, coarse, _ = one_a_cell(n, 1.0, seed)
    _, fine, _ = one_a_cell(n, 0.5, seed)
    z1_min, z1_max, z2_min, z2_max = EXTENT
    (z1, z2) = points.means[coarse].T
    in_sight = coarse[(z1_min <= z1) & (z1 <= z1_max) & (z2_min <= z2) & (z2 <= z2_max)]
    assert set(in_sight.tolist()) <= set(fine.tolist())


def test_the_choice_does_not_follow_the_order_of_the_files():
    _, rows, _ = one_a_cell(2_000, 1.0)
    assert rows.max() > 1_000


# ---------------------------------------------------------------------- on the plane


def colour_of(number):
    return (40 + 50 * (number % 4), 20 * (number % 10), 255 - 30 * (number % 8))


@pytest.fixture
def plane(white_plane):
    white_plane.set_pictures(lambda number: np.full((32, 32, 3), colour_of(number), np.uint8))
    white_plane.set_mode(PlaneMode.THUMBNAILS)
    return white_plane


def shot(plane):
    return plane.grab().toImage()


def placed(plane):
    """(rectangle, number) of the thumbnails that are shown."""
    shot(plane)
    return list(plane._scene.thumbnails._placed)


@pytest.mark.parametrize("factor", [1.0, 1.7, 6.0])
def test_thumbnails_show_their_pictures_near_their_places_and_none_hides_another(plane, factor):
    points = scattered(400)
    plane.set_points(*points)
    plane.zoom_by(factor)
    plane._settle.timeout.emit()
    image, found = shot(plane), placed(plane)
    handle = QRectF(-30, -30, 60, 60).translated(*plane._view.to_screen(*plane.handles[plane.active_handle]))
    assert len(found) > 10
    for first, second in combinations([place for place, _ in found], 2):
        assert not first.intersects(second)
    for place, number in found:
        x, y = plane._view.to_screen(*map(float, points[0][number]))
        centre = place.center()
        assert abs(centre.x() - x) < 42
        assert abs(centre.y() - y) < 42
        if QRectF(60, 10, 560, 380).contains(place) and not place.intersects(handle):
            corner = place.topLeft().toPoint() + QPoint(8, 8)
            assert image.pixelColor(corner).getRgb()[:3] == colour_of(number)


def test_the_picture_under_the_pointer_is_that_of_the_thumbnail(plane, qtbot):
    plane.set_points(*scattered(400))
    hovered, opened = [], []
    plane.picture_hovered.connect(hovered.append)
    plane.picture_activated.connect(opened.append)
    place, number = next((p, n) for p, n in placed(plane) if QRectF(60, 10, 560, 380).contains(p))
    corner = place.topLeft().toPoint() + QPoint(4, 4)
    QTest.mouseMove(plane, corner)
    qtbot.waitUntil(lambda: hovered == [number])
    QTest.mouseDClick(plane, LEFT, pos=corner)
    assert opened == [number]


def test_no_tiles_are_wanted_below_thumbnails_and_none_are_shown(plane, qtbot):
    wanted = []
    plane.tiles_wanted.connect(wanted.append)
    plane.set_mode(PlaneMode.THUMBNAILS)
    qtbot.waitUntil(lambda: wanted == [[]])


def test_without_pictures_to_show_points_stand_in(plane):
    plane.set_points(*scattered(1, spread=0.0))
    with_thumbnail = shot(plane)
    plane.set_pictures(None)
    assert shot(plane) != with_thumbnail
    assert placed(plane) == []


def test_density_is_shown_of_few_points_too(plane):
    means, *rest = scattered(300, spread=0.3)
    plane.set_mode(PlaneMode.POINTS)
    plane.set_points(means, *rest)
    dots = shot(plane)
    plane.set_mode(PlaneMode.DENSITY)
    dense = shot(plane)
    assert dense != dots
    near, far = (
        dense.pixelColor(*map(round, plane._view.to_screen(*at))).lightness()
        for at in ((-0.3, 0.25), (-0.8, 0.7))
    )
    assert near < far, "darker where more points lie"
    x, y = plane._view.to_screen(2.5, -2.0)
    assert dense.pixelColor(round(x), round(y)) == QColor("white")
