"""Sliding through a real, short training in the whole program."""

import shutil
from functools import partial

import numpy as np
import pytest
from hands import LEFT, at, on_plane, shown, wait_for, wait_for_plane
from hearing import SECONDS, told
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from training.config import TrainConfig
from training.latent import LatentModel
from training.project import Project
from training.run import latest_run
from training.timeline import Timeline
from vae_desktop.main_window import WindowState


@pytest.fixture
def timeline(filmed):
    with Project.open(filmed, write=False) as project:
        return Timeline(latest_run(project.runs_folder).path)


@pytest.fixture
def watching(qtbot, app, filmed):
    """The program with that project, all of its pictures on the plane."""
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(filmed))
    wait_for_plane(qtbot, app, 40)
    return app


def bar_of(app):
    return app.window.plane_frame.replay


def start_replay(qtbot, app):
    QTest.keyClick(app.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(bar_of(app).isVisible, timeout=SECONDS)
    return bar_of(app)


def said(app):
    return bar_of(app)._step.accessibleName()


def seen_means(app):
    """Where the plane shows the pictures, [n, 2]."""
    return app.window.plane._scene.cloud.means.copy()


def picture(app):
    """The picture under the active handle, [S, S, 3]."""
    image = app.window.decoding.current_image()
    return shown(app)[:, : 3 * image.width()].reshape(image.height(), image.width(), 3)


def go_to(app, step):
    """Slide to a step that was kept."""
    replay = app.replay._replay
    share = replay.frame_shares[replay.steps.index(step)]
    bar_of(app).slider.setValue(round(share * 10_000))


def decoding_with(timeline, app, step):
    run = latest_run(app.project.runs_folder)
    return LatentModel(run.model, timeline.weights(step))


def shows(app, network):
    """Whether the picture under the active handle is what a network makes of where the handle is."""
    place = app.window.plane.handles[app.window.plane.active_handle]
    return shown(app) is not None and np.array_equal(picture(app), network.decode(np.array([place]))[0])


def test_sliding_shows_the_points_as_they_lay_and_closing_the_present(qtbot, watching, timeline):
    app, frames = watching, timeline.frames()
    present, drawn = seen_means(app), picture(app)
    bar = start_replay(qtbot, app)
    assert app.window.action("replay").isChecked()
    assert said(app) == "Now"
    np.testing.assert_array_equal(seen_means(app), present)
    for frame in (frames[0], frames[len(frames) // 2]):
        with told(qtbot, app.engine, "decoded"):
            go_to(app, frame.step)
        np.testing.assert_allclose(seen_means(app), frame.posteriors.means, atol=1e-5)
        assert said(app).startswith(f"Showing step {frame.step:,} · ")
    assert np.abs(seen_means(app) - present).max() > 0.1
    np.testing.assert_array_equal(app.plane.present_means, present)  # of which errors are found
    with told(qtbot, app.engine, "decoded"):
        QTest.keyClick(bar.slider, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert not app.window.action("replay").isChecked()
    assert app.window.plane.hasFocus()
    np.testing.assert_array_equal(seen_means(app), present)
    qtbot.waitUntil(lambda: np.array_equal(picture(app), drawn), timeout=SECONDS)


def test_handles_are_decoded_with_the_weights_of_then(qtbot, watching, timeline):
    app = watching
    start_replay(qtbot, app)
    early = timeline.weight_steps()[1]
    network = decoding_with(timeline, app, early)
    go_to(app, early)
    qtbot.waitUntil(lambda: shows(app, network), timeout=SECONDS)
    plane = app.window.plane
    QTest.mousePress(plane, LEFT, pos=at(app, *plane.handles[plane.active_handle]))
    QTest.mouseMove(plane, at(app, 1.0, -0.5))
    QTest.mouseRelease(plane, LEFT, pos=at(app, 1.0, -0.5))
    place = plane.handles[plane.active_handle]
    assert np.hypot(*np.subtract(place, (1.0, -0.5))) < 0.1
    qtbot.waitUntil(lambda: shows(app, network), timeout=SECONDS)
    now = LatentModel(network.config, latest_weights(app))
    assert not shows(app, now)
    QTest.keyClick(app.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: shows(app, now), timeout=SECONDS)


def latest_weights(app):
    from training.run import load_weights

    return load_weights(latest_run(app.project.runs_folder))


def test_the_map_is_drawn_with_the_weights_of_then(qtbot, watching, timeline):
    app = watching
    start_replay(qtbot, app)
    early = timeline.weight_steps()[0]
    network = decoding_with(timeline, app, early)
    app.window.plane.set_view(app.window.plane._view.zoomed(1.01, 0, 0))

    def is_of_then(tiles):
        wanted = network.decode(tiles.block.centres.reshape(-1, 2))
        return np.array_equal(tiles.pixels.reshape(wanted.shape), wanted)

    with told(qtbot, app.engine, "backdrop", is_of_then):
        go_to(app, early)


def test_playing_runs_from_the_first_step_to_the_last_and_can_be_paused(qtbot, watching, timeline):
    app, frames = watching, timeline.frames()
    bar = start_replay(qtbot, app)
    bar._speed.setCurrentText("4×")
    seen = []
    QTest.keyClick(bar.slider, Qt.Key.Key_Space)
    assert said(app).startswith(f"Showing step {frames[0].step} ")
    qtbot.waitUntil(lambda: seen.append(bar.slider.share) or bar.slider.share > 0.3)
    QTest.keyClick(bar.slider, Qt.Key.Key_Space)
    rest = bar.slider.share
    qtbot.wait(60)
    assert bar.slider.share == rest
    QTest.keyClick(bar.slider, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: seen.append(bar.slider.share) or bar.slider.share == 1.0)
    assert seen == sorted(seen)
    qtbot.waitUntil(lambda: not app.replay._playing.isActive())
    assert said(app).startswith(f"Showing step {frames[-1].step} ")
    np.testing.assert_allclose(seen_means(app), frames[-1].posteriors.means, atol=1e-5)


def test_it_is_played_again_and_again_if_wished(qtbot, watching):
    bar = start_replay(qtbot, watching)
    bar._speed.setCurrentText("4×")
    bar._loop.setChecked(True)
    bar.slider.setValue(9_000)
    QTest.keyClick(bar.slider, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: bar.slider.share == 1.0)
    qtbot.waitUntil(lambda: bar.slider.share < 0.5)


def test_a_training_that_goes_on_leaves_the_past_alone_and_adds_to_it(qtbot, watching, timeline):
    app, first = watching, timeline.frames()[0]
    bar = start_replay(qtbot, app)
    go_to(app, first.step)
    known, before = app.replay._replay.steps, seen_means(app)
    network = decoding_with(timeline, app, first.step)
    qtbot.waitUntil(lambda: shows(app, network), timeout=SECONDS)
    app.train(None)
    for _ in range(3):
        with told(qtbot, app.engine, "positions") as newest:
            pass
    assert bar.isVisible()
    np.testing.assert_array_equal(seen_means(app), before)
    assert shows(app, network)
    with told(qtbot, app.engine, "replay_read", lambda _path, replay: replay.steps[-1] > known[-1]):
        pass
    assert app.replay._replay.steps[-1] > known[-1]
    assert bar.slider.share == 0.0
    with told(qtbot, app.engine, "model_loaded"):
        app.engine.stop()
    np.testing.assert_array_equal(seen_means(app), before)
    with told(qtbot, app.engine, "decoded"):
        QTest.keyClick(bar.slider, Qt.Key.Key_Escape)
    assert on_plane(app) == 40
    assert np.abs(seen_means(app) - before).max() > 0.1
    qtbot.waitUntil(lambda: shows(app, LatentModel(network.config, latest_weights(app))), timeout=SECONDS)
    assert newest


def test_damaged_and_missing_files_are_skipped(qtbot, watching, timeline):
    app, frames = watching, timeline.frames()
    folder = latest_run(app.project.runs_folder).path / "timeline"
    posteriors, kept = sorted(folder.glob("posteriors-*")), sorted(folder.glob("weights-*"))
    posteriors[0].write_bytes(b"torn")
    kept[1].write_bytes(kept[1].read_bytes()[:-100])
    bar = start_replay(qtbot, app)
    assert app.replay._replay.steps == [frame.step for frame in frames[1:]]
    kept[2].unlink()  # while it is open
    second, *_ = timeline.weight_steps()[1:]
    bar.slider.setValue(0)
    go_to(app, second)
    readable = {step: decoding_with(timeline, app, step) for step in (timeline.weight_steps()[0],)}
    qtbot.waitUntil(lambda: any(shows(app, network) for network in readable.values()), timeout=SECONDS)
    assert not app.window.messages.isVisible()


def test_a_training_without_a_replay_says_why(qtbot, watching):
    app = watching
    shutil.rmtree(latest_run(app.project.runs_folder).path / "timeline")
    QTest.keyClick(app.window, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(app.window.messages.isVisible, timeout=SECONDS)
    assert "kept no replay" in app.window.messages.text
    assert not bar_of(app).isVisible()
    assert not app.window.action("replay").isChecked()


def test_closing_the_project_closes_the_replay(qtbot, watching, filmed):
    app = watching
    bar = start_replay(qtbot, app)
    go_to(app, app.replay._replay.steps[0])
    QTest.keyClick(bar.slider, Qt.Key.Key_Space)
    app.close_project()
    wait_for(qtbot, app, WindowState.EMPTY)
    assert not bar.isVisibleTo(app.window.plane_frame)
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(filmed))
    wait_for_plane(qtbot, app, 40)
    assert not bar.isVisible()


def test_where_a_picture_lay_then_its_handle_can_go(qtbot, watching, timeline):
    app, frame = watching, timeline.frames()[0]
    start_replay(qtbot, app)
    go_to(app, frame.step)
    with told(qtbot, app.engine, "decoded", partial(is_at, frame.posteriors.means[7])):
        app.window.library.picture_selected.emit(7)


def is_at(place, decoded):
    return np.allclose(decoded.point, place, atol=1e-4)


def test_of_more_latent_numbers_the_plane_stays_as_it_is(qtbot, app, make_project, monkeypatch):
    from training.fit import train
    from training.runs import start_run

    monkeypatch.setattr("training.snapshots.SNAPSHOT_SECONDS", 0.0)
    monkeypatch.setattr("training.snapshots.WATCHED_SHARE", 1.0)
    project = make_project(24, 32, True)
    run = start_run(project, TrainConfig(epochs=4), latent_dim=4)
    train(project, run, snapshot_pictures=1000)
    path = project.path
    project.close()
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(path))
    wait_for_plane(qtbot, app, 24)
    start_replay(qtbot, app)
    basis, rings = app.plane.where.basis, app.window.plane._scene.prior_mean
    timeline = Timeline(run.path)
    for frame in (timeline.frames()[0], timeline.frames()[2]):
        with told(qtbot, app.engine, "decoded") as decoded:
            go_to(app, frame.step)
        np.testing.assert_allclose(seen_means(app), basis.on_plane(frame.posteriors.means), atol=1e-5)
        network = LatentModel(run.model, timeline.weights(frame.step))
        qtbot.waitUntil(
            lambda network=network, decoded=decoded: np.array_equal(
                picture(app), network.decode(np.array([decoded[0].point]))[0]
            ),
            timeout=SECONDS,
        )
    assert app.plane.where.basis is basis
    assert app.window.plane._scene.prior_mean == rings
