"""The lesson: its six steps with tiny trainings, done as a person does them."""

import json
import shutil

import numpy as np
import pytest
from hands import LEFT, NONE, at, drag, show_points, wait_for
from hearing import SECONDS, told
from pictures import write_pictures
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDockWidget

from training.project import Project
from training.runs import list_runs
from vae_desktop.commands import menu_commands
from vae_desktop.latent_plane import PlaneMode
from vae_desktop.lesson_steps import STEPS, STRONG, VARIANCE_TERM, WEAK, lesson_project
from vae_desktop.main_window import WindowState
from vae_desktop.plane_ellipses import EllipsesOf


@pytest.fixture
def lesson(app, tmp_path):
    """A lesson of tiny pictures and trainings."""
    lesson = app.companions.lesson
    write_pictures(tmp_path / "tiny", 24, 32, colour=False)
    lesson.source, lesson.length = tmp_path / "tiny", {"epochs": 2}
    return lesson


def dock(app):
    return app.window.findChild(QDockWidget, "Lesson")


def waits_for_task(qtbot, lesson, step):
    """Until a step is shown as it begins; its task is not done, and Next is not offered yet."""
    qtbot.waitUntil(lambda: STEPS[step].task in lesson.panel.text, timeout=SECONDS)
    assert lesson.step == step
    assert f"step {step + 1} of 6" in lesson.panel.text
    assert not lesson.panel.is_done
    assert not lesson.panel.next.isVisible()


def is_done(qtbot, lesson):
    qtbot.waitUntil(lambda: lesson.panel.is_done)
    assert lesson.panel.next.isVisible()
    assert not lesson.panel.skip.isVisible()
    assert STEPS[lesson.step].praise in lesson.panel.text


def middle_picture(app):
    """The pixel of the picture nearest to the middle."""
    where = app.plane.where
    row = int(np.linalg.norm(where.means - where.means.mean(axis=0), axis=1).argmin())
    return at(app, *where.basis.on_plane(where.means)[row].tolist())


def bring_into_sight(app, z1, z2):
    plane = app.window.plane
    z1_min, z1_max, z2_min, z2_max = plane.visible_extent()
    plane.set_view(plane.view.fitted(min(z1, z1_min), max(z1, z1_max), min(z2, z2_min), max(z2, z2_max)))


def objectives():
    with Project.open(lesson_project(), write=False) as project:
        return sorted(
            (each.title, each.run.model.objective, each.run.model.beta_mean) for each in list_runs(project)
        )


def click_place(app, place, keys=NONE):
    QTest.mouseClick(app.window.plane, LEFT, keys, at(app, *np.asarray(place).tolist()))


def compress(qtbot, app, lesson):
    plane, where = app.window.plane, app.plane.where
    assert app.project.path == lesson_project().resolve()
    assert app.training.run.model.objective == "autoencoder"
    assert plane.mode is PlaneMode.PICTURES
    start, view = plane.handles, plane.view
    click_place(app, np.add(plane.handles[1], (0.5, 0.2)), Qt.KeyboardModifier.ControlModifier)
    app.window.action("density").trigger()
    plane.zoom_by(3.0)
    assert len(plane.handles) == 2
    QTest.mouseClick(lesson.panel.reset, LEFT)
    waits_for_task(qtbot, lesson, 0)
    assert plane.handles == start
    assert plane.mode is PlaneMode.PICTURES
    assert plane.view.span == pytest.approx(view.span)
    off = np.linalg.norm(where.means - where.means.mean(axis=0), axis=1)
    click_place(app, where.basis.on_plane(where.means)[off.argmax()])


def decode_anywhere(qtbot, app, lesson):
    start = app.window.plane.handles
    bring_into_sight(app, 9.0, 9.0)
    drag(qtbot, app, (1.0, 1.0), (8.5, 8.5))
    is_done(qtbot, lesson)
    QTest.mouseClick(lesson.panel.reset, LEFT)
    waits_for_task(qtbot, lesson, 1)
    assert app.window.plane.handles[1] == pytest.approx(start[1])
    bring_into_sight(app, 9.0, 9.0)
    drag(qtbot, app, (8.5, 8.5))


def distributions(qtbot, app, lesson):
    assert app.training.run.model.objective == "vae"
    for _ in range(3):
        assert not lesson.panel.is_done
        QTest.mouseMove(app.window.plane, middle_picture(app))
        app.window.action("sample_picture").trigger()


def mean_term(qtbot, app, lesson):
    assert app.training.run.model.objective == "mean-term"
    assert app.window.plane.mode is PlaneMode.POINTS
    assert app.window.plane.ellipses_of is EllipsesOf.POINTED_AT
    commands = menu_commands(app.window.menuBar())
    next(
        each for each in commands if each.path == "Plane ▸ Ellipses" and each.title == "Of all in sight"
    ).run()


def variance_term(qtbot, app, lesson):
    assert app.training.run.model.objective == "variance-term"
    assert app.window.plane.ellipses_of is EllipsesOf.ALL
    app.window.plane.zoom_by(30.0)
    assert not lesson.panel.is_done
    app.window.plane.setFocus()
    QTest.keyClick(app.window.plane, Qt.Key.Key_F)


