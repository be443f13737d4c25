import os

import pytest

from training.errors import VaeError
from training.source_scan import scan


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
