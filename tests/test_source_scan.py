import os

import pytest

from training.errors import SourceMissingError, VaeError
from training.source_scan import has_files, scan


def names(folder, **options):
    return sorted(os.fsdecode(file.path).replace(os.sep, "/") for file in scan(folder, **options))


def touch(folder, *files):
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")


def test_scan_finds_every_file_and_ignores_hidden_ones(tmp_path):
    touch(tmp_path, "b.png", "a/2.txt", "a/1.png", "c/d/e.png", ".hidden.png", ".git/x.png", "c/._e.png")
    assert names(tmp_path) == ["a/1.png", "a/2.txt", "b.png", "c/d/e.png"]


def test_scan_leaves_excluded_folders_out(tmp_path):
    touch(tmp_path, "a/1.png", "project/pixels/0.png", "z.png")
    assert names(tmp_path, exclude=[tmp_path / "project", tmp_path / "gone"]) == ["a/1.png", "z.png"]


def test_scan_follows_links_and_ends_at_loops(tmp_path):
    touch(tmp_path, "here/a/1.png", "elsewhere/2.png")
    here = tmp_path / "here"
    try:
        (here / "a" / "loop").symlink_to(here)
        (here / "away").symlink_to(tmp_path / "elsewhere")
        (here / "away again").symlink_to(tmp_path / "elsewhere")
        (here / "broken").symlink_to(here / "nothing")
    except OSError:
        pytest.skip("symbolic links cannot be made here")
    assert names(here) == ["a/1.png", "away/2.png"]


def test_scan_ends_at_links_to_themselves_and_to_each_other(tmp_path):
    touch(tmp_path, "one/1.png", "two/2.png")
    try:
        (tmp_path / "itself").symlink_to(tmp_path / "itself")
        (tmp_path / "one" / "other").symlink_to(tmp_path / "two")
        (tmp_path / "two" / "other").symlink_to(tmp_path / "one")
    except OSError:
        pytest.skip("symbolic links cannot be made here")
    assert names(tmp_path) == ["one/1.png", "one/other/2.png"]


def test_the_same_folders_are_walked_in_the_same_order_however_the_system_lists_them(tmp_path, monkeypatch):
    """Which of two ways to a folder counts must not depend on luck."""
    touch(tmp_path, *(f"{name}/{name}.png" for name in "cadb"))
    try:
        (tmp_path / "b" / "way").symlink_to(tmp_path / "d")
    except OSError:
        pytest.skip("symbolic links cannot be made here")
    found = names(tmp_path)
    scandir = os.scandir

    class Backwards:
        def __init__(self, path):
            with scandir(path) as entries:
                self.entries = sorted(entries, key=lambda entry: entry.name, reverse=True)

        def __enter__(self):
            return iter(self.entries)

        def __exit__(self, *_):
            pass

    monkeypatch.setattr(os, "scandir", Backwards)
    assert names(tmp_path) == found == ["a/a.png", "b/b.png", "b/way/d.png", "c/c.png"]


def test_a_folder_that_goes_away_during_the_scan_is_not_called_empty(tmp_path):
    touch(tmp_path / "here", "a/1.png", "b/2.png")
    files = scan(tmp_path / "here")
    next(files)
    (tmp_path / "here").rename(tmp_path / "away")
    with pytest.raises(SourceMissingError, match="went away"):
        list(files)


def test_whether_a_folder_has_files_is_known_from_the_first_one(tmp_path):
    touch(tmp_path, "full/a/b/1.png", "full/z.png", "empty/.hidden")
    assert has_files(tmp_path / "full")
    assert not has_files(tmp_path / "empty")


def test_scan_of_a_file_advises_its_folder(tmp_path):
    touch(tmp_path, "a.png")
    with pytest.raises(VaeError, match="is a file, not a folder") as caught:
        scan(tmp_path / "a.png")
    assert str(tmp_path) in caught.value.advice


def test_scan_of_a_missing_folder_says_so(tmp_path):
    with pytest.raises(VaeError, match="does not exist"):
        scan(tmp_path / "gone")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user"
)
def test_scan_goes_on_after_a_folder_without_permission(tmp_path, caplog):
    touch(tmp_path, "a/1.png", "b/2.png")
    (tmp_path / "a").chmod(0)
    try:
        assert names(tmp_path) == ["b/2.png"]
        assert "cannot list" in caplog.text
        with pytest.raises(VaeError, match="no permission"):
            scan(tmp_path / "a")
    finally:
        (tmp_path / "a").chmod(0o700)
