"""The bar of the lesson above the plane: what a step is about, what is to be done, and where to go."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QIcon
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from training.language import tr
from vae_desktop.labels import QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.primary_button import PrimaryButton
from vae_desktop.style import GRID, accent, icon, scaled_font, tinted_icon

_SIGN = 18


class LessonPanel(PaletteFollower):
    """Knows no lesson: it shows what it is told."""

    back_requested = Signal()
    next_requested = Signal()
    reset_requested = Signal()
    leave_requested = Signal()
    variant_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._where, self._title, self._words, self._task = QuietLabel(), QLabel(), QLabel(), QLabel()
        self._where.setWordWrap(False)
        self._title.setFont(scaled_font(self.font(), 1.1, bold=True))
        for label in (self._words, self._task):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._sign = QLabel()
        self._is_done = False
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setFixedHeight(GRID // 2)
        self._progress.setAccessibleName(tr("Progress of this step's training"))
        self.back, self.reset, self.leave = (
            QPushButton(tr("&Back")),
            QPushButton(tr("&Reset")),
            QPushButton(tr("&Leave")),
        )
        self.skip, self.next = QPushButton(tr("S&kip")), PrimaryButton(tr("&Next"), "resume")
        self.reset.setToolTip(tr("Bring this step back to how it began"))
        self.leave.setToolTip(tr("End the lesson, and open what was open before"))
        self.skip.setToolTip(tr("Go on without having done this"))
        self.next.setMinimumHeight(28)
        self._variants = QHBoxLayout()
        self.variants: list[QPushButton] = []
        for button, signal in (
            (self.back, self.back_requested),
            (self.skip, self.next_requested),
            (self.next, self.next_requested),
            (self.reset, self.reset_requested),
            (self.leave, self.leave_requested),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(signal)
        self._lay_out()

    @property
    def text(self) -> str:
        """All that is told."""
        labels = (self._where, self._title, self._words, self._task)
        return "\n".join(label.text() for label in labels)

    @property
    def is_done(self) -> bool:
        """Whether the step's task is shown as done."""
        return self._is_done

    def show_step(self, number: int, count: int, title: str, words: str, variants: Sequence[str]) -> None:
        """Show a step, counted from 0, and buttons for its variants."""
        self._where.setText(tr("Lesson, step {number} of {count}", number=number + 1, count=count))
        self._title.setText(title)
        self._words.setText(words)
        self.back.setVisible(number > 0)
        self.next.set_role(
            tr("&Finish") if number + 1 == count else tr("&Next"),
            "check" if number + 1 == count else "resume",
        )
        for button in self.variants:
            self._variants.removeWidget(button)
            button.deleteLater()
        self.variants = []
        for place, label in enumerate(variants):
            button = QPushButton(label)
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.clicked.connect(lambda _checked=False, place=place: self.variant_requested.emit(place))
            button.toggled.connect(lambda _checked: self.recolour())
            self._variants.addWidget(button)
            self.variants.append(button)
        self._say(f"{self._where.text()}. {title}. {words}")

    def show_progress(self, text: str, share: float | None) -> None:
        """Say what is waited for; ``share`` 0 to 1 of it is done, None for unknown."""
        self._show_task(text, done=False)
        self._progress.setRange(0, 0 if share is None else 1000)
        self._progress.setValue(round(1000 * (share or 0.0)))
        self._progress.show()
        self._sign.hide()
        self._let_go_on(waits=True)

    def show_task(self, text: str, *, done: bool) -> None:
        """Say what is to be done, or what was to be seen."""
        self._progress.hide()
        self._sign.show()
        self._show_task(text, done=done)
        self._let_go_on(waits=False)
        self._say(text)

    def show_variant(self, place: int) -> None:
        """Mark which of the variants is shown."""
        if 0 <= place < len(self.variants):
            self.variants[place].setChecked(True)

    def recolour(self) -> None:
        """Draw the sign in the palette's colours."""
        colour = accent(self.palette())
        sign = tinted_icon("check" if self._is_done else "chevron-right", colour, colour)
        self._sign.setPixmap(sign.pixmap(_SIGN, _SIGN))
        check = icon("check", self.palette())
        for button in self.variants:  # in dark colours styles hardly show which one is pressed
            button.setIcon(check if button.isChecked() else QIcon())

    def _show_task(self, text: str, *, done: bool) -> None:
        self._task.setText(text)
        self._is_done = done
        self.recolour()

    def _let_go_on(self, *, waits: bool) -> None:
        self.next.setVisible(self._is_done)
        self.skip.setVisible(not self._is_done)
        self.reset.setEnabled(not waits)
        for button in self.variants:
            button.setEnabled(not waits)

    def _say(self, text: str) -> None:
        if self.isVisible():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, text))

    def _lay_out(self) -> None:
        head, task = QHBoxLayout(), QHBoxLayout()
        for row in (head, task, self._variants):
            row.setSpacing(GRID)
        self._variants.setContentsMargins(0, 0, GRID, 0)
        head.addWidget(self._title)
        head.addWidget(self._where)
        head.addStretch(1)
        for button in (self.back, self.skip, self.next, self.reset, self.leave):
            head.addWidget(button)
        task.addWidget(self._sign, 0, Qt.AlignmentFlag.AlignTop)
        task.addWidget(self._task, 1)
        task.addWidget(self._progress, 1, Qt.AlignmentFlag.AlignVCenter)
        task.addLayout(self._variants)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3 // 2, GRID, GRID * 3 // 2, GRID)
        layout.setSpacing(GRID // 2)
        layout.addLayout(head)
        layout.addWidget(self._words)
        layout.addLayout(task)
        self.setAccessibleName(tr("Lesson"))
