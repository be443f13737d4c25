"""The pictures of one's own that stand next to a decoding, and what that says of it."""

from dataclasses import dataclass
from pathlib import PurePath

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QAbstractButton,
    QLabel,
    QSizePolicy,
    QStyle,
    QStyleOptionFocusRect,
    QVBoxLayout,
    QWidget,
)

from training.language import mark, tr
from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import kept_together, one_line, tooltip_text
from vae_desktop.style import GRID, quiet_text, tabular_font

_THUMBNAIL = 56
_LINES = 2  # of a sentence, unless the panel is narrow
GUESS = mark("No picture of yours lies near: the model is guessing here.")
_GUESS_HELP = mark(
    "No picture's posterior (where the model thinks that it may lie) reaches here within three standard"
    " deviations, and the nearest one is farther than your pictures usually are from each other."
)
_TITLE_HELP = mark(
    "Two ways of being near: what the model takes for alike, by where it places pictures in its latent space;"
    " and what differs least, pixel by pixel. A click opens the picture's folder."
)
_PLACED_HELP = mark(
    "How far the model places this picture from the handle, in standard deviations of the prior (σ)."
)
_SEEN_HELP = mark(
    "How much the drawn picture differs from this one: the root mean square difference of all pixels,"
    " as a share of that between black and white."
)
_NOVELTY_HELP = mark(
    "By the distance in pixels, compared with how far your own pictures are from the nearest other one."
    " Less than half as far from a picture as any other of yours is counts as a copy of it; farther than half"
    " of your pictures are from their nearest counts as new."
)


@dataclass(frozen=True)
class NearPicture:
    """A picture of one's own beside a decoding.

    Attributes:
        number: of the picture in its project.
        pixels: uint8 [S, S, C].
        name: of its file, or the path; shown as plain text.
    """

    number: int
    pixels: NDArray[np.uint8]
    name: str


class _NearestButton(QAbstractButton):
    """A picture of the user's with its file name, in what way it is near, and how near."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.number = -1
        self._picture = QPixmap()
        self._lines: tuple[str, ...] = ()

    def show_nearest(self, near: NearPicture, way: str, distance: str, explained: str) -> None:
        """Show a picture; the name may come from anywhere and may be a whole path."""
        self._picture = QPixmap.fromImage(to_qimage(near.pixels))
        self.number = near.number
        name = one_line(PurePath(near.name).name or near.name)
        self._lines = name, way, distance
        # Not setText: an ampersand in a file name would become a shortcut.
        self.setAccessibleName(tr("Nearest of yours: {name}", name=name))
        self.setAccessibleDescription(f"{way}, {distance}")
        self.setToolTip(tooltip_text(f"{one_line(near.name)}. {explained}"))
        self.update()

    def sizeHint(self) -> QSize:
        """One thumbnail high."""
        return QSize(200, _THUMBNAIL + GRID)

    def minimumSizeHint(self) -> QSize:
        """The thumbnail and some of the name."""
        return QSize(_THUMBNAIL + 80, _THUMBNAIL + GRID)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the thumbnail and the lines."""
        with QPainter(self) as painter:
            palette = self.palette()
            if self.underMouse() or self.isDown():
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(palette.midlight() if self.isDown() else palette.alternateBase())
                painter.drawRoundedRect(self.rect(), 6, 6)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            picture = QRectF(0, GRID / 2, _THUMBNAIL, _THUMBNAIL)
            painter.drawPixmap(picture, self._picture, QRectF(self._picture.rect()))
            self._draw_lines(painter, picture.right() + 12)
            if self.hasFocus():
                option = QStyleOptionFocusRect()
                option.initFrom(self)
                self.style().drawPrimitive(QStyle.PrimitiveElement.PE_FrameFocusRect, option, painter, self)

    def _draw_lines(self, painter: QPainter, left: float) -> None:
        metrics = self.fontMetrics()
        line, room = metrics.height(), self.width() - left - 8
        top = (self.height() - line * len(self._lines)) / 2
        painter.setFont(tabular_font(self.font()))
        painter.setPen(self.palette().windowText().color())
        for place, text in enumerate(self._lines):
            # Of a file's name the end is worth more than the middle; of words and numbers it is not.
            mode = Qt.TextElideMode.ElideRight if place else Qt.TextElideMode.ElideMiddle
            shown = metrics.elidedText(text, mode, int(room))
            area = QRectF(left, top + place * line, room, line)
            painter.drawText(area, Qt.AlignmentFlag.AlignVCenter, shown)
            painter.setPen(quiet_text(self.palette()))


