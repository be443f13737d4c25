"""Asking where a file is to be written, with the system's dialog, without holding up the window."""

from collections.abc import Callable
from pathlib import PurePath

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget


def ask_where_to_save(
    parent: QWidget, title: str, kinds: str, name: str, chosen: Callable[[str], object]
) -> None:
    """Open the dialog and return; ``chosen`` is told the path if one was chosen.

    Args:
        kinds: as Qt wants them, such as "Pictures (*.png *.jpg)".
        name: what is proposed; a name without an ending gets this one's.
    """
    dialog = QFileDialog(parent, title, "", kinds)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    # Given to Qt, so that the dialog looks whether that very file would be replaced.
    dialog.setDefaultSuffix(PurePath(name).suffix[1:])
    dialog.selectFile(name)
    dialog.fileSelected.connect(chosen)
    dialog.open()
