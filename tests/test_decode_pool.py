import hashlib
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import time
from collections import Counter
from multiprocessing import connection
from pathlib import Path

import numpy as np
import pytest
from pictures import decode_or_fail, write_nasty, write_pictures

from training import decode_pool
from training.decode_pool import CRASHED, TOO_SLOW, DecodePool, decode_file
from training.image_format import ImageFormat
from training.images import read_picture
from training.skipping import NOT_A_PICTURE, UNREADABLE

COLOUR = ImageFormat(32, 3)
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="speaks to processes as Linux does")


@pytest.fixture(autouse=True)
def _no_worker_is_left_behind():
    yield
    left = multiprocessing.active_children()
    assert [worker for worker in left if not connection.wait([worker.sentinel], timeout=0)] == []


def reasons(results):
    return {decoded.path.name: decoded.reason for decoded in results if decoded.reason is not None}


def test_every_path_has_one_result_in_order_as_if_read_here(tmp_path):
    write_pictures(tmp_path / "good", 70)
    expected = write_nasty(tmp_path / "nasty")
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    with DecodePool(COLOUR, 2) as pool:
        results = list(pool.decode(paths))
    assert [decoded.path for decoded in results] == paths
    for decoded in results:
        assert decoded.reason == expected.get(decoded.path)
        assert (decoded.pixels is None) == (decoded.reason is not None)
        if decoded.pixels is not None:
            content = decoded.path.read_bytes()
            assert decoded.sha256 == hashlib.sha256(content).hexdigest()
            assert decoded.size_bytes == len(content)
            assert decoded.mtime_ns == decoded.path.stat().st_mtime_ns
            assert np.array_equal(decoded.pixels, read_picture(decoded.path, COLOUR))
    assert results[0].short_side == 32


