"""Measuring in the whole program: the panel fills, stops, says what is out of date, leads to the plane."""

import json
import shutil

import numpy as np
import pytest
from hands import action, answer_save_dialog, at, button, wait_for, wait_for_plane
from hearing import SECONDS, told
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDockWidget, QPlainTextEdit, QToolButton

from training.measured import FEWEST_REAL
from training.measures import MEASURES_FILE
from training.project import Project
from training.run import latest_run
from vae_desktop.compared_figures import BETTER
from vae_desktop.latent_plane import PlaneMode
from vae_desktop.main_window import WindowState

LEFT = Qt.MouseButton.LeftButton
COUNT = 40


def _use_fewer_samples(patch):
    patch.setattr("training.subject.DRAWN", 60)
    patch.setattr("training.measure.SAMPLES", 200)
    patch.setattr("training.completeness.HOLE_SIDE", 24)
    for name, number in (("SIDE", 8), ("SAMPLES", 64), ("FEWEST_SAMPLES", 64), ("PATHS", 32), ("PAIRS", 3)):
        patch.setattr(f"training.continuity.{name}", number)


@pytest.fixture(autouse=True)
def _fewer_samples(monkeypatch):
    _use_fewer_samples(monkeypatch)


@pytest.fixture(scope="module")
def measured_once(trained_once, tmp_path_factory):
    from training.latent import load_model
    from training.measure import measure

    path = shutil.copytree(trained_once, tmp_path_factory.mktemp("measured") / "project")
    with pytest.MonkeyPatch.context() as patch, Project.open(path, write=False) as project:
        _use_fewer_samples(patch)
        run = latest_run(project.runs_folder)
        measure(run, load_model(run), project.pictures())
    return path


@pytest.fixture
def measured(measured_once, tmp_path):
    """The folder of a trained project of one's own that was measured."""
    return shutil.copytree(measured_once, tmp_path / "measured")


def open_project(qtbot, app, path):
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(path))
    wait_for_plane(qtbot, app, COUNT)
    qtbot.waitUntil(app.window.action("measure").isEnabled, timeout=SECONDS)
    return app


def open_measured(qtbot, app, path):
    open_project(qtbot, app, path)
    qtbot.waitUntil(lambda: app.explorer.measures.kept is not None, timeout=SECONDS)


def measure(qtbot, app):
    """Measure by the menu, and wait until it is shown."""
    action(app, "Measure the model").trigger()
    wait_for_figures(qtbot, app)


def wait_for_figures(qtbot, app):
    panel, session = app.window.measures, app.explorer.measures
    qtbot.waitUntil(lambda: session.kept is not None and panel.figures.isVisible(), timeout=SECONDS)


def rows(app):
    """The shown rows by title: value, interval, unit, meaning."""
    table = app.window.measures.figures
    found = {}
    for number in range(table.topLevelItemCount()):
        idea = table.topLevelItem(number)
        for child in range(idea.childCount()):
            item = idea.child(child)
            found[item.text(0)] = [item.text(column) for column in (1, 2, 3, 5)]
    return found


def dock(app):
    return next(each for each in app.window.findChildren(QDockWidget) if each.objectName() == "Measures")


def test_measuring_fills_the_panel_and_is_kept(qtbot, app, trained):
    open_project(qtbot, app, trained)
    app.window.action("measured").trigger()
    assert "Nothing is measured yet" in app.window.plane.map_words
    assert not dock(app).isVisible(), "nobody asked for it yet"
    assert app.window.measures.figures.topLevelItemCount() == 0
    measure(qtbot, app)
    assert dock(app).isVisible()
    found = app.explorer.measures.kept.found
    shown = rows(app)
    assert len(shown) == len(found.measures)
    share = found["holes"].estimate
    assert float(shown["Holes"][0].replace("−", "-")) == pytest.approx(share.value, rel=0.01)
    assert shown["Holes"][2:] == ["of the prior", "where hardly any picture lies, within 2σ; lower is better"]
    assert " to " in shown["Holes"][1]
    assert shown["KL mean term"][2] == "nats"
    assert f"{COUNT} pictures" in app.window.measures.state_text
    assert "Out of date" not in app.window.measures.state_text
    assert app.window.measures.law.shown >= COUNT
    coverage, words = shown["Coverage, by features"], f"there are {found.held_out}."
    assert coverage == ["–", "", "", f"This needs {FEWEST_REAL} held-out pictures, and {words}"]

    app.close_project()
    assert app.window.measures.figures.topLevelItemCount() == 0
    open_measured(qtbot, app, trained)
    assert rows(app) == shown


