import numpy as np
import pytest
from hands import drag, wait_for, wait_for_plane
from PySide6.QtGui import QAccessible, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from vae_desktop.main_window import WindowState
from vae_desktop.plane_text import PlaneText
from vae_desktop.plane_words import HandleFacts, PlaneFacts, plane_in_words

SECONDS = 60_000


def facts(**changes):
    places = np.array([[0, 0], [2, 0], [0, 2], [-2, -2], [9, 9]], np.float32)
    given = {
        "mode": "Pictures and map",
        "extent": (-3.2, 3.2, -3.0, 3.0),
        "axes": ("z1", "z2"),
        "places": places,
        "held_out": 1,
        "handles": [HandleFacts("Handle 1", (0.5, -0.25), is_active=True, nearest=("cat.png", 0.559))],
    }
    return PlaneFacts(**given | changes)


def test_it_says_what_is_seen_the_pictures_and_the_handles():
    assert plane_in_words(facts()).split("\n") == [
        "Shown: pictures and map.",
        "In sight: z1 from −3.20 to 3.20, z2 from −3.00 to 3.00, in σ of the prior.",
        "",
        "5 pictures lie on the plane, 1 held out; 4 in sight.",
        "Their middle: z1 1.80, z2 1.80; they spread by 3.82 across and 3.82 up.",
        "",
        "1 handle:",
        "Handle 1: z1 0.50, z2 −0.25; nearest: cat.png, 0.56 σ away.",
    ]


def test_of_several_handles_it_says_which_is_chosen_and_which_are_out_of_sight():
    handles = [
        HandleFacts("Smile\n", (0.0, 0.0), is_locked=True),
        HandleFacts("Handle 4", (5.0, 0.0), is_active=True, nearest=("", 1.0)),
    ]
    assert plane_in_words(facts(handles=handles)).split("\n")[-3:] == [
        "2 handles:",
        "Smile  (locked): z1 0.00, z2 0.00.",
        "Handle 4 (chosen, out of sight): z1 5.00, z2 0.00; nearest: a picture, 1.00 σ away.",
    ]


def test_without_pictures_and_handles_it_says_so():
    words = plane_in_words(facts(places=np.zeros((0, 2), np.float32), handles=[]))
    assert "not known yet where your pictures lie" in words
    assert "There is no handle." in words


def test_a_file_name_cannot_pretend_to_be_more_lines():
    words = plane_in_words(
        facts(handles=[HandleFacts("Handle 1", (0.0, 0.0), nearest=("cat\nHandle 9: \u202e.png", 1.0))])
    )
    assert len(words.split("\n")) == 8
    assert "\u202e" not in words


@pytest.fixture
def opened(start_app, trained, qtbot):
    app = start_app()
    app.open_project(str(trained))
    wait_for(qtbot, app, WindowState.TRAINED)
    wait_for_plane(qtbot, app, 40)
    app.window.action("describe").trigger()
    return app


def shown(app):
    return app.window.findChild(PlaneText).findChild(QPlainTextEdit)


def test_it_follows_the_hand_the_view_and_the_mode(opened, qtbot):
    text = shown(opened)
    assert "40 pictures lie on the plane" in text.toPlainText()
    assert "Handle 1: z1 0.00, z2 0.00; nearest: " in text.toPlainText()
    assert ".png" in text.toPlainText()
    drag(qtbot, opened, (1.0, 0.5))
    qtbot.waitUntil(lambda: "Handle 1: z1 1.0" in text.toPlainText())
    opened.window.action("points").trigger()
    qtbot.waitUntil(lambda: text.toPlainText().startswith("Shown: only your pictures."))
    before = text.toPlainText().split("\n")[1]
    opened.window.action("zoom_in").trigger()
    qtbot.waitUntil(lambda: text.toPlainText().split("\n")[1] != before)
    opened.window.action("add_handle").trigger()
    qtbot.waitUntil(lambda: "2 handles:" in text.toPlainText())
    opened.close_project()
    qtbot.waitUntil(lambda: text.toPlainText().startswith("Nothing is open."))


def test_the_readers_place_stays_and_a_screen_reader_can_read_it(opened, qtbot):
    text = shown(opened)
    cursor = text.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Down, QTextCursor.MoveMode.MoveAnchor, 3)
    text.setTextCursor(cursor)
    drag(qtbot, opened, (-1.0, 0.5))
    qtbot.waitUntil(lambda: "Handle 1: z1 −1.0" in text.toPlainText())
    assert text.textCursor().blockNumber() == 3
    interface = QAccessible.queryAccessibleInterface(text)
    assert interface.text(QAccessible.Text.Name) == "What the plane shows"
    assert interface.state().readOnly
    assert "40 pictures" in interface.text(QAccessible.Text.Value)


def test_before_there_is_a_map_it_says_what_is_missing(start_app, untrained, qtbot):
    app = start_app()
    app.window.action("describe").trigger()
    text = shown(app)
    assert text.toPlainText().startswith("Nothing is open.")
    app.open_project(str(untrained))
    qtbot.waitUntil(lambda: "Press Train" in text.toPlainText(), timeout=SECONDS)