def test_files_that_are_not_there_are_skipped(tmp_path):
    paths = [tmp_path / "gone.png", tmp_path]
    with DecodePool(COLOUR, 1) as pool:
        results = list(pool.decode(paths))
    assert [decoded.reason for decoded in results] == [UNREADABLE, UNREADABLE]
    assert results[0].size_bytes == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_does_not_make_anybody_wait(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert decode_file(tmp_path / "pipe.png", COLOUR).reason == UNREADABLE


def test_long_files_give_the_same_as_short_ones(tmp_path, monkeypatch):
    path = write_pictures(tmp_path, 1)[0]
    (tmp_path / "film.mp4").write_bytes(bytes(5000))
    whole = decode_file(path, COLOUR)
    monkeypatch.setattr(decode_pool, "READ_WHOLE_BYTES", 100)
    streamed = decode_file(path, COLOUR)
    assert streamed.sha256 == whole.sha256
    assert np.array_equal(streamed.pixels, whole.pixels)
    film = decode_file(tmp_path / "film.mp4", COLOUR)
    assert (film.reason, film.sha256, film.size_bytes) == (NOT_A_PICTURE, "", 5000)


def test_paths_are_taken_only_as_they_are_needed(tmp_path):
    paths = write_pictures(tmp_path, 1) * 2000
    taken = []
    with DecodePool(COLOUR, 1) as pool:
        results = pool.decode(taken.append(path) or path for path in paths)
        for _ in range(100):
            next(results)
        assert len(taken) <= 200


def test_only_the_files_that_crash_the_decoder_are_skipped(tmp_path):
    paths = write_pictures(tmp_path, 60)
    for i in (3, 4, 57):
        paths[i] = paths[i].rename(tmp_path / f"crash{i}.png")
    with DecodePool(COLOUR, 2, decode_one=decode_or_fail) as pool:
        results = list(pool.decode(paths))
        assert [decoded.path for decoded in results] == paths
        assert reasons(results) == {f"crash{i}.png": CRASHED for i in (3, 4, 57)}
        assert results[3].size_bytes == paths[3].stat().st_size
        assert len(list(pool.decode(paths[:3]))) == 3  # and the pool is still of use


def test_a_file_that_hangs_the_decoder_is_skipped(tmp_path):
    paths = write_pictures(tmp_path, 20)
    paths[5] = paths[5].rename(tmp_path / "hang.png")
    with DecodePool(COLOUR, 2, time_limit=1.5, decode_one=decode_or_fail) as pool:
        results = list(pool.decode(paths))
    assert [decoded.path for decoded in results] == paths
    assert reasons(results) == {"hang.png": TOO_SLOW}


@linux
def test_killing_workers_from_outside_costs_no_picture(tmp_path):
    paths = write_pictures(tmp_path, 40) * 10
    with DecodePool(COLOUR, 2) as pool:
        results = []
        for decoded in pool.decode(paths):
            results.append(decoded)
            if len(results) in (1, 200):
                for worker in multiprocessing.active_children():
                    os.kill(worker.pid, signal.SIGKILL)
    assert [decoded.path for decoded in results] == paths
    # What happened to be decoded alone when its worker was killed would count as guilty; nothing was.
    assert reasons(results) == {}


@linux
def test_an_interrupt_from_the_terminal_does_not_reach_the_workers(tmp_path, capfd):
    paths = write_pictures(tmp_path, 40) * 5
    with DecodePool(COLOUR, 2) as pool:
        results = pool.decode(paths)
        next(results)
        for worker in multiprocessing.active_children():
            os.kill(worker.pid, signal.SIGINT)
        assert reasons(results) == {}
    assert capfd.readouterr() == ("", "")


def test_leaving_while_pictures_are_decoded_takes_no_longer_than_a_second(tmp_path):
    paths = write_pictures(tmp_path, 40)
    paths[30] = paths[30].rename(tmp_path / "hang.png")
    with DecodePool(COLOUR, 2, decode_one=decode_or_fail) as pool:
        results = pool.decode(paths * 50)
        next(results)
        started = time.monotonic()
    assert time.monotonic() - started < 1
    assert list(results) == []


def test_leaving_in_the_middle_of_a_second_try_starts_nothing_new(tmp_path):
    paths = write_pictures(tmp_path, 16)
    paths[0] = paths[0].rename(tmp_path / "crash.png")
    with DecodePool(COLOUR, 2, decode_one=decode_or_fail) as pool:
        results = pool.decode(paths)
        assert next(results).reason == CRASHED
    assert list(results) == []


def test_a_caller_may_stop_while_it_waits_for_a_slow_picture(tmp_path):
    paths = write_pictures(tmp_path, 10)
    paths[2] = paths[2].rename(tmp_path / "hang.png")
    with DecodePool(COLOUR, 1, decode_one=decode_or_fail) as pool:
        deadline = time.monotonic() + 1
        results = list(pool.decode(paths, should_stop=lambda: time.monotonic() > deadline))
        assert time.monotonic() - deadline < 1
    assert len(results) <= 2


@linux
def test_workers_end_when_the_program_is_killed(tmp_path):
    write_pictures(tmp_path / "pictures", 20)
    program = tmp_path / "program.py"
    program.write_text(
        "import multiprocessing, sys, threading\n"
        "from pathlib import Path\n"
        "from training.decode_pool import DecodePool\n"
        "from training.image_format import ImageFormat\n"
        "if __name__ == '__main__':\n"
        "    with DecodePool(ImageFormat(32, 3), 2) as pool:\n"
        "        count = len(list(pool.decode(sorted(Path(sys.argv[1]).iterdir()))))\n"
        "        workers = multiprocessing.active_children()\n"
        "        print(count, *(worker.pid for worker in workers), flush=True)\n"
        "        threading.Event().wait()\n"
    )
    command = [sys.executable, str(program), str(tmp_path / "pictures")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        count, *pids = process.stdout.readline().split()
        workers = [os.pidfd_open(int(pid)) for pid in pids]
        process.kill()
    assert count == "20"
    assert workers
    for worker in workers:
        assert select.select([worker], [], [], 10)[0], "a worker outlived the program"
        os.close(worker)


def test_nothing_is_printed_whatever_the_files_are(tmp_path, capfd):
    write_nasty(tmp_path)
    with DecodePool(COLOUR, 2) as pool:
        list(pool.decode(sorted(path for path in tmp_path.rglob("*") if path.is_file())))
    assert capfd.readouterr() == ("", "")


def test_a_thousand_odd_and_malicious_files_are_all_accounted_for(capfd):
    base = Path(os.environ.get("VAE_DATA", Path.home() / ".cache" / "vae-desktop-data"))
    if not (base / "hostile").is_dir():
        pytest.skip("the set of hostile files is not on this machine")
    paths = sorted(path for path in (base / "hostile").rglob("*") if path.is_file())
    with DecodePool(ImageFormat(64, 3)) as pool:
        results = list(pool.decode(paths))
    assert [decoded.path for decoded in results] == paths
    counts = Counter(decoded.reason for decoded in results)
    assert counts[None] > len(paths) // 2
    assert len(counts) <= 9
    assert CRASHED not in counts
    assert TOO_SLOW not in counts
    assert capfd.readouterr() == ("", "")
