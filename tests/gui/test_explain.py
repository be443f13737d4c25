"""The panel "What am I looking at?": driven as a person does, by pointer and keys."""

import numpy as np
import pytest
from hands import LEFT, NONE, action, at, problem, show_points, wait_for
from hearing import SECONDS, told
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QLabel

from vae_desktop.explain_figures import KlCosts
from vae_desktop.explain_words import Topic
from vae_desktop.latent_plane import PlaneMode
from vae_desktop.main_window import WindowState
from vae_desktop.plane_ellipses import EllipsesOf
from vae_desktop.plane_view import signed
from vae_desktop.settings_dialog import SettingsDialog


@pytest.fixture
def explaining(qtbot, app, trained):
    app.window.resize(1280, 900)
    show_points(qtbot, app, trained)
    assert not app.companions.explain.dock.isVisible()
    app.window.action("explain").trigger()
    qtbot.waitUntil(lambda: app.companions.explain.is_seen)
    return app


def panel(app):
    return app.companions.explain.panel


def outermost(app):
    """The row of the picture farthest out, and the pixel where it lies."""
    where = app.plane.where
    means = where.basis.on_plane(where.means)
    row = int(((means - means.mean(axis=0)) ** 2).sum(axis=1).argmax())
    return row, at(app, *means[row].tolist())


def point_at(app, pixel):
    QTest.mouseMove(app.window.plane, pixel + QPoint(30, 30))
    QTest.mouseMove(app.window.plane, pixel)


def leave(app):
    QApplication.sendEvent(app.window.plane, QEvent(QEvent.Type.Leave))


def images(row):
    return [image for _caption, image in row.pictures if image is not None]


def is_complete(row):
    return bool(row.pictures) and len(images(row)) == len(row.pictures)


def test_of_a_picture_that_is_pointed_at_it_tells_what_the_encoder_gives(qtbot, explaining):
    where = explaining.plane.where
    row, pixel = outermost(explaining)
    point_at(explaining, pixel)
    mean, sigma = where.means[row], where.sigmas[row]
    qtbot.waitUntil(lambda: f"μ = {signed(float(mean[0]), 2)}" in panel(explaining).text)
    told_of = panel(explaining).text
    assert explaining.plane.pictures.name(int(where.numbers[row])) in told_of
    assert f"μ = {signed(float(mean[1]), 2)}" in told_of
    assert f"σ = {sigma[1]:.3g}" in told_of
    qtbot.waitUntil(lambda: len(images(panel(explaining).pictures)) == 2, timeout=SECONDS)
    costs = KlCosts.of(where.posteriors[row : row + 1])
    assert [part.value for part in panel(explaining).costs.parts] == pytest.approx(
        [costs.mean_term, costs.variance_term]
    )
    assert all(part.counts for part in panel(explaining).costs.parts)


def test_the_dice_draws_from_the_distribution_and_leaves_the_handle(qtbot, explaining):
    where, explain = explaining.plane.where, explaining.companions.explain
    row, pixel = outermost(explaining)
    QTest.mouseClick(explaining.window.plane, LEFT, NONE, pixel)
    leave(explaining)
    qtbot.waitUntil(panel(explaining).dice.isVisible)
    before = explaining.window.plane.handles
    QTest.mouseClick(panel(explaining).dice, LEFT)
    qtbot.waitUntil(lambda: len(images(panel(explaining).samples)) == 6, timeout=SECONDS)
    assert explaining.window.plane.handles == before
    assert explaining.explorer.sampling.picture == where.numbers[row]
    off = (explain._drawing - where.means[row]) / where.sigmas[row]
    assert 0 < np.abs(off).max() < 5
    assert np.unique(explain._drawing, axis=0).shape == (6, 2)
    point_at(explaining, QPoint(60, 60))  # something else: these samples are none of it
    qtbot.waitUntil(lambda: not panel(explaining).samples.pictures)
    leave(explaining)  # on the way to the panel, what was clicked comes back
    name = explaining.plane.pictures.name(int(where.numbers[row]))
    qtbot.waitUntil(lambda: name in panel(explaining).text)


