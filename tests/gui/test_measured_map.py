"""Measured maps on the plane: colours where values differ, lines at holes, legends, words, other planes."""

import math

import numpy as np
import pytest
from PySide6.QtGui import QColor

from training.estimate import Estimate
from training.measure_words import WORDS
from training.plane_basis import PlaneBasis
from training.plane_map import PlaneMap, nodes_of
from vae_desktop.figure_rows import better_of
from vae_desktop.figure_words import FIGURES, IDEAS, LOWER
from vae_desktop.latent_plane import PlaneMode
from vae_desktop.map_meaning import MAPS, MapScale, few_digits, value_words
from vae_desktop.plane_colouring import viridis
from vae_desktop.plane_dots import MOST_DOTS
from vae_desktop.plane_map_layer import MapLayer, seen_on

SIDE, STEP = 31, 0.2
LOW = np.array([-3.0, -3.0])


def map_of(name, function):
    """A map of the square from −3.1 to 3.1 by a function of the places' coordinates."""
    across, up = nodes_of(LOW, STEP, SIDE, SIDE).T
    values = np.asarray(function(across, up), np.float32).reshape(SIDE, SIDE)
    return PlaneMap(name, values, LOW, STEP)


def layer_of(name, function):
    return MapLayer(map_of(name, function), (0.0, 0.0))


@pytest.fixture
def plane(white_plane):
    white_plane.set_points(
        np.array([[2.9, -2.9]], np.float32), np.full((1, 2), 0.1, np.float32), np.zeros(1, bool), np.arange(1)
    )
    return white_plane


def show(plane, layer, **how):
    plane.set_mode(PlaneMode.MEASURED)
    plane.show_map(layer, **how)


def colour_at(plane, z1, z2, image=None):
    x, y = plane.view.to_screen(z1, z2)
    return QColor((image or plane.grab().toImage()).pixel(round(x), round(y)))


def lightness(colour):
    return 0.2126 * colour.redF() + 0.7152 * colour.greenF() + 0.0722 * colour.blueF()


def distance(one, other):
    return max(abs(a - b) for a, b in zip(one.getRgb()[:3], other.getRgb()[:3], strict=True))


def test_colours_rise_with_the_values_as_the_legend_has_them(plane):
    show(plane, layer_of("nearness", lambda z1, _: 0.4 + 0.1 * z1))  # all below the border at 1
    image = plane.grab().toImage()
    seen = [colour_at(plane, z1, 1.33, image) for z1 in (-2.95, -2.2, -0.5, 0.5, 1.9, 2.5)]
    assert (np.diff([lightness(colour) for colour in seen]) > 0.03).all()
    ramp = [QColor(name) for name in viridis(0.0, 1.0)]
    assert distance(seen[0], ramp[0]) <= 12
    assert distance(seen[-1], ramp[-4]) <= 25
    scale, colours = plane.measured.legend
    assert colours[0] == ramp[0]
    assert [share for share, _ in scale.ticks] == [0.0, 0.5, 1.0]
    assert scale.ticks[1][1] == "0.400"
    assert distance(colour_at(plane, 0.3, 3.18, image), QColor("white")) == 0, "beyond the map is ground"


def test_a_map_is_smooth_between_its_nodes_and_exact_at_them(plane):
    show(plane, layer_of("steepness", lambda z1, z2: 0.5 + 0.1 * z1 + 0.0 * z2))
    layer = plane.measured
    assert layer.value_at((0.55, 1.0)) == pytest.approx(0.555, abs=1e-6)
    ramp = [QColor(name) for name in viridis(0.0, 1.0, 256)]
    for z1 in (-1.37, 0.41, 1.93):
        share = float(layer.scale.shares(np.array([0.5 + 0.1 * z1]))[0])
        assert distance(colour_at(plane, z1, 1.33), ramp[round(share * 255)]) <= 8


