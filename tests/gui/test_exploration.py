"""What is done to handles can be undone, and comes back with the project."""

import json

import pytest
from hands import LEFT, NONE, action, at, drag, problem, wait_for_plane
from hearing import SECONDS, told
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLineEdit, QMenu

from vae_desktop.edits import Edits
from vae_desktop.exploration import EXPLORATION_FILE
from vae_desktop.latent_plane import PlaneMode


@pytest.fixture
def exploring(qtbot, app, trained):
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    app.window.plane.setFocus()
    return app


def places(app):
    handles = app.window.plane.handles.items()
    return {number: (round(z1, 6), round(z2, 6)) for number, (z1, z2) in handles}


def undo(app):
    app.window.action("undo").trigger()


def redo(app):
    app.window.action("redo").trigger()


def answer_name(app, name):
    dialog = app.window.findChild(QInputDialog)
    dialog.findChild(QLineEdit).setText(name)
    dialog.accept()


def menu_at(app, place):
    plane, pixel = app.window.plane, at(app, *place)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, pixel, plane.mapToGlobal(pixel))
    QApplication.sendEvent(plane, event)
    menu = plane.findChildren(QMenu)[-1]
    return {each.text().replace("&", ""): each for each in menu.actions()}, menu


def test_a_drag_is_one_edit_and_is_undone_with_its_picture(qtbot, exploring):
    before = places(exploring)
    drag(qtbot, exploring, (0.5, 0.5), (1.0, 0.2))
    after = places(exploring)
    assert after != before
    assert action(exploring, "Undo move handle 1").isEnabled()
    with told(qtbot, exploring.engine, "decoded", lambda decoded: max(map(abs, decoded.point)) < 1e-6):
        undo(exploring)
    assert places(exploring) == before
    assert not exploring.window.action("undo").isEnabled()
    redo(exploring)
    assert places(exploring) == after


def test_arrow_keys_in_a_row_are_one_edit(qtbot, exploring):
    before = places(exploring)
    for _ in range(5):
        QTest.keyClick(exploring.window.plane, Qt.Key.Key_Right)
    assert places(exploring) != before
    undo(exploring)
    assert places(exploring) == before


