"""What the frozen program does without, and why. Used by build.spec.

PyInstaller collects whatever might be imported. Each entry below was checked against what the running program
maps into memory and imports (`make test-app` would fail without a part that is needed after all).
"""

import posixpath
import re
import shutil
import subprocess
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

Entry = tuple[str, str, str]  # where it goes, where it comes from, what kind it is: PyInstaller's TOC entry

MODULES = {
    "h5py": "Keras reads old .h5 models with it; we read no Keras models at all",
    "requests": "we open no connection (stand_ins.py stands in for it)",
    "urllib3": "of requests",
    "certifi": "of requests",
    "charset_normalizer": "of requests",
    "idna": "of requests",
    "readline": "its library is under the GPL, and nobody types into our programs",
    "imageio_ffmpeg": "it brings a program under the GPL; whoever wants MP4 films installs it, or ffmpeg",
    "cv2": "it brings all of FFmpeg; whoever wants pictures from films installs it",
    "clang": "TensorFlow's wheel names it as a requirement and never imports it",
    "grpc": "only distributed training needs it",
    "tensorboard": "a program of its own",
    "matplotlib": "pyqtgraph can export to it",
    "scipy": "pyqtgraph and Keras use it where it is there",
    "pandas": "Keras reads its tables where it is there",
    "IPython": "tqdm-like helpers look for it",
    "tkinter": "Pillow's bridge to another toolkit",
    "PIL.ImageTk": "Pillow's bridge to another toolkit",
    "PIL.ImageQt": "the window converts pixels itself",
    "pyqtgraph.examples": "examples",
    "pyqtgraph.opengl": "3-D plots, which would bring PyOpenGL",
    "pyqtgraph.jupyter": "notebooks",
    "pyqtgraph.canvas": "a demonstration widget",
    "pyqtgraph.flowchart": "a node editor",
    "pyqtgraph.console": "an interactive Python prompt",
    "numpy.f2py": "wraps Fortran",
    "setuptools": "a build tool",
    "pkg_resources": "a build tool",
    "pip": "a build tool",
    "PySide6.QtQml": "the window is made of widgets",
    "PySide6.QtQuick": "the window is made of widgets",
    "PySide6.QtNetwork": "we open no connection",
    "PySide6.QtOpenGL": "pyqtgraph can draw with it; stand_ins.py stands in for it",
    "PySide6.QtOpenGLWidgets": "pyqtgraph can draw with it; stand_ins.py stands in for it",
    "PySide6.QtSql": "projects use Python's own sqlite3",
    "PySide6.QtTest": "for tests",
    "PySide6.QtPrintSupport": "nothing is printed",
    "PySide6.QtDesigner": "a build tool",
}
"""Modules that are not collected."""

FILES = {
    r"[^/]+\.dist-info/(direct_url\.json|INSTALLER|RECORD|REQUESTED)": "where the builder has his files",
    r"tensorflow/include/": "C++ headers",
    r"tensorflow/xla_aot_runtime_src/": "sources for compiling models ahead of time",
    r"tensorflow/python/profiler/internal/_pywrap_profiler_plugin": (
        "shows profiles in TensorBoard; an empty module stands in for it (stand_ins.py)"
    ),
    r"tensorflow/compiler/tf2xla/ops/_xla_ops": "for graphs that call XLA's operations by name",
    r"tensorflow/compiler/mlir/stablehlo/stablehlo_extension": "converts graphs to another format",
    r"tensorflow/python/framework/lib_native_proto_caster": "hands protocol buffers to tests written in C++",
    r"tensorflow/python/autograph/impl/testing/": "for tests",
    r"PySide6/Qt/qml/": "the window is made of widgets",
    r"PySide6/Qt/translations/(?!qtbase_de\.qm)": "the window speaks English and German",
    r"PySide6/Qt/plugins/(designer|networkinformation|printsupport|qml\w+|sqldrivers|tls)/": (
        "of parts that are not there"
    ),
    r"PySide6/Qt/plugins/generic/": "for screens without a desktop",
    r"PySide6/Qt/plugins/(egldeviceintegrations|wayland-graphics-integration-server|vectorimageformats)/": (
        "for embedded screens and compositors"
    ),
    r"PySide6/Qt/plugins/imageformats/libq(icns|tga|tiff|wbmp)\.": (
        "Pillow reads pictures; from the clipboard they come as PNG, JPEG, WebP, GIF or BMP"
    ),
    r"PySide6/Qt/plugins/platforms/libq(eglfs|linuxfb|minimal\.|minimalegl|vkkhrdisplay|vnc)": (
        "for embedded screens"
    ),
    r"PySide6/Qt/plugins/wayland-shell-integration/lib(fullscreen-shell|ivi-shell|qt-shell)": (
        "for compositors of embedded screens"
    ),
    r"PySide6/Qt/plugins/wayland-graphics-integration-client/lib\w+(-\w+)*-server\.": (
        "for compositors of embedded screens"
    ),
    r"PySide6/Qt/plugins/platformthemes/libqgtk3": (
        "needs the desktop's own GTK, which the libraries that would come along with it do not fit"
    ),
}
"""Files that are left out though something collected them: how their place begins, and why."""

