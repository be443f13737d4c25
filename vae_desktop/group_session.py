"""Joins the groups of pictures to their panel, to the plane and to what is selected."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QInputDialog, QMenu

from training.language import tr, trn
from training.picture_facts import PictureFacts
from vae_desktop.groups_panel import GroupLine
from vae_desktop.picture_card import Found, Subject
from vae_desktop.picture_groups import Group, PictureGroups
from vae_desktop.picture_selection import PictureSelection
from vae_desktop.plain_words import menu_text, pictures
from vae_desktop.plane_colouring import ON_DARK, ON_LIGHT
from vae_desktop.plane_layers import PlaneColours
from vae_desktop.plane_overlay import PlaneOverlay, PlaneTool, Spot
from vae_desktop.plane_session import PlaneSession
from vae_desktop.plane_view import PlaneView

_HALF = 8.0  # pixels; half the diagonal of a mean's diamond
_KIND = "group"


class GroupSession(QObject, PlaneOverlay):
    """Makes groups of what is selected and of folders, and marks their means on the plane by diamonds.

    Args:
        session: whose plane and panel.
        groups: which there are.
        selection: what is made a group of, and what a group's pictures are selected in.
        facts: folders of the pictures, as far as they are known.
    """

    def __init__(
        self,
        session: PlaneSession,
        groups: PictureGroups,
        selection: PictureSelection,
        facts: Callable[[], PictureFacts | None],
    ) -> None:
        super().__init__(session)
        self._session, self._groups, self._selection, self._facts = session, groups, selection, facts
        self._window, self._plane, self._panel = session.window, session.window.plane, session.window.groups
        panel = self._panel
        self._window.action("make_group").triggered.connect(self.ask_and_make)
        panel.make_requested.connect(self.ask_and_make)
        panel.folder_requested.connect(self._make_of_folder)
        panel.rename_requested.connect(groups.rename)
        panel.recolour_requested.connect(groups.recolour)
        panel.delete_requested.connect(groups.delete)
        panel.select_requested.connect(self._select)
        panel.replace_requested.connect(self._replace)
        selection.changed.connect(lambda: panel.show_selected(len(selection)))
        groups.changed.connect(self.show_groups)
        groups.moved.connect(self._plane.update)
        session.opened.connect(lambda _project: self.show_groups())
        self._plane.menu_wanted.connect(self._fill_menu)
        self._plane.overlays.append(self)

    def show_groups(self) -> None:
        """Show them in the panel."""
        lines = []
        for group in self._groups.groups:
            there = len(self._groups.numbers_of(group))
            lines.append(GroupLine(group.key, group.name, group.colour, there, len(group.ids) - there))
        self._panel.show_groups(lines)

    def show_folders(self) -> None:
        """Offer the folders that are known in the panel."""
        facts = self._facts()
        if facts is None:
            self._panel.show_folders(())
            return
        numbers = np.bincount(facts.folder_of, minlength=len(facts.folders)).tolist()
        self._panel.show_folders(
            [(self._folder(name), n) for name, n in zip(facts.folders, numbers, strict=True)]
        )

    def ask_and_make(self) -> None:
        """Ask for a name, and make a group of the selected pictures."""
        if not len(self._selection):
            self._window.statusBar().showMessage(
                tr("Select some pictures first: click their points, or draw around them with the lasso (L)."),
                6000,
            )
            return
        ids = self._groups.ids_of(self._selection.numbers)
        if not len(ids):
            self._window.statusBar().showMessage(tr("Groups are made of the pictures of a project."), 6000)
            return
        dialog = QInputDialog(self._window)
        dialog.setWindowTitle(tr("Make a group"))
        common = trn(
            "What the {count} selected picture have in common:",
            "What the {count} selected pictures have in common:",
            len(ids),
        )
        dialog.setLabelText(common)
        dialog.setInputMode(QInputDialog.InputMode.TextInput)
        dialog.textValueSelected.connect(lambda name: self._make([(name, ids)]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _make(self, groups: list[tuple[str, NDArray[np.int64]]]) -> None:
        before = len(self._groups.groups)
        self._groups.add(groups)
        self._window.show_groups()
        if len(self._groups.groups) < before + len(groups):
            self._window.statusBar().showMessage(tr("There are too many groups; delete some first."), 6000)

    def _make_of_folder(self, which: int) -> None:
        facts = self._facts()
        if facts is None:
            return
        chosen = range(len(facts.folders)) if which < 0 else (which,)
        self._make(
            [(self._folder(facts.folders[number]), facts.ids[facts.folder_of == number]) for number in chosen]
        )

    def _folder(self, name: str) -> str:
        """What a folder is called; the one that was dropped has no name below itself."""
        project = self._session.pictures.project
        return name or (project.source.name if project is not None else "")

    def _select(self, key: int) -> None:
        group = self._groups.group(key)
        if group is not None:
            numbers = self._groups.numbers_of(group)
            self._selection.select(numbers)
            if not len(numbers):
                self._window.statusBar().showMessage(
                    tr("None of its pictures is in the project any more."), 6000
                )

    def _replace(self, key: int) -> None:
        self._groups.set_pictures(key, self._groups.ids_of(self._selection.numbers))

    # ------------------------------------------------------------------ on the plane

    def draw(self, painter: QPainter, view: PlaneView, colours: PlaneColours) -> None:
        """A diamond at each group's mean."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for group, place in self._places():
            x, y = view.to_screen(*place)
            corners = [(x, y - _HALF), (x + _HALF, y), (x, y + _HALF), (x - _HALF, y)]
            diamond = QPolygonF([QPointF(*corner) for corner in corners])
            painter.setBrush(QColor((ON_DARK if colours.is_dark else ON_LIGHT)[group.colour]))
            for pen in (QPen(colours.ground, 4), QPen(colours.text, 1.6)):
                painter.setPen(pen)
                painter.drawPolygon(diamond)

    def tool_at(self, spot: Spot) -> PlaneTool | None:
        """A click puts the handle on a mean."""
        group = None if self._plane.tool is not None else self._at(spot)
        return None if group is None else _GoToMean(lambda: self._go_to(group))

    def found_at(self, spot: Spot) -> Found | None:
        """For :class:`picture_card.PictureCard`."""
        group = self._at(spot)
        return None if group is None else ((_KIND, group.key), lambda: self._about(group))

    def _places(self) -> list[tuple[Group, tuple[float, float]]]:
        """The groups whose means are known, and where these are seen."""
        basis, found = self._session.where.basis, []
        for group in self._groups.groups:
            mean = self._groups.mean_of(group)
            if mean is not None and len(mean.mean) == basis.latent_dim:
                across, up = basis.coordinates(mean.mean)[:2].tolist()
                found.append((group, (across, up)))
        return found

    def _at(self, spot: Spot) -> Group | None:
        return next((group for group, place in reversed(self._places()) if spot.is_near(*place)), None)

    def _go_to(self, group: Group) -> None:
        mean = self._groups.mean_of(group)
        if mean is not None:
            self._session.move_active(tuple(mean.mean.tolist()))

    def _about(self, group: Group) -> Subject | None:
        mean = self._groups.mean_of(group)
        if mean is None:
            return None
        total = len(self._groups.numbers_of(group))
        words = tr("the mean of {pictures}", pictures=pictures(total))
        if mean.n < total:
            words = tr("the mean of {n:,} of its {total:,} pictures", n=mean.n, total=total)
        return Subject(group.name, (words,), tuple(mean.mean.tolist()))

    def _fill_menu(self, menu: QMenu, spot: Spot) -> None:
        group = self._at(spot)
        if group is not None:
            select = menu.addAction(tr("Select the pictures of {name}", name=menu_text(group.name)))
            select.triggered.connect(lambda: self._select(group.key))
        if len(self._selection):
            menu.addAction(self._window.action("make_group"))


class _GoToMean(PlaneTool):
    """A click on a diamond."""

    cursor = Qt.CursorShape.PointingHandCursor

    def __init__(self, go: Callable[[], None]) -> None:
        self._go = go

    def release(self, spot: Spot, *, is_click: bool) -> None:
        """Unless it was a drag."""
        del spot
        if is_click:
            self._go()
