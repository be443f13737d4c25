"""The bar below the plane: slide through a training, play it, save it as a film."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from training.language import mark, tr
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import exact_duration, tooltip_text
from vae_desktop.replay_slider import ReplaySlider
from vae_desktop.style import GRID, accent, hairline, icon, mix, tabular_font, tinted_icon

_ICON = QSize(20, 20)
_SPEEDS = {"½×": 20.0, "1×": 10.0, "2×": 5.0, "4×": 2.5}  # seconds that the whole training takes
_SIDES = {
    mark("&Small, 480 pixels"): 480,
    mark("&Medium, 720 pixels"): 720,
    mark("&Large, 1,080 pixels"): 1080,
}
_USUAL_SIDE = 720
_NOW = mark("Now")
_NOW_HELP = mark("The plane as it is now. Slide back, or press play, to see how it came about.")
_SLIDER_HELP = mark(
    "From the first training step to the last one that was kept: evenly at first, then ever faster. A tick"
    " marks the steps of which the network was kept, too. Between kept steps the points are moved evenly."
)


class ReplayBar(PaletteFollower):
    """What is shown of a training, as a share of the way from its first kept step to the last one, 0 to 1."""

    moved = Signal(float)  # the slider, by hand
    play_toggled = Signal()
    closed = Signal()
    film_requested = Signal(int)  # a film of so many pixels a side
    pictures_requested = Signal(int)  # the same as a folder of pictures

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._is_past = self._is_playing = False
        self.slider = ReplaySlider()
        self.slider.setToolTip(tooltip_text(tr(_SLIDER_HELP)))
        self.slider.moved.connect(self.moved)
        self.slider.space_pressed.connect(self.play_toggled)
        self.setFocusProxy(self.slider)
        self._play = self._button(self.play_toggled.emit)
        self._sign = QLabel()
        stays = self._sign.sizePolicy()
        stays.setRetainSizeWhenHidden(True)  # else the slider would change its width under the hand
        self._sign.setSizePolicy(stays)
        self._step = _StepLabel()
        self._speed = QComboBox()
        for words, seconds in _SPEEDS.items():
            self._speed.addItem(words, seconds)
            tip = tr("The whole training in {seconds:g} seconds", seconds=seconds)
            self._speed.setItemData(self._speed.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self._speed.setCurrentText("1×")
        self._speed.setAccessibleName(tr("Speed of the replay"))
        self._speed.setToolTip(tr("How fast it is played: 1× shows the whole training in 10 seconds"))
        self._loop = self._button(None, tr("Play again and again"))
        self._loop.setCheckable(True)
        self._save = self._button(None, tr("Save replay as a film…"))
        self._save.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._save.setMenu(self._save_menu())
        self._close = self._button(self.closed.emit, tr("Back to the present (Esc)"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID, GRID // 2)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._play)
        layout.addWidget(self.slider, 5)
        layout.addWidget(self._sign)
        layout.addWidget(self._step, 4)
        for widget in (self._speed, self._loop, self._save, self._close):
            layout.addWidget(widget)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.recolour()
        self.show_now()

    @property
    def seconds(self) -> float:
        """How long the whole training is to be played."""
        return float(self._speed.currentData())

    @property
    def loops(self) -> bool:
        """Whether it is to begin again at the end."""
        return self._loop.isChecked()

    @property
    def is_held(self) -> bool:
        """Whether the hand holds the slider."""
        return self.slider.isSliderDown()

    def set_stops(self, frames: Sequence[float], weights: Sequence[float], last: tuple[int, float]) -> None:
        """Tell what was kept.

        Args:
            frames: where points were kept, ascending shares.
            weights: where weights were, likewise.
            last: step and seconds of the end, for which room is left.
        """
        self.slider.set_stops(frames, weights)
        self._step.make_room_for(*last)

    def show_now(self) -> None:
        """Say that the present is shown, which comes after the last kept step."""
        self.slider.show_share(1.0)
        self._say_past(False)
        self._step.show_texts([tr(_NOW)], tr(_NOW_HELP))

    def show_past(self, share: float, step: int, seconds: float, drawn_with: int | None) -> None:
        """Say that an earlier step is shown.

        Args:
            drawn_with: the step whose weights draw the map; None for those of the present.
        """
        self.slider.show_share(share)
        self._say_past(True)
        if drawn_with is None:
            drawn = tr("The map and the handles' pictures are those of now: no network of then was kept.")
        else:
            drawn = tr(
                "The map and the handles' pictures are drawn by the network of step {drawn_with:,}.",
                drawn_with=drawn_with,
            )
        help_text = tr(
            "The plane as it was after {step:,} training steps. Between kept steps the points are"
            " moved evenly. {drawn}",
            step=step,
            drawn=drawn,
        )
        self._step.show_texts(_step_texts(step, seconds), help_text)

    def show_playing(self, playing: bool) -> None:
        """Let the button say what it does next."""
        if playing != self._is_playing:
            self._is_playing = playing
            self.recolour()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A ground in a hint of the accent colour while the past is shown."""
        palette = self.palette()
        ground = palette.window().color()
        with QPainter(self) as painter:
            if self._is_past:
                painter.fillRect(self.rect(), mix(ground, accent(palette), 0.13))
            painter.setPen(
                QPen(mix(ground, accent(palette), 0.45) if self._is_past else hairline(palette), 1)
            )
            painter.drawLine(0, 0, self.width(), 0)

    def recolour(self) -> None:
        """Load icons in the palette's colours."""
        palette = self.palette()
        sign = "pause" if self._is_playing else "train"
        self._play.setIcon(icon(sign, palette))
        words = tr("Pause the replay") if self._is_playing else tr("Play the replay")
        self._play.setToolTip(tr("Pause (Space)") if self._is_playing else tr("Play (Space)"))
        self._play.setAccessibleName(words)
        for button, of in ((self._loop, "loop"), (self._save, "save"), (self._close, "cancel")):
            button.setIcon(icon(of, palette))
        colour = accent(palette)
        self._sign.setPixmap(tinted_icon("recent", colour, colour).pixmap(_ICON, self.devicePixelRatioF()))

    def _say_past(self, past: bool) -> None:
        self._sign.setVisible(past)
        if past != self._is_past:
            self._is_past = past
            self.update()

    def _button(self, clicked: Callable[[], None] | None, words: str = "") -> QToolButton:
        button = QToolButton()
        button.setAutoRaise(True)
        button.setIconSize(_ICON)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        if words:
            button.setToolTip(words)
            button.setAccessibleName(words.split(" (", maxsplit=1)[0])
        if clicked is not None:
            button.clicked.connect(lambda _checked=False: clicked())
        return button

    def _save_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.setToolTipsVisible(True)
        sides = QActionGroup(menu)
        for words, side in _SIDES.items():
            action = menu.addAction(tr(words))
            action.setCheckable(True)
            action.setChecked(side == _USUAL_SIDE)
            action.setData(side)
            sides.addAction(action)
        menu.addSeparator()
        for words, signal, tip in (
            (
                tr("Save as a &film…"),
                self.film_requested,
                tr("One file that plays: WebP, GIF or, with ffmpeg, MP4"),
            ),
            (tr("Save as a f&older of pictures…"), self.pictures_requested, tr("A PNG for every frame")),
        ):
            action = QAction(words, menu)
            action.setToolTip(tip)
            action.triggered.connect(
                lambda _checked=False, signal=signal: signal.emit(sides.checkedAction().data())
            )
            menu.addAction(action)
        return menu


