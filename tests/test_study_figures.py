"""Means over seeds and differences paired by them, and the table that is made of them."""

import csv
import io
import math

import numpy as np
import pytest
from made_up_studies import findings, result

from training.errors import VaeError
from training.estimate import Estimate
from training.measured import Measure
from training.study_figures import difference, findings_of, mean_over_seeds, share_of, student_quantile
from training.study_table import BY_NAME, COLUMNS, as_csv, as_json, as_markdown, best_of, number_text, places

UNKNOWN = Estimate(math.nan)


def by_seed(*values):
    return {seed: Estimate(value) for seed, value in enumerate(values)}


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 30, 31, 60, 200])
def test_a_fortieth_of_students_distribution_lies_beyond_the_quantile(freedom):
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2) - 0.5 * math.log(freedom * math.pi)
    x = np.linspace(0.0, student_quantile(freedom), 200_001)
    density = np.exp(log_scale - (freedom + 1) / 2 * np.log1p(np.square(x) / freedom))
    assert 0.5 + np.trapezoid(density, x) == pytest.approx(0.975, abs=5e-6)


def test_the_interval_over_seeds_has_the_mean_in_it_as_often_as_it_says():
    draws = np.random.default_rng(0).normal(3.0, 2.0, (2_000, 4))
    found = [mean_over_seeds([Estimate(value) for value in row]) for row in draws.tolist()]
    hits = np.mean([each.low <= 3.0 <= each.high for each in found])
    assert abs(hits - 0.95) < 4 * math.sqrt(0.95 * 0.05 / len(draws))


def test_of_one_seed_the_measurements_own_interval_stays():
    own = Estimate(1.0, 0.5, 2.0)
    assert mean_over_seeds([own]) == mean_over_seeds([UNKNOWN, own]) == own
    assert not mean_over_seeds([UNKNOWN]).is_known
    assert not mean_over_seeds([]).is_known


