"""Which package to install where a system library that Qt needs is missing (Linux without a desktop)."""

import re

PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
}
FOR_WINDOWS = (
    "libegl1 libgl1 libxkbcommon-x11-0 libdbus-1-3 libfontconfig1 libxcb-cursor0 libxcb-icccm4"
    " libxcb-image0 libxcb-keysyms1 libxcb-render-util0 libxcb-shape0 libxcb-xinerama0"
)


def advice(message: str) -> str:
    """What to install, from the text of the ImportError that Qt's missing library raised."""
    found = re.search(r"lib[\w.+-]+\.so[\d.]*", message)
    package = PACKAGES.get(found.group()) if found else None
    if package is None:
        return f"On Debian and Ubuntu, Qt needs these packages: {FOR_WINDOWS}."
    return f"On Debian and Ubuntu, install it with: sudo apt-get install {package}"
