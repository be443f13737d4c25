"""The left panel: where the pictures come from, the pictures, and how many were used and skipped."""

from collections import defaultdict
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from training.events import ImportProgress
from training.language import number, tr
from vae_desktop.labels import ElidedLabel, QuietLabel
from vae_desktop.palette_follower import PaletteFollower
from vae_desktop.plain_words import duration, one_line, tooltip_text
from vae_desktop.shared_card import SharedCard
from vae_desktop.style import GRID, held_out_colour, icon, scaled_font, tabular_font
from vae_desktop.thumbnails import PictureModel, ThumbnailList

_SKELETONS = 60  # a screenful; more would only have to be scrolled past
_MOST_ROWS = 10
_MOST_FILES = 500  # of one reason; a folder of a million other files must not fill the list


class LibraryPanel(PaletteFollower):
    """Shows an import while it runs, then the pictures of the project."""

    picture_selected = Signal(int)
    reveal_requested = Signal(int)
    open_requested = Signal()
    cancel_requested = Signal()
    continue_requested = Signal()
    format_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = ElidedLabel()
        self._title.setFont(scaled_font(self._title.font(), 1.05, bold=True))
        self._open = QToolButton()
        self._open.setAutoRaise(True)
        self._open.setIconSize(QSize(20, 20))
        self._open.setToolTip(tr("Open another folder of pictures"))
        self._open.setAccessibleName(tr("Open another folder"))
        self._open.clicked.connect(self.open_requested)
        self._model = PictureModel(self)
        self.pictures = ThumbnailList(self._model)
        self.pictures.picture_selected.connect(self.picture_selected)
        self.pictures.reveal_requested.connect(self.reveal_requested)
        self._card = SharedCard()
        self._card.continue_requested.connect(self.continue_requested)
        self._progress = _ImportBar()
        self._progress.cancel.clicked.connect(self._cancel)
        self._used = QLabel()
        self._used.setFont(tabular_font(self._used.font()))
        self._mark = QLabel("●")
        self._held_out = QuietLabel()
        self._held_out.setFont(tabular_font(self._held_out.font()))
        self._held_out.setWordWrap(False)
        self._held_out.setToolTip(
            tr(
                "Pictures kept aside: the program never learns from them, "
                "so they show how well it understands new ones."
            )
        )
        self._format = QToolButton()
        self._format.setAutoRaise(True)
        self._format.setFont(tabular_font(self._format.font()))
        self._format.setAccessibleName(tr("How pictures are read"))
        self._format.clicked.connect(self.format_requested)
        self._skipped = _SkippedList()
        self._lay_out()
        self.recolour()
        self.clear()

    def start_import(self, title: str) -> None:
        """Show that pictures are being read from the folder named ``title``."""
        self.clear()
        self._title.show_text(title)
        self._progress.start()
        self._model.show_skeletons(_SKELETONS)

    def show_progress(self, progress: ImportProgress) -> None:
        """Show how far the import is; its fresh pictures replace skeletons."""
        self._progress.show_progress(progress)
        self._model.fill(progress.fresh)

    def show_pictures(
        self,
        title: str,
        full_path: str,
        *,
        count: int,
        pixels: Callable[[int], NDArray[np.uint8]],
        held_out: NDArray[np.bool_],
        names: Callable[[int], str],
        side: int,
        format_words: str,
    ) -> None:
        """Show the pictures of a project.

        Args:
            title: the source folder's name.
            full_path: its path.
            count: number of pictures used.
            pixels: picture number -> uint8 [S, S, C]; called only for pictures in sight.
            held_out: bool [count].
            names: picture number -> file name.
            side: of the pictures in the project, in pixels.
            format_words: why they have that size, and what colours.
        """
        self.clear()
        self._title.show_text(title, full_path)
        self._model.show_pictures(count, pixels, held_out, names)
        self._used.setText(tr("{count:,} used", count=count))
        kept = int(held_out.sum())
        self._held_out.setText(tr("{count:,} held out", count=kept))
        self._format.setText(f"{side}×{side}")
        self._format.setToolTip(tooltip_text(f"{format_words} {tr('Click to change it.')}"))
        self._format.show()
        self._mark.setVisible(bool(kept))
        self._held_out.setVisible(bool(kept))

    def show_opening(self, title: str) -> None:
        """Show that a shared model is being read."""
        self.clear()
        self._title.show_text(title)
        self._card.show_opening()
        self._show_card(True)

    def show_shared(
        self, title: str, full_path: str, preview: NDArray[np.uint8], facts: Sequence[tuple[str, str]]
    ) -> None:
        """Show a model that came without pictures.

        Args:
            full_path: of its file.
            preview: some of its decodings, uint8 [h, w, 3].
            facts: (line, tooltip) each.
        """
        self.clear()
        self._title.show_text(title, full_path)
        self._card.show_model(preview, facts)
        self._show_card(True)

    def show_skipped(self, reasons: dict[str, int], files: list[tuple[str, str]]) -> None:
        """Show what was skipped and why.

        Args:
            reasons: reason, in English -> number of files.
            files: (file name, reason) of some or all of them.
        """
        self._skipped.show_skipped(reasons, files)

    def clear(self) -> None:
        """Show nothing."""
        self._title.show_text("")
        self._model.show_skeletons(0)
        self._progress.hide()
        self._used.clear()
        self._format.hide()
        self._mark.hide()
        self._held_out.hide()
        self._skipped.show_skipped({}, [])
        self._show_card(False)

    def _show_card(self, shown: bool) -> None:
        self._card.setVisible(shown)
        self.pictures.setVisible(not shown)

    def _lay_out(self) -> None:
        header = QHBoxLayout()
        header.setSpacing(GRID)
        header.addWidget(self._title, 1)
        header.addWidget(self._open)
        counts = QHBoxLayout()
        counts.setSpacing(GRID // 2)
        counts.addWidget(self._used)
        counts.addSpacing(GRID)
        counts.addWidget(self._mark)
        counts.addWidget(self._held_out)
        counts.addStretch(1)
        counts.addWidget(self._format)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID, GRID, GRID, GRID)
        layout.setSpacing(GRID)
        layout.addLayout(header)
        layout.addWidget(self._progress)
        layout.addWidget(self.pictures, 1)
        layout.addWidget(self._card, 1)
        layout.addLayout(counts)
        layout.addWidget(self._skipped)

    def _cancel(self) -> None:
        self._progress.show_cancelling()
        self.cancel_requested.emit()

    def recolour(self) -> None:
        """Load icons in the palette's colours."""
        self._open.setIcon(icon("open-folder", self.palette()))
        self._skipped.load_icons()
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.WindowText, held_out_colour(self.palette()))
        self._mark.setPalette(palette)


