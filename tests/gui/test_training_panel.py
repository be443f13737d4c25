import numpy as np
import pytest
from pyqtgraph import PlotWidget
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QPushButton

from training.coach import Facts
from training.events import EpochRecord, Terms, TrainProgress
from vae_desktop.curves import LossCurves
from vae_desktop.training_panel import BUDGETS, TrainingPanel
from vae_desktop.window_state import WindowState


@pytest.fixture
def panel(qtbot):
    panel = TrainingPanel()
    qtbot.addWidget(panel)
    panel.resize(1200, 140)
    panel.show()
    return panel


def button(panel, text):
    return next(each for each in panel.findChildren(QPushButton) if each.text() == text)


def texts(panel):
    return [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]


def progress(**changes):
    values = {
        "epoch": 12,
        "step": 400,
        "step_in_epoch": 5,
        "steps_per_epoch": 10,
        "seconds": 60.0,
        "seconds_left": 180.0,
        "images_per_second": 1912.4,
        "loss": 260.0,
    }
    return TrainProgress(**(values | changes))


def epochs(n, held_out=True):
    losses = 250 + 200 * np.exp(-np.arange(n) / 4)
    return [
        EpochRecord(
            number + 1,
            (number + 1) * 100,
            (number + 1) * 9.0,
            Terms(float(loss), 5.0, 2.0),
            Terms(float(loss) + 6, 5.0, 2.0) if held_out else None,
        )
        for number, loss in enumerate(losses)
    ]


@pytest.mark.parametrize(
    ("state", "text", "enabled", "stoppable"),
    [
        (WindowState.IMPORTING, "Train", False, False),
        (WindowState.READY, "Train", True, False),
        (WindowState.TRAINING, "Pause", True, True),
        (WindowState.PAUSED, "Resume", True, True),
        (WindowState.TRAINED, "Train more", True, False),
    ],
)
def test_one_primary_button_changes_its_role_with_the_state(panel, state, text, enabled, stoppable):
    panel.set_state(state)
    assert button(panel, text).isEnabled() is enabled
    assert button(panel, "Stop and keep").isVisible() is stoppable
    assert panel.findChild(QComboBox).isVisible() is not stoppable


def test_training_is_asked_for_with_the_chosen_length(panel, qtbot):
    panel.set_state(WindowState.READY)
    combo = panel.findChild(QComboBox)
    assert [combo.itemText(row) for row in range(combo.count())] == [budget.words for budget in BUDGETS]
    for text, minutes in (("3 minutes", 3.0), ("until good enough", None), ("until I stop", None)):
        combo.setCurrentText(text)
        assert panel.budget.until_good == (text == "until good enough")
        with qtbot.waitSignal(panel.train_requested) as asked:
            qtbot.mouseClick(button(panel, "Train"), Qt.MouseButton.LeftButton)
        assert asked.args == [minutes]


def test_pause_resume_and_stop_are_asked_for(panel, qtbot):
    panel.set_state(WindowState.TRAINING)
    with qtbot.waitSignal(panel.pause_requested) as asked, qtbot.assertNotEmitted(panel.train_requested):
        qtbot.mouseClick(button(panel, "Pause"), Qt.MouseButton.LeftButton)
    assert asked.args == [True]
    panel.set_state(WindowState.PAUSED)
    with qtbot.waitSignal(panel.pause_requested) as asked:
        qtbot.keyClick(button(panel, "Resume"), Qt.Key.Key_Space)
    assert asked.args == [False]
    with qtbot.waitSignal(panel.stop_requested):
        qtbot.mouseClick(button(panel, "Stop and keep"), Qt.MouseButton.LeftButton)


def test_while_the_engine_starts_train_is_disabled_and_says_why(panel, qtbot):
    panel.set_state(WindowState.READY)
    panel.set_loading(True)
    train = button(panel, "Train")
    assert not train.isEnabled()
    assert "TensorFlow" in train.toolTip()
    assert "Starting TensorFlow…" in texts(panel)
    with qtbot.assertNotEmitted(panel.train_requested):
        panel.trigger_primary()
    panel.set_loading(False)
    assert train.isEnabled()
    assert "Starting TensorFlow…" not in texts(panel)


def test_progress_is_said_in_one_line(panel):
    panel.set_state(WindowState.TRAINING)
    panel.show_progress(progress())
    assert "epoch 12 · 1,900 pictures/s · 3 min left" in texts(panel)
    assert panel.findChild(QProgressBar).value() == 250  # of 1000: one minute of four
    panel.show_progress(progress(seconds_left=None, images_per_second=4.26))
    assert "epoch 12 · 4.3 pictures/s · until you stop" in texts(panel)
    assert panel.findChild(QProgressBar).value() == 500  # half of the epoch
    panel.show_progress(progress(seconds_left=None, images_per_second=4.26, until_good=True))
    assert "epoch 12 · 4.3 pictures/s · until good enough" in texts(panel)


