"""Colours of the points: what each stands for, that they can be told apart, and that many are drawn soon."""

import datetime
from itertools import combinations

import numpy as np
import pyqtgraph
import pytest
from PySide6.QtGui import QColor

from training.picture_facts import PictureFacts
from vae_desktop import plane_colouring
from vae_desktop.colour_values import by_error, by_folder, by_time
from vae_desktop.latent_plane import PlaneMode
from vae_desktop.plane_colouring import ON_DARK, ON_LIGHT, OTHER_ON_DARK, OTHER_ON_LIGHT, named, scaled

# Machado, Oliveira & Fernandes 2009, table 1, severity 1.
PROTANOPIA = [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
]
DEUTERANOPIA = [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
]
TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.072175],
    [0.0193339, 0.119192, 0.9503041],
]


def linear(names):
    values = np.array([QColor(name).getRgbF()[:3] for name in names])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def cielab(colours):
    xyz = np.clip(colours, 0, 1) @ np.transpose(TO_XYZ) / (0.95047, 1.0, 1.08883)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1)


@pytest.mark.parametrize("sight", [np.eye(3), PROTANOPIA, DEUTERANOPIA], ids=["usual", "protan", "deutan"])
@pytest.mark.parametrize(
    "names", [(*ON_LIGHT, OTHER_ON_LIGHT), (*ON_DARK, OTHER_ON_DARK)], ids=["light", "dark"]
)
def test_colours_of_kinds_can_be_told_apart(names, sight):
    seen = cielab(linear(names) @ np.transpose(sight))
    assert min(np.linalg.norm(a - b) for a, b in combinations(seen, 2)) > 18


@pytest.mark.parametrize(
    ("names", "ground"), [(ON_LIGHT, "#ffffff"), (ON_DARK, "#1e1e1e")], ids=["light", "dark"]
)
def test_colours_of_kinds_stand_out_from_the_ground(names, ground):
    luminance = linear((*names, ground)) @ TO_XYZ[1] + 0.05
    assert (np.maximum(luminance, luminance[-1]) / np.minimum(luminance, luminance[-1]))[:-1].min() > 1.9


def test_the_scale_is_viridis():
    ours = [QColor(name).getRgb()[:3] for name in plane_colouring._VIRIDIS]
    theirs = pyqtgraph.colormap.get("viridis").getLookupTable(nPts=len(ours))[:, :3]
    assert np.abs(np.array(ours) - theirs).max() <= 1


def test_a_scale_is_in_order_and_what_is_not_known_is_grey():
    found = scaled(np.array([0.0, 0.5, np.nan, 1.0, 9.0, -9.0]), 0.0, 1.0, None)
    assert found.classes[2] == 0
    assert found.classes[0] == found.classes[5] < found.classes[1] < found.classes[3] == found.classes[4]
    for colours in (found.on_light, found.on_dark):
        lightness = cielab(linear(colours[1:]))[:, 0]
        assert (np.diff(lightness) > 0).all()
        assert np.diff(lightness).max() < 2.5 * np.diff(lightness).mean(), "even steps"


def facts(folders, folder_of, times=None):
    n = len(folder_of)
    dates = np.arange(n) + 1.0 if times is None else np.array(times, float)
    return PictureFacts(np.arange(n), tuple(folders), np.array(folder_of), dates)


def test_the_folders_with_most_pictures_have_colours_and_the_rest_is_grey():
    names = [f"folder {n}" for n in range(24)]
    found = by_folder(facts(names, list(range(24))), "pictures")
    assert found.classes.tolist() == [*range(1, 11), *[0] * 14]
    assert found.names == ("14 other folders", *names[:10])
    assert len(set(found.on_light)) == 11


def test_what_lies_in_the_source_folder_itself_has_its_name():
    assert "photos" in by_folder(facts(["a", ""], [0, 0, 1]), "photos").names


def test_one_folder_is_said_to_be_one():
    found = by_folder(facts(["a"], [0, 0]), "photos")
    assert found.note == "All your pictures lie in one folder."