def test_what_seeds_have_in_common_does_not_widen_a_difference():
    common = (1.0, 5.0, 9.0, 30.0)
    lower, higher = by_seed(*common), by_seed(*(value + 0.5 for value in common))
    found = difference(higher, lower)
    assert (found.value, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    shuffled = difference(higher, by_seed(*common[::-1]))
    assert shuffled.value == pytest.approx(0.5)
    assert shuffled.low < 0 < shuffled.high


def test_a_difference_is_of_the_seeds_that_both_have():
    found = difference(
        by_seed(1.0, 2.0, 3.0), {0: Estimate(0.0), 1: Estimate(0.0), 2: UNKNOWN, 7: Estimate(9)}
    )
    assert found.value == 1.5
    assert found.high - found.value == pytest.approx(12.7062 * math.sqrt(0.5) / math.sqrt(2))
    assert not difference({0: Estimate(1.0)}, {1: Estimate(1.0)}).is_known


def test_a_difference_of_one_pair_adds_the_intervals_as_squares():
    found = difference({0: Estimate(5.0, 2.0, 9.0)}, {0: Estimate(1.0, 0.0, 5.0)})
    assert (found.value, found.low, found.high) == pytest.approx((4.0, 4.0 - 5.0, 4.0 + math.hypot(4.0, 1.0)))


def test_a_share_of_a_ceiling():
    found = share_of(
        Measure("part", Estimate(0.3, 0.2, 0.4)), Measure("whole", Estimate(0.5, 0.1, 0.9)), "share"
    )
    assert (found.estimate.value, found.estimate.low, found.estimate.high) == pytest.approx((0.6, 0.4, 0.8))
    most = share_of(
        Measure("part", Estimate(0.5, 0.3, 0.6)), Measure("whole", Estimate(0.4)), "share", most=1.0
    )
    assert (most.estimate.value, most.estimate.low, most.estimate.high) == pytest.approx((1.0, 0.75, 1.0))
    for part, whole in ((UNKNOWN, Estimate(1.0)), (Estimate(1.0), UNKNOWN), (Estimate(1.0), Estimate(0.0))):
        assert not share_of(Measure("part", part), Measure("whole", whole), "share").estimate.is_known


def test_findings_come_from_what_is_kept():
    kept = [
        result("vae", 0, {"bits": 3.0}),
        result("vae", 1, {"bits": 5.0}),
        result("noise", 0, {}, "It ran away."),
    ]
    kept[0]["figures"].append(Measure.missing("holes", "No plane.").to_json())
    found = findings_of(("noise", "vae"), 2, kept)
    assert found.mean("vae", "bits").value == 4.0
    assert found.failures == {("noise", 0): "It ran away."}
    assert found.notes == {("vae", "holes"): "No plane."}
    with pytest.raises((VaeError, KeyError)):
        findings_of(("vae",), 1, [{"arm": "vae"}])


def test_the_best_is_named_only_where_intervals_are_apart():
    apart = {"a": Estimate(1, 0.9, 1.1), "b": Estimate(2, 1.9, 2.1), "c": Estimate(3, 2.5, 3.5)}
    assert best_of(apart, -1) == "a"
    assert best_of(apart, 1) == "c"
    assert best_of(apart, 0) is None
    assert best_of({**apart, "d": Estimate(2.8, 2.6, 3.0)}, 1) is None
    assert best_of({**apart, "d": UNKNOWN}, -1) == "a"
    assert best_of({"a": Estimate(1)}, 1) is None


FIGURES = findings(
    {
        "autoencoder": {
            "holes": [0.6, 0.61, 0.59],
            "error_at_mean": [0.1, 0.2, 0.3],
            "active_axes": [2, 2, 2],
        },
        "vae": {"holes": [0.1, 0.11, 0.09], "error_at_mean": [0.2, 0.1, 0.3], "bits": [4.0, math.nan, 4.2]},
    },
    {("noise", 1): "It ran away."},
)


def test_the_tables_tell_the_same_in_all_forms():
    found = places(FIGURES)
    assert [arm for (arm, name), place in found.items() if place.is_best] == ["vae"]
    assert found["vae", "holes"].is_best
    assert found["vae", "bits"].known == 2
    rows = list(csv.DictReader(io.StringIO(as_csv(FIGURES))))
    assert len(rows) == 3 * len(COLUMNS)
    told = {(row["objective"], row["property"]): row for row in rows}
    for (arm, name), place in found.items():
        row, kept = told[arm, name], as_json(FIGURES)[arm][name]
        assert row["mean"] == ("" if math.isnan(place.estimate.value) else repr(float(place.estimate.value)))
        assert row["best"] == str(int(kept["is_best"])) == str(int(place.is_best))
        assert Estimate.from_json({end: kept[end] for end in ("value", "low", "high")}).is_known == (
            row["mean"] != ""
        )
        assert row["better"] == {1: "up", -1: "down", 0: ""}[BY_NAME[name].better]
    assert told["noise", "holes"]["failed"] == "1"
    text = as_markdown(FIGURES)
    assert "0.100 (0.0752 to 0.125) ★" in text  # 0.1 ± 4.3027 · 0.01 / √3
    assert "[2 of 3]" in text
    assert "noise without KL [1 of 3 failed]" in text
    tables = [line for line in text.splitlines() if line.startswith("|")]
    assert len({line.count("|") for line in tables if "holes" in line or "★" in line}) == 1


def test_points_are_left_out_where_their_estimate_is_another_one():
    found = places(
        findings(
            {
                "autoencoder": {"kl_to_prior": [0.1, 0.2], "mmd": [0.1, 0.2]},
                "vae": {"kl_to_prior": [3.0, 3.1]},
            }
        )
    )
    assert not found["autoencoder", "kl_to_prior"].estimate.is_known
    assert found["autoencoder", "mmd"].estimate.is_known
    assert found["vae", "kl_to_prior"].estimate.value == pytest.approx(3.05)
    assert not any(place.is_best for place in found.values())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (-2.8e-18, "0.00"),
        (-0.31416, "−0.314"),
        (12.0, "12.0"),
        (123.4, "123"),
        (999.7, "1,000"),
        (-12345.6, "−12,346"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert number_text(value) == text
