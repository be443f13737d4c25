"""Joins the plane, the decoding and the library of the open project to the engine."""

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QImage

from training.errors import VaeError
from training.pixel_store import PixelStore
from training.project import Project
from vae_desktop.decode_lane import Backdrop, Decoded
from vae_desktop.engine import Engine
from vae_desktop.main_window import MainWindow
from vae_desktop.save_dialog import ask_where_to_save

REST_MS = 300  # a held handle that rests this long lets the training go on
_UNKNOWN_GREY = 128
_log = logging.getLogger(__name__)


class PlaneSession(QObject):
    """Where the open project's pictures lie, and what its handles decode to.

    Args:
        window: its plane, decoding and library are joined.
        engine: decodes, and tells where pictures lie.
    """

    def __init__(self, window: MainWindow, engine: Engine) -> None:
        super().__init__(window)
        self.window, self.engine = window, engine
        self._project: Project | None = None
        self._pictures: PixelStore | None = None
        self._held_out: NDArray[np.bool_] | None = None  # there is none where nothing is open
        self._names: dict[int, str] = {}
        self._told_damage = False
        self._forget_positions()
        self._rest = QTimer(self, singleShot=True, interval=REST_MS)
        self._rest.timeout.connect(self._let_go)
        self._join()

    def _join(self) -> None:
        engine, plane, decoding, library = (
            self.engine,
            self.window.plane,
            self.window.decoding,
            self.window.library,
        )
        engine.positions.connect(self._on_positions)
        engine.model_loaded.connect(self._show_nearest)
        engine.decoded.connect(self._on_decoded)
        engine.backdrop.connect(self._on_backdrop)
        plane.drag_started.connect(self._hold)
        plane.drag_finished.connect(self._let_go)
        plane.handle_moved.connect(self._on_handle_moved)
        plane.handle_added.connect(self._decode)
        plane.handle_removed.connect(engine.remove_handle)
        plane.handle_removed.connect(decoding.remove)
        plane.handle_selected.connect(decoding.set_active)
        plane.handle_selected.connect(lambda _handle: self._show_nearest())
        plane.picture_hovered.connect(self._on_hover)
        plane.picture_activated.connect(self._go_to_picture)
        decoding.handle_chosen.connect(plane.select_handle)
        decoding.nearest_activated.connect(lambda: self._reveal(self._nearest()))
        library.picture_selected.connect(self._go_to_picture)
        library.reveal_requested.connect(self._reveal)

    def open(self, project: Project, pictures: PixelStore, format_words: str) -> None:
        """Turn to a project's pictures and show them in the library.

        Args:
            format_words: what size and colours the pictures have in the project, and why.
        """
        self._project, self._pictures, self._held_out = project, pictures, pictures.held_out
        self.window.library.show_pictures(
            project.source.name,
            str(project.source),
            count=len(pictures),
            pixels=self._pixels,
            held_out=pictures.held_out,
            names=self._name,
            side=pictures.shape[0],
            format_words=format_words,
        )

    def open_shared(self, held_out: NDArray[np.bool_]) -> None:
        """Turn to a model whose pictures are elsewhere; ``held_out`` [n] tells them apart."""
        self._held_out = held_out

    def close(self) -> None:
        """Show an empty plane, decoding and library."""
        self._let_go()
        self._project = self._pictures = self._held_out = None
        self._names, self._told_damage = {}, False
        self._forget_positions()
        self.window.plane.clear()
        self.window.decoding.clear()
        self.window.library.clear()

    # ------------------------------------------------------------------ what the engine tells

    def _forget_positions(self) -> None:
        self._means = np.zeros((0, 2), np.float32)
        self._numbers = np.zeros(0, np.int64)

    def _on_positions(
        self, numbers: NDArray[np.int64], means: NDArray[np.float32], sigmas: NDArray[np.float32]
    ) -> None:
        if self._held_out is not None and len(numbers):
            self._numbers, self._means = numbers, means
            self.window.plane.set_points(means, sigmas, self._held_out[numbers], numbers)

    def _on_backdrop(self, backdrop: Backdrop) -> None:
        if self._held_out is not None:
            self.window.plane.set_tiles(backdrop.tiles, backdrop.centres)

    def _on_decoded(self, decoded: Decoded) -> None:
        if decoded.handle in self.window.plane.handles:
            self.window.decoding.show_picture(decoded.handle, decoded.point, decoded.pixels)
            if decoded.handle == self.window.plane.active_handle:
                self._show_nearest()

    # ------------------------------------------------------------------ handles

    def _hold(self) -> None:
        """Leave the machine to the hand, until it lets go or rests."""
        self.engine.gate(True)
        self._rest.start()

    def _let_go(self) -> None:
        self._rest.stop()
        self.engine.gate(False)

    def _on_handle_moved(self, handle: int, z1: float, z2: float) -> None:
        self._hold()
        self._decode(handle, z1, z2)

    def _decode(self, handle: int, z1: float, z2: float) -> None:
        self.engine.decode(handle, (z1, z2))

    def _go_to_picture(self, number: int) -> None:
        """Put the active handle where a picture lies."""
        plane, at = self.window.plane, int(np.searchsorted(self._numbers, number))
        if plane.active_handle is None:
            return
        if at >= len(self._numbers) or self._numbers[at] != number:
            # While a training runs, only a sample of many pictures is followed.
            self.window.statusBar().showMessage("Where this picture lies is known after the training.", 4000)
            return
        z1, z2 = (float(z) for z in self._means[at])
        plane.move_handle(plane.active_handle, z1, z2)
        self._decode(plane.active_handle, z1, z2)

    def save_picture(self) -> None:
        """Ask for a file and write the picture under the active handle to it."""
        image = self.window.decoding.current_image()
        if image is not None:
            kinds = "Pictures (*.png *.jpg *.webp)"
            ask_where_to_save(
                self.window, "Save picture", kinds, "decoded.png", lambda path: self._write(image, path)
            )

    def _write(self, image: QImage, path: str) -> None:
        if not image.save(path):
            self.window.show_problem(
                f"The picture could not be written to {path}. Choose another place, or a name ending in .png."
            )

    # ------------------------------------------------------------------ the person's pictures

    def _nearest(self) -> int:
        """The picture nearest to the active handle; -1 when there is none."""
        handle = self.window.plane.active_handle
        if handle is None or len(self._means) == 0:
            return -1
        offsets = self._means - np.array(self.window.plane.handles[handle], np.float32)
        return int(self._numbers[np.argmin(np.einsum("nd,nd->n", offsets, offsets))])

    def _show_nearest(self) -> None:
        number, handle = self._nearest(), self.window.plane.active_handle
        if number < 0 or handle is None or self._pictures is None:
            self.window.decoding.show_nearest(None, "", 0.0)
            return
        mean = self._means[np.searchsorted(self._numbers, number)]
        distance = float(np.hypot(*(mean - np.array(self.window.plane.handles[handle]))))
        self.window.decoding.show_nearest(self._pixels(number), self._name(number), distance)

    def _on_hover(self, number: int) -> None:
        if number >= 0:
            self.window.plane.set_hover_text(self._name(number))

    def _pixels(self, number: int) -> NDArray[np.uint8]:
        """A picture, uint8 [S, S, C]; grey where the project's copy of it is damaged, which is told once."""
        if self._pictures is None:
            return np.full((1, 1, 1), _UNKNOWN_GREY, np.uint8)
        try:
            pixels: NDArray[np.uint8] = self._pictures.read([number])[0]
            return pixels
        except VaeError as error:
            if not self._told_damage:
                self._told_damage = True
                text = str(error)
                # Not at once: this may be called while the library paints.
                QTimer.singleShot(0, self, lambda: self.window.show_problem(text))
            return np.full(self._pictures.shape, _UNKNOWN_GREY, np.uint8)

    def _path(self, number: int) -> Path | None:
        try:
            if self._project is None or self._pictures is None:
                return None
            return self._project.picture_path(self._pictures.ids[number])
        except VaeError:
            _log.exception("The file of picture %d is not known", number)
            return None

    def _name(self, number: int) -> str:
        if number not in self._names:
            path = self._path(number)
            self._names[number] = "" if path is None else path.name
        return self._names[number]

    def _reveal(self, number: int) -> None:
        path = self._path(number) if number >= 0 else None
        if path is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
