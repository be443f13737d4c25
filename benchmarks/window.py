"""What a child process needs to show the real window without touching the person's own settings."""

import os
import sys
from pathlib import Path


def environment(folder: Path) -> dict[str, str]:
    """Variables that send settings, logs and data to a folder, and choose a display that is there.

    Without a display, Qt paints into memory (its offscreen platform).
    """
    found = {name: str(folder) for name in ("HOME", "APPDATA", "LOCALAPPDATA")}
    found |= {f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "DATA", "CACHE", "STATE")}
    has_display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
    if sys.platform.startswith("linux") and not has_display:
        found["QT_QPA_PLATFORM"] = "offscreen"
    return found
