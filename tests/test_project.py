import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from training import project
from training.errors import VaeError
from training.image_format import ImageFormat
from training.index import INDEX_FILE
from training.migration import PROJECT_FILE
from training.project import Project, default_project_path, is_project


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


def test_a_project_is_found_again_as_it_was_made(tmp_path, source):
    with Project.create(tmp_path / "project", source) as made:
        assert made.image_format is None
        assert made.count_used() == 0
        with pytest.raises(VaeError, match="no pictures yet"):
            made.pictures()
    assert is_project(tmp_path / "project")
    with Project.open(tmp_path / "project", write=True) as opened:
        assert opened.source == source
    assert list(source.iterdir()) == []


def test_a_source_folder_whose_name_is_not_utf_8_is_kept(tmp_path):
    source = tmp_path / os.fsdecode(b"caf\xe9 new\nline")
    try:
        source.mkdir()
    except OSError:
        pytest.skip("this file system takes no such names")
    Project.create(tmp_path / "project", source).close()
    with Project.open(tmp_path / "project", write=False) as opened:
        assert opened.source == source


PLACES = ["taken", "the source itself", "below the source", "a file", "a project", "another's project"]


@pytest.mark.parametrize("place", PLACES)
def test_a_project_is_not_made_where_something_else_is(tmp_path, source, place):
    path = tmp_path / "project"
    if place == "taken":
        path.mkdir()
        (path / "diary.txt").write_text("dear diary")
    elif place == "the source itself":
        path = source
    elif place == "below the source":
        path = source / "deep" / "project"
    elif place == "a file":
        path.write_text("hello")
    elif place == "another's project":
        path.mkdir()
        (path / PROJECT_FILE).write_text("{}")
    else:
        Project.create(path, source).close()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(VaeError):
        Project.create(path, source)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_project_that_could_not_be_made_is_made_at_the_next_try(tmp_path, source, monkeypatch):
    def fail(*_):
        (path / f"{PROJECT_FILE}.0123.part").write_text("{")
        raise VaeError("The disk is full.")

    path = tmp_path / "project"
    with monkeypatch.context() as patch:
        patch.setattr(project, "write_json", fail)
        with pytest.raises(VaeError, match="disk is full"):
            Project.create(path, source)
    assert (path / INDEX_FILE).exists()
    assert not is_project(path)
    with Project.create(path, source) as made:  # nor does the failed one hold the lock
        assert made.count_used() == 0


@pytest.mark.parametrize("foreign", ["pixels/photo.jpg", "runs/diary.txt", "film.part", "index.sqlite/a"])
def test_names_like_ours_do_not_make_a_folder_ours(tmp_path, source, foreign):
    path = tmp_path / "project"
    (path / foreign).parent.mkdir(parents=True)
    (path / foreign).write_text("hello")
    with pytest.raises(VaeError, match="not empty"):
        Project.create(path, source)
    assert [file for file in path.rglob("*") if file.is_file()] == [path / foreign]


def test_what_another_tool_calls_project_json_makes_no_project(tmp_path):
    (tmp_path / PROJECT_FILE).write_text('{"format": 1, "source": "/"}')
    assert not is_project(tmp_path)
    with pytest.raises(VaeError, match="not a VAE Desktop project"):
        Project.open(tmp_path, write=True)
    assert [path.name for path in tmp_path.iterdir()] == [PROJECT_FILE]


def test_what_killed_programs_left_is_removed_by_the_next_writer(make_project):
    made = make_project(12)
    made.close()
    old, young = made.pixels_folder / "00001.npy.0123.part", made.runs_folder / "a.npz.4567.part"
    folder = made.path / "backup-format-1.89ab.part"
    folder.mkdir()
    for path in (old, young, folder / "index.sqlite"):
        path.write_bytes(b"half")
    for path in (old, folder):
        os.utime(path, (1, 1))
    Project.open(made.path, write=False).close()
    assert old.exists()
    Project.open(made.path, write=True).close()
    assert not old.exists()
    assert not folder.exists()
    assert young.exists()  # another program may be writing it


def test_default_places_differ_by_folder_and_not_by_how_it_is_written(tmp_path, monkeypatch):
    (tmp_path / "a" / "photos").mkdir(parents=True)
    (tmp_path / "b" / "photos").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    one = default_project_path(tmp_path / "a" / "photos")
    assert one == default_project_path(Path("b/../a/photos"))
    assert one != default_project_path(tmp_path / "b" / "photos")
    assert one.is_relative_to(os.environ["XDG_DATA_HOME"])
    assert one.name.startswith("photos-")


