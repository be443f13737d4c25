"""Folders and files whose names have any characters, in the window."""

import os

import pytest
from hands import wait_for
from pictures import write_pictures
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QTreeWidget

from vae_desktop.main_window import WindowState

NAMES = [b"new\nline.png", "\u202egnp.exe.png".encode(), "שלום.png".encode(), b"latin-\xe9.png", b"<b>.png"]
TROUBLE = {"\n", "\u202e", "\x1b"}


def is_harmless(text):
    text.encode()  # no half characters
    return not TROUBLE & set(text)


def test_names_of_any_characters_are_shown_without_harm(qtbot, app, tmp_path):
    folder = tmp_path / os.fsdecode(b"my\n\x1b \xd7\xa9\xd7\x9c \xe2\x80\xae \xe9")
    try:
        for path, name in zip(write_pictures(folder, 12), NAMES, strict=False):
            path.rename(folder / os.fsdecode(name))
        (folder / os.fsdecode(b"no\npicture\xe9")).write_text("hello")
    except OSError:
        pytest.skip("such names cannot be made here")
    app.open_path(str(folder))  # as from the command line: an URL holds no bytes that are not UTF-8
    wait_for(qtbot, app, WindowState.READY)
    window = app.window
    assert is_harmless(window.windowTitle())
    assert "\u2068" in window.windowTitle()  # what runs from right to left turns nothing around it
    model = window.library.pictures.model()
    assert model.rowCount() == 12
    for row in range(12):
        for role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            assert is_harmless(model.index(row, 0).data(role))
    (reason,) = (
        tree.topLevelItem(0) for tree in window.library.findChildren(QTreeWidget) if tree.topLevelItemCount()
    )
    assert reason.child(0).text(0) == "no picture\ufffd"
    assert all(
        is_harmless(label.text()) for label in window.library.findChildren(QLabel) if label.isVisible()
    )

    folder.rename(tmp_path / "away")
    app.open_folder(str(folder))
    assert is_harmless(window.messages.text)
    assert "does not exist" in window.messages.text
    app.close_project()
    assert window.state == WindowState.EMPTY
    assert all("\u202e" not in label.text() for label in window.welcome.findChildren(QLabel))
