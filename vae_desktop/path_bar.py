"""The bar below the plane that plays a path and says how it goes; it is only there while there is a path."""

from dataclasses import replace

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from training.language import mark, tr
from training.paths import HIGHEST_SPEED, LOWEST_SPEED, MOST_SECONDS, Easing, PathKind, PathSettings
from vae_desktop.labels import ElidedLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.style import GRID, icon, tabular_font

_STEPS = 1_000  # of the slider
_KINDS = {
    PathKind.SMOOTH: (mark("Smooth"), mark("A curve through the stops without corners")),
    PathKind.STRAIGHT: (mark("Straight"), mark("In straight lines from stop to stop")),
    PathKind.DATA: (
        mark("Along data"),
        mark(
            "The way on which the picture changes least, and which stays where your pictures are"
            " (a geodesic of the decoder)"
        ),
    ),
}
_SPEED, _WHOLE = 0, 1


class PathBar(PaletteFollower):
    """Two lines of controls. It changes nothing by itself: what a person does goes out as a signal."""

    play_toggled = Signal()
    sought = Signal(float)  # how far along, 0 to 1
    repeat_toggled = Signal(bool)
    settings_changed = Signal(object)  # paths.PathSettings
    export_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Path"))
        self._settings = PathSettings()
        self._is_playing = False
        self._play = self._button(tr("Play the path (Space)"), tr("Play"))
        self._play.clicked.connect(self.play_toggled)
        self._repeat = self._button(tr("Begin again at the end"), tr("Repeat"), checkable=True)
        self._repeat.setChecked(True)
        self._repeat.toggled.connect(self.repeat_toggled)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, _STEPS)
        self._slider.setPageStep(_STEPS // 10)
        self._slider.setSingleStep(_STEPS // 100)
        self._slider.setMinimumWidth(60)
        self._slider.setAccessibleName(tr("Position on the path"))
        self._slider.valueChanged.connect(lambda value: self.sought.emit(value / _STEPS))
        self._time = ElidedLabel()
        self._time.setFont(tabular_font(self.font()))
        self.stops_menu = QMenu(self)
        self._stops = self._button(tr("Stops: let them be chosen, or remove them"), tr("Stops"))
        self._stops.setMenu(self.stops_menu)
        self._stops.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._export = self._button(tr("Export the path as a film or as pictures…"), tr("Export"))
        self._export.clicked.connect(self.export_requested)
        self._build_settings()
        self._lay_out()
        self.recolour()
        self.show_settings(PathSettings())
        self.show_position(0.0, 0.0)
        self.hide()

    def _build_settings(self) -> None:
        self._kind = QComboBox()
        for kind, (text, tip) in _KINDS.items():
            self._kind.addItem(tr(text), kind)
            self._kind.setItemData(self._kind.count() - 1, tr(tip), Qt.ItemDataRole.ToolTipRole)
        self._kind.setAccessibleName(tr("How the path goes from stop to stop"))
        self._kind.currentIndexChanged.connect(lambda: self._change(kind=PathKind(self._kind.currentData())))
        self._closed = self._button(tr("Return to the first stop"), tr("Closed"), checkable=True)
        self._closed.toggled.connect(lambda closed: self._change(closed=closed))
        self._ease = self._button(tr("Slow down at every stop"), tr("Ease"), checkable=True)
        self._ease.toggled.connect(lambda eases: self._change(easing=Easing.LEGS if eases else Easing.NONE))
        self._timing = QComboBox()
        self._timing.addItems([tr("Speed"), tr("Duration")])
        self._timing.setToolTip(tr("Whether the speed is chosen or how long the whole path takes"))
        self._timing.setAccessibleName(tr("Speed or duration"))
        self._timing.activated.connect(self._on_timing)
        self._amount = self._spin("")
        self._amount.valueChanged.connect(self._on_amount)
        self._pause = self._spin(tr("How long it stays at every stop"))
        self._pause.setAccessibleName(tr("Pause at every stop, in seconds"))
        self._pause.setPrefix(f"{tr('stay')} ")
        self._pause.setSuffix(" s")
        self._pause.setRange(0.0, 60.0)
        self._pause.setSingleStep(0.5)
        self._pause.valueChanged.connect(lambda value: self._change(pause=value))

    def _lay_out(self) -> None:
        rows = QVBoxLayout(self)
        rows.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        rows.setSpacing(GRID // 2)
        upper, lower = QHBoxLayout(), QHBoxLayout()
        for row in (upper, lower):
            row.setSpacing(GRID // 2)
            rows.addLayout(row)
        upper.addWidget(self._play)
        upper.addWidget(self._repeat)
        upper.addWidget(self._slider, 1)
        upper.addWidget(self._time)
        upper.addWidget(self._stops)
        upper.addWidget(self._export)
        for widget in (self._kind, self._closed, self._ease, self._timing, self._amount, self._pause):
            lower.addWidget(widget)
        lower.addStretch(1)
        for box in (self._kind, self._timing):
            box.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
            box.setMinimumContentsLength(6)

    # ------------------------------------------------------------------ what is shown

    def show_settings(self, settings: PathSettings) -> None:
        """Show how the path goes."""
        self._settings = settings
        widgets = (self._kind, self._closed, self._ease, self._timing, self._amount, self._pause)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self._kind.setCurrentIndex(self._kind.findData(settings.kind))
        self._kind.setToolTip(tr(_KINDS[settings.kind][1]))
        self._closed.setChecked(settings.closed)
        self._ease.setChecked(settings.easing is Easing.LEGS)
        self._timing.setCurrentIndex(_SPEED if settings.seconds is None else _WHOLE)
        self._pause.setValue(settings.pause)
        if settings.seconds is None:
            self._amount.setRange(LOWEST_SPEED, HIGHEST_SPEED)
            self._amount.setSingleStep(0.1)
            self._amount.setSuffix(" σ/s")
            self._amount.setValue(settings.speed)
            tip = tr("Speed, in standard deviations (σ) of the prior a second")
        else:
            self._amount.setRange(0.1, MOST_SECONDS)
            self._amount.setSingleStep(1.0)
            self._amount.setSuffix(" s")
            self._amount.setValue(settings.seconds)
            tip = tr("How long the whole path takes, in seconds")
        self._amount.setToolTip(tip)
        self._amount.setAccessibleName(tip)
        del blockers

    def show_position(self, seconds: float, total: float) -> None:
        """Show how far along one is; a total of 0 means that there is nothing to play."""
        has_path = total > 0
        for widget in (self._play, self._slider, self._export):
            widget.setEnabled(has_path)
        with QSignalBlocker(self._slider):
            self._slider.setValue(round(seconds / total * _STEPS) if has_path else 0)
        if has_path:
            self._time.setText(tr("{seconds:.1f} / {total:.1f} s", seconds=seconds, total=total))

    def show_hint(self, text: str) -> None:
        """Say in place of the time why there is nothing to play."""
        self._time.setText(text)

    def show_playing(self, playing: bool) -> None:
        """Whether it is played."""
        self._is_playing = playing
        self._play.setText(tr("Pause") if playing else tr("Play"))
        self._play.setAccessibleName(self._play.text())
        self._play.setToolTip(tr("Pause the path (Space)") if playing else tr("Play the path (Space)"))
        self.recolour()

    def recolour(self) -> None:
        """Load icons in the palette's colours."""
        palette = self.palette()
        for button, name in (
            (self._play, "pause" if self._is_playing else "resume"),
            (self._repeat, "loop"),
            (self._stops, "dice"),
            (self._export, "export"),
            (self._closed, "closed"),
            (self._ease, "ease"),
        ):
            button.setIcon(icon(name, palette))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space plays and pauses."""
        if event.key() == Qt.Key.Key_Space and self._play.isEnabled():
            self.play_toggled.emit()
        else:
            super().keyPressEvent(event)

    # ------------------------------------------------------------------ what is chosen

    def _change(self, **changes: object) -> None:
        self._settings = replace(self._settings, **changes)  # type: ignore[arg-type]
        self.settings_changed.emit(self._settings)

    def _on_timing(self, timing: int) -> None:
        self._change(seconds=None if timing == _SPEED else self._usual_seconds)

    @property
    def _usual_seconds(self) -> float:
        return self._settings.seconds or 10.0

    def _on_amount(self, value: float) -> None:
        if self._settings.seconds is None:
            self._change(speed=value)
        else:
            self._change(seconds=value)

    def _button(self, tip: str, name: str, *, checkable: bool = False) -> QToolButton:
        button = QToolButton()
        button.setIconSize(QSize(18, 18))
        button.setAutoRaise(True)
        button.setCheckable(checkable)
        button.setToolTip(tip)
        button.setText(name)
        button.setAccessibleName(name)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return button

    def _spin(self, tip: str) -> QDoubleSpinBox:
        spin = QDoubleSpinBox()
        spin.setDecimals(1)
        spin.setKeyboardTracking(False)
        spin.setToolTip(tip)
        return spin