class _ImportBar(QWidget):
    """Progress of an import with its Cancel."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedHeight(GRID)
        self._bar.setAccessibleName(tr("Import progress"))
        self._line = QLabel()
        self._line.setWordWrap(True)
        self._line.setFont(tabular_font(self._line.font()))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setToolTip(tr("Stop reading; pictures read so far are kept for the next try"))
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self._bar, 1)
        row.addWidget(self.cancel)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addLayout(row)
        layout.addWidget(self._line)

    def start(self) -> None:
        """Show that it begins."""
        self._bar.setRange(0, 0)
        self._line.setText(tr("Looking for pictures…") + "\n")  # two lines, so that nothing moves later
        self.cancel.setEnabled(True)
        self.show()

    def show_progress(self, progress: ImportProgress) -> None:
        """Show the counts; the bar moves once the number of pictures is known."""
        if progress.scanning or not progress.found:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, progress.found)
            self._bar.setValue(progress.done)
        if not self.cancel.isEnabled():
            return  # a late report must not take back "Stopping…"
        if progress.disk_full is not None:
            self._line.setText(progress.disk_full.sentence)
            return
        so_far = (
            tr("{done:,} of {found:,} and counting", done=progress.done, found=progress.found)
            if progress.scanning
            else tr("{done:,} of {found:,}", done=progress.done, found=progress.found)
        )
        parts = []
        if progress.skipped:
            parts.append(tr("{skipped:,} skipped", skipped=progress.skipped))
        if progress.seconds_left is not None:
            parts.append(tr("{time} left", time=duration(progress.seconds_left)))
        self._line.setText(f"{so_far}\n" + " · ".join(parts))

    def show_cancelling(self) -> None:
        """Show that Cancel was heard."""
        self.cancel.setEnabled(False)
        self._line.setText(tr("Stopping…") + "\n")


class _SkippedList(QWidget):
    """'3 skipped – why', which opens a list of reasons and files."""

    def __init__(self) -> None:
        super().__init__()
        self._toggle = QToolButton()
        self._toggle.setAutoRaise(True)
        self._toggle.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._toggle.setIconSize(QSize(16, 16))
        self._toggle.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._toggle.clicked.connect(self._switch)
        self._tree = QTreeWidget()
        self._tree.setColumnCount(2)
        self._tree.setHeaderHidden(True)
        self._tree.setUniformRowHeights(True)
        self._tree.expanded.connect(self._fit_height)
        self._tree.collapsed.connect(self._fit_height)
        self._tree.setAccessibleName(tr("Skipped files by reason"))
        self._tree.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self._tree.header().setStretchLastSection(False)
        self._tree.header().setSectionResizeMode(0, self._tree.header().ResizeMode.Stretch)
        self._tree.header().setSectionResizeMode(1, self._tree.header().ResizeMode.ResizeToContents)
        self._tree.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID // 2)
        layout.addWidget(self._toggle, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self._tree)

    def show_skipped(self, reasons: dict[str, int], files: list[tuple[str, str]]) -> None:
        """Fill the list; hidden when nothing was skipped."""
        self._toggle.setText(tr("{skipped:,} skipped: why?", skipped=sum(reasons.values())))
        self._tree.clear()
        names: dict[str, list[str]] = defaultdict(list)
        for name, reason in files:
            names[reason].append(name)
        for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1]):
            self._tree.addTopLevelItem(_reason_item(reason, count, names[reason]))
        self._open(False)
        self.setVisible(bool(reasons))

    def load_icons(self) -> None:
        """Follow the palette."""
        name = "chevron-right" if self._tree.isHidden() else "chevron-down"
        self._toggle.setIcon(icon(name, self.palette()))

    def _switch(self) -> None:
        self._open(self._tree.isHidden())

    def _open(self, opened: bool) -> None:
        self._tree.setVisible(opened)
        self._toggle.setAccessibleDescription(
            tr("The list is open") if opened else tr("Opens a list of reasons")
        )
        self._fit_height()
        self.load_icons()

    def _fit_height(self) -> None:
        items = (self._tree.topLevelItem(row) for row in range(self._tree.topLevelItemCount()))
        rows = sum(1 + (item.childCount() if item.isExpanded() else 0) for item in items if item is not None)
        row_height = max(self._tree.sizeHintForRow(0), self.fontMetrics().height())
        self._tree.setFixedHeight(min(max(rows, 2), _MOST_ROWS) * row_height + GRID)


def _reason_item(reason: str, files: int, names: list[str]) -> QTreeWidgetItem:
    item = QTreeWidgetItem([one_line(tr(reason)), number(files)])
    item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    item.setToolTip(0, tooltip_text(tr(reason)))
    for name in names[:_MOST_FILES]:
        child = QTreeWidgetItem([one_line(name)])
        child.setToolTip(0, tooltip_text(name))
        item.addChild(child)
    left_out = files - min(len(names), _MOST_FILES)
    if names and left_out > 0:
        item.addChild(QTreeWidgetItem([tr("and {count:,} more", count=left_out)]))
    return item