class _StepLabel(QLabel):
    """The longest of some texts that there is room for; the room does not change with the numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(tabular_font(self.font()))
        # No wider than the longest text; below, it shares the room with the slider.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._texts = [tr(_NOW)]

    def make_room_for(self, step: int, seconds: float) -> None:
        """Step and seconds that nothing longer than is going to be shown."""
        longest, *_, shortest = _step_texts(step, max(seconds, 659.0))  # 10 min 59 s is longer than 2 h 1 min
        self.setMinimumWidth(self._width_of(shortest))
        self.setMaximumWidth(self._width_of(longest))

    def show_texts(self, texts: Sequence[str], tip: str) -> None:
        """Show the first that fits, or else the last."""
        self._texts = list(texts)
        self.setAccessibleName(self._texts[0])
        self.setToolTip(tooltip_text(tip))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        fitting = (text for text in self._texts if self._width_of(text) <= self.width())
        with QPainter(self) as painter:
            painter.setPen(self.palette().windowText().color())
            flags = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
            painter.drawText(self.rect(), flags, next(fitting, self._texts[-1]))

    def _width_of(self, text: str) -> int:
        return self.fontMetrics().horizontalAdvance(text) + GRID // 2


def _step_texts(step: int, seconds: float) -> list[str]:
    """The same at ever less length."""
    time = exact_duration(seconds)
    return [
        tr("Showing step {step:,} · {time}", step=step, time=time),
        tr("Step {step:,} · {time}", step=step, time=time),
        tr("Step {step:,}", step=step),
        f"{step:,}",
    ]
