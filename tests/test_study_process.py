"""Work in a process of its own: what it returns, says, and what becomes of it when it crashes."""

import os
import signal

import pytest

from training.errors import VaeError
from training.study_process import in_process, is_left_alone


def told(number):
    return number + 1, os.getpid(), is_left_alone()


def refuse():
    raise VaeError("It cannot be.", kept="All is kept.", advice="Try again.")


def interrupted_parent():
    os.kill(os.getppid(), signal.SIGINT)
    return 1


def crash():
    os.kill(os.getpid(), signal.SIGKILL)


def interrupt():
    raise KeyboardInterrupt


def test_it_returns_what_another_process_found():
    found, process, is_alone = in_process(told, 2)
    assert found == 3
    assert process != os.getpid()
    assert not is_alone
    assert not is_left_alone()


def test_problems_come_through_whole():
    with pytest.raises(VaeError) as raised:
        in_process(refuse)
    error = raised.value
    assert (error.what, error.kept, error.advice) == ("It cannot be.", "All is kept.", "Try again.")


@pytest.mark.skipif(os.name == "nt", reason="there is no such kill on Windows")
def test_an_interrupt_that_the_work_did_not_hear_stops_all_the_same():
    with pytest.raises(VaeError, match="Stopped"):
        in_process(interrupted_parent)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL on Windows")
def test_a_crash_is_told_and_interrupts_are_heard_again_afterwards():
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(VaeError, match=r"crashed \(exit code -9\)"):
        in_process(crash)
    with pytest.raises(VaeError, match="was interrupted"):
        in_process(interrupt)
    assert signal.getsignal(signal.SIGINT) is before
