"""Builds what a person explores the plane with, and joins it: each feature in a module of its own."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from training.image_format import ImageFormat
from training.language import tr
from training.project import Project
from training.run import Run
from vae_desktop.drawing_session import DrawingSession
from vae_desktop.edits import join_undo
from vae_desktop.exploration import Exploration
from vae_desktop.group_difference import GroupDifference
from vae_desktop.group_session import GroupSession
from vae_desktop.guests_session import GuestsSession
from vae_desktop.handle_edits import HandleEdits
from vae_desktop.jitter_session import JitterSession
from vae_desktop.kept_view import KeptView
from vae_desktop.lasso import Lasso
from vae_desktop.measured_maps import MeasuredMaps
from vae_desktop.measures_session import MeasuresSession
from vae_desktop.nearest_session import NearestSession
from vae_desktop.path_session import PathSession
from vae_desktop.picture_card import PictureCard
from vae_desktop.picture_colours import PictureColours
from vae_desktop.picture_ellipses import PictureEllipses
from vae_desktop.picture_export import PictureExport
from vae_desktop.picture_groups import PictureGroups
from vae_desktop.picture_selection import PictureSelection
from vae_desktop.plane_session import PlaneSession
from vae_desktop.posterior_sampling import PosteriorSampling
from vae_desktop.recipe_session import RecipeSession


class Explorer(QObject):
    """The features of the plane, with undo and redo, kept with the project.

    Args:
        session: whose plane it is.
        shown_run: the run whose model is shown, if any.
        model_format: what the pictures of the model that is shown are like; None where there is none.
    """

    def __init__(
        self,
        session: PlaneSession,
        shown_run: Callable[[], Run | None],
        model_format: Callable[[], ImageFormat | None],
    ) -> None:
        super().__init__(session)
        window = session.window
        self._shown_run = shown_run
        self.exploration = Exploration(self)
        # Before the features forget what they show, which would be kept else.
        session.closing.connect(self.exploration.leave)
        self.handles = HandleEdits(session, self.exploration)
        self.paths = PathSession(session, self.exploration)
        self.exports = PictureExport(session, self.paths)
        view = KeptView(window)
        self.recipes = RecipeSession(
            session, self.exploration, handles=self.handles, paths=self.paths, view=view
        )
        self.exploration.add("view", view)
        self.exploration.add("handles", self.handles)
        self.exploration.add("path", self.paths.path)
        self.selection = PictureSelection(session)
        self.card = PictureCard(session)
        self.guests = GuestsSession(session, self.exploration.edits, self.card, model_format)
        self.drawing = DrawingSession(session, self.guests, model_format)
        self.exploration.add("guests", self.guests)
        self.ellipses = PictureEllipses(window)
        self.exploration.add("ellipses", self.ellipses, of_run=False)
        self.groups = PictureGroups(session, self.exploration)
        self.exploration.add("groups", self.groups, of_run=False)
        by_group = ("group", tr("By &group"), tr("Which of the groups that you made each picture is in"))
        self.colours = PictureColours(session, shown_run, [(by_group, self.groups.colouring)])
        self.exploration.add("colours", self.colours, of_run=False)
        self.groups.changed.connect(self.colours.refresh)
        self.sampling = PosteriorSampling(session, self.selection)
        self.nearest = NearestSession(session)
        self.jitter = JitterSession(session, self.nearest)
        self.measures = MeasuresSession(session, shown_run)
        self.maps = MeasuredMaps(session, self.measures)
        self.exploration.add("measured map", self.maps, of_run=False)
        self.lasso = Lasso(session, self.selection)
        self.group_session = GroupSession(session, self.groups, self.selection, self.colours.facts)
        self.difference = GroupDifference(session, self.groups)
        self.card.add_source(self.group_session.found_at)
        self.colours.changed.connect(self.group_session.show_folders)
        session.explorable.connect(self.group_session.show_folders)
        self.exploration.failed.connect(window.show_problem)
        join_undo(self.exploration.edits, window.action("undo"), window.action("redo"))
        session.opened.connect(self._open)
        session.closing.connect(self.ellipses.begin)
        session.closing.connect(self.paths.path.clear)  # once it is kept
        session.explorable.connect(self._restore)

    def close(self) -> None:
        """Keep what has changed, and end the threads."""
        self.guests.close()
        self.exploration.leave()
        self.exploration.close()
        self.colours.close()
        self.nearest.close()

    def _open(self, project: Project) -> None:
        self.exploration.open(project.path, keep=not project.why_read_only)

    def _restore(self) -> None:
        run = self._shown_run()
        if run is not None:
            self.exploration.restore(run.path.name)
