"""Exports pictures, sheets and films in the background, with how they were made within the files."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from PySide6.QtCore import QObject, Signal

from training import __version__
from training.errors import VaeError
from training.events import Control
from training.film import Frame, decoded, write_film, write_sequence, write_sheet
from training.language import mark, tr
from training.paths import Floats, Journey
from training.recipe import Recipe
from training.stills import enlarged, save_image, to_image
from vae_desktop.film_progress import FilmProgress
from vae_desktop.message_strip import StripButton
from vae_desktop.path_session import PathSession
from vae_desktop.picture_export_dialog import (
    Export,
    Kind,
    PictureExportDialog,
    Sizes,
    proposed,
    sheet_columns,
)
from vae_desktop.pixels import from_qimage
from vae_desktop.plain_words import one_line
from vae_desktop.plane_path import Latent
from vae_desktop.plane_session import PlaneSession
from vae_desktop.save_dialog import ask_where_to_save

if TYPE_CHECKING:
    from training.latent import LatentModel

_FILTERS = {  # what kind of files, and their names
    ".png": (mark("PNG pictures"), "*.png"),
    ".gif": (mark("GIF films"), "*.gif"),
    ".webp": (mark("WebP films"), "*.webp"),
    ".mp4": (mark("MP4 films"), "*.mp4"),
    "": (mark("New folder"), "*"),
}
_PROGRAM = f"VAE Desktop {__version__}"


@dataclass(frozen=True, eq=False)
class _Order:
    """All that an export needs, as it was when it was asked for.

    Attributes:
        handle: the active one's point.
        plane: the plane as a picture; None unless that is exported.
        journey: along the path; None where there is none.
        recipe: without the digest of the model, which is worked out in the background.
    """

    export: Export
    path: Path
    handle: Latent
    plane: Frame | None
    journey: Journey | None
    recipe: Recipe

    def write(self, model: "LatentModel", control: Control, on_progress: Callable[[int, int], None]) -> bool:
        """Write it, on a thread of its own; False when told to stop."""
        recipe = replace(self.recipe, model=model.weights_digest()).as_text()
        export, path = self.export, self.path
        if export.kind is Kind.PLANE and self.plane is not None:
            return _save(Image.fromarray(self.plane), path, recipe, control)
        if export.kind is Kind.STILL or self.journey is None:
            (pixels,) = model.decode(np.array([self.handle]))
            return _save(to_image(self._enlarged(pixels)), path, recipe, control)
        times = self._times(self.journey)
        count = len(times)
        frames = map(self._enlarged, decoded(model.decode, self.journey.at(times), control))

        def tell(done: int) -> None:
            on_progress(done, count)

        if export.kind is Kind.FRAMES:
            return write_sequence(path, frames, tell, control, count=count, recipe=recipe)
        if export.kind is Kind.FILM:
            return write_film(path, frames, export.fps, tell, control, count=count, recipe=recipe)
        captions = [f"{seconds:.1f} s" for seconds in times] if export.captions else []
        columns = sheet_columns(count)
        return write_sheet(path, frames, tell, control, columns=columns, captions=captions, recipe=recipe)

    def _times(self, journey: Journey) -> Floats:
        if self.export.kind is not Kind.SHEET:
            return journey.frame_times(self.export.fps)
        pictures = self.export.pictures
        times: Floats = np.linspace(0.0, journey.seconds, pictures + journey.closed)[:pictures]
        return times

    def _enlarged(self, pixels: Frame) -> Frame:
        return enlarged(pixels, self.export.scale, smooth=self.export.smooth)


def _save(image: Image.Image, path: Path, recipe: str, control: Control) -> bool:
    if control.should_stop:
        return False
    save_image(image, path, recipe)
    return True


class PictureExport(QObject):
    """Asks what is to be exported and where to, and does it, one after the other.

    Args:
        session: what is exported.
        paths: the path of it.
    """

    written = Signal(str)  # the path of what was exported
    _progressed = Signal(object, int, int)
    _ended = Signal(object, bool)  # the order, whether it was written
    _failed = Signal(object, str)

    def __init__(self, session: PlaneSession, paths: PathSession) -> None:
        super().__init__(session)
        self._session, self._paths, self._window = session, paths, session.window
        self._order: _Order | None = None  # the one under way
        self._control = Control()
        self._before: Export | None = None
        self._progress = FilmProgress()
        self._progress.cancelled.connect(self.cancel)
        self._window.statusBar().addPermanentWidget(self._progress)
        self._progress.hide()  # which adding it undid
        self._progressed.connect(self._on_progress)
        self._ended.connect(self._on_ended)
        self._failed.connect(self._on_failed)
        self._window.action("export_picture").triggered.connect(lambda: self.ask(Kind.STILL))
        self._window.path_bar.export_requested.connect(lambda: self.ask(Kind.FILM))

    def ask(self, kind: Kind) -> None:
        """Ask what is to be exported, beginning with a kind."""
        handle, plane = self._window.plane.active_handle, self._window.plane
        image = self._window.decoding.current_image()
        if self._order is not None:
            self._window.show_problem(
                tr("Something is being exported already. Cancel that or wait for its end.")
            )
            return
        if handle is None or image is None:
            self._window.show_problem(tr("There is no picture yet to export. Train first."))
            return
        journey = self._paths.player.journey
        sizes = Sizes(
            image.width(),
            plane.size(),
            None if journey is None else journey.seconds,
            closed=journey is not None and journey.closed,
            why_no_path=tr("A path needs two stops. Choose Path in the Plane menu and click on the plane."),
        )
        dialog = PictureExportDialog(self._window, sizes, proposed(kind, sizes, self._before))
        dialog.decided.connect(self._ask_where)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def cancel(self) -> None:
        """End what is under way; what it wrote is removed."""
        if self._order is not None:
            self._control.stop()
            self._window.statusBar().showMessage(
                tr("{name} was not written.", name=one_line(self._order.path.name)), 4000
            )
            self._end()

    def _ask_where(self, export: Export) -> None:
        self._before = export
        kind, names = _FILTERS[export.ending]
        ask_where_to_save(
            self._window,
            tr("Export"),
            f"{tr(kind)} ({names})",
            export.name,
            lambda path: self.export(export, Path(path)),
        )

    def export(self, export: Export, path: Path) -> None:
        """Write what was chosen to a path, in the background."""
        plane, handle = self._window.plane, self._window.plane.active_handle
        if handle is None or self._order is not None:
            return
        order = _Order(
            export,
            path,
            self._session.where.latent(handle),
            from_qimage(plane.picture(export.scale)) if export.kind is Kind.PLANE else None,
            self._paths.player.journey,
            self._recipe(),
        )
        try:
            self._control = self._session.engine.renderer.submit(
                lambda model, control: self._write(order, model, control),
                lambda sentence: self._failed.emit(order, sentence),
                is_long=True,
            )
        except VaeError as error:
            self._window.show_problem(str(error))
            return
        self._order = order
        self._progress.begin(tr("Writing {name}…", name=one_line(path.name)))

    def _write(self, order: _Order, model: "LatentModel", control: Control) -> None:
        def tell(done: int, total: int) -> None:
            self._progressed.emit(order, done, total)

        self._ended.emit(order, order.write(model, control, tell))

    def _recipe(self) -> Recipe:
        where, plane, laid = self._session.where, self._window.plane, self._paths.path.laid
        view = plane.view
        return Recipe(
            program=_PROGRAM,
            model="0" * 64,
            latent_dim=where.basis.latent_dim,
            handles={number: where.latent(number) for number in plane.handles},
            stops=laid.stops,
            path=laid.settings,
            view=(view.z1, view.z2, view.span),
            active=plane.active_handle,
        )

    def _on_progress(self, order: _Order, done: int, total: int) -> None:
        if order is self._order:
            self._progress.show_done(done, total)

    def _on_ended(self, order: _Order, written: bool) -> None:
        name, folder = one_line(order.path.name), order.path.parent
        if order is not self._order:  # cancelled, perhaps at the very end
            if written:
                self._window.statusBar().showMessage(
                    tr("{name} was whole before it was cancelled.", name=name), 4000
                )
            return
        self._end()
        if written:
            show = StripButton(tr("Show in its folder"), lambda: self._window.show_file(folder))
            self._window.messages.show_note(tr("{name} is written.", name=name), show)
            self.written.emit(str(order.path))

    def _on_failed(self, order: _Order, sentence: str) -> None:
        if order is self._order:
            self._end()
            self._window.show_problem(sentence)

    def _end(self) -> None:
        self._order = None
        self._progress.hide()
