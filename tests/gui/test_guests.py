"""Pictures that are placed on the plane and are no part of the project, in the whole program."""

import io
import sys
import tempfile

import numpy as np
import pytest
from hands import LEFT, NONE, action, at, problem, wait_for_plane
from hearing import SECONDS, told
from pictures import encoded, four_corners, png_that_claims, write_pictures
from PIL import Image
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QContextMenuEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from training.image_format import ImageFormat
from training.images import decode_picture
from training.latent import load_model
from training.run import latest_run
from vae_desktop.dropping import DropFrame
from vae_desktop.guests import MOST_GUESTS
from vae_desktop.main_window import WindowState
from vae_desktop.offered_pictures import is_for_plane
from vae_desktop.picture_card import CARD_MS

COPY = Qt.DropAction.CopyAction


def files(*paths):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return data


def hold(app, data):
    """Hold something over the plane; the event, which tells whether the plane takes it."""
    event = QDragEnterEvent(QPoint(200, 200), COPY, data, LEFT, NONE)
    QApplication.sendEvent(app.window.plane, event)
    return event


def drop_on_plane(app, data):
    hold(app, data)
    QApplication.sendEvent(app.window.plane, QDropEvent(QPointF(200, 200), COPY, data, LEFT, NONE))


def guests(app):
    return list(app.explorer.guests.guests)


def wait_for_guests(qtbot, app, number):
    qtbot.waitUntil(
        lambda: len(guests(app)) == number and all(guest.encoded is not None for guest in guests(app)),
        timeout=SECONDS,
    )


def pin(app, guest):
    """The middle of a guest's pin, in pixels of the plane."""
    tip = at(app, *app.plane.where.basis.on_plane(guest.encoded.mean[None])[0].tolist())
    return tip - QPoint(0, 28)


def point_at(plane, place):
    """Move the mouse there with no button held (QTest remembers those of a double-click)."""
    at, nothing = QPointF(place), Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, at, plane.mapToGlobal(at), nothing, nothing, NONE)
    QApplication.sendEvent(plane, event)


def menu_at(qtbot, app, place):
    """What the menu of a place of the plane offers, by its text; it is closed again."""
    plane = app.window.plane
    QApplication.sendEvent(
        plane, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, plane.mapToGlobal(place))
    )
    return next(menu for menu in plane.findChildren(QMenu) if menu.isVisible())


def choose(qtbot, app, place, text):
    menu = menu_at(qtbot, app, place)
    entry = next(each for each in menu.actions() if each.text().replace("&", "") == text)
    entry.trigger()
    menu.close()


@pytest.fixture
def open_trained(qtbot, app, trained):
    """The program with a trained project of 40 colour pictures."""
    app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    return app


@pytest.fixture
def network(trained):
    return load_model(latest_run(trained / "runs"))


@pytest.fixture
def strangers(tmp_path):
    """Picture files that are in no project."""
    return write_pictures(tmp_path / "strangers", 5, 50, seed=9)


# --- placed -------------------------------------------------------------------------------------------------


def test_a_dropped_file_lies_where_the_model_encodes_it_as_the_import_would_read_it(
    qtbot, open_trained, network, tmp_path
):
    app, path = open_trained, tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    four_corners(70, 50).save(path, exif=exif)
    drop_on_plane(app, files(path))
    wait_for_guests(qtbot, app, 1)
    (guest,) = guests(app)
    wanted = decode_picture(io.BytesIO(path.read_bytes()), ImageFormat(32, 3)).pixels
    np.testing.assert_array_equal(guest.pixels, wanted)
    posterior = network.encode(wanted[None])
    np.testing.assert_allclose(guest.encoded.mean, posterior.means[0], atol=1e-4)
    np.testing.assert_allclose(guest.encoded.sigma, posterior.sigmas[0], rtol=1e-3)
    drawn = network.decode(posterior.means)[0]
    assert abs(guest.encoded.reconstruction.astype(int) - drawn.astype(int)).max() <= 1
    assert not problem(app)
    assert len(app.project.pictures()) == 40


