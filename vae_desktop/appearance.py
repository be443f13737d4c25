"""Light or dark, as the system has it or as the person wants it."""

from enum import Enum
from typing import Self

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from vae_desktop.style import apply_colours, mix


class Appearance(Enum):
    """The colours of the window."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"

    @classmethod
    def named(cls, name: str) -> Self:
        """The one of this name; the system's for any other."""
        return cls(name) if name in {each.value for each in cls} else cls("system")


_SCHEMES = {
    Appearance.SYSTEM: Qt.ColorScheme.Unknown,
    Appearance.LIGHT: Qt.ColorScheme.Light,
    Appearance.DARK: Qt.ColorScheme.Dark,
}


def apply_appearance(app: QApplication, appearance: Appearance) -> None:
    """Draw everything in these colours from now on.

    Where the desktop tells Qt nothing of light and dark, Qt does not heed what is asked of it; then the
    palette is ours.
    """
    hints = QGuiApplication.styleHints()
    scheme = _SCHEMES[appearance]
    hints.setColorScheme(scheme)
    is_heeded = appearance is Appearance.SYSTEM or hints.colorScheme() == scheme
    apply_colours(app, None if is_heeded else _palette(is_dark=appearance is Appearance.DARK))


def _palette(*, is_dark: bool) -> QPalette:
    """The greys that Fusion has in a light or a dark desktop."""
    window, button, base = ("#323232", "#3c3c3c", "#242424") if is_dark else ("#efefef", "#efefef", "#ffffff")
    text = QColor("#f0f0f0" if is_dark else "#000000")
    palette = QPalette(QColor(button), QColor(window))  # which works out the shades of frames and bevels
    role = QPalette.ColorRole
    for each in (role.WindowText, role.Text, role.ButtonText, role.ToolTipText):
        palette.setColor(each, text)
        palette.setColor(QPalette.ColorGroup.Disabled, each, mix(text, QColor(window), 0.5))
    faint = QColor(text)
    faint.setAlpha(128)
    palette.setColor(role.PlaceholderText, faint)
    palette.setColor(role.Base, QColor(base))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Base, QColor(window))
    palette.setColor(role.AlternateBase, mix(QColor(base), QColor(window), 0.5))
    palette.setColor(role.ToolTipBase, QColor(button))
    palette.setColor(role.BrightText, QColor("#ffffff"))
    palette.setColor(role.LinkVisited, QColor("#c39bf0" if is_dark else "#6b3fa0"))
    return palette
