"""What the program is, whose work is in it, and how to update or remove it: Help ▸ About VAE Desktop."""

import importlib.metadata
import platform
import sys
from pathlib import Path

import PySide6
from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication, QIcon
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from training import __version__
from training.language import mark, tr
from training.places import config_folder, is_frozen, projects_folder, resources_folder
from vae_desktop.labels import ElidedLabel, QuietLabel
from vae_desktop.licences import QT, Licence, shipped
from vae_desktop.plain_words import one_line
from vae_desktop.style import GRID, application_icon, scaled_font

WHAT = mark(
    "Drop in a folder of your own pictures. A variational autoencoder learns them on this computer and lays"
    " them out as a map. Drag a point on it, and the picture that it stands for is drawn under your hand."
)
PROMISE = mark("Your pictures are never changed, moved or uploaded. The program makes no network connection.")
_VERSIONS_OF = ("tensorflow", "keras", "numpy", "pillow", "PySide6-Essentials", "safetensors")
_STAND_INS = {"tensorflow": "tensorflow-cpu"}
_SIZE = QSize(768, 560)
_SMALLEST = QSize(520, 400)
_ICON = 64


class AboutDialog(QDialog):
    """A window of its own beside the program's: About, Licences, Update and removal."""

    def __init__(self, parent: QWidget | None = None, *, logs: Path | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("About VAE Desktop"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._licences = _LicencesPage()
        self._tabs = QTabWidget()
        self._tabs.addTab(_AboutPage(), tr("&About"))
        self._tabs.addTab(self._licences, tr("&Licences"))
        self._tabs.addTab(_CarePage(logs), tr("&Update and removal"))
        # Not before they are asked for: reading them from installed packages takes some tenths of a second.
        self._tabs.currentChanged.connect(self._fill)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.Close).setIcon(QIcon())  # the theme's is none of ours
        layout = QVBoxLayout(self)
        layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
        layout.setSpacing(GRID * 2)
        layout.addWidget(self._tabs)
        layout.addWidget(buttons)
        self.setMinimumSize(_SMALLEST)
        self.resize(_SIZE)

    def _fill(self) -> None:
        if self._tabs.currentWidget() is self._licences:
            self._licences.load()


class _AboutPage(QWidget):
    def __init__(self) -> None:
        super().__init__()
        sign = QLabel()
        sign.setPixmap(application_icon().pixmap(QSize(_ICON, _ICON), self.devicePixelRatioF()))
        name = QLabel("VAE Desktop")
        name.setFont(scaled_font(name.font(), 1.7, bold=True))
        head = QHBoxLayout()
        head.setSpacing(GRID * 2)
        head.addWidget(sign)
        version = QuietLabel(tr("Version {version} · free software, MIT licence", version=__version__))
        head.addLayout(_column(name, version, spacing=GRID // 2), 1)
        copy = QPushButton(tr("&Copy version details"))
        copy.setToolTip(tr("For a question or a report of a fault"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(version_details()))
        details = QuietLabel(version_details())
        details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        page = _page(self)
        page.addLayout(head)
        page.addSpacing(GRID)
        page.addWidget(_text(tr(WHAT)))
        page.addWidget(_text(tr(PROMISE)))
        page.addSpacing(GRID)
        page.addWidget(details)
        page.addStretch(1)
        page.addWidget(copy, 0, Qt.AlignmentFlag.AlignLeft)


class _LicencesPage(QWidget):
    """A list of everything shipped; the text of the chosen one beside it."""

    def __init__(self) -> None:
        super().__init__()
        self._shipped: list[Licence] = []
        self._list = QListWidget()
        self._list.setAccessibleName(tr("What the program is made of"))
        self._list.setUniformItemSizes(True)
        self._list.currentRowChanged.connect(self._show)
        self._name = ElidedLabel()
        self._name.setFont(scaled_font(self._name.font(), 1.0, bold=True))
        self._text = QPlainTextEdit()
        self._text.setReadOnly(True)
        self._text.setFrameShape(QFrame.Shape.NoFrame)
        self._text.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self._text.setFont(scaled_font(self._text.font(), 0.9))
        self._text.setAccessibleName(tr("The text of the licence"))
        side = QWidget()
        column = QVBoxLayout(side)
        column.setContentsMargins(GRID, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self._name)
        column.addWidget(self._text, 1)
        split = QSplitter()
        split.setChildrenCollapsible(False)
        split.addWidget(self._list)
        split.addWidget(side)
        split.setSizes([192, 528])
        split.setStretchFactor(1, 1)
        page = _page(self)
        page.addWidget(
            QuietLabel(
                tr(
                    "VAE Desktop stands on the work of many others. Qt and PySide6 are used under the"
                    " LGPL v3: choose “Qt” for how to replace them by your own build."
                )
            )
        )
        page.addWidget(split, 1)

    def load(self) -> None:
        """Fill the list, once."""
        if self._shipped:
            return
        self._shipped = shipped()
        for entry in self._shipped:
            item = QListWidgetItem(one_line(f"{entry.name} {entry.version}".strip()))
            item.setToolTip(one_line(entry.licence))
            self._list.addItem(item)
        self._list.setCurrentRow(0)

    def _show(self, row: int) -> None:
        entry = self._shipped[row]
        self._name.show_text(f"{entry.name}: {entry.licence}")
        self._text.setPlainText(f"{qt_notice()}\n\n{entry.text}" if entry.name == QT else entry.text)


class _CarePage(QWidget):
    """How to update and to remove the program, and what stays."""

    def __init__(self, logs: Path | None) -> None:
        super().__init__()
        update, removal = _advice()
        projects = projects_folder()
        open_projects = QPushButton(tr("Open projects &folder"))
        open_projects.setEnabled(projects.is_dir())
        open_projects.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(projects))))
        page = _page(self)
        page.addWidget(_heading(tr("To update")))
        page.addWidget(_text(update))
        page.addSpacing(GRID)
        page.addWidget(_heading(tr("To remove")))
        page.addWidget(_text(removal))
        page.addSpacing(GRID)
        page.addWidget(_heading(tr("What stays until you delete it")))
        places = [
            (tr("Projects"), projects),
            (tr("Settings"), config_folder()),
            *([(tr("Log"), logs)] if logs else []),
        ]
        for name, folder in places:
            page.addWidget(_selectable(QuietLabel(f"{name}: {one_line(str(folder))}")))
        page.addStretch(1)
        page.addWidget(open_projects, 0, Qt.AlignmentFlag.AlignLeft)


def version_details() -> str:
    """Versions and system, as `vae doctor` tells them, but without loading TensorFlow."""
    lines = [
        f"VAE Desktop {__version__}{' (frozen)' if is_frozen() else ''}",
        f"Python {platform.python_version()}, {platform.system()} {platform.release()} {platform.machine()}",
        ", ".join(f"{name} {_version(name)}" for name in _VERSIONS_OF),
        f"Qt platform: {QGuiApplication.platformName()}",
    ]
    return "\n".join(lines)


def qt_notice() -> str:
    """What the LGPL wants told to whoever has a copy: where Qt is, how to replace it, where its source is."""
    folder = Path(PySide6.__file__).parent
    libraries = (
        folder / "Qt" if (folder / "Qt").is_dir() else folder
    )  # on Windows they lie beside the bindings
    version = _version(_VERSIONS_OF[4])
    return tr(
        "Qt 6 and its Python bindings PySide6 and Shiboken6 are used under the GNU Lesser General"
        " Public License, version 3. They are used unmodified and linked dynamically.\n\nYou may"
        " replace them by your own build of the same version ({version}): put your files in the"
        " place of those with the same names, Qt's libraries and plug-ins below\n{libraries}\nthe"
        " bindings (QtCore, QtGui, QtWidgets …) in\n{folder}\nand Shiboken6 in\n{shiboken}\n\nThe source"
        " code is at https://download.qt.io/official_releases/ (in qt and QtForPython) and at"
        " https://code.qt.io. The licence adds to the GNU General Public License, version 3,"
        " which follows it below.",
        version=version,
        libraries=libraries,
        folder=folder,
        shiboken=folder.parent / "shiboken6",
    )


def _advice() -> tuple[str, str]:
    """How to update and how to remove this copy of the program."""
    stays = tr("Your projects and settings stay: they are kept elsewhere.")
    no_search = tr(
        "The program makes no network connection, so it does not look for a newer version by itself."
    )
    if is_frozen():
        folder = Path(sys.executable).parent
        update = tr("Close it, and put the folder of the newer version in the place of this one:")
        removal = [tr("Close the program, and delete its folder:")]
        if sys.platform.startswith("linux"):
            script = "./install-desktop.sh --remove"
            removal.insert(
                0, tr("To take it out of the menu, run “{script}” in its folder first.", script=script)
            )
    else:
        folder = resources_folder().parent
        update = tr("This copy runs from its source code. Bring its folder up to date and start it again:")
        removal = [
            tr(
                "Take it out of the menu with “{command}” if you put it there, and delete its folder:",
                command="make uninstall-desktop",
            )
        ]
    return f"{no_search} {update}\n{folder}\n{stays}", f"{' '.join(removal)}\n{folder}"


def _version(name: str) -> str:
    for each in (name, _STAND_INS.get(name, name)):
        try:
            return importlib.metadata.version(each)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "of unknown version"


def _page(widget: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(widget)
    layout.setContentsMargins(GRID * 2, GRID * 2, GRID * 2, GRID * 2)
    layout.setSpacing(GRID)
    return layout


def _column(*widgets: QWidget, spacing: int) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(spacing)
    column.addStretch(1)
    for widget in widgets:
        column.addWidget(widget)
    column.addStretch(1)
    return column


def _heading(text: str) -> QLabel:
    label = QLabel(text)
    label.setFont(scaled_font(label.font(), 1.1, bold=True))
    return label


def _text(text: str) -> QLabel:
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    return _selectable(label)


def _selectable(label: QLabel) -> QLabel:
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
