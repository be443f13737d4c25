"""Replays as films: what the frames show, and the files of a whole program."""

import threading
from itertools import pairwise

import numpy as np
import pytest
from hands import answer_save_dialog, problem, wait_for_plane
from hearing import SECONDS, told
from PIL import Image
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QProgressBar, QPushButton, QToolButton

from training.plane_basis import PlaneBasis
from training.posteriors import Posteriors
from training.replay import Replay
from training.timeline import Frame
from vae_desktop import replay_film
from vae_desktop.plane_colouring import named
from vae_desktop.plane_scene import PlaneMode, PlaneScene
from vae_desktop.plane_view import PlaneView
from vae_desktop.replay_film import ReplayFilm, replay_frames

LEFT = Qt.MouseButton.LeftButton
SIDE = 540


def frame(step, mean):
    return Frame(
        step,
        0.5 * step,
        np.array([7]),
        Posteriors(np.array([mean], np.float32), np.full((1, len(mean)), 0.1, np.float32)),
    )


def film(replay, mode=PlaneMode.POINTS, *, seconds=0.4, side=SIDE, basis=None, colouring=None):
    palette = QPalette(QColor("white"), QColor("white"))
    palette.setColor(QPalette.ColorRole.Base, QColor("white"))
    palette.setColor(QPalette.ColorRole.Text, QColor("black"))
    scene = PlaneScene(palette, QFont())
    scene.mode, scene.colouring = mode, colouring
    basis = basis or PlaneBasis.of_numbers(np.zeros((0, 2)), 0, 1)
    return ReplayFilm(
        replay=replay,
        title="Training 1",
        side=side,
        seconds=seconds,
        view=PlaneView(),
        scene=scene,
        basis=basis,
        plane=basis.slice_through(basis.middle),
        held_out=np.array([False]),
    )


def nothing(_steps):
    return None


def blue_middle(pixels, side=SIDE):
    """The middle of what has the colour of points, in shares of the frame's side; the caption left out."""
    area = pixels[: round(0.85 * side), round(0.1 * side) :].astype(int)
    area[round(0.78 * side) :, : round(0.5 * side)] = 255  # the legend
    rows, columns = np.nonzero((area[..., 2] - area[..., 0]) > 80)
    return (columns.mean() + round(0.1 * side)) / side, rows.mean() / side


@pytest.fixture
def moving():
    return Replay([frame(1, (-2.0, 2.0)), frame(1000, (2.0, 0.5))], (), np.array([7]), 2)


def test_the_frames_show_the_points_on_their_way_then_rest_at_the_end(qapp, moving):
    of = film(moving)
    frames = list(replay_frames(of, nothing))
    moved = round(0.4 * replay_film.FPS)
    rests = round(replay_film.REST_SECONDS * replay_film.FPS)
    assert len(frames) == len(of.shares) == moved + rests
    assert all(pixels.shape == (SIDE, SIDE, 3) and pixels.dtype == np.uint8 for pixels in frames)
    across, down = zip(*(blue_middle(pixels) for pixels in frames[:moved]), strict=True)
    assert (np.diff(across) > 0).all()
    assert (np.diff(down) > 0).all()
    np.testing.assert_allclose(np.diff(across), np.diff(across).mean(), atol=0.01)  # evenly
    for pixels in frames[moved:]:
        np.testing.assert_array_equal(pixels, frames[-1])
    captions = [pixels[-30:] for pixels in frames[:moved]]
    assert all((one != other).any() for one, other in pairwise(captions))


def test_the_points_have_the_colours_that_they_have_in_the_window(qapp, moving):
    colouring = named(np.array([1], np.uint8), ("boots",), other="others", colours=(4,))
    pixels = next(replay_frames(film(moving, colouring=colouring), nothing)).astype(int)
    area = pixels[: round(0.7 * SIDE), round(0.1 * SIDE) :]
    assert ((area[..., 0] - area[..., 2]) > 100).sum() > 20  # red
    assert ((area[..., 2] - area[..., 0]) > 80).sum() == 0


@pytest.mark.parametrize("side", [480, 1080])
def test_another_size_shows_the_same(qapp, moving, side):
    small = next(replay_frames(film(moving), nothing))
    other = next(replay_frames(film(moving, side=side), nothing))
    assert other.shape == (side, side, 3)
    np.testing.assert_allclose(blue_middle(other, side), blue_middle(small), atol=0.01)