def test_many_files_are_placed_at_once_and_seen_on_the_plane(qtbot, open_trained, strangers):
    app = open_trained
    before = app.window.plane.grab().toImage()
    drop_on_plane(app, files(*strangers))
    wait_for_guests(qtbot, app, 5)
    assert [guest.name for guest in guests(app)] == [path.name for path in strangers]
    after = app.window.plane.grab().toImage()
    colour = app.window.plane._scene.colours.guest

    def coloured(image):
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
        return (rows[..., :3] == (colour.blue(), colour.green(), colour.red())).all(-1).sum()

    assert coloured(after) > coloured(before) + 100


def test_a_guest_that_was_placed_or_is_chosen_is_brought_into_sight(qtbot, open_trained, strangers):
    app = open_trained
    plane, away = app.window.plane, app.window.plane.view.panned(5_000, 0)
    plane.set_view(away)
    drop_on_plane(app, files(strangers[0]))
    wait_for_guests(qtbot, app, 1)

    def is_seen():
        return plane.view.contains(*QPointF(pin(app, guests(app)[0])).toTuple())

    assert is_seen()
    plane.set_view(away)
    assert not is_seen()
    action(app, "Next guest").trigger()
    assert is_seen()


@pytest.mark.parametrize("kind", ["image", "png", "data address"])
def test_what_another_program_copied_or_drags_is_placed(qtbot, open_trained, kind):
    app, data, picture = open_trained, QMimeData(), four_corners()
    png = encoded(picture, "PNG")
    if kind == "image":
        data.setImageData(QImage.fromData(png))
    elif kind == "png":
        data.setData("image/png", png)
    else:
        import base64

        data.setUrls([QUrl("data:image/png;base64," + base64.b64encode(png).decode())])
    drop_on_plane(app, data)
    wait_for_guests(qtbot, app, 1)
    wanted = decode_picture(io.BytesIO(png), ImageFormat(32, 3)).pixels
    np.testing.assert_array_equal(guests(app)[0].pixels, wanted)


