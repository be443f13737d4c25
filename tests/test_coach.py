import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training import fit
from training.coach import Facts, Kind, is_good_enough, verdict
from training.config import ModelConfig, TrainConfig
from training.events import EpochRecord, Terms
from training.fit import train
from training.forecast import Curve
from training.image_format import ImageFormat
from training.importer import import_folder
from training.project import Project
from training.run import Run
from training.runs import start_run

MANY = Facts(pictures=60_000)
SECONDS, STEPS = 10.0, 50  # of an epoch


def history(train_loss, held_out, *, kl=7.0, axis_kl=(4.0, 3.0), seconds=SECONDS, steps=STEPS):
    values = zip(train_loss, held_out if held_out is not None else [None] * len(train_loss), strict=True)
    return [
        EpochRecord(
            number,
            number * steps,
            number * seconds,
            Terms(float(loss) - kl, kl - 2.0, 2.0),
            None if kept is None else Terms(float(kept) - kl, kl - 2.0, 2.0),
            tuple(axis_kl),
        )
        for number, (loss, kept) in enumerate(values, 1)
    ]


def kind(records, facts=MANY):
    return verdict(records, facts).kind


def kinds(records, facts=MANY):
    """What was said in turn while the training went on."""
    said = [kind(records[:end], facts) for end in range(1, len(records) + 1)]
    return [first for first, then in pairwise([*said, None]) if first != then]


def noise(n, size=0.3, seed=7):
    return np.random.default_rng(seed).normal(0, size, n)


def power(epochs, exponent=0.5):
    return 250 + 100 * epochs**-exponent


def decay(epochs, constant=20.0):
    return -1250 + 100 * np.exp(-epochs / constant)


EPOCHS = np.arange(1, 121)


# ------------------------------------------------------------------ the forecast


@pytest.mark.parametrize("size", [0.0, 0.3])
@pytest.mark.parametrize("constant", [0.0, -5000.0])
@pytest.mark.parametrize(
    "curve",
    [lambda t: 100 * t**-0.3, lambda t: 100 * t**-0.5, lambda t: 100 * np.exp(-t / 40)],
    ids=["slow power", "power", "exponential"],
)
def test_the_forecast_comes_true_within_a_third(curve, constant, size):
    """On curves known in closed form, for a drop of 1 % of the gain so far; the median of many noises."""
    times = np.arange(30, 61) * SECONDS
    now, gain = curve(60.0), curve(2.5) - curve(60.0)
    later = np.linspace(60, 200, 100_000)
    true = SECONDS * (later[np.argmax(curve(later) <= now - 0.01 * gain)] - 60)
    forecasts = [
        Curve(times, constant + curve(times / SECONDS) + noise(31, 0.01 * gain * size, seed)).seconds_to_fall(
            0.01 * gain
        )
        for seed in range(25)
    ]
    assert np.median(forecasts) == pytest.approx(true, rel=0.15)
    assert np.quantile(forecasts, [0.1, 0.9]) == pytest.approx(true, rel=1 / 3)


def test_a_curve_that_ends_above_the_goal_never_gets_there():
    times = np.arange(50.0, 101.0)
    curve = Curve(times, 200 + 100 * np.exp(-times / 10))  # less than 0.01 is left
    assert curve.seconds_to_fall(1.0) == np.inf
    assert curve.seconds_to_fall(1e-3) > 0


def test_a_rising_curve_never_falls():
    times = np.arange(50.0, 101.0)
    assert Curve(times, times).seconds_to_fall(0.1) == np.inf


def test_noise_is_no_change():
    times = np.arange(50.0, 101.0)
    wrong = [Curve(times, 200 + noise(51, 1.0, seed)).change() != 0 for seed in range(200)]
    assert np.mean(wrong) < 0.02  # three standard errors: 0.5 % with so few points
    assert Curve(times, 200 - 0.1 * times + noise(51)).change() == pytest.approx(-5, rel=0.1)


# ------------------------------------------------------------------ verdicts on curves


def test_it_says_nothing_without_a_history_and_little_at_the_start():
    assert verdict([], MANY) is None
    assert kind(history([500, 400], [501, 402])) == Kind.STARTED
    assert kind(history(power(EPOCHS[:40]), power(EPOCHS[:40]), steps=2)) == Kind.STARTED


@pytest.mark.parametrize("constant", [0.0, -5000.0])
def test_a_fall_is_called_improving_with_the_time_for_one_per_cent_whatever_the_constant(constant):
    losses = constant + power(EPOCHS)
    said = verdict(history(losses - 3, losses), MANY)
    # 1 % of the gain since the first four epochs is 0.54 nats; the curve falls by it in 15 epochs.
    assert said.sentence == "Still improving: about 2 minutes for the next 1 %."
    assert "gained since its first epochs" in said.explanation