def trade_off(qtbot, app, lesson):
    assert app.training.run.model.beta_mean == 1.0
    for place, weight in ((1, 0.1), (2, 8.0)):
        assert not lesson.panel.is_done
        QTest.mouseClick(lesson.panel.variants[place], LEFT)
        with told(qtbot, app.engine, "model_loaded"):
            assert app.training.run.model.beta_mean == weight
        assert [each.isChecked() for each in lesson.panel.variants].index(True) == place


@pytest.fixture
def prepared(trained_once):
    """The lesson's project with four of its six trainings, which share a network: two are left to be made."""
    project = shutil.copytree(trained_once, lesson_project())
    shutil.move(project / "runs" / "run-001", project / "made")
    made_before = ({}, VARIANCE_TERM.settings, WEAK.settings, STRONG.settings)
    for number, settings in enumerate(made_before):
        folder = shutil.copytree(project / "made", project / "runs" / f"run-{number + 1:03d}")
        config = json.loads((folder / "config.json").read_text())
        config["model"] |= settings
        (folder / "config.json").write_text(json.dumps(config | {"name": f"made before {number}"}))
    shutil.rmtree(project / "made")


@pytest.mark.usefixtures("prepared")
def test_all_six_steps_and_back_to_what_was_open(qtbot, app, lesson, trained, settings):
    show_points(qtbot, app, trained)
    before, run = app.project.path, app.training.run.path
    app.plane.put_handle(1, (0.25, -0.5))
    app.explorer.handles.name(1, "mine")
    app.window.action("lesson").trigger()
    assert dock(app).isVisible()
    for step, do in enumerate(
        (compress, decode_anywhere, distributions, mean_term, variance_term, trade_off)
    ):
        waits_for_task(qtbot, lesson, step)
        do(qtbot, app, lesson)
        is_done(qtbot, lesson)
        QTest.mouseClick(lesson.panel.next, LEFT)
    made = objectives()
    assert made == sorted(
        [
            ("Lesson: autoencoder", "autoencoder", 1.0),
            ("Lesson: mean term", "mean-term", 1.0),
            ("made before 0", "vae", 1.0),
            ("made before 1", "variance-term", 1.0),
            ("made before 2", "vae", 0.1),
            ("made before 3", "vae", 8.0),
        ]
    )

    assert not dock(app).isVisible()
    wait_for(qtbot, app, WindowState.TRAINED)
    assert (app.project.path, app.training.run.path) == (before, run)
    qtbot.waitUntil(lambda: app.window.plane.handle_name(1) == "mine", timeout=SECONDS)
    assert app.plane.where.latent(1) == pytest.approx((0.25, -0.5))
    assert settings.last_project == str(before)
    assert [each.path for each in settings.recent()] == [str(before)]
    _once_more(qtbot, app, lesson, made)


def _once_more(qtbot, app, lesson, made):
    """The trainings are there, Back goes back, and closing the project ends the lesson."""
    app.window.action("lesson").trigger()
    waits_for_task(qtbot, lesson, 0)
    QTest.mouseClick(lesson.panel.skip, LEFT)
    waits_for_task(qtbot, lesson, 1)
    QTest.mouseClick(lesson.panel.back, LEFT)
    waits_for_task(qtbot, lesson, 0)
    assert objectives() == made
    app.close_project()
    assert not lesson.is_active
    assert not dock(app).isVisible()


def test_it_waits_for_a_training_and_leaves_from_a_training_of_its_own(qtbot, app, lesson, settings):
    lesson.length = {"epochs": 10_000}
    app.window.action("lesson").trigger()
    qtbot.waitUntil(lambda: app.window.state == WindowState.TRAINING, timeout=SECONDS)
    qtbot.waitUntil(lambda: "A short training" in lesson.panel.text)
    assert not lesson.panel.reset.isEnabled()
    QTest.mouseClick(lesson.panel.leave, LEFT)
    assert app.window.state == WindowState.EMPTY
    assert not lesson.is_active
    assert (settings.last_project, settings.recent()) == ("", [])


def test_it_does_not_begin_while_another_training_runs(qtbot, app, lesson, untrained):
    app.open_project(str(untrained))
    qtbot.waitUntil(app.window.action("train").isEnabled, timeout=SECONDS)
    app.training.begin(None, run=None, chosen={"epochs": 10_000})
    app.window.action("lesson").trigger()
    assert not lesson.is_active
    assert "can begin when" in app.window.messages.text


def test_quitting_in_the_lesson_remembers_what_was_open(qtbot, app, lesson, settings, untrained):
    app.open_project(str(untrained))
    qtbot.waitUntil(app.window.action("train").isEnabled, timeout=SECONDS)
    app.window.action("lesson").trigger()
    qtbot.waitUntil(lambda: app.window.state == WindowState.TRAINING, timeout=SECONDS)
    app.window.close()
    assert settings.last_project == str(untrained)
    assert not settings.resume_training


def test_each_step_is_told_shortly():
    assert len(STEPS) == 6
    assert len({run.name for step in STEPS for run in step.runs}) == 6
    for step in STEPS:
        assert 2 <= step.words.count(". ") + step.words.count(".\0") + 1 <= 3