@pytest.mark.parametrize("name", ["..", "/", "日本 \n語", "x" * 300, "..\\..", "***"])
def test_default_places_are_plain_names_below_the_data_folder(name):
    path = default_project_path(Path("/nowhere") / name)
    assert path.parent == Path(os.environ["XDG_DATA_HOME"]) / "vae-desktop" / "projects"
    assert 0 < len(path.name.encode()) < 255
    assert path.name.strip(".") == path.name
    assert "\n" not in path.name


def test_a_second_writer_is_refused_and_readers_are_not(tmp_path, source):
    with Project.create(tmp_path / "project", source):
        with pytest.raises(VaeError, match="open in another program") as caught:
            Project.open(tmp_path / "project", write=True)
        assert caught.value.advice
        with Project.open(tmp_path / "project", write=False) as reader:
            assert reader.count_used() == 0
    Project.open(tmp_path / "project", write=True).close()


def test_a_killed_program_leaves_no_lock(tmp_path, source):
    path = tmp_path / "project"
    Project.create(path, source).close()
    script = f"""
from pathlib import Path
from training.project import Project
project = Project.open(Path({str(path)!r}), write=True)
print("locked", flush=True)
input()
"""
    holder = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout.readline().strip() == b"locked"
        with pytest.raises(VaeError, match="open in another program"):
            Project.open(path, write=True)
        holder.kill()
    Project.open(path, write=True).close()


def test_a_newer_project_is_left_alone(tmp_path, source):
    path = tmp_path / "project"
    Project.create(path, source).close()
    data = json.loads((path / PROJECT_FILE).read_text())
    (path / PROJECT_FILE).write_text(json.dumps({**data, "format": 99, "more": []}))
    before = {file: file.read_bytes() for file in path.rglob("*") if file.is_file()}
    for write in (False, True):
        with pytest.raises(VaeError, match="newer version"):
            Project.open(path, write=write)
    assert {file: file.read_bytes() for file in path.rglob("*") if file.is_file()} == before


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"{}", b'{"format": "1"}', b'{"format": 1, "source": 5}', b"\xff\xfe"]
)
def test_a_damaged_description_is_told_in_plain_words(tmp_path, source, content):
    path = tmp_path / "project"
    Project.create(path, source).close()
    (path / PROJECT_FILE).write_bytes(content)
    with pytest.raises(VaeError, match="damaged"):
        Project.open(path, write=True)


def test_a_folder_that_is_no_project_is_told(tmp_path):
    with pytest.raises(VaeError, match="not a VAE Desktop project"):
        Project.open(tmp_path, write=False)


@pytest.mark.parametrize("damage", ["garbage", "no tables", "gone"])
def test_a_damaged_index_is_told_in_plain_words(make_project, damage):
    project = make_project(12)
    for leftover in project.path.glob(INDEX_FILE + "*"):
        leftover.unlink()
    index = project.path / INDEX_FILE
    if damage == "garbage":
        index.write_bytes(os.urandom(8192))
    elif damage == "no tables":
        sqlite3.connect(index).close()
    with pytest.raises(VaeError, match="index cannot be used") as caught:
        project.pictures()
    assert caught.value.kept
    assert caught.value.advice


def test_removing_a_project_leaves_the_pictures(make_project):
    project = make_project(12)
    before = sorted(project.source.iterdir())
    project.remove()
    assert not project.path.exists()
    assert sorted(project.source.iterdir()) == before


def test_every_picture_is_found_back_in_its_source_file(make_project):
    from PIL import Image

    project = make_project(12)
    pictures = project.pictures()
    assert len(pictures) == project.count_used() == 12
    assert project.image_format == ImageFormat(32, 1)
    for number in (0, 5, 11):
        with Image.open(project.picture_path(pictures.ids[number])) as image:
            assert image.tobytes() == pictures.read([number]).tobytes()
    with pytest.raises(KeyError):
        project.picture_path(pictures.ids.max() + 1)


def test_a_project_may_be_moved_to_another_place(make_project, tmp_path):
    project = make_project(12)
    pixels = project.pictures().read(range(12))
    project.close()
    shutil.move(project.path, tmp_path / "elsewhere")
    with Project.open(tmp_path / "elsewhere", write=False) as moved:
        assert (moved.pictures().read(range(12)) == pixels).all()
