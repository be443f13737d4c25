import hashlib
import itertools
import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from pictures import write_nasty, write_pictures
from PIL import Image

from training.errors import VaeError
from training.events import Control
from training.held_out import FEWEST_PICTURES, is_held_out
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project, default_project_path

GREY, COLOUR = ImageFormat(32, 1), ImageFormat(32, 3)


def fingerprints(folder):
    """What is in every file below a folder, and when it was changed."""
    return {
        path: (path.stat().st_mtime_ns, hashlib.sha256(path.read_bytes()).hexdigest())
        for path in sorted(folder.rglob("*"))
        if path.is_file() and os.access(path, os.R_OK)
    }


def rows(project):
    """The index: path → (id, status, shard, row)."""
    with project.index() as index:
        found = index.execute("SELECT path, id, status, shard, row FROM pictures").fetchall()
    return {os.fsdecode(path): values for path, *values in found}


def turn_upside_down(path):
    """Change a picture's content."""
    with Image.open(path) as picture:
        turned = picture.transpose(Image.Transpose.ROTATE_90)
    turned.save(path)


@pytest.fixture
def source(tmp_path):
    write_pictures(tmp_path / "source", 16, colour=False)
    return tmp_path / "source"


@pytest.fixture
def project(tmp_path, source):
    with Project.create(tmp_path / "project", source) as made:
        yield made


def test_every_file_of_a_nasty_folder_is_accounted_for(tmp_path):
    source = tmp_path / "source"
    expected = write_nasty(source)
    expected |= dict.fromkeys(write_pictures(source / "good", 12))
    before = fingerprints(source)
    with Project.create(tmp_path / "project", source) as project:
        report = import_folder(project)
        skipped = dict(project.skipped())
        used = {project.picture_path(picture_id) for picture_id in project.pictures().ids}
    wanted = Counter(reason for reason in expected.values() if reason)
    assert report.found == len(expected) == report.used + report.skipped
    assert report.reasons == dict(wanted)
    assert skipped == {str(path.relative_to(source)): reason for path, reason in expected.items() if reason}
    assert used == {path for path, reason in expected.items() if reason is None}
    assert fingerprints(source) == before


def test_every_file_of_the_hostile_set_is_accounted_for(tmp_path):
    hostile = Path(os.environ.get("VAE_DATA", Path.home() / ".cache" / "vae-desktop-data")) / "hostile"
    if not hostile.is_dir():
        pytest.skip("the set of hostile files is not on this machine")
    files = [
        path
        for path in hostile.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(hostile).parts)
    ]
    before = fingerprints(hostile)
    with Project.create(tmp_path / "project", hostile) as project:
        report = import_folder(project, image_format=COLOUR)
        assert len(project.pictures().read(range(report.used))) == report.used
    assert report.found == len(files) == report.used + report.skipped
    assert report.skipped == sum(report.reasons.values())
    assert report.used > 300
    assert len(report.reasons) < 12
    assert fingerprints(hostile) == before


def test_progress_counts_up_to_the_report_and_shows_pictures(project):
    events = []
    report = import_folder(project, events.append)
    last = events[-1]
    assert (last.found, last.done, last.used, last.skipped) == (16, 16, 16, 0)
    assert (report.found, report.used, report.skipped, report.cancelled) == (16, 16, 0, False)
    assert not last.scanning
    assert all(a.done <= b.done for a, b in itertools.pairwise(events))
    assert all(event.done == event.used + event.skipped for event in events)
    shown = [picture for event in events for picture in event.fresh]
    assert shown
    assert all(picture.shape == project.image_format.shape for picture in shown)


def test_a_second_import_decodes_only_what_changed(project, source, monkeypatch):
    import_folder(project, image_format=GREY)
    before = rows(project)
    (source / "00003.png").unlink()
    Image.new("L", (40, 40), 77).save(source / "00005.png")
    Image.new("L", (40, 40), 99).save(source / "new.png")
    report = import_folder(project)
    after = rows(project)
    assert report.found == report.used == 16
    assert "00003.png" not in after
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed == {"00005.png", "new.png"}
    number = sorted(after, key=lambda name: after[name][0]).index("00005.png")
    assert (project.pictures().read([number]) == 77).all()


