import math

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPalette, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from vae_desktop.latent_plane import PlaneMode
from vae_desktop.plane_points import PointCloud, cloud
from vae_desktop.plane_view import PlaneView, signed, tick_values
from vae_desktop.style import accent

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def plane(white_plane):
    white_plane.setFocus()
    return white_plane


def gaussian(n, seed=0):
    rng = np.random.default_rng(seed)
    means = rng.normal(size=(n, 2)).astype(np.float32)
    return means, np.full((n, 2), 0.1, np.float32), rng.random(n) < 0.1, np.arange(n, dtype=np.int64)


def one_point(plane, z1, z2, index=7, sigma=0.1):
    plane.set_points(
        np.array([[z1, z2]], np.float32),
        np.full((1, 2), sigma, np.float32),
        np.array([False]),
        np.array([index], np.int64),
    )


def scale(plane):
    """Pixels per latent unit; the rulers on the left are 40 pixels wide."""
    z1_min, z1_max, _, _ = plane.visible_extent()
    return (plane.width() - 40) / (z1_max - z1_min)


def at(plane, z1, z2):
    """The pixel nearest to a latent point."""
    z1_min, _, _, z2_max = plane.visible_extent()
    return QPoint(round(40 + (z1 - z1_min) * scale(plane)), round((z2_max - z2) * scale(plane)))


def latent_of(plane, pixel):
    z1_min, _, _, z2_max = plane.visible_extent()
    return z1_min + (pixel.x() - 40) / scale(plane), z2_max - pixel.y() / scale(plane)


def recorded(plane):
    events = []
    plane.drag_started.connect(lambda number: events.append(("started", number)))
    plane.handle_moved.connect(lambda number, z1, z2: events.append(("moved", number, z1, z2)))
    plane.drag_finished.connect(lambda number: events.append(("finished", number)))
    plane.handle_selected.connect(lambda number: events.append(("selected", number)))
    plane.handle_added.connect(lambda number, z1, z2: events.append(("added", number, z1, z2)))
    plane.handle_removed.connect(lambda number: events.append(("removed", number)))
    return events


def wheel(plane, position, turn):
    point = QPointF(position)
    event = QWheelEvent(
        point,
        QPointF(plane.mapToGlobal(position)),
        QPoint(),
        QPoint(0, turn),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plane, event)


def shot(plane) -> QImage:
    return plane.grab().toImage()


def test_first_handle_comes_with_the_first_data(plane):
    events = recorded(plane)
    assert plane.handles == {}
    assert plane.active_handle is None
    plane.set_points(*gaussian(10))
    assert plane.handles == {1: (0.0, 0.0)}
    assert events == [("added", 1, 0.0, 0.0), ("selected", 1)]


def test_dragging_reports_in_order_and_keeps_the_grab_offset(plane):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    grab = at(plane, 0, 0) + QPoint(5, -3)
    QTest.mousePress(plane, LEFT, NONE, grab)
    for step in (10, 20, 30):
        QTest.mouseMove(plane, grab + QPoint(step, -step))
    QTest.mouseRelease(plane, LEFT, NONE, grab + QPoint(30, -30))
    kinds = [event[0] for event in events]
    assert kinds == ["started", "moved", "moved", "moved", "finished"]
    expected = 30 / scale(plane)
    assert events[-2][2:] == pytest.approx((expected, expected), abs=1e-6)
    assert plane.handles[1] == pytest.approx((expected, expected), abs=1e-6)


def test_a_press_off_the_handle_does_not_grab_it(plane):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    grab = at(plane, 0, 0) + QPoint(30, 0)
    QTest.mousePress(plane, LEFT, NONE, grab)
    QTest.mouseMove(plane, grab + QPoint(40, 0))
    QTest.mouseRelease(plane, LEFT, NONE, grab + QPoint(40, 0))
    assert events == []
    assert plane.handles == {1: (0.0, 0.0)}


