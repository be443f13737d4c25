"""The whole program in a test: an App with settings of its own, and a project that was trained once."""

import os
import shutil

import pytest
from hearing import Hearing
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

from training.config import TrainConfig
from training.project import Project
from vae_desktop.app import App
from vae_desktop.engine import Engine
from vae_desktop.latent_plane import LatentPlane
from vae_desktop.settings import Settings


@pytest.fixture(autouse=True)
def _empty_clipboard():
    """What Python has put into the clipboard must not outlive Python: Qt would crash at the end."""
    yield
    if QApplication.instance() is not None:
        QApplication.clipboard().clear()


@pytest.fixture
def white_plane(qtbot):
    """An empty plane of 640 × 480 pixels with black text on white, on the screen."""
    widget = LatentPlane()
    qtbot.addWidget(widget)
    palette = QPalette(QColor("white"), QColor("white"))
    palette.setColor(QPalette.ColorRole.Base, QColor("white"))
    palette.setColor(QPalette.ColorRole.Text, QColor("black"))
    widget.setPalette(palette)
    widget.resize(640, 480)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def idle_engine(qapp):
    """An engine that was not started: TensorFlow is not loaded."""
    engine = Engine()
    yield engine
    engine.close()


@pytest.fixture
def start_app(qtbot, settings):
    """start_app(folder="", sample=""): the program on the screen; every one is quit at the end."""
    started: list[App] = []

    def start(folder="", sample="") -> App:
        app = App(settings)
        started.append(app)
        Hearing(app.engine)
        qtbot.addWidget(app.window)
        app.start(str(folder), sample)
        return app

    yield start
    for app in started:
        app.window.close()


@pytest.fixture
def app(start_app):
    return start_app()


@pytest.fixture(scope="session")
def trained_once(imported, tmp_path_factory):
    from training.fit import train
    from training.runs import start_run

    path = tmp_path_factory.mktemp("trained") / "project"
    shutil.copytree(imported(40, 32, True), path)
    with Project.open(path, write=True) as project:
        train(project, start_run(project, TrainConfig(epochs=10)))
    return path


@pytest.fixture
def trained(trained_once, tmp_path):
    """The folder of a project of one's own with 40 pictures and a training of 10 epochs."""
    return shutil.copytree(trained_once, tmp_path / "trained")


@pytest.fixture
def sorted_pictures(trained):
    """The trained project, every third picture in a folder "cats", the others in "dogs"."""
    with Project.open(trained, write=True) as project, project.index() as index:
        for number, (picture,) in enumerate(index.execute("SELECT id FROM pictures ORDER BY id").fetchall()):
            path = f"{'dogs' if number % 3 else 'cats'}/{number}.png"
            index.execute("UPDATE pictures SET path = ? WHERE id = ?", (os.fsencode(path), picture))
    return trained


@pytest.fixture
def untrained(imported, tmp_path):
    """The folder of a project of one's own with 24 pictures."""
    return shutil.copytree(imported(24, 32, False), tmp_path / "untrained")
