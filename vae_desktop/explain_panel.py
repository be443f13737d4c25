"""The panel "What am I looking at?": what is pointed at, what is minimised, questions and answers."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from training.events import EpochRecord
from training.language import tr
from vae_desktop.explain_bars import Part, StackedBar, axis_parts, kl_parts, loss_parts
from vae_desktop.explain_words import Answer, Topic
from vae_desktop.labels import ElidedLabel, QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.picture_canvas import draw_picture
from vae_desktop.style import GRID, hairline, icon, quiet_text, scaled_font, tabular_font

SAMPLES = 6
_LARGEST, _SMALLEST = 96, 32


@dataclass(frozen=True, eq=False)
class Shown:
    """What is pointed at, in words and pictures.

    Attributes:
        lines: sentences.
        numbers: a line for each latent number; empty where nothing is encoded.
        pictures: captions, and images; None for one that is still to come.
        costs: of the KL's terms, of a picture.
        has_dice: whether samples can be drawn.
    """

    title: str
    lines: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    pictures: tuple[tuple[str, QImage | None], ...] = ()
    costs: tuple[Part, ...] = ()
    has_dice: bool = False


class PictureRow(QWidget):
    """Pictures side by side, with captions.

    Args:
        name: for who cannot see it.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(_LARGEST)
        self.pictures: list[tuple[str, QImage | None]] = []

    def show_pictures(self, pictures: Sequence[tuple[str, QImage | None]]) -> None:
        """Show these instead."""
        self.pictures = list(pictures)
        self.setVisible(bool(self.pictures))
        self.setAccessibleDescription(tr(", ").join(caption for caption, _image in self.pictures if caption))
        self._take_height()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Squares are as high as wide."""
        super().resizeEvent(event)
        self._take_height()

    def _side(self, width: int) -> int:
        count = max(len(self.pictures), 1)
        return max(min((width + GRID) // count - GRID, _LARGEST), _SMALLEST)

    def _take_height(self) -> None:
        line = self.fontMetrics().height() + 2 if any(caption for caption, _image in self.pictures) else 0
        self.setFixedHeight(self._side(self.width()) + line)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw those that are there, and frames for others."""
        side = self._side(self.width())
        with QPainter(self) as painter:
            for place, (caption, image) in enumerate(self.pictures):
                square = QRectF(place * (side + GRID), 0, side, side)
                if image is not None:
                    draw_picture(painter, square, image)
                else:
                    painter.setPen(hairline(self.palette()))
                    painter.drawRect(square.adjusted(0.5, 0.5, -0.5, -0.5))
                painter.setPen(quiet_text(self.palette()))
                shown = self.fontMetrics().elidedText(caption, Qt.TextElideMode.ElideMiddle, side)
                below = QRectF(square.left(), side + 2, side, self.fontMetrics().height())
                painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, shown)