def test_a_handle_dragged_beyond_the_edge_stays_in_sight(plane):
    plane.set_points(*gaussian(10))
    start = at(plane, 0, 0)
    QTest.mousePress(plane, LEFT, NONE, start)
    QTest.mouseMove(plane, QPoint(5000, -5000))
    QTest.mouseRelease(plane, LEFT, NONE, QPoint(5000, -5000))
    _, z1_max, _, z2_max = plane.visible_extent()
    assert plane.handles[1] == pytest.approx((z1_max, z2_max))


def test_click_places_the_active_handle_once(plane):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    target = at(plane, 1.5, -1.0)
    QTest.mouseClick(plane, LEFT, NONE, target)
    assert [event[0] for event in events] == ["started", "moved", "finished"]
    assert plane.handles[1] == pytest.approx(latent_of(plane, target), abs=1e-6)
    assert plane.handles[1] == pytest.approx((1.5, -1.0), abs=1 / scale(plane))


def test_click_on_the_rulers_places_nothing(plane):
    plane.set_points(*gaussian(10))
    QTest.mouseClick(plane, LEFT, NONE, QPoint(10, 200))
    assert plane.handles == {1: (0.0, 0.0)}


def test_pan_by_left_drag_by_middle_button_and_by_space(plane):
    plane.set_points(*gaussian(10))
    ground, centre = at(plane, 1, 1), at(plane, 0, 0)
    middle = Qt.MouseButton.MiddleButton
    for button, start, space in ((LEFT, ground, False), (middle, centre, False), (LEFT, centre, True)):
        plane.reset_view()
        before = plane.visible_extent()
        if space:
            QTest.keyPress(plane, Qt.Key.Key_Space)
        QTest.mousePress(plane, button, NONE, start)
        QTest.mouseMove(plane, start + QPoint(20, 10))
        QTest.mouseMove(plane, start + QPoint(64, 32))
        QTest.mouseRelease(plane, button, NONE, start + QPoint(64, 32))
        QTest.keyRelease(plane, Qt.Key.Key_Space)
        after = plane.visible_extent()
        assert before[0] - after[0] == pytest.approx(64 / scale(plane))
        assert after[3] - before[3] == pytest.approx(32 / scale(plane))
        assert plane.handles == {1: (0.0, 0.0)}


def test_wheel_keeps_the_point_under_the_pointer(plane, qtbot):
    plane.set_points(*gaussian(10))
    position = at(plane, 1.2, 0.7)
    before, old_scale = latent_of(plane, position), scale(plane)
    with qtbot.waitSignal(plane.view_changed):
        wheel(plane, position, 240)
    assert latent_of(plane, position) == pytest.approx(before, abs=1e-9)
    assert scale(plane) > 1.3 * old_scale
    wheel(plane, position, -240)
    assert scale(plane) == pytest.approx(old_scale)


def test_long_numbers_of_a_view_from_very_near_are_whole(plane):
    plane.set_points(*gaussian(200))
    middle = at(plane, 0.0, -0.7)
    for _ in range(24):
        wheel(plane, middle, 120)
    image = shot(plane)
    ground = image.pixelColor(20, plane.height() - 30)
    left = {image.pixelColor(x, y).rgb() for x in range(3) for y in range(plane.height() - 30)}
    assert left == {ground.rgb()}, "a number goes beyond the edge"
    ruler = {image.pixelColor(x, y).rgb() for x in range(3, 36) for y in range(plane.height() - 30)}
    assert len(ruler) > 1, "there are numbers"


def test_axes_have_one_scale_and_z2_grows_upwards(plane):
    plane.set_points(*gaussian(10))
    plane.resize(900, 300)
    z1_min, z1_max, z2_min, z2_max = plane.visible_extent()
    assert (z1_max - z1_min) / (900 - 40) == pytest.approx((z2_max - z2_min) / (300 - 24))
    assert at(plane, 0, 1).y() < at(plane, 0, 0).y()
    assert z2_max == pytest.approx(3.2)


