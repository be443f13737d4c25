"""Two planes side by side, what links them, and above them what is trained."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from training.language import mark, tr
from vae_desktop.labels import QuietLabel
from vae_desktop.message_strip import MessageStrip
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.style import GRID, icon
from vae_desktop.twin_bar import TwinBar
from vae_desktop.twin_view import TwinView

_SIZE, _SMALLEST = QSize(1240, 780), QSize(900, 600)
SAME_PICTURE, SAME_PLACE = 0, 1
_LINKINGS = (
    (
        mark("the same &picture"),
        mark("Both handles stand where their model has the same picture; a dragged one jumps to pictures."),
    ),
    (
        mark("the same p&lace"),
        mark("Both handles have the same latent numbers; both planes show the same extent."),
    ),
)


class TwinWindow(PaletteFollower):
    """A window of its own.

    Args:
        parent: the window that it belongs to.
        trains: whether two trainings can be begun here; else two finished ones are looked at.

    Attributes:
        views: the left and the right side.
        bar: what to train; None where nothing is.
        messages: what happened, above the planes.
    """

    closed = Signal()
    linking_chosen = Signal(int)  # SAME_PICTURE or SAME_PLACE
    fit_requested = Signal()

    def __init__(self, parent: QWidget | None, *, trains: bool) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Two planes"))
        self.bar = TwinBar() if trains else None
        self.messages = MessageStrip()
        self.views = (TwinView(mirrored=False), TwinView(mirrored=True))
        self._buttons = QButtonGroup(self)
        self._linking_help = QuietLabel()
        self._fit = QToolButton(autoRaise=True)
        self._fit.setToolTip(tr("Show all pictures on both planes"))
        self._fit.setAccessibleName(tr("Show all pictures on both planes"))
        self._fit.clicked.connect(self.fit_requested)
        self._lay_out()
        self._buttons.idClicked.connect(self._on_linking)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Close), self, self.close)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)
        self.recolour()
        self.show_linking(SAME_PICTURE)

    def show_linking(self, linking: int) -> None:
        """Show how the planes are linked."""
        self._buttons.button(linking).setChecked(True)
        self._linking_help.setText(tr(_LINKINGS[linking][1]))

    def set_can_share_place(self, possible: bool) -> None:
        """Whether both latent spaces have as many numbers."""
        button = self._buttons.button(SAME_PLACE)
        button.setEnabled(possible)
        button.setToolTip(
            tr(_LINKINGS[SAME_PLACE][1])
            if possible
            else tr("The two models do not have as many latent numbers as each other.")
        )

    def recolour(self) -> None:
        """Load the icon in the palette's colours."""
        self._fit.setIcon(icon("fit-view", self.palette()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Tell that it is gone."""
        super().closeEvent(event)
        self.closed.emit()

    def _on_linking(self, linking: int) -> None:
        self.show_linking(linking)
        self.linking_chosen.emit(linking)

    def _lay_out(self) -> None:
        links = QHBoxLayout()
        links.setSpacing(2 * GRID)
        links.addWidget(QLabel(tr("Linked by")))
        for number, (text, tip) in enumerate(_LINKINGS):
            button = QRadioButton(tr(text))
            button.setToolTip(tr(tip))
            self._buttons.addButton(button, number)
            links.addWidget(button)
        links.addWidget(self._linking_help, 1)
        links.addWidget(self._fit)
        planes = QHBoxLayout()
        planes.setSpacing(2 * GRID)
        for view in self.views:
            planes.addWidget(view, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        if self.bar is not None:
            column.addWidget(self.bar)
        column.addWidget(self.messages)
        column.addLayout(links)
        column.addLayout(planes, 1)