def test_holes_have_a_line_around_them_and_beyond_two_sigma_nothing_is_a_hole(plane):
    def ratio(z1, z2):  # less than a tenth of the prior about (1, 0), and beyond 2.5
        near = np.hypot(z1 - 1.0, z2) - 0.5
        far = 2.6 - np.hypot(z1, z2)
        return math.log(0.1) + 4 * np.minimum(near, far)

    show(plane, layer_of("log_ratio", ratio))
    image = plane.grab().toImage()
    for angle in (0.7, 2.0, 4.0):  # outwards from the middle of the hole
        reach = np.arange(0.2, 0.8, 0.005)
        ray = [colour_at(plane, 1 + r * math.cos(angle), r * math.sin(angle), image) for r in reach]
        black = reach[[max(colour.getRgb()[:3]) < 40 for colour in ray]]
        assert len(black)
        assert abs(black - 0.5).max() < 0.05
    ring = plane.measured._border
    assert len(ring) == 1
    assert np.hypot(*(ring[0] - (1.0, 0.0)).T) == pytest.approx(0.5, abs=0.05)
    assert plane.measured.words_at((1.0, 0.0)).endswith("a hole")
    assert "hole" not in plane.measured.words_at((0.0, 0.0))
    assert "hole" not in plane.measured.words_at((0.0, 2.9))
    assert plane.measured.words_at((9.0, 0.0)) == ""


def test_as_lines_the_tiles_are_seen_between_them(plane):
    tiles = np.full((2, 2, 4, 4, 1), 255, np.uint8)
    plane.set_tiles(tiles, np.array([[[-2, 2], [2, 2]], [[-2, -2], [2, -2]]], np.float32))
    layer = layer_of("steepness", lambda z1, _z2: 1.0 + 0.2 * z1)
    show(plane, layer, as_lines=True)
    image = plane.grab().toImage()
    row = [colour_at(plane, z1, 1.33, image) for z1 in np.arange(-2.5, 2.5, 0.01)]
    colourful = [max(c.getRgb()[:3]) - min(c.getRgb()[:3]) > 40 for c in row]
    runs = sum(b and not a for a, b in zip([False, *colourful], colourful, strict=False))
    assert 5 <= runs <= 7, "lines of equal value cross the row at even steps"
    assert np.mean(colourful) < 0.35, "between them are the tiles"


def test_without_a_map_the_plane_says_why(plane):
    show(plane, None, note="Nothing is measured yet")
    assert plane.measured is None
    assert plane.map_words == "Nothing is measured yet"
    before = plane.grab().toImage()
    plane.show_map(None, "")
    assert plane.grab().toImage() != before
    plane.set_mode(PlaneMode.POINTS)
    assert plane.map_words == ""


def test_very_many_pictures_leave_the_map_to_be_seen(plane):
    n = MOST_DOTS + 1
    means = np.random.default_rng(0).uniform(-1, 1, (n, 2)).astype(np.float32)
    plane.set_points(means, np.full((n, 2), 0.1, np.float32), np.zeros(n, bool), np.arange(n))
    show(plane, layer_of("nearness", lambda z1, _z2: 0.4 + 0.1 * z1))
    image = plane.grab().toImage()
    share = plane.measured.scale.shares(np.array([0.43]))[0]
    assert distance(colour_at(plane, 0.3, 0.4, image), QColor(viridis(0, 1, 256)[round(share * 255)])) <= 8
    legend = plane._scene._legend()
    assert f"{n:,} pictures are left out, so that the map is seen" in legend.notes


def test_dark_and_light_have_the_same_colours_of_values(plane):
    show(plane, layer_of("nearness", lambda z1, _z2: 0.4 + 0.1 * z1))
    light = colour_at(plane, 1.1, 1.33)
    palette = plane.palette()
    palette.setColor(palette.ColorRole.Base, QColor("#202020"))
    palette.setColor(palette.ColorRole.Text, QColor("white"))
    plane.setPalette(palette)
    assert distance(colour_at(plane, 1.1, 1.33), light) <= 2
    assert distance(colour_at(plane, 0.3, 3.18), QColor("#202020")) == 0


# ---------------------------------------------------------------------- scales and words


def test_a_few_extreme_values_do_not_stretch_a_scale():
    values = np.linspace(1.0, 2.0, 1000, dtype=np.float32)
    values[::200] = 1e6
    scale = MapScale.of(values, MAPS["steepness"])
    assert (scale.low, scale.high, scale.is_log) == (
        pytest.approx(1.02, 0.01),
        pytest.approx(1.98, 0.01),
        False,
    )
    assert scale.shares(np.array([0.0, 1.5, 1e6])) == pytest.approx([0, 0.5, 1], abs=0.02)


def test_values_of_very_different_size_are_shown_by_their_ratios():
    values = np.logspace(-3, 1, 401).astype(np.float32)
    scale = MapScale.of(values, MAPS["magnification"])
    assert scale.is_log
    assert scale.levels(1)[0] == pytest.approx(0.1, rel=0.02)
    assert scale.shares(np.array([0.1])) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("value", [0.0, 3.0, math.nan])
