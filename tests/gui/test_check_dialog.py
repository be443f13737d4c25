"""Help ▸ Check the project…"""

from damage import write_anew
from hands import action, problem
from hearing import SECONDS
from PySide6.QtWidgets import QLabel, QPlainTextEdit

from vae_desktop.check_dialog import CheckDialog


def dialog_of(app):
    return next(iter(app.window.findChildren(CheckDialog)), None)


def told(qtbot, app, sentence):
    """What the dialog says, once it has come to a sentence."""

    def head():
        return dialog_of(app).findChildren(QLabel)[0].text()

    qtbot.waitUntil(lambda: sentence in head(), timeout=SECONDS)
    return dialog_of(app).findChild(QPlainTextEdit).toPlainText()


def test_it_tells_that_the_project_is_whole_and_what_is_damaged(qtbot, app, trained):
    assert not action(app, "Check the project…").isEnabled()
    app.open_project(str(trained))
    action(app, "Check the project…").trigger()
    assert not told(qtbot, app, "The project is whole: 40 pictures")
    dialog_of(app).reject()
    qtbot.waitUntil(lambda: dialog_of(app) is None)

    pixels = trained / "pixels" / "00000.npy"
    write_anew(pixels, pixels.read_bytes()[:-1] + b"?")
    action(app, "Check the project…").trigger()
    text = told(qtbot, app, "Damage was found in 1 place:")
    assert "pixels/00000.npy" in text
    assert "Import the folder again" in text


def test_closing_the_project_ends_the_check(qtbot, app, trained):
    app.open_project(str(trained))
    action(app, "Check the project…").trigger()
    app.close_project()
    qtbot.waitUntil(lambda: dialog_of(app) is None)
    assert not problem(app)