def test_a_copied_picture_is_pasted_by_key_and_a_copied_file_too(qtbot, open_trained, strangers):
    app, clipboard = open_trained, QApplication.clipboard()
    clipboard.setImage(QImage.fromData(encoded(four_corners(), "PNG")))
    app.window.activateWindow()
    app.window.plane.setFocus()
    QTest.keyClick(app.window.plane, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    wait_for_guests(qtbot, app, 1)
    clipboard.setMimeData(files(strangers[0]))
    action(app, "Paste picture").trigger()
    wait_for_guests(qtbot, app, 2)
    assert guests(app)[1].path == strangers[0]


def test_the_frame_says_what_will_happen_and_folders_and_models_are_left_to_the_window(
    qtbot, open_trained, strangers, tmp_path
):
    app, plane = open_trained, open_trained.window.plane
    frame = plane.findChild(DropFrame)
    assert hold(app, files(*strangers)).isAccepted()
    assert frame.isVisible()
    assert frame.accessibleName() == "Let go to place on the plane"
    QApplication.sendEvent(plane, QDragLeaveEvent())
    assert not frame.isVisible()

    (tmp_path / "model.vae").write_bytes(b"")
    for path in (tmp_path, tmp_path / "model.vae"):
        event = hold(app, files(path))
        assert not frame.isVisible()
        assert app.window.findChild(DropFrame, options=Qt.FindChildOption.FindDirectChildrenOnly).isVisible()
        assert event.isAccepted()  # by the window
        QApplication.sendEvent(app.window, QDragLeaveEvent())


def test_a_folder_dropped_on_the_plane_is_opened_as_ever(qtbot, open_trained, tmp_path):
    app = open_trained
    folder = files(write_pictures(tmp_path / "others", 24)[0].parent)
    hold(app, folder)
    QApplication.sendEvent(app.window, QDropEvent(QPointF(200, 200), COPY, folder, LEFT, NONE))
    assert app.window.state == WindowState.IMPORTING


def test_guests_lie_on_a_shared_model_too_and_are_compared_with_nothing(
    qtbot, app, trained, strangers, network
):
    from training.project import Project
    from training.sharing import share

    with Project.open(trained, write=False) as project:
        share(project, trained.with_name("discs.vae"), "My discs")
    app.open_path(str(trained.with_name("discs.vae")))
    wait_for_plane(qtbot, app, 40)
    drop_on_plane(app, files(strangers[0]))
    wait_for_guests(qtbot, app, 1)
    (guest,) = guests(app)
    mean = network.encode(guest.pixels[None]).means[0]
    np.testing.assert_allclose(guest.encoded.mean, mean, atol=1e-4)
    action(app, "Next guest").trigger()
    assert "held-out" not in app.window.statusBar().currentMessage()


# --- following the model ------------------------------------------------------------------------------------


def test_guests_follow_a_training_and_lie_where_its_last_weights_put_them(
    qtbot, open_trained, strangers, trained
):
    app = open_trained
    drop_on_plane(app, files(*strangers[:2]))
    wait_for_guests(qtbot, app, 2)
    before = [guest.encoded for guest in guests(app)]
    with told(qtbot, app.engine, "trained"), told(qtbot, app.engine, "model_loaded"):
        app.train(3 / 60)
    newest = load_model(latest_run(trained / "runs"))
    wanted = newest.encode(np.stack([guest.pixels for guest in guests(app)])).means

    def follow():
        means = np.stack([guest.encoded.mean for guest in guests(app)])
        return np.allclose(means, wanted, atol=1e-4)

    qtbot.waitUntil(follow, timeout=SECONDS)
    assert all(
        guest.encoded.generation > old.generation for guest, old in zip(guests(app), before, strict=True)
    )


def test_guests_go_with_the_project(qtbot, open_trained, strangers, trained):
    app = open_trained
    drop_on_plane(app, files(strangers[0]))
    wait_for_guests(qtbot, app, 1)
    kept = {path.name for path in trained.rglob("*")}
    app.close_project()
    assert not guests(app)
    app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    assert not guests(app)
    assert not any(strangers[0].name == name for name in kept)


def test_a_guest_is_read_anew_for_a_model_of_another_size(qtbot, open_trained, strangers, imported):
    app = open_trained
    drop_on_plane(app, files(strangers[0]))
    clipboard = QMimeData()
    clipboard.setData("image/png", encoded(four_corners(90, 90), "PNG"))
    drop_on_plane(app, clipboard)
    wait_for_guests(qtbot, app, 2)
    session = app.explorer.guests
    larger = ImageFormat(48, 1)
    session._model_format = lambda: larger
    app.engine.network_changed.emit(2)
    qtbot.waitUntil(lambda: all(guest.pixels.shape == larger.shape for guest in guests(app)), timeout=SECONDS)
    wanted = decode_picture(io.BytesIO(strangers[0].read_bytes()), larger).pixels
    np.testing.assert_array_equal(guests(app)[0].pixels, wanted)


def test_with_more_latent_numbers_a_guest_lies_on_the_plane_that_is_shown(
    qtbot, app, make_project, strangers
):
    from training.config import TrainConfig
    from training.fit import train
    from training.runs import start_run

    project = make_project(24, 32, True)
    train(project, start_run(project, TrainConfig(epochs=3), latent_dim=4))
    path = project.path
    project.close()
    app.open_project(str(path))
    wait_for_plane(qtbot, app, 24)
    drop_on_plane(app, files(strangers[0]))
    wait_for_guests(qtbot, app, 1)
    (guest,) = guests(app)
    plane, chosen = app.window.plane, app.explorer.guests.guests
    app.window.plane_frame.choice.chosen.emit((3, 1))
    plane.fit()
    plane.grab()
    tip = plane.view.to_screen(float(guest.encoded.mean[3]), float(guest.encoded.mean[1]))
    QTest.mouseClick(plane, LEFT, NONE, QPointF(*tip).toPoint() - QPoint(0, 28))
    assert chosen.selected == guest.number
    handle = plane.active_handle
    with told(qtbot, app.engine, "decoded"):
        QTest.mouseDClick(plane, LEFT, NONE, QPointF(*tip).toPoint() - QPoint(0, 28))
    assert app.plane.where.latent(handle) == pytest.approx(guest.encoded.mean.tolist())  # in all four


# --- under the hand -----------------------------------------------------------------------------------------


def test_a_guest_is_chosen_by_a_click_and_removed_by_key_which_can_be_undone(qtbot, open_trained, strangers):
    app, plane = open_trained, open_trained.window.plane
    handles = dict(plane.handles)
    drop_on_plane(app, files(strangers[0]))
    wait_for_guests(qtbot, app, 1)
    plane.grab()
    (guest,) = guests(app)
    QTest.mouseClick(plane, LEFT, NONE, pin(app, guest))
    assert app.explorer.guests.guests.selected == guest.number
    assert guest.name in app.window.statusBar().currentMessage()
    assert plane.handles == handles  # a click on a guest places no handle
    plane.setFocus()
    QTest.keyClick(plane, Qt.Key.Key_Delete)
    assert not guests(app)
    assert plane.handles == handles
    action(app, f"Undo remove “{guest.name}”").trigger()
    wait_for_guests(qtbot, app, 1)
    action(app, f"Undo place “{guest.name}”").trigger()
    assert not guests(app)
    action(app, f"Redo place “{guest.name}”").trigger()
    wait_for_guests(qtbot, app, 1)


def test_escape_and_a_press_elsewhere_leave_a_guest_and_delete_means_handles_again(
    qtbot, open_trained, strangers
):
    app, plane = open_trained, open_trained.window.plane
    drop_on_plane(app, files(strangers[0]))
    wait_for_guests(qtbot, app, 1)
    plane.grab()
    plane.setFocus()
    chosen = app.explorer.guests.guests
    action(app, "Next guest").trigger()
    assert chosen.selected
    QTest.keyClick(plane, Qt.Key.Key_Escape)
    assert not chosen.selected
    action(app, "Next guest").trigger()
    elsewhere = pin(app, guests(app)[0]) + QPoint(120, 120)
    QTest.mouseClick(plane, LEFT, NONE, elsewhere)
    assert not chosen.selected
    plane.add_handle(0.5, 0.5)
    QTest.keyClick(plane, Qt.Key.Key_Delete)
    assert len(plane.handles) == 1
    assert len(guests(app)) == 1


def test_a_drag_from_a_guest_moves_the_ground_and_the_guest_with_it(qtbot, open_trained, strangers):
    app, plane = open_trained, open_trained.window.plane
    drop_on_plane(app, files(strangers[0]))
    wait_for_guests(qtbot, app, 1)
    plane.grab()
    start, extent = pin(app, guests(app)[0]), plane.visible_extent()
    mean = guests(app)[0].encoded.mean.copy()
    QTest.mousePress(plane, LEFT, NONE, start)
    QTest.mouseMove(plane, start + QPoint(20, 0))
    QTest.mouseMove(plane, start + QPoint(40, 10))
    QTest.mouseRelease(plane, LEFT, NONE, start + QPoint(40, 10))
    assert plane.visible_extent() != extent
    assert pin(app, guests(app)[0]) == start + QPoint(40, 10)
    np.testing.assert_array_equal(guests(app)[0].encoded.mean, mean)


def test_the_handle_is_put_where_a_guest_lies_by_double_click_and_by_menu(qtbot, open_trained, strangers):
    app, plane = open_trained, open_trained.window.plane
    drop_on_plane(app, files(strangers[0]))
    wait_for_guests(qtbot, app, 1)
    (guest,) = guests(app)
    place = tuple(guest.encoded.mean.tolist())
    plane.grab()
    with told(qtbot, app.engine, "decoded", lambda decoded: decoded.point == pytest.approx(place)):
        QTest.mouseDClick(plane, LEFT, NONE, pin(app, guest))
    assert plane.handles[1] == pytest.approx(place)
    action(app, "Undo move handle 1").trigger()
    assert plane.handles[1] == (0.0, 0.0)
    choose(qtbot, app, pin(app, guest), "Put the handle where this guest lies")
    assert plane.handles[1] == pytest.approx(place)


def test_the_menu_of_a_guest_shows_its_folder_and_removes_it(qtbot, open_trained, strangers, monkeypatch):
    app = open_trained
    shown = []
    monkeypatch.setattr(app.window, "show_file", shown.append)
    drop_on_plane(app, files(*strangers[:3]))
    wait_for_guests(qtbot, app, 3)
    app.window.plane.grab()
    first = guests(app)[0]
    app.explorer.guests.select(first.number)  # so that it lies on top
    app.window.plane.grab()
    choose(qtbot, app, pin(app, first), "Show this guest in its folder")
    assert shown == [strangers[0].parent]
    choose(qtbot, app, pin(app, first), "Remove this guest")
    assert first not in guests(app)
    choose(qtbot, app, QPoint(80, 80), "Remove all guests")
    assert not guests(app)
    action(app, "Undo remove 2 guests").trigger()
    wait_for_guests(qtbot, app, 2)


def test_a_guest_that_is_pointed_at_tells_how_it_compares_with_held_out_pictures(
    qtbot, open_trained, strangers, network, monkeypatch
):
    app, plane = open_trained, open_trained.window.plane
    monkeypatch.setattr("vae_desktop.guests.LEAST_COMPARED", 1)
    drop_on_plane(app, files(strangers[0]))
    wait_for_guests(qtbot, app, 1)
    plane.grab()
    store = app.project.pictures()
    held_out = store.read(np.nonzero(store.held_out)[0])
    (guest,) = guests(app)

    def error(pictures):
        drawn = network.decode(network.encode(pictures).means)
        return np.square((pictures / 255.0) - (drawn / 255.0)).mean(axis=(1, 2, 3))

    worse = (error(held_out) > error(guest.pixels[None])[0]).sum()
    session = app.explorer.guests
    qtbot.waitUntil(lambda: session._comparison(guest) != "", timeout=SECONDS)
    assert f" {worse} of {len(held_out)} held-out" in session._comparison(guest)
    card = app.explorer.card.card
    point_at(plane, pin(app, guest))
    qtbot.waitUntil(lambda: card.isVisible() and card.content.pictures[1][1] is not None, timeout=SECONDS)
    assert card.content.title == guest.name
    assert [caption for caption, _ in card.content.pictures] == ["original", "reconstruction"]
    assert f" {worse} of {len(held_out)} held-out" in card.content.lines[-1]
    before = plane.grab().toImage()
    QTest.mouseClick(plane, LEFT, NONE, pin(app, guest))
    point_at(plane, pin(app, guest))
    qtbot.wait(2 * CARD_MS)
    assert not card.isVisible()  # it has a card of its own now
    assert plane.grab().toImage() != before


def test_the_files_of_guests_are_kept_as_a_state_and_come_back(qtbot, open_trained, strangers):
    app, session = open_trained, open_trained.explorer.guests
    drop_on_plane(app, files(*strangers[:2]))
    data = QMimeData()
    data.setData("image/png", encoded(four_corners(), "PNG"))
    drop_on_plane(app, data)
    wait_for_guests(qtbot, app, 3)
    state = session.state()
    assert state == {"paths": [str(path) for path in strangers[:2]]}
    strangers[1].unlink()
    session.clear()
    session.restore(state)
    wait_for_guests(qtbot, app, 1)
    assert f"“{strangers[1].name}”: not there any more" in problem(app)
    with pytest.raises((ValueError, TypeError, KeyError)):
        session.restore({"paths": [3]})


# --- what cannot be placed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (("notes.txt", b"no picture\n" * 9), "not a picture"),
        (("cut.png", encoded(four_corners(), "PNG")[:90]), "damaged or cut short"),
        (("bomb.png", png_that_claims(60_000, 60_000)), "too large (over 200 megapixels)"),
        (("empty.jpg", b""), "empty file"),
    ],
)
def test_what_is_no_picture_is_told_in_place_and_the_others_are_placed(
    qtbot, open_trained, strangers, bad, reason
):
    app, (name, content) = open_trained, bad
    path = strangers[0].with_name(name)
    path.write_bytes(content)
    drop_on_plane(app, files(path))
    qtbot.waitUntil(lambda: problem(app) == f"Not placed: “{name}”: {reason}.", timeout=SECONDS)
    drop_on_plane(app, files(strangers[0], path))
    wait_for_guests(qtbot, app, 1)
    assert problem(app) == f"1 picture of 2 was placed. Not placed: “{name}”: {reason}."