_STRIPPED = re.compile(
    r"tensorflow/|libpython|python3\.\d+/lib-dynload/|PIL/|PySide6/Qt/lib/libicu|safetensors/|wrapt/"
)
# The others come stripped, or were patched after they were linked (auditwheel) in such a way that strip would
# break them: "ELF load command address/offset not page-aligned".
_NEEDED = re.compile(rb"\(NEEDED\)\s+Shared library: \[(.+?)\]")
_DROPPED = re.compile("|".join(f"(?:{pattern})" for pattern in FILES))


def without_dropped(entries: Iterable[Entry]) -> list[Entry]:
    """The entries of what the program needs."""
    return [entry for entry in entries if not _DROPPED.match(entry[0].replace("\\", "/"))]


def without_unused(modules: Iterable[Entry]) -> list[Entry]:
    """The modules without the tests that Keras and TensorFlow have among theirs, nor Pygments' languages.

    Rich imports Pygments at once, for program code, of which nothing here prints any.
    """
    unused = re.compile(r"(keras|tensorflow)\..*_test|pygments\.lexers\.(?!_mapping$).+")
    return [entry for entry in modules if not unused.fullmatch(entry[0])]


def without_orphans(binaries: Iterable[Entry]) -> list[Entry]:
    """The binaries without libraries of Qt and the system that only dropped ones had needed. For Linux."""
    kept = list(binaries)
    while True:
        needed = {name for _, source, kind in kept if kind != "SYMLINK" for name in _needed_by(source)}
        orphans = {
            place for place, _, kind in kept if _is_library(place, kind) and _name(place) not in needed
        }
        if not orphans:
            return kept
        kept = [entry for entry in kept if entry[0] not in orphans]


def _is_library(place: str, kind: str) -> bool:
    """Whether an entry is a library that others are linked to, other than Python's own."""
    folder, _, name = place.rpartition("/")
    return kind == "BINARY" and folder in ("", "PySide6/Qt/lib") and not name.startswith("libpython")


def _name(place: str) -> str:
    return place.rpartition("/")[2]


@lru_cache
def _needed_by(library: str) -> frozenset[str]:
    """The libraries that a library is linked to, by name."""
    listed = subprocess.run(["readelf", "-d", library], check=True, capture_output=True).stdout
    return frozenset(name.decode() for name in _NEEDED.findall(listed))


def without_dangling(links: Iterable[Entry], binaries: Iterable[Entry]) -> list[Entry]:
    """The entries without symbolic links to libraries that are not among the binaries."""
    there = {place for place, _, _ in binaries}
    return [
        entry
        for entry in links
        if entry[2] != "SYMLINK"
        or posixpath.normpath(posixpath.join(posixpath.dirname(entry[0]), entry[1])) in there
    ]


def stripped(entries: Iterable[Entry], folder: Path) -> list[Entry]:
    """The entries with libraries that come with symbols replaced by copies in ``folder`` without them.

    Raises:
        subprocess.CalledProcessError: when strip fails.
        FileNotFoundError: when there is none; it comes with binutils.
    """
    return [_stripped(entry, folder) if _is_to_strip(entry) else entry for entry in entries]


def _is_to_strip(entry: Entry) -> bool:
    place, _, kind = entry
    return kind in ("BINARY", "EXTENSION") and bool(_STRIPPED.match(place.replace("\\", "/")))


def _stripped(entry: Entry, folder: Path) -> Entry:
    place, source, kind = entry
    copy = folder / place
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, copy)
    subprocess.run(["strip", "--strip-unneeded", copy], check=True)
    shutil.copymode(source, copy)
    return place, str(copy), kind
