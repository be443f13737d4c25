"""Groups of pictures: made, named, coloured, undone, kept, and shown with their means."""

import json

import numpy as np
import pytest
from hands import LEFT, NONE, at, problem, show_points
from hearing import SECONDS, told
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QToolButton

from training.project import Project
from vae_desktop.exploration import EXPLORATION_FILE
from vae_desktop.group_statistics import Difference, GroupMean, _chi_square_95
from vae_desktop.groups_panel import _COLOUR_NAMES
from vae_desktop.picture_groups import Group
from vae_desktop.plane_colouring import MOST_NAMED


def opened(qtbot, app, project):
    return show_points(qtbot, app, project)


@pytest.fixture
def exploring(qtbot, app, sorted_pictures):
    return opened(qtbot, app, sorted_pictures)


def names(app):
    listed = app.window.groups.list
    return [listed.topLevelItem(row).text(0) for row in range(listed.topLevelItemCount())]


def make(app, name, numbers):
    app.explorer.selection.select(np.array(numbers))
    app.window.action("make_group").trigger()
    dialog = app.window.findChildren(QInputDialog)[-1]
    dialog.findChild(QLineEdit).setText(name)
    dialog.accept()


def numbers(app, place=0):
    groups = app.explorer.groups
    return groups.numbers_of(groups.groups[place]).tolist()


def undo(app):
    app.window.action("undo").trigger()


def choose(app, words, row=0):
    """An entry of the menu of a group."""
    panel = app.window.groups
    panel.list.setCurrentItem(panel.list.topLevelItem(row))
    menu = panel._more.menu()
    panel._fill_menu(menu)
    entries = {each.text().replace("&", ""): each for each in menu.actions()}
    entries[words].trigger()


@given(st.sets(st.integers(0, 500)), st.integers(0, MOST_NAMED - 1))
def test_a_group_is_the_same_after_it_was_kept(ids, colour):
    group = Group(3, "a <b> & c", colour, np.array(sorted(ids), np.int64))
    again = Group.of_state(json.loads(json.dumps(group.as_state())))
    assert (again.key, again.name, again.colour) == (3, "a <b> & c", colour)
    assert again.ids.tolist() == sorted(ids)


def test_every_colour_has_a_name():
    assert len(_COLOUR_NAMES) == MOST_NAMED


def test_a_group_of_the_selected_pictures_is_made_changed_and_undone(exploring):
    make(exploring, "smiling\n", [1, 2, 7])
    assert names(exploring) == ["smiling"]
    assert numbers(exploring) == [1, 2, 7]
    assert exploring.window.groups.isVisible(), "it comes to the front"
    item = exploring.window.groups.list.topLevelItem(0)
    assert item.text(1) == "3"
    assert item.data(0, Qt.ItemDataRole.AccessibleTextRole) == "smiling, 3 pictures"
    item.setText(0, "laughing")
    assert names(exploring) == ["laughing"]
    choose(exploring, "Delete")
    assert names(exploring) == []
    for expected in (["laughing"], ["smiling"], []):
        undo(exploring)
        assert names(exploring) == expected
    exploring.window.action("redo").trigger()
    assert names(exploring) == ["smiling"]
    assert exploring.window.action("undo").text() == "&Undo make group smiling"


def test_a_group_is_renamed_by_keys_and_its_number_is_not(qtbot, exploring):
    make(exploring, "first", [1, 2])
    listed = exploring.window.groups.list
    for column, expected in ((1, "first"), (0, "second")):
        listed.setCurrentItem(listed.topLevelItem(0), column)
        listed.setFocus()
        claim = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_F2, NONE)
        claim.ignore()
        QApplication.sendEvent(listed, claim)
        assert claim.isAccepted(), "else the key would name the handle"
        QTest.keyClick(listed, Qt.Key.Key_F2)
        editors = [each for each in listed.findChildren(QLineEdit) if each.isVisible()]
        assert len(editors) == 1 - column
        for editor in editors:
            editor.setText("second")
            QTest.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda expected=expected: names(exploring) == [expected])


def test_an_empty_name_changes_nothing_and_a_new_group_has_one(exploring):
    make(exploring, "  ", [1])
    assert names(exploring) == ["Group 1"]
    exploring.window.groups.list.topLevelItem(0).setText(0, " ")
    assert names(exploring) == ["Group 1"]