def test_it_is_drawn_on_another_thread_as_well(qapp, moving):
    found = []
    thread = threading.Thread(target=lambda: found.extend(replay_frames(film(moving), nothing)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(found[3], list(replay_frames(film(moving), nothing))[3])


def test_the_map_is_decoded_with_the_kept_weights_nearest_in_time(qapp):
    replay = Replay([frame(1, (0.0, 0.0)), frame(100, (0.0, 0.0))], (1, 100), np.array([7]), 2)
    asked = []

    def decode_with(steps):
        asked.append(steps)
        grey = 0 if steps[0] == 1 else 200
        return lambda points: np.full((len(points), 8, 8, 1), grey, np.uint8)

    frames = list(replay_frames(film(replay, PlaneMode.TILES), decode_with))
    assert asked == [[1, 100], [100, 1]]
    assert frames[0][200, 400].max() < 60
    assert frames[-1][200, 400].min() > 150
    asked.clear()
    list(replay_frames(film(replay, PlaneMode.POINTS), decode_with))
    assert asked == []


def test_of_more_latent_numbers_the_slice_is_decoded_and_the_points_are_seen_on_the_plane(qapp):
    replay = Replay([frame(1, (9.0, -2.0, 1.0)), frame(9, (9.0, 2.0, 1.0))], (1,), np.array([7]), 3)
    basis = PlaneBasis.of_numbers(np.array([[9.0, 0, 0], [9.0, 0, 0]]), 1, 2)
    decoded = []

    def decode_with(_steps):
        return lambda points: decoded.append(points) or np.full((len(points), 8, 8, 1), 255, np.uint8)

    frames = list(replay_frames(film(replay, PlaneMode.PICTURES, basis=basis), decode_with))
    points = np.concatenate(decoded)
    assert (points[:, 0] == 9).all()
    assert points[:, 1].min() < -2.5
    first, last = blue_middle(frames[0]), blue_middle(frames[-1])
    assert first[0] < last[0]
    assert first[1] == pytest.approx(last[1], abs=0.01)


# --- in the whole program -----------------------------------------------------------------------------------


@pytest.fixture
def replaying(qtbot, app, filmed):
    """The program with the replay of a short training."""
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(filmed))
    wait_for_plane(qtbot, app, 40)
    app.window.action("replay").trigger()
    bar = app.window.plane_frame.replay
    qtbot.waitUntil(bar.isVisible, timeout=SECONDS)
    bar._speed.setCurrentText("4×")
    return app


def choose(app, *names):
    """Choose from the menu of the bar's save button."""
    buttons = app.window.plane_frame.replay.findChildren(QToolButton)
    menu = next(each.menu() for each in buttons if each.menu() is not None)
    actions = {action.text().replace("&", ""): action for action in menu.actions()}
    for name in names:
        actions[name].trigger()


def save(qtbot, app, path):
    choose(app, "Small, 480 pixels", "Save as a film…")
    answer_save_dialog(qtbot, app, path)


def cancel_buttons(app):
    buttons = app.window.statusBar().findChildren(QPushButton)
    return [each for each in buttons if each.text() == "Cancel" and each.isVisible()]


def cancel_button(app):
    (button,) = cancel_buttons(app)
    return button


def is_saving(app):
    return bool(cancel_buttons(app))


def under_way(qtbot, app):
    """Wait until some frames are done."""
    bars = app.window.statusBar().findChildren(QProgressBar)
    qtbot.waitUntil(lambda: any(bar.isVisible() and bar.value() > 1 for bar in bars), timeout=SECONDS)


def ended(qtbot, app):
    qtbot.waitUntil(lambda: not is_saving(app), timeout=SECONDS)


def test_a_film_is_written_while_the_window_goes_on(qtbot, replaying, tmp_path):
    app, path = replaying, tmp_path / "film.webp"
    save(qtbot, app, path)
    assert is_saving(app)
    bar = app.window.plane_frame.replay
    QTest.keyClick(bar.slider, Qt.Key.Key_Home)
    assert bar._step.accessibleName().startswith("Showing step")
    ended(qtbot, app)
    assert app.window.messages.text == "Saved film.webp."
    assert "Show in its folder" in [each.text() for each in app.window.messages.findChildren(QPushButton)]
    with Image.open(path) as opened:
        assert opened.size == (480, 480)
        assert opened.is_animated
        moving = round(2.5 * replay_film.FPS)
        assert moving <= opened.n_frames <= moving + round(replay_film.REST_SECONDS * replay_film.FPS)
        durations = []
        for number in range(opened.n_frames):
            opened.seek(number)
            opened.load()
            durations.append(opened.info["duration"])
    assert sum(durations) == pytest.approx(3500, abs=60)


def test_a_cancelled_film_leaves_nothing(qtbot, replaying, tmp_path):
    app, folder = replaying, tmp_path / "films"
    folder.mkdir()
    save(qtbot, app, folder / "film.gif")
    under_way(qtbot, app)
    QTest.mouseClick(cancel_button(app), LEFT)
    ended(qtbot, app)
    assert list(folder.iterdir()) == []
    assert not app.window.messages.isVisible()


def test_a_film_that_cannot_be_written_is_told(qtbot, replaying, tmp_path):
    app = replaying
    (tmp_path / "gone").mkdir()
    choose(app, "Save as a film…")
    (dialog,) = app.window.findChildren(QFileDialog)
    assert dialog.nameFilters()[:2] == ["WebP films (*.webp)", "GIF films (*.gif)"]
    dialog.fileSelected.emit(str(tmp_path / "nowhere" / "film.gif"))
    dialog.reject()
    ended(qtbot, app)
    assert "could not be written" in problem(app)


def test_the_frames_are_saved_as_numbered_pictures(qtbot, replaying, tmp_path, monkeypatch):
    app = replaying
    (tmp_path / "replay").mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_arguments: str(tmp_path))
    choose(app, "Small, 480 pixels", "Save as a folder of pictures…")
    ended(qtbot, app)
    pictures = sorted((tmp_path / "replay-2").iterdir())
    assert len(pictures) == round(3.5 * replay_film.FPS)
    assert pictures[0].name == "frame-0001.png"
    with Image.open(pictures[0]) as opened:
        assert opened.size == (480, 480)


def test_closing_the_program_gives_up_a_film(qtbot, replaying, tmp_path):
    app, folder = replaying, tmp_path / "films"
    folder.mkdir()
    save(qtbot, app, folder / "film.webp")
    under_way(qtbot, app)
    app.window.close()
    assert list(folder.iterdir()) == []
