"""Work in a process that talks: what it tells, how it is stopped, and that it never outlives its program."""

import os
import select
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from training import study_job
from training.errors import VaeError
from training.events import Control
from training.language import SOURCE, choose_language, tr
from training.study_job import Order, do_some
from training.study_plan import Wish, digest_of
from training.talking_process import TalkingProcess

SCRIPT = """
import os, signal
from test_talking_process import for_ever
from training.talking_process import TalkingProcess
if __name__ == "__main__":
    print(next(TalkingProcess(for_ever).events()), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def count(tell, _control, most):
    for number in range(most):
        tell(number)
    return most, tr("Nothing was changed.")


def until_stopped(tell, control):
    tell("begun")
    control.gate(True)
    control.wait_while_held()
    return control.should_stop


def for_ever(tell, _control):
    tell(os.getpid())
    threading.Event().wait()


def refuse(_tell, _control):
    raise VaeError("It cannot be.", kept="All is kept.", advice="Try again.")


def crash(_tell, _control):
    os._exit(7)


def test_it_tells_and_returns_in_our_language():
    choose_language("de")
    try:
        process = TalkingProcess(count, 3)
    finally:
        choose_language(SOURCE)
    assert list(process.events()) == [0, 1, 2]
    assert process.result == (3, "Nichts wurde verändert.")


def test_it_is_stopped_and_one_that_does_not_listen_is_killed():
    process = TalkingProcess(until_stopped)
    events = process.events()
    assert next(events) == "begun"
    process.stop()
    assert list(events) == []
    assert process.result is True
    process = TalkingProcess(for_ever)
    events = process.events()
    next(events)
    process.stop_within(0.0)
    with pytest.raises(VaeError, match="crashed"):
        next(events)


def test_problems_and_crashes_are_told():
    with pytest.raises(VaeError) as raised:
        list(TalkingProcess(refuse).events())
    error = raised.value
    assert (error.what, error.kept, error.advice) == ("It cannot be.", "All is kept.", "Try again.")
    with pytest.raises(VaeError, match=r"crashed \(exit code 7\)"):
        list(TalkingProcess(crash).events())


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when any process ends")
def test_it_ends_with_a_program_that_is_killed(tmp_path):
    script = tmp_path / "program.py"
    script.write_text(SCRIPT)
    folders = [str(Path(__file__).parent), *sys.path]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(folders)}
    done = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode < 0, done.stderr
    try:
        ending = os.pidfd_open(int(done.stdout))
    except ProcessLookupError:
        return
    ended, _, _ = select.select([ending], [], [], 10.0)
    os.close(ending)
    assert ended


def test_a_study_is_done_in_parts_while_its_project_is_open(make_project, monkeypatch):
    project = make_project(24)
    monkeypatch.setattr(study_job.os, "nice", lambda _: None, raising=False)
    wish = Wish(("vae",), 1, None, 1, 2, digest_of(project.pictures()))
    told = []
    with monkeypatch.context() as patch:
        patch.setattr("training.study_probe.plan_study", lambda *_arguments: None)
        with pytest.raises(VaeError, match="before there was a plan"):
            do_some(told.append, Control(), Order(project.path, None, wish, "vae study"))

    def plan_study(_project, planned_for, command, _control, _tell):
        return planned_for, command

    monkeypatch.setattr("training.study_probe.plan_study", plan_study)
    monkeypatch.setattr("training.study.carry_out", lambda *arguments, most: (arguments[1], most))
    study = (wish, "vae study")
    done = do_some(told.append, Control(), Order(project.path, None, wish, "vae study"))
    assert (told, done) == ([study], (study, study_job.CELLS_A_PROCESS))
