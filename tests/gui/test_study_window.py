"""The window of studies, in the whole program: begun, stopped, gone on with, looked at, and ended cleanly."""

import os
import threading
import time

import pytest
from hands import answer_save_dialog, button, wait_for
from hearing import SECONDS
from made_up_studies import begun, finish, full_disk, half_at_first, never_ending
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QSpinBox

from training.files import read_json
from training.project import Project
from training.study_job import Order
from training.study_plan import Wish, digest_of, studies_of
from vae_desktop import study_lane
from vae_desktop.main_window import WindowState

LEFT = Qt.MouseButton.LeftButton
ARMS = ("autoencoder", "vae")
QUIT_SECONDS = 2.0


def work_with(monkeypatch, work):
    monkeypatch.setattr(study_lane, "do_some", work)


def open_studies(qtbot, app, project):
    app.open_project(str(project))
    wait_for(qtbot, app, WindowState.READY)
    qtbot.waitUntil(app.window.action("study").isEnabled, timeout=SECONDS)
    app.window.action("study").trigger()
    view = app.companions.studies.view
    qtbot.waitExposed(view)
    return view


def choose(view, arms, seeds):
    titles = {"autoencoder": "Autoencoder", "vae": "VAE"}
    for box in view.findChildren(QCheckBox):
        if box.isChecked() != (box.text() in [titles[arm] for arm in arms]):
            QTest.keyClick(box, Qt.Key.Key_Space)
    view.findChildren(QSpinBox)[0].setValue(seeds)


def click(view, text):
    QTest.mouseClick(button(view, text), LEFT)


def begin_study(qtbot, app, project, seeds=2):
    view = open_studies(qtbot, app, project)
    choose(view, ARMS, seeds)
    click(view, "Begin the study")
    return view


def finished(project, seeds=2, failure=""):
    """A project's study that is done."""
    with Project.open(project, write=False) as opened:
        wish = Wish(ARMS, seeds, 60.0, None, 2, digest_of(opened.pictures()))
    study = begun(Order(project, None, wish, "vae study pictures"))
    for cell in study.cells:
        finish(cell, failure if (cell.arm, cell.seed) == ("vae", 1) else "")
    return study


def studied_threads():
    return [thread.name for thread in threading.enumerate() if thread.name == "study"]


def test_a_study_is_begun_stopped_and_gone_on_with(qtbot, app, untrained, monkeypatch):
    work_with(monkeypatch, half_at_first)
    view = begin_study(qtbot, app, untrained)
    qtbot.waitUntil(lambda: "Training 2 of 4: vae, seed 0" in view.form.words, timeout=SECONDS)
    assert "About 60 s left" in view.form.words or "About 1 min left" in view.form.words
    assert "1 of 4 done" in title(view)
    app.train(1.0)
    assert app.window.state is WindowState.READY
    assert "A study runs" in app.window.messages.text
    click(view, "Stop and keep")
    go_on = "Go on with the study"
    qtbot.waitUntil(lambda: not app.companions.studies.is_running, timeout=SECONDS)
    assert "1 of 4 trainings are done" in view.messages.text
    assert "1 of 4 trainings are done" in view.form.words
    # The same study is offered when the window is opened again.
    view.close()
    app.window.action("study").trigger()
    click(view, go_on)
    qtbot.waitUntil(lambda: not app.companions.studies.is_running, timeout=SECONDS)
    [study] = studies_of(app.project)
    assert all(cell.result is not None for cell in study.cells)
    assert (study.path / "report.html").is_file()
    assert (
        study.plan.command
        == f"vae study {app.project.source.name} --seeds 2 --minutes 60 --arms autoencoder,vae"
    )
    assert title(view).startswith("study-001 · done · ")
    assert "of 4" not in title(view)
    assert view.results.table.topLevelItemCount() == 5
    app.train(1.0)
    wait_for(qtbot, app, WindowState.TRAINING)


def title(view):
    return view.results._studies.currentText()