def test_errors_have_a_scale_in_per_cent_that_an_outlier_does_not_stretch():
    errors = np.linspace(0.1, 0.2, 1001).astype(np.float32)
    errors[0] = 0.9
    found = by_error(errors)
    assert [text for _, text in found.scale.ticks] == ["12 %", "14 %", "16 %", "18 %"]
    assert [share for share, _ in found.scale.ticks] == pytest.approx([0.2, 0.4, 0.6, 0.8], abs=0.02)
    assert by_error(np.full(5, 0.3, np.float32)).classes.min() > 0
    assert by_error(np.full(5, np.nan, np.float32)).classes.max() == 0


def day(year, month, number, hour=12):
    return datetime.datetime(year, month, number, hour).timestamp()


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([day(2011, 1, 15), day(2021, 1, 15)], ["Jan 2011", "Jan 2016", "Jan 2021"]),
        ([day(2020, 3, 1), day(2020, 3, 11)], ["1 Mar 2020", "6 Mar 2020", "11 Mar 2020"]),
        ([day(2020, 3, 1, 8), day(2020, 3, 1, 12)], ["08:", "10:", "1"]),
    ],
)
def test_dates_are_written_as_exactly_as_they_differ(times, words):
    ticks = by_time(np.repeat(times, 100)).scale.ticks
    assert [share for share, _ in ticks] == [0.0, 0.5, 1.0]
    assert all(text.startswith(word) for (_, text), word in zip(ticks, words, strict=True))


def test_pictures_without_dates_are_grey_and_that_is_said():
    found = by_time(np.array([0.0, day(2020, 1, 1), day(2021, 1, 1), 0.0]))
    assert found.note == "2 without a date are grey"
    assert (found.classes == 0).tolist() == [True, False, False, True]
    assert by_time(np.zeros(4)).note == "Your files have no dates."
    assert "of the same time" in by_time(np.full(4, day(2020, 1, 1))).note


# ---------------------------------------------------------------------- on the plane


@pytest.fixture
def plane(white_plane):
    white_plane.set_mode(PlaneMode.POINTS)
    return white_plane


def show(plane, means, held_out=False):
    n = len(means)
    plane.set_points(
        np.array(means, np.float32), np.full((n, 2), 0.1, np.float32), np.full(n, held_out), np.arange(n)
    )


def colour_at(plane, z1, z2):
    x, y = plane.view.to_screen(z1, z2)
    return plane.grab().toImage().pixelColor(round(x), round(y))


def is_like(colour, name):
    wanted = QColor(name)
    hue = abs(colour.hslHueF() - wanted.hslHueF())
    return min(hue, 1 - hue) < 0.03


def is_vivid(colour, name):
    return is_like(colour, name) and colour.hslSaturationF() > 0.3


def two_heaps(n):
    """Half of the pictures about (−2, 1), the others about (2, 1), in turn."""
    rng = np.random.default_rng(0)
    heaps = np.where(np.arange(n)[:, None] % 2, (2.0, 1.0), (-2.0, 1.0))
    return heaps + 0.2 * rng.normal(size=(n, 2))


@pytest.mark.parametrize("n", [400, 20_000], ids=["dots", "one picture of all dots"])
@pytest.mark.parametrize("mode", [PlaneMode.POINTS, PlaneMode.PICTURES])
def test_points_have_the_colours_of_their_kinds(plane, n, mode):
    plane.set_mode(mode)
    show(plane, two_heaps(n))
    plane.set_colouring(named((np.arange(n) % 2 + 1).astype(np.uint8), ("even", "odd"), other=""))
    assert is_like(colour_at(plane, -2, 1), ON_LIGHT[0])
    assert is_like(colour_at(plane, 2, 1), ON_LIGHT[1])
    plane.set_colouring(None)
    assert not is_like(colour_at(plane, 2, 1), ON_LIGHT[1])


def test_very_many_points_lie_where_they_are_and_none_beyond_the_edge_is_seen(plane):
    rng = np.random.default_rng(0)
    far = 50 + rng.normal(size=(20_000, 2))
    near = np.repeat([[-2.0, 1.0]], 9_000, axis=0)
    show(plane, np.concatenate([far, near]))
    plane.set_colouring(named(np.ones(29_000, np.uint8), ("all",), other=""))
    image = plane.grab().toImage()
    x, y = (round(each) for each in plane.view.to_screen(-2, 1))
    around = [(dx, dy) for dx in range(-9, 10) for dy in range(-9, 10)]
    hits = [(dx, dy) for dx, dy in around if is_vivid(image.pixelColor(x + dx, y + dy), ON_LIGHT[0])]
    assert 3 <= len(hits) <= 12
    assert max(max(abs(dx), abs(dy)) for dx, dy in hits) <= 3
    corner = image.pixelColor(plane.width() - 2, 2)
    assert corner == QColor("white")