@pytest.mark.parametrize(
    ("key", "modifier", "expected"),
    [
        (Qt.Key.Key_Right, NONE, (0.05, 0)),
        (Qt.Key.Key_Left, NONE, (-0.05, 0)),
        (Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier, (0, 0.25)),
        (Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier, (0, -0.01)),
    ],
)
def test_arrow_keys_move_the_active_handle(plane, key, modifier, expected):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    QTest.keyClick(plane, key, modifier)
    assert [event[0] for event in events] == ["started", "moved", "finished"]
    assert plane.handles[1] == pytest.approx(expected)


def test_held_arrow_keys_are_one_drag_and_end_with_the_focus(plane):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    QTest.keyPress(plane, Qt.Key.Key_Right)
    QTest.keyPress(plane, Qt.Key.Key_Up)
    QTest.keyRelease(plane, Qt.Key.Key_Right)
    assert [event[0] for event in events] == ["started", "moved", "moved"]
    plane.clearFocus()
    assert events[-1] == ("finished", 1)
    plane.setFocus()
    QTest.keyClick(plane, Qt.Key.Key_Left)
    assert [event[0] for event in events[4:]] == ["started", "moved", "finished"]


def test_the_view_follows_a_handle_moved_out_of_sight_by_key(plane):
    plane.set_points(*gaussian(10))
    plane.move_handle(1, plane.visible_extent()[1] - 0.01, 0)
    QTest.keyClick(plane, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert plane.visible_extent()[1] == pytest.approx(plane.handles[1][0])


def test_ctrl_click_adds_and_delete_keeps_the_last(plane):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    target = at(plane, -1, 1)
    QTest.mouseClick(plane, LEFT, Qt.KeyboardModifier.ControlModifier, target)
    assert events[0][:2] == ("added", 2)
    assert events[1] == ("selected", 2)
    assert plane.active_handle == 2
    assert plane.handles[2] == pytest.approx(latent_of(plane, target), abs=1e-6)
    QTest.keyClick(plane, Qt.Key.Key_Delete)
    assert events[2:] == [("removed", 2), ("selected", 1)]
    QTest.keyClick(plane, Qt.Key.Key_Delete)
    assert plane.handles == {1: (0.0, 0.0)}


def test_brackets_and_page_keys_choose_the_handle_that_keys_move(plane):
    plane.set_points(*gaussian(10))
    plane.add_handle(1, 1)
    plane.add_handle(2, 2)
    chosen = []
    plane.handle_selected.connect(chosen.append)
    for key in (Qt.Key.Key_BracketRight, Qt.Key.Key_PageDown, Qt.Key.Key_BracketLeft, Qt.Key.Key_PageUp):
        QTest.keyClick(plane, key)
    assert chosen == [1, 2, 1, 3]


def test_pressing_another_handle_selects_it(plane):
    plane.set_points(*gaussian(10))
    plane.add_handle(1.5, 1.5)
    QTest.mouseClick(plane, LEFT, NONE, at(plane, 0, 0))
    assert plane.active_handle == 1
    assert plane.handles == {1: (0.0, 0.0), 2: (1.5, 1.5)}


def test_programmatic_moves_are_silent_and_checked(plane):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    plane.move_handle(1, 0.5, 0.25)
    assert plane.handles == {1: (0.5, 0.25)}
    assert events == []
    with pytest.raises(KeyError):
        plane.move_handle(9, 0, 0)
    with pytest.raises(ValueError, match="finite"):
        plane.add_handle(math.nan, 0)


def test_clear_in_the_middle_of_a_drag_finishes_it(plane):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    start = at(plane, 0, 0)
    QTest.mousePress(plane, LEFT, NONE, start)
    plane.clear()
    QTest.mouseMove(plane, start + QPoint(30, 0))
    QTest.mouseRelease(plane, LEFT, NONE, start + QPoint(30, 0))
    assert [event[0] for event in events] == ["started", "finished", "removed"]
    assert plane.handles == {}


def test_hiding_ends_a_drag(plane):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    QTest.mousePress(plane, LEFT, NONE, at(plane, 0, 0))
    plane.hide()
    assert events[-1] == ("finished", 1)


def test_zoom_keys_reset_and_fit(plane):
    plane.set_points(*gaussian(200))
    start = plane.visible_extent()
    QTest.keyClick(plane, Qt.Key.Key_Plus)
    assert plane.visible_extent()[1] < start[1]
    QTest.keyClick(plane, Qt.Key.Key_Minus)
    QTest.keyClick(plane, Qt.Key.Key_Minus)
    assert plane.visible_extent()[1] > start[1]
    QTest.keyClick(plane, Qt.Key.Key_0)
    assert plane.visible_extent() == pytest.approx(start)


@pytest.mark.parametrize(("spread", "shift"), [(0.01, 2.0), (40.0, -300.0)])
def test_fit_shows_all_points(plane, spread, shift):
    means, sigmas, held_out, indices = gaussian(500)
    means = means * spread + shift
    plane.set_points(means, sigmas, held_out, indices)
    QTest.keyClick(plane, Qt.Key.Key_F)
    z1_min, z1_max, z2_min, z2_max = plane.visible_extent()
    assert (means[:, 0] > z1_min).all()
    assert (means[:, 0] < z1_max).all()
    assert (means[:, 1] > z2_min).all()
    assert (means[:, 1] < z2_max).all()
    assert z1_max - z1_min < 30 * spread


def test_points_that_are_not_finite_are_left_out(plane):
    means, sigmas, held_out, indices = gaussian(20)
    means[0], means[1, 1], sigmas[2] = np.nan, np.inf, np.nan
    means[3] = 1e30
    plane.set_points(means, sigmas, held_out, indices)
    shot(plane)
    plane.fit()
    shot(plane)
    assert all(math.isfinite(side) for side in plane.visible_extent())
    with pytest.raises(ValueError, match="expected"):
        plane.set_points(means[:, :1], sigmas, held_out, indices)


def test_hover_names_the_nearest_picture_and_leaves_it(plane):
    one_point(plane, 1.0, 1.0, index=42)
    hovered = []
    plane.picture_hovered.connect(hovered.append)
    place = at(plane, 1, 1)
    QTest.mouseMove(plane, place + QPoint(30, 0))
    QTest.mouseMove(plane, place + QPoint(4, 0))
    QTest.mouseMove(plane, place + QPoint(3, 0))
    QTest.mouseMove(plane, place + QPoint(30, 0))
    assert hovered == [42, -1]
    plane.set_mode(PlaneMode.TILES)
    QTest.mouseMove(plane, place)
    assert hovered == [42, -1]


def test_hover_draws_the_ellipse_to_scale(plane):
    one_point(plane, 1.0, 1.0, sigma=0.4)
    place = at(plane, 1, 1)
    without = shot(plane)
    QTest.mouseMove(plane, place)
    ellipse = shot(plane)
    edge = place + QPoint(-round(0.4 * scale(plane)), 0)
    outside = place + QPoint(-round(2 * 0.4 * scale(plane)) - 5, 0)
    nearby = [edge + QPoint(dx, 0) for dx in range(-2, 3)]
    assert min(ellipse.pixelColor(p).lightness() for p in nearby) < 170
    assert ellipse.pixelColor(outside) == without.pixelColor(outside)
    QTest.mouseMove(plane, place + QPoint(60, 60))
    assert shot(plane) == without


def test_double_click_on_a_point_opens_its_picture(plane, qtbot):
    one_point(plane, -1.0, 1.0, index=5)
    with qtbot.waitSignal(plane.picture_activated) as opened:
        QTest.mouseClick(plane, LEFT, NONE, at(plane, -1, 1))  # puts the handle there
        QTest.mouseDClick(plane, LEFT, NONE, at(plane, -1, 1))
    assert opened.args == [5]


def test_a_snapshot_during_a_drag_is_shown_after_it(plane, qtbot):
    one_point(plane, 2.0, 2.0)
    blank, dotted = at(plane, -2, -2), at(plane, 2, 2)
    shot(plane)
    QTest.mousePress(plane, LEFT, NONE, at(plane, 0, 0))
    one_point(plane, -2.0, -2.0)
    white = QColor("white")
    assert shot(plane).pixelColor(dotted) != white
    QTest.mouseRelease(plane, LEFT, NONE, at(plane, 0, 0))
    qtbot.waitUntil(lambda: shot(plane).pixelColor(blank) != white)
    assert shot(plane).pixelColor(dotted) == white


def test_tiles_show_the_right_picture_at_the_right_place(plane):
    colours = [[(200, 0, 0), (0, 200, 0)], [(0, 0, 200), (200, 200, 0)]]
    tiles = np.zeros((2, 2, 16, 16, 3), np.uint8)
    tiles[:] = np.array(colours, np.uint8)[:, :, None, None, :]
    centres = np.array([[[-1, 1], [1, 1]], [[-1, -1], [1, -1]]], np.float32)
    plane.set_tiles(tiles, centres)
    image = shot(plane)
    for row in range(2):
        for column in range(2):
            place = at(plane, *centres[row, column] * 0.5)
            assert image.pixelColor(place).getRgb()[:3] == colours[row][column]
    assert image.pixelColor(at(plane, 2.3, 1.2)) == QColor("white")
    plane.set_mode(PlaneMode.POINTS)
    assert shot(plane).pixelColor(at(plane, 0.5, 0.5)) == QColor("white")


def test_tiles_beyond_three_sigma_are_faded_and_grey_ones_work(plane):
    tiles = np.zeros((4, 4, 8, 8, 1), np.uint8)
    steps = np.linspace(-3, 3, 4, dtype=np.float32)
    plane.set_tiles(tiles, np.stack(np.meshgrid(steps, -steps), -1))
    image = shot(plane)
    assert image.pixelColor(at(plane, 1.7, 0.6)).lightness() == 0
    assert image.pixelColor(at(plane, 2.8, 2.8)).lightness() == pytest.approx(127, abs=3)
    with pytest.raises(ValueError, match="do not fit"):
        plane.set_tiles(tiles, np.zeros((4, 3, 2), np.float32))


def test_tiles_about_the_middle_of_the_pictures_are_not_faded(plane):
    steps = np.linspace(-3, 3, 4, dtype=np.float32)
    plane.set_tiles(np.zeros((4, 4, 8, 8, 1), np.uint8), np.stack(np.meshgrid(steps, -steps), -1))
    plane.set_prior_mean(20.0, 0.0)
    assert shot(plane).pixelColor(at(plane, 2.8, 2.8)).lightness() == 0


def test_tiles_of_a_model_that_was_not_drawn_to_the_prior_are_not_faded(plane):
    steps = np.linspace(-3, 3, 4, dtype=np.float32)
    plane.set_tiles(np.zeros((4, 4, 8, 8, 1), np.uint8), np.stack(np.meshgrid(steps, -steps), -1))
    plane.set_has_prior(False)
    assert shot(plane).pixelColor(at(plane, 2.8, 2.8)).lightness() == 0


def test_a_dragged_handle_jumps_to_pictures_within_its_reach(plane):
    one_point(plane, 1.0, 1.0)
    plane.snaps = True
    for reach, jumps in ((12.0, True), (4.0, False)):
        plane.snap_reach = reach
        plane.move_handle(1, 0.0, 0.0)
        QTest.mousePress(plane, LEFT, NONE, at(plane, 0.0, 0.0))
        near = at(plane, 1.0, 1.0) + QPoint(7, 0)
        QTest.mouseMove(plane, near)
        QTest.mouseRelease(plane, LEFT, NONE, near)
        assert (plane.handles[1] == (1.0, 1.0)) == jumps


def test_the_priors_rings_are_drawn_around_its_mean(plane):
    plane.set_points(*gaussian(1))
    plane.set_prior_mean(0.5, -0.7)
    image, lines = shot(plane), []
    for radius in (1.0, 1.5, 2.0):
        spot = at(plane, 0.5 + radius * math.cos(2.2), -0.7 + radius * math.sin(2.2))
        near = [spot + QPoint(dx, dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
        lines.append(min(image.pixelColor(point).lightness() for point in near) < 240)
    assert lines == [True, False, True]


def test_the_ellipse_of_a_posterior_is_turned(plane):
    means, indices = np.array([[0.0, 0.0]], np.float32), np.array([7], np.int64)
    sigmas, angle = np.array([[1.2, 0.1]], np.float32), np.array([math.pi / 6], np.float32)
    plane.set_points(means, sigmas, np.array([False]), indices, angle)
    plane.move_handle(1, -2.5, -2.5)
    without = shot(plane)
    QTest.mouseMove(plane, at(plane, 0.0, 0.0))
    image = shot(plane)

    def covers(turn):
        point = at(plane, 1.1 * math.cos(turn), 1.1 * math.sin(turn))
        return image.pixelColor(point) != without.pixelColor(point)

    assert [covers(turn) for turn in (math.pi / 6, -math.pi / 6, 0.0)] == [True, False, False]


def test_sixty_thousand_points_become_a_density(plane):
    means, sigmas, held_out, indices = gaussian(60_000)
    plane.set_points(means, sigmas, held_out, indices)
    image = shot(plane)
    middle, rim = image.pixelColor(at(plane, 0.3, 0.3)), image.pixelColor(at(plane, 2.9, -2.9))
    assert rim == QColor("white")
    assert middle.lightness() < 140
    assert abs(middle.hslHue() - accent(plane.palette()).hslHue()) < 20


def test_moving_view_shows_the_shifted_layer_then_a_sharp_one(plane, qtbot):
    plane.set_points(*gaussian(5_000))
    shot(plane)
    plane.set_view(plane._view.panned(50, 0))
    shot(plane)

    def is_sharp():
        moving = shot(plane)
        plane.resize(plane.width() + 1, plane.height())
        plane.resize(plane.width() - 1, plane.height())
        return moving == shot(plane)

    qtbot.waitUntil(is_sharp)


def test_a_pan_is_visible_at_once(plane):
    one_point(plane, 1.0, 1.0)
    place = at(plane, 1, 1)
    shot(plane)
    plane.set_view(plane._view.panned(50, 20))
    image = shot(plane)
    dark = [image.pixelColor(place + QPoint(50, 20) + QPoint(dx, 0)).lightness() for dx in (-1, 0, 1)]
    assert min(dark) < 160
    assert image.pixelColor(place) == QColor("white")


def test_a_new_palette_repaints_everything(plane):
    plane.set_points(*gaussian(100))
    shot(plane)
    dark = QPalette(QColor("#202020"), QColor("#202020"))
    dark.setColor(QPalette.ColorRole.Base, QColor("#101010"))
    plane.setPalette(dark)
    assert shot(plane).pixelColor(plane.width() - 3, 3) == QColor("#101010")


def test_placeholder_until_there_is_something_to_show(plane):
    bare = shot(plane)
    plane.set_placeholder("Train on these pictures first.")
    assert shot(plane) != bare
    QTest.mouseClick(plane, LEFT, NONE, QPoint(100, 100))
    QTest.keyClick(plane, Qt.Key.Key_Right)
    assert plane.handles == {}


@pytest.mark.parametrize("backdrop", [0, 128, 255])
def test_handles_can_be_seen_on_any_tile(plane, backdrop):
    tiles = np.full((2, 2, 8, 8, 1), backdrop, np.uint8)
    plane.set_tiles(tiles, np.array([[[-1, 1], [1, 1]], [[-1, -1], [1, -1]]], np.float32))
    plane.add_handle(0.3, 0.4)
    image = shot(plane)
    for place in plane.handles.values():
        centre = at(plane, *place)
        line = [image.pixelColor(centre + QPoint(0, dy)).lightness() for dy in range(5, 14)]
        assert max(line) > 235
        assert min(line) < 130


def test_focus_by_key_is_shown(plane):
    plane.set_points(*gaussian(10))
    plane.clearFocus()
    unfocused = shot(plane)
    plane.setFocus(Qt.FocusReason.MouseFocusReason)
    assert shot(plane) == unfocused
    plane.clearFocus()
    plane.setFocus(Qt.FocusReason.TabFocusReason)
    corner = shot(plane).pixelColor(1, 1)
    assert corner == accent(plane.palette())


def test_touch_drags_and_two_fingers_zoom(plane):
    plane.set_points(*gaussian(10))
    events = recorded(plane)
    device = QTest.createTouchDevice()
    start = at(plane, 0, 0) + QPoint(18, 0)  # within 44 px
    QTest.touchEvent(plane, device).press(0, start, plane).commit()
    QTest.touchEvent(plane, device).move(0, start + QPoint(40, 0), plane).commit()
    QTest.touchEvent(plane, device).release(0, start + QPoint(40, 0), plane).commit()
    assert [event[0] for event in events] == ["started", "moved", "finished"]
    assert plane.handles[1] == pytest.approx((40 / scale(plane), 0))
    before, old_scale = plane.visible_extent(), scale(plane)
    one, two = at(plane, -1.5, 1.5), at(plane, 1.5, 1.5)
    QTest.touchEvent(plane, device).press(0, one, plane).press(1, two, plane).commit()
    spread = QPoint(40, 0)
    QTest.touchEvent(plane, device).move(0, one - spread, plane).move(1, two + spread, plane).commit()
    QTest.touchEvent(plane, device).release(0, one - spread, plane).release(1, two + spread, plane).commit()
    assert scale(plane) == pytest.approx(old_scale * (two.x() - one.x() + 80) / (two.x() - one.x()))
    assert plane.visible_extent()[0] > before[0]
    assert len(plane.handles) == 1


def test_accessible_description_tells_where_the_handle_is(plane):
    plane.set_points(*gaussian(10))
    QTest.keyClick(plane, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    assert plane.accessibleName()
    assert "z1 −0.25" in plane.accessibleDescription()


def test_nearest_point_agrees_with_looking_at_all_of_them():
    means, sigmas, held_out, indices = gaussian(3_000, seed=4)
    points = cloud(means, sigmas, held_out, indices)
    for z1, z2 in np.random.default_rng(5).normal(size=(50, 2)):
        distances = np.hypot(means[:, 0] - z1, means[:, 1] - z2)
        expected = int(distances.argmin()) if distances.min() <= 0.1 else None
        assert points.nearest(float(z1), float(z2), 0.1) == expected
    assert PointCloud().nearest(0, 0, 1) is None


def test_ticks_are_round_and_few():
    values, decimals = tick_values(-3.2, 3.2, 7)
    assert values == [-3, -2, -1, 0, 1, 2, 3]
    assert decimals == 0
    values, decimals = tick_values(0.11, 0.1349, 5)
    assert [signed(value, decimals) for value in values] == ["0.110", "0.115", "0.120", "0.125", "0.130"]
    assert signed(-0.001, 2) == "0.00"
    assert signed(-1.5, 1) == "−1.5"


def test_zoom_ends_somewhere():
    view = PlaneView(width=100, height=100)
    for factor in (1e9, 1e-9):
        zoomed = view.zoomed(factor, 10, 20)
        assert math.isfinite(zoomed.scale)
        assert zoomed.zoomed(factor, 10, 20).scale == pytest.approx(zoomed.scale)
        assert zoomed.to_screen(*view.to_latent(10, 20)) == pytest.approx((10, 20), abs=1e-3)