def test_what_a_study_found_is_shown_and_written_as_pdf(qtbot, app, untrained, tmp_path, monkeypatch):
    finished(untrained, seeds=3)
    older = finished(untrained, failure="It ran away.")
    opened = []
    monkeypatch.setattr(
        "vae_desktop.study_session.QDesktopServices.openUrl", lambda url: opened.append(url.toLocalFile())
    )
    view = open_studies(qtbot, app, untrained)
    assert title(view).startswith(f"{older.name} · ")
    said = view.results.claims.toPlainText()
    assert "Autoencoder" not in said.split("\n")[0]
    assert "⚠" in said
    assert "VAE, seed 1: It ran away." in said
    assert "– Not tested: The KL mean term buys completeness." in said
    view.results._studies.setFocus()
    QTest.keyClick(view.results._studies, Qt.Key.Key_Down)
    assert title(view).startswith("study-001 · ")
    said = view.results.claims.toPlainText()
    # The figures of an autoencoder are 1 and of the VAE 2, of all seeds: fewer holes, less coverage.
    assert "≈ Not supported, as the figures do not agree: A plain autoencoder leaves holes" in said
    assert "2 of 4 comparisons speak for it, 2 against it." in said
    assert "✓ Supported: The KL does not by itself prevent overfitting." in said
    rows = {row.text(0): (row.text(1), row.text(2)) for row in table_rows(view)}
    assert rows["cliffs ↓"] == ("1.00 ★\n1.00 to 1.00", "2.00\n2.00 to 2.00")
    assert rows["coverage ↑"] == ("1.00\n1.00 to 1.00", "2.00 ★\n2.00 to 2.00")
    assert rows["KL(q̄‖p) ↓"] == ("–", "2.00\n2.00 to 2.00")
    assert all(row.toolTip(1) for row in table_rows(view))
    assert view.results.planes.count() == 2
    click(view, "Open &report")
    assert opened == [str(untrained / "studies" / "study-001" / "report.html")]
    click(view, "Show &folder")
    assert opened[1] == str(untrained / "studies" / "study-001")
    click(view, "Save report as P&DF…")
    answer_save_dialog(qtbot, app, tmp_path / "report.pdf")
    content = (tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF")
    assert b"/Image" in content
    assert "report.pdf" in view.messages.text


def table_rows(view):
    table = view.results.table
    ideas = [table.topLevelItem(number) for number in range(table.topLevelItemCount())]
    return [idea.child(number) for idea in ideas for number in range(idea.childCount())]


def test_quitting_ends_the_process_and_the_study_can_be_gone_on_with(
    qtbot, start_app, untrained, monkeypatch
):
    work_with(monkeypatch, never_ending)
    app = start_app()
    view = begin_study(qtbot, app, untrained)
    qtbot.waitUntil(lambda: view.form.words.startswith("Training 2 of 4: "), timeout=SECONDS)
    process = int(view.form.words.split(": ")[1].split(",")[0])
    os.kill(process, 0)
    before = time.monotonic()
    app.companions.studies.close()
    assert time.monotonic() - before < QUIT_SECONDS
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert not studied_threads()
    app.window.close()
    again = open_studies(qtbot, start_app(), untrained)
    assert "study-001 is not finished: 1 of 4 trainings are done." in again.messages.text
    assert button(again, "Go on").isVisible()
    assert button(again, "Go on with the study").isEnabled()
    assert [box.isChecked() for box in again.findChildren(QCheckBox)].count(True) == 2


def test_problems_are_told_in_place_with_what_is_kept(qtbot, app, untrained, monkeypatch):
    work_with(monkeypatch, full_disk)
    view = begin_study(qtbot, app, untrained)
    qtbot.waitUntil(lambda: not app.companions.studies.is_running, timeout=SECONDS)
    assert "The disk is full. What was done is kept. Free some space." in view.messages.text
    assert button(view, "Begin the study").isEnabled()
    app.close_project()
    assert app.companions.studies.view is None
    assert not studied_threads()


def test_it_says_beforehand_how_long_it_takes_and_what_cannot_be(qtbot, app, untrained):
    study = finished(untrained)
    view = open_studies(qtbot, app, untrained)
    assert "This study is done." in view.form.words
    assert not button(view, "Begin the study").isEnabled()
    choose(view, ARMS, 3)
    view.findChildren(QSpinBox)[1].setValue(12)
    assert view.form.words == "6 trainings take about 12 min in all, 2 min each with measuring."
    assert button(view, "Begin the study").isEnabled()
    choose(view, (), 3)
    assert "one objective" in view.form.words
    assert not button(view, "Begin the study").isEnabled()
    choose(view, ARMS, 4)
    app.window.set_state(WindowState.TRAINING)
    app.training.changed.emit()
    assert not button(view, "Begin the study").isEnabled()
    assert "main window" in view.messages.text
    app.window.set_state(WindowState.READY)
    app.training.changed.emit()
    assert button(view, "Begin the study").isEnabled()
    assert view.messages.text == ""
    assert read_json(study.path / "plan.json")["wish"]["seeds"] == 2
