"""What is to be exported: a picture, the plane, a sheet, single frames or a film, and how large."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from training.errors import VaeError
from training.film import HIGHEST_FPS, check_count, estimated_bytes
from training.language import mark, size_words, tr, trn
from training.mp4 import find_ffmpeg, no_ffmpeg
from training.stills import MOST_ENLARGED, check_pixels
from vae_desktop.labels import QuietLabel
from vae_desktop.primary_button import PrimaryButton
from vae_desktop.style import GRID

MOST_PLANE_SCALE = 4
_MOST_SHEET = 400
_SHEET_GAP = 2


class Kind(Enum):
    """What is written."""

    STILL = mark("Picture under the handle")
    PLANE = mark("The plane as it is shown")
    SHEET = mark("Contact sheet of the path")
    FRAMES = mark("Single frames of the path, in a new folder")
    FILM = mark("Film of the path")

    @property
    def needs_path(self) -> bool:
        """Whether there has to be a path."""
        return self in (Kind.SHEET, Kind.FRAMES, Kind.FILM)


@dataclass(frozen=True)
class Export:
    """What was chosen.

    Attributes:
        scale: how many times as large as it is.
        smooth: by a filter; else pixels become squares.
        ending: of the file, with its dot; "" for a folder.
        fps: frames a second.
        pictures: of a contact sheet.
        captions: whether the time stands below each of them.
    """

    kind: Kind
    scale: int = 1
    smooth: bool = True
    ending: str = ".png"
    fps: float = 25.0
    pictures: int = 24
    captions: bool = True

    @property
    def name(self) -> str:
        """A name to propose."""
        stem = {Kind.STILL: "picture", Kind.PLANE: "plane", Kind.SHEET: "sheet", Kind.FRAMES: "frames"}
        return stem.get(self.kind, "walk") + self.ending


@dataclass(frozen=True)
class Sizes:
    """What there is to export.

    Attributes:
        picture: side of a decoding, pixels.
        plane: of the plane, pixels.
        seconds: how long the path takes; None where there is none.
        why_no_path: in a sentence.
    """

    picture: int
    plane: QSize
    seconds: float | None
    closed: bool = False
    why_no_path: str = ""


class PictureExportDialog(QDialog):
    """A short form that always says what will come of it.

    Args:
        sizes: what there is to export.
        proposed: what to begin with.
        find_mp4: tells whether MP4 films can be written.
    """

    decided = Signal(object)  # Export

    def __init__(
        self,
        parent: QWidget | None,
        sizes: Sizes,
        proposed: Export,
        find_mp4: Callable[[], object] = find_ffmpeg,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Export"))
        self._sizes, self._find_mp4 = sizes, find_mp4
        self._kind = QComboBox()
        for kind in Kind:
            self._kind.addItem(tr(kind.value), kind.name)
        self._format = QComboBox()
        for name, ending in (("GIF", ".gif"), ("WebP", ".webp"), ("MP4", ".mp4")):
            self._format.addItem(name, ending)
        self._scale = QComboBox()
        self._look = QComboBox()
        self._look.addItems([tr("Smooth"), tr("Square pixels")])
        self._look.setToolTip(tr("Smooth: Lanczos' filter. Square pixels: every pixel becomes a square."))
        self._fps = QDoubleSpinBox(decimals=1, minimum=1.0, maximum=60.0)
        self._pictures = QSpinBox(minimum=2, maximum=_MOST_SHEET)
        self._captions = QCheckBox(tr("Write the time below each picture"))
        self._summary = QuietLabel()
        self._summary.setWordWrap(True)
        self._begin = PrimaryButton(tr("Export…"), "export")
        self._begin.setDefault(True)
        self._begin.clicked.connect(self._decide)
        self._build()
        self._show(proposed)
        self._kind.currentIndexChanged.connect(self._on_kind)
        for box in (self._format, self._scale, self._look):
            box.currentIndexChanged.connect(self._update)
        self._fps.valueChanged.connect(self._update)
        self._pictures.valueChanged.connect(self._update)

    @property
    def chosen(self) -> Export:
        """What the form says."""
        kind = Kind[self._kind.currentData()]
        ending = {Kind.FILM: str(self._format.currentData()), Kind.FRAMES: ""}.get(kind, ".png")
        return Export(
            kind=kind,
            scale=self._scale.currentIndex() + 1,
            smooth=self._look.currentIndex() == 0,
            ending=ending,
            fps=self._fps.value(),
            pictures=self._pictures.value(),
            captions=self._captions.isChecked(),
        )

    def _build(self) -> None:
        self._form = QFormLayout()
        self._form.setSpacing(GRID)
        for text, field in (
            (tr("E&xport"), self._kind),
            (tr("F&ormat"), self._format),
            (tr("&Size"), self._scale),
            (tr("&Enlarged"), self._look),
            (tr("&Frames a second"), self._fps),
            (tr("&Pictures"), self._pictures),
            ("", self._captions),
        ):
            self._form.addRow(text, field)
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._begin)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addLayout(self._form)
        layout.addWidget(self._summary)
        layout.addStretch(1)
        layout.addLayout(buttons)
        self.setMinimumWidth(420)

    def _show(self, export: Export) -> None:
        self._kind.setCurrentIndex(self._kind.findData(export.kind.name))
        self._format.setCurrentIndex(max(self._format.findData(export.ending), 0))
        self._look.setCurrentIndex(0 if export.smooth else 1)
        self._fps.setValue(export.fps)
        self._pictures.setValue(export.pictures)
        self._captions.setChecked(export.captions)
        self._fill_scales(export.scale)
        self._update()

    def _on_kind(self) -> None:
        self._fill_scales(self._scale.currentIndex() + 1)
        self._update()

    def _fill_scales(self, scale: int) -> None:
        """Offer what the kind can be enlarged to."""
        is_plane = Kind[self._kind.currentData()] is Kind.PLANE
        base = self._sizes.plane if is_plane else QSize(self._sizes.picture, self._sizes.picture)
        self._scale.blockSignals(True)
        self._scale.clear()
        for times in range(1, (MOST_PLANE_SCALE if is_plane else MOST_ENLARGED) + 1):
            size = base * times
            pixels = tr("{width:,} × {height:,} pixels", width=size.width(), height=size.height())
            self._scale.addItem(f"{times}×   {pixels}")
        self._scale.setCurrentIndex(min(scale, self._scale.count()) - 1)
        self._scale.blockSignals(False)

    def _update(self) -> None:
        export = self.chosen
        shown = {
            self._format: export.kind is Kind.FILM,
            self._look: export.kind is not Kind.PLANE and export.scale > 1,
            self._fps: export.kind in (Kind.FILM, Kind.FRAMES),
            self._pictures: export.kind is Kind.SHEET,
            self._captions: export.kind is Kind.SHEET,
        }
        for field, visible in shown.items():
            self._form.setRowVisible(field, visible)
        self._fps.setMaximum(HIGHEST_FPS.get(export.ending, 60.0))
        try:
            self._summary.setText(self._words(self.chosen))
            self._begin.setEnabled(True)
        except VaeError as error:
            self._summary.setText(str(error))
            self._begin.setEnabled(False)

    def _words(self, export: Export) -> str:
        """What will come of it; raises :class:`VaeError` where nothing can."""
        side = self._sizes.picture * export.scale
        if export.kind is Kind.PLANE:
            check_pixels(self._sizes.plane.width() * export.scale, self._sizes.plane.height() * export.scale)
        if not export.kind.needs_path:
            return tr("A PNG file. Drop it on the window to come back to where it was made.")
        if self._sizes.seconds is None:
            raise VaeError(self._sizes.why_no_path or tr("A path needs two stops."))
        if export.kind is Kind.SHEET:
            columns = sheet_columns(export.pictures)
            rows = -(-export.pictures // columns)
            check_pixels(columns * (side + _SHEET_GAP), rows * (side + _SHEET_GAP))
            return tr("A PNG file with {columns} × {rows} pictures.", columns=columns, rows=rows)
        frames = max(round(self._sizes.seconds * export.fps), 1) + (0 if self._sizes.closed else 1)
        check_count(frames)
        if export.ending == ".mp4" and self._find_mp4() is None:
            raise no_ffmpeg()
        size = size_words(estimated_bytes(export.ending or ".png", side, side, frames))
        return tr(
            "{frames}, {seconds:.1f} s, at most about {size}.",
            frames=trn("{count} frame", "{count} frames", frames),
            seconds=self._sizes.seconds,
            size=size,
        )

    def _decide(self) -> None:
        self.decided.emit(self.chosen)
        self.accept()


def sheet_columns(pictures: int) -> int:
    """How many pictures stand side by side on a contact sheet, which is about as wide as it is high."""
    return max(round(math.sqrt(pictures) * 1.2), 1)


def proposed(kind: Kind, sizes: Sizes, before: Export | None) -> Export:
    """What to begin the form with: as it was before, else large enough to be looked at."""
    side = 256 if kind is Kind.FILM else 512  # a film of larger pictures takes minutes
    scale = max(min(side // sizes.picture, MOST_ENLARGED), 1)
    usual = Export(kind, 2 if kind is Kind.PLANE else scale, ending=".webp")
    return usual if before is None else replace(before, kind=kind, scale=before.scale)