def test_a_figure_leads_to_its_map_whose_values_are_told(qtbot, app, measured):
    open_measured(qtbot, app, measured)
    app.window.show_measures()
    found = app.explorer.measures.kept.found
    find = app.window.measures.figures.findChildren(QToolButton)
    to_holes = next(each for each in find if each.accessibleName() == "Show on the plane: Holes")
    QTest.mouseClick(to_holes, LEFT)
    plane = app.window.plane
    assert plane.mode is PlaneMode.MEASURED
    assert plane.measured.name == "log_ratio"
    QTest.mouseMove(plane, at(app, 0.31, -0.52))
    QTest.mouseMove(plane, at(app, 0.3, -0.5))
    place = plane.view.to_latent(at(app, 0.3, -0.5).x(), at(app, 0.3, -0.5).y())
    words = plane.measured.words_at(place)
    qtbot.waitUntil(lambda: app.window.statusBar().currentMessage() == words)
    (by_map,) = [each for each in found.maps if each.name == "log_ratio"]
    assert f"{by_map.at(np.array([place]))[0]:.3g}"[-3:] in words.replace("−", "-")

    app.explorer.maps.show_map("steepness")
    assert "steepness" in app.window.statusBar().currentMessage().lower(), "of what is under the pointer now"
    table = app.window.measures.figures
    (row,) = table.findItems("Holes", Qt.MatchFlag.MatchRecursive | Qt.MatchFlag.MatchExactly)
    table.setCurrentItem(row)
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert plane.measured.name == "log_ratio"

    action(app, "Describe the plane").trigger()
    texts = [each.toPlainText() for each in app.window.findChildren(QPlainTextEdit)]
    (twin,) = [text for text in texts if "In sight" in text]
    assert "Map: ln(pictures ÷ prior), nats" in twin
    assert "ln(pictures ÷ prior)" in twin.split("1 handle")[-1]


def tool(app, name):
    found = app.window.measures.findChildren(QToolButton)
    return next(each for each in found if each.accessibleName() == name)


def test_figures_are_taken_along_as_text_and_as_json(qtbot, app, measured, tmp_path):
    open_measured(qtbot, app, measured)
    app.window.show_measures()
    found, shown = app.explorer.measures.kept.found, rows(app)
    QTest.mouseClick(tool(app, "Copy as text"), LEFT)
    copied = QApplication.clipboard().text()
    assert f"Holes: {shown['Holes'][0]} of the prior ({shown['Holes'][1]})" in copied
    QTest.mouseClick(tool(app, "Save as JSON…"), LEFT)
    answer_save_dialog(qtbot, app, tmp_path / "figures.json")
    saved = json.loads((tmp_path / "figures.json").read_text())
    assert {each["name"] for each in saved["measures"]} == {each.name for each in found.measures}


def test_going_on_with_the_training_makes_the_figures_out_of_date(qtbot, app, measured):
    open_measured(qtbot, app, measured)
    panel, session = app.window.measures, app.explorer.measures
    assert "Out of date" not in panel.state_text
    app.explorer.maps.show_map("steepness")
    assert app.window.plane.map_words.startswith("Map: steepness")
    with told(qtbot, app.engine, "model_loaded"):
        app.training.begin(None, run=app.training.run, chosen={"epochs": 2})
        wait_for(qtbot, app, WindowState.TRAINING)
        assert "Out of date" in panel.state_text
        assert "Not while a training runs" in measure_button(app).toolTip()
        assert not measure_button(app).isEnabled()
        wait_for(qtbot, app, WindowState.TRAINED)
    qtbot.waitUntil(lambda: not session.kept.is_current, timeout=SECONDS)
    assert "Out of date" in panel.state_text
    assert "Out of date" in app.window.plane.map_words
    assert measure_button(app).isEnabled()