def test_a_group_is_selected_recoloured_and_given_other_pictures(exploring):
    make(exploring, "first", [1, 2, 7])
    exploring.explorer.selection.clear()
    choose(exploring, "Select its pictures")
    assert exploring.explorer.selection.numbers.tolist() == [1, 2, 7]
    exploring.window.groups.recolour_requested.emit(1, 4)
    assert exploring.explorer.groups.groups[0].colour == 4
    exploring.explorer.selection.select(np.array([3, 4]))
    choose(exploring, "Let it be of the 2 selected pictures")
    assert numbers(exploring) == [3, 4]
    undo(exploring)
    undo(exploring)
    assert numbers(exploring) == [1, 2, 7]
    assert exploring.explorer.groups.groups[0].colour == 0


def test_without_a_selection_it_is_said_how_to_select(exploring):
    exploring.window.action("make_group").trigger()
    assert "lasso" in exploring.window.statusBar().currentMessage()
    assert not exploring.window.findChildren(QInputDialog)


def folder_menu(app):
    (button,) = [each for each in app.window.groups.findChildren(QToolButton) if each.text() == "From folder"]
    return {each.text().replace("&", ""): each for each in button.menu().actions()}


def test_groups_of_folders(qtbot, exploring):
    qtbot.waitUntil(lambda: "cats (14)" in folder_menu(exploring), timeout=SECONDS)
    folder_menu(exploring)["cats (14)"].trigger()
    assert names(exploring) == ["cats"]
    assert numbers(exploring) == list(range(0, 40, 3))
    undo(exploring)
    folder_menu(exploring)["A group of each"].trigger()
    assert names(exploring) == ["dogs", "cats"]
    undo(exploring)
    assert names(exploring) == []


def test_more_than_twenty_folders_are_offered_as_far_as_a_menu_goes(exploring):
    exploring.window.groups.show_folders([(f"folder {n}", 100 - n) for n in range(40)])
    assert "and 10 smaller ones" in folder_menu(exploring)


def test_points_are_coloured_by_group(exploring):
    make(exploring, "first", [1, 2, 7])
    make(exploring, "second", [2, 3])
    exploring.explorer.colours.choose("group")
    exploring.window.plane.grab()
    entries = [text for text, _ in exploring.window.plane._scene._legend().entries]
    assert entries == ["first 3", "second 1", "in no group 36"], "the first group comes first"
    for _ in range(2):
        undo(exploring)
    exploring.window.plane.grab()
    assert "No groups yet" in exploring.window.plane._scene._legend().notes[0]


def test_groups_come_back_with_the_project_and_know_their_pictures(qtbot, start_app, sorted_pictures):
    first = opened(qtbot, start_app(), sorted_pictures)
    make(first, "Ünïcode <b>", [1, 2, 7])
    kept_ids = first.plane.pictures.store.ids[[1, 2, 7]].tolist()
    first.window.close()
    with Project.open(sorted_pictures, write=True) as project, project.index() as index:
        index.execute("DELETE FROM pictures WHERE id = ?", (kept_ids[0],))
        index.execute("DELETE FROM pictures WHERE id < ?", (kept_ids[0],))
    second = start_app()
    qtbot.waitUntil(lambda: names(second) == ["Ünïcode <b>"], timeout=SECONDS)
    assert second.plane.pictures.store.ids[numbers(second)].tolist() == kept_ids[1:]
    tip = second.window.groups.list.topLevelItem(0).toolTip(0)
    assert "2 pictures, 1 no longer in the project" in tip
    assert "&lt;b&gt;" in tip
    assert not second.window.action("undo").isEnabled()


def test_groups_and_colours_come_back_after_another_project_was_open(
    qtbot, exploring, sorted_pictures, untrained
):
    make(exploring, "first", [1, 2, 7])
    exploring.explorer.colours.choose("group")
    exploring.open_project(str(untrained))
    assert names(exploring) == []
    exploring.open_project(str(sorted_pictures))
    qtbot.waitUntil(lambda: names(exploring) == ["first"], timeout=SECONDS)
    assert exploring.explorer.colours.mode == "group"


