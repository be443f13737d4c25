"""What one program leaves behind and the next one finds: real processes, really killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from vae_desktop.crash_report import MOST_REPORTS, QUICK_ENDS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills with POSIX signals")

BEGIN = """
import os, signal, sys, time
from pathlib import Path
from vae_desktop.crash_report import Activity, Session
session = Session(Path(sys.argv[1]))
def kill():
    os.kill(os.getpid(), signal.SIGKILL)
"""
FIND = """
end = session.hold()
session.end()
import json
print(json.dumps(end and {
    "at": end.at.timestamp(), "doing": end.activity.doing, "title": end.activity.title,
    "report": end.report and str(end.report), "quick_ends": end.quick_ends, "loop": end.is_crash_loop,
}))
"""


@pytest.fixture
def logs(tmp_path):
    return tmp_path / "logs"


@pytest.fixture
def program(logs, tmp_path):
    """program(what it does): a program with a session, until it ends."""

    def run(script):
        return subprocess.run(
            [sys.executable, "-c", BEGIN + script, str(logs)],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=os.environ | {"HOME": str(tmp_path)},
        )

    return run


@pytest.fixture
def found(program):
    """found(): what a program that starts now finds of earlier ones, and ends properly itself."""

    def find():
        done = program(FIND)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return find


def left(logs):
    return sorted(path.name for path in (logs / "running").iterdir())


def make_older(logs, seconds=120):
    """As if the programs that left these files had ended some time ago."""
    for path in (logs / "running").iterdir():
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))


def test_after_a_proper_end_nothing_is_found_and_nothing_left(program, found, logs):
    assert program("session.hold()\nsession.end()").returncode == 0
    assert left(logs) == []
    assert found() is None
    assert not list(logs.glob("crash-*"))


def test_a_killed_program_is_found_once_with_what_it_did(program, found, logs):
    script = "session.hold()\nsession.note(Activity('training', 'cats-1234', 'cats'))\nkill()"
    assert program(script).returncode == -signal.SIGKILL
    end = found()
    assert (end["doing"], end["title"]) == ("training", "cats")
    assert abs(end["at"] - time.time()) < 60
    report = Path(end["report"]).read_text()
    assert "training" in report
    assert "cats" not in report
    assert left(logs) == []
    assert found() is None


def test_the_report_of_a_native_crash_has_its_trace_and_the_end_of_the_log_but_no_home(program, found, logs):
    script = f"""
session.hold()
(Path(sys.argv[1]) / "vae-desktop.log").write_text("line\\n" * 20_000 + "last words, in " + str(Path.home()))
def deep_inside():
    os.kill(os.getpid(), signal.{signal.SIGSEGV.name})
deep_inside()
"""
    assert program(script).returncode == -signal.SIGSEGV
    report = Path(found()["report"]).read_text()
    assert "Segmentation fault" in report
    assert "deep_inside" in report
    assert "last words, in ~" in report
    assert str(logs.parent) not in report
    assert len(report) < 40_000


def test_what_native_code_says_before_it_aborts_is_in_the_report(program, found):
    script = """
from vae_desktop.logs import catch_native_words
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # nobody reads it
catch_native_words(session.trace)
session.hold()
os.write(2, b"terminate called after throwing an instance of 'std::bad_alloc'\\n")
os.abort()
"""
    assert program(script).returncode == -signal.SIGABRT
    report = Path(found()["report"]).read_text()
    assert "std::bad_alloc" in report
    assert "Aborted" in report


def test_a_program_that_lives_is_left_alone(logs, found):
    script = BEGIN + "session.hold()\nprint('ready', flush=True)\nsys.stdin.read()\nsession.end()"
    with subprocess.Popen(
        [sys.executable, "-c", script, str(logs)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as living:
        assert living.stdout.readline() == "ready\n"
        make_older(logs)
        assert found() is None
        assert len(left(logs)) == 3
        living.communicate()
    assert living.returncode == 0
    assert left(logs) == []


def test_a_program_that_has_just_begun_is_left_alone_and_found_when_it_never_came_further(
    program, found, logs
):
    assert program("kill()").returncode == -signal.SIGKILL
    assert found() is None  # it might still be on its way to its first paint
    make_older(logs)
    assert found() is not None
    assert left(logs) == []


def test_quick_ends_after_a_training_was_taken_up_are_counted_and_others_are_not(program, found, logs):
    died = "kill()"
    resumed = "end = session.hold()\nsession.note_resumed(Activity('training', 'cats', 'cats'))\n"
    for times in range(1, QUICK_ENDS + 1):
        program(resumed + died)
        end = None
        if times == QUICK_ENDS:
            end = found()
            assert end["quick_ends"] == QUICK_ENDS
            assert end["loop"]
    # A training that was begun by hand does not count.
    program("session.hold()\nsession.note(Activity('training', 'cats', 'cats'))\n" + died)
    assert found()["quick_ends"] == 0
    # Nor one that a person stopped before it happened.
    program(resumed + "session.note(Activity('', 'cats', 'cats'))\n" + died)
    assert found()["quick_ends"] == 0


def test_the_time_that_loading_takes_does_not_count(program, found):
    slow = "import vae_desktop.crash_report as report\nnow = time.time\n"
    earlier = "report.time.time = lambda: now() - 60\n"  # that long before the first step
    resumed = "session.hold()\nsession.note_resumed(Activity('training', 'cats', 'cats'))\n"
    step = "report.time.time = now\nsession.note_step()\n"
    program(slow + earlier + resumed + step + "kill()")
    assert found()["quick_ends"] == 1


def test_an_end_long_after_a_training_was_taken_up_is_no_quick_one(program, found, logs):
    program("session.hold()\nsession.note_resumed(Activity('training', 'cats', 'cats'))\nkill()")
    make_older(logs, seconds=-60)  # it lived for another minute
    assert found()["quick_ends"] == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"began": "x"}', b'{"activity": 3}', b"\xff\x00"])
def test_a_damaged_marker_is_put_away(found, logs, content):
    (logs / "running").mkdir(parents=True)
    (logs / "running" / "20260101-000000-1-aa.json").write_bytes(content)
    make_older(logs)
    assert found() is None
    assert left(logs) == []


def test_only_the_newest_reports_are_kept(program, found, logs):
    logs.mkdir()
    for day in range(10, 20):
        (logs / f"crash-202601{day}-120000.txt").write_text("old")
    program("session.hold()\nkill()")
    newest = Path(found()["report"]).name
    kept = sorted(path.name for path in logs.glob("crash-*.txt"))
    assert len(kept) == MOST_REPORTS
    assert kept[-1] == newest


def test_where_nothing_can_be_written_a_session_says_so(tmp_path):
    (tmp_path / "logs").write_text("a file, not a folder")
    done = subprocess.run(
        [sys.executable, "-c", BEGIN, str(tmp_path / "logs")], capture_output=True, text=True, check=False
    )
    assert "NotADirectoryError" in done.stderr or "FileExistsError" in done.stderr
