"""What a picture's distribution costs, and whether ellipses overlap, against references."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.config import ModelConfig
from training.events import Terms
from training.objectives import OBJECTIVE_NAMES, OBJECTIVES
from training.plane_basis import PlaneBasis
from training.posteriors import POINT_SIGMA, Posteriors
from vae_desktop.explain_bars import StackedBar, axis_parts, loss_parts, picture_parts
from vae_desktop.explain_figures import KlCosts, PlaneFigures, overlapping
from vae_desktop.explain_shows import widest_gap
from vae_desktop.explain_words import Topic, answers


def posteriors(means, sigmas, correlations=None):
    parts = [None if part is None else np.asarray(part, np.float32) for part in (means, sigmas, correlations)]
    return Posteriors(*parts)


@given(
    st.lists(st.floats(-4, 4), min_size=3, max_size=3),
    st.lists(st.floats(0.02, 2), min_size=3, max_size=3),
    st.floats(-0.5, 0.5),
)
def test_the_costs_are_the_kl_divergence_of_normal_distributions(mean, sigma, correlation):
    one = posteriors([mean], [sigma], [[correlation, 0.0, 0.0]])
    covariance = one.correlation_matrices()[0] * np.outer(one.sigmas[0], one.sigmas[0]).astype(float)
    squares = one.means[0].astype(float) @ one.means[0]
    expected = 0.5 * (np.trace(covariance) + squares - 3 - np.linalg.slogdet(covariance)[1])
    costs = KlCosts.of(one)
    assert costs.mean_term + costs.variance_term == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert costs.mean == pytest.approx(0.5 * np.square(mean), rel=1e-5, abs=1e-9)


def test_a_point_has_no_variance_term_and_one_like_the_prior_costs_nothing():
    assert KlCosts.of(posteriors([[1.0, 2.0]], [[POINT_SIGMA] * 2])).variance_term == 0
    costs = KlCosts.of(posteriors([[0.0, 0.0]], [[1.0, 1.0]]))
    assert (costs.mean_term, costs.variance_term) == (0, 0)


@given(
    st.floats(0.05, 2), st.floats(0.05, 2), st.floats(0.1, 6), st.floats(0, 2 * np.pi), st.floats(-0.7, 0.7)
)
def test_overlaps_agree_with_points_on_the_borders(narrow, wide, distance, direction, angle):
    places = np.array([(0, 0), (distance * np.cos(direction), distance * np.sin(direction))], np.float32)
    axes, angles = np.array([(narrow, wide), (wide, 0.5)], np.float32), np.array([angle, -angle], np.float32)
    # In the frame in which the first is a circle of radius 1: how near the second comes.
    turns = np.linspace(0, 2 * np.pi, 4000)
    c, s = np.cos(-angle), np.sin(-angle)
    border = np.stack([wide * np.cos(turns), 0.5 * np.sin(turns)], axis=1) @ np.array([[c, s], [-s, c]])
    c, s = np.cos(angle), np.sin(angle)
    local = (border + places[1]) @ np.array([[c, -s], [s, c]]) / axes[0]
    nearest = np.hypot(*local.T).min()
    holds_middle = (
        np.hypot(
            *(
                (-places[1] @ np.array([[np.cos(-angle), -np.sin(-angle)], [np.sin(-angle), np.cos(-angle)]]))
                / axes[1]
            )
        )
        <= 1
    )
    found = overlapping(places, axes, angles, np.array([0, 1]))
    assert found[0] == found[1]
    if abs(nearest - 1) > 0.03:
        assert found[0] == (nearest < 1 or holds_middle)


def test_figures_of_a_plane():
    means = [(0, 0), (0.1, 0), (1.5, 0), (0, 2.5), (9, 9)]
    figures = PlaneFigures.of(
        posteriors(means, [[0.06, 0.06]] * 5), PlaneBasis.of_numbers(np.array(means), 0, 1)
    )
    assert figures.within == pytest.approx((0.4, 0.6, 0.8))
    assert (figures.count, figures.different, figures.asked, figures.overlapping) == (5, 5, 5, 2)
    assert figures.smallest == figures.largest == pytest.approx(0.06)
    points = PlaneFigures.of(
        posteriors(means, [[POINT_SIGMA] * 2] * 5), PlaneBasis.of_numbers(np.array(means), 0, 1)
    )
    assert (points.smallest, points.overlapping, points.within) == (None, 0, figures.within)


def test_the_widest_gap_of_a_ring_is_its_middle():
    turns = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    place, distance = widest_gap(np.stack([3 + 2 * np.cos(turns), 2 * np.sin(turns) - 1], axis=1))
    assert place == pytest.approx((3, -1), abs=0.15)
    assert distance == pytest.approx(2, abs=0.15)


def test_terms_that_do_not_count_are_hollow_and_left_out_of_the_sum(qtbot):
    bar = StackedBar("loss")
    qtbot.addWidget(bar)
    bar.show_parts(loss_parts(Terms(10.0, 2.0, 3.0, (0.5, 0.0))))
    assert bar.counted == pytest.approx(11.0)
    assert [part.counts for part in bar.parts] == [True, True, False]
    assert "KL mean term 1.00 (β = 0.5)" in bar.accessibleName()
    assert "KL variance term 3.00 (not counted)" in bar.accessibleName()
    bar.resize(200, bar.sizeHint().height())
    hollow = bar.grab().toImage()
    bar.show_parts(loss_parts(Terms(10.0, 2.0, 3.0, (0.5, 1.0))))
    assert bar.grab().toImage() != hollow


def test_a_bar_has_a_line_for_the_largest_axes_only():
    parts = axis_parts([0.1, 5.0, 0.2, 0.3], most=2)
    assert [part.has_line for part in parts] == [False, True, False, True]


def test_of_a_point_the_variance_term_is_none():
    costs = KlCosts.of(posteriors([[1.0, 2.0]], [[POINT_SIGMA] * 2]))
    parts = picture_parts(costs, (0.0, 0.0), is_point=True)
    assert [part.counts for part in parts] == [False, False]
    assert parts[0].value == pytest.approx(2.5)
    assert "no σ" in parts[1].note


@pytest.mark.parametrize("objective", OBJECTIVE_NAMES)
def test_answers_are_true_for_each_objective(objective):
    model = ModelConfig(32, 1, objective=objective)
    parts = OBJECTIVES[objective]
    figures = PlaneFigures(100, 100, 100, 0.1 if parts.has_noise else None, 0.2, 100, 50, (0.4, 0.8, 0.9))
    found = {answer.topic: answer for answer in answers(model, figures)}
    assert set(found) == set(Topic)
    gives = found[Topic.DISTRIBUTIONS]
    assert ("no σ" in gives.words + gives.figures) == (not parts.has_noise)
    assert ("tilted" in gives.words) == (objective == "full-covariance")
    assert ("the same for all" in gives.words) == (objective == "constant-variance")
    structure = found[Topic.STRUCTURE].words
    assert ("together fill" in structure) == (parts.mean_term and parts.variance_term)
    assert ("drawn to the middle" in structure) == (parts.mean_term and not parts.variance_term)
    assert ("This model is one" in found[Topic.ANYWHERE].words) == (not parts.has_noise)
    counted = found[Topic.TERMS].figures
    assert ("mean term does not" in counted) == (parts.variance_term and not parts.mean_term)
    assert ("variance term does not" in counted) == (parts.mean_term and not parts.variance_term)
    for answer in found.values():
        assert "Source: " in answer.formula
        assert answer.words.count(". ") + 1 <= 3


def test_a_weight_of_nothing_is_a_term_that_does_not_count():
    answer = answers(ModelConfig(32, 1, beta_mean=0.0), PlaneFigures(5, 5))[1]
    assert "nothing draws them to the middle" in answer.words


def test_of_very_many_pictures_a_part_is_looked_at_and_that_is_said():
    means = np.random.default_rng(0).normal(size=(20_001, 2))
    found = PlaneFigures.of(posteriors(means, np.full((20_001, 2), 0.05)), PlaneBasis.of_numbers(means, 0, 1))
    assert (found.total, found.count) == (20_001, 10_000)
    assert found.within == pytest.approx((0.393, 0.865, 0.989), abs=0.02)  # 1 − exp(−k² / 2)
    assert "Looked at were 10,000 of 20,001." in answers(ModelConfig(32, 1), found)[0].figures
