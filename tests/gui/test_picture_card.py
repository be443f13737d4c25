"""The card beside the pointer: what it says, what it shows, and where it lies."""

import numpy as np
import pytest
from hands import LEFT, NONE, at, wait_for_plane
from hearing import SECONDS, told
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from vae_desktop.hover_card import CardContent, HoverCard
from vae_desktop.pixels import to_qimage
from vae_desktop.plane_view import signed

GREY = to_qimage(np.full((32, 32, 1), 128, np.uint8))


@pytest.fixture
def room(qtbot):
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.resize(640, 480)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def content(title="a.png", pictures=2):
    return CardContent(title, ("lies somewhere", "learned from"), [("yours", GREY)] * pictures)


@pytest.mark.parametrize("size", [(640, 480), (320, 260), (240, 200), (500, 150)])
@pytest.mark.parametrize("title", ["a.png", "a very long name " * 20])
def test_a_card_is_never_outside_nor_under_the_pointer(room, size, title):
    room.setMinimumSize(1, 1)
    room.resize(*size)
    card = HoverCard(room)
    shown = 0
    for x in range(0, size[0], 37):
        for y in range(0, size[1], 29):
            card.show_content(content(title), QPointF(x, y))
            if card.isVisible():
                shown += 1
                assert room.rect().contains(card.geometry())
                assert not card.geometry().adjusted(-6, -6, 6, 6).contains(x, y)
    assert shown > 0


def test_a_long_line_is_broken_instead_of_cut(room):
    card, pointer = HoverCard(room), QPointF(10, 10)
    heights = []
    for line in ("short", "some words for two rows " * 3, "some words for more than two rows " * 4):
        card.show_content(CardContent("a.png", (line,), [("yours", GREY)] * 2), pointer)
        heights.append(card.height())
    row = heights[1] - heights[0]
    assert row == pytest.approx(card.fontMetrics().height(), abs=4)
    assert heights[2] - heights[1] >= row - 1
    assert card.width() <= 320


def test_a_card_has_the_colours_of_light_and_dark(room):
    card = HoverCard(room)
    card.show_content(content(), QPointF(10, 10))
    assert card.grab().toImage().pixelColor(4, 12).lightness() > 200
    dark = QPalette(QColor("#303030"))
    dark.setColor(QPalette.ColorRole.Base, QColor("#101010"))
    room.setPalette(dark)
    assert card.grab().toImage().pixelColor(4, 12).lightness() < 40


def test_html_in_a_name_is_only_text(room):
    card = HoverCard(room)
    card.show_content(content("<img src=x>\n.png"), QPointF(10, 10))
    assert card.accessibleName() == "<img src=x> .png"
    assert not card.grab().isNull()


# ---------------------------------------------------------------------- in the program


@pytest.fixture
def exploring(qtbot, app, trained):
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(trained))
    wait_for_plane(qtbot, app, 40)
    app.window.action("points").trigger()
    app.window.action("fit").trigger()
    return app


def card(app):
    return app.explorer.card.card


def outermost(app):
    """The picture farthest out, and the pixel where it lies."""
    where = app.plane.where
    means = where.basis.on_plane(where.means)
    row = int(((means - means.mean(axis=0)) ** 2).sum(axis=1).argmax())
    return int(where.numbers[row]), at(app, *means[row].tolist())


def rest_on(qtbot, app, pixel):
    plane = app.window.plane
    QTest.mouseMove(plane, pixel + QPoint(60, 60))
    QTest.mouseMove(plane, pixel)
    qtbot.waitUntil(card(app).isVisible, timeout=SECONDS)


def test_a_card_tells_of_a_picture_and_shows_it_and_its_reconstruction(qtbot, exploring):
    number, pixel = outermost(exploring)
    with told(qtbot, exploring.engine, "decoded", lambda decoded: decoded.handle < 0) as decoded:
        rest_on(qtbot, exploring, pixel)
    shown = card(exploring).content
    assert shown.title == exploring.plane.pictures.name(number)
    row = exploring.plane.where.numbers.tolist().index(number)
    mean, sigma = exploring.plane.where.means[row], exploring.plane.where.sigmas[row]
    for value in (*mean, *sigma):
        assert signed(float(value), 2) in shown.lines[0]
    held_out = exploring.plane.pictures.store.held_out[number]
    assert shown.lines[1].startswith("held out" if held_out else "learned from")
    (_, own), (_, drawn) = shown.pictures
    assert own == to_qimage(exploring.plane.pictures.pixels(number))
    assert drawn == to_qimage(decoded[0].pixels)
    assert decoded[0].point == pytest.approx(mean.tolist())


def test_the_picture_alone_is_there_until_its_reconstruction_is(qtbot, exploring):
    number, pixel = outermost(exploring)
    exploring.explorer.card._session.engine.decode = lambda *_asked: None
    rest_on(qtbot, exploring, pixel)
    (_, own), (_, drawn) = card(exploring).content.pictures
    assert own is not None
    assert drawn is None
    assert number >= 0


def test_passing_over_a_picture_shows_no_card(qtbot, exploring):
    _, pixel = outermost(exploring)
    plane = exploring.window.plane
    QTest.mouseMove(plane, pixel)
    QTest.mouseMove(plane, pixel + QPoint(60, 60))
    qtbot.wait(200)
    assert not card(exploring).isVisible()


def test_a_press_and_a_drag_put_the_card_away_and_decode_nothing_more(qtbot, exploring):
    _, pixel = outermost(exploring)
    rest_on(qtbot, exploring, pixel)
    plane = exploring.window.plane
    QTest.mousePress(plane, LEFT, NONE, pixel)
    assert not card(exploring).isVisible()
    QTest.mouseMove(plane, pixel + QPoint(30, 0))
    QTest.mouseMove(plane, pixel)
    qtbot.wait(200)
    assert not card(exploring).isVisible()
    QTest.mouseRelease(plane, LEFT, NONE, pixel)


def test_the_pointer_goes_through_the_card(qtbot, exploring):
    _, pixel = outermost(exploring)
    rest_on(qtbot, exploring, pixel)
    assert card(exploring).testAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    assert exploring.window.plane.rect().contains(card(exploring).geometry())


def test_a_closed_project_takes_its_card_along(qtbot, exploring):
    _, pixel = outermost(exploring)
    rest_on(qtbot, exploring, pixel)
    exploring.close_project()
    assert not card(exploring).isVisible()
