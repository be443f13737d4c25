"""What the program remembers between two starts: the window, recent projects, an unfinished training."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

from training.language import LANGUAGES
from training.places import config_folder
from vae_desktop.languages import SYSTEM

_MOST_RECENT, _MOST_CHOSEN = 10, 50
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class RecentProject:
    """A line of the list of recent projects and shared models.

    Attributes:
        path: the project folder, or the model's file.
        title: what the person knows it by, usually the name of the source folder.
        detail: a few words more, such as "1,204 pictures"; may be empty.
    """

    path: str
    title: str
    detail: str = ""


class Settings:
    """A small INI file. Whatever in it cannot be read counts as not set; nothing here raises.

    Args:
        path: the file; by default settings.ini in the platform's configuration folder.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or config_folder() / "settings.ini"
        self._store = QSettings(str(self._path), QSettings.Format.IniFormat)
        if self._store.status() == QSettings.Status.FormatError:
            _log.warning("The settings in %s could not be read; starting with fresh ones.", self._path)
            self._store.clear()
            self._store.sync()

    @property
    def geometry(self) -> QByteArray:
        """Place and size of the window, empty when unknown."""
        return self._bytes("window/geometry")

    @property
    def layout(self) -> QByteArray:
        """Places and sizes of the docks, empty when unknown."""
        return self._bytes("window/layout")

    def save_window(self, geometry: QByteArray, layout: QByteArray) -> None:
        """Remember the window's place and its docks."""
        self._store.setValue("window/geometry", geometry)
        self._store.setValue("window/layout", layout)
        self._store.sync()

    def recent(self) -> list[RecentProject]:
        """The recent projects that still exist, newest first, at most ten."""
        return [project for project in self._recent() if Path(project.path).exists()]

    def add_recent(self, project: RecentProject) -> None:
        """Put a project at the top of the list."""
        others = [other for other in self._recent() if other.path != project.path]
        self._save_recent([project, *others][:_MOST_RECENT])

    def remove_recent(self, path: str) -> None:
        """Take a project off the list; the project itself stays as it is."""
        self._save_recent([project for project in self._recent() if project.path != path])

    @property
    def language(self) -> str:
        """The code of the window's language; "system" for the system's."""
        value = self._store.value("window/language", SYSTEM)
        return value if isinstance(value, str) and value in LANGUAGES else SYSTEM

    def save_language(self, language: str) -> None:
        """Remember the language for the next start."""
        self._store.setValue("window/language", language)
        self._store.sync()

    @property
    def last_project(self) -> str:
        """What was open when the program quit: a project, a folder being imported, a shared model; or ''."""
        value = self._store.value("session/project", "")
        return value if isinstance(value, str) else ""

    @property
    def resume_training(self) -> bool:
        """Whether the last project was being trained when the program quit."""
        return str(self._store.value("session/training", "false")).lower() == "true"

    @property
    def run_in_training(self) -> str:
        """The folder name of the run that was being trained when the program quit; '' when unknown."""
        value = self._store.value("session/run", "")
        return value if isinstance(value, str) and Path(value).name == value else ""

    @property
    def equal_pictures(self) -> bool:
        """Whether the pictures of all handles are shown equally large."""
        return str(self._store.value("window/equal_pictures", "false")).lower() == "true"

    def save_equal_pictures(self, equal: bool) -> None:
        """Remember it."""
        self._store.setValue("window/equal_pictures", "true" if equal else "false")
        self._store.sync()

    def save_session(self, project: str, *, training: bool, run: str = "") -> None:
        """Remember what was open, and whether and which run of it was training; '' for no project."""
        self._store.setValue("session/project", project)
        self._store.setValue("session/run", run)
        self._store.setValue("session/training", "true" if training and project else "false")
        self._store.sync()

    @property
    def appearance(self) -> str:
        """Which colours were chosen; '' for none."""
        return str(self._store.value("window/appearance", ""))

    def save_appearance(self, name: str) -> None:
        """Remember the colours that were chosen."""
        self._store.setValue("window/appearance", name)
        self._store.sync()

    @property
    def wants_notices(self) -> bool:
        """Whether the desktop is to tell when a long job is done."""
        return str(self._store.value("window/notices", "true")).lower() != "false"

    def save_wants_notices(self, wants: bool) -> None:
        """Remember whether the desktop is to tell when a long job is done."""
        self._store.setValue("window/notices", "true" if wants else "false")
        self._store.sync()

    @property
    def has_seen_tour(self) -> bool:
        """Whether the tour was shown, to its end or not."""
        return str(self._store.value("window/tour", "")).lower() == "seen"

    def save_has_seen_tour(self) -> None:
        """Remember that the tour was shown."""
        self._store.setValue("window/tour", "seen")
        self._store.sync()

    def chosen(self, project: str) -> dict[str, Any]:
        """The training settings that were last chosen for a new run of a project, by name."""
        found = self._chosen().get(project)
        return found if isinstance(found, dict) else {}

    def save_chosen(self, project: str, settings: Mapping[str, Any]) -> None:
        """Remember the training settings chosen for a project, of the latest fifty projects."""
        others = {path: values for path, values in self._chosen().items() if path != project}
        newest = list(others.items())[-_MOST_CHOSEN + 1 :]
        self._store.setValue("training/chosen", json.dumps({**dict(newest), project: dict(settings)}))
        self._store.sync()

    def _chosen(self) -> dict[str, Any]:
        try:
            found = json.loads(str(self._store.value("training/chosen", "{}")))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def _recent(self) -> list[RecentProject]:
        # One line of JSON: QSettings arrays cannot be told from a damaged or half-written list.
        try:
            entries = json.loads(str(self._store.value("projects/recent", "[]")))
            return [_checked(entry) for entry in entries][:_MOST_RECENT]
        except (ValueError, TypeError, KeyError):
            return []

    def _save_recent(self, projects: list[RecentProject]) -> None:
        self._store.setValue("projects/recent", json.dumps([asdict(project) for project in projects]))
        self._store.sync()


def _checked(entry: dict[str, object]) -> RecentProject:
    path, title, detail = entry["path"], entry["title"], entry["detail"]
    if not (isinstance(path, str) and isinstance(title, str) and isinstance(detail, str) and path):
        raise TypeError("not a recent project")
    return RecentProject(path, title, detail)
