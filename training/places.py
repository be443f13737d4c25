"""Where the program keeps things on this computer: the platform's own folders for them."""

import sys
from pathlib import Path

import platformdirs

_NAME = "vae-desktop"


def is_frozen() -> bool:
    """Whether this is the packaged program, which brings its own Python."""
    return bool(getattr(sys, "frozen", False))


def resources_folder() -> Path:
    """Samples and icons that come with the program: beside its packages, but within one where installed."""
    package = Path(__file__).resolve().parent
    installed = package / "resources"
    return installed if installed.is_dir() else package.parent / "resources"


def projects_folder() -> Path:
    """Projects for which the user named no place."""
    return Path(platformdirs.user_data_dir(_NAME, appauthor=False)) / "projects"


def cache_folder() -> Path:
    """What can be made again at any time."""
    return Path(platformdirs.user_cache_dir(_NAME, appauthor=False))


def config_folder() -> Path:
    """Settings of the window."""
    return Path(platformdirs.user_config_dir(_NAME, appauthor=False))


def log_folder() -> Path:
    """The log and crash reports."""
    return Path(platformdirs.user_log_dir(_NAME, appauthor=False))
