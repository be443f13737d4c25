"""How the pictures are, in a window of its own: skipped ones, copies, near copies, tiny and blank ones."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from training.health import KINDS, REASONS, Health, Kind
from training.language import mark, number, tr
from vae_desktop.labels import QuietLabel
from vae_desktop.pixels import to_qimage
from vae_desktop.plain_words import one_line, tooltip_text
from vae_desktop.style import GRID, scaled_font

_SIZE, _SMALLEST = QSize(760, 560), QSize(480, 360)
_MOST_ROWS = 500  # of a kind
_MOST_SHOWN = 8  # pictures side by side
_PICTURE = 96
_TITLES: dict[Kind, tuple[str, str]] = {
    "copies": (mark("Copies of the same file"), mark("The same byte by byte; one of each stays.")),
    "alike": (
        mark("Looking nearly the same"),
        mark("Another size or compression of the same picture, say; the largest of each stays."),
    ),
    "tiny": (mark("Tiny"), mark("They are enlarged to more than twice their size and look blurred.")),
    "blank": (mark("Blank"), mark("They show hardly anything.")),
}


@dataclass(frozen=True)
class PictureSource:
    """Where the window has names and pictures from, by the index's ids.

    Attributes:
        name: below the source folder.
        pixels: uint8 [S, S, C]; None where there are none.
    """

    name: Callable[[int], str]
    pixels: Callable[[int], NDArray[np.uint8] | None]


class HealthWindow(QDialog):
    """Shows what was found; what is to be done is only asked for."""

    reveal_requested = Signal(int)  # the index's id of a picture
    leave_out_requested = Signal(str)  # a kind
    take_back_requested = Signal(str)
    csv_requested = Signal()
    closed = Signal()

    def __init__(self, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Health of the pictures"))
        self._source: PictureSource | None = None
        self._why_not = ""
        self._summary, self._note = QLabel(), QuietLabel()
        self._summary.setFont(scaled_font(self._summary.font(), 1.1, bold=True))
        self._busy = QProgressBar()
        self._busy.setRange(0, 0)
        self._busy.setTextVisible(False)
        self._tree = QTreeWidget()
        self._pictures = [QLabel() for _ in range(_MOST_SHOWN)]
        self._act, self._csv = QPushButton(), QPushButton(tr("&Save as a table…"))
        self._prepare()
        self._lay_out()
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)

    def show_busy(self) -> None:
        """Say that the pictures are being looked at."""
        self._summary.setText(tr("Looking at the pictures…"))
        self._say("")
        self._busy.show()
        self._tree.clear()
        self._csv.setEnabled(False)
        self._on_chosen()

    def show_health(self, found: Health, source: PictureSource) -> None:
        """Show what was found."""
        self._source = source
        self._busy.hide()
        self._summary.setText(
            tr(
                "{found} files found = {used} used + {skipped} skipped",
                found=number(found.found),
                used=number(found.used),
                skipped=number(found.skipped),
            )
        )
        note = (
            ""
            if found.is_known
            else tr("Pictures that an earlier version imported are told by their bytes alone.")
        )
        self._csv.setEnabled(True)
        self._tree.clear()
        self._tree.addTopLevelItems([*self._kinds(found), *self._reasons(found)])
        self._tree.expandAll()
        first = self._tree.topLevelItem(0)
        if first is not None:  # what can be done is seen at once
            self._tree.setCurrentItem(first.child(0) or first)
        if not self._tree.topLevelItemCount():
            self._note.setText(
                f"{note} {tr('All is well: no copies, nothing tiny, blank or skipped.')}".strip()
            )
        self._on_chosen()

    def show_problem(self, text: str) -> None:
        """Say why nothing could be found out."""
        self._busy.hide()
        self._summary.setText(text)

    def _say(self, note: str) -> None:
        self._note.setText(note)
        self._note.setVisible(bool(note))

    def set_refusal(self, why: str) -> None:
        """Say why nothing can be left out now; '' where it can."""
        self._why_not = why
        self._on_chosen()

    def reject(self) -> None:
        """Close."""
        super().reject()
        self.closed.emit()

    # ------------------------------------------------------------------ parts

    def _prepare(self) -> None:
        self._tree.setColumnCount(2)
        self._tree.setHeaderLabels([tr("Files"), tr("Number")])
        self._tree.setAccessibleName(tr("What was found out about the pictures"))
        self._tree.setUniformRowHeights(True)
        header = self._tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._tree.currentItemChanged.connect(lambda *_: self._on_chosen())
        self._tree.itemActivated.connect(self._on_activated)
        for label in self._pictures:
            label.setFixedSize(_PICTURE, _PICTURE)
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._act.setAutoDefault(False)
        self._act.clicked.connect(self._on_act)
        self._csv.setAutoDefault(False)
        self._csv.clicked.connect(self.csv_requested)

    def _lay_out(self) -> None:
        strip = QHBoxLayout()
        strip.setSpacing(GRID)
        for label in self._pictures:
            strip.addWidget(label)
        strip.addStretch(1)
        close = QPushButton(tr("C&lose"))
        close.setAutoDefault(False)
        close.clicked.connect(self.reject)
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        buttons.addWidget(self._act)
        buttons.addStretch(1)
        buttons.addWidget(self._csv)
        buttons.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.setSpacing(GRID)
        layout.addWidget(self._summary)
        layout.addWidget(self._note)
        layout.addWidget(self._busy)
        layout.addWidget(self._tree, 1)
        layout.addLayout(strip)
        layout.addLayout(buttons)

    def _kinds(self, found: Health) -> Iterator[QTreeWidgetItem]:
        groups = {"copies": found.copies, "alike": found.alike}
        for kind in KINDS:
            count = len(found.superfluous(kind))
            if count:
                title, meaning = _TITLES[kind]
                item = _row(tr(title), count, tr(meaning))
                item.setData(0, _KIND, kind)
                item.setData(0, _COUNT, count)
                members: Sequence[tuple[int, ...]] = groups.get(kind) or [
                    (each,) for each in getattr(found, kind)
                ]
                item.addChildren([self._member(group) for group in members[:_MOST_ROWS]])
                yield item

    def _reasons(self, found: Health) -> Iterator[QTreeWidgetItem]:
        of_reason = {reason: kind for kind, reason in REASONS.items()}
        for reason, count in found.reasons.items():
            item = _row(tr("Skipped: {reason}", reason=tr(reason)), count)
            if reason in of_reason:
                item.setData(0, _LEFT_OUT, of_reason[reason])
                item.setData(0, _COUNT, count)
            yield item

    def _member(self, group: tuple[int, ...]) -> QTreeWidgetItem:
        assert self._source is not None
        names = [self._source.name(each) for each in group[:_MOST_SHOWN]]
        item = _row(one_line(" = ".join(names)), len(group) if len(group) > 1 else None, "\n".join(names))
        item.setData(0, _PICTURES, list(group))
        return item

    # ------------------------------------------------------------------ what is chosen

    def _chosen(self, role: int) -> object:
        """What the chosen row, or the one that it belongs to, has of this."""
        item = self._tree.currentItem()
        while item is not None:
            if (found := item.data(0, role)) is not None:
                return found
            item = item.parent()
        return None

    def _on_chosen(self) -> None:
        kind, left_out, shown = (self._chosen(role) for role in (_KIND, _LEFT_OUT, _PICTURES))
        self._act.setVisible(kind is not None or left_out is not None)
        words = mark("&Take back {count:,}") if kind is None else mark("&Leave out {count:,}")
        self._act.setText(tr(words, count=self._chosen(_COUNT) or 0))
        self._act.setEnabled(not self._why_not)
        self._act.setToolTip(
            tooltip_text(self._why_not or tr("Your files are not touched; this can be undone here."))
        )
        pictures = shown if isinstance(shown, list) else []
        for label, picture in zip(self._pictures, [*pictures, *[None] * _MOST_SHOWN], strict=False):
            label.setPixmap(QPixmap() if picture is None else self._pixmap(picture))
            label.setToolTip(
                "" if picture is None or self._source is None else one_line(self._source.name(picture))
            )

    def _pixmap(self, picture: int) -> QPixmap:
        pixels = None if self._source is None else self._source.pixels(picture)
        if pixels is None:
            return QPixmap()
        side = round(_PICTURE * self.devicePixelRatioF())
        mode = Qt.TransformationMode.SmoothTransformation
        pixmap = QPixmap.fromImage(to_qimage(pixels)).scaled(
            side, side, Qt.AspectRatioMode.KeepAspectRatio, mode
        )
        pixmap.setDevicePixelRatio(self.devicePixelRatioF())
        return pixmap

    def _on_activated(self, item: QTreeWidgetItem) -> None:
        pictures = item.data(0, _PICTURES)
        if pictures:
            self.reveal_requested.emit(pictures[-1])

    def _on_act(self) -> None:
        kind, left_out = self._chosen(_KIND), self._chosen(_LEFT_OUT)
        if kind is not None:
            self.leave_out_requested.emit(kind)
        elif left_out is not None:
            self.take_back_requested.emit(left_out)


_KIND, _LEFT_OUT, _COUNT, _PICTURES = (Qt.ItemDataRole.UserRole + place for place in range(4))


def _row(title: str, count: int | None, tip: str = "") -> QTreeWidgetItem:
    item = QTreeWidgetItem([title, "" if count is None else number(count)])
    item.setTextAlignment(1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if tip:
        item.setToolTip(0, tooltip_text(tip))
    return item
