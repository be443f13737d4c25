"""A widget that takes up its colours anew when light turns to dark or back."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget


class PaletteFollower(QWidget):
    """Base of widgets with icons or lines in the palette's colours."""

    def recolour(self) -> None:
        """Take up the palette's colours; called after every change of it."""
        raise NotImplementedError

    def changeEvent(self, event: QEvent) -> None:
        """Follow the palette."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.recolour()
