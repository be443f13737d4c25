"""What an import keeps of files that were moved, touched or changed, and what is told of them before it."""

import os
import shutil
import time
from pathlib import Path

import pytest
from pictures import write_pictures
from PIL import Image

from training import importer
from training.decode_pool import DecodePool
from training.errors import SourceMissingError
from training.events import Control
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project
from training.skipping import NO_PERMISSION
from training.source_files import Changes, changes

GREY = ImageFormat(32, 1)
LAST_DAY_OF_EXT4 = 15_032_385_535  # in the year 2446; in ns, more than 64 bits hold


@pytest.fixture
def source(tmp_path):
    write_pictures(tmp_path / "source" / "album", 12, colour=False)
    write_pictures(tmp_path / "source" / "other", 4, colour=False, seed=1)
    return tmp_path / "source"


@pytest.fixture
def project(tmp_path, source):
    with Project.create(tmp_path / "project", source) as made:
        import_folder(made, image_format=GREY)
        yield made


@pytest.fixture
def decoded(monkeypatch):
    """The names of all files that were decoded since."""
    names = []
    decode = DecodePool.decode

    def listening(self, paths, **options):
        for result in decode(self, paths, **options):
            names.append(result.path.name)
            yield result

    monkeypatch.setattr(DecodePool, "decode", listening)
    return names


def ids(project):
    """path → id."""
    with project.index() as index:
        return {os.fsdecode(path): number for path, number in index.execute("SELECT path, id FROM pictures")}


def contents(project):
    """id → pixels and side of the split, as bytes."""
    store = project.pictures()
    return {
        int(number): store.read([place])[0].tobytes() + bytes([int(held_out)])
        for place, (number, held_out) in enumerate(zip(store.ids, store.held_out, strict=True))
    }


# --- what is kept -------------------------------------------------------------------------------------------


def test_pictures_of_a_renamed_folder_keep_ids_and_pixels_and_are_not_decoded_again(project, source, decoded):
    before, pixels = ids(project), contents(project)
    (source / "album").rename(source / "holiday")
    report = import_folder(project)
    assert decoded == []
    assert (report.found, report.used) == (16, 16)
    assert ids(project) == {path.replace("album", "holiday"): number for path, number in before.items()}
    assert contents(project) == pixels
    assert all(project.picture_path(number).exists() for number in project.pictures().ids)


def test_touched_files_are_not_decoded_again_and_their_time_is_kept(project, source, decoded):
    before = ids(project)
    for path in (source / "album").iterdir():
        os.utime(path, ns=(5, 5))
    import_folder(project)
    assert decoded == []
    assert ids(project) == before
    assert not changes(project)


def test_files_that_changed_places_keep_their_ids(project, source, decoded):
    first, second = source / "album" / "00000.png", source / "album" / "00001.png"
    for path in (first, second):  # of one length: only their content tells them apart
        path.write_bytes(path.read_bytes().ljust(4096, b"\0"))
    import_folder(project)
    before, pixels = ids(project), contents(project)
    decoded.clear()
    first.rename(source / "away")
    second.rename(first)
    (source / "away").rename(second)
    for number, path in enumerate((first, second)):
        os.utime(path, ns=(number, number))
    import_folder(project)
    assert decoded == []
    one, other = str(Path("album", "00000.png")), str(Path("album", "00001.png"))
    assert ids(project) == {**before, one: before[other], other: before[one]}
    assert contents(project) == pixels


def test_of_moved_copies_each_keeps_one_of_their_ids(project, source, decoded):
    for name in ("copy.png", "copy of copy.png"):
        shutil.copy(source / "album" / "00000.png", source / "album" / name)
    import_folder(project)
    before = ids(project)
    decoded.clear()
    (source / "album").rename(source / "holiday")
    (source / "holiday" / "copy.png").unlink()
    import_folder(project)
    assert decoded == []
    after = ids(project)
    assert len(after) == 17
    assert set(after.values()) < set(before.values())


def test_a_file_is_not_taken_for_another_one_of_its_length(project, source, decoded):
    old, new = source / "album" / "00000.png", source / "album" / "new.png"
    Image.new("L", (40, 40), 50).save(new)
    length = max(old.stat().st_size, new.stat().st_size)
    old.write_bytes(old.read_bytes().ljust(length, b"\0"))
    new.write_bytes(new.read_bytes().ljust(length, b"\0"))
    new.rename(source.parent / "new.png")
    import_folder(project)
    gone = ids(project)[str(Path("album", "00000.png"))]
    decoded.clear()
    old.unlink()
    shutil.move(source.parent / "new.png", new)
    import_folder(project)
    assert decoded == ["new.png"]
    assert gone not in ids(project).values()


