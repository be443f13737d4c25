import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QPushButton, QToolButton

from training.config import ModelConfig, TrainConfig
from training.events import Terms
from training.run import Run
from training.runs import RunSummary
from vae_desktop.runs_panel import RunsPanel

LEFT = Qt.MouseButton.LeftButton
MADE = datetime.datetime(2026, 3, 2, 12, 30, tzinfo=datetime.UTC)


def run(number, name="", *, elbo=250.0):
    path = Path(f"/runs/run-{number:03d}")
    made = Run(path, ModelConfig(32, 1), TrainConfig(), name, MADE)
    return RunSummary(path, made.title, made, MADE, 12, 400, 140.0, Terms(elbo, 0.0, 0.0), 3_000_000, "")


def broken(number):
    path = Path(f"/runs/run-{number:03d}")
    return RunSummary(path, f"Training {number}", None, None, 0, 0, 0.0, None, 10, "config.json is damaged.")


RUNS = [run(3, "With <b>mirrors</b>", elbo=-1234.5), run(2), broken(1)]


@pytest.fixture
def panel(qtbot):
    panel = RunsPanel()
    qtbot.addWidget(panel)
    panel.resize(256, 500)
    panel.show()
    panel.show_runs(RUNS, RUNS[1].path, training=False)
    return panel


def heard(signal):
    said = []
    signal.connect(lambda *arguments: said.append(arguments))
    return said


def click(panel, row):
    index = panel.list.model().index(row, 0)
    QTest.mouseClick(panel.list.viewport(), LEFT, pos=panel.list.visualRect(index).center())


def button(panel, text, kind=QToolButton):
    return next(each for each in panel.findChildren(kind) if each.text() == text)


def spoken(panel, row):
    return panel.list.model().index(row, 0).data(Qt.ItemDataRole.AccessibleTextRole)


def test_each_run_is_told_in_plain_text_and_words(panel):
    assert spoken(panel, 0).startswith("With <b>mirrors</b>")
    assert "−1,234.5" in spoken(panel, 0)
    assert "2 min" in spoken(panel, 0)
    assert "shown" in spoken(panel, 1)
    assert "shown" not in spoken(panel, 0)
    assert spoken(panel, 2) == "Training 1, config.json is damaged."
    tip = panel.list.model().index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;mirrors" in tip
    assert "12 epochs" in tip


def test_a_click_shows_another_run_but_not_the_one_shown_nor_a_broken_one(panel):
    asked = heard(panel.show_requested)
    for row in (1, 2, 0):
        click(panel, row)
    assert asked == [(RUNS[0].path,)]


def test_return_shows_the_chosen_run(panel):
    asked = heard(panel.show_requested)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_Up)
    assert asked == []
    QTest.keyClick(panel.list, Qt.Key.Key_Return)
    assert asked == [(RUNS[0].path,)]


def test_a_name_is_edited_in_place(panel, qtbot):
    asked = heard(panel.rename_requested)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_F2)
    editor = panel.list.findChild(QLineEdit)
    editor.setText("  Two numbers ")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(asked))
    assert asked == [(RUNS[1].path, "Two numbers")]


def test_deleting_asks_in_place_first(panel):
    asked = heard(panel.delete_requested)
    button(panel, "Delete").click()
    assert any("Move “Training 2” to the bin?" in label.text() for label in panel.findChildren(QLabel))
    assert panel.focusWidget() is button(panel, "Keep", QPushButton)
    button(panel, "Keep", QPushButton).click()
    assert asked == []
    button(panel, "Delete").click()
    button(panel, "Move to bin", QPushButton).click()
    assert asked == [(RUNS[1].path,)]


def test_a_run_is_compared_with_each_other_one_that_can_be_read(panel):
    asked = heard(panel.compare_requested)
    (entry,) = button(panel, "Compare").menu().actions()
    assert entry.text() == "with With <b>mirrors</b>"
    entry.trigger()
    assert asked == [(RUNS[1].path, RUNS[0].path)]


def test_while_one_trains_nothing_is_deleted_begun_or_renamed(panel):
    panel.show_runs(RUNS, RUNS[0].path, training=True)
    assert "in training" in spoken(panel, 0)
    assert not button(panel, "Delete").isEnabled()
    assert not button(panel, "New…").isEnabled()
    assert button(panel, "Compare").isEnabled()
    asked = heard(panel.rename_requested)
    panel.list.setFocus()
    QTest.keyClick(panel.list, Qt.Key.Key_F2)
    assert panel.list.findChild(QLineEdit) is None
    assert asked == []


def test_without_runs_it_says_what_would_be_here(panel):
    panel.show_runs([], None, training=False)
    assert any(
        label.isVisible() and "No training yet" in label.text() for label in panel.findChildren(QLabel)
    )
    assert not button(panel, "New…").isEnabled()
    assert not button(panel, "Delete").isEnabled()
