import pytest
from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QColor, QPixmap
from PySide6.QtWidgets import QFileDialog, QLabel, QPushButton, QToolButton

from vae_desktop.settings import RecentProject
from vae_desktop.welcome import SampleCard, WelcomePage

NASTY = '<img src="x"><b>bold</b>\nsecond line \u202egnp.exe & more'


@pytest.fixture
def page(qtbot):
    page = WelcomePage()
    qtbot.addWidget(page)
    page.resize(900, 600)
    page.show()
    return page


def button(page, text):
    return next(each for each in page.findChildren(QPushButton) if each.text() == text)


def named(page, kind, name):
    return next(each for each in page.findChildren(kind) if each.accessibleName() == name)


def settle():
    QCoreApplication.sendPostedEvents()  # layouts show what was added to a shown page only then


def shown_texts(page):
    settle()
    return [label.text() for label in page.findChildren(QLabel) if label.isVisible()]


def mosaic():
    picture = QPixmap(320, 96)
    picture.fill(QColor("#ff00ff"))
    return picture


def test_a_chosen_folder_is_asked_for(page, qtbot, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: "/pictures/birds")
    with qtbot.waitSignal(page.folder_chosen) as asked:
        qtbot.mouseClick(button(page, "Choose folder…"), Qt.MouseButton.LeftButton)
    assert asked.args == ["/pictures/birds"]


def test_cancelling_the_dialog_asks_for_nothing(page, qtbot, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_args: "")
    with qtbot.assertNotEmitted(page.folder_chosen):
        qtbot.mouseClick(button(page, "Choose folder…"), Qt.MouseButton.LeftButton)


def test_a_sample_shows_its_pictures_and_can_be_tried(page, qtbot):
    page.set_samples(
        [SampleCard("emoji", "Emoji", "Little drawings", mosaic()), SampleCard("f", "Clothes", "x")]
    )
    tries = [each for each in page.findChildren(QPushButton) if each.text() == "Try it"]
    assert len(tries) == 2
    with qtbot.waitSignal(page.sample_chosen) as chosen:
        qtbot.mouseClick(tries[0], Qt.MouseButton.LeftButton)
    assert chosen.args == ["emoji"]
    settle()
    picture = page.grab().toImage()
    found = {picture.pixelColor(x, y).name() for x in range(0, 900, 9) for y in range(0, 600, 9)}
    assert "#ff00ff" in found


def test_recent_projects_open_by_mouse_and_by_key(page, qtbot):
    page.set_recent([RecentProject("/p/birds", "Birds", "12 pictures"), RecentProject("/p/cells", "Cells")])
    row = next(
        each for each in page.findChildren(object) if getattr(each, "accessibleName", str)() == "Open Cells"
    )
    with qtbot.waitSignal(page.recent_chosen) as chosen:
        qtbot.mouseClick(row, Qt.MouseButton.LeftButton)
    assert chosen.args == ["/p/cells"]
    with qtbot.waitSignal(page.recent_chosen):
        qtbot.keyClick(row, Qt.Key.Key_Return)
    with qtbot.waitSignal(page.recent_removed) as removed, qtbot.assertNotEmitted(page.recent_chosen):
        qtbot.mouseClick(named(page, QToolButton, "Take Birds off the list"), Qt.MouseButton.LeftButton)
    assert removed.args == ["/p/birds"]


def test_a_new_list_replaces_the_old_one(page):
    page.set_recent([RecentProject("/p/birds", "Birds")])
    assert "Birds" in shown_texts(page)
    page.set_recent([])
    assert "Birds" not in shown_texts(page)
    assert "Recent projects" not in shown_texts(page)


def test_a_problem_is_said_in_place_and_can_be_put_away(page, qtbot):
    page.show_problem("That folder cannot be read.")
    assert page.strip.isVisible()
    assert "That folder cannot be read." in shown_texts(page)
    qtbot.mouseClick(named(page, QToolButton, "Dismiss this message"), Qt.MouseButton.LeftButton)
    assert not page.strip.isVisible()
    assert page.strip.text == ""


def test_names_from_outside_are_shown_as_they_are_and_stay_on_one_line(page):
    page.set_recent([RecentProject("/p/" + NASTY, NASTY, NASTY)])
    page.set_samples([SampleCard("x", NASTY, NASTY)])
    page.show_problem(NASTY)
    labels = [label for label in page.findChildren(QLabel) if "bold" in label.text()]
    assert len(labels) == 6
    assert all(label.textFormat() == Qt.TextFormat.PlainText for label in labels)
    rows = [label for label in labels if label.parent() is not page.strip]
    assert not any("\n" in label.text() or "\u202e" in label.text() for label in rows)
    assert all("&lt;b&gt;" in label.toolTip() for label in labels if label.toolTip())


def test_everything_can_be_reached_by_keyboard(page):
    page.set_samples([SampleCard("emoji", "Emoji", "x")])
    page.set_recent([RecentProject("/p/birds", "Birds")])
    settle()
    first = button(page, "Choose folder…")
    reached, widget = [], first
    for _ in range(60):
        widget = widget.nextInFocusChain()
        if widget is first:
            break
        if widget.isVisible() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
            reached.append(widget.accessibleName())
    assert "Try the sample Emoji" in reached
    assert "Open Birds" in reached
    assert "Take Birds off the list" in reached
