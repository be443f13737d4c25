"""What the window shows without a project: a place to drop pictures, two samples, recent projects."""

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPalette, QPen, QPixmap
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from training.language import tr
from vae_desktop.labels import ElidedLabel, QuietLabel
from vae_desktop.message_strip import MessageStrip, StripButton
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import one_line
from vae_desktop.primary_button import PrimaryButton
from vae_desktop.settings import RecentProject
from vae_desktop.style import GRID, accent, hairline, icon, mix, quiet_text, scaled_font, tinted_icon

_PREVIEW_HEIGHT = 96
_WIDEST = 760
_RADIUS = 8


@dataclass(frozen=True)
class SampleCard:
    """A sample to try without pictures of one's own. ``preview`` is a small mosaic, None for none."""

    name: str
    title: str
    description: str
    preview: QPixmap | None = None


class WelcomePage(QScrollArea):
    """The page of an empty window; scrolls when the window is low."""

    folder_chosen = Signal(str)
    sample_chosen = Signal(str)  # the sample's name
    recent_chosen = Signal(str)  # the project's path
    recent_removed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.strip = MessageStrip()
        self._drop = _DropZone()
        self._drop.button.clicked.connect(self.choose_folder)
        self._samples_title = _heading(tr("Or try a sample"))
        self._samples = QHBoxLayout()
        self._samples.setSpacing(GRID * 2)
        self._recent_title = _heading(tr("Recent projects"))
        self._recent = QVBoxLayout()
        self._recent.setSpacing(0)
        column = QWidget()
        column.setMaximumWidth(_WIDEST)
        inner = QVBoxLayout(column)
        inner.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 3)
        inner.setSpacing(GRID)
        inner.addStretch(1)
        inner.addWidget(self.strip)
        inner.addWidget(self._drop)
        inner.addSpacing(GRID * 2)
        inner.addWidget(self._samples_title)
        inner.addLayout(self._samples)
        inner.addSpacing(GRID * 2)
        inner.addWidget(self._recent_title)
        inner.addLayout(self._recent)
        inner.addStretch(2)
        page = QWidget()
        outer = QHBoxLayout(page)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(1)
        outer.addWidget(column, 100)
        outer.addStretch(1)
        self.setWidget(page)
        self.set_samples([])
        self.set_recent([])

    def set_samples(self, samples: list[SampleCard]) -> None:
        """Show these samples side by side."""
        _empty(self._samples)
        for sample in samples:
            card = _SampleFrame(sample)
            card.chosen.connect(self.sample_chosen)
            self._samples.addWidget(card, 1)
        self._samples_title.setVisible(bool(samples))

    def set_recent(self, projects: list[RecentProject]) -> None:
        """Show these recent projects, first one on top."""
        _empty(self._recent)
        for project in projects:
            row = _RecentRow(project)
            row.chosen.connect(self.recent_chosen)
            row.removed.connect(self.recent_removed)
            self._recent.addWidget(row)
        self._recent_title.setVisible(bool(projects))

    def show_problem(self, text: str, button: StripButton | None = None) -> None:
        """Say in place what went wrong; the person can dismiss it."""
        self.strip.show_problem(text, button)
        self.ensureWidgetVisible(self.strip)

    def clear_problem(self) -> None:
        """Put the problem away."""
        self.strip.clear()

    def choose_folder(self) -> None:
        """Ask for a folder with the system's dialog."""
        folder = QFileDialog.getExistingDirectory(self, tr("Choose a folder of pictures"))
        if folder:
            self.folder_chosen.emit(folder)


class _DropZone(PaletteFollower):
    """The large calm area; dropping works on the whole window, this only invites it."""

    def __init__(self) -> None:
        super().__init__()
        self._sign = QLabel()
        self._sign.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = QLabel(tr("Drop a folder of pictures here"))
        title.setFont(scaled_font(title.font(), 1.7, bold=True))
        title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title.setWordWrap(True)
        detail = QuietLabel(
            tr(
                "The program learns what they have in common and lays them out as a map. Drag a point on"
                " it, and pictures between yours are drawn. A rough map takes seconds, a good one some"
                " minutes.\nAll of it happens on this computer: your pictures are never changed, moved or"
                " uploaded."
            )
        )
        detail.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = PrimaryButton(tr("Choose folder…"), "open-folder")
        self.button.setAccessibleDescription(tr("Choose the folder of pictures to learn"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 3, GRID * 3, GRID * 3, GRID * 3)
        layout.setSpacing(GRID)
        layout.addWidget(self._sign)
        layout.addWidget(title)
        layout.addWidget(detail)
        layout.addSpacing(GRID)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        self.recolour()

    def paintEvent(self, _event: QPaintEvent) -> None:
        palette = self.palette()
        ground = palette.color(QPalette.ColorRole.Window)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(mix(ground, accent(palette), 0.6), 1.5, Qt.PenStyle.CustomDashLine)
        pen.setDashPattern([5, 4])
        painter.setPen(pen)
        painter.setBrush(mix(ground, accent(palette), 0.05))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(1, 1, -1, -1), 12, 12)

    def recolour(self) -> None:
        colour = accent(self.palette())
        drawing = tinted_icon("open-folder", colour, colour)
        self._sign.setPixmap(drawing.pixmap(QSize(48, 48), self.devicePixelRatioF()))


