import numpy as np
import pytest
from hands import wait_for
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from training.samples import find_sample, is_sample, unpack
from vae_desktop.main_window import WindowState
from vae_desktop.settings import Settings
from vae_desktop.tour import Tour, TourStep

Key, LEFT = Qt.Key, Qt.MouseButton.LeftButton


def tour_of(app):
    return app.window.findChild(Tour)


def said(tour):
    return tour.accessibleName()


def button(tour, text):
    return next(each for each in tour.findChildren(QPushButton) if each.text() == text)


def press(tour, text):
    QTest.mouseClick(button(tour, text), LEFT)


@pytest.fixture
def app(start_app, qtbot):
    app = start_app()
    app.window.resize(1280, 800)
    app.window.activateWindow()
    assert QTest.qWaitForWindowActive(app.window)
    return app


@pytest.fixture
def shown(app, untrained, qtbot):
    """A project without a training, and the tour wished for."""
    app.open_project(str(untrained))
    wait_for(qtbot, app, WindowState.READY)
    assert not tour_of(app).isVisible()  # it is no sample
    app.window.action("tour").trigger()
    assert tour_of(app).isVisible()
    return app


def test_it_goes_through_five_steps_and_back_by_mouse(shown):
    tour = tour_of(shown)
    seen = [said(tour)]
    assert not button(tour, "Back").isVisible()
    for _ in range(4):
        press(tour, "Next")
        seen.append(said(tour))
    assert [text.split(".")[0] for text in seen] == [f"Tour, {number} of 5" for number in range(1, 6)]
    assert [text.split(". ")[1] for text in seen] == [
        "Your pictures",
        "Learning",
        "The map and the handle",
        "The picture under the handle",
        "How it goes",
    ]
    assert not button(tour, "Skip").isVisible()
    press(tour, "Back")
    assert said(tour) == seen[3]
    press(tour, "Next")
    press(tour, "Done")
    assert not tour.isVisible()


def test_it_is_gone_through_by_keys_and_leaves_with_escape(shown):
    tour = tour_of(shown)
    assert QApplication.focusWidget() is button(tour, "Next")
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Return)
    assert said(tour).startswith("Tour, 2 of 5")
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Backtab)
    assert QApplication.focusWidget() is button(tour, "Back")
    QTest.keyClick(QApplication.focusWidget(), Key.Key_Space)
    assert said(tour).startswith("Tour, 1 of 5")
    QTest.keyClick(button(tour, "Next"), Key.Key_Escape)
    assert not tour.isVisible()


def test_the_window_can_be_used_meanwhile_and_the_words_follow(shown, qtbot):
    tour = tour_of(shown)
    press(tour, "Next")
    assert "Press “Train”" in said(tour)
    train = shown.window.training.primary_button
    qtbot.waitUntil(train.isEnabled, timeout=60_000)
    QTest.mouseClick(train, LEFT)
    qtbot.waitUntil(lambda: "It learns what" in said(tour))
    press(tour, "Next")
    qtbot.waitUntil(lambda: "Drag the round handle" in said(tour), timeout=60_000)
    shown.window.stop_requested.emit()
    wait_for(qtbot, shown, WindowState.TRAINED)
    press(tour, "Back")
    assert "Train more" in said(tour)


@pytest.mark.parametrize("size", [(1280, 800), (900, 600)])
def test_each_step_lies_in_the_window_beside_what_it_is_about(shown, qtbot, size):
    window, tour = shown.window, tour_of(shown)
    window.resize(*size)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == size)
    parts = (
        window.library,
        window.training.primary_button,
        None,
        window.decoding,
        window.training.coach_line,
    )
    for part in parts:
        qtbot.waitUntil(lambda: window.rect().contains(tour.geometry()))
        if part is not None:
            place = QRect(part.mapTo(window, QPoint(0, 0)), part.size())
            assert not tour.geometry().adjusted(1, 1, -1, -1).intersects(place)
        press(tour, "Next" if part is not window.training.coach_line else "Done")


def test_a_part_that_is_closed_is_told_of_without_pointing(shown, qtbot):
    tour = tour_of(shown)
    next(each for each in shown.window.findChildren(QAction) if each.text() == "Library").trigger()
    qtbot.waitUntil(lambda: not shown.window.library.isVisible())
    assert tour.isVisible()
    assert shown.window.rect().contains(tour.geometry())


def test_it_ends_with_the_project(shown):
    shown.close_project()
    assert not tour_of(shown).isVisible()


def test_it_begins_by_itself_beside_the_first_sample_and_never_again(start_app, settings, tmp_path, qtbot):
    app = start_app(sample="fashion")
    qtbot.waitUntil(lambda: tour_of(app).isVisible(), timeout=60_000)
    assert app.window.state == WindowState.READY
    assert Settings(tmp_path / "settings.ini").has_seen_tour
    press(tour_of(app), "Skip")
    app.close_project()
    app.open_sample("fashion")
    wait_for(qtbot, app, WindowState.READY)
    qtbot.wait(50)
    assert not tour_of(app).isVisible()


def test_from_the_menu_of_an_empty_window_it_opens_a_sample(app, settings, qtbot):
    settings.save_has_seen_tour()
    app.window.action("tour").trigger()
    qtbot.waitUntil(lambda: tour_of(app).isVisible(), timeout=60_000)
    assert app.window.state == WindowState.READY


def test_a_sample_is_known_by_where_it_lies(tmp_path):
    assert is_sample(unpack(find_sample("emoji")))
    assert not is_sample(tmp_path / "emoji")
    assert not is_sample(unpack(find_sample("emoji")).parent / "other")


def test_its_callout_is_drawn_with_an_arrow_in_light_and_dark(qtbot, qapp):
    window = QLabel("window")
    qtbot.addWidget(window)
    window.resize(900, 500)
    window.show()
    spots = [QRect(20, 200, 60, 40), QRect(800, 200, 60, 40), QRect(400, 20, 60, 20), QRect(400, 470, 60, 20)]
    for spot in spots:
        tour = Tour(window, [TourStep("Title", lambda: "Words " * 20, lambda spot=spot: spot)])
        tour.begin()
        middle = tour.geometry().center() - spot.center()
        assert np.hypot(middle.x(), middle.y()) < 330
        assert not tour.geometry().adjusted(1, 1, -1, -1).intersects(spot)
        assert not tour.grab().isNull()
        tour.end()
