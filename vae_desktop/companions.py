"""All that accompanies pictures and trainings, joined to the window: it needs nothing from the rest."""

from collections.abc import Callable
from pathlib import Path

from training.config import ModelConfig
from vae_desktop.check_session import CheckSession
from vae_desktop.desktop_session import DesktopSession
from vae_desktop.engine import Engine
from vae_desktop.explain_session import ExplainSession
from vae_desktop.explorer import Explorer
from vae_desktop.health_session import HealthSession
from vae_desktop.help_session import HelpSession
from vae_desktop.lesson_session import Door, LessonSession
from vae_desktop.main_window import MainWindow
from vae_desktop.plane_session import PlaneSession
from vae_desktop.plane_text_session import PlaneTextSession
from vae_desktop.settings import Settings
from vae_desktop.study_session import StudySession
from vae_desktop.tour_session import TourSession
from vae_desktop.training_session import TrainingSession
from vae_desktop.twin_session import TwinSession


class Companions:
    """Made once; the window owns them.

    Args:
        window, engine, plane, explorer, training: what they accompany.
        door: opens and closes projects.
        show_anew: shows the open project as if it had just been opened.
        model: what the model that is shown is like; None where there is none.
        settings: where the person's choices are kept.
        log_folder: where the log is; None for no log.
    """

    def __init__(
        self,
        window: MainWindow,
        engine: Engine,
        plane: PlaneSession,
        explorer: Explorer,
        training: TrainingSession,
        *,
        door: Door,
        show_anew: Callable[[], None],
        model: Callable[[], ModelConfig | None],
        settings: Settings,
        log_folder: Path | None,
    ) -> None:
        self.desktop = DesktopSession(window, engine, settings)
        self.help = HelpSession(window, engine, training, settings, log_folder)
        self.health = HealthSession(window, plane.pictures, show_anew)
        self.check = CheckSession(window, training)
        self.plane_text = PlaneTextSession(window, engine, plane)
        self.twins = TwinSession(window, engine, plane, training, settings)
        self.studies = StudySession(window, training)
        self.explain = ExplainSession(plane, explorer, training, model)
        self.lesson = LessonSession(plane, explorer, training, settings, door)
        self.tour = TourSession(window, training, settings)

    def close_windows(self) -> None:
        """Close those of a project, and end what they do."""
        self.studies.close()
        self.twins.close()
        self.health.close()
        self.check.close()
