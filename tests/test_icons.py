"""The icons that packages ship: drawn by installer/icons.py."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[1] / "installer" / "icons.py"
SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)


@pytest.fixture(scope="module")
def icons(tmp_path_factory):
    folder = tmp_path_factory.mktemp("icons")
    subprocess.run([sys.executable, SCRIPT, folder], check=True)
    return folder


@pytest.mark.parametrize("name", ["apps/vae-desktop", "mimetypes/application-x-vae-model"])
@pytest.mark.parametrize("size", SIZES)
def test_an_icon_of_the_theme_has_its_size_and_can_be_told_from_light_and_dark(icons, name, size):
    with Image.open(icons / "hicolor" / f"{size}x{size}" / f"{name}.png") as icon:
        assert icon.size == (size, size)
        pixels = np.asarray(icon.convert("RGBA")).astype(int)
    assert pixels[0, 0, 3] < 255  # its corners are not filled
    seen = pixels[pixels[..., 3] > 200][:, :3].sum(1) / 3
    assert len(seen) > 0.4 * size * size
    assert (seen > 200).mean() > 0.05
    assert (seen < 140).mean() > 0.1
    orange = (pixels[..., 0] > 200) & (pixels[..., 2] < 140) & (pixels[..., 3] > 200)
    assert orange.sum() >= max(4, 0.005 * size * size)  # the handle


def test_the_drawings_themselves_are_in_the_theme(icons):
    for name in ("apps/vae-desktop", "mimetypes/application-x-vae-model"):
        assert (icons / "hicolor" / "scalable" / f"{name}.svg").read_text().startswith("<svg")


@pytest.mark.parametrize("name", ["vae-desktop", "vae-document"])
def test_windows_and_macos_get_all_sizes_in_one_file(icons, name):
    with Image.open(icons / f"{name}.ico") as icon:
        assert {size for size, _ in icon.info["sizes"]} == {16, 24, 32, 48, 64, 128, 256}
    with Image.open(icons / f"{name}.icns") as icon:
        assert {(size, scale) for size, _, scale in icon.info["sizes"]} >= {(16, 2), (128, 1), (512, 2)}


def test_small_icons_are_drawn_for_their_size(icons):
    with Image.open(icons / "vae-desktop.ico") as icon:
        icon.size = (16, 16)
        small = np.asarray(icon.convert("RGBA"))
    with Image.open(icons / "hicolor" / "16x16" / "apps" / "vae-desktop.png") as icon:
        assert np.array_equal(small, np.asarray(icon.convert("RGBA")))