def test_a_file_that_vanishes_is_told_and_an_animation_is_its_first_frame(qtbot, open_trained, tmp_path):
    app = open_trained
    drop_on_plane(app, files(tmp_path / "gone.png"))
    qtbot.waitUntil(lambda: "“gone.png”: not there any more" in problem(app), timeout=SECONDS)
    frames = [Image.new("RGB", (48, 48), colour) for colour in ("red", "blue")]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    drop_on_plane(app, files(tmp_path / "moving.gif"))
    wait_for_guests(qtbot, app, 1)
    assert guests(app)[0].pixels[16, 16].tolist() == pytest.approx([255, 0, 0], abs=3)


def test_no_address_is_followed_and_an_empty_clipboard_is_told(qtbot, open_trained):
    app, data = open_trained, QMimeData()
    data.setUrls([QUrl("https://example.org/cat.png")])
    drop_on_plane(app, data)
    assert "this program makes no network connections" in problem(app)
    app.window.messages.clear()
    QApplication.clipboard().clear()
    action(app, "Paste picture").trigger()
    assert problem(app).startswith("There is no picture in the clipboard.")
    QApplication.clipboard().setText("https://example.org/cat.png")
    action(app, "Paste picture").trigger()
    assert "this program makes no network connections" in problem(app)
    QApplication.clipboard().setText("a poem")
    action(app, "Paste picture").trigger()
    assert problem(app).startswith("There is no picture in the clipboard.")
    assert not guests(app)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs RLIMIT_FSIZE")
