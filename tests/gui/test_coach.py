import numpy as np
import pytest

from training.events import EpochRecord, Terms
from vae_desktop.coach import BARELY, OVERFITTING, STARTED, WORSE, coach_sentence


def history(train, held_out, seconds=10.0):
    values = zip(train, held_out if held_out is not None else [None] * len(train), strict=True)
    return [
        EpochRecord(
            number,
            number * 20,
            number * seconds,
            Terms(float(loss), 5.0, 2.0),
            None if kept is None else Terms(float(kept), 5.0, 2.0),
        )
        for number, (loss, kept) in enumerate(values, 1)
    ]


def noise(n, size=0.3):
    return np.random.default_rng(7).normal(0, size, n)


def test_it_says_nothing_without_a_history_and_little_at_the_start():
    assert coach_sentence([]) == ""
    assert coach_sentence(history([500, 400], [501, 402])) == STARTED


def test_a_steady_fall_is_called_improving_with_the_time_of_one_per_cent():
    losses = 300 - 0.5 * np.arange(30)  # falls by 0.05 nats a second; 1 % of 292.5 nats is 2.9
    sentence = coach_sentence(history(losses - 5, losses + 0.0))
    assert sentence == "Still improving: about 58 s for the next 1 % at this pace."


def test_a_plateau_is_called_one_however_noisy():
    flat = np.full(40, 260.0)
    assert coach_sentence(history(flat + noise(40), flat + 4 + noise(40))) == BARELY


def test_a_fall_too_slow_to_wait_for_is_called_a_plateau():
    losses = 260 - 0.002 * np.arange(60)
    assert coach_sentence(history(losses, losses + 4)) == BARELY


def test_memorising_is_noticed_although_the_training_loss_looks_fine():
    epochs = np.arange(60)
    train = 300 - epochs * 0.5 + noise(60, 0.1)
    held_out = 305 - 0.5 * np.minimum(epochs, 30) + 0.4 * np.maximum(epochs - 30, 0) + noise(60, 0.1)
    assert coach_sentence(history(train, held_out)) == OVERFITTING


def test_both_getting_worse_is_not_called_memorising():
    losses = 260 + 0.5 * np.arange(30)
    assert coach_sentence(history(losses, losses + 4)) == WORSE


def test_without_held_out_pictures_it_never_speaks_of_memorising():
    rising = 260 + 0.5 * np.arange(30)
    assert coach_sentence(history(rising, None)) == WORSE
    assert coach_sentence(history(rising[::-1], None)).startswith("Still improving")


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_numbers_are_passed_over(bad):
    losses = 300 - 0.5 * np.arange(30)
    losses[28] = bad
    assert coach_sentence(history(losses, losses)).startswith("Still improving")


def test_epochs_without_time_between_them_do_no_harm():
    assert coach_sentence(history([300.0, 299.0, 298.0, 297.0, 296.0], None, seconds=0.0)) == STARTED
