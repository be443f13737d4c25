"""Ellipses of many posteriors, and the marks of selected pictures, on the plane itself."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from vae_desktop.latent_plane import PlaneMode
from vae_desktop.plane_ellipses import MOST_ELLIPSES, EllipsesOf

LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def plane(white_plane):
    white_plane.set_mode(PlaneMode.POINTS)
    white_plane.setFocus()
    return white_plane


def show(plane, means, sigmas, angles=None):
    n = len(means)
    angles = None if angles is None else np.array(angles, np.float32)
    plane.set_points(
        np.array(means, np.float32), np.array(sigmas, np.float32), np.zeros(n, bool), np.arange(n) + 5, angles
    )


def darkness(plane, z1, z2):
    """How much darker than white the darkest pixel about a place is."""
    image = plane.grab().toImage()
    x, y = (round(each) for each in plane.view.to_screen(z1, z2))
    around = [image.pixelColor(x + dx, y + dy).lightness() for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return 255 - min(around)


@pytest.mark.parametrize("angle", [0.0, 0.5])
def test_ellipses_are_drawn_to_scale_at_one_and_two_sigma(plane, angle):
    show(plane, [[-1.6, 1.3]], [[0.5, 0.2]], [angle])
    along = np.array([np.cos(angle), np.sin(angle)])
    across = np.array([-along[1], along[0]])
    places = [(-1.6, 1.3) + times * part for times in (1, 2) for part in (0.5 * along, 0.2 * across)]
    assert [darkness(plane, *place) for place in places] == [0] * 4
    plane.show_ellipses(EllipsesOf.ALL)
    assert min(darkness(plane, *place) for place in places) > 30
    assert darkness(plane, *((-1.6, 1.3) + 0.75 * along)) == 0


def test_only_selected_pictures_have_ellipses_when_so_chosen(plane):
    show(plane, [[-1.6, 1.3], [1.6, 1.3]], [[0.3, 0.3]] * 2)
    plane.show_ellipses(EllipsesOf.SELECTED)
    assert darkness(plane, -1.3, 1.3) == 0
    plane.show_selected(np.array([5]))
    assert darkness(plane, -1.3, 1.3) > 60
    assert darkness(plane, 1.9, 1.3) == 0


def test_many_ellipses_fade_and_too_many_are_said_to_be_left_out(plane):
    plane.show_ellipses(EllipsesOf.ALL)
    show(plane, [[-1.6, 1.3]], [[0.3, 0.3]])
    alone = darkness(plane, -1.3, 1.3)
    rng = np.random.default_rng(0)
    n = MOST_ELLIPSES + 500
    far = rng.uniform(-3, -2.9, size=(n, 2))
    show(plane, np.concatenate([[[-1.6, 1.3]], far]), np.concatenate([[[0.3, 0.3]], np.full((n, 2), 0.01)]))
    assert darkness(plane, -1.3, 1.3) < alone / 2
    note = plane._scene._ellipses_note
    assert f"{MOST_ELLIPSES:,} of the {n + 1:,}" in note
    plane.show_ellipses(EllipsesOf.POINTED_AT)
    plane.grab()
    assert plane._scene._ellipses_note == ""


def test_ellipses_of_widths_that_are_not_known_do_no_harm(plane):
    plane.show_ellipses(EllipsesOf.ALL)
    show(plane, [[-1.6, 1.3], [1, 1]], [[np.nan, 0.0], [np.inf, 1.0]])
    assert not plane.grab().isNull()


@pytest.mark.parametrize("n", [10, 9_000])
def test_selected_pictures_are_marked(plane, n):
    means = np.full((n, 2), 2.0)
    means[n // 2 :] = (-1.6, 1.3)
    show(plane, means, np.full((n, 2), 0.1))
    before = plane.grab().toImage()
    plane.show_selected(np.arange(5, 5 + n // 2))
    after = plane.grab().toImage()
    changed = [
        (x, y)
        for x in range(after.width())
        for y in range(after.height())
        if before.pixel(x, y) != after.pixel(x, y)
    ]
    x, y = plane.view.to_screen(2.0, 2.0)
    assert len(changed) > 10
    assert all(np.hypot(a - x, b - y) < 12 for a, b in changed)


def test_more_selected_pictures_than_can_have_rings_are_marked(plane):
    n = 20_000
    rng = np.random.default_rng(0)
    show(plane, rng.uniform((-2, 0.5), (-1, 1.5), size=(n, 2)), np.full((n, 2), 0.1))
    plane.show_selected(np.arange(5, 5 + n))
    x, y = plane.view.to_screen(-1.5, 1.0)
    assert plane.grab().toImage().pixelColor(round(x), round(y)).lightness() < 60


def test_a_selected_thumbnail_has_another_frame(plane):
    plane.set_pictures(lambda _number: np.full((32, 32, 1), 255, np.uint8))
    plane.set_mode(PlaneMode.THUMBNAILS)
    show(plane, [[-1.6, 1.3]], [[0.1, 0.1]])
    plane.show_selected(np.array([5]))
    image = plane.grab().toImage()
    place, _ = plane._scene.thumbnails._placed[0]
    assert image.pixelColor(round(place.left()) + 1, round(place.center().y())).lightness() < 60


def at(plane, z1, z2):
    return QPoint(*(round(each) for each in plane.view.to_screen(z1, z2)))


def test_a_click_on_a_picture_tells_it_and_places_the_handle(plane):
    show(plane, [[-1.6, 1.3]], [[0.1, 0.1]])
    told = []
    plane.picture_clicked.connect(lambda *picture: told.append(picture))
    QTest.mouseClick(plane, LEFT, pos=at(plane, -1.6, 1.3))
    assert told == [(5, False)]
    assert plane.handles[1] == pytest.approx((-1.6, 1.3), abs=0.01)
    QTest.mouseClick(plane, LEFT, pos=at(plane, 1.0, 1.0))
    assert told == [(5, False)]


def test_ctrl_click_adds_a_handle_on_empty_ground_and_a_picture_on_a_picture(plane):
    show(plane, [[-1.6, 1.3]], [[0.1, 0.1]])
    told = []
    plane.picture_clicked.connect(lambda *picture: told.append(picture))
    QTest.mouseClick(plane, LEFT, CTRL, at(plane, -1.6, 1.3))
    assert told == [(5, True)]
    assert set(plane.handles) == {1}
    QTest.mouseClick(plane, LEFT, CTRL, at(plane, 1.0, 1.0))
    assert set(plane.handles) == {1, 2}


def test_escape_is_told_where_there_is_no_tool_to_leave(plane, qtbot):
    show(plane, [[-1.6, 1.3]], [[0.1, 0.1]])
    with qtbot.waitSignal(plane.escaped):
        QTest.keyClick(plane, Qt.Key.Key_Escape)
