"""What a person does with the program and sees of it, for the tests of the whole program."""

from functools import partial

import numpy as np
from hearing import SECONDS, told
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAction, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QLineEdit, QPushButton, QWidget

from vae_desktop.main_window import WindowState

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drop(app, *paths, let_go=True):
    """Hold files over the window, and let go of them there."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    copy = Qt.DropAction.CopyAction
    QApplication.sendEvent(app.window, QDragEnterEvent(QPoint(200, 200), copy, data, LEFT, NONE))
    if let_go:
        QApplication.sendEvent(app.window, QDropEvent(QPointF(200, 200), copy, data, LEFT, NONE))


def button(widget, text):
    return next(each for each in widget.findChildren(QPushButton) if each.text() == text and each.isVisible())


def click(qtbot, app, text):
    """Click a button as soon as it can be clicked."""
    wanted = button(app.window, text)
    qtbot.waitUntil(wanted.isEnabled, timeout=SECONDS)
    QTest.mouseClick(wanted, LEFT)


def open_recent(qtbot, app, title):
    """Click the line of a recent project on the first page."""

    def lines():
        rows = app.window.welcome.findChildren(QWidget)
        return [row for row in rows if row.isVisible() and row.accessibleName() == f"Open {title}"]

    qtbot.waitUntil(lambda: len(lines()) == 1)
    QTest.mouseClick(lines()[0], LEFT)


def action(app, text):
    return next(each for each in app.window.findChildren(QAction) if each.text().replace("&", "") == text)


def wait_for(qtbot, app, state):
    qtbot.waitUntil(lambda: app.window.state == state, timeout=SECONDS)


def shown(app):
    """The picture under the active handle as an array, or None."""
    image = app.window.decoding.current_image()
    if image is None:
        return None
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows.copy()


def differ(first, second):
    return first is not None and second is not None and not np.array_equal(first, second)


def on_plane(app):
    """How many pictures the plane says it shows."""
    return int(app.window.plane.accessibleDescription().split(" ")[0].replace(",", ""))


def wait_for_plane(qtbot, app, pictures):
    qtbot.waitUntil(lambda: on_plane(app) == pictures and shown(app) is not None, timeout=SECONDS)


def at(app, z1, z2):
    """The pixel of a latent point; the rulers on the left are 40 pixels wide."""
    plane = app.window.plane
    z1_min, z1_max, _, z2_max = plane.visible_extent()
    scale = (plane.width() - 40) / (z1_max - z1_min)
    return QPoint(round(40 + (z1 - z1_min) * scale), round((z2_max - z2) * scale))


def drag(qtbot, app, *places):
    """Drag the active handle from place to place with the mouse; the pictures seen, one a place."""
    plane, seen = app.window.plane, []
    QTest.mousePress(plane, LEFT, NONE, at(app, *plane.handles[plane.active_handle]))
    for place in places:
        with told(qtbot, app.engine, "decoded", partial(is_near, place)):
            QTest.mouseMove(plane, at(app, *place))
        seen.append(shown(app))
    QTest.mouseRelease(plane, LEFT, NONE, at(app, *places[-1]))
    return seen


def is_near(place, decoded):
    return np.hypot(*np.subtract(decoded.point, place)) < 0.1


def problem(app):
    """The problem shown in the window now, '' for none."""
    strip = app.window.welcome.strip if app.window.state == WindowState.EMPTY else app.window.messages
    return strip.text if strip.isVisible() else ""


def answer_save_dialog(qtbot, app, path):
    """Name a file in the dialog that is open, and accept."""
    (dialog,) = app.window.findChildren(QFileDialog)
    dialog.findChild(QLineEdit).setText(str(path))
    dialog.accept()
    qtbot.waitUntil(lambda: not app.window.findChildren(QFileDialog))


def show_points(qtbot, app, project):
    """Open a trained project of 40 pictures, and bring its points into sight."""
    with told(qtbot, app.engine, "model_loaded"):
        app.open_project(str(project))
    wait_for_plane(qtbot, app, 40)
    app.window.action("points").trigger()
    app.window.action("fit").trigger()
    app.window.plane.setFocus()
    return app