def test_a_scale_of_equal_or_unknown_values_has_an_extent(value):
    scale = MapScale.of(np.full((3, 3), value, np.float32), MAPS["steepness"])
    assert scale.high > scale.low
    assert np.isnan(value) or 0.0 <= scale.shares(np.array([value]))[0] <= 1.0
    layer = MapLayer(PlaneMap("steepness", np.full((3, 3), value, np.float32), LOW, 1.0), (0.0, 0.0))
    assert layer.legend
    assert bool(layer.words_at((-2.0, -2.0))) != math.isnan(value)


def test_figures_have_three_digits_whatever_their_size():
    numbers = {
        1234.6: "1,235",
        12.345: "12.3",
        0.01234: "0.0123",
        -0.5: "−0.500",
        0.0: "0.00",
        1.2e-5: "1.2e−05",
    }
    assert {value: few_digits(value) for value in numbers} == numbers
    assert (
        value_words("nearness", 1.5)
        == "1.50 times as far from held-out pictures as 95 % of pictures are: unlikely"
    )
    assert value_words("nearness", math.nan) == ""


def test_every_measured_figure_has_words_and_its_idea():
    assert set(FIGURES) == set(WORDS)
    assert all(FIGURES[name].idea == WORDS[name].idea for name in WORDS)
    assert all(words.map_name in {"", *MAPS} for words in FIGURES.values())
    assert len({words.called for words in FIGURES.values()}) == len(FIGURES)
    assert {words.idea for words in FIGURES.values()} == set(IDEAS)


def test_one_is_better_only_where_its_interval_is_apart_from_all_others():
    assert FIGURES["holes"].better == LOWER
    near = [Estimate(0.10, 0.08, 0.12), Estimate(0.11, 0.09, 0.13)]
    assert better_of("holes", near) is None
    assert better_of("holes", [Estimate(0.3, 0.2, 0.4), *near[:1], Estimate(math.nan)]) == 1
    assert better_of("holes", [Estimate(0.3, 0.2, 0.4), *near]) is None
    assert better_of("features_coverage", [Estimate(0.3, 0.2, 0.4), Estimate(0.6, 0.5, 0.7)]) == 1
    assert better_of("sigma_law_ratio", [Estimate(0.5, 0.45, 0.55), Estimate(1.2, 1.1, 1.3)]) == 1
    assert better_of("bits", [Estimate(1.0, 0.9, 1.1), Estimate(5.0, 4.9, 5.1)]) is None
    assert better_of("holes", [Estimate(0.1)]) is None
    assert better_of("holes", [Estimate(0.1), Estimate(0.9)]) is None, "without intervals nothing is known"


# ---------------------------------------------------------------------- other planes


def bases():
    random = np.random.default_rng(0)
    means = (random.normal(size=(400, 3)) * (1.0, 0.8, 0.1)).astype(np.float32)
    return means, PlaneBasis.principal(means)


def turned(basis, angle, shift=(0.0, 0.0)):
    c, s = math.cos(angle), math.sin(angle)
    directions = np.concatenate([np.array([[c, s], [-s, c]]) @ basis.directions[:2], basis.directions[2:]])
    return PlaneBasis(basis.middle + shift @ basis.directions[:2], directions, basis.spreads, None)


def test_a_turned_and_moved_plane_shows_the_map_where_it_belongs():
    _, basis = bases()
    found = map_of("steepness", lambda z1, z2: 5.0 + z1 + 0.5 * z2)
    shown = turned(basis, 0.7, (0.4, -0.2))
    seen = seen_on(found, basis, shown)
    places = np.random.default_rng(1).uniform(-1.5, 1.5, (50, 2))
    latent = shown.slice_through(shown.middle).latent(places)
    there = (latent - basis.middle) @ basis.directions[:2].T
    assert seen.at(places) == pytest.approx(5.0 + there[:, 0] + 0.5 * there[:, 1], abs=1e-3)


def test_the_same_plane_shows_the_map_as_it_is_and_another_one_shows_none():
    means, basis = bases()
    found = map_of("steepness", lambda z1, _z2: 5.0 + z1)
    assert seen_on(found, basis, basis) is found
    assert seen_on(found, basis, PlaneBasis.of_numbers(means, 0, 2)) is None
    beside = PlaneBasis(basis.middle + basis.directions[2], basis.directions, basis.spreads, None)
    assert seen_on(found, basis, beside) is None
    assert seen_on(found, basis, PlaneBasis.of_numbers(means[:, :2], 0, 1)) is None
