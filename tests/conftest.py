"""What every test gets: folders of its own, an eye on threads and logs, and small projects to work with."""

import logging
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # before Qt is imported

import pytest
from pictures import write_pictures
from real_screen import camera, virtual_screen

from training.image_format import ImageFormat
from training.importer import import_folder
from training.paths import PathKind, PathSettings
from training.project import Project
from training.recipe import Recipe
from vae_desktop.qt_libraries import advice

try:
    import PySide6.QtWidgets  # noqa: F401
except ImportError as missing:
    sys.exit(f"The tests need Qt, which cannot be loaded: {missing}. {advice(str(missing))}")

THREAD_SECONDS = 5.0  # for a thread that is on its way out


@pytest.fixture(autouse=True)
def _own_folders(tmp_path, tmp_path_factory, monkeypatch):
    """Nothing of the person who runs the tests is read or written; a test's own folder goes last of all."""
    home = tmp_path_factory.mktemp("home")
    for kind in ("DATA", "CACHE", "CONFIG", "STATE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(home / kind.lower()))


@pytest.fixture(autouse=True)
def _no_threads_left():
    """Fails a test that leaves a thread of ours behind; TensorFlow's own are daemons."""
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in left:
        thread.join(THREAD_SECONDS)
    names = [thread.name for thread in left if thread.is_alive()]
    assert not names, f"these threads were left running: {names}"


class _Collector(logging.Handler):
    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines = []

    def emit(self, record):
        self.lines.append(f"{record.levelname} {record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def _no_warnings_logged(request):
    """Fails a test during which we logged a warning or worse, unless it looks at the log itself (caplog)."""
    collector = _Collector()
    loggers = [logging.getLogger(name) for name in ("training", "vae_desktop")]
    for logger in loggers:
        logger.addHandler(collector)
    yield
    for logger in loggers:
        logger.removeHandler(collector)
    if "caplog" not in request.fixturenames:
        assert not collector.lines, "\n".join(["unexpectedly logged:", *collector.lines])


@pytest.fixture(scope="session")
def imported(tmp_path_factory):
    """imported(n, size, colour): the folder of a project with ``n`` pictures, made once; do not change it."""
    known: dict[tuple[int, int, bool], Path] = {}

    def make(n: int, size: int, colour: bool) -> Path:
        key = (n, size, colour)
        if key not in known:
            folder = tmp_path_factory.mktemp("imported")
            write_pictures(folder / "source", n, size, colour=colour)
            with Project.create(folder / "project", folder / "source") as project:
                import_folder(project, image_format=ImageFormat(size, 3 if colour else 1))
            known[key] = folder / "project"
        return known[key]

    return make


@pytest.fixture
def make_project(imported, tmp_path):
    """make_project(n, size=32, colour=False): an open project of one's own with ``n`` pictures."""
    opened: list[Project] = []

    def make(n: int = 24, size: int = 32, colour: bool = False) -> Project:
        path = tmp_path / f"project-{len(opened)}"
        shutil.copytree(imported(n, size, colour), path)
        opened.append(Project.open(path, write=True))
        return opened[-1]

    yield make
    for project in opened:
        project.close()


@pytest.fixture(scope="session")
def filmed_once(imported, tmp_path_factory):
    from training.config import TrainConfig
    from training.fit import train
    from training.runs import start_run

    path = tmp_path_factory.mktemp("filmed") / "project"
    shutil.copytree(imported(40, 32, True), path)
    with pytest.MonkeyPatch.context() as patch, Project.open(path, write=True) as project:
        patch.setattr("training.snapshots.SNAPSHOT_SECONDS", 0.0)
        patch.setattr("training.snapshots.WATCHED_SHARE", 1.0)
        train(project, start_run(project, TrainConfig(epochs=12)), snapshot_pictures=1000)
    return path


@pytest.fixture
def filmed(filmed_once, tmp_path):
    """The folder of a project of one's own with 40 pictures and a training that kept most of its steps."""
    return shutil.copytree(filmed_once, tmp_path / "filmed")


@pytest.fixture
def vae_here(capfd):
    """Like ``command_line.vae``, but within this process, which has loaded TensorFlow already."""
    from training.__main__ import app

    def run(*arguments):
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            app(list(map(str, arguments)), prog_name="vae")
        return subprocess.CompletedProcess(arguments, ended.value.code, *capfd.readouterr())

    return run


@pytest.fixture
def poisoned(tmp_path):
    """An environment in which importing TensorFlow fails at once."""
    (tmp_path / "poison").mkdir()
    (tmp_path / "poison" / "tensorflow.py").write_text("raise RuntimeError('TensorFlow was imported')\n")
    return {**os.environ, "PYTHONPATH": str(tmp_path / "poison")}


@pytest.fixture
def variables():
    """The environment variables of a virtual screen of one's own."""
    with virtual_screen() as variables:
        yield variables


@pytest.fixture
def screen(variables, tmp_path):
    """screen(keep_as=None): what is on the virtual screen now."""
    with camera(variables, tmp_path) as take:
        yield take


@pytest.fixture
def recipe():
    """A recipe with everything in it."""
    return Recipe(
        program="VAE Desktop 0.1 <ü>",
        model="0123456789abcdef" * 4,
        latent_dim=3,
        handles={1: (0.1, -2.0, 1 / 3), 7: (0.0, 0.0, 0.0)},
        stops=((1.0, 2.0, 3.0), (-1.0, 0.5, 0.25)),
        path=PathSettings(PathKind.DATA, closed=True, pause=0.5),
        view=(0.5, -0.5, 6.4),
        active=7,
    )