class _SampleFrame(QFrame):
    chosen = Signal(str)

    def __init__(self, sample: SampleCard) -> None:
        super().__init__()
        title = QLabel(one_line(sample.title))
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setFont(scaled_font(title.font(), 1.1, bold=True))
        description = QuietLabel(one_line(sample.description))
        description.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        button = QPushButton(tr("Try it"))
        button.setAccessibleName(tr("Try the sample {title}", title=one_line(sample.title)))
        button.clicked.connect(lambda: self.chosen.emit(sample.name))
        words = QVBoxLayout()
        words.setContentsMargins(GRID * 2, GRID, GRID * 2, GRID * 2)
        words.setSpacing(GRID // 2)
        words.addWidget(title)
        words.addWidget(description, 1)
        words.addSpacing(GRID // 2)
        words.addWidget(button, 0, Qt.AlignmentFlag.AlignLeft)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 1, 1, 1)
        layout.setSpacing(0)
        if sample.preview is not None:
            layout.addWidget(_Mosaic(sample.preview))
        layout.addLayout(words, 1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(hairline(self.palette()))
        painter.setBrush(self.palette().color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), _RADIUS, _RADIUS)


class _Mosaic(QWidget):
    """A picture that fills its width, cut at the edges rather than squeezed."""

    def __init__(self, picture: QPixmap) -> None:
        super().__init__()
        self._picture = picture
        self.setFixedHeight(_PREVIEW_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        corners = QPainterPath()  # rounded at the top like the card; the lower corners are out of sight
        corners.addRoundedRect(self.rect().toRectF().adjusted(0, 0, 0, _RADIUS), _RADIUS - 1, _RADIUS - 1)
        painter.setClipPath(corners)
        area, size = self.rect().toRectF(), self._picture.deviceIndependentSize()
        if size.isEmpty():
            return
        factor = max(area.width() / size.width(), area.height() / size.height())
        target = self.rect().toRectF()
        target.setSize(size * factor)
        target.moveCenter(area.center())
        painter.drawPixmap(target, self._picture, self._picture.rect().toRectF())


class _RecentRow(PaletteFollower):
    """One recent project; the row is a button of its own, with a small one to take it off the list."""

    chosen = Signal(str)
    removed = Signal(str)

    def __init__(self, project: RecentProject) -> None:
        super().__init__()
        self._path = project.path
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(tr("Open {title}", title=one_line(project.title)))
        self._place = ElidedLabel()
        title, place, detail = ElidedLabel(), self._place, QuietLabel(one_line(project.detail))
        title.show_text(project.title, project.path)
        detail.setWordWrap(False)
        detail.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        detail.setMinimumWidth(GRID * 14)
        for label in (title, place):  # the same columns in every row, whatever the texts
            label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        place.show_text(project.path)
        self._remove = QToolButton()
        self._remove.setAutoRaise(True)
        self._remove.setToolTip(tr("Take off this list. The project itself stays."))
        self._remove.setAccessibleName(tr("Take {title} off the list", title=one_line(project.title)))
        self._remove.clicked.connect(lambda: self.removed.emit(self._path))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(GRID, GRID // 2, GRID // 2, GRID // 2)
        layout.setSpacing(GRID * 2)
        layout.addWidget(title, 2)
        layout.addWidget(place, 3)
        layout.addWidget(detail)
        layout.addWidget(self._remove)
        self.recolour()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self._path)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self._path)
        elif event.key() == Qt.Key.Key_Delete:
            self.removed.emit(self._path)
        else:
            super().keyPressEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        if not (self.underMouse() or self.hasFocus()):
            return
        colour = accent(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(colour if self.hasFocus() else Qt.PenStyle.NoPen)
        painter.setBrush(mix(self.palette().color(QPalette.ColorRole.Window), colour, 0.1))
        painter.drawRoundedRect(self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)

    def recolour(self) -> None:
        self._remove.setIcon(icon("cancel", self.palette()))
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.WindowText, quiet_text(self.palette()))
        self._place.setPalette(palette)


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(scaled_font(label.font(), 1.1, bold=True))
    return label


def _empty(layout: QHBoxLayout | QVBoxLayout) -> None:
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