def test_edits_that_lie_apart_in_time_stay_apart(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("vae_desktop.edits.time.monotonic", lambda: now[0])
    edits = Edits()
    for when in (0.0, 0.5, 5.0):
        now[0] = when
        edits.do("count", lambda: None, lambda: None, "count")
    assert edits.count() == 2


def test_adding_removing_naming_and_locking_can_be_undone(qtbot, exploring):
    plane = exploring.window.plane
    QTest.mouseClick(plane, LEFT, Qt.KeyboardModifier.ControlModifier, at(exploring, 1.0, 1.0))
    exploring.window.action("name_handle").trigger()
    answer_name(exploring, "smile\n")
    exploring.window.action("lock_handle").trigger()
    assert plane.handle_title(2) == "smile"
    assert plane.is_locked(2)
    assert "smile" in plane.accessibleDescription()
    placed = places(exploring)
    QTest.keyClick(plane, Qt.Key.Key_Delete)
    assert set(plane.handles) == {1}
    undo(exploring)
    assert places(exploring) == placed
    assert plane.handle_title(2) == "smile"
    assert plane.is_locked(2)
    for _ in range(3):
        undo(exploring)
    assert set(plane.handles) == {1}
    for _ in range(4):
        redo(exploring)
    assert set(plane.handles) == {1}


def test_a_locked_handle_is_moved_by_nothing(qtbot, exploring):
    plane = exploring.window.plane
    exploring.window.action("lock_handle").trigger()
    before = places(exploring)
    centre = at(exploring, *plane.handles[1])
    QTest.mousePress(plane, LEFT, NONE, centre)
    QTest.mouseMove(plane, centre + QPoint(50, 0))
    QTest.mouseRelease(plane, LEFT, NONE, centre + QPoint(50, 0))
    bar = exploring.window.statusBar()
    for hand in (
        lambda: QTest.mouseClick(plane, LEFT, NONE, at(exploring, 1.0, 1.0)),
        lambda: QTest.keyClick(plane, Qt.Key.Key_Right),
    ):
        bar.clearMessage()
        hand()
        assert bar.currentMessage() == "Handle 1 is locked."
    bar.clearMessage()
    grid = exploring.window.library.pictures
    QTest.mouseClick(grid.viewport(), LEFT, NONE, grid.visualRect(grid.model().index(5, 0)).center())
    assert places(exploring) == before
    assert bar.currentMessage() == "Handle 1 is locked."


def test_a_handle_goes_to_the_nearest_picture_and_snaps_to_one_in_a_drag(qtbot, exploring):
    plane, where = exploring.window.plane, exploring.plane.where
    exploring.window.action("to_nearest").trigger()
    number, distance = where.nearest(1)
    assert distance == pytest.approx(0.0, abs=1e-6)

    target = where.basis.on_plane(where.means)[where.numbers.tolist().index(number) - 1]
    drag(qtbot, exploring, (0.0, 0.0))
    exploring.window.action("snap").setChecked(True)
    pixel = at(exploring, *target.tolist())
    QTest.mousePress(plane, LEFT, NONE, at(exploring, *plane.handles[1]))
    QTest.mouseMove(plane, pixel + QPoint(3, 3))
    QTest.mouseRelease(plane, LEFT, NONE, pixel + QPoint(3, 3))
    assert where.nearest(1)[1] == pytest.approx(0.0, abs=1e-6)


def test_the_menu_of_a_handle_and_of_a_picture(qtbot, exploring):
    plane = exploring.window.plane
    offered, menu = menu_at(exploring, plane.handles[1])
    assert {"Name handle…", "Lock handle", "To the nearest picture", "Remove handle"} <= set(offered)
    menu.close()

    where = exploring.plane.where
    middles = where.basis.on_plane(where.means)
    far = int((middles**2).sum(axis=1).argmax())
    exploring.window.action("fit").trigger()
    offered, menu = menu_at(exploring, middles[far].tolist())
    (chosen,) = [text for text in offered if text.startswith("Put the handle on ")]
    assert exploring.plane.pictures.name(int(where.numbers[far])) in chosen
    offered[chosen].trigger()
    assert where.nearest(1) == (int(where.numbers[far]), pytest.approx(0.0, abs=1e-6))
    menu.close()


def test_handles_and_view_come_back_with_the_project(qtbot, start_app, trained):
    first = start_app()
    with told(qtbot, first.engine, "model_loaded"):
        first.open_project(str(trained))
    wait_for_plane(qtbot, first, 40)
    plane = first.window.plane
    QTest.mouseClick(plane, LEFT, Qt.KeyboardModifier.ControlModifier, at(first, 1.0, 1.0))
    first.window.action("name_handle").trigger()
    answer_name(first, "Ünïcode <b>")
    first.window.action("thumbnails").trigger()
    plane.zoom_by(2.0)
    handles, view = places(first), plane.view
    first.window.close()

    second = start_app()
    plane = second.window.plane
    qtbot.waitUntil(lambda: len(plane.handles) == 2, timeout=SECONDS)
    assert places(second) == handles
    assert plane.handle_title(2) == "Ünïcode <b>"
    assert plane.active_handle == 2
    assert plane.mode is PlaneMode.THUMBNAILS
    assert second.window.action("thumbnails").isChecked()
    assert plane.view.span == pytest.approx(view.span)
    assert not second.window.action("undo").isEnabled()


def test_what_is_done_is_on_disk_soon(qtbot, exploring, trained):
    file = trained / EXPLORATION_FILE
    assert not file.exists()
    QTest.keyClick(exploring.window.plane, Qt.Key.Key_Right)
    qtbot.waitUntil(file.exists, timeout=SECONDS)
    (parts,) = json.loads(file.read_text())["runs"].values()
    assert parts["handles"]["handles"][0]["latent"] == pytest.approx([0.05, 0.0])


def kept(**parts):
    return json.dumps({"format": 1, "project": {}, "runs": {"run-001": parts}}).encode()


def kept_handle(latent, active=1):
    return kept(
        handles={"handles": [{"number": 1, "latent": latent, "name": "", "locked": False}], "active": active}
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[1, 2",
        b'{"format": 99}',
        kept(handles=7, view=None),
        kept(view={"middle": [float("nan"), 0], "span": 1, "mode": "PICTURES"}),
        kept(view={"middle": [0, 0], "span": -1, "mode": "PICTURES"}),
        kept_handle([1e300, 0]),
        kept_handle([1, 0, 3]),
        kept_handle([0, 0], active=[1]),
    ],
)
def test_a_damaged_file_costs_nothing_but_itself(qtbot, app, trained, content, caplog):
    (trained / EXPLORATION_FILE).write_bytes(content)
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    assert places(app) == {1: (0.0, 0.0)}
    assert problem(app) == ""
    assert caplog.records


def test_what_cannot_be_kept_is_told_once(qtbot, exploring, trained, caplog):
    (trained / EXPLORATION_FILE).mkdir()  # a file cannot take its place
    for _ in range(2):
        QTest.keyClick(exploring.window.plane, Qt.Key.Key_Right)
        qtbot.waitUntil(lambda: "not kept" in problem(exploring), timeout=SECONDS)
    assert EXPLORATION_FILE in problem(exploring)
