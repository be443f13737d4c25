import pytest

from training import schedule
from training.config import TrainConfig


def test_the_learning_rate_warms_up_and_falls_along_a_cosine():
    rates = [schedule.learning_rate(1.0, step, step / 1000) for step in range(1001)]
    assert rates[0] == pytest.approx(1 / schedule.RATE_WARM_UP_STEPS, rel=0.01)
    assert max(rates) == pytest.approx(1, rel=0.05)
    assert rates[500] == pytest.approx((1 + schedule.LAST_RATE) / 2, rel=1e-6)
    assert rates[1000] == pytest.approx(schedule.LAST_RATE)
    assert schedule.learning_rate(1.0, 10**6, 0.0) == 1.0  # without an end it stays


def test_the_kl_is_warmed_up_once_in_at_most_500_steps():
    assert schedule.kl_weight(0, 0.0, first_length=True) == pytest.approx(1 / 500)
    assert schedule.kl_weight(499, 0.0, first_length=True) == 1
    assert schedule.kl_weight(10, 0.04, first_length=True) == pytest.approx(0.5)
    assert schedule.kl_weight(10, 0.0, first_length=False) == 1


@pytest.mark.parametrize(
    ("length", "share"),
    [(TrainConfig(epochs=10), 0.25), (TrainConfig(minutes=2), 0.5), (TrainConfig(), 0.0)],
)
def test_a_length_is_counted_in_its_own_unit(length, share):
    assert schedule.share_done(length, steps=50, seconds=60, steps_per_epoch=20) == pytest.approx(share)
