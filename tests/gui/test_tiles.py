"""The endless backdrop: which tiles a view wants, what is kept of them, how they lie on the plane."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest

from vae_desktop.latent_plane import PlaneMode
from vae_desktop.plane_view import MAX_SCALE, MIN_SCALE, PlaneView
from vae_desktop.tile_grid import BLOCK, Block, blocks_over, even_grid, fine_level, wanted_blocks
from vae_desktop.tile_pyramid import TilePyramid, rectangle_of

VIEW = PlaneView().placed(0, 0, 640, 480)
RED, GREEN, BLUE = (200, 0, 0), (0, 200, 0), (0, 0, 200)


def tiles(colour=RED, side=8):
    return np.full((BLOCK, BLOCK, side, side, 3), colour, np.uint8)


BLOCKS = st.builds(Block, st.integers(-6, 6), st.integers(-40, 40), st.integers(-40, 40))


# ---------------------------------------------------------------------- where they are


@given(BLOCKS)
def test_four_blocks_of_the_next_level_make_up_a_block(block):
    left, right, bottom, top = block.bounds
    finer = blocks_over(block.bounds, block.level + 1)
    assert len(finer) == 4
    edges = np.array([each.bounds for each in finer])
    assert (edges[:, 0].min(), edges[:, 1].max()) == (left, right)
    assert (edges[:, 2].min(), edges[:, 3].max()) == (bottom, top)


@given(BLOCKS)
def test_centres_lie_evenly_within_their_block_from_the_top_left_on(block):
    left, right, bottom, top = block.bounds
    step = (right - left) / BLOCK
    centres = block.centres.astype(np.float64)
    expected = left + step * (np.arange(BLOCK) + 0.5)
    np.testing.assert_allclose(centres[0, :, 0], expected, rtol=1e-5, atol=1e-5 * block.width)
    np.testing.assert_allclose(
        centres[:, 0, 1], top - step * (np.arange(BLOCK) + 0.5), rtol=1e-5, atol=1e-5 * block.width
    )
    assert bottom < centres[-1, 0, 1] < centres[0, 0, 1] < top


def test_an_even_grid_covers_the_first_view():
    grid = even_grid(4)
    np.testing.assert_allclose(grid[0, :, 0], [-2.4, -0.8, 0.8, 2.4], rtol=1e-6)
    np.testing.assert_allclose(grid[:, 0, 1], [2.4, 0.8, -0.8, -2.4], rtol=1e-6)


@given(st.floats(MIN_SCALE, MAX_SCALE), st.sampled_from([32, 64, 96, 128, 256]))
def test_a_tile_is_on_the_screen_from_once_to_twice_as_large_as_it_must_be(scale, side):
    view = PlaneView(span=480 / scale).placed(0, 0, 640, 480)
    width = Block(fine_level(view, side), 0, 0).width / BLOCK * view.scale
    least = min(max(side / 3, 24), 40)
    assert least * 0.999 <= width < 2 * least * 1.001


@given(
    st.floats(-50, 50),
    st.floats(-50, 50),
    st.floats(1e-3, 50),
    st.floats(-50, 50),
    st.sampled_from([32, 256]),
)
def test_what_a_view_wants_covers_it_twice_coarse_first_and_from_the_pointer_on(z1, z2, span, at, side):
    view = PlaneView(z1, z2, span).placed(0, 0, 640, 480)
    wanted = wanted_blocks(view, side, (z1 + at, z2))
    fine = fine_level(view, side)
    levels = [block.level for block in wanted]
    assert levels == sorted(levels)
    assert set(levels) == {fine - 1, fine}
    assert len(wanted) == len(set(wanted)) <= 80
    for level in (fine - 1, fine):
        of_level = [block for block in wanted if block.level == level]
        left, right, bottom, top = np.array([block.bounds for block in of_level]).T
        z1_min, z1_max, z2_min, z2_max = view.extent
        assert ((left < z1_max) & (right > z1_min) & (bottom < z2_max) & (top > z2_min)).all()
        assert min(left) <= z1_min
        assert max(right) >= z1_max
        assert min(bottom) <= z2_min
        assert max(top) >= z2_max
        distances = [
            np.hypot((b.bounds[0] + b.bounds[1]) / 2 - z1 - at, (b.bounds[2] + b.bounds[3]) / 2 - z2)
            for b in of_level
        ]
        assert distances == sorted(distances)


# ---------------------------------------------------------------------- what is kept


def drawn(pyramid, view=VIEW):
    image = QImage(640, 480, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    with QPainter(image) as painter:
        pyramid.draw(painter, view)
    return image


def colour_in(image, block, view=VIEW):
    """Near the upper right corner of a block, or of the part of it that is seen."""
    place = rectangle_of(block, view).intersected(QRectF(0, 0, 640, 480))
    return image.pixelColor((place.topRight() + QPointF(-4, 4)).toPoint()).getRgb()[:3]


@pytest.fixture
def fine():
    """The block of the fine level for VIEW and tiles of 8 pixels, up and right of (0, 0)."""
    return Block(fine_level(VIEW, 8), 0, 0)


def test_finer_tiles_cover_coarser_ones_and_newer_ones_all_older_ones(fine):
    pyramid, coarse = TilePyramid(), Block(fine.level - 1, 0, 0)
    pyramid.put(fine, tiles(RED), 1)
    pyramid.put(coarse, tiles(GREEN), 1)
    image = drawn(pyramid)
    assert colour_in(image, fine) == RED
    assert colour_in(image, coarse) == GREEN
    pyramid.put(coarse, tiles(BLUE), 2)
    assert colour_in(drawn(pyramid), fine) == BLUE
    pyramid.put(fine, tiles(GREEN), 2)
    assert colour_in(drawn(pyramid), fine) == GREEN


def test_tiles_too_fine_for_the_view_only_stand_in(fine):
    pyramid, finer = TilePyramid(), Block(fine.level + 1, 0, 0)
    pyramid.put(finer, tiles(RED), 1)
    assert colour_in(drawn(pyramid), finer) == RED
    pyramid.put(fine, tiles(GREEN), 1)
    assert colour_in(drawn(pyramid), finer) == GREEN


def test_tiles_that_come_late_do_not_replace_newer_ones(fine):
    pyramid = TilePyramid()
    pyramid.put(fine, tiles(GREEN), 2)
    pyramid.put(fine, tiles(RED), 1)
    assert pyramid.generation_of(fine) == 2
    assert colour_in(drawn(pyramid), fine) == GREEN


def test_memory_is_bounded_and_what_was_not_used_the_longest_goes_first():
    block_bytes = 4 * (BLOCK * 8) ** 2
    pyramid = TilePyramid(most_bytes=3 * block_bytes)
    row = [Block(0, column, 0) for column in range(4)]
    for block in row[:3]:
        pyramid.put(block, tiles(), 1)
    assert pyramid.generation_of(row[0]) == 1  # which uses it
    pyramid.put(row[3], tiles(), 1)
    assert len(pyramid) == 3
    assert [pyramid.generation_of(block) for block in row] == [1, 0, 1, 1]


def test_neighbours_leave_no_gap_at_any_zoom(fine):
    for span in np.linspace(5.9, 6.9, 23):
        view = PlaneView(0.017, -0.023, float(span)).placed(0, 0, 640, 480)
        pyramid = TilePyramid()
        for block in blocks_over(view.extent, fine_level(view, 8)):
            pyramid.put(block, tiles(RED), 1)
        image = drawn(pyramid, view).convertToFormat(QImage.Format.Format_RGB888)
        pixels = np.frombuffer(image.constBits(), np.uint8).reshape(480, image.bytesPerLine())[:, : 3 * 640]
        assert (pixels.reshape(-1, 3) == RED).all()


# ---------------------------------------------------------------------- on the plane


class Decoder:
    """Answers what a plane wants: tiles of a colour, all of them at once."""

    def __init__(self, plane):
        self.plane, self.wanted, self.generation, self.colour = plane, [], 1, RED
        plane.tiles_wanted.connect(self.take)

    def take(self, wanted):
        self.wanted = wanted

    def answer(self, level=None):
        for block, generation in self.wanted:
            if generation < self.generation and level in (None, block.level):
                self.plane.put_tiles(block, tiles(self.colour), self.generation)


@pytest.fixture
def plane(white_plane, qtbot):
    white_plane.decoder = Decoder(white_plane)
    white_plane.resize(641, 480)  # after which it tells anew what it wants
    white_plane.resize(640, 480)
    qtbot.waitUntil(lambda: bool(white_plane.decoder.wanted))
    return white_plane


def colour_at(plane, x, y):
    return plane.grab().toImage().pixelColor(QPoint(x, y)).getRgb()[:3]


INSIDE = (400, 200)  # pixels, within 3σ, off the axes and the rings


def test_an_empty_plane_wants_tiles_and_shows_those_that_come(plane):
    assert plane.is_empty
    plane.decoder.answer()
    assert not plane.is_empty
    assert colour_at(plane, *INSIDE) == RED


def test_a_block_that_arrives_is_shown_in_its_place_alone(plane, qtbot):
    plane.decoder.answer()
    assert colour_at(plane, *INSIDE) == RED
    at = plane._view.to_latent(*INSIDE)
    level = max(block.level for block, _ in plane.decoder.wanted)
    (block,) = blocks_over((at[0], at[0], at[1], at[1]), level) or [None]
    plane.put_tiles(block, tiles(GREEN), 2)
    assert colour_at(plane, *INSIDE) == GREEN
    place = rectangle_of(block, plane._view)
    assert colour_at(plane, round(place.left()) - 5, round(place.center().y())) != GREEN


def test_a_pan_wants_what_comes_into_sight_and_knows_what_is_there(plane, qtbot):
    plane.decoder.answer()
    before = {block for block, _ in plane.decoder.wanted}
    QTest.mousePress(plane, Qt.MouseButton.LeftButton, pos=QPoint(300, 300))
    QTest.mouseMove(plane, QPoint(200, 300))
    QTest.mouseMove(plane, QPoint(100, 300))
    QTest.mouseRelease(plane, Qt.MouseButton.LeftButton, pos=QPoint(100, 300))
    qtbot.waitUntil(lambda: {block for block, _ in plane.decoder.wanted} - before != set())
    known = {block: generation for block, generation in plane.decoder.wanted if block in before}
    assert set(known.values()) == {1}
    fresh = [generation for block, generation in plane.decoder.wanted if block not in before]
    assert set(fresh) == {0}


def test_zooming_in_wants_a_finer_level_and_shows_the_coarse_one_meanwhile(plane, qtbot):
    plane.decoder.answer()
    level = max(block.level for block, _ in plane.decoder.wanted)
    plane.decoder.colour = GREEN
    plane.zoom_by(4.0)
    qtbot.waitUntil(lambda: max(block.level for block, _ in plane.decoder.wanted) == level + 2)
    assert colour_at(plane, *INSIDE) == RED
    plane.decoder.answer()
    assert colour_at(plane, *INSIDE) == GREEN


def test_where_tiles_are_not_shown_none_are_wanted(plane, qtbot):
    plane.decoder.answer()
    plane.set_mode(PlaneMode.POINTS)
    qtbot.waitUntil(lambda: plane.decoder.wanted == [])
    plane.set_mode(PlaneMode.TILES)
    qtbot.waitUntil(lambda: plane.decoder.wanted != [])
    plane.hide()
    qtbot.waitUntil(lambda: plane.decoder.wanted == [])


def test_a_cleared_plane_shows_and_keeps_no_tiles(plane, qtbot):
    plane.decoder.answer()
    plane.clear()
    assert plane.is_empty
    qtbot.waitUntil(lambda: {generation for _, generation in plane.decoder.wanted} == {0})


def test_the_rectangle_of_a_block_is_where_its_corners_are():
    place = rectangle_of(Block(0, 0, 0), VIEW)
    assert place.bottomLeft() == QPointF(320, 240)
    assert place.width() == pytest.approx(Block(0, 0, 0).width * VIEW.scale, abs=1)
    assert isinstance(place, QRectF)
