"""Choosing what the points are coloured by, in the whole program."""

import numpy as np
import pytest
from damage import write_anew
from hands import action, problem, wait_for_plane
from hearing import SECONDS, told
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QToolButton


@pytest.fixture
def exploring(qtbot, app, sorted_pictures):
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(sorted_pictures))
    wait_for_plane(qtbot, app, 40)
    return app


def legend(app):
    app.window.plane.grab()
    return app.window.plane._scene._legend()


def colour_by(app, words):
    menu = app.explorer.colours._menu.menu
    next(each for each in menu.actions() if each.text().replace("&", "") == words).trigger()


def entries(app):
    return [text for text, _ in legend(app).entries]


def test_folders_have_colours_and_a_legend(qtbot, exploring):
    colour_by(exploring, "By folder")
    qtbot.waitUntil(lambda: entries(exploring) == ["dogs 26", "cats 14"], timeout=SECONDS)
    colour_by(exploring, "Learned or held out")
    assert entries(exploring)[0].startswith("learned from")


def test_dates_have_a_scale(qtbot, exploring):
    colour_by(exploring, "By date")
    qtbot.waitUntil(
        lambda: legend(exploring).scale is not None or "same time" in legend(exploring).notes[0],
        timeout=SECONDS,
    )


def test_reconstruction_errors_are_found_when_asked_for(qtbot, exploring):
    colour_by(exploring, "By reconstruction")
    qtbot.waitUntil(lambda: legend(exploring).scale is not None, timeout=SECONDS)
    scale, _ = legend(exploring).scale
    assert "off reconstructions are" in scale.title
    errors = exploring.explorer.colours._errors[1]
    assert errors.shape == (40,)
    classes = exploring.window.plane._scene.paint.classes
    order = np.argsort(errors)
    assert (np.diff(classes[order].astype(int)) >= 0).all()
    assert classes.min() > 0


def test_during_a_training_errors_are_promised_for_after_it(qtbot, exploring):
    colour_by(exploring, "By reconstruction")
    qtbot.waitUntil(lambda: legend(exploring).scale is not None, timeout=SECONDS)
    with told(qtbot, exploring.engine, "training_progress"):
        exploring.train(None)
    assert "known after the training" in legend(exploring).notes[0]
    with told(qtbot, exploring.engine, "model_loaded"):
        action(exploring, "Stop and keep").trigger()
    qtbot.waitUntil(lambda: legend(exploring).scale is not None, timeout=SECONDS)


def test_a_damaged_copy_is_told_in_the_legend(qtbot, exploring, sorted_pictures):
    for shard in (sorted_pictures / "pixels").glob("*.npy"):
        write_anew(shard, b"nothing")
    colour_by(exploring, "By reconstruction")
    qtbot.waitUntil(lambda: "damaged" in legend(exploring).notes[0], timeout=SECONDS)
    assert "damaged" not in problem(exploring)


def test_the_choice_comes_back_with_the_project(qtbot, start_app, sorted_pictures):
    first = start_app()
    with told(qtbot, first.engine, "model_loaded"):
        first.open_project(str(sorted_pictures))
    wait_for_plane(qtbot, first, 40)
    colour_by(first, "By folder")
    first.window.close()
    second = start_app()
    qtbot.waitUntil(lambda: entries(second)[:1] == ["dogs 26"], timeout=SECONDS)
    chosen = [each for each in second.explorer.colours._menu.menu.actions() if each.isChecked()]
    assert [each.text() for each in chosen] == ["By &folder"]


def test_another_project_begins_with_the_usual_colours(qtbot, exploring, untrained):
    colour_by(exploring, "By folder")
    exploring.open_project(str(untrained))
    assert exploring.explorer.colours.mode == "held out"


def test_it_is_in_the_plane_menu_and_in_the_tool_bar(exploring):
    menu = exploring.explorer.colours._menu.menu
    assert menu.menuAction() in exploring.window.plane_menu.actions()
    (button,) = [
        each for each in exploring.window.plane_tools.findChildren(QToolButton) if each.menu() is menu
    ]
    assert button.accessibleName() == "Colour points"
    assert all(isinstance(each, QAction) and each.statusTip() for each in menu.actions())
