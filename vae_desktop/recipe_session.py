"""Comes back to where an exported picture was made, when it is dropped on the window."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from training.errors import VaeError
from training.events import Control
from training.language import mark, tr
from training.recipe import Recipe, read_recipe
from vae_desktop.exploration import Exploration
from vae_desktop.handle_edits import HandleEdits
from vae_desktop.kept_view import KeptView
from vae_desktop.path_session import PathSession
from vae_desktop.plain_words import one_line
from vae_desktop.plane_path import Laid
from vae_desktop.plane_session import PlaneSession

if TYPE_CHECKING:
    from training.latent import LatentModel

_NO_MODEL = mark("“{name}” was drawn by a model. Open its project first, then drop the picture again.")
_OTHER_MODEL = mark(
    "“{name}” was drawn by another model, or by this one before it learnt on."
    " Nothing was changed. Open the project and the training that drew it, then drop it again."
)


@dataclass(frozen=True)
class _Scene:
    """What is on the plane, as its parts keep it."""

    handles: Mapping[str, Any]
    laid: Laid
    view: Mapping[str, Any]


class RecipeSession(QObject):
    """Reads how a picture was made, and has the plane so again, if the same model is open; it can be undone.

    Args:
        session: whose model and plane it is.
        exploration: where the edit goes to.
        handles, paths, view: the parts that are brought back.
    """

    _identified = Signal(str, object, str)  # the picture's name, its recipe, the digest of the open model

    def __init__(
        self,
        session: PlaneSession,
        exploration: Exploration,
        *,
        handles: HandleEdits,
        paths: PathSession,
        view: KeptView,
    ) -> None:
        super().__init__(session)
        self._session, self._window, self._edits = session, session.window, exploration.edits
        self._handles, self._paths, self._view = handles, paths, view
        self._identified.connect(self._on_identified)
        self._window.recipe_dropped.connect(lambda path: self.come_back(Path(path)))

    def come_back(self, path: Path) -> None:
        """Have the plane as it was when a picture was made, or say why not."""
        name = one_line(path.name)
        try:
            recipe = read_recipe(path)
            if recipe is None:
                raise VaeError(tr("“{name}” does not say how it was made.", name=name))

            def identify(model: "LatentModel", _control: Control) -> None:
                self._identified.emit(name, recipe, model.weights_digest())

            if self._window.plane.is_empty:
                raise VaeError(tr(_NO_MODEL, name=name))
            self._session.engine.renderer.submit(identify, self._window.show_problem)
        except VaeError as error:
            self._window.show_problem(str(error))

    def _on_identified(self, name: str, recipe: Recipe, digest: str) -> None:
        if digest != recipe.model or recipe.latent_dim != self._session.where.basis.latent_dim:
            self._window.show_problem(tr(_OTHER_MODEL, name=name))
            return
        before = _Scene(self._handles.state(), self._paths.path.laid, self._view.state())
        after = _scene_of(recipe, before)
        self._edits.do(
            tr("come back to {name}", name=name), lambda: self._show(after), lambda: self._show(before)
        )
        self._window.show_note(
            tr("Handles, path and view are as they were when “{name}” was made.", name=name)
        )

    def _show(self, scene: _Scene) -> None:
        self._handles.restore(scene.handles)
        self._paths.path.show(scene.laid)
        self._view.restore(scene.view)


def _scene_of(recipe: Recipe, before: _Scene) -> _Scene:
    """What a recipe brings back; what it does not speak of stays."""
    handles, laid, view = before.handles, before.laid, before.view
    if recipe.handles:
        named = {handle["number"]: handle["name"] for handle in handles["handles"]}
        kept = [
            {"number": number, "latent": list(latent), "name": named.get(number, ""), "locked": False}
            for number, latent in sorted(recipe.handles.items())
        ]
        active = min(recipe.handles) if recipe.active is None else recipe.active
        handles = {"handles": kept, "active": active}
    if recipe.stops:
        laid = Laid(recipe.stops, recipe.path)
    if recipe.view is not None:
        z1, z2, span = recipe.view
        view = {**view, "middle": [z1, z2], "span": span}
    return _Scene(handles, laid, view)
