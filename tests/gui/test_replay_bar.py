import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QToolButton, QWidget

from vae_desktop.plane_frame import PlaneFrame

LEFT = Qt.MouseButton.LeftButton
FRAMES, WEIGHTS = [0.0, 0.1, 0.25, 0.77777777, 1.0], [0.0, 0.25, 1.0]


@pytest.fixture
def bar(qtbot):
    frame = PlaneFrame(QWidget())
    qtbot.addWidget(frame)
    frame.resize(700, 400)
    frame.replay.set_stops(FRAMES, WEIGHTS, (1234, 130.0))
    frame.replay.show()
    frame.show()
    qtbot.waitExposed(frame)
    frame.bar = frame.replay
    frame.replay.setFocus()
    yield frame.replay
    frame.close()


def recorded(signal):
    told = []
    signal.connect(lambda *arguments: told.append(arguments[0] if arguments else None))
    return told


def button(bar, name):
    return next(each for each in bar.findChildren(QToolButton) if each.accessibleName() == name)


def said(bar):
    return bar._step.accessibleName()


def test_it_is_hidden_until_it_is_wanted(qtbot):
    frame = PlaneFrame(QWidget())
    qtbot.addWidget(frame)
    frame.show()
    assert not frame.replay.isVisible()


def test_keys_go_from_one_kept_step_to_the_next(bar):
    moved = recorded(bar.moved)
    bar.slider.show_share(0.1)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_PageDown, Qt.Key.Key_Left, Qt.Key.Key_Left):
        QTest.keyClick(bar.slider, key)
    assert moved == [0.25, 0.77777777, 0.25, 0.1, 0.0]
    QTest.keyClick(bar.slider, Qt.Key.Key_Left)
    assert len(moved) == 5
    QTest.keyClick(bar.slider, Qt.Key.Key_End)
    QTest.keyClick(bar.slider, Qt.Key.Key_Home)
    QTest.keyClick(bar.slider, Qt.Key.Key_PageUp)
    assert moved[5:] == [1.0, 0.0, 0.25]


def test_between_kept_steps_the_neighbours_are_gone_to(bar):
    moved = recorded(bar.moved)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Left):
        bar.slider.show_share(0.5)
        QTest.keyClick(bar.slider, key)
    assert moved == [0.77777777, 0.25]


def test_a_press_takes_the_slider_there_and_it_follows(bar):
    moved = recorded(bar.moved)
    slider = bar.slider
    middle = QPoint(slider.width() // 2, slider.height() // 2)
    QTest.mousePress(slider, LEFT, pos=middle)
    assert bar.is_held
    assert moved == [pytest.approx(0.5, abs=0.01)]
    QTest.mouseMove(slider, middle + QPoint(slider.width(), 0))
    QTest.mouseRelease(slider, LEFT, pos=middle)
    assert moved[1] == 1.0
    assert not bar.is_held


def test_showing_a_time_is_not_a_move(bar):
    moved = recorded(bar.moved)
    bar.show_past(0.4, 20, 3.0, 18)
    bar.show_now()
    assert moved == []
    assert bar.slider.value() == bar.slider.maximum()


def test_it_says_which_step_is_shown_and_what_draws_it(bar):
    assert said(bar) == "Now"
    bar.show_past(0.4, 1234, 130.4, 1100)
    assert said(bar) == "Showing step 1,234 · 2 min 10 s"
    assert "network of step 1,100" in bar._step.toolTip()
    assert "moved evenly" in bar._step.toolTip()
    bar.show_past(0.1, 12, 0.42, None)
    assert said(bar) == "Showing step 12 · 0.4 s"
    assert "are those of now" in bar._step.toolTip()


def test_the_past_is_told_by_colour_too(bar):
    palette = QPalette(QColor("white"))
    bar.setPalette(palette)
    bar.show_now()
    at = QPoint(2, bar.height() // 2)
    now = bar.grab().toImage().pixelColor(at)
    width = bar.slider.width()
    bar.show_past(0.4, 1234, 130.0, None)
    assert bar.grab().toImage().pixelColor(at) != now
    assert bar.slider.width() == width


def test_space_on_the_slider_and_the_button_play_and_pause(bar):
    asked = recorded(bar.play_toggled)
    QTest.keyClick(bar.slider, Qt.Key.Key_Space)
    QTest.mouseClick(button(bar, "Play the replay"), LEFT)
    bar.show_playing(True)
    QTest.keyClick(button(bar, "Pause the replay"), Qt.Key.Key_Space)
    assert len(asked) == 3
    loop = button(bar, "Play again and again")
    QTest.keyClick(loop, Qt.Key.Key_Space)
    assert bar.loops
    assert len(asked) == 3


def test_escape_closes_it_from_every_part(bar):
    closed = recorded(bar.closed)
    for widget in (bar.slider, bar.findChild(QComboBox), button(bar, "Play again and again")):
        QTest.keyClick(widget, Qt.Key.Key_Escape)
    QTest.mouseClick(button(bar, "Back to the present"), LEFT)
    assert len(closed) == 4


def test_the_whole_training_takes_from_a_few_to_twenty_seconds(bar):
    speeds = bar.findChild(QComboBox)
    assert bar.seconds == 10
    found = []
    for index in range(speeds.count()):
        speeds.setCurrentIndex(index)
        found.append(bar.seconds)
    assert found == [20, 10, 5, 2.5]


@pytest.mark.parametrize("width", [0, 460, 1200])
def test_slider_and_text_share_the_room_and_everything_stays_within(bar, width):
    frame = bar.parentWidget()
    frame.resize(max(width, frame.minimumSizeHint().width()), 400)
    QTest.qWait(0)
    bar.show_past(0.4, 1234, 130.0, None)
    assert bar.width() == max(width, frame.minimumSizeHint().width()) <= max(width, 330)
    assert bar.slider.width() >= max(64, 0.25 * width)
    text = {0: "1,234", 460: "Step 1,234", 1200: "Showing step 1,234 · 2 min 10 s"}[width]
    assert bar._step.width() >= bar._step.fontMetrics().horizontalAdvance(text)


def test_a_film_or_pictures_of_a_size_are_asked_for(bar):
    films, pictures = recorded(bar.film_requested), recorded(bar.pictures_requested)
    offered = [action for action in button(bar, "Save replay as a film…").menu().actions() if action.text()]
    keys = [action.text().partition("&")[2][0].lower() for action in offered]
    assert len(set(keys)) == len(keys)
    actions = {action.text().replace("&", ""): action for action in offered}
    actions["Save as a film…"].trigger()
    actions["Large, 1,080 pixels"].trigger()
    actions["Save as a folder of pictures…"].trigger()
    assert (films, pictures) == ([720], [1080])
