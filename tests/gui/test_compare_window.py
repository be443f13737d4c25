"""Two runs side by side: the sentence, the curves and the settings that differ."""

import numpy as np
import pyqtgraph
import pytest
from PySide6.QtWidgets import QLabel, QTreeWidget

from training.comparison import compare_runs
from training.config import TrainConfig
from training.events import EpochRecord, Terms
from training.run import BEST_FILE, Run
from training.runs import list_runs, start_run
from training.tensors import save_tensors
from vae_desktop.compare_window import CompareWindow

FAST = [(3.0, 95.0), (6.0, 85.0)]  # seconds, held-out loss
SLOW = [(6.0, 100.0), (12.0, 90.0), (18.0, 80.0)]


@pytest.fixture
def compared(qtbot, make_project):
    """compared({name: (curve, settings)}, …): the window on two such runs."""
    project = make_project(12)

    def make(**runs):
        for name, (curve, settings) in runs.items():
            likelihood = settings.pop("likelihood", None)
            run = start_run(project, TrainConfig(**settings), name=name, likelihood=likelihood)
            for epoch, (seconds, loss) in enumerate(curve, 1):
                figures = Terms(loss, 0.0, 0.0)
                run.append_history(EpochRecord(epoch, 10 * epoch, seconds, figures, figures))
            if curve:
                notes = {"judged_on": "these", "figures": figures.as_json()}
                save_tensors(run.path / BEST_FILE, {"a": np.zeros(1, np.float32)}, notes)
        summaries = tuple(reversed(list_runs(project)))
        comparison = compare_runs([Run.open(summary.path) for summary in summaries])
        window = CompareWindow(None, summaries, comparison)
        qtbot.addWidget(window)
        return window

    return make


def texts(window):
    return [label.text() for label in window.findChildren(QLabel)]


def lines(window):
    """(seconds, losses) of each curve that is drawn."""
    (plot,) = window.findChildren(pyqtgraph.PlotWidget)
    drawn = [item.getData() for item in plot.getPlotItem().listDataItems()]
    return [list(zip(*data, strict=True)) for data in drawn if data[0] is not None]


def rows(window):
    (table,) = window.findChildren(QTreeWidget)
    items = [table.topLevelItem(row) for row in range(table.topLevelItemCount())]
    return {item.text(0): (item.text(1), item.text(2)) for item in items}


def test_the_sentence_compares_them_at_the_same_training_time(compared):
    window = compared(fast=(FAST, {}), slow=(SLOW, {}))
    assert window.windowTitle() == "Compare “fast” and “slow”"
    said = "After 6 s of training, “fast” describes held-out pictures better, by 15.0 nats per picture."
    assert said in texts(window)
    assert any(text.startswith("held out 80.0 nats") for text in texts(window))


def test_both_curves_are_drawn_to_their_ends(compared):
    assert lines(compared(fast=(FAST, {}), slow=(SLOW, {}))) == [FAST, SLOW]


def test_only_the_settings_that_differ_are_listed(compared):
    window = compared(
        fast=(FAST, {"seed": 7, "mirror": True, "batch_size": 8}), slow=(SLOW, {"batch_size": 8})
    )
    assert rows(window) == {"Seed": ("7", "0"), "Mirroring": ("on", "off")}


def test_runs_of_the_same_settings_and_without_an_epoch_say_so(compared):
    window = compared(first=([], {}), second=([], {}))
    assert "The same settings." in texts(window)
    assert "Their curves appear here once an epoch is finished." in texts(window)
    assert any("no held-out figures of both" in text for text in texts(window))


def test_figures_that_do_not_compare_are_not_compared(compared):
    window = compared(fast=(FAST, {}), slow=(SLOW, {"likelihood": "gaussian"}))
    assert "Their figures cannot be compared: the likelihood differs." in texts(window)
    assert not any("better" in text for text in texts(window))
    assert rows(window) == {"Likelihood": ("bernoulli", "gaussian")}
