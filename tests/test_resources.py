import io
import json
import zipfile
from collections import Counter
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree

import pytest
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

RESOURCES = Path(__file__).parents[1] / "resources"
SAMPLES = json.loads((RESOURCES / "samples" / "samples.json").read_text(encoding="utf-8"))
ICONS = sorted((RESOURCES / "icons").glob("*.svg"))
# In colours of their own, with the side of their view box.
COLOURED = {"vae-desktop": 128, "vae-desktop-small": 16, "vae-document": 128, "vae-document-small": 16}
ICON_NAMES = {
    "add-handle", "cancel", "check", "chevron-down", "chevron-right", "closed", "colours", "compare",
    "delete", "density", "dice", "draw", "ease", "ellipses", "equal-pictures", "eraser", "export",
    "fit-view", "info", "jitter", "keyboard", "lasso", "loop", "measure", "measured", "more-tools",
    "new-run", "open-folder", "paste", "path", "pause", "picture", "points", "recent", "redo",
    "remove-handle", "replay",
    "reset", "resume", "sample", "save", "search", "settings", "snap", "stop", "thumbnails", "tiles",
    "study", "train", "twins", "undo", "warning", "zoom-in", "zoom-out", *COLOURED,
}  # fmt: skip
PICTURE_MODES = {"fashion": {"L"}, "emoji": {"RGB", "RGBA"}}


@pytest.fixture(params=SAMPLES, ids=lambda sample: sample["name"])
def sample(request):
    return request.param


@pytest.fixture
def archive(sample):
    with zipfile.ZipFile(RESOURCES / "samples" / sample["archive"]) as opened:
        yield opened


def test_both_samples_are_offered_in_words():
    assert [sample["name"] for sample in SAMPLES] == ["fashion", "emoji"]
    assert all(sample["title"] and sample["description"].endswith(".") for sample in SAMPLES)


def test_a_description_tells_the_true_number_of_pictures(sample):
    assert sample["description"].startswith(f"{sample['pictures']:,} ")


def test_a_sample_is_small_and_whole(sample, archive):
    assert (RESOURCES / "samples" / sample["archive"]).stat().st_size < 5_000_000
    assert archive.testzip() is None
    assert len(archive.namelist()) == sample["pictures"]


def test_a_sample_holds_only_pngs_that_unpack_below_their_folder(archive):
    names = archive.namelist()
    # Compared without case: Windows and macOS would let one of two such files overwrite the other.
    assert len({name.lower() for name in names}) == len(names)
    for name in names:
        path = PurePosixPath(name)
        assert path.suffix == ".png"
        assert len(path.parts) == 2
        assert name.isascii()
        assert not set(name) & set('\\:*?"<>|')
        assert ".." not in path.parts
        assert not path.is_absolute()


def test_a_sample_is_pictures_of_one_size_none_twice(sample, archive):
    pixels = set()
    for name in archive.namelist():
        with Image.open(io.BytesIO(archive.read(name))) as picture:
            assert picture.format == "PNG"
            assert picture.size == (sample["size"], sample["size"]), name
            assert picture.mode in PICTURE_MODES[sample["name"]], name
            pixels.add(picture.tobytes())
    assert len(pixels) == sample["pictures"]


def test_fashion_has_as_many_pictures_of_each_kind():
    with zipfile.ZipFile(RESOURCES / "samples" / "fashion.zip") as archive:
        kinds = Counter(PurePosixPath(name).parts[0] for name in archive.namelist())
    assert len(kinds) == 10
    assert set(kinds.values()) == {300}


def test_a_sample_ships_with_its_licence(sample):
    text = (RESOURCES / "samples" / sample["licence"]).read_text(encoding="utf-8")
    assert sample["archive"] in text
    assert "Copyright" in text


def test_every_icon_is_there():
    assert {icon.stem for icon in ICONS} == ICON_NAMES


@pytest.mark.parametrize("icon", ICONS, ids=lambda icon: icon.stem)
def test_an_icon_can_be_seen_at_16_pixels(qapp, icon):
    renderer = QSvgRenderer(str(icon))
    assert renderer.isValid()
    side = COLOURED.get(icon.stem, 24)
    assert renderer.viewBox().getRect() == (0, 0, side, side)
    image = QImage(16, 16, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter)
    painter.end()
    opaque = sum(image.pixelColor(x, y).alpha() > 128 for x in range(16) for y in range(16))
    assert opaque >= 8


@pytest.mark.parametrize(
    "icon", [icon for icon in ICONS if icon.stem not in COLOURED], ids=lambda icon: icon.stem
)
def test_an_icon_takes_the_colour_of_the_text(icon):
    root = ElementTree.parse(icon).getroot()
    assert root.get("stroke") == "currentColor"
    for element in root.iter():
        assert not {"style", "class", "color", "stop-color"} & set(element.keys())
        assert element.get("fill", "none") in {"none", "currentColor"}
        assert element.get("stroke", "currentColor") in {"none", "currentColor"}