def test_a_fall_that_nearly_ends_is_good_enough_and_then_levelled_off():
    losses = decay(EPOCHS)
    records = history(losses - 3, losses)
    assert kinds(records, Facts(pictures=300)) == [
        Kind.STARTED,
        Kind.IMPROVING,
        Kind.GOOD_ENOUGH,
        Kind.LEVELLED_OFF,
    ]
    assert not is_good_enough(records[:60])
    assert is_good_enough(records)
    assert "about" in verdict(records[:97], MANY).sentence


def test_a_plateau_is_called_one_however_noisy():
    flat = np.full(120, 260.0)
    assert kind(history(flat - 4 + noise(120), flat + noise(120, seed=8)), Facts()) == Kind.LEVELLED_OFF


def test_memorising_is_noticed_although_the_training_loss_looks_fine():
    losses = power(EPOCHS)
    held_out = losses + 0.2 * np.maximum(EPOCHS - 50, 0) + noise(120, 0.1)
    records = history(losses - 0.1 * EPOCHS, held_out)
    said = verdict(records, MANY)
    assert said.kind == Kind.MEMORISING
    assert said.advice == "More pictures help, or mirroring them. The best weights are kept."
    assert verdict(records, Facts(mirror=True)).advice == "More pictures help. The best weights are kept."
    assert is_good_enough(records)  # no more can come of it


def test_a_gap_that_grows_while_both_improve_is_not_called_memorising():
    assert kind(history(power(EPOCHS) - 0.1 * EPOCHS, power(EPOCHS))) == Kind.IMPROVING


def test_both_getting_worse_is_not_called_memorising():
    losses = power(EPOCHS) + 0.3 * np.maximum(EPOCHS - 50, 0)
    assert kind(history(losses - 3, losses)) == Kind.WORSE
    assert is_good_enough(history(losses - 3, losses))


def test_without_held_out_pictures_it_never_speaks_of_memorising():
    rising = power(EPOCHS) + 0.3 * np.maximum(EPOCHS - 50, 0)
    assert kind(history(rising, None)) == Kind.WORSE
    assert kind(history(power(EPOCHS), None)) == Kind.IMPROVING


@pytest.mark.parametrize(
    ("axis_kl", "latent_dim", "words"),
    [
        ((0.001, 4.0), 2, "number 1 of the two says nothing"),
        ((4.0, 0.001), 2, "number 2 of the two says nothing"),
        ((0.001, 0.002), 2, "every picture comes out alike"),
        ((0.001, 0.002, 5.0), 3, "only number 3 of 3 says anything"),
        ((0.001,), 1, "every picture comes out alike"),
    ],
)
def test_a_collapsed_axis_is_named_even_while_the_curve_improves(axis_kl, latent_dim, words):
    said = verdict(history(power(EPOCHS), power(EPOCHS), axis_kl=axis_kl), Facts(latent_dim, 60_000))
    assert said.kind == Kind.COLLAPSED
    assert words in said.sentence


def test_an_axis_is_not_called_dead_while_it_may_come_to_life_or_when_others_suffice():
    records = history(power(EPOCHS), power(EPOCHS), axis_kl=(0.001, 4.0))
    assert kind(records[:15]) == Kind.IMPROVING  # 750 steps
    assert kind(history(power(EPOCHS), power(EPOCHS), axis_kl=())) == Kind.IMPROVING  # an old history
    flat = np.full(120, 260.0)
    said = verdict(history(flat, flat, axis_kl=(0.0, 4.0, 3.0)), Facts(3))
    assert (said.kind, said.advice) == (Kind.LEVELLED_OFF, "1 of its 3 numbers is not in use.")


def test_blurry_says_how_many_pictures_two_numbers_tell_apart():
    flat = np.full(120, 260.0)
    said = verdict(history(flat, flat, kl=6.5), MANY)
    assert said.kind == Kind.BLURRY
    assert "two numbers tell only about 670 of 60,000 pictures apart" in said.sentence  # e^6.5 = 665
    assert kind(history(flat, flat, kl=6.5), Facts(pictures=700)) == Kind.LEVELLED_OFF
    assert kind(history(power(EPOCHS), power(EPOCHS), kl=6.5)) == Kind.IMPROVING


@pytest.mark.parametrize("size", [0.05, 0.5])
@pytest.mark.parametrize("curve", [lambda t: power(t, 1.0), decay], ids=["power", "exponential"])
def test_noise_does_not_make_it_flicker(curve, size):
    losses = curve(EPOCHS) + noise(120, size)
    assert len(kinds(history(losses - 3 + noise(120, size, 8), losses))) <= 9


def test_it_is_not_good_enough_before_it_has_settled():
    flat = np.full(120, 260.0)
    assert not is_good_enough([])
    assert not is_good_enough(history(flat[:7], flat[:7], steps=1000))
    assert not is_good_enough(history(flat, flat, steps=8))
    assert is_good_enough(history(flat, flat, steps=1000))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_numbers_are_passed_over(bad):
    losses = power(EPOCHS)
    losses[[0, 1, 90, 119]] = bad
    assert kind(history(losses, losses)) == Kind.IMPROVING