class NearestView(QWidget):
    """Nothing until there is something to show; then places that do not move while a handle is dragged."""

    activated = Signal(int)  # a picture, whose folder is wanted

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = QLabel(tr("Nearest of yours"))
        self._title.setToolTip(tooltip_text(tr(_TITLE_HELP)))
        self._placed, self._seen = _NearestButton(), _NearestButton()
        self._novelty, self._guess = _text_label(), _text_label()
        self._novelty.setToolTip(tooltip_text(tr(_NOVELTY_HELP)))
        for label in (self._novelty, self._guess):
            label.setMinimumHeight(_LINES * self.fontMetrics().lineSpacing())
        self._guess.setText(tr(GUESS))
        self._progress = _text_label()
        self._guess.setToolTip(tooltip_text(tr(_GUESS_HELP)))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        for widget in (self._title, self._placed, self._seen, self._progress, self._novelty, self._guess):
            layout.addWidget(widget)
        layout.addStretch(1)
        for button in (self._placed, self._seen):
            button.clicked.connect(lambda _checked=False, button=button: self.activated.emit(button.number))
        self.clear()

    def show_nearest(
        self, placed: tuple[NearPicture, float] | None, seen: tuple[NearPicture, float] | None
    ) -> None:
        """Show what is nearest to the decoding; a picture that is so in both ways, once.

        Args:
            placed: by where the model places it, and how far it is, in σ of the prior.
            seen: in pixels, and how far, from 0 to 1; None while it is not known.
        """
        is_same = placed is not None and seen is not None and placed[0].number == seen[0].number
        if placed is not None and seen is not None and is_same:
            distances = f"{_sigmas(placed[1])}, {_percent(seen[1])}"
            explained = f"{tr(_PLACED_HELP)} {tr(_SEEN_HELP)}"
            self._placed.show_nearest(placed[0], tr("to the model and in pixels"), distances, explained)
        elif placed is not None:
            self._placed.show_nearest(placed[0], tr("to the model"), _sigmas(placed[1]), tr(_PLACED_HELP))
        if seen is not None and not is_same:
            self._seen.show_nearest(seen[0], tr("in pixels"), _percent(seen[1]), tr(_SEEN_HELP))
        self._title.setVisible(placed is not None or seen is not None)
        _keep_place(self._seen, keep=seen is not None)
        self._placed.setVisible(placed is not None)
        self._seen.setVisible(seen is not None and not is_same)

    def show_progress(self, share: float) -> None:
        """Tell how far the preparation for searches in pixels is, 0 to 1; 1 when it is done."""
        self._progress.setText(
            tr("Comparing your pictures with each other: {percent:.0f} %", percent=100 * share)
        )
        self._progress.setVisible(share < 1.0 and self._title.isVisibleTo(self))

    def show_novelty(self, sentence: str, *, is_guess: bool) -> None:
        """Say whether the decoding is new, '' for nothing, and whether the model is guessing."""
        _keep_place(self._guess, keep=is_guess or not self._title.isHidden())
        self._novelty.setText(kept_together(sentence))
        self._novelty.setVisible(bool(sentence))
        self._guess.setVisible(is_guess)
        said = (sentence, tr(GUESS) if is_guess else "")
        self.setAccessibleDescription(" ".join(text for text in said if text))

    def clear(self) -> None:
        """Show nothing."""
        self.show_nearest(None, None)
        self.show_novelty("", is_guess=False)
        self._progress.hide()


def _percent(distance: float) -> str:
    return tr("{percent:.1f} % off", percent=100 * distance)


def _sigmas(distance: float) -> str:
    return tr("{distance:.2f} σ away", distance=distance)


def _text_label() -> QLabel:
    label = QLabel(textFormat=Qt.TextFormat.PlainText, wordWrap=True)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    return label


def _keep_place(widget: QWidget, *, keep: bool) -> None:
    """Whether a widget's place stays empty when it is hidden, so that nothing below it moves."""
    policy = widget.sizePolicy()
    policy.setRetainSizeWhenHidden(keep)
    widget.setSizePolicy(policy)
    widget.updateGeometry()
