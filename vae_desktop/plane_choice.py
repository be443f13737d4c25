"""The line above the plane of a model with more than two latent numbers: which plane, and what it holds."""

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QSpinBox, QToolButton, QWidget

from training.language import mark, tr
from vae_desktop.labels import ElidedLabel
from vae_desktop.style import GRID

_MAIN, _NUMBERS = 0, 1
_MAIN_HELP = mark(
    "Every picture is encoded in more numbers than a plane has. Main directions are the two along which your"
    " pictures differ most (principal component analysis, PCA); or choose two of the numbers."
)
_SHARE_HELP = mark(
    "How much of the differences between your pictures is seen on this plane (share of the variance)."
)
_SLIDERS_HELP = mark("Show or hide the sliders for what is not on the plane")


class PlaneChoice(QWidget):
    """Main directions or two latent numbers; numbers are counted from 1 here and from 0 in signals."""

    chosen = Signal(object)  # two latent numbers, or None for the main directions
    sliders_toggled = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._kind = QComboBox()
        self._kind.addItems([tr("Main directions"), tr("Two numbers")])
        self._kind.setToolTip(tr(_MAIN_HELP))
        self._kind.setAccessibleName(tr("What the plane shows"))
        self._kind.currentIndexChanged.connect(self._on_kind)
        self._across = self._number(
            tr("Latent number rightwards"), tr("The latent number that grows rightwards")
        )
        self._up = self._number(tr("Latent number upwards"), tr("The latent number that grows upwards"))
        self._share = ElidedLabel()
        self._sliders = QToolButton()
        self._sliders.setText(tr("Sliders"))
        self._sliders.setObjectName("sliders")
        self._sliders.setCheckable(True)
        self._sliders.setChecked(True)
        self._sliders.setToolTip(tr(_SLIDERS_HELP))
        self._sliders.toggled.connect(self.sliders_toggled)
        self._pair = (0, 1)
        label = QLabel(tr("Plane"))
        label.setBuddy(self._kind)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        layout.setSpacing(GRID)
        for widget in (label, self._kind, self._across, self._up):
            layout.addWidget(widget)
        layout.addWidget(self._share, 1)
        layout.addWidget(self._sliders)

    @property
    def wants_sliders(self) -> bool:
        """Whether the sliders are to be seen."""
        return self._sliders.isChecked()

    def set_wants_sliders(self, wants: bool) -> None:
        """Show or hide the sliders, as the button does."""
        self._sliders.setChecked(wants)

    def show_plane(
        self, latent_dim: int, pair: tuple[int, int], share: float | None, *, is_main: bool
    ) -> None:
        """Show which plane is seen.

        Args:
            pair: the two latent numbers that it shows, or those to begin with if it is of main directions.
            share: of the pictures' variance that it holds, 0 to 1; None while it is not known.
        """
        blocked = [QSignalBlocker(widget) for widget in (self._kind, self._across, self._up)]
        self._kind.setCurrentIndex(_MAIN if is_main else _NUMBERS)
        for box, number in zip((self._across, self._up), pair, strict=True):
            box.setRange(1, latent_dim)
            box.setVisible(not is_main)
            box.setValue(number + 1)
        for blocker in blocked:
            blocker.unblock()
        self._pair = pair
        self._share.show_text(
            "" if share is None else tr("{share:.0%} of the differences", share=share), tr(_SHARE_HELP)
        )

    def _number(self, name: str, tip: str) -> QSpinBox:
        box = QSpinBox()
        box.setKeyboardTracking(False)  # typing 12 is not asking for 1
        box.setAccessibleName(name)
        box.setToolTip(tip)
        box.valueChanged.connect(self._on_number)
        return box

    def _on_kind(self, kind: int) -> None:
        self.chosen.emit(self._pair if kind == _NUMBERS else None)

    def _on_number(self) -> None:
        pair = (self._across.value() - 1, self._up.value() - 1)
        # Choosing the other direction's number swaps the two.
        self.chosen.emit(pair if pair[0] != pair[1] else self._pair[::-1])
