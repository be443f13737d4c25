"""The health of pictures: told of a real folder, and leaving out what harms."""

import csv
import io
import shutil

import numpy as np
import pytest
from command_line import problem, result, vae
from pictures import write_pictures
from PIL import Image

from training.check import check_project
from training.errors import VaeError
from training.health import KINDS, REASONS, as_csv, leave_out, look_at, take_back
from training.importer import import_folder
from training.project import Project
from training.skipping import LEFT_OUT


def photo(seed, size=256):
    """Soft shapes by chance, like a photo out of focus."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), np.uint8)
    return Image.fromarray(coarse).resize((size, size), Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """12 photos, one of them thrice; another one smaller and as a JPEG; a tiny one, a blank one, a text."""
    folder = tmp_path_factory.mktemp("health") / "photos"
    folder.mkdir()
    for seed in range(12):
        photo(seed).save(folder / f"photo-{seed:02d}.png")
    (folder / "again").mkdir()
    shutil.copy(folder / "photo-03.png", folder / "again" / "a.png")
    shutil.copy(folder / "photo-03.png", folder / "again" / "b.png")
    photo(5).resize((180, 180), Image.Resampling.LANCZOS).save(folder / "again" / "small.jpg", quality=80)
    photo(20, 24).save(folder / "tiny.png")
    Image.new("RGB", (200, 200), (250, 250, 250)).save(folder / "white.png")
    (folder / "notes.txt").write_text("no picture")
    return folder


@pytest.fixture
def project(tmp_path, folder):
    with Project.create(tmp_path / "project", folder) as project:
        import_folder(project)
        yield project


def names(project, pictures):
    return [str(project.picture_path(picture).relative_to(project.source)) for picture in pictures]


def accounts(project):
    found = look_at(project)
    assert found.found == found.used + found.skipped == found.used + sum(found.reasons.values())
    return found


def test_everything_is_found(project):
    found = accounts(project)
    assert (found.found, found.used, found.skipped) == (18, 17, 1)
    assert found.is_known
    assert [sorted(names(project, group)) for group in found.copies] == [
        ["again/a.png", "again/b.png", "photo-03.png"]
    ]
    assert [names(project, group) for group in found.alike] == [["photo-05.png", "again/small.jpg"]]
    assert names(project, found.tiny) == ["tiny.png"]
    assert names(project, found.blank) == ["white.png"]


def test_what_is_left_out_is_skipped_and_comes_back(project):
    before = project.pictures()
    whole = before.read(range(len(before)))
    for kind in KINDS:
        leave_out(project, accounts(project).superfluous(kind), kind)
    found = accounts(project)
    assert (found.used, found.skipped) == (12, 6)
    assert {kind: found.left_out(kind) for kind in KINDS} == {"copies": 2, "alike": 1, "tiny": 1, "blank": 1}
    assert not any(found.superfluous(kind) for kind in KINDS)
    assert all(reason.startswith(LEFT_OUT) for reason in REASONS.values())
    assert check_project(project.path).is_whole
    for kind in KINDS:
        take_back(project, kind)
    after = project.pictures()
    np.testing.assert_array_equal(after.ids, before.ids)
    np.testing.assert_array_equal(after.read(range(len(after))), whole)
    assert accounts(project).skipped == 1


@pytest.mark.parametrize("size", [None, 32])
def test_an_import_leaves_out_what_was_left_out(project, size):
    """Also at another size, for which everything is decoded anew."""
    leave_out(project, accounts(project).superfluous("copies"), "copies")
    image_format = project.image_format
    if size is not None:
        image_format = type(image_format)(size, image_format.channels)
    report = import_folder(project, image_format=image_format)
    assert report.reasons == {REASONS["copies"]: 2, "not a picture": 1}
    take_back(project, "copies")
    assert accounts(project).used == 17


def test_a_file_that_changed_is_used_again(tmp_path, folder):
    source = tmp_path / "photos"
    shutil.copytree(folder, source)
    with Project.create(tmp_path / "project", source) as project:
        import_folder(project)
        leave_out(project, accounts(project).superfluous("blank"), "blank")
        photo(77).save(source / "white.png")
        assert REASONS["blank"] not in import_folder(project).reasons


def test_enough_pictures_stay_to_learn_from(tmp_path):
    write_pictures(tmp_path / "source", 1)
    for number in range(9):
        shutil.copy(tmp_path / "source" / "00000.png", tmp_path / "source" / f"copy-{number}.png")
    with Project.create(tmp_path / "project", tmp_path / "source") as project:
        import_folder(project)
        found = accounts(project)
        with pytest.raises(VaeError, match="Only 1 pictures would be left"):
            leave_out(project, found.superfluous("copies"), "copies")
        assert accounts(project) == found


def test_one_picture_at_least_stays_held_out(project):
    pictures = project.pictures()
    with project.index() as index:
        index.execute("UPDATE pictures SET held_out = 0")
        copy = int(pictures.ids[0])
        index.execute("UPDATE pictures SET held_out = 1 WHERE id = ?", (copy,))
    leave_out(project, [copy], "tiny")
    assert project.pictures().held_out.any()


def test_the_table_has_a_line_for_every_file(project):
    leave_out(project, accounts(project).superfluous("tiny"), "tiny")
    lines = {line["path"]: line for line in csv.DictReader(io.StringIO(as_csv(project, accounts(project))))}
    assert len(lines) == 18
    assert lines["photo-00.png"]["status"] == "used"
    assert (lines["photo-00.png"]["width"], lines["photo-00.png"]["height"]) == ("256", "256")
    assert lines["notes.txt"]["reason"] == "not a picture"
    assert lines["tiny.png"]["reason"] == "left out: tiny"
    assert lines["again/b.png"]["is"].startswith("copy of ")
    assert lines["again/small.jpg"]["is"] == "looks like photo-05.png"
    assert lines["white.png"]["is"] == "blank"


def test_told_to_stop_nothing_comes_of_it(project):
    assert look_at(project, should_stop=lambda: True) is None


def test_the_command(project, tmp_path):
    project.close()
    table = tmp_path / "table.csv"
    told = vae("health", project.path, "--csv", table)
    assert "17 used, 1 skipped" in told.stdout
    assert "photo-05.png = again/small.jpg" in told.stdout
    assert len(table.read_text().splitlines()) == 19
    left = result(vae("health", project.path, "--leave-out", "copies,tiny", "--json"))
    assert (left["used"], left["skipped"], left["copies"]) == (14, 4, [])
    back = result(vae("health", project.path, "--take-back", "tiny", "--json"))
    assert back["used"] == 15
    assert "copies, alike, tiny, blank" in problem(vae("health", project.path, "--leave-out", "ugly"))