def measure_button(app):
    return app.window.measures._measure


def test_stop_keeps_nothing_even_while_a_drag_holds_it(qtbot, app, trained):
    open_project(qtbot, app, trained)
    progress = []
    app.engine.measuring.progress.connect(progress.append)
    app.engine.gate(True)
    app.plane._rest.stop()
    action(app, "Measure the model").trigger()
    QTest.mouseClick(button(app.window, "Stop"), LEFT)
    qtbot.waitUntil(measure_button(app).isVisible, timeout=SECONDS)
    app.engine.gate(False)
    assert "Stopped" in app.window.measures.state_text
    assert app.explorer.measures.kept is None
    assert max(progress, default=0.0) < 1.0
    assert not list(trained.glob(f"runs/*/{MEASURES_FILE}"))


def test_measured_trainings_are_compared_and_the_better_one_is_marked(qtbot, app, measured):
    (first,) = (measured / "runs").iterdir()
    second = shutil.copytree(first, first.with_name("run-002"))
    kept = json.loads((first / MEASURES_FILE).read_text())
    by_name = {each["name"]: each for each in kept["measures"]}
    by_name["holes"] |= {"value": 0.9, "low": 0.85, "high": 0.95}
    by_name["cycle"] |= {"value": 0.2, "low": 0.1, "high": 0.3}
    (first / MEASURES_FILE).write_text(json.dumps(kept))
    by_name["holes"] |= {"value": 0.1, "low": 0.05, "high": 0.15}
    by_name["cycle"] |= {"value": 0.25, "low": 0.15, "high": 0.35}
    (second / MEASURES_FILE).write_text(json.dumps(kept | {"weights": "others"}))
    open_measured(qtbot, app, measured)
    panel = app.window.measures
    app.window.show_measures()
    assert panel._tabs.isTabVisible(2)
    table = panel.runs
    assert [table.horizontalHeaderItem(n).text()[-13:] for n in range(2)] == ["(out of date)", "Training 1"]
    titles = [table.verticalHeaderItem(n).text() for n in range(table.rowCount())]
    holes, cycle = (
        [table.item(titles.index(name), n).text() for n in range(2)] for name in ("Holes", "Cycle error")
    )
    assert holes == [f"{BETTER} 0.100 (0.0500 to 0.150)", "0.900 (0.850 to 0.950)"]
    assert cycle == ["0.250 (0.150 to 0.350)", "0.200 (0.100 to 0.300)"]
    assert (
        sum(item.text().startswith(BETTER) for row in range(len(titles)) for item in [table.item(row, 0)])
        == 1
    )


def test_before_a_training_there_is_nothing_to_measure(qtbot, app, untrained):
    app.open_project(str(untrained))
    wait_for(qtbot, app, WindowState.READY)
    assert not app.window.action("measure").isEnabled()
    assert "first training" in measure_button(app).toolTip()
    app.window.show_measures()
    assert app.window.measures._none_yet.isVisible()


def test_the_map_is_chosen_in_the_menu_and_kept_with_the_project(qtbot, app, measured):
    open_measured(qtbot, app, measured)
    choices = {each.text().replace("&", ""): each for each in app.explorer.maps._menu.menu.actions()}
    lines = choices["As lines over the drawn pictures"]
    choices["Magnification √det G"].trigger()
    plane = app.window.plane
    assert plane.measured.name == "magnification"
    coloured = plane.grab().toImage()
    lines.trigger()
    assert plane.grab().toImage() != coloured
    app.close_project()
    open_measured(qtbot, app, measured)
    action(app, "Measured map").trigger()
    assert plane.mode is PlaneMode.MEASURED
    assert plane.measured.name == "magnification"
    assert lines.isChecked()
