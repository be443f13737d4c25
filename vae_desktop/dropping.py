"""What was dropped onto the window, and the frame that shows where it would go."""

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QWidget

from training.files import is_shared_model
from training.language import tr
from training.recipe import has_recipe
from vae_desktop.plain_words import one_line
from vae_desktop.style import GRID, accent, mix, scaled_font, text_on_accent


@dataclass(frozen=True)
class Dropped:
    """A folder or a shared model to open, or why there is none; ``note`` says what is not obvious.

    Attributes:
        recipe: a picture that says how it was made.
    """

    path: str = ""
    recipe: str = ""
    problem: str = ""
    note: str = ""

    @property
    def promise(self) -> str:
        """What letting go does."""
        if self.recipe:
            return tr("Let go to come back to where this picture was made")
        is_model = self.path and is_shared_model(Path(self.path))
        return tr("Let go to open this model") if is_model else tr("Let go to open this folder")


def read_drop(data: QMimeData) -> Dropped:
    """What was meant: the folder or model dropped, or the folder that all dropped files lie in."""
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if not paths:
        return Dropped(
            problem=tr("That is not a folder on this computer. Drop a folder of pictures instead.")
        )
    folders = [path for path in paths if path.is_dir()]
    if len(paths) == 1:
        if folders or is_shared_model(paths[0]):
            return Dropped(path=str(paths[0]))
        if has_recipe(paths[0]):
            return Dropped(recipe=str(paths[0]))
        name, parent = one_line(paths[0].name), one_line(paths[0].parent.name)
        return Dropped(
            problem=tr(
                "“{name}” is a single file, and the program learns from many pictures. Drop the folder"
                " they are in instead, perhaps “{parent}”.",
                name=name,
                parent=parent,
            )
        )
    parents = {path.parent for path in paths}
    if folders or len(parents) > 1:
        return Dropped(
            problem=tr("That is more than one folder. Drop one folder; its sub-folders are read too.")
        )
    parent_folder = parents.pop()
    return Dropped(
        path=str(parent_folder),
        note=tr(
            "Opening all of “{name}”, where those {count:,} files are.",
            name=one_line(parent_folder.name),
            count=len(paths),
        ),
    )


class DropFrame(QWidget):
    """Lies over the window, or a part of it, while something is held over it; never in the pointer's way."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._text = ""
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def appear(self, text: str) -> None:
        """Cover the parent, and say what letting go would do."""
        self._text = text
        self.setAccessibleName(text)
        self.setGeometry(self._window.rect())
        self.raise_()
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A veil, a frame in the accent colour, and what letting go would do."""
        palette = self.palette()
        veil = mix(palette.color(QPalette.ColorRole.Window), accent(palette), 0.12)
        veil.setAlphaF(0.72)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), veil)
        painter.setPen(QPen(accent(palette), 3))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(self.rect().toRectF().adjusted(GRID, GRID, -GRID, -GRID), 10, 10)
        painter.setFont(scaled_font(self.font(), 1.3, bold=True))
        size = painter.fontMetrics().boundingRect(self._text).size()
        label = QRectF(0, 0, size.width() + 6 * GRID, size.height() + 3 * GRID)
        label.moveCenter(self.rect().toRectF().center())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(accent(palette))
        painter.drawRoundedRect(label, label.height() / 2, label.height() / 2)
        painter.setPen(text_on_accent(palette))
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, self._text)