def test_what_lies_over_each_other_is_seen_by_chance_and_not_by_the_order_of_the_files(plane):
    n = 40_000
    rng = np.random.default_rng(0)
    show(plane, rng.uniform((-2, 0.5), (-1, 1.5), size=(n, 2)))
    plane.set_colouring(named((np.arange(n) * 2 // n + 1).astype(np.uint8), ("first", "last"), other=""))
    image = plane.grab().toImage()
    seen = [
        is_like(image.pixelColor(x, y), ON_LIGHT[1])
        for x in range(round(plane.view.to_screen(-1.9, 0)[0]), round(plane.view.to_screen(-1.1, 0)[0]))
        for y in range(round(plane.view.to_screen(0, 1.4)[1]), round(plane.view.to_screen(0, 0.6)[1]))
    ]
    assert 0.3 < np.mean(seen) < 0.7


def test_a_density_keeps_its_colour(plane):
    plane.set_mode(PlaneMode.DENSITY)
    show(plane, two_heaps(400))
    before = plane.grab().toImage()
    plane.set_colouring(named((np.arange(400) % 2 + 1).astype(np.uint8), ("even", "odd"), other=""))
    assert plane.grab().toImage() == before


def test_frames_of_thumbnails_have_the_colours(plane):
    plane.set_pictures(lambda _number: np.full((32, 32, 1), 255, np.uint8))
    plane.set_mode(PlaneMode.THUMBNAILS)
    show(plane, [[-2.0, 1.0]])
    plane.set_colouring(named(np.ones(1, np.uint8), ("all",), other=""))
    image = plane.grab().toImage()
    place, _ = plane._scene.thumbnails._placed[0]
    assert is_like(image.pixelColor(round(place.left()) + 8, round(place.top())), ON_LIGHT[0])


def test_pictures_of_which_the_colouring_knows_nothing_are_grey(plane):
    show(plane, two_heaps(400))
    plane.set_colouring(named(np.ones(1, np.uint8), ("first",), other="others"))
    assert colour_at(plane, 2, 1).hslSaturationF() < 0.05


def legend_of(plane):
    plane.grab()
    return plane._scene._legend()


def test_the_legend_tells_kinds_with_numbers_and_the_rest_last(plane):
    show(plane, two_heaps(10))
    plane.set_colouring(
        named(np.array([1, 2, 1, 2, 0, 0], np.uint8), ("cats", "dogs", "none"), other="others")
    )
    assert [text for text, _ in legend_of(plane).entries] == ["cats 2", "dogs 2", "others 6"]


@pytest.mark.parametrize(("of_all", "notes"), [(0, []), (6, []), (3_000, ["6 of your 3,000 pictures"])])
def test_the_legend_tells_where_the_points_are_a_sample(plane, of_all, notes):
    means = np.zeros((6, 2), np.float32)
    plane.set_points(means, means + 0.1, np.zeros(6, bool), np.arange(6), of_all=of_all)
    assert [note for note in plane._scene._notes(legend_of(plane)) if note] == notes


def test_a_long_legend_has_several_rows_and_stays_in_the_lower_half(plane):
    show(plane, [[9.0, 9.0]])
    few = plane.grab().toImage()
    names = tuple(f"a folder with a long name {n}" for n in range(10))
    show(plane, np.full((10, 2), 9.0))
    plane.set_colouring(named(np.arange(1, 11, dtype=np.uint8), names, other=""))
    many = plane.grab().toImage()
    changed = [
        y
        for y in range(plane.height())
        for x in range(42, plane.width(), 3)
        if few.pixel(x, y) != many.pixel(x, y)
    ]
    assert max(changed) - min(changed) > 60
    assert min(changed) > plane.height() // 2