@pytest.mark.parametrize(
    "groups",
    [
        7,
        [{"key": 1, "name": "a", "colour": 0}],
        [{"key": 1, "name": "a", "colour": 0, "ids": "5-1"}],
        [{"key": 1, "name": "a", "colour": 0, "ids": "0-99999999999"}],
        [{"key": 1, "name": "a", "colour": "red", "ids": ""}],
        [{"key": 1, "name": "a", "colour": 0, "ids": ""}] * 2,
    ],
)
def test_damaged_groups_cost_nothing_but_themselves(qtbot, app, trained, groups, caplog):
    state = {"format": 1, "project": {"groups": groups, "colours": {"by": "group"}}, "runs": {}}
    (trained / EXPLORATION_FILE).write_text(json.dumps(state))
    opened(qtbot, app, trained)
    assert names(app) == []
    assert app.explorer.colours.mode == "group"
    assert problem(app) == ""
    assert caplog.records


def test_a_group_whose_pictures_are_all_gone_says_so(exploring):
    exploring.explorer.groups.add([("gone", np.array([10_000]))])
    choose(exploring, "Select its pictures")
    assert "None of its pictures" in exploring.window.statusBar().currentMessage()
    assert not exploring.window.plane.grab().isNull()


def test_groups_stay_when_another_training_is_shown(qtbot, exploring):
    make(exploring, "first", [1, 2, 7])
    with told(qtbot, exploring.engine, "model_loaded"):
        exploring.explorer.exploration.restore("run-002")
        exploring.training.show(exploring.training.run)
    assert names(exploring) == ["first"]


def test_a_mean_is_a_diamond_that_tells_its_picture_and_takes_the_handle(qtbot, exploring):
    plane, where = exploring.window.plane, exploring.plane.where
    before = plane.grab().toImage()
    make(exploring, "first", list(range(20)))
    exploring.explorer.selection.clear()
    mean = where.means[:20].mean(axis=0)
    pixel = at(exploring, *where.basis.on_plane(mean[None])[0].tolist())
    plane.move_handle(1, 50.0, 50.0)
    assert plane.grab().toImage().pixelColor(pixel) != before.pixelColor(pixel)
    card = exploring.explorer.card.card
    with told(qtbot, exploring.engine, "decoded", lambda decoded: decoded.handle < 0) as decoded:
        QTest.mouseMove(plane, pixel + QPoint(60, 60))
        QTest.mouseMove(plane, pixel)
        qtbot.waitUntil(card.isVisible, timeout=SECONDS)
    assert card.content.title == "first"
    assert "20 pictures" in card.content.lines[0]
    assert decoded[0].point == pytest.approx(mean.tolist(), abs=1e-5)
    QTest.mouseClick(plane, LEFT, NONE, pixel)
    assert where.latent(1) == pytest.approx(mean.tolist(), abs=1e-5)
    undo(exploring)
    assert where.latent(1) != pytest.approx(mean.tolist(), abs=1e-5)


# ---------------------------------------------------------------------- differences


def test_the_bound_is_the_quantile_of_chi_square():
    for degrees, quantile in ((1, 3.841), (2, 5.991), (3, 7.815), (10, 18.307), (64, 83.675)):
        assert _chi_square_95(degrees) == pytest.approx(quantile, rel=0.03)


def means_of(rng, n, shift, latent_dim=2):
    return GroupMean.of(rng.normal(size=(n, latent_dim)) + shift)


def test_the_error_of_a_difference_is_that_of_means():
    rng = np.random.default_rng(0)
    found = [Difference.between(means_of(rng, 50, 0.0), means_of(rng, 100, (3.0, 0.0))) for _ in range(400)]
    lengths = np.array([each.length for each in found])
    assert np.std(lengths) == pytest.approx(np.sqrt(1 / 50 + 1 / 100), rel=0.15)
    assert np.mean([each.error for each in found]) == pytest.approx(np.sqrt(1 / 50 + 1 / 100), rel=0.05)
    assert all(each.is_clear for each in found)


@pytest.mark.parametrize("latent_dim", [2, 8])
def test_chance_alone_is_seldom_taken_for_a_difference(latent_dim):
    rng = np.random.default_rng(0)
    pairs = [(means_of(rng, 40, 0, latent_dim), means_of(rng, 40, 0, latent_dim)) for _ in range(400)]
    assert np.mean([Difference.between(*pair).is_clear for pair in pairs]) < 0.1
    hardly = next(each for each in (Difference.between(*pair) for pair in pairs) if not each.is_clear)
    assert "hardly more than chance" in hardly.words


