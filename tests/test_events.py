import threading

import pytest

from training.events import Control, Terms


def test_the_terms_add_up():
    terms = Terms(reconstruction=100.0, kl_mean=2.0, kl_variance=3.0)
    assert terms.kl == 5.0
    assert terms.elbo == 105.0
    assert terms.as_json() == {
        "elbo": 105.0,
        "reconstruction": 100.0,
        "kl": 5.0,
        "kl_mean": 2.0,
        "kl_variance": 3.0,
    }


@pytest.mark.parametrize("hold", [Control.pause, Control.gate])
@pytest.mark.parametrize("release", ["let go", "stop"])
def test_a_held_job_waits_until_it_is_let_go_or_stopped(hold, release):
    control, waited, reached = Control(), [], threading.Event()
    hold(control, True)

    def work():
        waited.append(control.wait_while_held())
        reached.set()

    job = threading.Thread(target=work)
    job.start()
    assert not reached.wait(0.2)
    if release == "stop":
        control.stop()
    else:
        hold(control, False)
    job.join(5)
    assert waited == [True]
    assert control.should_stop is (release == "stop")


def test_the_time_since_the_first_stop_is_told():
    control = Control()
    assert control.seconds_since_stop == 0
    control.stop()
    first = control.seconds_since_stop
    assert first >= 0
    threading.Event().wait(0.05)
    control.stop()
    assert control.seconds_since_stop >= first + 0.05


def test_the_end_of_a_drag_does_not_end_a_pause():
    control, reached = Control(), threading.Event()
    control.pause(True)
    control.gate(True)
    control.gate(False)
    job = threading.Thread(target=lambda: (control.wait_while_held(), reached.set()))
    job.start()
    assert not reached.wait(0.2)
    control.pause(False)
    assert reached.wait(5)
    job.join()


def test_a_job_that_is_not_held_does_not_wait():
    assert Control().wait_while_held() is False
