import os
from pathlib import Path

import pytest
from PIL import Image

from training.errors import VaeError
from training.samples import find_sample, sample_pictures, samples, unpack


def files_in(folder):
    return [path for path in folder.rglob("*.*") if path.is_file() and not path.name.startswith(".")]


@pytest.mark.parametrize("sample", samples(), ids=lambda sample: sample.name)
def test_a_sample_is_unpacked_once_into_the_cache(sample):
    folder = unpack(sample)
    assert folder.is_relative_to(os.environ["XDG_CACHE_HOME"])
    found = files_in(folder)
    assert len(found) == sample.pictures
    with Image.open(found[0]) as image:
        assert image.size == (sample.size, sample.size)
    changed = found[0].stat().st_mtime_ns
    assert unpack(sample) == folder
    assert found[0].stat().st_mtime_ns == changed


def test_an_unpacking_that_was_cut_off_is_done_again():
    sample = find_sample("emoji")
    partial = Path(os.environ["XDG_CACHE_HOME"]) / "vae-desktop" / "samples" / f"{sample.name}.part"
    partial.mkdir(parents=True)
    (partial / "half.png").write_bytes(b"half")
    folder = unpack(sample)
    assert not partial.exists()
    assert not (folder / "half.png").exists()
    assert len(files_in(folder)) == sample.pictures


def test_a_cache_that_cannot_be_written_to_is_told():
    cache = Path(os.environ["XDG_CACHE_HOME"])
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "vae-desktop").write_text("a file in the way")
    with pytest.raises(VaeError, match="could not be unpacked"):
        unpack(find_sample("emoji"))


def test_an_unknown_sample_is_answered_with_those_there_are():
    with pytest.raises(VaeError, match="fashion") as caught:
        find_sample("cats")
    assert "cats" in caught.value.what


def test_some_pictures_of_a_sample_are_shown_without_unpacking_it():
    shown = sample_pictures(find_sample("emoji"), 9)
    assert len(shown) == 9
    assert len(set(shown)) == 9
    assert all(picture.startswith(b"\x89PNG") for picture in shown)
    assert not (Path(os.environ["XDG_CACHE_HOME"]) / "vae-desktop").exists()