def test_epochs_without_time_between_them_do_no_harm():
    assert kind(history(power(EPOCHS), None, seconds=0.0)) == Kind.STARTED


def test_tens_of_thousands_of_epochs_are_looked_at_at_once():
    import time

    losses = power(np.arange(1, 30_001))
    records, started = history(losses, losses, seconds=0.1), time.process_time()
    for _ in range(20):
        is_good_enough(records)
    assert time.process_time() - started < 1


def test_it_goes_into_json():
    said = verdict(history(power(EPOCHS), power(EPOCHS)), MANY)
    assert json.loads(json.dumps(said.as_json())) == {
        "kind": "improving",
        "sentence": said.sentence,
        "advice": "",
    }


# ------------------------------------------------------------------ verdicts on real trainings


@pytest.fixture
def trained_on(tmp_path):
    """trained_on(pictures, **length): what a training on grey pictures, uint8 [32, 32] each, came to."""

    def run(pictures, **length):
        (tmp_path / "source").mkdir()
        for number, picture in enumerate(pictures):
            Image.fromarray(picture).save(tmp_path / "source" / f"{number:04d}.png")
        with Project.create(tmp_path / "project", tmp_path / "source") as project:
            import_folder(project, image_format=ImageFormat(32, 1))
            return train(project, start_run(project, TrainConfig(batch_size=4, **length)))

    return run


def checks(n):
    """Pictures with nothing in common: random boards of 4 × 4 black and white squares."""
    boards = np.random.default_rng(0).integers(0, 2, (n, 4, 4))
    return [np.kron(board * 255, np.ones((8, 8))).astype(np.uint8) for board in boards]


def discs(n):
    """A disc at a random place."""
    rows, columns = np.mgrid[0:32, 0:32]
    places = np.random.default_rng(0).uniform(8, 24, (n, 2))
    shapes = [np.clip(9 - np.hypot(rows - down, columns - across), 0, 1) for across, down in places]
    return [(255 * (0.3 + 0.4 * disc)).astype(np.uint8) for disc in shapes]


def test_the_first_epochs_of_a_real_training_improve(trained_on):
    records = trained_on(discs(60), epochs=9).history
    assert kind(records[:4]) == Kind.STARTED
    assert kind(records) == Kind.IMPROVING
    assert all(sum(record.axis_kl) == pytest.approx(record.judged.kl, rel=1e-3) for record in records)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # where other work leaves little of the machine
def test_a_real_training_memorises_pictures_with_nothing_in_common(trained_on):
    records = trained_on(checks(60), epochs=90).history
    assert kind(records, Facts(pictures=60)) == Kind.MEMORISING
    assert is_good_enough(records)


@pytest.mark.slow
@pytest.mark.timeout(1200)  # where other work leaves little of the machine
def test_a_real_training_of_a_few_pictures_levels_off_and_ends_by_itself(trained_on):
    """Four boards, twenty times each but for a single pixel: soon there is nothing left to learn."""
    pictures = [board.copy() for board in checks(4) for _ in range(20)]
    for number, picture in enumerate(pictures):
        picture[number % 32, number // 32] ^= 255
    result = trained_on(pictures, stop_when_good=True)
    assert result.good_enough
    assert not result.stopped
    assert kind(result.history, Facts(pictures=4)) in {Kind.GOOD_ENOUGH, Kind.LEVELLED_OFF}


@pytest.mark.slow
@pytest.mark.timeout(1200)  # where other work leaves little of the machine
def test_a_real_training_collapses_under_too_much_kl(trained_on, monkeypatch):
    monkeypatch.setattr(fit, "kl_weight", lambda *_, **__: 100.0)
    said = verdict(trained_on(discs(60), epochs=100).history, Facts(pictures=60))
    assert said.kind == Kind.COLLAPSED
    assert "every picture comes out alike" in said.sentence


def test_a_recorded_training_is_blurry_before_it_memorises():
    """1,500 discs at random places under noise (a quarter of white) of each picture's own, batches of 16.

    Recorded because it takes minutes, and how long it stays at each stage depends on the machine.
    """
    folder = Path(__file__).parent / "recorded" / "noisy-discs"
    records, facts = Run(folder, ModelConfig(32, 1), TrainConfig()).history(), Facts(pictures=1500)
    assert kinds(records, facts) == [Kind.STARTED, Kind.IMPROVING, Kind.BLURRY, Kind.MEMORISING]
    sentences = {verdict(records[:end], facts).sentence for end in range(1, len(records) + 1)}
    (blurry,) = [sentence for sentence in sentences if "blurry" in sentence]
    told_apart = int(blurry.split(" of ")[0].split()[-1])
    assert told_apart == pytest.approx(np.exp(records[19].judged.kl), rel=0.2)
    # The held-out pictures are best after epoch 16; it stops soon after.
    assert [is_good_enough(records[:end]) for end in (17, len(records))] == [False, True]
