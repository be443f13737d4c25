"""Run before the frozen program: stand-ins for modules that are left out (slim.py) but that others import.

- TensorFlow imports its profiler's plug-in at once, and uses it only to convert profiles for TensorBoard.
- TensorFlow imports requests at once, and uses it only on Google's own machines.
- pyqtgraph derives classes from OpenGL's widget at once, and uses them only when told to draw with OpenGL.
"""

import sys
from types import ModuleType


class _OpenGL(ModuleType):
    """Every class of it is a plain widget."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        from PySide6.QtWidgets import QWidget  # noqa: PLC0415 - the command must not load Qt

        return QWidget


for _stand_in in (
    ModuleType("requests"),
    ModuleType("tensorflow.python.profiler.internal._pywrap_profiler_plugin"),
    _OpenGL("PySide6.QtOpenGL"),
    _OpenGL("PySide6.QtOpenGLWidgets"),
):
    sys.modules[_stand_in.__name__] = _stand_in
