"""What is said of the textbook's claims, by made-up figures with known answers."""

import pytest
from made_up_studies import findings

from training.estimate import Estimate
from training.objectives import OBJECTIVE_NAMES
from training.study_table import BY_NAME
from training.study_words import CLAIMS, Claim, Comparison, introduction, tell, tell_all, verdict_of

BASE = (10.0, 12.0, 17.0, 11.0)  # by seed; the seeds differ more than the arms do


def values(shift, noise=0.0):
    return [value + shift + noise * (-1) ** seed for seed, value in enumerate(BASE)]


def claim(*signs, other="noise"):
    names = list(BY_NAME)[: len(signs)]
    comparisons = tuple(Comparison(name, "vae", other, sign) for name, sign in zip(names, signs, strict=True))
    return Claim("It is so.", comparisons, "It is the other way round.")


def told(signs, *shifts, noise=0.01):
    names = list(BY_NAME)[: len(signs)]
    figures = {
        "noise": dict.fromkeys(names, values(0.0)),
        "vae": {name: values(shift, noise) for name, shift in zip(names, shifts, strict=True)},
    }
    return tell(claim(*signs), findings(figures))


def test_differences_are_judged_by_their_pairs_and_not_by_the_seeds_own_spread():
    found = told((-1, 1), -0.5, 0.5)
    assert found.verdict == "supported"
    assert found.summary == "Supported: 2 of 2 comparisons speak for it, 0 against it."
    # -0.5 ± 3.1824 · s / √4, where the differences −0.49 and −0.51 have s = 0.011547
    assert "by −0.500 (−0.518 to −0.482), for" in found.text
    assert "12.0 instead of 12.5" in found.text


def test_the_other_way_round_it_is_contradicted_and_said_so():
    found = told((-1, 1), 0.5, -0.5)
    assert found.verdict == "contradicted"
    assert "This contradicts the textbook. It is the other way round." in found.text
    assert found.text.count(", against") == 2


def test_intervals_with_0_in_them_leave_it_undecided():
    found = told((-1, 1), -0.5, 0.5, noise=2.0)
    assert found.verdict == "undecided"
    assert found.text.count(", open") == 2


def test_figures_that_do_not_agree_do_not_support_it():
    assert told((-1, 1), -0.5, -0.5).verdict == "not supported"


@pytest.mark.parametrize(
    ("voices", "verdict"),
    [
        ([], "not tested"),
        (["for"], "supported"),
        (["for", "for", "open"], "supported"),
        (["for", "open"], "not supported"),
        (["for", "for", "for", "against"], "not supported"),
        (["against", "against", "open"], "contradicted"),
        (["against", "open", "open"], "not supported"),
        (["open", "open"], "undecided"),
    ],
)
def test_verdicts(voices, verdict):
    assert verdict_of(voices) == verdict


@pytest.mark.parametrize(
    ("shift", "noise", "verdict"),
    # A tenth of the mean of BASE is 1.25; with s = 1.1547 noise, the interval is ±1.837 noise.
    [
        (0.5, 0.1, "supported"),
        (0.5, 0.5, "undecided"),
        (3.0, 0.5, "contradicted"),
        (-3.0, 0.5, "contradicted"),
    ],
)
def test_that_something_is_little_needs_an_interval_within_the_margin(shift, noise, verdict):
    assert told((0,), shift, noise=noise).verdict == verdict


def test_what_was_not_measured_is_left_out_or_says_what_it_takes():
    alone = tell(claim(-1), findings({"vae": {next(iter(BY_NAME)): values(0.0)}}))
    assert alone.verdict == "not tested"
    assert alone.text == "“It is so.” Not tested: it takes figures of vae, noise."
    first, second = list(BY_NAME)[:2]
    figures = {"noise": {first: values(0.0)}, "vae": {first: values(-1.0), second: values(0.0)}}
    assert tell(claim(-1, -1), findings(figures)).summary.startswith("Supported: 1 of 1")


def test_a_figure_by_itself_is_compared_with_a_number():
    name = "error_ratio"
    one = Claim("It overfits.", (Comparison(name, "vae", None, 1, base=1.0),), "It does not.")
    assert tell(one, findings({"vae": {name: [1.2, 1.3, 1.25]}})).verdict == "supported"
    assert tell(one, findings({"vae": {name: [0.9, 1.3, 1.0]}})).verdict == "undecided"
    assert tell(one, findings({"vae": {name: [0.9, 0.91, 0.92]}})).verdict == "contradicted"


def textbook(sign):
    """Figures as all claims have them, or (sign −1) as none does."""
    ladder = {
        "autoencoder": 0,
        "autoencoder-mean": 1,
        "noise": 0,
        "mean-term": 2,
        "variance-term": 1,
        "vae": 3,
    }
    arms = {arm: ladder.get(arm, 3) for arm in OBJECTIVE_NAMES}
    lower = {"posterior_cliffs", "prior_cliffs", "posterior_path", "detour", "holes", "mmd"}
    lower |= {"gap_reconstruction", "error_ratio"}
    figures = {}
    for arm, height in arms.items():
        of_arm = {}
        for name, column in BY_NAME.items():
            step = -sign * height if name in lower else sign * height
            of_arm[name] = [20.0 + step + 0.1 * seed + 0.01 * (seed + 1) * height % 0.03 for seed in range(3)]
            assert column.name == name
        figures[arm] = of_arm
    if sign < 0:
        for name in figures["vae"]:
            figures["full-covariance"][name] = [2 * value for value in figures["vae"][name]]
        figures["vae"]["error_ratio"] = [0.8, 0.81, 0.82]
        figures["noise"]["error_ratio"] = [0.5, 0.51, 0.52]
        figures["vae"]["gap_reconstruction"] = [-3.0, -3.1, -3.2]
        figures["noise"]["gap_reconstruction"] = [-5.0, -5.1, -5.2]
    return findings(figures)


def test_a_world_as_in_the_textbook_supports_all_claims_and_its_opposite_none():
    assert [each.verdict for each in tell_all(textbook(1))] == ["supported"] * len(CLAIMS)
    assert [each.verdict for each in tell_all(textbook(-1))] == ["contradicted"] * len(CLAIMS)


def test_all_claims_are_about_figures_of_the_table():
    for each in CLAIMS:
        assert {comparison.name for comparison in each.comparisons} <= set(BY_NAME)


def test_one_seed_is_said_plainly_and_judged_by_the_measurements_intervals():
    name = next(iter(BY_NAME))

    def verdict(half):
        figures = {
            arm: {name: [Estimate(mean, mean - half, mean + half)]}
            for arm, mean in (("noise", 2.0), ("vae", 1.0))
        }
        found = findings(figures)
        assert "for no others" in introduction(found)
        return tell(claim(-1), found).verdict

    assert verdict(0.7) == "supported"  # √2 · 0.7 < 1
    assert verdict(0.72) == "undecided"
