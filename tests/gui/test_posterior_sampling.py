"""Drawing from a picture's distribution."""

import numpy as np
import pytest
from hands import LEFT, NONE, at, show_points
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from training.plane_basis import PlaneBasis
from training.posteriors import Posteriors
from training.replay import Moment
from vae_desktop import posterior_sampling
from vae_desktop.plane_ellipses import EllipsesOf
from vae_desktop.posterior_sampling import _in_sigmas

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def exploring(qtbot, app, trained):
    return show_points(qtbot, app, trained)


def latent(app):
    return np.array(app.plane.where.latent(1))


def outermost(app):
    """The row of the picture farthest out, and the pixel where it lies."""
    where = app.plane.where
    means = where.basis.on_plane(where.means)
    row = int(((means - means.mean(axis=0)) ** 2).sum(axis=1).argmax())
    return row, at(app, *means[row].tolist())


def test_samples_are_of_the_posterior(exploring):
    where, sampling = exploring.plane.where, exploring.explorer.sampling
    row = 7
    found = []
    for _ in range(400):
        sampling.sample(int(where.numbers[row]))
        found.append(latent(exploring))
    mean, sigma = where.means[row], where.sigmas[row]
    assert np.abs(np.mean(found, axis=0) - mean).max() < 5 * sigma.max() / 20
    assert np.std(found, axis=0) == pytest.approx(sigma, rel=0.2)


def test_shift_click_on_a_picture_samples_it_again_and_again_and_each_is_undone(exploring, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("vae_desktop.edits.time.monotonic", lambda: now[0])
    row, pixel = outermost(exploring)
    before = latent(exploring)
    seen = []
    for _ in range(3):
        now[0] += 5
        QTest.mouseClick(exploring.window.plane, LEFT, SHIFT, pixel)
        seen.append(latent(exploring))
    assert exploring.explorer.sampling.picture == exploring.plane.where.numbers[row]
    assert len({tuple(each) for each in seen}) == 3
    exploring.window.action("undo").trigger()
    assert latent(exploring) == pytest.approx(seen[1])
    exploring.window.action("undo").trigger()
    exploring.window.action("undo").trigger()
    assert latent(exploring) == pytest.approx(before)


def test_a_click_in_an_ellipse_samples_only_where_it_is_shown(exploring):
    where, plane = exploring.plane.where, exploring.window.plane
    row, _ = outermost(exploring)
    mean = where.basis.on_plane(where.means)[row]
    sigmas, angles = where.basis.ellipses(where.posteriors)
    plane.set_view(plane.view.fitted(*np.repeat(mean, 2) + np.array([-4, 4, -4, 4]) * sigmas[row].max()))
    off = 1.5 * sigmas[row, 0] * np.array([np.cos(angles[row]), np.sin(angles[row])])
    pixel = at(exploring, *(mean + off).tolist())
    sampling = exploring.explorer.sampling
    QTest.mouseClick(plane, LEFT, SHIFT, pixel)
    assert sampling.picture == -1
    plane.show_ellipses(EllipsesOf.SELECTED)
    QTest.mouseClick(plane, LEFT, SHIFT, pixel)
    assert sampling.picture == -1
    exploring.explorer.selection.select(where.numbers[[row]])
    QTest.mouseClick(plane, LEFT, SHIFT, pixel)
    assert sampling.picture == where.numbers[row]


@given(st.floats(0, 2 * np.pi), st.floats(0.1, 3), st.lists(st.floats(0.05, 2), min_size=3, max_size=3))
def test_the_edge_of_an_ellipse_is_at_its_sigma_whatever_the_plane(direction, times, sigmas):
    rng = np.random.default_rng(0)
    basis = PlaneBasis.principal(
        rng.normal(size=(50, 3)) * (3, 2, 1) @ np.linalg.qr(rng.normal(size=(3, 3)))[0]
    )
    one = np.array([sigmas], np.float32)
    axes, angles = basis.ellipses(Posteriors(np.zeros_like(one), one))
    c, s = np.cos(angles[0]), np.sin(angles[0])
    local = times * axes[0] * (np.cos(direction), np.sin(direction))
    off = np.array([[local[0] * c - local[1] * s, local[0] * s + local[1] * c]], np.float32)
    assert _in_sigmas(off, axes, angles)[0] == pytest.approx(times, rel=1e-3)
    # Mahalanobis distance by the covariance on the plane.
    directions = basis.directions[:2]
    covariance = directions @ np.diag(np.square(sigmas)) @ directions.T
    assert np.sqrt(off[0] @ np.linalg.solve(covariance, off[0])) == pytest.approx(times, rel=1e-2)


def test_the_key_samples_what_is_pointed_at_else_the_selected_picture_else_the_nearest(exploring):
    where, sampling, plane = exploring.plane.where, exploring.explorer.sampling, exploring.window.plane
    act = exploring.window.action("sample_picture")
    assert act.shortcut().toString() == "S"
    act.trigger()
    assert sampling.picture == where.nearest(1)[0] or sampling.picture >= 0
    sampling.forget()
    exploring.explorer.selection.select(np.array([11]))
    act.trigger()
    assert sampling.picture == 11
    row, pixel = outermost(exploring)
    QTest.mouseMove(plane, pixel + QPoint(60, 60))
    QTest.mouseMove(plane, pixel)
    act.trigger()
    assert sampling.picture == where.numbers[row]


def test_it_is_in_the_menu_of_a_picture(exploring):
    plane = exploring.window.plane
    row, pixel = outermost(exploring)
    QApplication.sendEvent(
        plane, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, pixel, plane.mapToGlobal(pixel))
    )
    menu = plane.findChildren(QMenu)[-1]
    (entry,) = [each for each in menu.actions() if "distribution" in each.text()]
    entry.trigger()
    assert exploring.explorer.sampling.picture == exploring.plane.where.numbers[row]
    menu.close()


def test_a_locked_handle_stays(exploring):
    exploring.window.action("lock_handle").trigger()
    before = latent(exploring)
    exploring.explorer.sampling.sample(3)
    assert latent(exploring) == pytest.approx(before)
    assert exploring.explorer.sampling.picture == -1
    assert "locked" in exploring.window.statusBar().currentMessage()


def test_a_picture_that_is_not_followed_is_not_sampled(exploring):
    sampling, bar = exploring.explorer.sampling, exploring.window.statusBar()
    sampling.sample(1_000)
    assert "after the training" in bar.currentMessage()
    where = exploring.plane.where
    few = slice(0, 5)
    exploring.plane.show_past(Moment(1, 0.5, where.numbers[few], where.posteriors[few]))
    sampling.sample(7)
    assert "not at this step" in bar.currentMessage()


def test_samples_are_seen_for_a_while(qtbot, exploring, monkeypatch):
    plane = exploring.window.plane
    before = plane.grab().toImage()
    exploring.explorer.sampling.sample(3)
    exploring.plane.put_handle(1, (0.0, 0.0))
    assert plane.grab().toImage() != before
    monkeypatch.setattr(posterior_sampling, "SHOWN_SECONDS", 0.01)
    qtbot.waitUntil(lambda: exploring.explorer.sampling.picture == -1)
    assert not exploring.explorer.sampling._fade.isActive()


def test_shift_click_on_empty_ground_places_the_handle(exploring):
    pixel = at(exploring, *exploring.window.plane.handles[1]) + QPoint(-150, 90)
    QTest.mouseClick(exploring.window.plane, LEFT, SHIFT, pixel)
    QTest.mouseClick(exploring.window.plane, LEFT, NONE, pixel)
    assert exploring.explorer.sampling.picture == -1