def test_a_late_report_does_not_take_back_the_pause(panel):
    panel.set_state(WindowState.TRAINING)
    panel.show_progress(progress())
    panel.set_state(WindowState.PAUSED)
    panel.show_progress(progress(epoch=13))
    assert "Paused in epoch 12" in texts(panel)


def test_epochs_draw_a_curve_and_let_the_coach_speak(panel):
    panel.set_state(WindowState.TRAINING)
    before = panel.grab().toImage()
    for record in epochs(12):
        panel.add_epoch(record)
    assert panel.grab().toImage() != before
    assert "held-out pictures" in texts(panel)
    assert "pictures it learns from" in texts(panel)
    assert any(text.startswith("Still improving") for text in texts(panel))


def test_the_coach_knows_the_run_and_explains_itself(panel):
    flat = [
        EpochRecord(n, n * 100, n * 9.0, Terms(260.0, 5.0, 1.5), Terms(262.0, 5.0, 1.5)) for n in range(1, 31)
    ]
    panel.set_history(flat, Facts(pictures=60_000))
    (said,) = [text for text in texts(panel) if "two numbers tell only about 670 of 60,000 pictures" in text]
    label = next(label for label in panel.findChildren(QLabel) if label.text() == said)
    assert "KL measures how much" in label.toolTip()
    panel.set_history(epochs(12))
    assert not any("60,000" in text for text in texts(panel))


def curve(panel):
    return panel.findChild(LossCurves).grab().toImage()


def other_panel(qtbot, history):
    """A panel that got the history at once, to compare with."""
    other = TrainingPanel()
    qtbot.addWidget(other)
    other.resize(1200, 140)
    other.set_state(WindowState.TRAINING)
    other.set_history(history)
    other.show()
    return other


def test_epochs_done_again_replace_those_before(panel, qtbot):
    panel.set_state(WindowState.TRAINING)
    for record in (*epochs(20), *epochs(14)[8:]):
        panel.add_epoch(record)
    other = other_panel(qtbot, epochs(14))
    qtbot.waitUntil(lambda: curve(panel) == curve(other))
    panel.add_epoch(epochs(15)[-1])
    qtbot.waitUntil(lambda: curve(panel) != curve(other))


def test_a_hundred_epochs_in_no_time_are_drawn_a_few_times_and_to_the_last(panel, qtbot):
    panel.set_history(epochs(1))
    drawn = []
    panel.findChild(PlotWidget).listDataItems()[0].sigPlotChanged.connect(drawn.append)
    for record in epochs(100):
        panel.add_epoch(record)
    assert len(drawn) <= 5
    other = other_panel(qtbot, epochs(100))
    qtbot.waitUntil(lambda: curve(panel) == curve(other))


def test_without_held_out_pictures_the_legend_does_not_promise_them(panel):
    panel.set_history(epochs(5, held_out=False))
    assert "held-out pictures" not in texts(panel)
    assert "pictures it learns from" in texts(panel)


def test_another_project_starts_with_an_empty_curve(panel):
    panel.set_state(WindowState.TRAINED)
    panel.set_history(epochs(12))
    panel.set_state(WindowState.IMPORTING)
    assert "pictures it learns from" not in texts(panel)
    assert any("learning curve appears here" in text for text in texts(panel))
    assert not any("improving" in text for text in texts(panel))


def test_the_result_and_the_device_are_plain_text(panel):
    panel.set_state(WindowState.TRAINED)
    panel.show_result("Finished <b>now</b>")
    panel.set_device("CPU, 2 cores", "No graphics card <found>")
    assert "Finished <b>now</b>" in texts(panel)
    device = next(label for label in panel.findChildren(QLabel) if label.text() == "CPU, 2 cores")
    assert "&lt;found&gt;" in device.toolTip()


def test_the_first_huge_losses_do_not_flatten_the_rest():
    from vae_desktop.curves import robust_range

    train = np.array([5000.0, 800.0, 300, 290, 285, 282, 280, 279, 278.5, 278])
    low, high = robust_range(train, train + 4)
    assert low == 278
    assert 282 <= high < 400


def test_a_rise_at_the_end_stays_in_sight():
    from vae_desktop.curves import robust_range

    held_out = np.array([300.0] * 12 + [302.0, 310.0, 500.0])
    _low, high = robust_range(held_out - 20, held_out)
    assert high >= 500


@pytest.mark.parametrize("values", [[], [np.nan, np.nan]])
def test_nothing_to_show_has_no_range(values):
    from vae_desktop.curves import robust_range

    assert robust_range(np.array(values), np.array(values)) is None


def test_a_curve_of_one_epoch_or_of_numbers_that_are_none_is_drawn(panel):
    panel.set_history(epochs(1))
    panel.grab()
    bad = EpochRecord(2, 2, 18.0, Terms(float("nan"), 0.0, 0.0), Terms(float("inf"), 0.0, 0.0))
    panel.add_epoch(bad)
    panel.grab()