class AnswerView(QWidget):
    """A question, its answer, the demonstration's button and the formula on request."""

    show_requested = Signal(object)  # explain_words.Topic

    def __init__(self, topic: Topic) -> None:
        super().__init__()
        self._question, self._words, self._figures, self._formula = QLabel(), QLabel(), QuietLabel(), QLabel()
        for label in (self._question, self._words, self._formula):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self._question.setFont(scaled_font(self._question.font(), 1.0, bold=True))
        self._formula.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.show_me, self.toggle = QPushButton(tr("Show me")), QPushButton(tr("Formula"))
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._formula.setVisible)
        self.show_me.clicked.connect(lambda: self.show_requested.emit(topic))
        self._formula.hide()
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.show_me)
        row.addWidget(self.toggle)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, GRID)
        layout.setSpacing(GRID // 2)
        for part in (self._question, self._words, self._figures):
            layout.addWidget(part)
        layout.addLayout(row)
        layout.addWidget(self._formula)

    @property
    def text(self) -> str:
        """All that is told, for who listens."""
        return "\n".join(label.text() for label in (self._question, self._words, self._figures))

    def show_answer(self, answer: Answer) -> None:
        """Show it as it is now."""
        self._question.setText(answer.question)
        self._words.setText(answer.words)
        self._figures.setText(answer.figures)
        self._figures.setVisible(bool(answer.figures))
        self._formula.setText(answer.formula)
        for button, words in ((self.show_me, tr("Show me")), (self.toggle, tr("Formula"))):
            button.setAccessibleName(f"{words}: {answer.question}")
        self.show_me.setAccessibleDescription(f"{answer.words} {answer.figures}".strip())


class ExplainPanel(PaletteFollower):
    """What the dock holds; knows no engine."""

    dice_requested = Signal()
    show_requested = Signal(object)  # explain_words.Topic

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._lines, self._numbers = ElidedLabel(), QLabel(), QLabel()
        self._title.setFont(scaled_font(self._title.font(), 1.1, bold=True))
        self._numbers.setFont(tabular_font(self._numbers.font()))
        for label in (self._lines, self._numbers):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.pictures = PictureRow(tr("What is pointed at, and how it is drawn"))
        self.costs = StackedBar(tr("What it costs in KL (nats)"))
        self.dice = QPushButton(tr("Draw from its distribution"))
        self.dice.setToolTip(
            tr("Decodes {count} random draws z ~ N(μ, Σ) of this picture's distribution", count=SAMPLES)
        )
        self.dice.clicked.connect(self.dice_requested)
        self.samples = PictureRow(tr("Samples of this picture's distribution"))
        self.loss = StackedBar(tr("What is minimised (nats a picture)"))
        self.kl = StackedBar(tr("The KL alone, enlarged"))
        self.axes = StackedBar(tr("The KL by latent number"))
        self._no_loss = QuietLabel(tr("Known after the first epoch of a training."))
        self.answers = {topic: AnswerView(topic) for topic in Topic}
        self._lay_out()
        self.show_subject(Shown(""))
        self.show_epoch(None)
        self.recolour()

    @property
    def text(self) -> str:
        """What is told of what is pointed at."""
        return "\n".join(label.text() for label in (self._title, self._lines, self._numbers))

    def show_subject(self, shown: Shown) -> None:
        """Tell of something else."""
        self._title.show_text(shown.title)
        for label, lines in ((self._lines, shown.lines), (self._numbers, shown.numbers)):
            label.setText("\n".join(lines))
            label.setVisible(bool(lines))
        self.pictures.show_pictures(shown.pictures)
        self.costs.show_parts(shown.costs)
        self.costs.setVisible(bool(shown.costs))
        self.dice.setVisible(shown.has_dice)

    def show_samples(self, images: Sequence[QImage | None]) -> None:
        """Show what draws decode to; None for one that is still to come."""
        self.samples.show_pictures([("", image) for image in images])

    def show_epoch(self, record: EpochRecord | None) -> None:
        """Show the loss of an epoch; None for none yet."""
        for bar in (self.loss, self.kl, self.axes):
            bar.setVisible(record is not None)
        self._no_loss.setVisible(record is None)
        if record is not None:
            self.loss.show_parts(loss_parts(record.train))
            self.kl.show_parts(kl_parts(record.judged))
            self.axes.show_parts(axis_parts(record.axis_kl))
            self.axes.setVisible(bool(record.axis_kl))

    def show_answers(self, answers: Sequence[Answer]) -> None:
        """Show them as they are now."""
        for answer in answers:
            self.answers[answer.topic].show_answer(answer)

    def recolour(self) -> None:
        """Load the icon in the palette's colours."""
        self.dice.setIcon(icon("dice", self.palette()))

    def _lay_out(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(GRID, GRID, GRID, GRID)
        column.setSpacing(GRID)
        for widget in (
            self._title,
            self._lines,
            self.pictures,
            self._numbers,
            self.costs,
            self.dice,
            self.samples,
        ):
            column.addWidget(widget)
        column.addWidget(_rule())
        for widget in (self.loss, self.kl, self.axes, self._no_loss):
            column.addWidget(widget)
        column.addWidget(_rule())
        for answer in self.answers.values():
            answer.show_requested.connect(self.show_requested)
            column.addWidget(answer)
        column.addStretch(1)
        area = QScrollArea()
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # so that arrow keys scroll it
        area.setAccessibleName(tr("What am I looking at?"))
        area.setWidgetResizable(True)
        area.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(area)


def _rule() -> QFrame:
    rule = QFrame()
    rule.setFrameShape(QFrame.Shape.HLine)
    rule.setFrameShadow(QFrame.Shadow.Plain)
    return rule
