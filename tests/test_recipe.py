"""How a picture was made, read back from files that anybody may have made."""

import json
from dataclasses import replace

import pytest
from PIL import Image, PngImagePlugin

from training.errors import VaeError
from training.recipe import KEY, MOST_BYTES, Recipe, read_recipe
from training.stills import save_image


def write(path, text):
    info = PngImagePlugin.PngInfo()
    info.add_itxt(KEY, text)
    Image.new("RGB", (4, 4)).save(path, pnginfo=info)
    return path


@pytest.mark.parametrize("name", ["still.png", "still.webp", "still.gif"])
def test_a_recipe_comes_back_from_the_picture_that_keeps_it(tmp_path, recipe, name):
    save_image(Image.new("RGB", (8, 8), "red"), tmp_path / name, recipe.as_text())
    assert read_recipe(tmp_path / name) == recipe


def test_one_without_word_of_the_active_handle_is_read(tmp_path, recipe):
    older = json.loads(recipe.as_text())
    del older["active"]
    assert read_recipe(write(tmp_path / "older.png", json.dumps(older))) == replace(recipe, active=None)


@pytest.mark.parametrize("name", ["still.jpg", "still.png", "still.bmp"])
def test_pictures_without_one_have_none(tmp_path, name):
    Image.new("RGB", (8, 8)).save(tmp_path / name)
    assert read_recipe(tmp_path / name) is None


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_what_is_no_picture_has_none(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    assert read_recipe(tmp_path / "a.png") is None
    assert read_recipe(tmp_path / "gone.png") is None
    (tmp_path / "folder.png").mkdir()
    assert read_recipe(tmp_path / "folder.png") is None


@pytest.mark.parametrize(
    "change",
    [
        {"model": "abc"},
        {"model": None},
        {"latent_dim": 0},
        {"latent_dim": True},
        {"latent_dim": 10**9},
        {"handles": {"1": [0.0]}},
        {"handles": {"0": [0.0, 0.0]}},
        {"handles": {"one": [0.0, 0.0]}},
        {"handles": [1, 2]},
        {"handles": {str(n): [0.0, 0.0] for n in range(1, 2_000)}},
        {"active": 2},
        {"active": [7]},
        {"stops": [[0.0, float("nan")]]},
        {"stops": [[0.0, 1e300]]},
        {"stops": [["0", {}]]},
        {"stops": [[0.0, 0.0]] * 1_000},
        {"stops": "00"},
        {"path": {}},
        {"path": None},
        {"view": [0.0, 0.0, -1.0]},
        {"view": [0.0]},
        {"format": "new"},
    ],
)
def test_what_is_none_of_ours_is_called_damaged(tmp_path, recipe, change):
    text = json.dumps(json.loads(recipe.as_text()) | change)
    with pytest.raises(VaeError, match="damaged"):
        read_recipe(write(tmp_path / "a.png", text))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "1", "{}", "[" * 100_000, '"' + "x" * MOST_BYTES])
def test_text_that_is_no_recipe_is_called_damaged(tmp_path, text):
    with pytest.raises(VaeError, match="damaged"):
        read_recipe(write(tmp_path / "a.png", text))


def test_one_of_a_newer_version_says_so(tmp_path, recipe):
    text = json.dumps(json.loads(recipe.as_text()) | {"format": 2, "more": 1})
    with pytest.raises(VaeError, match="newer version"):
        read_recipe(write(tmp_path / "a.png", text))


def test_it_is_plain_ascii_whatever_is_in_it(recipe):
    assert recipe.as_text().isascii()
    assert Recipe.from_text(recipe.as_text()) == recipe
