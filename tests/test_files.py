import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from training.errors import VaeError
from training.files import read_json, write_atomically, write_json, writing_folder


def test_json_survives_writing_even_with_names_that_are_not_utf_8(tmp_path):
    value = {"source": os.fsdecode(b"pictures-\xe9"), "µ": [1, None, "\n"]}
    (tmp_path / "a.json").write_text("something older")
    write_json(tmp_path / "a.json", value)
    assert read_json(tmp_path / "a.json") == value
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_what_is_no_json_is_called_damaged(tmp_path):
    (tmp_path / "a.json").write_bytes(b'{"torn": ')
    with pytest.raises(VaeError, match="damaged"):
        read_json(tmp_path / "a.json")
    with pytest.raises(VaeError, match="could not be read"):
        read_json(tmp_path / "missing.json")


def test_of_two_that_write_at_once_each_writes_a_whole_file(tmp_path):
    path = tmp_path / "a.npz"

    def write(value):
        for _ in range(50):
            write_atomically(path, bytes([value]) * 100_000)

    with ThreadPoolExecutor() as pool:
        writers = [pool.submit(write, value) for value in (1, 2)]
    for writer in writers:
        writer.result()
    assert len(set(path.read_bytes())) == 1
    assert [left.name for left in tmp_path.iterdir()] == ["a.npz"]


def test_a_folder_that_went_away_is_told_in_plain_words(tmp_path):
    with pytest.raises(VaeError, match="could not be written") as caught:
        write_atomically(tmp_path / "gone" / "a.json", b"new")
    assert caught.value.kept
    assert caught.value.advice


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_FSIZE and /proc")
def test_a_full_disk_leaves_the_old_file(tmp_path):
    path = tmp_path / "weights"
    path.write_bytes(b"old")
    script = f"""
import resource, signal
from pathlib import Path
from training.errors import VaeError
from training.files import write_atomically
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_atomically(Path({str(path)!r}), bytes(5000))
except VaeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "could not be written" in done.stdout
    assert path.read_bytes() == b"old"
    assert [left.name for left in tmp_path.iterdir()] == ["weights"]


def test_killed_at_any_moment_the_file_is_the_old_or_the_new_one(tmp_path):
    """A process that replaces a file for ever is killed at some moment, again and again."""
    path = tmp_path / "state"
    script = f"""
import itertools
from pathlib import Path
from training.files import write_atomically
for number in itertools.count():
    write_atomically(Path({str(path)!r}), bytes([number % 256]) * 300_000)
    if number % 7 == 3:
        print(number, flush=True)
"""
    for _ in range(3):
        writer = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
        writer.stdout.readline()
        writer.kill()
        writer.wait()
        writer.stdout.close()
        content = path.read_bytes()
        assert len(content) == 300_000
        assert len(set(content)) == 1


def test_a_folder_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "model"
    with writing_folder(path) as folder:
        (folder / "inner").mkdir()
        (folder / "inner" / "a").write_text("first")
        assert not path.exists()
    with pytest.raises(VaeError, match="could not be written"), writing_folder(path) as folder:
        shutil.copytree(path, folder)  # which is there: FileExistsError
    assert (path / "inner" / "a").read_text() == "first"
    with writing_folder(path) as folder:
        (folder / "b").write_text("third")
    assert [each.name for each in path.iterdir()] == ["b"]
    assert [each.name for each in tmp_path.iterdir()] == ["model"]
    with pytest.raises(VaeError, match="could not be written"), writing_folder(tmp_path / "gone" / "model"):
        pass