def test_single_pictures_and_equal_groups_make_no_clear_difference():
    one, other = GroupMean.of(np.zeros((1, 2))), GroupMean.of(np.ones((1, 2)))
    assert not Difference.between(one, other).is_clear
    same = Difference.between(one, one)
    assert (same.length, same.is_clear) == (0.0, False)
    assert GroupMean.of(np.zeros((0, 2))) is None


@pytest.fixture
def compared(exploring):
    """With two groups, and the difference from the first to the second."""
    make(exploring, "A", list(range(20)))
    make(exploring, "B", list(range(20, 40)))
    exploring.explorer.selection.clear()
    means = exploring.plane.where.means.astype(np.float64)
    return exploring, means[20:].mean(axis=0) - means[:20].mean(axis=0)


def slider(app):
    return app.window.groups.difference._slider


def latent(app):
    return np.array(app.plane.where.latent(1))


def test_the_slider_adds_the_difference_to_the_handle_and_takes_it_away(qtbot, compared):
    app, vector = compared
    app.plane.put_handle(1, (0.25, -0.5))
    with told(qtbot, app.engine, "decoded", lambda decoded: decoded.handle == 1):
        slider(app).setValue(100)
    assert latent(app) == pytest.approx(np.array((0.25, -0.5)) + vector)
    slider(app).setValue(-200)
    assert latent(app) == pytest.approx(np.array((0.25, -0.5)) - 2 * vector)
    slider(app).setValue(0)
    assert latent(app) == pytest.approx((0.25, -0.5))


def test_a_held_slider_is_one_edit(compared):
    app, vector = compared
    edits = app.explorer.exploration.edits
    before = edits.count()
    slider(app).setSliderDown(True)
    for value in (20, 60, 150):
        slider(app).setValue(value)
    slider(app).setSliderDown(False)
    assert latent(app) == pytest.approx(1.5 * vector)
    assert edits.count() == before + 1
    assert slider(app).value() == 150, "to go on from there"
    undo(app)
    assert latent(app) == pytest.approx((0.0, 0.0))
    assert slider(app).value() == 0


def test_moving_the_handle_begins_anew(compared):
    app, vector = compared
    slider(app).setValue(100)
    QTest.keyClick(app.window.plane, Qt.Key.Key_Right)
    assert slider(app).value() == 0
    start = latent(app)
    slider(app).setValue(50)
    assert latent(app) == pytest.approx(start + 0.5 * vector)


def test_a_locked_handle_is_not_moved_by_the_slider(compared):
    app, _ = compared
    app.window.action("lock_handle").trigger()
    slider(app).setValue(100)
    assert latent(app) == pytest.approx((0.0, 0.0))
    assert slider(app).value() == 0


def note(app):
    return app.window.groups.difference._note.text()


def test_what_is_known_of_the_difference_is_said(compared):
    app, vector = compared
    assert f"{np.linalg.norm(vector):.2f} apart" in note(app)
    make(app, "one", [3])
    panel = app.window.groups.difference
    panel._to.setCurrentIndex(2)
    assert "each needs two" in note(app)
    assert not slider(app).isEnabled()
    panel._to.setCurrentIndex(0)
    assert note(app) == "Choose two different groups."


def test_an_arrow_leads_from_mean_to_mean(compared):
    app, vector = compared
    plane, where = app.window.plane, app.plane.where
    middle = where.means.astype(np.float64).mean(axis=0)
    plane.set_view(
        plane.view.fitted(*np.repeat(middle, 2) + np.array([-1, 1, -1, 1]) * np.linalg.norm(vector))
    )
    plane._settle.timeout.emit()
    plane.move_handle(1, 50.0, 50.0)
    with_arrow = plane.grab().toImage()
    for _ in range(2):
        undo(app)
    without = plane.grab().toImage()
    pixel = at(app, *where.basis.on_plane(middle[None].astype(np.float32))[0].tolist())
    assert with_arrow.pixelColor(pixel) != without.pixelColor(pixel)