def test_of_places_and_handles_it_tells_what_lies_around_and_what_decoding_is(qtbot, explaining):
    plane, where = explaining.window.plane, explaining.plane.where
    plane.set_view(plane.view.fitted(-30, 30, -30, 30))
    point_at(explaining, at(explaining, 25.0, 25.0))
    qtbot.waitUntil(lambda: "No picture is near" in panel(explaining).text)
    qtbot.waitUntil(lambda: len(images(panel(explaining).pictures)) == 2, timeout=SECONDS)
    first, second = (
        where.means[0],
        where.means[np.linalg.norm(where.means - where.means[0], axis=1).argsort()[1]],
    )
    middle = ((first + second) / 2).astype(float)
    half = np.linalg.norm(first - second) * 3
    plane.set_view(plane.view.fitted(middle[0] - half, middle[0] + half, middle[1] - half, middle[1] + half))
    point_at(explaining, at(explaining, *middle.tolist()))
    qtbot.waitUntil(lambda: "Between " in panel(explaining).text)
    qtbot.waitUntil(lambda: is_complete(panel(explaining).pictures), timeout=SECONDS)
    plane.setFocus()
    QTest.keyClick(plane, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.waitUntil(lambda: "that is decoding" in panel(explaining).text)
    qtbot.waitUntil(lambda: is_complete(panel(explaining).pictures), timeout=SECONDS)


def test_the_loss_follows_the_training(qtbot, explaining):
    before = panel(explaining).loss.parts
    run = explaining.training.run.last_epoch()
    assert [part.value for part in before] == pytest.approx(
        [run.train.reconstruction, run.train.kl_mean, run.train.kl_variance]
    )
    assert len(panel(explaining).axes.parts) == 2
    with told(qtbot, explaining.engine, "epoch_finished") as record:
        explaining.training.begin(None, run=None, chosen={"epochs": 3, "objective": "mean-term"}, name="m")
    epoch = record[0]
    qtbot.waitUntil(lambda: panel(explaining).loss.parts[0].value == epoch.train.reconstruction)
    assert [part.counts for part in panel(explaining).loss.parts] == [True, True, False]
    wait_for(qtbot, explaining, WindowState.TRAINED)
    assert problem(explaining) == ""


def test_each_answer_shows_what_it_tells_of(qtbot, explaining):
    window, plane = explaining.window, explaining.window.plane
    views = {topic: panel(explaining).answers[topic] for topic in Topic}
    qtbot.waitUntil(lambda: "overlap with another" in views[Topic.DISTRIBUTIONS].text)
    assert "40 different distributions for 40 pictures" in views[Topic.DISTRIBUTIONS].text
    assert "within 1, 2 and 3 σ" in views[Topic.STRUCTURE].text
    assert "VAE. Both count" in views[Topic.TERMS].text
    assert "This model is none" in views[Topic.ANYWHERE].text
    window.show_mode(PlaneMode.PICTURES)
    QTest.mouseClick(views[Topic.DISTRIBUTIONS].show_me, LEFT)
    assert plane.ellipses_of is EllipsesOf.ALL
    assert plane.mode is PlaneMode.POINTS
    QTest.mouseClick(views[Topic.STRUCTURE].show_me, LEFT)
    assert plane.ellipses_of is EllipsesOf.POINTED_AT
    z1_min, z1_max, z2_min, z2_max = plane.visible_extent()
    assert max(z1_min, z2_min) <= -3
    assert min(z1_max, z2_max) >= 3
    before = plane.handles
    views[Topic.ANYWHERE].show_me.setFocus()
    QTest.keyClick(views[Topic.ANYWHERE].show_me, Qt.Key.Key_Space)
    assert plane.mode is PlaneMode.PICTURES
    assert plane.handles != before
    assert "widest gap" in window.statusBar().currentMessage()
    QTest.mouseClick(views[Topic.TERMS].show_me, LEFT)
    dialog = window.findChild(SettingsDialog)
    qtbot.waitUntil(lambda: dialog.focusWidget().accessibleName() == "objective")
    assert dialog.is_afresh
    dialog.reject()
    _shows_formula(explaining)


def _shows_formula(explaining):
    view = panel(explaining).answers[Topic.TERMS]
    (formula,) = [label for label in view.findChildren(QLabel) if "Source" in label.text()]
    assert not formula.isVisible()
    QTest.mouseClick(view.toggle, LEFT)
    assert formula.isVisible()
    assert "½(σᵢ² − ln σᵢ² − 1)" in formula.text()
    QTest.mouseClick(view.toggle, LEFT)
    assert not formula.isVisible()
    assert view.toggle.accessibleName().startswith("Formula: Which part")


def test_it_is_closed_at_first_and_comes_back_with_the_project(qtbot, explaining, trained):
    window, explain = explaining.window, explaining.companions.explain
    assert window.action("explain").isChecked()
    decoding = window.findChild(QDockWidget, "Decoding")
    assert window.tabifiedDockWidgets(decoding) == [explain.dock]
    window.action("explain").trigger()
    assert not explain.dock.isVisible()
    window.action("explain").trigger()
    explaining.close_project()
    assert not explain.dock.isVisible()
    assert not window.action("explain").isEnabled()
    with told(qtbot, explaining.engine, "model_loaded"):
        explaining.open_project(str(trained))
    assert explain.dock.isVisible()
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, explain.dock)
    for _ in range(2):
        window.action("explain").trigger()
    assert window.dockWidgetArea(explain.dock) == Qt.DockWidgetArea.LeftDockWidgetArea
    assert action(explaining, "What am I looking at?").isChecked()
