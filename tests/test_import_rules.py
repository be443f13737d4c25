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


RUNNING_MODULES = {"pickle", "cPickle", "_pickle", "marshal", "shelve", "dill", "cloudpickle", "joblib"}
RUNNING_NAMES = {"eval", "exec", "compile"}
RUNNING_METHODS = {"from_config", "model_from_json"}
RUNNING_CALLS = {"yaml.load", "torch.load", "keras.models.load_model", "keras.saving.load_model"}


def dangers(source):
    """What in a module's source could run code that a file brings with it; text and comments do not count."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom):
            yield from (name for name in [node.module or ""] if name.partition(".")[0] in RUNNING_MODULES)
            ours = (node.module or "").startswith("training.")
            yield from (a.name for a in node.names if a.name == "load_model" and not ours)
        elif isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.partition(".")[0] in RUNNING_MODULES)
        elif isinstance(node, ast.Name) and node.id in RUNNING_NAMES:
            yield node.id
        elif isinstance(node, ast.Attribute):
            whole = ast.unparse(node)
            if node.attr in RUNNING_METHODS or any(
                f".{whole}".endswith(f".{call}") for call in RUNNING_CALLS
            ):
                yield whole
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("np.load", "numpy.load"):
            yield from [] if _forbids_pickles(node) else ["np.load"]


def _forbids_pickles(call):
    """Whether the call says allow_pickle=False."""
    return any(
        word.arg == "allow_pickle" and isinstance(word.value, ast.Constant) and word.value.value is False
        for word in call.keywords
    )


def test_nothing_that_a_file_brings_is_ever_run():
    found = {
        f"{path.relative_to(ROOT)}: {danger}"
        for package in (training, vae_desktop)
        for path in Path(package.__file__).parent.rglob("*.py")
        for danger in dangers(path.read_text("utf-8"))
    }
    assert not found


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from marshal import loads",
        "import shelve as s",
        "eval(text)",
        "exec(text)",
        "keras.models.load_model(path)",
        "tf.keras.models.load_model(path)",
        "from keras.saving import load_model",
        "VAE.from_config(data)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=wished)",
        "yaml.load(text)",
        "torch.load(path)",
    ],
)
def test_the_look_for_such_things_finds_them(source):
    assert list(dangers(source))


@pytest.mark.parametrize(
    "source",
    [
        '"""Never pickle, eval() or load_model()."""',
        "np.load(path, allow_pickle=False)",
        "application.exec()",
        "re.compile('a')",
        "from training.latent import load_model",
    ],
)
def test_the_look_for_such_things_lets_others_be(source):
    assert not list(dangers(source))


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
