"""What the frozen program does without: `installer/slim.py`, as build.spec uses it."""

import runpy
from pathlib import Path

import pytest

SLIM = runpy.run_path(str(Path(__file__).parents[1] / "installer" / "slim.py"))


@pytest.mark.parametrize(
    ("place", "is_kept"),
    [
        ("tensorflow/libtensorflow_cc.so.2", True),
        ("tensorflow/include/tensorflow/core/framework/op.h", False),
        ("tensorflow\\include\\tensorflow\\core\\framework\\op.h", False),
        ("tensorflow/python/profiler/internal/_pywrap_profiler_plugin.so", False),
        ("tensorflow/python/profiler/internal/_pywrap_profiler.so", True),
        ("PySide6/Qt/plugins/platforms/libqxcb.so", True),
        ("PySide6/Qt/plugins/platforms/libqoffscreen.so", True),
        ("PySide6/Qt/plugins/platforms/libqeglfs.so", False),
        ("PySide6/Qt/plugins/sqldrivers/libqsqlite.so", False),
        ("PySide6/Qt/plugins/iconengines/libqsvgicon.so", True),
        ("PySide6/Qt/translations/qtbase_de.qm", True),
        ("PySide6/Qt/translations/qtbase_fr.qm", False),
        ("PySide6/Qt/translations/qt_de.qm", False),
        ("keras-3.15.1.dist-info/METADATA", True),
        ("keras-3.15.1.dist-info/direct_url.json", False),
        ("resources/samples/emoji.zip", True),
    ],
)
def test_what_is_needed_is_kept(place, is_kept):
    entry = (place, "/somewhere/" + place, "BINARY")
    assert SLIM["without_dropped"]([entry]) == ([entry] if is_kept else [])


def test_links_to_what_was_left_out_are_left_out():
    binaries = [("PySide6/Qt/lib/libQt6Core.so.6", "/somewhere/libQt6Core.so.6", "BINARY")]
    kept = [
        ("libQt6Core.so.6", "PySide6/Qt/lib/libQt6Core.so.6", "SYMLINK"),
        ("PySide6/Qt/lib/libcore.so", "libQt6Core.so.6", "SYMLINK"),
        ("resources/README.md", "/somewhere/README.md", "DATA"),
    ]
    dangling = ("libQt6Network.so.6", "PySide6/Qt/lib/libQt6Network.so.6", "SYMLINK")
    assert SLIM["without_dangling"]([*kept, dangling], binaries) == kept


def test_only_the_tests_of_others_and_languages_are_left_out():
    names = [
        "keras.src.layers.core.dense",
        "vae_desktop.self_test",
        "training.fit",
        "tensorflow.python.client",
        "pygments.lexers",
        "pygments.lexers._mapping",
    ]
    kept = [(name, f"/somewhere/{name}.py", "PYMODULE") for name in names]
    unused = [
        ("keras.src.layers.core.dense_test", "/somewhere/dense_test.py", "PYMODULE"),
        ("pygments.lexers.cobol", "/somewhere/cobol.py", "PYMODULE"),
    ]
    assert SLIM["without_unused"]([*kept, *unused]) == kept
