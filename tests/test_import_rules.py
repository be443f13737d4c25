"""What may be imported where; the order among our own modules is import-linter's to hold."""

import ast
import os
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import training
import vae_desktop

ROOT = Path(training.__file__).resolve().parent.parent


def loaded_by(*modules):
    """The top-level packages that a new interpreter has after importing these modules."""
    script = "".join(f"import {module}\n" for module in modules)
    script += "import sys\nprint(*sorted({name.partition('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def modules_of(package):
    names = [module.name for module in pkgutil.iter_modules(package.__path__)]
    return [f"{package.__name__}.{name}" for name in names]


def test_training_never_brings_in_qt():
    loaded = loaded_by(*modules_of(training))
    assert "tensorflow" in loaded  # it was really all of it
    assert not loaded & {"PySide6", "pyqtgraph", "vae_desktop"}


@pytest.mark.parametrize("module", ["vae_desktop.main_window", "vae_desktop.app", "vae_desktop.__main__"])
def test_the_window_opens_without_tensorflow(module):
    assert not loaded_by(module) & {"tensorflow", "keras"}


@pytest.mark.parametrize(
    "module",
    ["training.__main__", "training.project", "training.importer", "training.run", "training.samples"],
)
def test_what_needs_no_tensorflow_does_not_wait_for_it(module):
    assert not loaded_by(module) & {"tensorflow", "keras", "PySide6"}


def test_worker_processes_import_little():
    assert not loaded_by("training.decode_pool") & {"tensorflow", "PySide6", "safetensors", "rich", "typer"}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_tensorflow_is_imported_in_one_place():
    places = {
        path.relative_to(ROOT).as_posix()
        for package in (training, vae_desktop)
        for path in Path(package.__file__).parent.rglob("*.py")
        for name in imports(path)
        if name.partition(".")[0] in ("tensorflow", "keras")
    }
    assert places == {"training/backend.py"}


SAYING = """
import os
os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
os.write(2, b"I0000 00:00:1795438123.98 1 port.cc:153] oneDNN custom operations are on.\\n")
os.write(2, b"E0000 00:00:1795438123.99 1 cuda.cc:9] something is wrong\\n")
"""
QUIET = """
class get_logger:
    def setLevel(self, level):
        pass
"""
IN_A_THREAD = r"""
import os, threading

def load():
    import training.backend
    os.write(2, b"I0000 00:00:00.00 1 later.cc:1] written after the import\\\\n")

thread = threading.Thread(target=load)
thread.start()
thread.join()
"""


def said_by_a_tensorflow(tmp_path, source):
    """What reaches stderr when a stand-in for TensorFlow is imported off the main thread."""
    (tmp_path / "tensorflow.py").write_text(source)
    (tmp_path / "keras.py").write_text("layers = None\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    script = [sys.executable, "-c", IN_A_THREAD]
    done = subprocess.run(script, capture_output=True, text=True, check=True, env=environment)
    return done.stderr


def test_of_what_tensorflow_writes_while_it_loads_only_errors_are_passed_on(tmp_path):
    said = said_by_a_tensorflow(tmp_path, SAYING + QUIET)
    assert [line.partition(" ")[0] for line in said.splitlines()] == ["E0000", "I0000"]
    assert "something is wrong" in said
    assert "written after the import" in said


def test_when_tensorflow_cannot_be_loaded_everything_it_wrote_is_passed_on(tmp_path):
    said = said_by_a_tensorflow(tmp_path, SAYING + "raise ImportError('no AVX here')\n")
    assert "oneDNN custom operations" in said
    assert "something is wrong" in said
    assert "no AVX here" in said


@pytest.mark.skipif(sys.platform != "linux", reason="the packages named are those of Linux")
def test_without_a_library_that_qt_needs_the_tests_stop_and_name_its_package(tmp_path):
    (tmp_path / "PySide6").mkdir()
    (tmp_path / "PySide6" / "__init__.py").touch()
    (tmp_path / "PySide6" / "QtWidgets.py").write_text(
        "raise ImportError('libEGL.so.1: cannot open shared object file: No such file or directory')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    tests = Path(__file__).parent
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", tests / "test_events.py"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=ROOT,
    )
    assert done.returncode != 0
    assert "sudo apt-get install libegl1" in done.stderr
    assert "passed" not in done.stdout