def test_a_file_that_could_not_be_read_is_tried_again(project, decoded):
    """As if its permissions had been mended: its time and size are as before."""
    with project.index() as index:
        index.execute(
            "UPDATE pictures SET status = 'skipped', reason = ?, shard = NULL, row = NULL, sha256 = ''"
            " WHERE path = ?",
            (NO_PERMISSION, os.fsencode(Path("album", "00003.png"))),
        )
    assert not changes(project)
    assert import_folder(project).used == 16
    assert decoded == ["00003.png"]


def test_files_without_a_picture_are_put_down_before_the_import_ends(tmp_path, monkeypatch):
    """Otherwise a million of them would fill the memory."""
    monkeypatch.setattr("training.picture_writer._MOST_PENDING", 20)
    monkeypatch.setattr(importer, "REPORT_SECONDS", 0)
    write_pictures(tmp_path / "source", 8)
    for number in range(60):
        (tmp_path / "source" / f"{number}.txt").write_text("hello")
    put_down = []
    with Project.create(tmp_path / "project", tmp_path / "source") as project:
        report = import_folder(project, lambda _: put_down.append(sum(project.reasons().values())))
    assert (report.found, report.used, report.skipped) == (68, 8, 60)
    assert any(0 < count < 60 for count in put_down)


# --- what is told beforehand --------------------------------------------------------------------------------


def test_changes_are_counted_and_nothing_is_written(project, source, decoded):
    assert changes(project) == Changes(0, 0, 0)
    (source / "album" / "00000.png").unlink()
    (source / "album" / "00001.png").unlink()
    os.utime(source / "album" / "00002.png", ns=(7, 7))
    write_pictures(source / "new", 3)
    before = ids(project)
    assert changes(project) == Changes(added=3, changed=1, removed=2)
    assert decoded == []
    assert ids(project) == before
    import_folder(project)
    assert not changes(project)


def test_changes_can_be_told_of_a_project_that_is_open_elsewhere(project, source):
    (source / "album" / "00000.png").unlink()
    with Project.open(project.path, write=False) as same:
        assert changes(same) == Changes(0, 0, 1)


def test_the_search_for_changes_can_be_stopped_and_tells_when_the_folder_is_gone(project, source):
    control = Control()
    control.stop()
    assert changes(project, control) is None
    source.rename(source.with_name("away"))
    with pytest.raises(SourceMissingError, match="does not exist"):
        changes(project)


# --- stopping -----------------------------------------------------------------------------------------------


class StopsWhenAsked(Control):
    """Says that it is time to stop when it is asked for the nth time."""

    def __init__(self, times):
        super().__init__()
        self.left, self.stopped_at = times, None

    @property
    def should_stop(self):
        self.left -= 1
        if self.left <= 0 and self.stopped_at is None:
            self.stopped_at = time.monotonic()
        return self.left <= 0


@pytest.mark.parametrize("times", [1, 5, 16, 20, 24, 30, 38])
def test_an_import_stopped_anywhere_loses_no_picture_and_the_next_one_goes_on(project, source, times):
    before = ids(project)
    (source / "album").rename(source / "holiday")
    write_pictures(source / "new", 8, seed=2)
    control = StopsWhenAsked(times)
    report = import_folder(project, control=control)
    assert time.monotonic() - control.stopped_at < 1.5  # most of it is for slow machines
    assert report.cancelled
    assert report.found == report.used + report.skipped >= 16
    assert set(before.values()) <= set(ids(project).values())
    assert import_folder(project).used == 24
    assert set(before.values()) < set(ids(project).values())


def test_comparing_many_files_ends_at_once_when_it_is_told_to(tmp_path, source):
    """SQLite itself is interrupted: a statement over a million files takes seconds."""
    for number in range(20_000):
        os.link(source / "album" / "00000.png", source / "other" / f"{number}.png")
    with Project.create(tmp_path / "many", source) as project:
        control = Control()

        def stop_after_scan(progress):
            if progress.found == 20_016:
                control.stop()

        assert import_folder(project, stop_after_scan, control).cancelled
        with project.index() as index:
            assert index.execute("SELECT COUNT(*) FROM pictures").fetchone() == (0,)


# --- when the folder goes away ------------------------------------------------------------------------------


def take_away(source, when, put_instead=False):
    """A listener that moves the source folder away when a condition is met."""

    def listener(progress):
        if source.exists() and when(progress) and not source.with_name("away").exists():
            source.rename(source.with_name("away"))
            if put_instead:
                source.mkdir()  # as an unplugged drive leaves it

    return listener