@pytest.mark.parametrize("changed", ["last", "all"])
def test_a_changed_picture_gets_an_id_that_none_had_before(project, source, changed):
    import_folder(project, image_format=GREY)
    before = project.pictures().ids
    for path in sorted(source.iterdir())[-1 if changed == "last" else 0 :]:
        turn_upside_down(path)
    import_folder(project)
    fresh = set(project.pictures().ids) - set(before)
    assert len(fresh) == (1 if changed == "last" else 16)
    assert min(fresh) > max(before)


def test_an_import_without_news_changes_nothing(project):
    import_folder(project, image_format=GREY)
    before, pixels = rows(project), fingerprints(project.pixels_folder)
    assert import_folder(project).used == 16
    assert rows(project) == before
    assert fingerprints(project.pixels_folder) == pixels


def test_shards_that_nothing_stands_in_any_more_are_removed(project, source):
    import_folder(project, image_format=GREY)
    for path in source.iterdir():
        turn_upside_down(path)
    import_folder(project)
    assert len(list(project.pixels_folder.glob("*.npy"))) == 1
    assert project.pictures().read(range(16)).shape == (16, 32, 32, 1)


def test_another_size_replaces_all_pictures(project):
    import_folder(project, image_format=GREY)
    report = import_folder(project, image_format=ImageFormat(48, 1))
    assert report.used == 16
    assert project.image_format == ImageFormat(48, 1)
    assert project.pictures().read(range(16)).shape == (16, 48, 48, 1)
    assert len(list(project.pixels_folder.glob("*.npy"))) == 1


def test_a_cancelled_import_at_another_size_leaves_the_pictures_as_they_were(project):
    import_folder(project, image_format=GREY)
    before, pixels = rows(project), project.pictures().read(range(16))
    control = Control()

    def stop_soon(progress):
        if not progress.scanning:
            control.stop()

    report = import_folder(project, stop_soon, control, ImageFormat(48, 1))
    assert report.cancelled
    assert project.image_format == GREY
    assert rows(project) == before
    assert (project.pictures().read(range(16)) == pixels).all()


def test_cancelling_keeps_what_was_read_and_the_next_import_goes_on(tmp_path, monkeypatch):
    """It is told to stop as soon as there are so many that their format counts."""
    monkeypatch.setattr("training.importer.REPORT_SECONDS", 0)  # each picture is told of
    write_pictures(tmp_path / "source", 400)
    control = Control()

    def stop_early(progress):
        if progress.used >= FEWEST_PICTURES:
            control.stop()

    with Project.create(tmp_path / "project", tmp_path / "source") as project:
        report = import_folder(project, stop_early, control, COLOUR)
        kept = rows(project)
        assert report.cancelled
        assert 0 < report.used == len(kept) < 400
        assert import_folder(project).used == 400
        assert kept.items() <= rows(project).items()


def test_held_out_is_a_tenth_by_content_and_the_same_in_every_project(tmp_path):
    write_pictures(tmp_path / "one", 300)
    (tmp_path / "two").mkdir()
    for number, path in enumerate(sorted((tmp_path / "one").iterdir())):
        if number % 2 == 0:
            shutil.copy(path, tmp_path / "two" / f"renamed-{300 - number}.png")
    held_out = {}
    for name in ("one", "two"):
        with Project.create(tmp_path / f"{name}-project", tmp_path / name) as project:
            import_folder(project, image_format=COLOUR)
            pictures = project.pictures()
            kept = pictures.ids[pictures.held_out]
            held_out[name] = {project.picture_path(picture_id).read_bytes() for picture_id in kept}
    assert 10 < len(held_out["one"]) < 60  # 30 ± 5.2
    copied = {path.read_bytes() for path in (tmp_path / "two").iterdir()}
    assert held_out["two"] == held_out["one"] & copied


def test_a_tenth_of_all_hashes_is_held_out():
    hashes = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(20_000)]
    assert 1850 < sum(map(is_held_out, hashes)) < 2150  # 2000 ± 42


