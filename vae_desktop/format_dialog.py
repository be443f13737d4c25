"""How pictures are made alike before they are learnt: size, colours, framing, with a preview that follows."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QDialog,
    QFormLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from training.image_format import ImageFormat
from training.language import mark, tr
from training.moving_pictures import can_read_films
from training.setting_help import LARGEST_SIZE, SIZE_STEP, SMALLEST_SIZE
from vae_desktop.labels import ElidedLabel, QuietLabel
from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import tooltip_text
from vae_desktop.style import GRID, scaled_font

_COLUMNS, _ROWS = 4, 3
_PICTURE = 104
_SIZE = QSize(800, 480)
_SIZES = tuple(range(SMALLEST_SIZE, 129, SIZE_STEP)) + tuple(range(160, LARGEST_SIZE + 1, 32))
# What can be chosen: the field, its title, and (value, what it is called, what it means) each.
_Option = tuple[Any, str, str]
_CHOICES: tuple[tuple[str, str, tuple[_Option, ...]], ...] = (
    (
        "channels",
        mark("Colours"),
        (
            (3, mark("in colour"), ""),
            (1, mark("in grey"), mark("Learnt faster, and better where colours do not matter.")),
        ),
    ),
    (
        "framing",
        mark("Framing"),
        (
            ("crop", mark("the middle"), mark("The square in the middle; what lies beside it is cut off.")),
            ("fit", mark("the whole"), mark("All of it, with a border where it is not square.")),
            ("stretch", mark("stretched"), mark("All of it, distorted to a square.")),
        ),
    ),
    (
        "background",
        mark("Behind what is transparent"),
        (("white", mark("white"), ""), ("black", mark("black"), "")),
    ),
)


_EVERY_FRAME = (0, 1, 2, 5, 10, 25, 100)


class FormatDialog(QDialog):
    """Asks how pictures are to be read; shows some of them so.

    Args:
        title: of the folder.
        preview: what an import would make of one of the pictures, by number, uint8 [S, S, C].
    """

    chosen = Signal(object, int)  # ImageFormat, every so many-th frame of animations and films

    def __init__(
        self, parent: QWidget | None, title: str, preview: Callable[[int, ImageFormat], NDArray[np.uint8]]
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("How pictures are read"))
        self._preview = preview
        self._count = 0
        self._suggested: ImageFormat | None = None
        self._is_chosen = False
        self.image_format = ImageFormat(64, 3)
        self._title = ElidedLabel()
        self._title.setFont(scaled_font(self._title.font(), 1.1, bold=True))
        self._title.show_text(title)
        self._why, self._note = QuietLabel(), QuietLabel()
        self._sizes, self._frames = QComboBox(), QComboBox()
        self._groups: dict[str, QButtonGroup] = {}
        self._pictures = [QLabel() for _ in range(_COLUMNS * _ROWS)]
        self._reset = QPushButton(tr("As &suggested"))
        self._accept = QPushButton(tr("&Read the pictures"))
        self._lay_out()
        self.resize(_SIZE)
        self._show_format()

    @property
    def every_frame(self) -> int:
        """Every so many-th frame of animations and films; 0 for the first alone, and no films."""
        chosen: int = self._frames.currentData()
        return chosen

    def show_waiting(self) -> None:
        """Say that the folder is being looked at."""
        self._why.setText(tr("Looking at the pictures…"))
        self._accept.setEnabled(False)

    def show_pictures(self, count: int) -> None:
        """Preview so many pictures."""
        self._count = count
        self._draw()

    def begin_with(self, image_format: ImageFormat, every_frame: int, why: str) -> None:
        """Start from a format and frames that stay until others are chosen by hand."""
        self._is_chosen = True
        self._why.setText(why)
        self._take(image_format)
        _show_choice(self._frames, every_frame, self._add_frames)

    def suggest(self, image_format: ImageFormat, why: str) -> None:
        """Propose a format; what was chosen before stays."""
        self._suggested = image_format
        self._why.setText(why)
        self._accept.setEnabled(True)
        self._take(self.image_format if self._is_chosen else image_format)

    def show_note(self, text: str) -> None:
        """Say what else it comes to."""
        self._note.setText(text)
        self._note.setVisible(bool(text))

    def show_problem(self, text: str) -> None:
        """Say why the folder cannot be read."""
        self._why.setText(text)
        self._accept.setEnabled(False)

    # ------------------------------------------------------------------ parts

    def _lay_out(self) -> None:
        columns = QHBoxLayout()
        columns.setSpacing(GRID * 3)
        columns.addLayout(self._form(), 1)
        columns.addLayout(self._grid())
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        cancel = QPushButton(tr("Cancel"))
        for button in (self._reset, cancel):
            button.setAutoDefault(False)
        self._accept.setDefault(True)
        self._reset.clicked.connect(self._go_back)
        self._accept.clicked.connect(self.accept)
        cancel.clicked.connect(self.reject)
        buttons.addWidget(self._reset)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(self._accept)
        self._note.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.setSpacing(GRID)
        layout.addWidget(self._title)
        layout.addWidget(self._why)
        layout.addLayout(columns, 1)
        layout.addWidget(self._note)
        layout.addLayout(buttons)

    def _form(self) -> QFormLayout:
        form = QFormLayout()
        form.setVerticalSpacing(GRID)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapAllRows)
        for size in _SIZES:
            self._add_size(size)
        self._sizes.setAccessibleName(tr("Size in pixels"))
        self._sizes.setToolTip(tooltip_text(tr("Larger ones show more, and take longer to learn.")))
        self._sizes.activated.connect(lambda _at: self._choose("size", self._sizes.currentData()))
        form.addRow(tr("Size in pixels"), self._sizes)
        for field, title, options in _CHOICES:
            form.addRow(tr(title), self._radios(field, options))
        for every_frame in _EVERY_FRAME:
            self._add_frames(every_frame)
        self._frames.setAccessibleName(tr("Animations and films"))
        self._frames.setToolTip(tooltip_text(_about_frames()))
        form.addRow(tr("Animations and films"), self._frames)
        return form

    def _add_frames(self, every_frame: int) -> None:
        few = {0: tr("the first picture, no films"), 1: tr("every picture")}
        self._frames.addItem(
            few.get(every_frame, tr("one picture of {count}", count=every_frame)), every_frame
        )

    def _add_size(self, size: int) -> None:
        self._sizes.addItem(f"{size} × {size}", size)

    def _radios(self, field: str, options: Sequence[_Option]) -> QWidget:
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        group = self._groups[field] = QButtonGroup(self)
        for number, (value, words, meaning) in enumerate(options):
            radio = QRadioButton(tr(words))
            radio.setToolTip(tooltip_text(tr(meaning)) if meaning else "")
            radio.clicked.connect(lambda _checked=False, value=value: self._choose(field, value))
            radio.setProperty("value", value)
            group.addButton(radio, number)
            layout.addWidget(radio)
        layout.addStretch(1)
        return row

    def _grid(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setSpacing(GRID // 2)
        for number, label in enumerate(self._pictures):
            label.setFixedSize(_PICTURE, _PICTURE)
            label.setFrameShape(QFrame.Shape.NoFrame)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            grid.addWidget(label, number // _COLUMNS, number % _COLUMNS)
        grid.setRowStretch(_ROWS, 1)
        return grid

    # ------------------------------------------------------------------ what is chosen

    def accept(self) -> None:
        """Take it."""
        super().accept()
        self.chosen.emit(self.image_format, self.every_frame)

    def _go_back(self) -> None:
        if self._suggested is not None:
            self._take(self._suggested)

    def _choose(self, field: str, value: Any) -> None:
        self._is_chosen = True
        self._take(replace(self.image_format, **{field: value}))

    def _take(self, image_format: ImageFormat) -> None:
        self.image_format = image_format
        self._show_format()
        self._draw()

    def _show_format(self) -> None:
        _show_choice(self._sizes, self.image_format.size, self._add_size)
        for field, group in self._groups.items():
            wanted = getattr(self.image_format, field)
            for radio in group.buttons():
                radio.setChecked(radio.property("value") == wanted)
        self._reset.setEnabled(self._suggested not in (None, self.image_format))

    def _draw(self) -> None:
        for number, label in enumerate(self._pictures):
            label.setPixmap(self._pixmap(number) if number < self._count else QPixmap())

    def _pixmap(self, number: int) -> QPixmap:
        side = round(_PICTURE * self.devicePixelRatioF())
        pixels = QPixmap.fromImage(to_qimage(self._preview(number, self.image_format)))
        mode = Qt.TransformationMode.SmoothTransformation
        pixmap = pixels.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio, mode)
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        return pixmap


def _show_choice(box: QComboBox, value: int, add: Callable[[int], None]) -> None:
    """Show a value as the chosen one, also one that was not on offer."""
    if box.findData(value) < 0:
        add(value)
    box.setCurrentIndex(box.findData(value))


def _about_frames() -> str:
    text = tr("How many of their pictures are learnt; neighbouring ones are often nearly the same.")
    return (
        text if can_read_films() else f"{text} {tr('Films need the extra “video”, which is not installed.')}"
    )