@pytest.mark.parametrize("put_instead", [False, True])
def test_a_folder_that_goes_away_while_it_is_decoded_costs_nothing(tmp_path, monkeypatch, put_instead):
    monkeypatch.setattr(importer, "REPORT_SECONDS", 0)
    source = tmp_path / "source"
    write_pictures(source, 600)
    with Project.create(tmp_path / "project", source) as project:
        gone = take_away(source, lambda progress: progress.done >= 20, put_instead)
        with pytest.raises(SourceMissingError, match="went away") as caught:
            import_folder(project, gone, image_format=GREY)
        kept = ids(project)
        assert 20 <= len(kept) < 600
        assert project.reasons() == {}
        assert f"{len(kept)} pictures are kept" in caught.value.kept
        assert "try again" in caught.value.advice
        if put_instead:
            source.rmdir()
        source.with_name("away").rename(source)
        assert import_folder(project).used == 600
        assert kept.items() <= ids(project).items()


def test_a_folder_that_is_empty_now_costs_nothing(project, source):
    before = ids(project)
    source.rename(source.with_name("away"))
    source.mkdir()  # where an unplugged drive was connected
    with pytest.raises(SourceMissingError, match="is empty"):
        import_folder(project)
    assert ids(project) == before


@pytest.mark.parametrize("stage", ["scan", "hash"])
def test_a_folder_that_goes_away_while_it_is_looked_at_costs_nothing(project, source, monkeypatch, stage):
    monkeypatch.setattr(importer, "REPORT_SECONDS", 0)
    before = ids(project)
    (source / "album").rename(source / "holiday")
    wanted = {"scan": lambda p: p.found == 2, "hash": lambda p: p.done == 2}[stage]
    with pytest.raises(SourceMissingError, match="went away"):
        import_folder(project, take_away(source, wanted))
    assert ids(project) == before
    source.with_name("away").rename(source)
    assert import_folder(project).used == 16
    assert set(ids(project).values()) == set(before.values())


def test_a_folder_that_goes_away_during_an_import_at_another_size_leaves_the_old_pictures(
    project, source, monkeypatch
):
    monkeypatch.setattr(importer, "REPORT_SECONDS", 0)
    before, pixels = ids(project), contents(project)
    write_pictures(source / "more", 400)
    gone = take_away(source, lambda progress: progress.done >= 20)
    with pytest.raises(SourceMissingError) as caught:
        import_folder(project, gone, image_format=ImageFormat(48, 1))
    assert "that the project had are kept" in caught.value.kept
    assert project.image_format == GREY
    assert (ids(project), contents(project)) == (before, pixels)


def test_a_folder_that_goes_away_during_the_survey_is_not_called_one_without_pictures(
    tmp_path, source, monkeypatch
):
    def unplugged(*_, **__):
        source.rename(source.with_name("away"))
        return iter(())

    monkeypatch.setattr(DecodePool, "decode", unplugged)
    with (
        Project.create(tmp_path / "new project", source) as project,
        pytest.raises(SourceMissingError, match="went away"),
    ):
        import_folder(project)


# --- clocks -------------------------------------------------------------------------------------------------


def test_files_of_any_time_are_kept_with_it(project, source, decoded):
    """Before 1970, from the future, and later than the index can say."""
    seconds = {"00000.png": -(10**9), "00001.png": 4 * 10**9, "00002.png": LAST_DAY_OF_EXT4}
    for name, at in seconds.items():
        path = source / "album" / name
        with Image.open(path) as picture:
            turned = picture.transpose(Image.Transpose.ROTATE_180)
        turned.save(path)
        os.utime(path, (at, at))
    assert import_folder(project).used == 16
    assert sorted(decoded) == sorted(seconds)
    assert not changes(project)
    decoded.clear()
    import_folder(project)
    assert decoded == []


def test_a_clock_that_is_set_changes_neither_the_order_nor_the_time_left(tmp_path, monkeypatch):
    write_pictures(tmp_path / "source", 100)
    monkeypatch.setattr(importer, "REPORT_SECONDS", 0)
    days = iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: 1e9 - 86_400 * next(days))
    events = []
    with Project.create(tmp_path / "project", tmp_path / "source") as project:
        import_folder(project, events.append, image_format=GREY)
        paths = [project.picture_path(number).name for number in project.pictures().ids]
    assert paths == sorted(paths)
    left = [event.seconds_left for event in events if event.seconds_left is not None]
    assert left
    assert all(0 <= seconds < 600 for seconds in left)