def test_a_small_folder_has_a_picture_held_out(project):
    import_folder(project, image_format=GREY)
    assert 1 <= project.pictures().held_out.sum() <= 5


def test_copies_of_a_picture_are_on_the_same_side_of_the_split(tmp_path):
    paths = write_pictures(tmp_path / "source", 12)
    for path in paths:
        shutil.copy(path, path.with_name(f"copy of {path.name}"))
    with Project.create(tmp_path / "project", tmp_path / "source") as project:
        import_folder(project, image_format=COLOUR)
        pictures = project.pictures()
        sides = {}
        for picture_id, is_out in zip(pictures.ids, pictures.held_out, strict=True):
            sides.setdefault(project.picture_path(picture_id).read_bytes(), set()).add(bool(is_out))
    assert len(sides) == 12
    assert all(len(side) == 1 for side in sides.values())


def test_a_later_copy_of_the_picture_held_out_for_want_of_another_is_held_out(tmp_path, monkeypatch):
    monkeypatch.setattr("training.held_out.HELD_OUT_SHARE", 0.0)  # no picture is held out by its hash
    source = tmp_path / "source"
    write_pictures(source, 12)
    with Project.create(tmp_path / "project", source) as project:
        import_folder(project, image_format=COLOUR)
        pictures = project.pictures()
        (forced,) = pictures.ids[pictures.held_out]
        shutil.copy(project.picture_path(forced), source / "copy.png")
        import_folder(project)
        pictures = project.pictures()
        held_out = {project.picture_path(number) for number in pictures.ids[pictures.held_out]}
        assert held_out == {project.picture_path(forced), source / "copy.png"}


@pytest.mark.parametrize("count", [1, FEWEST_PICTURES - 1])
def test_too_few_pictures_are_told_with_what_was_skipped(tmp_path, count):
    write_pictures(tmp_path / "source", count)
    (tmp_path / "source" / "notes.txt").write_text("hello")
    with (
        Project.create(tmp_path / "project", tmp_path / "source") as project,
        pytest.raises(VaeError, match=rf"Only {count} picture.*at least {FEWEST_PICTURES}.*1 × not a pict"),
    ):
        import_folder(project)


def test_the_first_few_pictures_do_not_decide_on_the_format_of_many(tmp_path):
    source = tmp_path / "source"
    write_pictures(source, 3, size=32, colour=False)
    with Project.create(tmp_path / "project", source) as project:
        with pytest.raises(VaeError, match="Only 3"):
            import_folder(project)
        write_pictures(source / "more", 20, size=64)
        import_folder(project)
        assert project.image_format == ImageFormat(64, 3)
        assert project.count_used() == 23


def test_the_choice_of_the_format_is_explained_now_and_later(tmp_path):
    source = tmp_path / "source"
    write_pictures(source, 10, size=90)
    with Project.create(tmp_path / "project", source) as project:
        assert project.format_words == ""
        words = import_folder(project).format_words
        assert words == "64×64 pixels in colour. A typical picture is 90 pixels on its shorter side."
        assert import_folder(project).format_words == project.format_words == words
        assert import_folder(project, image_format=ImageFormat(32, 1)).format_words == "32×32 pixels in grey."


