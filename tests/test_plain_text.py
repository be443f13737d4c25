"""Names with any characters: shown without harm, and kept to the byte."""

import json
import os
from pathlib import Path

import pytest
from command_line import vae
from hypothesis import given
from hypothesis import strategies as st
from pictures import write_pictures

from training.image_format import ImageFormat
from training.importer import import_folder
from training.language import tr
from training.plain_text import plain
from training.project import Project

NAMES = {  # the file system's bytes → what is shown
    b"new\nline.png": "new line.png",
    b"tab\tand \x1b[31mred.png": "tab and  [31mred.png",
    "\u202egnp.exe.png".encode(): " gnp.exe.png",
    "שלום.png".encode(): "\u2068שלום.png\u2069",
    b"latin-\xe9.png": "latin-\ufffd.png",
    "👩\u200d🔬.png".encode(): "👩\u200d🔬.png",
    b"a" * 251 + b".png": "a" * 251 + ".png",
    b"[bold] & <b>.png": "[bold] & <b>.png",
}


@pytest.fixture
def source(tmp_path):
    """A folder whose own name and files have any characters."""
    folder = tmp_path / os.fsdecode(b"my\n\x1b[31m \xd7\xa9\xd7\x9c \xe9")
    try:
        for path, name in zip(write_pictures(folder, 8), NAMES, strict=True):
            path.rename(folder / os.fsdecode(name))
    except OSError:
        pytest.skip("such names cannot be made here")
    return folder


@pytest.mark.parametrize(("name", "shown"), NAMES.items())
def test_a_name_is_shown_on_one_line_without_fakes(name, shown):
    assert plain(os.fsdecode(name)) == shown
    assert tr("Read {path}.", path=Path(os.fsdecode(name))) == f"Read {shown}."


@given(st.text())
def test_a_text_once_made_plain_stays_as_it_is(text):
    shown = plain(text)
    assert plain(shown) == shown
    assert plain(f"“{shown}” is new.") == f"“{shown}” is new."
    shown.encode()  # it can be shown at all
    assert shown.count("\u2068") == shown.count("\u2069")


def test_every_name_survives_in_the_index(tmp_path, source):
    with Project.create(tmp_path / "project", source) as project:
        assert import_folder(project, image_format=ImageFormat(32, 3)).used == 8
        found = {os.fsencode(project.picture_path(number).name) for number in project.pictures().ids}
    assert found == set(NAMES)
    with Project.open(tmp_path / "project", write=True) as again:
        assert again.source == source
        assert import_folder(again).used == 8


def test_the_command_line_takes_such_names_and_prints_nothing_that_a_terminal_would_obey(tmp_path, source):
    done = vae("import", source, "--project", tmp_path / source.name / "p")
    assert done.returncode == 2  # it must not lie among the pictures
    assert "\x1b" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1

    project = tmp_path / "elsewhere" / source.name
    done = vae("import", source, "--project", project)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "8 found, 8 used, 0 skipped" in done.stdout
    done = vae("import", source, "--project", project, "--json")
    assert os.fsencode(json.loads(done.stdout)["project"]) == os.fsencode(project)