def test_on_a_full_disk_a_copied_picture_is_told_and_no_file_is_left(
    qtbot, open_trained, tmp_path, monkeypatch
):
    import resource

    app, data = open_trained, QMimeData()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    noise = np.random.default_rng(0).integers(0, 256, (200, 200, 3), np.uint8)
    data.setData("image/png", encoded(Image.fromarray(noise), "PNG"))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, before[1]))
    try:
        drop_on_plane(app, data)
        qtbot.waitUntil(lambda: "no temporary file can be written" in problem(app), timeout=SECONDS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list((tmp_path / "temporary").iterdir())
    drop_on_plane(app, data)
    wait_for_guests(qtbot, app, 1)
    qtbot.waitUntil(lambda: not list((tmp_path / "temporary").iterdir()))


def test_of_a_thousand_files_it_is_told_how_many_were_taken(qtbot, open_trained, strangers):
    app = open_trained
    drop_on_plane(app, files(*[strangers[number % 5] for number in range(1000)]))
    wait_for_guests(qtbot, app, MOST_GUESTS)
    assert problem(app) == (
        "100 pictures of 1,000 were placed: the plane takes 100 guests, and 900 were left out."
    )
    drop_on_plane(app, files(strangers[0]))
    assert "which is the most. This picture was not placed" in problem(app)


def test_without_a_model_it_is_told_what_to_do_first(qtbot, app, untrained, strangers):
    QApplication.clipboard().setMimeData(files(strangers[0]))
    action(app, "Paste picture").trigger()
    assert problem(app) == "There is no map yet to place pictures on. Train first; then paste again."
    app.open_project(str(untrained))
    hold(app, files(strangers[0]))
    frame = app.window.plane.findChild(DropFrame)
    assert frame.accessibleName() == "Train first, then place pictures here"
    drop_on_plane(app, files(strangers[0]))
    assert problem(app) == "There is no map yet to place pictures on. Train first; then drop them again."


def test_closing_does_not_wait_for_pictures_that_are_being_read(qtbot, open_trained, tmp_path, strangers):
    app = open_trained
    drop_on_plane(app, files(*strangers))
    app.close_project()
    qtbot.wait(300)
    assert not guests(app)
    app.window.close()


def test_text_and_nothing_are_not_for_the_plane():
    data = QMimeData()
    data.setText("a poem")
    assert not is_for_plane(data)