def test_ones_whole_home_can_be_imported(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("XDG_DATA_HOME", str(home / "data"))  # not hidden, as on Windows and macOS
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    write_pictures(home / "Pictures", 9)
    write_pictures(home / "cache" / "vae-desktop" / "samples" / "fashion", 5)
    with Project.create(default_project_path(tmp_path / "elsewhere"), tmp_path / "elsewhere") as other:
        write_pictures(other.path, 5)
    with Project.create(default_project_path(home), home) as project:
        assert import_folder(project).found == 9


def test_a_project_among_the_pictures_is_not_imported(tmp_path, source):
    Project.create(tmp_path / "project", source).close()
    shutil.move(tmp_path / "project", source / "my project")
    with Project.open(source / "my project", write=True) as project:
        import_folder(project)
        Image.new("L", (40, 40)).save(project.path / "preview.png")
        assert import_folder(project).found == 16


def test_empty_and_unplugged_folders_are_told(project, source, tmp_path):
    for path in source.iterdir():
        path.unlink()
    with pytest.raises(VaeError, match="is empty"):
        import_folder(project)
    source.rmdir()
    with pytest.raises(VaeError, match="does not exist"):
        import_folder(project)


def test_an_unplugged_drive_does_not_cost_the_pictures(project, source):
    import_folder(project, image_format=GREY)
    source.rename(source.with_name("away"))
    with pytest.raises(VaeError, match="does not exist"):
        import_folder(project)
    assert project.pictures().read(range(16)).shape == (16, 32, 32, 1)


KILLED_IMPORT = """
import os, signal, sys
from pathlib import Path
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project
import training.importer
import training.picture_writer

training.picture_writer.SHARD_BYTES = 48 * 48 * 3 * 16  # 16 pictures a shard

def die(progress):
    if progress.done >= 40:
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    project = Project.open(Path(sys.argv[1]), write=True)
    training.importer.REPORT_SECONDS = 0
    import_folder(project, die, image_format=ImageFormat(48, 3))
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
@pytest.mark.parametrize("imported_before", [False, True])
def test_a_killed_import_leaves_the_old_pictures_or_whole_new_ones(tmp_path, imported_before):
    write_pictures(tmp_path / "source", 90)
    project = Project.create(tmp_path / "project", tmp_path / "source")
    if imported_before:
        import_folder(project, image_format=COLOUR)
        before, pixels = rows(project), project.pictures().read(range(90))
    project.close()
    (tmp_path / "killed.py").write_text(KILLED_IMPORT)
    done = subprocess.run(
        [sys.executable, tmp_path / "killed.py", project.path], check=False, capture_output=True
    )
    assert done.returncode == -9, done.stderr.decode()
    with Project.open(project.path, write=True) as opened:
        if imported_before:
            assert opened.image_format == COLOUR
            assert rows(opened) == before
            assert (opened.pictures().read(range(90)) == pixels).all()
        else:
            kept = len(opened.pictures())
            assert 16 <= kept < 90
            assert opened.pictures().read(range(kept)).shape == (kept, 48, 48, 3)
        assert import_folder(opened, image_format=ImageFormat(48, 3)).used == 90
        shards = {shard for _, _, shard, _ in rows(opened).values()}
        assert {int(path.stem) for path in opened.pixels_folder.iterdir()} == shards


FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from training.errors import VaeError
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project

if __name__ == "__main__":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    try:
        import_folder(Project.open(Path(sys.argv[1]), write=True), image_format=ImageFormat(64, 3))
    except VaeError as error:
        print(error)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_FSIZE")
def test_a_full_disk_is_told_and_the_import_can_be_done_again(tmp_path):
    write_pictures(tmp_path / "source", 40)
    project = Project.create(tmp_path / "project", tmp_path / "source")
    import_folder(project, image_format=COLOUR)
    project.close()
    (tmp_path / "full.py").write_text(FULL_DISK)
    command = [sys.executable, tmp_path / "full.py", project.path]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert "Free some space" in done.stdout
    with Project.open(project.path, write=True) as opened:
        assert opened.image_format == COLOUR
        assert opened.pictures().read(range(40)).shape == (40, 32, 32, 3)
        assert import_folder(opened, image_format=ImageFormat(64, 3)).used == 40


@pytest.mark.parametrize("damage", ["missing", "cut short"])
def test_importing_again_heals_a_damaged_shard(make_project, damage):
    project = make_project(12)
    before = project.pictures().read(range(12))
    shard = next(project.pixels_folder.glob("*.npy"))
    if damage == "missing":
        shard.unlink()
    else:
        os.truncate(shard, shard.stat().st_size // 2)
    with pytest.raises(VaeError, match="missing or damaged"):
        project.pictures().read(range(12))
    report = import_folder(project)
    assert (report.found, report.used) == (12, 12)
    assert (project.pictures().read(range(12)) == before).all()


def test_a_project_of_which_nothing_is_damaged_or_changed_is_not_decoded_again(make_project):
    project = make_project(12)
    before = rows(project)
    import_folder(project)
    assert rows(project) == before
