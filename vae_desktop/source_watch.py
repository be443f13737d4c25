"""Notices that pictures were added, changed or removed since the import, and offers to take that over."""

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QGuiApplication

from training.language import tr, trn
from training.project import Project
from training.source_files import Changes
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow, WindowState
from vae_desktop.message_strip import StripButton

LOOK_SECONDS = 30.0  # between two looks; somebody who switches to and fro is not to wear the disk out
_REST = 20  # times as long as the last look took: a million files take some seconds


class SourceWatch(QObject):
    """Looks when a person turns to the window, but not while something is imported or trained.

    What it finds is offered once, in a line in place, and never done unasked.

    Args:
        window: where it is offered.
        engine: looks in the background.
        project: what is open now.
        bring_up_to_date: imports the open project again.
    """

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        project: Callable[[], Project | None],
        bring_up_to_date: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._window, self._sources, self._project = window, engine.sources, project
        self._bring_up_to_date = bring_up_to_date
        self._began = self._due = 0.0  # by the monotonic clock: the last look, the next one
        self._of: Project | None = None
        self._told: Changes | str | None = None  # what of that project was told last
        self._line = ""
        self._sources.looked.connect(self._on_looked)
        self._sources.missing.connect(self._on_missing)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._on_application_state)

    def look(self) -> None:
        """Look now, if there is anything to look at."""
        project = self._project()
        if project is None or self._window.state == WindowState.IMPORTING or self._window.state.is_running:
            return
        self._began = time.monotonic()
        self._due = self._began + LOOK_SECONDS
        self._sources.look(project)

    def _on_application_state(self, state: Qt.ApplicationState) -> None:
        if state == Qt.ApplicationState.ApplicationActive and time.monotonic() >= self._due:
            self.look()

    def _on_looked(self, project: Project, changes: Changes) -> None:
        now = time.monotonic()
        self._due = max(self._due, now + _REST * (now - self._began))
        if self._may_tell(project, changes):
            button = StripButton(
                tr("Bring up to date"),
                self._bring_up_to_date,
                tr("Read what is new or changed, and let go of what is gone; trainings are kept"),
            )
            self._tell(changes, changes_sentence(changes), button)

    def _on_missing(self, project: Project, why: str) -> None:
        if self._may_tell(project, why):
            again = StripButton(tr("Try again"), self._look_again)
            self._tell(why, f"{why} {tr('What was imported of it is here as before.')}", again)

    def _look_again(self) -> None:
        self._told = None
        self.look()

    def _may_tell(self, project: Project, news: Changes | str) -> bool:
        """Whether it is news of the open project, and nothing else stands where it would be told."""
        if project is not self._project() or self._window.state == WindowState.IMPORTING:
            return False
        if project is not self._of:
            self._of, self._told, self._line = project, None, ""
        if news == self._told:
            return False
        if self._line and self._window.messages.text == self._line:
            self._window.messages.clear()  # out of date
        if not news:
            self._told = None
        return bool(news) and not self._window.messages.text

    def _tell(self, news: Changes | str, line: str, button: StripButton) -> None:
        self._told, self._line = news, line
        self._window.messages.show_note(line, button)


def changes_sentence(changes: Changes) -> str:
    """What changed, as '12 pictures were added, 1 changed, 2 are gone.'"""
    added, changed, removed = changes.added, changes.changed, changes.removed
    parts = []
    if added:
        parts.append(trn("{count} picture was added", "{count} pictures were added", added))
    if changed and parts:
        parts.append(trn("{count} changed", "{count} changed", changed))
    elif changed:
        parts.append(trn("{count} picture changed", "{count} pictures changed", changed))
    if removed and parts:
        parts.append(trn("{count} is gone", "{count} are gone", removed))
    elif removed:
        parts.append(trn("{count} picture is gone", "{count} pictures are gone", removed))
    return ", ".join(parts) + "."
